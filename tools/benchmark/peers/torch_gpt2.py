#!/usr/bin/env python3
"""Times transformers' GPT-2 on PyTorch at the work of `ballast bench`, and prints JSON of the same names.

usage: torch_gpt2.py FOLDER --work NAME [--threads N] [--repeat N] [--dropout P] [--dtype f32|bf16]
FOLDER is in Hugging Face's layout; NAME is one of `ballast bench`, such as "train B4 T64". Training is a whole
step: forward, backward, clipping and AdamW (fused).
"""
import argparse
import json
import time
import warnings

import torch
from transformers import GPT2LMHeadModel

warnings.filterwarnings("ignore")


def sizes(words):
    return [int(word.lstrip("BT")) for word in words]


def forward(options, batch, length):
    model = GPT2LMHeadModel.from_pretrained(options.folder, dtype=options.type).eval()
    ids = torch.randint(0, model.config.vocab_size, (batch, length))

    def run():
        with torch.inference_mode():
            model(ids)

    return run, batch * length


def prefill(options, length):
    model = GPT2LMHeadModel.from_pretrained(options.folder, dtype=options.type).eval()
    ids = torch.randint(0, model.config.vocab_size, (1, length))

    def run():
        with torch.inference_mode():
            model(ids, use_cache=True, logits_to_keep=1)

    return run, length


def decode(options, count):
    model = GPT2LMHeadModel.from_pretrained(options.folder, dtype=options.type).eval()
    ids = torch.randint(0, model.config.vocab_size, (1, 16))
    how = dict(do_sample=False, max_new_tokens=count, min_new_tokens=count, pad_token_id=0)

    def run():
        with torch.inference_mode():
            model.generate(ids, attention_mask=torch.ones_like(ids), **how)

    return run, count


def train(options, batch, length):
    rate = options.dropout
    dropout = dict(resid_pdrop=rate, embd_pdrop=rate, attn_pdrop=rate)
    model = GPT2LMHeadModel.from_pretrained(options.folder, dtype=torch.float32, **dropout).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    ids = torch.randint(0, model.config.vocab_size, (batch, length))

    def run():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.dtype == "bf16"):
            loss = model(ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return run, batch * length


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--work", required=True)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    options = parser.parse_args()
    options.type = {"f32": torch.float32, "bf16": torch.bfloat16}[options.dtype]
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    name, *words = options.work.split()
    run, tokens = {"forward": forward, "prefill": prefill, "decode": decode, "train": train}[name](options, *sizes(words))
    run()
    seconds = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"name": options.work, "tokens": tokens, "seconds": seconds, "torch": torch.__version__}))


main()
