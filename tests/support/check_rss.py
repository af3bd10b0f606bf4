#!/usr/bin/env python3
"""Checks content/forms/rss.csv and content/scoring/*.csv against tests/data/rss-spec.csv.

The specification file lists the survey's questions, option codes, order, flags and the points of
the shipped profile; it was not made from the form. Expressions are evaluated by a small evaluator
of our own below, so skip logic, the consent gate and question 21 are tried and not only read.

Usage: check_rss.py [SOURCE_ROOT]. Exits 1 after listing every mistake as file:line: column: text.

Proves RC-02 R-A4-12 R-A4-13 R-A4-14.
"""

import csv
import itertools
import math
import os
import re
import sys
from fractions import Fraction

LANGS = ("English (en)", "Français (fr)", "Español (es)", "العربية (ar)")
ARABIC = re.compile("[\u0600-\u06ff]")
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")
PROFILE_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}\Z")
NUMBER = re.compile(r"(0|[1-9][0-9]{0,5})(/[1-9][0-9]{0,5}|\.[0-9]{1,6})?\Z")
SURVEY_COLUMNS = ("type", "name", "appearance", "required", "relevant", "constraint",
                  "calculation", "default", "bind::hw:core", "bind::hw:privacy", "bind::hw:stat",
                  "bind::hw:req")
COLUMNS = {"profile": {"name", "version", "form", "intensified_below", "hands_off_above",
                       "accuracy_flag_above"} | {f"title::{lang}" for lang in LANGS},
           "dimensions": {"dimension"} | {f"label::{lang}" for lang in LANGS},
           "questions": {"question", "dimension", "weight", "rule", "from", "low", "high"},
           "points": {"question", "code", "points"}, "steps": {"question", "code", "step"},
           "weights": {"question", "score", "weight"}}
EXACT_MAX = 1000000
CLEAR = "prefer_not_to_answer"
PROBLEMS = []


def problem(row, column, text):
    PROBLEMS.append(f"{row['_file']}:{row['_line']}: {column}: {text}")


def sections(root, path):
    """{section: [row]}; a row is a dict with _file and _line."""
    out, name, columns = {}, None, None
    with open(os.path.join(root, path), encoding="utf-8", newline="") as f:
        reader = csv.reader(f, strict=True)
        last = 0
        for cells in reader:
            row = {"_file": path, "_line": last + 1}
            last = reader.line_num
            if not any(cells):
                problem(row, "-", "empty line")
            elif cells[0]:
                name, columns = cells[0], None
                if len(cells) != 1 or name in out:
                    problem(row, "1", f"section line {cells!r} is repeated or has more cells")
                out[name] = []
            elif columns is None:
                columns = cells[1:]
                if len(set(columns)) != len(columns) or "" in columns:
                    problem(row, "-", "a column name is empty or repeated")
            elif len(cells) != len(columns) + 1:
                problem(row, "-", f"{len(cells) - 1} cells, the section has {len(columns)}")
            else:
                row.update(zip(columns, cells[1:]))
                out[name].append(row)
    return out


# --- expressions: the part of XPath that the form uses ---

TOKEN = re.compile(r"\s*(?:(\$\{[a-z0-9_]+\})|('[^']*')|(\d+(?:\.\d+)?)|([a-z][a-z-]*)"
                   r"|(!=|<=|>=|[-+*=<>(),.]))")


