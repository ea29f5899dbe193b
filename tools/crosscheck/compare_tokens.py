#!/usr/bin/env python3
"""Compares token ids with those that transformers gives for the same text.

Ends with 0 where they are equal, and with 1, after naming the first difference, where they are not.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from transformers import GPT2Tokenizer  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ids", required=True, type=pathlib.Path, help="ids, white space between")
    parser.add_argument("--text", required=True, type=pathlib.Path, help="the text, UTF-8")
    parser.add_argument("--tokenizer", required=True, help="a folder with vocab.json, merges.txt")
    parser.add_argument(
        "--parse-special", action="store_true", help="special tokens were parsed, not text"
    )
    options = parser.parse_args()
    # transformers makes a tokenizer of no words where it finds none.
    folder = pathlib.Path(options.tokenizer)
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        print(f"{folder}: no tokenizer.json or vocab.json", file=sys.stderr)
        return 2

    tokenizer = GPT2Tokenizer.from_pretrained(
        options.tokenizer, split_special_tokens=not options.parse_special
    )
    # newline="" keeps carriage returns as they are.
    with open(options.text, encoding="utf-8", newline="") as file:
        text = file.read()
    expected = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    actual = [int(word) for word in options.ids.read_text().split()]

    if actual == expected:
        print(f"{len(actual)} tokens, all equal")
        return 0
    place = next(
        (i for i, (a, b) in enumerate(zip(actual, expected)) if a != b),
        min(len(actual), len(expected)),
    )
    context = slice(max(0, place - 3), place + 4)
    print(f"{len(actual)} tokens, {len(expected)} expected; the first difference is at {place}:")
    print("  actual:  ", tokenizer.convert_ids_to_tokens(actual[context]), actual[context])
    print("  expected:", tokenizer.convert_ids_to_tokens(expected[context]), expected[context])
    return 1


if __name__ == "__main__":
    sys.exit(main())
