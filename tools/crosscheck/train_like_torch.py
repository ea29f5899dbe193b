#!/usr/bin/env python3
"""200 steps of `finetune` against PyTorch's own AdamW and transformers' own model, on the same tokens in the same order.

usage: train_like_torch.py BALLAST MODEL TEXT

Accumulation of 4, clipping, warm-up, cosine and decay of the matrices alone; dropout off, in float32. Each loss is to be
within 1e-4, the final weights within 1e-4 in relative L2. The key third of each c_attn.bias is left out: its gradient is
zero but for rounding, which AdamW makes steps of.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import GPT2LMHeadModel

STEPS, BATCH, CONTEXT, ACCUMULATE, WARMUP = 200, 2, 64, 4, 20
PEAK, FLOOR, CLIP, DECAY, BETAS = 1e-3, 1e-4, 0.5, 0.1, (0.9, 0.95)
TOLERANCE = 1e-4

ballast, folder, text = sys.argv[1:4]


def rate(step):
    if step < WARMUP:
        return PEAK * (step + 1) / WARMUP
    progress = (step - WARMUP) / (STEPS - WARMUP)
    return FLOOR + (PEAK - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress))


def rows(tokens):
    """Inputs and labels of each row; what fills up the last one is not counted."""
    for start in range(0, len(tokens) - 1, CONTEXT):
        inputs, labels = tokens[start:start + CONTEXT], tokens[start + 1:start + 1 + CONTEXT]
        inputs = inputs[:len(labels)]
        filling = CONTEXT - len(labels)
        yield inputs + [0] * filling, labels + [-100] * filling


def train(model, tokens):
    matrices = [p for p in model.parameters() if p.requires_grad and p.dim() >= 2]
    others = [p for p in model.parameters() if p.requires_grad and p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK, betas=BETAS, eps=1e-8)
    everything = list(rows(tokens))
    taken = 0
    losses = []
    for step in range(STEPS):
        batches = []
        for _ in range(ACCUMULATE):
            picked = [everything[(taken + index) % len(everything)] for index in range(BATCH)]
            taken += BATCH
            batches.append([torch.tensor(part) for part in zip(*picked)])
        counted = sum(int((labels >= 0).sum()) for _, labels in batches)
        total = 0.0
        for inputs, labels in batches:
            logits = model(inputs).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
            (loss / counted).backward()
            total += loss.item()
        losses.append(total / counted)
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
        optimizer.zero_grad()
    return losses


def without_keys(name, tensor):
    """A c_attn.bias without its key third."""
    if not name.endswith("c_attn.bias"):
        return tensor
    width = tensor.numel() // 3
    return torch.cat([tensor[:width], tensor[2 * width:]])


def farthest(ours, theirs):
    """The largest relative L2 distance of a tensor, and its name."""
    distances = []
    for name, tensor in theirs.items():
        a, b = without_keys(name, ours[name]).double(), without_keys(name, tensor).double()
        distances.append((float((a - b).norm() / b.norm()), name))
    return max(distances)


with tempfile.TemporaryDirectory() as out:
    out = pathlib.Path(out)
    own = [ballast, "finetune", folder, text, "-o", out / "run", "--steps", STEPS, "--batch-size", BATCH, "--context", CONTEXT,
           "--accumulate", ACCUMULATE, "--warmup", WARMUP, "--lr", PEAK, "--min-lr", FLOOR, "--clip", CLIP,
           "--weight-decay", DECAY, "--beta1", BETAS[0], "--beta2", BETAS[1], "--dropout", 0, "--order", "sequential",
           "--validation", 0, "--save-every", 0]
    subprocess.run([str(word) for word in own], check=True, capture_output=True)
    log = [json.loads(line) for line in (out / "run/log.jsonl").read_text().splitlines()]
    ours = load_file(out / "run/model.safetensors")
    # The tokens, with the end-of-text token behind each document, as docs/training.md says.
    documents = pathlib.Path(text).read_text().split("<|endoftext|>")
    tokens = []
    for index, document in enumerate(documents):
        document = document.removeprefix("\n") if index > 0 else document
        document = document.removesuffix("\n") if index < len(documents) - 1 else document
        if document:
            run = subprocess.run([ballast, "tokenize", folder], input=document, check=True, capture_output=True, text=True)
            tokens += [int(word) for word in run.stdout.split()]
            tokens.append(json.loads(pathlib.Path(folder, "config.json").read_text())["eos_token_id"])

model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
model.train()
losses = train(model, tokens)
worst = max(abs(line["loss"] - loss) for line, loss in zip(log, losses))
state = {name: tensor for name, tensor in model.state_dict().items() if name in ours}
distance, name = farthest(ours, state)
assert len(log) == STEPS and worst <= TOLERANCE, f"losses differ by {worst}"
assert len(state) == len(ours) and distance <= TOLERANCE, f"{name} is {distance} away"
print(f"{STEPS} steps: losses within {worst:.1e}, weights within {distance:.1e} ({name})")
