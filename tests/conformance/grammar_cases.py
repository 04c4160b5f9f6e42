"""Responses that grammar.py must take and neighbours of them that it must refuse."""
from grammar import GrammarError, Mode, check
from lib.harness import Failure

GOOD = r"""
a1 OK done
a1 NO [TRYCREATE] no such mailbox
a1 BAD [CLIENTBUG] what
a1 OK [APPENDUID 38505 3955] APPEND completed
a1 OK [COPYUID 432432 42:69 1202:1229] done
a1 OK [COPYUID 1 1,5:6 3:5] done
a1 OK [MODIFIED 7,9] conditional STORE failed
a1 NO [BADCHARSET (US-ASCII UTF-8)] which
a1 OK [READ-ONLY] EXAMINE completed
+ idling
+ dGVzdA==
+ 
* OK [UIDVALIDITY 3857529045] UIDs valid
* OK [PERMANENTFLAGS (\Deleted \Seen \*)] Limited
* OK [PERMANENTFLAGS ()] none
* OK [X-FOO bar baz] text
* OK [INPROGRESS ("tag" 175 1000)] Processed
* OK [INPROGRESS] Processed
* BYE going
* CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN
* ENABLED
* ENABLED CONDSTORE X-GOOD-IDEA
* FLAGS (\Answered $Forwarded Junk)
* LIST (\Noselect) "/" foo
* LIST () NIL INBOX
* LIST () "\\" "x"
* LIST (\Subscribed \NonExistent) "/" "Foo" ("CHILDINFO" ("SUBSCRIBED"))
* LIST () "/" "&U,BTFw-/a&-b"
* LSUB () "." #news.comp.mail.misc
* SEARCH
* SEARCH 2 5 6 7 11 12 18 19 20 23 (MODSEQ 917162500)
* ESEARCH
* ESEARCH (TAG "a567") UID COUNT 17 ALL 4:18,21,28
* ESEARCH (TAG "a") PARTIAL (1:100 NIL)
* ESEARCH (TAG "a") PARTIAL (-1:-100 200:250,252:300)
* ESEARCH (TAG "A01") UID ADDTO (0 32768:32769)
* ESEARCH (TAG "tag1" MAILBOX "folder1" UIDVALIDITY 1) UID ALL 4001,4003
* STATUS "x" (MESSAGES 231 UIDNEXT 44292 HIGHESTMODSEQ 0)
* STATUS INBOX ()
* NAMESPACE (("" "/")) NIL (("#shared/" "/" "X-PARAM" ("a" "b"))("" NIL))
* ID NIL
* ID ("name" "x" "version" NIL)
* VANISHED (EARLIER) 41,43:116,118
* VANISHED 405
* 0 EXISTS
* 3 EXPUNGE
* 1 FETCH (FLAGS (\Recent \Seen) UID 1 MODSEQ (12) INTERNALDATE "17-Jul-1996 02:44:25 -0700")
* 1 FETCH (INTERNALDATE " 7-Jul-1996 02:44:25 -0700")
* 1 FETCH (BODY[HEADER.FIELDS (DATE "FROM")]<0> {2}⏎ab BODY[1.2.MIME] NIL BODY[] "")
* 1 FETCH (BINARY[1] ~{3}⏎a0b BINARY.SIZE[1] 3 BINARY[]<5> "x")
* 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL "a" "b")(NIL NIL "g" NIL)) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL))
* 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 12 1))
* 1 FETCH (BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "x") NIL NIL "7BIT" 12 1 NIL NIL NIL NIL)("IMAGE" "PNG" NIL "<i>" "d" "BASE64" 9 "md5" ("attachment" ("filename" "a")) ("en" "de") "l" (1 ("x"))) "MIXED" ("BOUNDARY" "b") NIL "en" NIL))
* 1 FETCH (EMAILID (M1) THREADID NIL SAVEDATE NIL PREVIEW "x")
* SORT
* SORT 2 3 6
* THREAD (2)(3 6 (4 23)(44 7 96))
* THREAD ((3)(5))
* THREAD
* QUOTA "" (STORAGE 10 512)
* QUOTAROOT INBOX "#user/alice" ""
* METADATA "INBOX" (/private/comment "x" /shared/comment NIL)
* METADATA "" /shared/comment
* ACL INBOX Fred rwipslxetad
* LISTRIGHTS ~/Mail/saved smith la r swicdkxte
* MYRIGHTS INBOX rwiptsldaex
* LANGUAGE (EN)
""".strip("\n").split("\n")

