#!/usr/bin/env python3
"""The front, its workers and their parent as real processes: what they serve and survive.

usage: test_front.py ECHO_SERVER. HOMEWARD_SOURCE names the source tree (for one static file).
"""
import gzip
import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import kit
from kit import HOST, Reader, Server, drain, is_closed, poll, talk

GET = b"GET /echo HTTP/1.1\r\n" + HOST
PAGES, PAGE = 12, 256 * 1024
STREAM = b"".join(bytes([ord("a") + i]) * PAGE for i in range(PAGES))


def tells_the_request():
    """a worker gets method, target, query, headers and body as they were sent"""
    with Server(2) as server, server.connect() as s:
        r = talk(s, b"POST /echo/%41%2F?q=%20+&a=1 HTTP/1.1\r\n" + HOST +
                 b"X-Own: \xc3\xa9 two  words\r\nX-OWN: again\r\nContent-Length: 5\r\n\r\nhello")
        assert r.status == 200
        assert r.value("method") == "POST" and r.value("body") == "5"
        assert r.value("target") == "/echo/%41%2F" and r.value("query") == "q=%20+&a=1"
        assert r.value("peer") == "127.0.0.1" and r.value("loopback") == "1"
        assert "x-own: é two  words\nx-own: again\n" in r.body.decode(), r.body
        assert r.value("headers") == "4"


def chunked_bodies():
    """chunked bodies arrive whole, with extensions, trailers and bare line feeds between chunks"""
    with Server(1) as server, server.connect() as s:
        head = b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: CHUNKED\r\n\r\n"
        body = b"3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nX: y\r\n\r\n"
        assert talk(s, head + body).value("body") == "7"
        # a line feed instead of CRLF ends a chunk at the same place, and nothing is smuggled
        assert talk(s, head + b"3\nabc\n0\n\n").value("body") == "3"
        r = talk(s, GET + b"\r\n")
        assert r.value("target") == "/echo" and r.value("method") == "GET"


def pipelining():
    """pipelined requests are answered in order, also with bodies"""
    with Server(3) as server, server.connect() as s:
        for i in range(20):
            s.sendall(b"POST /echo?%d HTTP/1.1\r\n" % i + HOST + b"Content-Length: 3\r\n\r\nabc")
        reader = Reader(s)
        for i in range(20):
            r = reader.reply()
            assert r.status == 200 and r.value("query") == str(i) and r.value("body") == "3"


