"""The spreadsheet that we export, read by another program's library: the same cells as the CSV, text as
text, and nothing that runs."""
import collections
import csv
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import demo, finish, ok, run, scratch  # noqa: E402

READER = """
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheet = book[book.sheetnames[0]]
rows = [[(c.data_type, c.value.isoformat()[:10] if c.is_date and c.value else c.value) for c in r] for r in sheet.iter_rows()]
print(json.dumps({"sheets": book.sheetnames, "rows": rows}))
"""


def read_xlsx(path):
    # Debian's module, whatever other python there is.
    done = subprocess.run(["/usr/bin/python3", "-c", READER, path], capture_output=True, timeout=300)
    return __import__("json").loads(done.stdout) if done.returncode == 0 else done.stderr.decode()


def same(cell, text):
    kind, value = cell
    if value is None:
        return text == ""
    if kind == "n" and not isinstance(value, str):
        return text != "" and float(text) == float(value)
    # A leading apostrophe guards formulas in CSV; a spreadsheet's text cells need none.
    return str(value) == text or "'" + str(value) == text


def noted(database):
    """The records that the access log says were exported, with those that were so more than once."""
    with sqlite3.connect(f"file:{database}.access?mode=ro", uri=True) as db:
        rows = db.execute("SELECT records FROM access WHERE action = 'export'").fetchall()
    return collections.Counter(one for row in rows for one in row[0].split())


def two_readers(folder, database):
    """Records that two processes read give the file of one, and are noted as often."""
    for kind, form in (("person", "csv"), ("person", "xlsx"), ("rss", "csv"), ("case", "xlsx")):
        files, notes = [], []
        for jobs in ("1", "2"):
            path, before = os.path.join(folder, f"by-{jobs}.{form}"), noted(database)
            done = run("export", kind, "--database", database, "--format", form, "--out", path, "--jobs", jobs)
            ok(done.returncode == 0, f"{kind} as {form} by {jobs}", done.stderr)
            with open(path, "rb") as file:
                files.append(file.read())
            notes.append(noted(database) - before)
        ok(files[0] == files[1] and len(files[0]) > 1000, "the files are the same, byte for byte")
        ok(notes[0] == notes[1] and sum(notes[0].values()) > 20, "and the access log has the same records", notes)
    with sqlite3.connect(database) as db:
        db.execute("UPDATE rec_person SET sealed = zeroblob(60) WHERE id = (SELECT max(id) FROM rec_person "
                   "WHERE office_id = (SELECT office_id FROM rec_person ORDER BY id LIMIT 1))")
    for jobs in ("1", "2"):
        path = os.path.join(folder, f"none-{jobs}.csv")
        done = run("export", "person", "--database", database, "--out", path, "--jobs", jobs, "--as", "supervisor")
        told = done.stderr if jobs == "1" else told
        ok(done.returncode not in (0, -6, -11) and done.stderr == told and not os.path.exists(path),
           f"by {jobs}: a record that cannot be unsealed is told, and no file is left", done.stderr)
    done = run("export", "person", "--database", database, "--out", path, "--jobs", "3")
    ok(done.returncode == 2 and "--jobs" in done.stderr, "three processes are refused", done.stderr)


def main():
    folder = scratch()
    database = demo(folder)
    extra = os.path.join(folder, "extra.csv")
    with open(extra, "w", encoding="utf-8") as file:
        file.write('names.1.name_text,names.1.name_script,sex,birth_date,birth_precision\n=1+2,Latn,male,,\n'
                   '"=HYPERLINK(""http://x/"")",Latn,female,1990-01-02,day\nعثمان,Arab,male,,\n'
                   '"<b>&amp;""x"" _x0041_",Latn,male,1899-12-31,day\n')
    done = run("import", "person", extra, "--database", database)
    ok(done.returncode == 0, "people with strange names are imported", done.stdout + done.stderr)
    for kind in ("person", "rss"):
        paths = {f: os.path.join(folder, f"{kind}.{f}") for f in ("csv", "xlsx")}
        for form, path in paths.items():
            done = run("export", kind, "--database", database, "--format", form, "--out", path)
            ok(done.returncode == 0, f"{kind} leaves as {form}", done.stderr)
        with open(paths["csv"], newline="", encoding="utf-8-sig") as file:
            wanted = list(csv.reader(file))
        book = read_xlsx(paths["xlsx"])
        if not ok(isinstance(book, dict), f"{kind}.xlsx can be opened", book):
            continue
        ok(len(book["rows"]) == len(wanted) and len(wanted) > 20, f"it has the {len(wanted)} rows of the CSV",
           len(book["rows"]))
        wrong = [(r, c, cell, text) for r, (cells, texts) in enumerate(zip(book["rows"], wanted), 1)
                 for c, (cell, text) in enumerate(zip(cells, texts), 1) if not same(cell, text)]
        ok(not wrong, "and the same cells", wrong[:5])
        formulas = [v for row in book["rows"] for k, v in row if k == "f"]
        ok(not formulas, "no cell is a formula", formulas[:3])
        if kind == "person":
            texts = {v for row in book["rows"] for k, v in row if k in ("s", "inlineStr")}
            ok({"عثمان", '<b>&amp;"x" _x0041_'} <= texts and any(str(t).lstrip("'") == "=1+2" for t in texts),
               "scripts, marks and what looks like a formula are kept as text",
               [t for t in texts if "x0041" in str(t) or "1+2" in str(t)])
    two_readers(folder, database)
    finish()


if __name__ == "__main__":
    main()
