#!/usr/bin/env python3
"""A small model learns a grammar from scratch about as well as PyTorch teaches it with the same hyperparameters.

usage: learn_grammar.py BALLAST TOKENIZER

1 MB of sentences of a small grammar, 500 steps, dropout 0.1; the initialisations and the orders are each side's own. The
validation loss is to be within 5 % of PyTorch's, and far below that of a model that knows the frequencies alone.
"""
import collections
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from transformers import GPT2Config, GPT2LMHeadModel

ballast, tokenizer = sys.argv[1:3]
STEPS, BATCH, CONTEXT, WARMUP, PEAK, FLOOR, DROPOUT = 500, 8, 64, 50, 2e-3, 2e-4, 0.1
GRAMMAR = {
    "S": ["NP VP .", "NP VP and NP VP .", "when NP VP , NP VP ."],
    "NP": ["the N", "the A N", "a N of PLACE", "NAME", "the N that VP"],
    "VP": ["V NP", "V", "V PP", "V NP PP"],
    "PP": ["in PLACE", "with the N", "near NP"],
    "N": "boat storm captain sail rope lantern gull harbour letter child bell".split(),
    "A": "old grey quiet heavy broken small bright".split(),
    "V": "carried watched followed lost mended saw heard waited slept found".split(),
    "PLACE": "Cork Bremen Vigo Leith Malmo Cadiz".split(),
    "NAME": "Will Lucy Jonas Martha".split(),
}


def expand(symbol, chance, depth=0):
    if symbol not in GRAMMAR:
        return [symbol]
    rules = GRAMMAR[symbol]
    # Deep in a sentence the first rules, which are the short ones, end it.
    rule = chance.choice(rules if depth < 5 else rules[:1] if symbol in ("NP", "PP") else rules[:2])
    return [word for part in rule.split() for word in expand(part, chance, depth + 1)]


def corpus(size, seed):
    chance, documents, length = random.Random(seed), [], 0
    while length < size:
        documents.append(" ".join(" ".join(expand("S", chance)) for _ in range(chance.randint(3, 9))))
        length += len(documents[-1]) + 16
    return documents


def rate(step):
    if step < WARMUP:
        return PEAK * (step + 1) / WARMUP
    return FLOOR + (PEAK - FLOOR) * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def tokens(documents, end):
    joined = "\n".join(documents)
    run = subprocess.run([ballast, "tokenize", tokenizer], input=joined, check=True, capture_output=True, text=True)
    newline = subprocess.run([ballast, "tokenize", tokenizer], input="\n", check=True, capture_output=True, text=True)
    # Documents have no line break, so that each is the end of one.
    return [end if word == newline.stdout.strip() else int(word) for word in run.stdout.split()] + [end]


def rows(stream):
    count = (len(stream) - 1) // CONTEXT
    inputs = torch.tensor(stream[:count * CONTEXT]).view(count, CONTEXT)
    return inputs, torch.tensor(stream[1:count * CONTEXT + 1]).view(count, CONTEXT)


def theirs(config, training, validation):
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(**config)).train()
    groups = [{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
              {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK, betas=(0.9, 0.95), eps=1e-8)
    inputs, labels = rows(training)
    order = torch.randperm(len(inputs)).repeat(2)
    for step in range(STEPS):
        picked = order[step * BATCH:(step + 1) * BATCH]
        logits = model(inputs[picked]).logits
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[picked].flatten()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    inputs, labels = rows(validation)
    with torch.inference_mode():
        logits = torch.cat([model(part).logits for part in inputs.split(64)])
    return float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()))


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    documents, held = corpus(1_000_000, 1), corpus(50_000, 2)
    (folder / "text.txt").write_text("<|endoftext|>".join(documents))
    (folder / "held.txt").write_text("<|endoftext|>".join(held))
    end = json.loads(pathlib.Path(tokenizer, "config.json").read_text())["eos_token_id"]
    config = {"vocab_size": 768, "n_positions": CONTEXT, "n_embd": 64, "n_layer": 4, "n_head": 4, "resid_pdrop": DROPOUT,
              "embd_pdrop": DROPOUT, "attn_pdrop": DROPOUT, "bos_token_id": end, "eos_token_id": end}
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", **config}))
    run = [ballast, "train", "--config", folder / "config.json", "--tokenizer", tokenizer, folder / "text.txt", "-o",
           folder / "out", "--steps", str(STEPS), "--batch-size", str(BATCH), "--context", str(CONTEXT), "--warmup",
           str(WARMUP), "--lr", str(PEAK), "--min-lr", str(FLOOR), "--validation", folder / "held.txt", "--save-every", "0"]
    subprocess.run(run, check=True, capture_output=True)
    lines = [json.loads(line) for line in (folder / "out/log.jsonl").read_text().splitlines()]
    ours = [line["validation_loss"] for line in lines if "validation_loss" in line]
    training, validation = tokens(documents, end), tokens(held, end)
    expected = theirs(config, training, validation)
    counts = collections.Counter(training)
    unigram = -sum(math.log(counts[token] / len(training)) for token in validation if counts[token]) / len(validation)
    GPT2LMHeadModel.from_pretrained(folder / "out")

assert abs(ours[0] - math.log(768)) < 0.2, f"a fresh model has a loss of {ours[0]}"
assert abs(ours[-1] / expected - 1) <= 0.05 and ours[-1] < unigram / 2, f"{ours[-1]}, PyTorch {expected}, unigrams {unigram}"
print(f"validation loss {ours[-1]:.4f}, PyTorch's {expected:.4f}; of the frequencies alone {unigram:.2f}, fresh {ours[0]:.2f}")
