#!/usr/bin/env python3
"""getmail6: fetches the inbox into a Maildir, then only what is new, and deletes on the server.

getmail writes headers anew (Return-Path, Delivered-To); the bodies are compared.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, lmtp
from lib.harness import equal, test


@test
def fetches_new_and_deletes():
    getmail = harness.need("getmail", "getmail6")
    with clients.filled_server(200, only=corpus.kept_by_python) as (server, originals), clients.scratch() as home:
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(home, "mail", part))

        def fetch(delete):
            config = clients.write(home, "getmailrc", f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = localhost
port = {server.imaps_port}
username = {clients.ADDRESS}
password = {clients.PASSWORD}
ca_certs = {server.ca_file}
mailboxes = ("INBOX",)

[destination]
type = Maildir
path = {home}/mail/

[options]
read_all = false
delete = {"true" if delete else "false"}
delivered_to = false
received = false
""")
            clients.run([getmail, "--getmaildir", home, "--rcfile", config], home,
                        **clients.unprivileged(server, home))

        fetch(delete=False)
        held = clients.body_hashes(clients.maildir_files(os.path.join(home, "mail")).values())
        equal(held, clients.body_hashes(clients.delivered_intact(server, originals)), "the Maildir")
        lmtp.deliver_all(server, clients.ADDRESS, [corpus.simple(1), corpus.simple(2)])
        truth = clients.body_hashes(body for body, _ in clients.on_server(server))
        fetch(delete=True)
        held = clients.body_hashes(clients.maildir_files(os.path.join(home, "mail")).values())
        equal(held, truth, "the Maildir after the second run: the new ones once, the old ones not again")
        equal(clients.on_server(server), [], "INBOX after delete = true")
        harness.record("getmail6", clients.version([getmail, "--version"]),
                       "fetch all (SHA of every body), only what is new the second time, delete on the server")


harness.main()
