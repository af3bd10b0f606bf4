"""Files that people and other programs send: wrong delimiters, marks, ragged rows, gigantic cells,
formulas, NUL, spreadsheets with another name. Each is refused with a reason or read right, nothing is
stored by halves, and memory stays flat."""
import csv
import io
import json
import os
import resource
import subprocess
import sys
import threading
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import HOMEWARD, SOURCE, demo, finish, ok, run, scratch  # noqa: E402

GIGABYTE = 1 << 30
HEAD = "names.1.name_text,sex\n"
# What a build with sanitizers takes by itself is far more; a cell of 1 GB would still stand out.
FLAT_KB = 500 * 1024


def people(database):
    done = run("export", "person", "--database", database, "--format", "json", "--out", "-")
    return json.loads(done.stdout)


class Importer:
    def __init__(self, folder, database):
        self.folder, self.database = folder, database
        self.count = len(people(database))

    def write(self, content, name="in.csv"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, content, *options, kind="person"):
        path = self.write(content)
        return run("import", kind, path, "--database", self.database, *options)

    def refused(self, name, content, *words, options=()):
        done = self.run(content, *options)
        told = done.stdout + done.stderr
        now = len(people(self.database))
        ok(done.returncode not in (0, 1) and done.returncode < 20 and now == self.count
           and all(w in told for w in words), f"refused with a reason, nothing stored: {name}",
           f"exit {done.returncode}, {now} people of {self.count}\n{told[-1500:]}")

    def taken(self, name, content, added, *options):
        done = self.run(content, *options)
        found = people(self.database)
        ok(done.returncode == 0 and len(found) == self.count + added, f"read right: {name}",
           done.stdout[-1500:] + done.stderr[-1500:])
        self.count = len(found)
        return found


def test_import(importer):
    rows = "Inputtest Eins,male\nInputtest Zwei,female\n"
    importer.taken("commas", HEAD + rows, 2)
    importer.taken("a byte order mark", "\ufeff" + HEAD + rows, 2)
    importer.taken("CRLF", (HEAD + rows).replace("\n", "\r\n"), 2)
    importer.taken("semicolons", (HEAD + rows).replace(",", ";"), 2)
    importer.taken("tabs", (HEAD + rows).replace(",", "\t"), 2)
    importer.taken("no line end at the end", (HEAD + rows)[:-1], 2)
    importer.taken("empty lines", "\n" + HEAD + "\n\n" + rows + "\n\n", 2)
    importer.taken("only a header", HEAD, 0)
    importer.refused("another delimiter", (HEAD + rows).replace(",", "|"), "names.1.name_text|sex")
    importer.refused("the wrong delimiter given", HEAD + rows, "names.1.name_text,sex",
                     options=("--delimiter", "semicolon"))
    importer.refused("an empty file", "")
    importer.refused("only a byte order mark", "\ufeff")
    importer.refused("an unknown column", "names.1.name_text,sex,shoe_size\nA,male,42\n", "shoe_size")
    importer.refused("the same column twice", "names.1.name_text,sex,sex\nA,male,female\n", "sex")
    importer.refused("a column without a name", "names.1.name_text,,sex\nA,x,male\n")
    importer.refused("a row that is too short", HEAD + "Good,male\nShort\n", "3")
    importer.refused("a row that is too long", HEAD + "Good,male\nLong,male,extra,more\n", "3")
    importer.refused("a quote that never ends", HEAD + 'Good,male\n"Open,male\n')
    importer.refused("Latin-1", (HEAD + "Zoë,female\n").encode("latin-1"), "UTF-8")
    importer.refused("UTF-16", (HEAD + rows).encode("utf-16"))
    importer.refused("NUL", (HEAD + "A\0B,male\n").encode())
    importer.refused("a control character", HEAD + "A\x07B,male\n")
    importer.refused("a good row before a bad one", HEAD + "Good,male\nBad,maybe\n", "sex", "maybe", "3")
    importer.refused("a row index of 0", "names.0.name_text,sex\nA,male\n", "names.0.name_text")
    importer.refused("a huge row index", "names.99999999999999999999.name_text,sex\nA,male\n", "names.9999")
    importer.refused("SQL as a column", "names.1.name_text,sex); DROP TABLE rec_person;--\nA,male\n", "DROP")
    importer.refused("10,000 columns", ",".join(f"c{i}" for i in range(10000)) + "\n")
    importer.refused("no such kind", HEAD + rows, options=("--as", "finance"))
    importer.refused("a cell of 2 MB", HEAD + "x" * 2_000_000 + ",male\n")
    done = importer.run(HEAD + "Good,male\nBad,maybe\n", "--skip-bad")
    ok(len(people(importer.database)) == importer.count + 1 and "maybe" in done.stdout,
       "told to skip bad rows it stores the good ones and tells the others", done.stdout + done.stderr)
    importer.count += 1
    importer.taken("a dry run", HEAD + rows, 0, "--dry-run")


