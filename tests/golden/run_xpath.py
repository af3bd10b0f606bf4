#!/usr/bin/env python3
"""10,000 expressions, evaluated by us and by openrosa-xpath-evaluator: the same texts.

The corpus keeps away from what docs/expressions.md notes as different. Numbers may differ in the
last two of their seventeen digits, since two libraries compute sine and power.
"""
import glob
import os
import re
import subprocess
import sys

ROOT = os.environ.get("HOMEWARD_SOURCE") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HOMEWARD_BUILD") or os.path.join(ROOT, "build", "asan")
sys.path.insert(0, os.path.join(ROOT, "tests", "oracle"))
from corpus import Corpus  # noqa: E402

COUNT = 10000
SEED = 20261122
ORACLE = os.path.join(ROOT, "tests", "oracle")
NUMBER = re.compile(r"^-?\d+(\.\d+)?(e[+-]?\d+)?$")


def node():
    """The machine's node, or the newer one that tools/e2e.sh brings along."""
    own = sorted(glob.glob(os.path.join(ROOT, "tests/e2e/node_modules/node-linux-*/bin/node")))
    return own[0] if own else "node"


def answers(command, text):
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True,
                          env={**os.environ, "TZ": "UTC"})
    return done.stdout.decode().rstrip("\n").split("\n")


def same(ours, theirs):
    if ours == theirs:
        return True
    a, b = ours.partition("\t")[2], theirs.partition("\t")[2]
    if not ours.startswith("ok\t") or not NUMBER.match(a) or not NUMBER.match(b):
        return False
    return abs(float(a) - float(b)) <= 1e-12 * max(abs(float(a)), abs(float(b)), 1e-3)


def documented():
    """Whether the page names each function of the tables, and none that is not there."""
    names = set()
    for path in glob.glob(os.path.join(ROOT, "src", "expr", "*.c")):
        with open(path) as file:
            names |= set(re.findall(r'^    \{ "([a-z0-9:-]+)", "[a-zA-Z?*]*", \'', file.read(), re.M))
    with open(os.path.join(ROOT, "docs", "expressions.md")) as file:
        page = set(re.findall(r"^\| `([a-z0-9:-]+)\(", file.read(), re.M))
    if names != page:
        print(f"# differ: {sorted(names ^ page)}")
    return len(names) > 80 and names == page


def differences():
    """What docs/expressions.md decides differently: our answer, and still that of the other."""
    with open(os.path.join(ORACLE, "differ.txt")) as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    ours, theirs = both("".join(f"en\tdata/one\t{row[0]}\n" for row in rows))
    wrong = [i for i, row in enumerate(rows)
             if (ours[i], theirs[i]) != (f"ok\t{row[1]}", f"ok\t{row[2]}")]
    for i in wrong:
        print(f"# {rows[i]}\n#   ours   {ours[i]}\n#   theirs {theirs[i]}")
    if not any(row[1] != row[2] for row in rows):
        wrong.append(0)
    print(f"{'not ' if wrong else ''}ok 6 - {len(rows) - len(wrong)} of {len(rows)} answers of"
          " what is decided are as they are written down")
    return not wrong


def both(text):
    document = os.path.join(ORACLE, "document.txt")
    return (answers([os.path.join(BUILD, "tests", "oracle", "expr_lines"), document], text),
            answers([node(), os.path.join(ORACLE, "evaluate.mjs"), document], text))


def main():
    lines = list(Corpus(SEED).lines(COUNT))
    text = "\n".join(lines) + "\n"
    ours, theirs = both(text)
    wrong = [i for i in range(COUNT) if not same(ours[i], theirs[i])] if len(ours) == len(
        theirs) == COUNT else list(range(COUNT))
    for i in wrong[:40]:
        print(f"# {lines[i]}\n#   ours   {ours[i]}\n#   theirs {theirs[i]}")
    print(f"{'not ' if wrong else ''}ok 1 - {COUNT - len(wrong)} of {COUNT} expressions agree")
    refused = [i for i in range(COUNT) if ours[i].startswith("error")]
    print(f"{'not ' if refused else ''}ok 2 - none of them is an error")
    values = len({line for line in ours})
    print(f"{'not ' if values < COUNT / 8 else ''}ok 3 - they give {values} different texts")
    used = set(re.findall(r"([a-z][a-z0-9-]*)\(", text))
    few = sorted(name for name in used if len(re.findall(rf"(?<![a-z0-9-]){name}\(", text)) < 20)
    print(f"{'not ' if few or len(used) < 60 else ''}ok 4 - {len(used)} functions, each 20 times"
          f" and more {' '.join(few)}")
    print(f"{'ok 5' if documented() else 'not ok 5'} - docs/expressions.md has every function")
    decided = differences()
    print("1..6")
    return 0 if decided and not wrong and not refused else 1


if __name__ == "__main__":
    sys.exit(main())
