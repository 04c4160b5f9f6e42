#!/usr/bin/env python3
"""kill -9 at random moments under load; after every restart the invariants I1 to I12 hold.

The load: workers that APPEND, STORE, MOVE, COPY, EXPUNGE, CREATE, DELETE and RENAME in mailboxes of
their own, two that set keywords on the same messages, and one that delivers over LMTP, all on one
account. What they were told is kept here, outside the server (lib/oracle.py). Some kills come while
the server is still recovering from the one before.

usage: crash.py [--kills N] [--seed S]      200 kills by default; 5,000 by hand before a release
"""
import json
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap
from lib.harness import Failure, check, equal, note, test
from lib.lmtp import Lmtp, LmtpError
from lib.oracle import Book, Box, Found, flags_of

BROKEN = (imap.Closed, LmtpError, OSError)  # what a worker sees when the server is killed
WORKERS, MOST = 3, 25
_number = iter(range(1, 1 << 60))
_lock = threading.Lock()


def fresh(rng):
    """(number, message): usually small, sometimes large enough to be streamed in many pieces."""
    with _lock:
        number = next(_number)
    lines = 2 if rng.random() < 0.8 else rng.choice((200, 3000))
    return number, corpus.simple(number, "\r\n".join(f"{number} {rng.random()}" for _ in range(lines)))


