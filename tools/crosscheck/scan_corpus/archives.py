"""Zip archives, sound, damaged and ambiguous."""
import gzip
import io
import pathlib
import pickle
import random
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pickle import APPEND, APPENDS, BININT1, BININT2, BYTEARRAY8, MARK, PROTO, REDUCE, SETITEM, STOP, TUPLE1

from torch import nn
import numpy as np
import torch

from pieces import Exploit, OS, UNOPENED, bad, call, call0, glob, good, loaded, tarred, zipped


def containers():
    benign = pickle.dumps({"a": 1})
    plain = zipped(("m/data.pkl", OS), ("m/version", b"3\n"))
    bad("zip", plain)
    bad("zip-deflated", zipped(("m/data.pkl", OS), method=zipfile.ZIP_DEFLATED))
    bad("zip-other-member", zipped(("m/data.pkl", benign), ("m/data/0", OS)))
    bad("zip-text-extension", zipped(("m/data.pkl", benign), ("notes.txt", OS)))
    bad("zip-in-zip", zipped(("inner.zip", plain)))
    bad("zip-in-zip-deflated", zipped(("inner.bin", plain), method=zipfile.ZIP_DEFLATED))
    bad("zip-cut", plain[:-30])
    damaged = bytearray(plain)
    place = plain.index(b"PK\1\2")
    damaged[place + 16 : place + 20] = b"\1\2\3\4"  # a checksum in the directory
    bad("zip-wrong-checksum", bytes(damaged))
    damaged = bytearray(plain)
    damaged[place + 8] |= 1  # encrypted, says the directory
    bad("zip-flagged-encrypted", bytes(damaged))
    damaged = bytearray(plain)
    damaged[place + 46] ^= 0x20  # another name in the directory
    bad("zip-names-disagree", bytes(damaged))
    bad("zip-duplicate-names", zipped(("m/data.pkl", benign), ("m/data.pkl", OS)))
    bad("zip-prefixed-by-pickle", OS + plain)
    bad("zip-behind-junk", b"\0" * 1000 + plain)
    out = io.BytesIO()
    torch.save({"w": torch.zeros(3), "x": Exploit()}, out)
    bad("torch-zip", out.getvalue())
    out = io.BytesIO()
    torch.save({"w": torch.zeros(3), "x": Exploit()}, out, _use_new_zipfile_serialization=False)
    bad("torch-legacy", out.getvalue())
    out = io.BytesIO()
    torch.save({"w": torch.arange(300)}, out, _use_new_zipfile_serialization=False)
    legacy = out.getvalue()
    bad("legacy-payload-after-storages", legacy + OS)
    bad("legacy-payload-first", OS + legacy)
    bad("tar", tarred(("pickle", OS), ("storages", benign)))
    bad("tar-other-member", tarred(("pickle", benign), ("readme.txt", OS)))
    bad("tar-pax", tarred(("pickle" + "x" * 200, OS), format=tarfile.PAX_FORMAT))
    bad("tar-storages-after-data", tarred(("pickle", benign), ("storages", pickle.dumps(1, 2) + struct.pack("<q", 8) + b"\7" * 32 + OS)))
    bad("tar-cut", tarred(("a", b"x" * 600), ("pickle", OS))[: 512 + 1024 + 512 + len(OS)])
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    bad("npy-object", header.getvalue() + OS)
    bad("npz-object", zipped(("arr_0.npy", header.getvalue() + OS), method=zipfile.ZIP_DEFLATED))
    bad("gzip", gzip.compress(OS))
    bad("gzip-tar", gzip.compress(tarred(("pickle", OS))))


def extensions():
    """What the file is called says nothing."""
    for index, extension in enumerate(["safetensors", "txt", "json", "png", "gguf", "h5"]):
        bad(f"extension.{extension}", [OS, call0("os", "system", "id"), call(glob("os", "system"), "id", protocol=1)][index % 3])


