"""Values that are something else than they seem: names that are pieced together, and objects under two names."""
import collections
import io
import pickle
import struct
import zipfile
from pickle import BINPERSID, BUILD, EMPTY_DICT, EMPTY_LIST, MARK, NEWFALSE, NEWTRUE, NONE, POP, PROTO, REDUCE, SETITEM, SHORT_BINBYTES, STACK_GLOBAL, STOP, TUPLE, TUPLE1, TUPLE2

import numpy as np
import torch

from pieces import OS, UNOPENED, bad, call0, glob, good, loaded, padded, saved, tar_header, tarred, text

START = PROTO + b"\4"


def number(value):
    return b"J" + struct.pack("<i", value)


def values(*parts):
    return MARK + b"".join(parts) + TUPLE


def made(module, name, *arguments):
    return glob(module, name) + values(*arguments) + REDUCE


def entries(*pairs):
    return EMPTY_DICT + MARK + b"".join(key + value for key, value in pairs) + b"u"


def kind(code, *state):
    return made("numpy", "dtype", text(code), NEWFALSE, NEWTRUE) + values(*state) + BUILD


def array(type, content, *shape):
    empty = made("numpy.core.multiarray", "_reconstruct", glob("numpy", "ndarray"), number(0) + TUPLE1, SHORT_BINBYTES + b"\1b")
    return empty + values(number(1), values(*map(number, shape)), type, NEWFALSE, content) + BUILD


def of_class(module, name, *state):
    return glob(module, name) + b")\x81" + entries(*state) + BUILD


def module(buffers):
    parts = [(text(name), EMPTY_DICT) for name in ("_parameters", "_modules")]
    return of_class("torch.nn.modules.module", "Module", *parts, (text("_buffers"), buffers))


INTERFACE = entries((text("shape"), number(8) + TUPLE1), (text("typestr"), text("|u1")), (text("version"), number(3)))
NAME = "__array_interface__"
FLOATS = kind("u8", number(3), text("<"), NONE, NONE, NONE, number(-1), number(-1), number(0))
OBJECTS = kind("O8", number(3), text("|"), NONE, NONE, NONE, number(-1), number(-1), number(63))


def names():
    """The name by which NumPy asks for memory, in other shapes."""
    letters = NAME.encode("utf-32-le").ljust(400, b"\0")
    wide = kind("U100", number(3), text("<"), NONE, NONE, NONE, number(400), number(4), number(8))
    scalar = made("numpy.core.multiarray", "scalar", wide, b"B" + struct.pack("<I", 400) + letters)
    bad("name-padded", START + module(entries((scalar, INTERFACE))) + STOP)
    modules = entries((text("a"), text(NAME)), (text("b"), INTERFACE))
    pair = of_class("torch.nn.modules.container", "ModuleList", (text("_modules"), modules))
    bad("name-in-a-list-of-modules", START + module(glob("collections", "OrderedDict") + EMPTY_LIST + pair + b"a" + TUPLE1 + REDUCE) + STOP)
    # A data set gives the elements of its lists in turn.
    lists = values(EMPTY_LIST + text(NAME) + b"a", EMPTY_LIST + INTERFACE + b"a")
    bad("name-in-a-data-set", START + of_class("torch.utils.data.dataset", "TensorDataset", (text("tensors"), lists)) + STOP)
    inner = saved(NAME)
    key = made("torch.storage", "_load_from_bytes", b"B" + struct.pack("<I", len(inner)) + inner)
    bad("name-that-a-loader-knows", START + module(entries((key, INTERFACE))) + STOP)
    persistent = values(text("module"), text(NAME), NONE) + BINPERSID
    bad("name-that-is-a-persistent-id", START + module(entries((persistent, INTERFACE))) + STOP)
    version = glob("torch.torch_version", "TorchVersion") + text(NAME) + TUPLE1 + b"\x81"
    bad("name-that-is-a-version", START + module(entries((version, INTERFACE))) + STOP)
    other = values(glob("torch.optim.sgd", "SGD"), glob("argparse", "Namespace"), NONE) + BINPERSID
    bad("class-of-a-tar-archive", tarred(("pickle", START + other + b")\x81" + entries((text("_patch_step_function"), NONE)) + BUILD + STOP)))
    kind_of_id = values(text("module"), NONE) + BINPERSID
    stumbling = text("torch.nn.modules") + kind_of_id + b"\x93" + POP + call0("posix", "system", "id")
    bad("id-in-a-tar-archive", tarred(("sys_info", pickle.dumps({}, 2)), ("pickle", stumbling)))
    bad("id-in-a-tar-archive-with-a-header", tarred(("sys_info", pickle.dumps({}, 2)), ("pickle", START + text("antigravity") + kind_of_id + b"\x93" + STOP)))
    vocabulary = {"version": torch.__version__, "words": ["__array__", "__init__"], "counts": collections.Counter(["__array__"])}
    for protocol in range(6):
        good(f"name-in-a-vocabulary-p{protocol}", pickle.dumps(vocabulary, protocol))


