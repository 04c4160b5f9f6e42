#!/usr/bin/env python3
"""What keeps the server from starting is one clear line on stderr and exit code 1, and nothing in
the data directory is touched."""
import hashlib
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap, lmtp
from lib.harness import check, equal, note, test


def ready_server():
    """A stopped server with one account and one message in it."""
    server = harness.new_server()
    if server.name != "postern":
        raise harness.Skip("these are Postern's own messages")
    server.start()
    server.add_account(clients.ADDRESS, clients.PASSWORD)
    lmtp.deliver_all(server, clients.ADDRESS, [corpus.simple(1)])
    return server


def print_of(folder):
    """{relative path: (mode, size, sha256)} of all that lies in a folder; the lock file names the
    process that tried last and does not count."""
    found = {}
    for base, folders, files in os.walk(folder):
        for name in folders + [file for file in files if file != "LOCK"]:
            path = os.path.join(base, name)
            state = os.lstat(path)
            digest = ""
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as source:
                    digest = hashlib.sha256(source.read()).hexdigest()
            found[os.path.relpath(path, folder)] = (state.st_mode, state.st_size if digest else 0, digest)
    return found


def refuses(server, what, naming, seconds=20, **changes):
    """Runs serve with changed settings: exit 1, one line that matches `naming`, nothing touched."""
    for name, value in changes.items():
        setattr(server, name, value)
    before = print_of(server.data_dir)
    done = subprocess.run(server.command("serve"), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds)
    lines = [line for line in done.stderr.splitlines() if is_error(line)]
    note(f"{what}: {lines[-1][:200] if lines else done.stderr[-300:]!r}")
    equal(done.returncode, 1, f"exit code with {what} ({done.stderr[-500:]!r})")
    equal(done.stdout, "", f"stdout with {what}")
    equal(len(lines), 1, f"error lines with {what} ({done.stderr!r})")
    check(re.search(naming, lines[0], re.I), f"with {what} the line says: {lines[0]}")
    equal(print_of(server.data_dir), before, f"the data directory after {what}")


def is_error(line):
    """Log lines of other levels may stand beside the one line that matters."""
    return not re.match(r'\s*(\{.*"level"\s*:\s*"(debug|info|warn\w*)"|.*\b(level=)?(debug|info|warn(ing)?)\b[^:]*:? )',
                        line, re.I) or re.match(r"(postern: )?error", line, re.I) is not None


@test
def data_directory_in_use():
    server = ready_server()
    other = ready_server()
    try:
        untouched = {name: what for name, what in print_of(server.data_dir).items()}
        settings = [value for value in other.settings() if not value.startswith("server.data_dir")]
        other.stop()
        command = [other.binary, "serve", "--config", other.config]
        for value in settings + [f'server.data_dir="{server.data_dir}"']:
            command += ["--set", value]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        equal(done.returncode, 1, f"exit code ({done.stderr!r})")
        errors = [line for line in done.stderr.splitlines() if is_error(line)]
        equal(len(errors), 1, f"error lines ({done.stderr!r})")
        note(errors[0][:200])
        check(re.search(r"in use|another process|locked", errors[0], re.I), errors[0])
        equal(set(print_of(server.data_dir)) - set(untouched), set(), "files that the second one made")
        check(server.alive(), "the first server ended")
        equal(len(clients.on_server(server)), 1, "messages that the first one still serves")
    finally:
        for each in (server, other):
            each.stop()
            each.remove()


