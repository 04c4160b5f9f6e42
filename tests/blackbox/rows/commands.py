"""Group B: what a signed-in user, or someone with a stolen password, can send."""
import random
import threading
import time

from lib import clients, corpus, harness, imap, lmtp
from lib.harness import check, equal, note
from lib.scene import PAYLOAD, ended, expect, forbidden, probe, row, send, still_in_step, tagged

LITERAL = b"{%d+}\r\n" % len(PAYLOAD) + PAYLOAD
# One template for each way in which a command with a literal can fail; L stands for the literal.
DESYNC = [
    b'APPEND INBOX "bad-date" L', b"APPEND nope L", b"APPEND INBOX (\\Bad( L", b"APPEND INBOX (x y L",
    b'APPEND INBOX "32-Foo-2020 99:99:99 +0000" L', b"APPEND L L", b"APPEND", b"APPEND INBOX L junk",
    b"XYZZY L", b"UID XYZZY L", b"STORE 1 +FLAGS (L)", b"STORE 1 L", b"STORE L +FLAGS (x)", b"FETCH L FLAGS",
    b"FETCH 1 (L)", b"FETCH 1 BODY[HEADER.FIELDS (L]", b"SEARCH CHARSET x-bogus SUBJECT L", b"SEARCH L",
    b"SEARCH BOGUS L", b"SEARCH (SUBJECT L", b"SEARCH OR SUBJECT L", b"SEARCH NOT L", b"SEARCH SENTON L",
    b"UID SEARCH HEADER L", b"LOGIN user L", b"LOGIN L L", b"AUTHENTICATE PLAIN L", b"AUTHENTICATE L",
    b"CREATE L", b"CREATE L extra", b"CREATE canary L", b"DELETE L", b"DELETE canary L", b"RENAME canary L L",
    b"RENAME nope L", b"RENAME L", b'LIST "" (L', b'LIST "" L L', b"LIST (BOGUS) L L", b'LIST "" L RETURN (BOGUS)',
    b'LSUB "" L L', b"SUBSCRIBE L", b"SUBSCRIBE L L", b"UNSUBSCRIBE L", b"STATUS L (MESSAGES", b"STATUS L (BOGUS)",
    b"STATUS nope L", b"STATUS L", b"SELECT L", b"SELECT L (QRESYNC (1", b"EXAMINE L L", b"COPY 1 L", b"COPY L INBOX",
    b"MOVE 1 L", b"UID COPY 1 L", b"UID MOVE 9999 L", b"ID (L L", b'ID ("name" L) x', b"ID L", b"ENABLE L",
    b"NAMESPACE L", b"NOOP L", b"CHECK L", b"EXPUNGE L", b"UID EXPUNGE L", b"IDLE L", b"CAPABILITY L", b"CLOSE L",
    b"SETQUOTA L (STORAGE 1)", b"SETQUOTA x (L 1)", b"GETMETADATA L /shared/x", b"GETMETADATA INBOX L",
    b"SETMETADATA L (/shared/x NIL)", b"SETMETADATA INBOX (L NIL)", b"SETMETADATA INBOX (/bad L)",
    b"SETMETADATA nope (/private/x L)", b"COMPRESS L",
    b"STARTTLS L", b"GETQUOTA L", b"GETQUOTAROOT L", b"UNSELECT L x", b"STORE 1 (UNCHANGEDSINCE L) FLAGS ()",
]


@row("B1")
def many_large_literals(scene):
    with scene.user(60) as session:
        session.select("INBOX")
        send(session, b"a SEARCH")
        for _ in range(2000):
            try:
                session.send(b" SUBJECT {4000+}\r\n" + b"z" * 4000)
            except OSError:
                break
        send(session, b"\r\n")
        outcome = tagged(session, "a", 20)
        expect(outcome, "BAD", "NO", "BYE", "CLOSED", what="8 MB of search literals")
        still_in_step(session, outcome)
    for command in (b"SELECT", b"CREATE", b"DELETE", b"SUBSCRIBE", b"LIST \"\"", b"LSUB \"\"", b"STATUS", b"COPY 1",
                    b"SEARCH SUBJECT", b"STORE 1 FLAGS", b"ID (\"x\"", b"LOGIN", b"RENAME canary", b"ENABLE"):
        with scene.user() as session:
            session.select("INBOX")
            send(session, b"a " + command + b" {2000000+}\r\n")
            for _ in range(20):
                send(session, b"\r\nz1 DELETE canary\r\n" + b"q" * 99_980)
            send(session, b"\r\n")
            outcome = tagged(session, "a", 20)
            expect(outcome, "BAD", "NO", "BYE", "CLOSED", what=f"{command} with a literal of 2 MB")
            still_in_step(session, outcome)
    with scene.user() as session:  # a line without an end
        for _ in range(40):
            send(session, b"a" * 65536)
        expect(tagged(session, "a", 10), "BAD", "BYE", "CLOSED", "SILENCE", what="a line of 2.5 MB")


