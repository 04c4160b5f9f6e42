#!/usr/bin/env python3
"""Python's imaplib: reads everything, appends, flags, copies, moves and expunges."""
import imaplib
import os
import platform
import re
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness
from lib.harness import check, equal, test


def connect(server):
    context = ssl.create_default_context(cafile=server.ca_file)
    client = imaplib.IMAP4_SSL("localhost", server.imaps_port, ssl_context=context, timeout=60)
    client.login(clients.ADDRESS, clients.PASSWORD)
    return client


def good(answer):
    check(answer[0] == "OK", f"answered {answer}")
    return answer[1]


def read_all(client, originals):
    count = int(good(client.select("INBOX"))[0])
    equal(count, len(originals), "EXISTS")
    found = {}
    for item in good(client.fetch("1:*", "(UID RFC822.SIZE BODY.PEEK[])")):
        if isinstance(item, tuple):
            number = int(item[0].split()[0])
            size = int(re.search(rb"RFC822\.SIZE (\d+)", item[0]).group(1))
            equal(size, len(item[1]), f"RFC822.SIZE of message {number}")
            found[number] = item[1]
    equal(sorted(found), list(range(1, count + 1)), "sequence numbers")
    for number, original in enumerate(originals, 1):
        check(clients.intact(found[number], original),
              f"{original.name} came out changed")


# RFC 9979: a delivery says whether there is an attachment.
OF_DELIVERY = {"$hasattachment", "$hasnoattachment"}


@test
def reads_writes_and_organises():
    with clients.filled_server(300) as (server, originals):
        client = connect(server)
        read_all(client, originals)

        message = corpus.simple(9001, "from imaplib")
        answer = good(client.append("Drafts", r"(\Draft \Seen)", imaplib.Time2Internaldate(1e9), message))
        check(b"APPENDUID" in answer[0], f"no APPENDUID in {answer}")
        good(client.select("Drafts"))
        fetched = good(client.fetch("1", "(FLAGS INTERNALDATE BODY.PEEK[])"))
        equal(fetched[0][1], message, "appended body")
        check(rb"\Draft" in fetched[0][0] and rb"\Seen" in fetched[0][0], f"flags {fetched[0][0]}")
        equal(time.mktime(imaplib.Internaldate2tuple(fetched[0][0])), 1e9, "INTERNALDATE")

        good(client.select("INBOX"))
        good(client.store("1:3", "+FLAGS", r"(\Flagged keyword1)"))
        equal(good(client.search(None, "KEYWORD", "keyword1"))[0].split(), [b"1", b"2", b"3"], "SEARCH")
        good(client.create('"Folder/Unter &AOQ-"'))
        good(client.copy("1:2", '"Folder/Unter &AOQ-"'))
        check(any("Unter &AOQ-" in line.decode() for line in good(client.list())), "LIST misses it")
        good(client.uid("MOVE", "3", "Trash"))
        client.response("EXPUNGE")  # the one of MOVE, which imaplib has kept
        good(client.store("1", "+FLAGS", r"(\Deleted)"))
        equal(len(good(client.expunge())), 1, "EXPUNGE responses")
        equal(client.noop()[0], "OK", "NOOP")
        equal(int(good(client.select("INBOX"))[0]), len(originals) - 2, "left in INBOX")
        client.logout()

        copies = clients.on_server(server, "Folder/Unter &AOQ-")
        equal(len(copies), 2, "copies")
        for (body, flags), original in zip(copies, originals):
            check(clients.intact(body, original), "a copy differs")
            equal(flags - OF_DELIVERY, {"\\Flagged", "keyword1"}, "flags of a copy")
        (moved, flags), = clients.on_server(server, "Trash")
        check(clients.intact(moved, originals[2]), "the moved one differs")
        equal(flags - OF_DELIVERY, {"\\Flagged", "keyword1"}, "flags of the moved one")
        left = clients.on_server(server)
        check(clients.intact(left[0][0], originals[1]), "wrong one expunged")
        equal([sorted(flags - OF_DELIVERY) for _, flags in left[:2]], [["\\Flagged", "keyword1"], []], "flags left")
        harness.record("Python imaplib", platform.python_version(),
                       "read all with SHA of every body, APPEND, STORE, SEARCH, CREATE, COPY, MOVE, EXPUNGE")


harness.main()
