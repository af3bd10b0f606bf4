#!/bin/sh
# Format and clang-tidy, two files at a time. usage: tidy.sh changed|all
# changed: C files that differ from the last commit on origin, else from the last 20 commits.
# Prints the findings; exits 1 if there are any.
set -euf # f: git expands the patterns, not the shell
cd "$(dirname "$0")/.."
build=build/tidy
patterns='src/*.[ch] tools/*.[ch] tests/*.[ch]'

case "${1-changed}" in
all)
    # shellcheck disable=SC2086
    files=$(git ls-files --cached --others --exclude-standard -- $patterns)
    ;;
changed)
    base=$(git rev-parse --verify -q origin/main || git rev-list -n 1 --skip=20 HEAD || true)
    # shellcheck disable=SC2086
    files=$(git diff --name-only --diff-filter=d "${base:-HEAD}" -- $patterns
        git ls-files --others --exclude-standard -- $patterns)
    ;;
*)
    echo "usage: tidy.sh changed|all" >&2
    exit 2
    ;;
esac
files=$(for file in $files; do [ -f "$file" ] && echo "$file"; done | sort -u)
[ -n "$files" ] || exit 0

# What the files include must be there: the libraries, and the headers that our tools make.
make -s build/deps/stamp
[ -f $build/build.ninja ] || meson setup $build >/dev/null
ninja -C $build build.ninja >/dev/null
made=$(ninja -C $build -t targets all | sed -n 's/^\(src\/[a-z_]*\(_templates\|_gen\)\.h\):.*/\1/p')
# shellcheck disable=SC2086
ninja -C $build -j 2 $made >/dev/null

found=0
# shellcheck disable=SC2086
clang-format --dry-run -Werror $files || found=1
# Its own messages, such as how many warnings it left out, go to a file that is shown if it breaks.
# Helpers of the tests do on purpose what programs must not (vfork, calls that fail, leaks at exit).
echo "$files" | grep -E '^(src|tools|tests/unit)/.*\.c$' | xargs -r -P 2 -n 1 sh -c '
    log=$(mktemp)
    findings=$(clang-tidy -p "$0" --quiet "$1" 2>"$log") || {
        [ -n "$findings" ] || findings=$(cat "$log")
        printf "%s\n" "$findings"
        code=1
    }
    rm -f "$log"
    exit "${code:-0}"' $build || found=1
exit $found
