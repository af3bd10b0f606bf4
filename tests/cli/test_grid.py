"""The feasibility grid as data: complete, in four languages, and every expression reads the case document.

Proves R-A5-01 R-A5-05.
"""
import csv
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import SOURCE, finish, ok, scratch  # noqa: E402

LANGS = ["English (en)", "Français (fr)", "Español (es)", "العربية (ar)"]
RULEC = os.path.join(os.environ["HOMEWARD_BUILD"], "src", "rulec")


def table(name):
    with open(os.path.join(SOURCE, "content", name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(rows, column):
    return all(row[f"{column}::{lang}"].strip() for row in rows for lang in LANGS)


def compile_all(expressions):
    """What rulec says of them, each as the condition of a rule."""
    folder = scratch()
    content = os.path.join(folder, "content")
    shutil.copytree(os.path.join(SOURCE, "content"), content)
    with open(os.path.join(content, "rules", "case.csv"), encoding="utf-8", newline="") as file:
        head = next(csv.reader(file))
    with open(os.path.join(content, "rules", "grid_try.csv"), "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, head, lineterminator="\n", restval="")
        out.writeheader()
        for n, when in enumerate(expressions):
            row = {"id": f"grid_try_{n}", "on": "case", "do": "suggestion", "when": when,
                   "severity": "low", "req": "R-A5-01"}
            out.writerow({**row, **{f"message::{lang}": "x" for lang in LANGS}})
    done = subprocess.run([RULEC, content, os.path.join(folder, "gates.h")], capture_output=True,
                          timeout=60)
    return done.returncode, done.stderr.decode()


def main():
    rows, criteria, scenarios = table("grid/rows.csv"), table("grid/criteria.csv"), table("grid/scenarios.csv")
    codes = {r["row"] for r in rows}
    names = [s["scenario"] for s in scenarios]
    by = [sum(r["dimension"] == d for r in rows) for d in ("economic", "social", "psychosocial")]
    ok(by == [14, 5, 10] and len(codes) == 29, "29 approaches in three dimensions", by)
    ok(len(criteria) == 150 and len({c["criterion"] for c in criteria}) == 150, "150 criteria")
    ok({c["row"] for c in criteria} == codes, "each approach has criteria, each criterion its approach")
    without = {code for code in codes
               if not any(c["row"] == code and c["level"] == "structural" for c in criteria)}
    ok(without == {"savings_credit_associations", "returnee_associations", "introduction_to_community"},
       "three approaches have no structural criterion", without)
    ok(all((c["question"] == "yes") == (c["kind"] == "advisory") == (c["expected"] == "")
           for c in criteria), "open questions are advisory, statements are required and expect yes")
    ok(all(c["text::English (en)"].endswith("?") == (c["question"] == "yes") for c in criteria),
       "a question ends as one")
    ok(told(rows, "name") and told(criteria, "text") and told(table("choices/scenarios.csv"), "label"),
       "all texts stand in four languages")
    ok(len(names) == 18 and names == [s["name"] for s in table("choices/scenarios.csv")],
       "18 scenarios, the same in the list of choices")
    used = {s for r in rows for s in r["useful_for"].split()}
    ok(used == set(names), "each scenario leads to an approach", used ^ set(names))
    expressions = [e for c in criteria for e in (c["yes_when"], c["no_when"]) if e]
    expressions += [s["shown_when"] for s in scenarios if s["shown_when"]]
    status, said = compile_all(expressions)
    ok(status == 0, "every expression reads the case document", said)
    status, said = compile_all(["/data/rss/nothing_of_the_kind = 'yes'"])
    ok(status == 1 and "nothing_of_the_kind" in said, "one that does not is told", said)
    ok([s["scenario"] for s in scenarios if not s["shown_when"]] == ["mental_disorder"],
       "no expression concludes a mental disorder")
    finish()


main()
