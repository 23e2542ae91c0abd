"""A Windows computer without a network: for what is installed, and for windows."""

import os
import pathlib
import shutil
import subprocess

import wine

# Files that Wine itself writes.
NOISE = ("system.reg", "user.reg", "userdef.reg", ".update-timestamp", "Temp", "temp")


class Computer:
    """A prefix in which only the installer runs."""

    def __init__(self, template, folder):
        self.prefix = str(folder / "wine")
        shutil.copytree(template, self.prefix, symlinks=True)
        self.env = wine.environment(self.prefix, WINEDLLOVERRIDES="mscoree=;mshtml=")
        self.server = subprocess.Popen([wine.WINESERVER, "-f", "-p"], env=self.env, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)

    def unix(self, path):
        """The file of a path on C:."""
        return os.path.join(self.prefix, "drive_c", *path.removeprefix("C:\\").split("\\"))

    def put(self, name, folder):
        """Copies a file of the Windows build into a folder, which is made."""
        os.makedirs(self.unix(folder), exist_ok=True)
        shutil.copy(wine.windows_binary(name), self.unix(folder))

    def run(self, *argv, check=True):
        """Runs a Windows program; its exit code and output."""
        out = os.path.join(self.prefix, "out.txt")
        with open(out, "w", encoding="utf-8") as file:
            done = subprocess.run([wine.WINE, *argv], env=self.env, stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=file, timeout=120, check=check)
        text = pathlib.Path(out).read_text(encoding="utf-8", errors="replace")
        os.unlink(out)
        return done.returncode, text

    def files(self):
        """All files and folders on C:, except Wine's own."""
        root = pathlib.Path(self.prefix, "drive_c")
        return {str(path.relative_to(root)) for path in root.rglob("*")
                if not any(word in path.parts for word in NOISE)}

    def stop(self):
        """Ends Wine."""
        subprocess.run([wine.WINESERVER, "-k"], env=self.env, check=False)
        self.server.wait(20)
