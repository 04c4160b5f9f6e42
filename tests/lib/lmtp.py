"""A small LMTP client (RFC 2033) over TCP or a Unix socket: delivery, and raw lines for tests."""
import re
import socket


class LmtpError(Exception):
    pass


def dot_stuffed(message):
    """The octets after DATA: lines beginning with a dot get one more, CRLF.CRLF ends."""
    stuffed = re.sub(rb"(\A|\r\n)\.", rb"\1..", message)
    if not stuffed.endswith(b"\r\n"):
        stuffed += b"\r\n"
    return stuffed + b".\r\n"


class Lmtp:
    """`address` is (host, port) or the path of a Unix socket."""

    def __init__(self, address, timeout=30):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        while b"\n" not in self._buffer:
            more = self.socket.recv(65536)
            if not more:
                raise LmtpError("the server closed the connection")
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def reply(self):
        """One reply as (code, [lines without the code])."""
        lines = []
        while True:
            line = self.line()
            if not re.match(rb"\d{3}[ -]", line + b" "):
                raise LmtpError(f"not a reply: {line!r}")
            lines.append(line[4:].decode("utf-8", "replace"))
            if line[3:4] != b"-":
                return int(line[:3]), lines

    def command(self, text):
        self.send(text if isinstance(text, bytes) else text.encode() + b"\r\n")
        return self.reply()

    def lhlo(self, name="client.example"):
        code, lines = self.command(f"LHLO {name}")
        if code != 250:
            raise LmtpError(f"LHLO answered {code}")
        return [line.upper() for line in lines[1:]]

    def envelope(self, sender, recipients, parameters=""):
        """MAIL and RCPT; returns the recipients' replies."""
        code, text = self.command(f"MAIL FROM:<{sender}>{parameters}")
        if code != 250:
            raise LmtpError(f"MAIL answered {code} {text}")
        return [self.command(f"RCPT TO:<{recipient}>") for recipient in recipients]

    def deliver(self, recipients, message, sender="sender@example.net"):
        """One message to all recipients; returns one (code, lines) for each accepted recipient."""
        if isinstance(recipients, str):
            recipients = [recipients]
        rcpt = self.envelope(sender, recipients)
        accepted = [answer for answer in rcpt if answer[0] == 250]
        if not accepted:
            self.command("RSET")
            return rcpt
        code, text = self.command("DATA")
        if code != 354:
            raise LmtpError(f"DATA answered {code} {text}")
        self.send(dot_stuffed(message))
        return [self.reply() for _ in accepted]

    def quit(self):
        try:
            self.command("QUIT")
        except (OSError, LmtpError):
            pass
        self.close()


def deliver_all(server, address, messages):
    """Delivers every message to `address` over one connection; every one must be accepted."""
    with Lmtp(server.lmtp) as lmtp:
        lmtp.lhlo()
        for message in messages:
            for code, text in lmtp.deliver(address, message):
                if code != 250:
                    raise LmtpError(f"delivery answered {code} {text}")
        lmtp.quit()
