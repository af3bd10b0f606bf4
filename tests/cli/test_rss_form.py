#!/usr/bin/env python3
"""The survey's form asks what the questionnaire of Annex 4 asks: every question with its type, how
its options are read, when it is asked, in four languages; what bears on several dimensions weighs more.

tests/data/rss-questions.csv has the facts of the questionnaire. HOMEWARD_SOURCE is the source tree.
Proves R-A4-03 R-A4-06 R-A4-07 R-A4-10 R-A4-11 R-A4-17 R-A4-18.
"""
import csv
import os
import re

from kit import SOURCE, finish, ok

LANGS = ("English (en)", "Français (fr)", "Español (es)", "العربية (ar)")


def sections(path):
    """Per section of a file in our layout: its rows as dicts."""
    out, head, name = {}, None, None
    with open(os.path.join(SOURCE, path), encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            if row and row[0]:
                name, head = row[0], None
            elif head is None:
                head = row
                out[name] = []
            else:
                out[name].append(dict(zip(head, row)))
    return out


def asked_when(question):
    """What the questionnaire says of when a question is asked, as the form writes it."""
    condition = question["asked_if"]
    several = re.match(r"(\w+) in \((.+)\)", condition)
    if several:
        return " or ".join(f"${{{several[1]}}} = '{v.strip()}'" for v in several[2].split(","))
    return re.sub(r"(\w+) = (\w+)", r"${\1} = '\2'", condition)


def check_questions(survey, wanted):
    fields = {row["name"]: row for row in survey}
    order = [row["name"] for row in survey if row["name"] in {q["code"] for q in wanted}]
    ok(order == [q["code"] for q in wanted], "the questions stand in their order", order)
    for q in wanted:
        row = fields[q["code"]]
        ok(row["type"].split(" ")[0] == q["type"], f"{q['code']} is a {q['type']}", row["type"])
        ok(all(row["label::" + lang].startswith(q["question_no"].rstrip("a")) for lang in LANGS),
           f"{q['code']} has its number and a text in each language")
        ok(row["relevant"] == asked_when(q), f"{q['code']} is asked when it should be", row["relevant"])
        if q["prompt"]:
            prompt = "prompt-" + q["prompt"].replace("_", "-")
            ok(prompt in row["appearance"].split(), f"{q['code']} says how to read it: {prompt}")
            ok(all(len(row["guidance_hint::" + lang]) > 20 for lang in LANGS),
               f"{q['code']} tells the interviewer so in each language")


def check_statement(survey):
    """What is said and agreed to stands before the first question, in each language."""
    names = [row["name"] for row in survey]
    fields = {row["name"]: row for row in survey}
    before = ["interview_location", "private_space", "is_case_team", "profile_verified",
              "consent_statement", "consent_given", "econ_satisfaction"]
    places = [names.index(name) for name in before]
    ok(places == sorted(places), "place, person, statement and consent come before the questions", places)
    ok(all("40" in fields["consent_statement"]["label::" + lang]
           or "٤٠" in fields["consent_statement"]["label::" + lang] for lang in LANGS),
       "the statement says in each language how long it takes")
    for group in ("economic", "social", "psychosocial"):
        ok("${consent_given} = 'yes'" in fields[group]["relevant"], f"{group}: no question without consent")


def check_weights(wanted):
    weights = {row["question"]: row for row in sections("content/scoring/homeward-1.csv")["questions"]}
    crossing = [float(weights[q["code"]]["weight"]) for q in wanted if q["cross_dimensional"] == "1"]
    others = [float(weights[q["code"]]["weight"]) for q in wanted
              if q["cross_dimensional"] == "0" and weights[q["code"]]["weight"]]
    ok(set(weights) <= {q["code"] for q in wanted},
       "nothing but the questionnaire enters the scores, no satisfaction with the assistance")
    ok(len(crossing) == 3, "three questions bear on all dimensions")
    ok(min(crossing) > max(others), "they weigh more than any other", f"{crossing} {others}")


def main():
    survey = sections("content/forms/rss.csv")["survey"]
    with open(os.path.join(SOURCE, "tests/data/rss-questions.csv"), encoding="utf-8", newline="") as file:
        wanted = list(csv.DictReader(file))
    ok(len(wanted) == 33, "32 questions, and 19a")
    check_questions(survey, wanted)
    check_statement(survey)
    check_weights(wanted)
    finish()


main()
