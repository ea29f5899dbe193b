"""Names that run code, and the opcodes that import and call them."""
import io
import pickle
import random
import struct
import zipfile
from pickle import (
    APPENDS, BINBYTES, BINBYTES8, BINGET, BINPERSID, BINPUT, BINSTRING, BINUNICODE, BINUNICODE8, BUILD,
    DUP, EMPTY_DICT, EMPTY_TUPLE, EXT1, FRAME, LONG_BINGET, LONG_BINPUT, MARK, MEMOIZE, NEWOBJ, NEWOBJ_EX,
    NONE, OBJ, POP, POP_MARK, PROTO, REDUCE, SETITEM, STACK_GLOBAL, STOP, TUPLE, TUPLE1, TUPLE2,
)

from pieces import Exploit, OS, bad, call, call0, glob, short, stack_global, tarred, text


def names():
    """Names that run code, each in a protocol of its own."""
    gadgets = [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("os", "popen"), ("os", "execvp"),
        ("subprocess", "Popen"), ("subprocess", "check_output"), ("builtins", "eval"),
        ("builtins", "exec"), ("builtins", "getattr"), ("builtins", "__import__"),
        ("builtins", "compile"), ("builtins", "open"), ("builtins", "breakpoint"),
        ("__builtin__", "eval"), ("__builtin__", "execfile"), ("importlib", "import_module"),
        ("runpy", "run_path"), ("runpy", "_run_code"), ("pty", "spawn"), ("commands", "getoutput"),
        ("timeit", "timeit"), ("cProfile", "run"), ("pdb", "run"), ("bdb", "Bdb"), ("code", "interact"),
        ("pickle", "loads"), ("_pickle", "loads"), ("marshal", "loads"), ("types", "FunctionType"),
        ("operator", "attrgetter"), ("functools", "partial"), ("ctypes", "CDLL"),
        ("webbrowser", "open"), ("shutil", "rmtree"), ("socket", "create_connection"),
        ("urllib.request", "urlopen"), ("http.client", "HTTPSConnection"), ("ssl", "get_server_certificate"),
        ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
        ("logging.config", "_resolve"), ("pydoc", "locate"), ("pkgutil", "resolve_name"),
        ("doctest", "debug_script"), ("trace", "Trace.run"), ("ensurepip", "_run_pip"),
        ("idlelib.pyshell", "ModifiedInterpreter.runcode"), ("idlelib.run", "Executive.runcode"),
        ("idlelib.autocomplete", "AutoComplete.get_entity"), ("idlelib.calltip", "get_entity"),
        ("idlelib.debugobj", "ObjectTreeItem.SetText"), ("lib2to3.pgen2.grammar", "Grammar.loads"),
        ("lib2to3.pgen2.pgen", "ParserGenerator.make_label"), ("distutils.file_util", "write_file"),
        ("pip", "main"), ("pip._internal", "main"), ("setuptools.sandbox", "run_setup"),
        ("pkg_resources", "run_script"),
        ("torch.hub", "load"), ("torch._dynamo.guards", "GuardBuilder.get"),
        ("torch._inductor.codecache", "compile_file"), ("torch.utils.collect_env", "run"),
        ("torch.utils.bottleneck.__main__", "run_cprofile"), ("torch.jit.unsupported_tensor_ops", "execWrapper"),
        ("torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"),
        ("torch.nn.modules.module", "os.system"), ("torch.serialization", "load"),
        ("torch.utils.data.datapipes.utils.decoder", "basichandlers"), ("torch", "load"),
        ("numpy", "load"), ("numpy.f2py.crackfortran", "getlincoef"), ("numpy.f2py.crackfortran", "_eval_length"),
        ("numpy.testing._private.utils", "runstring"), ("numpy._core.multiarray", "fromfile"),
        ("requests", "get"), ("aiohttp.client", "ClientSession"), ("paramiko.client", "SSHClient"),
        ("dill", "loads"), ("IPython", "embed"), ("sympy", "sympify"), ("numexpr", "evaluate"),
        ("transformers.utils", "os.system"), ("harmless.helpers", "import_module"),
        ("__main__", "__builtins__.eval"), ("collections", "OrderedDict.__init__.__globals__"),
        # Folders within those that Python imports from: its library under a second name.
        ("lib-dynload._ctypes", "call_function"), ("Lib.timeit", "timeit"),
        ("site-packages.pip._vendor.pyproject_hooks._impl", "default_subprocess_runner"),
        ("usr.lib.python3.site", "main"), ("src.site-packages.os", "system"),
        ("miniconda3.Lib.code", "interact"),
        # What `python -m pickle`, timeit, cProfile and trace are.
        ("__main__", "_loads"), ("__main__", "_Unpickler.load_reduce"), ("__main__", "Unpickler.find_class"), ("__main__", "timeit"),
        ("__main__", "Timer.repeat"), ("__mp_main__", "runctx"), ("__main__", "Trace.runctx"), ("__main__", "_run_module_as_main"),
        ("__main__", "main"), ("__main__", "InteractiveInterpreter.runsource"), ("__main__", "pipepager"),
    ]
    for index, (module, name) in enumerate(gadgets):
        protocol = index % 6
        label = f"name-p{protocol}-{module}.{name}"
        if protocol == 0:
            bad(label, call0(module, name, "id"))
        elif protocol >= 4 or "." in name:
            bad(label, call(stack_global(module, name), "id", protocol=max(protocol, 4)))
        else:
            bad(label, call(glob(module, name), "id", protocol=protocol))


