"""What stands behind a pickle in an open file: pickles with the same memo, containers, and archives counted from there."""
import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from pickle import APPENDS, BINGET, EMPTY_LIST, MARK, MEMOIZE, PROTO, REDUCE, STACK_GLOBAL, STOP, TUPLE1

import numpy as np
import torch

from hidden import SYSTEM, end, entry, local
from pieces import OS, UNOPENED, bad, call0, good, saved, short, tarred, zipped


def memos():
    """One unpickler that loads twice keeps its memo."""
    parts = [short(part) + MEMOIZE for part in ("posix", "system", "id")]
    first = PROTO + b"\4" + EMPTY_LIST + MARK + b"".join(parts) + APPENDS + STOP
    called = BINGET + b"\0" + BINGET + b"\1" + STACK_GLOBAL + BINGET + b"\2" + TUPLE1 + REDUCE + STOP
    bad("memo-of-the-first", first + PROTO + b"\4" + called)
    bad("memo-of-the-first-without-a-header", first + called)
    bad("memo-of-the-first-much-later", first + pickle.dumps([1, "a"]) * 3 + PROTO + b"\4" + called)
    bad("memo-of-the-first-in-a-tar-archive", tarred(("a", first + PROTO + b"\4" + called)))
    # To an unpickler of its own the second one makes an ordered dictionary.
    harmless = b"".join(short(part) + MEMOIZE for part in ("collections", "OrderedDict", "x"))
    counted = harmless + BINGET + b"\0" + BINGET + b"\1" + STACK_GLOBAL + b")" + REDUCE + STOP
    bad("memo-that-counts-on", first + PROTO + b"\4" + counted)
    # The same for an unpickler that was made behind other pickles, or behind an array.
    numbers = io.BytesIO()
    np.save(numbers, np.arange(4))
    front = PROTO + b"\4" + short("x") + MEMOIZE + STOP
    for label, before in {"one": front, "three": front * 3, "an-array": numbers.getvalue(), "both": front + numbers.getvalue()}.items():
        bad(f"memo-that-counts-from-behind-{label}", front + before + first + PROTO + b"\4" + counted)
        bad(f"memo-of-one-behind-{label}", front + before + first + PROTO + b"\4" + called)
    # By itself the second one makes a call before it asks for an entry that only the first one made.
    quiet = b"".join(short(part) + MEMOIZE for part in ("pathlib", "PurePosixPath", "x"))
    quiet = PROTO + b"\4" + EMPTY_LIST + MARK + quiet + short("y") + b"r\x63\0\0\0" + APPENDS + STOP
    lacking = MARK + b"".join(parts) + called[:-1] + BINGET + b"\x63" + b"t" + STOP
    bad("memo-that-is-lacked-after-a-call", quiet + PROTO + b"\4" + lacking)
    for protocol in (2, 4):
        file = io.BytesIO()
        pickler, numbers = pickle.Pickler(file, protocol), np.arange(3)
        pickler.dump({"a": numbers, "n": "some text"})
        pickler.dump([numbers, np.arange(4.0), {"k": "some text"}])
        pickler.dump([numbers, np.ones(3, "f4"), np.float32(2), {"k": "some text"}])
        good(f"memo-shared-p{protocol}", file.getvalue())
        values = [{"test": "test", "code": np.ones(2), "os": "os"}, [np.arange(3), np.float64(1), {"time": "system"}], torch.optim.SGD([torch.ones(1)], 1)]
        good(f"memo-of-each-p{protocol}", b"".join(pickle.dumps(value, protocol) for value in values + values))


