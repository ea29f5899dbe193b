"""Programs that come with a model."""
import base64
import json
import pickle
import zipfile
from pickle import BUILD, EMPTY_TUPLE, NEWOBJ, PROTO, REDUCE, STOP, TUPLE1

from pieces import OS, bad, call, glob, good, text, zipped


def programs():
    """What torch runs, compiles or evaluates out of an archive, and what evaluates in what torch depends on."""
    def exported(*expressions, name="m/models/model.json", key="expr_str", more=()):
        sizes = [{"as_expr": {key: expression, "hint": {"as_int": 4}}} for expression in expressions]
        data = json.dumps({"graph_module": {"graph": {"tensor_values": {"x": {"sizes": sizes}}}}}).encode()
        return [(name, data), ("m/archive_format", b"pt2"), *more]

    for name, expression in {
        "call": "__import__('os').system('id')", "attribute": "Symbol('s0').func('x')", "quoted": "Max('os.x')", "name": "eval('s0')",
        "lambda": "lambda: 0", "called-value": "(Max)(1)", "item": "s0[0]", "list": ["__import__('os').system('id')"], "escape": "M\u0061x(1)\\n",
    }.items():
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            bad(f"export-{name}-{method}", zipped(*exported("Symbol('s0', integer=True)", expression), method=method))
    odd = "__import__('os').system('id')"
    bad("export-old", zipped(*exported(odd, name="serialized_exported_program.json")[:1]))
    bad("export-other-ending", zipped(*exported(odd, name="m/models/model.jsom")))
    for name, guard in {"newline": "1\nimport os", "call": "L['x'].tolist()", "index": "L[open('x')]", "value": "L['x'](1)"}.items():
        data = json.dumps({"guards_code": ["L['x'].size()[0] >= 2", guard]}).encode()
        bad(f"export-guard-{name}", zipped(("m/models/model.json", data), ("m/archive_format", b"pt2")))
    data = json.dumps({"target": "torch.ops.aten.from_file.default"}).encode()
    bad("export-operator", zipped(("m/models/model.json", data), ("m/archive_format", b"pt2")))
    bad("aotinductor-leads-out", zipped(("m/data/aotinductor/model/../../../x.txt", b"x"), ("m/archive_format", b"pt2")))
    bad("export-capitals", zipped(*exported(odd, name="m/MODELS/model.JSON")))
    (name, data), *rest = exported(odd)
    bad("export-escaped-key", zipped((name, data.replace(b"expr_str", b"expr\\u005fstr")), *rest))
    folder = "m/data/aotinductor/model/x.wrapper"
    for member in (".cpp", ".so", ".o", "_compile_flags.json", "_linker_flags.json", "_metadata.json"):
        bad(f"aotinductor-source{member}", zipped((folder + member, b"{}"), ("m/archive_format", b"pt2")))
    operators = pickle.dumps(("__torch__.M.forward", (("operators", (("aten::save", ""), ("aten::add", "Scalar"))),)), 2)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        bad(f"lite-interpreter-{method}", zipped(("m/bytecode.pkl", operators), ("m/data.pkl", pickle.dumps(1, 2)), ("m/version", b"3"), method=method))

    start = PROTO + b"\4"
    load = glob("torch.storage", "_load_from_bytes")
    bad("loader-of-another", start + load + glob("idna.core", "encode") + text("abc") + TUPLE1 + REDUCE + TUPLE1 + REDUCE + STOP)
    bad("loader-of-yaml", start + load + glob("yaml", "safe_load") + text("!!binary gAJOLg==") + TUPLE1 + REDUCE + TUPLE1 + REDUCE + STOP)
    for module, function in (
        ("typing_extensions", "evaluate_forward_ref"), ("mpmath", "identify"), ("mpmath.ctx_mp_python", "binary_op"), ("attr._make", "_compile_and_eval"),
        ("networkx.utils.decorators", "argmap"), ("filelock", "FileLock"), ("markupsafe", "Markup"), ("yaml", "load_all"), ("yaml", "full_load_all"),
        ("yaml", "UnsafeLoader"), ("pydantic._internal._typing_extra", "eval_type_backport"), ("helpers", "do_exec"),
    ):
        bad(f"evaluates-{module}.{function}", call(glob(module, function), "x"))


