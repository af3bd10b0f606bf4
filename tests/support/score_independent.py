#!/usr/bin/env python3
"""An independent calculation of the survey's scores, to hold against `homeward survey score`.

Usage: score_independent.py FILE.csv --out scores.csv --summary summary.csv --by country,sex
                            [--key COLUMN] [--bad bad.csv]

Written from the text of the specification (RC-01, RC-03, RC-05 to RC-07 and section 11 of the
decisions), not from the C code, and sharing nothing with it, not even content/forms/rss.csv.
Every number is an exact fraction until it is printed. Only the standard library is used.

Exit status: 0 all rows scored, 1 some rows were bad (listed on standard error and in --bad),
2 the file cannot be scored at all.
"""
import argparse
import csv
import re
import sys
from collections import defaultdict
from fractions import Fraction

PROFILE = "homeward-1"
DIMENSIONS = ("economic", "social", "psychosocial")
SCORES = DIMENSIONS + ("composite",)
DONT_KNOW = "dont_know"
DECLINED = "prefer_not_to_answer"
NOT_APPLICABLE = "na"
DECLINES_ALLOWED = 7
LOW = Fraction(33, 100)
HALF = Fraction(1, 2)
HIGH = Fraction(66, 100)
BANDS = ("intensified", "standard", "hands_off")  # the most intensive first


def steps(codes):
    """Codes from best to worst, in equal steps from 1 down to 0."""
    names = codes.split()
    last = len(names) - 1
    return {name: Fraction(last - i, last) for i, name in enumerate(names)}


class Question:
    """points: code to points, empty when unscored. part: goes into question 21 only."""

    def __init__(self, dimension, points, declines="", weight=1, **kind):
        self.dimension = dimension
        self.points = points
        self.weight = weight
        self.part = kind.get("part", False)
        self.many = kind.get("many", False)
        self.alone = set(kind.get("alone", "").split())
        self.codes = set(points) | set(declines.split()) | set(kind.get("unscored", "").split())


GOOD = "very_good good fair poor very_poor"
GOOD_BAD = "very_good good fair bad very_bad"
SELDOM_IS_BEST = "never rarely sometimes often very_often"
OFTEN_IS_BEST = "very_often often sometimes rarely never"
FOUR_STEPS = "never only_rarely sometimes very_often"
YES = steps("yes no")
NO = steps("no yes")
KD_D = DONT_KNOW + " " + DECLINED
ASSETS = "land animals trees buildings vehicles equipment other"
SOURCES = ("family friends religious community_leaders work_colleagues iom ngos "
           "other_returnees other")


def any_of(codes, nothing):
    return {**{code: Fraction(1) for code in codes.split()}, nothing: Fraction(0)}


ECO, SOC, PSY = DIMENSIONS
QUESTIONS = {
    # 1 to 10
    "econ_satisfaction": Question(
        ECO, steps("very_satisfied satisfied ok dissatisfied very_dissatisfied"), DECLINED),
    "food_reduction": Question(ECO, steps(SELDOM_IS_BEST), DECLINED, weight=2),
    "borrow_ability": Question(ECO, YES, KD_D),
    "borrow_frequency": Question(ECO, steps(SELDOM_IS_BEST), DECLINED),
    "debt_vs_spending": Question(
        ECO, steps("no_debt spending_larger debt_larger"), DECLINED + " " + NOT_APPLICABLE),
    "opportunity_access": Question(ECO, steps(GOOD), DONT_KNOW),
    "currently_working": Question(ECO, YES, DECLINED + " " + NOT_APPLICABLE),
    "productive_assets": Question(
        ECO, any_of(ASSETS, "none"), DECLINED, many=True, alone="none " + DECLINED),
    "job_seeking": Question(ECO, NO, DECLINED),
    "job_seeking_reasons": Question(
        ECO, {}, many=True,
        unscored="unemployed unhappy_work unhappy_conditions unhappy_salary other"),
    # 11 to 20
    "housing_access": Question(SOC, steps(GOOD), KD_D),
    "housing_standard": Question(SOC, steps("very_good good average poor very_poor"), DECLINED),
    "education_access": Question(SOC, steps(GOOD), KD_D, part=True),
    "children_in_school": Question(SOC, steps("yes some none"), DECLINED),
    "justice_access": Question(SOC, steps(GOOD), KD_D, part=True),
    "has_id_document": Question(SOC, YES, KD_D),
    "documentation_access": Question(SOC, steps(GOOD), KD_D, part=True),
    "safe_water_access": Question(SOC, steps(GOOD), KD_D, part=True),
    "health_access": Question(SOC, steps(GOOD), DECLINED, part=True),
    "health_access_barriers": Question(
        SOC, {}, many=True, unscored="no_facility too_expensive too_far other"),
    "health_quality": Question(SOC, steps(GOOD_BAD), KD_D),
    # 22 to 32
    "social_participation": Question(PSY, steps(OFTEN_IS_BEST), DECLINED),
    "support_network": Question(PSY, steps(GOOD_BAD), KD_D),
    "community_belonging": Question(
        PSY, steps("agree somewhat_agree neither somewhat_disagree strongly_disagree"), KD_D),
    "physical_safety": Question(
        PSY, steps("very_safe_always safe_mostly neutral unsafe_mostly very_unsafe_always"),
        DECLINED, weight=2),
    "family_conflict": Question(PSY, steps(SELDOM_IS_BEST), DECLINED),
    "discrimination": Question(PSY, steps(FOUR_STEPS), DECLINED),
    "distress_symptoms": Question(PSY, steps(FOUR_STEPS), DECLINED),
    "wants_psych_support": Question(PSY, NO, KD_D),
    "able_to_stay": Question(PSY, YES, KD_D, weight=2),
    "stay_reason": Question(PSY, {}, unscored="wish_to_leave need_to_leave"),
    "support_sources": Question(PSY, any_of(SOURCES, "no_one"), many=True, alone="no_one"),
}


