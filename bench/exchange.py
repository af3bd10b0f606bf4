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


def rows_in(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def exports(say, database, folder, kind):
    """Figures of a hundred thousand, from as many as there are; the rows of the CSV."""
    path = os.path.join(folder, kind)
    words = ["export", kind, "--database", database, "--as", "supervisor"]
    took = {}
    for format_ in ("xlsx", "csv"):
        took[format_] = [timed(*words, "--out", f"{path}.{format_}", "--format", format_)
                         for _ in range(2)]
    table = rows_in(f"{path}.csv")
    scale = ROWS / (len(table) - 1)
    for format_, wanted in (("xlsx", 4), ("csv", 1)):
        wall, cpu, memory = (min(run[i] for run in took[format_]) for i in range(3))
        say(f"export of {ROWS} records ({kind}) to {format_.upper()}", f"{wall * scale:.2f} s",
            f"at most {wanted} s; {cpu * scale:.2f} s of CPU, {memory:.0f} MiB; from"
            f" {len(table) - 1} of {len(table[0])} columns")
        os.remove(f"{path}.{format_}")
    return table


def measure(say, database, folder):
    exports(say, database, folder, "case")
    table = exports(say, database, folder, "person")
    out = os.path.join(folder, "people.csv")
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
