#!/usr/bin/env python3
"""200 steps of `finetune` against PyTorch's own AdamW and transformers' own model, on the same tokens in the same order:
of the whole model, of a part, of low-rank adapters against PEFT, and on completions alone, with prompts left out of the loss.

usage: train_like_torch.py BALLAST MODEL TEXT

Accumulation of 4, clipping, warm-up, cosine and decay of the matrices alone; dropout off, in float32. Each loss is to be
within 1e-4, the final weights within 1e-4 in relative L2. The key third of each c_attn.bias is left out: its gradient is
zero but for rounding, which AdamW makes steps of.
"""
import fnmatch
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
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


def rows(tokens, learned=None):
    """Inputs and labels of each row; what fills up the last one is not counted, nor is what is not to be learned."""
    targets = tokens if learned is None else [token if is_learned else -100 for token, is_learned in zip(tokens, learned)]
    for start in range(0, len(tokens) - 1, CONTEXT):
        inputs, labels = tokens[start:start + CONTEXT], targets[start + 1:start + 1 + CONTEXT]
        inputs = inputs[:len(labels)]
        filling = CONTEXT - len(labels)
        yield inputs + [0] * filling, labels + [-100] * filling


def train(model, tokens, learned=None):
    matrices = [p for p in model.parameters() if p.requires_grad and p.dim() >= 2]
    others = [p for p in model.parameters() if p.requires_grad and p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK, betas=BETAS, eps=1e-8)
    everything = list(rows(tokens, learned))
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


def finetune(out, *words, data=text):
    """Runs our side; returns its losses."""
    own = [ballast, "finetune", folder, data, "-o", out, "--steps", STEPS, "--batch-size", BATCH, "--context", CONTEXT,
           "--accumulate", ACCUMULATE, "--warmup", WARMUP, "--lr", PEAK, "--min-lr", FLOOR, "--clip", CLIP,
           "--weight-decay", DECAY, "--beta1", BETAS[0], "--beta2", BETAS[1], "--dropout", 0, "--order", "sequential",
           "--validation", 0, "--save-every", 0, *words]
    subprocess.run([str(word) for word in own], check=True, capture_output=True)
    return [json.loads(line)["loss"] for line in (out / "log.jsonl").read_text().splitlines()]


def tokenized(words):
    run = subprocess.run([ballast, "tokenize", folder], input=words, check=True, capture_output=True, text=True)
    return [int(word) for word in run.stdout.split()]


END = json.loads(pathlib.Path(folder, "config.json").read_text())["eos_token_id"]


def documents():
    """The texts between separators, as docs/trainer.md says."""
    parts = pathlib.Path(text).read_text().split("<|endoftext|>")
    for index, part in enumerate(parts):
        part = part.removeprefix("\n") if index > 0 else part
        part = part.removesuffix("\n") if index < len(parts) - 1 else part
        if part:
            yield part


def token_stream():
    """The tokens, with the end-of-text token behind each document."""
    return [token for document in documents() for token in [*tokenized(document), END]]


def reference():
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                            resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
    return model.train()


def compare(kind, losses, ours, expected, theirs):
    worst = max(abs(own - other) for own, other in zip(losses, expected))
    distance, name = farthest(ours, theirs)
    assert len(losses) == len(expected) == STEPS and worst <= TOLERANCE, f"{kind}: losses differ by {worst}"
    assert len(theirs) == len(ours) and distance <= TOLERANCE, f"{kind}: {name} is {distance} away"
    return f"{kind}: losses within {worst:.1e}, weights within {distance:.1e}"


def whole(out, tokens):
    losses = finetune(out)
    ours, model = load_file(out / "model.safetensors"), reference()
    expected = train(model, tokens)
    return compare("all", losses, ours, expected, {n: t for n, t in model.state_dict().items() if n in ours})


def frozen(out, tokens):
    """Embeddings, the first two blocks and all norms stay as they are; so do the biases of the others' MLPs."""
    patterns = ["wte.weight", "wpe.weight", "h.0.*", "h.1.*", "*ln_*", "transformer.h.*.mlp.c_fc.bias"]
    losses = finetune(out, *(word for pattern in patterns for word in ("--freeze", pattern)))
    ours, model = load_file(out / "model.safetensors"), reference()
    kept = {}
    for name, parameter in model.named_parameters():
        canonical = name.removeprefix("transformer.")
        if any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns for word in (name, canonical)):
            parameter.requires_grad = False
            kept[name] = parameter.detach().clone()
    expected = train(model, tokens)
    for name, tensor in kept.items():
        assert torch.equal(ours[name], tensor), f"frozen: {name} has changed"
    trained = {n: t for n, t in model.state_dict().items() if n in ours and n not in kept}
    return compare(f"{len(kept)} frozen", losses, {n: ours[n] for n in trained}, expected, trained)


def adapters(out, tokens):
    """From the same A and B; PEFT scales, targets and saves as it does."""
    lora = ["--lora-rank", 4, "--lora-alpha", 12, "--lora-targets", "c_attn", "--lora-targets", "c_fc", "--lora-targets",
            "mlp.c_proj"]
    finetune(out / "start", *lora, "--steps", 0)
    losses = finetune(out / "end", *lora)
    model = PeftModel.from_pretrained(reference(), out / "start", is_trainable=True)
    expected = train(model, tokens)
    model.save_pretrained(out / "theirs")
    ours = load_file(out / "end/adapter_model.safetensors")
    return compare("LoRA", losses, ours, expected, load_file(out / "theirs/adapter_model.safetensors"))


def completions(out, _):
    """Of each document the first words are the prompt: of some most, of some no more than one, of some none."""
    lines, tokens, learned = [], [], []
    for index, document in enumerate(documents()):
        words = document.split(" ")
        cut = len(words) * (index % 4) // 4
        prompt, completion = " ".join(words[:cut]), " " * (cut > 0) + " ".join(words[cut:])
        lines.append(json.dumps({"prompt": prompt, "completion": completion}))
        given, own = tokenized(prompt) if prompt else [], [*tokenized(completion), END]
        tokens += given + own
        learned += [False] * len(given) + [True] * len(own)
    out.mkdir()
    data = out / "completions.jsonl"
    data.write_text("\n".join(lines) + "\n")
    losses = finetune(out / "tuned", data=data)
    ours, model = load_file(out / "tuned/model.safetensors"), reference()
    expected = train(model, tokens, learned)
    kind = f"{learned.count(False)} of {len(learned)} tokens prompts"
    return compare(kind, losses, ours, expected, {n: t for n, t in model.state_dict().items() if n in ours})


with tempfile.TemporaryDirectory() as out:
    out, tokens = pathlib.Path(out), token_stream()
    (out / "lora").mkdir()
    lines = [whole(out / "whole", tokens), frozen(out / "frozen", tokens), adapters(out / "lora", tokens),
             completions(out / "completions", tokens)]
print(f"{STEPS} steps; " + "; ".join(lines))
