#!/usr/bin/env python3
"""Holds `ballast tokenize` and `detokenize` to reference/tokenizer.json, from each layout of the vocabulary.

usage: encodings.py BALLAST FIXTURES     (needs Python alone)
"""
import argparse
import json
import pathlib
import subprocess
import sys

FLAG = "--parse-special"


def run(ballast, *words, stdin=b""):
    return subprocess.run([str(ballast), *map(str, words)], input=stdin, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ballast", type=pathlib.Path)
    parser.add_argument("fixtures", type=pathlib.Path)
    arguments = parser.parse_args()
    entries = json.loads((arguments.fixtures / "reference" / "tokenizer.json").read_text())
    vocabularies = [arguments.fixtures / path for path in
                    ("tiny-gpt2", "tiny-gpt2/tokenizer.json", "tokenizer-openai")]
    failed = not entries
    for vocabulary in vocabularies:
        wrong = []
        for entry in entries:
            text = entry["text"].encode()
            # Most strings are the same either way, which plain text shows already.
            readings = {"plain": []} | ({"parsed": [FLAG]} if entry["parsed"] != entry["plain"] else {})
            for key, flags in readings.items():
                result = run(arguments.ballast, "tokenize", vocabulary, "-", *flags, stdin=text)
                ids = result.stdout.split()
                if result.returncode != 0 or [int(word) for word in ids] != entry[key]:
                    wrong.append(f"{entry['name']} ({key}) {result.stderr.decode().strip()}")
            back = run(arguments.ballast, "detokenize", vocabulary, "-", stdin=" ".join(map(str, entry["plain"])).encode())
            if back.stdout != text:
                wrong.append(f"{entry['name']} (back) {back.stderr.decode().strip()}")
        print(f"FAIL {vocabulary}: {'; '.join(wrong)}" if wrong else
              f"ok {vocabulary}: {len(entries)} nasty strings, as plain text, parsed, and back")
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