@test
def refuses_to_start():
    server = ready_server()
    server.stop()
    good = list(server.extra)
    try:
        key = os.path.join(server.folder, "wrong.key")
        with open(key, "wb") as out:
            out.write(bytes(range(32)))
        os.chmod(key, 0o600)
        os.chown(key, server.service_uid, server.service_gid)
        refuses(server, "a wrong master key", r"master key|master_key", extra=good + [f'storage.master_key="{key}"'])

        _, other_key = server.authority.issue("localhost", stem="other")
        refuses(server, "a key that does not fit the certificate", r"other\.key|does not (fit|match)|mismatch",
                extra=good + [f'tls.certificates=[{{certificate="{server.certificate}", key="{other_key}"}}]'])
        missing = os.path.join(server.folder, "missing.pem")
        refuses(server, "a missing certificate", r"missing\.pem",
                extra=good + [f'tls.certificates=[{{certificate="{missing}", key="{server.key}"}}]'])
        rubbish = clients.write(server.folder, "rubbish.pem", "this is no certificate\n", 0o644)
        refuses(server, "a certificate that is none", r"rubbish\.pem",
                extra=good + [f'tls.certificates=[{{certificate="{rubbish}", key="{server.key}"}}]'])

        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refuses(server, "a port in use", rf"{port}", extra=good + [f'listen.imaps=["127.0.0.1:{port}"]'])
        refuses(server, "an LMTP listener for strangers", r"lmtp",
                extra=good + ['listen.lmtp=["0.0.0.0:0"]'])

        server.extra = good
        original = server.config
        for what, text, naming in (
                ("an unknown key", "[server]\nhostnam = \"x\"\n", r":2.*hostnam\b.*hostname"),
                ("a wrong type", "[server]\nhostname = 5\n", r":2.*hostname"),
                ("a syntax error", "[server\n", r":1\b"),
                ("a key of work not built yet", "[acme]\ndirectory = \"https://x\"\n", r"acme"),
                ("a size that is none", "[limits]\nmax_message_size = \"lots\"\n", r":2.*max_message_size")):
            path = clients.write(server.folder, "bad.toml", text, 0o644)
            refuses(server, what, rf"bad\.toml{naming}", config=path)
        refuses(server, "an absent configuration file", r"absent\.toml",
                config=os.path.join(server.folder, "absent.toml"))
        if os.geteuid() != 0:
            locked = clients.write(server.folder, "locked.toml", "", 0o000)
            refuses(server, "an unreadable configuration file", r"locked\.toml", config=locked)
        folder = os.path.join(server.folder, "folder.toml")
        os.mkdir(folder)
        refuses(server, "a folder as configuration file", r"folder\.toml", config=folder)
        server.config = original
        if os.geteuid() == 0:
            refuses(server, "a user that does not exist", r"no-such-user",
                    extra=good + ['server.user="no-such-user"'])
        server.extra = good
        server.start()  # after all that it starts and serves what it had
        equal(len(clients.on_server(server)), 1, "messages at the end")
    finally:
        server.stop()
        server.remove()


@test
def newer_format_is_refused():
    """A version stamp of a newer format: refused, not damaged."""
    server = ready_server()
    server.stop()
    stamps = [name for name in os.listdir(server.data_dir) if re.search("version|format|stamp", name, re.I)]
    try:
        if not stamps:
            raise harness.Skip("no version stamp file at the top of the data directory")
        path = os.path.join(server.data_dir, stamps[0])
        with open(path) as source:
            text = source.read()
        with open(path, "w") as out:
            out.write(re.sub(r"\d+", "999", text, count=1))
        refuses(server, "a newer format", r"newer|version|format")
    finally:
        server.stop()
        server.remove()


@test
def wrong_usage_is_exit_2():
    server = harness.new_server()
    if server.name != "postern":
        raise harness.Skip("Postern's own")
    for arguments in (["fly"], ["serve", "--fast"], ["account", "add"], ["serve", "--set"]):
        done = subprocess.run([server.binary, *arguments], capture_output=True, text=True, timeout=20,
                              stdin=subprocess.DEVNULL)
        equal(done.returncode, 2, f"exit code of postern {' '.join(arguments)} ({done.stderr!r})")
        check(done.stderr and not done.stdout, "an error belongs on stderr")
    for arguments in (["--help"], ["serve", "--help"], ["account", "add", "--help"]):
        done = subprocess.run([server.binary, *arguments], capture_output=True, text=True, timeout=20)
        equal(done.returncode, 0, f"exit code of {arguments}")
        check("sage" in done.stdout, f"no usage on stdout of {arguments}")
    server.remove()


harness.main()
