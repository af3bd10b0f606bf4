"""kill -9 of everything in the middle of an import, and of its undoing: nothing is half. What is noted
as stored is stored, the work goes on by itself after a start, and ends as if nothing had been."""
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Browser, Server, demo, finish, finished, multipart, ok, run, scratch, wait_for  # noqa: E402

ROWS = 1500
HEAD = "names.1.name_text,names.1.name_script,sex,case:opened\r\n"


def asked(database, sql):
    with sqlite3.connect(database) as db:
        return db.execute(sql).fetchone()[0]


def signed_in(database):
    server = Server(database)
    browser = Browser(server)
    browser.sign_in()
    return server, browser


def job_of(browser, job):
    return json.loads(browser.open(job, headers={"Accept": "application/json"})[2])


def killed_at(server, browser, job, far):
    """Kills the server once the job has come so far; how far it was told to be."""
    last = {}

    def there():
        last.update(job_of(browser, job))
        return last["done"] >= far or last["state"] not in ("waiting", "running")
    wait_for(there, 120)
    server.kill()
    return last


def whole(database, when):
    done = run("check", "--database", database)
    ok(done.returncode == 0, f"{when} the database is whole", done.stderr)
    stored = asked(database, "SELECT stored FROM import_run")
    made = asked(database, "SELECT count(*) FROM import_made")
    undone = asked(database, "SELECT undone FROM import_run")
    there = asked(database, "SELECT count(*) FROM import_made AS m LEFT JOIN rec_person AS p"
                  " ON p.id = m.record_id LEFT JOIN rec_case AS c ON c.id = m.record_id"
                  " WHERE coalesce(p.status, c.status) <> 'deleted'")
    ok(made == stored - undone and there == made,
       f"{when} what is noted is what there is", f"{stored} stored, {undone} undone, {made} noted, {there} there")
    lonely = asked(database, "SELECT count(*) FROM rec_person AS p WHERE p.id IN (SELECT record_id"
                   " FROM import_made) AND p.status <> 'deleted' AND NOT EXISTS (SELECT 1 FROM rec_case AS c"
                   " WHERE c.parent_id = p.id AND c.status <> 'deleted')") if undone == 0 else 0
    ok(lonely == 0, f"{when} no row of the file is stored by half", lonely)
    return stored - undone


def people(database):
    return asked(database, "SELECT count(*) FROM rec_person WHERE status <> 'deleted'")


def started(browser):
    """Uploads the file, waits for the check of it, and begins to store."""
    rows = "".join(f"Killed {n},Latn,unknown,2026-01-05\r\n" for n in range(ROWS))
    browser.open("/records/person/import")
    status, head, text = multipart(browser, "/records/person/import", "people.csv", (HEAD + rows).encode())
    ok(status == 303, "a file is sent", text[:300])
    report = finished(browser, head["Location"], 120)
    ok(report["state"] == "done" and report["result"]["good"] == ROWS, "it is checked", report)
    browser.open(head["Location"])
    status, head, text = browser.open(head["Location"] + "/start", {})
    ok(status == 303, "it is begun", text[:300])
    return head["Location"]


def main():
    database = demo(scratch())
    before = people(database)
    server, browser = signed_in(database)
    job = started(browser)
    last = 0
    for number, far in ((1, ROWS // 10), (2, ROWS // 2)):
        told = killed_at(server, browser, job, far)
        ok(told["state"] in ("waiting", "running"), f"kill {number} comes while rows are stored", told)
        now = whole(database, f"after kill {number} of the import")
        ok(last <= now < 2 * ROWS, f"kill {number} stops it on the way: {now} of {2 * ROWS}")
        last = now
        server, browser = signed_in(database)
    report = finished(browser, job, 180)
    ok(report["state"] == "done" and report["result"]["stored"] == 2 * ROWS and report["result"]["bad"] == 0,
       "the import goes on by itself, and says that every row is stored", report)
    ok(people(database) == before + ROWS, "each person is there once", people(database))
    _, _, text = browser.open(job)
    ok(f"{2 * ROWS:,}" in text or str(2 * ROWS) in text, "its page says so")

    run_id = job.rsplit("/", 1)[1]
    status, head, text = browser.open(f"/imports/{run_id}/undo", {})
    ok(status == 303, "undoing it is begun", text[:300])
    job = head["Location"]
    for number, far in ((1, ROWS // 5), (2, ROWS)):
        told = killed_at(server, browser, job, far)
        ok(told["state"] in ("waiting", "running"), f"kill {number} comes while it is undone", told)
        whole(database, f"after kill {number} of the undoing")
        server, browser = signed_in(database)
    report = finished(browser, job, 180)
    ok(report["state"] == "done" and str(2 * ROWS) in report["result"]["summary"].replace(",", ""),
       "the undoing goes on by itself, and says what was taken back", report)
    ok(people(database) == before, "nobody of the import is left", people(database))
    server.stop()
    done = run("check", "--database", database)
    ok(done.returncode == 0, "in the end all is whole", done.stderr)
    finish()


if __name__ == "__main__":
    main()
