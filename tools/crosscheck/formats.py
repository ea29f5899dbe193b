#!/usr/bin/env python3
"""Holds Ballast's reading of llm.c's files, and of others that know GPT-2, to writers of their own.

usage: formats.py BALLAST MODEL
MODEL, a Hugging Face folder, is written by tools/fixtures/foreign.py and read again by `convert`;
every weight must be the same, bit for bit, or rounded as the format has it. What `convert --to llmc`
writes must be what foreign.py writes, byte for byte; what `convert --to openai` writes is read by
bundle.py, a reader of its own. Needs numpy and safetensors.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))
import numpy
from safetensors.numpy import load_file

import bundle
import foreign

ballast, source = sys.argv[1], pathlib.Path(sys.argv[2])
config = types.SimpleNamespace(**json.loads((source / "config.json").read_text()))
weights = {
    name.removeprefix("transformer."): array for name, array in load_file(source / "model.safetensors").items()
    if name != "lm_head.weight" and not name.endswith(".attn.bias")}
folder = tempfile.TemporaryDirectory()
root = pathlib.Path(folder.name)


def fail(message):
    sys.exit(f"formats: {message}")


def read(path):
    """The weights in a file, as Ballast reads them, in float32."""
    target = root / "read.safetensors"
    done = subprocess.run(
        [ballast, "convert", path, target, "--layout", "hf", "--dtype", "f32", "--force"], capture_output=True, text=True)
    if done.returncode:
        fail(f"{path.name}: {done.stderr.strip()}")
    return load_file(target)


def compare(path, expected):
    found = read(path)
    if sorted(found) != sorted(weights):
        fail(f"{path.name}: other names: {sorted(set(found) ^ set(weights))[:5]}")
    for name, array in found.items():
        wanted = expected(name, weights[name]).astype("<f4")
        if array.shape != wanted.shape or array.tobytes() != wanted.tobytes():
            fail(f"{path.name}: {name} differs")


def exact(_, array):
    return array


def rounded(_, array):
    return (foreign.bf16(array).astype("<u4") << 16).view("<f4")


count = 0
for version in (1, 2, 3, 4, 5):
    path = root / f"llmc{version}.bin"
    path.write_bytes(foreign.llmc_model(weights, config, version))
    compare(path, exact if version in (1, 3) else rounded)
    count += 1

tokens = [bytes([id % 256, id // 256]) for id in range(config.vocab_size)]
halves = lambda name, array: array.astype("<f2") if array.ndim == 2 and name != "wpe.weight" else array
for half in (False, True):
    for first in (False, True):
        path = root / f"ggml-{half}-{first}.bin"
        path.write_bytes(foreign.ggml_model(weights, config, tokens, half, first))
        compare(path, halves if half else exact)
        count += 1

for dtype, version in [("f32", 3), ("bf16", 5)]:
    target = root / f"written-{dtype}.bin"
    subprocess.run([ballast, "convert", source, target, "--to", "llmc", "--dtype", dtype], check=True, capture_output=True)
    if target.read_bytes() != foreign.llmc_model(weights, config, version):
        fail(f"--to llmc --dtype {dtype} writes other bytes than foreign.py")

release = root / "release"
subprocess.run([ballast, "convert", source, release, "--to", "openai"], check=True, capture_output=True)
variables = bundle.read(release / "model.ckpt")
if len(variables) != len(weights):
    fail(f"the release has {len(variables)} variables")
for name, array in weights.items():
    found = variables[foreign.openai_name(name)]
    wanted = array[None] if name.endswith(foreign.CONV1D) else array
    if found.shape != wanted.shape or found.tobytes() != wanted.tobytes():
        fail(f"the release's {foreign.openai_name(name)} differs")

print(f"llm.c's versions 3 and 5 byte for byte, OpenAI's release checksums and all; {count} files of {len(weights)} weights each read as they were written")
