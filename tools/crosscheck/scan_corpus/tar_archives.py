"""Tar archives as Python's tarfile reads them, and files that are two things."""
import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from pickle import BINUNICODE, POP

import torch

from pieces import OS, UNOPENED, bad, call0, good, loaded, padded, saved, tar_header, tarred, text, zipped


def tars():
    """Tar archives as Python's tarfile reads them."""
    def tar(*members):
        return b"".join(members) + b"\0" * 1024

    def plain(name, data, **options):
        return tar_header(name, b"%011o" % len(data), **options) + padded(data)

    size = b"%o" % len(OS)
    harmless = plain(b"storages", b"x" * 600)
    last = plain(b"pickle", OS)
    big = b"\x80" + (len(OS)).to_bytes(11, "big")
    for name, field in {
        "0o": b"0o" + size, "nul": size + b"\0777777", "spaces": b"  " + size + b" ", "underscores": b"_".join([size[:1], size[1:]]),
        "plus": b"+" + size, "base-256": big, "c-style": size + b" junk", "none": b"junk", "negative": b"\xff" * 12,
    }.items():
        bad(f"tar-size-{name}", tar(harmless, tar_header(b"pickle", field) + padded(OS)))
        bad(f"tar-size-{name}-before", tar(tar_header(b"sys_info", field) + padded(b"\xff" * len(OS)), last))
    bad("tar-signed", tar(plain(b"storages", b"x" * 600, signed=True), plain(b"pickle", OS, signed=True)))
    bad("tar-folder-with-a-size", tar(tar_header(b"folder", b"%011o" % 100000, kind=b"5"), last))
    bad("tar-link-with-a-size", tar(tar_header(b"link", b"%011o" % 100000, kind=b"1"), last))
    bad("tar-old-folder-with-a-size", tar(tar_header(b"folder/", b"%011o" % 100000, kind=b"\0"), last))
    bad("tar-gnu-long-name", tarred(("pickle" + "x" * 300, OS), format=tarfile.GNU_FORMAT))
    record = b"%d size=%d\n" % (len(b"99 size=%d\n" % len(OS)), len(OS))
    pax = plain(b"pax", record, kind=b"x")
    bad("tar-pax-size", tar(pax, tar_header(b"pickle", b"0") + padded(OS)))
    bad("tar-pax-size-skips", tar(plain(b"pax", b"9 size=0\n", kind=b"x"), tar_header(b"a", b"%011o" % 9000), last))
    bad("tar-global-size", tar(plain(b"pax", record, kind=b"g"), tar_header(b"pickle", b"0") + padded(OS)))
    bad("tar-gap", tar(harmless, b"\x55" * 1024, last))
    bad("tar-two", tar(harmless) + tar(last))
    empty = tar_header(b"AAAAA", b"0")
    bad("tar-many", tar(empty * 65536, last))
    bad("tar-too-many", tar(empty * 262145, last))
    # Names of members that look like pickles of protocol 0.
    for name in (b"README.md", b"./config.json", b"hparams.json", b"tokenizer.json", b"Makefile", b"eval.json", b"0.json", b"."):
        archive = tar(plain(name, b"x" * 5000), last)
        label = name.decode().replace("/", "_")
        bad(f"tar-gz-{label}", gzip.compress(archive))
        bad(f"tar-deflated-{label}", zipped(("inner", archive), method=zipfile.ZIP_DEFLATED))
        good(f"tar-gz-{label}", gzip.compress(tar(plain(name, b"x" * 5000))))
    bad("tar-loaded", loaded(tar(harmless, last)))
    # torch extracts these and opens what it then finds under their names.
    for kind, label in ((b"1", "hard"), (b"2", "symbolic"), (b"3", "character"), (b"4", "block"), (b"6", "pipe")):
        for name in (b"storages", b"tensors", b"pickle"):
            link = bytearray(tar_header(name, b"0", kind=kind))
            link[157:168] = b"/etc/passwd"
            link[148:156] = b" " * 8
            link[148:156] = b"%06o\0 " % sum(link)
            bad(f"tar-link-{label}-{name.decode().replace('/', '_')}", tar(plain(b"sys_info", pickle.dumps({})), bytes(link)))
        good(f"tar-link-{label}-elsewhere", tar(plain(b"sys_info", pickle.dumps({})), tar_header(b"latest", b"0", kind=kind)))
    long_name = plain(b"././@LongLink", b"storages\0", kind=b"L")
    bad("tar-link-long-name", tar(plain(b"a", pickle.dumps({})), long_name, tar_header(b"b", b"0", kind=b"2")))
    UNOPENED["tar-sparse"] = tar(tar_header(b"pickle", b"10", kind=b"S") + padded(b"x" * 8))


