#!/bin/sh
# Format and clang-tidy. usage: tidy.sh changed|all
# changed: C files that differ from the last commit on origin, else from the last 20 commits.
set -eu
cd "$(dirname "$0")/.."
build=build/tidy
[ -f $build/build.ninja ] || meson setup $build -Dtests=false >/dev/null
ninja -C $build -t compdb >$build/compile_commands.json
ninja -C $build src/forms_gen.h >/dev/null
for made in $(ninja -C $build -t targets all | sed -n 's/^\(src\/[a-z]*_templates\.h\):.*/\1/p'); do
    ninja -C $build "$made" >/dev/null
done

if [ "${1-changed}" = all ]; then
    files=$(git ls-files 'src/*.c' 'tools/*.c')
else
    base=$(git rev-parse --verify -q origin/main || git rev-list -n 1 --skip=20 HEAD || echo HEAD)
    files=$( (git diff --name-only --diff-filter=d "$base" -- 'src/*.c' 'tools/*.c'
        git ls-files --others --exclude-standard 'src/*.c' 'tools/*.c') | sort -u)
fi
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086
clang-format --dry-run -Werror $files
echo "$files" | xargs -P 2 -n 4 clang-tidy -p $build --quiet 2>/dev/null
