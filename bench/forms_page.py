"""One answer of a form with 1,000 questions changed in a page: how long until its new state is there."""
import json
import os
import statistics
import time
import urllib.parse

from kit import Browser, Server, demo, run

QUESTIONS = 1000


def form():
    head = "survey\n,type,name,label::English (en),relevant,calculation,choice_filter\n"
    rows = ""
    for n in range(0, QUESTIONS, 10):
        before = f" + ${{q{n - 2}}}" if n else ""
        rows += (f",select_one yn,q{n},Question,,,\n,text,q{n + 1},Question,${{q{n}}} = 'yes',,\n"
                 f",integer,q{n + 2},Question,,,\n,date,q{n + 3},Question,,,\n"
                 f",select_one town,q{n + 4},Question,,,region = ${{q{n}}}\n"
                 f",select_multiple yn,q{n + 5},Question,,,\n"
                 f",calculate,q{n + 6},Sum,,\"if(${{q{n + 2}}} > 17, 'adult', 'child')\",\n"
                 f",decimal,q{n + 7},Question,\"selected(${{q{n + 5}}}, 'yes')\",,\n"
                 f",calculate,q{n + 8},Sum,,\"coalesce(${{q{n + 7}}}, 0) + ${{q{n + 2}}}{before}\",\n"
                 f",note,q{n + 9},\"You said ${{q{n + 2}}}\",${{q{n + 6}}} = 'adult',,\n")
    return (head + rows + "choices\n,list_name,name,label::English (en),region\n,yn,yes,Yes,\n"
            ",yn,no,No,\n,town,arl,Arlit,yes\n,town,aga,Agadez,yes\n,town,dos,Dosso,no\n"
            "settings\n,form_title::English (en),form_id,version\n,Page,bench_page,1\n")


def answers(years):
    said = []
    for n in range(0, QUESTIONS, 10):
        said += [(f"q{n}", "yes"), (f"q{n + 1}", "Some words"), (f"q{n + 2}", "35"),
                 (f"q{n + 3}", "2026-01-31"), (f"q{n + 4}", "aga"), (f"q{n + 5}", "yes"),
                 (f"q{n + 7}", "12.5")]
    return [(name, years if name == "q502" else value) for name, value in said]


def measure(say, folder):
    for name in os.listdir(folder):
        if name.startswith("page.db"):
            os.remove(os.path.join(folder, name))
    database = demo(folder, "page.db") or os.path.join(folder, "page.db")
    path = os.path.join(folder, "page.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write(form())
    done = run("form", "publish", path, "--database", database, "--as", "admin", "--grant",
               "supervisor=all")
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    server = Server(database)
    browser = Browser(server)
    browser.sign_in()
    status, _, page = browser.open("/records/bench_page/new")
    if status != 200:
        raise RuntimeError(f"the page answered {status}")
    took, nothing, size = [], [], 0
    headers = {"Accept": "application/json", "X-CSRF-Token": browser.csrf,
               "Content-Type": "application/x-www-form-urlencoded"}
    for i in range(40):
        pairs = answers(str(20 + i)) + [("_was.q502", "35"), ("csrf", browser.csrf)]
        body = urllib.parse.urlencode(pairs).encode()
        began = time.perf_counter()
        status, _, text = browser.open("/records/bench_page/state", body, headers)
        took.append(1000 * (time.perf_counter() - began))
        if status != 200 or "q502" not in json.loads(text)["fields"]:
            raise RuntimeError(f"the state answered {status}: {text[:200]}")
        size = len(text)
        began = time.perf_counter()
        browser.open("/login")
        nothing.append(1000 * (time.perf_counter() - began))
    say(f"one of {QUESTIONS} questions changed: its new state, over HTTP",
        f"{statistics.median(took):.1f} ms",
        f"at most 10 ms; a small page {statistics.median(nothing):.1f} ms; {size} bytes")
    say(f"the empty page of {QUESTIONS} questions", f"{len(page) / 1024:.0f} KB", "before compression")
    server.stop()