def opcodes():
    """Ways to import and to call."""
    bad("inst", b"(S'id'\nios\nsystem\n.")
    bad("obj", PROTO + b"\2" + MARK + glob("os", "system") + text("id") + OBJ + STOP)
    bad("newobj", PROTO + b"\2" + glob("subprocess", "Popen") + text("id") + TUPLE1 + NEWOBJ + STOP)
    bad("newobj-ex", PROTO + b"\4" + stack_global("subprocess", "Popen") + text("id") + TUPLE1 + EMPTY_DICT + NEWOBJ_EX + STOP)
    bad("never-called", PROTO + b"\2" + glob("antigravity", "fly") + STOP)
    bad("extension-code", PROTO + b"\2" + EXT1 + b"\7" + text("id") + TUPLE1 + REDUCE + STOP)
    bad("class-changed", PROTO + b"\2" + glob("argparse", "Namespace") + EMPTY_DICT + text("__init__") + NONE + SETITEM + BUILD + STOP)
    bad("popped-payload", PROTO + b"\2" + glob("os", "system") + text("id") + TUPLE1 + REDUCE + POP + EMPTY_DICT + STOP)
    bad("default-factory", PROTO + b"\2" + glob("collections", "defaultdict") + glob("os", "getcwd") + TUPLE1 + REDUCE + STOP)
    bad("rebuild-from-type", PROTO + b"\2" + glob("torch._tensor", "_rebuild_from_type_v2") + MARK
        + glob("os", "system") + glob("torch", "Tensor") + MARK + text("id") + TUPLE + EMPTY_DICT + TUPLE + REDUCE + STOP)
    bad("call-of-result", PROTO + b"\2" + glob("argparse", "Namespace") + EMPTY_TUPLE + REDUCE + text("id") + TUPLE1 + REDUCE + STOP)
    bad("persistent-id-called", PROTO + b"\2" + text("os.system") + BINPERSID + text("id") + TUPLE1 + REDUCE + STOP)
    bad("setitem-of-payload", PROTO + b"\2" + EMPTY_DICT + text("x") + glob("os", "system") + text("id") + TUPLE1 + REDUCE + SETITEM + STOP)


