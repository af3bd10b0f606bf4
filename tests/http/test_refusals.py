#!/usr/bin/env python3
"""Raw requests that two programs could read in two ways, or that are too much: the front refuses.

usage: test_refusals.py ECHO_SERVER
"""
import kit
from kit import HOST, SMUGGLED

GET = b"GET /echo HTTP/1.1\r\n"
POST = b"POST /echo HTTP/1.1\r\n"
BODY_MAX = 100000

# name, status or statuses, request; after it comes a second request that must not be answered
REFUSED = [
    ("two conflicting Content-Length", 400,
     POST + HOST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"),
    ("two equal Content-Length", 400,
     POST + HOST + b"Content-Length: 4\r\ncontent-length: 4\r\n\r\nabcd"),
    ("a list of lengths", 400, POST + HOST + b"Content-Length: 4, 4\r\n\r\nabcd"),
    ("Content-Length and chunked", 400,
     POST + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunked and Content-Length", 400,
     POST + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
    ("Transfer-Encoding twice", 400, POST + HOST + b"Transfer-Encoding: chunked\r\n"
     b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    ("chunked with HTTP/1.0", 400,
     b"POST /echo HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("an unknown coding", 501, POST + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
    ("chunked with a space behind", (400, 501),
     POST + HOST + b"Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n"),
    ("chunked with a vertical tab", (400, 501),
     POST + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
    ("a negative length", 400, POST + HOST + b"Content-Length: -1\r\n\r\n"),
    ("a signed length", 400, POST + HOST + b"Content-Length: +4\r\n\r\nabcd"),
    ("a hexadecimal length", 400, POST + HOST + b"Content-Length: 0x4\r\n\r\nabcd"),
    ("an empty length", 400, POST + HOST + b"Content-Length:\r\n\r\n"),
    ("a length over 64 bits", 413,
     POST + HOST + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    ("a length over the limit", 413, POST + HOST + b"Content-Length: 100001\r\n\r\n"),
    ("no Host", 400, GET + b"\r\n"),
    ("no Host with HTTP/1.0", 400, b"GET /echo HTTP/1.0\r\nAccept: */*\r\n\r\n"),
    ("Host twice", 400, GET + HOST + b"Host: other\r\n\r\n"),
    ("an empty Host", 400, GET + b"Host:\r\n\r\n"),
    ("a Host with a path", 400, GET + b"Host: a/b\r\n\r\n"),
    ("a space before the colon", 400, GET + HOST + b"X-A : b\r\n\r\n"),
    ("a header without a name", 400, GET + HOST + b": b\r\n\r\n"),
    ("a header without a colon", 400, GET + HOST + b"nonsense\r\n\r\n"),
    ("a bracket in a header name", 400, GET + HOST + b"X(A): b\r\n\r\n"),
    ("a byte over 127 in a header name", 400, GET + HOST + b"X\xe9: b\r\n\r\n"),
    ("a control character in a value", 400, GET + HOST + b"X-A: a\x01b\r\n\r\n"),
    ("a bare CR in a value", 400, GET + HOST + b"X-A: a\rX-B: b\r\n\r\n"),
    ("NUL in a value", 400, GET + HOST + b"X-A: a\x00b\r\nX-B: c\r\n\r\n"),
    ("NUL in the last value", 400, GET + HOST + b"X-A: a\x00b\r\n\r\n"),
    ("NUL in the value of a coding", (400, 501),
     POST + HOST + b"Transfer-Encoding: chunked\x00x\r\nX-A: b\r\n\r\n0\r\n\r\n"),
    ("NUL in a header name", 400, GET + HOST + b"X\x00A: b\r\n\r\n"),
    ("NUL in the target", 400, b"GET /echo\x00x HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("NUL in the query", 400, b"GET /echo?a\x00b=c HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("NUL in the method", 400, b"GET\x00 /echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("bare LF after the first line", 400, b"GET /echo HTTP/1.1\n" + HOST + b"\r\n"),
    ("bare LF after a header", 400, GET + b"Host: localhost\nX-A: b\r\n\r\n"),
    ("bare LF after the last header", 400, GET + b"Host: localhost\n\r\n"),
    ("bare LF as the empty line", 400, GET + HOST + b"\n"),
    ("bare LF everywhere", 400, b"GET /echo HTTP/1.1\nHost: localhost\n\n"),
    ("a folded header", 400, GET + HOST + b"X-A: b\r\n c\r\n\r\n"),
    ("a folded coding", (400, 501),
     POST + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    ("a folded last header", 400, GET + HOST + b"X-A: b\r\n\tX-B: c\r\n\r\n"),
    ("a fold before the first header", 400, GET + b" X-A: b\r\n" + HOST + b"\r\n"),
    ("a control character in the target", 400, b"GET /a\x01b HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a byte over 127 in the target", 400, b"GET /\xe9 HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a tab in the target", 400, b"GET /a\tb HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a fragment", 400, b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a path that climbs", 400, b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a path that climbs, encoded", 400,
     b"GET /static/%2e%2E/passwd HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a path that ends in two dots", 400, b"GET /a/..?b HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("an absolute target", 400, b"GET http://localhost/echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("an asterisk", 400, b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("CONNECT", (400, 405), b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("TRACE", 405, b"TRACE /echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("an unknown method", 501, b"BREW /echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a method in lower case", 501, b"get /echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a method that is no token", 400, b"G@T /echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("two spaces before the target", 400, b"GET  /echo HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("HTTP/9.9", 505, b"GET /echo HTTP/9.9\r\n" + HOST + b"\r\n"),
    ("HTTP/1.2", 505, b"GET /echo HTTP/1.2\r\n" + HOST + b"\r\n"),
    ("HTTP/0.9", (400, 505), b"GET /echo HTTP/0.9\r\n" + HOST + b"\r\n"),
    ("a target of 10 KB", 414, b"GET /" + b"a" * 10000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a target of 40 KB", 414, b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("65 headers", 431,
     GET + HOST + b"".join(b"X-%d: a\r\n" % i for i in range(64)) + b"\r\n"),
    ("2,000 headers", 431,
     GET + HOST + b"".join(b"X-%d: a\r\n" % i for i in range(2000)) + b"\r\n"),
    ("a header of 20 KB", 431, GET + HOST + b"X-A: " + b"a" * 20000 + b"\r\n\r\n"),
    ("a header of 60 KB", 431, GET + HOST + b"X-A: " + b"a" * 60000 + b"\r\n\r\n"),
    ("an unknown expectation", 417, POST + HOST + b"Expect: tea\r\nContent-Length: 1\r\n\r\na"),
    ("a huge chunk size", 413,
     POST + HOST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n"),
    ("a chunk size that is no number", 400,
     POST + HOST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"),
    ("a negative chunk size", 400,
     POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n"),
    ("a chunk longer than it said", 400,
     POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"),
    ("chunks that are too much together", 413,
     POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"a" * 4096
     + b"\r\n" + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 2 + b"0\r\n\r\n"),
    ("POST to a static file", 405,
     b"POST /static/x/y HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n"),
]


def refusal(server, name, statuses, request):
    def test():
        allowed = statuses if isinstance(statuses, tuple) else (statuses,)
        with server.connect() as s:
            try:
                s.sendall(request + SMUGGLED)
            except (ConnectionResetError, BrokenPipeError):
                pass
            answer = kit.drain(s)
        assert answer.startswith(b"HTTP/1.1 "), answer[:100]
        assert int(answer.split()[1]) in allowed, answer.split(b"\r\n")[0]
        assert answer.count(b"HTTP/1.1 ") == 1, answer
        assert b"smuggled" not in answer and b"pid=" not in answer
        assert b"microhttpd" not in answer.lower() and b"\nServer:" not in answer
    test.__doc__ = name + " is refused and the connection closed"
    return test


def main():
    with kit.Server(2, 0, 0, BODY_MAX) as server:
        def goes_on():
            """after all of them ordinary requests are served"""
            assert server.get("/echo").status == 200
            assert len(server.children("homeward-front")) == 1
        kit.run([refusal(server, *row) for row in REFUSED] + [goes_on])


if __name__ == "__main__":
    main()
