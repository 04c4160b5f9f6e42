"""Reads a transcript (the notation is in README.md) into a Script: a header and a list of steps.

Octets are handled as str of latin-1, so that every octet of the file stands for itself.
"""
import os
import re
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.join(HERE, "scripts")
MESSAGES = os.path.join(HERE, "messages")
_LINE = re.compile(r"([CS])(\d*)([:?!>])(?: (.*))?\Z", re.S)
_ENDING = re.compile(r"[^ *+]\S* (?:OK|NO|BAD)(?:\|(?:OK|NO|BAD))*(?: |\Z)|\+|closed\Z")


class ScriptError(Exception):
    """A mistake in a transcript."""


@dataclass
class Expected:
    """One response that must (":" and ">"), may ("?") or must not ("!") come."""
    kind: str
    text: str
    line: int

    @property
    def ends(self):
        """True for what a client waits for: a tagged answer, "+" or the end of the connection."""
        return self.kind in ":>" and bool(_ENDING.match(self.text))

    @property
    def tag(self):
        return self.text.split()[0] if self.ends and self.text[0] != "+" and self.text != "closed" else None


@dataclass
class Step:
    """Client lines of one session and the responses up to the next client line, or a directive."""
    session: int
    line: int
    send: list = field(default_factory=list)
    expected: list = field(default_factory=list)
    directive: tuple = ()

    def exchanges(self):
        """Answers that a client waits for; a step that only listens counts once."""
        return sum(e.ends for e in self.expected) or bool(self.expected)


@dataclass
class Script:
    name: str
    title: str = ""
    needs: list = field(default_factory=list)
    mail: list = field(default_factory=list)  # (mailbox, message name, the rest of the line)
    strangers: set = field(default_factory=set)
    steps: list = field(default_factory=list)

    @property
    def exchanges(self):
        return sum(step.exchanges() for step in self.steps)


def load_all():
    found = []
    for base, folders, files in os.walk(SCRIPTS):
        folders.sort()
        found += [load(os.path.join(base, file)) for file in sorted(files) if file.endswith(".txt")]
    return found


def messages():
    """{name: text} of the messages folder; their line ends become CRLF."""
    found = {}
    for file in sorted(os.listdir(MESSAGES)):
        with open(os.path.join(MESSAGES, file), "rb") as source:
            found[file.removesuffix(".eml")] = re.sub(rb"(?<!\r)\n", b"\r\n", source.read()).decode("latin-1")
    return found


def load(path):
    with open(path, "rb") as source:
        lines = source.read().decode("latin-1").split("\n")
    script = Script(os.path.relpath(path, SCRIPTS).removesuffix(".txt"))
    for number, line in enumerate(lines, 1):
        try:
            _take(script, line.rstrip("\r"), number)
        except ScriptError as error:
            raise ScriptError(f"{path}:{number}: {error}") from None
    tags = [e.tag for step in script.steps for e in step.expected if e.tag]
    twice = {tag for tag in tags if tags.count(tag) > 1}
    if twice:
        raise ScriptError(f"{path}: tags that come twice: {sorted(twice)}")
    if not script.title or not script.exchanges:
        raise ScriptError(f"{path}: a script begins with # and a title and has an exchange")
    return script


def _take(script, line, number):
    if not line.strip():
        return
    if line.startswith("#"):
        script.title = script.title or line.lstrip("# ")
        return
    found = _LINE.match(line)
    if found:
        return _said(script, number, *found.groups())
    word, colon, rest = line.partition(":")
    rest = rest.strip()
    if not colon:
        raise ScriptError(f"not a line of a transcript: {line!r}")
    if word == "needs":
        script.needs += rest.split()
    elif word == "stranger":
        script.strangers |= {int(n) for n in rest.split()}
    elif word == "mail":
        mailbox, name, *more = rest.split(None, 2)
        script.mail.append((mailbox, name, more[0] if more else ""))
    elif word in ("deliver", "close", "deflate", "let"):
        script.steps.append(Step(0, number, directive=(word, rest)))
    else:
        raise ScriptError(f"{word}: is not known")


def _said(script, number, who, session, kind, text):
    session, text = int(session or 1), text or ""
    last = script.steps[-1] if script.steps else None
    if who == "C":
        if kind != ":":
            raise ScriptError("a client line begins with C:")
        if not last or last.directive or last.expected or last.session != session:
            script.steps.append(Step(session, number))
        return script.steps[-1].send.append(text)
    if not last or last.directive or last.session != session:
        last = Step(session, number)
        script.steps.append(last)
    if last.expected and _open_literal(last.expected[-1].text):
        last.expected[-1].text += "\r\n" + text
    else:
        last.expected.append(Expected(kind, text, number))


def _open_literal(text):
    """True if the text ends at, or within, a literal: the next line is part of the same response.

    {${#name}} is followed by one line, on which ${name} stands for all lines of the message; so is a
    literal that is not written out but described by ... or a pattern."""
    left = 0
    for line in text.split("\r\n"):
        if left and ("..." in line or "${" in line):
            left = -1
        if left > len(line):
            left -= len(line) + 2
            if left == 0:
                left = -1  # the literal ends with this line's CRLF: the rest of the response follows
            continue
        size = re.search(r"\{(?:(\d+)|\$\{#[\w-]+\})\}\Z", line[max(left, 0):])
        left = 0
        if size:
            left = int(size[1] or 0) or -1
    return left != 0
