"""Names that make data, used as no pickler does."""
import array
import decimal
import fractions
import pickle
import struct
from pickle import (
    ADDITEMS, APPEND, APPENDS, BINBYTES, BINGET, BININT, BINPERSID, BINPUT, BUILD, EMPTY_DICT, EMPTY_LIST,
    EMPTY_TUPLE, LONG1, MARK, NEWFALSE, NEWOBJ, NEWTRUE, NONE, OBJ, POP, PROTO, REDUCE, SETITEM, SETITEMS,
    SHORT_BINBYTES, STOP, TUPLE, TUPLE1, TUPLE2,
)

from torch import nn
import numpy as np
import torch

from pieces import bad, call, call0, glob, good, stack_global, text


def misused():
    """Names that make data, used as no pickler does."""
    start = PROTO + b"\4"

    def values(*parts):
        return MARK + b"".join(parts) + TUPLE

    def made(module, name, *parts):
        return glob(module, name) + values(*parts) + REDUCE

    def number(value):
        return BININT + struct.pack("<i", value)

    def array_type(code, flags, size=-1):
        state = values(number(3), text("|"), NONE, NONE, NONE, number(size), number(-1), number(flags))
        return made("numpy", "dtype", text(code), NEWFALSE, NEWTRUE) + state + BUILD

    def array(kind, content):
        empty = made("numpy.core.multiarray", "_reconstruct", glob("numpy", "ndarray"), values(number(0)), SHORT_BINBYTES + b"\1b")
        return empty + values(number(1), values(number(1)), kind, NEWFALSE, content) + BUILD

    raw = SHORT_BINBYTES + b"\x08" + b"A" * 8
    record = glob("argparse", "Namespace") + EMPTY_TUPLE + NEWOBJ
    attribute = EMPTY_DICT + text("__array_interface__") + EMPTY_DICT + SETITEM
    objects = array_type("O8", 0)
    uses = {
        "ndarray-of-objects": made("numpy", "ndarray", values(number(1)), text("O")),
        "scalar-of-an-object": made("numpy", "uint64", record + attribute + BUILD),
        "int-of-an-object": made("builtins", "int", record),
        "tuple-of-an-object": made("builtins", "tuple", record),
        "newobj-of-an-object": made("copyreg", "__newobj__", record),
        "reconstructor-of-an-object": made("copyreg", "_reconstructor", record, glob("builtins", "object"), NONE),
        "objects-without-flags": objects,
        "objects-from-bytes": array(objects, raw),
        "objects-from-buffer": made("numpy.core.numeric", "_frombuffer", raw, objects, values(number(1)), text("C")),
        "objects-from-scalar": made("numpy.core.multiarray", "scalar", objects, raw),
        "numbers-with-flags": array_type("f8", 63),
        "items-of-an-array": array(array_type("u8", 0), raw) + NONE + record + SETITEM,
        "items-of-an-object": record + NONE + APPEND,
        "set-items-of-an-object": record + MARK + NONE + ADDITEMS,
        "attribute-interface": record + attribute + BUILD,
        "attribute-in-slots": record + values(NONE, EMPTY_DICT + text("__class__") + NONE + SETITEM) + BUILD,
        "attribute-escaped": record + EMPTY_DICT + b"S'_\\x5fsetstate__'\n" + NONE + SETITEM + BUILD,
        "class-through-a-call": made("numpy", "object_", glob("torch.nn.modules.module", "Module")) + EMPTY_DICT + BUILD,
        "class-through-an-id": values(b"S'modul\\x65'\n", glob("argparse", "Namespace"), NONE) + BINPERSID + EMPTY_DICT + BUILD,
        "function-kept": EMPTY_DICT + text("f") + glob("copyreg", "__newobj__") + SETITEM,
        "rebuild-other-function": made("torch._tensor", "_rebuild_from_type_v2", glob("copyreg", "__newobj__"), glob("torch", "Tensor"), values(record), EMPTY_DICT),
        "parameter-of-an-object": made("torch._utils", "_rebuild_parameter", record, NEWTRUE, EMPTY_DICT),
        "encode-other": made("_codecs", "encode", text("bf"), text("rot13")),
        "loader-inst": MARK + made("builtins", "bytes", EMPTY_LIST) + b"itorch.storage\n_load_from_bytes\n",
        "loader-obj": MARK + glob("torch.storage", "_load_from_bytes") + made("builtins", "bytes", EMPTY_LIST) + OBJ,
        "loader-kept": EMPTY_LIST + glob("torch.storage", "_load_from_bytes") + APPEND,
        "loader-encoded": made("torch.storage", "_load_from_bytes", made("_codecs", "encode", text("N0" + call0("os", "system", "id").decode()), text("latin1"))),
        "loader-encoded-latin1": made("torch.storage", "_load_from_bytes", made("_codecs", "encode", text("U\4\xe9\xe9\xe9\xe90" + call0("os", "system", "id").decode()), text("latin1"))),
    }
    for name, body in uses.items():
        bad(f"misused-{name}", start + body + STOP)
    for name, module in {"accent": "this.\u0301", "built": "_sysconfigdata_x", "old": "rfc822", "main": "__main__"}.items():
        bad(f"misused-name-{name}", call(stack_global(module, "run"), "id", protocol=4))


