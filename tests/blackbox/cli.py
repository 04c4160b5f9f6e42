#!/usr/bin/env python3
"""The verbs of an operator, while the server runs (over the admin socket) and while it does not."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap, lmtp
from lib.harness import check, equal, note, test, wait_until
from lib.lmtp import Lmtp


def new_postern(**more):
    server = harness.new_server(**more)
    if server.name != "postern":
        raise harness.Skip("Postern's own verbs")
    return server


def verb(server, *words, stdin=None, code=0):
    done = server.run(*words, stdin=stdin)
    equal(done.returncode, code, f"exit code of postern {' '.join(words)} ({done.stdout!r} {done.stderr!r})")
    if code:
        check(done.stderr.strip(), f"postern {' '.join(words)} failed without a word on stderr")
    return done


def listed(server):
    return {row["address"]: row for row in json.loads(verb(server, "account", "list", "--json").stdout)}


def signs_in(server, address, password):
    with imap.Imap(server) as session:
        reply = session.command(b"LOGIN " + imap.quote(address) + b" " + imap.quote(password))
        if not reply.ok:
            check("AUTHENTICATIONFAILED" in reply.code(), f"a refused login answered {reply}")
        return reply.ok


def accepts(server, recipient):
    with Lmtp(server.lmtp) as session:
        session.lhlo()
        (code, text), = session.envelope("a@example.net", [recipient])
        return code


def life_of_an_account(server, reachable):
    """The verbs in order; `reachable` brings the server up to look at the effect, or is a no-op."""
    name = "anna@example.org"
    verb(server, "account", "add", name, "--password-stdin", stdin="first pass\n")
    rows = listed(server)
    check(name in rows, f"list misses the new account: {rows}")
    equal(set(rows[name]) >= {"address", "aliases", "quota", "used", "disabled", "created"}, True,
          f"fields of list --json: {rows[name]}")
    equal(rows[name]["disabled"], False, "disabled")
    again = verb(server, "account", "add", name, "--password-stdin", stdin="x\n", code=1)
    check(name in again.stderr, f"a second add says: {again.stderr}")
    verb(server, "account", "add", "Anna@Example.ORG", "--password-stdin", stdin="x\n", code=1)

    verb(server, "account", "set", name, "--alias", "sales@example.org", "--alias", "info@example.org")
    equal(sorted(listed(server)[name]["aliases"]), ["info@example.org", "sales@example.org"], "aliases")
    verb(server, "account", "set", name, "--remove-alias", "info@example.org")
    equal(listed(server)[name]["aliases"], ["sales@example.org"], "aliases after --remove-alias")
    verb(server, "account", "add", "sales@example.org", "--password-stdin", stdin="x\n", code=1)
    verb(server, "account", "set", name, "--quota", "5G")
    equal(listed(server)[name]["quota"], 5 * 2**30, "quota (G is a power of 1,024)")
    verb(server, "account", "set", name, "--quota-messages", "1000", "--quota-mailboxes", "50")
    equal([listed(server)[name][key] for key in ("quota", "quota_messages", "quota_mailboxes")],
          [5 * 2**30, 1000, 50], "limits of messages and mailboxes beside the space")
    verb(server, "account", "set", name, "--quota-mailboxes", "none")
    equal(listed(server)[name]["quota_mailboxes"], 0, "no limit of mailboxes")
    shown = verb(server, "account", "show", name).stdout
    check(name in shown and "sales@example.org" in shown, f"show prints {shown}")
    check("first pass" not in shown and "$argon2" not in shown, "show prints the password or its hash")
    verb(server, "account", "show", "nobody@example.org", code=1)

    with reachable():
        check(signs_in(server, name, "first pass"), "the password is refused")
        check(signs_in(server, name.upper(), "first pass"), "login names compare without case")
        check(not signs_in(server, "sales@example.org", "first pass"), "an alias signs in")
        check(not signs_in(server, name, "First pass"), "a wrong password signs in")
        equal(accepts(server, "sales@example.org"), 250, "RCPT to the alias")
        equal(accepts(server, "info@example.org"), 550, "RCPT to the removed alias")
        equal(accepts(server, "anna+lists@example.org"), 250, "RCPT with +detail")

    verb(server, "account", "set", name, "--password-stdin", stdin="second pass\n")
    with reachable():
        check(not signs_in(server, name, "first pass"), "the old password still signs in")
        check(signs_in(server, name, "second pass"), "the new password does not sign in")
    verb(server, "account", "set", name, "--disable")
    equal(listed(server)[name]["disabled"], True, "disabled after --disable")
    with reachable():
        check(not signs_in(server, name, "second pass"), "a disabled account signs in")
        equal(accepts(server, name), 450, "RCPT to a disabled account")
    verb(server, "account", "remove", name, code=2)
    check(name in listed(server), "remove without --yes removed it")
    verb(server, "account", "remove", name, "--yes")
    check(name not in listed(server), "still listed after remove --yes")
    verb(server, "account", "remove", name, "--yes", code=1)
    with reachable():
        equal(accepts(server, name), 550, "RCPT to a removed account")
        check(not signs_in(server, name, "second pass"), "a removed account signs in")


class Always:
    def __call__(self):
        return self

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


@test
def while_the_server_runs():
    with new_postern() as server:
        life_of_an_account(server, Always())
        check("first pass" not in server.log_text() and "second pass" not in server.log_text(),
              "a password is in the log")


@test
def while_it_does_not_run():
    server = new_postern()

    class Briefly:
        def __call__(self):
            return self

        def __enter__(self):
            server.start()

        def __exit__(self, *_):
            equal(server.stop(), 0, "exit code after SIGTERM")

    try:
        life_of_an_account(server, Briefly())
    finally:
        server.stop()
        server.remove()


@test
def strange_addresses_and_passwords():
    with new_postern() as server:
        for address in ("", "plain", "@example.org", "a@", "a b@example.org", "a@example.org\n", "a\t@example.org",
                        "a@b@c", "x" * 300 + "@example.org", "../../etc@example.org/.."):
            done = server.run("account", "add", address, "--password-stdin", stdin="secret pw\n")
            check(done.returncode in (1, 2), f"{address!r} was accepted")
        verb(server, "account", "add", "nopass@example.org", "--password-stdin", stdin="\n", code=1)
        for number, password in enumerate(("  spaces  ", "Grüße 日本", 'quote " and \\', "x" * 200)):
            address = f"user{number}@example.org"
            server.add_account(address, password)
            check(signs_in(server, address, password), f"password {password!r} is refused")
        check(not signs_in(server, "user0@example.org", "spaces"), "a password is trimmed")


@test
def import_takes_hashes():
    with new_postern() as server:
        # glibc's crypt() writes what other systems have: SHA-512, made by openssl.
        done = subprocess.run(["openssl", "passwd", "-6", "-salt", "abcdefgh", "moved pass"],
                              capture_output=True, text=True, check=True)
        path = clients.write(server.folder, "accounts", f"moved@example.org {done.stdout.strip()}\n", 0o644)
        verb(server, "account", "import", path)
        check(signs_in(server, "moved@example.org", "moved pass"), "an imported account does not sign in")


@test
def status_and_configuration():
    with new_postern() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        data = json.loads(verb(server, "status", "--json").stdout)
        check(isinstance(data, dict) and data, "status --json prints no object")
        check(verb(server, "status").stdout.strip(), "status prints nothing")
        verb(server, "config", "check")
        shown = verb(server, "config", "show").stdout
        check("max_message_size" in shown, f"config show prints {shown[:300]}")
        bad = clients.write(server.folder, "bad.toml", "[server]\nhostnam = \"x\"\n", 0o644)
        done = subprocess.run([server.binary, "config", "check", "--config", bad], capture_output=True, text=True)
        equal(done.returncode, 1, "config check of a bad file")
        check(re.search(r"bad\.toml:2", done.stderr + done.stdout), f"no line number in {done.stderr}")
        import urllib.request
        health = urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/healthz", timeout=10)
        equal(health.status, 200, "/healthz")
        check(isinstance(json.load(health), dict), "/healthz is no JSON object")
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/metrics", timeout=10).read().decode()
        names = {re.split(r"[ {]", line)[0] for line in metrics.splitlines() if line and not line.startswith("#")}
        check(names and all(name.startswith("postern_") for name in names), f"metrics: {sorted(names)[:20]}")
    done = server.run("status")
    check(done.returncode == 1 and done.stderr, "status of a server that does not run")


@test
def drains_and_reloads():
    import signal
    with new_postern() as server:
        server.add_account(clients.ADDRESS, clients.PASSWORD)
        session = imap.session(server)
        session.select("INBOX")
        first = certificate_seen(server)
        other, key = server.authority.issue("localhost", stem="renewed")
        os.replace(other, server.certificate)
        os.replace(key, server.key)
        os.chmod(server.key, 0o644)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: certificate_seen(server) != first, "the renewed certificate")
        session.ok("NOOP")  # no connection was dropped
        tag, _ = session.idle()
        server.process.send_signal(signal.SIGTERM)
        farewell = session.read_to_end()
        check(any(line.startswith(b"* BYE") for line in farewell), f"SIGTERM without BYE: {farewell}")
        equal(server.process.wait(20), 0, "exit code after SIGTERM")


@test
def renews_a_key_that_only_root_reads():
    import signal
    if os.geteuid() != 0:
        raise harness.Skip("since 2026-11-20, only root starts a server that drops its rights")
    server = new_postern()
    os.chmod(server.key, 0o600)
    with server:
        for number in range(3):
            before = certificate_seen(server)
            other, key = server.authority.issue("localhost", stem=f"renewed{number}")
            os.chmod(key, 0o600)
            os.replace(key, server.key)
            os.replace(other, server.certificate)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: certificate_seen(server) != before, "the renewed certificate")
        # A file that is gone is said to be, and what was served is served on.
        os.rename(server.key, server.key + ".gone")
        before = certificate_seen(server)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "No such file" in server.log_text(), "the reason in the log")
        equal(certificate_seen(server), before, "the certificate after a reload that failed")
        children = open(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read().split()
        equal(len(children), 1, "child processes")
        status = open(f"/proc/{children[0]}/status").read()
        check(re.search(r"^Uid:\s+0\b", status, re.M) is None, "the reader of certificates is root")
        equal(re.search(r"^CapEff:\s+(\w+)", status, re.M)[1], "0000000000000004", "its capabilities")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(20)
        wait_until(lambda: not os.path.exists(f"/proc/{children[0]}"), "the end of the reader of certificates")


def certificate_seen(server):
    import ssl
    return ssl.get_server_certificate(("127.0.0.1", server.imaps_port))


harness.main()
