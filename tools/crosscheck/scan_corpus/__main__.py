"""Builds malicious and benign pickles and holds `ballast scan` against them.

usage: scan_corpus BALLAST [--keep FOLDER]
The malicious ones are made of bytes and never loaded; the benign ones come from pickle, NumPy and torch.
Some are packed in ways that scan does not open, which it has to say.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import archives
import arrays
import attributes
import behind
import chance
import compressions
import gadgets
import hidden
import honest
import misuse
import numerals
import open_files
import pretenders
import programs
import tar_archives
import unreadable
from pieces import BENIGN, MALICIOUS, UNOPENED

warnings.filterwarnings("ignore")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ballast")
    parser.add_argument("--keep", help="a folder for the files, which then stay")
    options = parser.parse_args()
    for make in (
        gadgets.names, gadgets.opcodes, gadgets.tricks, gadgets.broken, gadgets.nested,
        archives.containers, archives.extensions, numerals.numbers, numerals.after_failure, arrays.arrays,
        tar_archives.tars, compressions.packed, archives.large, archives.continued,
        tar_archives.disguised, arrays.raw_between, archives.archives_of_two, misuse.misused,
        numerals.stumbles, numerals.forgotten, misuse.borrowed_memory, compressions.compressed,
        compressions.disguised_lzma, unreadable.two_sizes, unreadable.broken_streams,
        unreadable.honest_archives, programs.programs, programs.classes_of_torch, programs.programs_elsewhere,
        honest.archives_within, honest.more_values, honest.plain_values, honest.torch_values,
        honest.other_files, hidden.hidden, tar_archives.ends, tar_archives.slow, behind.memos, behind.containers,
        behind.bases, behind.announced, attributes.changed, attributes.fields_changed, attributes.honest,
        pretenders.names, pretenders.aliases, pretenders.gaps, pretenders.links, pretenders.texts, pretenders.honest,
        open_files.behind, open_files.tars, chance.many, chance.seen,
    ):
        make()
    folder = options.keep or tempfile.mkdtemp(prefix="scan-corpus-")
    wrong = []
    try:
        for kind, files, expected in (("malicious", MALICIOUS, 1), ("benign", BENIGN, 0), ("unopened", UNOPENED, 2)):
            root = pathlib.Path(folder, kind)
            root.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                path = root / (name if name.startswith("extension.") else name + ".bin")
                path.write_bytes(data)
                run = subprocess.run(
                    [options.ballast, "scan", str(path), "--format", "json"] + ["--strict"] * (expected == 0),
                    capture_output=True, text=True,
                )
                if run.returncode != expected:
                    wrong.append(f"{kind} {name}: exit {run.returncode}\n{run.stdout[:800]}{run.stderr[:300]}")
    finally:
        if not options.keep:
            subprocess.run(["rm", "-rf", folder])
    print("\n".join(wrong))
    print(f"scan: {len(MALICIOUS)} malicious, {len(BENIGN)} benign, {len(UNOPENED)} that are not opened, {len(wrong)} judged wrongly")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