def borrowed_memory():
    """States of NumPy's and torch's that read or write what is not theirs."""
    start = PROTO + b"\4"

    def values(*parts):
        return MARK + b"".join(parts) + TUPLE

    def made(module, name, *parts):
        return glob(module, name) + values(*parts) + REDUCE

    def number(value):
        return BININT + struct.pack("<i", value)

    def data(content):
        return BINBYTES + struct.pack("<I", len(content)) + content

    def mapping(*items):
        return EMPTY_DICT + MARK + b"".join(items) + SETITEMS

    def type_state(order="|", part=NONE, names=NONE, fields=NONE, size=-1, alignment=-1, flags=0, *rest):
        return values(number(3 + len(rest)), text(order), part, names, fields, number(size), number(alignment), number(flags), *rest)

    def dtype(code, *state, copy=NEWTRUE):
        return made("numpy", "dtype", text(code), NEWFALSE, copy) + type_state(*state) + BUILD

    flexible = ("|", NONE, NONE, NONE, 8, 1)
    empty = made("numpy.core.multiarray", "_reconstruct", glob("numpy", "ndarray"), values(number(0)), data(b"b"))
    bytes_type = dtype("u1")
    objects = dtype("O8", "|", NONE, NONE, NONE, -1, -1, 63)

    def array_state(shape, kind, content):
        return values(number(1), values(*map(number, shape)), kind, NEWFALSE, content)

    def over(content, count):
        return made("numpy.core.numeric", "_frombuffer", content, bytes_type, values(number(count)), text("C"))

    def tensor(array):
        return made("torch._utils", "_rebuild_device_tensor_from_numpy", array, glob("torch", "uint8"), text("cpu"), NEWFALSE)

    def put(index):
        return BINPUT + bytes([index])

    def get(index):
        return BINGET + bytes([index])

    def with_state(target, key, value):
        return made("torch._utils", "_rebuild_parameter_with_state", target, NEWFALSE, NONE, mapping(text(key), value))

    small = tensor(over(data(b"AB"), 2))
    for key in ("data", "real", "imag", "grad", "requires_grad", "names", "_backward_hooks", "T"):
        bad(f"memory-tensor-{key}", start + with_state(small, key, small) + STOP)
        kind = made("torch._tensor", "_rebuild_from_type_v2", glob("torch._utils", "_rebuild_parameter"), glob("torch", "Tensor"),
                    values(small, NEWFALSE, NONE), values(NONE, mapping(text(key), small)))
        bad(f"memory-tensor-type-{key}", start + kind + STOP)
    many = mapping(*(text(f"a{index}") + NONE for index in range(40)), text("real"), small)
    bad("memory-tensor-many-attributes", start + made("torch._utils", "_rebuild_parameter_with_state", small, NEWFALSE, NONE, many) + STOP)
    # Bytes that an array lies over and that are loaded, or that two lie over.
    inner = pickle.dumps("x" * 2000, 2)
    kept = start + data(inner) + put(1) + POP
    load = glob("torch.storage", "_load_from_bytes") + get(1) + TUPLE1 + REDUCE
    bad("memory-buffer-loaded", kept + over(get(1), len(inner)) + POP + load + STOP)
    bad("memory-loaded-buffer", kept + load + POP + over(get(1), len(inner)) + STOP)
    bad("memory-buffer-twice", kept + over(get(1), len(inner)) + POP + over(get(1), len(inner)) + STOP)
    bad("memory-content-loaded", kept + empty + array_state([len(inner)], bytes_type, get(1)) + BUILD + POP + load + STOP)
    bad("memory-content-twice", kept + (empty + array_state([len(inner)], bytes_type, get(1)) + BUILD + POP) * 2 + NONE + STOP)
    # What an array holds, or a type says, changes once it is used.
    full = empty + put(2) + array_state([8], bytes_type, data(b"A" * 8)) + BUILD
    bad("memory-array-twice", start + full + array_state([1], bytes_type, data(b"B")) + BUILD + STOP)
    bad("memory-view-changed", start + over(data(b"AB"), 2) + array_state([1], bytes_type, data(b"B")) + BUILD + STOP)
    for code in ("V8", "S8"):
        used = start + dtype(code, *flexible) + put(1) + POP + empty + array_state([1], get(1), data(b"A" * 8)) + BUILD + POP
        bad(f"memory-type-changed-{code}", used + get(1) + type_state(*flexible) + BUILD + STOP)
        bad(f"memory-type-size-{code}", start + dtype(code, "|", NONE, NONE, NONE, 4096, 1) + STOP)
        bad(f"memory-type-no-size-{code}", start + dtype(code, "|", NONE, NONE, NONE, -1, -1) + STOP)
        bad(f"memory-type-open-{code}", start + dtype(code[0], *flexible) + STOP)
        bad(f"memory-type-alignment-{code}", start + dtype(code, "|", NONE, NONE, NONE, 8, 0) + STOP)
    bad("memory-type-twice", start + dtype("f4") + type_state() + BUILD + STOP)
    bad("memory-type-of-all", start + dtype("f4", ">", copy=NEWFALSE) + STOP)

    def structure(*fields, names=None):
        wanted = values(*map(text, names or [name for name, _, _ in fields]))
        entries = mapping(*(text(name) + kind + number(offset) + TUPLE2 for name, kind, offset in fields))
        return dtype("V16", "|", NONE, wanted, entries, 16, 1, 63 if any(kind == objects for _, kind, _ in fields) else 0)

    bad("memory-fields-without-a-type", start + structure(("a", bytes_type, 0), names=["a", "b"]) + STOP)
    bad("memory-fields-twice", start + structure(("a", bytes_type, 0), names=["a", "a"]) + STOP)
    bad("memory-fields-overlap", start + structure(("a", objects, 0), ("b", objects, 4)) + STOP)
    bad("memory-fields-shared", start + structure(("a", objects, 0), ("b", objects, 0)) + STOP)
    unit = values(data(b"D"), number(1), number(1), number(1))
    for name, rest in {
        "none": (), "nothing": (NONE,), "no-pair": (unit,), "zero": (values(NONE, values(data(b"D"), number(0), number(1), number(1))),),
        "unknown": (values(NONE, values(data(b"fortnight"), number(1), number(1), number(1))),), "short": (values(NONE, values(data(b"D"), number(1))),),
    }.items():
        bad(f"memory-unit-{name}", start + dtype("M8", "<", NONE, NONE, NONE, -1, -1, 0, *rest) + STOP)
    bad("memory-metadata", start + dtype("i4", "<", NONE, NONE, NONE, -1, -1, 0, text("x")) + STOP)
    for name, shape, count in (("empty", [4096], 0), ("short", [100], 2), ("long", [1], 2), ("cube", [2, 2, 2], 7)):
        bad(f"memory-objects-{name}", start + empty + array_state(shape, objects, EMPTY_LIST + MARK + NONE * count + APPENDS) + BUILD + STOP)
    words = empty + array_state([624], dtype("u4", "<"), data(bytes(2496))) + BUILD
    random_state = glob("numpy.random._pickle", "__randomstate_ctor") + text("MT19937") + TUPLE1 + REDUCE

    def twister(place, key="pos"):
        inner = mapping(text("key"), words, text(key), place)
        return random_state + mapping(text("bit_generator"), text("MT19937"), text("state"), inner, text("has_gauss"), number(0), text("gauss"), number(0)) + BUILD

    for name, place in {"far": number(10**8), "behind": number(625), "negative": number(-1), "long": LONG1 + b"\5" + bytes(4) + b"\1", "none": NONE}.items():
        bad(f"memory-generator-{name}", start + twister(place) + STOP)
        bad(f"memory-generator-buffer-{name}", start + random_state + mapping(text("buffer_pos"), place) + BUILD + STOP)
    maker = glob("numpy.random._pickle", "__bit_generator_ctor")
    bad("memory-generator-class", start + maker + glob("torch.storage", "TypedStorage") + TUPLE1 + REDUCE + STOP)
    generator = maker + glob("numpy.random._mt19937", "MT19937") + TUPLE1 + REDUCE
    bad("memory-generator-attribute", start + generator + mapping(text("__class__"), NONE) + BUILD + STOP)
    for name, value in {"exponent": "1e9999999999", "decimal": "1.5", "words": "nan"}.items():
        bad(f"memory-fraction-{name}", start + made("fractions", "Fraction", text(value)) + STOP)
    bad("memory-decimal", start + made("decimal", "Decimal", text("1e9999999999")) + STOP)

    good("memory-generator", start + twister(number(624)) + STOP)
    attributed = nn.Parameter(torch.ones(2))
    attributed.partition_dim, attributed._no_decay = 1, True
    recursive = np.empty(1, dtype=object)
    recursive[0] = recursive
    fixed = np.arange(5000)
    fixed.setflags(write=False)
    titled = np.dtype({"names": ["a", "b"], "formats": ["O", "f4"], "titles": ["first", "second"]})
    sound = {
        "attributes": attributed, "recursive": recursive, "read-only": [fixed, fixed[:0], fixed[:1].astype("u1")], "none": [np.zeros(0), np.zeros(0, "u1"), np.ones(1, "u1"), np.ones(1, "u1")],
        "units": [np.zeros(1, code) for code in ("M8[D]", "m8", "M8[25ns]", "m8[us]", "S3", "U5", "V7", "S")], "titles": np.zeros(2, titled),
        "metadata": np.dtype("i4", metadata={"a": 1}), "parts": np.dtype(("i4", (2, 3))), "objects": np.array([[1, 2, 3]] * 40 + [[None, "x", 1.5]], dtype=object),
        "numbers": [decimal.Decimal("-1.5E+30"), decimal.Decimal("NaN"), decimal.Decimal("-Infinity"), fractions.Fraction(-7, 3), fractions.Fraction(4)],
        "generators": [np.random.Generator(kind(1)) for kind in (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64)],
    }
    for name, value in sound.items():
        for protocol in (0, 2, 4, 5):
            good(f"memory-{name}-p{protocol}", pickle.dumps(value, protocol=protocol))
