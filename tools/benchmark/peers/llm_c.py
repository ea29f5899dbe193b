#!/usr/bin/env python3
"""Times a training step of llm.c at B4 T64, the shape that its program has, and prints JSON like `ballast bench`.

usage: llm_c.py CHECKOUT CHECKPOINT.bin [--threads N] [--repeat N]
CHECKOUT is a clone of github.com/karpathy/llm.c in which `make train_gpt2` was run.

The program takes no options: it reads gpt2_124M.bin and tiny_shakespeare from where it stands, so both are put into a
folder of its own, the text as tokens that mean nothing. It tells the time of each step itself; the first is not
counted, and it is ended after the last that is, before it would sample.
"""
import argparse
import array
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BATCH, LENGTH = 4, 64
TOKENS = 16_384
MAGIC, VERSION = 20240520, 1
STEP = re.compile(r"step (\d+): train loss .*\(took ([0-9.]+) ms\)")


def write_tokens(path):
    """llm.c's token file: a header of 256 int32, then uint16."""
    header = array.array("i", [MAGIC, VERSION, TOKENS] + [0] * 253)
    tokens = array.array("H", (place * 7919 % 50257 for place in range(TOKENS)))
    path.write_bytes(header.tobytes() + tokens.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=pathlib.Path)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()

    seconds = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "gpt2_124M.bin").symlink_to(options.checkpoint.resolve())
        data = folder / "dev/data/tinyshakespeare"
        data.mkdir(parents=True)
        for part in ("train", "val"):
            write_tokens(data / f"tiny_shakespeare_{part}.bin")
        # Into a pipe the program would hold its lines back.
        command = ["stdbuf", "-oL", (options.checkout / "train_gpt2").resolve()]
        environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                found = STEP.search(line)
                if found and int(found[1]) > 0:
                    seconds.append(float(found[2]) / 1000)
                if len(seconds) == options.repeat:
                    process.kill()
                    break
    if len(seconds) < options.repeat:
        sys.exit(f"llm_c: train_gpt2 ended with {process.returncode} after {len(seconds)} steps that count")
    print(json.dumps({"name": f"train B{BATCH} T{LENGTH}", "tokens": BATCH * LENGTH, "seconds": seconds}))


main()