class Expr:
    """Recursive descent over a token list; value(text, answers, self_value)."""

    LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"),
              ("*", "div", "mod"))

    def __init__(self, text):
        self.text, self.tokens, at = text, [], 0
        text = text.rstrip()
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                raise ValueError(f"cannot be read at {text[at:at + 20]!r}")
            self.tokens.append(m.group(m.lastindex))
            at = m.end()
        self.at = 0
        self.tree = self.level(0)
        if self.at != len(self.tokens):
            raise ValueError(f"something is left over: {self.tokens[self.at]!r}")

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'a value'} expected, not {token!r}")
        self.at += 1
        return token

    def level(self, n):
        if n == len(self.LEVELS):
            return self.primary()
        left = self.level(n + 1)
        while self.peek() in self.LEVELS[n]:
            left = (self.take(), left, self.level(n + 1))
        return left

    def primary(self):
        token = self.take()
        if token == "(":
            inner = self.level(0)
            self.take(")")
            return inner
        if token.startswith("$"):
            return ("ref", token[2:-1])
        if token == ".":
            return ("self",)
        if token[0] == "'":
            return ("text", token[1:-1])
        if token[0].isdigit():
            return ("number", Fraction(token))
        if token not in ("if", "selected", "not") or self.peek() != "(":
            raise ValueError(f"{token!r} is not known here")
        self.take("(")
        args = [self.level(0)]
        while self.peek() == ",":
            self.take()
            args.append(self.level(0))
        self.take(")")
        if len(args) != {"if": 3, "selected": 2, "not": 1}[token]:
            raise ValueError(f"{token}() has {len(args)} arguments")
        return (token, *args)

    def refs(self):
        return {t[2:-1] for t in self.tokens if t.startswith("$")}

    def value(self, answers, self_value=""):
        return self.walk(self.tree, answers, self_value)

    def walk(self, t, a, s):
        op, *args = t
        if op == "ref":
            return a.get(args[0], "")
        if op == "self":
            return s
        if op in ("text", "number"):
            return args[0]
        if op == "if":
            return self.walk(args[1] if self.walk(args[0], a, s) else args[2], a, s)
        if op in ("and", "or"):
            left = bool(self.walk(args[0], a, s))
            return left if left == (op == "or") else bool(self.walk(args[1], a, s))
        v = [self.walk(x, a, s) for x in args]
        if op == "not":
            return not v[0]
        if op == "selected":
            return v[1] in v[0].split()
        if op in ("=", "!="):
            return (v[0] == v[1]) == (op == "=")
        return {"+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
                "div": lambda x, y: Fraction(x) / y, "mod": lambda x, y: x % y,
                "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y,
                ">=": lambda x, y: x >= y}[op](*v)


def parse(row, column, names):
    text = row.get(column, "")
    if not text:
        return None
    try:
        e = Expr(text)
    except ValueError as err:
        problem(row, column, str(err))
        return None
    for name in sorted(e.refs() - names):
        problem(row, column, f"${{{name}}} is not a field of the form")
    return e


# --- the form ---

def check_texts(row, prefix, needed):
    given = [row.get(f"{prefix}::{lang}") for lang in LANGS]
    for lang, text in zip(LANGS, given):
        column = f"{prefix}::{lang}"
        if text is None:
            if needed:
                problem(row, column, "column is missing")
        elif text != text.strip() or "  " in text or "\n" in text:
            problem(row, column, "spare white space")
        elif not text and (needed or any(given)):
            problem(row, column, "text is missing")
        elif text and lang.endswith("(ar)") and not ARABIC.search(text):
            problem(row, column, f"{text!r} has no Arabic letter")
        elif text and lang.startswith("Fr") and re.search(r"\w [?!:;]|[a-zé]'[a-zé]", text):
            problem(row, column, "French needs a no-break space before ? ! : ; and a curly ’")


