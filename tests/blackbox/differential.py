#!/usr/bin/env python3
"""The same messages in Postern and in Debian's Dovecot: every difference in what they say about
them must match an entry of differences.toml, which gives the reason.

Compared: ENVELOPE, BODYSTRUCTURE, BODY, RFC822.SIZE, BODY[HEADER], BODY[TEXT], BODY[n] and
BODY[n.MIME] of every part, BODY[HEADER.FIELDS ...], and the results of a list of SEARCHes. Sections
compare with 0x80 for NUL, as Dovecot stores it; that Postern keeps NULs is for corpus_roundtrip.py.
All differences without an entry are written to build/differential.json.
"""
import collections
import fnmatch
import json
import os
import re
import sys
import tomllib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap, servers
from lib.harness import check, equal, note, test

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences.toml")
ENVELOPE = ("date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id")
PART = ("type", "subtype", "parameters", "id", "description", "encoding", "octets")
EXTENSION = ("md5", "disposition", "language", "location")
FIELDS = "BODY.PEEK[HEADER.FIELDS (From TO subject Received content-TYPE X-None)]"
SEARCHES = [
    "ALL", "FROM postmaster", "FROM \"@\"", "TO user", "CC list", "BCC x", "SUBJECT re", "SUBJECT \"the\"",
    "SUBJECT \"\"", "BODY wrote", "BODY \"please\"", "TEXT unsubscribe", "TEXT linux", "BODY html",
    "HEADER Message-ID @", "HEADER Content-Type multipart", "HEADER X-Mailer \"\"", "HEADER Received localhost",
    "SENTSINCE 1-Oct-2002", "SENTBEFORE 1-Sep-2002", "SENTON 2-Oct-2002", "LARGER 10000", "SMALLER 900",
    "OR (FROM a SUBJECT b) (NOT TO c)", "NOT (BODY a BODY e)", "CHARSET UTF-8 SUBJECT {2+}\r\n\u00fc",
    "CHARSET UTF-8 BODY {2+}\r\n\u00e9", "CHARSET UTF-8 TEXT {3+}\r\n\u65e5", "SINCE 1-Jan-2020", "BEFORE 1-Jan-2020",
    "UNKEYWORD nothing", "UNSEEN UNDELETED", "FROM \"\u0020\"", "BODY \"Content-Type\"", "TEXT \"boundary=\"",
]
# Only an entry that names its messages may excuse these.
STRICT = ["RFC822.SIZE", "BODY[1]", "BODY[1.2]", "BODY[TEXT]", "BODY[HEADER]", "BODY[1.MIME]"] + [
    f"{item}.{part}{field}" for item in ("BODY", "BODYSTRUCTURE") for part in ("", "1.", "2.body.")
    for field in ("parts", "type", "subtype", "encoding", "octets", "lines")]
Difference = collections.namedtuple("Difference", "item message left right")


def shown(value):
    """A value as text that expressions in the list can match."""
    if value is None:
        return "NIL"
    if isinstance(value, bytes):
        return '"' + value.decode("utf-8", "backslashreplace") + '"'
    if isinstance(value, list):
        return "(" + " ".join(map(shown, value)) + ")"
    return str(value)


def upper(value):
    return value.upper() if isinstance(value, bytes) else value


def named_parameters(values):
    """Parameter names compare without case."""
    return [upper(v) if at % 2 == 0 else v for at, v in enumerate(values)] if isinstance(values, list) else values


