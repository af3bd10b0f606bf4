"""The JSON API as a program meets it: tokens, versions, hostile bodies; every reply is checked against
the OpenAPI document that the server tells."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Api, Server, demo, finish, ok, run, scratch, token  # noqa: E402

P = "/records/person"
PERSON = {"names": [{"name_text": "Apitest Zwei"}], "sex": "unknown"}
NAME = b'{"names":[{"name_text":"x"}],"sex":"male"'
replies = []


class Recorder(Api):
    """Keeps every JSON reply for the check against the schemas."""

    def call(self, method, path, body=None, headers=None):
        status, head, text = super().call(method, path, body, headers)
        kind = (head.get("Content-Type") or "").split(";")[0]
        if kind.endswith("json"):
            sent = ((headers or {}).get("Content-Type") or "application/json") if body is not None else None
            replies.append({"name": f"reply {len(replies)}", "method": method, "status": status,
                            "path": path.split("?")[0], "type": kind, "body": json.loads(text),
                            "sent": body if sent == "application/json" and not isinstance(body, bytes) else None})
        return status, head, text


def count(api):
    return json.loads(api.get(P + "?limit=1")[2])["count"]


def test_life(api):
    """Create, read, update, list, search, history."""
    status, head, text = api.call("POST", P, PERSON)
    rec = json.loads(text)
    url = P + "/" + rec["id"]
    ok(status == 201 and head["Location"] == url and head["ETag"] == '"1"', "a person is created", text)
    status, head, text = api.get(url)
    ok(status == 200 and json.loads(text) == rec and head["Cache-Control"] == "no-store",
       "read again it is the same, and nothing may keep it", text)
    changed = {**PERSON, "sex": "female"}
    status, head, text = api.call("PUT", url, changed, {"If-Match": '"1"'})
    ok(status == 200 and head["ETag"] == '"2"' and json.loads(text)["answers"]["sex"] == "female",
       "an update that names the version it saw is stored", text)
    status, _, text = api.call("PUT", url, {**PERSON, "sex": "male"}, {"If-Match": '"1"'})
    ok(status == 409 and json.loads(text)["code"] == "conflict", "a stale version is a conflict", text)
    ok(json.loads(api.get(url)[2])["answers"]["sex"] == "female", "a conflict overwrites nothing")
    for value in (None, "*", '"0"', '"-1"', '"99999999999999999999"', '"1', "1", 'W/"2"', '""'):
        headers = {} if value is None else {"If-Match": value}
        status, _, text = api.call("PUT", url, changed, headers)
        ok(status == 422, f"If-Match {value}: an update must say what it saw", text)
    status, _, text = api.call("PUT", url, {"version": 2, "answers": changed})
    ok(status == 200, "the version may stand in the body", text)
    status, _, text = api.call("PUT", url, changed, {"If-Match": '"77"'})
    ok(status == 409, "a version that is not there yet is a conflict", text)
    status, _, text = api.get(url + "/history")
    ok(status == 200 and [v["version"] for v in json.loads(text)["items"]][-2:] == [2, 1],
       "the history has every version", text)
    status, _, text = api.get(url + "/diff?from=1&to=2")
    ok(status == 200 and any(c["path"] == "sex" for c in json.loads(text)["items"]),
       "two versions are compared", text)
    status, _, text = api.get(url + "/versions/1")
    ok(status == 200 and json.loads(text)["answers"]["sex"] == "unknown", "an old version is kept", text)
    status, _, text = api.call("POST", P + "/search", {"words": "Apitest"})
    ok(status == 200 and rec["id"] in text, "the person is found by name", text[:300])
    status, _, text = api.call("POST", P + "/state", PERSON)
    ok(status == 200 and "fields" in json.loads(text), "the state of a form is told", text[:300])
    for path in ("/versions/9", "/versions/x", "/versions/-1", "/versions/99999999999999999999",
                 "/diff?from=1&to=99"):
        ok(api.get(url + path)[0] == 404, f"{path} is not there")
    ok(api.call("DELETE", url)[0] == 405, "a method that a path has not is refused")
    return url


BODIES = [
    ("the same key twice", b'{"sex":"male","sex":"female","names":[{"name_text":"x"}]}', "twice"),
    ("the same key twice inside", b'{"names":[{"name_text":"x","name_text":"y"}],"sex":"male"}', "twice"),
    ("an unknown field", NAME + b',"bogus":1}', "no such field"),
    ("an unknown field of a row", b'{"names":[{"name_text":"x","bogus":1}],"sex":"male"}', "no such field"),
    ("__proto__", NAME + b',"__proto__":{}}', "no such field"),
    ("text for a list", b'{"names":"x","sex":"male"}', "list of rows"),
    ("a number for text", b'{"names":[{"name_text":5}],"sex":"male"}', "text in quotes"),
    ("an object for text", b'{"names":[{"name_text":{}}],"sex":"male"}', "text in quotes"),
    ("text for a row", b'{"names":["x"],"sex":"male"}', "object"),
    ("true for a code", b'{"names":[{"name_text":"x"}],"sex":true}', "text in quotes"),
    ("text for a list of codes", NAME + b',"nationality":"SN"}', "list of codes"),
    ("a number among codes", NAME + b',"nationality":[1]}', "list of codes"),
    ("a code that is not there", NAME.replace(b"male", b"x") + b"}", "sex"),
    ("SQL for a code", NAME.replace(b"male", b"m' OR '1'='1") + b"}", "sex"),
    ("a date that is not one", NAME + b',"birth_date":"9999-99-99"}', "date"),
    ("5,000 brackets", b"[" * 5000 + b"]" * 5000, "deep"),
    ("200,000 open brackets", b"[" * 200000, "deep"),
    ("40 objects in objects", b'{"a":' * 40 + b"1" + b"}" * 40, "deep"),
    ("invalid UTF-8", b'{"names":[{"name_text":"\xff\xfe"}],"sex":"male"}', "UTF-8"),
    ("an overlong slash", b'{"names":[{"name_text":"\xc0\xaf"}],"sex":"male"}', "UTF-8"),
    ("a surrogate in UTF-8", b'{"names":[{"name_text":"\xed\xa0\x80"}],"sex":"male"}', "UTF-8"),
    ("a lone high surrogate", b'{"names":[{"name_text":"\\ud800"}],"sex":"male"}', "JSON"),
    ("a lone low surrogate", b'{"names":[{"name_text":"\\udc00x"}],"sex":"male"}', "JSON"),
    ("NUL", b'{"names":[{"name_text":"a\\u0000b"}],"sex":"male"}', "JSON"),
    ("a control character", b'{"names":[{"name_text":"a\\u0001b"}],"sex":"male"}', "characters"),
    ("a list", b"[]", "object"),
    ("null", b"null", "object"),
    ("spaces only", b"   ", "JSON"),
    ("two documents", b"{} {}", "JSON"),
    ("NaN", b'{"sex":NaN}', "JSON"),
    ("a comment", b'{/**/"sex":"male"}', "JSON"),
    ("a number over the limits", NAME.replace(b'"male"', b"1e999") + b"}", "too large"),
    ("a byte order mark", b"\xef\xbb\xbf" + NAME + b"}", "JSON"),
    ("a text of 300 KB", b'{"names":[{"name_text":"' + b"x" * 300000 + b'"}],"sex":"male"}', "too long"),
    ("3,001 rows", b'{"names":[' + b'{"name_text":"x"},' * 3000 + b'{}],"sex":"male"}', "200 rows"),
    ("a row's id that climbs", b'{"names":[{"id":"../../x","name_text":"x"}],"sex":"male"}', "id"),
    ("no name at all", b'{"sex":"male"}', "names"),
]


def test_bodies(api):
    before = count(api)
    for name, body, word in BODIES:
        status, _, text = api.call("POST", P, body)
        ok(status == 422 and word in text, f"refused with a reason: {name}", f"{status} {text}")
    status, _, text = api.call("POST", P, b'{"names":[' + b'{"name_text":"x"},' * 80000 + b'{}]}')
    ok(status == 413, "more than a form may send is refused", f"{status} {text}")
    status, _, text = api.call("POST", P, b"<x/>", {"Content-Type": "application/xml"})
    ok(status == 422, "another content type is refused", f"{status} {text}")
    ok(count(api) == before, "none of them left a record")
    for query in ("limit=0", "limit=101", "limit=99999999999999999999", "limit=1e3", "sort=;drop",
                  "page=abc", "page=%00", "page=%ff", "bogus=1", "status=x%27%20or%201=1", "parent=x"):
        status, _, text = api.get(P + "?" + query)
        ok(status == 422, f"a list refuses ?{query}", f"{status} {text}")


def test_ignored(api):
    """What a record says of itself is read, not believed."""
    mine = {"id": "00000000-0000-7000-8000-000000000000", "number": "SN-1", "status": "erased",
            "version": 77, "title": "t", "created_at": "1970-01-01T00:00:00.000Z", "answers": PERSON}
    status, _, text = api.call("POST", P, mine)
    rec = json.loads(text)
    ok(status == 201 and rec["id"] != mine["id"] and rec["number"] != "SN-1" and rec["version"] == 1
       and rec["status"] == "active" and not rec["created_at"].startswith("1970"),
       "id, number, status, version and times are made by the server", text)
    other = json.loads(api.call("POST", P, PERSON)[2])
    row = {"id": other["answers"]["names"][0]["id"], "name_text": "Stolen"}
    status, _, text = api.call("PUT", P + "/" + rec["id"], {"names": [row], "sex": "male"},
                               {"If-Match": '"1"'})
    again = json.loads(api.get(P + "/" + other["id"])[2])
    ok(status == 200 and again == other, "a row of another record cannot be taken or changed", text)


def test_tokens(server, database, api):
    for secret in ("", "x", "a" * 64, "a" * 65, "a" * 5000, "../../etc/passwd", "' OR 1=1 --"):
        status, _, text = Api(server, secret).get(P)
        ok(status == 401 and json.loads(text)["status"] == 401, f"a wrong token of {len(secret)} is refused",
           text)
    status, _, text = api.call("GET", P, headers={"Authorization": "Basic " + api.secret})
    ok(status == 401, "a token counts as a bearer token only", text)
    mine = Api(server, token(database, "casemanager"))
    ok(mine.get(P)[0] == 200, "a case manager's token works")
    ok(mine.call("POST", P + "/export", b"whose=own&format=csv", {
        "Content-Type": "application/x-www-form-urlencoded"})[0] == 403, "it has that person's rights only")
    done = run("user", "lock", "casemanager", "--database", database)
    ok(done.returncode == 0 and mine.get(P)[0] == 401, "when the account is locked its token ends", done.stderr)
    for days in ("0", "-1", "x", "99999999999999999999"):
        done = run("user", "token", "supervisor", "--days", days, "--database", database)
        ok(done.returncode == 2 and done.stdout == "", f"a token of {days} days is refused", done.stdout)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def one(done, status=200):
    """The JSON of a call that must have gone well."""
    if done[0] != status:
        raise RuntimeError(f"{done[0]}, not {status}: {done[2]}")
    return json.loads(done[2])


def multipart(content):
    head = {"Content-Type": "multipart/form-data; boundary=hwb"}
    return (b'--hwb\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + content
            + b"\r\n--hwb--\r\n"), head


def test_files(api, url):
    body, head = multipart(b"%PDF-1.7 a letter")
    made = one(api.call("POST", url + "/files", body, head), 201)
    at = url + "/files/" + made["id"]
    named = one(api.call("POST", at + "/name", {"name": "letter.pdf", "version": made["version"]}))
    ok(named["name"] == "letter.pdf", "a file has another name by JSON", named)
    left = one(api.call("POST", at + "/remove", {"version": named["version"], "reason": "by mistake"}))
    ok(left == {"items": []} and one(api.get(url + "/files")) == left, "a removed file is not told", left)
    back = one(api.call("POST", at + "/restore", {"version": named["version"] + 1}))
    other = P + "/" + one(api.call("POST", P, PERSON), 201)["id"]
    ok(api.call("POST", at + "/move", {"version": back["version"], "reason": "wrong person"})[0] == 422,
       "a file is not moved to nowhere")
    one(api.call("POST", at + "/move", {"version": back["version"], "parent": other.rsplit("/", 1)[1],
                                        "reason": "wrong person"}))
    gone = one(api.get(other + "/files"))["items"][0]
    ok(gone["id"] == made["id"], "it stands with the other person", gone)
    one(api.call("DELETE", other + "/files/" + made["id"], {"version": gone["version"], "reason": "x"}))


def test_changes(api, manager):
    """A status, a request that is taken back, deletion, restoring, undoing, moving, comments: JSON in and out."""
    rec = one(api.call("POST", P, PERSON), 201)
    url = P + "/" + rec["id"]
    asked = one(manager.call("POST", url + "/status", {"to": "erased", "reason": "asked for", "version": 1}))
    one(manager.call("POST", url + "/request", {}))
    ok(asked["status"] == "active", "another person must confirm", asked)
    dead = one(api.call("POST", url + "/status", {"to": "deceased", "reason": "told by her aunt", "version": 1}))
    alive = one(api.call("POST", url + "/undo", {"version": dead["version"]}))
    ok(dead["status"] == "deceased" and alive["status"] == "active", "a status is set and undone", alive)
    gone = one(api.call("POST", url + "/delete", {"reason": "twice", "version": alive["version"]}))
    back = one(api.call("POST", url + "/restore", {"version": gone["version"]}))
    ok(back["status"] == "active", "a deleted record is restored", back)
    said = one(api.call("POST", url + "/comments", {"text": "She called."}))["items"][0]
    ok(one(api.get(url + "/comments"))["items"] == [said], "a comment is told")
    ok(one(api.call("POST", url + "/comments/undo", {"comment": said["id"]})) == {"items": []}, "and taken back")
    case = one(api.call("POST", "/records/case", {"parent": rec["id"], "answers": {"opened": "2026-01-21"}}), 201)
    other = one(api.call("POST", P, PERSON), 201)
    moved = one(api.call("POST", "/records/case/" + case["id"] + "/move",
                         {"parent": other["id"], "version": case["version"], "reason": "wrong person"}))
    ok(moved["parent"] == other["id"], "a case is moved to the right person", moved)
    one(api.get("/cases/" + case["id"] + "/grid"))
    test_files(api, url)


def test_others(api):
    """Searches that were kept, long work, statistics, what a script asks while somebody types."""
    kept = api.call("POST", P + "/search", b"words=Apitest", {**FORM, "Accept": "text/html"})
    hits = one(api.get(kept[1]["Location"]))
    ok(kept[0] == 303 and len(hits["items"]) > 0, "a search that was kept is told again", hits)
    job = api.call("POST", P + "/export", b"whose=own&format=csv", FORM)
    ok(job[0] == 303 and one(api.get(job[1]["Location"]))["kind"] == "export", "long work is told")
    asked = one(api.call("POST", "/api/facts", {"form": "person", "row1": "person.sex"}))
    ok(one(api.get("/api/facts/" + asked["id"])) == asked
       and one(api.get("/api/facts?form=person&row1=person.sex")) == asked
       and one(api.get("/facts/" + asked["id"])) == asked, "a table of statistics is told")
    found = one(api.call("POST", "/records/household/refs", {"field": "members.member", "words": "a"}))
    ok("say" in found, "a reference is looked for", found)
    kept = one(api.call("POST", P + "/unfinished", b"_draft=0190f3a2-0000-7000-8000-000000000001&sex=male", FORM))
    ok("say" in kept, "what is typed is kept", kept)
    one(api.get("/api/openapi.json"))
    one(api.get("/records/rss?limit=2"))


def patterns(document):
    """Every route that answers in JSON, as it stands in the route tables."""
    kinds = sorted((k for k in document["components"]["schemas"] if f"/records/{k}" in document["paths"]),
                   key=len, reverse=True)
    out = {}
    for path, methods in document["paths"].items():
        kind = next((k for k in kinds if path == f"/records/{k}" or path.startswith(f"/records/{k}/")), None)
        for method, operation in methods.items():
            types = {t for s, r in operation["responses"].items() if s != "default" for t in r.get("content", {})}
            if "application/json" in types:
                shown = path.replace(f"/records/{kind}", "/records/{kind}", 1) if kind else path
                out.setdefault(f"{method} {shown}", []).append(path)
    return out


def unvisited(document):
    """Routes with JSON that no reply of this test came from."""
    done = [(r["method"].lower(), r["path"]) for r in replies if r["status"] < 300]

    def visited(method, paths):
        forms = [re.compile("^" + re.sub(r"\{[a-z_]+\}", "[^/]+", p) + "$") for p in paths]
        return any(m == method and any(f.match(path) for f in forms) for m, path in done)

    return [name for name, paths in patterns(document).items() if not visited(name.split()[0], paths)]


def test_openapi(api):
    status, _, text = Api(api, api.secret).get("/api/openapi.json")
    document = json.loads(text)
    ok(status == 200 and document["openapi"] == "3.1.0", "the API describes itself as OpenAPI 3.1")
    told = patterns(document)
    ok(len(told) > 35 and all(any("/records/rss" in p for p in paths) for name, paths in told.items() if "{kind}" in name),
       "every route that answers in JSON is described, for every form", sorted(told))
    # The gateway signs what it sends: test_messages.py plays it.
    missing = [name for name in unvisited(document) if name != "post /messages/gateway"]
    ok(not missing, "each of them was called here and answered", missing)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "validate.mjs")
    done = subprocess.run(["node", script], input=json.dumps(
        {"openapi": document, "replies": replies}).encode(), capture_output=True, timeout=300)
    wrong = json.loads(done.stdout) if done.returncode == 0 else [done.stderr.decode()]
    ok(not wrong and len(replies) > 60,
       f"the document is sound and {len(replies)} replies are as it says", "\n".join(wrong[:20]))


def main():
    database = demo(scratch())
    server = Server(database)
    api = Recorder(server, token(database))
    test_life(api)
    test_bodies(api)
    test_ignored(api)
    test_changes(api, Recorder(server, token(database, "manager")))
    test_others(api)
    test_tokens(server, database, api)
    test_openapi(api)
    server.stop()
    finish()


if __name__ == "__main__":
    main()
