"""Scores of 1,000,000 interviews from CSV, with the summary; beside it DuckDB on the same file.

DuckDB (npm @duckdb/node-api, put into build/bench/duckdb) is asked for less than our command does:
it makes the same scores and the same means and medians, but writes no file of scores and checks no
answer. Its means must be ours, or the bench stops.
"""
import csv
import json
import os
import resource
import subprocess
import time
from fractions import Fraction

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECTIONS = ("economic", "social", "psychosocial")
NO_ANSWER = ("dont_know", "prefer_not_to_answer", "na", "not_answered")
SCRIPT = """
import { DuckDBInstance } from '@duckdb/node-api';
const [sql, threads] = process.argv.slice(2);
const db = await DuckDBInstance.create(':memory:', { threads });
const rows = await (await db.connect()).runAndReadAll(sql);
console.log(JSON.stringify(rows.getRows(), (k, v) => typeof v === 'bigint' ? Number(v) : v));
"""


def profile():
    """Rows of the shipped profile by section, as lists after the empty first cell."""
    parts, now = {}, None
    with open(os.path.join(ROOT, "content/scoring/homeward-1.csv"), encoding="utf-8",
              newline="") as file:
        for row in csv.reader(file):
            if row[0]:
                now = parts.setdefault(row[0], [])
            else:
                now.append(row[1:])
    return parts


def points(question, rule, rows):
    """Points of a question as SQL."""
    given = [(code, float(Fraction(p))) for name, code, p in rows if name == question]
    cases = " ".join(f"when '{code}' then {p}" for code, p in given if code != "*")
    if rule == "code":
        return f"case {question} {cases} end"
    none = " ".join(f"when '{code}' then null" for code in NO_ANSWER)
    rest = next(p for code, p in given if code == "*")
    return f"case when {question} is null then null else case {question} {cases} {none} " \
           f"else {rest} end end"


def query(path):
    parts = profile()
    sums = {d: ([], []) for d in SECTIONS}
    for name, section, weight, rule, sources, low, high in (r[:7] for r in parts["questions"][1:]):
        if rule in ("code", "any"):
            value = points(name, rule, parts["points"][1:])
        elif rule == "mean":
            steps = [f"case {q} " + " ".join(
                f"when '{code}' then {step}" for other, code, step in parts["steps"][1:]
                if other == q) + " end" for q in sources.split()]
            value = f"(list_avg([{', '.join(steps)}]) - {low}) / {int(high) - int(low)}"
        else:
            continue
        sums[section][0].append(f"coalesce({weight} * ({value}), 0)")
        sums[section][1].append(f"case when ({value}) is null then 0 else {weight} end")
    totals = ", ".join(f"{' + '.join(a)} as {d}_sum, {' + '.join(w)} as {d}_weight"
                       for d, (a, w) in sums.items())
    scores = ", ".join(f"{d}_sum / nullif({d}_weight, 0) as {d}" for d in SECTIONS)
    whole = " and ".join(f"{d}_weight > 0" for d in SECTIONS)
    scores += f", case when {whole} then ({' + '.join(d + '_sum' for d in SECTIONS)}) / " \
              f"({' + '.join(d + '_weight' for d in SECTIONS)}) end as composite"
    figures = ", ".join(f"count({d}), avg({d}), median({d}), avg(({d} < 0.33)::int), "
                        f"avg(({d} >= 0.5)::int)" for d in (*SECTIONS, "composite"))
    return f"with sums as (select country, sex, {totals} from read_csv('{path}', header = true, " \
           f"all_varchar = true)), scored as (select country, sex, {scores} from sums) " \
           f"select country, sex, {figures} from scored group by country, sex"


def timed(*args):
    """Wall seconds, CPU seconds and the largest process in MiB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *args], capture_output=True, check=False)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, int(done.stderr.split()[-1]) // 1024, done.stdout


def duckdb(folder):
    """The script that asks DuckDB; None where it cannot be had."""
    place = os.path.join(folder, "duckdb")
    os.makedirs(place, exist_ok=True)
    if not os.path.exists(os.path.join(place, "node_modules", "@duckdb", "node-api")):
        try:
            subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--loglevel=error",
                            "--prefix", place, "@duckdb/node-api@1.5.6-r.1"], check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
    script = os.path.join(place, "score.mjs")
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    return script


def compare(summary, rows):
    """Means of both, by group and score."""
    ours, theirs = {}, {}
    with open(summary, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["country"] != "(all)":
                ours[row["country"], row["sex"], row["score"]] = (int(row["n"]), row["mean"])
    for country, sex, *figures in rows:
        for i, score in enumerate((*SECTIONS, "composite")):
            theirs[country or "", sex or "", score] = figures[5 * i:5 * i + 2]
    if ours.keys() != theirs.keys():
        raise SystemExit("DuckDB has other groups")
    for place, (count, mean) in ours.items():
        if count != theirs[place][0] or abs(float(mean) - theirs[place][1]) > 1e-6:
            raise SystemExit(f"DuckDB differs: {place} {count} {mean} {theirs[place]}")


def measure(say, folder, interviews):
    path = os.path.join(folder, f"interviews-{interviews}.csv")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            subprocess.run(["python3", os.path.join(ROOT, "tests/support/make_interviews.py"),
                            str(interviews), "7"], stdout=file, check=True)
    out, summary = os.path.join(folder, "scores.csv"), os.path.join(folder, "summary.csv")
    script, sql = duckdb(folder), query(path)
    cores = str(len(os.sched_getaffinity(0)))
    ours, theirs = [], []
    for _ in range(3):
        for old in (out, summary):  # writing back 69 MB of the run before is not this one's work
            if os.path.exists(old):
                os.remove(old)
        ours.append(timed(os.environ["HOMEWARD"], "survey", "score", path, "--out", out,
                          "--summary", summary, "--by", "country,sex"))
        if script:
            theirs.append(timed("node", script, sql, cores))
    if theirs:
        compare(summary, json.loads(theirs[0][3]))
    wall, cpu, memory = (min(run[i] for run in ours) for i in range(3))
    scored = f"{interviews} interviews scored ({os.path.getsize(path) / 1e6:.0f} MB)"
    say(scored, f"{wall:.2f} s", f"at most 0.45 s; {cpu:.2f} s of CPU, {cores} cores")
    say("memory of it, in the largest process", f"{memory} MiB",
        f"at most 64 MiB; {cores if int(cores) < 8 else 8} processes")
    if not theirs:
        raise SystemExit("DuckDB is not here")
    d_wall, d_cpu, d_memory = (min(run[i] for run in theirs) for i in range(3))
    say("times as fast as DuckDB, which writes no scores", f"{d_wall / wall:.1f}",
        f"at least 4; DuckDB {d_wall:.2f} s, {d_cpu:.2f} s of CPU ({d_cpu / cpu:.1f} times ours),"
        f" {d_memory} MiB")