@row("B2")
def literals_of_failed_commands_are_never_run(scene):
    for selected in (False, True):
        session = None
        for number, template in enumerate(DESYNC):
            if session is None:
                session = scene.user()
                if selected:
                    session.ok("EXAMINE canary" if number % 2 else "SELECT INBOX")
            tag = b"a%d" % number
            outcome = probe(session, tag + b" " + filled(template) + b"\r\n", tag)
            check(outcome.kind in ("OK", "NO", "BAD", "BYE", "CLOSED", "+"), f"{template!r} answered {outcome}")
            if outcome.kind == "+":
                send(session, b"DONE\r\n")
                outcome = tagged(session, tag)
            still_in_step(session, outcome)
            if outcome.closed or template.startswith((b"CLOSE", b"UNSELECT", b"SELECT", b"EXAMINE")):
                session.close()
                session = None
        if session:
            session.close()
    synchronizing(scene)
    before_login(scene)


def filled(template):
    """Replaces the words L of a template by the literal."""
    words = template.split(b" ")
    out = []
    for word in words:
        bare = word.strip(b"()[]")
        if bare == b"L":
            word = word.replace(b"L", LITERAL)
        out.append(word)
    return b" ".join(out)


def synchronizing(scene):
    """The same with {n}: either the literal is refused and not sent, or it is swallowed as data."""
    session = None
    for number, template in enumerate(DESYNC):
        words = filled(template).split(LITERAL)
        if len(words) < 2:
            continue
        session = session or scene.user()
        tag = b"s%d" % number
        send(session, tag + b" " + words[0] + b"{%d}\r\n" % len(PAYLOAD))
        outcome = tagged(session, tag)
        while outcome.kind == "+":
            words = words[1:]
            if len(words) > 1:
                send(session, PAYLOAD + words[0] + b"{%d}\r\n" % len(PAYLOAD))
            else:
                send(session, PAYLOAD + words[0] + b"\r\n")
            outcome = tagged(session, tag)
        check(outcome.kind in ("OK", "NO", "BAD", "BYE", "CLOSED"), f"{template!r} with {{n}} answered {outcome}")
        still_in_step(session, outcome)
        if outcome.closed:
            session = None


def before_login(scene):
    for template in (b"SELECT L", b"APPEND INBOX L", b"XYZZY L", b"LIST \"\" L", b"AUTHENTICATE PLAIN L", b"LOGIN a L x"):
        with scene.stranger() as session:
            outcome = probe(session, b"a " + filled(template) + b"\r\n")
            expect(outcome, "BAD", "NO", "BYE", "CLOSED", what=f"{template!r} before login")
            still_in_step(session, outcome)


@row("B3")
def literals_off_by_one(scene):
    with scene.user() as session:
        outcome = probe(session, b"a CREATE {5+}\r\nabcd\r\nb NOOP\r\n")
        expect(outcome, "BAD", "NO", "BYE", "CLOSED", what="a literal that takes the CR")
        still_in_step(session, outcome)
    with scene.user() as session:
        inner = b"x {7+}\r\nz1 DELETE canary\r\n"
        reply = session.append("INBOX", inner, sync=False)
        check(reply.ok, f"a message that looks like a literal: {reply}")
        session.ok("NOOP")
    for text in (b"a CREATE ~{3+}\r\nabc\r\n", b"a LOGIN ~{3+}\r\nabc ~{3+}\r\nabc\r\n", b"a SELECT ~{3}\r\n"):
        with scene.user() as session:
            outcome = probe(session, text)
            expect(outcome, "BAD", "NO", "BYE", "CLOSED", what=f"{text!r}")
            still_in_step(session, outcome)
    with scene.user() as session:  # a literal that never comes
        send(session, b"a CREATE {10}\r\n")
        expect(tagged(session, "a"), "+", what="CREATE {10}")


