"""Messages, webhooks and reports with a real server, a mail server and a gateway on loopback."""
import hashlib
import hmac
import http.server
import json
import os
import re
import socketserver
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Browser, Server, demo, finish, ok, run, scratch, wait_for  # noqa: E402

NUMBER, OTHER, MAIL = "+221770001122", "+221770003344", "fatou.contact@mail.test"


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 test")
        while True:
            line = self.rfile.readline().decode("utf-8", "replace").strip()
            word = line[:4].upper()
            if not line or word == "QUIT":
                self.say("221 bye")
                return
            if word == "EHLO":
                self.say("250-test")
                self.say("250 8BITMIME")
            elif word == "RCPT" and "refused@" in line:
                self.say("550 no such box")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(part.decode())
                self.server.mails.append("".join(lines))
                self.say("250 taken")
            else:
                self.say("250 fine")


class Gateway(http.server.BaseHTTPRequestHandler):
    """A gateway for SMS and a subscriber of webhooks; its plan says how it behaves."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.calls.append((self.path, dict(self.headers), body))
        plan = self.server.plan
        if plan == "hang":
            self.server.hold.wait(60)
            return
        if plan == "redirect":
            self.send_response(302)
            self.send_header("Location", self.server.elsewhere)
            self.end_headers()
            return
        if callable(plan):
            plan = plan()
        self.send_response(plan)
        self.end_headers()
        self.wfile.write(b'{"messages":[{"id":"gw-%d"}]}' % len(self.server.calls))

    def log_message(self, *_):
        pass


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def start(handler):
    server = Threads(("127.0.0.1", 0), handler)
    server.calls, server.mails, server.plan = [], [], 200
    server.hold, server.elsewhere = threading.Event(), ""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.port = server.server_address[1]
    return server


def person(browser, name, contacts):
    data = {"names.1.name_text": name, "names.1.name_script": "Latn", "sex": "female"}
    for i, contact in enumerate(contacts, 1):
        for key, value in contact.items():
            data[f"contacts.{i}.contact_{key}"] = value
    browser.open("/records/person/new")
    status, head, text = browser.open("/records/person", data)
    if status != 303:
        raise RuntimeError(f"no person: {status} {text[:3000]}")
    return head["Location"].split("/")[-1]


def send(browser, who, **fields):
    browser.open(f"/messages/to/{who}")
    status, head, text = browser.open(f"/messages/to/{who}", {
        "template": "call_us", "phone": "+221 33 800 00 00", **fields})
    if status != 303:
        raise RuntimeError(f"no message: {status} {text[:2000]}")
    return head["Location"]


def contacts(browser, who):
    """Rows of the person's contacts, as the page offers them."""
    status, _, text = browser.open(f"/messages/to/{who}")
    found = re.findall(r'<option value="([0-9a-f-]{36})"', text)
    if status != 200 or not found:
        raise RuntimeError(f"no contacts: {status} {text[:3000]}")
    return found


def state(browser, path):
    text = browser.open(path)[2]
    found = re.search(r'class="mark mark-(\w+)"', text)
    return found.group(1) if found else text[:500]


def until(browser, path, wanted, seconds=30):
    return wait_for(lambda: state(browser, path) == wanted, seconds)


def settings(admin, gateway, mail, **more):
    admin.open("/messages/settings")
    status, head, text = admin.open("/messages/settings/email", {
        "url": f"smtp://127.0.0.1:{mail.port}", "from": "note@mail.test", "from_name": "Awa"})
    ok(status == 303 and "/messages/settings" in head["Location"], "the mail server is set up", text)
    status, _, text = admin.open("/messages/settings/sms", {
        "url": f"http://127.0.0.1:{gateway.port}/sms", "method": "POST",
        # Browsers end the lines of a text area in CR LF.
        "headers": "Content-Type: application/json\r\nAuthorization: Bearer geheim-77\r\n",
        "body": '{"to":"{to}","text":"{text}","id":"{id}"}', "ok_codes": "200 202",
        "id_pointer": "/messages/0/id", "sender": "Awa", **more})
    ok(status == 303, "the gateway is set up", text[:1500])
    # The test's clock is the real one: any hour is fine.
    status, _, text = admin.open("/messages/settings/hours", {
        "quiet_from": "00:00", "quiet_to": "00:00", "private": "1"})
    ok(status == 303, "quiet hours are set", text[:500])


