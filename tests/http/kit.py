"""What the tests of the front share: the server process, a client that speaks in bytes, TAP."""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import traceback

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /echo?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
DEADLINE = 20.0


class Server:
    """echo_server with these arguments: workers, header and body seconds, body_max, clients."""

    def __init__(self, *numbers):
        self.process = subprocess.Popen(
            [sys.argv[1], *map(str, numbers)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        self.port = int(line.split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)
        self.process.stdout.close()

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def children(self, name):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    text = file.read()
            except OSError:
                continue
            comm = text[text.index("(") + 1:text.rindex(")")]
            state, parent = text[text.rindex(")") + 2:].split()[:2]
            if int(parent) == self.process.pid and comm == name and state != "Z":
                found.append(int(pid))
        return found

    def get(self, path, headers=b""):
        """One request on a connection of its own."""
        with self.connect() as s:
            return talk(s, b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n")


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def value(self, name):
        """Of a line that echo_server told."""
        found = re.search(rb"^" + name.encode() + rb"[=:] ?(.*)$", self.body, re.M)
        return found.group(1).decode() if found else None


class Reader:
    """Takes replies from a connection one by one."""

    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def more(self):
        part = self.sock.recv(65536)
        self.data += part
        return bool(part)

    def until(self, mark):
        while mark not in self.data:
            if not self.more():
                raise EOFError(self.data[:200])
        part, self.data = self.data.split(mark, 1)
        return part

    def exactly(self, size):
        while len(self.data) < size:
            if not self.more():
                raise EOFError(f"{len(self.data)} of {size} bytes")
        part, self.data = self.data[:size], self.data[size:]
        return part

    def chunks(self):
        body = b""
        while True:
            size = int(self.until(b"\r\n"), 16)
            body += self.exactly(size)
            self.until(b"\r\n")
            if size == 0:
                return body

    def reply(self, head_only=False):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers.setdefault(name.lower(), value.strip())
        body = b""
        if head_only or status in (100, 204, 304):
            pass
        elif headers.get("transfer-encoding") == "chunked":
            body = self.chunks()
        elif "content-length" in headers:
            body = self.exactly(int(headers["content-length"]))
        else:
            while self.more():
                pass
            body, self.data = self.data, b""
        return Reply(status, headers, body)


def talk(sock, request, head_only=False):
    sock.sendall(request)
    reader = Reader(sock)
    reply = reader.reply(head_only)
    assert not reader.data, reader.data[:100]
    return reply


def drain(sock):
    """Everything up to the end of the connection."""
    data = b""
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                return data
            data += part
    except ConnectionResetError:
        return data


def is_closed(sock):
    """The other side has ended the connection, or does so before the deadline."""
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def poll(question, seconds=DEADLINE):
    """The first true answer; an assertion fails when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError("not in time")


def run(tests):
    """Runs functions in order and prints TAP; their first line of documentation is the name."""
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = (test.__doc__ or test.__name__).strip().split("\n")[0]
        begun = time.monotonic()
        try:
            test()
            print(f"ok {number} - {name} # {time.monotonic() - begun:.2f} s", flush=True)
        except Exception:  # a test program tells every failure
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    sys.exit(1 if failed else 0)