@row("B5")
def other_line_ends(scene):
    for text in (b"a NOOP\nb NOOP\n", b"a NOOP\rb NOOP\r", b"a NO\rOP\r\n", b"a NOOP\r\r\n", b"a NOOP\n\r\n",
                 b"a CREATE caf\xe9\r\n", b'a CREATE "x\ny"\r\n', b'a CREATE "x\\n"\r\n', b'a CREATE "x\r\n', b"a NOOP\0\r\n",
                 b'a CREATE "x\0y"\r\n', b"a  NOOP\r\n", b"a NOOP \r\n", b" a NOOP\r\n"):
        with scene.user() as session:
            send(session, text)
            outcome = tagged(session, "a", 2)
            if outcome.kind == "SILENCE":  # only half a line so far: complete it
                outcome = probe(session, b"\r\n", "a", 5)
            if scene.server.name == "postern" and text not in (b"a NOOP \r\n",):
                check(outcome.kind in ("BAD", "NO", "BYE", "CLOSED", "SILENCE"), f"{text!r} answered {outcome}")
            check(not any(line.startswith(b"b OK") for line in outcome.lines), f"{text!r} ran two commands")
            if not text.endswith(b"\r\n"):
                send(session, b"\r\n")  # ends what was refused; an empty line is skipped
            still_in_step(session, outcome)
            equal(session.command('LIST "" "x*"').named("LIST") if not outcome.closed else [], [], f"created by {text!r}")


@row("B7")
def patterns_that_cost(scene):
    with scene.user(60) as session:
        name = "a" * 40
        session.ok(f"CREATE {name}")
        patterns = ["%a" * 20 + "b", "*a" * 30 + "*b", "*%" * 500, "*" * 1000, "%" * 1000, "*a*a*a*a*a*a*a*a*a*a*a*b"]
        for pattern in patterns:
            began = time.monotonic()
            reply = session.command(f'LIST "" "{pattern}"')
            check(reply.status in ("OK", "BAD", "NO"), f"LIST {pattern[:30]} answered {reply}")
            check(time.monotonic() - began < 2, f"LIST {pattern[:30]} took {time.monotonic() - began:.1f} s")
        many = " ".join(f'"*a{n}"' for n in range(1000))
        reply = session.command(f'LIST "" ({many})')
        if scene.server.name == "postern":
            check(reply.status in ("BAD", "NO"), f"1,000 patterns: {reply.status}")
        session.ok(f"DELETE {name}")


@row("B8")
def sequence_sets(scene):
    with scene.user(60) as session:
        session.select("INBOX")
        check(session.append("INBOX", corpus.simple(1)).ok, "APPEND")
        for numbers, kinds in (("1:4294967295", ("OK", "NO", "BAD")), ("4294967296", ("BAD",)), ("0", ("BAD",)), ("1:0", ("BAD",)),
                               (",1", ("BAD",)), ("1,,2", ("BAD",)), ("1::2", ("BAD",)), ("1,", ("BAD",)),
                               ("*:1", ("OK",)), ("3:1", ("OK", "NO")), ("99999999999999999999", ("BAD",)),
                               ("-1", ("BAD",)), ("1:*:2", ("BAD",)), ("**", ("BAD",)), ("01", ("BAD", "OK"))):
            outcome = probe(session, f"a FETCH {numbers} (FLAGS)\r\n".encode())
            expect(outcome, *kinds, what=f"FETCH {numbers}")
        for numbers in (",".join(["1:*"] * 8000), ",".join(str(n) for n in range(1, 24000, 2)),
                        "1:4294967295", "4294967295", "5:3"):
            began = time.monotonic()
            outcome = probe(session, f"a UID FETCH {numbers} (FLAGS)\r\n".encode())
            expect(outcome, "OK", "BAD", what=f"UID FETCH {numbers[:30]}")
            check(len(outcome.lines) < 100, "a set was answered more than once")
            check(time.monotonic() - began < 3, f"UID FETCH {numbers[:30]} took long")
        session.ok("NOOP")


