"""Matching of names: spellings of one name among 100,000 other people, by the shipped rules."""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEOPLE = 100000


def measure(say, folder):
    del folder
    build = os.path.join(ROOT, "build", "release")
    program = os.path.join(build, "tests", "unit", "measure_names")
    subprocess.run(["ninja", "-C", build, "tests/unit/measure_names"], check=True,
                   stdout=subprocess.DEVNULL)
    done = subprocess.run([program, os.path.join(ROOT, "tests", "data", "name-variants.csv"),
                           os.path.join(ROOT, "content", "demo", "names.csv"), str(PEOPLE)],
                          check=True, capture_output=True)
    for what, searches, recall, others, p99 in re.findall(
            r"^(\w+) +(\d+) searches: top-10 recall ([\d.]+) %.*?above the threshold ([\d.]+),"
            r".*?p99 ([\d.]+) ms", done.stdout.decode(), re.M):
        say(f"spellings of a name found among the first ten ({what})", f"{recall} %",
            f"at least 95 %; {searches} searches among {PEOPLE} people")
        say(f"others shown as candidates, a search ({what})", others, "at most 20")
        say(f"matching, slowest of a hundred ({what})", f"{p99} ms", "at most 20 ms")
