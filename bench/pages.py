"""Pages of a programme of many cases: the case, its lists, and people sorted by name.

The case page has a dozen sections, 40 KB and 38 things unsealed: 25 steps, 12 comments, the case.
"""
import csv
import json
import os
import random

HEAVY = 100  # cases that have all this
STEPS = 25
COMMENTS = 12
CASELOAD = 300  # of one worker, and people who are sorted by name
NOTE = "Met at the office and spoke about the plan, the training and what is still missing. " * 23


def rows_of(run, database, kind, user, folder):
    """Numbers of all records of a kind that a user sees, in the order in which they were made."""
    path = os.path.join(folder, "numbers.csv")
    done = run("export", kind, "--database", database, "--as", user, "--out", path,
               "--columns", "record.number", timeout=3600)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    with open(path, encoding="utf-8-sig", newline="") as file:
        numbers = [row[0] for row in csv.reader(file)][1:]
    os.remove(path)
    return numbers


def bring_in(run, database, kind, user, folder, rows):
    path = os.path.join(folder, "rows.csv")
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    done = run("import", kind, path, "--database", database, "--as", user, timeout=7200)
    os.remove(path)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)


def add_cases(run, database, folder):
    """A case for each person of both offices; one worker has as many as CASELOAD."""
    dice = random.Random(20261122)
    for user, programme, others in (("supervisor", "SN-RR", "casemanager"),
                                    ("supervisor.iq", "IQ-RR", "supervisor.iq")):
        numbers = rows_of(run, database, "person", user, folder)
        every = max(1, len(numbers) // CASELOAD)
        rows = [["record.parent", "programme", "worker", "opened", "priority", "return_context"]]
        for i, number in enumerate(numbers):
            mine = user == "supervisor" and i % every == 0
            month, day = dice.randint(1, 12), dice.randint(1, 28)
            rows.append([number, programme, "specialist" if mine else others,
                         f"2025-{month:02}-{day:02}", "high" if dice.random() < 0.1 else "normal",
                         dice.choice(["spontaneous", "assisted_voluntary", "forced"])])
        bring_in(run, database, "case", user, folder, rows)


def add_steps(run, database, folder):
    numbers = rows_of(run, database, "case", "supervisor", folder)[:HEAVY]
    rows = [["record.parent", "action_kind", "due_on", "action_note"]]
    rows += [[number, ("contact", "visit", "screening", "report")[i % 4],
              f"2026-{1 + i % 9:02}-11", NOTE[:160]] for number in numbers for i in range(STEPS)]
    bring_in(run, database, "action", "supervisor", folder, rows)


def heavy_ids(browser):
    _, _, text = browser.open(f"/records/case?sort=number&limit={HEAVY}",
                              headers={"Accept": "application/json"})
    return [item["id"] for item in json.loads(text)["items"]]


def post(browser, path, fields):
    status, _, text = browser.open(path, fields)
    if status != 303:
        raise SystemExit(f"{path} answered {status}: {text[-400:]}")


def add_comments(browser):
    for case in heavy_ids(browser):
        for n in range(COMMENTS):
            post(browser, f"/records/case/{case}/comments", {"text": f"{n + 1}. {NOTE}"[:1990]})


def some_have_died(browser, people):
    """So that a list of CASELOAD people can be sorted by name."""
    for person in people[:CASELOAD]:
        post(browser, f"/records/person/{person}/status",
             {"to": "deceased", "reason": "For measuring.", "version": "1"})


def worker_of(browser, case):
    _, _, text = browser.open(f"/records/case/{case}", headers={"Accept": "application/json"})
    return json.loads(text)["answers"]["worker"]


def combinations(worker):
    """Six filters and orders, as people ask for them."""
    return ["/records/case?sort=newest", "/records/case?sort=number&status=new",
            "/records/case?sort=changed&f.priority=high", f"/records/case?f.worker={worker}",
            "/records/case?sort=c.opened&f.opened.from=2025-06-01&f.opened.to=2025-08-31",
            "/records/case?sort=c.opened.down&f.priority=high&f.programme=SN-RR"]


def measure(say, server, browser, tools):
    """tools: wrk, paths_script and static_path of bench/run.py."""
    wrk, paths_script, static_path = tools
    static, _, _ = wrk(server, browser, static_path(browser))
    cases = [f"/records/case/{case}" for case in heavy_ids(browser)]
    _, _, page = browser.open(cases[0])
    rate, p99, bad = wrk(server, browser, "/", script=paths_script("case.lua", cases))
    say("case page per second, read audit durable", f"{rate:.0f}",
        f"at least 3,000; {bad} failed; {len(page) // 1024} KB,"
        f" {page.count('<section')} sections; {rate / static:.3f} of a static file")
    say("case page, slowest of a hundred", f"{p99:.1f} ms", "at most 15 ms; 8 connections")
    lists = combinations(worker_of(browser, heavy_ids(browser)[0]))
    for path in lists:
        status, _, _ = browser.open(path)
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
    rate, p99, bad = wrk(server, browser, "/", script=paths_script("lists.lua", lists))
    say("list per second, six filters and orders, count shown", f"{rate:.0f}",
        f"at least 1,500; {bad} failed; {rate / static:.3f} of a static file")
    say("list, slowest of a hundred", f"{p99:.1f} ms", "at most 15 ms; 8 connections")
    rate, p99, bad = wrk(server, browser, "/records/person?sort=name&status=deceased")
    say(f"list of {CASELOAD} people by name per second", f"{rate:.0f}",
        f"at least 150; {bad} failed")
    say("list by name, slowest of a hundred", f"{p99:.1f} ms", "at most 15 ms; 8 connections")
