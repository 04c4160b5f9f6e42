"""A small IMAP client that hides nothing: exact bytes out, whole responses in.

It validates the server's certificate. command() sends one command and collects its responses;
send() and response() are there for pipelining, broken input and exact transcripts. Responses are
kept raw (literals in place); parse() turns one into nested lists.
"""
import re
import select
import socket
import ssl
import time


class ImapError(Exception):
    pass


class Closed(ImapError):
    """The server closed the connection."""


class Atom(str):
    """An unquoted word; quoted strings and literals become bytes, NIL becomes None."""


class Reply:
    """A tagged answer with the untagged responses that came before it."""

    def __init__(self, status, text, untagged):
        self.status, self.text, self.untagged = status, text, untagged

    def __repr__(self):
        return f"{self.status} {self.text}"

    @property
    def ok(self):
        return self.status == "OK"

    def code(self):
        """The response code without brackets, such as "APPENDUID 1 2", or ""."""
        found = re.match(r"\[([^]]*)\]", self.text)
        return found.group(1) if found else ""

    def named(self, name):
        """The parsed untagged responses of one kind, such as LIST: their items after the name."""
        out = []
        for raw in self.untagged:
            if re.match(rb"\* " + name.encode() + rb"\b", raw, re.I):
                out.append(parse(raw)[2:])
        return out

    def numbers(self, name):
        """The numbers of untagged responses such as "* 5 EXPUNGE", in order."""
        found = (re.match(rb"\* (\d+) " + name.encode() + rb"\b", raw, re.I) for raw in self.untagged)
        return [int(match.group(1)) for match in found if match]

    def fetches(self):
        """{sequence number: {item: value}} of all FETCH responses; later ones win."""
        out = {}
        for raw in self.untagged:
            match = re.match(rb"\* (\d+) FETCH ", raw, re.I)
            if match:
                values = parse(raw)[3]
                items = {str(values[i]).upper(): values[i + 1] for i in range(0, len(values) - 1, 2)}
                out.setdefault(int(match.group(1)), {}).update(items)
        return out

    def by_uid(self):
        return {int(items["UID"]): items for items in self.fetches().values() if "UID" in items}


_WORD = re.compile(rb'(?:[^\s()"\[{]|\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\]|\{(?!\d+\+?\}\r\n))+')
_LITERAL = re.compile(rb"~?\{(\d+)\+?\}\r\n")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S)


def parse(raw):
    """One response as nested lists: "* 1 FETCH (UID 2)" -> ["*", "1", "FETCH", ["UID", "2"]]."""
    stack, at, end = [[]], 0, len(raw)
    while at < end:
        byte = raw[at:at + 1]
        if byte in b" \t\r\n":
            at += 1
            continue
        if byte == b"(":
            stack.append([])
            at += 1
        elif byte == b")":
            if len(stack) == 1:
                raise ImapError(f"unbalanced ) in {raw[:200]!r}")
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif byte == b'"':
            match = _QUOTED.match(raw, at)
            if not match:
                raise ImapError(f"unterminated string in {raw[:200]!r}")
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", match.group(1)))
            at = match.end()
        else:
            literal = _LITERAL.match(raw, at)
            if literal:
                size = int(literal.group(1))
                at = literal.end() + size
                stack[-1].append(raw[literal.end():at])
                continue
            match = _WORD.match(raw, at)
            if not match:
                raise ImapError(f"cannot parse at {raw[at:at + 60]!r}")
            word = match.group(0).decode("utf-8", "surrogateescape")
            stack[-1].append(None if word.upper() == "NIL" else Atom(word))
            at = match.end()
    if len(stack) != 1:
        raise ImapError(f"unbalanced ( in {raw[:200]!r}")
    return stack[0]


def quote(text):
    octets = text if isinstance(text, bytes) else text.encode()
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