def check_layout(form):
    """Names, types, lists, groups and texts; returns {name: row} in order, with _group."""
    lists, fields, stack = {}, {}, []
    for row in form["choices"]:
        check_texts(row, "label", True)
        if not NAME.match(row["name"]) or not NAME.match(row["list_name"]):
            problem(row, "name", f"{row['list_name']}.{row['name']} is no valid name")
        codes = lists.setdefault(row["list_name"], {})
        if row["name"] in codes:
            problem(row, "name", f"{row['name']} is twice in {row['list_name']}")
        codes[row["name"]] = row
        if row["hw:decline"] not in ("", "dont_know", "declined", "na"):
            problem(row, "hw:decline", f"{row['hw:decline']!r} is not known")
        for column in ("hw:exclusive", "hw:explain"):
            if row[column] not in ("", "yes"):
                problem(row, column, f"{row[column]!r} is neither yes nor empty")
    used = set()
    for row in form["survey"]:
        kind, _, list_name = row["type"].partition(" ")
        if row["type"] == "end group":
            if not stack:
                problem(row, "type", "end group without begin group")
            else:
                stack.pop()
            continue
        if not NAME.match(row["name"]) or row["name"] in fields:
            problem(row, "name", f"{row['name']!r} is no valid name, or repeated")
        row["_group"] = stack[-1] if stack else ""
        fields[row["name"]] = row
        check_texts(row, "label", True)
        check_texts(row, "guidance_hint", False)
        check_texts(row, "constraint_message", bool(row["constraint"]))
        if row["type"] == "begin group":
            stack.append(row["name"])
        elif kind in ("select_one", "select_multiple"):
            used.add(list_name)
            if list_name not in lists:
                problem(row, "type", f"list {list_name!r} does not exist")
                lists[list_name] = {}
            row["_codes"] = lists[list_name]
        elif row["type"] not in ("text", "date", "note", "calculate", "hidden", "decimal",
                                 "select_one_from_file countries.csv"):
            problem(row, "type", f"{row['type']!r} is not expected here")
    for name in stack:
        problem(fields[name], "type", "group is not ended")
    for name in sorted(set(lists) - used):
        problem(next(iter(lists[name].values())), "list_name", f"{name} is never used")
    return fields


def check_question(row, spec):
    """One numbered question against its line of the specification."""
    no, kind = spec["question_no"], row["type"].split(" ")[0]
    if kind != spec["type"]:
        problem(row, "type", f"{kind}, the specification has {spec['type']}")
    if row["_group"] != spec["dimension"]:
        problem(row, "name", f"stands in {row['_group']!r}, belongs in {spec['dimension']}")
    for lang in LANGS:
        want = no.replace("a", "أ") if lang.endswith("(ar)") else no
        if not row[f"label::{lang}"].startswith(f"{want}. "):
            problem(row, f"label::{lang}", f"does not begin with {want!r} and a full stop")
    stat = "score" if kind == "calculate" else "code"
    for column, want in (("bind::hw:core", "yes"), ("bind::hw:privacy", "sensitive"),
                         ("bind::hw:stat", stat)):
        if row[column] != want:
            problem(row, column, f"{row[column]!r}, must be {want!r}")
    if not row["guidance_hint::" + LANGS[0]] or not row["bind::hw:req"]:
        problem(row, "guidance_hint", "instruction or requirement ids are missing")
    codes = row.get("_codes", {})
    if list(codes) != spec["options"].split():
        problem(row, "type", f"codes {list(codes)}, the specification has {spec['options']}")
    for flag in ("explain", "exclusive"):
        have = [c for c, o in codes.items() if o[f"hw:{flag}"]]
        if kind == "select_one" and flag == "exclusive":
            continue
        if have != spec[flag].split():
            problem(row, "type", f"{flag} {have}, the specification has {spec[flag]!r}")
    declines = {"dont_know": "dont_know", CLEAR: "declined", "na": "na"}
    for code, option in codes.items():
        if option["hw:decline"] != declines.get(code, ""):
            problem(option, "hw:decline", f"{option['hw:decline']!r} for {code}")
    if kind != "calculate":
        if row["appearance"] != "prompt-" + spec["prompt"].replace("_", "-"):
            problem(row, "appearance", f"{row['appearance']!r}, prompt is {spec['prompt']}")
        if row["required"] != ("yes" if CLEAR in codes else ""):
            problem(row, "required", "must be yes exactly where the person can decline")


