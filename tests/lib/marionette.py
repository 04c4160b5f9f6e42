"""A client for Marionette, the remote control of Mozilla programs: "length:JSON" over TCP.

Only what the Thunderbird test needs: a session, the chrome context, scripts that may await.
"""
import json
import os
import select
import socket
import time


class MarionetteError(Exception):
    pass


class Marionette:
    def __init__(self, port, process, seconds=60):
        self.socket = self._connect(port, process, seconds)
        self.socket.settimeout(seconds)
        self._buffer = b""
        self._number = 0
        self._message()  # the server introduces itself
        self.command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        self.command("Marionette:SetContext", {"value": "chrome"})

    @staticmethod
    def _connect(port, process, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise MarionetteError(f"the program ended with {process.returncode}")
            try:
                return socket.create_connection(("127.0.0.1", port), 2)
            except OSError:
                select.select([], [], [], 0.1)  # nothing to wait on: the program opens it late
        raise MarionetteError(f"no Marionette on port {port} after {seconds} s")

    def _message(self):
        while b":" not in self._buffer:
            self._more()
        length, self._buffer = self._buffer.split(b":", 1)
        while len(self._buffer) < int(length):
            self._more()
        message, self._buffer = self._buffer[:int(length)], self._buffer[int(length):]
        return json.loads(message)

    def _more(self):
        more = self.socket.recv(65536)
        if not more:
            raise MarionetteError("the program closed the connection")
        self._buffer += more

    def command(self, name, parameters=None):
        self._number += 1
        octets = json.dumps([0, self._number, name, parameters or {}]).encode()
        self.socket.sendall(b"%d:" % len(octets) + octets)
        while True:
            kind, number, error, result = self._message()
            if kind == 1 and number == self._number:
                break
        if error:
            raise MarionetteError(f"{error.get('error')}: {error.get('message')}\n"
                                  f"{error.get('stacktrace', '')[:800]}")
        return result

    def run(self, script, *arguments, seconds=60):
        """Runs the body of an async function in the program; returns what it returns."""
        wrapped = ("const done = arguments[arguments.length - 1];\n"
                   "(async (...args) => {" + script + "})(...Array.from(arguments).slice(0, -1))"
                   ".then(value => done({value}), error => done({error: `${error}\\n${error.stack}`}));")
        self.socket.settimeout(seconds + 20)
        self.command("WebDriver:SetTimeouts", {"script": seconds * 1000})
        result = self.command("WebDriver:ExecuteAsyncScript",
                              {"script": wrapped, "args": list(arguments), "sandbox": "system",
                               "newSandbox": False})["value"]
        if result.get("error"):
            raise MarionetteError(result["error"])
        return result.get("value")

    def quit(self):
        try:
            self.command("Marionette:Quit", {"flags": ["eForceQuit"]})
        except (MarionetteError, OSError):
            pass
        self.socket.close()