class Imap:
    def __init__(self, server, timeout=30, alpn=None, host="localhost"):
        context = ssl.create_default_context(cafile=server.ca_file)
        if alpn:
            context.set_alpn_protocols(alpn)
        plain = socket.create_connection(("127.0.0.1", server.imaps_port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname=host)
        self.timeout = timeout
        self._buffer = bytearray()
        self._count = 0
        self.transcript = []
        self.greeting = self.response()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass

    # -- bytes ------------------------------------------------------------------------------

    def send(self, octets):
        self.socket.sendall(octets)

    def _more(self):
        try:
            more = self.socket.recv(262144)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None
        if not more:
            raise Closed("the server closed the connection")
        self._buffer += more

    def _line_end(self, start):
        while True:
            at = self._buffer.find(b"\r\n", start)
            if at >= 0:
                return at + 2
            start = max(start, len(self._buffer) - 1)
            self._more()

    def response(self):
        """One whole response with its literals, without the final CRLF."""
        end = self._line_end(0)
        line_start = 0
        while True:
            match = re.search(rb"\{(\d+)\+?\}\r\n\Z", bytes(self._buffer[line_start:end][-24:]))
            if not match:
                break
            wanted = end + int(match.group(1))
            while len(self._buffer) < wanted:
                self._more()
            line_start = wanted
            end = self._line_end(wanted)
        raw = bytes(self._buffer[:end - 2])
        del self._buffer[:end]
        return raw

    def pending(self):
        """True if a response may be read without waiting."""
        if self._buffer or self.socket.pending():
            return True
        return bool(select.select([self.socket], [], [], 0)[0])

    def responses_for(self, seconds, until=None):
        """What arrives within `seconds`, or up to the first response for which until(raw)."""
        out, deadline = [], time.monotonic() + seconds
        try:
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    return out
                self.socket.settimeout(left)
                try:
                    out.append(self.response())
                except TimeoutError:
                    return out
                except Closed:
                    if out:
                        return out
                    raise
                if until and until(out[-1]):
                    return out
        finally:
            self.socket.settimeout(self.timeout)

    def read_to_end(self):
        """Everything up to the close by the server; raises on timeout."""
        out = []
        while True:
            try:
                out.append(self.response())
            except Closed:
                return out

    # -- commands ---------------------------------------------------------------------------

    def tag(self):
        self._count += 1
        return b"t%d" % self._count

    def finish(self, tag):
        """Collects responses up to the tagged one."""
        untagged = []
        while True:
            raw = self.response()
            if raw.startswith(tag + b" "):
                status, _, text = raw[len(tag) + 1:].decode("utf-8", "replace").partition(" ")
                return Reply(status.upper(), text, untagged)
            untagged.append(raw)
            if raw.startswith(b"+"):
                raise ImapError(f"unexpected continuation {raw!r}")

    def command(self, line):
        """Sends one command without literals, or with LITERAL+ ones in place."""
        tag = self.tag()
        self.send(tag + b" " + (line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.finish(tag)

    def ok(self, line):
        reply = self.command(line)
        if not reply.ok:
            raise ImapError(f"{line!r} answered {reply}")
        return reply

    def login(self, address, password):
        return self.ok(b"LOGIN " + quote(address) + b" " + quote(password))

    def select(self, mailbox, extra=""):
        return self.ok(b"SELECT " + quote(mailbox) + extra.encode())

    def append(self, mailbox, message, flags="", date="", sync=True):
        """APPEND with a synchronizing literal (or LITERAL+); returns the Reply."""
        tag = self.tag()
        head = tag + b" APPEND " + quote(mailbox)
        head += (f" ({flags})" if flags else "").encode() + (f' "{date}"' if date else "").encode()
        if not sync:
            self.send(head + b" {%d+}\r\n" % len(message) + message + b"\r\n")
            return self.finish(tag)
        self.send(head + b" {%d}\r\n" % len(message))
        untagged = []
        while True:
            raw = self.response()
            if raw.startswith(b"+"):
                break
            if raw.startswith(tag + b" "):
                status, _, text = raw[len(tag) + 1:].decode("utf-8", "replace").partition(" ")
                return Reply(status.upper(), text, untagged)
            untagged.append(raw)
        self.send(message + b"\r\n")
        reply = self.finish(tag)
        reply.untagged[:0] = untagged
        return reply

    def fetch(self, numbers, items, uid=False):
        return self.ok(f"{'UID ' if uid else ''}FETCH {numbers} {items}")

    def search(self, criteria, uid=False):
        reply = self.ok(f"{'UID ' if uid else ''}SEARCH {criteria}")
        return [int(n) for found in reply.named("SEARCH") for n in found if str(n).isdigit()]

    def idle(self):
        tag = self.tag()
        self.send(tag + b" IDLE\r\n")
        before = []
        while True:
            raw = self.response()
            if raw.startswith(b"+"):
                return tag, before
            before.append(raw)

    def done(self, tag):
        self.send(b"DONE\r\n")
        return self.finish(tag)

    def logout(self):
        try:
            self.command("LOGOUT")
        except ImapError:
            pass
        self.close()


def session(server, address=None, timeout=30):
    """A logged-in connection for the server's (first) account."""
    address = address or next(iter(server.accounts))
    imap = Imap(server, timeout)
    imap.login(address, server.accounts[address])
    return imap


def bodies(imap, mailbox, batch=200):
    """{uid: (octets, flags)} of a whole mailbox."""
    found = {}
    imap.ok(b"EXAMINE " + quote(mailbox))
    uids = sorted(imap.search("ALL", uid=True))
    for at in range(0, len(uids), batch):
        some = uids[at:at + batch]
        reply = imap.fetch(f"{some[0]}:{some[-1]}", "(UID FLAGS BODY.PEEK[])", uid=True)
        for uid, items in reply.by_uid().items():
            found[uid] = (items["BODY[]"], frozenset(map(str, items["FLAGS"])) - {"\\Recent"})
    return found