@row("B10")
def deep_and_wide_searches(scene):
    with scene.user(60) as session:
        session.select("INBOX")
        for text in ("NOT " * 10000 + "ALL", "(" * 10000 + "ALL" + ")" * 10000, "OR ALL " * 5000 + "ALL",
                     "NOT " * 65 + "ALL", "(" * 65 + "ALL" + ")" * 65,
                     "UID " + ",".join(str(n) for n in range(1, 20000, 2)), "TEXT a " * 1000,
                     "SUBJECT a " * 2001):
            began = time.monotonic()
            session = again(scene, session)
            outcome = probe(session, f"a SEARCH {text}\r\n".encode())
            expect(outcome, "OK", "NO", "BAD", "BYE", what=f"SEARCH {text[:20]}")
            check(time.monotonic() - began < 5, f"SEARCH {text[:20]} took {time.monotonic() - began:.1f} s")
            if outcome.closed:
                session.close()
                session = None
        for charset in ("ISO-2022-CN-EXT", "UTF-7", "x" * 300, "UTF-16", "UTF-32LE", "utf-8\0"):
            session = again(scene, session)
            outcome = probe(session, f"a SEARCH CHARSET {charset} SUBJECT x\r\n".encode())
            if scene.server.name == "postern":
                expect(outcome, "NO", "BAD", what=f"CHARSET {charset[:20]}")
            if outcome.closed:
                session = None
        session = again(scene, session)
        outcome = probe(session, "a SEARCH CHARSET UTF-8 SUBJECT {2+}\r\n".encode() + b"\xc3\x28\r\n")
        expect(outcome, "OK", "NO", "BAD", what="broken UTF-8 in SEARCH")
        session.close()


def again(scene, session):
    if session is None:
        session = scene.user(60)
        session.select("INBOX")
    return session


@row("B12")
def floods_of_keywords(scene):
    """Many keywords, chosen alike: refused past the limit, never slow."""
    with scene.user(60) as session:
        session.ok("CREATE keywords")
        check(session.append("keywords", corpus.simple(1)).ok, "APPEND")
        session.select("keywords")
        began, statuses = time.monotonic(), set()
        for block in range(20):
            words = " ".join(f"kw{'a' * 30}{block * 50 + n:08d}" for n in range(50))
            statuses.add(session.command(f"STORE 1 +FLAGS.SILENT ({words})").status)
        check(time.monotonic() - began < 10, "a thousand keywords took long")
        if scene.server.name == "postern":
            check("NO" in statuses, f"a thousand keywords were all taken: {statuses}")
        session.ok("UNSELECT")
        session.ok("DELETE keywords")


@row("B14")
def mailbox_names(scene):
    odd = ["../../x", "a/../b", "..", ".", "a//b", "trailing/", "~user", "/etc/passwd", "{host}", "INBOX/../../u2",
           "&AC4ALgAv-x", "&AGE-", "&2AA-", "x&", "x&AA", "&ACYAJg-", "CON", "trailing space ", "x" * 5000,
           "/".join("d" for _ in range(300)), "y" * 255 + "/" + "z" * 255, "%", "a*b", "\x7f", "x\x1by", "",
           "&Jjo-", "&-", "a&-b", "&AOQ-/&AOQ-", "&AGEAzIg-"]
    with scene.user(60) as session:
        existing = {row[2] if isinstance(row[2], bytes) else str(row[2]).encode()
                    for row in session.ok('LIST "" "*"').named("LIST")}
        for name in odd:
            outcome = probe(session, b"a CREATE " + imap.quote(name.encode()) + b"\r\n")
            expect(outcome, "OK", "NO", "BAD", what=f"CREATE {name[:40]!r}")
            if outcome.kind != "OK":
                continue
            listed = [row[2] if isinstance(row[2], bytes) else str(row[2]).encode()
                      for row in session.ok('LIST "" "*"').named("LIST")]
            fresh = [entry for entry in listed if entry not in existing]
            check(fresh, f"CREATE {name[:40]!r} answered OK and shows nothing")
            wanted = name.rstrip("/").encode()
            check(wanted in listed, f"CREATE {name[:40]!r} is listed as {fresh}")
            check(session.append(wanted, corpus.simple(1)).ok, f"APPEND to {name[:40]!r}")
            equal(session.select(wanted).numbers("EXISTS"), [1], f"SELECT {name[:40]!r}")
            session.ok("UNSELECT")
            for entry in sorted(fresh, key=len, reverse=True):
                session.ok(b"DELETE " + imap.quote(entry))
        if scene.server.name == "postern":
            for name in ("&2AA-", "x&AA", "&AGE-", "&ACYAJg-", "\x7f", "x" * 5000, "/".join("d" for _ in range(300)), ""):
                outcome = probe(session, b"a CREATE " + imap.quote(name.encode()) + b"\r\n")
                expect(outcome, "NO", "BAD", what=f"CREATE {name[:40]!r}")
            # The same letters composed and decomposed are one mailbox (NFC).
            session.ok("CREATE &AOQ-x")
            expect(probe(session, b"a CREATE &AGEDCA-x\r\n"), "NO", "BAD", what="CREATE of the decomposed name")
            session.ok("DELETE &AOQ-x")
        expect(probe(session, b"a CREATE inbox\r\n"), "NO", what="CREATE inbox")
        expect(probe(session, b"a DELETE InBox\r\n"), "NO", what="DELETE InBox")


