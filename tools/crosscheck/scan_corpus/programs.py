"""Programs that come with a model."""
import json
import pickle
import zipfile
from pickle import PROTO, REDUCE, STOP, TUPLE1

from pieces import bad, call, glob, text, zipped


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
