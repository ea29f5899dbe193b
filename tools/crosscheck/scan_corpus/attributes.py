"""States of objects that change what the code of their classes does, and states of honest modules."""
import argparse
import collections
import copyreg
import io
import pickle
import struct
import uuid
from pickle import BUILD, EMPTY_DICT, MARK, NEWFALSE, NEWTRUE, NONE, POP, PROTO, REDUCE, SETITEM, SHORT_BINBYTES, STOP, TUPLE, TUPLE1, TUPLE2

from torch import nn
from torch.nn.utils.weight_norm import WeightNorm
import numpy as np
import torch

from pieces import bad, call, glob, good, saved, text


class Made:
    """An object of a class, made without its constructor, with a state."""

    def __init__(self, kind, **state):
        self.kind, self.state = kind, state


class Pickler(pickle.Pickler):
    def reducer_override(self, value):
        if isinstance(value, Made):
            if issubclass(value.kind, dict):
                return value.kind, (), value.state
            state = value.state.get("pairs", value.state)
            return copyreg._reconstructor, (value.kind, object, None), state
        if isinstance(value, Pairs):
            return collections.OrderedDict, ([list(pair) for pair in value.pairs],)
        return NotImplemented


class Pairs:
    """An ordered dictionary as Python 2 writes it."""

    def __init__(self, *pairs):
        self.pairs = pairs


def dumped(value, protocol=2):
    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue()


INTERFACE = {"shape": (1,), "typestr": "|O8", "data": struct.pack("<Q", 0x4141414141414141), "version": 3}


def module(kind=nn.Module, **changes):
    ordered = collections.OrderedDict
    state = {
        "training": True, "_parameters": {}, "_buffers": {}, "_non_persistent_buffers_set": set(), "_backward_hooks": ordered(),
        "_is_full_backward_hook": None, "_forward_hooks": ordered(), "_forward_pre_hooks": ordered(), "_state_dict_hooks": ordered(),
        "_load_state_dict_pre_hooks": ordered(), "_load_state_dict_post_hooks": ordered(), "_modules": {},
    }
    return Made(kind, **(state | changes))


