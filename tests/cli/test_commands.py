"""The commands as somebody at a terminal meets them: help that teaches, errors that say what to do,
backup and restore, wrong keys, and an audit that shows when it was touched."""
import csv
import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import (HOMEWARD, SOURCE, Api, Browser, Server, demo, finish, ok, run,  # noqa: E402
                 scratch, token, wait_for)

COMMANDS = ["serve", "demo", "init", "survey score", "import", "export", "index", "user", "form",
            "backup", "restore", "check", "keys", "audit"]


def test_help():
    for command in COMMANDS:
        done = run(*command.split(), "--help")
        ok(done.returncode == 0 and len(done.stdout) > 120 and "--" in done.stdout,
           f"homeward {command} --help teaches", done.stdout + done.stderr)
    done = run()
    ok(done.returncode == 2 and "serve" in done.stderr, "without a command all of them are listed")
    done = run("srve")
    ok(done.returncode != 0 and "srve" in done.stderr, "an unknown command is named")


def test_missing(folder):
    path = os.path.join(folder, "none.db")
    done = run("serve", "--database", path)
    ok(done.returncode == 3 and "homeward demo" in done.stderr and not os.path.exists(path),
       "a database that is not there is not made by serve", done.stderr)
    done = run("serve", "--database", path, "--prot", "1")
    ok(done.returncode == 2 and "--port" in done.stderr, "a misspelt option is guessed", done.stderr)


def test_passphrase(folder):
    path, secret = os.path.join(folder, "pass.db"), os.path.join(folder, "secret")
    wrong = os.path.join(folder, "wrong")
    with open(secret, "w") as file:
        file.write("river gate lantern\n")
    with open(wrong, "w") as file:
        file.write("river gate lamp\n")
    done = run("init", "--database", path, "--passphrase", "--passphrase-file", secret,
               "--organisation", "Org", "--office", "Office", "--code", "AA", "--country", "SN")
    ok(done.returncode == 0, "an empty office is made, protected by a passphrase", done.stderr)
    before = open(path + ".keys", "rb").read()
    done = run("check", "--database", path, "--passphrase-file", wrong)
    ok(done.returncode == 2 and "passphrase" in done.stderr, "a wrong passphrase is refused, with why",
       done.stderr)
    ok(open(path + ".keys", "rb").read() == before, "a wrong passphrase harms nothing")
    done = run("check", "--database", path, "--passphrase-file", secret)
    ok(done.returncode == 0, "the right passphrase opens it", done.stderr)
    done = run("check", "--database", path)
    ok(done.returncode == 2 and "--passphrase-file" in done.stderr,
       "without a terminal it says how to give the passphrase", done.stderr)


def passes(path, *secret):
    """Whether it opens with a file that holds this secret."""
    return run("check", "--database", path, *secret).returncode == 0


