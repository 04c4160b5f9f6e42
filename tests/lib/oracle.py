"""The oracle of the crash test: what each worker did to its own mailboxes, kept outside the server.

A Book is the model of one worker's mailboxes: {name: Box}. An operation is entered as `pending`
before it is sent and applied to the model when its tagged OK has been read. After a kill the state
found on the server must be the model, or the model with the pending operation applied in a way that
its atomicity allows: APPEND, COPY, CREATE, DELETE, RENAME whole or not at all; STORE, EXPUNGE and
MOVE for each message by itself.
"""
import collections
import re

from . import corpus, imap
from .harness import Failure, check, equal


class Box:
    """One mailbox: its UIDs with (sha256, flags), and what must never shrink."""

    def __init__(self):
        self.messages = {}
        self.uidvalidity = None
        self.uidnext = 1
        self.modseq = 0
        self.history = {}     # uid -> sha256 of everything that ever had this UID
        self.checkpoint = None  # (uidvalidity, modseq, {uid: flags}) for QRESYNC


class Found:
    """One mailbox as the server shows it."""

    def __init__(self, session, name, checkpoint):
        self.name = name
        extra = ""
        if checkpoint and checkpoint[1]:
            extra = f" (QRESYNC ({checkpoint[0]} {checkpoint[1]}))"
        reply = session.select(name, extra)
        codes = dict(re.findall(r"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]",
                                b"\n".join(reply.untagged).decode("utf-8", "replace")))
        self.uidvalidity, self.uidnext = int(codes["UIDVALIDITY"]), int(codes["UIDNEXT"])
        self.modseq = int(codes.get("HIGHESTMODSEQ", 0))
        self.vanished = uid_set(reply)
        self.changed = {uid: flags_of(items) for uid, items in reply.by_uid().items()}
        self.messages, self.modseqs = {}, {}
        if reply.numbers("EXISTS")[-1:] != [0]:
            answer = session.fetch("1:*", "(UID FLAGS MODSEQ RFC822.SIZE ENVELOPE BODY.PEEK[])", uid=True)
            for uid, items in answer.by_uid().items():
                body = items["BODY[]"]
                equal(int(items["RFC822.SIZE"]), len(body), f"I11: RFC822.SIZE of {name}/{uid}")
                subject = re.search(rb"^Subject: ([^\r]*)", body, re.M).group(1)
                equal(items["ENVELOPE"][1], subject, f"I11: ENVELOPE of {name}/{uid}")
                self.messages[uid] = (corpus.sha256(body), flags_of(items))
                self.modseqs[uid] = int(items["MODSEQ"][0])
        equal(len(self.messages), reply.numbers("EXISTS")[-1], f"messages of {name} against EXISTS")


def flags_of(items):
    return frozenset(map(str, items["FLAGS"])) - {"\\Recent"}


def uid_set(reply):
    """All UIDs of VANISHED responses."""
    found = set()
    for values in reply.named("VANISHED"):
        for piece in str(values[-1]).split(","):
            low, _, high = piece.partition(":")
            found.update(range(int(low), int(high or low) + 1))
    return found


