"""Files that are read more than once: whoever goes on with an open file stands where a loader has left off."""
import gzip
import io
import pickle
import struct
import zlib
from pickle import FRAME, PROTO, STOP

import numpy as np
import torch

from pieces import OS, bad, call0, good, padded, saved, tar_header, tarred, zipped

PAYLOAD = call0("posix", "system", "id")
END = b"\0" * 1024


def behind():
    """What stands behind storages, elements, members and archives."""
    legacy = saved(torch.zeros(64), _use_new_zipfile_serialization=False)
    file = io.BytesIO(legacy)
    magic = pickle.load(file)
    odd = PROTO + b"\2" + b"N0" * 40 + b"\x8a\x0a" + magic.to_bytes(10, "little") + STOP + legacy[file.tell() :]
    bad("odd-legacy-behind-legacy", legacy + odd + PAYLOAD)
    objects = io.BytesIO()
    np.save(objects, np.array([None], dtype=object))
    bad("odd-legacy-behind-objects", objects.getvalue() + odd + PAYLOAD)
    pair = saved({"a": torch.zeros(64), "b": torch.ones(32)}, _use_new_zipfile_serialization=False)
    bad("legacy-of-two-storages-in-tar", tarred(("m.pt", pair + b"N0" * 40 + PAYLOAD)))
    good("legacy-of-two-storages-alone-in-tar", tarred(("m.pt", pair)))
    unnamed = b"{'descr': [('', '|O', (1,))], 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    bad("npy-unnamed-objects", b"\x93NUMPY\1\0" + struct.pack("<H", len(unnamed)) + unnamed + b"\0" * 8 + PAYLOAD)
    bad("archive-counted-from-a-member", loaded_twice())
    # A frame that goes on behind STOP is skipped to its end, so that the next pickle starts there.
    number = b"\x8a\x0a" + magic.to_bytes(10, "little") + STOP
    for count in (1, 9000):
        framed = PROTO + b"\4" + FRAME + struct.pack("<Q", len(number) + count) + number + b"~" * count + PAYLOAD
        bad(f"frame-behind-stop-{count}", framed)
        bad(f"frame-behind-stop-gz-{count}", gzip.compress(framed))
        bad(f"frame-behind-stop-tar-{count}", tarred(("storages", framed)))


def loaded_twice():
    """A zip archive whose directory is another one for a reader that counts from where the pickle ended, which is read last."""
    def members(value):
        return {"data.pkl": value, "version": b"3\n", "byteorder": b"little"}

    def archive(contents, base):
        body, directory = b"", b""
        for name, data in contents.items():
            name = b"a/" + name.encode()
            fields = struct.pack("<HHHIII", 0, 0, 0x21, zlib.crc32(data), len(data), len(data)) + struct.pack("<HH", len(name), 0)
            directory += b"PK\1\2" + struct.pack("<HHH", 20, 20, 0) + fields + struct.pack("<HHHII", 0, 0, 0, 0, base + len(body)) + name
            body += b"PK\3\4" + struct.pack("<HH", 20, 0) + fields + name + data
        return body, directory

    value = pickle.dumps({"a": 1}, 2).ljust(400, b"\0")
    first = members(value)
    body, directory = archive(first, 0)
    base = body.index(value) + len(value)
    start = len(body) + len(directory) + 22
    # The second directory stands as far behind the end of the last member as the first one behind the start.
    gap = base + len(body) - start
    inner, other = archive(members(OS), len(body) + len(directory))
    assert gap >= 0 and len(other) == len(directory)
    comment = b"\0" * gap + other + inner
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(first), len(first), len(directory), len(body), len(comment))
    return body + directory + end + comment


def tars():
    """Python's tarfile leaves an open file behind the header or the block that it has read last."""
    member = tar_header(b"a", b"%011o" % 512) + b"x" * 512
    for name, payload in (("p0", PAYLOAD), ("p2", OS)):
        bad(f"behind-the-last-member-{name}", member + padded(payload))
        bad(f"behind-one-block-of-zeros-{name}", member + b"\0" * 512 + padded(payload))
        bad(f"behind-an-empty-member-{name}", tar_header(b"a", b"0") + padded(payload))
        bad(f"behind-a-folder-{name}", tar_header(b"a", b"0", kind=b"5") + padded(payload))
    pax = tar_header(b"pax", b"%011o" % 12, kind=b"x") + padded(b"12 size=512\n")
    bad("behind-the-smaller-of-two-sizes", pax + tar_header(b"a", b"%011o" % 1024) + b"x" * 512 + padded(PAYLOAD) + END)
    archive = tarred(("storages", pickle.dumps(0, 2)), ("tensors", pickle.dumps(0, 2)), ("pickle", pickle.dumps({"a": 1}, 2)))
    bad("behind-an-archive-of-2016", archive.rstrip(b"\0") + b"\0" * (-len(archive.rstrip(b"\0")) % 512) + padded(PAYLOAD))
    storage = pickle.dumps(("0", "cpu", torch.DoubleStorage), 2)
    for name, size in ("whole", 2), ("over", 2**61 + 2), ("negative", 7 * 2**61 + 2 - 2**64):
        described = pickle.dumps(1, 2) + storage + struct.pack("<q", size) + b"\xff" * 16
        bad(f"behind-storages-of-{name}-size", tarred(("storages", described + PAYLOAD)))
    good("padded-archive", archive + b"\0" * 10240)
    good("archive-without-an-end", member)
    arrays = io.BytesIO()
    np.savez(arrays, **{f"layer{index}": np.arange(10.0) for index in range(60)})
    good("npz-of-many-arrays", arrays.getvalue())
    good("zip-of-many-texts", zipped(*((f"{index}.txt", b"%d" % index) for index in range(100))))
