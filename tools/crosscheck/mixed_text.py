#!/usr/bin/env python3
"""Writes about 1 MB of mixed text, the same at every run, on which tokenizers are compared.

Prose, code, numbers, many scripts, emoji, combining marks, contractions, odd white space, and
random characters of the whole of Unicode. Valid UTF-8 throughout.
"""

import argparse
import pathlib
import random

SIZE = 1_000_000

WORDS = (
    "the of and to in a is that it was for on are as with his they at be this from have or by one "
    "had not but what all were when we there can an your which their said if do will each about "
    "how up out them then she many some so these would other into has more her two like him see "
    "time could no make than first been its who now people my made over did down only way find "
    "use may water long little very after words called just where most know transformer gradient "
    "tokenization antidisestablishmentarianism naïve café coöperate façade Ångström"
).split()
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'RE", "'x", "’s", "''s", "'"]
SPACES = [
    " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1f", "\x85",
    "\xa0", "\u1680", "\u180e", "\u2000", "\u2009", "\u200b", "\u2028", "\u2029", "\u202f",
    "\u205f", "\u2060", "\u3000", "\ufeff", " \n ", "\t\t ", " \xa0", "\xa0 ",
]
# First and last code points of blocks.
SCRIPTS = [
    (0x0370, 0x03FF), (0x0400, 0x04FF), (0x0530, 0x058F), (0x0590, 0x05FF), (0x0600, 0x06FF),
    (0x0900, 0x097F), (0x0B80, 0x0BFF), (0x0E00, 0x0E7F), (0x10A0, 0x10FF), (0x1100, 0x11FF),
    (0x1200, 0x137F), (0x13A0, 0x13FF), (0x1780, 0x17FF), (0x1E00, 0x1EFF), (0x3040, 0x30FF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x10330, 0x1034F), (0x1D400, 0x1D7FF), (0x20000, 0x2A6DF),
]
NUMBERS = (
    "0 7 42 1999 3.14159 1e-5 0xDEADBEEF 1,000,000 ½ ¾ ² ³ Ⅷ ⅔ ① ⓫ 〇 ٣٤٥ १२३ ໑໒ 𝟘𝟙 12:30 50%"
).split()
EMOJI = [
    "😀", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇨🇭", "❤️", "🤷🏾‍♀️", "1️⃣", "🫠", "🧑‍🚀", "☕", "♾️",
]
CODE = [
    "def f(x: int = 0) -> None:\n    return x ** 2  # square\n",
    "for (int i = 0; i < n; ++i) {\n\tsum += a[i] * b[i];\n}\n",
    'let name = "a\\tb\\u{1F600}"; // 0b1010_1010\n',
    "<p class='x'>&nbsp;</p>\n", "SELECT * FROM t WHERE a<>'it''s';\n", "/* ------------ */\n",
    '{"key": [1, 2.5e-3, null, true], "": {}}\n', "$ ls -la | grep '^d' && echo \"$HOME\"\n",
    "================\n", "\\begin{align} \\alpha_{i} &= \\frac{1}{2} \\end{align}\n",
]
SPECIAL = ["<|endoftext|>", "<|endoftext|", "<|endoftext|><|endoftext|>", "<|end", " <|endoftext|> "]


def pieces(random: random.Random):
    """Yields pieces of text for ever."""
    scripts = [[chr(c) for c in range(low, high + 1)] for low, high in SCRIPTS]
    marks = [chr(c) for c in range(0x300, 0x370)]

    def sentence() -> str:
        words = random.choices(WORDS, k=random.randint(3, 20))
        words[0] = words[0].capitalize()
        for index in range(len(words)):
            if random.random() < 0.08:
                words[index] += random.choice(CONTRACTIONS)
            if random.random() < 0.05:
                words[index] += random.choice([",", ";", " —", "…", " (sic)", ":"])
        return " ".join(words) + random.choice([". ", "! ", "? ", ".\n", ".\n\n"])

    def script() -> str:
        letters = random.choice(scripts)
        words = ["".join(random.choices(letters, k=random.randint(1, 12))) for _ in range(8)]
        return random.choice([" ", "", "\u3000", "·"]).join(words) + "\n"

    def combining() -> str:
        return "".join(
            random.choice("aeiouAEIOU ") + "".join(random.choices(marks, k=random.randint(0, 3)))
            for _ in range(12)
        )

    def anything() -> str:
        points = (random.randrange(0x110000) for _ in range(30))
        # Few code points of the whole are assigned, so half are drawn from the lower planes.
        points = (p % 0x3000 if random.random() < 0.5 else p for p in points)
        return "".join(chr(p) for p in points if not 0xD800 <= p < 0xE000)

    def long_run() -> str:
        return random.choice(["a", "ab", " ", "\n", "-", "é", "字", "0", "=*"]) * random.randint(
            30, 200)

    makers = [
        (sentence, 40), (lambda: random.choice(CODE), 8), (script, 12), (combining, 3),
        (lambda: "".join(random.choices(SPACES, k=random.randint(1, 6))), 12),
        (lambda: " ".join(random.choices(NUMBERS, k=5)), 6),
        (lambda: "".join(random.choices(EMOJI, k=3)), 4),
        (lambda: random.choice(WORDS) + random.choice(CONTRACTIONS), 5), (anything, 6),
        (long_run, 1), (lambda: random.choice(SPECIAL), 3),
    ]
    functions, weights = zip(*makers)
    while True:
        yield random.choices(functions, weights)[0]()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    out = parser.parse_args().out
    text = bytearray()
    for piece in pieces(random.Random(2019)):
        text += piece.encode()
        if len(text) >= SIZE:
            break
    out.write_bytes(text)


if __name__ == "__main__":
    main()