def structure(tree, path, extended, out):
    """Flattens a BODY or BODYSTRUCTURE into {path.field: value}; returns nothing."""
    if not isinstance(tree, list):
        out[path + "not-a-list"] = tree
        return
    if tree and isinstance(tree[0], list):
        children = [item for item in tree if isinstance(item, list)]
        count = next((at for at, item in enumerate(tree) if not isinstance(item, list)), len(tree))
        out[path + "parts"] = str(count)
        for at, child in enumerate(children[:count], 1):
            structure(child, f"{path}{at}.", extended, out)
        rest = tree[count:]
        out[path + "subtype"] = upper(rest[0]) if rest else None
        names = ("parameters",) + EXTENSION[1:]
        for name, value in zip(names, rest[1:]):
            out[path + name] = disposition(value) if name == "disposition" else \
                named_parameters(value) if name == "parameters" else value
        return
    for name, value in zip(PART, tree):
        out[path + name] = upper(value) if name in ("type", "subtype", "encoding") else \
            named_parameters(value) if name == "parameters" else value
    rest = tree[len(PART):]
    kind = upper(tree[0])
    if kind == b"TEXT" and rest:
        out[path + "lines"] = rest.pop(0)
    elif kind == b"MESSAGE" and upper(tree[1]) in (b"RFC822", b"GLOBAL") and len(rest) >= 3 and isinstance(rest[1], list):
        envelope(rest[0], path + "envelope.", out)
        structure(rest[1], path + "body.", extended, out)
        out[path + "lines"] = rest[2]
        rest = rest[3:]
    for name, value in zip(EXTENSION, rest):
        out[path + name] = disposition(value) if name == "disposition" else value


def disposition(value):
    return [upper(value[0]), named_parameters(value[1])] if isinstance(value, list) and len(value) == 2 else value


def envelope(values, path, out):
    if not isinstance(values, list) or len(values) != len(ENVELOPE):
        out[path + "shape"] = values
        return
    for name, value in zip(ENVELOPE, values):
        out[path + name] = value


def part_numbers(tree, prefix=""):
    """Section numbers of the leaves of a BODYSTRUCTURE."""
    if isinstance(tree, list) and tree and isinstance(tree[0], list):
        found = []
        for at, child in enumerate(item for item in tree if isinstance(item, list)):
            if at >= 50 or not isinstance(tree[at], list):
                break
            found += part_numbers(child, f"{prefix}{at + 1}.")
        return found
    return [(prefix or "1.")[:-1]]


class Side:
    """One server with the messages in INBOX."""

    def __init__(self, server, messages):
        self.server = server
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        self.session = imap.session(server, timeout=300)
        for message in messages:
            reply = self.session.append("INBOX", message.data, date="05-Jan-2021 10:00:00 +0000", sync=False)
            check(reply.ok, f"{server.name}: APPEND of {message.name} answered {reply}")
        self.session.ok("EXAMINE INBOX")

    def fetch(self, first, last, items):
        return self.session.fetch(f"{first}:{last}", f"({items})").fetches()

    def search(self, criteria):
        return set(self.session.search(criteria))


def describe(items):
    """{item: value} of one message's FETCH answer, structures flattened."""
    out = {}
    for name, value in items.items():
        if name == "ENVELOPE":
            envelope(value, "ENVELOPE.", out)
        elif name in ("BODYSTRUCTURE", "BODY"):
            structure(value, name + ".", name == "BODYSTRUCTURE", out)
        elif name.startswith("BODY["):
            value = value.replace(b"\0", b"\x80") if value else value
            out[re.sub(r'"', "", name)] = value if len(value or b"") < 400 else \
                f"{len(value)} octets {corpus.sha256(value)[:16]} {value[:60]!r}"
        elif name == "RFC822.SIZE":
            out[name] = value
    return out


def compare(left, right, messages):
    """Yields a Difference for everything the two say differently."""
    batch = 50
    items = f"RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[HEADER] BODY.PEEK[TEXT] {FIELDS}"
    for first in range(1, len(messages) + 1, batch):
        last = min(first + batch - 1, len(messages))
        found = [side.fetch(first, last, items) for side in (left, right)]
        for number in range(first, last + 1):
            message = messages[number - 1]
            mine, theirs = (describe(side.get(number, {})) for side in found)
            yield from differing(message, mine, theirs)
            numbers = [part_numbers(side[number]["BODYSTRUCTURE"]) for side in found]
            common = [n for n in numbers[0] if n in numbers[1]][:20]
            if common:
                parts = " ".join(f"BODY.PEEK[{n}] BODY.PEEK[{n}.MIME]" for n in common)
                mine, theirs = (describe(side.fetch(number, number, parts)[number]) for side in (left, right))
                yield from differing(message, mine, theirs)
    for criteria in SEARCHES:
        name = "SEARCH " + " ".join(criteria.split())
        mine, theirs = left.search(criteria), right.search(criteria)
        for number in sorted(mine ^ theirs):
            yield Difference(name, messages[number - 1], "found" if number in mine else "not found",
                             "found" if number in theirs else "not found")


