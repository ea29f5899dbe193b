"""Pieces of pickles and archives, and where the files are collected."""
import io
import struct
import tarfile
import zipfile
from pickle import (
    BINBYTES, BINUNICODE, GLOBAL, MARK, PROTO, REDUCE, SHORT_BINBYTES, SHORT_BINUNICODE, STACK_GLOBAL,
    STOP, TUPLE, TUPLE1, TUPLE2,
)

import torch


#: Bytes by name, with what `scan` has to say: exit 1, 0 and 2.
MALICIOUS, BENIGN, UNOPENED = {}, {}, {}


def glob(module, name):
    return GLOBAL + f"{module}\n{name}\n".encode()


def text(value):
    data = value.encode()
    return BINUNICODE + struct.pack("<I", len(data)) + data


def short(value):
    data = value.encode()
    return SHORT_BINUNICODE + bytes([len(data)]) + data


def stack_global(module, name):
    return short(module) + short(name) + STACK_GLOBAL


def call(callee, *arguments, protocol=2):
    header = PROTO + bytes([protocol]) if protocol >= 2 else b""
    return header + callee + MARK + b"".join(map(text, arguments)) + TUPLE + REDUCE + STOP


def call0(module, name, argument):
    """Protocol 0: everything is a letter and a line."""
    return glob(module, name) + b"(S'" + argument.encode() + b"'\ntR."


def loaded(data):
    """What torch's loader of nested files is called with."""
    return (
        PROTO + b"\3" + glob("torch.storage", "_load_from_bytes") + BINBYTES + struct.pack("<I", len(data)) + data
        + TUPLE1 + REDUCE + STOP
    )


def zipped(*members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return out.getvalue()


def tarred(*members, format=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_header(name, size, kind=b"0", signed=False):
    """A header by hand; `size` is what stands in its field."""
    header = bytearray(512)
    header[: len(name)] = name
    header[100:108] = b"0000644\0"
    header[124:136] = size.ljust(12, b"\0")
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    if signed:
        header[265:267] = b"\xff\xff"
    header[148:156] = b" " * 8
    total = sum(struct.unpack("512b", bytes(header))) if signed else sum(header)
    header[148:156] = b"%06o\0 " % total
    return bytes(header)


def padded(data):
    return data + b"\0" * (-len(data) % 512)


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


OS = call(glob("posix", "system"), "id")


# Both parts of a name come from calls of a harmless function; before it stands what every Python refuses.
COMPUTED = PROTO + b"\4" + b"".join(
    stack_global("builtins", "str") + SHORT_BINBYTES + bytes([len(part)]) + part + short("utf8") + TUPLE2 + REDUCE
    for part in (b"os", b"system")
) + STACK_GLOBAL + short("id") + TUPLE1 + REDUCE + STOP


class Exploit:
    def __init__(self, *what):
        self.what = what

    def __reduce__(self):
        import os

        return os.system, ("id",)


def bad(name, data):
    assert name not in MALICIOUS, name
    MALICIOUS[name] = data


def good(name, data):
    assert name not in BENIGN, name
    BENIGN[name] = data
