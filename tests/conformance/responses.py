"""Untagged data of RFC 9051 §9, RFC 3501 §9 and the extensions: what follows "* NAME".

RESPONSES maps each name to the rule of what follows it; grammar.py has the rest of a response.
"""
import re

import items

CAPABILITY = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+")
LIST_FLAG = re.compile(rb"\\[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
SELECTABILITY = {b"\\NONEXISTENT", b"\\NOSELECT", b"\\MARKED", b"\\UNMARKED"}
STATUS_NUMBERS = {"MESSAGES": 0, "RECENT": 0, "UIDNEXT": 1, "UIDVALIDITY": 1, "UNSEEN": 0, "DELETED": 0}


def capability(lexer):
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


RESPONSES = {
    "CAPABILITY": capability, "ENABLED": _enabled, "LIST": _list, "LSUB": _list, "STATUS": _status,
    "FLAGS": lambda lexer: (lexer.sp(), items.flags(lexer)), "SEARCH": _search, "ESEARCH": _esearch,
    "NAMESPACE": _namespace, "ID": _id, "VANISHED": _vanished, "SORT": _sort, "THREAD": _thread,
    "QUOTA": _quota, "QUOTAROOT": _quotaroot, "METADATA": _metadata, "ACL": _acl, "LISTRIGHTS": _listrights,
    "MYRIGHTS": lambda lexer: (lexer.sp(), lexer.mailbox(), lexer.sp(), lexer.astring()),
    "LANGUAGE": lambda lexer: (lexer.sp(), lexer.each(lexer.astring, least=1)),
    "COMPARATOR": lambda lexer: (lexer.sp(), lexer.string(), lexer.take(b" ") and lexer.each(lexer.string)),
    "UIDBATCHES": _uidbatches,
}