def containers():
    """The second thing of an open file is packed, or an archive."""
    plain, numbers, objects = pickle.dumps({"a": 1}), io.BytesIO(), io.BytesIO()
    np.save(numbers, np.arange(4))
    np.save(objects, np.array([1, "a"], dtype=object))
    legacy = saved({"w": torch.ones(3)}, _use_new_zipfile_serialization=False)
    torch_archive = saved({"w": torch.ones(3)})
    fronts = {"pickle": plain, "array": numbers.getvalue(), "objects": objects.getvalue(), "legacy": legacy, "two": plain + numbers.getvalue()}
    for front, data in fronts.items():
        bad(f"behind-{front}-gzip", data + gzip.compress(OS))
        bad(f"behind-{front}-zlib", data + zlib.compress(OS))
        bad(f"behind-{front}-tar", data + tarred(("m", SYSTEM)))
        bad(f"behind-{front}-tar-p2", data + tarred(("N.", OS)))
        bad(f"behind-{front}-gzip-tar", data + gzip.compress(tarred(("m", SYSTEM))))
        UNOPENED[f"behind-{front}-bzip2"] = data + bz2.compress(OS)
        UNOPENED[f"behind-{front}-xz"] = data + lzma.compress(b"N0" * 40 + OS)
        UNOPENED[f"behind-{front}-lzma"] = data + lzma.compress(OS, lzma.FORMAT_ALONE)
        good(f"behind-{front}-gzip", data + gzip.compress(plain))
        good(f"behind-{front}-tar", data + tarred(("m", plain)))
        good(f"behind-{front}-torch", data + torch_archive)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        bad(f"behind-in-zip-gzip-{method}", zipped(("a.bin", plain + gzip.compress(OS)), method=method))
        bad(f"behind-in-zip-zip-{method}", zipped(("a.bin", plain + zipped(("b", SYSTEM), method=zipfile.ZIP_DEFLATED)), method=method))
        bad(f"behind-in-zip-tar-{method}", zipped(("a.bin", plain + tarred(("b", SYSTEM))), method=method))
    # In torch's archives of 2016 elements stand behind pickles.
    elements = plain + struct.pack("<q", 3) + b"\xff" * 24
    fronts = {"pickle": plain, "array": numbers.getvalue(), "objects": objects.getvalue(), "elements": elements}
    for front, data in fronts.items():
        bad(f"behind-{front}-in-tar-gzip", tarred(("storages", data + gzip.compress(OS))))
        bad(f"behind-{front}-in-tar-zlib", tarred(("storages", data + zlib.compress(OS))))
        bad(f"behind-{front}-in-tar-tar", tarred(("tensors", data + tarred(("N.", OS)))))
        bad(f"behind-{front}-in-tar-zip", tarred(("tensors", data + zipped(("b", SYSTEM), method=zipfile.ZIP_DEFLATED))))
        UNOPENED[f"behind-{front}-in-tar-xz"] = tarred(("storages", data + lzma.compress(b"N0" * 40 + OS)))
    UNOPENED["behind-array-in-tar-lzma"] = tarred(("a", numbers.getvalue() + lzma.compress(OS, lzma.FORMAT_ALONE)))
    bad("behind-in-gzip-gzip", gzip.compress(plain + gzip.compress(OS)))


