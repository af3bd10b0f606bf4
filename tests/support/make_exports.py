#!/usr/bin/env python3
"""Writes tests/data/exports: the same twelve invented interviews as other programs export them.

ODK Central (submissions.csv; lib/data/briefcase.js of getodk/central-backend): SubmissionDate
first; each question with its groups joined by "-", or without groups; a select_multiple and,
split, one column question/choice for each choice that somebody gave, 1 or 0, 0 also where nobody
was asked; at the end KEY, SubmitterID, SubmitterName, AttachmentsPresent, AttachmentsExpected,
Status, ReviewState, DeviceID, Edits, FormVersion. LF, quotes only where needed.

KoboToolbox (kobotoolbox/formpack, src/formpack/reporting/export.py, schema/fields.py; kpi adds
the copied fields): every cell quoted, ";" between them, LF; start and end first; names
("XML values and headers") or labels of one language; groups, where asked for, before "/"; a
select_multiple as one column of all and one question/choice for each choice, empty where there
is no answer; at the end _id, _uuid, _submission_time, _validation_status, _notes, _status,
_submitted_by, __version__, _tags, _index.
"""
import csv
import io
import os
import random

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
OUT = os.path.join(ROOT, "tests", "data", "exports")
LANGUAGES = {"en": 3, "fr": 4, "es": 5, "ar": 6}
PEOPLE = 12
CENTRAL_END = ["KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected",
               "Status", "ReviewState", "DeviceID", "Edits", "FormVersion"]
KOBO_END = ["_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status",
            "_submitted_by", "__version__", "_tags", "_index"]
NOTES = ["", "Asked to pause twice.", "Two lines,\nthe second of them; with \"quotes\"", "à revoir"]


