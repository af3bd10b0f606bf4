#!/usr/bin/env python3
"""Writes docs/coverage.md: which requirement is proved by a test, which stands in data or code only.

A requirement is proved when a test says so (a line of tests/ with the word "Proves" and the id), left
out when docs/left-out.csv gives the reason, in progress when a form, rule or source file names it.
Of the sections in WHOLE every requirement is listed. usage: coverage.py [--check]; --check exits 1
when the page is not up to date or a requirement is both proved and left out.
"""
import collections
import csv
import os
import re
import subprocess
import sys

ID = re.compile(r"\b(?:R-(?:[A-Z]?\d+(?:\.\d+)*|[A-Z]\d+(?:\.\d+)*|L)-\d+[a-z]?|RC-\d+|C-\d+-\d+|C-L-\d+)\b")
WHOLE = re.compile(r"1\.1 |1\.1\.|1\.4 .*1\.4\.[13] |1\.4\.[13] |2\.1 .*2\.1\.2 |2\.2 .*2\.2\.5 |2\.3 |Annex [345] ")
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
    return with_twins(found)


def with_twins(found):
    """The catalogue names some requirements twice: what stands for one stands for the other."""
    with open("docs/same-requirement.csv", encoding="utf-8", newline="") as file:
        twins = [(row["id"], row["same_as"]) for row in csv.DictReader(file)]
    for one, other in twins:
        for state, _ in PLACES:
            paths = found[one][state] | found[other][state]
            if paths:
                found[one][state], found[other][state] = set(paths), set(paths)
    return found


def left_out():
    """Why each of these is not built: a reason for every id."""
    with open("docs/left-out.csv", encoding="utf-8", newline="") as file:
        return {row["id"]: row["reason"] for row in csv.DictReader(file)}


def state_of(places, reason):
    """The state of a requirement, and what its line says of where or why."""
    state = next((s for s, _ in PLACES if places.get(s)), "open")
    if state != "proved" and reason:
        return "left out", reason.replace("|", "/")
    names = sorted(places.get(state, ()))
    return state, ", ".join(f"`{n}`" for n in names[:3]) + (" ..." if len(names) > 3 else "")


def faults(rows, found, reasons):
    """Lines of docs/left-out.csv that cannot stand."""
    known = {row["id"] for row in rows}
    for name, reason in reasons.items():
        if name not in known:
            yield f"docs/left-out.csv: there is no requirement {name}"
        elif found.get(name, {}).get("proved"):
            yield f"docs/left-out.csv: {name} is proved by a test, and left out"
        elif len(reason) < 10:
            yield f"docs/left-out.csv: {name} has no reason"


def page():
    found = mentions()
    reasons = left_out()
    with open("docs/requirements.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = collections.Counter()
    sections = collections.OrderedDict()
    for fault in faults(rows, found, reasons):
        sys.exit(fault)
    for row in rows:
        state, said = state_of(found.get(row["id"], {}), reasons.get(row["id"]))
        counts[state] += 1
        if state != "open" or WHOLE.match(row["section"]):
            sections.setdefault(row["section"], []).append(
                f"| {row['id']} | {row['title'].replace('|', '/')} | {state} | {said} |")
    out = ["# Coverage of the requirements", "",
           "Made by `tools/coverage.py` from the ids that tests, forms, rules and code carry; do not",
           "edit. *Proved* = a test says so; *in progress* = data or code does; *left out* = not built, and",
           "why (`docs/left-out.csv`); what is missing here is open.", "",
           f"{len(rows)} requirements: {counts['proved']} proved, {counts['in progress']} in progress,"
           f" {counts['left out']} left out, {counts['open']} open.", ""]
    for section, lines in sections.items():
        out += [f"## {section}", "", "| id | what | state | where, or why not |", "|---|---|---|---|", *lines, ""]
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
