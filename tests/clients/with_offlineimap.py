#!/usr/bin/env python3
"""offlineimap3: a Maildir copy of all folders, synchronised in both directions."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import check, equal, test

CONFIG = """
[general]
accounts = test
metadata = {home}/meta
ui = basic
fsync = false

[Account test]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {home}/mail
sync_deletes = yes

[Repository far]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = {user}
remotepassfile = {home}/secret
ssl = yes
sslcacertfile = {ca}
ssl_version = tls1_2
auth_mechanisms = PLAIN, LOGIN
maxconnections = 2
"""
LETTERS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "D": "\\Draft", "T": "\\Deleted"}


def own_header_gone(octets):
    import re
    return re.sub(rb"(?m)^X-OfflineIMAP: [^\n]*\n", b"", corpus.normal(octets), count=1)


def near(home, name):
    return sorted((corpus.sha256(own_header_gone(octets)),
                   sorted(LETTERS[c] for c in path.partition(":2,")[2] if c in LETTERS))
                  for path, octets in clients.maildir_files(os.path.join(home, "mail", name)).items())


def far(server, name):
    return sorted((corpus.sha256(own_header_gone(octets)), sorted(flags & set(LETTERS.values())))
                  for octets, flags in clients.on_server(server, name))


@test
def synchronises_both_ways():
    program = harness.need("offlineimap", "offlineimap3")
    with clients.filled_server(250, only=corpus.kept_by_python) as (server, originals), clients.scratch() as home:
        clients.write(home, "secret", clients.PASSWORD + "\n")
        config = clients.write(home, "offlineimaprc", CONFIG.format(
            home=home, port=server.imaps_port, user=clients.ADDRESS, ca=server.ca_file))

        def sync():
            clients.run([program, "-c", config, "-o", "-1"], home)

        sync()
        equal(near(home, "INBOX"), far(server, "INBOX"), "after the first run")
        equal(len(near(home, "INBOX")), len(originals), "messages in the Maildir")

        with imap.session(server) as session:  # on the server: flags, an expunge, a new one
            session.select("INBOX")
            session.ok("STORE 1:5 +FLAGS (\\Flagged)")
            session.ok("STORE 6 +FLAGS (\\Deleted)")
            session.ok("EXPUNGE")
            check(session.append("INBOX", corpus.simple(1, "far")).ok, "APPEND")
            session.ok("CREATE Projects/new")
            check(session.append("Projects/new", corpus.simple(2, "project"), "\\Seen").ok, "APPEND")
        sync()
        files = sorted(clients.maildir_files(os.path.join(home, "mail", "INBOX")))
        for path in files[10:15]:  # near: flags, deletions, an upload
            os.rename(path, path.replace("/new/", "/cur/").partition(":2,")[0] + ":2,RS")
        for path in files[20:23]:
            os.remove(path)
        upload = os.path.join(home, "mail", "INBOX", "cur", "1.test.host:2,FS")
        with open(upload, "wb") as out:
            out.write(corpus.normal(corpus.simple(3, "near")))
        sync()
        sync()
        for name in ("INBOX", "Projects/new"):
            # offlineimap writes the hierarchy with its own separator.
            equal(near(home, name.replace("/", ".")), far(server, name), f"{name} at the end")
        equal(len(far(server, "INBOX")), len(originals) - 1 + 1 - 3 + 1, "messages at the end")
        uploaded = [flags for body, flags in clients.on_server(server)
                    if own_header_gone(body) == corpus.normal(corpus.simple(3, "near"))]
        equal(uploaded, [{"\\Flagged", "\\Seen"}], "the uploaded one")
        harness.record("offlineimap3", clients.version([program, "--version"]),
                       "two-way Maildir sync: download (SHA of every body), flags, deletions, uploads, new folder")


harness.main()