def check_follow_ups(fields, specs):
    """A note follows each question at once; an explanation comes next, for the right options only."""
    order = list(fields)
    for spec in specs:
        row, name = fields.get(spec["code"]), spec["code"] + "_explain"
        note = spec["code"] + "_note"
        if row and row["type"] != "calculate" and (
                note not in fields or order.index(note) != order.index(spec["code"]) + 1 or
                "beside" not in fields[note]["appearance"].split()):
            problem(row, "name", f"{note} must come right after it, with the appearance beside")
        if (name in fields) != bool(spec["explain"]):
            problem(row or specs[0], "name", f"{name} must exist exactly if an option explains")
        if not row or name not in fields:
            continue
        follow = fields[name]
        if order.index(name) != order.index(spec["code"]) + 2 or follow["type"] != "text":
            problem(follow, "name", "must be a text right after its question and the note on it")
        e = parse(follow, "relevant", set(fields))
        for code in [""] + spec["options"].split():
            if e and bool(e.value({spec["code"]: code})) != (code in spec["explain"].split()):
                problem(follow, "relevant", f"wrong for {code!r}")
    follow = fields["q26_more_than_before"]
    e = parse(follow, "relevant", set(fields))
    for code in [""] + list(fields["family_conflict"]["_codes"]):
        if e and bool(e.value({"family_conflict": code})) != (code not in ("", "never", CLEAR)):
            problem(follow, "relevant", f"wrong for {code!r}")
    for name, row in fields.items():
        if row["type"] != "text" or row["_group"] == "profile" or name == "correction_reason":
            continue # the profile is copied from the case; the program asks for the reason
        if row["bind::hw:ref"]:
            continue # a record that is chosen, no words
        if (row["bind::hw:stat"] or row["bind::hw:core"]
                or row["bind::hw:privacy"] != "sensitive"):
            problem(row, "bind::hw:stat", "a note is sensitive, never counted, never core")


def check_skips(fields, specs):
    names = set(fields)
    for spec in specs:
        row = fields[spec["code"]]
        e = parse(row, "relevant", names)
        if not spec["asked_if"]:
            if e:
                problem(row, "relevant", "is always asked within its dimension")
            continue
        source, codes = re.match(r"(\w+) (?:=|in) \(?([^)]*)", spec["asked_if"]).groups()
        for code in [""] + list(fields[source]["_codes"]):
            if not e or bool(e.value({source: code})) != (code in codes.split(", ")):
                problem(row, "relevant", f"wrong when {source} is {code!r}")


def check_gate(fields):
    """RC-01: by phone verbal, elsewhere written, and nothing is asked before."""
    names, form = set(fields), fields["consent_form"]
    valid = parse(form, "constraint", names)
    asked = parse(form, "relevant", names)
    gates = {d: parse(fields[d], "relevant", names) for d in ("economic", "social", "psychosocial")}
    if not valid or not asked or None in gates.values():
        problem(form, "constraint", "the consent gate is not complete")
        return
    order = list(fields)
    for d in gates:
        if order.index(d) < order.index("consent_form"):
            problem(fields[d], "name", "stands before the consent")
    for place, how, given, chosen in itertools.product(
            fields["interview_location"]["_codes"], [""] + list(form["_codes"]), ["", "yes", "no"],
            ["", "economic", "social psychosocial", "economic social psychosocial"]):
        answers = {"interview_location": place, "consent_form": how, "consent_given": given,
                   "sections_selected": chosen}
        fits = how == ("verbal_phone" if place == "phone_call" else "written")
        if how and bool(valid.value(answers, how)) != fits:
            problem(form, "constraint", f"wrong for {answers}")
        if bool(asked.value(answers)) != (given == "yes"):
            problem(form, "relevant", f"wrong for {answers}")
        for d, e in gates.items():
            if bool(e.value(answers)) != (given == "yes" and fits and d in chosen.split()):
                problem(fields[d], "relevant", f"wrong for {answers}")


