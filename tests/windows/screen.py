"""A screen without a monitor, and pictures of it."""

import mmap
import os
import struct
import subprocess
import zlib


class Screen:
    """An X server whose picture is a file in X's window dump format."""

    def __init__(self, folder, width=1280, height=1024):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-fbdir",
                                        self.folder, "-nolisten", "tcp", "-noreset"], pass_fds=[write],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = ":" + pipe.readline().strip()

    def shot(self, path, box):
        """Writes the pixels within left, top, right, bottom as a PNG. Returns them as rows of RGB bytes."""
        with open(os.path.join(self.folder, "Xvfb_screen0"), "rb") as file:
            data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
            header = struct.unpack(">25I", data[:100])
            start, width, height, stride = header[0] + header[19] * 12, header[4], header[5], header[12]
            left, top, right, bottom = box
            right, bottom = min(right, width), min(bottom, height)
            rows = []
            for y in range(max(top, 0), bottom):
                line = data[start + y * stride + 4 * max(left, 0):start + y * stride + 4 * right]
                # 32 bits per pixel, BGRX in memory.
                rgb = bytearray(len(line) // 4 * 3)
                rgb[0::3], rgb[1::3], rgb[2::3] = line[2::4], line[1::4], line[0::4]
                rows.append(bytes(rgb))

        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0,
                                                                         0, 0))
                       + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b""))
        return rows

    def stop(self):
        """Ends it."""
        self.server.terminate()
        self.server.wait(10)