def refused_settings(admin):
    for what, fields, word in (
            ("plain http to another machine", {"url": "http://sms.example.org/"}, "encryption"),
            ("a password in the address", {"url": "https://a:b@sms.example.org/"}, "password"),
            ("a file", {"url": "file:///etc/passwd"}, "not an address"),
            ("a body without the text", {"body": '{"to":"{to}"}'}, "in braces"),
            ("a sender that tells", {"sender": "IOM Dakar"}, "iom"),
            ("a header of ours", {"headers": "Host: x"}, "ten lines"),
            ("a status of failure", {"ok_codes": "500"}, "200 to 299")):
        good = {"url": "https://sms.example.org/", "method": "POST", "body": '{"a":"{to}{text}"}',
                "headers": "Content-Type: application/json", "ok_codes": "200"}
        admin.open("/messages/settings")
        status, _, text = admin.open("/messages/settings/sms", {**good, **fields})
        ok(status == 422 and word in text, f"settings refused: {what}", f"{status} {text[-1500:]}")


def test_sending(browser, gateway, mail):
    who = person(browser, "Fatou Beispiel", [
        {"kind": "phone", "value": NUMBER, "owner": "self"},
        {"kind": "email", "value": MAIL, "owner": "self"},
        {"kind": "phone", "value": OTHER, "owner": "relative", "owner_consent": "yes",
         "owner_name": "Aliou", "owner_knows_of_return": "no"}])
    path = send(browser, who)
    ok(until(browser, path, "sent"), "an SMS is sent", state(browser, path))
    call = json.loads(gateway.calls[-1][2])
    ok(call["to"] == NUMBER and "+221 33 800 00 00" in call["text"],
       "the gateway gets number and text", gateway.calls[-1])
    ok(gateway.calls[-1][1].get("Authorization") == "Bearer geheim-77", "and its key")
    rows = contacts(browser, who)
    ok(len(rows) == 3, "all contacts can be chosen", rows)
    path = send(browser, who, contact=rows[1])
    ok(until(browser, path, "sent"), "a mail is sent", state(browser, path))
    ok(len(mail.mails) == 1 and f"To: <{MAIL}>" in mail.mails[0] and
       "Message-ID: <" in mail.mails[0], "the mail server got it", mail.mails)
    path = send(browser, who, contact=rows[2])
    ok(state(browser, path) == "blocked" and "knows of the return" in browser.open(path)[2],
       "to an owner who does not know of the return nothing goes out, and the page says why", state(browser, path))
    return who, rows


def sign(secret, body, seconds=None):
    t = str(int(seconds or time.time()))
    mac = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={t},v1={mac}"


def report(server, body, signature=None):
    body = json.dumps(body).encode() if not isinstance(body, bytes) else body
    request = urllib.request.Request(server.base + "/messages/gateway", data=body, method="POST")
    request.add_header("Content-Type", "application/json")
    if signature is not None:
        request.add_header("Homeward-Signature", signature)
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def test_reports(server, admin, browser, gateway, who):
    admin.open("/messages/settings")
    page = admin.open("/messages/settings/secret", {})[2]
    secret = re.search(r'secret-once" dir="ltr">([^<]+)<', page).group(1)
    ok(secret not in admin.open("/messages/settings")[2], "the secret is shown once")
    path = send(browser, who)
    ok(until(browser, path, "sent"), "one more is sent")
    body = json.dumps({"id": f"gw-{len(gateway.calls)}", "status": "delivered"}).encode()
    for name, signature in (("unsigned", None), ("of another secret", sign("x", body)),
                            ("of yesterday", sign(secret, body, time.time() - 86400)),
                            ("of another body", sign(secret, body + b" "))):
        ok(report(server, body, signature) == 403, f"a report {name} is refused")
    ok(state(browser, path) == "sent", "and changes nothing")
    ok(report(server, body, sign(secret, body)) == 200 and state(browser, path) == "delivered",
       "a signed report is taken", state(browser, path))
    ok(report(server, body, sign(secret, body)) == 200, "it may come twice")
    body = json.dumps({"from": NUMBER, "text": "Stop."}).encode()
    ok(report(server, body, sign(secret, body)) == 200, "a reply is taken")
    before = len(gateway.calls)
    path = send(browser, who, contact=contacts(browser, who)[0])
    ok(state(browser, path) == "blocked" and len(gateway.calls) == before,
       "after STOP no message goes to the number", state(browser, path))
    ok("wants no messages" in browser.open(f"/records/person/{who}")[2], "the person's page says so")
    body = "{\"from\": \"%s\", \"text\": \"ابدأ\"}" % NUMBER[1:]
    ok(report(server, body.encode(), sign(secret, body.encode())) == 200, "START in Arabic")
    path = send(browser, who)
    ok(until(browser, path, "sent"), "and messages go out again", state(browser, path))