def decimals(value, places):
    """The exact value with so many decimals, halves away from zero."""
    scaled = abs(value) * 10 ** places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{whole // 10 ** places}.{whole % 10 ** places:0{places}d}"


def shown(value, places):
    return "" if value is None else decimals(value, places)


def band(score):
    if score < LOW:
        return "intensified"
    return "hands_off" if score > HIGH else "standard"


def wrong_answer(question, cell):
    """Why a cell that is not empty is no answer to the question, or None (RC-03)."""
    chosen = cell.split(" ") if question.many else [cell]
    chosen = [code for code in chosen if code]
    if any(code not in question.codes for code in chosen) or not chosen:
        return "this is not a choice of the question"
    if len(set(chosen)) < len(chosen):
        return "a choice is given twice"
    if len(chosen) > 1 and question.alone & set(chosen):
        return "a choice that excludes all others stands beside others"
    return None


def score(answers, sections):
    """Returns the four scores (None where there is none) and the count of KD and D.

    answers: question to list of codes, only what was answered. sections: those asked.
    """
    weights = dict.fromkeys(DIMENSIONS, 0)
    points = dict.fromkeys(DIMENSIONS, Fraction(0))
    parts = []
    declined = 0
    for name, codes in answers.items():
        question = QUESTIONS[name]
        if question.dimension not in sections:
            continue
        if codes[0] in (DONT_KNOW, DECLINED):
            declined += 1
        if codes[0] not in question.points:
            continue
        worth = max(question.points[code] for code in codes)
        if question.part:
            parts.append(1 + 4 * worth)
            continue
        points[question.dimension] += question.weight * worth
        weights[question.dimension] += question.weight
    if parts:
        q21 = sum(parts) / len(parts)
        points[SOC] += (q21 - 1) / 4
        weights[SOC] += 1
    result = {d: points[d] / weights[d] if weights[d] else None for d in DIMENSIONS}
    complete = sections == set(DIMENSIONS) and all(weights.values())
    result["composite"] = sum(points.values()) / sum(weights.values()) if complete else None
    return result, declined


def intensity(scores):
    found = {band(value) for value in scores.values() if value is not None}
    return next((name for name in BANDS if name in found), "")


class Layout:
    """Which column holds what; a heading may have groups before it (`economic/...`)."""

    def __init__(self, header, key, by):
        self.header = header
        self.width = len(header)
        self.questions = {}
        for i, heading in enumerate(header):
            name = re.split(r"[/-]", heading)[-1]
            if name not in QUESTIONS:
                continue
            if name in self.questions:
                raise ValueError(f"two columns hold the question {name}")
            self.questions[name] = i
        if not self.questions:
            raise ValueError("no column holds a question of the survey")
        self.key = self.need(key)
        self.by = [self.need(name) for name in by]
        self.sections = self.find("sections_selected")
        self.consent = self.find("consent_given")

    def find(self, name):
        if name in self.header:
            return self.header.index(name)
        tails = [re.split(r"[/-]", heading)[-1] for heading in self.header]
        return tails.index(name) if name in tails else None

    def need(self, name):
        place = self.find(name)
        if place is None:
            raise ValueError(f"there is no column {name}")
        return place

    def title(self, place):
        """A column's name as told to people: without groups where it is a question."""
        tail = re.split(r"[/-]", self.header[place])[-1]
        return tail if tail in QUESTIONS else self.header[place]


def problems_of(layout, cells, seen):
    """Everything wrong with a row as (column, value, reason)."""
    if len(cells) != layout.width:
        return [("", str(len(cells)), f"the row has not {layout.width} cells")]
    found = []
    for place, cell in enumerate(cells):
        if any("\udc80" <= c <= "\udcff" for c in cell):
            plain = re.sub("[\udc80-\udcff]", "\N{REPLACEMENT CHARACTER}", cell)
            found.append((layout.title(place), plain, "this is not valid UTF-8"))
    if found:
        return found
    if not cells[layout.key]:
        found.append((layout.title(layout.key), "", "the interview has no key"))
    elif cells[layout.key] in seen:
        found.append((layout.title(layout.key), cells[layout.key], "the key was there before"))
    if layout.consent is not None and cells[layout.consent] != "yes":
        found.append((layout.title(layout.consent), cells[layout.consent], "no consent"))
    if layout.sections is not None:
        chosen = cells[layout.sections].split()
        if set(chosen) - set(DIMENSIONS) or len(set(chosen)) < len(chosen):
            found.append((layout.title(layout.sections), cells[layout.sections],
                          "these are not sections of the survey"))
    for name, place in layout.questions.items():
        reason = wrong_answer(QUESTIONS[name], cells[place]) if cells[place] else None
        if reason:
            found.append((name, cells[place], reason))
    return found


class Group:
    """What the summary needs of one group of interviews."""

    def __init__(self):
        self.values = {name: [] for name in SCORES}
        self.flagged = 0

    def add(self, scores, declined):
        for name in SCORES:
            if scores[name] is not None:
                self.values[name].append(scores[name])
        self.flagged += declined > DECLINES_ALLOWED

    def rows(self):
        for name in SCORES:
            values = sorted(self.values[name])
            n = len(values)
            if not n:
                yield [name, 0, "", "", "", "", self.flagged]
                continue
            median = (values[(n - 1) // 2] + values[n // 2]) / 2
            yield [name, n, decimals(sum(values) / n, 6), decimals(median, 4),
                   decimals(Fraction(sum(v < LOW for v in values), n), 6),
                   decimals(Fraction(sum(v >= HALF for v in values), n), 6), self.flagged]


def write_summary(path, by, groups, everything):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(by + ["score", "n", "mean", "median", "below_0.33", "from_0.5", "flagged"])
        for names in sorted(groups, key=lambda t: [part.encode() for part in t]):
            out.writerows([*names, *row] for row in groups[names].rows())
        out.writerows(["(all)"] * len(by) + row for row in everything.rows())


def run(args):
    by = args.by.split(",") if args.by else []
    groups = defaultdict(Group)
    everything = Group()
    bad = []
    seen = set()
    with open(args.file, newline="", encoding="utf-8-sig", errors="surrogateescape") as f, \
            open(args.out, "w", newline="", encoding="utf-8") as g:
        rows = csv.reader(f)
        layout = Layout(next(rows, []), args.key, by)
        out = csv.writer(g, lineterminator="\n")
        out.writerow(["key", *SCORES, "dont_know_declined", "intensity", "profile"])
        for number, cells in enumerate(rows, 2):
            if not cells:
                continue
            problems = problems_of(layout, cells, seen)
            if problems:
                bad += [(number, *problem) for problem in problems]
                continue
            seen.add(cells[layout.key])
            answers = {name: [code for code in cells[place].split(" ") if code]
                       for name, place in layout.questions.items() if cells[place]}
            chosen = cells[layout.sections].split() if layout.sections is not None else []
            scores, declined = score(answers, set(chosen or DIMENSIONS))
            out.writerow([cells[layout.key], *(shown(scores[name], 6) for name in SCORES),
                          declined, intensity(scores), PROFILE])
            groups[tuple(cells[i] for i in layout.by)].add(scores, declined)
            everything.add(scores, declined)
    if args.summary:
        write_summary(args.summary, by, groups, everything)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file")
    parser.add_argument("--out", required=True)
    parser.add_argument("--summary")
    parser.add_argument("--by", default="")
    parser.add_argument("--key", default="key")
    parser.add_argument("--bad", help="list of bad rows: row, column, value")
    args = parser.parse_args()
    try:
        bad = run(args)
    except (ValueError, OSError, csv.Error) as error:
        print(f"score_independent: {error}", file=sys.stderr)
        return 2
    for number, column, value, reason in bad:
        print(f"row {number}, {column or 'whole row'}, {value!r}: {reason}", file=sys.stderr)
    if args.bad:
        with open(args.bad, "w", newline="", encoding="utf-8") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(["row", "column", "value"])
            out.writerows(row[:3] for row in bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
