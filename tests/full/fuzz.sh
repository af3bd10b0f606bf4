#!/bin/sh
# Every fuzz target with libFuzzer, ten minutes in all.
set -eu
cd "$(dirname "$0")/../.."
make --no-print-directory -s build/fuzz/build.ninja
targets=$(ls tests/fuzz/fuzz_*.c | sed 's|\.c$||')
# shellcheck disable=SC2086
ninja -C build/fuzz $targets >/dev/null
count=$(echo "$targets" | wc -l)
exec sh tools/fuzz.sh $((600 * 2 / count))
