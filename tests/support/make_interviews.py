#!/usr/bin/env python3
"""Prints invented survey interviews as CSV: make_interviews.py N SEED [--prefix /]

The same N and SEED give the same bytes. All rows are valid answers under RC-02 and RC-03:
question 10 only after a yes to 9, 19a only after poor or very_poor health access, 31 only after
a no to 30. Countries differ in what they are short of, women and men in work, assets and safety,
and a person's answers hang together: each has one of seven situations. Some people decline a
lot, some interviews leave out a section, some questions stay without an answer.

--prefix puts the name of the question's group and that character before each question's name.
"""
import argparse
import random
import sys

SITUATIONS = 7
POOL = 256  # answers prepared for each question; one random byte chooses among them

GOOD = "very_good good fair poor very_poor"
GOOD_BAD = "very_good good fair bad very_bad"
SELDOM = "never rarely sometimes often very_often"
FOUR = "never only_rarely sometimes very_often"
ASSETS = "land animals trees buildings vehicles equipment other"
SOURCES = ("family friends religious community_leaders work_colleagues iom ngos "
           "other_returnees other")
REASONS = "unemployed unhappy_work unhappy_conditions unhappy_salary other"

# question, group, choices from best to worst, ways not to answer
ONE = (
    ("econ_satisfaction", "economic", "very_satisfied satisfied ok dissatisfied very_dissatisfied",
     "prefer_not_to_answer"),
    ("food_reduction", "economic", SELDOM, "prefer_not_to_answer"),
    ("borrow_ability", "economic", "yes no", "dont_know prefer_not_to_answer"),
    ("borrow_frequency", "economic", SELDOM, "prefer_not_to_answer"),
    ("debt_vs_spending", "economic", "no_debt spending_larger debt_larger",
     "prefer_not_to_answer na"),
    ("opportunity_access", "economic", GOOD, "dont_know"),
    ("currently_working", "economic", "yes no", "prefer_not_to_answer na"),
    ("productive_assets", "economic", None, "prefer_not_to_answer"),
    ("job_seeking", "economic", "no yes", "prefer_not_to_answer"),
    ("job_seeking_reasons", "economic", None, ""),
    ("housing_access", "social", GOOD, "dont_know prefer_not_to_answer"),
    ("housing_standard", "social", "very_good good average poor very_poor",
     "prefer_not_to_answer"),
    ("education_access", "social", GOOD, "dont_know prefer_not_to_answer"),
    ("children_in_school", "social", "yes some none", "prefer_not_to_answer"),
    ("justice_access", "social", GOOD, "dont_know prefer_not_to_answer"),
    ("has_id_document", "social", "yes no", "dont_know prefer_not_to_answer"),
    ("documentation_access", "social", GOOD, "dont_know prefer_not_to_answer"),
    ("safe_water_access", "social", GOOD, "dont_know prefer_not_to_answer"),
    ("health_access", "social", GOOD, "prefer_not_to_answer"),
    ("health_access_barriers", "social", None, ""),
    ("health_quality", "social", GOOD_BAD, "dont_know prefer_not_to_answer"),
    ("social_participation", "psychosocial", "very_often often sometimes rarely never",
     "prefer_not_to_answer"),
    ("support_network", "psychosocial", GOOD_BAD, "dont_know prefer_not_to_answer"),
    ("community_belonging", "psychosocial",
     "agree somewhat_agree neither somewhat_disagree strongly_disagree",
     "dont_know prefer_not_to_answer"),
    ("physical_safety", "psychosocial",
     "very_safe_always safe_mostly neutral unsafe_mostly very_unsafe_always",
     "prefer_not_to_answer"),
    ("family_conflict", "psychosocial", SELDOM, "prefer_not_to_answer"),
    ("discrimination", "psychosocial", FOUR, "prefer_not_to_answer"),
    ("distress_symptoms", "psychosocial", FOUR, "prefer_not_to_answer"),
    ("wants_psych_support", "psychosocial", "no yes", "dont_know prefer_not_to_answer"),
    ("able_to_stay", "psychosocial", "yes no", "dont_know prefer_not_to_answer"),
    ("stay_reason", "psychosocial", "wish_to_leave need_to_leave", ""),
    ("support_sources", "psychosocial", None, ""),
)
MANY = {
    "productive_assets": (ASSETS, "none"),
    "job_seeking_reasons": (REASONS, None),
    "health_access_barriers": ("no_facility too_expensive too_far other", None),
    "support_sources": (SOURCES, "no_one"),
}
PLACE = {row[0]: i for i, row in enumerate(ONE)}

# country: share of the rows, and how much better (+) or worse (-) each group goes there
COUNTRIES = (
    ("AF", 14, {"economic": -.20, "social": -.16, "psychosocial": -.14}),
    ("CI", 9, {"economic": .08, "social": .02, "psychosocial": .06}),
    ("ET", 16, {"economic": -.10, "social": -.04, "psychosocial": .02}),
    ("GM", 10, {"economic": -.04, "social": .04, "psychosocial": .12}),
    ("GN", 12, {"economic": -.08, "social": -.10, "psychosocial": .05}),
    ("IQ", 13, {"economic": .02, "social": .06, "psychosocial": -.12}),
    ("SN", 17, {"economic": .04, "social": .08, "psychosocial": .12}),
    ("SO", 9, {"economic": -.16, "social": -.20, "psychosocial": -.06}),
)
SEXES = (("female", 38), ("male", 60), ("", 2))
WOMEN = {"currently_working": -.22, "productive_assets": -.15, "physical_safety": -.12,
         "housing_access": -.06, "borrow_ability": -.10, "support_network": .05}


