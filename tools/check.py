#!/usr/bin/env python3
"""House rules that no compiler knows (docs: the style page). Exits 1 with file:line for each breach.

An exception is a comment on the line: /* check: RULE reason */. One that excuses nothing is a breach.
"""
import csv
import os
import re
import subprocess
import sys

# A room may include rooms of a lower rank, itself, and what `friends` says.
RANKS = {"core": 0, "db": 1, "http": 1, "expr": 1, "vault": 2, "audit": 3, "auth": 3, "forms": 4,
         "web": 4, "report": 4, "guide": 4.5, "records": 5, "messages": 5.2, "rules": 5.5, "letters": 5.7, "facts": 5.5, "people": 6, "sharing": 6.2,
         "cases": 6, "survey": 6.3,
         "plans": 6.5, "services": 6, "partners": 6, "communities": 6, "programme": 6, "children": 6,
         "learning": 6, "field": 7, "app": 8, "demo": 9}
FRIENDS = {("auth", "audit"): "signing in is audited"}

BANNED = {
    "strcpy": "struct buf or arena_strdup", "strcat": "struct buf", "sprintf": "struct buf",
    "vsprintf": "struct buf", "strncpy": "arena_strndup", "strtok": "text_split",
    "atoi": "parse_int", "atol": "parse_int", "strtol": "parse_int", "strtoul": "parse_int",
    "strtod": "parse_decimal", "gets": "a reader with a limit", "alloca": "the arena",
    "system": "nothing", "popen": "nothing", "tmpnam": "nothing", "localtime": "moment_local",
    "setlocale": "nothing", "rand": "random_bytes", "srand": "random_bytes",
    "isspace": "ascii_is_space", "isdigit": "ascii_is_digit", "isalpha": "ascii_is_alpha",
    "isalnum": "ascii_is_alpha", "toupper": "our own", "tolower": "ascii_lower",
    "setjmp": "return codes", "longjmp": "return codes",
}
MALLOC = {"malloc", "calloc", "realloc", "free", "strdup", "strndup"}
MALLOC_ROOMS = {"core"}
MALLOC_FILES = re.compile(r"src/(db/db\w*|vault/vault\w*|http/\w+)\.c$")  # wrappers of libraries
LINES_MAX = 800
COLUMNS_MAX = 100

breaches = []
used = set()


def breach(path, line, rule, text, source=""):
    mark = re.search(r"check: ([\w-]+)", source)
    if mark and mark.group(1) == rule:
        used.add((path, line))
        return
    breaches.append(f"{path}:{line}: {rule}: {text}")


def tracked():
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, check=True).stdout.decode()
    return [p for p in out.split("\0") if p and os.path.isfile(p)]


def check_includes(path, number, line):
    found = re.match(r'#include "([a-z]+)/([\w./]+)"', line)
    room = path.split("/")[1] if path.count("/") > 1 else None
    if not found or room not in RANKS:
        return
    target, header = found.groups()
    if target not in RANKS:
        return
    if RANKS[target] > RANKS[room]:
        breach(path, number, "layer", f"{room} may not use {target}", line)
    elif target != room and RANKS[target] == RANKS[room] and (room, target) not in FRIENDS:
        if not (room in ("auth", "audit") or RANKS[room] == 4 and header == "auth.h"):
            breach(path, number, "layer", f"{room} and {target} are of equal rank", line)
    name = os.path.basename(path)
    if RANKS[room] >= 5 and target in ("web", "http") and "_web" not in name and "_view" not in name \
            and room not in ("app", "demo"):
        breach(path, number, "layer", f"only *_web.c of {room} may use {target}", line)


