"""Makes tools/fuzzing/seeds: small files of what fixtures/ has only large, or not at all.

usage: make_seeds.py
The pickles would run `true`; nothing here runs them.
"""
import gzip
import io
import json
import os
import pathlib
import pickle
import tarfile
import zipfile

SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"


class Payload:
    def __reduce__(self):
        return os.system, ("true",)


def zipped(name, content, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def tarred(name, content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()[:2048]  # one zero block of the many at the end


def byte_alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    codes = dict(zip(printable, printable)) | {b: 256 + n for n, b in enumerate(others)}
    return [chr(codes[byte]) for byte in range(256)]


def tokenizer():
    vocabulary = {text: token for token, text in enumerate(byte_alphabet() + ["th", "the"])}
    end = dict(id=258, content="<|endoftext|>", single_word=False, lstrip=True, rstrip=False)
    level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
    return {
        "version": "1.0",
        "added_tokens": [end | dict(normalized=False, special=True)],
        "normalizer": None,
        "pre_tokenizer": level,
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": ["t h", ["th", "e"]]},
    }


def scans():
    for protocol in range(6):
        value = [Payload(), {"w": 1.5, "t": (1, 2, "x")}]
        yield f"protocol-{protocol}.pkl", pickle.dumps(value, protocol)
    nested = pickle.dumps({"inner": pickle.dumps(Payload())})
    deflated = zipped("r/data.pkl", nested, zipfile.ZIP_DEFLATED)
    yield "nested.pkl", nested
    yield "gzipped.pkl.gz", gzip.compress(nested, mtime=0)
    yield "archive.tar", tarred("data.pkl", nested)
    yield "deflated.zip", deflated
    yield "zip-in-zip.zip", zipped("inner.zip", deflated)
    # Opcodes that no pickler writes together.
    yield "opcodes.pkl", (
        b"\x80\x02(I01\nI5\nL7L\nF1.5\nS'a'\nVb\n]q\x00}q\x01(X\x01\x00\x00\x00ah\x00u"
        b"0cposix\nsystem\nq\x02)R."
    )


def main():
    files = {f"scan/{name}": content for name, content in scans()}
    text = json.dumps(tokenizer(), ensure_ascii=False, separators=(",", ":"))
    files["tokenizer/bytes.json"] = text.encode()
    for name, content in files.items():
        path = SEEDS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
