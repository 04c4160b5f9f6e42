#!/usr/bin/env python3
"""COMPRESS=DEFLATE, METADATA and QUOTA of the running server: off by default, the same octets with and
without compression, bounded memory of idle sessions, and what is kept over a restart."""
import os
import re
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, harness, imap
from lib.harness import Skip, check, equal, note, test

MESSAGE = b"Subject: %d\r\n\r\n" + b"a line of a message\r\n" * 500
IDLE_KIB = 64  # the most that a compressed idle session may cost beyond a plain one


def start(*settings):
    server = harness.new_server(settings=settings)
    if server.name != "postern":
        raise Skip("Postern's own settings")
    server.start()
    server.add_account(clients.ADDRESS, clients.PASSWORD)
    return server


class Compressed:
    """A session after COMPRESS: raw lines out, the answer up to its tag in."""

    def __init__(self, server):
        self.session = imap.session(server, clients.ADDRESS)
        self.session.ok("COMPRESS DEFLATE")
        self.pack = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.unpack = zlib.decompressobj(-15)
        self.received = 0

    def ask(self, tag, line):
        octets = self.pack.compress(tag + b" " + line + b"\r\n") + self.pack.flush(zlib.Z_SYNC_FLUSH)
        self.session.socket.sendall(octets)
        answer = b""
        while not re.search(rb"(^|\r\n)" + tag + rb" (OK|NO|BAD) [^\r]*\r\n$", answer):
            got = self.session.socket.recv(65536)
            check(got, f"the server closed the connection after {answer[-200:]!r}")
            self.received += len(got)
            answer += self.unpack.decompress(got)
        return answer


def resident(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def idle_cost(server, connect, count=40):
    before = resident(server)
    sessions = [connect() for _ in range(count)]
    cost = (resident(server) - before) / count
    for one in sessions:
        getattr(one, "session", one).close()
    return cost


@test
def off_by_default():
    server = start()
    with imap.session(server, clients.ADDRESS) as session:
        check(b"COMPRESS" not in session.command("CAPABILITY").untagged[0], "COMPRESS is announced")
        equal(session.command("COMPRESS DEFLATE").status, "BAD", "COMPRESS")
        check(session.command("NOOP").ok, "the session goes on")
    server.stop()


@test
def the_same_octets_in_fewer():
    server = start("imap.compress=true")
    with imap.session(server, clients.ADDRESS) as plain:
        for number in range(20):
            plain.append("INBOX", MESSAGE % number)
    packed = Compressed(server)
    packed.ask(b"a", b"EXAMINE INBOX")
    packed.received = 0
    answer = packed.ask(b"b", b"FETCH 1:* BODY.PEEK[]")
    for number in range(20):
        check(MESSAGE % number in answer, f"message {number} is not whole")
    note(f"{len(answer)} octets came in {packed.received}")
    check(packed.received < len(answer) / 4, "hardly smaller than uncompressed")
    check(b" BAD [COMPRESSIONACTIVE]" in packed.ask(b"c", b"COMPRESS DEFLATE"), "a second COMPRESS")

    def connect_plain():
        session = imap.session(server, clients.ADDRESS)
        session.select("INBOX")
        session.ok("FETCH 1:* BODY.PEEK[]")
        return session

    def connect_packed():
        session = Compressed(server)
        session.ask(b"a", b"SELECT INBOX")
        session.ask(b"b", b"FETCH 1:* BODY.PEEK[]")
        return session

    idle_cost(server, connect_plain)  # what the first sessions make the process keep for good
    cost = idle_cost(server, connect_packed)
    note(f"an idle session: {cost:.0f} KiB compressed")
    check(cost < IDLE_KIB, f"{cost:.0f} KiB for a compressed session that waits")
    server.stop()


@test
def entries_and_limits_survive():
    server = start('server.contact="mailto:postmaster@example.org"')
    done = server.run("account", "set", clients.ADDRESS, "--quota-messages", "2")
    equal(done.returncode, 0, f"account set: {done.stderr}")
    with imap.session(server, clients.ADDRESS) as session:
        session.ok('SETMETADATA INBOX (/private/comment "nobody reads this on the disk")')
        session.append("INBOX", MESSAGE % 1)
        session.append("INBOX", MESSAGE % 2)
        equal(session.command("COPY 1 INBOX").status, "BAD", "COPY without a mailbox")
        session.select("INBOX")
        equal(session.command("COPY 1 INBOX").code(), "OVERQUOTA", "a third message")
    server.kill9()
    server.restart()
    with imap.session(server, clients.ADDRESS) as session:
        got = b" ".join(session.command("GETMETADATA INBOX /private/comment").untagged)
        check(b'"nobody reads this on the disk"' in got, f"GETMETADATA after a crash: {got}")
        got = b" ".join(session.command(f"GETQUOTA {clients.ADDRESS}").untagged)
        check(b"MESSAGE 2 2 " in got, f"GETQUOTA after a crash: {got}")
        got = b" ".join(session.command('GETMETADATA "" /shared/admin').untagged)
        check(b'"mailto:postmaster@example.org"' in got, f"/shared/admin: {got}")
    server.stop()
    for folder, _, files in os.walk(server.data_dir):
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                octets = file.read()
            check(b"nobody reads" not in octets and b"private/comment" not in octets,
                  f"{name} holds readable metadata")


harness.main()
