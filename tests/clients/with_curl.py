#!/usr/bin/env python3
"""curl: lists, fetches, searches, uploads and deletes with the URLs that the README shows."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness
from lib.harness import check, equal, test


class Curl:
    def __init__(self, server, home):
        self.program = harness.need("curl", "curl")
        self.server, self.home = server, home
        self.base = f"imaps://localhost:{server.imaps_port}/"
        # From a file, so that the password is on no command line.
        self.config = clients.write(home, "curlrc",
                                    f'user = "{clients.ADDRESS}:{clients.PASSWORD}"\n'
                                    f'cacert = "{server.ca_file}"\nsilent\nshow-error\n')

    def __call__(self, path, *more, codes=(0,)):
        return clients.run([self.program, "-K", self.config, self.base + path, *more], self.home,
                           codes=codes)


@test
def reads_and_uploads():
    with clients.filled_server(60) as (server, originals), clients.scratch() as home:
        curl = Curl(server, home)
        folders = curl("").stdout.decode()
        for name in ("INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"):
            check(re.search(rf'^\* LIST .*"?{name}"?\r?$', folders, re.M), f"LIST misses {name}: {folders}")
        found = curl("INBOX?ALL").stdout.decode().split()[2:]
        equal(len(found), len(originals), "SEARCH ALL")

        # One curl, one connection, one file per message.
        curl(f"INBOX;UID=[1-{len(originals)}]", "-o", os.path.join(home, "m#1"))
        for number, original in enumerate(originals, 1):
            with open(os.path.join(home, f"m{number}"), "rb") as got:
                check(clients.intact(got.read(), original),
                      f"{original.name} came out changed")
        header = curl("INBOX;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)").stdout
        check(header.lower().startswith(b"subject:") or header == b"\r\n", f"SECTION gave {header!r}")

        upload = corpus.simple(42, "from curl\r\n.\r\n..dots")
        path = os.path.join(home, "upload")
        with open(path, "wb") as out:
            out.write(upload)
        curl("Sent", "-T", path)
        (body, flags), = clients.on_server(server, "Sent")
        equal(body, upload, "uploaded message")
        equal(curl("Sent;UID=1").stdout, upload, "uploaded message read back")

        curl("INBOX", "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)")
        curl("INBOX", "-X", "EXPUNGE")
        equal(len(clients.on_server(server)), len(originals) - 1, "after EXPUNGE")

        wrong = clients.run([curl.program, "-sS", "--cacert", server.ca_file, "-u",
                             f"{clients.ADDRESS}:wrong", curl.base], home, codes=None)
        equal(wrong.returncode, 67, "exit code with a wrong password (67 = login denied)")
        stranger = clients.run([curl.program, "-sS", "-K", curl.config, "--cacert",
                                "/etc/ssl/certs/ca-certificates.crt", curl.base], home, codes=None)
        equal(stranger.returncode, 60, "exit code with a foreign CA (60 = not verified)")
        harness.record("curl", clients.version([curl.program, "--version"]),
                       "LIST, SEARCH, every message by UID, SECTION, upload, STORE, EXPUNGE, refused password and CA")


harness.main()