def aliases():
    """torch's functions for TorchScript return their argument, which then has two names."""
    def alias(index):
        return made("torch.jit._pickle", "restore_type_tag", b"h" + bytes([index]), text("x")) + b"q" + bytes([index + 1]) + POP

    fields = EMPTY_DICT + b"q\1" + text("a") + FLOATS + number(0) + TUPLE2 + SETITEM + POP
    record = kind("V8", number(3), text("|"), NONE, text("a") + TUPLE1, b"h\1", number(8), number(1), number(0)) + b"q\5" + POP
    change = b"h\2" + text("a") + OBJECTS + number(0) + TUPLE2 + SETITEM + POP
    bad("alias-of-fields", START + fields + alias(1) + record + change + array(b"h\5", SHORT_BINBYTES + b"\x08" + b"A" * 8, 1) + STOP)
    filled = EMPTY_DICT + b"q\1" + POP + alias(1)
    state = filled + b"h\2" + MARK + text("_patch_step_function") + glob("torch.nn.modules.linear", "Linear") + b"u" + POP
    bad("alias-of-a-state", START + state + glob("torch.optim.sgd", "SGD") + b")\x81h\1" + BUILD + STOP)
    slots = filled + b"h\2" + MARK + text("__class__") + glob("torch.nn.modules.module", "Module") + b"u" + POP
    bad("alias-of-slots", START + slots + glob("argparse", "Namespace") + b")\x81" + NONE + b"h\1" + TUPLE2 + BUILD + STOP)
    both = kind(
        "V8", number(3), text("|"), FLOATS + number(1) + TUPLE1 + TUPLE2, text("a") + TUPLE1,
        entries((text("a"), OBJECTS + number(0) + TUPLE2)), number(8), number(1), number(63),
    )
    bad("type-of-parts-and-fields", START + array(both, EMPTY_LIST + text("a") + TUPLE1 + b"a", 1) + STOP)


def called(module, name):
    """A pickle that imports by two values and calls what it finds."""
    return PROTO + b"\2" + module + name + STACK_GLOBAL + text("id") + TUPLE1 + REDUCE + STOP


def of_torch(pickle_of_value):
    """A legacy file of torch without storages."""
    legacy = saved({}, _use_new_zipfile_serialization=False)
    file = io.BytesIO(legacy)
    ends = [pickle.load(file) is None or file.tell() for _ in range(5)]
    return legacy[: ends[2]] + pickle_of_value + legacy[ends[3] :]


