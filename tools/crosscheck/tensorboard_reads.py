#!/usr/bin/env python3
"""TensorBoard's own reader returns every scalar of a run, as its log has it.

usage: tensorboard_reads.py OUT     the folder of a run with --tensorboard and --csv
"""
import csv
import json
import pathlib
import sys

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {"loss": "train/loss", "lr": "train/lr", "grad_norm": "train/grad_norm",
        "tokens_per_second": "train/tokens_per_second", "validation_loss": "validation/loss"}

out = pathlib.Path(sys.argv[1])
lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
accumulator = EventAccumulator(str(out / "tensorboard"), size_guidance={"scalars": 0})
accumulator.Reload()
found = 0
for key, tag in TAGS.items():
    expected = [(line["step"], float(numpy.float32(line[key]))) for line in lines if key in line]
    scalars = [(event.step, event.value) for event in accumulator.Scalars(tag)]
    assert expected and scalars == expected, f"{tag}: {scalars[:3]} in place of {expected[:3]}"
    found += len(scalars)
with (out / "log.csv").open() as file:
    rows = list(csv.DictReader(file))
assert len(rows) == len(lines), "the table has another number of rows"
for row, line in zip(rows, lines):
    assert {key: json.loads(value) for key, value in row.items() if value} == line, row
print(f"{found} scalars of {len(lines)} lines, and a table of as many rows")
