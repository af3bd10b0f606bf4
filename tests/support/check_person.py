#!/usr/bin/env python3
"""Checks the person form, the shared lists, roles, privacy classes and invented people.

Usage: check_person.py [ROOT]    ROOT is the source tree (default: two folders up).
Independent of the C program: it has its own reader of forms and its own small evaluator of the
expressions that person.csv uses, so that a mistake in one shows beside the other.
Prints each problem on a line of its own; exit status 0 when there is none.
"""
import csv
import datetime
import os
import re
import sys

LANGS = ["English (en)", "Français (fr)", "Español (es)", "العربية (ar)"]
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")
PRIVACY = ["public", "internal", "personal", "sensitive"]
INDEX = ["name", "phone", "exact"]
STAT = ["code", "band", "quarter", "admin1", "score"]
TYPES = ["text", "integer", "decimal", "date", "time", "dateTime", "note", "calculate", "hidden"]
VERBS = ["view", "create", "edit", "import", "export", "history", "search"]
REPEATS = ["names", "languages", "contacts", "foreign_ids", "factors"]
ENUMS = {  # decisions.md section 1, word for word
    "name_kind": "given family father grandfather clan nickname former alias",
    "birth_precision": "day month year estimated unknown",
    "sex": "female male unknown",
    "preferred_staff_gender": "female male no_preference",
    "id_issuer_kind": "government unhcr iom partner programme other",
    "contact_kind": "phone email message_app postal visit other",
    "contact_owner": "self relative friend mentor peer employer provider other",
    "contact_safe_days": "mon tue wed thu fri sat sun",
    "do_not_disclose_return": "family community",
    "factor_effect": "supports hinders neutral unknown",
}
PROBLEMS = []


def problem(where, text):
    PROBLEMS.append(f"{where}: {text}")


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    if "\r" in text or text.startswith("\ufeff") or not text.endswith("\n"):
        problem(path, "wants LF line ends, no BOM and a last line end")
    return list(csv.reader(text.splitlines(keepends=True), strict=True))


def read_table(path):
    rows = read_rows(path)
    for n, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            problem(f"{path}:{n}", f"{len(row)} cells, header has {len(rows[0])}")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def read_form(path):
    sections, head, name = {}, None, None
    for row in read_rows(path):
        if row[0]:
            name, head = row[0], None
            sections[name] = []
        elif head is None:
            head = row[1:]
        else:
            if len(row) != len(head) + 1:
                problem(path, f"section {name}: row of {len(row)} cells, wants {len(head) + 1}")
            sections[name].append(dict(zip(head, row[1:])))
    return sections


def check_texts(where, row, prefix, wanted):
    texts = [row.get(f"{prefix}::{lang}", "") for lang in LANGS]
    blank = sum(not t.strip() for t in texts)
    if blank and (wanted or blank < len(LANGS)):
        problem(where, f"{prefix}: {blank} of {len(LANGS)} languages missing")
    if not wanted and blank == 0 and prefix == "constraint_message" and not row["constraint"]:
        problem(where, "constraint_message without a constraint")


class Field:
    def __init__(self, row, repeat, codes):
        self.name, self.type, self.row = row["name"], row["type"].split()[0], row
        self.repeat, self.codes = repeat, codes


def codes_of(root, row, lists):
    parts = row["type"].split()
    if not parts[0].startswith("select_"):
        if parts[0] not in TYPES or len(parts) != 1:
            problem(row["name"], f"unknown type {row['type']}")
        return None
    if parts[0].endswith("_from_file"):
        path = os.path.join(root, "content/choices", parts[1])
        if not os.path.exists(path):
            problem(row["name"], f"no list {parts[1]}")
            return set()
        return {r["name"] for r in read_table(path)}
    if parts[1] not in lists:
        problem(row["name"], f"no list {parts[1]}")
    return lists.get(parts[1], set())