def texts():
    """What is equal to a text, or one, without being written as such."""
    constant = glob("huggingface_hub.constants", "DEFAULT_REVISION")
    bad("constant-for-a-name", called(text("timeit"), constant))
    bad("constant-for-a-module", called(constant, text("system")))
    module = [text("posix"), NONE]
    unknown = glob("packaging.utils", "canonicalize_name")
    letters = kind("U6", number(3), text("<"), NONE, NONE, NONE, number(24), number(4), number(8))
    for name, kind_of_id in {
        "version": made("torch.torch_version", "TorchVersion", text("module")), "numpy": made("numpy", "str_", text("module")),
        "constant": constant, "array": array(letters, SHORT_BINBYTES + b"\x18" + "module".encode("utf-32-le"), 1),
    }.items():
        bad(f"kind-of-an-id-{name}", of_torch(called(values(kind_of_id, *module) + BINPERSID, text("system"))))
    plain = of_torch(called(values(text("module"), *module) + BINPERSID, text("system")))
    bad("kind-of-an-id", plain)
    bad("kind-of-an-id-in-tar", tarred(("m.pt", plain)))
    typed = made("torch._tensor", "_rebuild_from_type_v2", unknown, glob("builtins", "str"), values(text("posix")), NONE)
    rotated = made("_codecs", "encode", text("cbfvk"), unknown + values(text("rot13")) + REDUCE)
    built = made("copyreg", "__newobj__", unknown + values(text("str")) + REDUCE, text("posix"))
    of_objects = made("numpy", "dtype", glob("packaging.version", "Version"), NEWFALSE, NEWTRUE)
    scalar = made("numpy.core.multiarray", "scalar", of_objects, text("posix"))
    for name, value in {"rebuilt": typed, "rotated": rotated, "built": built, "scalar": scalar}.items():
        bad(f"text-{name}", called(value, text("system")))
    kind_of_objects = unknown + values(kind("O8", number(3), text("|"), NONE, NONE, NONE, number(-1), number(-1), number(63))) + REDUCE
    bad("array-of-more-objects-than-are-there", START + array(kind_of_objects, EMPTY_LIST, 65535) + STOP)
    # Texts of Python 2, which torch reads as UTF-8: of each byte from 0x80 on the file has two.
    letters = OS.decode("latin1").encode()
    for name, argument in {"text": b"T" + struct.pack("<i", len(letters)) + letters, "line": b"S'" + b"".join(b"\\x%02x" % byte for byte in letters) + b"'\n"}.items():
        encoded = made("_codecs", "encode", argument, text("latin1"))
        bad(f"bytes-of-a-python2-{name}", PROTO + b"\2" + made("torch.storage", "_load_from_bytes", encoded) + STOP)
    # An id of which other loaders take the second, a class, and torch's of tar archives the first, a text.
    one = values(text("module"), glob("collections", "OrderedDict"), number(0)) + BINPERSID
    patched = text("torch.nn.modules") + one + STACK_GLOBAL + entries((text("module"), text("posix"))) + BUILD + POP
    imported = text("torch.nn.modules.module") + one + STACK_GLOBAL
    parts = ("storages", pickle.dumps(0, 2) + pickle.dumps([], 2)), ("tensors", pickle.dumps(0, 2))
    bad("class-or-text", tarred(*parts, ("pickle", called(patched + imported, text("system")))))
    bad("class-or-text-p0", tarred(*parts, ("pickle", text("torch.nn.modules") + one + STACK_GLOBAL + POP + call0("posix", "system", "id"))))
    # What is called by the unpickler in Python alone, and by torch.package.
    matrix = made("numpy.core.multiarray", "_reconstruct", glob("numpy", "matrix"), number(0) + TUPLE1, SHORT_BINBYTES + b"\1b")
    bad("matrix-of-a-matrix", START + matrix + b"q\1h\1" + TUPLE1 + b"\x81" + STOP)
    called_id = values(text("reduce_package"), number(0), glob("torch.nn.modules.linear", "Identity"), values()) + BINPERSID
    bad("id-that-is-a-call", PROTO + b"\2" + called_id + text("posix") + TUPLE1 + REDUCE + STOP)
    # A list that is given items at places has fewer than it was given.
    emptied = EMPTY_LIST + MARK + NONE * 3 + b"e" + MARK + (number(0) + NONE) * 400 + b"u"
    objects = kind("O8", number(3), text("|"), NONE, NONE, NONE, number(-1), number(-1), number(63))
    bad("list-with-places", START + array(objects, emptied, 403) + STOP)
    # Attributes that an unknown function gives back; the second state calls one of them.
    copied, namespace = glob("pydantic.v1.utils", "smart_deepcopy"), made("types", "SimpleNamespace")
    method = entries((copied + values(text("__setstate__")) + REDUCE, copied + values(text("a")) + REDUCE))
    first = copied + values(method) + REDUCE + BUILD
    bad("attributes-that-are-made", START + namespace + first + copied + values(text("id")) + REDUCE + BUILD + STOP)
    good("module-in-tar", tarred(("m.pt", saved(torch.nn.Linear(1, 1), _use_new_zipfile_serialization=False))))


