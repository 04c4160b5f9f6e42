"""The lexical rules of RFC 9051 §9 and RFC 3501 §9 over one response: atoms, strings, numbers.

A Lexer stands at one place of the octets and moves on only over what the rule allows; anything else
is a GrammarError that names the rule and the offset. Which octets a quoted string may hold depends
on the mode of the session (RFC 9051 §9 quoted; RFC 9755 §3), so a Lexer is made with one.
"""
import re
from dataclasses import dataclass


@dataclass
class Mode:
    """What the client has switched on, which decides what the server may send."""
    rev2: bool = False
    utf8: bool = False
    language: bool = False  # RFC 5255 §3.2: human-readable text may be UTF-8 after LANGUAGE
    uidonly: bool = False

    @property
    def unicode(self):
        return self.rev2 or self.utf8


class GrammarError(Exception):
    pass


ATOM = re.compile(rb'[!#$&\'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+')
ASTRING = re.compile(rb'[!#$&\'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+')
TAG = re.compile(rb'[!#$&\',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+')
NUMBER = re.compile(rb'0|[1-9][0-9]*')
LITERAL = re.compile(rb'\{(0|[1-9][0-9]*)\}\r\n')
QUOTED = re.compile(rb'"((?:[^\x00\r\n"\\]|\\["\\])*)"')
TEXT = re.compile(rb'[^\x00\r\n]*')
DATE_TIME = re.compile(rb'"(?: [1-9]|[12][0-9]|3[01])-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-'
                       rb'[0-9]{4} [0-2][0-9]:[0-5][0-9]:(?:[0-5][0-9]|60) [+-][0-9]{4}"')
FLAG = re.compile(rb'\\?[!#$&\'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+')
SET = re.compile(rb'[1-9][0-9]*(?::[1-9][0-9]*)?(?:,[1-9][0-9]*(?::[1-9][0-9]*)?)*')
BASE64 = re.compile(rb'(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?')
MAX_DEPTH = 120  # parentheses within each other: bodies nest 100 deep at most on this server


class Lexer:
    def __init__(self, octets, mode):
        self.octets, self.mode, self.at, self.depth = octets, mode, 0, 0

    def fail(self, rule):
        raise GrammarError(f"{rule} expected at offset {self.at}: "
                           f"{self.octets[max(0, self.at - 20):self.at]!r} | {self.octets[self.at:self.at + 40]!r}")

    # -- single octets and words ------------------------------------------------------------

    def next_is(self, octets):
        return self.octets.startswith(octets, self.at)

    def take(self, octets):
        """True, and past them, when exactly these octets come next."""
        if not self.next_is(octets):
            return False
        self.at += len(octets)
        return True

    def need(self, octets):
        if not self.take(octets):
            self.fail(repr(octets.decode()))

    def sp(self):
        self.need(b" ")

    def end(self):
        if self.at != len(self.octets):
            self.fail("the end of the response")

    def match(self, pattern, rule):
        found = pattern.match(self.octets, self.at)
        if not found or found.end() == self.at:
            self.fail(rule)
        self.at = found.end()
        return found.group(0)

    def word(self, *names):
        """Takes one of these names (case does not matter) if a whole atom of it comes next."""
        found = re.compile(rb"[A-Za-z0-9.\-=]+").match(self.octets, self.at)
        if found and found.group(0).upper().decode() in names:
            self.at = found.end()
            return found.group(0).upper().decode()
        return None

    # -- terminals --------------------------------------------------------------------------

    def atom(self):
        return self.match(ATOM, "atom")

    def number(self, most=2**32 - 1, least=0):
        digits = self.match(NUMBER, "number")
        if not least <= int(digits) <= most:
            self.fail(f"a number from {least} to {most}, not {int(digits)},")
        return int(digits)

    def nz_number(self):
        return self.number(least=1)

    def number64(self):
        return self.number(most=2**63 - 1)

    def mod_sequence(self, least=1):
        """RFC 7162 §7: mod-sequence-value is 63 bits and not 0; valzer may be 0."""
        return self.number(most=2**63 - 1, least=least)

    def number_set(self):
        """A sequence-set or uid-set without "*", which a server never sends."""
        octets = self.match(SET, "sequence-set")
        for number in re.findall(rb"\d+", octets):
            if not 1 <= int(number) <= 2**32 - 1:
                self.fail(f"a set of numbers below 2^32, not {octets!r},")
        return octets

    def quoted(self):
        octets = self.match(QUOTED, "quoted string")[1:-1]
        if not self.mode.unicode and any(byte > 127 for byte in octets):
            self.fail("a quoted string of 7 bits (UTF-8 is for those who enabled it)")
        if self.mode.unicode:
            self._utf8(octets)
        return re.sub(rb'\\(["\\])', rb"\1", octets)

    def _utf8(self, octets):
        try:
            octets.decode("utf-8")
        except UnicodeDecodeError:
            self.fail("UTF-8")

    def literal(self):
        size = int(LITERAL.match(self.octets, self.at).group(1)) if LITERAL.match(self.octets, self.at) else None
        if size is None:
            self.fail("literal")
        self.at = LITERAL.match(self.octets, self.at).end()
        octets = self.octets[self.at:self.at + size]
        if len(octets) != size:
            self.fail("a whole literal")
        if b"\0" in octets:
            self.fail("a literal without NUL")
        self.at += size
        return octets

    def literal8(self):
        """RFC 3516 §7: the one form that may hold NUL."""
        found = re.compile(rb"~\{(0|[1-9][0-9]*)\}\r\n").match(self.octets, self.at)
        if not found or found.end() + int(found.group(1)) > len(self.octets):
            self.fail("literal8")
        self.at = found.end() + int(found.group(1))
        return self.octets[found.end():self.at]

    def string(self):
        return self.quoted() if self.next_is(b'"') else self.literal()

    def is_string(self):
        return self.next_is(b'"') or self.next_is(b"{")

    def nil(self):
        """True, and past it, when NIL comes next as a whole word."""
        found = re.compile(rb"NIL(?=[ )\r]|\Z)", re.I).match(self.octets, self.at)
        if found:
            self.at = found.end()
        return bool(found)

    def nstring(self):
        return None if self.nil() else self.string()

    def astring(self):
        return self.string() if self.is_string() else self.match(ASTRING, "astring")

    def text(self, rule="text"):
        octets = self.match(TEXT, rule)
        if any(byte > 127 for byte in octets):
            if not (self.mode.unicode or self.mode.language):
                self.fail("text of 7 bits")
            self._utf8(octets)
        return octets

    def mailbox(self):
        """RFC 3501 §5.1.3: modified UTF-7 for those who did not enable UTF-8, which is canonical."""
        name = self.astring()
        if name.upper() == b"INBOX" or self.mode.unicode:
            self._utf8(name)
            return name
        if any(byte > 126 or byte < 32 for byte in name):
            self.fail("a mailbox name in modified UTF-7")
        for run in re.findall(rb"&([^-]*)(-?)", name):
            if not run[1] or not re.fullmatch(rb"[A-Za-z0-9+,]*", run[0]) or len(run[0]) % 4 == 1:
                self.fail("a mailbox name in modified UTF-7")
        return name

    # -- lists ------------------------------------------------------------------------------

    def open(self):
        self.need(b"(")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} parentheses within each other")

    def close(self):
        self.need(b")")
        self.depth -= 1

    def each(self, item, least=0):
        """"(" [item *(SP item)] ")"; returns what item() returned."""
        self.open()
        found = []
        if not (least == 0 and self.next_is(b")")):
            found.append(item())
            while self.take(b" "):
                found.append(item())
        self.close()
        return found
