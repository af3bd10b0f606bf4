"""kill -9 of everything while people save: what was acknowledged is there afterwards, and the
database is whole. (The power cut, which also drops unflushed pages, is tests/unit/test_db_crash.c.)"""
import http.client
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Browser, Server, demo, finish, ok, run, scratch  # noqa: E402

WRITERS = 4


def write_people(server, label, acknowledged, stop):
    browser = Browser(server)
    browser.sign_in()
    n = 0
    while not stop.is_set():
        name = f"Killtest {label} {n}"
        body = json.dumps({"names": [{"name_text": name}], "sex": "unknown"}).encode()
        try:
            status, _, _ = browser.open("/records/person", body, {
                "Content-Type": "application/json", "Accept": "application/json",
                "X-CSRF-Token": browser.csrf})
        except (OSError, http.client.HTTPException):
            return
        if status == 201:
            acknowledged.append(name)
        n += 1


def round_of(database, label, seconds):
    server = Server(database)
    acknowledged, stop = [], threading.Event()
    threads = [threading.Thread(target=write_people,
                                args=(server, f"{label}-{n}", acknowledged, stop)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    return acknowledged


def names_in(database):
    out = f"/dev/shm/hw-kill-{os.getpid()}"
    done = run("export", "person", "--database", database, "--format", "json", "--out", out)
    if done.returncode != 0:
        return set(), done.stderr
    with open(out, encoding="utf-8") as file:
        people = json.load(file)
    os.remove(out)
    return {n["name_text"] for p in people for n in p["answers"]["names"]}, ""


def main():
    database = demo(scratch())
    acknowledged = []
    for number in range(3):
        acknowledged += round_of(database, number, 1.5 + number * 0.7)
        done = run("check", "--database", database)
        ok(done.returncode == 0, f"after kill {number + 1} the database is whole", done.stderr)
    ok(len(acknowledged) > 30, f"people were saved before each kill ({len(acknowledged)})")
    names, problem = names_in(database)
    lost = [n for n in acknowledged if n not in names]
    ok(not lost and not problem, "nobody who was acknowledged is lost", problem or lost[:5])
    finish()


if __name__ == "__main__":
    main()
