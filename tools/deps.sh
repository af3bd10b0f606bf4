#!/bin/sh
# Fetches what is not a Debian package into build/deps: the source of SQLite (meson.build compiles it)
# and the style sheets and fonts that the pages use. Does nothing when it is there already.
set -eu
cd "$(dirname "$0")/.."
deps=build/deps
sqlite_sha256=60d2f39a3726cd6b9021da6f4e868608d66fbb6528a9f513dc8ffcc640493422
want=$(cat web/package.json web/package-lock.json tools/deps.sh tools/css.py | sha256sum)
[ -f $deps/stamp ] && [ "$(cat $deps/stamp)" = "$want" ] && exit 0

mkdir -p $deps/sqlite $deps/static $deps/npm
cp web/package.json web/package-lock.json web/.npmrc $deps/npm/
(cd $deps/npm && npm ci --ignore-scripts --omit=optional --no-fund --no-audit --loglevel=error)

source=$deps/npm/node_modules/better-sqlite3/deps/sqlite3
echo "$sqlite_sha256  $source/sqlite3.c" | sha256sum --check --quiet
cp $source/sqlite3.c $source/sqlite3.h $deps/sqlite/

modules=$deps/npm/node_modules
for direction in '' .rtl; do
    python3 tools/css.py $modules/bootstrap/dist/css/bootstrap$direction.min.css \
        $deps/static/bootstrap$direction.css
done
for weight in 400 700; do
    cp $modules/@fontsource/noto-sans/files/noto-sans-latin-$weight-normal.woff2 $deps/static/
    cp $modules/@fontsource/noto-sans-arabic/files/noto-sans-arabic-arabic-$weight-normal.woff2 $deps/static/
done
echo "$want" >$deps/stamp
