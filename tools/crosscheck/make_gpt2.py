#!/usr/bin/env python3
"""Makes a GPT-2 of the official 124M shape with random weights, in the layouts the official files have.

usage: make_gpt2.py OUT_DIR [--tokenizer DIR]      (about 1.6 GB)
Writes config.json; model.safetensors (no prefix, no head, attn.bias masks: the hub's layout);
pytorch_model.bin (the same, legacy container); zip.pt (torch zip, `transformer.` prefix and tied head);
and reference.safetensors (input_ids [1,128], logits, loss and hidden states in float64, by
tools/record-reference). The weights are scaled so that activations are far from those at initialisation.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

RECORD = pathlib.Path(__file__).resolve().parent.parent / "record-reference"
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json")


def strong_weights(model):
    """Residual streams that grow with depth and biases that matter, as in a trained model."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
            elif not name.endswith(("wte.weight", "wpe.weight")):
                parameter.mul_(2.5)


def hub_layout(model):
    state = {name.removeprefix("transformer."): tensor
             for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    positions = model.config.n_positions
    for layer in range(model.config.n_layer):
        mask = torch.ones(positions, positions).tril()
        state[f"h.{layer}.attn.bias"] = mask.view(1, 1, positions, positions)
    return state


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, metavar="DIR", help="copy this tokenizer's files too")
    arguments = parser.parse_args()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(124)
    model = GPT2LMHeadModel(GPT2Config())
    strong_weights(model)
    model.config.save_pretrained(out)
    torch.save(model.state_dict(), out / "zip.pt")
    state = hub_layout(model)
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})
    torch.save(state, out / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    ids = torch.randint(0, model.config.vocab_size, (1, 128))
    save_file({"input_ids": ids}, out / "input-ids.safetensors")
    del model, state
    if arguments.tokenizer:
        for name in TOKENIZER_FILES:
            if (arguments.tokenizer / name).is_file():
                shutil.copyfile(arguments.tokenizer / name, out / name)
    subprocess.run(
        [sys.executable, RECORD, out, "-o", out / "reference.safetensors",
         "--input-ids", out / "input-ids.safetensors", "--hidden-states"], check=True)
    print(f"ok: {out}")


if __name__ == "__main__":
    main()
