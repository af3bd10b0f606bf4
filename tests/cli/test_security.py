"""What an attacker would try against the real server: other offices' records, forged forms, stolen and
planted cookies, scripts in names, paths that climb, headers in file names, smuggled requests, slow and
vanishing clients. Proves architecture section 9, point 3, and section 8's refusals end to end."""
import csv
import json
import os
import re
import select
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import PASSWORD, SOURCE, Api, Browser, Server, demo, finish, ok, raw, scratch, token, wait_for  # noqa: E402

P = "/records/person"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ACCOUNTS = {"supervisor": "supervisor", "casemanager": "case_manager", "interviewer": "interviewer",
            "specialist": "specialist", "manager": "programme_manager", "meofficer": "me_officer",
            "finance": "finance", "admin": "administrator"}


def one(api):
    return json.loads(api.get(P + "?limit=1")[2])["items"][0]


def bare(text):
    """A page without what is random in each answer."""
    return re.sub(r'name="csrf" value="[^"]*"', "", text)


# --- who may see what ---

def test_offices(server, database, api):
    other = Api(server, token(database, "supervisor.iq"))
    rec = one(api)
    there, nowhere = P + "/" + rec["id"], P + "/" + rec["id"][:-12] + "0123456789ab"
    body = {"names": [{"name_text": "x"}], "sex": "male"}
    tries = [("GET", s, None, {}) for s in ("", "/edit", "/history", "/versions/1", "/diff?from=1&to=2")]
    tries += [(m, "", b, {"If-Match": '"1"'}) for m in ("PUT", "POST") for b in (body, {"names": 5})]
    for method, end, sent, headers in tries:
        a = other.call(method, there + end, sent, headers)
        b = other.call(method, nowhere + end, sent, headers)
        ok(a[0] == 404 and a[2] == b[2] and a[1]["Content-Length"] == b[1]["Content-Length"],
           f"{method} {end or 'record'} of another office is as if it were not there", a[2][:300])
    a, b = (other.call("POST", "/records/rss", {"parent": u.split("/")[-1], "answers": {}})
            for u in (there, nowhere))
    ok(a[0] == 404 and a[2] == b[2], "an interview cannot be put under another office's person", a[2])
    a, b = (other.get("/records/rss?parent=" + u.split("/")[-1]) for u in (there, nowhere))
    ok(a[2] == b[2] and json.loads(a[2])["items"] == [], "nor are that person's interviews listed", a[2][:300])
    mine = json.loads(other.get(P + "?limit=100")[2])["items"]
    ok(mine and all(p["number"].startswith("IQ-") for p in mine), "a list has one's own office only")
    for words in (rec["title"], rec["number"], rec["title"].split()[0]):
        hits = json.loads(other.call("POST", P + "/search", {"words": words})[2])["items"]
        ok(all(h["record"]["number"].startswith("IQ-") for h in hits), "a search finds one's own office only",
           hits[:1])
    none = other.call("POST", P + "/search", {"words": "Zzyzx Qwxyt"})[2]
    ok(json.loads(none)["items"] == [], "a name of another office and of nobody look the same")
    mine, theirs = Browser(server), Browser(server)
    mine.sign_in("supervisor")
    theirs.sign_in("supervisor.iq")
    ok(theirs.open(there)[0] == 404 and bare(theirs.open(there)[2]).replace(there, "") ==
       bare(theirs.open(nowhere)[2]).replace(nowhere, ""), "the pages look the same too")
    mine.open(P)
    search = mine.open(P + "/search", {"words": rec["title"]})[1]["Location"]
    mine.open(P + "/export")
    job = mine.open(P + "/export", {"format": "csv", "whose": "own"})[1]["Location"]
    ok(wait_for(lambda: mine.open(job + "/file")[0] == 200), "an export can be fetched by who asked for it")
    colleague = Browser(server)
    colleague.sign_in("casemanager")
    for path in (search, job, job + "/file", job + "/faults"):
        codes = [b.open(path)[0] for b in (mine, theirs, colleague)]
        ok(codes[0] in (200, 404) and codes[1:] == [404, 404], f"{path.split('/')[1]} of somebody else is not there",
           f"{path} {codes}")
    status, head, _ = mine.open(job + "/file")
    ok(head["Cache-Control"] == "no-store" and head["X-Content-Type-Options"] == "nosniff" and
       head["Content-Disposition"].startswith("attachment"), "a download is kept by no cache and never shown")


