"""What looks like something else by chance: many values, random values, and archives that can be seen in what they are compressed to."""
import gzip
import io
import pickle
import random
import struct
import tarfile
import zlib

import numpy as np
import torch

from pieces import OS, bad, good, saved, zipped


def stored(data, size, extra=b""):
    """A gzip file of blocks that are stored."""
    file = b"\x1f\x8b\x08" + (b"\4" if extra else b"\0") + bytes(6)
    file += struct.pack("<H", len(extra)) + extra if extra else b""
    for start in range(0, len(data), size):
        part = data[start:start + size]
        file += struct.pack("<BHH", start + size >= len(data), len(part), len(part) ^ 0xFFFF) + part
    return file + struct.pack("<II", zlib.crc32(data), len(data))


def many():
    """Thousands of pickles in a row, and in one another."""
    noise = random.Random(11)
    for protocol in (2, 4):
        for index in range(6):
            numbers = [noise.randrange(1 << noise.choice((8, 16, 31))) for _ in range(5000)]
            good(f"ints-in-a-row-p{protocol}-{index}", b"".join(pickle.dumps(number, protocol) for number in numbers))
    for size in (8, 16, 20, 32):
        for index in range(4):
            good(f"digests-{size}-{index}", pickle.dumps([noise.randbytes(size) for _ in range(10000)]))
            good(f"digests-as-keys-{size}-{index}", pickle.dumps({noise.randbytes(size): row for row in range(5000)}))
    good("compressed-values", pickle.dumps({row: zlib.compress(f"row {row} of it".encode() * 3) for row in range(5000)}))
    good("pickled-values", pickle.dumps([pickle.dumps((row, "x")) for row in range(5000)]))
    bad("pickled-values-and-one", pickle.dumps([pickle.dumps((row, "x")) for row in range(5000)] + [OS]))


def seen():
    """Archives that do not become smaller."""
    generator = np.random.default_rng(3)
    noise = generator.integers(0, 256, 200000, dtype=np.uint8).tobytes()
    arrays = io.BytesIO()
    np.savez_compressed(arrays, a=np.frombuffer(noise, np.uint8), b=np.arange(9))
    tensors = saved({"w": torch.frombuffer(bytearray(noise), dtype=torch.uint8), "b": torch.ones(3)})
    files = {"npz": arrays.getvalue(), "torch": tensors, "zip": zipped(("a", noise), ("b", pickle.dumps({"a": 1})))}
    for name, data in files.items():
        for level in (0, 1, 6, 9):
            good(f"{name}-in-gzip-{level}", gzip.compress(data, level))
            good(f"{name}-in-zlib-{level}", zlib.compress(data, level))
        for size in (3000, 65535):
            good(f"{name}-in-stored-blocks-{size}", stored(data, size))
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        info = tarfile.TarInfo("model.npz")
        info.size = len(files["npz"])
        archive.addfile(info, io.BytesIO(files["npz"]))
    good("npz-in-tar-gz", tar.getvalue())
    payload = zipped(("a", noise), ("b.pkl", OS), ("c", noise))
    bad("payload-in-stored-blocks", stored(payload, 3000))
    # The same directory leads to other members, where blocks' headers have moved what they are counted from.
    inner = zipped(("a", OS))
    archive = zipped(("a", b"____" + inner[:inner.index(b"PK\1\2")] + b"\xff" * 4000))
    bad("payload-in-front-of-a-directory", stored(archive, -(-len(archive) // 8)))
    bad("payload-behind-an-archive", stored(zipped(("a", noise)), 3000) + zipped(("a.pkl", OS)))
    bad("payload-by-a-record-of-zip64", behind_another_directory())


def behind_another_directory():
    """A record of ZIP64 leads to another directory, where a block's header is a part of its locator; the end record is the archive's."""
    def member(data, offset, comment=b""):
        header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), 8, 0) + b"data.pkl" + data
        entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), 8, 0, len(comment), 0, 0, 0, offset)
        return header, entry + b"data.pkl" + comment
    data, directory = member(pickle.dumps({"a": 1}, 2), 0, bytes(4))
    end = bytes(4) + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(data), 0)
    first = gzip.compress(data + directory[:-4], mtime=0)
    start = len(first) + 12
    hidden, entry = member(OS, start)
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), start + len(hidden))
    extra = hidden + entry + record + b"PK\6\7" + bytes(7)
    return first + stored(end, len(end), extra)
