#!/usr/bin/env python3
"""Makes a model of GPT-2 large's shape, 774 million random weights. usage: tools/crosscheck/make_774m.py FOLDER"""
import json
import pathlib
import struct
import sys

import numpy

LAYERS, HEADS, WIDTH, VOCABULARY, POSITIONS = 36, 20, 1280, 50257, 1024

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True)
shapes = {"wte.weight": (VOCABULARY, WIDTH), "wpe.weight": (POSITIONS, WIDTH)}
for layer in range(LAYERS):
    for name, *shape in [
        ("ln_1.weight", WIDTH), ("ln_1.bias", WIDTH), ("attn.c_attn.weight", WIDTH, 3 * WIDTH), ("attn.c_attn.bias", 3 * WIDTH),
        ("attn.c_proj.weight", WIDTH, WIDTH), ("attn.c_proj.bias", WIDTH), ("ln_2.weight", WIDTH), ("ln_2.bias", WIDTH),
        ("mlp.c_fc.weight", WIDTH, 4 * WIDTH), ("mlp.c_fc.bias", 4 * WIDTH), ("mlp.c_proj.weight", 4 * WIDTH, WIDTH),
        ("mlp.c_proj.bias", WIDTH),
    ]:
        shapes[f"h.{layer}.{name}"] = tuple(shape)
shapes |= {"ln_f.weight": (WIDTH,), "ln_f.bias": (WIDTH,)}
header, offset = {}, 0
for name, shape in shapes.items():
    size = 4 * int(numpy.prod(shape))
    header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
    offset += size
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
generator = numpy.random.default_rng(1)
with open(folder / "model.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text)
    for name, shape in shapes.items():
        values = generator.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.02)
        (values + 1 if ".ln_" in "." + name and name.endswith("weight") else values).tofile(file)
(folder / "config.json").write_text(json.dumps({
    "model_type": "gpt2", "n_layer": LAYERS, "n_head": HEADS, "n_embd": WIDTH, "n_positions": POSITIONS,
    "n_ctx": POSITIONS, "vocab_size": VOCABULARY, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
}))