def large():
    """What is stored is looked at in place, however large it is."""
    inner = zipped(("archive/data.pkl", OS), ("archive/data/0", b"\0" * (33 << 20)))
    bad("large-loaded", loaded(inner))
    bad("large-loaded-in-zip", zipped(("archive/data.pkl", loaded(inner)), ("archive/version", b"3\n")))
    bad("large-stored", zipped(("model.pt", inner)))
    bad("large-in-tar", tarred(("model.pt", inner)))
    bad("large-deflated", zipped(("model.pt", random.Random(2).randbytes(16) + inner), ("m.pt", inner), method=zipfile.ZIP_DEFLATED))
    harmless = zipped(("archive/data.pkl", pickle.dumps({"a": 1})), ("archive/data/0", b"\0" * (33 << 20)))
    good("large-loaded", loaded(harmless))
    good("large-in-tar", tarred(("model.pt", harmless)))
    good("large-stored", zipped(("model.pt", harmless)))
    # Tensors that begin with any letter, in an archive that somebody packed again.
    noise = random.Random(3).randbytes(1 << 22)
    members = [(f"archive/data/{byte}", bytes([byte]) + noise[byte : byte + 4000] * 3) for byte in range(256)]
    good("deflated-tensors", zipped(("archive/data.pkl", pickle.dumps({"a": 1})), *members, method=zipfile.ZIP_DEFLATED))
    good("large-deflated-tensors", zipped(*((f"a/data/{n}", bytes([n]) + noise[n:] + b"\0" * (40 << 20)) for n in b"(X\x80cGs"), method=zipfile.ZIP_DEFLATED))
    # More in one directory than a reader of checkpoints allows.
    bad("expands-far", zipped(("a/data.pkl", OS), *((f"a/{n}", b"\0" * (8 << 20)) for n in range(20)), method=zipfile.ZIP_DEFLATED))
    good("expands-far", zipped(*((f"a/{n}", b"\0" * (8 << 20)) for n in range(20)), method=zipfile.ZIP_DEFLATED))


def continued():
    """What follows something harmless, or changes it, and is read only by some."""
    first = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    loader = PROTO + b"\5" + glob("torch.storage", "_load_from_bytes") + BYTEARRAY8
    bad("bytearray-appended", loader + struct.pack("<Q", len(first)) + first + MARK
        + b"".join(BININT1 + bytes([byte]) for byte in OS) + APPENDS + TUPLE1 + REDUCE + STOP)
    room = first + pickle.dumps("x" * len(OS), 2)
    bad("bytearray-set", loader + struct.pack("<Q", len(room)) + room
        + b"".join(BININT2 + struct.pack("<H", len(first) + at) + BININT1 + bytes([byte]) + SETITEM for at, byte in enumerate(OS))
        + TUPLE1 + REDUCE + STOP)
    good("bytearray-changed", PROTO + b"\5" + BYTEARRAY8 + struct.pack("<Q", 3) + b"abc" + BININT1 + b"\1" + APPEND + STOP)

    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    objects, numbers = io.BytesIO(), io.BytesIO()
    np.save(objects, np.array([1, "a"], dtype=object))
    np.save(numbers, np.arange(3.0))
    for name, payload in {"p0": call0("os", "system", "id"), "p2": OS}.items():
        bad(f"npy-then-{name}", numbers.getvalue() + payload)
        bad(f"npy-objects-twice-{name}", objects.getvalue() + header.getvalue() + payload)
        bad(f"npy-after-pickle-{name}", pickle.dumps(1) + header.getvalue() + payload)
        bad(f"pickle-after-npy-after-pickle-{name}", pickle.dumps(1) + numbers.getvalue() + payload)
    good("npy-then-npy", pickle.dumps(1) + numbers.getvalue() + objects.getvalue() + numbers.getvalue())
    bad("import-only", b"cantigravity\nfly\n!")
    bad("import-only-cut", b"cantigravity\nfly\n")
    bad("import-only-then-text", b"cantigravity\nfly\nbar\n")
    bad("import-only-main", b"censurepip.__main__\nx\nbar\n")
    for name, words in {"ast": b"cast\nfoo\nbar\n", "os": b"cos\nsin\ntan\n", "none": b"copy\nof\nit\n"}.items():
        good(f"words-{name}", words)

    # Python's zipfile takes the record before the locator, wherever that one points.
    def local(data):
        return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), 1, 0) + b"a" + data

    def entry(data, offset):
        return struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), 1, 0, 0, 0, 0, 0, offset
        ) + b"a"

    harmless = numbers.getvalue()
    archive = local(harmless) + local(OS)
    places = []
    for data, offset in ((harmless, 0), (OS, len(local(harmless)))):
        directory = len(archive)
        archive += entry(data, offset)
        places.append(len(archive))
        archive += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, places[-1] - directory, directory)
    archive += struct.pack("<IIQI", 0x07064B50, 0, places[0], 1) + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    bad("zip64-locator-points-elsewhere", archive)
    # It takes the directory that ends before the end record, too, and counts offsets from what it makes of that.
    harmless = b"harmless" * 50
    first = local(harmless)
    archive = first + entry(harmless, 0)
    hidden = len(archive)
    archive += local(OS)
    archive += entry(OS, hidden - (len(archive) - len(first)))
    archive += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry(OS, 0)), len(first), 0)
    assert zipfile.ZipFile(io.BytesIO(archive)).read("a") == OS
    bad("zip-second-directory", archive)
    for method, other in ((zipfile.ZIP_DEFLATED, 0), (zipfile.ZIP_STORED, 8)):
        changed = bytearray(zipped(("data.pkl", OS + b"x" * 50), method=method))
        changed[8:10] = bytes([other, 0])
        bad(f"zip-methods-disagree-{other}", bytes(changed))
        bad(f"zip-methods-disagree-{other}-behind-junk", b"\xff" * 100 + bytes(changed))


