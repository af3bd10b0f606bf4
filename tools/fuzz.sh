#!/bin/sh
# Runs every fuzz target of build/fuzz, two at a time. usage: fuzz.sh SECONDS [NAME ...]
# SECONDS is for each target. A new crash is copied to tests/fuzz/corpus/NAME, where every ./test
# replays it. Exits 1 if there was one.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?usage: fuzz.sh SECONDS [NAME ...]}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS=allow_user_segv_handler=0:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export LSAN_OPTIONS=suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0

cat >"$work/one" <<'EOF'
set -eu
name=$1 seconds=$2 work=$3
mkdir -p "$work/$name/found" "$work/$name/crashes"
seeds=tests/fuzz/corpus/$name
[ -d "$seeds" ] || mkdir -p "$seeds"
code=0
"build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="$work/$name/crashes/" -print_final_stats=1 \
    "$work/$name/found" "$seeds" >"$work/$name/log" 2>&1 || code=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name/log")
echo "fuzz_$name: ${runs:-0} runs in $seconds s, exit $code"
[ "$code" = 0 ] && exit 0
tail -n 60 "$work/$name/log"
for file in "$work/$name/crashes"/*; do
    [ -f "$file" ] && cp "$file" "$seeds/" && echo "kept as $seeds/$(basename "$file")"
done
exit 1
EOF

names=$*
if [ -z "$names" ]; then
    names=$(ls tests/fuzz/fuzz_*.c | sed 's|.*/fuzz_\(.*\)\.c|\1|')
fi
# shellcheck disable=SC2086
printf '%s\n' $names | xargs -P 2 -I NAME sh "$work/one" NAME "$seconds" "$work" || exit 1
