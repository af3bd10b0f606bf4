"""Facts: made anew from records, and a table counted over a million of them."""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FACTS = 1000000
PEOPLE = 3000  # with a case each: what is made anew


def measure(say, folder):
    del folder
    build = os.path.join(ROOT, "build", "release")
    program = os.path.join(build, "tests", "unit", "measure_facts")
    subprocess.run(["ninja", "-C", build, "tests/unit/measure_facts"], check=True,
                   stdout=subprocess.DEVNULL)
    done = subprocess.run([program, str(PEOPLE), str(FACTS)], check=True, capture_output=True,
                          env={**os.environ, "HOMEWARD_SOURCE": ROOT})
    anew, counted = re.search(r"made anew (\d+) us; \d+ facts counted in (\d+) ms",
                              done.stdout.decode()).groups()
    say("facts of 100,000 people with a case made anew", f"{int(anew) / 10:.0f} s",
        f"at most 30 s; from {PEOPLE} people")
    say(f"a table over {FACTS} facts, people counted once", f"{counted} ms", "at most 300 ms")
