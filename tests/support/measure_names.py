#!/usr/bin/env python3
"""Runs measure_names with the shipped name groups, and again with every group left out of
content/names/variants.csv that has a spelling of the measured names, so that the second run shows
what the rules of sound do alone.

usage: measure_names.py PATH_OF_measure_names [PEOPLE]
"""
import csv
import os
import subprocess
import sys
import tempfile
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MEASURED = os.path.join(ROOT, "tests", "data", "names.csv")
GROUPS = os.path.join(ROOT, "content", "names", "variants.csv")
PEOPLE = os.path.join(ROOT, "content", "demo", "names.csv")


def plain(text):
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if c.isalnum())


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def without(measured):
    kept = []
    for name, spellings in rows(GROUPS):
        if name == "name" or not measured & {plain(s) for s in spellings.split("|")}:
            kept.append((name, spellings))
    return kept


def main():
    program = [sys.argv[1], MEASURED, PEOPLE, sys.argv[2] if len(sys.argv) > 2 else "100000"]
    measured = {plain(row[3]) for row in rows(MEASURED)[1:]}
    known = {plain(s) for row in rows(GROUPS)[1:] for s in row[1].split("|")}
    print(f"{len(measured)} spellings, {len(measured & known)} of them in variants.csv", flush=True)
    subprocess.run(program, check=True)
    with tempfile.TemporaryDirectory() as content:
        os.mkdir(os.path.join(content, "names"))
        kept = without(measured)
        with open(os.path.join(content, "names", "variants.csv"), "w", encoding="utf-8",
                  newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)
        print(f"with {len(rows(GROUPS)) - len(kept)} of {len(rows(GROUPS)) - 1} groups left out:",
              flush=True)
        subprocess.run(program + [content], check=True)


main()
