"""Plays one script against a running server and collects what differs from it."""
import base64
import re

import grammar
import match
from client import Client
from lib import imap, lmtp

PASSWORD = "open sesame"
_IN_ORDER = re.compile(r"\* \d+ (?:EXISTS|EXPUNGE|FETCH|UIDFETCH)\b|\* VANISHED ")


class Difference(Exception):
    """Where a session and its script part."""

    def __init__(self, script, step, text, tags=()):
        super().__init__(f"{script.name}.txt:{step.line}: {text}")
        self.script, self.tags = script.name, list(tags)


class Player:
    def __init__(self, script, server, address, texts):
        self.script, self.server, self.address = script, server, address
        self.values = dict(texts, CR="\r", LF="\n", user=address, password=PASSWORD,
                           login=base64.b64encode(f"\0{address}\0{PASSWORD}".encode()).decode())
        self.clients, self.differences, self.played = {}, [], 0

    def play(self):
        """Returns the differences; the script goes on after one as long as the session is in step."""
        try:
            self._prepare()
            for step in self.script.steps:
                if step.directive:
                    self._direct(step)
                else:
                    self._step(step)
                    self.played += step.exchanges()
            self._nothing_left()
        except Difference as difference:
            self.differences.append(difference)
        except match.Unbound as error:
            self.differences.append(Difference(self.script, step, f"{error}, the rest is not played", self._tags(step)))
        finally:
            for client in self.clients.values():
                client.close()
        return self.differences

    def _prepare(self):
        if not self.script.mail:
            return
        client = imap.session(self.server, self.address)
        for mailbox, name, more in self.script.mail:
            message = self.values[name].encode("latin-1")
            flags = re.search(r"\((.*?)\)", more)
            date = re.search(r'"(.*?)"', more)
            for _ in range(int((re.search(r"\*(\d+)\Z", more) or [0, 1])[1])):
                reply = client.append(mailbox, message, flags[1] if flags else "", date[1] if date else "")
                if not reply.ok:
                    client.ok(f'CREATE "{mailbox}"')
                    client.append(mailbox, message, flags[1] if flags else "", date[1] if date else "")
        for mailbox in {mailbox for mailbox, _, _ in self.script.mail}:
            client.select(mailbox)  # takes \Recent away
        client.logout()

    def _client(self, number):
        if number not in self.clients:
            client = self.clients[number] = Client(self.server)
            grammar.check(client.greeting, client.mode, greeting=True)
            if number not in self.script.strangers:
                client.login(self.address, PASSWORD)
        return self.clients[number]

    def _direct(self, step):
        word, rest = step.directive
        if word == "deliver":
            lmtp.deliver_all(self.server, self.address, [self.values[rest].encode("latin-1")])
        elif word == "close":
            self.clients.pop(int(rest)).close()
        elif word == "deflate":
            self._client(int(rest or 1)).start_deflate()
        elif word == "let":
            name, _, text = rest.partition(" ")
            self.values[name] = match.fill(text, self.values)

    # -- one step ---------------------------------------------------------------------------

    def _step(self, step):
        client = self._client(step.session)
        fresh = step.session in self.script.strangers and not getattr(client, "greeted", False)
        client.greeted = True
        queue = [client.greeting] if fresh and not step.send else []
        lines = [match.fill(line, self.values) for line in step.send]
        if any(line.upper().endswith(" UNAUTHENTICATE") for line in lines):
            client.mode = grammar.Mode()  # RFC 8437 §4.1: what was enabled is so no more
        out = "".join(line[:-3] if line.endswith("\\-\\") else line + "\r\n" for line in lines)
        try:
            if out:
                client.send(out.encode("latin-1"))
        except OSError as error:
            raise Difference(self.script, step, f"cannot send: {error}", self._tags(step)) from None
        expected = list(step.expected)
        while expected:
            last = next((i for i, e in enumerate(expected) if e.ends), len(expected) - 1)
            self._segment(client, step, expected[:last + 1], queue)
            expected = expected[last + 1:]

    def _segment(self, client, step, expected, queue):
        """Reads up to the response that ends the segment and compares all of it."""
        ending = expected[-1] if expected[-1].ends else None
        got, wrong = [], []
        wanted = [e for e in (expected[:-1] if ending else expected) if e.text != "..."]
        while True:
            if not ending and not any(e.kind in ":>" for e in self._missing(wanted, got)):
                break
            try:
                raw = queue.pop(0) if queue else client.response()
            except (imap.Closed, TimeoutError) as reason:
                if ending and ending.text == "closed" and isinstance(reason, imap.Closed):
                    break
                shown = "".join("\n    got  " + self._show(r) for r in got)
                raise Difference(self.script, step, f"{reason or 'timeout'} while waiting for "
                                 f"{self._show(expected[-1].text)}{shown}", self._tags(step)) from None
            client.learn(raw)
            wrong += self._ungrammatical(client, raw)
            got.append(raw.decode("latin-1"))
            if ending and not got[-1].startswith("* "):
                break
        wrong += self._compare(wanted, ending, got, any(e.text == "..." for e in expected))
        if wrong:
            sent = "".join("\n    sent " + self._show(line) for line in step.send)
            shown = "".join("\n    got  " + self._show(r) for r in got)
            tags = [ending.tag] if ending and ending.tag else self._tags(step)
            self.differences.append(Difference(self.script, step, "; ".join(wrong) + sent + shown, tags))
            if ending and got and got[-1].startswith("+") != ending.text.startswith("+"):
                raise Difference(self.script, step, "the rest of this script is not played", tags)

    def _ungrammatical(self, client, raw):
        try:
            grammar.check(raw, client.mode, greeting=raw is client.greeting)
            return []
        except grammar.GrammarError as error:
            return [f"not the formal syntax: {error}"]

    def _missing(self, wanted, got):
        """What of `wanted` is not in `got` yet, without keeping what was taken."""
        return self._pair(wanted, got, dict(self.values))[0]

    def _pair(self, wanted, got, values):
        """(wanted that did not come, responses nobody wanted, values, places of the wanted in got)"""
        left, unwanted, places = list(wanted), [], {}
        for at, response in enumerate(got):
            in_order = bool(_IN_ORDER.match(response))
            for e in left:
                found = match.matches(e.text, response, values) if e.kind != "!" else None
                if found is not None:
                    values, places[id(e)] = found, at
                    left.remove(e)
                    break
                if in_order and e.kind in ":>" and _IN_ORDER.match(e.text):
                    unwanted.append(response)  # an earlier one of those in order is still to come
                    break
            else:
                unwanted.append(response)
        return left, unwanted, values, places

    def _compare(self, wanted, ending, got, others):
        wrong = []
        untagged = got[:-1] if ending and ending.text != "closed" else got
        left, unwanted, values, places = self._pair(wanted, untagged, dict(self.values))
        for e in left:
            if e.kind in ":>":
                wrong.append(f"missing: {self._show(e.text)}")
        for e in (e for e in wanted if e.kind == "!"):
            if any(match.matches(e.text, response, values) is not None for response in untagged):
                wrong.append(f"must not come: {self._show(e.text)}")
        for before, e in zip(wanted, wanted[1:]):
            if e.kind == ">" and places.get(id(e), 0) < places.get(id(before), 0):
                wrong.append(f"must come after the line above it: {self._show(e.text)}")
        if unwanted and not others:
            wrong.append("not wanted: " + ", ".join(map(self._show, unwanted)))
        if ending and ending.text != "closed":
            found = match.matches(ending.text, got[-1], values)
            if found is None:
                wrong.append(f"wanted: {self._show(ending.text)}")
            values = found or values
        self.values = values
        return wrong

    def _nothing_left(self):
        """A session must not say more than its script."""
        for number, client in self.clients.items():
            if client.pending():
                try:
                    raw = client.response()
                except (imap.Closed, TimeoutError):
                    continue
                if not raw.startswith(b"* BYE"):
                    step = self.script.steps[-1]
                    raise Difference(self.script, step, f"session {number} says more: {self._show(raw.decode('latin-1'))}")

    @staticmethod
    def _tags(step):
        return [e.tag for e in step.expected if e.tag]

    @staticmethod
    def _show(text):
        shown = text.encode("latin-1", "replace").decode("utf-8", "replace")
        shown = shown.replace("\r\n", "⏎")
        return shown if len(shown) < 400 else shown[:400] + f"... ({len(shown)})"
