#!/usr/bin/env python3
"""imapflow (Node): QRESYNC, IDLE, LIST-STATUS, APPEND, COPY, MOVE and partial downloads."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap, lmtp
from lib.harness import check, equal, note, test
from lib.imapflow import ImapFlow


def organises(flow, server, originals):
    found = flow("hashes")
    truth = clients.on_server(server)
    equal([m["sha256"] for m in found.values()], [corpus.sha256(body) for body, _ in truth], "sources")
    for message in found.values():
        equal(message["size"], message["length"], "RFC822.SIZE")

    text = corpus.simple(1, "from imapflow")
    done = flow("append", path="Drafts", text=text.decode(), flags=["\\Draft", "$Label1"])
    check(done["uid"] == 1 and done["uidValidity"], f"APPENDUID: {done}")
    equal(clients.on_server(server, "Drafts"), [(text, {"\\Draft", "$Label1"})], "Drafts")

    flow("create", path="Größe & Maß/日本語")
    equal([pair[0] for pair in flow("copy", uids="1:2", to="Größe & Maß/日本語")], [1, 2], "COPYUID")
    moved = flow("move", uids="3:4", to="Archive")
    equal([pair[0] for pair in moved], [3, 4], "COPYUID of MOVE")
    flow("addFlags", uids="5", flags=["\\Flagged"])
    flow("delete", uids="6")
    flow("rename", path="Größe & Maß", to="Umbenannt")
    status = flow("status", path="Umbenannt/日本語")
    equal(status["messages"], 2, "STATUS of the renamed mailbox")
    equal(flow("search", query={"flagged": True}), [5], "SEARCH FLAGGED")
    equal(len(flow("search", query={"all": True})), len(originals) - 3, "SEARCH ALL")
    large = corpus.simple(2, "\r\n".join(f"line {n} of a large one" for n in range(20_000)))
    uid = str(flow("append", path="INBOX", text=large.decode(), flags=[])["uid"])
    equal(flow("download", uid=uid, part="TEXT").encode("latin1"), large.partition(b"\r\n\r\n")[2],
          "BODY[TEXT] in chunks")
    flow("delete", uids=uid)
    equal(len(clients.on_server(server, "Archive")), 2, "Archive")
    flow("remove", path="Umbenannt/日本語")
    check("Umbenannt/日本語" not in [f["path"] for f in flow("list")], "a deleted mailbox is still listed")


def hears_while_idle(flow, server):
    """What another session does and what is delivered, heard while idle; returns the slowest."""
    with imap.session(server) as other:
        other.select("INBOX")
        flow("idle")
        # The command line of IDLE travels after the driver's answer: wait until the server has it
        # by making the first change and repeating it until it is heard.
        slowest = 0.0
        steps = [
            (lambda: other.ok("UID STORE 8 +FLAGS (\\Answered)"),
             lambda e: e["event"] == "flags" and "\\Answered" in e["flags"]),
            (lambda: other.ok("UID STORE 9 +FLAGS (\\Flagged)"),
             lambda e: e["event"] == "flags" and "\\Flagged" in e["flags"]),
            (lambda: (other.ok("UID STORE 10 +FLAGS.SILENT (\\Deleted)"), other.ok("UID EXPUNGE 10")),
             lambda e: e["event"] == "expunge" and e.get("uid") == 10 and e.get("vanished")),
            (lambda: lmtp.deliver_all(server, clients.ADDRESS, [corpus.simple(50)]),
             lambda e: e["event"] == "exists"),
        ]
        for number, (act, heard) in enumerate(steps):
            act()
            began = time.monotonic()
            flow.event(heard)
            if number:
                slowest = max(slowest, time.monotonic() - began)
    return slowest


@test
def tour_with_qresync_and_idle():
    with clients.filled_server(200) as (server, originals):
        with ImapFlow(server) as flow:
            check("QRESYNC" in flow.info["enabled"], f"not enabled: {flow.info}")
            version = flow("version")
            uses = {f["path"]: f.get("specialUse") for f in flow("list")}
            for name in ("Drafts", "Sent", "Junk", "Trash", "Archive"):
                equal(uses.get(name), "\\" + name, f"special use of {name}")
            equal({f["path"]: f["messages"] for f in flow("list")}["INBOX"], len(originals), "LIST-STATUS")
            box = flow("open", path="INBOX")
            equal(box["exists"], len(originals), "EXISTS")
            organises(flow, server, originals)
            slowest = hears_while_idle(flow, server)
            note(f"slowest push into IDLE: {slowest * 1000:.0f} ms")
            check(slowest < server.push_limit, f"a push took {slowest:.2f} s")
            flow("noop")
            known = {int(uid): m for uid, m in flow("hashes").items()}
            box = flow("open", path="INBOX")
            flow("logout")

        with imap.session(server) as other:  # while imapflow is away
            other.select("INBOX")
            other.ok("UID STORE 11:13 +FLAGS (\\Deleted)")
            other.ok("EXPUNGE")
            other.ok("UID STORE 20 +FLAGS ($Forwarded)")
        lmtp.deliver_all(server, clients.ADDRESS, [corpus.simple(60)])

        with ImapFlow(server) as flow:  # resynchronise: vanished and changed come with the SELECT
            again = flow("open", path="INBOX", changedSince=box["highestModseq"],
                         uidValidity=box["uidValidity"])
            check(again["qresync"], "SELECT did not use QRESYNC")
            vanished = sorted(e["uid"] for e in flow.events if e["event"] == "expunge")
            equal(vanished, [11, 12, 13], "VANISHED (EARLIER)")
            changed = {e["uid"]: e["flags"] for e in flow.events if e["event"] == "flags"}
            check("$Forwarded" in changed.get(20, []), f"changed flags: {changed}")
            for uid in vanished:
                known.pop(uid)
            found = {int(uid): m for uid, m in flow("hashes").items()}
            equal(sorted(set(found) - set(known)), [box["uidNext"]], "the new one")
            equal(sorted(set(known) - set(found)), [], "kept in the cache but gone")
            flow("logout")
        harness.record("imapflow", version,
                       "all sources (SHA), QRESYNC with VANISHED, IDLE pushes, LIST-STATUS, special uses, APPEND, "
                       "COPY, MOVE, RENAME with non-ASCII names, chunked download")


harness.main()