def check_attributes(row):
    where = row["name"]
    for column, allowed in (("privacy", PRIVACY), ("index", INDEX), ("stat", STAT),
                            ("store", ["open", "sealed"]), ("core", ["yes"])):
        value = row[f"bind::hw:{column}"]
        if value and value not in allowed:
            problem(where, f"hw:{column} is {value}")
    if row["bind::hw:store"] == "open":
        problem(where, "a person has no open field")
    for req in row["bind::hw:req"].split():
        if not re.fullmatch(r"R-[A-Z0-9.]+-\d\d", req):
            problem(where, f"hw:req {req}")
    check_texts(where, row, "label", True)
    check_texts(where, row, "hint", False)
    check_texts(where, row, "constraint_message", bool(row["constraint"]))


def read_fields(root, survey, lists):
    fields, names, stack = {}, set(), []
    for row in survey:
        if row["type"].startswith("end "):
            if not stack or stack.pop() != (row["type"][4:], row["name"]):
                problem(row["name"], f"{row['type']} without its begin")
            continue
        if not NAME.match(row["name"]) or row["name"] in names:
            problem(row["name"], "bad name or used twice")
        names.add(row["name"])
        check_attributes(row)
        if row["type"].startswith("begin "):
            stack.append((row["type"][6:], row["name"]))
            continue
        if not row["bind::hw:privacy"] or not row["bind::hw:req"]:
            problem(row["name"], "says no privacy class or no requirement")
        repeat = next((n for kind, n in reversed(stack) if kind == "repeat"), None)
        fields[row["name"]] = Field(row, repeat, codes_of(root, row, lists))
    if stack:
        problem("survey", f"not ended: {stack}")
    return fields


def check_references(fields):
    for field in fields.values():
        for column in ("relevant", "constraint", "required", "calculation", "choice_filter"):
            for name in re.findall(r"\$\{([^}]*)\}", field.row.get(column, "")):
                if name not in fields:
                    problem(field.name, f"{column} names {name}, which is not in the form")
                elif fields[name].repeat not in (None, field.repeat):
                    problem(field.name, f"{column} names {name} of another repeat")


def check_form(root):
    form = read_form(os.path.join(root, "content/forms/person.csv"))
    lists = {}
    for row in form["choices"]:
        where = f"{row['list_name']}.{row['name']}"
        if not NAME.match(row["list_name"]) or not NAME.match(row["name"]):
            problem(where, "bad name")
        if row["name"] in lists.setdefault(row["list_name"], set()):
            problem(where, "twice in its list")
        lists[row["list_name"]].add(row["name"])
        check_texts(where, row, "label", True)
    fields = read_fields(root, form["survey"], lists)
    check_references(fields)
    for name, codes in ENUMS.items():
        if fields[name].codes != set(codes.split()):
            problem(name, f"codes are {sorted(fields[name].codes)}")
    if {f.repeat for f in fields.values() if f.repeat} != set(REPEATS):
        problem("survey", "repeats differ from the agreed ones")
    used = {r["type"].split()[1] for r in form["survey"] if r["type"].startswith("select_")}
    for name in set(lists) - used:
        problem(name, "list is not used")
    if len(form["settings"]) != 1 or form["settings"][0]["form_id"] != "person":
        problem("settings", "wants one row, form_id person")
    check_texts("settings", form["settings"][0], "form_title", True)
    return form, fields


def check_lists(root):
    folder = os.path.join(root, "content/choices")
    shapes = {"countries.csv": r"[A-Z]{2}", "languages.csv": r"[a-z]{2,3}",
              "scripts.csv": r"[A-Z][a-z]{3}"}
    for name, shape in shapes.items():
        rows = read_table(os.path.join(folder, name))
        codes = [r["name"] for r in rows]
        if codes != sorted(set(codes)):
            problem(name, "codes are not sorted or not unique")
        for row in rows:
            if not re.fullmatch(shape, row["name"]):
                problem(name, f"code {row['name']}")
            check_texts(f"{name} {row['name']}", row, "label", True)
        for lang in LANGS:
            labels = [r[f"label::{lang}"] for r in rows]
            for label in {t for t in labels if labels.count(t) > 1}:
                problem(name, f"{label} ({lang}) stands for two codes")


