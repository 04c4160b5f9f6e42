#!/usr/bin/env python3
"""Every message of the corpus, by LMTP and by APPEND, comes out byte for byte.

What comes in over LMTP stands below Return-Path, Delivered-To and Received (an old Return-Path is
removed); what is appended is unchanged. BODY[], its partial ranges, RFC822.SIZE, BODY[HEADER] and
BODY[TEXT] are compared.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import check, equal, note, test
from lib.lmtp import Lmtp

ACCEPTED = re.compile(rb"\A(?:(?:Return-Path|Delivered-To|Received):(?:[^\r\n]|\r\n[ \t])*\r\n)*\Z", re.I)


def messages():
    limit = harness.options.messages
    # Dovecot, when this runs against it for comparison, replaces NUL.
    only = (lambda m: b"\0" not in m.data) if harness.options.server == "dovecot" else None
    found = corpus.load(limit or None, only=only)
    note(f"{len(found)} messages from {corpus.source()}")
    return found


def fetch_all(server, mailbox, items, batch=100):
    """{uid: items} in batches; the connection is checked for nothing but FETCH answers."""
    out = {}
    with imap.session(server, timeout=120) as session:
        session.ok(b"EXAMINE " + imap.quote(mailbox))
        uids = sorted(session.search("ALL", uid=True))
        for at in range(0, len(uids), batch):
            some = uids[at:at + batch]
            reply = session.fetch(f"{some[0]}:{some[-1]}", f"(UID {items})", uid=True)
            out.update(reply.by_uid())
    return out


def compare(server, mailbox, originals, same):
    """`originals` in UID order; same(body, original) says whether a body is right."""
    found = fetch_all(server, mailbox, "RFC822.SIZE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT]")
    equal(len(found), len(originals), f"messages in {mailbox}")
    wrong = []
    for (uid, items), original in zip(sorted(found.items()), originals):
        body = items["BODY[]"]
        if not same(body, original):
            wrong.append(original.name)
        equal(int(items["RFC822.SIZE"]), len(body), f"RFC822.SIZE of {original.name}")
        equal((items["BODY[HEADER]"] or b"") + (items["BODY[TEXT]"] or b""), body,
              f"BODY[HEADER] + BODY[TEXT] of {original.name}")
    equal(wrong, [], "messages that came out changed")
    return found


def below_prepended(body, original):
    wanted = original.data if original.data.endswith(b"\r\n") else original.data + b"\r\n"
    for rest in (clients.without_return_path(wanted), wanted):
        if body.endswith(rest) and ACCEPTED.match(body[:len(body) - len(rest)]):
            return True
    return False


@test
def by_lmtp():
    originals = messages()
    with harness.new_server() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        refused = []
        with Lmtp(server.lmtp, timeout=120) as lmtp:
            lmtp.lhlo()
            kept = []
            for message in originals:
                (code, text), = lmtp.deliver(clients.ADDRESS, message.data)
                if code == 250:
                    kept.append(message)
                else:
                    refused.append((message.name, code, text))
            lmtp.quit()
        equal(refused, [], "messages refused by LMTP")
        compare(server, "INBOX", kept, below_prepended)


@test
def by_lmtp_chunks():
    """CHUNKING: BDAT needs no dot-stuffing and adds nothing, so even the last octets are the same."""
    if harness.options.server == "dovecot":
        raise harness.Skip("Dovecot adds a missing final newline")
    everything = messages()
    originals = [m for m in everything if not m.data.endswith(b"\r\n")] + everything[:200]
    with harness.new_server() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        with Lmtp(server.lmtp_unix, timeout=120) as lmtp:
            if not any(line.startswith("CHUNKING") for line in lmtp.lhlo()):
                raise harness.Skip("the server does not offer CHUNKING")
            for number, message in enumerate(originals):
                lmtp.envelope("sender@example.net", [clients.ADDRESS], " BODY=8BITMIME")
                cut = len(message.data) * (number % 7) // 7
                lmtp.send(b"BDAT %d\r\n" % cut + message.data[:cut])
                equal(lmtp.reply()[0], 250, f"first chunk of {message.name}")
                lmtp.send(b"BDAT %d LAST\r\n" % (len(message.data) - cut) + message.data[cut:])
                equal(lmtp.reply()[0], 250, f"last chunk of {message.name}")
        exact = lambda body, original: body.endswith(clients.without_return_path(original.data))
        compare(server, "INBOX", originals, exact)


@test
def by_append():
    originals = messages()
    with harness.new_server() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        refused, kept = [], []
        with imap.session(server, timeout=120) as session:
            session.ok("CREATE appended")
            for number, message in enumerate(originals):
                reply = session.append("appended", message.data, sync=number % 2 == 0)
                if reply.ok:
                    kept.append(message)
                else:
                    refused.append((message.name, str(reply)))
        equal(refused, [], "messages refused by APPEND")  # with NUL and all
        found = compare(server, "appended", kept, lambda body, original: body == original.data)
        ranges(server, found)


def ranges(server, found):
    """BODY[]<n.m> at many offsets, as Thunderbird reads large messages."""
    some = sorted(found.items(), key=lambda item: -len(item[1]["BODY[]"]))[:3] + sorted(found.items())[:5]
    with imap.session(server, timeout=120) as session:
        session.ok("EXAMINE appended")
        for uid, items in some:
            body, pieces = items["BODY[]"], []
            for at in range(0, len(body) + 1, 65536):
                reply = session.fetch(uid, f"(UID BODY.PEEK[]<{at}.65536>)", uid=True)
                pieces.append(reply.by_uid()[uid][f"BODY[]<{at}>"] or b"")
            equal(corpus.sha256(b"".join(pieces)), corpus.sha256(body), f"chunks of UID {uid}")
            for at, count in ((0, 1), (len(body) - 1, 10), (len(body), 5), (len(body) + 7, 5), (3, 4294967295)):
                reply = session.fetch(uid, f"(UID BODY.PEEK[]<{at}.{count}>)", uid=True)
                equal(reply.by_uid()[uid][f"BODY[]<{at}>"] or b"", body[at:at + count],
                      f"BODY[]<{at}.{count}> of UID {uid}")


@test
def keeps_an_mbox_line_as_data():
    """A file that begins with "From " has no header there: it is stored all the same."""
    message = b"From someone Mon Jan  5 10:00:00 2026\r\n" + corpus.simple(1)
    with harness.new_server() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        with imap.session(server) as session:
            check(session.append("INBOX", message).ok, "APPEND")
        with Lmtp(server.lmtp) as lmtp:
            lmtp.lhlo()
            equal(lmtp.deliver(clients.ADDRESS, message)[0][0], 250, "delivery")
        bodies = [body for body, _ in clients.on_server(server)]
        equal(bodies[0], message, "appended")
        check(bodies[1].endswith(message), "delivered")


harness.main()
