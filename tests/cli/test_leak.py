"""Nothing of a person can be read in any file at rest: not in the database, its journal, the keys, the
index, the access log, a backup, temporary files or the server's log; in no usual encoding.
Proves C-12-43 in part and architecture section 9, point 2."""
import base64
import glob
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Browser, Server, demo, finish, ok, run, scratch  # noqa: E402

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


def main():
    folder = scratch()
    database = demo(folder)
    export = os.path.join("/dev/shm", f"hw-leak-{os.getpid()}.json")
    interviews = export + ".rss"
    first = run("export", "person", "--database", database, "--format", "json", "--out", export)
    second = run("export", "rss", "--database", database, "--format", "json", "--out", interviews)
    ok(first.returncode == 0 and second.returncode == 0, "the demo can be exported",
       first.stderr + second.stderr)
    found = set()
    for path in (export, interviews):
        with open(path, encoding="utf-8") as file:
            walk(json.load(file), found)
        os.remove(path)
    words = words_of(found)
    ok(len(words) > 300, f"the demo has many words to look for ({len(words)})")

    server = Server(database, env={"TMPDIR": folder})
    browser = Browser(server)
    browser.sign_in()
    name = sorted(w for w in words if not w[0].isdigit() and not w.startswith("+"))[0]
    browser.open("/records/person")
    status, _, text = browser.follow("/records/person/search", {"words": name})
    ok(status == 200, "a search for one of them works", text[:500])
    with open(os.path.join(os.environ["HOMEWARD_SOURCE"], "tests/data/people.csv"), "rb") as file:
        people = file.read().decode()
    words |= words_of({"عثمان", "فاطمة"} & {w for w in people.replace("\n", ",").split(",")})
    done = run("import", "person", os.path.join(os.environ["HOMEWARD_SOURCE"],
                                                "tests/data/people.csv"), "--database", database)
    ok(done.returncode == 0, "the people of the test file are imported", done.stderr)
    backup = os.path.join(folder, "backup")
    done = run("backup", "--database", database, "--out", backup)
    ok(done.returncode == 0, "a backup is made while the server runs", done.stderr)

    leaks = []
    files = [f for f in glob.glob(folder + "/**", recursive=True) if os.path.isfile(f)]
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        for word in words:
            leaks += [f"{os.path.relpath(path, folder)}: {word!r} as {e[:40]!r}"
                      for e in encodings(word) if e in data]
    kinds = {os.path.basename(f) for f in files}
    ok({"demo.db", "demo.db.keys", "demo.db.index", "demo.db.access", "main", "keys"} <= kinds
       and any(k.endswith("-wal") for k in kinds),
       "database, journal, keys, index, access log and backup were searched", sorted(kinds))
    ok(not leaks, f"no word of a person stands in any of {len(files)} files", "\n".join(leaks[:20]))
    server.stop()
    finish()


if __name__ == "__main__":
    main()
