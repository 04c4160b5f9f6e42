"""Group A: what a stranger can send."""
import base64
import re
import socket
import ssl
import statistics
import subprocess
import threading
import time

from lib import clients, harness, imap
from lib.harness import check, equal, note
from lib.scene import (NEIGHBOUR, expect, ended, plain_tls, probe, row, send, still_in_step, tagged)


@row("A1")
def open_parentheses_without_an_end(scene):
    sessions = []
    for _ in range(20):
        session = scene.stranger()
        send(session, b"a NOOP " + b"(" * 100_000)
        sessions.append(session)
    for session in sessions:
        expect(tagged(session, "a", 10), "BAD", "BYE", "CLOSED", what="open parentheses")
        check(ended(session), "the connection stays open")
        session.close()


@row("A3")
def literals_that_lie_about_their_size(scene):
    for size in ("4294967295", "9223372036854775808+", "18446744073709551621", "18446744073709551621+", "-1",
                 "+5", "5 ", "", "0x10", "5++", "99999999999999999999999999", "16385+", "4294967295+"):
        with scene.stranger() as session:
            outcome = probe(session, b"a LOGIN {" + size.encode() + b"}\r\n", seconds=10)
            expect(outcome, "BAD", "NO", "BYE", "CLOSED", what=f"LOGIN {{{size}}}")
    with scene.stranger() as session:
        outcome = probe(session, b"a LOGIN {5\r}\r\n", seconds=10)
        expect(outcome, "BAD", "BYE", "CLOSED", what="a CR inside a literal's size")
        still_in_step(session, outcome)
    with scene.stranger() as session:  # 2^64+5 must not be taken as 5
        send(session, b"a LOGIN {18446744073709551621+}\r\nabcde {1+}\r\nx\r\nb NOOP\r\n")
        outcome = tagged(session, "a", 10)
        expect(outcome, "BAD", "BYE", "CLOSED", what="a size that wraps to 5")


@row("A5")
def long_tags_and_mechanisms(scene):
    with scene.stranger() as session:
        outcome = probe(session, b"t" * 100_000 + b" NOOP\r\n", "*", 10)
        check(not any(b"t" * 65 in line for line in outcome.lines), "a long tag is echoed")
        expect(outcome, "BAD", "BYE", "CLOSED", what="a tag of 100 kB")
    for tag in (b"*", b"+", b"{1}", b"(", b'"a"', b"%", b"a\\b", b"t" * 65):
        with scene.stranger() as session:
            outcome = probe(session, tag + b" NOOP\r\n", "*", 10)
            expect(outcome, "BAD", "BYE", "CLOSED", what=f"tag {tag!r}")
            check(not any(line.startswith(tag + b" ") and tag != b"*" and tag != b"+" for line in outcome.lines),
                  f"tag {tag!r} is echoed")
    with scene.stranger() as session:
        outcome = probe(session, b"a AUTHENTICATE PLAIN " + b"A" * 200_000 + b"\r\n", seconds=10)
        expect(outcome, "BAD", "NO", "BYE", "CLOSED", what="an initial response of 200 kB")
    with scene.stranger() as session:
        outcome = probe(session, b"a AUTHENTICATE " + b"M" * 3000 + b"\r\n", seconds=10)
        expect(outcome, "BAD", "NO", "BYE", "CLOSED", what="a mechanism name of 3 kB")