def gaps():
    """An open file stands behind what was read last of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({"a": 1, "w": torch.ones(3)}))) as source, zipfile.ZipFile(out, "w") as file:
        for member in source.namelist():
            file.writestr(member, source.read(member))
        file.fp.write(call0("posix", "system", "id") + b"\n")
        file.start_dir = file.fp.tell()
    bad("gap-in-front-of-the-directory", out.getvalue())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.npy", b"x" * 40)
        file.fp.write(b"C\xff")
        file.start_dir = file.fp.tell()
        file.writestr("b", b"\xff" * (255 - 31) + b"0" + call0("posix", "system", "id"))
    bad("gap-that-reaches-over-a-header", out.getvalue())
    archive = tarred(("storages", pickle.dumps(0, 2)), ("tensors", pickle.dumps(0, 2)), ("pickle", pickle.dumps({"a": 1}, 2)))
    end = archive.rindex(pickle.dumps({"a": 1}, 2)) + len(pickle.dumps({"a": 1}, 2))
    for name, payload in (("p0", call0("posix", "system", "id")), ("p2", OS)):
        bad(f"gap-in-a-block-{name}", archive[:end] + payload + archive[end + len(payload):])
    # Legacy files of torch whose layout is not what it seems.
    legacy = saved(torch.zeros(64), _use_new_zipfile_serialization=False)
    file = io.BytesIO(legacy)
    magic = pickle.load(file)
    rest = legacy[file.tell():]
    spellings = {
        "padded": START + b"N0" * 40 + b"\x8a\x0a" + magic.to_bytes(10, "little") + STOP, "hex": b"L" + hex(magic).encode() + b"L\n.",
        "decimal": START + glob("decimal", "Decimal") + text(str(magic)) + TUPLE1 + REDUCE + STOP,
    }
    for name, spelling in spellings.items():
        bad(f"magic-{name}", spelling + rest + call0("posix", "system", "id"))
        UNOPENED[f"magic-{name}"] = spelling + rest
    parts = [legacy[: file.tell()]]
    for _ in range(2):
        start = file.tell()
        pickle.load(file)
        parts.append(legacy[start : file.tell()])
    twice = parts[0] + parts[1] + parts[0] + legacy[file.tell():]
    file.seek(len(parts[0]))
    bad("magic-twice", twice + call0("posix", "system", "id"))
    bad("magic-twice-padded", spellings["padded"] + twice[len(parts[0]):] + call0("posix", "system", "id"))

    def reference(kind, key, view):
        return values(text("storage"), glob("torch", kind), text(key), text("cpu"), number(64), view) + BINPERSID

    for _ in range(2):
        pickle.load(file)
    body = reference("FloatStorage", "a", values(text("b"), number(0), number(64))) + reference("DoubleStorage", "b", NONE)
    body = START + EMPTY_LIST + MARK + body + b"e" + STOP + pickle.dumps(["b"], 2) + struct.pack("<q", 64) + b"\0" * 256
    payload = call0("posix", "system", "id")
    bad("view-with-the-key-of-a-storage", legacy[: file.tell()] + body + payload + b"\0" * (256 - len(payload)))


def links():
    """Of several extended headers Python lets the first name win, and a global one names all members behind it."""
    def plain(name, data, **options):
        return tar_header(name, b"%011o" % len(data), **options) + padded(data)

    def path(name, kind=b"x"):
        return plain(b"pax", b"%d path=%s\n" % (len(name) + 9, name), kind=kind)

    link, info = tar_header(b"latest", b"0", kind=b"2"), plain(b"sys_info", pickle.dumps({}, 2))
    stored = path(b"storages")
    assert b"17 path=storages\n" in stored
    long_name = plain(b"././@LongLink", b"storages\0", kind=b"L")
    for name, front in {"pax-twice": stored + path(b"f"), "long-and-pax": long_name + path(b"f"), "long-twice": long_name + plain(b"././@LongLink", b"f\0", kind=b"L")}.items():
        bad(f"link-{name}", info + front + link + b"\0" * 1024)
    bad("link-of-many-names", info + stored + path(b"f") * 70 + link + b"\0" * 1024)
    bad("link-global", path(b"storages", kind=b"g") + info + link + b"\0" * 1024)
    good("link-in-a-folder", info + tar_header(b"run2/tensors", b"0", kind=b"1") + b"\0" * 1024)


def honest():
    """Several pickles of one Pickler, and arrays as NumPy writes them."""
    runs = {
        "states": [torch.nn.Linear(1, 1).state_dict(), {"step": 3, "d": collections.deque([1])}, torch.nn.Linear(1, 1).state_dict(), {"x": np.arange(3)}],
        "epochs": [{"epoch": epoch, "loss": np.float32(epoch), "weights": np.arange(5.0)} for epoch in range(5)],
        "metrics": [{"names": ["a", "b"]}, [1.5, "a"], {"b": "a", "c": [1, 2]}, collections.Counter("ab")],
    }
    for name, run in runs.items():
        for protocol in (2, 4, 5):
            file = io.BytesIO()
            pickler = pickle.Pickler(file, protocol)
            for value in run:
                pickler.dump(value)
            good(f"pickler-of-{name}-p{protocol}", file.getvalue())
            good(f"pickles-of-{name}-p{protocol}", b"".join(pickle.dumps(value, protocol) for value in run))
    fields = {"latex": "\\alpha", "quote": "a'b\"", "newline": "a\nb", "accent": "é"}
    types = {name: [(field, "f4")] for name, field in fields.items()} | {"empty-text": [("a", "U0"), ("b", "f4")], "nothing": []}
    for name, type in types.items():
        out = io.BytesIO()
        np.save(out, np.zeros(2, dtype=type))
        good(f"npy-fields-{name}", out.getvalue())
