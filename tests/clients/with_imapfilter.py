#!/usr/bin/env python3
"""imapfilter: searches, flags, copies, moves and deletes by a Lua rule file."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, lmtp
from lib.harness import check, equal, test

RULES = """
options.timeout = 30
options.certificates = true
options.create = true
options.subscribe = true
options.expunge = true
account = IMAP {{ server = "localhost", port = {port}, username = "{user}",
                 password = "{password}", ssl = "auto" }}
boxes, folders = account:list_all()
account:create_mailbox("Rules")
account.INBOX:contain_subject("invoice"):copy_messages(account["Rules"])
account.INBOX:contain_subject("invoice"):mark_flagged()
account.INBOX:contain_from("spammer@example.com"):move_messages(account["Junk"])
account.INBOX:contain_body("please delete"):delete_messages()
old = account.INBOX:is_larger(50000) * account.INBOX:is_unseen()
old:mark_seen()
account.INBOX:contain_field("X-List", "postern"):add_flags({{ "listed" }})
exist, unread, unseen, uidnext = account.INBOX:check_status()
print("status " .. exist)
for _, name in ipairs(boxes) do print("box " .. name) end
for _, message in ipairs(account["Rules"]:select_all()) do
  mailbox, uid = table.unpack(message)
  print("subject " .. mailbox[uid]:fetch_field("Subject"))
end
"""


@test
def sorts_by_rules():
    imapfilter = harness.need("imapfilter", "imapfilter")
    with clients.filled_server(150) as (server, originals), clients.scratch() as home:
        special = [corpus.simple(1, subject="An invoice for you"), corpus.simple(2, subject="invoice 2"),
                   corpus.simple(3).replace(b"sender@example.net>\r\nTo", b"spammer@example.com>\r\nTo"),
                   corpus.simple(4, "please delete this"),
                   corpus.simple(5, "x" * 60 + "\r\n" + ("y" * 70 + "\r\n") * 900),
                   b"X-List: postern-users\r\n" + corpus.simple(6)]
        lmtp.deliver_all(server, clients.ADDRESS, special)
        before = clients.on_server(server)
        rules = clients.write(home, "config.lua", RULES.format(
            port=server.imaps_port, user=clients.ADDRESS, password=clients.PASSWORD))
        done = clients.run([imapfilter, "-c", rules, "-t", server.ca_file, "-v"], home,
                           env={"IMAPFILTER_HOME": home})
        output = done.stdout.decode("utf-8", "replace")
        for name in ("INBOX", "Junk", "Archive"):
            check(f"box {name}" in output, f"list_all misses {name}: {output}")

        def holding(word):
            return [body for body, _ in before if word in body]

        def subject(body):
            head = corpus.normal(body).partition(b"\n\n")[0].lower()
            at = head.find(b"\nsubject:")
            return head[at + 9:].split(b"\n", 1)[0] if at >= 0 else b""

        invoices = [body for body, _ in before if b"invoice" in subject(body)]
        equal(clients.hashes(b for b, _ in clients.on_server(server, "Rules")), clients.hashes(invoices),
              "copies in Rules")
        equal(output.count("subject Subject:"), len(invoices), "headers fetched from Rules")
        equal(clients.hashes(b for b, _ in clients.on_server(server, "Junk")),
              clients.hashes(holding(b"spammer@example.com>")), "moved to Junk")
        after = clients.on_server(server)
        check(not any(b"please delete" in body.partition(b"\r\n\r\n")[2] for body, _ in after),
              "a deleted one is still there")
        check(f"status {len(after)}" in output, f"STATUS told another count than {len(after)}")
        flags = {corpus.sha256(body): flags for body, flags in after}
        for body in invoices:
            check("\\Flagged" in flags[corpus.sha256(body)], "an invoice is not flagged")
        large = [body for body, _ in before if len(body) > 50000]
        for body in large:
            check("\\Seen" in flags[corpus.sha256(body)], "a large one is not marked as seen")
        listed = [body for body, flags in after if "listed" in flags]
        equal(clients.hashes(listed), clients.hashes(holding(b"X-List: postern-users")), "keyword listed")
        harness.record("imapfilter", clients.version([imapfilter, "-V"]),
                       "SEARCH rules, keywords, COPY, MOVE, delete, CREATE, STATUS, header fields")


harness.main()