class Book:
    def __init__(self, root):
        self.root = root
        self.boxes = {}
        self.pending = None
        self.done = collections.Counter()

    # -- the model follows an acknowledged operation -----------------------------------------

    def begin(self, kind, **what):
        self.pending = (kind, what)

    def acknowledged(self, reply):
        """Applies the pending operation with the UIDs that the tagged answer names."""
        kind, what = self.pending
        check(reply.ok, f"{kind} {what} answered {reply}")
        boxes = self.boxes
        if kind == "append":
            uid = int(reply.code().split()[2])
            self._add(what["box"], uid, what["sha"], what["flags"])
        elif kind == "store":
            for uid in what["uids"]:
                sha, flags = boxes[what["box"]].messages[uid]
                boxes[what["box"]].messages[uid] = (sha, changed_flags(flags, what))
        elif kind == "expunge":
            for uid in what["uids"]:
                boxes[what["box"]].messages.pop(uid)
        elif kind in ("copy", "move"):
            for old, new in self._copyuid(reply):
                sha, flags = boxes[what["box"]].messages[old]
                self._add(what["to"], new, sha, flags)
                if kind == "move":
                    boxes[what["box"]].messages.pop(old)
        elif kind == "rename":
            boxes[what["to"]] = boxes.pop(what["box"])
        elif kind == "create":
            boxes[what["box"]] = Box()
        elif kind == "delete":
            boxes.pop(what["box"])
        self.done[kind] += 1
        self.pending = None

    def _copyuid(self, reply):
        raw = " ".join([reply.text] + [line.decode("utf-8", "replace") for line in reply.untagged])
        match = re.search(r"\[COPYUID \d+ (\S+) (\S+?)\]", raw)
        check(match, f"no COPYUID in {raw}")
        return list(zip(*(expand(group) for group in match.groups())))

    def _add(self, name, uid, sha, flags):
        box = self.boxes[name]
        check(uid >= box.uidnext, f"I3: {name} gave UID {uid} below its UIDNEXT {box.uidnext}")
        box.messages[uid] = (sha, frozenset(flags))
        box.history[uid] = sha
        box.uidnext = uid + 1

    # -- after a restart ----------------------------------------------------------------------

    def verify(self, session):
        """Compares the server with the model and takes what was pending into it."""
        listed = session.ok(f'LIST "" "{self.root}/*"')
        names = {row[2].decode() if isinstance(row[2], bytes) else str(row[2]) for row in listed.named("LIST")
                 if not {"\\noselect", "\\nonexistent"} & {str(flag).lower() for flag in row[0]}}
        wanted = self._after_rename_and_such(names)
        equal(sorted(names), sorted(wanted), f"I10: mailboxes of {self.root} (pending: {self.pending})")
        self.boxes = wanted
        found = {name: Found(session, name, self.boxes[name].checkpoint) for name in sorted(names)}
        expected = self._expected({name: box.messages for name, box in found.items()})
        for name in names:
            compare(name, found[name].messages, expected[name], self.pending)
            self._never_shrinks(name, found[name])
        self.pending = None

    def _after_rename_and_such(self, names):
        """The mailboxes by name, where a pending CREATE, DELETE or RENAME may have happened."""
        boxes = dict(self.boxes)
        kind, what = self.pending or (None, None)
        if kind == "create" and what["box"] in names:
            boxes[what["box"]] = Box()
        elif kind == "delete" and what["box"] not in names:
            boxes.pop(what["box"])
        elif kind == "rename" and what["box"] not in names:
            boxes[what["to"]] = boxes.pop(what["box"])
        return boxes

    def _expected(self, actual):
        """The model with the pending operation applied as far as the server shows it applied."""
        expected = {name: dict(box.messages) for name, box in self.boxes.items()}
        kind, what = self.pending or (None, None)
        if kind in ("create", "delete", "rename", None):
            return expected
        box = what["box"]
        if kind == "append":
            self._take_new(expected, actual, box, [(what["sha"], frozenset(what["flags"]))], whole=True)
        elif kind == "store":
            for uid in what["uids"]:
                sha, flags = expected[box][uid]
                after = (sha, changed_flags(flags, what))
                if actual[box].get(uid) == after:
                    expected[box][uid] = after
        elif kind == "expunge":
            for uid in what["uids"]:
                if uid not in actual[box]:
                    expected[box].pop(uid)
        elif kind == "copy":
            self._take_new(expected, actual, what["to"], [expected[box][uid] for uid in what["uids"]], whole=True)
        elif kind == "move":
            gone = [uid for uid in what["uids"] if uid not in actual[box]]
            moved = [expected[box].pop(uid) for uid in gone]
            self._take_new(expected, actual, what["to"], moved, whole=False)
        return expected

    def _take_new(self, expected, actual, name, contents, whole):
        """New UIDs of `name` that hold `contents`: all of them, or none when `whole` allows it."""
        new = {uid: value for uid, value in actual[name].items() if uid >= self.boxes[name].uidnext}
        if whole and not new:
            return
        plain = lambda values: sorted((sha, sorted(flags)) for sha, flags in values)
        equal(plain(new.values()), plain(contents),
              f"I2/I5: what appeared in {name} by the pending {self.pending}")
        expected[name].update(new)

    def _never_shrinks(self, name, found):
        box = self.boxes[name]
        if box.uidvalidity is not None:
            equal(found.uidvalidity, box.uidvalidity, f"I3: UIDVALIDITY of {name}")
        check(found.uidnext >= box.uidnext, f"I3: UIDNEXT of {name} is {found.uidnext}, was {box.uidnext}")
        check(found.uidnext > max(found.messages, default=0), f"I3: UIDNEXT of {name} is not above its UIDs")
        check(found.modseq >= box.modseq, f"I7: HIGHESTMODSEQ of {name} fell from {box.modseq} to {found.modseq}")
        check(max(found.modseqs.values(), default=0) <= found.modseq or not found.modseq,
              f"I7: a MODSEQ of {name} is above HIGHESTMODSEQ")
        for uid, (sha, _) in found.messages.items():
            equal(sha, box.history.setdefault(uid, sha), f"I3: what UID {uid} of {name} is")
        self._resynchronised(name, box, found)
        box.messages = dict(found.messages)
        box.uidvalidity, box.uidnext, box.modseq = found.uidvalidity, found.uidnext, found.modseq
        box.checkpoint = (found.uidvalidity, found.modseq, {u: f for u, (_, f) in found.messages.items()})

    @staticmethod
    def _resynchronised(name, box, found):
        """I7: a client that was away since the checkpoint and used QRESYNC now sees what is."""
        if not box.checkpoint or not box.checkpoint[1]:
            return
        live = set(found.messages)
        known = dict(box.checkpoint[2])
        check(not found.vanished & live, f"I7: VANISHED of {name} names live UIDs {found.vanished & live}")
        missing = set(known) - live - found.vanished
        check(not missing, f"I7: VANISHED of {name} lacks {missing}")
        cache = {uid: flags for uid, flags in known.items() if uid not in found.vanished}
        cache.update(found.changed)
        equal(cache, {uid: flags for uid, (_, flags) in found.messages.items()},
              f"I7: {name} as a QRESYNC client sees it")


def changed_flags(flags, what):
    return flags | {what["flag"]} if what["add"] else flags - {what["flag"]}


def compare(name, actual, expected, pending):
    if actual == expected:
        return
    lost = {uid: expected[uid] for uid in expected if uid not in actual}
    extra = {uid: actual[uid] for uid in actual if uid not in expected}
    other = {uid: (actual[uid], expected[uid]) for uid in actual
             if uid in expected and actual[uid] != expected[uid]}
    raise Failure(f"{name} is not what was acknowledged: lost (I1) {lost}, came from nowhere or came back "
                  f"(I2, I4) {extra}, changed (found, wanted; I1, I6) {other}; pending {pending}")


def expand(uids):
    out = []
    for piece in uids.split(","):
        low, _, high = piece.partition(":")
        low, high = int(low), int(high or low)
        out += list(range(low, high + 1)) if low <= high else list(range(low, high - 1, -1))
    return out
