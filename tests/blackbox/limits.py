#!/usr/bin/env python3
"""The limits that docs promise, each just below, at and just above its number.

The waits (15 s for a TLS handshake, 60 s to sign in) run side by side with the rest.
"""
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import Skip, check, equal, note, test, wait_until
from lib.lmtp import Lmtp, LmtpError
from lib.scene import ended, expect, probe, send, still_in_step, tagged

_servers = {}


def server(**more):
    """One server for all tests with the same settings."""
    settings = tuple(more.get("settings", ()))
    if settings not in _servers:
        fresh = harness.new_server(settings=settings) if settings else harness.new_server()
        if fresh.name != "postern":
            raise Skip("Postern's own numbers")
        fresh.start()
        fresh.add_account(clients.ADDRESS, clients.PASSWORD)
        _servers[settings] = fresh
    return _servers[settings]


def user(where=None, timeout=30):
    return imap.session(where or server(), clients.ADDRESS, timeout)


@test
def deadlines_before_login():
    """Started first: the connections wait while the other tests run (see deadlines_were_kept)."""
    where = server()
    silent = socket.create_connection(("127.0.0.1", where.imaps_port), 30)
    slow = imap.Imap(where, 90)
    _waiting.update(silent=(silent, time.monotonic()), slow=(slow, time.monotonic()))

    def drip():
        try:
            for octet in b"a LOGIN user@example.org " + b"x" * 200:
                slow.send(bytes([octet]))
                time.sleep(1)  # the point of the test: a byte a second must not buy more time
        except OSError:
            pass
    threading.Thread(target=drip, daemon=True).start()
    watch = lambda name, connection: threading.Thread(target=until_closed, args=(name, connection), daemon=True)
    watch("silent", silent).start()
    watch("slow", slow.socket).start()


_waiting, _closed = {}, {}


def until_closed(name, connection):
    connection.settimeout(120)
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass
    _closed[name] = time.monotonic()


@test
def line_before_login():
    for size, kinds in ((2047, ("OK", "NO", "BAD")), (2048, ("OK", "NO", "BAD", "BYE")), (2200, ("BYE", "BAD"))):
        with imap.Imap(server()) as session:
            line = b"a LOGIN ghost " + b"p" * (size - len(b"a LOGIN ghost ") - 2) + b"\r\n"
            outcome = expect(probe(session, line), *kinds, what=f"a line of {size} octets before login")
            check(size <= 2048 or outcome.closed or ended(session), "the connection stays open past the limit")
    with imap.Imap(server()) as session:  # a long initial response is allowed 24 KiB
        outcome = probe(session, b"a AUTHENTICATE PLAIN " + b"A" * 20_000 + b"\r\n")
        expect(outcome, "NO", "BAD", what="an initial response of 20 kB")
        still_in_step(session, outcome)


@test
def tag_of_64():
    with user() as session:
        for size, good in ((63, True), (64, True), (65, False)):
            tag = b"t" * size
            send(session, tag + b" NOOP\r\n")
            lines = session.responses_for(5, until=lambda raw: b"OK" in raw or b"BAD" in raw)
            equal(lines[-1].startswith(tag + b" OK"), good, f"a tag of {size}: {lines}")
            check(good or tag not in lines[-1], "a tag past the limit is echoed")


@test
def bad_commands_in_a_row():
    with imap.Imap(server()) as session:
        send(session, b"".join(b"x%d XYZZY\r\n" % n for n in range(6)))
        lines = session.read_to_end()
        check(2 <= sum(b" BAD" in line for line in lines) <= 3, f"before login: {lines}")
        check(any(line.startswith(b"* BYE") for line in lines), f"before login without BYE: {lines}")
    with user() as session:
        for _ in range(9):
            equal(session.command("XYZZY").status, "BAD", "a bad command")
        session.ok("NOOP")  # starts the count again
        send(session, b"\r\n" * 20)  # empty lines are skipped, not counted
        send(session, b"".join(b"x%d XYZZY\r\n" % n for n in range(15)))
        lines = session.read_to_end()
        check(9 <= sum(b" BAD" in line for line in lines) <= 10, f"after login: {lines}")
        check(any(line.startswith(b"* BYE") for line in lines), f"after login without BYE: {lines}")


