#!/usr/bin/env python3
"""Holds what commands print as JSON to the schemas in docs/schemas, with the package jsonschema.

usage: schemas.py BALLAST FIXTURES SCHEMAS
The schemas themselves must be sound, and strict: a key too many or too few is refused.
"""
import json
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

ballast, fixtures, schemas = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
model, types = fixtures / "tiny-gpt2", fixtures / "containers" / "dtypes.safetensors"
run = fixtures / "torch" / "training-run-zip.pt"
files = sorted(path for path in (fixtures / "torch").glob("*.pt")) + sorted((fixtures / "numpy").iterdir())
reference = fixtures / "reference" / "tiny-gpt2.safetensors"
cases = {
    "inspect": [
        [model], [model, "--tree"], [types, run, model], [fixtures / "formats" / "nanogpt"], [fixtures / "formats" / "openai"],
        [fixtures / "gguf" / "types.gguf"], *[[path] for path in files if path.suffix == ".pt"]],
    "stats": [
        [model], [types], [run], [model, "--by-layer"], [types, "--histogram", "5"],
        [types, "--quantiles", "0,0.001,0.00001,0.5,1"], [fixtures / "gguf" / "types.gguf"], [fixtures / "numpy" / "complex.npy"]],
    "show": [
        *[[types, name] for name in ("f64", "u64", "u8", "f8_e4m3")], [types, "f32", "--slice", "0"],
        [fixtures / "numpy" / "complex.npy", "array"], [fixtures / "torch" / "bool-zip.pt", "transposed"]],
    "diff": [
        [model, model, "--all"], [model, types, "--metadata"], [types, run, "--metadata"],
        [fixtures / "variants" / "erf", fixtures / "variants" / "unscaled"],
        [model, fixtures / "containers" / "tiny-legacy.bin", "--canonical", "--all"]],
    "check": [[model], [model, types], files, [fixtures / "formats" / "openai"]],
    "scan": [[types], [fixtures / "torch"], [fixtures / "numpy"]],
    "bench": [[model, "--only", "train", "--repeat", "1", "--shape", "1x16"]],
    "verify": [[model, "--reference", reference], [model, "--against", model]],
}


def fail(message):
    sys.exit(f"schemas: {message}")


def alternatives(value):
    """Copies of an object, each with one key less, and one with a key more."""
    yield {**value, "more": 1}, "a key more"
    for key in value:
        yield {name: child for name, child in value.items() if name != key}, f"without {key}"


count = 0
if {path.stem for path in schemas.glob("*.json")} != set(cases):
    fail("a schema has no case here, or a case no schema")
for command, calls in cases.items():
    schema = json.loads((schemas / f"{command}.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for arguments in calls:
        done = subprocess.run([ballast, command, *map(str, arguments), "--format", "json"], capture_output=True, text=True)
        if done.returncode not in (0, 1) and command != "scan":
            fail(f"{command} {arguments}: {done.stderr}")
        value = json.loads(done.stdout)
        for error in validator.iter_errors(value):
            fail(f"{command} {arguments}: {error.json_path}: {error.message}")
        count += 1
        optional = {"modules"}
        for one in value if isinstance(value, list) else [value]:
            for changed, what in alternatives(one) if isinstance(one, dict) else []:
                if what.removeprefix("without ") not in optional and validator.is_valid(changed):
                    fail(f"{command}: {what} is valid as well")
print(f"{count} outputs of {len(cases)} commands fit their schemas, and with a key more or less they do not")
