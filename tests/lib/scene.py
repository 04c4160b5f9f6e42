"""The stage for bad input: an attacker, a neighbour whose mail must stay as it is, and a canary.

row("B2") registers a case under the id of its row in docs/bad-input-matrix.md. After every case
unharmed() asserts what all rows have in common: the process lives, a well-behaved session beside
it works, nobody's mail changed, and no byte of the payload was executed as a command.
"""
import re
import ssl
import socket

from . import clients, corpus, harness, imap, lmtp
from .harness import Failure, check, equal

NEIGHBOUR, NEIGHBOURS_PASSWORD = "neighbour@example.org", "another secret 9"
# Inside a literal these are data. Executed, they would delete the canary or leave a trace.
PAYLOAD = b"x\r\nz1 DELETE canary\r\nz2 CREATE pwned\r\nz3 LOGOUT\r\n"
cases = []


def row(*ids):
    def register(function):
        cases.append((ids, function))
        return function
    return register


class Outcome:
    """What came back for a payload: `kind` is OK, NO, BAD, BYE, CLOSED, + or SILENCE."""

    def __init__(self, kind, lines):
        self.kind, self.lines = kind, lines

    def __repr__(self):
        return f"{self.kind} {self.lines[-3:]}"

    @property
    def closed(self):
        return self.kind in ("BYE", "CLOSED")


class Scene:
    def __init__(self, server):
        self.server = server
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        server.add_account(NEIGHBOUR, NEIGHBOURS_PASSWORD)
        with self.user() as session:
            session.ok("CREATE canary")
            check(session.append("canary", corpus.simple(1)).ok, "APPEND")
            for number in range(3):
                check(session.append("INBOX", corpus.simple(number)).ok, "APPEND")
        self.neighbour = imap.session(server, NEIGHBOUR)
        check(self.neighbour.append("INBOX", corpus.simple(7, "the neighbour's")).ok, "APPEND")
        self.neighbour.select("INBOX")

    def user(self, timeout=20):
        return imap.session(self.server, clients.ADDRESS, timeout)

    def stranger(self, timeout=20):
        return imap.Imap(self.server, timeout)

    def unharmed(self):
        check(self.server.alive(), "the server ended")
        check(self.neighbour.ok("NOOP").ok, "the neighbour's session")
        seen = self.neighbour.fetch("1", "(BODY.PEEK[TEXT])").fetches()
        equal(seen[1]["BODY[TEXT]"], b"the neighbour's\r\n", "the neighbour's mail")
        with self.user() as session:
            reply = session.command("STATUS canary (MESSAGES)")
            check(reply.ok and "MESSAGES" in str(reply.untagged), f"the canary is gone: {reply}")
            equal(session.ok('LIST "" "pwned"').named("LIST"), [], "a payload was executed")

    def close(self):
        self.neighbour.close()


def tagged(session, tag, seconds=20):
    """Reads up to the tagged answer, BYE with close, a continuation, or the end; returns Outcome."""
    tag = tag if isinstance(tag, bytes) else tag.encode()
    lines = []

    def last(raw):
        return raw.startswith(tag + b" ") or raw.startswith(b"+")
    try:
        lines += session.responses_for(seconds, until=last)
    except imap.Closed:
        pass
    except (OSError, ssl.SSLError):
        pass
    for line in lines:
        forbidden(line)
    if lines and lines[-1].startswith(tag + b" "):
        return Outcome(lines[-1][len(tag) + 1:].split(b" ")[0].decode(), lines)
    if lines and lines[-1].startswith(b"+"):
        return Outcome("+", lines)
    if any(line.startswith(b"* BYE") for line in lines):
        return Outcome("BYE", lines)
    return Outcome("CLOSED" if ended(session) else "SILENCE", lines)


def forbidden(line):
    if re.match(rb"z\d ", line):
        raise Failure(f"a payload was executed: {line!r}")


def ended(session):
    try:
        session.socket.settimeout(0.3)
        while session.socket.recv(4096):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        try:
            session.socket.settimeout(session.timeout)
        except OSError:
            pass


def send(session, octets):
    """Sends as far as the server takes it; a close while sending is an answer, not an error."""
    try:
        session.send(octets)
    except OSError:
        pass


def probe(session, octets, tag="a", seconds=20):
    send(session, octets)
    return tagged(session, tag, seconds)


def still_in_step(session, outcome):
    """Unless the connection was closed, the very next command gets the very next tagged answer."""
    if outcome.closed:
        return
    send(session, b"zz9 NOOP\r\n")
    lines = []
    try:
        lines = session.responses_for(20, until=lambda raw: raw.startswith(b"zz9 "))
    except imap.Closed:
        return
    for line in lines:
        forbidden(line)
    check(lines and lines[-1].startswith(b"zz9 OK"), f"out of step after {outcome}: {lines}")


def expect(outcome, *kinds, what=""):
    check(outcome.kind in kinds, f"{what} answered {outcome}, wanted one of {kinds}")
    return outcome


def plain_tls(server, **options):
    """A TLS connection without an IMAP client on it: (socket, context)."""
    context = ssl.create_default_context(cafile=server.ca_file)
    for name, value in options.items():
        if name == "alpn":
            context.set_alpn_protocols(value)
        else:
            setattr(context, name, value)
    raw = socket.create_connection(("127.0.0.1", server.imaps_port), 20)
    return context.wrap_socket(raw, server_hostname="localhost")