BAD = r"""
a1 YES done
a1 OK
a1  OK done
+
* OK
* OK [UIDNEXT 0] x
* OK [UIDNEXT 4294967296] x
* OK [HIGHESTMODSEQ 0] x
* OK [HIGHESTMODSEQ 9223372036854775808] x
* OK [ALERT]
* OK [ALERTS 
a1 OK [COPYUID 1 1:2 5] x
a1 OK [COPYUID 1 1:2] x
a1 NO [BADCHARSET ()] x
a1 OK [INPROGRESS] x
* OK [INPROGRESS ("a" 5 5)] x
* OK [PERMANENTFLAGS (\Recent)] x
* CAPABILITY LITERAL+
* CAPABILITY IMAP4rev1 LITERAL+ LITERAL-
* CAPABILITY IMAP4rev1  IDLE
* FLAGS (\Recent)
* FLAGS (\*)
* FLAGS (\Seen \SEEN)
* LIST (\Noselect \Marked) "/" x
* LIST (\HasChildren \HasNoChildren) "/" x
* LIST () "//" x
* LIST () / x
* LIST () "/" "a&b"
* LIST () "/" "a&AGE"
* LIST () "/" "é"
* LIST () "/" a b
* LIST (Noselect) "/" x
* SEARCH 0
* SEARCH 1  2
* SEARCH 1 
* SEARCH 01
* ESEARCH ALL *
* ESEARCH ALL 1 ALL 2
* ESEARCH (TAG a) ALL 1
* ESEARCH (TAG "a" MAILBOX x) ALL 1
* ESEARCH MIN 0
* STATUS x (UIDNEXT 0)
* STATUS x (MESSAGES 1 MESSAGES 1)
* STATUS x (MESSAGES)
* STATUS x MESSAGES 1
* VANISHED
* VANISHED 1:*
* VANISHED (earlier) 
* 0 EXPUNGE
* 1 FETCH ()
* 1 FETCH (FLAGS (\Seen) FLAGS ())
* 1 FETCH (FLAGS \Seen)
* 1 FETCH (UID 0)
* 1 FETCH (UID 1 )
* 1 FETCH (MODSEQ 12)
* 1 FETCH (INTERNALDATE "7-Jul-1996 02:44:25 -0700")
* 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 PDT")
* 1 FETCH (BODY[0] "x")
* 1 FETCH (BODY[MIME] "x")
* 1 FETCH (BODY[] {5}⏎abc)
* 1 FETCH (BODY[] {2}⏎a0)
* 1 FETCH (BODY[] "é")
* 1 FETCH (BODY[] "a\b")
* 1 FETCH (BODY[] atom)
* 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL NIL NIL))
* 1 FETCH (ENVELOPE (NIL NIL () NIL NIL NIL NIL NIL NIL NIL))
* 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 12))
* 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 12 1 NIL))
* 1 FETCH (BODY ("TEXT" "PLAIN" () NIL NIL "7BIT" 12 1))
* 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL NIL 12 1))
* 1 FETCH (BODY ("MIXED"))
* 1 UIDFETCH (UID 1)
* SORT 0
* THREAD 1
* THREAD (1
* THREAD (1(2))
* THREAD ()
* THREAD (1))
* QUOTA "" (STORAGE 10)
* METADATA "" (/other/x "y")
* FROBNICATE
* 1 FROBNICATE
""".strip("\n").split("\n")

# (what is right only in this mode, the mode)
MODAL = [('* LIST () "/" "é"', Mode(utf8=True)), ('* LIST () "/" "a&b"', Mode(rev2=True)),
         ("a1 OK [ALERT]", Mode(rev2=True)), ("a1 OK fertig für heute", Mode(language=True)),
         ("* 1 UIDFETCH (UID 1)", Mode(uidonly=True))]


def run():
    for line in GOOD:
        if not _takes(line):
            raise Failure(f"refused: {line}")
    for line in BAD:
        if _takes(line):
            raise Failure(f"taken: {line}")
    for line, mode in MODAL:
        if _takes(line) or not _takes(line, mode):
            raise Failure(f"not as its mode says: {line}")
    if _takes("* 1 FETCH (UID 1)", Mode(uidonly=True)):
        raise Failure("FETCH is taken with UIDONLY")
    deep = "* 1 FETCH (BODY " + "(" * 5000 + ")" * 5000 + ")"
    if _takes(deep):
        raise Failure("a body of 5000 levels is taken")


def _takes(line, mode=None):
    octets = line.replace("⏎", "\r\n").encode()
    if octets.startswith(b"* 1 FETCH (BINARY") or "{2}⏎a0" in line:
        octets = octets.replace(b"a0", b"a\0")
    try:
        check(octets, mode or Mode())
        return True
    except GrammarError:
        return False
