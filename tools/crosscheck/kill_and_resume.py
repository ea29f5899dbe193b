#!/usr/bin/env python3
"""A run that is killed at random moments and resumed each time ends byte for byte as one that was not.

usage: kill_and_resume.py BALLAST MODEL DATA… [--kills N] [--threads N]…

Compared are the weights of the last and of the best state, the samples, and the log but for its timing field.
"""
import argparse
import json
import pathlib
import random
import signal
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("ballast")
parser.add_argument("model")
parser.add_argument("data", nargs="+")
parser.add_argument("--kills", type=int, default=10)
parser.add_argument("--threads", type=int, action="append")
options = parser.parse_args()

RUN = ["--steps", "120", "--batch-size", "2", "--context", "64", "--accumulate", "3", "--dropout", "0.1",
       "--eval-every", "20", "--save-every", "4", "--sample-every", "30", "--sample-tokens", "24",
       "--skip-outliers", "8", "--tensorboard", "--csv"]


def command(out, threads):
    return [options.ballast, "finetune", options.model, *options.data, "-o", out, *RUN, "--threads", str(threads)]


def contents(out):
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    for line in log:
        line.pop("tokens_per_second", None)
    names = ["model.safetensors", "best/model.safetensors", "samples.jsonl", "config.json"]
    return {"log": log, **{name: (out / name).read_bytes() for name in names}}


def kill_and_resume(out, threads, seconds):
    """Returns the steps after which runs went on."""
    chance = random.Random(threads)
    kills, resumed = 0, []
    while True:
        last = kills == options.kills
        process = subprocess.Popen([*command(out, threads), "--resume", "auto"], stderr=subprocess.PIPE, text=True)
        try:
            _, errors = process.communicate(timeout=None if last else chance.uniform(0.05, 1.2 * seconds / options.kills))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            _, errors = process.communicate()
            kills += 1
        resumed += [int(line.split()[4]) for line in errors.splitlines() if line.startswith("going on after step")]
        if process.returncode == 0:
            return kills, resumed
        assert process.returncode == -signal.SIGKILL, errors


for threads in options.threads or [1, 2]:
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        start = time.monotonic()
        subprocess.run(command(folder / "whole", threads), check=True, capture_output=True)
        seconds = time.monotonic() - start
        kills, resumed = kill_and_resume(folder / "killed", threads, seconds)
        whole, killed = contents(folder / "whole"), contents(folder / "killed")
        for name in whole:
            assert whole[name] == killed[name], f"{threads} threads: {name} differs"
        assert resumed, "no run went on: the kills came too soon"
        print(f"{threads} threads: killed {kills} times, went on after steps {resumed}: equal")
