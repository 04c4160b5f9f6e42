"""One session of a script: the raw client, and what is known of its modes."""
import zlib

import grammar
from lib import imap

PATIENCE = 5  # seconds that an expected response may take


class Client(imap.Imap):
    """One session: raw lines out, responses in, each checked by the grammar."""

    def __init__(self, server):
        self.mode, self._inflate, self._deflate = grammar.Mode(), None, None
        super().__init__(server, timeout=PATIENCE)

    def start_deflate(self):
        self._inflate, self._deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
        self._buffer[:] = self._inflate.decompress(bytes(self._buffer))

    def send(self, octets):
        if self._deflate:
            octets = self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        super().send(octets)

    def _more(self):
        if not self._inflate:
            return super()._more()
        held, self._buffer = self._buffer, bytearray()
        super()._more()
        self._buffer = held + self._inflate.decompress(bytes(self._buffer))

    def learn(self, raw):
        """What a response says about what later ones may look like."""
        if raw.upper().startswith(b"* ENABLED"):
            names = raw.upper().split()[2:]
            self.mode.rev2 |= b"IMAP4REV2" in names
            self.mode.utf8 |= b"UTF8=ACCEPT" in names
            self.mode.uidonly |= b"UIDONLY" in names
        elif raw.upper().startswith(b"* LANGUAGE ("):
            self.mode.language = True
