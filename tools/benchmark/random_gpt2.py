#!/usr/bin/env python3
"""Writes a GPT-2 of random weights into a folder in Hugging Face's layout, with heads of 64.

usage: random_gpt2.py OUT LAYERS WIDTH VOCABULARY POSITIONS
"""
import sys

import torch
from transformers import GPT2Config, GPT2LMHeadModel


def main():
    out = sys.argv[1]
    layers, width, vocabulary, positions = map(int, sys.argv[2:])
    torch.manual_seed(0)
    last = vocabulary - 1
    config = GPT2Config(n_layer=layers, n_embd=width, n_head=width // 64, vocab_size=vocabulary, n_positions=positions,
                        bos_token_id=last, eos_token_id=last)
    GPT2LMHeadModel(config).save_pretrained(out)


main()