def changed():
    pretender = module(_buffers={"__array_interface__": INTERFACE})
    norm = {"name": "w", "dim": 0}
    uses = {
        "nested-interface": pretender,
        "nested-interface-in-an-ordered-dictionary": module(_buffers=collections.OrderedDict({"__array_interface__": INTERFACE})),
        "nested-interface-in-pairs": module(_buffers=Pairs(("__array_interface__", INTERFACE))),
        "nested-interface-deep": {"a": [module(_modules={"b": module(_buffers={"__cuda_array_interface__": INTERFACE})})]},
        "nested-interface-of-numpy": module(_buffers={np.str_("__array_interface__"): INTERFACE}),
        "hook-without-its-method": Made(WeightNorm, compute_weight=np.void, **norm),
        "hook-with-a-module-for-a-method": Made(WeightNorm, compute_weight=module(), **norm),
        "module-without-forward": module(nn.Linear, forward=module()),
        "module-without-state-dict": module(nn.Linear, state_dict=module()),
        "module-of-a-record": module(nn.ModuleList, _modules=Made(argparse.Namespace, values=module())),
        "module-with-a-type-of-numpy": module(nn.TransformerEncoderLayer, activation=np.void),
        "optimizer-that-is-patched": Made(torch.optim.SGD, defaults={}, param_groups=[], state={}, _patch_step_function=module()),
        "optimizer-with-a-type-of-numpy": Made(torch.optim.SGD, defaults={}, param_groups=[], state={}, _patch_step_function=np.bool_),
        "optimizer-of-a-record": Made(torch.optim.SGD, defaults=Made(argparse.Namespace, setdefault=module()), param_groups=[], state={}),
        "data-set-of-records": Made(torch.utils.data.TensorDataset, tensors=(Made(argparse.Namespace, size=module()),)),
        "uuid-of-a-record": Made(uuid.UUID, int=1, is_safe=Made(argparse.Namespace, a=1)),
        "record-with-words-of-its-own": Made(argparse.Namespace, _get_args=module(), _get_kwargs=module()),
        "recurrent-with-a-record-of-names": Made(nn.LSTM, _flat_weights_names=Made(argparse.Namespace, index=module()), _all_weights=[["a"]]),
        "optimizer-with-a-record-as-group": Made(torch.optim.SGD, defaults={}, param_groups=[Made(argparse.Namespace, setdefault=module())], state={}),
        "optimizer-with-a-record-behind-groups": Made(torch.optim.Adam, defaults={}, param_groups=[{}] * 99 + [Made(argparse.Namespace, setdefault=module())], state={}),
        "optimizer-without-groups": Made(torch.optim.SGD, defaults={}, param_groups=Made(argparse.Namespace, a=1), state={}),
        "scheduler-without-its-step": Made(torch.optim.lr_scheduler.StepLR, get_lr=module()),
        "dictionary-without-its-values": Made(collections.OrderedDict, values=module()),
        "dictionary-of-users-without-its-keys": Made(collections.UserDict, data={}, keys=module()),
    }
    # Pairs of any make are taken for attributes, and types are found wherever they are kept.
    interface = ("__array_interface__", INTERFACE)
    uses |= {
        "pair-that-is-a-deque": collections.deque(interface),
        "pair-that-is-a-list-of-parameters": module(nn.ParameterList, _buffers=collections.deque(interface)),
        "pair-of-keys": {"__deepcopy__": 1, np.void: 2},
        "type-in-a-module-list": module(nn.Sequential, _modules={"0": np.void}),
        "type-in-an-ordered-dictionary": module(nn.Sequential, _modules=collections.OrderedDict({"0": np.void})),
        "type-in-a-list": module(nn.Sequential, hooks=[np.void]),
        "type-deep": module(nn.Sequential, hooks={"a": {"b": (1, [np.void])}}),
        "state-of-pairs": Made(nn.Linear, pairs=({"forward": 1, "x": 2}, {"a": 1, "b": 2})),
    }
    for name, value in uses.items():
        for protocol in (2, 4):
            bad(f"attributes-{name}-p{protocol}", dumped(value, protocol))
    # A key that Python reads without the bytes that are not ASCII, if it is told to.
    for label, key in {"front": b"\xff_patch_step_function", "within": b"_patch\xff_step_function"}.items():
        state = EMPTY_DICT + b"U" + bytes([len(key)]) + key + NONE + SETITEM
        made = glob("copyreg", "_reconstructor") + MARK + glob("torch.optim.sgd", "SGD") + glob("builtins", "object") + NONE + TUPLE + REDUCE
        bad(f"attributes-ignored-{label}", PROTO + b"\2" + made + state + BUILD + STOP)
    # Of thousands of bytes eleven are left.
    key = b"\xff" * 5000 + b"__array_interface__"
    long_key = b"T" + struct.pack("<i", len(key)) + key
    bad("attributes-ignored-long", PROTO + b"\2" + EMPTY_DICT + long_key + EMPTY_DICT + SETITEM + STOP)
    bad("attributes-ignored-long-escapes", PROTO + b"\2" + EMPTY_DICT + b"S'" + b"\\xe9" * 5000 + b"__array_struct__'\n" + EMPTY_DICT + SETITEM + STOP)
    # A dictionary that is filled once it is held.
    late = EMPTY_DICT + b"q\1" + POP + EMPTY_DICT + text("a") + b"h\1" + SETITEM + b"q\2" + POP
    late += b"h\1" + text("t") + glob("numpy", "void") + SETITEM + POP + b"h\2"
    bad("attributes-type-that-comes-late", PROTO + b"\2" + late + STOP)
    for label, key in {"front": b"\xffos", "within": b"o\xffs"}.items():
        bad(f"name-ignored-{label}", PROTO + b"\4U" + bytes([len(key)]) + key + b"U\6system\x93" + text("id") + TUPLE1 + REDUCE + STOP)
        bad(f"name-ignored-quoted-{label}", PROTO + b"\4S'" + key.replace(b"\xff", b"\\xe9") + b"'\nU\6system\x93" + text("id") + TUPLE1 + REDUCE + STOP)
    for package, name in (("isympy", "main"), ("joblib.externals.loky.backend.spawn", "prepare"), ("joblib.externals", "loky")):
        bad(f"name-{package}", call(glob(package, name), "id"))


def fields_changed():
    """The dictionary of fields belongs to a type, which reads it again."""
    def number(value):
        return b"J" + struct.pack("<i", value)

    def kind(code):
        return glob("numpy", "dtype") + text(code) + NEWFALSE + NEWTRUE + b"\x87" + REDUCE

    def state(*parts):
        return MARK + b"".join(parts) + TUPLE + BUILD

    floats = kind("f8") + state(number(3), text("<"), NONE, NONE, NONE, number(-1), number(-1), number(0))
    objects = kind("O8") + state(number(3), text("|"), NONE, NONE, NONE, number(-1), number(-1), number(63))
    fields = EMPTY_DICT + b"q\5" + text("a") + floats + number(0) + TUPLE2 + SETITEM + POP
    record = kind("V8") + state(number(3), text("|"), NONE, text("a") + TUPLE1, b"h\5", number(8), number(1), number(0)) + b"q\6" + POP
    change = b"h\5" + text("a") + objects + number(0) + TUPLE2 + SETITEM + POP
    array = (
        glob("numpy.core.multiarray", "_reconstruct") + glob("numpy", "ndarray") + b"K\0" + TUPLE1 + SHORT_BINBYTES + b"\1b\x87" + REDUCE
        + state(number(1), number(1) + TUPLE1, b"h\6", NEWFALSE, SHORT_BINBYTES + b"\x08" + b"A" * 8)
    )
    start = PROTO + b"\3"
    bad("fields-changed", start + fields + record + change + array + STOP)
    bad("fields-changed-afterwards", start + fields + record + array + change + STOP)
    good("fields-kept", start + fields + record + array + STOP)