def test_failures(browser, gateway, who):
    gateway.plan = 400
    path = send(browser, who)
    ok(until(browser, path, "failed"), "what the gateway refuses has failed", state(browser, path))
    gateway.plan, gateway.elsewhere = "redirect", f"http://127.0.0.1:{gateway.port}/elsewhere"
    path = send(browser, who)
    ok(wait_for(lambda: "points elsewhere" in browser.open(path)[2]), "a redirect is told")
    ok(not any(c[0] == "/elsewhere" for c in gateway.calls), "and not followed")
    browser.open(path)
    browser.open(path + "/cancel", {})
    ok(state(browser, path) == "cancelled", "what waits can be cancelled")
    gateway.plan = 200


def test_kill(database, gateway, who):
    """kill -9 while the gateway has a message in hand: nothing is sent a second time."""
    server = Server(database)
    browser = Browser(server)
    browser.sign_in()
    gateway.plan = "hang"
    before = len(gateway.calls)
    path = send(browser, who)
    ok(wait_for(lambda: len(gateway.calls) > before), "the gateway has it")
    server.kill()
    gateway.hold.set()
    gateway.plan = 200
    server = Server(database)
    browser = Browser(server)
    browser.sign_in()
    ok(until(browser, path, "unknown"), "after kill -9 the outcome is unknown", state(browser, path))
    time.sleep(2)
    ok(len(gateway.calls) == before + 1, "and it was not sent again", len(gateway.calls))
    browser.open(path)
    browser.open(path + "/decide", {"again": "1"})
    ok(until(browser, path, "sent") and len(gateway.calls) == before + 2,
       "a person decides to send it again", state(browser, path))
    return server, browser


def id_of(call):
    return json.loads(call[2])["id"]


def test_kill_in_a_row(database, gateway, mail, who, dedup):
    """kill -9 after the gateway took the third of six and before that is noted: none is lost."""
    server = Server(database)
    admin, browser = Browser(server), Browser(server)
    admin.sign_in("admin")
    browser.sign_in()
    settings(admin, gateway, mail, **({"dedup": "1"} if dedup else {}))
    before = len(gateway.calls)
    killed = []

    def die_at_the_third():
        if len(gateway.calls) == before + 3 and not killed:
            killed.append(id_of(gateway.calls[-1]))
            server.kill()
        return 200

    gateway.plan = die_at_the_third
    paths = []
    for _ in range(6):
        try:
            paths.append(send(browser, who))
        except OSError:
            break  # it was killed meanwhile
    ok(wait_for(lambda: killed), "the program was killed while a message was out")
    gateway.plan = 200
    server = Server(database)
    browser = Browser(server)
    browser.sign_in()
    wanted = "sent" if dedup else "unknown"
    ends = {path: (wanted if killed[0] in path else "sent") for path in paths}
    ok(all(until(browser, path, end) for path, end in ends.items()), "each has its end",
       [(path, state(browser, path)) for path in paths])
    ids = [id_of(call) for call in gateway.calls[before:]]
    ok(all(any(i in path for i in ids) for path in paths), "none is lost", ids)
    doubled = sorted({i for i in ids if ids.count(i) > 1})
    ok(doubled == ([killed[0]] if dedup else []) and len(ids) == len(set(ids)) + len(doubled),
       "none is doubled, but for the one by its id where the gateway knows ids", ids)
    server.stop()