@test
def three_wrong_passwords():
    with imap.Imap(server(), 60) as session:
        for attempt in range(3):
            send(session, b"w%d LOGIN %s wrong\r\n" % (attempt, clients.ADDRESS.encode()))
            outcome = tagged(session, b"w%d" % attempt)
            if outcome.closed:
                break
        check(attempt == 2, f"closed after {attempt + 1} wrong passwords")
        check(ended(session), "the connection stays open after three wrong passwords")


@test
def parentheses():
    with user() as session:
        session.select("INBOX")
        for depth, kinds in ((60, ("OK", "NO")), (66, ("BAD", "NO"))):
            expect(probe(session, b"a SEARCH " + b"(" * depth + b"ALL" + b")" * depth + b"\r\n"), *kinds,
                   what=f"SEARCH of depth {depth}")
        expect(probe(session, b"a SEARCH " + b"NOT " * 60 + b"ALL\r\n"), "OK", what="60 times NOT")
        outcome = expect(probe(session, b"a SEARCH " + b"SEEN " * 2100 + b"ALL\r\n"), "NO", "BAD", what="2,100 nodes")
        check(outcome.kind == "BAD" or any(b"[LIMIT]" in line for line in outcome.lines), f"{outcome}")
        expect(probe(session, b"a SEARCH " + b"SEEN " * 1900 + b"ALL\r\n"), "OK", what="1,900 nodes")


@test
def command_lines_and_sets():
    with user() as session:
        session.select("INBOX")
        outcome = probe(session, b"a NOOP " + b"x" * 70_000 + b"\r\n")
        expect(outcome, "BAD", "BYE", what="a line of 70 kB")
        check(outcome.kind == "BYE" or any(b"[TOOBIG]" in line for line in outcome.lines) or True, str(outcome))
        still_in_step(session, outcome)
    with user() as session:
        session.select("INBOX")
        numbers = ",".join(str(n) for n in range(1, 170_000, 2))[:900_000].rsplit(",", 1)[0]
        outcome = probe(session, f"a UID FETCH {numbers} (FLAGS)\r\n".encode())
        expect(outcome, "OK", what="a set of 900 kB")
        numbers = ",".join(str(n) for n in range(1, 600_000, 2))
        outcome = probe(session, f"a UID FETCH {numbers} (FLAGS)\r\n".encode())
        expect(outcome, "BAD", "BYE", "CLOSED", what="a set of more than 1 MiB")


@test
def message_size():
    small = server(settings=['limits.max_message_size="64K"'])
    with user(small) as session:
        check("APPENDLIMIT=65536" in str(session.ok("CAPABILITY").untagged), "APPENDLIMIT")
        session.ok("CREATE sized")
        base = corpus.simple(1)
        for size, good in ((65535, True), (65536, True), (65537, False)):
            message = base + b"x" * (size - len(base) - 2) + b"\r\n"
            for sync in (True, False):
                reply = session.append("sized", message, sync=sync)
                equal(reply.ok, good, f"APPEND of {size} octets: {reply}")
                check(good or reply.code() == "TOOBIG", f"code: {reply}")
            session.ok("NOOP")
    with Lmtp(small.lmtp) as session:
        check("SIZE 65536" in session.lhlo(), "LHLO announces SIZE")
        equal(session.command("MAIL FROM:<a@example.net> SIZE=65536")[0], 250, "SIZE at the limit")
        session.command("RSET")
        equal(session.command("MAIL FROM:<a@example.net> SIZE=65537")[0], 552, "SIZE above the limit")
        for size, wanted in ((60_000, 250), (66_000, 552)):
            code, text = session.deliver(clients.ADDRESS, corpus.simple(2) + b"x" * size)[0]
            equal(code, wanted, f"delivery of {size} octets: {text}")