def test_roles(server, database, api):
    """Every route as nobody and as every role: the permission in the document is what counts."""
    roles = {}
    for name in os.listdir(os.path.join(SOURCE, "content/roles")):
        with open(os.path.join(SOURCE, "content/roles", name), encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row.get("role") and row.get("permission"):
                    roles.setdefault(row["role"], set()).add(row["permission"])
    document = json.loads(api.get("/api/openapi.json")[2])
    some = "01920000-0000-7000-8000-000000000000"
    nobody, tokens = Api(server, "nobody"), {a: Api(server, token(database, a)) for a in ACCOUNTS}
    wrong, tried = [], 0
    for path, item in document["paths"].items():
        url = path.replace("{id}", some).replace("{n}", "1")
        for method, operation in item.items():
            need = operation["x-permission"]
            tried += 1
            status = nobody.call(method.upper(), url)[0]
            if (status == 401) != (need != "public"):
                wrong.append(f"nobody {method} {path}: {status}")
            for account, caller in tokens.items():
                may = need in ("public", "signed_in") or need in roles[ACCOUNTS[account]]
                status = caller.call(method.upper(), url)[0]
                if status >= 500 or (status == 403) == may or status == 401:
                    wrong.append(f"{account} {method} {path} ({need}): {status}")
    ok(not wrong and tried > 30, f"{tried} routes answer every role as its permissions say", "\n".join(wrong))
    officer = tokens["meofficer"]
    rec = one(api)
    for path in (P, P + "/" + rec["id"], P + "/" + rec["id"] + "/history", P + "/new", P + "/export",
                 "/records/rss", "/records/nothing"):
        status, _, text = officer.get(path)
        ok(status == 403 and rec["title"] not in text, f"who works with statistics sees nobody: {path}")
    browser = Browser(server)
    _, _, text = browser.sign_in("meofficer")
    ok(P not in text, "nor is there a way to people on the start page")


# --- forms from elsewhere, cookies, sessions ---

def test_csrf(server):
    browser, other = Browser(server), Browser(server)
    browser.sign_in()
    other.sign_in("casemanager")
    browser.open(P)
    form = {"names.1.name_text": "Forged", "sex": "male"}

    def post(csrf, headers=None, path=P):
        data = urllib.parse.urlencode({**form, "csrf": csrf}).encode()
        return browser.open(path, data, {**FORM, **(headers or {})})[0]
    good = browser.csrf
    ok(post("") == 403, "a form without its token is refused")
    ok(post("x" * 43) == 403 and post(good[:-2] + "AA") == 403, "a wrong token is refused")
    other.open(P)
    ok(post(other.csrf) == 403, "the token of somebody else is refused")
    ok(post(good, {"Origin": "https://evil.example"}) == 403, "a form of another site is refused")
    ok(post(good, {"Origin": f"http://127.0.0.1:{server.port + 1}"}) == 403, "another port is another site")
    ok(post(good, {"Sec-Fetch-Site": "cross-site"}) == 403 and post(good, {"Sec-Fetch-Site": "same-site"}) == 403,
       "what the browser says of the site counts")
    body = json.dumps({"names": [{"name_text": "Forged"}], "sex": "male"}).encode()
    status = browser.open(P, body, {"Content-Type": "application/json"})[0]
    ok(status == 403, "JSON with a cookie needs the token too")
    status = browser.open(P, body, {"Content-Type": "text/plain"})[0]
    ok(status in (403, 422), "a form that pretends to be JSON is refused")
    status = browser.open(P, urllib.parse.urlencode({**form, "csrf": good}).encode(), {
        **FORM, "X-HTTP-Method-Override": "PUT"}, "GET")[0]
    ok(status in (200, 400, 422), "a GET changes nothing, whatever it carries")
    ok("Forged" not in browser.open(P)[2], "none of them was stored")
    ok(post(good, {"Origin": server.base, "Sec-Fetch-Site": "same-origin"}) == 303, "our own form is stored")
    for path in ("/logout", "/language", P + "/search", P + "/export"):
        status = browser.open(path, b"lang=fr&words=x&format=csv", FORM)[0]
        ok(status == 403, f"{path} needs the token")
    first, second = browser.open(P) and browser.csrf, browser.open(P) and browser.csrf
    ok(first != second, "the token is masked anew in every answer")


def test_sessions(server):
    planted = "A" * 43
    browser = Browser(server)
    browser.cookies["__Host-session"] = planted
    status, head, _ = browser.open(P)
    ok(status == 303 and head["Location"].startswith("/login"), "a session that we did not make is none")
    browser.sign_in()
    ok(browser.cookies["__Host-session"] != planted, "a planted session is replaced on sign-in")
    first = browser.cookies["__Host-session"]
    browser.open("/login")
    again = Browser(server)
    again.sign_in()
    ok(again.cookies["__Host-session"] != first, "each sign-in has a session of its own")
    thief = Browser(server)
    thief.cookies = {"__Host-session": first}
    ok(thief.open(P)[0] == 200, "the session counts before the sign-out")
    browser.open(P)
    status, _, _ = browser.open("/logout", {})
    ok(status == 303 and thief.open(P)[0] == 303, "after the sign-out it is worth nothing to anybody")
    browser = Browser(server)
    browser.open("/login")
    data = urllib.parse.urlencode({"name": "supervisor", "password": PASSWORD, "csrf": browser.csrf}).encode()
    _, head, _ = browser.open("/login", data, FORM)
    cookies = [c for c in head.get_all("Set-Cookie") if c.startswith("__Host-session=")]
    ok(len(cookies) == 1 and all(w in cookies[0] for w in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
       and "Domain" not in cookies[0] and len(cookies[0].split(";")[0]) > 50, "the cookie is long and guarded",
       cookies)
    rubbish = ["=", ";;;;", "__Host-session", "__Host-session=", "__Host-session=\xff\xfe", "a" * 7000,
               "__Host-session=" + "x" * 6000, "__Host-flash=.", "__Host-flash=a.b", "__Host-flash=" + "=" * 500,
               "__Host-lang=../../etc", "__Host-lang=<script>", "__Host-visit=" + "v" * 5000, "__Host-visit=v",
               "; ".join(f"c{i}={i}" for i in range(500)), "__Host-session='; DROP TABLE session; --"]
    wrong = []
    for cookie in rubbish:
        for path in (b"/login", b"/records/person"):
            reply = raw(server, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: "
                        + cookie.encode("latin-1") + b"\r\n\r\n")
            if not reply.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303", b"HTTP/1.1 4")) or b"<script>" in reply:
                wrong.append(f"{cookie[:40]} {path} {reply[:60]}")
    ok(not wrong, "cookies of rubbish harm nothing", wrong)


def test_redirects(server):
    bad = ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/\t/evil.example",
           "/\n/evil.example", "/\r\nSet-Cookie: a=b", "javascript:alert(1)", "/ /evil.example", "evil.example",
           "/\u3002/evil.example", "/a\\..\\..\\/evil.example", ""]
    for place in bad:
        browser = Browser(server)
        browser.open("/login")
        status, head, _ = browser.open("/login", {"name": "supervisor", "password": PASSWORD, "next": place})
        ok(status in (303, 403, 422) and head.get("Location", "/") == "/" and not head.get("a"),
           f"after the sign-in nobody is led to {place!r}", f"{status} {head.get('Location')!r}")
        status, head, _ = browser.open("/language", {"lang": "fr", "back": place})
        ok(status in (303, 403, 422) and head.get("Location", "/") == "/", f"nor by the choice of language: {place!r}",
           f"{status} {head.get('Location')!r}")
    browser = Browser(server)
    _, head, _ = browser.open(P + "?sort=name")
    ok(head["Location"].startswith("/login?next=%2Frecords%2Fperson"), "who is not signed in comes back afterwards",
       head["Location"])
    browser.open(head["Location"])
    _, head, _ = browser.open("/login", {"name": "supervisor", "password": PASSWORD, "next": P})
    ok(head["Location"] == P, "a place of ours is where the sign-in leads")


def test_login(server):
    """Nobody learns from an answer or its time which names there are, or tries passwords for ever."""
    def attempt(name):
        browser = Browser(server)
        browser.open("/login")
        began = time.monotonic()
        status, _, text = browser.open("/login", {"name": name, "password": "wrong"})
        return time.monotonic() - began, status, bare(text).replace(f'value="{name}"', "")
    known = [attempt("finance") for _ in range(4)]
    unknown = [attempt("financf") for _ in range(4)]
    ok(known[0][1:] == unknown[0][1:] and known[0][1] == 422, "a known and an unknown name get the same answer",
       known[0][2][:300])
    ratio = min(t for t, _, _ in known) / min(t for t, _, _ in unknown)
    ok(0.4 < ratio < 2.5, f"and take the same time ({ratio:.2f})")
    codes = [attempt("admin")[1] for _ in range(14)]
    ok(429 in codes, "after some wrong passwords an account has to wait", codes)
    for name in ("' OR 1=1 --", "admin\0", "<script>alert(1)</script>", "a" * 5000, "\u202eadmin"):
        _, status, text = attempt(name)
        ok(status in (403, 422, 429) and "<script>alert" not in text, f"the name {name[:24]!r} signs nobody in",
           f"{status}")


# --- what is typed ---

HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
           "javascript:alert(1)", "{{7*7}}${7*7}<%= 7*7 %>", "{{csrf}}", "'; DROP TABLE rec_person; --",
           "\" OR \"1\"=\"1", "%s%n%x%d", "a\u202egnp.exe", "../../../etc/passwd", "</title><script>alert(1)</script>",
           "<!--", "]]>", "&lt;script&gt;", "{0} {1} {0, plural, one {#}}", "\\u003cscript\\u003e"]


