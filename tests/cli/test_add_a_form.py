"""Follows docs/add-a-form.md word for word: writes the file, checks, publishes, uses it over API and page."""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import HOMEWARD, SOURCE, Browser, Server, demo, finish, ok, scratch  # noqa: E402


def blocks():
    with open(os.path.join(SOURCE, "docs", "add-a-form.md"), encoding="utf-8") as file:
        walk = file.read().split("## In ten minutes", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```(csv|sh)\n(.*?)```", walk, re.S)


def main():
    folder = scratch()
    os.symlink(HOMEWARD, os.path.join(folder, "homeward"))
    demo(folder, "office.db")
    server = Server(os.path.join(folder, "office.db"))
    browser = Browser(server)
    browser.sign_in("supervisor")
    status, _, _ = browser.open("/records/course_place")
    ok(status == 403, "before, nobody may see such records", status)
    env = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"]}
    outputs = []
    for language, text in blocks():
        if language == "csv":
            with open(os.path.join(folder, "course_place.csv"), "w", encoding="utf-8") as file:
                file.write(text)
            continue
        done = subprocess.run(["sh", "-e", "-c", text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")],
                              cwd=folder, env=env, capture_output=True, timeout=120)
        outputs.append(done.stdout.decode())
        ok(done.returncode == 0, "works: " + text.strip().split("\n")[0][:60],
           done.stderr.decode() + outputs[-1])
    ok(len(outputs) == 4 and shutil.which("curl"), "the walk has its four steps", len(outputs))
    ok("course_place, version 1" in outputs[0] and "course_place, version 1" in outputs[1],
       "the form is good and published")
    rec = json.loads(outputs[2])
    ok(rec["number"].startswith("CP-") and rec["answers"]["why_left"] == "Found work",
       "a record was made over the API, by the server that was running all the time", outputs[2])
    status, _, text = browser.open("/records/course_place")
    ok(status == 200 and "Course places" in text and rec["number"] in text,
       "the list shows it to the supervisor", text)
    status, _, text = browser.open("/records/person/" + rec["parent"])
    ok(status == 200 and "Course places" in text, "the person's page has the new section")
    ok("1" in outputs[3] and "whole" in outputs[3], "versions are told", outputs[3])
    finish()


main()