def disguised():
    """Tar archives and compressions that readers do not agree on."""
    def plain(name, data, **options):
        return tar_header(name, b"%011o" % len(data), **options) + padded(data)

    def record(key, value):
        text = b" " + key + b"=" + value + b"\n"
        length = len(text) + 1
        while length != len(str(length)) + len(text):
            length = len(str(length)) + len(text)
        return str(length).encode() + text

    end = b"\0" * 1024
    hidden = tar_header(b"storages", b"0") + padded(OS) + end
    wide = "".join(chr(0xFF10 + int(digit)) for digit in str(len(OS))).encode()
    for name, value in {"wide": wide, "space": "\u00a0".encode() + str(len(OS)).encode(), "plus": b"+%d" % len(OS), "junk": b"junk"}.items():
        for kind in (b"x", b"g"):
            bad(f"tar-pax-size-{name}-{kind.decode()}", plain(b"pax", record(b"size", value), kind=kind) + hidden)
        UNOPENED[f"tar-pax-size-{name}"] = plain(b"pax", record(b"size", value), kind=b"x") + tar_header(b"a", b"0") + end
    size = record(b"size", b"%d" % len(OS))
    bad("tar-pax-past-its-size", tar_header(b"pax", b"%011o" % 1, kind=b"x") + padded(size) + hidden)
    bad("tar-pax-cut-record", plain(b"pax", b"99" + size[2:], kind=b"x") + hidden)
    UNOPENED["tar-pax-no-records"] = plain(b"pax", b"what is this", kind=b"x") + tar_header(b"a", b"0") + end
    negative = bytearray(tar_header(b"storages", b"%011o" % len(OS)))
    negative[265:329] = b"\x80" * 64
    negative[148:156] = b" " * 8
    negative[148:156] = (b"-%06o" % -sum(struct.unpack("512b", bytes(negative)))).ljust(8, b"\0")
    bad("tar-negative-checksum", bytes(negative) + padded(OS) + end)
    # A pickle that is a header, too.
    for protocol, payload in {"0": call0("os", "system", "id"), "2": OS}.items():
        header = tar_header(payload, b"%011o" % 0)
        field = b"%011o" % len(header)
        pax = plain(b"pax", record(b"path", b"storages/"), kind=b"x")
        bad(f"tar-slash-{protocol}", pax + tar_header(b"storages", field, kind=b"\0") + header + end)
        longest = plain(b"pax", record(b"size", b"0"), kind=b"g") + plain(b"pax", record(b"size", b"%d" % len(header)), kind=b"x")
        bad(f"tar-global-and-local-size-{protocol}", longest + tar_header(b"storages", b"0") + header + end)
        bad(f"tar-header-is-a-pickle-{protocol}", plain(b"a", b"x" * 600) + header + end)
    skips = BINUNICODE + struct.pack("<I", 507) + b"x"
    bad("tar-header-skipped-by-a-pickle", plain(b"a", b"x" * 600) + tar_header(skips, b"0") + padded(POP + call0("os", "system", "id")) + end)
    good("tar-names", b"".join(plain(name, b"x" * 600) for name in (b"copy", b"(a)", b"X", b"Nine", b"]x", b"xyz")) + end)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as file:
        info = tarfile.TarInfo("n\u00e4me" * 50)
        info.mtime = 1.5
        file.addfile(info)
    good("tar-pax", out.getvalue())

    UNOPENED["bz2-empty-first"] = bz2.compress(b"") + bz2.compress(OS)
    known = bytearray(lzma.compress(OS, lzma.FORMAT_ALONE))
    known[5:13] = struct.pack("<Q", len(OS))
    UNOPENED["lzma-known-size"] = bytes(known)
    UNOPENED["lzma-known-size-in-zip"] = zipped(("a", bytes(known)))
    for name, options in {"dictionary": {"dict_size": 4097}, "small-dictionary": {"dict_size": 4096}, "lc-pb": {"lc": 0, "pb": 0}}.items():
        UNOPENED[f"lzma-{name}"] = lzma.compress(OS, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1} | options])
    bad("zlib-gzip", zlib.compress(gzip.compress(OS)))
    bad("zlib-tar", zlib.compress(plain(b"weights/storages", OS) + end))
    bad("zlib-zip", zlib.compress(zipped(("a", OS))))
    bad("zlib-zlib", zlib.compress(zlib.compress(OS)))
    # Numbers of tensors are no compression.
    for name, value in {"steps": [1 << 20, 1], "zeros": [0] * 9, "small": [256, 5, 0]}.items():
        good(f"numbers-{name}", saved({"t": torch.tensor(value)}))


