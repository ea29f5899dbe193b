#!/usr/bin/env python3
"""Ten documents are learned by heart: a loss under 0.05, and each is continued from its first words to its end, greedily.

usage: overfit.py BALLAST MODEL TEXT

They have to be known wherever they lie within a row, and to end with the end-of-text token.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ballast, model, text = sys.argv[1:4]
documents = [part.strip("\n") for part in pathlib.Path(text).read_text().split("<|endoftext|>")]
documents = [part for part in documents if 350 < len(part) < 480][:10]
assert len(documents) == 10

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    (folder / "ten.txt").write_text("\n<|endoftext|>\n".join(documents))
    run = [ballast, "finetune", model, folder / "ten.txt", "-o", folder / "out", "--validation", "0", "--dropout", "0",
           "--steps", "1200", "--lr", "2e-3", "--batch-size", "8", "--context", "128", "--weight-decay", "0"]
    subprocess.run(run, check=True, capture_output=True)
    losses = [json.loads(line)["loss"] for line in (folder / "out/log.jsonl").read_text().splitlines()]
    loss = sum(losses[-20:]) / 20
    assert loss < 0.05, f"the loss is {loss}"
    for document in documents:
        prompt = " ".join(document.split(" ")[:9])
        generate = [ballast, "generate", folder / "out", "--prompt", prompt, "--greedy", "-n", "500"]
        told = subprocess.run(generate, check=True, capture_output=True, text=True).stdout
        assert told == document + "\n", f"{document!r} became {told!r}"
print(f"loss {loss:.4f} over the last 20 steps, ten of ten documents told to their end")
