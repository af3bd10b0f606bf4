#!/bin/sh
# The released program, copied alone to a bare Debian with nothing but its run-time libraries, makes a
# demo and serves. The mirror is the one that this machine uses.
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "this test needs root"; exit 1; }
binary=${HOMEWARD_RELEASE:-build/release/homeward}
[ -n "${HOMEWARD_RELEASE:-}" ] || make --no-print-directory -s release

. /etc/os-release
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | awk -v suite="$VERSION_CODENAME" '
    /^deb / { for (i = 2; i < NF; i++) if ($i ~ /:\/\// && $(i + 1) == suite) { print $i; exit } }
    /^URIs:/ { uri = $2 }
    /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) { print uri; exit } }')
[ -n "$mirror" ] || { echo "no mirror of $VERSION_CODENAME in the sources of apt"; exit 1; }

# The packages of the libraries that the program names; theirs come with them.
packages=$(for path in $(ldd "$binary" | awk '$3 ~ /^\// { print $3 }'); do
    dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "$(readlink -f "$path")" 2>/dev/null ||
        dpkg-query -S "/usr$path" 2>/dev/null || { echo "no package has $path" >&2; exit 1; }
done | sed 's/:.*//' | sort -u | tr '\n' ',' | sed 's/,$//')
echo "run-time packages: $packages"

root=$(mktemp -d)
server=""
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    umount "$root/proc" 2>/dev/null || true
    ! mountpoint -q "$root/proc" || umount -l "$root/proc"
    rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 1' INT TERM
debootstrap --variant=minbase --include="$packages" "$VERSION_CODENAME" "$root" "$mirror" \
    >"$root.log" 2>&1 || { tail -n 30 "$root.log"; rm -f "$root.log"; exit 1; }
rm -f "$root.log"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
cp "$binary" "$root/usr/local/bin/homeward"
mkdir "$root/data"
chroot "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin homeward demo --database /data/demo.db >/dev/null
chroot "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin homeward check --database /data/demo.db
chroot "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin homeward serve --database /data/demo.db --port 0 \
    >"$root/out" 2>"$root/err" &
server=$!
python3 - "$root/out" <<'EOF' || { cat "$root/err"; exit 1; }
import re
import sys
import time
import urllib.request

for _ in range(200):
    found = re.search(r"http://127\.0\.0\.1:\d+/", open(sys.argv[1]).read())
    if found:
        break
    time.sleep(0.05)
page = urllib.request.urlopen(found.group(0) + "login", timeout=20).read().decode()
assert 'name="password"' in page and "supervisor" in page, page[:500]
style = re.search(r'href="(/static/[^"]*app\.css)"', page).group(1)
assert len(urllib.request.urlopen(found.group(0) + style[1:], timeout=20).read()) > 1000
print("a bare Debian serves the sign-in page")
EOF
