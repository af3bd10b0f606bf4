#!/usr/bin/env python3
"""make bench: figures of the release binary, each beside a ceiling measured in the same run.

usage: bench/run.py [--people N] [--interviews N] [--only PART,PART] [--quick]

Parts: scores forms form-page publish rules facts names demo pages search creates exchange.
Its databases stay in build/bench and are used again: the first run makes one of N cases, which
takes some minutes, the next ones about ten in all. --quick measures each part for a moment only,
to see that it runs. Exit status 1: some figure is not as wanted.
"""
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ["HOMEWARD"] = os.path.join(ROOT, "build", "release", "homeward")
os.environ["HOMEWARD_SOURCE"] = ROOT
sys.path.insert(0, os.path.join(ROOT, "tests", "cli"))
from kit import Browser, Server, run  # noqa: E402
import creates  # noqa: E402
import exchange  # noqa: E402
import facts  # noqa: E402
import forms  # noqa: E402
import forms_page  # noqa: E402
import pages  # noqa: E402
import names  # noqa: E402
import publish  # noqa: E402
import report  # noqa: E402
import rules  # noqa: E402
import scoring  # noqa: E402

FOLDER = os.path.join(ROOT, "build", "bench")


def option(name, default):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


QUICK = "--quick" in sys.argv


def wrk(server, browser, path, seconds=4, script=None, connections=8):
    seconds = 1 if QUICK else seconds
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    cookie = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    command += ["-H", f"Cookie: {cookie}"]
    if script:
        command += ["-s", script]
    done = subprocess.run(command + [server.base + path], capture_output=True, check=True)
    text = done.stdout.decode()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    unit = {"us": 0.001, "ms": 1, "s": 1000}[p99.group(2)]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, float(p99.group(1)) * unit, int(bad.group(1)) if bad else 0


def processes_of(pid):
    kids = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True).stdout.split()
    return [pid, *map(int, kids)]


def pss_mb(pid):
    total = 0
    for process in processes_of(pid):
        with open(f"/proc/{process}/smaps_rollup") as file:
            total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))
    return total / 1024


def used_by(pid):
    """Seconds of CPU that a server and its processes have used."""
    ticks = 0
    for process in processes_of(pid):
        with open(f"/proc/{process}/stat") as file:
            ticks += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def settle(say, server):
    """Waits until the job process has caught up: a database of many records that was just made, or
    got new rules, has minutes of such work, once."""
    began = time.perf_counter()
    before = used_by(server.process.pid)
    while time.perf_counter() - began < 1800:
        time.sleep(11)  # the longest pause between two rounds of rules is ten seconds
        now = used_by(server.process.pid)
        if now - before < 0.2:
            break
        before = now
    say("the job process has caught up after", f"{time.perf_counter() - began:.0f} s")


def start_time(database):
    best = []
    for _ in range(5):
        began = time.perf_counter()
        server = Server(database)
        Browser(server).open("/login")
        best.append((time.perf_counter() - began) * 1000)
        server.stop()
    return statistics.median(best)


def people_database(say, people):
    path = os.path.join(FOLDER, f"cases-{people}.db")
    if not os.path.exists(path):
        began = time.perf_counter()
        done = run("demo", "--database", path, "--people", str(people), "--people-only",
                   timeout=3600)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        pages.add_cases(run, path, FOLDER)
        pages.add_steps(run, path, FOLDER)
        server = Server(path)
        browser = Browser(server)
        browser.sign_in()
        pages.add_comments(browser)
        pages.some_have_died(browser, some_ids(browser))
        server.stop()
        say(f"{people} people with cases made", f"{time.perf_counter() - began:.0f} s")
    return path


def some_ids(browser, wanted=400):
    ids, path = [], "/records/person?sort=number&limit=100"
    while path and len(ids) < wanted:
        _, _, text = browser.open(path, headers={"Accept": "application/json"})
        page = json.loads(text)
        ids += [item["id"] for item in page["items"]]
        token = urllib.parse.quote(page.get("next") or "")
        path = f"/records/person?sort=number&limit=100&page={token}" if token else None
    return ids