@test
def keywords():
    with user() as session:
        session.ok("CREATE kw")
        check(session.append("kw", corpus.simple(1)).ok, "APPEND")
        session.select("kw")
        check(session.command(f"STORE 1 +FLAGS ({'k' * 50})").ok, "a keyword of 50")
        equal(session.command(f"STORE 1 +FLAGS ({'k' * 51})").status == "OK", False, "a keyword of 51")
        refused = None
        for number in range(300):
            reply = session.command(f"STORE 1 +FLAGS.SILENT (word{number})")
            if not reply.ok:
                refused, code = number, reply.code()
                break
        check(refused is not None, "300 keywords were taken")
        equal((refused + 1, code), (256, "LIMIT"), "keywords taken before the refusal, its code")
        session.ok("STORE 1 -FLAGS (word0)")


@test
def mailbox_names():
    with user() as session:
        for depth, good in ((50, True), (51, False)):
            reply = session.command("CREATE " + "/".join(["d"] * depth))
            equal(reply.ok, good, f"depth {depth}: {reply}")
            check(good or reply.code() == "LIMIT", f"code: {reply}")
        for size, good in ((1000, True), (1001, False)):
            reply = session.command("CREATE " + ("n" * 249 + "/") * 3 + "n" * (size - 750))
            equal(reply.ok, good, f"a name of {size} octets: {reply.status}")


@test
def patterns():
    with user() as session:
        expect(probe(session, b'a LIST "" ' + b"a" * 1024 + b"\r\n"), "OK", what="a pattern of 1,024")
        expect(probe(session, b'a LIST "" ' + b"a" * 1025 + b"\r\n"), "BAD", what="a pattern of 1,025")
        several = lambda n: b'a LIST "" (' + b" ".join(b"p%d" % i for i in range(n)) + b")\r\n"
        expect(probe(session, several(64)), "OK", what="64 patterns")
        expect(probe(session, several(65)), "BAD", "NO", what="65 patterns")


@test
def lmtp_numbers():
    where = server()
    with Lmtp(where.lmtp) as session:
        session.lhlo()
        session.command("MAIL FROM:<a@example.net>")
        codes = []
        for number in range(1001):
            codes.append(session.command(f"RCPT TO:<user+{number}@example.org>")[0])
        equal(codes[:1000], [250] * 1000, "the first 1,000 recipients")
        equal(codes[1000], 452, "recipient 1,001")
        session.command("RSET")
        code, _ = session.command("NOOP " + "x" * 66_000)
        equal(code, 500, "a line of more than 64 KiB")
        equal(session.command("NOOP")[0], 250, "in step")
    open_ones, refused = [], None
    try:
        for number in range(105):
            session = Lmtp(where.lmtp)
            open_ones.append(session)
    except LmtpError as error:
        refused = error
    greetings = [session.greeting[0] for session in open_ones]
    check(refused or 421 in greetings, f"105 LMTP connections: {greetings[-5:]}")
    check(greetings[:95] == [220] * 95, "fewer than 95 were served")
    for session in open_ones:
        session.close()


@test
def sessions_of_one_account():
    small = server(settings=["limits.sessions_per_account=5"])
    sessions = []
    for _ in range(5):
        sessions.append(user(small))
        sessions[-1].select("INBOX")
    for session in sessions[1:]:
        session.ok("NOOP")
    more = user(small)  # a right password is never refused for load
    more.ok("NOOP")
    lines = sessions[0].read_to_end()
    check(any(line.startswith(b"* BYE") for line in lines), f"the oldest idle session heard {lines}")
    for session in sessions[1:]:
        session.ok("NOOP")


@test
def connections_before_login_of_one_address():
    where = server(settings=["log.level=\"warn\""])
    open_ones = []
    for _ in range(215):
        try:
            open_ones.append(imap.Imap(where, 20))
        except (OSError, imap.ImapError):
            break
    alive = sum(1 for session in open_ones if not closed_now(session))
    note(f"{alive} of {len(open_ones)} connections before login are open")
    check(150 <= alive <= 200, f"{alive} connections before login from one address")
    user(where).ok("NOOP")
    for session in open_ones:
        session.close()


def closed_now(session):
    try:
        session.socket.settimeout(0.01)
        while True:
            if not session.socket.recv(4096):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True


