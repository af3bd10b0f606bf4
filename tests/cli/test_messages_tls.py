"""Certificates of gateways and mail servers: an authority of our own, made here, is asked by name.

A certificate of another authority, of another host, or none at all: nothing is sent.
"""
import os
import re
import socketserver
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Browser, Server, demo, finish, ok, run, scratch  # noqa: E402

HOST = "127.0.0.2"  # of this machine, but not by its name: as strict as any other


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}")


def certificate(folder, name, ca, address):
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    with open(os.path.join(folder, f"{name}.ext"), "w", encoding="ascii") as file:
        file.write(f"subjectAltName=IP:{address}\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


class Peer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler, folder=None, name=None):
        super().__init__((HOST, 0), handler)
        self.port = self.server_address[1]
        self.got, self.tls = [], None
        if name:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(os.path.join(folder, f"{name}.pem"),
                                     os.path.join(folder, f"{name}.key"))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a client that turns away


class Https(socketserver.BaseRequestHandler):
    def handle(self):
        with self.server.tls.wrap_socket(self.request, server_side=True) as sock:
            data = b""
            while b"\r\n\r\n" not in data:
                data += sock.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            want = int(re.search(rb"content-length: (\d+)", head, re.I).group(1))
            while len(body) < want:
                body += sock.recv(65536)
            self.server.got.append(body)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


class Mail(socketserver.BaseRequestHandler):
    """SMTP; begins with STARTTLS if the server has a certificate."""

    implicit = False

    def handle(self):
        sock, secure = self.request, False
        if self.implicit:
            sock, secure = self.server.tls.wrap_socket(sock, server_side=True), True
        sock.sendall(b"220 test\r\n")
        file = sock.makefile("rb")
        while line := file.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                offer = b"250-test\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
                sock.sendall(offer if self.server.tls and not secure else b"250 test\r\n")
            elif word == b"STAR":
                sock.sendall(b"220 go on\r\n")
                sock, secure = self.server.tls.wrap_socket(sock, server_side=True), True
                file = sock.makefile("rb")
            elif word == b"DATA":
                sock.sendall(b"354 go on\r\n")
                mail = b""
                while (part := file.readline()) not in (b".\r\n", b""):
                    mail += part
                self.server.got.append((secure, mail))
                sock.sendall(b"250 taken\r\n")
            elif word == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 fine\r\n")


class Smtps(Mail):
    """SMTP within TLS from the first byte (RFC 8314)."""

    implicit = True


def set_up(admin, kind, fields):
    admin.open("/messages/settings")
    status, _, text = admin.open(f"/messages/settings/{kind}", fields)
    if status != 303:
        raise RuntimeError(f"settings: {status} {text[:1500]}")


def try_it(database, to, ca):
    done = run("messages", "test", "--database", database, "--to", to, env={"SSL_CERT_FILE": ca})
    return done.returncode, done.stdout + done.stderr


def main():
    folder = scratch()
    database = demo(folder)
    authority(folder, "good")
    authority(folder, "bad")
    certificate(folder, "right", "good", HOST)
    certificate(folder, "stranger", "bad", HOST)
    certificate(folder, "elsewhere", "good", "127.0.0.3")
    ca = os.path.join(folder, "good.pem")
    for name, works in (("right", True), ("stranger", False), ("elsewhere", False)):
        gateway, mail = Peer(Https, folder, name), Peer(Mail, folder, name)
        smtps = Peer(Smtps, folder, name)
        server = Server(database)
        admin = Browser(server)
        admin.sign_in("admin")
        set_up(admin, "sms", {"url": f"https://{HOST}:{gateway.port}/sms", "method": "POST",
                              "headers": "Content-Type: application/json", "ok_codes": "200",
                              "body": '{"to":"{to}","text":"{text}"}'})
        set_up(admin, "email", {"url": f"smtp://{HOST}:{mail.port}", "from": "note@mail.test"})
        server.stop()
        code, told = try_it(database, "+221770001122", ca)
        ok((code == 0) == works and len(gateway.got) == works, f"a gateway, {name}", told)
        ok(works or "certificate" in told, f"a gateway, {name}: what is told", told)
        code, told = try_it(database, "awa@mail.test", ca)
        ok((code == 0) == works and len(mail.got) == works, f"a mail server, {name}", told)
        ok(not works or mail.got[0][0], f"a mail server, {name}: encrypted by STARTTLS", told)
        server = Server(database)
        admin = Browser(server)
        admin.sign_in("admin")
        set_up(admin, "email", {"url": f"smtps://{HOST}:{smtps.port}", "from": "note@mail.test"})
        server.stop()
        code, told = try_it(database, "awa@mail.test", ca)
        ok((code == 0) == works and len(smtps.got) == works, f"smtps, {name}", told)
        ok(not works or smtps.got[0][0], f"smtps, {name}: encrypted from the first byte", told)
        ok(works or "certificate" in told, f"smtps, {name}: what is told", told)
    plain = Peer(Mail)
    server = Server(database)
    admin = Browser(server)
    admin.sign_in("admin")
    set_up(admin, "email", {"url": f"smtp://{HOST}:{plain.port}", "from": "note@mail.test"})
    server.stop()
    code, told = try_it(database, "awa@mail.test", ca)
    ok(code != 0 and not plain.got, "a mail server without STARTTLS gets nothing", told)
    server = Server(database)
    admin = Browser(server)
    admin.sign_in("admin")
    set_up(admin, "email", {"url": f"smtps://{HOST}:{plain.port}", "from": "note@mail.test"})
    server.stop()
    code, told = try_it(database, "awa@mail.test", ca)
    ok(code != 0 and not plain.got, "a server without TLS behind smtps:// gets nothing", told)
    finish()


main()