@row("A6")
def broken_base64(scene):
    for answer in (b"!!!!", b"=AAA", b"AA=A", b"AAA\tA", b"AAAAA", b"", b"====", b"AA AA", b"\xff\xfe"):
        with scene.stranger() as session:
            send(session, b"a AUTHENTICATE PLAIN\r\n")
            expect(tagged(session, "a", 10), "+", what="AUTHENTICATE PLAIN")
            outcome = probe(session, answer + b"\r\n", seconds=20)
            expect(outcome, "BAD", "NO", "BYE", "CLOSED", what=f"answer {answer!r}")
            still_in_step(session, outcome)
    with scene.stranger() as session:  # "*" cancels
        send(session, b"a AUTHENTICATE PLAIN\r\n")
        tagged(session, "a", 10)
        outcome = expect(probe(session, b"*\r\n"), "BAD", what="a cancelled exchange")
        still_in_step(session, outcome)
    with scene.stranger() as session:  # a line without an end
        send(session, b"a AUTHENTICATE PLAIN\r\n")
        tagged(session, "a", 10)
        for _ in range(64):
            send(session, b"A" * 65536)
        expect(tagged(session, "a", 10), "BAD", "NO", "BYE", "CLOSED", what="4 MB of base64")
    good = good_logins_beside_bad_ones(scene, 40)
    equal(good, 40, "valid logins beside broken ones")