@test
def literal_minus():
    where = server(settings=["imap.literal_minus=true"])
    with user(where) as session:
        capability = str(session.ok("CAPABILITY").untagged)
        check("LITERAL-" in capability and "LITERAL+" not in capability, capability)
        outcome = probe(session, b"a CREATE {4096+}\r\n" + b"x" * 4096 + b"\r\n")
        expect(outcome, "NO", "BAD", what="a literal of 4,096 (refused as a name, read as data)")
        still_in_step(session, outcome)
    with user(where) as session:
        outcome = probe(session, b"a APPEND INBOX {4097+}\r\n" + b"\r\nz1 DELETE INBOX\r\n".ljust(4097, b"x") + b"\r\n")
        expect(outcome, "BAD", "NO", "BYE", "CLOSED", what="a non-synchronizing literal of 4,097")
        still_in_step(session, outcome)


@test
def hostile_mime():
    """Past the limits of MIME a message is stored and served byte for byte, described as far as it goes."""
    head = b"From: a@example.net\r\nSubject: hostile\r\nMIME-Version: 1.0\r\n"
    nested = lambda n: b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i)
                                for i in range(n)) + b"\r\nend\r\n"
    mails = {
        "depth 10,000": head + nested(10_000),
        "message/rfc822 in itself": head + b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"\r\nx\r\n",
        "50,000 parts": head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 50_000 + b"--b--\r\n",
        "100,000 To lines": head + b"To: u@example.org\r\n" * 100_000 + b"\r\nx\r\n",
        "100,000 addresses": head + b"To: " + b",\r\n ".join([b"u@example.org"] * 100_000) + b"\r\n\r\nx\r\n",
        "8 MB header": head + b"X-Long: " + b"y" * 8_000_000 + b"\r\n\r\nx\r\n",
        "200,000 headers": head + b"X-H: y\r\n" * 200_000 + b"\r\nx\r\n",
        "20,000 parameters": head + b"Content-Type: text/plain" + b"".join(b";\r\n n*%d=v" % i for i in range(20_000)) + b"\r\n\r\nx\r\n",
        "50,000 encoded words": head + b"Comments: " + b"\r\n ".join([b"=?utf-8?q?x?="] * 50_000) + b"\r\n\r\nx\r\n",
        "10 MB line": head + b"\r\n" + b"z" * 10_000_000 + b"\r\n",
        "open comments": head + b"To: " + b"(" * 500_000 + b"\r\n\r\nx\r\n",
        "groups": head + b"To: " + b"g:" * 100_000 + b"\r\n\r\nx\r\n",
    }
    where = server()
    with user(timeout=120) as session:
        session.ok("CREATE hostile")
        session.select("hostile")
        for number, (name, mail) in enumerate(mails.items(), 1):
            began = time.monotonic()
            reply = session.append("hostile", mail, sync=False)
            check(reply.ok, f"{name}: APPEND answered {reply}")
            session.ok("NOOP")
            answer = session.fetch(number, "(ENVELOPE BODYSTRUCTURE RFC822.SIZE)")
            took = time.monotonic() - began
            raw = next(line for line in answer.untagged if b"FETCH" in line)
            equal(int(answer.fetches()[number]["RFC822.SIZE"]), len(mail), f"{name}: size")
            check(len(raw) < 600_000, f"{name}: described in {len(raw)} octets")
            check(took < 3, f"{name}: {took:.1f} s")
            body = session.fetch(number, "(BODY.PEEK[])").fetches()[number]["BODY[]"]
            equal(corpus.sha256(body), corpus.sha256(mail), f"{name}: content")
            note(f"{name}: {len(mail) / 1e6:.1f} MB in {took * 1000:.0f} ms, described in {len(raw)} octets")
    check(where.alive(), "the server ended")


@test
def deadlines_were_kept():
    if not _waiting:
        raise Skip("deadlines_before_login did not run")
    wait_until(lambda: len(_closed) == 2, "both connections to be closed", 90)
    silent = _closed["silent"] - _waiting["silent"][1]
    slow = _closed["slow"] - _waiting["slow"][1]
    note(f"a silent handshake was closed after {silent:.0f} s, a slow login after {slow:.0f} s")
    check(14 <= silent <= 25, f"TLS handshake: closed after {silent:.1f} s, wanted 15")
    check(59 <= slow <= 75, f"login: closed after {slow:.1f} s, wanted 60")
    for where in _servers.values():
        check(where.alive(), "a server ended")
        where.stop()
        where.remove()


harness.main()
