#!/usr/bin/env python3
"""Packs content, static files and migrations into assets.S and assets_table.c (see core/asset.h).

usage: embed.py SOURCE_ROOT OUT_DIR. Writes a file only when it changes; .po become .mo by msgfmt.
"""
import gzip
import hashlib
import os
import re
import subprocess
import sys

TYPES = {
    "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "woff2": "font/woff2",
    "csv": "text/csv; charset=utf-8", "sql": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8", "mo": "application/octet-stream",
    "txt": "text/plain; charset=utf-8", "json": "application/json",
}
NO_GZIP = ("woff2", "png", "ico", "sql", "mo")


def put(path, text):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                return
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def catalogue(source, out_dir):
    target = os.path.join(out_dir, "mo", os.path.basename(source)[:-3] + ".mo")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        subprocess.run(["msgfmt", "--check-format", "-o", target, source], check=True)
    return target


def collect(root, out_dir):
    found = {}
    for top in ("content", "web/static", "db/migrations"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in names:
                path = os.path.join(folder, name)
                asset = os.path.relpath(path, root).replace(os.sep, "/")
                if name.endswith(".po"):
                    path, asset = catalogue(path, out_dir), asset[:-3] + ".mo"
                if asset.rsplit(".", 1)[-1] in TYPES:
                    found[asset] = path
    vendor = os.path.join(root, "build", "deps", "static")
    for name in sorted(os.listdir(vendor)) if os.path.isdir(vendor) else []:
        found["web/static/" + name] = os.path.join(vendor, name)
    for name in [n for n in found if n.endswith(".css")]:
        found[name] = with_paths(name, found[name], found, out_dir)
    return found


def digest_of(data):
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def with_paths(name, path, found, out_dir):
    """A style sheet names other static files as url(NAME); they are served as /static/HASH/NAME."""
    with open(path, encoding="utf-8") as file:
        css = file.read()

    def served(match):
        with open(found["web/static/" + match[1]], "rb") as file:
            return f"url(/static/{digest_of(file.read())}/{match[1]})"

    made = re.sub(r"url\(([A-Za-z0-9.-]+)\)", served, css)
    if made == css:
        return path
    target = os.path.join(out_dir, "css", os.path.basename(name))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    put(target, made)
    return target


def packed(name, data, path, out_dir):
    """Path of the compressed copy, or None when it is not worth it."""
    if name.rsplit(".", 1)[-1] in NO_GZIP:
        return None
    small = gzip.compress(data, 9, mtime=0)
    if len(small) > len(data) * 9 // 10:
        return None
    target = os.path.join(out_dir, "gz", hashlib.blake2b(data, digest_size=16).hexdigest() + ".gz")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.exists(target):
        with open(target, "wb") as out:
            out.write(small)
    return target


def main():
    root, out_dir = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    asm = ['    .section .rodata\n']
    externs, rows = [], []
    for number, (name, path) in enumerate(sorted(collect(root, out_dir).items())):
        with open(path, "rb") as file:
            data = file.read()
        digest = digest_of(data)
        small = packed(name, data, path, out_dir)
        asm.append(f'    .global asset_{number}\nasset_{number}: # {digest}\n'
                   f'    .incbin "{path}"\n    .byte 0\n')
        externs.append(f"extern const unsigned char asset_{number}[];\n")
        gz, gz_len = "NULL", 0
        if small:
            asm.append(f'    .global asset_{number}_gz\nasset_{number}_gz:\n    .incbin "{small}"\n')
            externs.append(f"extern const unsigned char asset_{number}_gz[];\n")
            gz, gz_len = f"asset_{number}_gz", os.path.getsize(small)
        kind = TYPES[name.rsplit(".", 1)[-1]]
        rows.append(f'    {{ "{name}", asset_{number}, {len(data)}, {gz}, {gz_len}, "{digest}",'
                    f' "{kind}" }},\n')
    asm.append('    .section .note.GNU-stack,"",%progbits\n')
    put(os.path.join(out_dir, "assets.S"), "".join(asm))
    put(os.path.join(out_dir, "assets_table.c"),
        '#include "core/asset.h"\n\n' + "".join(externs)
        + "\nconst struct asset asset_table[] = {\n" + "".join(rows)
        + f"}};\nconst size_t asset_table_len = {len(rows)};\n")


if __name__ == "__main__":
    main()