def check_roles(root, states):
    folder = os.path.join(root, "content/roles")
    permissions = read_table(os.path.join(folder, "permissions.csv"))
    roles = read_table(os.path.join(folder, "roles.csv"))
    grants = read_table(os.path.join(folder, "grants.csv"))
    known = [p["permission"] for p in permissions]
    for row in permissions + roles:
        check_texts("roles", row, "title", True)
    for name in known:
        if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name) or known.count(name) > 1:
            problem("permissions.csv", f"{name}: bad or twice")
    for row in roles:
        if row["clearance"] not in PRIVACY or row["scope"] not in ("own", "office", "all"):
            problem("roles.csv", f"{row['role']}: clearance or scope")
    kinds = [f[:-4] for f in os.listdir(os.path.join(root, "content", "forms")) if f.endswith(".csv")]
    known += [f"{kind}.{verb}" for kind in kinds for verb in VERBS]  # need no line of their own
    pairs = [(g["role"], g["permission"]) for g in grants]
    if len(pairs) != len(set(pairs)):
        problem("grants.csv", "a grant stands twice")
    for role, permission in pairs:
        if role not in {r["role"] for r in roles} or permission not in known:
            problem("grants.csv", f"{role} {permission}: unknown")
        if role in ("me_officer", "administrator", "finance") and permission.startswith("person."):
            problem("grants.csv", f"{role} must see no identity, has {permission}")
    for state in states:
        if not state["from"]:  # names a status
            continue
        if state["permission"] not in known or state["reason"] != "yes":
            problem("hw_states", f"{state['from']} to {state['to']}")
    for name in {p["permission"] for p in permissions} - {p for _, p in pairs}:
        problem("permissions.csv", f"nobody may {name}")


def check_privacy(root):
    rows = read_table(os.path.join(root, "content/privacy/classes.csv"))
    if [r["class"] for r in rows] != PRIVACY:
        problem("classes.csv", "classes differ from the four of add-a-form.md")
    for row in rows:
        check_texts("classes.csv", row, "title", True)
        check_texts("classes.csv", row, "meaning", True)
    for row in read_table(os.path.join(root, "content/privacy/open.csv")):
        if row["form"] == "person" or not row["reason"].strip():
            problem("open.csv", f"{row['form']}.{row['field']}")


TOKEN = re.compile(r"\s*('[^']*'|\$\{\w+\}|today\(\)|!=|<=|>=|[=<>]|\.|and\b|or\b|[()])")


def holds(expression, own, value_of):
    """Evaluates the part of XPath that the form uses; all values are text, dates are ISO."""
    out, at = [], 0
    while at < len(expression):
        m = TOKEN.match(expression, at)
        if not m:
            raise ValueError(f"cannot read: {expression[at:]}")
        t, at = m.group(1), m.end()
        if t.startswith("${"):
            t = repr(value_of(t[2:-1]))
        elif t == ".":
            t = repr(own)
        elif t == "today()":
            t = repr(datetime.date.today().isoformat())
        out.append("==" if t == "=" else t)
    return bool(eval(" ".join(out), {"__builtins__": {}}))  # only tokens from the list above


def type_fits(field, value):
    if field.codes is not None:
        words = value.split(" ")
        if field.type.startswith("select_one") and len(words) != 1:
            return False
        return len(words) == len(set(words)) and set(words) <= field.codes
    try:
        if field.type == "date":
            return len(value) == 10 and bool(datetime.date.fromisoformat(value))
        if field.type == "time":
            return bool(re.fullmatch(r"\d\d:\d\d", value)) and bool(
                datetime.time.fromisoformat(value))
    except ValueError:
        return False
    return True


def check_part(fields, values, prefix, outer):
    """One row, or one repeat of it; yields (column, value) of each mistake."""
    def value_of(name):
        return values.get(name, outer.get(name, ""))

    for name, value in values.items():
        row = fields[name].row
        relevant = not row["relevant"] or holds(row["relevant"], value, value_of)
        required = relevant and row["required"] and (
            row["required"] == "yes" or holds(row["required"], value, value_of))
        if value == "":
            wrong = required
        else:
            wrong = not relevant or not type_fits(fields[name], value) or (
                row["constraint"] and not holds(row["constraint"], value, value_of))
        if wrong:
            yield prefix + name, value


def split_row(row):
    plain, repeats = {}, {}
    for column, value in row.items():
        parts = column.split(".")
        if len(parts) == 1:
            plain[column] = value
        else:
            repeats.setdefault((parts[0], int(parts[1])), {})[parts[2]] = value
    return plain, {k: v for k, v in repeats.items() if any(v.values())}


