#!/usr/bin/env python3
"""Makes a GPT-2 of the official shape (124M) with random weights, in the containers of the hub.

usage: make_gpt2.py OUT_DIR
Writes config.json, model.safetensors (no prefix, with the causal masks as buffers), pytorch_model.bin
(legacy stacked pickles), zip.pt (torch's zip, with prefix and tied head), and reference.safetensors
(input_ids [1, 128], logits and loss, by transformers in float32). About 1.6 GB. Weights are scaled away
from their initialisation, so that activations are not all alike.
"""
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
torch.manual_seed(20260)
config = GPT2Config()
model = GPT2LMHeadModel._from_config(config, attn_implementation="eager").eval()
with torch.no_grad():
    for name, weight in model.named_parameters():
        if weight.dim() == 1:
            weight += 0.1 * torch.randn_like(weight)
        elif "wte" not in name:
            weight *= 2.5
config.save_pretrained(out)
state = model.state_dict()
torch.save(state, f"{out}/zip.pt")
hub = {name.removeprefix("transformer."): value for name, value in state.items() if name != "lm_head.weight"}
size = config.n_positions
for layer in range(config.n_layer):
    hub[f"h.{layer}.attn.bias"] = torch.ones(size, size).tril()[None, None]
save_file(hub, f"{out}/model.safetensors", metadata={"format": "pt"})
torch.save(hub, f"{out}/pytorch_model.bin", _use_new_zipfile_serialization=False)
ids = torch.randint(0, config.vocab_size, (1, 128))
with torch.inference_mode():
    result = model(ids, labels=ids)
save_file(
    {"input_ids": ids, "logits": result.logits.contiguous(), "loss": result.loss.reshape(1)},
    f"{out}/reference.safetensors",
)
