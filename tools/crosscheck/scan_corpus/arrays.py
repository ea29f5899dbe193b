"""Arrays, and pickles behind raw bytes."""
import array
import gzip
import io
import pickle
import struct
import zipfile
from pickle import (
    BINBYTES, BININT1, BUILD, EMPTY_DICT, EMPTY_TUPLE, NEWOBJ, NONE, POP, PROTO, REDUCE, STOP, TUPLE1,
    TUPLE3,
)

import numpy as np
import torch

from pieces import OS, UNOPENED, bad, call0, glob, good, saved, short, stack_global, tarred, text, zipped


def arrays():
    """Arrays of objects in every spelling."""
    def array(description, version=1, size=118, data=OS):
        text = b"{'descr': " + description + b", 'fortran_order': False, 'shape': (1,), }"
        text = text.ljust(size - 1) + b"\n"
        length = struct.pack("<H" if version == 1 else "<I", len(text))
        return b"\x93NUMPY" + bytes([version, 0]) + length + text + data

    spellings = {
        "plain": (b"'|O'",), "escape": (rb"'|\x4f'",), "word": (b"'object'",), "o8": (b"'O8'",), "python": (b"'object_'",),
        "fields": (b"[('a', '<f4'), ('b', '|O')]",), "comma": (b"'i4,O'",), "joined": (b"'|' 'O'",), "version-2": (b"'|O'", 2),
        "version-3": (b"'|O'", 3), "version-2-long": (b"'|O'", 2, 65536), "version-3-longer": (b"'|O'", 3, 70001), "version-1-long": (b"'|O'", 1, 65000),
    }
    for name, arguments in spellings.items():
        data = array(*arguments)
        bad(f"npy-{name}", data)
        bad(f"npy-{name}-0", array(*arguments, data=call0("os", "system", "id")))
        bad(f"npz-{name}", zipped(("a.npy", data)))
        bad(f"npz-deflated-{name}", zipped(("a.npy", data), method=zipfile.ZIP_DEFLATED))
    for name, description in {"dates": b"'M8[ns],O,M8[ns]'", "dates-in-a-field": b"[('a', 'M8[ns],O,M8[ns]')]", "spaced": b"'m8[s],(2,)O,m8[s]'"}.items():
        bad(f"npy-between-{name}", array(description, data=call0("os", "system", "id")))
        bad(f"npy-between-{name}-p2", array(description))
    # Of numbers whose header NumPy reads and does not write so, nobody knows here where they end.
    for name, description in {
        "escape": rb"'<\x664'", "word": b"'float32'", "comma": b"'f4,f4'", "joined": b"'<' 'f4'", "comment": b"'<f4' # 4 bytes\n",
    }.items():
        UNOPENED[f"npy-numbers-{name}"] = array(description, data=b"\xff" * 8 + gzip.compress(OS))
        UNOPENED[f"npy-numbers-{name}-in-tar"] = tarred(("storages", array(description, data=b"\xff" * 8 + gzip.compress(OS))))
        bad(f"npy-numbers-{name}-and-objects", array(description, data=b"\xff" * 8 + array(b"'|O'")))
    bad("npy-two-in-a-file", array(b"'<f4'", data=b"\0" * 4) + array(b"'|O'"))
    good("npy-many-in-a-file", array(b"'<f4'", data=b"\0" * 4) * 100)
    # Numbers are not taken for a pickle, whatever they are.
    good("npy-numbers", array(b"'<f4'", data=OS[:4]) + b"")
    good("npy-bytes", array(b"'|u1'", data=OS))
    for name, value in {
        "text": np.array(["copy", "of"]), "bytes": np.array([b"cab", b"x"]), "dates": np.array(["2024-01-01"], dtype="M8[D]"),
        "records": np.zeros(3, dtype=[("a", "f4"), ("b", "i8")]), "quad": np.zeros(3, dtype=np.longdouble),
    }.items():
        out = io.BytesIO()
        np.save(out, value)
        good(f"npy-of-{name}", out.getvalue())