@row("B15")
def names_under_change(scene):
    with scene.user(60) as session:
        for line, kinds in (("CREATE n1/sub", ("OK",)), ("RENAME n1 n1/sub/deeper", ("NO", "BAD")), ("RENAME n1 n1", ("NO",)),
                            ("RENAME n1 INBOX", ("NO",)), ("RENAME nope n2", ("NO",)), ("RENAME n1 n2", ("OK",)),
                            ("DELETE n2", ("OK", "NO")), ("SELECT n2/sub", ("OK",)), ("DELETE n2/sub", ("OK", "NO")),
                            ("NOOP", ("OK", "BYE")), ("DELETE INBOX", ("NO", "BAD", "BYE"))):
            outcome = probe(session, f"a {line}\r\n".encode())
            if scene.server.name == "postern" or not line.startswith("RENAME n1 n1"):
                expect(outcome, *kinds, what=line)
            if outcome.closed:
                return
        storm = [threading.Thread(target=rename_storm, args=(scene, seed)) for seed in range(12)]
        for thread in storm:
            thread.start()
        for thread in storm:
            thread.join(60)
        after = [r[2] if isinstance(r[2], bytes) else str(r[2]).encode() for r in session.ok('LIST "" "storm*"').named("LIST")]
        equal(len(after), len(set(after)), f"names listed twice: {after}")
        for name in sorted(after, key=len, reverse=True):
            session.command(b"DELETE " + imap.quote(name))


def rename_storm(scene, seed):
    rng = random.Random(seed)
    with scene.user(60) as session:
        for _ in range(25):
            one, other = f"storm{rng.randrange(4)}", f"storm{rng.randrange(4)}/s{rng.randrange(2)}"
            session.command(rng.choice((f"CREATE {one}", f"CREATE {other}", f"RENAME {one} {other}",
                                        f"RENAME {other} {one}", f"DELETE {one}", f"DELETE {other}")))


@row("B18")
def who_is_signed_in(scene):
    with scene.user() as session:
        outcome = probe(session, b"a LOGIN x y\r\n")
        expect(outcome, "BAD", "NO", what="LOGIN when signed in")
        outcome = probe(session, b"a AUTHENTICATE PLAIN AHgAeQ==\r\n")
        expect(outcome, "BAD", "NO", what="AUTHENTICATE when signed in")
        still_in_step(session, outcome)
        session.select("canary")  # still the same account
    with scene.stranger() as session:
        expect(probe(session, b'a LOGIN "ghost@example.org" "x"\r\n'), "NO", what="a wrong login")
        expect(probe(session, b"b SELECT canary\r\n", "b"), "BAD", "NO", what="SELECT after a failed login")
        expect(probe(session, b"c LIST \"\" *\r\n", "c"), "BAD", "NO", what="LIST after a failed login")