def check_q21(fields):
    """RC-05, for every pair of questions at every code and for all five at every step."""
    row = fields["public_services_access"]
    five = ["education_access", "justice_access", "documentation_access", "safe_water_access",
            "health_access"]
    steps = {"very_good": 5, "good": 4, "fair": 3, "poor": 2, "very_poor": 1}
    e = parse(row, "calculation", set(fields))
    if not e or e.refs() != set(five):
        problem(row, "calculation", f"must use {' '.join(five)} and nothing else")
        return
    codes = ["", CLEAR, "dont_know"] + list(steps)
    tries = [dict(zip(five, c)) for c in itertools.product(["", "dont_know", "good", "poor"],
                                                           repeat=5)]
    for a, b in itertools.combinations(five, 2):
        tries += [{a: x, b: y} for x in codes for y in codes]
    for answers in tries:
        got = [steps[c] for c in answers.values() if c in steps]
        want = Fraction(sum(got), len(got)) if got else ""
        try:
            have = e.value(answers)
        except ZeroDivisionError:
            have = "a division by zero"
        if have != want:
            problem(row, "calculation", f"{have!r} for {answers}, must be {want!r}")
            return


def check_form(root, specs):
    form = sections(root, "content/forms/rss.csv")
    first = form["survey"][0]
    for column in SURVEY_COLUMNS:
        if column not in first:
            problem(first, column, "column is missing")
    if PROBLEMS:
        return None
    fields = check_layout(form)
    want = [s["code"] for s in specs]
    have = [n for n in fields if n in set(want)]
    if have != want:
        problem(first, "name", f"questions missing or out of order: {have} against {want}")
        return None
    for spec in specs:
        check_question(fields[spec["code"]], spec)
    check_follow_ups(fields, specs)
    check_skips(fields, specs)
    check_gate(fields)
    check_q21(fields)
    if set(fields["sections_selected"]["default"].split()) != set(
            fields["sections_selected"]["_codes"]):
        problem(fields["sections_selected"], "default", "must select all three")
    settings = form["settings"][0]
    check_texts(settings, "form_title", True)
    for key, value in (("form_id", "rss"), ("default_language", "en"), ("hw:kind", "instrument"),
                       ("hw:subject", "person"), ("hw:parent", "person"),
                       ("hw:privacy", "sensitive"), ("hw:number", "")):
        if settings[key] != value:
            problem(settings, key, f"{settings[key]!r}, must be {value!r}")
    return fields


# --- scoring profiles ---

def number(row, column, low=None, high=None):
    text = row[column]
    if not NUMBER.match(text):
        problem(row, column, f"{text!r} is no exact number")
        return None
    value = Fraction(text)
    if (low is not None and value < low) or (high is not None and value > high):
        problem(row, column, f"{text} is outside {low} to {high}")
    return value


def table(rows, column):
    """{question: {code: number}}, refusing a pair that comes twice."""
    out = {}
    for row in rows:
        codes = out.setdefault(row["question"], {})
        if row["code"] in codes:
            problem(row, "code", f"{row['question']} {row['code']} comes twice")
        codes[row["code"]] = (number(row, column, 0, 1 if column == "points" else None), row)
    return out


def check_covered(row, fields, points, steps):
    """Every substantive option has its points or step, and nothing else has."""
    rule, question = row["rule"], fields[row["question"]]
    codes = question.get("_codes", {})
    real = {c for c, o in codes.items() if not o["hw:decline"]}
    given = set(points.get(row["question"], {}))
    stepped = set(steps.get(row["question"], {}))
    kind = question["type"].split(" ")[0]
    kinds = {"code": ("select_one",), "any": ("select_multiple",), "mean": ("calculate",),
             "source": ("select_one",), "none": ("select_one", "select_multiple", "calculate")}
    if kind not in kinds.get(rule, ()):
        problem(row, "rule", f"{rule!r} does not fit a {kind}")
    if rule == "any" and "*" in given:
        given = (given - {"*"}) | real if given - {"*"} <= real else given
    if given != (real if rule in ("code", "any") else set()):
        problem(row, "rule", f"points for {sorted(given)}, the options are {sorted(real)}")
    if stepped != (real if rule == "source" else set()):
        problem(row, "rule", f"steps for {sorted(stepped)}, the options are {sorted(real)}")