def test_webhooks(server, admin, browser, hooks):
    admin.open("/webhooks")
    status, _, text = admin.open("/webhooks", {"url": f"http://127.0.0.1:{hooks.port}/hook",
                                               "login": "casemanager", "kind": "person"})
    ok(status == 422, "an account that sees only its own is refused", text[-1500:])
    admin.open("/webhooks")
    status, _, text = admin.open("/webhooks", {"url": f"http://127.0.0.1:{hooks.port}/hook",
                                               "login": "supervisor", "kind": "person"})
    found = re.search(r'secret-once" dir="ltr">([^<]+)<', text)
    ok(status == 200 and found, "a webhook is added and its secret shown", text[-1500:])
    secret = found.group(1)
    who = person(browser, "Ndeye Hakenprobe", [])
    ok(wait_for(lambda: hooks.calls), "the subscriber is told of a new person")
    path, headers, body = hooks.calls[0]
    event = json.loads(body)
    ok(event["event"] == "person.created" and event["record_id"] == who, "with kind and id", body)
    ok("Hakenprobe" not in body, "and without a name")
    t, mac = re.match(r"t=(\d+),v1=([0-9a-f]+)", headers["Homeward-Signature"]).groups()
    ok(mac == hmac.new(secret.encode(), f"{t}.{body}".encode(), hashlib.sha256).hexdigest(),
       "the signature is right")
    hooks.plan = 500
    person(browser, "Zweite Hakenprobe", [])
    ok(wait_for(lambda: len(hooks.calls) == 2), "a second event is sent")
    page = admin.open("/webhooks")[2]
    hook = re.search(r'href="(/webhooks/[0-9a-f-]{36})"', page).group(1)
    ok(wait_for(lambda: ">500<" in admin.open(hook)[2]), "the log tells what was answered")
    ok("Waiting" in admin.open(hook)[2], "it will be tried again")
    hooks.plan = 200
    admin.open("/messages/settings")
    admin.open("/messages/settings/hours", {"quiet_from": "00:00", "quiet_to": "00:00"})
    before = len(hooks.calls)
    person(browser, "Dritte Hakenprobe", [])
    ok(wait_for(lambda: "may not be used" in admin.open(hook)[2]) and len(hooks.calls) == before,
       "unless it is allowed, no webhook goes to a private address")


def test_leaks(folder, server):
    server.stop()
    words = [NUMBER, OTHER, MAIL, "770001122", "geheim-77", "Please call", "33 800 00 00",
             "Hakenprobe"]
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        for word in words:
            ok(word.encode() not in data and word.encode("utf-16-le") not in data,
               f"{name} does not hold “{word}”")


def main():
    folder = scratch()
    database = demo(folder)
    gateway, hooks, mail = start(Gateway), start(Gateway), start(Mail)
    server = Server(database)
    admin, browser = Browser(server), Browser(server)
    admin.sign_in("admin")
    browser.sign_in()
    ok(browser.open("/messages/settings")[0] == 403, "a supervisor may not change the settings")
    refused_settings(admin)
    settings(admin, gateway, mail)
    who, _ = test_sending(browser, gateway, mail)
    test_reports(server, admin, browser, gateway, who)
    test_failures(browser, gateway, who)
    server.stop()
    done = run("messages", "test", "--database", database, "--to", NUMBER)
    ok(done.returncode == 0 and "Sent" in done.stdout, "homeward messages test", done.stderr)
    done = run("messages", "test", "--database", database, "--to", "refused@mail.test")
    ok(done.returncode != 0 and "Came back" in done.stdout, "a bounce is told",
       done.stdout + done.stderr)
    for dedup in (True, False):
        test_kill_in_a_row(database, gateway, mail, who, dedup)
    server, browser = test_kill(database, gateway, who)
    admin = Browser(server)
    admin.sign_in("admin")
    test_webhooks(server, admin, browser, hooks)
    test_leaks(folder, server)
    finish()


main()
