#!/usr/bin/env python3
"""fetchmail: hands every message to a delivery agent and removes it from the server.

fetchmail rewrites headers (Received, Return-Path, Status); the bodies are compared.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, harness
from lib.harness import equal, test


@test
def fetches_and_flushes():
    fetchmail = harness.need("fetchmail", "fetchmail")
    with clients.filled_server(100) as (server, originals), clients.scratch() as home:
        bodies = clients.delivered_intact(server, originals)
        agent = clients.write(home, "agent", '#!/bin/sh\nexec cat > "$(mktemp "$HOME/mail/XXXXXXXX")"\n', 0o700)
        os.makedirs(os.path.join(home, "mail"))
        config = clients.write(home, "fetchmailrc", f"""
poll localhost protocol imap port {server.imaps_port} bad-header accept
  user "{clients.ADDRESS}" password "{clients.PASSWORD}"
  ssl sslproto "TLS1.2+" sslcertck sslcertfile "{server.ca_file}"
  fetchall no keep no rewrite pass8bits mda "{agent}"
""")
        clients.run([fetchmail, "-f", config, "--nosyslog", "--pidfile", os.path.join(home, "pid"),
                     "--idfile", os.path.join(home, "ids")], home, env={"FETCHMAILHOME": home})
        got = []
        for name in os.listdir(os.path.join(home, "mail")):
            with open(os.path.join(home, "mail", name), "rb") as source:
                got.append(source.read())
        equal(clients.body_hashes(got), clients.body_hashes(bodies), "bodies handed to the agent")
        equal(clients.on_server(server), [], "INBOX afterwards")
        harness.record("fetchmail", clients.version([fetchmail, "--version"], r"\d+\.\d+\.\d+"),
                       "fetch all (SHA of every body), delete on the server")


harness.main()
