"""Group D: what a mail transfer agent, or someone in its place, can send."""
import re

from lib import clients, corpus, harness, imap
from lib.harness import check, equal
from lib.lmtp import Lmtp, LmtpError, dot_stuffed
from lib.scene import NEIGHBOUR, row


def inbox(scene):
    return [body for body, _ in clients.on_server(scene.server)]


def connected(scene):
    session = Lmtp(scene.server.lmtp)
    session.lhlo()
    return session


@row("D1")
def only_one_end_of_data(scene):
    """LF . LF and its kin are data: what follows them must not become commands (smuggling)."""
    before = len(inbox(scene))
    for number, end in enumerate((b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\n.\n\n", b"\r.\r\n")):
        message = (corpus.simple(100 + number) + b"first" + end + b"MAIL FROM:<evil@example.net>\r\n"
                   b"RCPT TO:<" + NEIGHBOUR.encode() + b">\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n")
        with connected(scene) as session:
            session.envelope("a@example.net", [clients.ADDRESS])
            session.command("DATA")
            session.send(message + b".\r\n")
            code, text = session.reply()
            check(code in (250, 554), f"{end!r} answered {code} {text}")
            equal(session.command("NOOP")[0], 250, f"in step after {end!r}")
        if scene.server.name == "postern":
            equal(code, 250, f"delivery with {end!r} (bare newlines are kept)")
            # A dot that begins a line is transparency, whatever follows it (RFC 5321 section 4.5.2).
            check(inbox(scene)[-1].endswith(message.replace(b"\r\n.", b"\r\n")), f"{end!r} is not stored as it came")
    scene.neighbour.ok("NOOP")
    equal(len(scene.neighbour.search("ALL")), 1, "the neighbour's messages")
    if scene.server.name == "postern":
        equal(len(inbox(scene)), before + 7, "messages in INBOX")


@row("D3")
def strange_commands(scene):
    server = scene.server
    for line, codes in (("RCPT TO:<\"\">", (501, 550, 553)), ('RCPT TO:<""@x>', (501, 550, 553)),
                        ("RCPT TO:<a\tb>", (500, 501, 550, 553)), ("RCPT TO:<../../etc>", (501, 550, 553)),
                        ("RCPT TO:<" + "x" * 65000 + ">", (500, 501, 550, 553)),
                        ("RCPT TO:", (500, 501)), ("RCPT", (500, 501)), ("RCPT TO:<a@b", (501, 550, 553)),
                        (f"RCPT TO:<{clients.ADDRESS}> NOTIFY=\0", (500, 501, 504, 555)),
                        (f"RCPT TO:<{clients.ADDRESS}> BOGUS=1", (501, 504, 555)),
                        ("RCPT TO:<" + "a" * 300 + "@example.org>", (501, 550, 553))):
        with connected(scene) as session:
            equal(session.command("MAIL FROM:<>")[0], 250, "MAIL")
            code, text = session.command(line)
            check(code in codes, f"{line[:60]!r} answered {code} {text}")
            check(not any("x" * 300 in part for part in text), "a long path is echoed")
            equal(session.command("NOOP")[0], 250, f"in step after {line[:60]!r}")
    for line, codes in (("MAIL FROM:<a@b> SIZE=99999999999999999999", (501, 552)), ("MAIL FROM:<a@b> SIZE=-1", (501,)),
                        ("MAIL FROM:<a@b> SIZE=60000000", (552,)), ("MAIL FROM:<a@b> BODY=9BIT", (501, 504, 555)),
                        ("DATA", (503,)),
                        (b"BDAT 5 LAST\r\nabcde", (503, 501)), ("XYZZY", (500, 502)), ("", (500, 502)),
                        ("MAIL TO:<a@b>", (500, 501)), ("\0\0\0", (500, 502))):
        if server.name != "postern":
            continue
        with connected(scene) as session:
            code, text = session.command(line)
            check(code in codes, f"{line!r} answered {code} {text}")
    big_chunk(scene)
    invalid_second_lhlo(scene)
    data_after_failed_recipient(scene)
    partial_failure(scene)


def big_chunk(scene):
    if scene.server.name != "postern":
        return
    for size in ("99999999999999999999999 LAST", "-1 LAST", "x", "", "5 FIRST"):
        with connected(scene) as session:
            session.envelope("a@example.net", [clients.ADDRESS])
            code, text = session.command(f"BDAT {size}")
            check(code in (500, 501, 552, 421), f"BDAT {size} answered {code} {text}")
    for size in (18446744073709551615, 60_000_000):
        # Either refused at once, or read and dropped: RFC 3030 section 2 lets the octets come first.
        with connected(scene) as session:
            session.envelope("a@example.net", [clients.ADDRESS])
            session.socket.settimeout(2)
            try:
                session.send(b"BDAT %d LAST\r\n" % size + b"z" * 1_000_000)
                code, text = session.reply()
                check(code in (500, 501, 552, 421), f"BDAT {size} answered {code} {text}")
            except (OSError, LmtpError):
                pass
    with connected(scene) as session:  # cut in the middle of a chunk: nothing is stored
        before = len(inbox(scene))
        session.envelope("a@example.net", [clients.ADDRESS])
        session.send(b"BDAT 5000 LAST\r\n" + corpus.simple(1))
    equal(len(inbox(scene)), before, "messages after a connection cut inside BDAT")
    with connected(scene) as session:
        session.envelope("a@example.net", [clients.ADDRESS])
        session.command("DATA")
        session.send(corpus.simple(2))
    equal(len(inbox(scene)), before, "messages after a connection cut inside DATA")


def invalid_second_lhlo(scene):
    with connected(scene) as session:
        session.envelope("a@example.net", [clients.ADDRESS])
        session.command("LHLO")
        code, _ = session.command("LHLO other.example")
        equal(code, 250, "a second LHLO")
        code, _ = session.command(f"RCPT TO:<{clients.ADDRESS}>")
        equal(code, 503, "RCPT after LHLO has reset the transaction")


def data_after_failed_recipient(scene):
    """Pipelined DATA after a refused RCPT: what follows must not be taken as commands."""
    with connected(scene) as session:
        session.send(b"MAIL FROM:<a@example.net>\r\nRCPT TO:<ghost@example.org>\r\nDATA\r\n")
        equal([session.reply()[0] for _ in range(2)], [250, 550], "MAIL and RCPT")
        code, _ = session.reply()
        check(code in (503, 554), f"DATA without recipients answered {code}")
        equal(session.command("NOOP")[0], 250, "in step")
    with connected(scene) as session:  # RSET in the middle
        session.send(b"MAIL FROM:<a@example.net>\r\nRCPT TO:<" + clients.ADDRESS.encode() +
                     b">\r\nRSET\r\nDATA\r\n")
        codes = [session.reply()[0] for _ in range(4)]
        check(codes[:3] == [250, 250, 250] and codes[3] == 503, f"after RSET: {codes}")


def partial_failure(scene):
    """Several recipients, each with its own answer."""
    with connected(scene) as session:
        rcpt = session.envelope("a@example.net", [clients.ADDRESS, "ghost@example.org", NEIGHBOUR])
        equal([code for code, _ in rcpt], [250, 550, 250], "RCPT")
        if scene.server.name == "postern":
            check(rcpt[1][1][0].startswith("5.1.1"), f"enhanced code {rcpt[1]}")
        session.command("DATA")
        session.send(dot_stuffed(corpus.simple(900)))
        equal([session.reply()[0] for _ in range(2)], [250, 250], "one answer for each accepted recipient")
        equal(session.command("NOOP")[0], 250, "in step")
    neighbours = imap.session(scene.server, NEIGHBOUR)
    uids = neighbours.select("INBOX") and neighbours.search("SUBJECT \"Message 900\"", uid=True)
    equal(len(uids), 1, "delivered to the second recipient")
    neighbours.ok(f"UID STORE {uids[0]} +FLAGS (\\Deleted)")
    neighbours.ok("EXPUNGE")


@row("D5")
def delivery_reaches_only_inbox(scene):
    """+detail and odd local parts create no mailboxes."""
    with scene.user() as session:
        before = sorted(map(repr, session.ok('LIST "" "*"').named("LIST")))
    for address in ("user+canary@example.org", "user+../../x@example.org", "user+new/folder@example.org",
                    "user+" + "d" * 200 + "@example.org", "USER+Detail@EXAMPLE.ORG"):
        with connected(scene) as session:
            code, text = session.deliver(address, corpus.simple(1))[0]
            check(code in (250, 501, 550, 553), f"{address} answered {code} {text}")
    with scene.user() as session:
        equal(sorted(map(repr, session.ok('LIST "" "*"').named("LIST"))), before, "mailboxes")
        equal(session.ok("STATUS canary (MESSAGES)").named("STATUS")[0][1], ["MESSAGES", "1"], "the canary mailbox")
    if scene.server.name == "postern":
        check(any(re.search(rb"^Delivered-To:.*user\+canary@", body, re.M | re.I) for body in inbox(scene)),
              "Delivered-To lost the detail")