def raw_between():
    """Pickles behind raw bytes, where torch, NumPy and joblib come to them."""
    def decoy(raw, payload):
        """A pickle that ends, and whose bytes hold the one that is run."""
        head = PROTO + b"\2" + glob("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE + POP + BINBYTES
        return raw + head + struct.pack("<I", 1 + len(payload)) + b"x", payload + POP + NONE + STOP

    def storages(raw, rest):
        description = PROTO + b"\2" + BININT1 + b"\0" + text("cpu") + glob("torch", "ByteStorage") + TUPLE3 + STOP
        first = pickle.dumps(1, 2) + description + struct.pack("<q", len(raw)) + raw
        return tarred(("storages", first + rest), ("tensors", pickle.dumps(0, 2)), ("pickle", pickle.dumps({}, 2)))

    def legacy(raw):
        return saved(torch.frombuffer(bytearray(raw), dtype=torch.uint8), _use_new_zipfile_serialization=False)

    memo = b"S'" + b"i" * 300 + b"'\np0\n0S'id'\np1\n0(g1\nios\nsystem\n."
    payloads = {"p0": call0("os", "system", "id"), "p0-memo": memo, "p2": OS}
    for name, payload in payloads.items():
        for raw in (b"\xff" * 40, b"a" * 0x2E4E, b"a" * 0x280280):
            bad(f"tar-storages-{name}-{len(raw)}", storages(raw, payload))
            bad(f"legacy-twice-{name}-{len(raw)}", legacy(raw) + payload)
            bad(f"legacy-legacy-{name}-{len(raw)}", legacy(raw) + legacy(b"abc") + payload)
        # The tensors' sizes stand between their pickles.
        tensors = pickle.dumps(1, 2) + pickle.dumps((1, 0, None), 2) + struct.pack("<iiqqq", 1, 0, 3, 1, 0) + payload
        bad(f"tar-tensors-{name}", tarred(("storages", pickle.dumps(0, 2)), ("tensors", tensors)))
    raw, rest = decoy(b"\xff" * 40, OS)
    bad("tar-storages-decoy", storages(raw, rest))
    bad("legacy-twice-decoy", legacy(raw) + rest)
    good("legacy-twice", legacy(bytes(range(256))) + legacy(b"\x80\x02(" * 99))
    good("tar-storages", storages(bytes(range(256)) * 40, pickle.dumps([], 2)))

    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    objects = header.getvalue() + payloads["p0"]
    looks = b"\x80\x02(\0" * 4
    arrays = {
        "text": np.array(["abc", "de"]), "bytes": np.array([b"(\0\1", b"N."]), "void": np.frombuffer(looks, "V8"),
        "dates": np.array(["2020-01-01"], "M8[ns]"), "record": np.frombuffer(looks, [("a", "<i4"), ("b", "<f4", (1,))]),
        "padded": np.zeros(3, np.dtype("u1,f8", align=True)), "long": np.zeros(2, np.longdouble),
    }
    for name, array in arrays.items():
        out = io.BytesIO()
        np.save(out, array)
        bad(f"npy-{name}-then-objects", out.getvalue() + objects)
        bad(f"npy-{name}-then-p0", out.getvalue() + payloads["p0"])
        bad(f"npy-{name}-then-p2", out.getvalue() + OS)
        good(f"npy-only-{name}", out.getvalue())
    unknown = header.getvalue().replace(b"'|O'", b"'i,i'") + b"\xff" * 8
    for name, payload in {"objects": objects, "p0": payloads["p0"], "p2": OS}.items():
        bad(f"npy-not-understood-then-{name}", unknown + payload)
        out = io.BytesIO()
        np.save(out, np.arange(400.0))
        bad(f"gzip-npy-then-{name}", gzip.compress(out.getvalue() + payload))
        good(f"gzip-npy-{name}", gzip.compress(out.getvalue()))
    bad("gzip-npz-behind-end", gzip.compress(b"PK\5\6" + zipped(("a.npy", objects), method=zipfile.ZIP_DEFLATED)))

    # joblib writes an array's bytes behind its wrapper, without telling the pickle.
    wrapper = PROTO + b"\4" + stack_global("joblib.numpy_pickle", "NumpyArrayWrapper") + EMPTY_TUPLE + NEWOBJ + EMPTY_DICT + BUILD
    padding = b"." + b"\xff" * 46 + b"\x55" * 64
    for name, payload in {"p0": payloads["p0"], "p2": OS, "p4": stack_global("os", "system") + short("id") + TUPLE1 + REDUCE + STOP}.items():
        bad(f"joblib-{name}", wrapper + padding + payload)
    UNOPENED["joblib"] = wrapper + b"\x07" + b"\xff" * 7 + b"\0" * 64 + POP + STOP
