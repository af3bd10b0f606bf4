"""Publishing a form of 1,000 questions while a server runs, as one command from start to end."""
import os
import statistics
import time

from kit import demo, run


def form(version):
    head = "survey\n,type,name,label::English (en),relevant\n"
    rows = "".join(f",{'integer' if i % 2 else 'text'},q{i},Question {i},"
                   f"{'${q%d} > 3' % (i - 1) if i % 10 == 2 else ''}\n" for i in range(1000))
    return (head + rows + "settings\n,form_title::English (en),form_id,version,hw:parent,hw:subject\n"
            f",Long,bench_long,{version},person,person\n")


def measure(say, folder):
    database = os.path.join(folder, "publish.db")
    for name in os.listdir(folder):
        if name.startswith("publish.db"):
            os.remove(os.path.join(folder, name))
    demo(folder, "publish.db")
    path = os.path.join(folder, "long.csv")
    nothing, took = [], []
    for version in range(1, 8):
        with open(path, "w", encoding="utf-8") as file:
            file.write(form(version))
        began = time.perf_counter()
        run("form", "list", "--database", database, "--as", "admin")
        nothing.append(time.perf_counter() - began)
        grant = ["--grant", "supervisor=all"] if version == 1 else []
        began = time.perf_counter()
        done = run("form", "publish", path, "--database", database, "--as", "admin", *grant)
        took.append(time.perf_counter() - began)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
    say("publish a form of 1,000 questions, whole command",
        f"{1000 * statistics.median(took):.0f} ms",
        "at most 300 ms; a command that publishes nothing"
        f" {1000 * statistics.median(nothing):.0f} ms")
