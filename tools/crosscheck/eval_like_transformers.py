#!/usr/bin/env python3
"""`eval` against transformers: the loss, its perplexity and bits a byte, with strides and without.

usage: eval_like_transformers.py BALLAST MODEL TEXT

The reference is the sliding window of the transformers documentation ("Perplexity of fixed-length models"): what a window
shares with the one before is context, and has -100 for a label.
"""
import json
import math
import subprocess
import sys

import torch
from transformers import GPT2LMHeadModel

ballast, folder, text = sys.argv[1:4]
CONTEXT = 64
TOLERANCE = 1e-6
torch.set_num_threads(1)
model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
with open(text, encoding="utf-8") as file:
    words = file.read(8000).replace("<|endoftext|>", "")
run = subprocess.run([ballast, "tokenize", folder], input=words, check=True, capture_output=True, text=True)
tokens = torch.tensor([[*map(int, run.stdout.split()), model.config.eos_token_id]])


def reference(stride):
    """The mean loss of all tokens but the first."""
    total, done = 0.0, 1
    for start in range(0, tokens.shape[1] - 1, stride):
        inputs = tokens[:, start:start + CONTEXT]
        labels = tokens[0, start + 1:start + CONTEXT + 1].clone()
        labels[:done - start - 1] = -100
        with torch.inference_mode():
            logits = model(inputs).logits[0, :len(labels)]
        total += float(torch.nn.functional.cross_entropy(logits.double(), labels, reduction="sum"))
        done = start + 1 + len(labels)
        if done == tokens.shape[1]:
            break
    assert done == tokens.shape[1]
    return total / (done - 1)


worst, losses = 0.0, []
for stride in [CONTEXT, 40, 7]:
    run = subprocess.run([ballast, "eval", folder, "-", "--context", str(CONTEXT), "--stride", str(stride), "--format", "json"],
                         input=words, check=True, capture_output=True, text=True)
    result = json.loads(run.stdout)
    expected = reference(stride)
    assert result["tokens"] == tokens.shape[1] - 1, result
    assert math.isclose(result["perplexity"], math.exp(expected), rel_tol=1e-5), (stride, result, expected)
    bits = expected * result["tokens"] / math.log(2) / len(words.encode())
    assert math.isclose(result["bits_per_byte"], bits, rel_tol=1e-5), (stride, result, bits)
    worst = max(worst, abs(result["loss"] - expected))
    losses.append(f"{result['loss']:.4f}")
assert worst <= TOLERANCE, worst
print(f"{tokens.shape[1]} tokens, strides {CONTEXT}, 40 and 7: losses {', '.join(losses)}, within {worst:.1e}")
