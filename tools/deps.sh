#!/bin/sh
# Fetches what is not a Debian package into build/deps: SQLite (compiled once, for all variants) and
# the style sheets and fonts that the pages use. Does nothing when it is there already.
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
flags="-O2 -g1 -fPIC -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_DQS=0
    -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_LOAD_EXTENSION
    -DSQLITE_DEFAULT_FOREIGN_KEYS=1 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_MAX_EXPR_DEPTH=200
    -DSQLITE_USE_ALLOCA -DHAVE_PREAD=1 -DHAVE_PWRITE=1 -DHAVE_FDATASYNC=1 -DSQLITE_ENABLE_STAT4
    -DSQLITE_SECURE_DELETE -DSQLITE_TEMP_STORE=3"
made="$sqlite_sha256 ${CC:-cc} $flags"
if [ ! -f $deps/sqlite/libsqlite3.a ] || [ "$(cat $deps/sqlite/made 2>/dev/null)" != "$made" ]; then
    cp $source/sqlite3.c $source/sqlite3.h $deps/sqlite/
    # shellcheck disable=SC2086
    ${CC:-cc} $flags -c -o $deps/sqlite/sqlite3.o $deps/sqlite/sqlite3.c
    rm -f $deps/sqlite/libsqlite3.a
    ar rcs $deps/sqlite/libsqlite3.a $deps/sqlite/sqlite3.o
    echo "$made" >$deps/sqlite/made
fi

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
