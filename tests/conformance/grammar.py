"""An independent strict parser of what an IMAP server sends, written from the formal syntax.

check(octets, mode) takes one whole response without its last CRLF and raises GrammarError when it
is not a response of RFC 9051 §9 (RFC 3501 §9 in a session without IMAP4rev2) or of the extension
that defines it. It shares no code with the server and gives no values: it only says yes or no.
"""
import re

import items
import responses
from lexer import BASE64, GrammarError, Lexer, Mode, TAG  # noqa: F401  (GrammarError for those who import this)

BARE_CODES = """ALERT PARSE READ-ONLY READ-WRITE TRYCREATE UIDNOTSTICKY CLOSED NOTSAVED HASCHILDREN NOMODSEQ
    UNAVAILABLE AUTHENTICATIONFAILED AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED CONTACTADMIN NOPERM INUSE
    EXPUNGEISSUED CORRUPTION SERVERBUG CLIENTBUG CANNOT LIMIT OVERQUOTA ALREADYEXISTS NONEXISTENT UNKNOWN-CTE
    USEATTR COMPRESSIONACTIVE NOTIFICATIONOVERFLOW TOOBIG UIDREQUIRED TOOFEW TOOMANY""".split()


def check(octets, mode=None, greeting=False):
    """Raises GrammarError unless `octets` is one response that a server in this mode may send."""
    lexer = Lexer(octets, mode or Mode())
    if lexer.take(b"+ "):  # RFC 3501 requires the space; what follows is resp-text or base64
        if BASE64.fullmatch(octets, lexer.at):
            return
        _resp_text(lexer, tagged=False)
    elif lexer.take(b"* "):
        _untagged(lexer, greeting)
    else:
        lexer.match(TAG, "tag")
        lexer.sp()
        if not lexer.word("OK", "NO", "BAD"):
            lexer.fail("resp-cond-state")
        lexer.sp()
        _resp_text(lexer, tagged=True)
    lexer.end()


def _untagged(lexer, greeting):
    if greeting:
        if not lexer.word("OK", "PREAUTH", "BYE"):
            lexer.fail("greeting")
        lexer.sp()
        return _resp_text(lexer, tagged=False)
    if lexer.octets[lexer.at:lexer.at + 1].isdigit():
        return _numbered(lexer)
    name = lexer.word("OK", "NO", "BAD", "BYE", *responses.RESPONSES)
    if name in ("OK", "NO", "BAD", "BYE"):
        lexer.sp()
        return _resp_text(lexer, tagged=False)
    if name is None:
        lexer.fail("response-data")
    return responses.RESPONSES[name](lexer)


def _numbered(lexer):
    number = lexer.number()
    lexer.sp()
    name = lexer.word("EXISTS", "RECENT", "EXPUNGE", "FETCH", "UIDFETCH")
    if name is None:
        lexer.fail("EXISTS, RECENT, EXPUNGE or FETCH")
    if number == 0 and name not in ("EXISTS", "RECENT"):
        lexer.fail("a message number that is not 0")
    if lexer.mode.uidonly and name in ("FETCH", "EXPUNGE") or name == "UIDFETCH" and not lexer.mode.uidonly:
        lexer.fail("UIDFETCH with UIDONLY and FETCH without")  # RFC 9586 §3.3
    if name in ("FETCH", "UIDFETCH"):
        lexer.sp()
        items.msg_att(lexer)


# -- resp-text -------------------------------------------------------------------------------

def _resp_text(lexer, tagged):
    if lexer.next_is(b"["):
        lexer.at += 1
        _code(lexer, tagged)
        lexer.need(b"]")
        if lexer.mode.rev2 and lexer.at == len(lexer.octets):
            return  # RFC 9051: the text after a code may be absent
        lexer.sp()
        if lexer.mode.rev2 and lexer.at == len(lexer.octets):
            return
    lexer.text("text")


def _code(lexer, tagged):
    name = lexer.word(*_CODES)
    if name:
        if name == "INPROGRESS" and tagged:
            lexer.fail("INPROGRESS in an untagged OK only")  # RFC 9585 §4
        return _CODES[name](lexer)
    lexer.atom() if not lexer.next_is(b"]") else lexer.fail("resp-text-code")
    if lexer.take(b" "):
        lexer.match(re.compile(rb"[^\x00\r\n\]]+"), "the text of a response code")


def _badcharset(lexer):
    if lexer.take(b" "):
        lexer.each(lexer.astring, least=1)


def _copyuid(lexer):
    lexer.sp(), lexer.nz_number(), lexer.sp()
    source = lexer.number_set()
    lexer.sp()
    if _count(source) != _count(lexer.number_set()):  # RFC 4315 §3
        lexer.fail("as many UIDs here as there")


def _count(octets):
    total = 0
    for part in octets.split(b","):
        first, _, last = part.partition(b":")
        total += abs(int(last or first) - int(first)) + 1
    return total


def _inprogress(lexer):
    if not lexer.take(b" "):
        return
    lexer.open()
    lexer.nil() or lexer.quoted()
    lexer.sp()
    if lexer.nil():
        lexer.sp()
        lexer.nil() or lexer.fail("NIL after NIL")
    else:
        done = lexer.number()
        lexer.sp()
        if not lexer.nil() and lexer.nz_number() <= done:
            lexer.fail("a goal above the progress")
    lexer.close()


def _metadata_code(lexer):
    lexer.sp()
    kind = lexer.word("LONGENTRIES", "MAXSIZE", "TOOMANY", "NOPRIVATE")
    if kind in ("LONGENTRIES", "MAXSIZE"):
        lexer.sp(), lexer.number()
    elif kind is None:
        lexer.fail("LONGENTRIES, MAXSIZE, TOOMANY or NOPRIVATE")


def _after_space(rule):
    def parse(lexer):
        lexer.sp()
        rule(lexer)
    return parse


_CODES = {
    **{name: lambda lexer: None for name in BARE_CODES},
    "BADCHARSET": _badcharset,
    "CAPABILITY": responses.capability,
    "PERMANENTFLAGS": _after_space(lambda lexer: items.flags(lexer, (b"\\*",))),
    "UIDNEXT": _after_space(Lexer.nz_number),
    "UIDVALIDITY": _after_space(Lexer.nz_number),
    "UNSEEN": _after_space(Lexer.nz_number),
    "HIGHESTMODSEQ": _after_space(Lexer.mod_sequence),
    "MODIFIED": _after_space(Lexer.number_set),
    "APPENDUID": _after_space(lambda lexer: (lexer.nz_number(), lexer.sp(), lexer.number_set())),
    "COPYUID": _copyuid,
    "MAILBOXID": _after_space(lambda lexer: (lexer.open(), lexer.match(items.OBJECTID, "objectid"), lexer.close())),
    "INPROGRESS": _inprogress,
    "METADATA": _metadata_code,
    "BADURL": _after_space(lambda lexer: lexer.match(re.compile(rb"[^\x00\r\n\]]+"), "url-resp-text")),
    "NOUPDATE": _after_space(Lexer.quoted),
    "BADEVENT": _after_space(lambda lexer: lexer.each(lexer.atom, least=1)),
    "BADCOMPARATOR": lambda lexer: None,
    "MESSAGELIMIT": _after_space(lambda lexer: (lexer.nz_number(), lexer.take(b" ") and lexer.nz_number())),
}
