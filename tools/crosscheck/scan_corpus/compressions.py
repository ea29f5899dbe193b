"""Compressed streams, opened and not."""
import bz2
import gzip
import lzma
import pickle
import struct
import zipfile
import zlib
from pickle import BINBYTES, POP

from pieces import OS, UNOPENED, bad, call0, good, zipped


def packed():
    """Compressions, and more of one than there should be."""
    bad("gzip-second-member", gzip.compress(b"") + gzip.compress(OS))
    bad("gzip-split", gzip.compress(OS[:9]) + b"\0" * 20 + gzip.compress(OS[9:]))
    bad("gzip-odd-flags", b"\x1f\x8b\x08\xe0" + gzip.compress(OS)[4:])
    bad("zlib", zlib.compress(OS))
    bad("zlib-fast", zlib.compress(call0("os", "system", "id"), 1))
    bad("zlib-two", zlib.compress(OS[:9]) + zlib.compress(OS[9:]))
    bad("gzip-many", gzip.compress(b"", 1) * 70000 + gzip.compress(OS))
    good("zlib", zlib.compress(pickle.dumps({"a": 1})))
    for name, data in {
        "bz2": bz2.compress(OS), "bz2-fast": bz2.compress(OS, 1), "xz": lzma.compress(OS), "lzma": lzma.compress(OS, lzma.FORMAT_ALONE),
        "zstd": b"\x28\xb5\x2f\xfd" + OS, "lz4": b"\x04\x22\x4d\x18" + OS, "7z": b"7z\xbc\xaf\x27\x1c" + OS, "rar": b"Rar!\x1a\x07\1\0" + OS,
    }.items():
        UNOPENED[name] = data
        UNOPENED[name + "-in-zip"] = zipped(("a", data))
        UNOPENED[name + "-in-zip-deflated"] = zipped(("a", data + b"\0" * 5000), method=zipfile.ZIP_DEFLATED)
        UNOPENED[name + "-gz"] = gzip.compress(data)
    UNOPENED["zip-bz2"] = zipped(("a/data.pkl", OS), method=zipfile.ZIP_BZIP2)
    UNOPENED["zip-lzma"] = zipped(("a/data.pkl", OS), method=zipfile.ZIP_LZMA)


def compressed():
    """zlib streams of every window, and archives at the end of what is compressed."""
    for window in range(9, 16):
        for level in (0, 9):
            packer = zlib.compressobj(level, zlib.DEFLATED, window)
            data = packer.compress(OS) + packer.flush()
            bad(f"zlib-window-{window}-{level}", data)
            bad(f"zlib-window-{window}-{level}-inside", pickle.dumps({"b": data}))
            bad(f"zlib-window-{window}-{level}-inside-p0", pickle.dumps({"b": data}, 0))
            packer = zlib.compressobj(level, zlib.DEFLATED, window)
            good(f"zlib-window-{window}-{level}", packer.compress(pickle.dumps({"a": 1})) + packer.flush())
    bad("zlib-header-is-a-pickle", b'(S""\n0' + call0("os", "system", "id"))
    for name, words in {"s": b"(S' is a letter)\n", "x": b"x^2 + y\n", "h": b"hC is a constant\n", "stored": b"XG\0\1\0\xfe\xff."}.items():
        good(f"zlib-words-{name}", words * 40)
    behind = b"\0" * 5000 + zipped(("w", OS))
    bad("gzip-zip-behind-zeros", gzip.compress(behind))
    bad("zlib-zip-behind-zeros", zlib.compress(behind))
    bad("gzip-gzip-zip-behind-zeros", gzip.compress(gzip.compress(behind)))
    good("gzip-zeros", gzip.compress(b"\0" * 100000))
    good("gzip-words", gzip.compress(b"a,b\n1,2\n" * 5000))
    UNOPENED["gzip-many-zeros"] = gzip.compress(b"\0" * (40 << 20) + zipped(("w", OS)))

    program = bytearray(b"MZ" + b"\0" + BINBYTES + struct.pack("<I", 3000) + b"a" * 3000 + POP)
    program[60:64], program[128:132] = struct.pack("<I", 128), b"PE\0\0"
    data = bytes(program) + OS[2:]
    for name, packed in {"raw": data, "gz": gzip.compress(data), "zlib": zlib.compress(data), "zip": zipped(("w", data), method=zipfile.ZIP_DEFLATED)}.items():
        bad(f"pickle-is-a-program-{name}", packed)
