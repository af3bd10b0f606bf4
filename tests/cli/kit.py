"""What the command-line tests share: a scratch folder, running homeward, TAP lines, a server."""
import atexit
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HOMEWARD = os.environ["HOMEWARD"]
SOURCE = os.environ["HOMEWARD_SOURCE"]
PASSWORD = "homeward-demo"
results = []


def scratch():
    folder = tempfile.mkdtemp(prefix="hw-cli-")
    atexit.register(shutil.rmtree, folder, True)
    return folder


def run(*words, stdin=None, env=None, timeout=300):
    """Runs homeward; the result has returncode, stdout and stderr as text."""
    done = subprocess.run([HOMEWARD, *words], input=stdin, capture_output=True, timeout=timeout,
                          env={**os.environ, **(env or {})})
    done.stdout = done.stdout.decode("utf-8", "replace")
    done.stderr = done.stderr.decode("utf-8", "replace")
    return done


def ok(condition, name, detail=""):
    results.append(bool(condition))
    print(f"{'ok' if condition else 'not ok'} {len(results)} - {name}", flush=True)
    if not condition and detail:
        print("# " + str(detail).replace("\n", "\n# ")[:3000], flush=True)
    return bool(condition)


def finish():
    print(f"1..{len(results)}")
    sys.exit(0 if results and all(results) else 1)


def made_once(people):
    """The folder of a demo of so many people; kit.mjs makes and takes the same ones."""
    folder = os.path.join(os.environ.get("HOMEWARD_DEMOS") or scratch(), str(people))
    making = folder + ".making"
    if os.path.isdir(folder):
        return folder
    try:
        os.mkdir(making)
    except FileExistsError:  # another test is at it
        if wait_for(lambda: not os.path.exists(making), 300):
            return made_once(people)
        raise RuntimeError("nobody ends making " + folder) from None
    if os.path.isdir(folder):
        os.rmdir(making)
        return folder
    done = run("demo", "--database", os.path.join(making, "demo.db"), "--people", str(people))
    if done.returncode != 0:
        shutil.rmtree(making)
        raise RuntimeError("demo failed: " + done.stderr)
    os.rename(making, folder)
    return folder


def demo(folder, name="demo.db", people=60):
    """A small demo database, a copy that is the caller's own; its path."""
    master = made_once(people)
    for file in os.listdir(master):
        shutil.copy(os.path.join(master, file),
                    os.path.join(folder, file.replace("demo.db", name, 1)))
    return os.path.join(folder, name)


class Server:
    """homeward serve on a free port."""

    def __init__(self, database, *options, env=None, log=None):
        self.log = open(log or database + ".log", "ab")
        self.process = subprocess.Popen(
            [HOMEWARD, "serve", "--database", database, "--port", "0", *options],
            stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **(env or {})})
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        if not found:
            raise RuntimeError("the server did not start: " + line)
        self.port = int(found.group(1))
        self.base = f"http://127.0.0.1:{self.port}"
        atexit.register(self.stop)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self):
        """All at once: the children die with the parent, by the kernel."""
        self.process.kill()
        self.process.wait()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Keeps cookies and the CSRF token; __Host- cookies are sent over plain http here."""

    def __init__(self, server):
        self.base, self.cookies, self.csrf, self.body = server.base, {}, "", b""
        self.opener = urllib.request.build_opener(NoRedirect)

    def open(self, path, data=None, headers=None, method=None):
        request = urllib.request.Request(self.base + path, method=method)
        if isinstance(data, (dict, list)):
            pairs = list(data.items()) if isinstance(data, dict) else list(data)
            pairs.append(("csrf", self.csrf))
            request.data = urllib.parse.urlencode(pairs).encode()
        elif data is not None:
            request.data = data
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if self.cookies:
            request.add_header("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        try:
            reply = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            reply = error
        self.body = body = reply.read()
        for line in reply.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        text = body.decode("utf-8", "replace")
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        if found:
            self.csrf = found.group(1)
        return reply.status, reply.headers, text

    def follow(self, path, data=None):
        status, headers, text = self.open(path, data)
        while status in (302, 303):
            status, headers, text = self.open(headers["Location"])
        return status, headers, text

    def sign_in(self, name="supervisor", password=PASSWORD):
        self.open("/login")
        return self.follow("/login", {"name": name, "password": password})


def token(database, login="supervisor"):
    """A secret with which a program may use the API as this user."""
    done = run("user", "token", login, "--database", database)
    if done.returncode != 0:
        raise RuntimeError("no token: " + done.stderr)
    return done.stdout.strip().split("\n")[-1]


class Api:
    """A program that uses the JSON API with a token."""

    def __init__(self, server, secret):
        self.base, self.secret = server.base, secret
        self.opener = urllib.request.build_opener(NoRedirect)

    def call(self, method, path, body=None, headers=None):
        """status, headers, text; body is bytes, or anything that JSON can hold."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=body, method=method)
        request.add_header("Authorization", "Bearer " + self.secret)
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            reply = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            reply = error
        return reply.status, reply.headers, reply.read().decode("utf-8", "replace")

    def get(self, path):
        return self.call("GET", path)


def raw(server, request, seconds=20):
    """Sends bytes as they are; everything that came back until the end of the connection."""
    data = b""
    with socket.create_connection(("127.0.0.1", server.port), seconds) as sock:
        sock.settimeout(seconds)
        sock.sendall(request)
        try:
            while True:
                part = sock.recv(65536)
                if not part:
                    return data
                data += part
        except ConnectionResetError:
            return data


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def multipart(browser, path, filename, content):
    """Sends a file as a form of the browser does."""
    edge = "edge7f3a"
    body = (f'--{edge}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.csrf}\r\n'
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
            "Content-Type: text/csv\r\n\r\n").encode() + content + f"\r\n--{edge}--\r\n".encode()
    return browser.open(path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})


def finished(browser, job, seconds=60):
    """Waits until a job has ended; its page in JSON."""
    last = {}

    def ended():
        status, _, text = browser.open(job, headers={"Accept": "application/json"})
        last.update(json.loads(text) if status == 200 else {})
        return last.get("state") in ("done", "failed", "cancelled")
    wait_for(ended, seconds)
    return last
