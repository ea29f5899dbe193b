#!/usr/bin/env python3
"""Writes English-like text, the same for the same vocabulary, size and seed, to time tokenizers on.

usage: english_text.py VOCAB.JSON OUT [--bytes N] [--seed N]

Words are drawn by a law of Zipf and Mandelbrot (f = 1 / (rank + 2.7)^1.1). The most frequent ones are
English's function words; then come the vocabulary's own words, whose numbering follows their frequency in
the text that GPT-2 learnt from; then derived words (prefix, suffix, two words in one), which are not
tokens and have to be merged. Of the 3.5 million words in 20 MB, 107,000 are distinct (81,000 but for
capitals). Around the words: sentences of 4 to 30 words in paragraphs, capitals, commas, quotation marks (also typographic ones),
contractions, numbers, dashes, and a few words with accents. One character in 660 is not ASCII.
"""

import argparse
import itertools
import json
import pathlib
import random

FUNCTION_WORDS = (
    "the of and to in a is that for it as was with be by on not he I this are or his from at which but "
    "have an had they you were their one all we can her has there been if more when will would who so no "
    "she other its may these what them than some him time into only do such my new about out also two any "
    "up first could our then most see me should after said your very between made many over like those did "
    "now even well where must people through how same work being because good way used make"
).split()
PREFIXES = ["un", "re", "non", "over", "pre", "anti", "sub", "inter"]
SUFFIXES = ["s", "ed", "ing", "ly", "er", "ness", "ment", "able", "ism", "ist", "ful", "less", "ward"]
ACCENTED = ["café", "naïve", "façade", "résumé", "cliché", "Zürich", "São", "jalapeño", "fiancée", "über"]
CONTRACTIONS = ["'s", "'s", "'s", "n't", "'t", "'re", "'ve", "'ll", "'d", "'m", "’s", "’t"]
TYPES = 90_000


def word_list(vocabulary: dict[str, int], dice: random.Random) -> list[str]:
    """Different words, the most frequent first."""
    known = [
        token[1:]
        for token in sorted(vocabulary, key=vocabulary.__getitem__)
        if token[0] == "Ġ" and len(token) > 3 and token[1:].isascii() and token[1:].isalpha()
    ]
    words = dict.fromkeys(FUNCTION_WORDS + known)
    while len(words) < TYPES:
        # Frequent words have more relatives than rare ones.
        stem = known[int(len(known) * dice.random() ** 2)].lower()
        kind = dice.random()
        if kind < 0.5:
            word = stem + dice.choice(SUFFIXES)
        elif kind < 0.7:
            word = dice.choice(PREFIXES) + stem
        elif kind < 0.8:
            word = stem.capitalize() + dice.choice(SUFFIXES)
        else:
            word = stem + dice.choice(known).lower()
        words[word] = None
    return list(words)


def number(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.4:
        return str(dice.randint(1900, 2019))
    if kind < 0.8:
        return str(dice.randint(0, 999))
    return dice.choice(["{:,}", "{}%", "${}", "{}.5"]).format(dice.randint(1, 99_999))


def sentence(words: list[str], dice: random.Random) -> str:
    for index in range(1, len(words)):
        chance = dice.random()
        if chance < 0.05:
            words[index] += ","
        elif chance < 0.065:
            words[index] += dice.choice(CONTRACTIONS)
        elif chance < 0.08:
            words[index] = number(dice)
        elif chance < 0.083:
            words[index] += dice.choice([" —", ";", ":", " -", " (" + words[0].lower() + ")"])
        elif chance < 0.084:
            words[index] = dice.choice(ACCENTED)
    words[0] = words[0][0].upper() + words[0][1:]
    text = " ".join(words) + dice.choice("......?!")
    quoted = dice.random()
    if quoted < 0.04:
        return "“" + text + "”"
    return '"' + text + '"' if quoted < 0.1 else text


def paragraphs(words: list[str], dice: random.Random):
    """Yields paragraphs for ever."""
    weights = list(itertools.accumulate((rank + 2.7) ** -1.1 for rank in range(1, len(words) + 1)))
    while True:
        lengths = [dice.randint(4, 30) for _ in range(dice.randint(2, 7))]
        drawn = dice.choices(words, cum_weights=weights, k=sum(lengths))
        ends = list(itertools.accumulate(lengths))
        yield " ".join(sentence(drawn[end - n : end], dice) for n, end in zip(lengths, ends)) + "\n\n"


def text(vocabulary: pathlib.Path, size: int, seed: int) -> bytes:
    """English-like text of at least `size` bytes, up to the end of a paragraph."""
    dice = random.Random(seed)
    words = word_list(json.loads(vocabulary.read_text(encoding="utf-8")), dice)
    result = bytearray()
    for paragraph in paragraphs(words, dice):
        result += paragraph.encode()
        if len(result) >= size:
            return bytes(result)
    return bytes(result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vocabulary", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--bytes", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.write_bytes(text(arguments.vocabulary, arguments.bytes, arguments.seed))


if __name__ == "__main__":
    main()
