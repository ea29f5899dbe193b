#!/usr/bin/env python3
"""Compares the casts of `ballast convert --dtype` with torch's, bit for bit.

usage: tools/crosscheck/casts.py BALLAST [--count N]

Every pair of floating-point types, over random bit patterns and special values; a NaN is a NaN,
whatever its payload.
"""
import argparse
import pathlib
import subprocess
import tempfile

import torch
from safetensors.torch import load_file, save_file

TYPES = {
    "f64": torch.float64,
    "f32": torch.float32,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f8_e4m3": torch.float8_e4m3fn,
    "f8_e5m2": torch.float8_e5m2,
}
SPECIAL = [0.0, 1.0, 448.0, 464.0, 465.0, 480.0, 57344.0, 61440.0, 61441.0, 65504.0, 65520.0, 65536.0]
SPECIAL += [2.0**-k for k in range(1, 160)] + [3 * 2.0**-k for k in range(1, 160)]
SPECIAL += [3.4028234663852886e38, 3.4028235677973366e38, float("inf"), float("nan")]


def values(dtype, count):
    """Random bit patterns, numbers of ordinary size, every special value, and its neighbours."""
    width = torch.empty(0, dtype=dtype).element_size()
    patterns = torch.randint(0, 256, (count // 2 * width,), dtype=torch.uint8).view(dtype)
    ordinary = torch.randn(count - count // 2, dtype=torch.float32) * torch.exp2(
        torch.randint(-30, 18, (count - count // 2,)).float()
    )
    special = torch.tensor(SPECIAL + [-x for x in SPECIAL], dtype=torch.float64)
    special = torch.cat([special, special * (1 + 2.0**-30), special * (1 - 2.0**-30)])
    return torch.cat([patterns, ordinary.to(dtype), special.to(dtype)])


def differences(found, expected):
    """The positions whose bits differ, but for NaN."""
    nan = torch.isnan(expected.float())
    integers = {8: torch.int64, 4: torch.int32, 2: torch.int16, 1: torch.uint8}[expected.element_size()]
    same = found.view(integers) == expected.view(integers)
    return torch.nonzero(torch.where(nan, ~torch.isnan(found.float()), ~same)).flatten()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ballast")
    parser.add_argument("--count", type=int, default=1_000_000)
    arguments = parser.parse_args()
    torch.manual_seed(20)
    pairs = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "a.safetensors"), pathlib.Path(folder, "b.safetensors")
        for name, dtype in TYPES.items():
            tensor = values(dtype, arguments.count)
            save_file({"x": tensor}, source)
            for other, wanted in TYPES.items():
                command = [arguments.ballast, "convert", source, target, "--dtype", other, "--force"]
                subprocess.run(command, check=True, capture_output=True)
                found, expected = load_file(target)["x"], tensor.to(wanted)
                assert found.dtype == wanted, (name, other, found.dtype)
                wrong = differences(found, expected)
                if len(wrong):
                    place = wrong[0]
                    raise SystemExit(
                        f"{name} to {other}: {len(wrong)} differ, first {tensor[place]}: "
                        f"{found[place]} where torch has {expected[place]}"
                    )
                pairs += 1
                compared += len(tensor)
    print(f"{pairs} pairs of types, {compared:,} values equal to torch's")


if __name__ == "__main__":
    main()
