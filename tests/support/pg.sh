#!/bin/sh
# A private PostgreSQL 15 cluster on a Unix socket, for tests:
#   tests/support/pg.sh run COMMAND...   starts it, runs COMMAND with HOMEWARD_PG_URL set, removes it
#   tests/support/pg.sh start            starts it; prints DIR and the export line, for a shell
#   tests/support/pg.sh stop DIR         stops and removes it
# The server refuses to run as root: then it runs as the user postgres.
set -eu

bin=$(ls -d /usr/lib/postgresql/15/bin 2>/dev/null || dirname "$(command -v initdb)")

as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

start() {
    dir=$(mktemp -d /tmp/hw-pg-XXXXXX)
    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$dir"
        chmod 755 "$dir"
    fi
    as_server "$bin/initdb" -D "$dir/data" -U homeward -A trust --locale=C.UTF-8 --encoding=UTF8 \
        --no-sync --no-instructions >"$dir.log" 2>&1 || { cat "$dir.log" >&2; return 1; }
    as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -s -o \
        "-F -c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=60 \
         -c shared_buffers=64MB -c autovacuum=off -c jit=off -c full_page_writes=off \
         -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c checkpoint_timeout=1h" start >>"$dir.log" 2>&1 ||
        { cat "$dir.log" "$dir/log" >&2; return 1; }
    rm -f "$dir.log"
    HOMEWARD_PG_URL="postgresql://homeward@/homeward?host=$dir"
    export HOMEWARD_PG_URL
    "$bin/psql" -q -X "postgresql://homeward@/postgres?host=$dir" -c "CREATE DATABASE homeward" \
        >/dev/null
}

stop() {
    case $1 in
    /tmp/hw-pg-??????) ;;
    *)
        echo "pg.sh: $1 is not a cluster of ours" >&2
        return 1
        ;;
    esac
    as_server "$bin/pg_ctl" -D "$1/data" -m immediate -s stop >/dev/null 2>&1 || true
    rm -rf "$1" "$1.log"
}

case ${1-} in
run)
    shift
    dir=
    trap '[ -z "$dir" ] || stop "$dir"' EXIT
    trap 'exit 130' INT TERM HUP
    start
    rc=0
    "$@" || rc=$?
    exit $rc
    ;;
start)
    start
    echo "$dir"
    echo "export HOMEWARD_PG_URL='$HOMEWARD_PG_URL'"
    ;;
stop)
    stop "$2"
    ;;
*)
    echo "usage: pg.sh run COMMAND... | start | stop DIR" >&2
    exit 2
    ;;
esac