@row("B19")
def appends_that_go_wrong(scene):
    with scene.user() as session:
        for line in (b"a APPEND INBOX {5368709120}\r\n", b"a APPEND INBOX {9223372036854775808}\r\n"):
            outcome = probe(session, line)
            expect(outcome, "NO", "BAD", "BYE", what=f"{line!r}")
            if outcome.closed:
                session = scene.user()
        outcome = probe(session, b"a APPEND INBOX {0+}\r\n\r\n")
        expect(outcome, "OK", "NO", "BAD", what="an empty message")
        for date in ("40-Jan-2020 00:00:00 +0000", "01-Foo-2020 00:00:00 +0000", "01-Jan-2020 25:00:00 +0000",
                     "01-Jan-2020 00:00:00 +9999", "01-Jan-2020 00:00:00"):
            outcome = probe(session, f'a APPEND INBOX "{date}" {{3+}}\r\nabc\r\n'.encode())
            expect(outcome, "BAD", "NO", "OK" if scene.server.name == "dovecot" else "BAD", what=f"date {date}")
            still_in_step(session, outcome)
        for date in ("01-Jan-9999 00:00:00 +0000", " 1-Jan-1900 00:00:00 +0000", "19-Jan-2038 03:14:08 +0000"):
            outcome = probe(session, f'a APPEND INBOX "{date}" {{3+}}\r\nabc\r\n'.encode())
            expect(outcome, "OK", "NO", "BAD", what=f"date {date}")
            still_in_step(session, outcome)
        session.ok("NOOP")
    cut_at_each_byte(scene)
    deleted_while_waiting(scene)


def cut_at_each_byte(scene):
    """The connection ends after k octets of the command: no message, whole or partial, is stored."""
    with scene.user() as watcher:
        watcher.ok("CREATE cut")
        text = b"a APPEND cut (\\Seen) {30+}\r\nSubject: cut\r\n\r\n0123456789abc\r\n\r\n"
        for k in range(0, len(text) - 2, 3):
            with scene.user() as session:
                send(session, text[:k])
        watcher.select("cut")
        harness.wait_until(lambda: watcher.command("NOOP").ok, "NOOP")
        equal(watcher.search("ALL"), [], "messages from cut APPENDs")
        watcher.ok("UNSELECT")
        watcher.ok("DELETE cut")


def deleted_while_waiting(scene):
    """The mailbox goes away between the announcement of a literal and the literal."""
    with scene.user() as slow, scene.user() as quick:
        quick.ok("CREATE going")
        send(slow, b"a APPEND going {10}\r\n")
        expect(tagged(slow, "a"), "+", what="APPEND {10}")
        quick.ok("DELETE going")
        outcome = probe(slow, b"0123456789\r\n")
        expect(outcome, "NO", what="APPEND to a mailbox that was deleted meanwhile")
        still_in_step(slow, outcome)