class Worker:
    """Random operations in the mailboxes below its root until the server is gone."""

    def __init__(self, number, seed):
        self.book = Book(f"w{number}")
        self.rng = random.Random(f"{seed}.{number}")
        self.failure = None

    def prepare(self, session):
        for name in ("a", "b"):
            session.ok(f"CREATE {self.book.root}/{name}")
            self.book.boxes[f"{self.book.root}/{name}"] = Box()

    def work(self, server):
        try:
            session = imap.session(server)
            selected = None
            while True:
                selected = self.step(session, selected)
        except BROKEN:
            pass
        except Exception as error:
            self.failure = error

    def step(self, session, selected):
        rng, book, root = self.rng, self.book, self.book.root
        second = f"{root}/b" if f"{root}/b" in book.boxes else f"{root}/c"
        source, target = rng.sample([f"{root}/a", second], 2)
        kind = rng.choice(("append", "append", "append", "store", "store", "expunge", "copy", "move",
                           "rename", "create"))
        uids = sorted(book.boxes[source].messages)
        if len(uids) > MOST:
            kind = "expunge"
        if kind in ("store", "expunge", "copy", "move") and not uids:
            kind = "append"
        if kind == "append":
            number, message = fresh(rng)
            flags = rng.choice(((), ("\\Seen",), ("\\Flagged", "k1")))
            book.begin("append", box=source, sha=corpus.sha256(message), flags=flags)
            book.acknowledged(session.append(source, message, " ".join(flags), sync=rng.random() < 0.5))
            return selected
        if kind == "rename":
            to = f"{root}/c" if second.endswith("b") else f"{root}/b"
            if selected == second:
                session.ok("UNSELECT")
                selected = None
            book.begin("rename", box=second, to=to)
            book.acknowledged(session.command(f"RENAME {second} {to}"))
            return selected
        if kind == "create":
            name = f"{root}/t"
            kind = "delete" if name in book.boxes else "create"
            book.begin(kind, box=name)
            book.acknowledged(session.command(f"{kind.upper()} {name}"))
            return selected
        if selected != source:
            session.select(source)
        some = rng.sample(uids, rng.randint(1, max(1, len(uids) // 2)))
        numbers = ",".join(map(str, sorted(some)))
        if kind == "store":
            flag, add = rng.choice(("\\Seen", "\\Answered", "k1", "k2")), rng.random() < 0.7
            book.begin("store", box=source, uids=some, flag=flag, add=add)
            book.acknowledged(session.command(f"UID STORE {numbers} {'+' if add else '-'}FLAGS.SILENT ({flag})"))
        elif kind == "expunge":
            book.begin("store", box=source, uids=some, flag="\\Deleted", add=True)
            book.acknowledged(session.command(f"UID STORE {numbers} +FLAGS.SILENT (\\Deleted)"))
            book.begin("expunge", box=source, uids=some)
            book.acknowledged(session.command(f"UID EXPUNGE {numbers}"))
        else:
            book.begin(kind, box=source, to=target, uids=some)
            book.acknowledged(session.command(f"UID {kind.upper()} {numbers} {target}"))
        return source


class Flagger:
    """Sets and removes its own keyword on messages that the other flagger works on too (I6)."""

    def __init__(self, keyword, seed):
        self.keyword, self.rng, self.failure = keyword, random.Random(f"{seed}.{keyword}"), None
        self.flagged, self.pending = {}, None

    def work(self, server):
        try:
            session = imap.session(server)
            session.select("shared")
            while True:
                uid, add = self.rng.choice(list(self.flagged)), self.rng.random() < 0.6
                self.pending = (uid, add)
                session.ok(f"UID STORE {uid} {'+' if add else '-'}FLAGS ({self.keyword})")
                self.flagged[uid], self.pending = add, None
        except BROKEN:
            pass
        except Exception as error:
            self.failure = error

    def verify(self, found):
        equal(set(found), set(self.flagged), "messages in shared")
        for uid, flags in found.items():
            allowed = {self.flagged[uid]} | ({self.pending[1]} if self.pending and self.pending[0] == uid else set())
            check((self.keyword in flags) in allowed,
                  f"I6: {self.keyword} of UID {uid} is {self.keyword in flags}, acknowledged {self.flagged[uid]}")
            self.flagged[uid] = self.keyword in flags
        self.pending = None


class Pipeliner:
    """Appends numbered messages to two mailboxes in turn without waiting for answers (I8): what is
    found after a kill is everything acknowledged and, of the rest, a beginning without a hole."""

    def __init__(self):
        self.failure, self.sent, self.acknowledged = None, 0, 0

    def prepare(self, session):
        for name in ("pipe/a", "pipe/b"):
            session.ok(f"CREATE {name}")

    def work(self, server):
        try:
            session = imap.session(server)
            waiting = []
            while True:
                for _ in range(16):
                    self.sent += 1
                    message = corpus.simple(self.sent, f"pipelined {self.sent}")
                    tag = session.tag()
                    waiting.append(tag)
                    session.send(tag + b" APPEND pipe/%s {%d+}\r\n" % (b"ab"[self.sent % 2:][:1], len(message))
                                 + message + b"\r\n")
                while len(waiting) > 8:
                    reply = session.finish(waiting.pop(0))
                    check(reply.ok, f"APPEND answered {reply}")
                    self.acknowledged += 1
        except BROKEN:
            pass
        except Exception as error:
            self.failure = error

    def verify(self, session):
        found = []
        for name in ("pipe/a", "pipe/b"):
            session.select(name)
            bodies = session.fetch("1:*", "(UID BODY.PEEK[TEXT])", uid=True).by_uid() if session.search("ALL") else {}
            numbers = [int(items["BODY[TEXT]"].split()[1]) for _, items in sorted(bodies.items())]
            equal(numbers, sorted(numbers), f"order of {name}")
            found += numbers
            if bodies:
                session.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
                session.ok("EXPUNGE")
        found.sort()
        check(len(found) >= self.acknowledged, f"I1: {self.acknowledged} acknowledged, {len(found)} found")
        equal(found, list(range(1, len(found) + 1)), "I8: what is there of the pipelined messages")
        self.sent = self.acknowledged = 0


class Deliverer:
    """Delivers to INBOX; what got its 250 must be there (I1), nothing twice or in parts (I2)."""

    def __init__(self, seed):
        self.rng, self.failure = random.Random(f"{seed}.lmtp"), None
        self.acknowledged, self.pending, self.removed, self.count = {}, {}, set(), 0

    def work(self, server):
        try:
            with Lmtp(self.rng.choice([server.lmtp, server.lmtp_unix])) as lmtp:
                lmtp.lhlo()
                while True:
                    number, message = fresh(self.rng)
                    self.pending = {number: message}
                    (code, text), = lmtp.deliver(clients.ADDRESS, message)
                    check(code == 250, f"delivery answered {code} {text}")
                    self.acknowledged[number], self.pending = message, {}
                    self.count += 1
        except BROKEN:
            pass
        except Exception as error:
            self.failure = error

    def verify(self, session):
        session.select("INBOX")
        found, uids = {}, []
        if session.command("NOOP") and session.search("ALL"):
            for uid, items in session.fetch("1:*", "(UID BODY.PEEK[])", uid=True).by_uid().items():
                number = int(re.search(rb"Message-ID: <(\d+)\.test@", items["BODY[]"]).group(1))
                check(number not in found, f"I2: message {number} is in INBOX twice")
                check(number not in self.removed, f"I4: message {number} came back")
                found[number] = items["BODY[]"]
                uids.append(uid)
        known = {**self.acknowledged, **self.pending}
        lost = set(self.acknowledged) - set(found)
        check(not lost, f"I1: acknowledged deliveries are gone: {sorted(lost)}")
        for number, body in found.items():
            check(number in known, f"message {number} came from nowhere")
            check(body.endswith(known[number]), f"I1/I2: message {number} is not whole")
        self.acknowledged, self.pending = {n: known[n] for n in found}, {}
        if len(found) > 40:
            session.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            session.ok("EXPUNGE")
            self.removed |= set(found)
            self.acknowledged = {}


def shared_flags(session):
    session.select("shared")
    return {uid: flags_of(items) for uid, items in session.fetch("1:*", "(UID FLAGS)", uid=True).by_uid().items()}


def verify_all(server, workers, flaggers, deliverer, pipeliner):
    with imap.session(server) as session:
        session.ok("ENABLE QRESYNC")
        for worker in workers:
            worker.book.verify(session)
        deliverer.verify(session)
        pipeliner.verify(session)
        found = shared_flags(session)
        for flagger in flaggers:
            flagger.verify(found)
        with imap.session(server) as other:  # I12
            equal(shared_flags(other), found, "I12: shared in two sessions")


def quota_is_the_sum(server):
    """I9: the counter equals what the messages add up to."""
    if server.name != "postern":
        return
    rows = json.loads(server.run("account", "list", "--json").stdout)
    used = next(row["used"] for row in rows if row["address"] == clients.ADDRESS)
    total = 0
    with imap.session(server) as session:
        for row in session.ok('LIST "" "*" RETURN (STATUS (SIZE))').named("STATUS"):
            values = row[1]
            total += int(values[1])
    equal(used, total, "I9: used quota against the sum of sizes")


def one_round(server, actors, rng):
    """Load until a random moment, then the kill."""
    threads = [threading.Thread(target=actor.work, args=(server,)) for actor in actors]
    for thread in threads:
        thread.start()
    threads[0].join(rng.uniform(0.05, 0.5))  # the random moment of the kill
    check(server.alive(), f"the server ended by itself:\n{server.log_text()[-3000:]}")
    server.kill9()
    for thread in threads:
        thread.join(60)
        check(not thread.is_alive(), "a worker did not notice that the server is gone")
    for actor in actors:
        if actor.failure:
            raise actor.failure


def restart(server, rng):
    """Starts again; now and then it is killed once more while it recovers."""
    if rng.random() < 0.1 and server.name == "postern":
        impatient = threading.Thread(target=kill_while_starting, args=(server, rng.uniform(0, 0.15)))
        impatient.start()
        try:
            server.start()
        except (RuntimeError, ValueError):
            pass
        impatient.join()
        server.kill9()
    server.start()


def kill_while_starting(server, seconds):
    began = time.monotonic()
    while server.process is None and time.monotonic() - began < 5:
        time.sleep(0.001)  # start() runs in the other thread
    process = server.process
    if process:
        try:
            process.wait(seconds)
        except Exception:
            os.kill(process.pid, 9)


@test
def nothing_acknowledged_is_lost():
    options = harness.options
    rng = random.Random(options.seed)
    server = harness.new_server()
    workers = [Worker(number, options.seed) for number in range(WORKERS)]
    flaggers = [Flagger("flagger1", options.seed), Flagger("flagger2", options.seed)]
    deliverer, pipeliner = Deliverer(options.seed), Pipeliner()
    with server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        with imap.session(server) as session:
            for worker in workers:
                worker.prepare(session)
            pipeliner.prepare(session)
            session.ok("CREATE shared")
            for number in range(20):
                check(session.append("shared", fresh(rng)[1]).ok, "APPEND")
            for flagger in flaggers:
                flagger.flagged = {uid: False for uid in shared_flags(session)}
        began = time.monotonic()
        for kill in range(1, options.kills + 1):
            try:
                one_round(server, [*workers, *flaggers, deliverer, pipeliner], rng)
                restart(server, rng)
                verify_all(server, workers, flaggers, deliverer, pipeliner)
            except Exception:
                note(f"in round {kill} of seed {options.seed}; POSTERN_KEEP=1 keeps {server.folder}")
                raise
            if kill % 50 == 0:
                note(f"{kill} kills, {time.monotonic() - began:.0f} s")
        quota_is_the_sum(server)
        done = sum((worker.book.done for worker in workers), start=type(workers[0].book.done)())
        note(f"{options.kills} kills in {time.monotonic() - began:.0f} s over {dict(done)} "
             f"and {deliverer.count} deliveries")


@test
def the_oracle_notices():
    """Changes behind its back must fail: an oracle that never complains proves nothing."""
    with harness.new_server() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        with imap.session(server) as session:
            session.ok("ENABLE QRESYNC")
            worker = Worker(9, harness.options.seed)
            worker.prepare(session)
            selected = None
            for _ in range(60):
                selected = worker.step(session, selected)
            worker.book.verify(session)
            name = next(name for name, box in sorted(worker.book.boxes.items()) if box.messages)
            tamper = {
                "a lost message": lambda: (session.ok("STORE 1 +FLAGS.SILENT (\\Deleted)"), session.ok("EXPUNGE")),
                "a lost flag change": lambda: session.ok("STORE 1 +FLAGS.SILENT (tampered)"),
                "a message from nowhere": lambda: session.append(name, corpus.simple(1)),
                "a lost mailbox": lambda: session.ok(f"RENAME {name} {name}-gone"),
            }
            for what, change in tamper.items():
                session.select(name)
                change()
                try:
                    worker.book.verify(session)
                except Failure as failure:
                    note(f"{what}: noticed: {str(failure)[:90]}")
                else:
                    raise Failure(f"{what} went unnoticed")
                if what != "a lost mailbox":
                    worker.book = resynchronised(worker.book, session)


def resynchronised(book, session):
    """A new book that takes the server's state for granted."""
    again = Book(book.root)
    for name in book.boxes:
        again.boxes[name] = Box()
        found = Found(session, name, None)
        again.boxes[name].messages = dict(found.messages)
    return again


harness.main(lambda parser: parser.add_argument(
    "--kills", type=int, default=int(os.environ.get("POSTERN_KILLS", "200"))))