def mistakes(fields, path):
    found = []
    for number, row in enumerate(read_table(path), 2):  # as a spreadsheet counts
        plain, repeats = split_row(row)
        found += [(number, c, v) for c, v in check_part(fields, plain, "", {})]
        for (repeat, n), values in repeats.items():
            prefix = f"{repeat}.{n}."
            found += [(number, c, v) for c, v in check_part(fields, values, prefix, plain)]
            if n > 1 and (repeat, n - 1) not in repeats:
                found.append((number, prefix, "a number is left out"))
        if ("names", 1) not in repeats:
            found.append((number, "names", ""))
    return found


def columns_fit(fields, path):
    ok = True
    for column in read_rows(path)[0]:
        m = re.fullmatch(r"(?:(\w+)\.([1-9]\d*)\.)?(\w+)", column)
        if not m or m.group(3) not in fields or fields[m.group(3)].repeat != m.group(1):
            ok = False
    return ok


def check_people(root, fields):
    data = os.path.join(root, "tests/data")
    for name in ("people.csv", "people-bad.csv"):
        if not columns_fit(fields, os.path.join(data, name)):
            problem(name, "has a column that is not in the form")
            return
    if columns_fit(fields, os.path.join(data, "people-unknown-column.csv")):
        problem("people-unknown-column.csv", "has no unknown column")
    for found in mistakes(fields, os.path.join(data, "people.csv")):
        problem("people.csv", f"row {found[0]}, {found[1]}: {found[2]!r}")
    people = read_table(os.path.join(data, "people.csv"))
    if len(people) != 60:
        problem("people.csv", f"{len(people)} people, wants 60")
    for column in ("contacts.1.contact_value", "foreign_ids.1.id_value"):
        values = [p[column] for p in people if p[column]]
        if len(values) != len(set(values)):
            problem("people.csv", f"{column} is not unique")
    wanted = [(int(r["row"]), r["field"], r["value"])
              for r in read_table(os.path.join(data, "people-bad.expected"))]
    found = mistakes(fields, os.path.join(data, "people-bad.csv"))
    for item in sorted(set(wanted) ^ set(found)):
        problem("people-bad", f"{item} is only {'expected' if item in wanted else 'found'}")


def check_demo(root):
    folder = os.path.join(root, "content/demo")
    origins = read_table(os.path.join(folder, "origins.csv"))
    names = read_table(os.path.join(folder, "names.csv"))
    languages = {r["name"] for r in read_table(os.path.join(root, "content/choices/languages.csv"))}
    for origin in origins:
        for part, sex in (("given", "female"), ("given", "male"), ("family", "")):
            n = sum(r["origin"] == origin["origin"] and r["part"] == part and r["sex"] == sex
                    for r in names)
            if n < 25:
                problem("names.csv", f"{origin['origin']} {part} {sex}: {n}, wants 25")
        if not set(origin["languages"].split()) <= languages or "+999 " not in origin["phone"]:
            problem("origins.csv", origin["origin"])
    for row in names:
        native_latin = bool(re.match("[A-Za-zÀ-ɏ]", row["native"]))
        if not row["latin"] or not row["native"] or native_latin != (row["script"] == "Latn"):
            problem("names.csv", f"{row['latin']}: {row['native']} is not {row['script']}")
    places = read_table(os.path.join(folder, "places.csv"))
    codes = [p["code"] for p in places]
    for place in places:
        if codes.count(place["code"]) > 1 or (place["parent"] or place["code"]) not in codes:
            problem("places.csv", place["code"])
    notes = read_table(os.path.join(folder, "notes.csv"))
    if len(notes) < 30 or not all(n["text"] and n["language"] in languages for n in notes):
        problem("notes.csv", "wants 30 notes with known languages")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "..")
    form, fields = check_form(root)
    check_lists(root)
    check_roles(root, form["hw_states"])
    check_privacy(root)
    check_people(root, fields)
    check_demo(root)
    for line in PROBLEMS:
        print(line)
    print(f"{len(fields)} fields checked, {len(PROBLEMS)} problems")
    return 1 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main())
