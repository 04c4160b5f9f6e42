"""Messages for the tests: the folder that POSTERN_CORPUS names, or the project's own.

Files of a corpus may have bare LF, an mbox "From " line, NULs, bare CRs, or no header at all.
load() removes the mbox line and converts line ends to CRLF; nothing else is touched.
"""
import email
import email.policy
import hashlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from .servers import REPOSITORY

GENERATOR = os.path.join(REPOSITORY, "tests", "messages", "generate.py")


@dataclass(frozen=True)
class Message:
    name: str
    data: bytes

    @property
    def sha256(self):
        return sha256(self.data)

    @property
    def tame(self):
        """True if an ordinary mail program can be expected to keep it byte for byte: a header, a
        separator, no NUL, no bare CR, no line above RFC 5322's limit."""
        head = self.data.split(b"\r\n\r\n", 1)
        return (len(head) == 2 and b"\0" not in self.data
                and not re.search(rb"\r(?!\n)", self.data)
                and re.match(rb"[!-9;-~]+:", self.data) is not None
                and self.data.endswith(b"\r\n")
                and max(map(len, self.data.split(b"\r\n"))) <= 998)


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def to_crlf(octets):
    return re.sub(rb"(?<!\r)\n", b"\r\n", octets)


def normal(octets):
    """For comparing what went through a program that keeps mail with bare LF."""
    return octets.replace(b"\r\n", b"\n")


def kept_by_python(message):
    """True if Python's email package, on which some clients are built, writes back what it reads."""
    octets = normal(message.data)
    try:
        parsed = email.message_from_bytes(octets, policy=email.policy.default.clone(linesep="\n"))
        return (email.message_from_bytes(octets).as_bytes() == octets and parsed.as_bytes() == octets)
    except Exception:  # the package itself fails on some of the wildest mail
        return False


def from_file(path, name, keep_from_line=False):
    with open(path, "rb") as source:
        octets = source.read()
    if octets.startswith(b"From ") and not keep_from_line:
        octets = octets.split(b"\n", 1)[1] if b"\n" in octets else octets
    return Message(name, to_crlf(octets))


def _folder_messages(folder):
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            path = os.path.join(base, file)
            name = os.path.relpath(path, folder)
            if file.startswith(".") or name == "README.md":
                continue
            yield from_file(path, name)


def source():
    """Where messages come from, for the test's output."""
    folder = os.environ.get("POSTERN_CORPUS")
    if folder:
        return f"POSTERN_CORPUS={folder}"
    if os.path.exists(GENERATOR):
        return "the project's own messages (POSTERN_CORPUS is not set)"
    return "the built-in messages (POSTERN_CORPUS is not set)"


def load(limit=None, tame=False, largest=None, only=None):
    """All messages, or a sample of `limit`, the same one in every run (smallest name hash)."""
    folder = os.environ.get("POSTERN_CORPUS")
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"POSTERN_CORPUS names {folder}, which is not a folder")
    if folder:
        messages = list(_folder_messages(folder))
    elif os.path.exists(GENERATOR):
        messages = _generated()
    else:
        messages = built_in()
    wanted = (m for m in messages if m.data and (not tame or m.tame)
              and (not largest or len(m.data) <= largest) and (not only or only(m)))
    if limit is None:
        return list(wanted)
    messages.sort(key=lambda m: hashlib.sha256(m.name.encode("utf-8", "surrogateescape")).digest())
    return list(itertools.islice(wanted, limit))


def _generated():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, GENERATOR, folder], check=True, stdout=subprocess.DEVNULL)
        return list(_folder_messages(folder))


def simple(number, text="Hello.", subject=None):
    """A plain message that carries its number, for tests that need many different small ones."""
    return (f"From: Sender <sender@example.net>\r\nTo: user@example.org\r\n"
            f"Subject: {subject or f'Message {number}'}\r\n"
            f"Date: Mon, 05 Jan 2026 10:{number // 60 % 60:02d}:{number % 60:02d} +0000\r\n"
            f"Message-ID: <{number}.test@example.net>\r\n\r\n{text}\r\n").encode()


def built_in():
    """A few dozen messages with the shapes that matter most."""
    head = b"From: A <a@example.net>\r\nTo: b@example.org\r\nDate: Tue, 6 Jan 2026 08:00:00 +0100\r\n"
    mixed = (head + b'Subject: mixed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=b"\r\n\r\n'
             b"--=b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
             b"--=b\r\nContent-Type: message/rfc822\r\n\r\n" + head + b"Subject: inner\r\n\r\ninner\r\n"
             b"--=b\r\nContent-Type: application/octet-stream; name=\"a b.bin\"\r\n"
             b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a b.bin\"\r\n\r\n"
             b"AAECAwQFBgcICQ==\r\n--=b--\r\nepilogue\r\n")
    alternative = (head + b"Subject: =?utf-8?q?Caf=C3=A9?=\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"
                   b"--x\r\n\r\nplain\r\n--x\r\nContent-Type: text/html\r\n"
                   b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>caf=C3=A9=\r\n</p>\r\n--x--\r\n")
    shapes = [
        ("mixed", mixed), ("alternative", alternative),
        ("no-header", b"just text\r\nwithout header\r\n"),
        ("empty-body", head + b"Subject: empty\r\n\r\n"),
        ("no-separator", head + b"Subject: nothing follows\r\n"),
        ("dots", head + b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"),
        ("bare-cr", head + b"Subject: cr\r\n\r\na\rb\r\n"),
        ("nul", head + b"Subject: nul\r\n\r\na\0b\r\n"),
        ("8bit-header", head + b"Subject: Gr\xfc\xdfe\r\n\r\nx\r\n"),
        ("long-line", head + b"Subject: long\r\n\r\n" + b"x" * 70000 + b"\r\n"),
        ("group", head + b"Subject: group\r\nCc: friends: c@example.com, D <d@example.com>;, undisclosed:;\r\n\r\n\r\n"),
        ("old-return-path", b"Return-Path: <old@example.net>\r\n" + head + b"Subject: rp\r\n\r\nx\r\n"),
        ("no-final-newline", head + b"Subject: end\r\n\r\nno newline"),
    ]
    return ([Message(name, data) for name, data in shapes]
            + [Message(f"simple-{n}", simple(n, f"text {n}\r\n" * (n + 1))) for n in range(27)])
