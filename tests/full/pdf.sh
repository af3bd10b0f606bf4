#!/bin/sh
# The one-page result as the server sends it: sound for qpdf, one page, and its text can be read.
set -eu
cd "$(dirname "$0")/../.."
exec python3 - <<'EOF'
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests/cli")
from kit import Browser, Server, demo, finish, ok, scratch  # noqa: E402

folder = scratch()
server = Server(demo(folder))
for login in ("supervisor", "supervisor.iq"):
    browser = Browser(server)
    browser.sign_in(login)
    people = re.findall(r'href="(/records/person/[0-9a-f-]{36})"', browser.open("/records/person")[2])
    links = []
    for person in people:
        links += re.findall(r'href="(/survey/results/[0-9a-f-]{36}/pdf[^"]*)"', browser.open(person)[2])
    ok(links, f"{login} sees results ({len(links)})")
    for number, link in enumerate(links[:8]):
        path = os.path.join(folder, f"{login}-{number}.pdf")
        status, head, _ = browser.open(link)
        with open(path, "wb") as file:
            file.write(browser.body)
        done = subprocess.run(["qpdf", "--check", path], capture_output=True)
        pages = subprocess.run(["qpdf", "--show-npages", path], capture_output=True).stdout.strip()
        text = subprocess.run(["pdftotext", path, "-"], capture_output=True).stdout.decode()
        ok(status == 200 and head["Content-Type"] == "application/pdf" and done.returncode == 0,
           f"{os.path.basename(path)} is sound", done.stdout.decode() + done.stderr.decode())
        ok(pages == b"1" and len(text.split()) > 30, f"{os.path.basename(path)} is one page of text", text[:300])
server.stop()
finish()
EOF
