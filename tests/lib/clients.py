"""What the drivers of real mail apps share: a server filled over LMTP, a scratch folder, a runner
of the client's command, and the comparison of what the client ended with."""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile

from . import corpus, harness, imap, lmtp

ADDRESS = "user@example.org"
PASSWORD = "correct horse 7"


@contextlib.contextmanager
def filled_server(messages=200, tame=True, largest=2_000_000, only=None):
    """A started server with one account whose INBOX holds messages; yields (server, originals).

    Only tame messages by default: mail programs may mend NULs, bare CRs and missing headers, and
    these drivers are about the server (blackbox/corpus_roundtrip.py has the wild ones)."""
    limit = harness.options.messages if harness.options.messages is not None else messages
    originals = corpus.load(limit or None, tame=tame, largest=largest, only=only)
    server = harness.new_server()
    with server:
        try:
            server.add_account(ADDRESS, PASSWORD)
            lmtp.deliver_all(server, ADDRESS, [m.data for m in originals])
            yield server, originals
            harness.check(server.alive(), "the server ended during the test")
        except BaseException:
            print("     last lines of the server's log:\n" + "\n".join(
                "     | " + line[:300] for line in server.log_text().splitlines()[-8:]), flush=True)
            raise


@contextlib.contextmanager
def scratch():
    """A folder that is the client's home."""
    folder = tempfile.mkdtemp(prefix="client-")
    try:
        yield folder
    finally:
        if not os.environ.get("POSTERN_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def write(folder, name, text, mode=0o600):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)
    return path


def run(command, home, seconds=120, codes=(0,), **more):
    """Runs a client to its end; its output is part of the failure when the code is unexpected."""
    env = {"HOME": home, "PATH": os.environ["PATH"] + ":/usr/sbin", "LANG": "C.UTF-8",
           "TMPDIR": home, **more.pop("env", {})}
    done = subprocess.run(command, env=env, cwd=home, stdin=more.pop("stdin", subprocess.DEVNULL),
                          capture_output=True, timeout=seconds, **more)
    if codes is not None and done.returncode not in codes:
        raise harness.Failure(f"{os.path.basename(command[0])} ended with {done.returncode}:\n"
                              + (done.stdout + done.stderr).decode("utf-8", "replace")[-3000:])
    return done


def unprivileged(server, home):
    """For clients that refuse to work as root: gives them `home` and returns run()'s arguments."""
    if os.geteuid() != 0:
        return {}
    for base, _, files in os.walk(home):
        for path in [base, *(os.path.join(base, f) for f in files)]:
            os.chown(path, server.service_uid, server.service_gid)
    return {"user": server.service_uid, "group": server.service_gid, "extra_groups": []}


def version(command, pattern=r"\d+(?:\.\d+)+"):
    """The first thing that looks like a version in the command's output."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(0) if found else "unknown"


def on_server(server, mailbox="INBOX"):
    """[(octets, flags)] of a mailbox in UID order, read by the raw client."""
    with imap.session(server, ADDRESS) as session:
        return [content for _, content in sorted(imap.bodies(session, mailbox).items())]


def hashes(bodies):
    """Sorted SHA-256 of bodies with line ends made equal, to compare two places."""
    return sorted(corpus.sha256(corpus.normal(body)) for body in bodies)


def body_hashes(messages):
    """As hashes(), of what follows the header: for clients that rewrite headers on their way."""
    return sorted(corpus.sha256(corpus.normal(m).partition(b"\n\n")[2].rstrip(b"\n")) for m in messages)


def delivered_intact(server, originals, mailbox="INBOX"):
    """Every original is on the server below the prepended headers; returns the bodies."""
    bodies = [body for body, _ in on_server(server, mailbox)]
    harness.equal(len(bodies), len(originals), "messages on the server")
    for body, original in zip(bodies, originals):
        harness.check(intact(body, original), f"{original.name} is not on the server byte for byte")
    return bodies


def intact(body, original):
    """True if a delivered body is the original below what delivery prepends, byte for byte.

    Postern removes an old Return-Path; Dovecot lets it stand."""
    return body.endswith(without_return_path(original.data)) or body.endswith(original.data)


def without_return_path(message):
    """Without the Return-Path fields of its header, which ends at a line that is no field.

    A first line that begins with a space goes on from the headers that delivery prepends."""
    head, gap, body = message.partition(b"\r\n\r\n")
    fields, kept, in_header = re.split(rb"\r\n(?![ \t])", head), [], True
    for at, field in enumerate(fields):
        continues = at == 0 and field[:1] in (b" ", b"\t")
        in_header = in_header and (continues or re.match(rb"[!-9;-~]+[ \t]*:", field) is not None)
        if not (in_header and re.match(rb"return-path[ \t]*:", field, re.I)):
            kept.append(field)
    return b"\r\n".join(kept) + gap + body if len(kept) != len(fields) else message


def maildir_files(folder):
    """{path: bytes} of all messages in a Maildir (cur and new)."""
    out = {}
    for part in ("cur", "new"):
        for name in os.listdir(os.path.join(folder, part)):
            path = os.path.join(folder, part, name)
            with open(path, "rb") as source:
                out[path] = source.read()
    return out