def test_hostile_names(server, api):
    browser = Browser(server)
    browser.sign_in()
    browser.open(P)
    for text in HOSTILE:
        status, _, reply = api.call("POST", P, {"names": [{"name_text": text}], "sex": "male", "gender": text,
                                                "contacts": [{"contact_kind": "email", "contact_value": text,
                                                              "contact_owner": "self"}]})
        if status != 201:  # some are no address; the name alone then
            status, _, reply = api.call("POST", P, {"names": [{"name_text": text}], "sex": "male", "gender": text})
        rec = json.loads(reply)
        name = text.replace("\u202e", "")  # it would turn round what stands behind the name
        kept = status == 201 and rec["answers"]["names"][0]["name_text"] == name
        pages = [browser.open(P + "/" + rec["id"] + end)[::2] for end in ("", "/edit", "/history")]
        pages.append(browser.follow(P + "/search", {"words": text[:200]})[::2])
        pages.append(browser.open(P)[::2])
        raised = [p for s, p in pages if s != 200 or re.search(
            r"<script>|<img src=x|' onmouseover='alert|(?:href|src|action)=\"\s*javascript:|</title><script|<!--$",
            p)]
        ok(kept and not raised, f"kept as typed, shown as text: {text}", f"{status} {reply[:300]} {raised[:1]}"[:900])
        if "7*7" in text:
            ok("{{7*7}}" in pages[0][1], f"no template runs in {text}", pages[0][1][:900])
    ok(api.get(P + "?limit=1")[0] == 200, "the table is still there")
    wrong = [n for n in ("x'/**/OR/**/1=1", "1;SELECT", "a\"b", "rec_person", "*") for q in ("sort", "status")
             if api.get(P + f"?{q}=" + urllib.parse.quote(n))[0] not in (200, 422)]
    ok(not wrong, "no SQL in a list's words", wrong)
    hits = json.loads(api.call("POST", P + "/search", {"words": "%"})[2])["items"]
    ok(hits == [], "a wildcard finds nobody", hits[:1])


