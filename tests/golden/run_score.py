#!/usr/bin/env python3
"""homeward survey score against the golden files, the list of bad rows and an independent
calculation; the same interviews in every shape of CSV; what must not be written.

HOMEWARD is the program, HOMEWARD_SOURCE the source tree. Prints TAP.

Proves RC-03 RC-05 RC-06 RC-07.
"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.join(os.environ["HOMEWARD_SOURCE"], "tests", "cli"))
from kit import HOMEWARD, SOURCE, finish, ok, run, scratch  # noqa: E402

GOLDEN = os.path.join(SOURCE, "tests", "golden")
DATA = os.path.join(SOURCE, "tests", "data")
SUPPORT = os.path.join(SOURCE, "tests", "support")
BY = ["--by", "country,sex"]
FOLDER = scratch()


def path(name):
    return os.path.join(FOLDER, name)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def put(name, data):
    with open(path(name), "wb") as file:
        file.write(data)
    return path(name)


def score(*words, stdin=None):
    """Scores into out.csv and sum.csv; both are removed before."""
    for name in ("out.csv", "sum.csv"):
        if os.path.exists(path(name)):
            os.remove(path(name))
    return run("survey", "score", *words, "--out", path("out.csv"), "--summary", path("sum.csv"),
               stdin=stdin)


def same(expected, summary):
    return (os.path.exists(path("out.csv")) and read(path("out.csv")) == expected
            and read(path("sum.csv")) == summary)


RSS40 = read(os.path.join(GOLDEN, "rss-40.csv"))
EXPECTED = read(os.path.join(GOLDEN, "rss-40.expected.csv"))
SUMMARY = read(os.path.join(GOLDEN, "rss-40.summary.csv"))


def test_golden():
    done = score(os.path.join(GOLDEN, "rss-40.csv"), *BY)
    ok(done.returncode == 0, "forty interviews are scored without complaint", done.stderr)
    ok(read(path("out.csv")) == EXPECTED, "their scores are those worked out by hand")
    ok(read(path("sum.csv")) == SUMMARY, "and so is their summary")
    ok("2 flagged" in done.stderr, "the flagged ones are counted", done.stderr)
    left = [name for name in os.listdir(FOLDER) if "part" in name]
    ok(not left, "no unfinished file is left", left)


def rewritten(change):
    """The forty interviews with each row changed, written by Python."""
    rows = list(csv.reader(io.StringIO(RSS40.decode())))
    out = io.StringIO()
    writer = csv.writer(out, **change)
    writer.writerows(rows)
    return out.getvalue().encode()


def with_heading(change):
    head, rest = RSS40.split(b"\n", 1)
    return change(head) + b"\n" + rest


def in_group(mark):
    """Questions below a group, as exports name them."""
    plain = {"key", "country", "sex"}
    return with_heading(lambda head: ",".join(
        h if h in plain else "interview" + mark + "part" + mark + h
        for h in head.decode().split(",")).encode())


def test_shapes():
    shapes = {
        "CRLF": RSS40.replace(b"\n", b"\r\n"),
        "a byte order mark": b"\xef\xbb\xbf" + RSS40,
        "semicolons": rewritten({"delimiter": ";", "lineterminator": "\n"}),
        "tabs": rewritten({"delimiter": "\t", "lineterminator": "\n"}),
        "quotes around everything": rewritten({"quoting": csv.QUOTE_ALL, "lineterminator": "\r\n"}),
        "no newline at the end": RSS40.rstrip(b"\n"),
        "empty lines": RSS40.replace(b"\ng-1", b"\n\r\n\ng-1"),
        "headings with groups and /": in_group("/"),
        "headings with groups and -": in_group("-"),
        "headings with groups and .": in_group("."),
    }
    for name, data in shapes.items():
        done = score(put("in.csv", data), *BY)
        ok(done.returncode == 0 and same(EXPECTED, SUMMARY), "the same scores with " + name,
           done.stderr)
    done = score("-", *BY, stdin=RSS40)
    ok(done.returncode == 0 and same(EXPECTED, SUMMARY), "the same scores from a pipe", done.stderr)
    done = run("survey", "score", os.path.join(GOLDEN, "rss-40.csv"), "--out", "/dev/stdout")
    ok(done.stdout.encode() == EXPECTED, "scores go into a pipe, without a summary", done.stderr)
    lines = EXPECTED.split(b"\n")
    rows = RSS40.split(b"\n")
    turned = b"\n".join([rows[0], *reversed(rows[1:-1]), b""])
    done = score(put("in.csv", turned), *BY)
    ok(same(b"\n".join([lines[0], *reversed(lines[1:-1]), b""]), SUMMARY),
       "in another order the scores follow and the summary stays", done.stderr)


def test_odd_values():
    head, first = RSS40.decode().split("\n")[:2]
    values = ['=1+1', 'a,b', 'say "yes"', ' two lines\nhere ', "@x", "ü", "-5"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head.split(","))
    cells = first.split(",")
    place = head.split(",").index("country")
    for value in values:
        cells[0] = value
        cells[place] = value
        writer.writerow(cells)
    done = score(put("in.csv", out.getvalue().encode()), "--by", "country")
    with open(path("out.csv"), newline="", encoding="utf-8") as file:
        keys = [row[0] for row in csv.reader(file)][1:]
    ok(done.returncode == 0 and keys == values, "keys come back byte for byte", keys)
    with open(path("sum.csv"), newline="", encoding="utf-8") as file:
        groups = [row[0] for row in csv.reader(file)][1::4]
    ok(groups == sorted(values, key=str.encode) + ["(all)"], "and so do groups, in byte order",
       groups)
    done = score(put("in.csv", RSS40.replace(b"key,", b"KEY,", 1)), "--key", "KEY", *BY)
    ok(same(EXPECTED, SUMMARY), "the key column can have another name", done.stderr)
    # Question 6 offers no way to decline: the technical code means no answer.
    done = score(put("in.csv", RSS40.replace(b",no_debt,very_good,", b",no_debt,not_answered,")
                     .replace(b",no_debt,,", b",no_debt,not_answered,")), *BY)
    other = score(put("in.csv", RSS40.replace(b",no_debt,very_good,", b",no_debt,,")), *BY)
    ok(done.returncode == 0 and other.returncode == 0, "not_answered is taken where nothing else is",
       done.stderr)


def test_bad_rows():
    done = score(os.path.join(DATA, "interviews-bad.csv"), *BY, "--bad", path("bad.csv"))
    ok(done.returncode == 2, "bad rows show in the exit status", done.returncode)
    ok(read(path("out.csv")) == read(os.path.join(DATA, "interviews-bad.scores.csv")),
       "the good rows are scored all the same")
    with open(path("bad.csv"), newline="", encoding="utf-8") as file:
        told = list(csv.reader(file))
    with open(os.path.join(DATA, "interviews-bad.expected.csv"), newline="",
              encoding="utf-8") as file:
        expected = list(csv.reader(file))
    ok([row[:3] for row in told] == expected, "each bad row is listed", told)
    ok(all(len(row) == 4 and row[3] for row in told), "each with its reason")
    ok('row 3, column econ_satisfaction, value "happy": ' in done.stderr
       and "15 rows" in done.stderr, "and told on the terminal, and counted", done.stderr)

    head, first = RSS40.split(b"\n")[:2]
    many = head + b"\n" + b"\n".join(
        first.replace(b"very_satisfied", b"glad") for _ in range(250)) + b"\n" + first + b"\n"
    done = score(put("in.csv", many), *BY, "--bad", path("bad.csv"))
    ok(done.stderr.count('value "glad"') == 100 and "150 more" in done.stderr
       and "250 rows" in done.stderr, "a hundred are shown, all are counted", done.stderr[-400:])
    ok(read(path("bad.csv")).count(b"\n") == 251, "the file has all of them")
    two = first.replace(b"very_satisfied", b"glad").replace(b",no_debt,", b",=2,")
    done = score(put("in.csv", head + b"\n" + two + b"\n"), *BY, "--bad", path("bad.csv"))
    ok(b"'=2" in read(path("bad.csv")) and "1 row has" in done.stderr,
       "two mistakes of a row are both told, formulas are guarded", read(path("bad.csv")))


def refused(name, words, *args, data=None, stdin=None):
    file = put("in.csv", RSS40 if data is None else data)
    done = score(file, *args, stdin=stdin)
    left = [n for n in ("out.csv", "sum.csv") if os.path.exists(path(n))]
    ok(done.returncode not in (0, -6, -11) and words in done.stderr and not left, name,
       done.stderr + str(left))


def test_refusals():
    refused("a missing column of --by is named", "country2", "--by", "country2")
    refused("a missing key column is named", "column id", *BY, "--key", "id")
    refused("an unknown profile is named, with the known ones", "homeward-1", *BY, "--profile", "x")
    refused("an empty name in --by is refused", "--by", "--by", "country,")
    refused("a file without questions is refused", "No column", *BY, data=b"key,country,sex\na,b,c\n")
    refused("an empty file is refused", "empty", *BY, data=b"")
    refused("a question twice is refused", "food_reduction", *BY,
            data=with_heading(lambda h: h.replace(b"borrow_ability", b"x/food_reduction")))
    refused("two candidates for a column are refused", "country", *BY,
            data=with_heading(lambda h: h.replace(b"country", b"a/country").replace(b"sex",
                                                                                  b"b/country")))
    refused("UTF-16 is told", "UTF-16", *BY, data=RSS40.decode().encode("utf-16"))
    refused("an open quote is told with its row", "row 42", *BY, data=RSS40 + b'"g-41,ok\n')
    refused("an endless row is told", "longer than", *BY, data=RSS40 + b"x" * 5_000_000)
    many = RSS40.split(b"\n")[1]
    rows = b"\n".join(many.replace(b"g-01", b"k%d" % i) for i in range(10001))
    refused("too many groups are told", "10000 groups", "--by", "key",
            data=RSS40.split(b"\n")[0] + b"\n" + rows + b"\n")
    file = put("in.csv", RSS40)
    done = run("survey", "score", file, "--out", file)
    ok(done.returncode != 0 and read(file) == RSS40, "the input is never overwritten", done.stderr)
    done = run("survey", "score", file, "--out", path("no/such/folder.csv"))
    ok(done.returncode != 0 and "no/such" in done.stderr, "an output that cannot be made is named",
       done.stderr)
    done = run("survey", "score", path("none.csv"), "--out", path("out.csv"))
    ok(done.returncode != 0 and "none.csv" in done.stderr, "a missing file is named", done.stderr)
    done = run("survey", "score", file, "--out", "/dev/full")
    ok(done.returncode != 0 and "/dev/full" in done.stderr, "a full disk is told", done.stderr)
    head, first = RSS40.split(b"\n")[:2]
    done = score(put("in.csv", b"key,food_reduction,country,sex\na,never,SN,male\n"), *BY)
    ok(done.returncode == 0 and "econ_satisfaction" in done.stderr
       and read(path("out.csv")).split(b"\n")[1] == b"a,1.000000,,,,0,hands_off,homeward-1",
       "missing questions are noted and count as not answered", done.stderr)


EXPORTS = os.path.join(DATA, "exports")  # written by tests/support/make_exports.py
EXPORT_KINDS = ("central-groups", "central-names", "kobo-xml", "kobo-labels-en", "kobo-labels-fr",
                "kobo-labels-es", "kobo-labels-ar", "kobo-labels-groups-fr")


def export(name):
    return read(os.path.join(EXPORTS, name + ".csv"))


def recoded(name, given, **change):
    """An export with another delimiter, written by Python."""
    rows = csv.reader(io.StringIO(export(name).decode()), delimiter=given)
    out = io.StringIO()
    csv.writer(out, **change).writerows(rows)
    return out.getvalue().encode()


def test_exports():
    subprocess.run([sys.executable, os.path.join(SUPPORT, "score_independent.py"),
                    os.path.join(EXPORTS, "plain.csv"), "--out", path("their.csv"), "--summary",
                    path("their-sum.csv"), "--by", "round"], check=True)
    theirs = read(path("their.csv"))
    ok(theirs.count(b"\n") == 13, "the independent calculation knows the interviews of the exports")
    for name in EXPORT_KINDS:
        done = score(os.path.join(EXPORTS, name + ".csv"))
        ok(done.returncode == 0 and read(path("out.csv")) == theirs,
           f"the same scores from the export {name}", done.stderr)
    shapes = {
        "tabs, a BOM and CRLF": b"\xef\xbb\xbf" + recoded("kobo-labels-fr", ";", delimiter="\t"),
        "TRUE and FALSE": recoded("kobo-xml", ";").replace(b",1,", b",TRUE,")
                          .replace(b",1,", b",TRUE,").replace(b",0,", b",FALSE,")
                          .replace(b",0,", b",FALSE,"),
        "a row of tags": export("kobo-xml").replace(b"\n", b'\n"#date"' + b';""' * (
            export("kobo-xml").split(b"\n")[0].count(b";")) + b"\n", 1),
        "the heading once more": export("kobo-labels-ar") + export("kobo-labels-ar").split(
            b"\n")[0] + b"\n",
    }
    for name, data in shapes.items():
        done = score(put("in.csv", data))
        ok(done.returncode == 0 and read(path("out.csv")) == theirs, "the same with " + name,
           done.stderr)
    for jobs in ("2", "3", "7"):
        done = score(os.path.join(EXPORTS, "kobo-labels-es.csv"), "--jobs", jobs)
        ok(done.returncode == 0 and read(path("out.csv")) == theirs,
           f"the same by {jobs} processes, with lines inside quotes", done.stderr)


def without_column(name, column):
    rows = list(csv.reader(io.StringIO(export(name).decode())))
    place = rows[0].index(column)
    out = io.StringIO()
    csv.writer(out).writerows(row[:place] + row[place + 1:] for row in rows)
    return out.getvalue().encode()


def test_export_faults():
    whole = read(path("their.csv"))
    done = score(put("in.csv", without_column("central-names", "productive_assets")))
    ok(done.returncode == 0 and read(path("out.csv")) == whole,
       "choices in columns of their own are enough", done.stderr)
    rows = list(csv.reader(io.StringIO(without_column("central-names",
                                                      "productive_assets").decode())))
    rows[1][rows[0].index("productive_assets/other")] = "maybe"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    done = score(put("in.csv", out.getvalue().encode()))
    ok(done.returncode == 2 and 'value "maybe": ' in done.stderr and "1 or 0" in done.stderr
       and "column productive_assets/other" in done.stderr,
       "a mark that is neither 1 nor 0 is told", done.stderr)
    alien = export("kobo-labels-fr").replace('"Oui"'.encode(), '"Peut-être"'.encode(), 99)
    done = score(put("in.csv", alien))
    ok(done.returncode == 2 and "column consent_given" in done.stderr
       and 'value "Peut-être"' in done.stderr, "a label that is none is told", done.stderr[:300])
    done = run("survey", "score", os.path.join(EXPORTS, "kobo-labels-groups-fr.csv"), "--explain")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    uses = {row[1]: row[2] for row in rows[1:] if len(row) == 3}
    ok(done.returncode == 0 and rows[0] == ["column", "heading", "use"]
       and uses["_uuid"] == "names the interview" and uses["_id"].startswith("added by the export")
       and uses["Dimension économique/8. Lesquels de ces biens, qui peuvent aider à gagner sa vie, "
                "possédez-vous\u00a0?/Des terres"] == "question productive_assets, choice land",
       "--explain shows what each column is used for", done.stdout[:600] + done.stderr)
    refused("two columns for a question are told with their places", "columns 1 and 2",
            data=b"food_reduction,a-food_reduction,key\nnever,never,a\n")
    refused("a file that names no interview is told what to say", "--key",
            data=b"food_reduction\nnever\n")
    ok(run("survey", "score", os.path.join(EXPORTS, "plain.csv")).returncode != 0,
       "an output must be named")


# Debian's module, whatever other python there is.
WRITER = """
import json, sys, openpyxl
for job in json.load(sys.stdin):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in job["sheets"]:
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name == "hidden" else "visible"
        for row in rows:
            sheet.append([int(c) if c.isdigit() and len(c) < 10 else c or None for c in row])
    book.save(job["path"])
