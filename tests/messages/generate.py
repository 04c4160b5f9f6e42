#!/usr/bin/env python3
"""Writes the project's own test messages: about 300 small .eml files with CRLF line ends.

    generate.py FOLDER

The same bytes on every run (no clock, a fixed seed). Names sort by family, so that a failing file says
what kind of mail it is. All text is made up here.
"""

import base64
import pathlib
import quopri
import random
import sys

SEED = 20240229
NAMES = ["Ada Brook", "Ben Carver", "Cleo Dunn", "Dov Elgar", "Esra Finn", "Finn Gale", "Gia Holm", "Hugo Ives"]
HOSTS = ["north.example", "south.example", "mail.east.example", "west.example"]
TOPICS = ["harvest plan", "boat repair", "choir practice", "library hours", "bread recipe", "bridge survey",
          "garden fence", "night train", "weather log", "map room"]
WORDS = ("the river turned slowly past old mills while people carried bread and letters over a narrow bridge "
         "until evening came with rain and every window held one small light").split()

# charset, Python codec, a text in it
CHARSETS = [
    ("us-ascii", "ascii", "plain old text"),
    ("utf-8", "utf-8", "na\u00efve caf\u00e9 \u2014 \u65e5\u672c\u8a9e \U0001F600"),
    ("UTF-8", "utf-8", "Gr\u00fc\u00dfe aus K\u00f6ln"),
    ("iso-8859-1", "latin-1", "d\u00e9j\u00e0 vu \u00a9"),
    ("iso-8859-2", "iso8859-2", "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105"),
    ("iso-8859-5", "iso8859-5", "\u041f\u0440\u0438\u0432\u0435\u0442"),
    ("iso-8859-7", "iso8859-7", "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1"),
    ("iso-8859-9", "iso8859-9", "g\u00fcnayd\u0131n"),
    ("iso-8859-15", "iso8859-15", "5 \u20ac"),
    ("windows-1250", "cp1250", "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd"),
    ("windows-1251", "cp1251", "\u0414\u043e\u0431\u0440\u044b\u0439 \u0434\u0435\u043d\u044c"),
    ("windows-1252", "cp1252", "\u201cquoted\u201d \u2013 \u20ac"),
    ("windows-1255", "cp1255", "\u05e9\u05dc\u05d5\u05dd"),
    ("windows-1256", "cp1256", "\u0645\u0631\u062d\u0628\u0627"),
    ("koi8-r", "koi8-r", "\u0443\u0442\u0440\u043e"),
    ("koi8-u", "koi8-u", "\u0457\u0436\u0430\u043a"),
    ("gb2312", "gb2312", "\u4f60\u597d"),
    ("gb18030", "gb18030", "\u4f60\u597d\u4e16\u754c"),
    ("big5", "big5", "\u4f60\u597d"),
    ("shift_jis", "shift_jis", "\u3053\u3093\u306b\u3061\u306f"),
    ("euc-jp", "euc-jp", "\u3053\u3093\u306b\u3061\u306f"),
    ("iso-2022-jp", "iso2022-jp", "\u3053\u3093\u306b\u3061\u306f"),
    ("euc-kr", "euc-kr", "\uc548\ub155"),
    ("tis-620", "tis-620", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"),
    ("x-unknown-9", "latin-1", "caf\u00e9 of no known charset"),
]


class Maker:
    def __init__(self):
        self.random = random.Random(SEED)
        self.files = []
        self.number = 0

    # ---- pieces ----

    def sentence(self, words=12):
        return " ".join(self.random.choice(WORDS) for _ in range(words)).capitalize() + "."

    def paragraphs(self, count=3):
        return "".join(self.sentence(self.random.randint(6, 14)) + "\r\n" for _ in range(count))

    def address(self):
        name = self.random.choice(NAMES)
        return f"{name} <{name.split()[0].lower()}@{self.random.choice(HOSTS)}>"

    def header(self, subject=None, extra=""):
        self.number += 1
        day = self.random.randint(1, 28)
        month = self.random.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
        zone = self.random.choice(["+0000", "+0100", "-0500", "+0530", "-0330"])
        return (f"Return-Path: <bounce{self.number}@{self.random.choice(HOSTS)}>\r\n"
                f"From: {self.address()}\r\n"
                f"To: {self.address()}\r\n"
                f"Subject: {subject or self.random.choice(TOPICS)}\r\n"
                f"Date: {day} {month} {self.random.randint(1995, 2025)} "
                f"{self.random.randint(0, 23):02}:{self.random.randint(0, 59):02}:00 {zone}\r\n"
                f"Message-ID: <m{self.number}.{self.random.randint(1000, 9999)}@{self.random.choice(HOSTS)}>\r\n"
                f"MIME-Version: 1.0\r\n{extra}")

    def octets(self, count):
        return bytes(self.random.getrandbits(8) for _ in range(count))

    @staticmethod
    def b64(data):
        return base64.encodebytes(data).replace(b"\n", b"\r\n").decode()

    @staticmethod
    def qp(data):
        return quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n").decode()

    def multipart(self, kind, boundary, parts, preamble="", epilogue=""):
        body = preamble
        for part in parts:
            body += f"\r\n--{boundary}\r\n{part}"
        return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{body}\r\n--{boundary}--\r\n{epilogue}'

    def add(self, family, content):
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        index = sum(1 for name, _ in self.files if name.startswith(family + "-"))
        self.files.append((f"{family}-{index:03}.eml", data))

    # ---- families ----

    def plain(self):
        for i in range(40):
            self.add("plain", self.header() + "\r\n" + self.paragraphs(i % 7 + 1))
        self.add("plain", self.header(extra=f"Cc: {self.address()}, {self.address()}\r\nBcc: hidden@north.example\r\n"
                                            f"Reply-To: {self.address()}\r\nSender: {self.address()}\r\n"
                                            "In-Reply-To: <m1@north.example>\r\nReferences: <m0@north.example>\r\n"
                                            " <m1@north.example>\r\n") + "\r\n" + self.paragraphs())
        self.add("plain", self.header() + "\r\n")
        self.add("plain", self.header())
        self.add("plain", self.header() + "\r\nno line end at the end")

    def charsets(self):
        for charset, codec, text in CHARSETS:
            data = (text + "\r\n").encode(codec)
            head = self.header(subject=f"charset {charset}")
            kind = f"Content-Type: text/plain; charset={charset}\r\n"
            self.add("charset", head.encode() + kind.encode() + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + data)
            self.add("charset", head + kind + "Content-Transfer-Encoding: base64\r\n\r\n" + self.b64(data))
            self.add("charset", head + kind + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + self.qp(data))

    def encoded_words(self):
        for charset, codec, text in CHARSETS:
            data = text.encode(codec)
            b = base64.b64encode(data).decode()
            q = "".join(chr(c) if chr(c).isalnum() and c < 128 else f"={c:02X}" for c in data)
            self.add("word", self.header(subject=f"=?{charset}?B?{b}?=\r\n =?{charset}?q?{q}?= end",
                                         extra=f"Cc: =?{charset}?Q?{q}?= <cc@east.example>\r\n") + "\r\nx\r\n")
        for subject in ["=?utf-8?q?split=C3?= =?utf-8?q?=A9?=", "=?utf-8?b?!!!?=", "=?utf-8?x?abc?=", "=?utf-8?q?open",
                        "=?utf-8*en?q?lang?=", "=?=?=", "\"=?utf-8?q?in_quotes?=\"", "a=?utf-8?q?glued?=b",
                        "=?utf-8?q?" + "long" * 60 + "?=", "=?utf-8?q?with blank?="]:
            self.add("word", self.header(subject=subject) + "\r\nx\r\n")

    def multiparts(self):
        text = lambda: "Content-Type: text/plain; charset=utf-8\r\n\r\n" + self.paragraphs()
        html = lambda: ("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
                        self.qp(f"<html><body><p>{self.sentence()} &amp; &eacute;t\u00e9</p></body></html>\r\n".encode()))
        image = lambda n: ("Content-Type: image/png; name=\"dot.png\"\r\nContent-Transfer-Encoding: base64\r\n"
                           f"Content-ID: <image{n}@north.example>\r\nContent-Disposition: inline; filename=dot.png\r\n\r\n" +
                           self.b64(self.octets(90)))
        attachment = lambda size: ("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                                   "Content-Disposition: attachment; filename=\"data.bin\"; size=" + str(size) +
                                   "\r\nContent-Description: some octets\r\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n"
                                   "Content-Language: en, de\r\nContent-Location: http://north.example/d\r\n\r\n" +
                                   self.b64(self.octets(size)))
        for i in range(12):
            self.add("multi", self.header() + self.multipart("alternative", f"=_alt{i}", [text(), html()]))
            self.add("multi", self.header() + self.multipart("mixed", f"mix {i}", [text(), attachment(i * 40)],
                                                             "for old readers\r\n", "after the end\r\n"))
            related = self.multipart("related", f"rel-{i}", [html(), image(1), image(2)])
            alternative = self.multipart("alternative", f"alt-{i}", [text(), related])
            self.add("multi", self.header() + self.multipart("mixed", f"top-{i}", [alternative, attachment(30)]))
        for depth in (2, 5, 20, 60):
            inner = text()
            for level in range(depth):
                inner = self.multipart("mixed", f"level{level}.", [inner])
            self.add("multi", self.header() + inner)
        self.add("multi", self.header() + self.multipart("digest", "dig", [
            f"\r\n{self.header()}\r\n{self.paragraphs()}", f"\r\n{self.header()}\r\nsecond\r\n"]))
        self.add("multi", self.header() + self.multipart("report; report-type=delivery-status", "rep", [
            text(), "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; north.example\r\n\r\n"
                    "Final-Recipient: rfc822; gone@south.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: undelivered\r\n"]))
        self.add("multi", self.header() + self.multipart("mixed", "many", [f"\r\npart {i}\r\n" for i in range(60)]))

    def messages_inside(self):
        for i in range(10):
            inner = self.header(subject=f"inner {i}") + (
                "\r\n" + self.paragraphs() if i % 2 else
                self.multipart("alternative", f"in{i}", ["\r\none\r\n", "Content-Type: text/html\r\n\r\n<b>two</b>\r\n"]))
            self.add("message", self.header() + self.multipart("mixed", f"out{i}", [
                "\r\nsee below\r\n", f"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n{inner}"]))
            self.add("message", self.header() + "Content-Type: message/rfc822\r\n\r\n" + inner)
        chain = "\r\nthe end\r\n"
        for i in range(12):
            chain = "Content-Type: message/rfc822\r\n\r\n" + self.header(subject=f"chain {i}") + chain
        self.add("message", self.header() + chain)
        self.add("message", self.header() + "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                 self.b64(b"Subject: hidden\r\n\r\nbody\r\n"))
        self.add("message", self.header() + "Content-Type: message/global\r\n\r\nSubject: gr\u00fc\u00df\r\n\r\nx\r\n")
        self.add("message", self.header() + "Content-Type: message/partial; id=\"p@x\"; number=1; total=2\r\n\r\nhalf\r\n")
        self.add("message", self.header() + "Content-Type: message/rfc822\r\n\r\n")

    def parameters(self):
        for value in ["name*=utf-8''na%C3%AFve.txt", "name*0=\"one \"; name*1=\"two \"; name*2=three.txt",
                      "name*0*=utf-8''%E2%82%AC; name*1=\" plain\"; name*2*=%20end", "name*1=b; name*0=a",
                      "name*0=a; name*2=gap", "name=\"quo\\\"ted \\\\ name.txt\"", "name=bare words here.txt; x=y",
                      "name=\"=?utf-8?q?r=C3=A9sum=C3=A9?=.txt\"", "name=\"../../etc/passwd\"", "name=\"\"", "name", "=x",
                      "charset=\"utf-8\" (comment); format=flowed; delsp=yes", "name=\"" + "long" * 100 + "\"",
                      "; ; charset=utf-8", "charset=utf-8 name=x.txt"]:
            self.add("param", self.header() + f"Content-Type: text/plain; {value}\r\n"
                                              f"Content-Disposition: attachment; file{value}\r\n\r\nx\r\n")

    def addresses(self):
        for field in ["undisclosed-recipients:;", "Team: a@north.example, B <b@south.example>;", "\"Last, First\" <lf@west.example>",
                      "(comment) c@west.example (Real Name)", "<@relay.example,@two.example:user@west.example>", "nobody",
                      "user@[192.0.2.7]", "a@x.example <a@x.example>", "A <a@x.example", "<>", "", ",,,", "one@x.example;two@y.example",
                      "\"quoted local\"@x.example", "pete . smith @ north . example", "\"unclosed <a@b.example>",
                      "Gr\u00fc\u00df Gott <gg@north.example>", "a@b@c.example", "=?iso-8859-1?q?J=F6rg?= <j@x.example>",
                      ", ".join(f"user{i}@south.example" for i in range(120))]:
            self.add("address", self.header(extra=f"Cc: {field}\r\nReply-To: {field}\r\n") + "\r\nx\r\n")
        self.add("address", "Subject: nobody wrote this\r\n\r\nx\r\n")
        self.add("address", "From:\r\nTo:\r\nCc: \r\nSubject:\r\nDate:\r\nMessage-ID:\r\n\r\nx\r\n")
        self.add("address", "To: a@north.example\r\nTo: b@north.example\r\nFrom: c@x.example\r\nFrom: d@x.example\r\n\r\nx\r\n")

    def dates(self):
        for date in ["Fri, 21 Nov 1997 09:55:06 -0600", "21 Nov 97 09:55 EST", "Mon Jan  2 15:04:05 2006", "31 Feb 2020 10:00:00 +0000",
                     "yesterday", "1 Jan 2000 24:61:61 +9999", "29 Feb 2024 23:59:60 -1200 (leap)", "1-Jan-2001 00:00:00 GMT"]:
            self.add("date", f"Date: {date}\r\nFrom: {self.address()}\r\n\r\nx\r\n")

    def broken(self):
        head = self.header()
        cases = [
            "", "\r\n", "\r\n\r\n", "no header at all, just a line\r\n", "body\r\n\r\nafter an empty line\r\n",
            "From someone@north.example Mon Jan  1 00:00:00 2001\r\n" + head + "\r\nmbox line kept\r\n",
            (head + "\r\n" + self.paragraphs()).replace("\r\n", "\n"),
            (head + "\r\n" + self.paragraphs()).replace("\r\n", "\r"),
            head + "\r\nmixed\nline\rends\r\r\n\n\r",
            head + "\r\n" + "x" * 20000 + "\r\n",
            head + "X-Long: " + "y" * 20000 + "\r\n\r\nx\r\n",
            head + "X-Folded: a" + "\r\n b" * 500 + "\r\n\r\nx\r\n",
            head + "NoColonHere\r\n: no name\r\nBad Name: x\r\nSpaced : y\r\n\r\nx\r\n",
            " leading: continuation\r\n" + head + "\r\nx\r\n",
            head + "X-Nul: a\0b\r\n\r\nbody\0with\0nul\r\n",
            head.replace("Subject: ", "Subject: \0\0") + "\r\nx\r\n",
            head + "X-Control: \x01\x02\x1b[31m\r\n\r\n\x01\x07\r\n",
            head + "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nno boundary named\r\n--x--\r\n",
            head + "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nempty\r\n----\r\n",
            head + "Content-Type: multipart/mixed; boundary=never\r\n\r\nnot here\r\n",
            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nunclosed\r\n",
            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b\r\n\r\nx\r\n--b--\r\n",
            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b   \r\n\r\npadding\r\n--b--   \r\n",
            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--bc\r\n\r\nprefix\r\n--b--\r\n",
            head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nline feeds\n--b--\n",
            head + "Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n"
                   "--in\r\n\r\nouter ends inner\r\n--out\r\n\r\nx\r\n--out--\r\n",
            head + "Content-Type: multipart/mixed; boundary=same\r\n\r\n--same\r\nContent-Type: multipart/mixed; boundary=same\r\n\r\n"
                   "--same\r\n\r\nx\r\n--same--\r\n--same--\r\n",
            head + "Content-Type: multipart/mixed; boundary=\"" + "b" * 90 + "\"\r\n\r\n--" + "b" * 90 + "\r\n\r\nlong\r\n--" + "b" * 90 + "--\r\n",
            head + "Content-Type: text\r\n\r\nx\r\n", head + "Content-Type: /\r\n\r\nx\r\n", head + "Content-Type:\r\n\r\nx\r\n",
            head + "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\ntwice\r\n",
            head + "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#86)C\r\n`\r\nend\r\n",
            head + "Content-Transfer-Encoding: base64\r\n\r\nnot*base64*at!all\r\n",
            head + "Content-Transfer-Encoding: base64\r\n\r\n",
            head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ = =3\r\n=\r\n",
            head + "Content-Transfer-Encoding: (none) 8BIT ; x\r\n\r\n\u00e9\r\n",
            head + "Message-ID: <x>)(\"\\{5}\r\n* BYE\r\n\r\nx\r\n",
            head + "Subject: {10}\r\n\r\nx\r\n",
        ]
        for case in cases:
            self.add("broken", case)
        raw = head.encode()
        self.add("broken", raw + b"X-Latin: caf\xe9\r\n\r\n\xe9\xff\xfe\r\n")
        self.add("broken", raw.replace(b"Subject: ", b"Subject: \xe9\xe8 ") + b"\r\nx\r\n")
        self.add("broken", raw.replace(b"Subject: ", "Subject: gr\u00fc\u00df ".encode()) + b"\r\nx\r\n")
        self.add("broken", raw + b"Content-Type: text/plain; charset=utf-8\r\n\r\ncut \xe2\x82")
        self.add("broken", raw + b"Content-Transfer-Encoding: binary\r\nContent-Type: application/x-bin\r\n\r\n" + self.octets(500))

    def make(self):
        for family in (self.plain, self.charsets, self.encoded_words, self.multiparts, self.messages_inside,
                       self.parameters, self.addresses, self.dates, self.broken):
            family()
        return self.files


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.eml"):
        old.unlink()
    files = Maker().make()
    for name, data in files:
        (folder / name).write_bytes(data)
    print(f"{len(files)} messages in {folder}")


main()
