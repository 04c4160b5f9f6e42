"""Lines of transcripts with responses that they describe and responses that they do not."""
import match
from lib.harness import Failure

# (line of a script, response, does it match, what it took)
CASES = [
    ("* 3 EXISTS", "* 3 EXISTS", True, {}),
    ("* 3 EXISTS", "* 33 EXISTS", False, {}),
    ("a1 OK", "a1 OK [READ-ONLY] done", True, {}),
    ("a1 OK [READ-ONLY]", "a1 OK [READ-WRITE] done", False, {}),
    ("a1 OK", "a1 OKAY", False, {}),
    ("a1 NO|BAD", "a1 BAD what", True, {}),
    ("a1 NO|BAD", "a1 OK done", False, {}),
    ("a1 OK ${/(?!\\[COPYUID).*/}", "a1 OK [COPYUID 1 1 1] done", False, {}),
    ("* OK [UIDNEXT ${n}]", "* OK [UIDNEXT 7] next", True, {"n": "7"}),
    ("* OK [UIDNEXT ${known}]", "* OK [UIDNEXT 7] next", False, {}),
    ("* 1 FETCH (UID ${a} MODSEQ (${a}))", "* 1 FETCH (UID 1 MODSEQ (2))", False, {}),
    ("* 1 FETCH (UID 2 FLAGS (\\Seen \\Draft))", "* 1 FETCH (FLAGS (\\Draft \\Seen) UID 2)", True, {}),
    ("* 1 FETCH (UID 2 FLAGS (\\Seen))", "* 1 FETCH (FLAGS (\\Draft \\Seen) UID 2)", False, {}),
    ("* 1 FETCH (UID 2 FLAGS (\\Seen ...))", "* 1 FETCH (FLAGS (\\Draft \\Seen) UID 2)", True, {}),
    ("* 1 FETCH (UID 2 ...)", "* 1 FETCH (FLAGS () UID 2)", True, {}),
    ("* 1 FETCH (UID 2)", "* 1 FETCH (UID 2 FLAGS ())", False, {}),
    ("* 1 FETCH (BODY[] {${#m}}\r\n${m} UID 1)", "* 1 FETCH (UID 1 BODY[] {4}\r\n(a)))", False, {}),
    ("* 1 FETCH (BODY[] {${#m}}\r\n${m} UID 1)", "* 1 FETCH (UID 1 BODY[] {3}\r\n(a))", True, {}),
    ("* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" NIL))", "* 1 FETCH (BODY (\"text\" \"plain\" NIL))", True, {}),
    ("* STATUS x (MESSAGES 1 UIDNEXT 2)", "* STATUS \"x\" (UIDNEXT 2 MESSAGES 1)", True, {}),
    ("* STATUS x (MESSAGES 1)", "* STATUS \"x\" (UIDNEXT 2 MESSAGES 1)", False, {}),
    ("* LIST (\\A ...) \"/\" x", "* LIST (\\B \\A) \"/\" x", True, {}),
    ("* LIST () \"/\" x", "* LIST (\\B) \"/\" x", False, {}),
    ("* ESEARCH (TAG \"t\") UID MIN 1 ALL 2", "* ESEARCH (TAG \"t\") UID ALL 2 MIN 1", True, {}),
    ("* ESEARCH (TAG \"t\") MIN 1", "* ESEARCH (TAG \"t\") MIN 1 MAX 2", False, {}),
    ("* SEARCH 1 2", "* SEARCH 2 1", False, {}),
    ("* VANISHED ...", "* VANISHED (EARLIER) 1:2", True, {}),
]


def run():
    for line, response, right, took in CASES:
        before = {"known": "6", "m": "(a)"}
        found = match.matches(line, response, dict(before))
        if (found is not None) != right:
            raise Failure(f"{line!r} and {response!r}: {'no ' if right else ''}match")
        if found is not None and found != {**before, **took}:
            raise Failure(f"{line!r} took {found} from {response!r}")