def paths_script(name, paths):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.write("local paths = {" + ",".join(json.dumps(p) for p in paths) + "}\n"
                   "local i = 0\nrequest = function()\n  i = i + 1\n"
                   "  return wrk.format('GET', paths[(i * 7919) % #paths + 1])\nend\n")
    return path


def static_path(browser):
    _, _, text = browser.open("/login" if not browser.cookies else "/")
    return re.search(r'href="(/static/[^"]+app\.css)"', text).group(1)


def searches(say, browser, people):
    """Names that are there, one in ten a miss and one in ten the commonest of all."""
    with open(os.path.join(ROOT, "content/demo/names.csv"), encoding="utf-8") as file:
        names = [line.split(",")[3] for line in file.read().split("\n")[1:] if line.count(",") > 5]
    commonest = statistics.mode(names)
    times, rounds = [], 40 if QUICK else 400
    for i in range(rounds):
        words = {0: "Zzyxqwort", 5: commonest}.get(i % 10, names[i * 37 % len(names)])
        began = time.perf_counter()
        status, headers, _ = browser.open("/records/person/search", {"words": words})
        if status == 303:
            status, _, _ = browser.open(headers["Location"])
        times.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise SystemExit(f"search answered {status}")
    times.sort()
    say(f"name search among {people} people (post and result page)",
        f"p99 {times[int(rounds * 0.99) - 1]:.1f} ms",
        f"at most 20 ms; median {times[rounds // 2]:.1f} ms")


def demo(say, folder):
    for name in os.listdir(folder):
        if name.startswith("demo.db"):
            os.remove(os.path.join(folder, name))
    began = time.perf_counter()
    done = run("demo", "--database", os.path.join(folder, "demo.db"), timeout=600)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    say("the demo of 500 lives made", f"{time.perf_counter() - began:.1f} s", "at most 20 s")


def all_of(say, people, wanted):
    """What stands on a database of its own, then what is asked of a server of many cases."""
    for name, measure, args in (
            ("scores", scoring.measure, (option("--interviews", 1000000),)),
            ("forms", forms.measure, ()), ("form-page", forms_page.measure, ()),
            ("publish", publish.measure, ()), ("rules", rules.measure, ()),
            ("facts", facts.measure, ()), ("names", names.measure, ()), ("demo", demo, ())):
        if wanted(name):
            say.part(name, measure, FOLDER, *args)
    if not any(map(wanted, ("pages", "search", "creates", "exchange"))):
        return
    database = people_database(say, people)
    say("start to first answer", f"{start_time(database):.0f} ms")
    server = Server(database)
    browser = Browser(server)
    browser.sign_in()
    settle(say, server)
    if wanted("pages"):
        say.part("pages", pages.measure, server, browser, (wrk, paths_script, static_path))
    if wanted("search"):
        say.part("search", searches, browser, people)
    if wanted("creates"):
        say.part("creates", creates.measure, server, browser, FOLDER, wrk)
    say("memory of all processes after this (PSS)", f"{pss_mb(server.process.pid):.0f} MiB")
    server.stop()
    if wanted("creates"):
        say.part("creates on a slow disk", creates.measure_slow, database, FOLDER, wrk)
    if wanted("exchange"):
        say.part("exchange", exchange.measure, database, FOLDER)


def main():
    say = report.Report()
    os.makedirs(FOLDER, exist_ok=True)
    subprocess.run(["meson", "configure", os.path.join(ROOT, "build", "release"), "-Dtests=true"],
                   check=True)  # rules, facts and names build a program there
    for old in glob.glob(FOLDER + "/*.log"):
        os.remove(old)
    people = option("--people", 100000)
    only = sys.argv[sys.argv.index("--only") + 1].split(",") if "--only" in sys.argv else []
    all_of(say, people, lambda name: not only or name in only)
    left = [] if people > 100000 else [
        ("1,000,000 cases at most 1.5 times as dear", "bench/run.py --people 1000000")]
    return 0 if say.end(left) else 1


if __name__ == "__main__":
    sys.exit(main())