def good_logins_beside_bad_ones(scene, count):
    succeeded = []

    def valid():
        with scene.stranger(60) as session:
            secret = base64.b64encode(f"\0{NEIGHBOUR}\0{scene.server.accounts[NEIGHBOUR]}".encode())
            if session.command(b"AUTHENTICATE PLAIN " + secret).ok:
                succeeded.append(1)

    def broken():
        with scene.stranger(60) as session:
            probe(session, b"a AUTHENTICATE PLAIN\r\n", seconds=30)
            probe(session, b"!!!\r\n", seconds=30)
    threads = [threading.Thread(target=valid if n % 2 else broken) for n in range(2 * count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return len(succeeded)


@row("A7")
def strange_plain_messages(scene):
    user, password = clients.ADDRESS.encode(), clients.PASSWORD.encode()
    other = NEIGHBOUR.encode()
    texts = set()
    for message in (b"\0" + user, b"\0\0\0" + user + b"\0" + password, b"\0\0" + password, b"\0" + user + b"\0",
                    other + b"\0" + user + b"\0" + password, b"x\0y\0" + user + b"\0" + password,
                    b"\0" + user + b"\0" + b"p" * 65536, b"\0" + user + b"\0\xc3", b"\0\xc0\xaf\0" + password,
                    b"\0" + user + b"\0" + "\u202e\ufffd".encode(), b"\0" + user + b"\0" + password + b"\0"):
        with scene.stranger() as session:
            outcome = probe(session, b"a AUTHENTICATE PLAIN\r\n", seconds=20)
            outcome = probe(session, base64.b64encode(message) + b"\r\n", seconds=20)
            expect(outcome, "NO", "BAD", "BYE", "CLOSED", what=f"PLAIN {message[:60]!r}")
            if outcome.kind == "NO":
                texts.add(outcome.lines[-1])
    check(len(texts) <= 2, f"refusals differ: {texts}")


@row("A11")
def nobody_learns_who_has_an_account(scene):
    """Text identical; times of wrong passwords close for existing and missing users. The t-test over
    thousands of attempts is made by hand, this catches a forgotten hash."""
    times, texts = {"existing": [], "missing": []}, set()
    for attempt in range(12):
        for kind, user in (("existing", clients.ADDRESS), ("missing", f"ghost{attempt}@example.org")):
            with scene.stranger(60) as session:
                began = time.monotonic()
                reply = session.command(b"LOGIN " + imap.quote(user) + b" " + imap.quote(f"wrong {attempt}"))
                times[kind].append(time.monotonic() - began)
                equal(reply.status, "NO", f"a wrong password of an {kind} user")
                texts.add(reply.text)
    equal(len(texts), 1, f"texts {texts}")
    existing, missing = (statistics.median(times[kind]) for kind in ("existing", "missing"))
    note(f"A11: existing {existing * 1000:.1f} ms, missing {missing * 1000:.1f} ms")
    check(max(existing, missing) < 3 * min(existing, missing) + 0.01, "the time tells who exists")
    for password in (b'""', b'"' + b"p" * 1500 + b'"'):
        with scene.stranger(60) as session:
            replies = {session.command(b"LOGIN " + imap.quote(user) + b" " + password).text
                       for user in (clients.ADDRESS, "ghost@example.org")}
            equal(len(replies), 1, f"texts {replies}")


@row("A12")
def the_verdict_cache_mixes_nothing_up(scene):
    tries = [(clients.ADDRESS, clients.PASSWORD, True), (NEIGHBOUR, clients.PASSWORD, False),
             (NEIGHBOUR, scene.server.accounts[NEIGHBOUR], True), (clients.ADDRESS, "wrong", False),
             (clients.ADDRESS, scene.server.accounts[NEIGHBOUR], False), (clients.ADDRESS, clients.PASSWORD, True),
             (clients.ADDRESS.upper(), clients.PASSWORD, True), (clients.ADDRESS, clients.PASSWORD.upper(), False)]
    for user, password, good in tries * 2:
        with scene.stranger(60) as session:
            reply = session.command(b"LOGIN " + imap.quote(user) + b" " + imap.quote(password))
            equal(reply.ok, good, f"LOGIN {user} with {password!r}")
    if scene.server.name != "postern":
        return
    server, name = scene.server, "changing@example.org"
    server.add_account(name, "old one")
    logs_in = lambda password: login(scene, name, password)
    check(logs_in("old one") and logs_in("old one"), "the first password")
    server.run("account", "set", name, "--password-stdin", stdin="new one\n")
    equal((logs_in("old one"), logs_in("new one")), (False, True), "old and new password after the change")
    server.run("account", "set", name, "--disable")
    equal(logs_in("new one"), False, "a disabled account")


def login(scene, user, password):
    with scene.stranger(60) as session:
        return session.command(b"LOGIN " + imap.quote(user) + b" " + imap.quote(password)).ok


@row("A15")
def tls_as_it_should_not_be(scene):
    server = scene.server
    port = server.imaps_port
    open_ones = []
    for hello in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x16\x03\x01\xff\xff" + b"\x01" * 65536,
                  b"\x80\x80\x01\x03\x01", b"\x16", bytes(1000), b"\x15\x03\x01\x00\x02\x02\x00" * 100):
        raw = socket.create_connection(("127.0.0.1", port), 10)
        try:
            raw.sendall(hello)
        except OSError:
            pass
        open_ones.append(raw)
    for alpn in (["h2"], ["http/1.1"], ["smtp"], ["imapx"]):
        try:
            plain_tls(server, alpn=alpn).close()
        except (ssl.SSLError, ConnectionError) as error:
            check("ALERT" in str(error).upper() or isinstance(error, ConnectionError), f"ALPN {alpn}: {error}")
        else:
            raise harness.Failure(f"ALPN {alpn} was accepted")
    with plain_tls(server, alpn=["imap"]) as good:
        equal(good.selected_alpn_protocol(), "imap", "ALPN")
    for name in ("x" * 63 + "." + "y" * 63 + ".example.org", "unknown.example.org", "127.0.0.1", "LOCALHOST"):
        context = ssl.create_default_context(cafile=server.ca_file)
        context.check_hostname = False
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname=name) as good:
            check(good.recv(10).startswith(b"* OK"), f"SNI {name}")
    old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_1", "-cipher",
                          "DEFAULT@SECLEVEL=0"], input=b"", capture_output=True, timeout=20)
    check(b"Cipher is (NONE)" in old.stdout or b"no peer certificate" in old.stdout, "TLS 1.1 was accepted")
    weak = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-cipher",
                           "AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"],
                          input=b"", capture_output=True, timeout=20)
    check(b"Cipher is (NONE)" in weak.stdout, "a CBC or RSA key exchange suite was accepted")
    again = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-CAfile",
                            server.ca_file], input=b"R\n", capture_output=True, timeout=20)
    check(b"RENEGOTIATING" not in again.stdout or b"error" in again.stderr.lower(), "renegotiation was accepted")
    resumed_without_login(server)
    for raw in open_ones:
        raw.close()


