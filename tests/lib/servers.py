"""The servers under test, started privately on loopback: Postern, and Dovecot as the yardstick.

Both classes offer the same things, so a client driver never knows which one it talks to:
start(), stop(), kill9(), restart(), add_account(address, password), imaps_port, lmtp (a
(host, port) pair), lmtp_unix (a path), ca_file, folder, log_text(). Each lives in its own
temporary directory and is ended by its own process id.
"""
import atexit
import json
import os
import pwd
import grp
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .certificates import Authority

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=20):
    """Waits until something accepts on `port`; raises when the process ends before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} while starting")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            select.select([], [], [], 0.02)  # connect() cannot be awaited: the next try comes soon
    raise RuntimeError(f"nothing listens on port {port} after {seconds} s")


class Server:
    """What both servers share: folder, certificates, accounts, process."""

    name = "?"
    push_limit = 0.5  # seconds: the most that a change may need to reach another session in IDLE

    def __init__(self, folder=None):
        self._own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="postern-")
        os.chmod(self.folder, 0o711)
        self.authority = Authority(os.path.join(self.folder, "tls"))
        self.ca_file = self.authority.ca_file
        self.certificate, self.key = self.authority.issue("localhost")
        os.chmod(os.path.join(self.folder, "tls"), 0o755)
        os.chmod(self.key, 0o644)  # a throw-away key, read by the service user
        self.accounts = {}
        self.process = None
        self.imaps_port = None
        self.lmtp = None
        self.lmtp_unix = None
        self.service_user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        account = pwd.getpwnam(self.service_user)
        self.service_group = grp.getgrgid(account.pw_gid).gr_name
        self.service_uid, self.service_gid = account.pw_uid, account.pw_gid
        atexit.register(self._at_exit)

    def __enter__(self):
        if self.process is None:
            self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.remove()

    def _at_exit(self):
        """A test that failed in an unforeseen place leaves nothing behind."""
        self.kill9()
        self.remove()

    def own(self, path):
        """Creates a folder that belongs to the service user."""
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o700)
        if os.geteuid() == 0:
            os.chown(path, self.service_uid, self.service_gid)
        return path

    def _must_not_run(self):
        if self.process is not None:
            raise RuntimeError(f"{self.name} was started already")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill9(self):
        """Ends the server and all its children at once, as a power cut would."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # start_new_session: its own group only
        except ProcessLookupError:
            pass
        self.process.wait()
        self._closed()

    def stop(self, seconds=20):
        """SIGTERM and wait; returns the exit code, or kills and raises when it does not end."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill9()
                raise RuntimeError(f"{self.name} did not end within {seconds} s of SIGTERM")
        code = self.process.returncode
        self._closed()
        return code

    def _closed(self):
        if self.process is not None and self.process.stdout:
            self.process.stdout.close()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def remove(self):
        if self._own_folder and not os.environ.get("POSTERN_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        try:
            with open(os.path.join(self.folder, "server.log"), errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""


class PosternServer(Server):
    """`postern serve` as docs describe it. Ports stay the same over restart(), so that a client
    configured once finds the server again."""

    name = "postern"

    def __init__(self, binary=None, folder=None, settings=()):
        super().__init__(folder)
        self.binary = os.path.abspath(binary or default_binary())
        self.data_dir = self.own(os.path.join(self.folder, "data"))
        run = self.own(os.path.join(self.folder, "run"))
        os.chmod(run, 0o755)
        self.lmtp_unix = os.path.join(run, "lmtp.sock")
        self.admin_unix = os.path.join(run, "admin.sock")
        self.config = os.path.join(self.folder, "postern.toml")
        self.extra = list(settings)
        self.http_port = None
        self.ready = None
        with open(self.config, "w") as out:
            out.write("# Written by the tests; what a test varies comes with --set.\n")

    def settings(self):
        """The --set values in order; later ones win."""
        port = lambda known: known or 0
        values = [
            'server.hostname="localhost"',
            f'server.data_dir="{self.data_dir}"',
            f'server.user="{self.service_user}"',
            f'server.group="{self.service_group}"',
            f'listen.imaps=["127.0.0.1:{port(self.imaps_port)}"]',
            f'listen.lmtp=["127.0.0.1:{port(self.lmtp and self.lmtp[1])}", "unix:{self.lmtp_unix}"]',
            f'listen.http=["127.0.0.1:{port(self.http_port)}"]',
            f'listen.admin="unix:{self.admin_unix}"',
            f'tls.certificates=[{{certificate="{self.certificate}", key="{self.key}"}}]',
        ]
        return values + self.extra

    def command(self, *verb):
        line = [self.binary, *verb, "--config", self.config]
        for value in self.settings():
            line += ["--set", value]
        return line

    def start(self, seconds=30):
        self._must_not_run()
        self.log = open(os.path.join(self.folder, "server.log"), "ab")
        self.process = subprocess.Popen(self.command("serve"), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log,
                                        start_new_session=True)
        self.log.close()
        line = self._first_line(seconds)
        self.ready = json.loads(line)
        if self.ready.get("event") != "ready":
            raise RuntimeError(f"the first line of stdout is not the ready line: {line!r}")
        self.imaps_port = port_of(self.ready["imaps"])
        self.lmtp = ("127.0.0.1", port_of(self.ready["lmtp"]))
        self.http_port = port_of(self.ready["http"])
        return self

    def _first_line(self, seconds):
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                self.kill9()
                raise RuntimeError(f"no ready line within {seconds} s; log:\n{self.log_text()[-2000:]}")
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                code = self.process.wait()
                self._closed()
                raise RuntimeError(f"postern ended with {code} before it was ready; log:\n"
                                   f"{self.log_text()[-2000:]}")
            line += byte
        return line.decode()

    def run(self, *verb, stdin=None, seconds=60, as_service_user=False):
        """Runs one verb to its end with the server's settings; returns CompletedProcess.

        A verb that opens the store itself must not leave root's files in it, so tests may run it
        as the user who owns the store."""
        extra = {}
        if as_service_user and os.geteuid() == 0:
            extra = {"user": self.service_uid, "group": self.service_gid, "extra_groups": []}
        return subprocess.run(self.command(*verb), input=stdin, capture_output=True, text=True,
                              timeout=seconds, **extra)

    def add_account(self, address, password):
        done = self.run("account", "add", address, "--password-stdin", stdin=password + "\n")
        if done.returncode != 0:
            raise RuntimeError(f"account add failed with {done.returncode}: {done.stderr}")
        self.accounts[address] = password


class DovecotServer(Server):
    """Debian's Dovecot 2.3 with sdbox, one passwd-file, IMAPS and LMTP, nothing shared with the
    system's own."""

    name = "dovecot"
    push_limit = 2.5  # Dovecot collects notifications for half a second

    def __init__(self, folder=None):
        super().__init__(folder)
        if not shutil.which("dovecot", path="/usr/sbin:/usr/bin:/sbin:/bin"):
            raise FileNotFoundError("dovecot is not installed (apt: dovecot-imapd dovecot-lmtpd)")
        self.mail = self.own(os.path.join(self.folder, "mail"))
        self.passwd = os.path.join(self.folder, "passwd")
        open(self.passwd, "w").close()
        os.chmod(self.passwd, 0o644)
        self.lmtp_unix = os.path.join(self.folder, "run", "lmtp-test")
        self.config = os.path.join(self.folder, "dovecot.conf")

    def _write_config(self):
        root = os.geteuid() == 0
        if root:
            users = f"first_valid_uid = {self.service_uid}\n"
            restrict = "default_login_user = dovenull\ndefault_internal_user = dovecot\n"
        else:
            users = ""
            restrict = (f"default_login_user = {self.service_user}\n"
                        f"default_internal_user = {self.service_user}\n"
                        f"default_internal_group = {self.service_group}\n")
            for service in ("anvil", "imap-login"):
                restrict += f"service {service} {{\n  chroot =\n}}\n"
        with open(self.config, "w") as out:
            out.write(f"""
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/server.log
login_trusted_networks = 127.0.0.0/8
{users}{restrict}
ssl = required
ssl_cert = <{self.certificate}
ssl_key = <{self.key}
mail_location = sdbox:{self.mail}/%u
mail_uid = {self.service_uid}
mail_gid = {self.service_gid}
mail_fsync = never
mail_max_userip_connections = 200
mailbox_list_index = yes
mmap_disable = no
lmtp_save_to_detail_mailbox = no
recipient_delimiter = +
auth_mechanisms = plain login
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu {self.passwd}
}}
userdb {{
  driver = static
  args = uid={self.service_uid} gid={self.service_gid} home={self.mail}/%u allow_all_users=no
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 1
}}
service lmtp {{
  inet_listener lmtp {{
    port = {self.lmtp[1]}
  }}
  unix_listener lmtp-test {{
    mode = 0666
  }}
  unix_listener lmtp {{
    mode = 0
  }}
  user = {self.service_user if root else ""}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
""")

    def start(self):
        self._must_not_run()
        if self.imaps_port is None:
            self.imaps_port = free_port()
            self.lmtp = ("127.0.0.1", free_port())
        self._write_config()
        self.process = subprocess.Popen(
            ["dovecot", "-F", "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        wait_for_port(self.imaps_port, self.process)
        wait_for_port(self.lmtp[1], self.process)
        return self

    def add_account(self, address, password):
        self.accounts[address] = password
        with open(self.passwd, "a") as out:
            out.write(f"{address}:{password}::::::\n")


def port_of(addresses):
    """The port of the first TCP address in a list such as ["127.0.0.1:9993", "unix:/run/x"]."""
    for address in addresses:
        if not address.startswith("unix:"):
            return int(address.rsplit(":", 1)[1])
    raise ValueError(f"no TCP address among {addresses}")


def default_binary():
    return (os.environ.get("POSTERN_BINARY")
            or os.path.join(REPOSITORY, "build", "release", "postern"))