def archives_of_two():
    """Zip archives that are another thing for another reader, and what comes with pickles in them."""
    payload = call0("os", "system", "id")
    first, second = zipped(("a", pickle.dumps(1))), zipped(("a", payload))
    for start in (b"", b"PK\5\6", b"x"):
        name = start.hex() or "none"
        bad(f"zip-comment-past-the-end-{name}", start + first + second[:-2] + b"\xff\xff")
        nested = start + first[:-2] + struct.pack("<H", len(second) + 1) + second + b"\0"
        bad(f"zip-in-a-comment-{name}", nested)
        for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            UNOPENED[f"zip-method-{method}-{name}"] = start + zipped(("a.npy", payload * 9), method=method) + b"\0"
        lying = bytearray(zipped(("a.npy", payload * 9), method=zipfile.ZIP_LZMA))
        lying[8:10] = b"\0\0"
        UNOPENED[f"zip-method-only-in-directory-{name}"] = start + bytes(lying) + b"\0"
    good("zip-between-other-data", b"  " + first + b"  ")
    bad("zip-pickle-in-capitals", zipped(("archive/DATA.PKL", b"g-0\n0" + payload)))

    class Double(nn.Module):
        def forward(self, x):
            return 2 * x

    out = io.BytesIO()
    torch.jit.save(torch.jit.script(Double()), out)
    class Writer(nn.Module):
        def forward(self, x: torch.Tensor):
            torch.save([x], "marker")
            return x

    class Loading(nn.Module):
        @torch.jit.export
        def __getstate__(self) -> bool:
            return self.training

        @torch.jit.export
        def __setstate__(self, state: bool):
            self.training = state

    for class_ in (Loading, Writer):
        out = io.BytesIO()
        torch.jit.save(torch.jit.script(class_()), out)
        bad(f"torchscript-{class_.__name__.lower()}", out.getvalue())
    with tempfile.NamedTemporaryFile() as file:
        torch.jit.script(Writer())._save_for_lite_interpreter(file.name, _use_flatbuffer=True)
        flatbuffer = pathlib.Path(file.name).read_bytes()
    bad("flatbuffer", flatbuffer)
    bad("flatbuffer-gz", gzip.compress(flatbuffer))
    files = [(info.filename, zipfile.ZipFile(out).read(info)) for info in zipfile.ZipFile(out).infolist() if "debug" not in info.filename]
    call = b'\n  def f(self):\n    a = torch.from_file("weights", True, 1)\n'
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        changed = [(name, data + call * name.endswith(".py")) for name, data in files]
        bad(f"torchscript-file-{method}", zipped(*changed, method=method))
        program = b"\x7fELF\2\1\1" + bytes(5000)
        bad(f"aotinductor-{method}", zipped(("m/version", b"3"), ("m/data/aotinductor/model/a.so", program), method=method))
        bad(f"native-beside-pickle-{method}", zipped(("m/data.pkl", pickle.dumps(1)), ("m/a", program), method=method))
        package = (("p/.data/extern_modules", b"os"), ("p/model.py", b"x = 1\n"), ("p/model/model.pkl", pickle.dumps(1)))
        bad(f"torch-package-{method}", zipped(*package, method=method))
