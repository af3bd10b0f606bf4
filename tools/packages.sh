#!/bin/sh
# Installs the Debian packages that are missing. usage: packages.sh build|run|test ...
set -eu
build="gcc libc6-dev make meson ninja-build pkgconf python3 gettext libmicrohttpd-dev libpq-dev
    libsodium-dev libjansson-dev libcairo2-dev libpango1.0-dev libicu-dev libseccomp-dev libxml2-dev
    libzip-dev libpcre2-dev zlib1g-dev libcurl4-openssl-dev libmd4c-dev libjpeg62-turbo-dev libpng-dev
    ca-certificates"
run="fonts-noto-core"
test="libcmocka-dev postgresql-15 sqlite3 chromium-headless-shell poppler-utils python3-openpyxl git
    clang libclang-rt-14-dev clang-format clang-tidy"
bench="wrk hyperfine time procps"
full="libreoffice-calc-nogui debootstrap qpdf"

want=""
for set in "$@"; do
    case $set in
    build) want="$want $build" ;;
    run) want="$want $run" ;;
    test) want="$want $test" ;;
    bench) want="$want $bench" ;;
    full) want="$want $full" ;;
    *) echo "packages.sh: no such set: $set" >&2; exit 2 ;;
    esac
done
case " $* " in
*" build "*)
    command -v npm >/dev/null 2>&1 || want="$want nodejs npm" ;;
esac

missing=""
for package in $want; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "These Debian packages are missing; install them as root:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing"
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
