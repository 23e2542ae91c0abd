"""Certificates for tests, created by GnuTLS's certtool."""

import subprocess

TEMPLATE = """cn = "{name}"
dns_name = "{name}"
{extra}
"""


class Certificates:
    """Keys and certificates in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        """A file in the folder."""
        return f"{self.folder}/{name}"

    def _certtool(self, *args):
        """Runs certtool."""
        subprocess.run(["certtool", *args], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def _key(self, stem):
        """A new P-256 key."""
        self._certtool("--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1", "--outfile",
                       self.path(f"{stem}.key"))

    def _template(self, stem, text):
        """Writes a template."""
        with open(self.path(f"{stem}.tmpl"), "w", encoding="ascii") as file:
            file.write(text)
        return self.path(f"{stem}.tmpl")

    def authority(self, stem="ca"):
        """A CA; returns its certificate's path (PEM)."""
        self._key(stem)
        template = self._template(stem, f'cn = "{stem}"\nca\ncert_signing_key\nexpiration_days = 30\n')
        self._certtool("--generate-self-signed", "--load-privkey", self.path(f"{stem}.key"), "--template", template,
                       "--outfile", self.path(f"{stem}.pem"))
        return self.path(f"{stem}.pem")

    def server(self, stem, name, authority=None, expired=False, purpose="tls_www_server"):
        """A server's certificate, or one for another purpose; returns the paths of certificate and key (PEM)."""
        self._key(stem)
        dates = ('activation_date = "2020-01-01 00:00:00 UTC"\nexpiration_date = "2021-01-01 00:00:00 UTC"'
                 if expired else "expiration_days = 30")
        template = self._template(stem, TEMPLATE.format(name=name, extra=f"{dates}\n{purpose}\nsigning_key"))
        if authority:
            source = ["--generate-certificate", "--load-ca-certificate", self.path(f"{authority}.pem"),
                      "--load-ca-privkey", self.path(f"{authority}.key")]
        else:
            source = ["--generate-self-signed"]
        self._certtool(*source, "--load-privkey", self.path(f"{stem}.key"), "--template", template, "--outfile",
                       self.path(f"{stem}.pem"))
        return self.path(f"{stem}.pem"), self.path(f"{stem}.key")

    def der(self, stem):
        """The certificate as DER."""
        self._certtool("--certificate-info", "--infile", self.path(f"{stem}.pem"), "--outder", "--outfile",
                       self.path(f"{stem}.der"))
        return self.path(f"{stem}.der")
