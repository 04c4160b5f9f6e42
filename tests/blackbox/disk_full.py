#!/usr/bin/env python3
"""A full disk: NO [UNAVAILABLE] and 452, reading goes on, EXPUNGE, flags and logins still commit,
and when there is room again so does everything else. Needs root for a small tmpfs."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import check, equal, note, test, wait_until
from lib.lmtp import Lmtp

SIZE = 192 << 20  # the reserve (32 MiB), what must stay free and room for some hundred messages


class SmallDisk:
    def __init__(self, server):
        if os.geteuid() != 0:
            raise harness.Skip("mounting a small file system needs root")
        self.path = server.data_dir
        done = subprocess.run(["mount", "-t", "tmpfs", "-o",
                               f"size={SIZE},mode=0700,uid={server.service_uid},gid={server.service_gid}",
                               "postern-test", self.path], capture_output=True, text=True)
        if done.returncode != 0:
            raise harness.Skip(f"cannot mount a tmpfs here: {done.stderr.strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)

    def left(self):
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize


@test
def full_and_free_again():
    server = harness.new_server(settings=['storage.min_free="48M"'])
    if server.name != "postern":
        raise harness.Skip("Postern's own behaviour")
    with SmallDisk(server) as disk, server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        session = imap.session(server)
        session.select("INBOX")
        # Random text, so that compression does not save it.
        message = lambda n: corpus.simple(n, "\r\n".join(os.urandom(35).hex() for _ in range(1000)))
        stored = {}
        refusal = None
        for number in range(2000):
            reply = session.append("INBOX", octets := message(number))
            if not reply.ok:
                refusal = reply
                break
            stored[number] = corpus.sha256(octets)
        check(refusal is not None, f"the disk never filled ({disk.left()} octets left)")
        note(f"{len(stored)} messages, then {refusal}; {disk.left() >> 20} MiB left")
        equal((refusal.status, refusal.code()), ("NO", "UNAVAILABLE"), "APPEND on a full disk")
        with Lmtp(server.lmtp) as lmtp:
            lmtp.lhlo()
            code, text = lmtp.deliver(clients.ADDRESS, message(9999))[0]
            equal(code, 452, f"delivery on a full disk ({text})")
            check(text[0].startswith("4.3.1"), f"enhanced code: {text}")

        # Fill the last octet from outside as well: what matters works out of the reserve.
        filler = os.path.join(server.data_dir, "filler")
        with open(filler, "wb") as out:
            try:
                while True:
                    out.write(bytes(1 << 16))
                    out.flush()
            except OSError:
                pass
        check(imap.session(server).ok("NOOP").ok, "a login with a full disk")
        equal(len(imap.bodies(imap.session(server), "INBOX")), len(stored), "readable messages")
        reply = session.command("STORE 1:5 +FLAGS (\\Seen \\Deleted)")
        check(reply.ok, f"STORE with a full disk answered {reply}")
        reply = session.command("EXPUNGE")
        check(reply.ok, f"EXPUNGE with a full disk answered {reply}")
        check(not session.append("INBOX", message(3)).ok, "APPEND with a full disk was acknowledged")
        check(server.alive(), "the server ended")
        os.remove(filler)
        session.ok("STORE 1:* +FLAGS (\\Deleted)")
        session.ok("EXPUNGE")
        small = corpus.simple(5)
        wait_until(lambda: session.append("INBOX", small).ok, "APPEND after there is room again", 30)
        server.kill9()
        server.start()
        bodies = clients.on_server(server)
        check([body for body, _ in bodies][-1:] == [small], f"{len(bodies)} messages after all that")


harness.main()