def check_mean(row, by_name, steps):
    sources = row["from"].split()
    if (row["rule"] == "mean") != bool(sources):
        problem(row, "from", "is filled exactly where the rule is mean")
    if row["rule"] != "mean":
        if row["low"] or row["high"]:
            problem(row, "low", "is for the rule mean only")
        return
    low, high = number(row, "low"), number(row, "high")
    if low is None or high is None or low >= high or (low.denominator, high.denominator) != (1, 1):
        problem(row, "high", "low and high are whole numbers, high above low")
        return
    for name in sources:
        if name not in by_name or by_name[name]["rule"] != "source":
            problem(row, "from", f"{name} is not a question with the rule source")
        for value, step_row in steps.get(name, {}).values():
            if value is not None and (not low <= value <= high or value.denominator != 1):
                problem(step_row, "step", f"{value} is no whole number from {low} to {high}")


def check_exact(head, by_name, points, weights):
    """Scores stay exact in 64 bits (content/scoring/README.md)."""
    all_weights = [Fraction(r["weight"]) for r in list(by_name.values()) + weights if r["weight"]]
    w = math.lcm(*(x.denominator for x in all_weights))
    parts = [v.denominator for codes in points.values() for v, _ in codes.values()]
    for row in by_name.values():
        if row["rule"] == "mean":
            span = int(row["high"]) - int(row["low"])
            parts.append(math.lcm(*range(1, len(row["from"].split()) + 1)) * span)
    if max(w, math.lcm(*parts), sum(all_weights) * w) > EXACT_MAX:
        problem(head, "name", f"common denominators or weights are over {EXACT_MAX}")


def check_columns(path, profile):
    if not set(COLUMNS) - {"weights"} <= set(profile) <= set(COLUMNS):
        PROBLEMS.append(f"{path}:1: sections are {sorted(profile)}")
        return False
    for name, rows in profile.items():
        have = {c for c in rows[0] if c[0] != "_"} if rows else set()
        if have != COLUMNS[name]:
            PROBLEMS.append(f"{path}:1: {name}: columns or rows differ from the layout: "
                            f"{sorted(have ^ COLUMNS[name])}")
            return False
    return True


def check_profile(root, path, fields):
    profile = sections(root, path)
    if not check_columns(path, profile):
        return None
    head = profile["profile"][0]
    if len(profile["profile"]) != 1 or not PROFILE_NAME.match(head["name"]):
        problem(head, "name", "one profile per file, with a valid name")
    if os.path.basename(path) != head["name"] + ".csv" or head["form"] != "rss":
        problem(head, "name", "file name and name differ, or the form is not rss")
    check_texts(head, "title", True)
    low = number(head, "intensified_below", 0, 1)
    high = number(head, "hands_off_above", 0, 1)
    if low is None or high is None or low > high or not head["accuracy_flag_above"].isdigit():
        problem(head, "intensified_below", "band limits or flag limit make no sense")
    dimensions = [r["dimension"] for r in profile["dimensions"]]
    for row in profile["dimensions"]:
        check_texts(row, "label", True)
        if row["dimension"] not in fields:
            problem(row, "dimension", "is not a group of the form")
    points, steps = table(profile["points"], "points"), table(profile["steps"], "step")
    by_name = {}
    for row in profile["questions"]:
        if row["question"] in by_name or row["question"] not in fields:
            problem(row, "question", f"{row['question']} is repeated or not in the form")
            continue
        by_name[row["question"]] = row
        if row["dimension"] not in dimensions or row["dimension"] != fields[row["question"]][
                "_group"]:
            problem(row, "dimension", f"{row['dimension']} is not where the question stands")
        weighted = row["rule"] in ("code", "any", "mean")
        if weighted != bool(row["weight"]) or (weighted and not number(row, "weight", 0)):
            problem(row, "weight", "is above 0 for scored questions, else empty")
        check_covered(row, fields, points, steps)
    for row in profile["questions"]:
        check_mean(row, by_name, steps)
    used = [s for r in profile["questions"] for s in r["from"].split()]
    for name, row in by_name.items():
        if row["rule"] == "source" and used.count(name) != 1:
            problem(row, "rule", "a source belongs to exactly one mean")
    for row in profile["points"] + profile["steps"] + profile.get("weights", []):
        if row["question"] not in by_name:
            problem(row, "question", f"{row['question']} is not among the questions")
    for row in profile.get("weights", []):
        number(row, "weight", 0)
        if row["score"] not in dimensions + ["composite"]:
            problem(row, "score", f"{row['score']} is neither a dimension nor composite")
    if sorted(dimensions) != ["economic", "psychosocial", "social"]:
        problem(head, "name", f"dimensions are {dimensions}")
    if not any(p.startswith(path) for p in PROBLEMS):
        check_exact(head, by_name, points, profile.get("weights", []))
    return head, by_name, points, steps


