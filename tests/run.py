#!/usr/bin/env python3
"""Runs the whole suite and ends with "N passed, N failed".

usage: run.py BUILD_DIR [--full] [--only TEXT]

Each job is a command that speaks TAP (its ok and not ok lines are counted) or counts as one by its
exit code. Jobs of the suite `db` run twice: on SQLite, and on PostgreSQL when HOMEWARD_PG_URL is set.
"""
import concurrent.futures
import glob
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT = 900
# Long browser tests that --full does in parts: the variable that names a part, and all the parts.
FULL_WAYS = {
    "forms.test.mjs": ("HOMEWARD_WAY", ["en-script", "en-plain", "ar-script"]),
    "look.test.mjs": ("HOMEWARD_LOOK", [f"{lang}-{width}" for lang in ("en", "ar", "fr", "es")
                                        for width in (390, 1280)]),
}


class Job:
    def __init__(self, name, command, env=None, alone=False, timeout=TIMEOUT, cwd=ROOT):
        self.name, self.command, self.env, self.alone = name, command, env or {}, alone
        self.timeout, self.cwd = timeout, cwd


def meson_jobs(build, pg):
    out = subprocess.run(["meson", "introspect", "--tests", build], capture_output=True, check=True)
    for test in json.loads(out.stdout):
        suites = [s.split(":")[-1] for s in test["suite"]]
        alone = "alone" in suites
        env = {k: v for k, v in test["env"].items()}
        cwd = test["workdir"] or os.path.join(ROOT, build)
        yield Job(test["name"], test["cmd"], env, alone, cwd=cwd)
        if "db" in suites and pg:
            yield Job(test["name"] + " (PostgreSQL)", test["cmd"],
                      {**env, "HOMEWARD_PG_URL": pg}, alone, cwd=cwd)


def both(path):
    """Whether a script asks for PostgreSQL too."""
    with open(path, encoding="utf-8") as file:
        return "HOMEWARD_PG_URL" in file.read()


def script_jobs(build, full, pg):
    env = {"HOMEWARD": os.path.join(ROOT, build, "src", "homeward"),
           "HOMEWARD_SOURCE": ROOT, "HOMEWARD_BUILD": os.path.join(ROOT, build)}
    yield Job("house rules", ["python3", "tools/check.py"])
    yield Job("every text is translated", ["python3", "tools/i18n.py", "check"])
    yield Job("coverage page is true", ["python3", "tools/coverage.py", "--check"])
    for path in sorted(glob.glob("tests/support/check_*.py")):
        yield Job(path, ["python3", path])
    for path in sorted(glob.glob("tests/golden/run_*.py") + glob.glob("tests/cli/test_*.py")):
        yield Job(path, ["python3", path], env)
        if pg and both(path):
            yield Job(path + " (PostgreSQL)", ["python3", path], {**env, "HOMEWARD_PG_URL": pg})
    for path in sorted(glob.glob("tests/e2e/*.test.mjs")):
        name, ways = FULL_WAYS.get(os.path.basename(path), ("", [""])) if full else ("", [""])
        for way in ways:
            yield Job(f"{path} {way}".strip(), ["node", path],
                      {**env, "HOMEWARD_FULL": "1", **({name: way} if way else {})} if full else env,
                      timeout=2 * TIMEOUT if full else TIMEOUT)
    if full:
        for path in sorted(glob.glob("tests/full/*.sh")):
            yield Job(path, ["sh", path], env, alone=True, timeout=3 * TIMEOUT)


def count(output, code):
    """Passed and failed of one job's output."""
    passed = len(re.findall(r"^ok\b(?!.*# ?SKIP)", output, re.M | re.I))
    skipped = len(re.findall(r"^(?:not )?ok\b.*# ?SKIP", output, re.M | re.I))
    failed = len(re.findall(r"^not ok\b(?!.*# ?SKIP)", output, re.M | re.I))
    plan = re.findall(r"^1\.\.(\d+)", output, re.M)
    if passed + failed + skipped == 0:
        return (1, 0) if code == 0 else (0, 1)
    missing = sum(int(n) for n in plan) - passed - failed - skipped
    if missing > 0:
        failed += missing
    if code != 0 and failed == 0:
        failed = 1
    return passed, failed


def run(job):
    env = {k: v for k, v in os.environ.items() if k != "HOMEWARD_PG_URL"}
    env.update({"ASAN_OPTIONS": "allow_user_segv_handler=0:detect_leaks=1:abort_on_error=0",
                "LSAN_OPTIONS": "suppressions=" + os.path.join(ROOT, "tests/support/lsan.supp")
                + ":print_suppressions=0",
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1", **job.env})
    began = time.monotonic()
    try:
        done = subprocess.run(job.command, cwd=job.cwd, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=job.timeout)
        output, code = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode("utf-8", "replace") + "\ntimed out"
        code = 124
    passed, failed = count(output, code)
    return job, passed, failed, code, output, time.monotonic() - began


def report(result):
    job, passed, failed, code, output, seconds = result
    print(f"{'ok  ' if failed == 0 else 'FAIL'} {job.name}: {passed} passed, {failed} failed"
          f" ({seconds:.1f} s)", flush=True)
    if failed:
        lines = output.strip().split("\n")
        wanted = [i for i, line in enumerate(lines)
                  if line.startswith("not ok") or "ERROR" in line or "error" in line.lower()]
        near = sorted({n for i in wanted[:12] for n in range(i - 2, i + 12) if 0 <= n < len(lines)})
        shown = [lines[n] for n in near][:160] if near else lines[-60:]
        print(f"---- exit {code}\n" + "\n".join(shown) + "\n----", flush=True)


def idle_seconds():
    """How long one core has been idle in the mean, and the time."""
    with open("/proc/stat", encoding="ascii") as file:
        idle, waiting = map(int, file.readline().split()[4:6])
    ticks = os.sysconf("SC_CLK_TCK") * (os.cpu_count() or 1)
    return (idle + waiting) / ticks, time.monotonic()


def main():
    os.chdir(ROOT)
    build = sys.argv[1]
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    jobs = list(meson_jobs(build, os.environ.get("HOMEWARD_PG_URL")))
    jobs += list(script_jobs(build, "--full" in sys.argv, os.environ.get("HOMEWARD_PG_URL")))
    jobs = [j for j in jobs if only in j.name]
    passed = failed = 0
    before = idle_seconds()
    # Browsers, servers and databases wait for each other: one job more than there are cores. The
    # longest ones, in a browser, come first, so that none of them runs alone at the end.
    together = sorted((j for j in jobs if not j.alone), key=lambda j: "e2e" not in j.name)
    with tempfile.TemporaryDirectory(prefix="hw-demos-") as demos:
        os.environ["HOMEWARD_DEMOS"] = demos  # made once, copied by every test
        with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 2) + 1) as pool:
            results = itertools.chain(pool.map(run, together),
                                      map(run, (j for j in jobs if j.alone)))
            for result in results:
                report(result)
                passed, failed = passed + result[1], failed + result[2]
    idle, seconds = idle_seconds()[0] - before[0], idle_seconds()[1] - before[1]
    print(f"{seconds:.0f} s, in which the cores were idle for {idle / seconds:.0%} of their time")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
