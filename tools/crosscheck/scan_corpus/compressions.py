"""Compressed streams, opened and not."""
import bz2
import gzip
import lzma
import pickle
import random
import struct
import zipfile
import zlib
from pickle import BINBYTES, POP

import numpy as np
import torch

from pieces import OS, UNOPENED, bad, call0, good, saved, zipped


def packed():
    """Compressions, and more of one than there should be."""
    bad("gzip-second-member", gzip.compress(b"") + gzip.compress(OS))
    bad("gzip-split", gzip.compress(OS[:9]) + b"\0" * 20 + gzip.compress(OS[9:]))
    bad("gzip-odd-flags", b"\x1f\x8b\x08\xe0" + gzip.compress(OS)[4:])
    bad("gzip-many-behind-the-start", gzip.compress(b"a", 1) * 65536 + gzip.compress(OS))
    for name, start in ("script", b"import os\n" * 200), ("perhaps", b"N\xff" + b"a" * 3000), ("header", b"\x80\x04N\xff" + b"a" * 3000):
        bad(f"zip-behind-a-{name}-in-gzip", gzip.compress(start + zipped(("a/data.pkl", OS))))
        bad(f"zip-behind-a-{name}-in-zlib", zlib.compress(start + zipped(("a/data.pkl", OS))))
        good(f"{name}-in-gzip", gzip.compress(start))
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


def disguised_lzma():
    """Every header that liblzma takes for one of an .lzma file, and what only looks like one."""
    def alone(data, **options):
        return lzma.compress(data, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1} | options])

    noise = random.Random(4)
    for index, data in enumerate((OS, call0("os", "system", "id"), OS + noise.randbytes(9000), zipped(("w", OS)))):
        for lc, lp, pb in ((3, 0, 2), (0, 0, 0), (0, 4, 4), (1, 3, 1)):
            stream = alone(data, lc=lc, lp=lp, pb=pb)
            size = struct.pack("<Q", len(data))
            for name, header in {
                "unknown": stream[:13], "no-dictionary": stream[:1] + bytes(4) + stream[5:13], "known": stream[:5] + size,
                "known-no-dictionary": stream[:1] + bytes(4) + size, "three-bytes": stream[:1] + b"\3\0\0\0" + size,
            }.items():
                UNOPENED[f"lzma-{index}-{lc}{lp}{pb}-{name}"] = header + stream[13:]
    known = alone(OS)[:1] + bytes(4) + struct.pack("<Q", len(OS)) + alone(OS)[13:]
    for name, empty in {"zeros": bytes(18), "default": b"]" + bytes(17), "marked": alone(b"")[:5] + bytes(8) + alone(b"")[13:]}.items():
        for kind, stream in {"xz": lzma.compress(OS), "lzma": known}.items():
            UNOPENED[f"lzma-empty-{name}-{kind}"] = empty * 3 + stream
    UNOPENED["lzma-cut"] = known[:-5]
    UNOPENED["lzma-in-zip"] = zipped(("w.pkl.lzma", known))
    UNOPENED["lzip"] = b"LZIP\1\x0c" + noise.randbytes(40)
    for name, size in {"plain": hex(len(OS)), "digits": f"{len(OS):X}", "plus": f" +0x{len(OS):x}", "capital": f"0X0_{len(OS):x}", "tab": f"\t{len(OS):x}"}.items():
        for width in (19, 20):
            UNOPENED[f"joblib-zf-{name}-{width}"] = b"ZF" + size.encode().ljust(width) + zlib.compress(OS)
    good("words-zf", b"ZF is short for something\n" * 9)
    good("words-lzip", b"LZIP compresses files\n")
    generator = np.random.default_rng(5)
    for index in range(40):
        kind = ("<i8", "<i4", "<u2", "<f4")[index % 4]
        numbers = generator.integers(0, (3, 225, 16000, 50257)[index // 4 % 4], (4, 100, 5000)[index % 3]).astype(kind)
        good(f"numbers-raw-{index}", numbers.tobytes())
    good("numbers-raw-zeros", bytes(4000))
    good("numbers-raw-positions", np.arange(1024, dtype="<i8").tobytes())
    good("numbers-raw-positions-in-zip", saved({"p": torch.arange(1024), "z": torch.zeros(999, dtype=torch.int64)}))
