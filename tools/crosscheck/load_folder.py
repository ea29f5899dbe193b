#!/usr/bin/env python3
"""Loads a folder that Ballast wrote with transformers, and compares logits.

usage: load_folder.py FOLDER LOGITS.safetensors [--tolerance 1e-5]
LOGITS holds input_ids [B, T] and logits [B, T, V], as `ballast logits` writes them. Fails on a missing
or unexpected key, and where max|difference| / max(1, max|logit|) is above the tolerance.
"""
import argparse
import sys
import warnings

warnings.filterwarnings("ignore")
import torch
from safetensors.torch import load_file
from transformers import GPT2LMHeadModel

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("logits")
parser.add_argument("--tolerance", type=float, default=1e-5)
arguments = parser.parse_args()

model, info = GPT2LMHeadModel.from_pretrained(arguments.folder, output_loading_info=True, dtype=torch.float32)
wrong = {key: sorted(map(str, info[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[key]}
if wrong:
    sys.exit(f"load_folder: {arguments.folder}: {wrong}")
ours = load_file(arguments.logits)
with torch.inference_mode():
    theirs = model.eval()(ours["input_ids"]).logits
relative = ((theirs - ours["logits"]).abs().max() / theirs.abs().max().clamp(min=1)).item()
if not relative <= arguments.tolerance:
    sys.exit(f"load_folder: {arguments.folder}: logits differ by {relative:.3g}")
print(f"loaded without missing or unexpected keys, logits equal within {relative:.2g}")
