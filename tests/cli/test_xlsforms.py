"""A form means the same as CSV and as a workbook: the same XForm comes out, and the same mistakes are told,
with the sheet, the row and the column where they stand."""
import csv
import glob
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import finish, ok, run, scratch  # noqa: E402

SOURCE = os.environ.get("HOMEWARD_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

# Debian's module, whatever other python there is. Numbers become numbers, as people type them.
WRITER = """
import json, re, sys, openpyxl
for job in json.load(sys.stdin):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in job["sheets"].items():
        sheet = book.create_sheet(name)
        for number, row in rows:
            for column, text in enumerate(row, 1):
                if text:
                    cell = sheet.cell(number, column)
                    if job["numbers"] and re.fullmatch(r"[1-9][0-9]{0,8}", text):
                        cell.value = int(text)
                    else:
                        cell.value = text
                        cell.data_type = "s"
    book.save(job["path"])
"""


def sections(path):
    """Sheets of a form's CSV, and for each row of the CSV its sheet and row there."""
    sheets, places, name, start = {}, {}, None, 0
    with open(path, newline="", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if row and row[0].strip():
                name, start = row[0].strip(), number
                sheets.setdefault(name, [])
                places[number] = (name, 1)
            elif name:
                places[number] = (name, number - start)
                sheets[name].append((number - start, row[1:]))
    return sheets, places


def told(done, file):
    """What was said: file, row, column and text of each line."""
    lines = []
    for line in (done.stdout + done.stderr).split("\n"):
        found = re.match(r"(note: )?" + re.escape(file) + r"(?::([a-z_]+))?:(\d+):(.*?): (.*)$", line)
        if found:
            lines.append((found[1] or "", found[2], int(found[3]), found[4], found[5]))
    return lines


def moved(lines, places):
    """The same lines, as they must be told of the workbook."""
    def there(found):
        return "in row %d" % places.get(int(found[1]), (None, int(found[1])))[1]

    return [(note, *(places.get(row, (None, row)) if row > 1 else (None, row)), column,
             re.sub(r"in row (\d+)", there, text)) for note, _, row, column, text in lines]


def of_the_layout(lines):
    """Mistakes that only CSV can have: where sections begin."""
    return not lines or any("The first column" in text or "A form begins" in text for *_, text in lines)


def beside(folder):
    """What comes beside a form is looked into, and told at the cell that names it, in both formats."""
    home = os.path.join(SOURCE, "tests/data/forms/beside")
    with open(os.path.join(home, "expected.txt"), newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    books = {case["form"]: os.path.join(folder, case["form"][:-4] + "_beside.xlsx") for case in cases}
    subprocess.run(["/usr/bin/python3", "-c", WRITER], text=True, check=True, timeout=300,
                   input=json.dumps([{"path": book, "sheets": sections(os.path.join(home, form))[0], "numbers": False}
                                     for form, book in books.items()]))
    for case in cases:
        path = os.path.join(home, case["form"])
        files = [os.path.join(home, name) for name in case["beside"].split()]
        want = [("", None, int(case["row"]), case["column"], case["text"])] if case["row"] else []
        done = run("form", "check", path, *files)
        ok(told(done, path) == want and done.returncode == (2 if want else 0),
           f"{case['form']}: what came beside it is told", done.stdout + done.stderr)
        book = books[case["form"]]
        done = run("form", "check", book, *files)
        ok(told(done, book) == moved(want, sections(path)[1]) and done.returncode == (2 if want else 0),
           f"{case['form']}: the same of the workbook", done.stdout + done.stderr)
    ok(len(cases) >= 8, f"{len(cases)} forms came with files")


def main():
    folder = scratch()
    beside(folder)
    good = sorted(glob.glob(os.path.join(SOURCE, "content/forms/*.csv"))
                  + glob.glob(os.path.join(SOURCE, "tests/data/forms/good/*.csv")))
    bad = sorted(glob.glob(os.path.join(SOURCE, "tests/data/forms/broken/*.csv")))
    jobs, made = [], {}
    for path in good + bad:
        name = os.path.basename(path)[:-4]
        for numbers in (False, True):
            sheets, places = sections(path)
            book = os.path.join(folder, f"{'n' if numbers else 't'}{len(jobs)}_{name}.xlsx")
            jobs.append({"path": book, "sheets": sheets, "numbers": numbers})
            made.setdefault(path, []).append((book, places))
    done = subprocess.run(["/usr/bin/python3", "-c", WRITER], input=json.dumps(jobs), text=True,
                          capture_output=True, timeout=300)
    ok(done.returncode == 0 and len(good) > 5, f"{len(jobs)} workbooks were written", done.stderr)

    for path in good:
        wanted = run("form", "xform", path)
        for book, _ in made[path]:
            got = run("form", "xform", book)
            ok(wanted.returncode == 0 and got.returncode == 0 and got.stdout == wanted.stdout,
               f"{os.path.basename(book)} is the form of the CSV", got.stderr + wanted.stderr)
    compared = 0
    for path in bad:
        wanted = told(run("form", "check", path), path)
        if of_the_layout(wanted):
            continue
        compared += 1
        for book, places in made[path][:1]:
            got = run("form", "check", book)
            a, b = moved(wanted, places), told(got, book)
            ok(got.returncode == 2 and a == b,
               f"{os.path.basename(book)} has the mistakes of the CSV at their places", f"{a}\n{b}")

    ok(compared > 100, f"{compared} broken forms were compared")

    sheets, _ = sections(os.path.join(SOURCE, "content/forms/household.csv"))
    row = sheets["survey"][1][0]
    header = sheets["survey"][0][1]
    sheets["survey"][1][1][header.index("type")] = "nonsense"
    broken = os.path.join(folder, "broken.xlsx")
    subprocess.run(["/usr/bin/python3", "-c", WRITER], text=True, check=True, timeout=300,
                   input=json.dumps([{"path": broken, "sheets": sheets, "numbers": False}]))
    done = run("form", "check", broken)
    ok(done.returncode == 2 and f"{broken}:survey:{row}:type: " in done.stdout and "nonsense" in done.stdout,
       "a mistake is told with sheet, row, column and value", done.stdout + done.stderr)
    finish()


main()
