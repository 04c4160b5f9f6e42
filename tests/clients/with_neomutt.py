#!/usr/bin/env python3
"""neomutt on a pseudo terminal with QRESYNC and a header cache: two visits, with changes between.

The second visit must start from the cache (FETCH ... CHANGEDSINCE n VANISHED in its debug log) and still show
exactly what the server holds.
"""
import glob
import mailbox
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap, lmtp
from lib.harness import check, equal, test
from lib.pty import Terminal

CONFIG = """
set folder = "imaps://localhost:{port}/"
set spoolfile = "imaps://localhost:{port}/INBOX"
set imap_user = "{user}"
set imap_pass = "{password}"
set ssl_force_tls = yes
set ssl_verify_host = yes
set ssl_ca_certificates_file = "{ca}"
set certificate_file = "{home}/accepted"
set header_cache = "{home}/cache/"
set imap_qresync = yes
set imap_condstore = yes
set imap_idle = no
set imap_check_subscribed = no
set mail_check = 1
set delete = yes
set move = no
set confirmappend = no
set confirmcreate = no
set quit = yes
set record = ""
set postponed = "{home}/postponed"
set mbox_type = mbox
set sort = mailbox-order
set wait_key = no
set sleep_time = 0
set beep = no
set mark_old = no
"""


class Neomutt:
    def __init__(self, server, home):
        self.program = harness.need("neomutt", "neomutt")
        self.home, self.visits = home, 0
        os.makedirs(os.path.join(home, "cache"))
        self.config = clients.write(home, "muttrc", CONFIG.format(
            home=home, port=server.imaps_port, user=clients.ADDRESS, password=clients.PASSWORD,
            ca=server.ca_file))
        self.env = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8",
                    "TMPDIR": home}

    def visit(self, keys, wanted_end=60):
        """Opens the inbox, types `keys` (already in the queue when it opens), waits for the end."""
        self.visits += 1
        log = os.path.join(self.home, f"log{self.visits}")
        command = [self.program, "-n", "-F", self.config, "-d", "2", "-l", log,
                   "-e", f'push "{keys}"']
        with Terminal(command, self.env, cwd=self.home) as terminal:
            code = terminal.wait_end(wanted_end)
            check(code == 0, f"neomutt ended with {code}: {terminal.output[-800:]!r}")
        text = ""
        for path in glob.glob(log + "*"):
            with open(path, errors="replace") as source:
                text += source.read()
        return text


def saved(path):
    """The messages of an mbox file that neomutt wrote: body hashes."""
    found = []
    for message in mailbox.mbox(path, create=False):
        found.append(message.as_bytes())
    return found


@test
def two_visits_with_qresync():
    only = lambda m: corpus.kept_by_python(m) and b"\nFrom " not in m.data and b"\n>From " not in m.data
    with clients.filled_server(200, only=only) as (server, originals), clients.scratch() as home:
        mutt = Neomutt(server, home)
        everything = f"<tag-pattern>.<enter><tag-prefix><copy-message>{home}/copy1<enter><untag-pattern>.<enter>"
        flags = ("<first-entry><flag-message><next-entry><toggle-new>"
                 "<jump>5<enter><delete-message>"
                 "<jump>7<enter><save-message>=Archive<enter>"
                 "<sync-mailbox><quit>")
        log = mutt.visit(everything + flags)
        check("QRESYNC" in log, "ENABLE QRESYNC is not in the debug log")
        copies = saved(os.path.join(home, "copy1"))
        equal(len(copies), len(originals), "messages copied out on the first visit")
        truth = clients.on_server(server)
        equal(len(truth), len(originals) - 2, "left in INBOX")
        check("\\Flagged" in truth[0][1], f"the first one is not flagged: {truth[0][1]}")
        archived, = clients.on_server(server, "Archive")
        check(clients.intact(archived[0], originals[6]), "Archive holds another message")

        with imap.session(server) as session:  # what another device does meanwhile
            session.select("INBOX")
            session.ok("STORE 10:14 +FLAGS (\\Flagged)")
            session.ok("STORE 20:29 +FLAGS (\\Deleted)")
            session.ok("EXPUNGE")
        lmtp.deliver_all(server, clients.ADDRESS, [corpus.simple(n) for n in range(3)])
        truth = clients.on_server(server)
        log = mutt.visit(f"<tag-pattern>.<enter><tag-prefix><copy-message>{home}/copy2<enter>"
                         f"<untag-pattern>.<enter><tag-pattern>~F<enter>"
                         f"<tag-prefix><copy-message>{home}/copy3<enter><exit>")
        check(re.search(r"UID FETCH [^\n]*CHANGEDSINCE \d+ VANISHED", log), "the second visit did not use QRESYNC")
        equal(clients.body_hashes(saved(os.path.join(home, "copy2"))),
              clients.body_hashes(body for body, _ in truth), "what neomutt shows on the second visit")
        equal(clients.body_hashes(saved(os.path.join(home, "copy3"))),
              clients.body_hashes(body for body, flags in truth if "\\Flagged" in flags),
              "what neomutt shows as flagged")
        harness.record("neomutt", clients.version([mutt.program, "-v"], r"\d{8}"),
                       "inbox read whole, flag, delete, save to Archive; second visit by QRESYNC from the cache")


harness.main()
