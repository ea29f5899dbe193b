#!/usr/bin/env python3
"""Loads what `ballast convert` writes with the code that each format is for.

usage: tools/crosscheck/convert.py BALLAST MODEL

nanoGPT: a class with nanoGPT's names and arithmetic takes the state dict with strict keys, and its
training can resume. Shards: transformers loads the folder. GGUF: gguf-py reads every tensor, and
llama.cpp, where llama-cpp-python is installed, computes the same logits. The tokenizer that a GGUF
file carries comes out again as one that transformers loads.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy
import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import load_file
from transformers import AutoTokenizer, GPT2LMHeadModel


class Block(torch.nn.Module):
    """A block under nanoGPT's names."""

    def __init__(self, width, heads, bias):
        super().__init__()
        self.heads = heads
        self.ln_1 = torch.nn.LayerNorm(width, bias=bias)
        self.attn = torch.nn.Module()
        self.attn.c_attn = torch.nn.Linear(width, 3 * width, bias=bias)
        self.attn.c_proj = torch.nn.Linear(width, width, bias=bias)
        self.ln_2 = torch.nn.LayerNorm(width, bias=bias)
        self.mlp = torch.nn.Module()
        self.mlp.c_fc = torch.nn.Linear(width, 4 * width, bias=bias)
        self.mlp.c_proj = torch.nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.attn.c_attn(self.ln_1(x)).split(width, dim=2)
        )
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn.c_proj(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp.c_proj(torch.nn.functional.gelu(self.mlp.c_fc(self.ln_2(x))))


class NanoGPT(torch.nn.Module):
    """The model that model_args describes, under nanoGPT's names, with its exact GELU."""

    def __init__(self, n_layer, n_head, n_embd, block_size, bias, vocab_size, dropout):
        super().__init__()
        self.transformer = torch.nn.ModuleDict(
            {
                "wte": torch.nn.Embedding(vocab_size, n_embd),
                "wpe": torch.nn.Embedding(block_size, n_embd),
                "h": torch.nn.ModuleList(Block(n_embd, n_head, bias) for _ in range(n_layer)),
                "ln_f": torch.nn.LayerNorm(n_embd, bias=bias),
            }
        )
        self.lm_head = torch.nn.Linear(n_embd, vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, ids):
        x = self.transformer.wte(ids) + self.transformer.wpe(torch.arange(ids.shape[1]))
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


def convert(ballast, *arguments):
    subprocess.run([ballast, "convert", *map(str, arguments)], check=True, capture_output=True)


def check_nanogpt(ballast, model, folder, ids):
    file = folder / "ckpt.pt"
    convert(ballast, model, file, "--to", "nanogpt")
    checkpoint = torch.load(file, weights_only=True)
    nano = NanoGPT(**checkpoint["model_args"]).eval()
    nano.load_state_dict(checkpoint["model"], strict=True)
    decayed = [p for p in nano.parameters() if p.dim() >= 2]
    others = [p for p in nano.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=1e-3
    )
    optimizer.load_state_dict(checkpoint["optimizer"])
    reference = GPT2LMHeadModel.from_pretrained(model, activation_function="gelu").eval()
    with torch.no_grad():
        difference = (nano(ids) - reference(ids).logits).abs().max().item()
    assert difference < 2e-4, difference
    nano(ids).logsumexp(-1).mean().backward()
    optimizer.step()
    return f"nanoGPT's logits within {difference:.1e}"


def check_shards(ballast, model, folder, ids):
    convert(ballast, model, folder / "shards", "--to", "hf", "--shard-size", "300KB")
    loaded, report = GPT2LMHeadModel.from_pretrained(folder / "shards", output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"], report
    original = GPT2LMHeadModel.from_pretrained(model).state_dict()
    assert all(torch.equal(value, original[name]) for name, value in loaded.state_dict().items())
    count = len(list((folder / "shards").glob("model-*.safetensors")))
    assert count > 1
    return f"{count} shards load"


def check_gguf(ballast, model, folder):
    original = GPT2LMHeadModel.from_pretrained(model).state_dict()
    worst = {}
    for dtype in ["f32", "f16", "bf16", "q8_0"]:
        file = folder / f"{dtype}.gguf"
        convert(ballast, model, file, "--dtype", dtype)
        reader = GGUFReader(file)
        assert len(reader.tensors) == len({p.data_ptr() for p in original.values()})
        embedding = next(t for t in reader.tensors if t.name == "token_embd.weight")
        values = dequantize(embedding.data, embedding.tensor_type)
        expected = original["transformer.wte.weight"].numpy()
        worst[dtype] = float(numpy.abs(values - expected).max() / numpy.abs(expected).max())
    assert worst["f32"] == 0 and worst["f16"] < 1e-3 and worst["bf16"] < 5e-3, worst
    assert worst["q8_0"] < 5e-3, worst
    convert(ballast, folder / "f32.gguf", folder / "from-gguf")
    text = "Once upon a time,  there\n\nwas <|endoftext|> 12345 caf\u00e9 \U0001f600"
    mine, theirs = (AutoTokenizer.from_pretrained(p)(text).input_ids for p in [folder / "from-gguf", model])
    assert mine == theirs, (mine, theirs)
    back = load_file(folder / "from-gguf/model.safetensors")
    assert all(torch.equal(value, original[name]) for name, value in back.items())
    return "gguf-py reads 4 types, and the way back is equal"


def check_llama(ballast, model, folder, ids):
    try:
        from llama_cpp import Llama
    except ImportError:
        return "llama.cpp is not installed, so not run"
    reference = GPT2LMHeadModel.from_pretrained(model).eval()
    llama = Llama(str(folder / "f32.gguf"), n_ctx=ids.shape[1], logits_all=True, n_threads=2, verbose=False)
    tokens = ids[0].tolist()
    llama.eval(tokens)
    found = torch.tensor(numpy.array(llama.scores[: len(tokens)]))
    with torch.no_grad():
        expected = reference(ids).logits[0]
    differences = (found - expected).abs()
    assert differences.max() < 5e-3 and differences.mean() < 1e-3, (differences.max(), differences.mean())
    assert torch.equal(found.argmax(-1), expected.argmax(-1))
    llama.reset()
    prompt, length = tokens[:8], 24
    greedy = []
    for token in llama.generate(prompt, temp=0.0, top_k=1):
        greedy.append(token)
        if len(greedy) == length:
            break
    ours = reference.generate(ids[:1, :8], max_new_tokens=length, do_sample=False, eos_token_id=None)
    assert greedy == ours[0, 8:].tolist(), (greedy, ours)
    return f"llama.cpp's logits within {differences.max():.1e} (mean {differences.mean():.1e}), {length} tokens equal"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ballast")
    parser.add_argument("model", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.manual_seed(3)
    config = json.loads((arguments.model / "config.json").read_text())
    ids = torch.randint(0, config["vocab_size"] - 1, (1, 64))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ballast, model = arguments.ballast, arguments.model
        print(
            check_nanogpt(ballast, model, folder, ids),
            check_shards(ballast, model, folder, ids),
            check_gguf(ballast, model, folder),
            check_llama(ballast, model, folder, ids),
            sep="; ",
        )


if __name__ == "__main__":
    main()
