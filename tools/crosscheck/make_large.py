#!/usr/bin/env python3
"""Makes a sharded checkpoint of many gigabytes. usage: tools/crosscheck/make_large.py FOLDER [--gigabytes N]

Ten safetensors shards and their index, of float32 matrices with random elements; a matrix is written
in pieces, so this takes little memory itself.
"""
import argparse
import json
import pathlib
import struct

import numpy

ROWS, COLUMNS = 4096, 4096
SHARDS = 10


def write_shard(path, names, generator):
    size = ROWS * COLUMNS * 4
    header = {
        name: {"dtype": "F32", "shape": [ROWS, COLUMNS], "data_offsets": [i * size, (i + 1) * size]}
        for i, name in enumerate(names)
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _ in names:
            for _ in range(0, ROWS, 256):
                generator.standard_normal((256, COLUMNS), dtype=numpy.float32).tofile(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--gigabytes", type=float, default=5)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True)
    count = round(arguments.gigabytes * 1e9 / (ROWS * COLUMNS * 4))
    names = [f"layers.{i:03}.weight" for i in range(count)]
    generator = numpy.random.default_rng(5)
    weight_map = {}
    for shard in range(SHARDS):
        mine = names[shard * count // SHARDS : (shard + 1) * count // SHARDS]
        file = f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        write_shard(arguments.folder / file, mine, generator)
        weight_map |= dict.fromkeys(mine, file)
    index = {"metadata": {"total_size": count * ROWS * COLUMNS * 4}, "weight_map": weight_map}
    (arguments.folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
    print(f"{count} tensors of {ROWS} x {COLUMNS}")


if __name__ == "__main__":
    main()
