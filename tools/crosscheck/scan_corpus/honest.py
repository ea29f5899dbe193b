"""What honest programs write."""
import argparse
import array
import collections
import datetime
import decimal
import fractions
import gzip
import io
import ipaddress
import json
import pathlib
import pickle
import random
import types
import uuid
from pickle import APPEND, EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, NONE, PROTO, REDUCE, STOP, TUPLE3

from torch import nn
import numpy as np
import torch

from pieces import bad, glob, good, saved, text


def archives_within():
    """Bytes of torch's archives, which have a ZIP64 record, in another pickle and in an array."""
    buffer = io.BytesIO()
    torch.save({"w": torch.zeros(3)}, buffer)
    good("archive-in-pickle", pickle.dumps({"weights": buffer.getvalue()}))
    array_file = io.BytesIO()
    np.save(array_file, np.frombuffer(buffer.getvalue(), dtype=np.uint8))
    good("archive-in-npy", array_file.getvalue())


def plain_values():
    run = argparse.Namespace(lr=3e-4, layers=[1, 2], name="run", path=pathlib.PurePosixPath("a/b"))
    values = {
        "dict": {"a": [1, 2.5, None, True], "b": ("x", b"y")},
        "namespace": run,
        "ordered": collections.OrderedDict(a=1, b=2),
        "collections": [collections.Counter("abca"), collections.deque([1, 2], maxlen=3), collections.defaultdict(list, a=[1])],
        "dates": [datetime.datetime(2024, 1, 2, 3), datetime.timedelta(3), datetime.timezone.utc, datetime.date(2020, 1, 1)],
        "paths": [pathlib.Path("a/b"), pathlib.PureWindowsPath("c:/d")],
        "sets": [{1, 2}, frozenset("ab"), bytearray(b"abc"), complex(1, 2), range(3), slice(1, 2)],
        "numpy": {"scalar": np.float32(1.5), "array": np.arange(6).reshape(2, 3), "bool": np.bool_(True), "dtype": np.dtype("f4"), "type": np.int64},
        "strings": {"code": "import os\nos.system('id')\n", "text": "cat\nsat\non the mat\n", "os": "system", "builtins": "eval"},
        "nested": pickle.dumps({"inner": np.float64(3)}),
        "long": {"ids": list(range(5000)), "big": 1 << 300},
        "records": [
            decimal.Decimal("1.5"), fractions.Fraction(1, 3), uuid.UUID(int=5), types.SimpleNamespace(a=1), collections.ChainMap({"a": 1}),
            ipaddress.ip_address("1.2.3.4"), ipaddress.ip_network("::/8"), ..., NotImplemented,
            datetime.time(1, 2), datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1), "x")),
        ],
        "arrays": {
            "fields": np.zeros(2, dtype=[("a", "f4"), ("b", "i8", (2,))]), "objects": np.array([1, "a"], dtype=object),
            "mixed": np.array([(1, "x")], dtype=[("a", "i4"), ("b", "O")]), "texts": np.array(["a", "bb"]),
            "masked": np.ma.array([1.0, 2.0], mask=[0, 1], fill_value=9),
            "masked objects": np.ma.array([None, "l2"], mask=False, fill_value="?", dtype=object),
            "dates": np.array(["2020-01-01"], dtype="M8[D]"), "aligned": np.zeros(1, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
            "random": [np.random.default_rng(0), np.random.RandomState(0), np.random.Generator(np.random.Philox(1))],
        },
    }
    for name, value in values.items():
        for protocol in (0, 2, 4, 5):
            if name == "sets" and protocol < 2:
                continue
            good(f"{name}-p{protocol}", pickle.dumps(value, protocol=protocol))


def more_values():
    """What is often kept beside tensors, and what looks like it."""
    for name, value in {
        "array": array.array("d", [1, 2]), "matrix": np.matrix([[1]]), "types": [int, type(None)], "version": types.SimpleNamespace(__version__="1"),
    }.items():
        for protocol in (0, 2, 4):
            good(f"more-{name}-p{protocol}", pickle.dumps(value, protocol=protocol))
    data = torch.utils.data.TensorDataset(torch.ones(3))
    layer = nn.TransformerEncoderLayer(4, 2, activation=nn.functional.silu)
    for name, value in {"dataset": data, "subset": torch.utils.data.Subset(data, [0]), "silu": layer, "weight-norm": nn.utils.weight_norm(nn.Linear(2, 2))}.items():
        good(f"more-{name}", saved(value))
    three = text("x") + EMPTY_TUPLE + EMPTY_DICT + TUPLE3
    bad("more-type-of-three", PROTO + b"\2" + glob("builtins", "type") + three + REDUCE + STOP)
    bad("more-type-as-base", PROTO + b"\2" + glob("copyreg", "_reconstructor") + glob("argparse", "Namespace") + glob("builtins", "type") + NONE + TUPLE3 + REDUCE + STOP)
    bad("more-type-kept", PROTO + b"\2" + EMPTY_LIST + glob("builtins", "type") + APPEND + STOP)


