"""Import and export of people, as commands: time of the wall, of the processors, and memory."""
import csv
import os
import subprocess

ROWS = 100000
TRIED = 25000  # rows imported; a hundred thousand take four times as long


def timed(*words):
    done = subprocess.run(["/usr/bin/time", "-f", "%e %U %S %M", os.environ["HOMEWARD"], *words],
                          capture_output=True)
    if done.returncode != 0:
        raise SystemExit((done.stdout + done.stderr).decode())
    wall, user, system, memory = map(float, done.stderr.split()[-4:])
    return wall, user + system, memory / 1024


def measure(say, database, folder):
    out = os.path.join(folder, "people.csv")
    for kind, wanted in (("xlsx", 4), ("csv", 1)):
        path = out.replace("csv", kind)
        wall, cpu, memory = timed("export", "person", "--database", database, "--as", "supervisor",
                                  "--out", path, "--format", kind)
        if kind == "csv":
            with open(out, encoding="utf-8-sig", newline="") as file:
                table = list(csv.reader(file))
            scale = ROWS / (len(table) - 1)
        say(f"export of people to {kind.upper()}", f"{wall:.1f} s",
            f"at most {wanted} s for {ROWS}; {cpu:.1f} s of processor, {memory:.0f} MiB")
    say("records in these exports", f"{len(table) - 1}", f"{ROWS} are {scale:.2f} times as many")
    with open(out, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table[:TRIED + 1])
    fresh = os.path.join(folder, "import.db")
    for name in os.listdir(folder):
        if name.startswith("import.db"):
            os.remove(os.path.join(folder, name))
    timed("demo", "--database", fresh, "--people", "1", "--people-only")
    wall, cpu, memory = timed("import", "person", out, "--database", fresh, "--as", "supervisor")
    scale = ROWS / (min(TRIED, len(table) - 1))
    say(f"import of {ROWS} people, with validation and index", f"{wall * scale:.0f} s",
        f"at most 60 s; {cpu * scale:.0f} s of processor, {memory:.0f} MiB; from {TRIED} rows")
    os.remove(out)
    os.remove(out.replace("csv", "xlsx"))
