#!/usr/bin/env python3
"""Adapters load in PEFT and PEFT's load here, with equal logits; so do models with adapters merged into them.

usage: peft_adapters.py BALLAST MODEL TEXT
"""
import pathlib
import subprocess
import sys
import tempfile

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoTokenizer, GPT2LMHeadModel

ballast, folder, text = sys.argv[1:4]
TOLERANCE = 1e-4


def run(*words):
    subprocess.run([ballast, *(str(word) for word in words)], check=True, capture_output=True)


def base():
    return GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()


def difference(model, logits):
    file = load_file(logits)
    with torch.inference_mode():
        return float((model(file["input_ids"]).logits - file["logits"]).abs().max())


found = {}
with tempfile.TemporaryDirectory() as out:
    out = pathlib.Path(out)
    prompt = pathlib.Path(text).read_text()[:150]
    lora = ["--steps", 60, "--context", 64, "--lr", 2e-3, "--lora-rank", 4, "--lora-targets", "c_attn", "--lora-targets", "c_proj"]
    run("finetune", folder, text, "-o", out / "ours", *lora)
    run("logits", folder, "--adapter", out / "ours", "--text", prompt, "-o", out / "ours.safetensors")
    found["ours in PEFT"] = difference(PeftModel.from_pretrained(base(), out / "ours").eval(), out / "ours.safetensors")
    AutoTokenizer.from_pretrained(out / "ours")

    run("finetune", folder, text, "-o", out / "merged", *lora, "--merge")
    run("logits", out / "merged", "--text", prompt, "-o", out / "merged.safetensors")
    merged = GPT2LMHeadModel.from_pretrained(out / "merged", dtype=torch.float32).eval()
    found["merged in transformers"] = difference(merged, out / "merged.safetensors")
    GPT2LMHeadModel.from_pretrained(out / "merged" / "best", dtype=torch.float32)
    a, b = (load_file(out / name)["logits"] for name in ("ours.safetensors", "merged.safetensors"))
    found["merged and not"] = float((a - b).abs().max())

    for name, options in {"PEFT's": {}, "rank-stabilised": {"use_rslora": True},
                          "of several alphas": {"alpha_pattern": {"mlp.c_fc": 3}, "rank_pattern": {"mlp.c_fc": 2}}}.items():
        config = LoraConfig(task_type="CAUSAL_LM", r=6, lora_alpha=9, target_modules=["c_attn", "mlp.c_fc"],
                            fan_in_fan_out=True, **options)
        torch.manual_seed(1)
        model = get_peft_model(base(), config).eval()
        for parameter in (p for n, p in model.named_parameters() if "lora_B" in n):
            torch.nn.init.normal_(parameter, std=0.1)
        path = out / name.replace(" ", "-")
        model.save_pretrained(path)
        run("logits", folder, "--adapter", path, "--text", prompt, "-o", out / "theirs.safetensors", "--force")
        found[name + " here"] = difference(model, out / "theirs.safetensors")
        run("convert", folder, out / "converted", "--adapter", path, "--force")
        converted = GPT2LMHeadModel.from_pretrained(out / "converted", dtype=torch.float32).eval()
        found[name + " converted"] = difference(converted, out / "theirs.safetensors")

for name, value in found.items():
    assert value <= TOLERANCE, f"{name}: logits differ by {value}"
print(", ".join(f"{name} {value:.0e}" for name, value in found.items()))