def ends():
    """Members whose data ends at different places for different readers, with a header between that skips the rest."""
    def record(key, value):
        line = b" " + key + b"=" + value + b"\n"
        length = len(line) + 1
        while length != len(str(length)) + len(line):
            length = len(str(length)) + len(line)
        return str(length).encode() + line

    def pax(size, kind=b"x", key=b"size"):
        data = record(key, size)
        return tar_header(b"pax", b"%011o" % len(data), kind=kind) + padded(data)

    def long_name(name):
        return tar_header(b"././@LongLink", b"%011o" % (len(name) + 1), kind=b"L") + padded(name + b"\0")

    system = call0("os", "system", "id")
    junk, end = b"\xff" * 512, b"\0" * 1024
    last = tar_header(b"pickle", b"%011o" % len(system)) + padded(system) + end
    sized = b"%011o" % 1536
    for label, kind in {"file": b"0", "name": b"K"}.items():
        # Within the archive, and past its end.
        for reach, blocks in {"short": 5, "long": 1 << 16}.items():
            fake = tar_header(b"fake", b"%011o" % (512 * blocks), kind=kind)
            name = f"{label}-{reach}"
            bad(f"tar-ends-own-none-{name}", pax(b"1536") + tar_header(b"a", b"0") + fake + junk + junk + last)
            bad(f"tar-ends-own-none-later-{name}", pax(b"1536") + tar_header(b"a", b"0") + junk + fake + junk + last)
            bad(f"tar-ends-own-short-{name}", pax(b"1536") + tar_header(b"a", b"%011o" % 512) + junk + fake + junk + last)
            bad(f"tar-ends-none-{name}", pax(b"0") + tar_header(b"a", sized) + fake + junk + junk + last)
            bad(f"tar-ends-global-{name}", pax(b"512", b"g") + tar_header(b"a", sized) + junk + fake + junk + last)
            bad(f"tar-ends-three-{name}", pax(b"512", b"g") + pax(b"1024") + tar_header(b"a", sized) + junk + fake + junk + last)
            bad(f"tar-ends-folder-{name}", long_name(b"y/") + tar_header(b"x", sized, kind=b"\0") + junk + fake + junk + last)
            bad(f"tar-ends-folder-pax-{name}", pax(b"y/", key=b"path") + tar_header(b"x", sized, kind=b"\0") + junk + fake + junk + last)
            bad(f"tar-ends-link-{name}", tar_header(b"x", sized, kind=b"2") + junk + fake + junk + last)
    # The header's own name makes a folder, to Python, and its data the next header.
    inner = tar_header(b"pickle", b"%011o" % len(system)) + padded(system)
    for label, front in {"long": long_name(b"y"), "pax": pax(b"y", key=b"path")}.items():
        bad(f"tar-ends-raw-name-{label}", front + tar_header(b"x/", b"%011o" % 512, kind=b"\0") + inner + end)
    # Python takes it for no header, and goes on with the next block if it is told to.
    for label, place in {"mode": 100, "time": 136, "device": 329}.items():
        odd = bytearray(tar_header(b"a", b"%011o" % (512 * 5)))
        odd[place : place + 4] = b"zzzz"
        odd[148:156] = b" " * 8
        odd[148:156] = b"%06o\0 " % sum(odd)
        bad(f"tar-ends-odd-{label}", bytes(odd) + junk + last[:-1024] + b"\xff" * 1024 + plain_member(b"b") + end)
    # Python goes back.
    hidden = tar_header(b"a", b"%011o" % 1536) + junk + tar_header(b"pickle", b"%011o" % 1024) + system + b"\0" * (512 - len(system))
    back = 2560 - 1024
    for label, field in {"binary": b"\xff" + ((1 << 88) - back).to_bytes(11, "big"), "octal": b"-%o" % back}.items():
        UNOPENED[f"tar-back-{label}"] = hidden + tar_header(b"n", field) + end
    UNOPENED["tar-size-behind-nul"] = tar_header(b"a", b"\0" * 8 + b"3000") + end
    UNOPENED["tar-size-other-mark"] = tar_header(b"a", b"\x81" + b"\0" * 10 + b"\1") + junk + end
    UNOPENED["tar-many-sizes"] = b"".join(pax(b"%d" % (512 * count), b"g") for count in range(10)) + tar_header(b"a", b"0") + end
    # Archives of large members say 0 in the header, or as much as it can.
    content = bytes(range(256)) * 40
    for own in (b"0", b"77777777777"):
        good(f"tar-large-{own.decode()}", pax(b"%d" % len(content)) + tar_header(b"weights", own) + padded(content) + plain_member(b"b") + end)
    good("tar-of-a-tar", tarred(("inner.tar", tarred(("x", b"y" * 600))), ("b", b"c" * 1000), format=tarfile.PAX_FORMAT))


def plain_member(name):
    return tar_header(name, b"%011o" % 600) + padded(b"x" * 600)


def slow():
    """What takes a reader long that starts again at each header."""
    names = tar_header(b"V" + b"\\u0063" * 10, b"%011o" % 0) * 4000
    bad("tar-slow-names", gzip.compress(names[:-1] + b"\n"))
    good("tar-names-of-lines", tar_header(b"Vol_0001.raw", b"%011o" % 512) * 2 + (tar_header(b"Vol_0001.raw", b"0")) * 8000 + b"\0" * 1024)
    records = b"5 aaa" * 100000 + b"=\n"
    UNOPENED["tar-slow-records"] = tar_header(b"pax", b"%011o" % len(records), kind=b"x") + padded(records) + b"\0" * 1024