def honest():
    layers = {
        "attention": nn.MultiheadAttention(8, 2, add_bias_kv=True), "decoder": nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2), 2),
        "whole": nn.Transformer(8, 2, 1, 1, 16, activation=nn.functional.gelu), "norm": nn.utils.weight_norm(nn.LSTM(3, 3), "weight_hh_l0"),
        "conv": nn.ConvTranspose2d(3, 4, 3, bias=False), "bag": nn.EmbeddingBag(4, 3), "dictionary": nn.ParameterDict({"a": nn.Parameter(torch.ones(2))}),
        "parameters": nn.ParameterList([nn.Parameter(torch.ones(2))]), "upsample": nn.Upsample(scale_factor=2), "bilinear": nn.Bilinear(2, 2, 2),
        "adaptive": nn.AdaptiveLogSoftmaxWithLoss(4, 8, [3]), "rrelu": nn.RReLU(), "fold": nn.Fold((4, 4), 2), "pool": nn.FractionalMaxPool2d(2, output_size=2),
        "sync": nn.SyncBatchNorm(3), "cell": nn.GRUCell(3, 3), "triplet": nn.TripletMarginLoss(), "rms": nn.RMSNorm(4),
    }
    for name, layer in layers.items():
        good(f"attributes-{name}", saved(layer))
    tagged = nn.Linear(2, 2)
    tagged.weight.is_shared, tagged.note, tagged.kind, tagged.scale = True, "a", torch.float32, np.float64(2)
    good("attributes-added", saved(tagged))
    for name in ("Adam", "AdamW", "SGD", "ASGD", "Rprop", "LBFGS", "NAdam", "RAdam", "Adadelta", "Adamax", "SparseAdam"):
        weights = nn.Linear(2, 2)
        optimizer = getattr(torch.optim, name)(weights.parameters(), lr=0.1)
        rates = {
            "step": torch.optim.lr_scheduler.StepLR(optimizer, 3), "plateau": torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer),
            "cosine": torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2),
        }
        for label, rate in rates.items():
            good(f"attributes-{name}-{label}", saved({"optimizer": optimizer, "schedule": rate}))
    weights = [nn.Parameter(torch.ones(2)) for _ in range(150)]
    for kind in (torch.optim.AdamW, torch.optim.SGD):
        optimizer = kind([{"params": [weight], "lr": 0.1 / (index + 1)} for index, weight in enumerate(weights)], lr=0.1)
        sum(weight.sum() for weight in weights).backward()
        optimizer.step()
        good(f"attributes-{kind.__name__}-of-many-groups", saved({"optimizer": optimizer, "dtype": np.float32}))
    rows = torch.utils.data.TensorDataset(torch.arange(4), torch.ones(4))
    good("attributes-data-sets", saved([rows, torch.utils.data.Subset(rows, range(2)), torch.utils.data.ConcatDataset([rows, rows])]))
    filled = np.ma.array([1, "a", None], dtype=object, mask=[0, 1, 0])
    good("attributes-masked-and-shown", pickle.dumps([filled, str(filled)]))
    record = argparse.Namespace(values=[1, 2], step=3, items={"a": 1}, forward=True, dtype=np.float32, keys="k")
    good("attributes-record", saved({"args": record, "state": collections.OrderedDict(values=torch.ones(2), items=3)}))
    config = {"type": np.float32, "list": [np.int64, "__len__"], "deque": collections.deque(["__init__", 1, (2, 3)])}
    good("attributes-types-beside-a-module", saved({"config": config, "model": nn.Linear(2, 2), "rate": np.float64(2)}))
    good("attributes-keys", pickle.dumps({"__array__": 1, "__init__": [1], "a": 2, 3: {}}))
    good("attributes-long-keys", b"\x80\2}T" + struct.pack("<i", 6000) + "\u4e2d".encode() * 2000 + b"K\1s.")
    vocabulary = collections.OrderedDict((word, index) for index, word in enumerate(["__array__", "__init__", "__en__", "values", "_buffers"]))
    good("attributes-vocabulary", pickle.dumps({"of": vocabulary, "to": list(vocabulary), "plain": dict(vocabulary), "pairs": list(vocabulary.items())}))