def tricks():
    """STACK_GLOBAL and memo: the name is not where a simple scanner looks."""
    tail = text("id") + TUPLE1 + REDUCE + STOP
    p4 = PROTO + b"\4"
    bad("sg-memo", p4 + short("os") + MEMOIZE + POP + short("system") + MEMOIZE + POP + BINGET + b"\0" + BINGET + b"\1" + STACK_GLOBAL + tail)
    bad("sg-memo-overwritten", p4 + short("collections") + BINPUT + b"\0" + POP + short("os") + BINPUT + b"\0" + POP
        + BINGET + b"\0" + short("system") + STACK_GLOBAL + tail)
    bad("sg-long-memo", p4 + short("os") + LONG_BINPUT + b"\xff\xff\xff\x7f" + POP + LONG_BINGET + b"\xff\xff\xff\x7f" + short("system") + STACK_GLOBAL + tail)
    bad("sg-text-memo", p4 + short("os") + b"p300\n" + POP + b"g300\n" + short("system") + STACK_GLOBAL + tail)
    bad("sg-odd-memo", p4 + short("collections") + b"p1\n" + POP + short("os") + b"p0_1\n" + POP + b"g1\n" + short("OrderedDict") + STACK_GLOBAL + tail)
    bad("sg-dup", p4 + short("system") + short("os") + DUP + POP + BINPUT + b"\1" + POP + BINPUT + b"\2" + POP + BINGET + b"\1" + BINGET + b"\2" + STACK_GLOBAL + tail)
    bad("sg-junk-between", p4 + short("os") + short("OrderedDict") + POP + short("system") + STACK_GLOBAL + tail)
    bad("sg-mark-between", p4 + short("os") + MARK + short("collections") + POP_MARK + short("system") + STACK_GLOBAL + tail)
    bad("sg-mark-popped", p4 + short("os") + short("system") + MARK + POP + STACK_GLOBAL + tail)
    bad("sg-binunicode8", p4 + BINUNICODE8 + struct.pack("<Q", 2) + b"os" + short("system") + STACK_GLOBAL + tail)
    bad("sg-escaped", p4 + rb"V\u006fs" + b"\n" + rb"S'sys\x74em'" + b"\n" + STACK_GLOBAL + tail)
    bad("sg-octal", p4 + rb"S'\157s'" + b"\n" + rb'S"sy\163tem"' + b"\n" + STACK_GLOBAL + tail)
    bad("sg-computed-join", p4 + stack_global("builtins", "str") + short("os") + TUPLE1 + REDUCE + short("system") + STACK_GLOBAL + tail)
    bad("sg-computed-encode", p4 + stack_global("_codecs", "encode") + short("bf") + short("rot13") + TUPLE2 + REDUCE + short("system") + STACK_GLOBAL + tail)
    bad("sg-frames", p4 + FRAME + struct.pack("<Q", 4) + short("os") + FRAME + struct.pack("<Q", 60) + short("system") + STACK_GLOBAL + tail)
    bad("getattr-chain", p4 + stack_global("builtins", "getattr") + stack_global("builtins", "__import__") + short("os") + TUPLE1 + REDUCE + short("system") + TUPLE2 + REDUCE + tail)
    bad("dotted-through-safe", p4 + stack_global("pathlib", "os.system") + tail)
    bad("dotted-through-nn", p4 + stack_global("torch.nn.modules.linear", "Linear.__init__.__globals__") + STOP)
    bad("safe-then-bad", PROTO + b"\2" + glob("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE + POP + glob("os", "system") + tail)
    bad("memo-index-zero-reused", PROTO + b"\2" + b"".join(text("a") + BINPUT + b"\0" + POP for _ in range(100)) + glob("os", "system") + BINPUT + b"\0" + POP + BINGET + b"\0" + tail)
    bad("protocol-0-line-feeds", b"cos\r\nsystem\n(S'id'\ntR.".replace(b"\r", b""))
    bad("leading-constants-0", b"I1\n0F1.5\n0(lp0\n0" + call0("os", "system", "id"))
    bad("long-junk-before", PROTO + b"\2" + (text("x" * 1000) + POP) * 1000 + OS[2:])


def broken():
    """Files that fail after the payload ran."""
    body = OS[:-1]
    bad("no-stop", body)
    bad("garbage-after", body + b"\xff\xfe\xfd")
    bad("empty-stack-after", body + POP + POP + POP + APPENDS)
    bad("missing-memo-after", body + BINGET + b"\x63" + STOP)
    bad("bad-memo-before-too", PROTO + b"\2" + BINGET + b"\x63" + POP + OS[2:])
    bad("truncated-text-after", body + BINUNICODE + struct.pack("<I", 1 << 30) + b"short")
    bad("negative-length-after", body + BINSTRING + struct.pack("<i", -1))
    bad("huge-length-after", body + BINBYTES8 + struct.pack("<Q", 1 << 63))
    bad("bad-utf8-after", body + BINUNICODE + struct.pack("<I", 2) + b"\xff\xff" + STOP)
    bad("bad-number-after", body + b"Inot a number\n.")
    bad("broken-protocol-0", call0("os", "system", "id")[:-1] + b"!")
    bad("second-after-first", pickle.dumps({"a": 1}) + OS)
    bad("second-after-first-0", pickle.dumps({"a": 1}, protocol=0) + call0("os", "system", "id"))
    bad("after-binary-junk", pickle.dumps({"a": 1}) + random.Random(0).randbytes(5000) + OS)


def nested():
    inner = OS
    for protocol in range(6):
        bad(f"nested-bytes-p{protocol}", pickle.dumps({"weights": inner}, protocol=protocol))
    bad("nested-twice", pickle.dumps([pickle.dumps([inner])]))
    bad("nested-bytearray", pickle.dumps(bytearray(inner), protocol=5))
    bad("nested-protocol-0-text", pickle.dumps({"t": call0("os", "system", "id")}))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a/data.pkl", inner)
    bad("nested-zip", pickle.dumps({"blob": archive.getvalue()}))
    bad("nested-in-load-from-bytes", PROTO + b"\3" + glob("torch.storage", "_load_from_bytes") + BINBYTES
        + struct.pack("<I", len(inner)) + inner + TUPLE1 + REDUCE + STOP)
    # What starts far behind the beginning of a text, each of whose bytes may be an escape.
    late = {
        "call": call0("os", "system", "id"), "tar": tarred(("a.pkl", OS)),
        "deep": b"I1\n0" * 300 + call0("os", "system", "id"), "line": b"I" + b"0" * 3000 + b"1\n0" + call0("os", "system", "id"),
        "accents": b"(S'" + b"\xe9" * 2000 + b"'\n0" + call0("os", "system", "id"),
    }
    def escaped(data): return b"".join(b"\\x%02x" % byte for byte in data)
    def python2(data): return repr(data)[2:-1].replace("'", "\\'").encode()
    for label, data in late.items():
        bad(f"late-{label}-escaped", b"(S'" + escaped(data) + b"'\np0\nl.")
        bad(f"late-{label}-repr", b"(S'" + python2(data) + b"'\np0\nl.")
        bad(f"late-{label}-unicode", b"(V" + b"".join(b"\\u%04x" % byte for byte in data) + b"\np0\nl.")
        bad(f"late-{label}-latin", b"(" + text(data.decode("latin-1")) + b"l.")
    smile = b"(S'" + "\u263a".encode() + b"'\n0" + call0("os", "system", "id")
    bad("beyond-latin", b"(" + text(smile.decode()) + b"l.")
    bad("beyond-latin-0", b"(V" + smile.decode().replace("\n", "\\u000a").encode("raw_unicode_escape") + b"\nl.")
    bad("path", call0("/usr/lib/python2.7/timeit", "main", "id"))
    bad("path-relative", call0("../plugins.tool", "Tool", "id"))
    bad("computed-load-from-bytes", PROTO + b"\3" + glob("torch.storage", "_load_from_bytes") + glob("builtins", "bytes")
        + text("abc") + TUPLE1 + REDUCE + TUPLE1 + REDUCE + STOP)
    for protocol in range(6):
        bad(f"dumped-exploit-p{protocol}", pickle.dumps({"model": [1, 2, Exploit()]}, protocol=protocol))