def secret_file(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return path


def on_terminal(words, answers):
    """Runs homeward with a terminal of its own, types the answers; exit status and what was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(HOMEWARD, [HOMEWARD, *words])
    shown = b""
    try:
        while True:
            part = os.read(terminal, 4096)
            shown += part
            if part.rstrip().endswith(b":") and answers:
                os.write(terminal, answers.pop(0).encode() + b"\n")
            if not part:
                break
    except OSError:
        pass  # Linux: the other side is closed
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_init_asks_twice(folder):
    path = os.path.join(folder, "typed.db")
    words = ("init", "--database", path, "--passphrase", "--organisation", "O", "--office", "Dakar",
             "--code", "SN", "--country", "SN")
    status, shown = on_terminal(words, ["river stone lamp", "river stone lmap", "river stone lamp"])
    ok(status == 2 and "same" in shown and "stone" not in shown,
       "two different answers make no key store", shown)
    status, shown = on_terminal(words, ["river stone lamp"] * 3)
    ok(status == 0 and shown.count("passphrase") == 2,
       "a new passphrase is asked for twice, and not once more to open", shown)
    ok(passes(path, "--passphrase-file", secret_file(folder, "river", "river stone lamp")),
       "what was typed opens it")


def test_keys_change(folder):
    path = os.path.join(folder, "pass.db")
    first, second = os.path.join(folder, "secret"), secret_file(folder, "second", "lamp river stone")
    change = ("keys", "change", "--database", path)
    old = ("--passphrase-file", first)
    done = run(*change, *old, "--new-passphrase-file", secret_file(folder, "brief", "lamp"))
    ok(done.returncode == 2 and passes(path, *old), "a new passphrase that is too short is refused",
       done.stderr)
    done = run(*change, "--passphrase-file", second, "--new-passphrase-file", second)
    ok(done.returncode == 2, "whoever does not have the old passphrase cannot change it", done.stderr)
    done = run(*change, *old, "--new-passphrase", "lamp river stone")
    ok(done.returncode == 2, "a new passphrase on the command line is refused", done.stderr)
    done = run(*change, *old, "--new-passphrase-file", "-", stdin=b"lamp river stone\n")
    ok(done.returncode == 0, "the passphrase is changed, the new one from standard input", done.stderr)
    ok(passes(path, "--passphrase-file", second), "the new passphrase opens, all is in order")
    ok(not passes(path, *old), "the old one is refused")

    sides = [("--passphrase-file", second), ("--passphrase-file", first)]
    torn = 0
    for wait in (0.1, 0.2, 0.3, 0.5):
        with subprocess.Popen([HOMEWARD, *change, *sides[0], "--new-passphrase-file", sides[1][1]],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            time.sleep(wait)
            running.kill()
        old_opens, new_opens = passes(path, *sides[0]), passes(path, *sides[1])
        torn += old_opens == new_opens
        if new_opens:
            sides.reverse()
    ok(torn == 0, "killed at any moment, exactly one of the two opens it", torn)

    status, shown = on_terminal((*change, *sides[0]), ["typed on a terminal", "typed otherwise"])
    ok(status == 2 and "same" in shown and passes(path, *sides[0]), "two different answers change nothing",
       shown)
    status, shown = on_terminal((*change, *sides[0]), ["typed on a terminal"] * 2)
    ok(status == 0 and "typed" not in shown, "it is asked for on the terminal and not shown", shown)
    typed = ("--passphrase-file", secret_file(folder, "typed", "typed on a terminal"))
    file = os.path.join(folder, "new.master")
    done = run(*change, *typed, "--new-key-file", file)
    ok(done.returncode == 0 and os.stat(file).st_mode & 0o777 == 0o600,
       "a passphrase is changed for a key file that is made", done.stderr)
    ok(passes(path, "--key-file", file) and not passes(path, *typed), "now the key file alone opens it")
    done = run(*change, "--key-file", file, "--new-key-file", file)
    ok(done.returncode == 5, "a key file is not changed for itself", (done.returncode, done.stderr))


def test_key_file(folder, database):
    master, kept = database + ".master", os.path.join(folder, "kept")
    shutil.move(master, kept)
    with open(master, "w") as file:
        file.write("0" * 64 + "\n")
    os.chmod(master, 0o600)
    done = run("check", "--database", database)
    ok(done.returncode == 2 and "key" in done.stderr, "a wrong key file is refused, with why",
       done.stderr)
    os.remove(master)
    done = run("check", "--database", database)
    ok(done.returncode != 0 and master in done.stderr, "a missing key file is named", done.stderr)
    shutil.move(kept, master)
    os.chmod(master, 0o644)
    done = run("check", "--database", database)
    ok(done.returncode != 0, "a key file that others may read is refused", done.stdout)
    os.chmod(master, 0o600)
    done = run("check", "--database", database)
    ok(done.returncode == 0, "with its key file the demo is in order", done.stderr)


def test_backup(folder, database):
    backup, copy = os.path.join(folder, "bk"), os.path.join(folder, "copy.db")
    done = run("backup", "--database", database, "--out", backup)
    ok(done.returncode == 0, "a backup is made", done.stderr)
    done = run("backup", "--database", database, "--out", backup)
    ok(done.returncode != 0, "a backup never overwrites another")
    done = run("restore", "--from", backup, "--database", copy)
    ok(done.returncode == 0, "it can be restored", done.stderr)
    shutil.copy(database + ".master", copy + ".master")
    done = run("index", "rebuild", "--database", copy)
    ok(done.returncode == 0, "the search index is made again", done.stderr)
    done = run("check", "--database", copy)
    ok(done.returncode == 0, "the restored database is whole", done.stderr)
    out_a, out_b = "/dev/shm/hw-a-%d" % os.getpid(), "/dev/shm/hw-b-%d" % os.getpid()
    run("export", "person", "--database", database, "--format", "csv", "--out", out_a)
    run("export", "person", "--database", copy, "--format", "csv", "--out", out_b)
    same = open(out_a, "rb").read() == open(out_b, "rb").read()
    ok(same and os.path.getsize(out_a) > 10000, "it holds the same people")
    os.remove(out_a)
    os.remove(out_b)
    with open(os.path.join(backup, "main"), "r+b") as file:
        file.seek(5000)
        file.write(b"x")
    done = run("restore", "--from", backup, "--database", os.path.join(folder, "other.db"))
    ok(done.returncode == 2 and "checksum" in done.stderr, "a damaged backup is refused", done.stderr)
    return copy


def spoil(path, first, step):
    """Overwrites a few bytes of every page from first on."""
    with open(path, "r+b") as file:
        for place in range(first, os.path.getsize(path), step):
            file.seek(place)
            file.write(b"damaged!")


def test_index(copy):
    """The index is made again whatever became of its file."""
    index = copy + ".index"
    done = run("index", "rebuild", "--database", copy)
    whole = done.stdout
    ways = [("its first page is damaged", lambda: spoil(index, 0, 1 << 30)),
            ("its pages are damaged", lambda: spoil(index, 4096, 4096)),
            ("it is cut off", lambda: os.truncate(index, os.path.getsize(index) // 2 + 7)),
            ("it holds something else", lambda: open(index, "wb").write(b"no index" * 999)),
            ("it is empty", lambda: os.truncate(index, 0)),
            ("it is gone", lambda: os.remove(index))]
    for what, damage in ways:
        for rest in ("-wal", "-shm"):
            if os.path.exists(index + rest):
                os.remove(index + rest)
        damage()
        if "page" in what:
            done = run("check", "--database", copy)
            ok(done.returncode != 0 and index in done.stderr,
               f"when {what}, a check names the file", done.stdout + done.stderr)
        done = run("index", "rebuild", "--database", copy)
        ok(done.returncode == 0 and done.stdout == whole, f"the index is made again when {what}",
           done.stdout + done.stderr)
        done = run("check", "--database", copy)
        ok(done.returncode == 0, f"all is whole after that ({what})", done.stderr)


def test_files(copy):
    """A file of a record that was damaged on the disk is found and named."""
    done = run("check", "--database", copy)
    ok(done.returncode == 0 and "each opened and whole" in done.stdout, "a check opens every file", done.stdout)
    with sqlite3.connect(copy) as db:
        name, place, sealed = db.execute("SELECT attachment_id, place, sealed FROM attachment_chunk").fetchone()
        bad = bytes([sealed[0] ^ 1]) + sealed[1:]
        db.execute("UPDATE attachment_chunk SET sealed = ? WHERE attachment_id = ? AND place = ?", (bad, name, place))
    done = run("check", "--database", copy)
    ok(done.returncode != 0 and name in done.stderr, "a damaged file is named", done.stdout + done.stderr)
    with sqlite3.connect(copy) as db:
        db.execute("UPDATE attachment_chunk SET sealed = ? WHERE attachment_id = ? AND place = ?", (sealed, name, place))
    done = run("check", "--database", copy)
    ok(done.returncode == 0, "once it is back, all is whole", done.stderr)


def test_audit(copy):
    done = run("audit", "verify", "--database", copy)
    ok(done.returncode == 0, "the audit of the demo is whole", done.stderr)
    with sqlite3.connect(copy) as db:
        db.execute("UPDATE audit SET action = 'nothing' WHERE place = 3")
    done = run("audit", "verify", "--database", copy)
    ok(done.returncode != 0, "a row of the audit that was changed is found", done.stdout)


def test_rights(folder, database):
    out = os.path.join(folder, "x.csv")
    done = run("export", "person", "--database", database, "--format", "csv", "--out", out,
               "--as", "meofficer")
    ok(done.returncode == 3 and not os.path.exists(out),
       "who may not export people does not learn on the command line that there are any", done.stderr)
    with open(out, "w", encoding="utf-8") as file:
        file.write("mine")
    done = run("export", "person", "--database", database, "--out", out, "--as", "meofficer")
    with open(out, encoding="utf-8") as file:
        ok(done.returncode == 3 and file.read() == "mine", "a file that is there survives a refused export")
    os.remove(out)
    done = run("export", "person", "--database", database, "--format", "csv", "--out", out,
               "--as", "nobody-here")
    ok(done.returncode != 0 and not os.path.exists(out), "an unknown user is refused", done.stderr)


def audit_of(database, action):
    with sqlite3.connect(database) as db:
        return db.execute("SELECT count(*) FROM audit WHERE action = ?", (action,)).fetchone()[0]


def test_export_to_others(folder, database):
    """For whom a file is: the own work, one office within scope, somebody else with consent."""
    out = os.path.join(folder, "given.csv")

    def export(kind, *more):
        if os.path.exists(out):
            os.remove(out)
        done = run("export", kind, "--database", database, "--out", out, *more)
        lines = open(out, encoding="utf-8-sig").read().splitlines() if os.path.exists(out) else []
        return done, [line for line in lines[1:] if line]

    everybody = export("person")[1]
    with sqlite3.connect(database) as db:
        offices = [code for (code,) in db.execute("SELECT code FROM office ORDER BY code")]
    parts = [export("person", "--office", code)[1] for code in offices]
    ok(len(offices) > 1 and sum(map(len, parts)) == len(everybody) and [] in parts,
       "--office takes the records of one office", [len(part) for part in parts])
    ok(export("person", "--office", "XX")[0].returncode == 3, "an office that is not there is told")
    mine = {code: export("person", "--office", code, "--as", "supervisor") for code in offices}
    ok(sorted(done.returncode for done, _ in mine.values()) == [0] + [3] * (len(offices) - 1),
       "an office outside the scope is as if it were not there",
       [done.stderr for done, _ in mine.values()])
    before = audit_of(database, "person.export")
    done, lines = export("person", "--to", "Unheard-of Bureau", "--purpose", "referral")
    ok(audit_of(database, "person.export") == before + 1, "what was asked for others is audited")
    told = sum(int(n) for n in re.findall(r"Left out, (\d+) record", done.stderr))
    ok(done.returncode == 0 and not lines and told == len(everybody),
       "without consent nothing is given to others, and why is told", done.stderr)
    with open(os.path.join(SOURCE, "content/demo/partners.csv"), encoding="utf-8") as file:
        partners = [row["name"] for row in csv.DictReader(file) if row["country"] == "SN"]
    noted = "SELECT count(*) FROM rec_disclosure"
    with sqlite3.connect(database) as db:
        (was,) = db.execute(noted).fetchone()
    given = [export("person", "--to", name, "--purpose", "referral")[1] for name in partners]
    with sqlite3.connect(database) as db:
        (now,) = db.execute(noted).fetchone()
    ok(0 < sum(map(len, given)) < len(everybody) and now - was == sum(map(len, given)),
       "a partner gets who consented to it, and each is written down", (given, was, now))
    for words in (("--to", "Unheard-of Bureau"), ("--purpose", "referral"),
                  ("--to", " ", "--purpose", "referral"), ("--to", "X", "--purpose", "immigration")):
        done, lines = export("person", *words)
        ok(done.returncode == 2 and not os.path.exists(out), f"refused: {' '.join(words)}", done.stderr)


def test_disk_full(folder):
    """A small file system of its own: writes end in a clear error, reads go on."""
    if os.geteuid() != 0:
        return
    small = os.path.join(folder, "small")
    os.mkdir(small)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", small],
                             capture_output=True)
    if mounted.returncode != 0:
        print("# no mount here: the disk-full test of the db room stands alone")
        return
    try:
        database = demo(small)
        free = os.statvfs(small)
        with open(os.path.join(small, "filler"), "wb") as file:
            file.write(b"x" * max(0, free.f_bavail * free.f_frsize - 20000))
        people = os.path.join(SOURCE, "tests/data/people.csv")
        done = run("import", "person", people, "--database", database)
        ok(done.returncode != 0 and "full" in done.stderr, "a full disk is told in clear words",
           done.stderr)
        os.remove(os.path.join(small, "filler"))
        done = run("check", "--database", database)
        ok(done.returncode == 0, "nothing was harmed by the full disk", done.stderr)
        serve_on_full_disk(small, database)
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def fill(path):
    """Writes until there is no room for another page."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        while True:
            os.write(file, b"x" * 4096)
    except OSError:
        os.close(file)


def serve_on_full_disk(small, database):
    server = Server(database)
    api = Api(server, token(database))
    known = json.loads(api.get("/records/person?limit=5")[2])["items"][0]["id"]
    ok(wait_for(lambda: os.path.getsize(database + ".access-wal") > 2000000),
       "the access log keeps room for a full disk")
    fill(os.path.join(small, "filler"))
    reads = [api.get(f"/records/person/{known}")[0] for _ in range(1500)]
    ok(set(reads) == {200}, "people can be looked up on a full disk, and it is recorded",
       {r: reads.count(r) for r in set(reads)})
    person = {"names": [{"name_text": "Disktest"}], "sex": "unknown"}
    replies = [api.call("POST", "/records/person", person) for _ in range(4)]
    ok(all(r[0] == 500 and "full" in r[2] for r in replies), "a save on a full disk says so",
       [(r[0], r[2][:200]) for r in replies])
    browser = Browser(server)
    ok(browser.open("/login")[0] == 200, "the sign-in page goes on")
    os.remove(os.path.join(small, "filler"))
    status, _, text = api.call("POST", "/records/person", person)
    ok(status == 201, "once there is room, saving goes on without a restart", text)
    people = json.loads(api.get("/records/person?limit=5")[2])["items"]
    ok([p["title"] for p in people].count("Disktest") == 1, "what was refused was not stored", people[:2])
    server.stop()
    done = run("check", "--database", database)
    ok(done.returncode == 0, "the database is whole afterwards", done.stderr)


def main():
    folder = scratch()
    test_help()
    test_missing(folder)
    test_passphrase(folder)
    test_init_asks_twice(folder)
    test_keys_change(folder)
    database = demo(folder)
    test_key_file(folder, database)
    copy = test_backup(folder, database)
    test_index(copy)
    test_files(copy)
    test_audit(copy)
    test_rights(folder, database)
    test_export_to_others(folder, database)
    test_disk_full(folder)
    version = subprocess.run([HOMEWARD, "--version"], capture_output=True).stdout.decode()
    ok(version.startswith("homeward "), "it tells its version")
    finish()


if __name__ == "__main__":
    main()