def form():
    """Groups, questions and choices of content/forms/rss.csv."""
    with open(os.path.join(ROOT, "content/forms/rss.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    start = next(i for i, row in enumerate(rows) if row[1:2] == ["list_name"])
    groups, questions, choices = [], [], {}
    for row in rows[2:start]:
        kind = row[1] if len(row) > 6 else ""
        if kind == "begin group":
            groups.append(row)
        elif kind == "end group":
            groups.pop()
        elif kind.startswith(("select_", "text", "date", "calculate")):
            questions.append((row, list(groups), kind.split()))
    for row in rows[start + 1:]:
        if len(row) > 6 and row[1]:
            choices.setdefault(row[1], []).append(row)
    return questions, choices


def answers(questions, choices):
    """Invented interviews: question name to a code, a list of codes, or text."""
    people = []
    for number in range(PEOPLE):
        rng = random.Random(f"export {number}")
        person = {}
        for row, _, kind in questions:
            name = row[2]
            if kind[0] == "select_multiple":
                items = choices[kind[1]]
                alone = [c[2] for c in items if c[7] or c[8]]
                free = [c[2] for c in items if not (c[7] or c[8])]
                pick = rng.sample(free, rng.randint(1, min(3, len(free))))
                person[name] = ([rng.choice(alone)] if alone and rng.random() < .2 else
                                [c for c in free if c in pick])
            elif kind[0] == "select_one":
                person[name] = rng.choice(choices[kind[1]])[2] if rng.random() < .95 else ""
            else:
                person[name] = ""
        person["consent_given"] = "yes"
        person["interview_date"] = f"2026-03-{number + 1:02d}"
        person["interview_notes"] = NOTES[number % len(NOTES)]
        person["sections_selected"] = (["social", "psychosocial"] if number == 3
                                       else ["economic", "social", "psychosocial"])
        if person["job_seeking"] != "yes":
            person["job_seeking_reasons"] = []
        if person["health_access"] not in ("poor", "very_poor"):
            person["health_access_barriers"] = []
        if person["able_to_stay"] != "no":
            person["stay_reason"] = ""
        person["uuid"] = f"{rng.getrandbits(32):08x}-0000-4000-8000-{number:012x}"
        people.append(person)
    return people


def plain(questions, people):
    """As our own command has always read it, to compare with."""
    names = [row[2] for row, _, kind in questions if kind[0] != "text"]
    rows = [["key"] + names]
    for person in people:
        rows.append(["uuid:" + person["uuid"]] + [
            " ".join(person[n]) if isinstance(person[n], list) else person[n] for n in names])
    return rows


def central(questions, choices, people, grouped):
    rows = [["SubmissionDate", "start", "end"]]
    for row, groups, kind in questions:
        base = "-".join([g[2] for g in groups] + [row[2]]) if grouped else row[2]
        rows[0].append(base)
        if kind[0] == "select_multiple":
            given = {code for person in people for code in person[row[2]]}
            rows[0] += [f"{base}/{c[2]}" for c in choices[kind[1]] if c[2] in given]
    rows[0] += ["meta-instanceID" if grouped else "instanceID"] + CENTRAL_END
    for number, person in enumerate(people):
        day = f"2026-03-{number + 1:02d}T1"
        out = [day + "2:00:01.120Z", day + "0:12:00.000+00:00", day + "0:53:10.441+00:00"]
        for row, _, kind in questions:
            value = person[row[2]]
            if kind[0] != "select_multiple":
                out.append(value)
                continue
            given = {code for other in people for code in other[row[2]]}
            out.append(" ".join(value))
            out += [str(int(c[2] in value)) for c in choices[kind[1]] if c[2] in given]
        key = "uuid:" + person["uuid"]
        out += [key, key, "14", "Tablet 3", "0", "0", "", "approved" if number % 2 else "",
                "collect:Qf2Lx9", "0", "1"]
        rows.append(out)
    return rows


def label(row, lang, name):
    return name if lang is None else row[LANGUAGES[lang]] or name


def kobo(questions, choices, people, lang, grouped):
    rows = [["start", "end"]]
    for row, groups, kind in questions:
        base = "/".join([label(g, lang, g[2]) for g in groups] * grouped +
                        [label(row, lang, row[2])])
        rows[0].append(base)
        if kind[0] == "select_multiple":
            rows[0] += [f"{base}/{label(c, lang, c[2])}" for c in choices[kind[1]]]
    rows[0] += KOBO_END
    for number, person in enumerate(people):
        day = f"2026-03-{number + 1:02d}T1"
        out = [day + "0:12:00.000+00:00", day + "0:53:10.441+00:00"]
        for row, _, kind in questions:
            value = person[row[2]]
            if kind[0] == "select_multiple":
                out.append(" ".join(label(c, lang, c[2]) for c in choices[kind[1]]
                                    if c[2] in value))
                out += [str(int(c[2] in value)) if value else "" for c in choices[kind[1]]]
            elif kind[0] == "select_one" and value:
                out.append(next(label(c, lang, c[2]) for c in choices[kind[1]] if c[2] == value))
            else:
                out.append(value)
        out += [str(4100 + number), "uuid:" + person["uuid"], day + "2:00:01", "", "",
                "submitted_via_web", "", "vT9kq3", "", str(number + 1)]
        rows.append(out)
    return rows


def main():
    questions, choices = form()
    people = answers(questions, choices)
    os.makedirs(OUT, exist_ok=True)

    def write(name, rows, **how):
        text = io.StringIO()
        csv.writer(text, **{"lineterminator": "\n", **how}).writerows(rows)
        data = text.getvalue()
        with open(os.path.join(OUT, name), "w", encoding="utf-8", newline="") as file:
            file.write(data)

    semicolon = {"delimiter": ";", "quoting": csv.QUOTE_ALL}
    write("plain.csv", plain(questions, people))
    write("central-groups.csv", central(questions, choices, people, True))
    write("central-names.csv", central(questions, choices, people, False))
    write("kobo-xml.csv", kobo(questions, choices, people, None, True), **semicolon)
    for lang in LANGUAGES:
        write(f"kobo-labels-{lang}.csv", kobo(questions, choices, people, lang, False),
              **semicolon)
    write("kobo-labels-groups-fr.csv", kobo(questions, choices, people, "fr", True), **semicolon)


if __name__ == "__main__":
    main()
