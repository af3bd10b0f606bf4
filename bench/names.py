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
    for name, list_of in (("names.csv", ""), ("names-second.csv", ", second list")):
        done = subprocess.run([program, os.path.join(ROOT, "tests", "data", name),
                               os.path.join(ROOT, "content", "demo", "names.csv"), str(PEOPLE)],
                              check=True, capture_output=True)
        tell(say, done.stdout.decode(), list_of)


def tell(say, text, list_of):
    for what, searches, recall, others, p99 in re.findall(
            r"^(\w+) +(\d+) searches: top-10 recall ([\d.]+) %.*?above the threshold [\d.]+,"
            r" shown ([\d.]+),.*?p99 ([\d.]+) ms", text, re.M):
        say(f"spellings of a name found among the first ten ({what}{list_of})", f"{recall} %",
            f"at least 95 %; {searches} searches among {PEOPLE} people")
        say(f"others shown as candidates, a search ({what}{list_of})", others, "at most 20")
        say(f"matching, slowest of a hundred ({what}{list_of})", f"{p99} ms", "at most 20 ms")