def test_files(server):
    """Names of files, and bodies in parts, as hostile as they can be."""
    browser = Browser(server)
    browser.sign_in()
    browser.open(P + "/import")
    good = b"names.1.name_text,sex\nFiletest,male\n"

    def upload(disposition, content=good, edge="edge", end=None, kind=None):
        part = (f'--{edge}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.csrf}\r\n--{edge}\r\n'
                f"Content-Disposition: form-data; {disposition}\r\n\r\n").encode()
        body = part + content + (f"\r\n--{edge}--\r\n".encode() if end is None else end)
        return browser.open(P + "/import", body, {"Content-Type": kind or f"multipart/form-data; boundary={edge}"})
    for name in ("../../../etc/cron.d/x", "x\"; filename=\"y", "<script>alert(1)</script>.csv", "a" * 5000,
                 "\u202excsv", "C:\\\\x.csv", "", ".", "x%0d%0aSet-Cookie: a=b"):
        status, head, text = upload(f'name="file"; filename="{name}"')
        ok(status in (303, 422) and "<script>alert" not in text and head.get("a") is None,
           f"a file called {name[:30]!r} is taken or refused, no more", f"{status} {text[:200]}")
        if status == 303:
            page = browser.open(head["Location"])
            ok(page[0] == 200 and "<script>alert" not in page[2], "its page shows the name as text")
    bad = [upload('name="file"; filename="x"', end=b""), upload('name="file"; filename="x"', end=b"\r\n--edge"),
           upload('filename="x"'), upload('name="bogus"; filename="x"'), upload('name="file'),
           upload('name="file"; filename="x"', edge="e" * 71), upload('name="file"; filename="x"', kind="multipart/form-data"),
           upload('name="file"; filename="x"', kind="multipart/form-data; boundary="),
           upload("\xff\xfe"), upload('name="file"; filename="x"', content=b"\r\n--edge\r\n\r\n\r\n" * 3)]
    ok(all(r[0] in (400, 403, 422) for r in bad), "damaged bodies are refused", [r[0] for r in bad])
    status, _, _ = upload('name="file"; filename="x"', content=b"x" * (22 << 20))
    ok(status == 413, "a file over the limit is refused", status)
    many = b"&".join(b"a%d=1" % n for n in range(5000))
    ok(browser.open("/login", many, FORM)[0] in (403, 413, 422), "5,000 fields are refused")


