#!/usr/bin/env python3
"""Writes docs/coverage.md: which requirement is proved by a test, which stands in data or code only.

A requirement is proved when a test says so (a line of tests/ with the word "Proves" and the id), in
progress when a form, rule or source file names it. usage: coverage.py [--check]; --check exits 1 when the page is not up to date.
"""
import collections
import csv
import os
import re
import subprocess
import sys

ID = re.compile(r"\b(?:R-(?:[A-Z]?\d+(?:\.\d+)*|[A-Z]\d+(?:\.\d+)*|L)-\d+[a-z]?|RC-\d+|C-\d+-\d+|C-L-\d+)\b")
PLACES = (("proved", ("tests/",)), ("in progress", ("content/", "src/", "web/", "db/")))


def mentions():
    """Per requirement and kind of place: the files that name it."""
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    files = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True)
    for path in files.stdout.decode().split("\0"):
        state = next((s for s, tops in PLACES if path.startswith(tops)), None)
        if state is None or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if state == "proved":
            text = "\n".join(line for line in text.split("\n") if "Proves " in line)
        for name in set(ID.findall(text)):
            found[name][state].add(path)
    return found


def page():
    found = mentions()
    with open("docs/requirements.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = collections.Counter()
    sections = collections.OrderedDict()
    for row in rows:
        places = found.get(row["id"], {})
        state = next((s for s, _ in PLACES if places.get(s)), "open")
        counts[state] += 1
        if state != "open":
            names = sorted(places[state])
            shown = ", ".join(f"`{n}`" for n in names[:3]) + (" ..." if len(names) > 3 else "")
            sections.setdefault(row["section"], []).append(
                f"| {row['id']} | {row['title'].replace('|', '/')} | {state} | {shown} |")
    out = ["# Coverage of the requirements", "",
           "Made by `tools/coverage.py` from the ids that tests, forms, rules and code carry; do not",
           "edit. *Proved* = a test says so; *in progress* = data or code does; what is missing here is",
           "open.", "",
           f"{len(rows)} requirements: {counts['proved']} proved, {counts['in progress']} in progress,"
           f" {counts['open']} open.", ""]
    for section, lines in sections.items():
        out += [f"## {section}", "", "| id | what | state | where |", "|---|---|---|---|", *lines, ""]
    return "\n".join(out)


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    text, path = page(), "docs/coverage.md"
    old = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    if "--check" in sys.argv:
        if text != old:
            print("docs/coverage.md is not up to date: run python3 tools/coverage.py")
        return int(text != old)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(text.split("\n")[6])
    return 0


if __name__ == "__main__":
    sys.exit(main())
