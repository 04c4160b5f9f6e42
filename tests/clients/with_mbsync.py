#!/usr/bin/env python3
"""mbsync: a Maildir and the server, edited at random on both sides, end up the same."""
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import check, equal, note, test

FLAGS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "D": "\\Draft", "T": "\\Deleted"}


class Mbsync:
    def __init__(self, server, home):
        self.program = harness.need("mbsync", "isync")
        self.home = home
        self.mail = os.path.join(home, "mail")
        os.makedirs(self.mail)
        secret = clients.write(home, "secret", clients.PASSWORD + "\n")
        self.config = clients.write(home, "mbsyncrc", f"""
IMAPAccount postern
Host localhost
Port {server.imaps_port}
User {clients.ADDRESS}
PassCmd "cat {secret}"
SSLType IMAPS
SystemCertificates no
CertificateFile {server.ca_file}

IMAPStore far
Account postern

MaildirStore near
Path {self.mail}/
Inbox {self.mail}/INBOX
SubFolders Verbatim

Channel both
Far :far:
Near :near:
Patterns *
Create Both
Remove None
Expunge Both
SyncState *
""")

    def sync(self):
        return clients.run([self.program, "-c", self.config, "-V", "both"], self.home)

    def folder(self, name="INBOX"):
        return os.path.join(self.mail, name)


def plain(octets):
    """Without the X-TUID header by which mbsync finds its uploads again."""
    return re.sub(rb"(?m)^X-TUID: [^\n]*\n", b"", corpus.normal(octets), count=1)


def near_state(mbsync, name):
    found = []
    for path, octets in clients.maildir_files(mbsync.folder(name)).items():
        letters = path.partition(":2,")[2]
        found.append((corpus.sha256(plain(octets)), frozenset(FLAGS[c] for c in letters if c in FLAGS)))
    return sorted(found, key=lambda pair: (pair[0], sorted(pair[1])))


def far_state(server, name):
    found = [(corpus.sha256(plain(body)), flags & set(FLAGS.values()))
             for body, flags in clients.on_server(server, name)]
    return sorted(found, key=lambda pair: (pair[0], sorted(pair[1])))


def set_letters(path, letters):
    base = path.partition(":2,")[0]
    target = base.replace("/new/", "/cur/") + ":2," + "".join(sorted(letters))
    os.rename(path, target)
    return target


def edit_near(mbsync, rng, name, fresh):
    """Random flags and deletions, and one new message, straight in the Maildir.

    Returns (digest of the new one, digests of the deleted ones)."""
    files = clients.maildir_files(mbsync.folder(name))
    deleted = set()
    for path in rng.sample(sorted(files), min(len(files), 12)):
        letters = set(path.partition(":2,")[2])
        if rng.random() < 0.25:
            letters.add("T")
            deleted.add(corpus.sha256(plain(files[path])))
        letters ^= {rng.choice("SRF")}
        set_letters(path, letters)
    message = corpus.simple(fresh, f"near {fresh}")
    path = os.path.join(mbsync.folder(name), "cur", f"{fresh}.test.host:2,S")
    with open(path, "wb") as out:
        out.write(corpus.normal(message))
    return corpus.sha256(plain(message)), deleted


def edit_far(session, rng, name, fresh):
    """The same over IMAP."""
    session.select(name)
    deleted = set()
    uids = session.search("UNDELETED", uid=True)
    for uid in rng.sample(uids, min(len(uids), 12)):
        sign = rng.choice("+-")
        session.ok(f"UID STORE {uid} {sign}FLAGS.SILENT ({rng.choice(list(FLAGS.values())[:3])})")
        if rng.random() < 0.2:
            body = session.fetch(uid, "(UID BODY.PEEK[])", uid=True).by_uid()[uid]["BODY[]"]
            session.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
            deleted.add(corpus.sha256(plain(body)))
    if rng.random() < 0.5:
        session.ok("EXPUNGE")
    message = corpus.simple(fresh, f"far {fresh}")
    reply = session.append(name, message, "\\Flagged")
    check(reply.ok, f"APPEND answered {reply}")
    return corpus.sha256(plain(message)), deleted


@test
def two_way_until_both_agree():
    rng = random.Random(harness.options.seed)
    with clients.filled_server(600) as (server, originals), clients.scratch() as home:
        mbsync = Mbsync(server, home)
        mbsync.sync()
        equal(near_state(mbsync, "INBOX"), far_state(server, "INBOX"), "after the first download")
        equal(len(near_state(mbsync, "INBOX")), len(originals), "messages in the Maildir")
        with imap.session(server) as session:
            session.ok('CREATE "far folder/child"')
        os.makedirs(os.path.join(mbsync.folder("nearfolder"), "cur"))
        for part in ("new", "tmp"):
            os.makedirs(os.path.join(mbsync.folder("nearfolder"), part))
        mbsync.sync()
        names = ["INBOX", "far folder/child", "nearfolder", "Archive"]
        wanted = {name: {digest for digest, _ in far_state(server, name)} for name in names}
        for round_number in range(4):
            with imap.session(server) as session:
                for at, name in enumerate(names):
                    fresh = 10_000 + 100 * round_number + 2 * at
                    new, gone = edit_far(session, rng, name, fresh)
                    more_new, more_gone = edit_near(mbsync, rng, name, fresh + 1)
                    wanted[name] = (wanted[name] | {new, more_new}) - gone - more_gone
            for attempt in range(4):
                mbsync.sync()
                if all(near_state(mbsync, name) == far_state(server, name) for name in names):
                    break
            note(f"round {round_number + 1}: equal after {attempt + 1} runs")
            for name in names:
                equal(near_state(mbsync, name), far_state(server, name), f"{name} in round {round_number + 1}")
        for name in names:  # nothing lost, nothing twice, nothing back from the dead
            equal(sorted(digest for digest, _ in far_state(server, name)), sorted(wanted[name]),
                  f"what must be left in {name}")
        harness.record("mbsync", clients.version([mbsync.program, "--version"]),
                       "two-way with random flags, deletions, uploads and folders on both sides until equal")


harness.main()
