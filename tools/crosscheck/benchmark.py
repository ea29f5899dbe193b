#!/usr/bin/env python3
"""Checks what tools/bench and tools/benchmark/scaling make of figures: ratios, verdicts, reasons, plots.

usage: benchmark.py BALLAST TINY_GPT2
Ratios and verdicts are held against ones worked out by hand; then both tools run once on small models.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

BENCHMARK = pathlib.Path(__file__).resolve().parent.parent / "benchmark"
sys.path[0] = str(BENCHMARK)  # in place of this folder, which has a statistics.py of its own
sys.dont_write_bytecode = True
from measures import PeakMemory, Rate, WallTime  # noqa: E402
from rows import Row, not_installed  # noqa: E402
from table import Outcome  # noqa: E402

LIMIT = "above the machine's limit: look for a measuring error"
# The measure; ours and theirs by round; what the row asks; the median ratio and the verdict.
CASES = [
    (Rate, [(150, 100), (130, 100), (90, 100)], dict(bar=1.3, limit=1.5), 1.3, "held"),
    (Rate, [(129, 100)], dict(bar=1.3, limit=1.5), 1.29, "not held"),
    (Rate, [(151, 100)], dict(bar=1.3, limit=1.5), 1.51, LIMIT),
    # Each round against its own: the medians of the sides, 200 and 100, would say 2.
    (Rate, [(100, 50), (200, 400), (300, 100)], dict(bar=1.9), 2.0, "held"),
    (Rate, [(100, 400), (200, 100), (300, 1000)], dict(bar=1), 0.3, "not held"),
    (WallTime, [(50, 1000)], dict(bar=20), 20, "held"),
    (WallTime, [(100, 1000)], dict(bar=20), 10, "not held"),
    (WallTime, [(150, 100)], dict(bar=1.5, at_most=True), 1.5, "held"),
    (PeakMemory, [(61, 100)], dict(bar=0.6, at_most=True), 0.61, "not held"),
    (PeakMemory, [(59, 100)], dict(bar=0.6, at_most=True), 0.59, "held"),
    (WallTime, [(1, 3)], {}, 3, ""),
]


def verdicts():
    for measure, rounds, asked, ratio, verdict in CASES:
        side = measure([], tokens=1) if measure is Rate else measure([])
        outcome = Outcome(Row("row", "peer", side, side, **asked))
        for own, other in rounds:
            outcome.add(own, other)
        found = outcome.json()
        assert abs(found["ratio"] - ratio) < 1e-9 and found["verdict"] == verdict, (rounds, asked, found)
    assert not_installed(["json", "no_such_module"]) == "not installed: pip install no_such_module"
    assert not_installed(["json"]) is None


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def on_a_small_model(ballast, model, folder):
    target = folder / "bench.json"
    only = ["forward f32 B4*", "train f32 B4 T64 llm.c", "load torch zip", "memory*"]
    options = [word for pattern in only for word in ("--only", pattern)]
    bench = [sys.executable, BENCHMARK / "against_peers", ballast, "--model", model]
    ran = run(*bench, "--quick", "--json", target, *options)
    # Its memory row is of 256 tokens, which the model has no positions for: a failure, told in the row.
    assert ran.returncode == 1, ran
    rows = {row["row"]: row for row in json.loads(target.read_text())["rows"]}
    forward = rows["forward f32 B4 T64"]
    assert forward["ratio"] == forward["ours"][0] / forward["theirs"][0] > 0, forward
    assert rows["memory train f32 B4 T256"]["failed"], rows
    assert rows["load torch zip"]["verdict"] == "the model's folder has no zip.pt", rows
    assert rows["train f32 B4 T64"]["verdict"] == "left out: --llmc DIR names a checkout of llm.c", rows
    assert all(row["row"] in ran.stdout and row["verdict"] in ran.stdout for row in rows.values()), ran.stdout
    ran = run(*bench, "--only", "no such")
    assert ran.returncode == 1 and "no row is called no such" in ran.stderr, ran


def plots(ballast, folder):
    ran = run(sys.executable, BENCHMARK / "scaling", ballast, "--tiny", "--repeat", 1, "--out", folder)
    assert ran.returncode == 0, ran
    for name in ("scaling-tokens.svg", "scaling-speed.svg", "scaling-memory.svg"):
        root = xml.etree.ElementTree.parse(folder / name).getroot()
        circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
        assert len(circles) == 2 * (2 + 3 + 2 + 2), (name, len(circles))
        _, _, width, height = map(float, root.get("viewBox").split())
        assert all(0 < float(c.get("cx")) < width and 0 < float(c.get("cy")) < height for c in circles), name


def main():
    ballast, model = sys.argv[1:]
    verdicts()
    with tempfile.TemporaryDirectory() as name:
        on_a_small_model(ballast, model, pathlib.Path(name))
        plots(ballast, pathlib.Path(name))


main()