@row("B20")
def quota_under_race(scene):
    server = scene.server
    if server.name != "postern":
        return
    name, password = "small@example.org", "small pw"
    server.add_account(name, password)
    done = server.run("account", "set", name, "--quota", "1M")
    equal(done.returncode, 0, f"set --quota: {done.stderr}")
    message = corpus.simple(1, "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 1400)  # about 100 kB
    results = []

    def load(number):
        if number % 2:
            with imap.session(server, name, 60) as session:
                reply = session.append("INBOX", message)
                results.append(reply.ok)
                if not reply.ok:
                    check(reply.code() == "OVERQUOTA", f"over quota: {reply}")
        else:
            with lmtp.Lmtp(server.lmtp, 60) as session:
                session.lhlo()
                code, text = session.deliver(name, message)[0]
                results.append(code == 250)
                if code != 250:
                    check(code in (452, 552), f"over quota: {code} {text}")
    threads = [threading.Thread(target=load, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    stored = sum(results)
    note(f"B20: {stored} of 30 messages of {len(message)} octets in 1 MiB")
    check(stored * len(message) <= 1 << 20, "more than the quota was stored")
    with imap.session(server, name) as session:
        session.select("INBOX")
        reply = session.command("COPY 1:* INBOX")
        check(not reply.ok and reply.code() == "OVERQUOTA", f"COPY over quota: {reply}")
        equal(len(session.search("ALL")), stored, "messages after the refused COPY (all or none)")


@row("B21")
def idle_misused(scene):
    with scene.user() as session:
        session.select("INBOX")
        send(session, b"a IDLE\r\n")
        expect(tagged(session, "a"), "+", what="IDLE")
        outcome = probe(session, b"garbage that is no DONE\r\n")
        expect(outcome, "BAD", "BYE", "CLOSED", what="garbage in IDLE")
        still_in_step(session, outcome)
    with scene.user() as session:
        outcome = probe(session, b"DONE\r\n", "*", 3)
        check(outcome.closed or any(b"BAD" in line for line in outcome.lines), f"DONE without IDLE: {outcome}")
        still_in_step(session, outcome)
    with scene.user() as session:
        for number in range(300):
            send(session, b"i%d IDLE\r\nDONE\r\n" % number)
        expect(tagged(session, "i299"), "+", "OK", what="300 IDLE and DONE")
    with scene.user() as session:
        outcome = probe(session, b"a IDLE now\r\n")
        expect(outcome, "BAD", what="IDLE with an argument")


@row("B23")
def pipelines(scene):
    with scene.user(60) as session:
        session.select("INBOX")
        writer = threading.Thread(target=send, args=(session, b"".join(b"p%d NOOP\r\n" % n for n in range(20_000))))
        writer.start()
        tags = []
        while len(tags) < 20_000:
            raw = session.response()
            if raw.startswith(b"p"):
                tags.append(raw.split(b" ")[0])
        writer.join()
        equal(tags, [b"p%d" % n for n in range(20_000)], "answers in order")
    with scene.user() as session:
        session.select("canary")
        send(session, b"q1 STORE 1 +FLAGS (\\Flagged)\r\nq2 FETCH 1 (FLAGS)\r\nq3 STORE 1 -FLAGS (\\Flagged)\r\n"
                      b"q4 SEARCH FLAGGED\r\nq5 LOGOUT\r\nq6 DELETE canary\r\n")
        lines = session.read_to_end()
        at = next(n for n, line in enumerate(lines) if line.startswith(b"q2"))
        check(any(b"FETCH" in line and b"Flagged" in line for line in lines[:at]), f"STORE before FETCH: {lines}")
        check(any(line.strip() == b"* SEARCH" for line in lines), f"SEARCH after the second STORE: {lines}")
        check(not any(line.startswith(b"q6") for line in lines), "a command after LOGOUT ran")


@row("B25")
def edges_of_integers(scene):
    with scene.user() as session:
        session.ok("ENABLE CONDSTORE")
        session.select("INBOX")
        for line, kinds in (("FETCH 1 (FLAGS) (CHANGEDSINCE 18446744073709551616)", ("BAD",)),
                            ("FETCH 1 (FLAGS) (CHANGEDSINCE 9223372036854775807)", ("OK",)),
                            ("STORE 1 (UNCHANGEDSINCE 99999999999999999999) FLAGS ()", ("BAD",)),
                            ("FETCH 1 (BODY.PEEK[]<4294967295.4294967295>)", ("OK",)),
                            ("FETCH 1 (BODY.PEEK[]<0.0>)", ("BAD", "OK")),
                            ("FETCH 1 (BODY.PEEK[]<4294967296.1>)", ("BAD", "OK")),
                            ("FETCH 1 (BODY.PEEK[]<-1.1>)", ("BAD",)),
                            ("FETCH 1 (BODY.PEEK[0])", ("BAD",)), ("FETCH 1 (BODY.PEEK[1.0])", ("BAD",)),
                            ("FETCH 1 (BODY.PEEK[4294967296])", ("BAD", "OK")),
                            ("FETCH 1 (BODY.PEEK[" + "1." * 500 + "1])", ("BAD", "OK", "NO")),
                            ("SEARCH LARGER 99999999999999999999", ("BAD",)), ("SEARCH LARGER 18446744073709551615", ("OK", "BAD")),
                            ("SEARCH SINCE 31-Feb-2020", ("BAD", "OK")), ("SEARCH SINCE 1-Jan-99999", ("BAD",)),
                            ("SEARCH MODSEQ 18446744073709551616", ("BAD",)),
                            ("SELECT INBOX (QRESYNC (0 1))", ("BAD",)), ("SELECT INBOX (QRESYNC (1 18446744073709551616))", ("BAD",))):
            outcome = probe(session, f"a {line}\r\n".encode())
            if scene.server.name == "postern":
                expect(outcome, *kinds, what=line)
            still_in_step(session, outcome)