def torch_values():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.LayerNorm(8), nn.Dropout(0.1), nn.Linear(8, 2))
    for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad):
        optimizer = make(model.parameters(), lr=1e-3)
        optimizer.zero_grad()
        model(torch.randn(3, 4)).sum().backward()
        optimizer.step()
        name = make.__name__
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
        good(f"checkpoint-{name}", saved({
            "model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
            "args": argparse.Namespace(lr=1e-3, out=pathlib.Path("out")), "best": np.float64(1.25), "step": 7,
            "rng": torch.get_rng_state(), "numpy": np.random.get_state(), "python": random.getstate(),
        }))
        good(f"whole-{name}", saved(optimizer))
    good("whole-module", saved(model))
    good("whole-module-legacy", saved(model, _use_new_zipfile_serialization=False))
    modules = {
        "conv": nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Flatten()),
        "rnn": nn.LSTM(3, 4, 2), "gru": nn.GRU(3, 4), "embedding": nn.Embedding(10, 4),
        "attention": nn.MultiheadAttention(8, 2), "transformer": nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2),
        "list": nn.ModuleDict({"a": nn.ModuleList([nn.GELU(), nn.Softmax(-1)]), "b": nn.GroupNorm(2, 4)}),
        "loss": nn.CrossEntropyLoss(weight=torch.ones(3)),
    }
    for name, module in modules.items():
        good(f"whole-{name}", saved(module))
        good(f"state-{name}-legacy", saved(module.state_dict(), _use_new_zipfile_serialization=False))
    types = [torch.float32, torch.float16, torch.bfloat16, torch.int8, torch.bool, torch.complex64, torch.float8_e4m3fn, torch.uint16]
    good("dtypes", saved({str(t): torch.zeros(3).to(t) for t in types} | {"types": types}))
    good("views", saved({"t": torch.arange(6.0).view(2, 3).t(), "p": nn.Parameter(torch.ones(2)), "e": torch.ones(1).expand(4)}))
    good("sparse", saved(torch.eye(3).to_sparse()))
    good("quantised", saved(torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)))
    for protocol in (0, 2, 4):
        good(f"plain-pickle-of-tensors-p{protocol}", pickle.dumps({"w": torch.ones(3)}, protocol=protocol))
    buffer = nn.Module()
    buffer.register_buffer("b", nn.Buffer(torch.ones(3)))
    good("whole-buffer", saved(buffer))
    for name in ("Adafactor", "Muon"):
        optimizer = getattr(torch.optim, name)([nn.Parameter(torch.ones(2, 2))], lr=1e-3)
        good(f"whole-{name}", saved(optimizer))
    torch.jit.script(model)
    good("whole-scripted-module", saved(model))
    good("plain-pickle-of-module", pickle.dumps(nn.Linear(2, 2)))
    for protocol in (0, 1, 3, 4, 5):
        good(f"torch-p{protocol}", saved(model.state_dict(), pickle_protocol=protocol))
    good("random-tensor-legacy", saved({"w": torch.randint(0, 256, (1 << 20,), dtype=torch.uint8)}, _use_new_zipfile_serialization=False))


def other_files():
    out = io.BytesIO()
    np.savez(out, a=np.arange(3), b=np.float32(1))
    good("npz", out.getvalue())
    out = io.BytesIO()
    np.savez_compressed(out, a=np.array([{"x": 1}, np.float64(2)], dtype=object))
    good("npz-objects", out.getvalue())
    good("json", json.dumps({"a": [1, 2]}, indent=1).encode())
    good("text", b"copy of the minutes\nof the meeting\n(and so on)\n")
    good("source", pathlib.Path(__file__).read_bytes())
    good("random", random.Random(1).randbytes(1 << 20))
    good("empty", b"")
    good("gzip", gzip.compress(pickle.dumps({"a": 1})))
