#!/bin/sh
# LibreOffice opens our spreadsheet and writes it as CSV: the same cells as our own CSV.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$HOMEWARD" demo --database "$work/demo.db" >/dev/null
for kind in person rss; do
    for format in csv xlsx; do
        "$HOMEWARD" export $kind --database "$work/demo.db" --format $format --out "$work/$kind.$format"
    done
    # Comma, quotes, UTF-8, from row 1; cells as they are shown.
    env -u ASAN_OPTIONS soffice "-env:UserInstallation=file://$work/profile" --headless --convert-to \
        'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false' --outdir "$work/out" \
        "$work/$kind.xlsx" >"$work/soffice.log" 2>&1 || { cat "$work/soffice.log"; exit 1; }
    python3 - "$work/$kind.csv" "$work/out/$kind.csv" <<'EOF'
import csv
import sys

ours, theirs = ([*csv.reader(open(p, newline="", encoding="utf-8-sig"))] for p in sys.argv[1:3])


def same(a, b):
    if a == b or a == "'" + b:
        return True
    try:
        return float(a) == float(b)
    except ValueError:
        return False


wrong = [(r, c, a, b) for r, (x, y) in enumerate(zip(ours, theirs), 1)
         for c, (a, b) in enumerate(zip(x, y), 1) if not same(a, b)]
wide = [r for r, (x, y) in enumerate(zip(ours, theirs), 1) if len(x) != len(y)]
assert len(ours) == len(theirs) > 20, (len(ours), len(theirs))
assert not wide, wide[:5]
assert not wrong, wrong[:5]
print(f"{len(ours)} rows of {len(ours[0])} cells are the same")
EOF
done
