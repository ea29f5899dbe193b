#!/usr/bin/env python3
"""Holds ballast to the manifests of fixtures/containers: names, dtypes, shapes, ties and every byte.

usage: containers.py BALLAST CONTAINERS
Of each container, `inspect` must list what the manifest lists, and `convert` to safetensors must keep each
tensor's elements (sha256). A container that torch itself refuses may be refused, in one line and with exit
code 2. Needs Python alone.
"""
import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile


def read_safetensors(path):
    """Name to (dtype, shape, bytes), by the format's specification."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    start = 8 + length
    return {name: (entry["dtype"], entry["shape"], data[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]])
            for name, entry in header.items()}


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def listing_complaints(listed, expected):
    """What `inspect` says otherwise than the manifest."""
    ours = {entry["name"]: entry for entry in listed}
    theirs = {entry["name"]: entry for entry in expected}
    complaints = [f"{name} is not listed" for name in theirs.keys() - ours.keys()]
    complaints += [f"{name} is listed and should not be" for name in ours.keys() - theirs.keys()]
    for name in theirs.keys() & ours.keys():
        for key in ("dtype", "shape", "tied_to"):
            if ours[name].get(key) != theirs[name].get(key):
                complaints.append(f"{name}: {key} {ours[name].get(key)}, not {theirs[name].get(key)}")
    return complaints


def content_complaints(tensors, expected):
    """What the converted file holds otherwise; a tie may be stored once, under its first name."""
    complaints = []
    for entry in expected:
        name = entry["name"]
        if name not in tensors and entry.get("tied_to") in tensors:
            name = entry["tied_to"]
        if name not in tensors:
            complaints.append(f"{name} was not converted")
            continue
        dtype, shape, data = tensors[name]
        if (dtype, shape) != (entry["dtype"], entry["shape"]):
            complaints.append(f"{name}: converted as {dtype} {shape}")
        elif hashlib.sha256(data).hexdigest() != entry["sha256"]:
            complaints.append(f"{name}: other bytes")
    return complaints


def complaints_about(ballast, container, expected, torch_reads, folder):
    inspected = run(ballast, "inspect", container, "--format", "json")
    if not torch_reads and inspected.returncode == 2:
        lines = inspected.stderr.strip().splitlines()
        is_clear = lines and lines[0].startswith("ballast: error: ") and len(lines) <= 2
        return [] if is_clear else [f"refused without a clear line: {inspected.stderr.strip()}"]
    if inspected.returncode != 0:
        return [f"inspect ended with {inspected.returncode}: {inspected.stderr.strip()}"]
    found = listing_complaints(json.loads(inspected.stdout)["tensors"], expected)

    out = folder / "converted.safetensors"
    out.unlink(missing_ok=True)
    converted = run(ballast, "convert", container, out, "--to", "safetensors", "--layout", "keep", "--dtype", "keep", "--keep-buffers")
    if converted.returncode != 0:
        return found + [f"convert ended with {converted.returncode}: {converted.stderr.strip()}"]
    return found + content_complaints(read_safetensors(out), expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ballast", type=pathlib.Path)
    parser.add_argument("containers", type=pathlib.Path)
    arguments = parser.parse_args()
    manifests = sorted(arguments.containers.glob("*.json"))
    failed = not manifests
    with tempfile.TemporaryDirectory() as temporary:
        for path in manifests:
            manifest = json.loads(path.read_text())
            found = complaints_about(arguments.ballast, path.with_suffix(""), manifest["tensors"],
                                     manifest.get("torch_reads", True), pathlib.Path(temporary))
            print(f"FAIL {path.stem}: {'; '.join(found)}" if found else f"ok {path.stem}: {manifest['about']}")
            failed = failed or bool(found)
    print(f"{len(manifests)} containers" + ("" if failed else ", all as their manifests say"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
