#!/usr/bin/env python3
"""Holds what Ballast writes to torch and NumPy, and what NumPy writes to Ballast: values equal bit for bit.

usage: writers.py BALLAST [--large]
Tensors of every type, scalars, empty and transposed ones, ties, odd names, and more of them than a pickle
takes in one batch go through `convert` to torch, torch-legacy and npz; torch.load(weights_only=True) and
numpy.load(allow_pickle=False) must give the same back. NumPy's arrays of every order and byte order, stored
and compressed, go the other way. With --large, also beyond 4 GiB: ZIP64 sizes and offsets. Needs torch and numpy.
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile
import warnings
import zipfile

warnings.filterwarnings("ignore")
import numpy
import torch

TYPED = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
         torch.float32, torch.float64, torch.complex64, torch.complex128]
UNTYPED = [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz,
           torch.float8_e5m2fnuz, torch.float8_e8m0fnu, torch.float4_e2m1fn_x2]
NUMPY = [dtype for dtype in TYPED if dtype != torch.bfloat16] + UNTYPED[:3]

arguments = argparse.ArgumentParser()
arguments.add_argument("ballast")
arguments.add_argument("--large", action="store_true")
arguments = arguments.parse_args()
folder = tempfile.TemporaryDirectory()
root = pathlib.Path(folder.name)
generator = torch.Generator().manual_seed(3)
compared = collections.Counter()


def fail(message):
    sys.exit(f"writers: {message}")


def convert(source, target, to):
    done = subprocess.run([arguments.ballast, "convert", source, target, "--to", to, "--layout", "keep"],
                          capture_output=True, text=True)
    if done.returncode:
        fail(f"convert --to {to}: {done.stderr.strip()}")


def random(dtype, *shape):
    """Random bits; truth values are 0 or 1."""
    size = torch.empty(0, dtype=dtype).element_size()
    count = 1
    for length in shape:
        count *= length
    bits = torch.randint(0, 2 if dtype == torch.bool else 256, (count * size,), dtype=torch.uint8, generator=generator)
    return bits.view(dtype).reshape(shape)


def state(dtypes):
    tensors = collections.OrderedDict()
    for dtype in dtypes:
        name = str(dtype).removeprefix("torch.")
        tensors[f"h.0.{name}"] = random(dtype, 5, 4)
        tensors[f"{name}.scalar"] = random(dtype)
        tensors[f"{name}.empty"] = random(dtype, 0, 3)
        if dtype != torch.float4_e2m1fn_x2:
            tensors[f"{name}.transposed"] = random(dtype, 3, 7).t()
    if torch.float4_e2m1fn_x2 in dtypes:
        del tensors["float4_e2m1fn_x2.scalar"]  # a pair of numbers is no scalar to Ballast
    tensors["größe/ein name"] = random(torch.float32, 2)
    for index in range(1100):
        tensors[f"many.{index}"] = random(torch.float32, index % 5)
    # Ties come last, where Ballast writes them.
    tensors["tied"] = tensors["h.0.float32"]
    tensors["tied.again"] = tensors["h.0.float32"]
    return tensors


def bits(tensor):
    if isinstance(tensor, numpy.ndarray):
        return numpy.ascontiguousarray(tensor).tobytes()
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def compare(kind, theirs, ours):
    if list(theirs) != list(ours):
        fail(f"{kind}: the names differ: {set(theirs) ^ set(ours)}")
    for name, tensor in theirs.items():
        got = ours[name]
        dtype = str(tensor.dtype).removeprefix("torch.")
        if dtype != str(got.dtype).removeprefix("torch.") or tuple(tensor.shape) != tuple(got.shape):
            fail(f"{kind}: {name} is {got.dtype} {tuple(got.shape)}, not {tensor.dtype} {tuple(tensor.shape)}")
        if bits(tensor) != bits(got):
            fail(f"{kind}: the elements of {name} differ")
        compared[kind] += 1


def check_alignment(kind, path):
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        if archive.testzip() is not None:
            fail(f"{kind}: a checksum is wrong")
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            lengths = file.read(4)
            start = info.header_offset + 30 + sum(int.from_bytes(lengths[i:i + 2], "little") for i in (0, 2))
            if start % 64:
                fail(f"{kind}: {info.filename} starts at {start}")


# torch's zip files
theirs = state(TYPED + UNTYPED)
torch.save(theirs, root / "theirs.pt")
convert(root / "theirs.pt", root / "ours.pt", "torch")
for mapped in (False, True):
    ours = torch.load(root / "ours.pt", weights_only=True, mmap=mapped)
    compare("torch", theirs, ours)
    if not ours["tied"].data_ptr() == ours["tied.again"].data_ptr() == ours["h.0.float32"].data_ptr():
        fail("torch: ties do not share their storage")
check_alignment("torch", root / "ours.pt")
# The same state dict with every tensor contiguous, under the same file name: torch's own bytes.
plain = collections.OrderedDict((name, tensor.contiguous()) for name, tensor in theirs.items())
plain["tied"] = plain["tied.again"] = plain["h.0.float32"]
(root / "again").mkdir()
torch.save(plain, root / "again/ours.pt")
with zipfile.ZipFile(root / "ours.pt") as a, zipfile.ZipFile(root / "again/ours.pt") as b:
    places = [[(info.filename, info.header_offset) for info in archive.infolist()] for archive in (a, b)]
    same = places[0] == places[1] and all(
        a.read(info) == b.read(info.filename) for info in a.infolist() if "serialization_id" not in info.filename)
identical = "and all but the serialization id as torch writes it" if same else "laid out otherwise than by this torch"

# torch's legacy files
theirs = state(TYPED)
torch.save(theirs, root / "theirs.bin", _use_new_zipfile_serialization=False)
convert(root / "theirs.bin", root / "ours.bin", "torch-legacy")
ours = torch.load(root / "ours.bin", weights_only=True)
compare("torch-legacy", theirs, ours)
if not ours["tied"].data_ptr() == ours["h.0.float32"].data_ptr():
    fail("torch-legacy: ties do not share their storage")

# NumPy's archives
theirs = state(NUMPY)
torch.save(theirs, root / "theirs.pt")
convert(root / "theirs.pt", root / "ours.npz", "npz")
with numpy.load(root / "ours.npz", allow_pickle=False) as archive:
    compare("npz", {name: tensor.numpy() for name, tensor in theirs.items()}, {name: archive[name] for name in archive})
check_alignment("npz", root / "ours.npz")

# What NumPy writes, read by Ballast and handed on to torch
arrays = {}
for name, tensor in theirs.items():
    if name.startswith(("many.", "tied")):
        continue
    array = tensor.numpy()
    arrays[f"little.{name}"] = array
    arrays[f"big.{name}"] = array.astype(array.dtype.newbyteorder(">"))
    arrays[f"fortran.{name}"] = numpy.asfortranarray(array)
for save in (numpy.savez, numpy.savez_compressed):
    save(root / "numpy.npz", **arrays)
    convert(root / "numpy.npz", root / "numpy.pt", "torch")
    ours = {name: tensor.numpy() for name, tensor in torch.load(root / "numpy.pt", weights_only=True).items()}
    compare(save.__name__, {name: a.astype(a.dtype.newbyteorder("=")) for name, a in arrays.items()}, ours)
    (root / "numpy.pt").unlink()
for index, (name, array) in enumerate(arrays.items()):
    if index % 8:
        continue
    numpy.save(root / "one.npy", array)
    convert(root / "one.npy", root / "one.pt", "torch")
    compare("npy", {"array": array.astype(array.dtype.newbyteorder("="))},
            {key: tensor.numpy() for key, tensor in torch.load(root / "one.pt", weights_only=True).items()})
    (root / "one.pt").unlink()

if arguments.large:
    large = {"a": torch.arange((1 << 30) + 100, dtype=torch.int32), "b": torch.arange(1000)}
    torch.save(large, root / "large.pt")
    for to, name in (("torch", "large-ours.pt"), ("npz", "large-ours.npz")):
        convert(root / "large.pt", root / name, to)
        if to == "torch":
            ours = torch.load(root / name, weights_only=True, mmap=True)
        else:
            with numpy.load(root / name) as archive:
                ours = {key: torch.from_numpy(archive[key]) for key in archive}
        if not all(torch.equal(large[key], ours[key]) for key in large):
            fail(f"{to}: more than 4 GiB differ")
        compared[f"{to} beyond 4 GiB"] += 2
        del ours
        (root / name).unlink()

print(", ".join(f"{count} of {kind}" for kind, count in compared.items()) + f" equal bit for bit; aligned to 64, {identical}")
