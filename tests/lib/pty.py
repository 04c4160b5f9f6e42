"""Runs a full-screen program on a pseudo terminal and waits for text or for a condition."""
import fcntl
import os
import pty as _pty
import select
import signal
import struct
import termios
import time


class Terminal:
    def __init__(self, command, env=None, rows=40, columns=160, cwd=None):
        self.output = b""
        self.pid, self.fd = _pty.fork()
        if self.pid == 0:
            try:
                if cwd:
                    os.chdir(cwd)
                os.execvpe(command[0], command, env or os.environ)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.code = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()
        os.close(self.fd)

    def send(self, keys):
        os.write(self.fd, keys if isinstance(keys, bytes) else keys.encode())

    def _read(self, seconds):
        """False at the end of the program."""
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return True
        try:
            more = os.read(self.fd, 65536)
        except OSError:
            more = b""
        self.output += more
        return bool(more)

    def wait(self, condition, seconds=30):
        """Waits until the output contains bytes `condition`, or until condition() is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition() if callable(condition) else condition in self.output:
                return True
            if not self._read(min(0.05, deadline - time.monotonic())):
                return condition() if callable(condition) else condition in self.output
        return False

    def wait_end(self, seconds=30):
        """The exit code; raises TimeoutError when the program goes on."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self._read(min(0.1, deadline - time.monotonic())):
                return self._reap()
        raise TimeoutError(f"the program still runs; its last output: {self.output[-500:]!r}")

    def _reap(self):
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code