def differing(message, mine, theirs):
    for name in sorted(set(mine) | set(theirs)):
        one, other = mine.get(name, "absent"), theirs.get(name, "absent")
        if one != other and not (not one and not other):  # NIL and "" of a section are the same
            yield Difference(name, message, shown(one), shown(other))


def as_list(value):
    return value if isinstance(value, list) else [value]


def alike(difference, pairs):
    """True if both values are the same after all replacements."""
    left, right = difference.left, difference.right
    for pattern, replacement in pairs:
        left, right = re.sub(pattern, replacement, left), re.sub(pattern, replacement, right)
    return left == right


class Explanations:
    """differences.toml: the first entry that fits explains a difference."""

    def __init__(self):
        with open(LIST, "rb") as source:
            self.entries = tomllib.load(source).get("difference", [])
        self.uses = collections.Counter()
        for entry in self.entries:
            unknown = set(entry) - {"item", "message", "raw", "postern", "dovecot", "rewrite", "reason"}
            check(not unknown and entry.get("reason") and entry.get("item"),
                  f"differences.toml: an entry needs item and reason, and knows no {unknown}: {entry}")
            excused = [item for item in STRICT if re.fullmatch(entry["item"], item)]
            check("message" in entry or not excused,
                  f"differences.toml: an entry for {excused} names its messages: {entry}")

    def explains(self, difference):
        for at, entry in enumerate(self.entries):
            if not re.fullmatch(entry["item"], difference.item):
                continue
            if "message" in entry and not any(fnmatch.fnmatch(difference.message.name, pattern)
                                              for pattern in as_list(entry["message"])):
                continue
            if "raw" in entry and not re.search(entry["raw"].encode("latin1"), difference.message.data):
                continue
            if "postern" in entry and not re.search(entry["postern"], difference.left, re.S):
                continue
            if "dovecot" in entry and not re.search(entry["dovecot"], difference.right, re.S):
                continue
            if "rewrite" in entry and not alike(difference, entry["rewrite"]):
                continue
            self.uses[at] += 1
            return True
        return False


@test
def every_difference_is_explained():
    if not harness.need("dovecot", "dovecot-imapd dovecot-lmtpd"):
        return
    messages = corpus.load(harness.options.messages or None)
    note(f"{len(messages)} messages from {corpus.source()}")
    explanations = Explanations()
    with harness.new_server() as mine, servers.DovecotServer() as yardstick:
        left, right = Side(mine, messages), Side(yardstick, messages)
        open_ones, total = [], 0
        for difference in compare(left, right, messages):
            total += 1
            if not explanations.explains(difference):
                open_ones.append(difference)
        check(mine.alive(), "the server ended")
    note(f"{total} differences, {len(open_ones)} without an entry in differences.toml")
    out = os.path.join(servers.REPOSITORY, "build", "differential.json")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, "w") as file:
        for d in open_ones:
            file.write(json.dumps({"item": d.item, "message": d.message.name, "postern": d.left[:2000],
                                   "dovecot": d.right[:2000]}) + "\n")
    kinds = collections.defaultdict(list)
    for d in open_ones:
        kinds[re.sub(r"\d+", "n", d.item)].append(d)
    for kind, members in sorted(kinds.items(), key=lambda pair: -len(pair[1]))[:40]:
        d = members[0]
        note(f"{len(members):5} {d.item} in {d.message.name}: {d.left[:150]} | dovecot: {d.right[:150]}")
    unused = [entry["item"] for at, entry in enumerate(explanations.entries) if not explanations.uses[at]]
    if unused:
        note(f"entries that explained nothing in this run: {unused}")
    equal(len(open_ones), 0, f"unexplained differences (all of them in {out})")


harness.main()
