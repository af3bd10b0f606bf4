"""What a bench prints: a line for each figure, and at the end which are as wanted and which not.

say(what, figure, beside): a beside that begins with "at most N" or "at least N" is what is wanted of
the first number in figure, in the same unit.
"""
import re
import time

WANTED = re.compile(r"(at most|at least) ([\d,.]*\d)")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def number(text):
    return float(text.replace(",", ""))


class Report:
    def __init__(self):
        self.judged, self.absent, self.took = [], [], []

    def __call__(self, what, figure, beside=""):
        wanted = WANTED.match(beside)
        mark = ""
        if wanted:
            limit, found = number(wanted[2]), NUMBER.search(figure)
            value = number(found[0])
            met = value <= limit if wanted[1] == "at most" else value >= limit
            self.judged.append((met, what, figure, wanted[0], value / limit if limit else 0))
            mark = "met    " if met else "MISSED "
        print(f"{mark:<7}{what:<66} {figure:>22}   {beside}", flush=True)

    def part(self, name, measure, *args):
        """Measures one part; one that cannot be measured does not keep the others from it."""
        began = time.perf_counter()
        try:
            measure(self, *args)
        except (Exception, SystemExit) as why:  # pylint: disable=broad-except
            self.absent.append((name, str(why).strip()[-300:]))
            print(f"       {name} could not be measured: {why}", flush=True)
        self.took.append((name, time.perf_counter() - began))

    def end(self, unmeasured=()):
        """The summary; True if every figure is as wanted."""
        print(f"\nmeasured in {sum(s for _, s in self.took):.0f} s: "
              + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.took))
        for met in (True, False):
            rows = [row for row in self.judged if row[0] == met]
            print(f"\n{len(rows)} figures {'met' if met else 'MISSED'}"
                  " (figure, wanted, figure / wanted)")
            for _, what, figure, wanted, ratio in rows:
                print(f"  {what:<66} {figure:>22}   {wanted:<16} {ratio:.2f}")
        for name, why in [*self.absent, *unmeasured]:
            print(f"not measured: {name}: {why}")
        return not self.absent and all(row[0] for row in self.judged)
