"""What one Python reads and another stumbles over."""
import gzip
import io
import pickle
import struct
import zipfile
import zlib
from pickle import (
    BINBYTES8, BINFLOAT, BINUNICODE, EXT1, FRAME, LONG4, LONG_BINGET, LONG_BINPUT, NONE, POP, PROTO,
    REDUCE, STACK_GLOBAL, STOP, TUPLE1,
)

import numpy as np
import torch

from pieces import COMPUTED, OS, bad, call0, glob, good, loaded, short, tarred, text, zipped


# Numbers that C's unpickler reads, or Python's own, or that of an older version.
ODD_NUMBERS = {
    "int-hex": b"I0x10\n", "int-nul": b"I1\0zz\n", "int-only-nul": b"I\0zz\n", "int-binary": b"I0b11\n",
    "int-octal": b"I0o17\n", "int-underscores": b"I1_000\n", "int-spaces": b"I \t+7 \n", "int-vertical-tab": b"I\v7\n",
    "int-long": b"I" + b"9" * 30 + b"\n", "int-padded": b"I" + b" " * 5000 + b"7\n",
    "int-nul-long": b"I0\0" + b"x" * 5000 + b"\n", "int-only-nul-long": b"I\0" + b"x" * 5000 + b"\n", "int-hex-long": b"I0x1" + b" " * 5000 + b"\n",
    "int-zeros-hex": b"I" + b" " * 5000 + b"0x1\n", "float-nul-long": b"F0e5\0" + b"x" * 5000 + b"\n", "float-point-long": b"F0.5" + b" " * 5000 + b"\n",
    "get-nul-long": b"I1\np0\n0g0\0" + b"x" * 5000 + b"\n", "long-nul-long": b"L0\0" + b"x" * 5000 + b"\n",
    "long-hex": b"L0x10\n", "long-hex-l": b"L0x10L\n", "long-nul": b"L1\0zz\n", "long-minus": b"L-5L\n",
    "float-nul": b"F1\0\n", "float-infinity": b"F-infinity\n", "float-nan": b"FnaN\n", "float-underscores": b"F1_0.5\n",
    "float-spaces": b"F 1e5 \n", "float-hex": b"F0x1p3\n", "string-controls": b"S'a'\0\x01\n", "string-quotes": b"S'a'b\"'\n",
    "get-spaces": b"I1\np7\n0g 7\n", "get-plus": b"I1\np7\n0g+7\n", "get-underscores": b"I1\np10\n0g1_0\n",
    "get-nul": b"I1\np7\n0g7\0zz\n", "get-word": b"I1\npword\n0gword\n", "get-huge": b"I1\np" + b"9" * 30 + b"\n0g" + b"9" * 30 + b"\n",
    "proto-between": b"\x80\0N", "frame-between": FRAME + b"\xff" * 7 + b"\x7fN", "unicode-escape": b"V\\u0041\n",
    "below-a-mark": b"N(0N", "long4-zero": LONG4 + b"\0\0\0\0",
}


