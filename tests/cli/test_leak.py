"""Nothing of a person can be read in any file at rest: not in the database, its journal, the keys, the
index, the access log, a backup, temporary files or the server's log; in no usual encoding.
What must always hold: architecture, point 2."""
import base64
import csv
import glob
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Browser, Server, demo, finish, finished, multipart, ok, run, scratch, wait_for  # noqa: E402

SHORTEST = 5  # bytes: shorter words stand in random bytes by chance


def walk(value, found):
    """Every text that a person's record holds in a field that people type."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and key in (
                    "name_text", "contact_value", "contact_safe_note", "contact_owner_name",
                    "factor_note", "interview_notes", "id_value", "gender", "beneficiary_code"):
                found.add(item)
            else:
                walk(item, found)
    elif isinstance(value, list):
        for item in value:
            walk(item, found)


def words_of(texts):
    out = set()
    for text in texts:
        out.add(text)
        digits = "".join(c for c in text if c.isdigit())
        if len(digits) >= 9:
            out.add(digits)
            out.add(digits[-9:])
    return {w for w in out if len(w.encode()) >= SHORTEST}


def encodings(word):
    raw = word.encode()
    yield raw
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    escaped = json.dumps(word)[1:-1].encode()
    if escaped != raw:
        yield escaped
        yield escaped.upper().replace(b"\\U", b"\\u")
    for quoted in (urllib.parse.quote(word), urllib.parse.quote_plus(word)):
        if quoted.encode() != raw:
            yield quoted.encode()
            yield quoted.lower().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        inner = coded[(0, 2, 3)[shift]:len(coded) - (0, 3, 2)[(len(raw) + shift) % 3]]
        if len(inner) >= 7:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


def own_texts():
    """The program's own texts: forms, choices and translations stand in every database in clear, so
    a word that is part of one of them (the Arabic for Omar is in the one for age) proves nothing."""
    source = os.environ["HOMEWARD_SOURCE"]
    texts = []
    for path in glob.glob(source + "/content/**", recursive=True):
        if os.path.isfile(path) and "/names/" not in path and not path.endswith(("demo/names.csv", "demo/notes.csv")):
            with open(path, "rb") as file:
                texts.append(file.read())
    return b"\n".join(texts)


def search(needles, files):
    """Which needles stand where: {(file, needle)}. grep -F looks for all of them at once."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as list_file:
        list_file.write(b"\n".join(n for n in needles if b"\n" not in n) + b"\n")
        list_file.flush()
        done = subprocess.run(["grep", "-a", "-o", "-H", "-Z", "-F", "-f", list_file.name, "--", *files],
                              capture_output=True, env={**os.environ, "LC_ALL": "C"})
    if done.returncode > 1:
        raise RuntimeError(done.stderr.decode())
    found = set()
    for line in done.stdout.split(b"\n"):
        name, mark, hit = line.partition(b"\0")
        if mark:
            found.add((name.decode(), hit))
    odd = [n for n in needles if b"\n" in n]
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        found |= {(path, n) for n in odd if n in data}
    return found


def test_search(folder, needles):
    """The search itself is tried: every needle is found where it was planted."""
    path = os.path.join(folder, "planted")
    with open(path, "wb") as file:
        for needle in needles:
            file.write(b"\x00\xff" + needle + b"\x00\xfe\n")
    found = {hit for _, hit in search(needles, [path])}
    os.remove(path)
    hidden = [n for n in needles if n not in found]  # inside a longer one, which was told instead
    missed = [n for n in hidden if not any(n in f for f in found)]
    ok(not missed, "the search finds every encoding of every word", missed[:5])


def export_words(database):
    export = os.path.join("/dev/shm", f"hw-leak-{os.getpid()}")
    found = set()
    for kind in ("person", "rss"):
        done = run("export", kind, "--database", database, "--format", "json", "--out", export)
        ok(done.returncode == 0, f"the demo can be exported: {kind}", done.stderr)
        with open(export, encoding="utf-8") as file:
            walk(json.load(file), found)
        os.remove(export)
    return found


def use_everything(server, name, people):
    """Searches, a failed sign-in, an import with its upload, an export: all that leaves traces."""
    browser = Browser(server)
    browser.open("/login")
    status, _, _ = browser.open("/login", {"name": "Ousmane Tracetest", "password": "Secretword Tracetest"})
    ok(status == 422, "a sign-in with an unknown name fails")
    browser.sign_in()
    browser.open("/records/person")
    status, _, text = browser.follow("/records/person/search", {"words": name})
    ok(status == 200, "a search works", text[:500])
    browser.follow("/records/person/search", {"words": "Nobodytrace Searchtrace"})
    browser.open("/records/person/import")
    with_formula = people.split(b"\n")[0] + b"\nRefusedtrace,Notascript\n"
    for content in (people, with_formula):
        status, headers, text = multipart(browser, "/records/person/import", "Filenametrace.csv", content)
        ok(status == 303, "a file is uploaded", text[:500])
        finished(browser, headers["Location"])
        job = headers["Location"]
    browser.open("/records/person/export")
    status, headers, text = browser.open("/records/person/export", {"format": "csv", "whose": "own"})
    ok(status == 303, "an export is asked for", text[:500])
    finished(browser, headers["Location"])
    return job


TRACES = {"Ousmane Tracetest", "Secretword Tracetest", "Nobodytrace", "Searchtrace", "Refusedtrace",
          "Notascript", "Filenametrace"}


def main():
    folder = scratch()
    database = demo(folder)
    own = own_texts()
    words = words_of(export_words(database))
    with open(os.path.join(os.environ["HOMEWARD_SOURCE"], "tests/data/people.csv"), "rb") as file:
        people = file.read()
    rows = list(csv.DictReader(people.decode().splitlines()))
    words |= words_of(value for row in rows for key, value in row.items()
                      if key and value and key.endswith(("name_text", "contact_value", "note", "id_value")))
    words |= TRACES
    words = {w for w in words if w.encode() not in own}
    ok(len(words) > 300, f"there are many words to look for ({len(words)})")
    needles = sorted({e for w in words for e in encodings(w)})
    test_search(folder, needles)

    server = Server(database, env={"TMPDIR": folder})
    name = sorted(w for w in words if w[0].isalpha())[0]
    use_everything(server, name, people)
    done = run("import", "person", os.path.join(os.environ["HOMEWARD_SOURCE"],
                                                "tests/data/people.csv"), "--database", database)
    ok(done.returncode == 0, "the people of the test file are imported", done.stderr)
    backup = os.path.join(folder, "backup")
    done = run("backup", "--database", database, "--out", backup)
    ok(done.returncode == 0, "a backup is made while the server runs", done.stderr)

    files = [f for f in glob.glob(folder + "/**", recursive=True) if os.path.isfile(f)]
    leaks = [f"{os.path.relpath(path, folder)}: {hit[:60]!r}" for path, hit in search(needles, files)]
    kinds = {os.path.basename(f) for f in files}
    ok({"demo.db", "demo.db.keys", "demo.db.index", "demo.db.access", "demo.db.log", "main", "keys"} <= kinds
       and any(k.endswith("-wal") for k in kinds),
       "database, journal, keys, index, access log, log and backup were searched", sorted(kinds))
    ok(not leaks, f"no word of a person stands in any of {len(files)} files", "\n".join(leaks[:20]))
    server.stop()
    finish()


if __name__ == "__main__":
    main()
