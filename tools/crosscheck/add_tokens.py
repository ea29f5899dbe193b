#!/usr/bin/env python3
"""Tokens that `finetune --add-token` adds are transformers' as well, whatever files the tokenizer was in.

usage: add_tokens.py BALLAST MODEL TEXT
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, GPT2LMHeadModel, GPT2Tokenizer

ballast, folder, text = sys.argv[1:4]
TOKENS_BEFORE, PADDED = 768, 800
TOKENS = ["<|user|>", "Ballast!", "\u2693 ahoy"]
PROBES = ["<|user|>Hello<|user|>", "the Ballast! is heavy", "x\u2693 ahoy\u2693", "Once upon a time<|endoftext|>there <|user"]


def run(*words):
    done = subprocess.run([ballast, *(str(word) for word in words)], capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def sources(out):
    """The model with its tokenizer in several forms."""
    model = pathlib.Path(folder)
    for name, files in {"tokenizer.json": ["tokenizer.json", "tokenizer_config.json"],
                        "tokenizer.json alone": ["tokenizer.json"],
                        "all files": ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"],
                        "vocabulary and merges": ["vocab.json", "merges.txt", "tokenizer_config.json"],
                        "vocabulary and merges alone": ["vocab.json", "merges.txt"],
                        "a decoder": ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"],
                        "added_tokens.json": ["vocab.json", "merges.txt", "tokenizer_config.json"]}.items():
        source = out / name
        source.mkdir()
        for file in ["config.json", "model.safetensors", *files]:
            shutil.copy(model / file, source)
        end = json.loads((model / "tokenizer.json").read_text())["added_tokens"][0]
        if name == "a decoder":
            config = json.loads((source / "tokenizer_config.json").read_text())
            config["added_tokens_decoder"] = {str(end.pop("id")): end}
            (source / "tokenizer_config.json").write_text(json.dumps(config))
        if name == "added_tokens.json":
            (source / name).write_text(json.dumps({"<more>": end["id"] + 1}))
        yield name, source
    for name, size in (("GGUF", TOKENS_BEFORE), ("padded GGUF", PADDED)):
        source = out / name
        shutil.copytree(model, source)
        config = json.loads((source / "config.json").read_text())
        (source / "config.json").write_text(json.dumps(config | {"vocab_size": size}))
        weights = load_file(source / "model.safetensors")
        weights["transformer.wte.weight"] = torch.nn.functional.pad(weights["transformer.wte.weight"], (0, 0, 0, size - TOKENS_BEFORE), value=0.5)
        save_file(weights, source / "model.safetensors", {"format": "pt"})
        (out / f"{name} alone").mkdir()
        run("convert", source, out / f"{name} alone" / "model.gguf")
        if size > TOKENS_BEFORE:
            yield "padded", source
        yield name, out / f"{name} alone" / "model.gguf"


checked = names = 0
with tempfile.TemporaryDirectory() as out:
    out = pathlib.Path(out)
    added = [word for token in TOKENS for word in ("--add-token", token)]
    for name, source in sources(out):
        names += 1
        tuned = out / f"tuned {name}"
        run("finetune", source, text, "-o", tuned, "--steps", 1, "--context", 32, "--freeze", "wte.weight", *added)
        weights = load_file(tuned / "model.safetensors")["transformer.wte.weight"]
        # The model had no row for the token of added_tokens.json either, and an id beyond its vocabulary.
        old = TOKENS_BEFORE + (name == "added_tokens.json")
        end = old + len(TOKENS)
        expected = weights[:TOKENS_BEFORE].double().mean(0)
        assert (weights[TOKENS_BEFORE:end].double() - expected).abs().max() < 1e-7, name
        assert len(weights) == (PADDED if "padded" in name else end), f"{name}: {len(weights)} rows"
        assert bool((weights[end:] == 0.5).all()), name
        tokenizers = {"AutoTokenizer": AutoTokenizer.from_pretrained(tuned), "GPT2Tokenizer": GPT2Tokenizer.from_pretrained(tuned)}
        raw = Tokenizer.from_file(str(tuned / "tokenizer.json"))
        for probe in PROBES:
            (out / "probe").write_text(probe)
            ours = [int(word) for word in run("tokenize", "--parse-special", tuned, out / "probe").split()]
            assert any(token in probe for token in TOKENS) == any(old <= token < old + 3 for token in ours), (name, probe, ours)
            assert raw.encode(probe, add_special_tokens=False).ids == ours, (name, probe)
            for kind, tokenizer in tokenizers.items():
                theirs = tokenizer(probe, add_special_tokens=False)["input_ids"]
                assert theirs == ours, f"{name}, {kind}: {probe!r} is {theirs}, not {ours}"
                assert tokenizer.decode(theirs) == probe, f"{name}, {kind}: {probe!r}"
                checked += 1
        model = GPT2LMHeadModel.from_pretrained(tuned, dtype=torch.float32).eval()
        assert model.config.vocab_size == len(weights), name
        assert len(tokenizers["AutoTokenizer"]) == end, name
        run("check", tuned)
        run("logits", tuned, "--text", PROBES[0] + "Ballast!", "-o", out / "logits.safetensors", "--force")
        file = load_file(out / "logits.safetensors")
        with torch.inference_mode():
            assert float((model(file["input_ids"]).logits - file["logits"]).abs().max()) <= 1e-4, name
print(f"{checked} texts of {names} sources")