def numbers():
    """What only some Pythons read does not end the walk of a scanner."""
    payload = call0("os", "system", "id")
    for name, number in ODD_NUMBERS.items():
        bad(f"number-{name}", number + b"0" + payload)
        bad(f"number-p4-{name}", PROTO + b"\4" + number + b"0" + COMPUTED[2:])
    for name in ("int-hex", "int-nul", "long-hex-l", "float-nul"):
        inner = ODD_NUMBERS[name] + b"0" + payload
        for method, label in ((zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")):
            bad(f"number-{label}-{name}", zipped(("archive/data.pkl", inner), ("archive/version", b"3\n"), method=method))
            bad(f"number-long-{label}-{name}", zipped(("archive/data.pkl", ODD_NUMBERS[name] + b"0" + (b"S'" + b"x" * 3000 + b"'\n0") + payload), method=method))
        bad(f"number-loaded-{name}", loaded(inner))
        out = io.BytesIO()
        torch.save({"w": torch.zeros(3)}, out, _use_new_zipfile_serialization=False)
        first = pickle.dumps(1, 2)
        bad(f"number-third-{name}", first + first + inner)
    bad("number-get-below-mark", b"cos\nsystem\n((S'id'\n\x85R.")
    # C's unpickler of files drops what is left of a frame that an argument reaches out of.
    tail = glob("os", "system") + text("id") + TUPLE1 + REDUCE + STOP
    for start in (b"", PROTO + b"\4"):
        label = "-p4" if start else ""
        bad("frame-crossed" + label, start + FRAME + struct.pack("<Q", 3) + BINFLOAT + b"\0" * 2 + b"\0" * 8 + POP + tail)
        bad("frame-hides" + label, start + FRAME + struct.pack("<Q", 5) + BINBYTES8 + b"\xff\0\0\0" + struct.pack("<Q", 1) + b"a" + POP + tail + b"x" * 300)
    bad("inst-at-the-end", b"(S'id'\nios\nsystem!")
    # What no Python reads any further is none of these: nothing behind it is run.
    for name, number in {"int": b"Iab\n", "float": b"Fast\n", "string": b"Sab\n", "get": b"g7\n", "empty": b"I\n"}.items():
        good(f"no-number-{name}", number + b"0" + payload)


def after_failure():
    stumble = b"Iab\n0"
    data = COMPUTED[:2] + stumble + COMPUTED[2:]
    bad("computed-name", COMPUTED)
    bad("computed-after-failure", data)
    bad("computed-after-failure-zip", zipped(("a/data.pkl", data)))
    bad("computed-after-failure-zip-deflated", zipped(("a/data.pkl", data), method=zipfile.ZIP_DEFLATED))
    bad("computed-after-failure-loaded", loaded(data))


def stumbles():
    """What one Python stumbles over and another does not."""
    payload = call0("os", "system", "id")
    pad = b" " * 5000
    for name, data in {
        "get-minus-0": b"Np0\n0g-0\n0", "put-minus-0": b"Np-0\n0h\0000", "get-padded": b"Np1\n0g" + pad + b"1\n0",
        "put-padded": b"Np" + pad + b"1\n0g1\n0", "float-padded": b"F" + pad[:4085] + b"inf" + pad + b"\n0", "long-space": b"L1 L\n0",
        "string-latin1": b"S'a'\xff\n0", "appends-to-itself": b"(]e", "items-of-itself": b"(N}u", "items-of-a-mark": b"(u",
    }.items():
        bad(f"stumble-{name}", data + payload)
    for name, start in {"none": b"N0", "int": b"I1\n0", "text": b"Va\n0", "binary": BINUNICODE + b"\5\0\0\0hello0", "second": b"N."}.items():
        bad(f"inside-{name}", pickle.dumps({"b": start + payload}))
    bad("inside-zlib", pickle.dumps({"b": zlib.compress(OS)}))
    bad("inside-tar", pickle.dumps({"b": tarred(("a", OS))}))
    good("inside-texts", pickle.dumps({"t": ["layers.0.weight", "]", "N.", "import os\nos.system('id')\n", "(a)\n(b)\n"] * 3000}))


def forgotten():
    """What is recalled though a scanner has no room for it, in pickles that do not end."""
    def body(recall, remember):
        """Names that come out of the memo only, and a byte that is no opcode."""
        kept = b"".join(part + remember(index) + POP for index, part in enumerate((short("os"), short("system"))))
        return kept + recall(0) + recall(1) + STACK_GLOBAL + short("id") + TUPLE1 + REDUCE + b"\xff"

    falling = NONE + b"".join(LONG_BINPUT + struct.pack("<I", 600000 - index) for index in range((1 << 18) + 1)) + POP
    scattered = falling + body(lambda index: LONG_BINGET + struct.pack("<I", 700000 + index), lambda index: LONG_BINPUT + struct.pack("<I", 700000 + index))
    huge = body(lambda index: b"g" + b"9" * 20 + b"%d\n" % index, lambda index: b"p" + b"9" * 20 + b"%d\n" % index)
    path = BINUNICODE + struct.pack("<I", 8 * 600 + 6) + b"path.os." * 600 + b"system"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": ()})
    tail = short("id") + TUPLE1 + REDUCE + b"\xff"
    for name, payload in {
        "scattered": scattered, "huge": huge, "extension": EXT1 + b"\7" + tail, "path": short("os") + path + STACK_GLOBAL + tail,
    }.items():
        bad(f"forgotten-{name}", payload)
        bad(f"forgotten-{name}-second", b"N." + PROTO + b"\4" + payload)
        bad(f"forgotten-{name}-in-zip", zipped(("w", PROTO + b"\4" + payload)))
        bad(f"forgotten-{name}-in-npz", zipped(("a.npy", header.getvalue() + payload)))
        bad(f"forgotten-{name}-gz", gzip.compress(payload))
        bad(f"forgotten-{name}-behind-bytes", pickle.dumps(1) + b"\xff" * 100 + PROTO + b"\4" + payload)
    for name, words in {"parenthesis": b"(Rough notes)\n", "brackets": b"[]]]a\n)R"}.items():
        good(f"forgotten-{name}", words)
