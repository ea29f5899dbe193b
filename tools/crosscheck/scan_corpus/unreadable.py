"""Members of zip archives that are not what is announced, and streams that only some decompressors read."""
import io
import struct
import zipfile
import zlib
from pickle import PROTO

import numpy as np
import torch

from pieces import OS, UNOPENED, bad, good, saved


def archive(*members):
    """A zip archive by hand, of name, bytes as they are kept, method, two sizes, and an extra field."""
    body, directory = b"", b""
    for name, data, method, compressed, size, extra in members:
        name = name.encode()
        sizes = struct.pack("<III", 0, compressed, size)
        directory += struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, method, 1, 0x21) + sizes
        directory += struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, len(body)) + name + extra
        body += struct.pack("<IHHHHH", 0x04034B50, 20, 0, method, 1, 0x21) + sizes
        body += struct.pack("<HH", len(name), len(extra)) + name + extra + data
    count = len(members)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def two_sizes():
    """Stored members whose sizes differ: miniz reads the one, and Python's zipfile the other."""
    clean = PROTO + b"\2N." + b"\0" * (len(OS) - 4)
    all_ones = 0xFFFFFFFF
    for size in (2**63 - 1, 2**62, 2**64 - 1):
        huge = struct.pack("<HHQQ", 1, 16, size, len(clean))
        UNOPENED[f"two-sizes-{size}"] = archive(("a.bin", clean, 0, all_ones, all_ones, huge))
    for name, data in {"payload": OS, "clean": clean}.items():
        length = len(data)
        both = struct.pack("<HHQQ", 1, 16, length, 1)
        one = struct.pack("<HHQ", 1, 8, length)
        for label, sizes in {
            "short": (1, length, b""), "long": (length, 1, b""), "none": (0, length, b""),
            "zip64": (all_ones, all_ones, both), "zip64-size": (1, all_ones, one),
            "zip64-compressed": (all_ones, 1, one),
        }.items():
            built = archive(("m/version", b"3", 0, 1, 1, b""), ("m/data.pkl", data, 0, *sizes))
            if name == "payload":
                bad(f"two-sizes-{label}", built)
                bad(f"two-sizes-{label}-between-other-data", b"  " + built + b" ")
            else:
                UNOPENED[f"two-sizes-{label}"] = built


class Bits:
    """Deflate, bit by bit."""

    def __init__(self):
        self.value = self.count = 0

    def add(self, value, count):
        self.value |= (value & (1 << count) - 1) << self.count
        self.count += count

    def code(self, value, count):
        for index in reversed(range(count)):
            self.add(value >> index & 1, 1)

    def stored(self, data):
        self.add(0, 3)
        self.count += -self.count % 8
        self.add(len(data), 16)
        self.add(~len(data), 16)
        for byte in data:
            self.add(byte, 8)

    def dynamic(self, data, literals=257, distances=30):
        """A last block of literals, with so many codes; zlib takes 286 and 30 at most."""
        self.add(1, 1)
        self.add(2, 2)
        lengths = [8] * 255 + [9, 9] + [0] * (literals - 257) + [1, 1] + [0] * (distances - 2)
        self.add(literals - 257, 5)
        self.add(distances - 1, 5)
        self.add(14, 4)
        for symbol in (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1):
            self.add(2 if symbol in (0, 1, 8, 9) else 0, 3)
        for length in lengths:
            self.code({0: 0, 1: 1, 8: 2, 9: 3}[length], 2)
        for byte in data:
            self.code(byte if byte < 255 else 510, 8 if byte < 255 else 9)
        self.code(511, 9)

    def bytes(self):
        return self.value.to_bytes((self.count + 7) // 8, "little")


SCRIPT = b"class M(Module):\n  __parameters__ = []\n  def f(self):\n    return torch.save([1], 'x')\n"


def broken_streams():
    """Deflate that other decompressors read on where zlib stops, and streams that end elsewhere."""
    def deflated(stream, size, name="m/data.pkl"):
        rest = [(f"m/{part}", zlib.compress(data, wbits=-15), 8, len(zlib.compress(data, wbits=-15)), len(data), b"")
                for part, data in (("version", b"3"), ("constants.pkl", PROTO + b"\2)."))]
        return archive(*rest, (name, stream, 8, len(stream), size, b""))

    for name, codes in {"plain": {}, "distances": {"distances": 32}, "literals": {"literals": 288}}.items():
        for before in (0, 1, 4000):
            data = (b"\n" * before + SCRIPT, "m/code/m.py") if before == 4000 else (OS, "m/data.pkl")
            bits = Bits()
            if before:
                bits.stored(data[0][:before])
            bits.dynamic(data[0][before:], **codes)
            built = deflated(bits.bytes(), len(data[0]), data[1])
            if name == "plain":
                bad(f"deflate-{name}-{before}", built)
            else:
                UNOPENED[f"deflate-{name}-{before}"] = built
    whole = zlib.compress(OS, wbits=-15)
    clean = PROTO + b"\2" + b"N0" * 1000 + b"N."
    other = zlib.compress(clean, wbits=-15)
    for name, change, size in (
        ("cut", lambda stream: stream[:-1], 0), ("followed", lambda stream: stream + b"x", 0),
        ("longer", lambda stream: stream, 9), ("shorter", lambda stream: stream, -9),
    ):
        bad(f"deflate-{name}", deflated(change(whole), len(OS) + size))
        UNOPENED[f"deflate-{name}"] = deflated(change(other), len(clean) + size)


class Pipe(io.RawIOBase):
    """A file that cannot be sought in."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def honest_archives():
    """Sizes as writers write them: behind the data, in 64 bits, or zero."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", method) as file:
            for name, data in (("m/data.pkl", PROTO + b"\2N."), ("m/none", b""), ("m/data/0", bytes(5000))):
                file.writestr(name, data)
        good(f"zip-through-a-pipe-{method}", pipe.data)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as file:
            with file.open("m/data.pkl", "w", force_zip64=True) as member:
                member.write(PROTO + b"\2N.")
            file.writestr("m/none", b"")
            file.mkdir("m/folder")
        good(f"zip64-{method}", out.getvalue())
    for save in (np.savez, np.savez_compressed):
        out = io.BytesIO()
        save(out, a=np.arange(4000), b=np.zeros(0), c=np.array(["x", "yy"]))
        good(f"npz-{save.__name__}", out.getvalue())
    repacked = io.BytesIO()
    original = zipfile.ZipFile(io.BytesIO(saved({"w": torch.randn(3000), "n": torch.arange(9)})))
    with zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as file:
        for info in original.infolist():
            file.writestr(info.filename, original.read(info))
    good("torch-repacked", repacked.getvalue())
