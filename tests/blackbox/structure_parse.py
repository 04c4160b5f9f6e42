#!/usr/bin/env python3
"""ENVELOPE and BODYSTRUCTURE of every message parse in imapflow and in Perl's Mail::IMAPClient."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import check, equal, note, test
from lib.imapflow import ImapFlow

PERL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "clients", "imapclient.pl")
_filled = []


def filled():
    """One server for both tests, filled by APPEND so that nothing is prepended."""
    if not _filled:
        limit = harness.options.messages
        originals = corpus.load(limit or None)
        if harness.options.server == "dovecot":
            originals = [m for m in originals if b"\0" not in m.data]
        note(f"{len(originals)} messages from {corpus.source()}")
        server = harness.new_server().start()
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        with imap.session(server, timeout=120) as session:
            for message in originals:
                reply = session.append("INBOX", message.data, sync=False)
                check(reply.ok, f"APPEND of {message.name} answered {reply}")
        _filled.extend([server, originals])
    return _filled


@test
def in_imapflow():
    server, originals = filled()
    with ImapFlow(server) as flow:
        flow("open", path="INBOX")
        found = flow("structures", seconds=300)
        check("bad" not in found, lambda: f"imapflow read {found['bad']}")
        equal(len(found), len(originals), "messages parsed")
        for (_, seen), original in zip(sorted((int(uid), m) for uid, m in found.items()), originals):
            equal(seen["size"], len(original.data), f"RFC822.SIZE of {original.name}")
        harness.record("imapflow", flow("version"), "ENVELOPE and BODYSTRUCTURE of every message parsed")
        note(f"{sum(m['parts'] for m in found.values())} parts")
        flow("logout")


@test
def in_mail_imapclient():
    server, originals = filled()
    perl = harness.need("perl", "perl")
    have = subprocess.run([perl, "-MMail::IMAPClient", "-MIO::Socket::SSL", "-MParse::RecDescent", "-e",
                           "print $Mail::IMAPClient::VERSION"], capture_output=True, text=True)
    if have.returncode != 0:
        raise harness.Skip("Mail::IMAPClient with TLS is not installed "
                           "(apt: libmail-imapclient-perl libio-socket-ssl-perl)")
    done = subprocess.run([perl, PERL, str(server.imaps_port), server.ca_file, clients.ADDRESS, "INBOX"],
                          input=clients.PASSWORD + "\n", capture_output=True, text=True, timeout=400)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [(originals[row["uid"] - 1].name, row) for row in rows if row["structure"] is None or row["from"] is None]
    equal(bad, [], "messages that Mail::IMAPClient cannot read")
    equal(len(rows), len(originals), f"messages parsed (exit code {done.returncode}, {done.stderr[-500:]})")
    harness.record("Mail::IMAPClient", have.stdout,
                   "ENVELOPE and BODYSTRUCTURE of every message parsed")


@test
def the_server_is_still_there():
    server, _ = filled()
    check(server.alive(), "the server ended")
    server.stop()
    server.remove()


harness.main()
