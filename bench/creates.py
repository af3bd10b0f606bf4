"""Creates: new people over the API, 8 at a time, each durable before its answer, beside what the disk
takes: bare appends, and single commits, one row of the size of a person at a time in a WAL database
with synchronous=FULL; and beside commits of the bytes of a create, into as many trees, by plain
SQLite in an empty database. Once as the disk is, and once with a millisecond more for each flush,
as on the disks of laptops.
"""
import os
import subprocess
import time

from kit import Browser, Server

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release", "bench")
ROW_BYTES = 1200
# A person: the record in 7 trees (with its indexes), a name, history and audit in 4 each, two
# counters and the identity officer's look in 2 each; 1500 bytes of rows and 700 of keys.
TREES, TREES_BYTES = 22, 2200
SECONDS = 1.5
CREATE = """
local n = 0
request = function()
  n = n + 1
  return wrk.format('POST', '/records/person', {
    ['Content-Type'] = 'application/json', ['Accept'] = 'application/json',
    ['Cookie'] = '%s', ['X-CSRF-Token'] = '%s' },
    '{"names":[{"name_text":"Bench ' .. n .. '","name_kind":"given"}],"sex":"unknown"}')
end
"""


def append_rate(folder):
    """Single 4 KB appends, each made durable."""
    path = os.path.join(folder, "sync")
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    began, n = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        os.write(fd, b"x" * 4096)
        os.fdatasync(fd)
        n += 1
    rate = n / (time.perf_counter() - began)
    os.close(fd)
    os.remove(path)
    return rate


def commit_rate(folder, env=None, size=ROW_BYTES, trees=1):
    """Single commits, each durable: one writer, one at a time."""
    path = os.path.join(folder, "commits.db")
    done = subprocess.run([os.path.join(BUILD, "measure_commits"), path, str(size),
                           str(trees), str(SECONDS)], check=True, capture_output=True,
                          env={**os.environ, **(env or {})})
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(path + ending):
            os.remove(path + ending)
    return float(done.stdout)


def build():
    subprocess.run(["ninja", "-C", os.path.dirname(BUILD), "bench/measure_commits",
                    "bench/slow_flush.so"], check=True, stdout=subprocess.DEVNULL)


def create_rate(server, browser, folder, wrk):
    """Creates a second, and the p99 in milliseconds."""
    cookie = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    path = os.path.join(folder, "create.lua")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CREATE % (cookie, browser.csrf))
    rate, p99, bad = wrk(server, browser, "/", script=path)
    if bad:
        raise RuntimeError(f"{bad} people were refused")
    return rate, p99


def measure(say, server, browser, folder, wrk):
    build()
    appends, commits = append_rate(folder), commit_rate(folder)
    say("this disk: 4 KB appends made durable, one at a time", f"{appends:.0f}/s")
    say(f"this disk: single commits of {ROW_BYTES} bytes (SQLite, WAL, FULL)", f"{commits:.0f}/s")
    rate, p99 = create_rate(server, browser, folder, wrk)
    say("durable creates of a person, 8 connections, of this disk's single commits",
        f"{100 * rate / commits:.0f} %",
        f"at least 60 %; {rate:.0f}/s, p99 {p99:.1f} ms; history, audit, rules, index; client on the"
        " same cores")
    rows = commit_rate(folder, size=TREES_BYTES, trees=TREES)
    say(f"the same, of commits of {TREES_BYTES} bytes in {TREES} trees (plain SQLite)",
        f"{100 * rate / rows:.0f} %", f"{rate:.0f}/s of {rows:.0f}/s")
    say("the same, of bare 4 KB appends", f"{100 * rate / appends:.0f} %",
        f"at least 60 %; {rate:.0f}/s of {appends:.0f}/s")


def measure_slow(say, database, folder, wrk):
    """Server and ceiling with the same slow flush."""
    build()
    slow = {"LD_PRELOAD": os.path.join(BUILD, "slow_flush.so")}
    commits = commit_rate(folder, slow)
    server = Server(database, env=slow)
    browser = Browser(server)
    browser.sign_in()
    rate, p99 = create_rate(server, browser, folder, wrk)
    server.stop()
    say("the same where a flush takes 1 ms more, of single commits there",
        f"{100 * rate / commits:.0f} %",
        f"at least 60 %; {rate:.0f}/s of {commits:.0f}/s, p99 {p99:.1f} ms")
