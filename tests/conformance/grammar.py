"""An independent strict parser of what an IMAP server sends, written from the formal syntax.

check(octets, mode) takes one whole response without its last CRLF and raises GrammarError when it
is not a response of RFC 9051 §9 (RFC 3501 §9 in a session without IMAP4rev2) or of the extension
that defines it. It shares no code with the server and gives no values: it only says yes or no.
"""
import re

import items
from lexer import ASTRING, BASE64, GrammarError, Lexer, Mode, TAG  # noqa: F401  (for those who import this)

CAPABILITY = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+")
LIST_FLAG = re.compile(rb"\\[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
SELECTABILITY = {b"\\NONEXISTENT", b"\\NOSELECT", b"\\MARKED", b"\\UNMARKED"}
STATUS_NUMBERS = {"MESSAGES": 0, "RECENT": 0, "UIDNEXT": 1, "UIDVALIDITY": 1, "UNSEEN": 0, "DELETED": 0}
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
    name = lexer.word("OK", "NO", "BAD", "BYE", *_RESPONSES)
    if name in ("OK", "NO", "BAD", "BYE"):
        lexer.sp()
        return _resp_text(lexer, tagged=False)
    if name is None:
        lexer.fail("response-data")
    return _RESPONSES[name](lexer)


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
    "CAPABILITY": lambda lexer: _capability(lexer),
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


# -- untagged data ---------------------------------------------------------------------------

def _capability(lexer):
    names = []
    while lexer.take(b" "):
        names.append(lexer.match(CAPABILITY, "capability").upper())
    if not {b"IMAP4REV1", b"IMAP4REV2"} & set(names):
        lexer.fail("IMAP4rev1 or IMAP4rev2")
    if len(set(names)) != len(names) or {b"LITERAL+", b"LITERAL-"} <= set(names):
        lexer.fail("each capability once, and one of LITERAL+ and LITERAL-")


def _enabled(lexer):
    while lexer.take(b" "):
        lexer.match(CAPABILITY, "capability")


def _list(lexer):
    lexer.sp()
    found = [flag.upper() for flag in lexer.each(lambda: lexer.match(LIST_FLAG, "mbx-list-flags"))]
    if len(set(found)) != len(found) or len(SELECTABILITY & set(found)) > 1:
        lexer.fail("each attribute once and one of selectability")
    if {b"\\HASCHILDREN", b"\\HASNOCHILDREN"} <= set(found):  # RFC 5258 §4
        lexer.fail("one of \\HasChildren and \\HasNoChildren")
    lexer.sp()
    if not lexer.nil() and len(lexer.quoted()) != 1:
        lexer.fail("a delimiter of one character")
    lexer.sp(), lexer.mailbox()
    if lexer.take(b" "):
        lexer.each(lambda: _extended(lexer))


def _extended(lexer):
    """mbox-list-extended-item (RFC 5258 §6)."""
    label = lexer.astring().upper()
    lexer.sp()
    if label == b"CHILDINFO":
        lexer.each(lexer.quoted, least=1)
    elif label == b"OLDNAME":
        lexer.open(), lexer.mailbox(), lexer.close()
    else:
        _tagged_value(lexer)


def _tagged_value(lexer):
    if lexer.next_is(b"("):
        lexer.each(lambda: _tagged_value(lexer))
    else:
        lexer.astring()


def _status(lexer):
    lexer.sp(), lexer.mailbox(), lexer.sp()
    seen = lexer.each(lambda: _status_item(lexer))
    if len(set(seen)) != len(seen):
        lexer.fail("each status item once")


def _status_item(lexer):
    name = lexer.word(*STATUS_NUMBERS, "SIZE", "DELETED-STORAGE", "HIGHESTMODSEQ", "APPENDLIMIT", "MAILBOXID")
    lexer.sp()
    if name in STATUS_NUMBERS:
        lexer.number(least=STATUS_NUMBERS[name])
    elif name in ("SIZE", "DELETED-STORAGE"):
        lexer.number64()
    elif name == "HIGHESTMODSEQ":
        lexer.mod_sequence(least=0)
    elif name == "APPENDLIMIT":
        lexer.nil() or lexer.number()
    elif name == "MAILBOXID":
        lexer.open(), lexer.match(items.OBJECTID, "objectid"), lexer.close()
    else:
        lexer.fail("status-att-val")
    return name


def _search(lexer):
    while lexer.take(b" "):
        if lexer.take(b"(MODSEQ "):
            lexer.mod_sequence()
            lexer.need(b")")
            return
        lexer.nz_number()


def _esearch(lexer):
    if lexer.take(b" ("):
        seen = []
        while True:
            seen.append(lexer.word("TAG", "MAILBOX", "UIDVALIDITY") or lexer.fail("search-correlator"))
            lexer.sp()
            {"TAG": lexer.string, "MAILBOX": lexer.mailbox, "UIDVALIDITY": lexer.nz_number}[seen[-1]]()
            if not lexer.take(b" "):
                break
        lexer.need(b")")
        if seen not in (["TAG"],) and sorted(seen) != ["MAILBOX", "TAG", "UIDVALIDITY"]:
            lexer.fail("TAG, or TAG with MAILBOX and UIDVALIDITY")  # RFC 7377 §4
    if lexer.take(b" UID"):
        pass
    seen = []
    while lexer.take(b" "):
        seen.append(_return_data(lexer))
    if len([n for n in seen if n not in ("ADDTO", "REMOVEFROM")]) != len({*seen} - {"ADDTO", "REMOVEFROM"}):
        lexer.fail("each search-return-data once")


def _return_data(lexer):
    name = lexer.word("MIN", "MAX", "ALL", "COUNT", "MODSEQ", "PARTIAL", "ADDTO", "REMOVEFROM", "RELEVANCY")
    lexer.sp()
    if name in ("MIN", "MAX"):
        lexer.nz_number()
    elif name == "COUNT":
        lexer.number()
    elif name == "ALL":
        lexer.number_set()
    elif name == "MODSEQ":
        lexer.mod_sequence()
    elif name == "PARTIAL":
        lexer.need(b"(")
        lexer.match(re.compile(rb"[1-9]\d*:[1-9]\d*|-[1-9]\d*:-[1-9]\d*"), "partial-range")
        lexer.sp()
        lexer.nil() or lexer.number_set()
        lexer.need(b")")
    elif name == "RELEVANCY":
        lexer.each(lambda: lexer.number(most=100, least=1))
    elif name:
        lexer.open()
        while True:
            lexer.number(), lexer.sp(), lexer.number_set()
            if not lexer.take(b" "):
                break
        lexer.close()
    else:
        lexer.fail("search-return-data")
    return name


def _namespace(lexer):
    for _ in range(3):
        lexer.sp()
        if lexer.nil():
            continue
        lexer.open()
        while lexer.next_is(b"("):
            lexer.open()
            lexer.string(), lexer.sp()
            if not lexer.nil():
                lexer.quoted()
            while lexer.take(b" "):
                lexer.string(), lexer.sp(), lexer.each(lexer.string, least=1)
            lexer.close()
        lexer.close()


def _id(lexer):
    lexer.sp()
    if not lexer.nil():
        lexer.each(lambda: (lexer.string(), lexer.sp(), lexer.nstring()))


def _vanished(lexer):
    lexer.take(b" (EARLIER)")
    lexer.sp(), lexer.number_set()


def _sort(lexer):
    _search(lexer)


def _thread(lexer):
    """RFC 5256 §5 thread-data; a counter in place of recursion, since threads may be deep."""
    if not lexer.take(b" "):
        return
    depth = 0
    after = b""  # what came last: "(", ")", a number, or a space after a number
    while lexer.at < len(lexer.octets):
        if lexer.take(b"("):
            if after == b"1":
                lexer.fail("a space before a nested thread")
            depth, after = depth + 1, b"("
        elif lexer.take(b")"):
            if after in (b"(", b" ") or depth == 0:
                lexer.fail("thread-members")
            depth, after = depth - 1, b")"
        elif after == b"1" and lexer.take(b" "):
            after = b" "
        elif depth and after in (b"(", b" "):
            lexer.nz_number()
            after = b"1"
        else:
            lexer.fail("thread-list")
    if depth:
        lexer.fail("balanced threads")


def _quota(lexer):
    lexer.sp(), lexer.astring(), lexer.sp()
    lexer.each(lambda: (lexer.atom(), lexer.sp(), lexer.number64(), lexer.sp(), lexer.number64()))


def _quotaroot(lexer):
    lexer.sp(), lexer.mailbox()
    while lexer.take(b" "):
        lexer.astring()


def _metadata(lexer):
    lexer.sp(), lexer.mailbox(), lexer.sp()
    if lexer.next_is(b"("):
        def pair():
            _entry(lexer), lexer.sp()
            lexer.literal8() if lexer.next_is(b"~") else lexer.nstring()
        return lexer.each(pair, least=1)
    _entry(lexer)
    while lexer.take(b" "):
        _entry(lexer)


def _entry(lexer):
    name = lexer.astring()
    if not re.fullmatch(rb"/(?:private|shared)/[^*%\x00-\x19/]+(?:/[^*%\x00-\x19/]+)*", name, re.I):
        lexer.fail("an entry name")


def _acl(lexer):
    lexer.sp(), lexer.mailbox()
    while lexer.take(b" "):
        lexer.astring(), lexer.sp(), lexer.astring()


def _listrights(lexer):
    lexer.sp(), lexer.mailbox(), lexer.sp(), lexer.astring(), lexer.sp(), lexer.astring()
    while lexer.take(b" "):
        lexer.astring()


def _uidbatches(lexer):
    lexer.sp(), lexer.need(b"(TAG "), lexer.string(), lexer.need(b")")
    while lexer.take(b" "):
        lexer.number_set()


_RESPONSES = {
    "CAPABILITY": _capability, "ENABLED": _enabled, "LIST": _list, "LSUB": _list, "STATUS": _status,
    "FLAGS": lambda lexer: (lexer.sp(), items.flags(lexer)), "SEARCH": _search, "ESEARCH": _esearch,
    "NAMESPACE": _namespace, "ID": _id, "VANISHED": _vanished, "SORT": _sort, "THREAD": _thread,
    "QUOTA": _quota, "QUOTAROOT": _quotaroot, "METADATA": _metadata, "ACL": _acl, "LISTRIGHTS": _listrights,
    "MYRIGHTS": lambda lexer: (lexer.sp(), lexer.mailbox(), lexer.sp(), lexer.astring()),
    "LANGUAGE": lambda lexer: (lexer.sp(), lexer.each(lexer.astring, least=1)),
    "COMPARATOR": lambda lexer: (lexer.sp(), lexer.string(), lexer.take(b" ") and lexer.each(lexer.string)),
    "UIDBATCHES": _uidbatches,
}
