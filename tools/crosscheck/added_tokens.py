#!/usr/bin/env python3
"""Compares token ids of random texts with the tokenizers library, with random added tokens.

Each round gives a tokenizer.json other added tokens (special ones and words; `lstrip`, `rstrip`,
`single_word`, `normalized`; white space, marks and joiners among their characters) and compares
both readings of special tokens. Texts on which the library itself panics are left out.
"""

import argparse
import copy
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

# The library's panics would print a backtrace each.
os.environ["RUST_BACKTRACE"] = "0"

from tokenizers import Tokenizer  # noqa: E402

FRAGMENTS = [
    "a", "b", "ab", "<", ">", "|", " ", "  ", "\n", "\t", "x1", "é", "_", "字", "\u0301", "\u200d",
    "\u3000", "'s", "1", ".", "<|endoftext|>",
]
FLAGS = ["single_word", "lstrip", "rstrip", "normalized", "special"]


def with_added_tokens(base: dict, rng: random.Random) -> tuple[dict, list[str]]:
    """A tokenizer.json with some added tokens, and their texts."""
    tokenizer = copy.deepcopy(base)
    vocabulary = tokenizer["model"]["vocab"]
    texts = {"".join(rng.choices(FRAGMENTS, k=rng.randint(1, 4))) for _ in range(rng.randint(0, 8))}
    texts = sorted(texts - vocabulary.keys() - {t["content"] for t in tokenizer["added_tokens"]})
    for number, text in enumerate(texts, start=max(vocabulary.values()) + 1):
        flags = {flag: rng.random() < 0.4 for flag in FLAGS}
        tokenizer["added_tokens"].append({"id": number, "content": text, **flags})
    tokenizer["pre_tokenizer"]["add_prefix_space"] = rng.random() < 0.2
    return tokenizer, texts


def expected_ids(path: pathlib.Path, text: str, parse_special: bool) -> list[int] | None:
    """What the library gives, or nothing where it panics."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = not parse_special
    try:
        return tokenizer.encode(text, add_special_tokens=False).ids
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            return None
        raise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ballast", help="the program")
    parser.add_argument("tokenizer", type=pathlib.Path, help="a folder with a tokenizer.json")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    base = json.loads((options.tokenizer / "tokenizer.json").read_text(encoding="utf-8"))
    rng = random.Random(options.seed)
    compared = 0
    with tempfile.TemporaryDirectory() as folder:
        json_path = pathlib.Path(folder) / "tokenizer.json"
        text_path = pathlib.Path(folder) / "text"
        for number in range(options.rounds):
            tokenizer, added = with_added_tokens(base, rng)
            json_path.write_text(json.dumps(tokenizer), encoding="utf-8")
            text = "".join(rng.choices(FRAGMENTS + 3 * added, k=2000))
            text_path.write_bytes(text.encode())
            for mode in [[], ["--parse-special"]]:
                expected = expected_ids(json_path, text, parse_special=bool(mode))
                if expected is None:
                    continue
                command = [options.ballast, "tokenize", folder, str(text_path), *mode]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                if [int(word) for word in output.split()] != expected:
                    print(f"round {number} of seed {options.seed} differs, {mode or 'as text'}:")
                    print(json.dumps(tokenizer["added_tokens"], ensure_ascii=False))
                    return 1
                compared += 1
    if compared < options.rounds:
        print(f"only {compared} texts could be compared")
        return 1
    print(f"{compared} texts, all equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