def bases():
    """torch counts the places of an archive from where the open file stands."""
    front = pickle.dumps({"epoch": 3, "lr": [0.1, 0.2], "note": "x" * 200})
    members = [(b"m/version", b"3\n"), (b"m/data.pkl", SYSTEM), (b"m/byteorder", b"little")]

    def disguised(body):
        """Members whose own headers announce one byte, with their entries counted from behind the pickle."""
        entries = []
        for index, (name, data) in enumerate(members):
            entries.append((name, data, len(body) - len(front)))
            body += local(b"%d" % index, data, announced=1) + data
        return entries

    def commented(name, data, offset, comment):
        built = bytearray(entry(name, data, offset))
        built[32:34] = struct.pack("<H", len(comment))
        return bytes(built) + comment

    # An honest archive that is counted from the file's start, with the other's directory in a comment.
    body = bytearray(front)
    entries = disguised(body)
    honest = []
    for name in (b"a.txt", b"b.txt", b"c.txt"):
        honest.append((name, b"hello", len(body)))
        body += local(name, b"hello") + b"hello"
    start = len(body)
    head = b"".join(entry(*one) for one in honest[:2])
    first = len(head) + 46 + len(honest[2][0])
    space = b"\xff" * (len(front) - first)
    other = b"".join(entry(*one) for one in entries)
    size = first + len(space) + len(other)
    last = bytearray(entry(*entries[2]))
    last[32:34] = struct.pack("<H", size - len(other))
    directory = head + commented(*honest[2], space + other[: -len(last)] + bytes(last))
    tail = b"\xff" * (len(front) - 14)
    record = bytearray(end(3, size, start))
    record[20:22] = struct.pack("<H", len(tail))
    UNOPENED["base-in-a-comment"] = bytes(body) + directory + bytes(record) + tail

    # An honest archive behind the other's directory, counted from its own start.
    body = bytearray(front)
    entries = disguised(body)
    offset = len(body) - len(front)
    other = b"".join(entry(*one) for one in entries)
    body += other + b"\xff" * 100
    names = [b"%d" % index + name[1:] for index, (name, _) in enumerate(members)]
    data = [b"\xff" * (offset - sum(30 + len(name) for name in names)), b"", b""]
    archive, directory = bytearray(), b""
    for name, content in zip(names, data):
        directory += entry(name, content, len(archive))
        archive += local(name, content) + content
    UNOPENED["base-in-front"] = bytes(body) + bytes(archive) + directory + end(3, len(other), offset)
    # The same, with headers that do not lie.
    body = bytearray(front)
    other = b""
    for name, content in members:
        other += entry(name, content, len(body) - len(front))
        body += local(name, content) + content
    offset = len(body) - len(front)
    body += other + b"\xff" * 100
    names = [name + b"x" for name, _ in members]
    data = [b"\xff" * (offset - sum(30 + len(name) for name in names)), b"", b""]
    if len(data[0]) + 1 > 0:
        archive, directory = bytearray(), b""
        for name, content in zip(names, data):
            directory += entry(name, content, len(archive))
            archive += local(name, content) + content
        bad("base-in-front-plain", bytes(body) + bytes(archive) + directory + end(3, len(directory), offset))
    out = io.BytesIO()
    out.write(front)
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("a", pickle.dumps(1))
    good("base-of-the-file", out.getvalue())
    good("base-of-its-own", front + zipped(("a", pickle.dumps(1)), ("b", b"x" * 3000)))
    good("base-of-two", front + front + saved({"w": torch.ones(2)}))


def announced():
    """A size that a reader stops at holds behind other data, too."""
    class Exploit:
        def __reduce__(self):
            return exec, ("pass",)

    payload, plain = io.BytesIO(), io.BytesIO()
    np.savez(payload, a=np.array([Exploit()], dtype=object))
    np.savez(plain, a=np.arange(4))
    payload = payload.getvalue()
    with zipfile.ZipFile(io.BytesIO(plain.getvalue())) as file:
        array = file.read("a.npy")
    whole = payload + b"\xff" * 1200
    start = len(whole)
    whole += local(b"a.npy", array) + array
    whole += entry(b"a.npy", array, start) + end(1, 51, len(whole))
    packed = zlib.compress(whole, 9, wbits=-15)
    name, size = b"data.npz", len(payload)
    sizes = struct.pack("<III", zlib.crc32(payload), len(packed), size)
    member = struct.pack("<IHHHHH", 0x04034B50, 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name + packed
    listed = struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, 8, 0, 0) + sizes + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    archive = member + listed + end(1, len(listed), len(member))
    UNOPENED["announced"] = archive
    UNOPENED["announced-behind-other-data"] = b"\xff" * 64 + archive
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", array)
        file.writestr("b.pkl", pickle.dumps([1] * 100))
    good("announced-behind-other-data", b"\xff" * 64 + out.getvalue())
