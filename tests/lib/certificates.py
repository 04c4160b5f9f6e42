"""A private certificate authority for one test run, made with the openssl command line.

Clients are given `ca_file` and validate; nothing in the tests switches validation off.
"""
import os
import subprocess


def _openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


class Authority:
    """A CA in `folder`; issue() makes server certificates signed by it."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.ca_file = os.path.join(folder, "ca.pem")
        self._ca_key = os.path.join(folder, "ca.key")
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-days", "30", "-subj", "/CN=Postern test CA", "-keyout", self._ca_key,
                 "-out", self.ca_file,
                 "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name="localhost", stem=None):
        """Returns (certificate file, key file) for `name`; localhost also covers 127.0.0.1."""
        stem = os.path.join(self.folder, stem or name)
        names = f"DNS:{name}" + (",IP:127.0.0.1" if name == "localhost" else "")
        with open(stem + ".ext", "w") as out:
            out.write(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n"
                      "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", stem + ".key", "-out", stem + ".csr")
        _openssl("x509", "-req", "-in", stem + ".csr", "-CA", self.ca_file, "-CAkey", self._ca_key,
                 "-CAcreateserial", "-days", "20", "-extfile", stem + ".ext", "-out", stem + ".pem")
        return stem + ".pem", stem + ".key"