# --- the wire ---

PATHS = ["/static/../x", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fetc/passwd", "/static/", "/static",
         "/records/person/..", "/records/..%2f..", "/records/person/%00", "/records/person%2fx", "//evil.example",
         "/./login", "/records/" + "a" * 1000, "/" + "a/" * 50, "/%", "/%zz", "/%c0%af", "/%ff",
         "/records/person/00000000-0000-0000-0000-000000000000", "/..;/login", "/login;x", "/login/", "/LOGIN",
         "/login%20", "/.git/config", "/demo.db", "/records/sqlite_master", "/?a[]=1", "/login?next", "/login?=&=&"]


def test_paths(server):
    wrong = []
    for path in PATHS:
        reply = raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        code = reply[9:12]
        if code not in (b"200", b"303", b"400", b"404", b"414", b"422") or b"root:" in reply:
            wrong.append(f"{path[:60]} {reply[:60]}")
        if code == b"200" and not path.startswith(("/login?", "/login/")):
            wrong.append(f"{path[:60]} answered 200")
    ok(not wrong, f"{len(PATHS)} strange paths lead nowhere", wrong)
    heads = raw(server, b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").split(b"\r\n\r\n")[0]
    for word in (b"Content-Security-Policy: default-src 'none'", b"X-Content-Type-Options: nosniff",
                 b"Referrer-Policy", b"frame-ancestors 'none'"):
        ok(word in heads, f"pages say {word.decode()}", heads.decode())
    ok(b"\nServer:" not in heads and b"unsafe" not in heads, "and neither what serves them nor anything unsafe")


SMUGGLING = [
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"POST /login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /login HTTP/1.1\r\n\r\n", b"GET /login HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /login HTTP/1.1\r\nHost: a\r\nX A: b\r\n\r\n", b"GET /login HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    b"GET /login HTTP/1.1\nHost: a\n\n", b"GET /login\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50,
    b"\r\n" * 1000 + b"x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


def test_wire(server):
    hidden = b"GET /records/person HTTP/1.1\r\nHost: a\r\n\r\n"
    wrong = [r[:50] for r in SMUGGLING for reply in [raw(server, r + hidden)]
             if reply.count(b"HTTP/1.1 ") > 1 or (reply and not re.match(rb"HTTP/1\.1 [45]", reply))]
    ok(not wrong, f"{len(SMUGGLING)} requests that two programs would read in two ways are refused", wrong)
    slow = []
    for number in range(500):
        sock = socket.create_connection(("127.0.0.1", server.port), 20)
        sock.sendall((b"GET /login HTTP/1.1\r\nHos", b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na",
                      b"G")[number % 3])
        slow.append(sock)
    began = time.monotonic()
    codes = [Browser(server).open("/login")[0] for _ in range(5)]
    took = time.monotonic() - began
    ok(codes == [200] * 5 and took < 10, f"500 slow clients hold up nobody ({took:.2f} s for 5 pages)", codes)
    for sock in slow:
        sock.close()


def test_host_names(server):
    """A stranger's site whose name was made to lead to 127.0.0.1 speaks with that name."""
    for host, status in ((f"127.0.0.1:{server.port}", b"200"), (f"localhost:{server.port}", b"200"),
                         (f"evil.example:{server.port}", b"421"), ("127.0.0.1.evil.example", b"421"),
                         ("localhost.", b"421"), ("[::1]:80", b"200")):
        reply = raw(server, f"GET /login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        ok(reply[9:12] == status, f"Host {host} is answered {status.decode()}", reply[:80])


def test_vanish(server):
    """Clients that go away in the middle of a download."""
    browser = Browser(server)
    browser.sign_in()
    browser.open(P + "/export")
    job = browser.open(P + "/export", {"format": "json", "whose": "own"})[1]["Location"]
    ok(wait_for(lambda: browser.open(job + "/file")[0] == 200), "there is a large download")
    cookie = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    for size in (1, 100, 4096, 70000):
        for _ in range(5):
            sock = socket.create_connection(("127.0.0.1", server.port), 20)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.sendall(f"GET {job}/file HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
            got = 0
            while got < size:
                part = sock.recv(min(4096, size - got))
                if not part:
                    break
                got += len(part)
            sock.close()
    ok(browser.open(job + "/file")[0] == 200, "clients that vanish in a download hold nothing")


def test_many_sign_ins(server):
    """Passwords are slow to check by design: whoever sends many must not stop the work of others."""
    browser, visitor = Browser(server), Browser(server)
    browser.sign_in()
    page = visitor.open("/login")[2]
    token_sent = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    cookie = "; ".join(f"{k}={v}" for k, v in visitor.cookies.items())
    flood = []
    for number in range(30):
        body = urllib.parse.urlencode({"csrf": token_sent, "name": f"nobody{number}", "password": "wrong password"})
        path = ("/login", "/%6Cogin", "//login/")[number % 3]
        sock = socket.create_connection(("127.0.0.1", server.port), 60)
        sock.sendall((f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n"
                      f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}").encode())
        flood.append(sock)
    code = browser.open(P)[0]
    answered = len(select.select(flood, [], [], 0)[0])
    ok(code == 200 and answered < 20, f"a page is answered before 30 sign-ins that came first ({answered} were)")
    codes = [sock.recv(12)[9:] for sock in flood]
    ok(codes == [b"422"] * 30, "and they are answered all the same", codes)
    for sock in flood:
        sock.close()


def test_many_rows(server):
    """A form with as many rows and fields as are taken; it held a worker for 20 seconds."""
    browser = Browser(server)
    browser.sign_in()
    token_sent = re.search(r'name="csrf" value="([^"]+)"', browser.open(P + "/new")[2])[1]
    fields = [("csrf", token_sent)]
    for row in range(1, 201):
        fields += [(f"names.{row}.name_text", "a")] + [(f"names.{row}.x{n}", "a") for n in range(18)]
    began = time.monotonic()
    code = browser.open(P + "/state", urllib.parse.urlencode(fields).encode())[0]
    took = time.monotonic() - began
    ok(code == 200 and took < 8, f"a form of 200 rows and 3,800 fields is read in time ({took:.1f} s)", code)


def main():
    database = demo(scratch())
    server = Server(database)
    api = Api(server, token(database))
    test_offices(server, database, api)
    test_roles(server, database, api)
    test_csrf(server)
    test_sessions(server)
    test_redirects(server)
    test_hostile_names(server, api)
    test_files(server)
    test_paths(server)
    test_wire(server)
    test_host_names(server)
    test_vanish(server)
    test_many_rows(server)
    test_many_sign_ins(server)
    test_login(server)
    with open(database + ".log", encoding="utf-8", errors="replace") as file:
        log = file.read()
    ok("error" not in log.lower() and "AddressSanitizer" not in log and server.process.poll() is None,
       "none of this crashed anything or stands in the log", log[-1500:])
    server.stop()
    finish()


if __name__ == "__main__":
    main()