def chance(country, sex, question, group, situation):
    """How well off a person of this kind is in this question, 0 to 1."""
    level = .12 + .76 * situation / (SITUATIONS - 1) + dict(
        (name, shift) for name, _, shift in COUNTRIES)[country][group]
    if sex == "female":
        level += WOMEN.get(question, 0)
    return min(.97, max(.03, level))


def step_weights(level, count):
    """Weights of `count` choices, best first, as a bump around the level."""
    centre = (1 - level) * (count - 1)
    return [1 / (1 + 1.6 * (i - centre) ** 2) for i in range(count)]


def one_of_many(rng, question, level):
    names, nothing = MANY[question]
    names = names.split()
    if nothing and rng.random() < .75 * (1 - level):
        return nothing
    count = min(len(names), 1 + int(rng.random() ** 2 * 5))
    picked = set(rng.sample(names, count))
    return " ".join(name for name in names if name in picked)


def answer_pool(kind, row, reticent):
    """The answers a kind of person gives to a question, as often as it gives them."""
    country, sex, situation = kind
    question, group, choices, ways = row
    rng = random.Random(f"{country} {sex} {question} {situation} {reticent}")
    level = chance(country, sex, question, group, situation)
    ways = ways.split()
    silent = (.30 if reticent else .025) if ways else 0
    pool = []
    if choices:
        names = choices.split()
        drawn = rng.choices(names, step_weights(level, len(names)), k=POOL)
    for i in range(POOL):
        if rng.random() < silent:
            pool.append(rng.choice(ways))
        elif question not in ("stay_reason", "job_seeking_reasons", "health_access_barriers") \
                and rng.random() < .004:
            pool.append("")
        elif choices is None:
            pool.append(one_of_many(rng, question, level))
        else:
            pool.append(drawn[i])
    return tuple(pool)


def people():
    """65,536 kinds of people by share: (country, sex, pools of answers)."""
    pools = {}
    rng = random.Random("people")
    countries = [name for name, _, _ in COUNTRIES]
    shares = [share for _, share, _ in COUNTRIES]
    kinds = []
    for _ in range(65536):
        country = rng.choices(countries, shares)[0]
        sex = rng.choices([name for name, _ in SEXES], [share for _, share in SEXES])[0]
        situation = min(SITUATIONS - 1, int(rng.betavariate(2.2, 2.0) * SITUATIONS))
        reticent = rng.random() < .06
        kind = (country, sex, situation)
        if (kind, reticent) not in pools:
            pools[kind, reticent] = [answer_pool(kind, row, reticent) for row in ONE]
        kinds.append((country, sex, pools[kind, reticent]))
    return kinds


def columns_outside(sections):
    return [i for i, row in enumerate(ONE) if row[1] not in sections.split()]


PARTIAL = ("economic social", "economic psychosocial", "social psychosocial", "social")
ALL_SECTIONS = "economic social psychosocial"


def write(count, seed, prefix, out):
    kinds = people()
    outside = {sections: columns_outside(sections) for sections in PARTIAL}
    seeking, reasons = PLACE["job_seeking"], PLACE["job_seeking_reasons"]
    health, barriers = PLACE["health_access"], PLACE["health_access_barriers"]
    stay, why = PLACE["able_to_stay"], PLACE["stay_reason"]
    names = [row[1] + prefix + row[0] if prefix else row[0] for row in ONE]
    out.write(",".join(["key", "country", "sex", "sections_selected"] + names) + "\n")
    rng = random.Random(seed)
    questions = len(ONE)
    lines = []
    for number in range(1, count + 1):
        dice = rng.randbytes(questions + 4)
        country, sex, pools = kinds[dice[questions] << 8 | dice[questions + 1]]
        cells = [pool[byte] for pool, byte in zip(pools, dice)]
        if cells[seeking] != "yes":
            cells[reasons] = ""
        if cells[health] not in ("poor", "very_poor"):
            cells[barriers] = ""
        if cells[stay] != "no":
            cells[why] = ""
        sections = ALL_SECTIONS if dice[questions + 2] & 1 else ""
        if dice[questions + 3] < 5:
            sections = PARTIAL[dice[questions + 2] % len(PARTIAL)]
            for place in outside[sections]:
                cells[place] = ""
        lines.append(f"i-{number:07d},{country},{sex},{sections},{','.join(cells)}\n")
        if len(lines) == 4096:
            out.write("".join(lines))
            lines.clear()
    out.write("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--prefix", default="", choices=["", "/", "-"])
    args = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    write(args.count, args.seed, args.prefix, sys.stdout)


if __name__ == "__main__":
    main()
