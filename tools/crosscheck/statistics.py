#!/usr/bin/env python3
"""Holds the figures of `ballast stats` against NumPy's, in float64.

usage: statistics.py BALLAST
Writes a safetensors file with every type that torch and safetensors share, and a torch file with the
complex ones: tensors with none, one, an odd number and many elements, with NaN, infinities,
subnormals and zeros, strided ones, and one of 100 million elements. Extremes and counts must be equal;
mean, standard deviation and norm within 1e-6 of max(|x|, 1e-6 absmax); quantiles within 2^-8 of their
size, or 2^-134; the counts of linear histograms equal to numpy.histogram's.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from safetensors.torch import save_file

FLOATS = {
    "float64": torch.float64, "float32": torch.float32, "float16": torch.float16,
    "bfloat16": torch.bfloat16, "float8_e4m3fn": torch.float8_e4m3fn,
    "float8_e5m2": torch.float8_e5m2, "float8_e4m3fnuz": torch.float8_e4m3fnuz,
    "float8_e5m2fnuz": torch.float8_e5m2fnuz, "float8_e8m0fnu": torch.float8_e8m0fnu,
}
NORMAL = {torch.float64: 2.0**-1022, torch.float32: 2.0**-126, torch.bfloat16: 2.0**-126,
          torch.float16: 2.0**-14, torch.float8_e4m3fn: 2.0**-6, torch.float8_e5m2: 2.0**-14}
INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16,
            torch.uint32, torch.uint64, torch.bool]
QUANTILES = [0, 0.001, 0.25, 0.5, 0.75, 0.999, 1]
BINS = 37


def tensors():
    torch.manual_seed(7)
    made = {}
    for name, dtype in FLOATS.items():
        for count in (0, 1, 7, 2049, 100_003):
            made[f"{name}.{count}"] = torch.randn(count, dtype=torch.float64).mul(0.3).to(dtype)
        special = torch.randn(30_011, dtype=torch.float64)
        special[::7] = 0.0
        special[1::11] = -0.0
        special[2::13] = float("nan")
        special[3::17] = float("inf")
        special[4::19] = float("-inf")
        special[5::23] = 3e-7
        special[6::29] = 1e-310
        made[f"{name}.special"] = special.to(dtype)
        made[f"{name}.shifted"] = (torch.randn(50_000, dtype=torch.float64) + 1000).to(dtype)
        made[f"{name}.nan"] = torch.full((5,), float("nan"), dtype=torch.float64).to(dtype)
        made[f"{name}.constant"] = torch.full((40, 50), 0.5, dtype=torch.float64).to(dtype)
    for dtype in INTEGERS:
        for count in (0, 1, 10_007):
            values = torch.randint(0, 120, (count,))
            if dtype in (torch.int8, torch.int16, torch.int32, torch.int64):
                values -= 60
            if dtype in (torch.int64, torch.int32):
                values *= 30_000_001
            made[f"{str(dtype)[6:]}.{count}"] = (values > 60) if dtype == torch.bool else values.to(dtype)
    made["large"] = torch.randn(100_000_000) * 0.02
    return made


def numbers(tensor):
    if tensor.is_complex():
        # NumPy has no complex32; its two halves are read one after another.
        tensor = torch.view_as_real(tensor.contiguous())
    if tensor.dtype in (torch.uint16, torch.uint32, torch.uint64):
        return tensor.numpy().astype(numpy.float64).ravel()
    return tensor.to(torch.float64).numpy().ravel()


def compare(name, found, tensor, complaints):
    x = numbers(tensor)
    finite = x[numpy.isfinite(x)]

    def equal(key, expected):
        if found[key] != expected:
            complaints.append(f"{name}: {key} is {found[key]}, NumPy says {expected}")

    equal("count", x.size)
    equal("zeros", int((x == 0).sum()))
    equal("nan", int(numpy.isnan(x).sum()))
    equal("posinf", int(numpy.isposinf(x).sum()))
    equal("neginf", int(numpy.isneginf(x).sum()))
    if tensor.dtype in NORMAL:
        equal("subnormals", int(((finite != 0) & (abs(finite) < NORMAL[tensor.dtype])).sum()))
    if not finite.size:
        for key in ("min", "max", "mean", "std", "l2", "absmax"):
            equal(key, None)
        return 0
    equal("min", float(finite.min()))
    equal("max", float(finite.max()))
    equal("absmax", float(abs(finite).max()))
    worst = 0
    for key, expected in (("mean", finite.mean()), ("std", finite.std()), ("l2", math.sqrt((finite**2).sum()))):
        scale = max(abs(expected), 1e-6 * abs(finite).max())
        error = abs(found[key] - expected) / scale if scale else abs(found[key] - expected)
        worst = max(worst, error)
        if not error <= 1e-6:
            complaints.append(f"{name}: {key} is {found[key]}, NumPy says {expected}")
    lower = numpy.quantile(finite, QUANTILES, method="lower")
    for quantile, expected in zip(QUANTILES, lower):
        value = found[f"q{quantile:g}"]
        if not abs(value - expected) <= abs(expected) / 256 + 2.0**-134:
            complaints.append(f"{name}: quantile {quantile} is {value}, NumPy says {expected}")
    counts, edges = numpy.histogram(finite, BINS)
    if not numpy.allclose(found["histogram"]["edges"], edges, rtol=1e-12, atol=1e-300):
        complaints.append(f"{name}: the edges differ")
    # Edges that differ in the last place put values on the border into other bins.
    exact = numpy.histogram(finite, found["histogram"]["edges"])[0]
    if list(exact) != found["histogram"]["counts"]:
        complaints.append(f"{name}: counts {found['histogram']['counts']}, NumPy says {list(exact)}")
    return worst


def main():
    ballast = sys.argv[1]
    complaints, worst, compared = [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        plain = tensors()
        save_file(plain, folder / "plain.safetensors")
        odd = {f"complex.{str(dtype)[6:]}": torch.randn(1001, 2, dtype=torch.float64).to(part).view(dtype)
               for dtype, part in ((torch.complex64, torch.float32), (torch.complex128, torch.float64),
                                   (torch.complex32, torch.float16))}
        odd["transposed"] = torch.randn(300, 401).t()
        odd["every third"] = torch.randn(3001)[::3]
        odd["expanded"] = torch.randn(7, 1).expand(7, 900)
        torch.save(odd, folder / "odd.pt")
        for path, made in ((folder / "plain.safetensors", plain), (folder / "odd.pt", odd)):
            listed = ",".join(f"{q:g}" for q in QUANTILES)
            command = [ballast, "stats", path, "--format", "json", "--quantiles", listed,
                       "--histogram", str(BINS)]
            output = subprocess.run(command, check=True, capture_output=True).stdout
            for row in json.loads(output)["tensors"]:
                worst = max(worst, compare(row["name"], row, made[row["name"]], complaints))
                compared += 1
            one = subprocess.run(command + ["--threads", "1"], check=True, capture_output=True).stdout
            if one != output:
                complaints.append(f"{path.name}: one thread finds other figures than all")
    for complaint in complaints:
        print(complaint)
    print(f"statistics: {compared} tensors of {len(FLOATS) + len(INTEGERS) + 3} types as NumPy has them, "
          f"means and norms within {worst:.1e}")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