def check_calls(path, number, line):
    code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    code = re.sub(r"/\*.*?\*/|//.*", "", code)
    for name in re.findall(r"\b([a-z_]\w*)\s*\(", code):
        if name in BANNED:
            breach(path, number, "banned", f"{name}: use {BANNED[name]}", line)
        room = path.split("/")[1]
        if name in MALLOC and path.startswith("src/") and room not in MALLOC_ROOMS \
                and not MALLOC_FILES.search(path):
            breach(path, number, "malloc", f"{name}: memory comes from the arena", line)
    if re.search(r"\bif \([^=!<>]*[^=!<>]=[^=][^=]*\)", code) and "==" not in code:
        breach(path, number, "assign", "no assignment in a condition", line)


def check_c(path, text):
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        breach(path, 1, "long-file", f"{len(lines)} lines, at most {LINES_MAX}")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            breach(path, number, "long-line", f"{len(line)} columns", line)
        check_includes(path, number, line)
        if path.startswith(("src/", "tools/")):
            check_calls(path, number, line)
        if "check:" in line and (path, number) not in used and re.search(r"/\* check: [\w-]+", line):
            breaches.append(f"{path}:{number}: unused-exception: this line breaks no rule")


def check_any(path, text):
    if path.startswith(("src/", "web/", "content/", "tests/", "tools/", "docs/")) \
            and path != "tools/check.py":
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                breach(path, number, "unfinished", line.strip()[:60], line)
            if re.search(r"(^|[\"' (=])/(work|farm)/[a-z.]", line):
                breach(path, number, "machine-path", line.strip()[:60], line)


def check_headers(path, text):
    if not re.search(r"#ifndef \w+_H\n#define \w+_H", text) and "#pragma once" not in text:
        breach(path, 1, "guard", "a header needs its guard")
    if "/*" not in text:
        breach(path, 1, "contract", "a header opens with what it is for")


def check_migrations(paths):
    """Two migrations of one store with one number: one of them would never run."""
    seen = {}
    for path in sorted(paths):
        found = re.match(r"(db/migrations/\w+)/(\d+)_[^/]*\.sql$", path)
        if not found:
            continue
        other = seen.setdefault((found.group(1), int(found.group(2))), path)
        if other != path:
            breach(path, 1, "migration", f"has the number of {os.path.basename(other)}")


# Calls by which bytes leave the program; the rooms that define them are not asked.
WAYS_OUT = re.compile(r"(?<![\w.])(res_body|res_json|table_open|record_export|net_post|net_mail)\(")
WAYS_FILE = "docs/ways-out.csv"
WAYS_DEFINED = ("src/web/reply.c", "src/messages/net.c", "src/report/", "src/demo/")


def check_ways_out(paths):
    """No way on which something of a person could leave is forgotten: each call is declared."""
    said = {}
    with open(WAYS_FILE, encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            said[(row["file"], row["call"])] = (number, int(row["times"]))
            if row["sharing"] not in ("asks", "person", "office", "nobody") or not row["why"]:
                breach(WAYS_FILE, number, "ways-out", "say asks, person, office or nobody, and why")
    found = {}
    for path in paths:
        if not path.startswith("src/") or not path.endswith(".c") or path.startswith(WAYS_DEFINED):
            continue
        with open(path, encoding="utf-8") as file:
            for line in file:
                for call in WAYS_OUT.findall(line if not line.startswith("enum err ") else ""):
                    found[(path, call)] = found.get((path, call), 0) + 1
    for key in sorted(found.keys() | said.keys()):
        number, times = said.get(key, (1, 0))
        if found.get(key, 0) != times:
            breach(WAYS_FILE, number, "ways-out", f"{key[0]} calls {key[1]} {found.get(key, 0)} "
                   f"times, {times} are declared: say of each who gets what, and ask consent")


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    check_migrations(tracked())
    check_ways_out(tracked())
    for path in tracked():
        if not path.endswith((".c", ".h", ".py", ".sh", ".html", ".css", ".js", ".md", ".sql")):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check_any(path, text)
        if path.endswith((".c", ".h")):
            check_c(path, text)
        if path.endswith(".h"):
            check_headers(path, text)
    for line in breaches:
        print(line)
    print(f"tools/check: {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
