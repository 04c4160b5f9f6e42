"""The data items of FETCH responses (RFC 9051 §9 msg-att): envelopes, bodies, sections."""
import re

from lexer import DATE_TIME, FLAG

SYSTEM_FLAGS = {b"\\ANSWERED", b"\\FLAGGED", b"\\DELETED", b"\\SEEN", b"\\DRAFT"}
PART = rb"[1-9][0-9]*(?:\.[1-9][0-9]*)*"
SECTION = re.compile(rb"\[(?:(?:" + PART + rb"\.)?(?:HEADER|TEXT)|" + PART + rb"\.MIME|" + PART + rb")?\]", re.I)
FIELDS = re.compile(rb"\[(?:" + PART + rb"\.)?HEADER\.FIELDS(?:\.NOT)? \(", re.I)
BINARY = re.compile(rb"\[(?:" + PART + rb")?\]")
OBJECTID = re.compile(rb"[A-Za-z0-9_-]{1,255}")  # RFC 8474 §7


def flags(lexer, more=()):
    """A flag list without a flag twice; `more` are those allowed only here."""
    found = lexer.each(lambda: flag(lexer, more))
    if len({f.upper() for f in found}) != len(found):
        lexer.fail("each flag once")
    return found


def flag(lexer, more=()):
    for special in more:
        if lexer.take(special):
            return special
    octets = lexer.match(FLAG, "flag")
    if octets.upper() == b"\\RECENT":
        lexer.fail("a flag other than \\Recent")
    return octets


def msg_att(lexer):
    seen = []
    lexer.each(lambda: seen.append(_item(lexer)), least=1)
    if len(set(seen)) != len(seen):
        lexer.fail("each data item once")


def _item(lexer):
    """One data item; returns its name with section and origin."""
    start = lexer.at
    name = lexer.word("FLAGS", "ENVELOPE", "INTERNALDATE", "RFC822", "RFC822.HEADER", "RFC822.TEXT",
                      "RFC822.SIZE", "BODY", "BODYSTRUCTURE", "UID", "MODSEQ", "BINARY", "BINARY.SIZE",
                      "EMAILID", "THREADID", "SAVEDATE", "PREVIEW")
    if name in ("BODY", "BINARY", "BINARY.SIZE") and lexer.next_is(b"["):
        _section(lexer, name)
        whole = lexer.octets[start:lexer.at].upper()
        lexer.sp()
        if name == "BINARY.SIZE":
            lexer.number()
        elif name == "BINARY" and lexer.next_is(b"~"):
            lexer.literal8()
        else:
            lexer.nstring()
        return whole
    lexer.sp()
    if name == "FLAGS":
        flags(lexer, (b"\\Recent",))
    elif name == "ENVELOPE":
        envelope(lexer)
    elif name in ("INTERNALDATE",):
        lexer.match(DATE_TIME, "date-time")
    elif name == "SAVEDATE":  # RFC 8514 §5
        if not lexer.nil():
            lexer.match(DATE_TIME, "date-time")
    elif name in ("RFC822", "RFC822.HEADER", "RFC822.TEXT", "PREVIEW"):
        lexer.nstring()
    elif name == "RFC822.SIZE":
        lexer.number64() if lexer.mode.rev2 else lexer.number()
    elif name in ("BODY", "BODYSTRUCTURE"):
        body(lexer, extended=name == "BODYSTRUCTURE")
    elif name == "UID":
        lexer.nz_number()
    elif name == "MODSEQ":  # RFC 7162 §7 fetch-mod-resp
        lexer.each(lexer.mod_sequence, least=1)
    elif name == "EMAILID":
        lexer.open(), lexer.match(OBJECTID, "objectid"), lexer.close()
    elif name == "THREADID":
        if not lexer.nil():
            lexer.open(), lexer.match(OBJECTID, "objectid"), lexer.close()
    else:
        lexer.fail("msg-att")
    return name


def _section(lexer, name):
    if name != "BODY":
        lexer.match(BINARY, "section-binary")
    elif FIELDS.match(lexer.octets, lexer.at):
        lexer.at = FIELDS.match(lexer.octets, lexer.at).end()
        lexer.astring()
        while lexer.take(b" "):
            lexer.astring()
        lexer.need(b")]")
    else:
        lexer.match(SECTION, "section")
    if name != "BINARY.SIZE" and lexer.take(b"<"):
        lexer.number()
        lexer.need(b">")


def envelope(lexer):
    lexer.open()
    lexer.nstring(), lexer.sp(), lexer.nstring()  # date, subject
    lists = []
    for _ in range(6):
        lexer.sp()
        lists.append(_addresses(lexer))
    if lists[0] and not (lists[1] and lists[2]):  # RFC 3501 §7.4.2: sender and reply-to default to from
        lexer.fail("sender and reply-to that default to from")
    lexer.sp(), lexer.nstring(), lexer.sp(), lexer.nstring()  # in-reply-to, message-id
    lexer.close()


def _addresses(lexer):
    """"(" 1*address ")" / nil, without spaces between."""
    if lexer.nil():
        return False
    lexer.open()
    while True:
        lexer.open()
        lexer.nstring(), lexer.sp(), lexer.nstring(), lexer.sp(), lexer.nstring(), lexer.sp(), lexer.nstring()
        lexer.close()
        if not lexer.next_is(b"("):
            break
    lexer.close()
    return True


def body(lexer, extended):
    """Recursive as the rule is; Lexer.open() bounds the depth."""
    lexer.open()
    if lexer.next_is(b"("):
        while lexer.next_is(b"("):
            body(lexer, extended)
        lexer.sp(), lexer.string()  # media-subtype
        if extended and lexer.take(b" "):
            _parameters(lexer)
            _extension(lexer)
    else:
        kind = lexer.string().upper()
        lexer.sp()
        subtype = lexer.string().upper()
        lexer.sp()
        _parameters(lexer)
        lexer.sp(), lexer.nstring(), lexer.sp(), lexer.nstring(), lexer.sp(), lexer.string()
        lexer.sp(), lexer.number()
        if kind == b"TEXT":
            lexer.sp(), lexer.number64()
        elif kind == b"MESSAGE" and (subtype == b"RFC822" or subtype == b"GLOBAL" and lexer.next_is(b" (")):
            lexer.sp(), envelope(lexer), lexer.sp(), body(lexer, extended), lexer.sp(), lexer.number64()
        if extended and lexer.take(b" "):
            lexer.nstring()  # md5
            _extension(lexer)
    lexer.close()


def _extension(lexer):
    """[SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]"""
    if not lexer.take(b" "):
        return
    if not lexer.nil():
        lexer.open(), lexer.string(), lexer.sp(), _parameters(lexer), lexer.close()
    if not lexer.take(b" "):
        return
    if not lexer.nil():
        lexer.each(lexer.string, least=1) if lexer.next_is(b"(") else lexer.string()
    if not lexer.take(b" "):
        return
    lexer.nstring()
    while lexer.take(b" "):
        _body_extension(lexer)


def _body_extension(lexer):
    if lexer.next_is(b"("):
        lexer.each(lambda: _body_extension(lexer), least=1)
    elif lexer.octets[lexer.at:lexer.at + 1].isdigit():
        lexer.number64()
    else:
        lexer.nstring()


def _parameters(lexer):
    """"(" string SP string *(SP string SP string) ")" / nil"""
    if not lexer.nil():
        lexer.each(lambda: (lexer.string(), lexer.sp(), lexer.string()), least=1)