def xlsx_bytes():
    """The smallest spreadsheet that programs open."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr("xl/worksheets/sheet1.xml", "<worksheet><sheetData/></worksheet>" * 50)
    return out.getvalue()


def test_spreadsheet(importer):
    importer.refused("a spreadsheet renamed to csv", xlsx_bytes())
    importer.refused("a program renamed to csv", open(HOMEWARD, "rb").read(100000))
    for path, name, word in ((importer.folder, "a folder", "directory"),
                             ("/nonexistent/file.csv", "a missing file", "/nonexistent/file.csv")):
        done = run("import", "person", path, "--database", importer.database)
        ok(done.returncode in (2, 3, 9) and word in done.stderr, f"refused with a reason: {name}", done.stderr)


FORMULAS = ["=1+2", "+SUM(A1)", "-2+3", "@SUM(A1)", "=HYPERLINK(\"http://x/\",\"y\")",
            "=cmd|' /C calc'!A0", "'=1", "''x"]


def test_formulas(importer):
    """Read as text, kept as text; what leaves in a CSV cannot run in a spreadsheet, and comes back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["names.1.name_text", "sex"])
    for cell in FORMULAS:
        writer.writerow([cell, "male"])
    found = importer.taken("formula cells", text.getvalue(), len(FORMULAS))
    names = [n["name_text"] for p in found for n in p["answers"]["names"]]
    ok(all(f in names or f.lstrip("'") in names for f in FORMULAS), "formulas are kept as text",
       [f for f in FORMULAS if f not in names])
    out = os.path.join(importer.folder, "out.csv")
    done = run("export", "person", "--database", importer.database, "--format", "csv", "--out", out)
    with open(out, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    risky = [c for r in rows for c in r if c[:1] in ("=", "+", "-", "@", "\t", "\r")
             and not c.lstrip("+-").replace(".", "", 1).isdigit()]
    ok(done.returncode == 0 and not risky, "no cell of an export can run as a formula", risky[:5])
    return out


def test_round_trip(folder, importer, exported):
    """What was exported is imported elsewhere and exported again: the same people, cell by cell."""
    other = os.path.join(folder, "round.db")
    done = run("init", "--database", other, "--organisation", "Org", "--office", "Office", "--code", "AA",
               "--country", "SN")
    ok(done.returncode == 0, "an empty office is made", done.stderr)
    secret = os.path.join(folder, "secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("correct lantern river\n")
    run("user", "add", "sup", "--name", "Sup", "--role", "supervisor", "--office", "AA",
        "--password-file", secret, "--database", other)
    with open(exported, newline="", encoding="utf-8-sig") as file:
        before = list(csv.DictReader(file))
    keep = [c for c in before[0] if not c.startswith("record.")]
    path = os.path.join(folder, "round.csv")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, keep, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(before)
    done = run("import", "person", path, "--database", other, "--as", "sup")
    ok(done.returncode == 0, "an export can be imported", done.stdout[-2000:] + done.stderr[-500:])
    again = os.path.join(folder, "again.csv")
    run("export", "person", "--database", other, "--as", "sup", "--out", again)
    with open(again, newline="", encoding="utf-8-sig") as file:
        after = list(csv.DictReader(file))
    def key(rows):
        return sorted(tuple(r.get(c) or "" for c in keep) for r in rows)
    ok(key(before) == key(after) and len(after) == importer.count, "nothing was lost or changed on the way",
       [d for d in zip(key(before), key(after)) if d[0] != d[1]][:1])


# --- a gigabyte ---

def peak_of(words, feed, env=None):
    """Runs homeward with feed(pipe) writing its standard input: exit code, output, peak memory in KB."""
    process = subprocess.Popen([HOMEWARD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    def write():
        try:
            feed(process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            pass
    writer = threading.Thread(target=write)
    writer.start()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    writer.join()
    return process.returncode, output.decode("utf-8", "replace"), usage.ru_maxrss


def gigabyte_cell(head, tail=b""):
    def feed(pipe):
        pipe.write(head)
        for _ in range(GIGABYTE // (1 << 20)):
            pipe.write(b"x" * (1 << 20))
        pipe.write(tail)
    return feed


def test_gigabyte(folder, importer):
    words = ["import", "person", "-", "--database", importer.database]
    code, output, peak = peak_of(words, gigabyte_cell(HEAD.encode() + b'"'))
    ok(code in (2, 6) and peak < FLAT_KB, f"a cell of 1 GB is refused in flat memory ({peak // 1024} MB)",
       f"{code} {output[-500:]}")
    code, output, peak = peak_of(words, gigabyte_cell(b""))
    ok(code in (2, 6) and peak < FLAT_KB, f"a header of 1 GB is refused in flat memory ({peak // 1024} MB)",
       f"{code} {output[-500:]}")
    ok(len(people(importer.database)) == importer.count, "neither left a record")
    out, summary = os.path.join(folder, "s.csv"), os.path.join(folder, "t.csv")
    words = ["survey", "score", "/dev/stdin", "--out", out, "--summary", summary, "--by", "sex"]
    code, output, peak = peak_of(words, gigabyte_cell(b"key,sex,food_reduction\n1,", b",never\n2,female,never\n"))
    ok(code != 0 and code < 20 and peak < FLAT_KB,
       f"scoring a row with a cell of 1 GB keeps memory flat ({peak // 1024} MB)", f"{code} {output[-500:]}")


def test_score(folder):
    out, summary = os.path.join(folder, "scores.csv"), os.path.join(folder, "summary.csv")
    with open(os.path.join(SOURCE, "tests/golden/rss-40.csv"), "rb") as file:
        good = file.read().decode()
    head = good.split("\n")[0]

    def score(content):
        path = os.path.join(folder, "score.csv")
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        for old in (out, summary):
            if os.path.exists(old):
                os.remove(old)
        return run("survey", "score", path, "--out", out, "--summary", summary, "--by", "country,sex")

    done = score(good)
    with open(out, encoding="utf-8") as file:
        wanted = file.read()
    ok(done.returncode == 0, "forty interviews are scored", done.stderr)
    for name, content in (("a byte order mark", "\ufeff" + good), ("semicolons", good.replace(",", ";")),
                          ("tabs", good.replace(",", "\t")), ("CRLF", good.replace("\n", "\r\n"))):
        done = score(content)
        with open(out, encoding="utf-8") as file:
            same = file.read() == wanted
        ok(done.returncode == 0 and same, f"the same scores with {name}", done.stderr[-500:])
    for name, content in (
            ("an empty file", ""), ("not UTF-8 in the header", b"\xff\xfe" + good.encode()),
            ("a spreadsheet renamed to csv", xlsx_bytes()), ("another delimiter", good.replace(",", "|")),
            ("the key column twice", head + ",key\n"), ("a question twice", head + "," + head.split(",")[-1] + "\n")):
        done = score(content)
        ok(done.returncode not in (0, 1) and done.returncode < 20 and done.stderr.strip(),
           f"refused with a reason: {name}", f"{done.returncode} {done.stdout[-300:]} {done.stderr[-300:]}")
    rows = good.strip().split("\n")
    bad = {
        "a ragged row": rows[1] + ",extra", "a short row": "k9,only",
        "NUL in a row": rows[1].replace("1", "\0", 1), "not UTF-8": None,
    }
    for name, row in bad.items():
        line = row.encode() if row is not None else b"\xff\xfe," + rows[1].split(",", 1)[1].encode()
        done = score("\n".join(rows[:3]).encode() + b"\n" + line + b"\n" + rows[4].encode() + b"\n")
        told = done.stdout + done.stderr
        ok(done.returncode not in (0, 1) and done.returncode < 20 and "4" in told,
           f"a bad row is told with its number: {name}", f"{done.returncode} {told[-500:]}")
    done = score(head + "\n")
    ok(done.returncode in (0, 2) and "ERROR" not in done.stderr, "only a header: no scores, no crash", done.stderr)
    same = run("survey", "score", os.path.join(folder, "score.csv"), "--out", os.path.join(folder, "score.csv"),
               "--summary", summary, "--by", "sex")
    ok(open(os.path.join(folder, "score.csv"), encoding="utf-8").read().startswith(head) and same.returncode != 0,
       "the result cannot overwrite what is read", same.stdout + same.stderr)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = scratch()
    database = demo(folder)
    importer = Importer(folder, database)
    test_import(importer)
    test_spreadsheet(importer)
    exported = test_formulas(importer)
    test_round_trip(folder, importer, exported)
    test_score(folder)
    test_gigabyte(folder, importer)
    finish()


if __name__ == "__main__":
    main()
