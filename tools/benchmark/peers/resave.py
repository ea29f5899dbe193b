#!/usr/bin/env python3
"""Converts a file of torch.save to safetensors as one does in Python: torch.load, then save_file.

usage: resave.py IN.bin OUT.safetensors
The file is on the disk at the end, as it is after `ballast convert`.
"""
import os
import sys

import torch
from safetensors.torch import save_file


def main():
    source, target = sys.argv[1:]
    save_file(torch.load(source, weights_only=True), target, metadata={"format": "pt"})
    with open(target, "rb") as file:
        os.fsync(file.fileno())


main()