def check_shipped(checked, specs):
    """The shipped profile is RC-05 to RC-07, number by number."""
    head, by_name, points, steps = checked
    for key, value in (("intensified_below", "0.33"), ("hands_off_above", "0.66"),
                       ("accuracy_flag_above", "7")):
        if head[key] != value:
            problem(head, key, f"{head[key]}, must be {value}")
    if list(by_name) != [s["code"] for s in specs]:
        problem(head, "name", "questions are missing or out of order")
        return
    replaced = "education_access justice_access documentation_access safe_water_access " \
               "health_access"
    for spec in specs:
        row = by_name[spec["code"]]
        if row["weight"] and row["weight"] != ("2" if spec["cross_dimensional"] == "1" else "1"):
            problem(row, "weight", f"{row['weight']} for question {spec['question_no']}")
        given = points.get(spec["code"], {})
        for code, want in zip(spec["options"].split(), spec["points"].split()):
            value = given.get(code, given.get("*") if row["rule"] == "any" else None)
            if want == "-":
                if code in given:
                    problem(given[code][1], "points", f"{code} carries no point")
            elif not value or value[0] != Fraction(want):
                problem(row, "question", f"{code} has {value and value[0]}, must be {want}")
        if not spec["points"] and given:
            problem(row, "question", "is not scored by itself")
        if spec["code"] in replaced.split():
            got = steps.get(spec["code"], {})
            have = [str(got[c][0]) for c in spec["options"].split()[:5] if c in got]
            if have != ["5", "4", "3", "2", "1"]:
                problem(row, "question", f"steps are {have}")
    q21 = by_name["public_services_access"]
    if (q21["rule"], q21["from"], q21["low"], q21["high"]) != ("mean", replaced, "1", "5"):
        problem(q21, "from", "question 21 is the mean of 13, 15, 17, 18 and 19 on 1 to 5")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    with open(os.path.join(here, "../data/rss-spec.csv"), encoding="utf-8", newline="") as f:
        specs = list(csv.DictReader(f))
    for line, spec in enumerate(specs, 2):
        spec.update(_file="tests/data/rss-spec.csv", _line=line)
    fields = check_form(root, specs)
    names = sorted(n for n in os.listdir(os.path.join(root, "content/scoring"))
                   if n.endswith(".csv"))
    if fields:
        for name in names:
            checked = check_profile(root, "content/scoring/" + name, fields)
            if checked and name == "homeward-1.csv":
                check_shipped(checked, specs)
        if "homeward-1.csv" not in names:
            PROBLEMS.append("content/scoring: homeward-1.csv is missing")
    for text in PROBLEMS:
        print(text, file=sys.stderr)
    if PROBLEMS or not fields:
        print(f"{len(PROBLEMS)} problems", file=sys.stderr)
        return 1
    print(f"rss.csv: {len(specs)} questions and {len(names)} profile(s) agree with the "
          "specification")
    return 0


if __name__ == "__main__":
    sys.exit(main())