def expectation():
    """Expect: 100-continue is answered before the body is sent"""
    with Server(1) as server, server.connect() as s:
        s.sendall(b"POST /echo HTTP/1.1\r\n" + HOST +
                  b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        reader = Reader(s)
        assert reader.reply().status == 100
        s.sendall(b"abcd")
        assert reader.reply().value("body") == "4"


def large_body():
    """a body of 24 MB arrives; one byte more is refused before it is sent"""
    size = 24 * 1024 * 1024
    with Server(1) as server:
        with server.connect() as s:
            s.sendall(b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size)
            s.sendall(b"x" * size)
            assert Reader(s).reply().value("body") == str(size)
        with server.connect() as s:
            r = talk(s, b"POST /echo HTTP/1.1\r\n" + HOST +
                     b"Content-Length: %d\r\n\r\n" % (size + 1))
            assert r.status == 413 and is_closed(s)


def empty_body_and_old_version():
    """HTTP/1.0 with a Host is served and closed; GET with Content-Length: 0 is fine"""
    with Server(1) as server:
        with server.connect() as s:
            r = talk(s, b"GET /echo HTTP/1.0\r\n" + HOST + b"\r\n")
            assert r.status == 200 and is_closed(s)
        with server.connect() as s:
            r = talk(s, b"GET /stream HTTP/1.0\r\n" + HOST + b"\r\n")
            assert "transfer-encoding" not in r.headers and r.body == STREAM
        with server.connect() as s:
            assert talk(s, GET + b"Content-Length: 0\r\n\r\n").status == 200


def long_answers():
    """4 MB in one frame and 3 MB in pages arrive whole; HEAD gets their heads"""
    with Server(2) as server, server.connect() as s:
        assert talk(s, b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n").body == b"b" * 4 * 1024 * 1024
        r = talk(s, b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n")
        assert r.headers["transfer-encoding"] == "chunked" and r.body == STREAM
        r = talk(s, b"HEAD /big HTTP/1.1\r\n" + HOST + b"\r\n", head_only=True)
        assert r.headers["content-length"] == "4194304"
        s.sendall(b"HEAD /stream HTTP/1.1\r\n" + HOST + b"\r\n")
        head = drain(s)  # its length is not known: the connection ends, nothing follows the head
        assert head.startswith(b"HTTP/1.1 200") and head.endswith(b"\r\n\r\n")
        assert head.count(b"\r\n\r\n") == 1


def headers_of_answers():
    """every answer has the security headers; a worker's own policy replaces ours"""
    with Server(1) as server:
        for path in ("/echo", "/crash", "/static/x/y", "/favicon.ico"):
            h = server.get(path).headers
            assert h["x-content-type-options"] == "nosniff"
            assert h["referrer-policy"] == "same-origin"
            assert h["cross-origin-opener-policy"] == "same-origin"
            assert "default-src 'none'" in h["content-security-policy"]
            assert "frame-ancestors 'none'" in h["content-security-policy"]
            assert "permissions-policy" in h and "server" not in h and h["cache-control"]
            poll(lambda: server.get("/echo").status == 200)
        assert server.get("/csp").headers["content-security-policy"] == "default-src 'self'"


def malformed_replies():
    """a reply that would split a header or is no frame becomes 502; framing stays ours"""
    with Server(1) as server:
        assert server.get("/split").status == 502
        assert server.get("/garbage").status == 502
        r = server.get("/framing")
        assert r.status == 200 and len(r.body) > 1
        with server.connect() as s:
            r = talk(s, b"GET /close HTTP/1.1\r\n" + HOST + b"\r\n")
            assert r.headers["connection"] == "close" and is_closed(s)


def static_files():
    """static files by exact name and hash, gzip when asked for, 304, immutable"""
    name = "bootstrap.css"
    path = os.path.join(os.environ["HOMEWARD_SOURCE"], "build", "deps", "static", name)
    with open(path, "rb") as file:
        data = file.read()
    url = f"/static/{hashlib.blake2b(data, digest_size=8).hexdigest()}/{name}"
    with Server(1) as server:
        r = server.get(url)
        assert r.status == 200 and r.body == data and "content-encoding" not in r.headers
        assert r.headers["content-type"] == "text/css; charset=utf-8"
        assert r.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert r.headers["vary"] == "Accept-Encoding" and "default-src" in r.headers[
            "content-security-policy"]
        packed = server.get(url + "?v=1", b"Accept-Encoding: br, gzip;q=0.5\r\n")
        assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(packed.body) == data
        assert packed.headers["etag"] != r.headers["etag"]
        assert "content-encoding" not in server.get(url, b"Accept-Encoding: gzip;q=0\r\n").headers
        again = server.get(url, b"If-None-Match: " + r.headers["etag"].encode() + b"\r\n")
        assert again.status == 304 and again.headers["etag"] == r.headers["etag"]
        wrong = url.replace(url[8:24], "0" * 16)
        for bad in (wrong, url + "x", "/static/", "/static/" + name, url + "/", "/static//" + name,
                    url.replace(url[8:24], url[8:24].upper()), url.replace(".css", "%2Ecss")):
            assert server.get(bad).status == 404, bad
        assert server.get(url.replace("/static/", "/static/%2e/")).status == 400
        with server.connect() as s:  # the connection goes on
            request = f"HEAD {url} HTTP/1.1\r\n".encode() + HOST + b"\r\n"
            r = talk(s, request, head_only=True)
            assert r.headers["content-length"] == str(len(data))
            assert talk(s, request, head_only=True).status == 200


def slow_clients():
    """500 clients that send byte by byte slow nobody: 200 requests, each under a second"""
    with Server(2) as server:
        slow = [server.connect() for _ in range(500)]
        stop = threading.Event()
        rounds = []

        def trickle():
            text = GET + b"X-Slow: " + b"a" * 4000
            for byte in text:
                for s in slow:
                    if stop.is_set():
                        return
                    s.sendall(bytes([byte]))
                rounds.append(byte)

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            worst, count = 0.0, 0
            while count < 200 or len(rounds) < 20:
                count += 1
                begun = time.monotonic()
                assert server.get("/4k").status == 200
                worst = max(worst, time.monotonic() - begun)
        finally:
            stop.set()
            thread.join()
        assert worst < 1.0, worst
        for s in slow[:100]:  # they were held, not dropped
            s.sendall(b"\r\n\r\n")
            assert Reader(s).reply().status in (200, 400)
        for s in slow:
            s.close()


def slow_heads_and_bodies_end():
    """a head or a body that is not complete in time ends the connection, however busy it looks"""
    with Server(1, 1, 1) as server:
        def trickles_to_its_end(first):
            s = server.connect()
            s.sendall(first)
            begun = time.monotonic()
            s.settimeout(0.05)
            while time.monotonic() - begun < 10:
                try:
                    if s.recv(1) == b"":
                        break
                except TimeoutError:
                    try:
                        s.sendall(b"a")
                    except OSError:
                        break
                except OSError:
                    break
            s.close()
            return 0.5 < time.monotonic() - begun < 5
        assert trickles_to_its_end(b"")
        assert trickles_to_its_end(b"GET /echo HTTP/1.1\r\nX-A: ")
        assert trickles_to_its_end(
            b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 999\r\n\r\n")
        with server.connect() as s:  # the second request of a connection, too
            assert talk(s, GET + b"\r\n").status == 200
            s.sendall(b"GET /echo HTTP/1.1\r\nX-A: ")
            assert is_closed(s)
        with server.connect() as s:  # but a worker may take longer
            assert talk(s, b"GET /sleep?1600 HTTP/1.1\r\n" + HOST + b"\r\n").status == 200


def truncated():
    """requests cut off anywhere leave nothing behind"""
    whole = (b"POST /echo HTTP/1.1\r\n" + HOST +
             b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    with Server(1, 1, 1) as server:
        cuts = []
        for cut in range(0, len(whole) - 1):
            s = server.connect()
            s.sendall(whole[:cut])
            s.shutdown(socket.SHUT_WR)
            cuts.append(s)
        for s in cuts:
            assert b"pid=" not in drain(s)
            s.close()
        assert server.get("/echo").status == 200


def vanished_client():
    """a client that vanishes in a download, or stops taking it, holds no worker"""
    with Server(1) as server:
        stalled = server.connect()
        stalled.sendall(b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n")
        assert stalled.recv(1000)
        for _ in range(10):
            s = server.connect()
            s.sendall(b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n")
            assert s.recv(1000)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            begun = time.monotonic()
            assert server.get("/echo").status == 200
            assert time.monotonic() - begun < 1.0
        data = b""
        while len(data) < len(STREAM):
            data += stalled.recv(65536)
        stalled.close()


def crash():
    """a worker that dies: 502 for its request, the next one is served"""
    with Server(1) as server:
        for _ in range(3):
            assert server.get("/crash").status == 502
            assert server.get("/echo").status == 200
        with server.connect() as s:  # in the middle of a stream: cut off, not ended
            s.sendall(b"GET /stream?crash HTTP/1.1\r\n" + HOST + b"\r\n")
            data = drain(s)
            assert data.startswith(b"HTTP/1.1 200") and not data.endswith(b"0\r\n\r\n")
        assert server.get("/echo").status == 200


def retire():
    """a worker that leaves after a reply costs nobody a request"""
    with Server(2) as server:
        failed = []

        def use(path):
            for _ in range(60):
                if server.get(path).status != 200:
                    failed.append(path)

        threads = [threading.Thread(target=use, args=(p,)) for p in ("/retire", "/echo", "/4k")]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not failed, failed


def queue():
    """requests wait for a worker in order; what is too much is told to try later"""
    with Server(1, 0, 0, 0, 2000) as server:
        conns = [server.connect() for _ in range(1100)]
        first = server.connect()
        first.sendall(b"GET /sleep?1500 HTTP/1.1\r\n" + HOST + b"\r\n")
        poll(lambda: is_busy(server))
        for s in conns:
            s.sendall(GET + b"\r\n")
        replies = [Reader(s).reply() for s in conns]
        assert Reader(first).reply().status == 200
        served = [r.status for r in replies].count(200)
        refused = [r for r in replies if r.status == 503]
        assert served + len(refused) == 1100 and 990 <= served <= 1000, served
        assert refused[0].headers["retry-after"]
        for s in conns + [first]:
            s.close()


def is_busy(server):
    """The only worker does not answer."""
    with server.connect() as s:
        s.sendall(GET + b"\r\n")
        s.settimeout(0.2)
        try:
            return not s.recv(1)
        except TimeoutError:
            return True


def connection_limit():
    """more connections than allowed wait or are closed; the others go on"""
    with Server(1, 0, 0, 0, 20) as server:
        held = [server.connect() for _ in range(20)]
        assert all(talk(s, GET + b"\r\n").status == 200 for s in held)
        more = [server.connect() for _ in range(20)]
        assert all(talk(s, GET + b"\r\n").status == 200 for s in held)
        for s in held + more:
            s.close()
        poll(lambda: served(server))


def served(server):
    try:
        return server.get("/echo").status == 200
    except (OSError, EOFError):
        return False


def all_children(server, count):
    """Front, workers and job, once all have started."""
    def found():
        pids = [p for n in ("front", "worker", "job") for p in server.children("homeward-" + n)]
        return pids if len(pids) == count else None
    return poll(found)


def drains():
    """SIGTERM: a request in hand is finished, the port is closed, all processes end with code 0"""
    with Server(1) as server, server.connect() as s:
        pids = all_children(server, 3)
        s.sendall(b"POST /sleep?300 HTTP/1.1\r\n" + HOST +
                  b"Content-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        reader = Reader(s)
        assert reader.reply().status == 100
        server.process.send_signal(signal.SIGTERM)
        poll(lambda: not can_connect(server))
        s.sendall(b"a")
        r = reader.reply()
        assert r.status == 200 and r.headers["connection"] == "close"
        assert server.process.wait(10) == 0
        assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def can_connect(server):
    try:
        server.connect().close()
        return True
    except OSError:
        return False


def ends_in_time():
    """SIGTERM ends all within seconds even when a worker or a client does not"""
    with Server(1) as server, server.connect() as s:
        s.sendall(b"GET /sleep?60000 HTTP/1.1\r\n" + HOST + b"\r\n")
        assert served_busy(server)
        server.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        server.process.wait(12)
        assert time.monotonic() - begun < 10


def served_busy(server):
    """The front answers static files while its worker sleeps."""
    return server.get("/static/none").status == 404


def replaces():
    """SIGHUP replaces workers one by one and fails no request"""
    with Server(3) as server:
        before = set(poll(lambda: len(server.children("homeward-worker")) == 3
                          and server.children("homeward-worker")))
        server.process.send_signal(signal.SIGHUP)

        def all_new():
            assert server.get("/echo").status == 200
            now = set(server.children("homeward-worker"))
            return len(now) == 3 and not now & before
        poll(all_new)


def front_dies():
    """a front that dies is started again, with all workers"""
    with Server(2) as server:
        all_children(server, 4)
        front = server.children("homeward-front")[0]
        workers = set(server.children("homeward-worker"))
        os.kill(front, signal.SIGKILL)
        poll(lambda: served(server))

        def all_new():
            now = set(server.children("homeward-worker"))
            return len(now) == 2 and not now & workers
        poll(all_new)
        assert front not in server.children("homeward-front")


def parent_dies():
    """when the parent is killed its children die with it"""
    with Server(2) as server:
        pids = all_children(server, 4)
        server.process.kill()
        poll(lambda: not any(alive(pid) for pid in pids))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def jail():
    """the front is confined: no file, no new socket, no program; its descriptors are sockets"""
    told = subprocess.run([sys.argv[1], "jail"], capture_output=True, check=True, text=True).stdout
    assert told == "open refused\nsocket refused\nexecve refused\nvfork refused\n", told
    with Server(1) as server:
        assert server.get("/echo").status == 200
        front = server.children("homeward-front")[0]
        with open(f"/proc/{front}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        assert status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1"
        if os.geteuid() == 0:
            folder = f"/proc/{front}/fd"
            links = [os.readlink(os.path.join(folder, n)) for n in os.listdir(folder) if int(n) > 2]
            assert links and all(k.startswith(("socket:", "anon_inode:")) for k in links), links


def port_taken():
    """a port in use is an error that says what to do, a public address is refused"""
    with Server(1) as server:
        run = subprocess.run([sys.argv[1], "1", "0", "0", "0", "0", str(server.port)],
                             capture_output=True, check=False, text=True)
        assert run.returncode != 0 and "another program uses it" in run.stderr
    run = subprocess.run([sys.argv[1], "1", "0", "0", "0", "0", "0", "0.0.0.0"],
                         capture_output=True, check=False, text=True)
    assert run.returncode != 0 and "127.0.0.1" in run.stderr


if __name__ == "__main__":
    kit.run([tells_the_request, chunked_bodies, pipelining, expectation, large_body,
             empty_body_and_old_version, long_answers, headers_of_answers, malformed_replies,
             static_files, slow_clients, slow_heads_and_bodies_end, truncated, vanished_client,
             crash, retire, queue, connection_limit, drains, ends_in_time, replaces, front_dies,
             parent_dies, jail, port_taken])
