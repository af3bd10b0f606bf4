"""Publishing while the server runs: kill -9 in the middle of it leaves the old form or the new one, and clients
that read and save meanwhile are shown one version at a time and are never refused. Runs on SQLite, and on
PostgreSQL when HOMEWARD_PG_URL is set."""
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from xml.etree import ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import HOMEWARD, Browser, Server, finish, ok, run, scratch  # noqa: E402

KILLS, CLIENTS, VERSIONS, QUESTIONS = 8, 3, 4, 150
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def form(version):
    """Every text names the version: a page made of two of them shows it."""
    rows = "".join(f",text,q{n},Mark-{version} question {n},,,\n" for n in range(QUESTIONS))
    return ("survey\n,type,name,label::English (en),bind::hw:list,bind::hw:store,hw:reason\n"
            f",date,day,Mark-{version} day,1,open,Trips are planned by day\n{rows}"
            f",text,only_{version},Mark-{version} only here,,,\n"
            "settings\n,form_title::English (en),form_id,version,hw:parent,hw:subject\n"
            f",Mark-{version} trips,trip,{version},person,person\n")


class Office:
    def __init__(self, folder):
        base = os.environ.get("HOMEWARD_PG_URL")
        self.folder = folder
        url = base.replace("/homeward?", f"/publish_{os.getpid()}?") if base else os.path.join(folder, "office.db")
        self.keys = ["--key-file", os.path.join(folder, "office.master")]
        self.at = ["--database", url, *self.keys]
        done = run("demo", *self.at, "--people", "12", "--people-only")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.server = Server(url, *self.keys, log=os.path.join(folder, "server.log"))
        self.browser = self.signed_in()
        _, _, text = self.browser.open("/records/person?limit=1", headers={"Accept": "application/json"})
        self.person = re.search(r'"id":"([^"]+)"', text).group(1)

    def signed_in(self):
        browser = Browser(self.server)
        browser.sign_in()
        browser.open("/search")
        return browser

    def words(self, version):
        path = os.path.join(self.folder, f"trip_{version}.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(form(version))
        return ["form", "publish", path, *self.at, "--as", "admin", "--grant", "supervisor=all"]

    def publish(self, version):
        return run(*self.words(version))

    def newest(self):
        done = run("form", "versions", "trip", *self.at, "--as", "admin")
        return int(done.stdout.split("\n")[0].split()[1]) if done.returncode == 0 else done.stderr

    def save(self, browser, answers):
        body = json.dumps({"parent": self.person, "answers": answers}).encode()
        status, _, text = browser.open("/records/trip", body, {**JSON, "X-CSRF-Token": browser.csrf})
        return status, text

    def shown(self, browser):
        """Status of the empty form's page, and the versions whose texts are on it."""
        status, _, text = browser.open(f"/records/trip/new?parent={self.person}")
        return status, set(re.findall(r"Mark-(\d+)", text))


def killed(office, version, after):
    process = subprocess.Popen([HOMEWARD, *office.words(version)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.kill()
    return process.wait() < 0


def kills(office):
    began = time.monotonic()
    ok(office.publish(1).returncode == 0, "the first version is published")
    whole = time.monotonic() - began
    now, cut, wrong = 1, 0, []
    for n in range(KILLS):
        version = n + 2
        was_killed = killed(office, version, whole * (0.3 + 0.7 * n / KILLS))
        cut += was_killed
        newest = office.newest()
        status, marks = office.shown(office.browser)
        saved = [office.save(office.browser, {"day": "2026-11-20", f"only_{v}": "x"})[0] for v in (now, version)]
        expected = {now: ({str(now)}, [201, 422]), version: ({str(version)}, [422, 201])}.get(newest)
        if status != 200 or expected != (marks, saved) or (not was_killed and newest != version):
            wrong.append((version, was_killed, newest, status, marks, saved))
        now = newest if isinstance(newest, int) else now
    ok(cut > 0, f"publishing was cut off by kill -9 ({cut} of {KILLS})")
    ok(not wrong, "after each kill the old form or the new one is in force, whole", wrong)
    if not os.environ.get("HOMEWARD_PG_URL"):
        done = run("check", *office.at)
        ok(done.returncode == 0, "the database is whole", done.stderr)
    ok(office.publish(50).returncode == 0 and office.newest() == 50, "the next version is published")


def client(office, browser, floor, stop, seen, wrong):
    while not stop.is_set():
        least = floor[0]
        status, marks = office.shown(browser)
        if status != 200 or len(marks) != 1 or int(min(marks)) < least:
            wrong.append(("form", status, sorted(marks), least))
        seen.update(marks)
        status, text = office.save(browser, {"day": "2026-11-21", "q1": "while it is published"})
        if status != 201:
            wrong.append(("save", status, text[:200]))
        status, _, text = browser.open("/records/trip")
        if status != 200 or len(set(re.findall(r"Mark-(\d+)", text))) > 1:
            wrong.append(("list", status, sorted(set(re.findall(r"Mark-(\d+)", text)))))


def together(office):
    floor, stop, seen, wrong = [50], threading.Event(), set(), []
    threads = [threading.Thread(target=client, args=(office, office.signed_in(), floor, stop, seen, wrong))
               for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for version in range(51, 51 + VERSIONS):
        done = office.publish(version)
        floor[0] = version
        ok(done.returncode == 0, f"version {version} is published beside {CLIENTS} clients", done.stderr + done.stdout)
    stop.set()
    for thread in threads:
        thread.join()
    ok(len(seen) > 1, f"clients worked through it: they saw {len(seen)} versions")
    ok(not wrong, "no request failed, none was answered by an old or a mixed form", wrong[:5])


def job(office):
    """The job process takes the forms up too: what it exports has the questions of the last version."""
    browser = office.browser
    status, _, text = browser.follow("/records/trip/export", {"format": "csv", "whose": "own"})
    for _ in range(200):
        found = re.search(r'href="(/jobs/[^"]+/file)"', text)
        if found:
            break
        time.sleep(0.1)
        here = re.search(r"/jobs/[0-9a-f-]{36}", text)
        status, _, text = browser.open(here.group(0))
    status, _, text = browser.open(found.group(1)) if found else (0, {}, text)
    last = 50 + VERSIONS
    ok(status == 200 and f"only_{last}" in text.split("\n")[0],
       "the job process exports by the version in force", text[:300])


ROADS = ("survey\n,type,name,label::English (en),media::image,calculation\n"
         ",text,town,Town,the map.png,\n"
         ",calculate,mayor,,,\"pulldata('mayors', 'mayor', 'town', ${town})\"\n"
         "settings\n,form_title::English (en),form_id,version,hw:parent,hw:subject\n"
         ",Roads & bridges,roads,1,person,person\n")


def noise(side):
    """A PNG that does not become small: it is sent in several parts."""
    rows = b"".join(b"\0" + os.urandom(side * 3) for _ in range(side))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Device:
    """Fetches as ODK Collect does: asks, is told 401, says its name and secret."""

    def __init__(self, server, secret):
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, server.base, "tablet 7", secret)
        self.opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
        self.opener.addheaders = [("X-OpenRosa-Version", "1.0")]

    def fetch(self, address):
        with self.opener.open(address, timeout=60) as reply:
            assert reply.headers["X-OpenRosa-Version"] == "1.0" and reply.headers["Date"], address
            return reply.read()

    def items(self, address):
        """Of each item its members, by name."""
        return [{member.tag.split("}")[1]: member.text for member in item}
                for item in ElementTree.fromstring(self.fetch(address))]


def device(office):
    """All that the lists name is fetched, and its MD5 is that which Python makes."""
    paths = []
    for name, data in (("roads.csv", ROADS.encode()), ("mayors.csv", b"town,mayor\ndakar,Awa\n"),
                       ("the map.png", noise(400))):
        paths.append(os.path.join(office.folder, name))
        with open(paths[-1], "wb") as file:
            file.write(data)
    done = run("form", "publish", *paths, *office.at, "--as", "admin", "--grant", "supervisor=all")
    ok(done.returncode == 0, "a form with a table and a picture is published", done.stderr + done.stdout)
    done = run("user", "token", "supervisor", *office.at)
    collect = Device(office.server, done.stdout.strip().split("\n")[-1])
    forms = {form["formID"]: form for form in collect.items(office.server.base + "/formList")}
    files = {file["filename"]: file for file in collect.items(forms["roads"]["manifestUrl"])}
    ok(forms["roads"]["name"] == "Roads & bridges" and "person" in forms and "trip" in forms,
       "a device finds the forms", sorted(forms))
    ok(sorted(files) == ["mayors.csv", "the map.png"], "and the files of one", files)
    wrong, most = [], 0
    for item in [*forms.values(), *files.values()]:
        data = collect.fetch(item["downloadUrl"])
        most = max(most, len(data))
        if "md5:" + hashlib.md5(data, usedforsecurity=False).hexdigest() != item["hash"]:
            wrong.append(item)
    ok(not wrong and most > 300000, f"all is what its MD5 says, the largest has {most} bytes", wrong)


def main():
    office = Office(scratch())
    kills(office)
    together(office)
    job(office)
    device(office)
    office.server.stop()
    finish()


main()
