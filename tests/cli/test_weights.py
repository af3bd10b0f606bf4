#!/usr/bin/env python3
"""homeward survey weights against principal components worked out here, by power iteration; the
profile that it writes is one that homeward survey score takes. From a database the weights are those
of the same interviews in an exported file; this part runs on PostgreSQL too, when HOMEWARD_PG_URL is
set.

HOMEWARD is the program, HOMEWARD_SOURCE the source tree. Prints TAP.
"""
import csv
import math
import os
import random
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.environ["HOMEWARD_SOURCE"], "tests", "cli"))
sys.path.insert(0, os.path.join(os.environ["HOMEWARD_SOURCE"], "tests", "support"))
import score_independent as independent  # noqa: E402
from kit import finish, ok, run, scratch  # noqa: E402

FOLDER = scratch()
ACCESS = ["education_access", "justice_access", "documentation_access", "safe_water_access",
          "health_access"]
STEPS = {"very_poor": 1, "poor": 2, "fair": 3, "good": 4, "very_good": 5}
SCORED = {
    "economic": ["econ_satisfaction", "food_reduction", "borrow_ability", "borrow_frequency",
                 "debt_vs_spending", "opportunity_access", "currently_working",
                 "productive_assets", "job_seeking"],
    "social": ["housing_access", "housing_standard", "children_in_school", "has_id_document",
               "health_quality", "public_services_access"],
    "psychosocial": ["social_participation", "support_network", "community_belonging",
                     "physical_safety", "family_conflict", "discrimination", "distress_symptoms",
                     "wants_psych_support", "able_to_stay", "support_sources"],
}


def path(name):
    return os.path.join(FOLDER, name)


def points_of(name):
    """Codes of a question with their points, best first; any_of has one good code here."""
    question = independent.QUESTIONS[name]
    if name == "productive_assets":
        return [("land", 1.0), ("none", 0.0)]
    if name == "support_sources":
        return [("family", 1.0), ("no_one", 0.0)]
    return sorted(((code, float(worth)) for code, worth in question.points.items()),
                  key=lambda item: -item[1])


def make_people(count, seed):
    """Answers that lean on one hidden quality for each dimension; some are declined."""
    chance = random.Random(seed)
    people = []
    for number in range(count):
        row = {"key": f"w-{number}"}
        hidden = {d: chance.gauss(0, 1) for d in SCORED}
        for dimension, names in SCORED.items():
            for place, name in enumerate(names):
                lean = 0.3 + 0.15 * (place % 5)
                value = lean * hidden[dimension] + (1 - lean) * chance.gauss(0, 1)
                if name == "public_services_access":
                    for part in ACCESS:
                        mixed = value + chance.gauss(0, 0.5)
                        row[part] = list(STEPS)[max(0, min(4, round(2 + 1.5 * mixed)))]
                    continue
                codes = points_of(name)
                worst = len(codes) - 1
                rank = max(0, min(worst, round(worst / 2 - value * max(worst, 2) / 2)))
                row[name] = codes[rank][0]
        if chance.random() < 0.05:
            row["borrow_ability"] = "dont_know"
        people.append(row)
    return people