def resumed_without_login(server):
    """A resumed TLS session carries no login."""
    context = ssl.create_default_context(cafile=server.ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    connect = lambda **more: context.wrap_socket(
        socket.create_connection(("127.0.0.1", server.imaps_port), 10), server_hostname="localhost", **more)
    with connect() as first:
        first.recv(1000)
        first.sendall(b"a LOGIN " + imap.quote(clients.ADDRESS) + b" " + imap.quote(clients.PASSWORD) + b"\r\n")
        received = b""
        while b"\na " not in received and not received.startswith(b"a "):
            received += first.recv(4000)
        saved = first.session
    with connect(session=saved) as second:
        second.recv(1000)
        second.sendall(b"b SELECT INBOX\r\n")
        check(not re.search(rb"^b OK", second.recv(4000), re.M), "a resumed session was logged in")


@row("A16")
def other_protocols_on_the_port(scene):
    for text in (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\na LOGIN u pw\r\nb LOGOUT\r\n",
                 b"GET /<script>alert(1)</script> HTTP/1.0\r\n\r\n", b"EHLO mail.example.org\r\nMAIL FROM:<a@b>\r\n",
                 b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(150) + b"\r\n",
                 b"<b>" + b"t" * 70 + b"</b> NOOP\r\n"):
        with scene.stranger() as session:
            send(session, text)
            lines = []
            try:
                lines = session.responses_for(3)
            except (imap.Closed, OSError):
                pass
            check(not any(b"script" in line or b"<b>" in line for line in lines), f"echoed: {lines}")
            check(not any(re.match(rb"[ab] OK", line) for line in lines), f"executed: {lines}")
    with scene.stranger() as session:  # three bad commands before login
        send(session, b"".join(b"x%d XYZZY\r\n" % n for n in range(10)))
        lines = session.read_to_end()
        check(sum(b" BAD" in line for line in lines) <= 4, f"more than three bad commands: {lines}")


@row("A17")
def there_is_no_starttls(scene):
    with scene.stranger() as session:
        check(b"STARTTLS" not in session.greeting, "STARTTLS is announced")
        send(session, b"a STARTTLS\r\nb NOOP\r\n")
        expect(tagged(session, "a", 10), "BAD", "NO", "BYE", what="STARTTLS")
    with scene.stranger() as session:
        send(session, b"a STARTTLS\r\nb LOGIN att pw\r\nc APPEND INBOX {500}\r\n")
        outcome = tagged(session, "c", 10)
        check(outcome.kind != "+", "an APPEND before login was invited")
    try:  # and nothing answers in the clear
        with socket.create_connection(("127.0.0.1", scene.server.imaps_port), 5) as plain:
            plain.settimeout(5)
            plain.sendall(b"a CAPABILITY\r\n")
            check(not plain.recv(100).startswith(b"*"), "the port speaks without TLS")
    except OSError:
        pass


@row("A18")
def readers_that_do_not_read(scene):
    """Logged in, asks for much, reads nothing: memory stays bounded and others are served."""
    with scene.user() as filler:
        filler.ok("CREATE big")
        check(filler.append("big", b"Subject: big\r\n\r\n" + b"y" * 76 + b"\r\n" + (b"x" * 998 + b"\r\n") * 3000).ok,
              "APPEND")
    before = resident(scene.server)
    greedy = []
    for _ in range(10):
        session = scene.user()
        session.select("big")
        send(session, b"".join(b"g%d FETCH 1 (BODY.PEEK[])\r\n" % n for n in range(200)))
        greedy.append(session)
    for _ in range(20):
        check(scene.neighbour.ok("NOOP").ok, "the neighbour")
    grown = resident(scene.server) - before
    note(f"A18: {grown / 1e6:.1f} MB more for 10 readers that do not read")
    if scene.server.name == "postern":
        check(grown < 60_000_000, f"{grown} octets more")
    for session in greedy:
        session.close()


def resident(server):
    """Resident memory of the server process."""
    with open(f"/proc/{server.process.pid}/statm") as source:
        return int(source.read().split()[1]) * 4096
