"""The spreadsheet that we export, read by another program's library: the same cells as the CSV, text as
text, and nothing that runs."""
import csv
import os
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
    finish()


if __name__ == "__main__":
    main()
