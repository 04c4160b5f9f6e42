"""imapflow, steered line by line (tests/clients/imapflow/driver.js)."""
import fcntl
import json
import os
import select
import subprocess
import time

from . import clients, harness
from .servers import REPOSITORY

FOLDER = os.path.join(REPOSITORY, "tests", "clients", "imapflow")


def install():
    """npm installs the locked versions once; the folder is git-ignored."""
    node = harness.need("node", "nodejs")
    npm = harness.need("npm", "npm")
    with open(os.path.join(FOLDER, "package.json")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two tests may come here at once
        if os.path.exists(os.path.join(FOLDER, "node_modules", "imapflow", "package.json")):
            return node
        done = subprocess.run([npm, "ci", "--omit=dev"], cwd=FOLDER, capture_output=True, text=True)
        if done.returncode != 0:
            raise harness.Failure(f"npm ci failed in {FOLDER}:\n{done.stderr[-1500:]}")
        return node


class ImapFlow:
    def __init__(self, server):
        self.server = server
        self.process = subprocess.Popen([install(), os.path.join(FOLDER, "driver.js")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=FOLDER)
        self.events = []
        self._buffer = b""

    def __enter__(self):
        self.info = self("connect", port=self.server.imaps_port, ca=self.server.ca_file,
                         user=clients.ADDRESS, **{"pass": self.server.accounts[clients.ADDRESS]})
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _line(self, deadline):
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                raise harness.Failure("the imapflow driver ended")
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\n", 1)
        return json.loads(line)

    def __call__(self, verb, seconds=120, **options):
        self.process.stdin.write(json.dumps({"do": verb, **options}).encode() + b"\n")
        self.process.stdin.flush()
        deadline = time.monotonic() + seconds
        while True:
            line = self._line(deadline)
            if line is None:
                raise harness.Failure(f"imapflow: no answer to {verb} within {seconds} s")
            if "event" in line:
                self.events.append(line)
            elif "error" in line:
                raise harness.Failure(f"imapflow {line['error']}")
            else:
                return line["answer"]

    def event(self, condition, seconds=5):
        """Waits for an event for which condition(event); those already here count."""
        deadline = time.monotonic() + seconds
        while True:
            for at, event in enumerate(self.events):
                if condition(event):
                    return self.events.pop(at)
            line = self._line(deadline)
            if line is None:
                raise harness.Failure(f"imapflow: the awaited event did not come; have {self.events}")
            self.events.append(line)
