"""Several people at the same moment, through the real server: one record is never saved over, and
numbers are given once."""
import json
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Api, Browser, Server, demo, finish, ok, run, scratch, token  # noqa: E402

P = "/records/person"


def at_once(calls):
    """Runs all at the same moment; their results in order."""
    gate = threading.Barrier(len(calls))
    results = [None] * len(calls)

    def work(n):
        gate.wait()
        try:
            results[n] = calls[n]()
        except Exception as error:  # a test tells every failure
            results[n] = error
    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def form_of(text):
    """The pairs that the edit form would send as it stands, but for the token."""
    pairs = []
    form = re.search(r'<form[^>]*id="record-form".*?</form>|<form[^>]*class="[^"]*record[^"]*".*?</form>', text, re.S)
    for tag in re.findall(r"<input[^>]*>", form.group(0) if form else text):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]*)"', tag)
        if not name or name.group(1) in ("csrf", "lang", "back", "words") or (kind and kind.group(1) == "submit"):
            continue
        if kind and kind.group(1) in ("radio", "checkbox") and " checked" not in tag:
            continue
        pairs.append((name.group(1), value.group(1) if value else ""))
    return pairs


def test_pages(server, api):
    rec = json.loads(api.call("POST", P, {"names": [{"name_text": "Sametest"}], "sex": "unknown"})[2])
    url = P + "/" + rec["id"]
    users = [Browser(server), Browser(server)]
    users[0].sign_in("supervisor")
    users[1].sign_in("casemanager")
    forms = []
    for user in users:
        status, _, text = user.open(url + "/edit")
        forms.append([p for p in form_of(text) if p[0] != "sex"])
        ok(status == 200 and ("_version", "1") in forms[-1], "each opens the same version", str(forms[-1])[:500])
    name = next(n for n, v in forms[0] if v == "Sametest")
    calls = [lambda u=u, f=f, v=v: u.open(url, [(n, v if n == name else x) for n, x in f])
             for u, f, v in zip(users, forms, ("Firsttest", "Secondtest"))]
    results = at_once(calls)
    codes = sorted(r[0] if isinstance(r, tuple) else str(r) for r in results)
    ok(codes in ([303, 409], [303, 422]), "one save is stored and one is shown the conflict", codes)
    stored = json.loads(api.get(url)[2])
    winner = ("Firsttest", "Secondtest")[0 if results[0][0] == 303 else 1]
    loser = results[1 if results[0][0] == 303 else 0][2]
    ok(stored["version"] == 2 and stored["answers"]["names"][0]["name_text"] == winner,
       "what is stored is the first, whole", str(stored)[:500])
    ok("Firsttest" in loser and "Secondtest" in loser, "the other sees both and has lost nothing of hers",
       loser[:300])


def test_versions(api):
    rec = json.loads(api.call("POST", P, {"names": [{"name_text": "Racetest"}], "sex": "unknown"})[2])
    url = P + "/" + rec["id"]
    for version in range(1, 6):
        calls = [lambda n=n: api.call("PUT", url, {"names": [{"name_text": f"Race {version} {n}"}], "sex": "male"},
                                      {"If-Match": f'"{version}"'}) for n in range(8)]
        codes = sorted(r[0] if isinstance(r, tuple) else 0 for r in at_once(calls))
        ok(codes == [200] + [409] * 7, f"of eight writers of version {version} one wins", codes)
    history = json.loads(api.get(url + "/history")[2])["items"]
    ok([v["version"] for v in history] == [6, 5, 4, 3, 2, 1], "the history has each version once")


def test_numbers(folder, database, server, apis):
    """Creates over the API and imports on the command line, twenty at a time."""
    calls = [lambda n=n: apis[n % len(apis)].call("POST", P, {"names": [{"name_text": f"Twenty {n}"}],
                                                              "sex": "male"}) for n in range(20)]
    results = at_once(calls)
    made = [json.loads(r[2])["number"] for r in results if isinstance(r, tuple) and r[0] == 201]
    ok(len(made) == 20 and len(set(made)) == 20, "twenty people made at once have twenty numbers", made)
    files = []
    for n in range(20):
        files.append(os.path.join(folder, f"import-{n}.csv"))
        with open(files[-1], "w", encoding="utf-8") as file:
            file.write("names.1.name_text,sex\n" + "".join(f"Import {n}-{i},female\n" for i in range(5)))
    results = at_once([lambda f=f: run("import", "person", f, "--database", database) for f in files])
    ok(all(getattr(r, "returncode", 1) == 0 for r in results), "twenty imports at once while the server runs",
       [getattr(r, "stderr", r) for r in results if getattr(r, "returncode", 1) != 0][:3])
    done = run("export", "person", "--database", database, "--format", "json", "--out", "-")
    people = json.loads(done.stdout)
    numbers = [p["number"] for p in people]
    names = {n["name_text"] for p in people for n in p["answers"]["names"]}
    ok(len(set(numbers)) == len(numbers) and all(f"Import {n}-{i}" in names for n in range(20) for i in range(5)),
       "all hundred are there and every number is given once")
    done = run("check", "--database", database)
    ok(done.returncode == 0, "the database and all chains of the audit are whole afterwards", done.stderr)


def main():
    folder = scratch()
    database = demo(folder)
    server = Server(database)
    apis = [Api(server, token(database, name)) for name in ("supervisor", "casemanager")]
    test_pages(server, apis[0])
    test_versions(apis[0])
    test_numbers(folder, database, server, apis)
    server.stop()
    finish()


if __name__ == "__main__":
    main()