def write(name, people):
    heads = sorted({key for row in people for key in row} - {"key"})
    with open(path(name), "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, ["key", *heads], restval="", lineterminator="\n")
        out.writeheader()
        out.writerows(people)
    return path(name)


def value_of(row, name):
    if name == "public_services_access":
        return (sum(STEPS[row[part]] for part in ACCESS) / len(ACCESS) - 1) / 4
    return dict(points_of(name)).get(row[name])


def components(rows):
    """First eigenvalue and loadings of the correlations between columns, by power iteration."""
    n, width = len(rows), len(rows[0])
    means = [sum(row[i] for row in rows) / n for i in range(width)]
    spread = [math.sqrt(sum((row[i] - means[i]) ** 2 for row in rows) / (n - 1))
              for i in range(width)]
    matrix = [[sum((row[i] - means[i]) * (row[k] - means[k]) for row in rows)
               / (n - 1) / spread[i] / spread[k] for k in range(width)] for i in range(width)]
    vector = [1.0] * width
    value = 0.0
    for _ in range(3000):
        turned = [sum(matrix[i][k] * vector[k] for k in range(width)) for i in range(width)]
        value = math.sqrt(sum(x * x for x in turned))
        vector = [x / value for x in turned]
    sign = 1 if sum(vector) > 0 else -1
    return value, [sign * x * math.sqrt(value) for x in vector]


def expected(people):
    out = {}
    for dimension, names in SCORED.items():
        rows = [[value_of(row, name) for name in names] for row in people]
        whole = [row for row in rows if None not in row]
        value, loadings = components(whole)
        squares = sum(x * x for x in loadings if x > 0)
        out[dimension] = {
            "used": len(whole), "value": value, "loadings": dict(zip(names, loadings)),
            "weights": {name: len(names) * x * x / squares if x > 0 else 0
                        for name, x in zip(names, loadings)},
        }
    return out


def weights(*words):
    for name in ("own.csv", "loadings.csv"):
        if os.path.exists(path("scoring/" + name)):
            os.remove(path("scoring/" + name))
    os.makedirs(path("scoring"), exist_ok=True)
    return run("survey", "weights", *words, "--out", path("scoring/own.csv"), "--loadings",
               path("loadings.csv"))


def profile_weights():
    with open(path("scoring/own.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    start = next(i for i, row in enumerate(rows) if row[0] == "questions")
    end = next(i for i, row in enumerate(rows) if row[0] == "points")
    return {row[1]: row[3] for row in rows[start + 2:end]}, rows


def test_weights():
    people = make_people(400, 11)
    theirs = expected(people)
    done = weights(write("people.csv", people))
    ok(done.returncode == 0, "weights are derived from 400 interviews", done.stderr)
    with open(path("loadings.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for dimension, want in theirs.items():
        ours = {row["question"]: row for row in rows if row["dimension"] == dimension}
        ok(set(ours) == set(want["loadings"]), f"{dimension}: its scored questions and no others")
        far = [name for name, x in want["loadings"].items()
               if abs(float(ours[name]["loading"]) - x) > 1e-4]
        ok(not far, f"{dimension}: the loadings are those of power iteration", far)
        far = [name for name, x in want["weights"].items()
               if abs(float(ours[name]["weight"]) - x) > 1e-3]
        ok(not far, f"{dimension}: so are the weights", far)
        ok(all(int(row["interviews"]) == want["used"] for row in ours.values()),
           f"{dimension}: as many interviews are used as are complete")
        share = want["value"] / len(want["loadings"])
        ok(all(abs(float(row["explained"]) - share) < 1e-4 for row in ours.values()),
           f"{dimension}: the variance that is explained")
        total = sum(float(row["weight"]) for row in ours.values())
        ok(abs(total - len(ours)) < 1e-4, f"{dimension}: weights add up to its questions", total)
    ok("component 1: eigenvalue" in done.stdout and "incomplete left out" in done.stdout,
       "components and counts are shown", done.stdout[:300])
    ok(theirs["economic"]["used"] < 400, "declined answers leave interviews out of a dimension")


def test_profile():
    given, rows = profile_weights()
    ours = expected(make_people(400, 11))["economic"]["weights"]
    ok(abs(float(given["food_reduction"]) - ours["food_reduction"]) < 6e-4
       and given["job_seeking_reasons"] == "" and given["education_access"] == "",
       "the profile has the weights, and none for what is not scored", given)
    ok(any("own weights from 400 interviews" in cell for row in rows for cell in row)
       and any("أوزان" in cell for row in rows for cell in row), "its title says what it is")
    done = run("survey", "score", path("people.csv"), "--out", path("scores.csv"), "--content",
               FOLDER, "--profile", "own")
    with open(path("scores.csv"), newline="", encoding="utf-8") as file:
        scores = {row["key"]: row for row in csv.DictReader(file)}
    person = make_people(400, 11)[7]
    up = sum(float(given[n]) * value_of(person, n) for n in SCORED["psychosocial"])
    down = sum(float(given[n]) for n in SCORED["psychosocial"])
    ok(done.returncode == 0 and abs(float(scores["w-7"]["psychosocial"]) - up / down) < 1e-6
       and scores["w-7"]["profile"] == "own", "and scores with them", done.stderr)
    done = weights(path("people.csv"), "--profile", "nobody")
    ok(done.returncode != 0 and "homeward-1" in done.stderr, "an unknown profile is told")


def test_odd():
    people = make_people(300, 5)
    for row in people:
        row["borrow_ability"] = "yes"  # never differs
        row["job_seeking"] = "yes" if row["econ_satisfaction"].startswith("very_s") or \
            row["econ_satisfaction"] == "satisfied" else "no"  # runs against the others
    done = weights(write("odd.csv", people))
    given, rows = profile_weights()
    ok(done.returncode == 0 and "runs against the others" in done.stdout
       and "hardly differ" in done.stdout, "what cannot be weighed is told", done.stderr)
    ok(["", "borrow_ability", "economic", "0"] in rows
       and ["", "job_seeking", "composite", "0"] in rows, "and is taken out of the scores", rows)
    ok(float(given["econ_satisfaction"]) > 0, "the others have weights")
    people[3]["food_reduction"] = "always"
    done = weights(write("bad.csv", people))
    ok(done.returncode == 0 and 'value "always"' in done.stderr, "a bad row is told and left out",
       done.stderr)
    done = weights(write("few.csv", make_people(20, 5)))
    ok(done.returncode != 0 and "at least 30" in done.stderr
       and not os.path.exists(path("scoring/own.csv")), "too few interviews: nothing is written",
       done.stderr)
    done = run("survey", "weights", path("people.csv"), "--out", path("Own Name.csv"))
    ok(done.returncode != 0 and "Own Name.csv" in done.stderr, "a name that is none is refused")


def remembered(database):
    """Audit rows of exports of interviews, and ids of interviews that were noted as exported."""
    with sqlite3.connect(database) as db:
        exports = db.execute("SELECT count(*) FROM audit WHERE action = 'rss.export'").fetchone()[0]
    with sqlite3.connect(database + ".access") as db:
        noted = [row[0].split() for row in db.execute(
            "SELECT records FROM access WHERE action = 'export' AND form = 'rss'")]
    return exports, sum(len(ids) for ids in noted)


def test_database():
    base = os.environ.get("HOMEWARD_PG_URL")
    url = base.replace("/homeward?", f"/weights_{os.getpid()}?") if base else path("office.db")
    at = ["--database", url, "--key-file", path("office.master")]
    done = run("demo", *at, "--people", "60")
    ok(done.returncode == 0, "a demo office", done.stderr)
    done = run("export", "rss", *at, "--as", "supervisor", "--status", "completed", "--out",
               path("rss.csv"))
    ok(done.returncode == 0, "its interviews are exported", done.stderr)
    file = weights(path("rss.csv"), "--key", "record.parent")
    with open(path("loadings.csv"), encoding="utf-8") as text:
        loadings = text.read()
    theirs = profile_weights()
    before = None if base else remembered(url)
    done = weights(*at, "--as", "supervisor")
    with open(path("loadings.csv"), encoding="utf-8") as text:
        same = text.read() == loadings
    ok(file.returncode == 0 and done.returncode == 0 and same and done.stdout == file.stdout
       and profile_weights() == theirs and "economic,food_reduction," in loadings,
       "from the database come the weights of the same interviews in a file",
       file.stderr + done.stderr + done.stdout)
    if not base:
        with open(path("rss.csv"), newline="", encoding="utf-8") as text:
            count = sum(1 for _ in csv.DictReader(text))
        exports, noted = remembered(url)
        ok(exports == before[0] + 1 and noted == before[1] + count > before[1],
           "which is audited as an export, with each interview", (before, exports, noted, count))
    with open(path("rss.csv"), newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    final = [row for row in rows if row["round"] == "final"]
    with open(path("final.csv"), "w", newline="", encoding="utf-8") as text:
        out = csv.DictWriter(text, rows[0].keys())
        out.writeheader()
        out.writerows(final)
    file = weights(path("final.csv"), "--key", "record.parent")
    done = weights(*at, "--as", "supervisor", "--round", "final")
    ok(done.returncode != 0 and "at least 30" in done.stderr and 0 < len(final) < 30
       and done.stdout == file.stdout and not os.path.exists(path("scoring/own.csv")),
       "one round alone is counted alone, and too few of them are told", done.stdout + done.stderr)
    refused(at)


def refused(at):
    done = weights(*at, "--as", "casemanager")
    ok(done.returncode != 0 and "role" in done.stderr and "interviews" not in done.stdout
       and not os.path.exists(path("scoring/own.csv")), "who may not export interviews is refused",
       done.stderr)
    done = weights(*at, "--as", "supervisor", "--round", "never")
    ok(done.returncode != 0 and "baseline" in done.stderr, "an unknown round is told", done.stderr)
    done = weights(path("rss.csv"), *at, "--as", "supervisor")
    ok(done.returncode != 0 and "which interviews" in done.stderr,
       "a file and a database at once are refused", done.stderr)
    done = weights(*at, "--as", "supervisor", "--key", "round")
    ok(done.returncode != 0 and "--key" in done.stderr, "what is for files alone is refused",
       done.stderr)
    done = weights(path("rss.csv"), "--round", "final")
    ok(done.returncode != 0 and "--database" in done.stderr,
       "what is for databases alone is refused", done.stderr)


if not os.environ.get("HOMEWARD_PG_URL"):
    test_weights()
    test_profile()
    test_odd()
test_database()
finish()