"""


def books(*jobs):
    """Workbooks as (name, [(sheet, rows)]); what counts becomes a number, as in an export."""
    text = json.dumps([{"path": path(name), "sheets": sheets} for name, sheets in jobs])
    subprocess.run(["/usr/bin/python3", "-c", WRITER], input=text.encode(), check=True)


def test_workbooks():
    golden = list(csv.reader(io.StringIO(RSS40.decode())))
    exports = {name: list(csv.reader(io.StringIO(export(name).decode()),
                                     delimiter=";" if name.startswith("kobo") else ","))
               for name in EXPORT_KINDS}
    other = [["a", "b"], ["c", "d"]]
    wrong = [list(row) for row in golden]
    wrong[2][wrong[0].index("food_reduction")] = "glad"
    wrong[3] += ["more"]
    books(*((name + ".xlsx", [("hidden", other), ("data", rows)]) for name, rows in exports.items()),
          ("rss-40.xlsx", [("Sheet", golden[:3] + [[]] + golden[3:]), ("Other", other)]),
          ("wrong.xlsx", [("Sheet", wrong)]), ("empty.xlsx", [("Sheet", [])]))
    done = score(path("rss-40.xlsx"), *BY)
    ok(done.returncode == 0 and same(EXPECTED, SUMMARY),
       "forty interviews of a workbook, an empty row among them, have the scores worked out by hand",
       done.stderr)
    os.rename(path("rss-40.xlsx"), path("rss-40.dat"))
    done = score(path("rss-40.dat"), *BY, "--sheet", "SHEET", "--jobs", "3")
    ok(same(EXPECTED, SUMMARY), "whatever it is called", done.stderr)
    theirs = read(path("their.csv"))
    for name in exports:
        done = score(path(name + ".xlsx"))
        ok(done.returncode == 0 and read(path("out.csv")) == theirs,
           f"the same scores from the export {name} as a workbook", done.stderr)
    done = score(path("wrong.xlsx"), "--bad", path("bad.csv"))
    ok(done.returncode == 2 and 'row 3, column food_reduction, value "glad": ' in done.stderr
       and f'row 4, the whole row, value "{len(golden[0]) + 1}": ' in done.stderr
       and read(path("out.csv")).count(b"\n") == 39,
       "mistakes in a workbook are told with row, column and value", done.stderr)
    refused("an unknown sheet is told with those there are", "It has: Sheet, Other", "--sheet",
            "none", data=read(path("rss-40.dat")))
    refused("a sheet without a survey is told", "No column holds a question", "--sheet", "Other",
            data=read(path("rss-40.dat")))
    refused("a sheet of a CSV file is told", "is no workbook", "--sheet", "Sheet")
    refused("an empty sheet is told", "is empty", data=read(path("empty.xlsx")))
    refused("half a workbook is told", "This is no workbook", data=read(path("rss-40.dat"))[:3000])
    put("text.xlsx", b"key,food_reduction\n")
    done = run("survey", "score", path("text.xlsx"), "--out", path("out.csv"))
    ok(done.returncode == 2 and "text.xlsx: This is no workbook" in done.stderr,
       "a workbook that is none is told with its name", done.stderr)
    whole = bytearray(read(path("rss-40.dat")))
    whole[len(whole) // 3] ^= 0x55
    refused("a damaged workbook is told", "workbook", data=bytes(whole))


def zipped(name, *entries):
    with zipfile.ZipFile(path(name), "w", zipfile.ZIP_DEFLATED) as file:
        for entry, data in entries:
            file.writestr(entry, data)
    return path(name)


def not_scored(name, words, file):
    done = score(file)
    ok(done.returncode not in (0, -6, -11) and words in done.stderr
       and not os.path.exists(path("out.csv")), name, done.stderr)


def test_zips():
    """ODK Central packs the table of a form with those of its repeats and the media."""
    repeat = ("rss-children.csv", b"key,PARENT_KEY\n1,2\n")
    photo = ("media/photo.csv", b"no table of this form\n")
    for name in ("rss.csv.zip", "rss.dat"):
        done = score(zipped(name, repeat, photo, ("rss.csv", RSS40)), *BY, "--jobs", "3")
        ok(done.returncode == 0 and same(EXPECTED, SUMMARY),
           f"the table of a zipped export is scored, {name}", done.stderr)
    done = score(zipped("bad.zip", ("rss.csv", RSS40.replace(b"very_satisfied", b"glad", 1))))
    ok(done.returncode == 2 and 'value "glad"' in done.stderr,
       "a mistake in it is told with row, column and value", done.stderr)
    not_scored("a zip without a table is told", "holds no table",
               zipped("in.zip", ("rss.txt", RSS40)))
    not_scored("a zip of two forms is told", "such as a.csv and rss.csv",
               zipped("in.zip", ("rss.csv", RSS40), ("a.csv", RSS40)))
    whole = read(zipped("in.zip", ("rss.csv", RSS40)))
    broken, locked = bytearray(whole), bytearray(whole)
    broken[len(whole) // 2] ^= 0x55
    locked[6] |= 1
    locked[locked.rindex(b"PK\1\2") + 8] |= 1
    not_scored("a damaged zip is told", "is damaged", put("in.zip", broken))
    not_scored("an encrypted zip is told", "is encrypted", put("in.zip", locked))
    not_scored("half a zip is told", "cannot be read", put("in.zip", whole[: len(whole) // 2]))
    not_scored("a zip that is none is told", "cannot be read", put("in.zip", RSS40))


def test_several_files():
    """The forty interviews in three files with other columns in another order, one a workbook."""
    rows = list(csv.reader(io.StringIO(RSS40.decode())))
    some = [["note", *reversed(rows[0])]] + [["-", *reversed(row)] for row in rows[11:31]]
    named = [[("part/" + h) if h not in ("key", "country", "sex") else h for h in rows[0]]]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(named + rows[31:])
    files = [put("one.csv", b"\n".join(RSS40.split(b"\n")[:11]) + b"\n"), path("two.xlsx"),
             put("three.csv", out.getvalue().encode())]
    books(("two.xlsx", [("Sheet", some)]))
    for jobs in ("1", "3"):
        done = score(*files, *BY, "--jobs", jobs)
        ok(done.returncode == 0 and same(EXPECTED, SUMMARY) and "40 interviews" in done.stderr,
           f"three files have the scores and the summary of one, {jobs} at a time", done.stderr)
    done = run("survey", "score", *files, "--jobs", "3", "--out", "/dev/stdout")
    ok(done.stdout.encode() == EXPECTED, "also into a pipe", done.stderr)
    put("three.csv", read(files[2]).replace(b"no_debt", b"none", 1))
    put("one.csv", read(files[0]).replace(b"very_satisfied", b"glad", 1))
    done = score(*files, *BY, "--jobs", "2", "--bad", path("bad.csv"))
    with open(path("bad.csv"), newline="", encoding="utf-8") as file:
        told = [row[:4] for row in csv.reader(file)]
    ok(done.returncode == 2 and told[0] == ["file", "row", "column", "value"]
       and [[row[0], *row[2:]] for row in told[1:]] == [
           [files[0], "econ_satisfaction", "glad"], [files[2], "debt_vs_spending", "none"]]
       and files[2] + ": row " in done.stderr and "2 rows" in done.stderr
       and read(path("out.csv")).count(b"\n") == 39,
       "a mistake is told with file, row, column and value", str(told) + done.stderr)
    for name, words, more in (
            ("a file that cannot be scored", "four.csv: No column holds",
             put("four.csv", b"key,country,sex\na,b,c\n")),
            ("a file that is not there", "none.csv", path("none.csv")),
            ("a file without a column of --by", "five.csv: The file has no column country",
             put("five.csv", b"key,food_reduction\na,never\n")),
            ("a file named twice", "named twice", files[0])):
        done = score(*files, more, *BY)
        ok(done.returncode not in (0, -6, -11) and words in done.stderr
           and not os.path.exists(path("out.csv")), name + " is named, and nothing written",
           done.stderr)
    done = run("survey", "score", *files, "--out", files[2])
    ok(done.returncode != 0 and b"key" in read(files[2]), "no input is overwritten", done.stderr)
    done = run("survey", "score", *files, "--explain")
    uses = list(csv.reader(io.StringIO(done.stdout)))
    ok([files[2], "5", "part/food_reduction", "question food_reduction"] in [
        [row[0], "5", *row[2:]] for row in uses if len(row) == 4], "--explain names the file",
       done.stdout[:300])


def test_processes():
    """The same bytes from several processes, whatever stands at the cuts."""
    with open(path("many.csv"), "wb") as file:
        subprocess.run([sys.executable, os.path.join(SUPPORT, "make_interviews.py"), "3000", "9"],
                       stdout=file, check=True)
    rows = list(csv.reader(io.StringIO(read(path("many.csv")).decode())))
    rows[0].append("note")
    for number, row in enumerate(rows[1:]):
        row.append("a line,\nanother \"line\"\n" * (number % 40))
        if number % 97 == 0:
            row[5] = "glad"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    file = put("in.csv", out.getvalue().encode())
    results = []
    for jobs in ("1", "2", "3", "5"):
        done = score(file, *BY, "--jobs", jobs, "--bad", path("bad.csv"))
        results.append((done.returncode, done.stderr, read(path("out.csv")), read(path("sum.csv")),
                        read(path("bad.csv"))))
    ok(results[0][0] == 2 and results[0][4].count(b"glad") == 31, "bad rows among many are told",
       results[0][1][-300:])
    for jobs, result in zip((2, 3, 5), results[1:]):
        ok(result == results[0], f"{jobs} processes write the same bytes as one")
    done = run("survey", "score", file, "--jobs", "3", "--out", "/dev/stdout")
    ok(done.stdout.encode() == results[0][2], "also into a pipe", done.stderr[-300:])
    done = run("survey", "score", file, "--jobs", "3", "--out", "/dev/full")
    ok(done.returncode != 0 and "/dev/full" in done.stderr, "a full disk is told by any process",
       done.stderr[-300:])
    refused("an open quote is told by any process", "never closed", "--jobs", "3",
            data=read(path("many.csv")) + b'"x')


PROFILE_EDIT = [("homeward-1,1,rss", "mine,7,rss"),
                (",econ_satisfaction,economic,1,", ",econ_satisfaction,economic,1/7,")]


def test_own_profile():
    """A profile of the organisation's own, whose scores need common denominators."""
    with open(os.path.join(SOURCE, "content", "scoring", "homeward-1.csv"),
              encoding="utf-8") as file:
        text = file.read()
    for before, after in PROFILE_EDIT:
        text = text.replace(before, after)
    text += "weights\n,question,score,weight\n,food_reduction,social,0.5\n"
    os.makedirs(path("content/scoring"), exist_ok=True)
    with open(path("content/scoring/mine.csv"), "w", encoding="utf-8") as file:
        file.write(text)
    done = run("survey", "score", os.path.join(GOLDEN, "rss-40.csv"), "--out", path("out.csv"),
               "--profile", "mine", "--content", path("content"))
    rows = {row.split(b",")[0]: row for row in read(path("out.csv")).split(b"\n")}
    # g-12: question 2 declined, question 1 at its worst: 7 / (7 + 1/7) = 49/50.
    ok(done.returncode == 0 and rows[b"g-12"].startswith(b"g-12,0.980000,")
       and rows[b"g-12"].endswith(b",mine"), "another profile is used", done.stderr)
    # g-11: question 2 very often is 0 points with weight 1/2 in the social score: 6 / 6.5.
    ok(rows[b"g-11"].split(b",")[2] == b"0.923077", "a question counts in a second dimension",
       rows[b"g-11"])