def classes_of_torch():
    """Objects that torch's own unpickler makes, of which one runs a pickle out of a text."""
    inner = base64.b64encode(OS).decode()

    def built(module, name):
        return PROTO + b"\2" + glob(module, name) + b"q\0" + EMPTY_TUPLE + NEWOBJ + text(inner) + BUILD + STOP

    classes = "__torch__.torch.classes"
    for index, (module, name) in enumerate((
        (classes + ".aten", "OpaqueObject"), ("__torch__", "torch.classes.aten.OpaqueObject"), (classes, "aten.OpaqueObject"),
        (classes + " .aten", "OpaqueObject"), (" " + classes + ".aten", "OpaqueObject"), (classes + ".aten", "OpaqueObject#x"),
        ("(" + classes + ".aten", "OpaqueObject)"), (classes + ".aten", "OpaqueObject\r"), ("\f" + classes + "\f.aten", "OpaqueObject"),
        ("'torch.classes.aten", "OpaqueObject'"), ('("torch.classes.aten', 'OpaqueObject")'), (classes + ".aten", "OpaqueObject=f()"), (classes + ".aten.OpaqueObject #", "x"), (classes + ".aten", "OpaqueObject if True else x"),
        (classes + ".quantized", "LinearPackedParamsBase"), (classes + ".mkldnn", "ConvOpContext"), (classes + ".mine", "Thing"),
    )):
        bad(f"torch-class-{index}", zipped(("m/data.pkl", built(module, name)), ("m/constants.pkl", PROTO + b"\2)."), ("m/version", b"3")))
    bad("torch-class-in-constants", zipped(("m/data.pkl", PROTO + b"\2N."), ("m/constants.pkl", built(classes + ".aten", "OpaqueObject")), ("m/version", b"3")))


def programs_elsewhere():
    """Programs in archives without a folder, and archives of projects, which have none."""
    library = b"\x7fELF\2\1\1" + bytes(200)
    for name, names in {
        "no-folder": ("data/constants/a.wrapper.so", "data/constants/a.wrapper_metadata.json"), "others-first": ("x/y", "z/y", "data/constants/a.wrapper.so"),
        "sources": ("x", "data/constants/a.wrapper.cpp", "data/constants/a.wrapper_compile_flags.json"), "deeper": ("data/constants/model/a.o",),
        "model": ("data/aotinductor/model/a.so",), "slash": ("/data/constants/a.so",), "longer": ("m/data/constantsx/a.so",),
        "separators": ("m//data///constants/a.so",), "separators-model": ("m/data//aotinductor/model/a.so",),
    }.items():
        bad(f"aotinductor-{name}", zipped(*((member, library) for member in names)))
    arena = json.dumps({"protoVersion": "6", "mainModule": {"name": "m", "torchscriptArena": {"key": "src/m.txt"}}})
    for name, root, description in (
        ("other-folder", "m", arena), ("no-name", "", arena), ("escaped", "m", arena.replace("torchscript", "torch\\u0073cript")), ("lenient", "m", arena.replace("torch", "t\\orch")),
    ):
        bad(f"torchscript-first-{name}", zipped((f"{root}/model.json", description), (f"{root}/src/m.txt", b"x = 1"), (f"{root}/VERSION", b"1")))
    graph = json.dumps({"graph_module": {"graph": {}}})
    bad("export-without-a-format", zipped(("m/models/model.json", graph), ("m/version", b"3")))
    words = json.dumps({"hidden_size": 8, "name": "caf\u00e9"}, ensure_ascii=False)
    for name, members in {
        "models": ("proj-main/VERSION", "proj-main/models/config.json"), "constants": ("proj/version", "proj/src/data/constants/x.json"),
        "units": ("proj/data/constants/units.json",), "format": ("proj/archive_format",), "deep-format": ("proj/VERSION", "proj/docs/archive_format"),
        "keras": ("proj/VERSION", "proj/model.json", "proj/code/x.py"), "readme": ("VERSION", "models/config.json", "archive_format"),
    }.items():
        good(f"project-{name}", zipped(*((member, words) for member in members)))
