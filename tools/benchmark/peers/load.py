#!/usr/bin/env python3
"""What it takes a Python process to get from a checkpoint to its first logits, with transformers on PyTorch.

usage: load.py MODEL IDS.txt [--threads N]
MODEL is a folder in Hugging Face's layout, which transformers reads, or a file in one, which torch.load reads
(mapped if it is of the zip container, since the legacy one cannot be). The whole process is timed from outside.
"""
import pathlib
import sys
import zipfile

import torch
from transformers import GPT2Config, GPT2LMHeadModel


def main():
    model, ids = map(pathlib.Path, sys.argv[1:3])
    if sys.argv[3:4] == ["--threads"]:
        torch.set_num_threads(int(sys.argv[4]))
    if model.is_dir():
        network = GPT2LMHeadModel.from_pretrained(model, dtype=torch.float32)
    else:
        state = torch.load(model, weights_only=True, mmap=zipfile.is_zipfile(model))
        config = GPT2Config.from_pretrained(model.parent)
        network = GPT2LMHeadModel.from_pretrained(None, config=config, state_dict=state, dtype=torch.float32)
    tokens = torch.tensor([[int(word) for word in ids.read_text().split()]])
    with torch.inference_mode():
        logits = network.eval()(tokens).logits
    if not torch.isfinite(logits).all():
        sys.exit("load: the logits are not finite")


main()
