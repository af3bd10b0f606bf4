#!/usr/bin/env python3
"""The demo programme: the same people from the same seed, and enough of everything to look at."""
import csv
import io
import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(__file__))
from kit import Browser, Server, finish, ok, run, scratch  # noqa: E402

KINDS = ("person", "case", "return_event", "household", "action", "rss", "consent", "contact", "plan", "plan_review",
         "monitoring_report", "w_model", "cash_or_kind")
DESKS = ("supervisor", "supervisor.iq")
DAY = "2026-06-30"


def make(folder, name, *options):
    path = os.path.join(folder, name)
    done = run("demo", "--database", path, *options)
    return path, done


def exported(path, kind, who):
    done = run("export", kind, "--database", path, "--as", who, "--out", "-")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def without_ids(text):
    """Ids are random: each becomes its place among those that came before."""
    seen = {}
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                  lambda m: "#%d" % seen.setdefault(m.group(0), len(seen)), text)


def contents(path):
    return {(kind, who): without_ids(exported(path, kind, who)) for kind in KINDS for who in DESKS}


def rows_of(all_of, kind):
    return [row for who in DESKS for row in csv.DictReader(io.StringIO(all_of[kind, who].lstrip("\ufeff")))]


def test_same_twice(folder):
    """One seed and one day give the same bytes; another day gives other dates."""
    one, done = make(folder, "one.db", "--people", "40", "--today", DAY)
    ok(done.returncode == 0, "a demo that ends on a given day is made", done.stderr)
    two, _ = make(folder, "two.db", "--people", "40", "--today", DAY)
    first, second = contents(one), contents(two)
    differ = [key for key in first if first[key] != second[key]]
    ok(not differ, "two demos of the same day are exported to the same bytes", differ)
    ok(sum(map(len, first.values())) > 50000, "and there is much in them")
    other, _ = make(folder, "other.db", "--people", "40", "--today", "2026-07-15")
    ok(exported(other, "case", "supervisor") != exported(one, "case", "supervisor"),
       "a demo of another day has other dates")
    return one, first, done.stdout


def test_lives(path, all_of):
    """What somebody who looks around should find."""
    people, cases = rows_of(all_of, "person"), rows_of(all_of, "case")
    ok(30 <= len(people) <= 44, "the offices have most of the people asked for", len(people))
    ok({row["record.status"] for row in cases} >= {"active", "follow_up", "closed"},
       "cases stand in several statuses", sorted({row["record.status"] for row in cases}))
    rounds = {row["round"] for row in rows_of(all_of, "rss")}
    ok(rounds >= {"baseline", "progress", "final"}, "there are three rounds of interviews", sorted(rounds))
    plans = {row["record.status"] for row in rows_of(all_of, "plan")}
    ok(plans >= {"active", "ended", "superseded", "submitted", "approved"},
       "plans are in force, ended, replaced by a newer version, waiting", sorted(plans))
    spent = [value for row in rows_of(all_of, "plan") for name, value in row.items() if "actual_cost" in name and value]
    ok(len(spent) > 5, "actions were carried out, and what they cost is known", len(spent))
    signed = [value for row in rows_of(all_of, "plan") for name, value in row.items() if "approval_by" in name and value]
    ok({"worker", "staff", "returnee"} <= set(signed), "worker, supervisor and person have signed", sorted(set(signed)))
    late = [row["interview_date"] for row in rows_of(all_of, "rss") if row["interview_date"] >= DAY]
    late += [row["done_on"] for row in rows_of(all_of, "action") if row["done_on"] >= DAY]
    ok(not late, "nothing has happened after the day on which the demo ends", late[:5])
    hosts = {row["host_country"] for row in rows_of(all_of, "return_event")}
    ok(hosts == {"DE", "IT", "NE"}, "people came from three host countries", sorted(hosts))
    ok({row["programme"][:2] for row in cases} == {"SN", "IQ"}, "to two countries")
    ok(any(row["birth_date"] == "" for row in people) or any(row["sex"] == "" for row in cases if "sex" in row)
       or any(row["first_contact_on"] == "" for row in cases), "some answers are missing")
    ok(any("prefer_not" in text or "dont_know" in text for (kind, _), text in all_of.items() if kind == "rss"),
       "some answers were declined")
    done = run("audit", "verify", "--database", path)
    ok(done.returncode == 0, "its audit is whole", done.stdout + done.stderr)


def test_made_of_it(path):
    """Rules, facts, index and outbox have followed."""
    db = sqlite3.connect(path)
    states = {row[0] for row in db.execute("SELECT DISTINCT state FROM rule_result")}
    ok(states == {"open", "done", "overridden"}, "rules have results in every state", sorted(states))
    for kind in KINDS:
        n = db.execute(f"SELECT count(*) FROM fact_{kind}").fetchone()[0]
        ok(n > 0, f"there are facts of {kind}", n)
    told = db.execute("SELECT count(*) FROM rec_consent c JOIN rec_case k ON k.parent_id = c.parent_id JOIN rule_result r"
                      " ON r.case_id = k.id WHERE r.rule = 'consent_first' AND r.holds = 1 AND c.status = 'given'").fetchone()[0]
    ok(told == 0, "nobody who has consented is asked for consent again", told)
    asked = db.execute("SELECT count(*) FROM rule_next WHERE next_on <= ?", (DAY,)).fetchone()[0]
    ok(asked == 0, "no case waits for the rules of a day that has come", asked)
    tables = {"message": 1, "notification": 5, "attachment": 1, "record_comment": 3, "survey_result": 20}
    for table, least in tables.items():
        n = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        ok(n >= least, f"the demo has something in {table}", n)
    db.close()


def test_sign_in(path, said):
    """Those whom the program lists can sign in."""
    names = re.findall(r"^  ([a-z0-9.]+) +[a-z_]+ +\w+", said, re.M)
    roles = set(re.findall(r"^  [a-z0-9.]+ +([a-z_]+) +\w+", said, re.M))
    ok(len(roles) == 8 and len(names) > 20, "staff of every role are listed", said)
    server = Server(path)
    for name in ("casemanager.iq", "meofficer", "manager", "casemanager.ne"):
        browser = Browser(server)
        browser.sign_in(name)
        ok(browser.open("/")[0] == 200, f"{name} signs in")
    server.stop()


def test_options(folder):
    _, done = make(folder, "bad.db", "--today", "30/06/2026")
    ok(done.returncode != 0 and "--today" in done.stderr and not os.path.exists(os.path.join(folder, "bad.db")),
       "a day that is no date is refused, and nothing is made", done.stderr)
    path, _ = make(folder, "only.db", "--people", "20", "--people-only")
    db = sqlite3.connect(path)
    counts = [db.execute(f"SELECT count(*) FROM rec_{kind}").fetchone()[0] for kind in KINDS]
    db.close()
    ok(counts == [20] + [0] * (len(KINDS) - 1), "people only are people only", counts)


def main():
    folder = scratch()
    path, all_of, said = test_same_twice(folder)
    test_lives(path, all_of)
    test_made_of_it(path)
    test_sign_in(path, said)
    test_options(folder)
    finish()


main()
