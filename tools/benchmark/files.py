"""The files that the rows of `tools/bench` work on, each made when it is first needed.

From a folder in Hugging Face's layout `ballast convert` makes what the peers read: GGUF for llama.cpp, a bfloat16
folder for PyTorch, a checkpoint for llm.c. So both sides read the same weights, and often the same file. They stand
in a folder that the caller throws away at the end of the run.
"""
import json
import os
import pathlib
import subprocess
import sys

CROSSCHECK = pathlib.Path(__file__).resolve().parent.parent / "crosscheck"


class Unavailable(Exception):
    """Why something cannot be measured here: a row says so in place of figures."""


class Derived(os.PathLike):
    """A file that is made when its path is first asked for."""

    def __init__(self, path, make):
        self.path, self.make = path, make

    def __fspath__(self):
        if not self.path.exists():
            self.make(self.path)
        return str(self.path)


def words_of(command):
    """The words of a command; files that are made on demand are made now, before any clock runs."""
    return [os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in command]


class Files:
    def __init__(self, ballast, folder, scratch):
        """`folder` is the model's, or None where there is none; `scratch` is where files are made."""
        self.ballast, self.folder, self.scratch = ballast, folder, scratch
        self.model = Derived(folder or scratch / "model", self.no_model)

    def no_model(self, path):
        raise Unavailable(f"no model: {path} is missing; --model FOLDER names another")

    def of_model(self, name):
        """A file that stands in the model's folder."""
        def missing(path):
            raise Unavailable(f"the model's folder has no {name}")

        return Derived(self.model.path / name, missing)

    def converted(self, name, *options):
        """What `ballast convert` makes of the model."""
        def make(path):
            command = words_of([self.ballast, "convert", self.model, path, *options])
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode != 0:
                raise Unavailable(f"convert: {run.stderr.strip().splitlines()[-1]}")

        return Derived(self.scratch / name, make)

    def gguf(self, dtype):
        """A file for llama.cpp, which loads none without a tokenizer."""
        tokenizer = Derived(self.scratch / "tokenizer", lambda path: write_tokenizer(path, self.vocabulary()))
        return self.converted(f"gpt2-{dtype}.gguf", "--dtype", dtype, "--tokenizer", tokenizer)

    def official_vocabulary(self):
        """A folder with the vocabulary of GPT-2."""
        def make(path):
            subprocess.run([sys.executable, CROSSCHECK / "official_vocabulary.py", path], check=True)

        return Derived(self.scratch / "official", make)

    def token_ids(self, count):
        """A text of token ids, as `ballast logits --input-ids` reads it."""
        def make(path):
            size = self.vocabulary()
            path.write_text(" ".join(str(place * 7919 % size) for place in range(count)))

        return Derived(self.scratch / f"{count}-ids.txt", make)

    def vocabulary(self):
        return json.loads(open(self.of_model("config.json"), encoding="utf-8").read())["vocab_size"]


def write_tokenizer(folder, size):
    """A byte-level vocabulary of that many tokens: bytes, pairs of bytes, and the end of a text."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    # GPT-2 writes the bytes that do not print as the letters from U+0100.
    letters = [chr(byte) for byte in printable] + [chr(256 + place) for place in range(256 - len(printable))]
    count = size - len(letters) - 1
    pairs = [(first, second) for first in letters for second in letters][:max(0, count)]
    if len(pairs) != count:
        raise Unavailable(f"no vocabulary of {size} tokens can be made")
    tokens = [*letters, *map("".join, pairs), "<|endoftext|>"]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in pairs))
