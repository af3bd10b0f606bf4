"""Rules: all rules of a case, and the nightly run, with the shipped rules and with 400."""
import csv
import glob
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RULES = 400


def many(folder):
    """A content folder that adds copies of the shipped rules, gates apart, until there are 400."""
    rows = []
    for path in sorted(glob.glob(os.path.join(ROOT, "content", "rules", "*.csv"))):
        with open(path, newline="", encoding="utf-8") as file:
            head, *rest = list(csv.reader(file))
        rows += rest
    plain = [row for row in rows if row[2] != "gate"]
    where = os.path.join(folder, "content", "rules")
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, "made.csv"), "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head)
        for i in range(RULES - len(rows)):
            out.writerow([f"made_{i}"] + plain[i % len(plain)][1:])
    return os.path.dirname(where)


def measure(say, folder):
    build = os.path.join(ROOT, "build", "release")
    program = os.path.join(build, "tests", "unit", "measure_rules")
    subprocess.run(["ninja", "-C", build, "tests/unit/measure_rules"], check=True,
                   stdout=subprocess.DEVNULL)
    for extra in ({}, {"HOMEWARD_RULES": many(folder)}):
        done = subprocess.run([program, "300"], check=True, capture_output=True,
                              env={**os.environ, "HOMEWARD_SOURCE": ROOT, **extra})
        n, judged, run, night = re.search(
            r"(\d+) rules, \d+ cases: judged (\d+) us, run (\d+) us, night (\d+) us",
            done.stdout.decode()).groups()
        say(f"all {n} rules of a case", f"{int(run) / 1000:.2f} ms",
            f"at most 5 ms; evaluation alone {int(judged) / 1000:.2f} ms")
        say(f"nightly run, {n} rules, 100,000 cases", f"{int(night) / 10:.0f} s",
            "at most 120 s; from 300 cases, all of them due")
