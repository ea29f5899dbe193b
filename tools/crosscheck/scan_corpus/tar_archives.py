"""Tar archives as Python's tarfile reads them, and files that are two things."""
import bz2
import gzip
import io
import lzma
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