def test_independent():
    for count, prefix in ((20000, ""), (500, "/"), (500, "-")):
        with open(path("many.csv"), "wb") as file:
            subprocess.run([sys.executable, os.path.join(SUPPORT, "make_interviews.py"), str(count),
                            str(len(prefix) + 5), *([f"--prefix={prefix}"] if prefix else [])],
                           stdout=file, check=True)
        subprocess.run([sys.executable, os.path.join(SUPPORT, "score_independent.py"),
                        path("many.csv"), "--out", path("their.csv"), "--summary",
                        path("their-sum.csv"), *BY], check=True)
        done = score(path("many.csv"), *BY)
        ok(done.returncode == 0 and same(read(path("their.csv")), read(path("their-sum.csv"))),
           f"{count:,} interviews agree with an independent calculation, prefix '{prefix}'",
           done.stderr)


def memory_of(rows):
    """Peak memory in KB when scoring so many rows."""
    head, *good = RSS40.split(b"\n")[:-1]
    with tempfile.NamedTemporaryFile(dir=FOLDER) as file:
        file.write(head + b"\n")
        for i in range(rows // len(good)):
            file.write(b"\n".join(good) + b"\n")
        file.flush()
        child = subprocess.Popen([HOMEWARD, "survey", "score", file.name, "--out", path("out.csv"),
                                  "--summary", path("sum.csv"), *BY], stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        return usage.ru_maxrss if status == 0 else None


def test_memory():
    small, large = memory_of(2000), memory_of(80000)
    ok(small and large and large < small + 4096, "forty times the rows need no more memory",
       (small, large))


test_golden()
test_shapes()
test_odd_values()
test_bad_rows()
test_refusals()
test_exports()
test_export_faults()
test_workbooks()
test_zips()
test_several_files()
test_processes()
test_own_profile()
test_independent()
test_memory()
finish()
