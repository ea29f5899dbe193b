"""How the result of `tools/bench` is told: a table for people, JSON for programs."""
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess

PEERS = ("torch", "transformers", "safetensors", "llama-cpp-python", "sft-cli", "tiktoken", "tokenizers")
HEADINGS = ("row", "peer", "ours", "theirs", "unit", "ratio", "spread", "bar", "")


class Outcome:
    """What came of a row: the figures of its rounds, or why there are none."""

    def __init__(self, row, reason=None):
        self.row, self.reason, self.failed = row, reason, False
        self.own, self.other = [], []

    def add(self, own, other):
        self.own.append(own)
        self.other.append(other)

    @property
    def ratios(self):
        """One a round: two figures that were not taken one after the other are never compared."""
        return [self.row.ratio(own, other) for own, other in zip(self.own, self.other)]

    @property
    def verdict(self):
        """Whether the bar is held, or why that cannot be said."""
        if self.reason or not self.own:
            return self.reason or "not measured"
        ratio, row = statistics.median(self.ratios), self.row
        if row.limit is not None and ratio > row.limit:
            return "above the machine's limit: look for a measuring error"
        if row.bar is None:
            return ""
        return "held" if (ratio <= row.bar if row.at_most else ratio >= row.bar) else "not held"

    def cells(self):
        row = self.row
        bar = "" if row.bar is None else f"{'<=' if row.at_most else '>='} {row.bar:g}"
        if not self.own:
            return [row.name, row.peer, "", "", "", "", "", bar, self.verdict]
        own, other = (figure(statistics.median(values)) for values in (self.own, self.other))
        spread = f"{min(self.ratios):.2f} to {max(self.ratios):.2f}"
        return [row.name, row.peer, own, other, row.own.unit, f"{statistics.median(self.ratios):.2f}", spread, bar,
                self.verdict]

    def json(self):
        row, ratios = self.row, self.ratios
        return {
            "row": row.name, "peer": row.peer, "unit": row.own.unit, "ours": self.own, "theirs": self.other,
            "ratios": ratios, "ratio": statistics.median(ratios) if ratios else None, "at_most": row.at_most,
            "bar": row.bar, "limit": row.limit, "verdict": self.verdict, "failed": self.failed,
        }


def figure(value):
    """Three digits, or all of a whole number that has more."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def machine(ballast):
    """What the figures belong to."""
    doctor = json.loads(subprocess.run([ballast, "doctor", "--format", "json"], capture_output=True, check=True).stdout)
    models = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return {"cpu": models[0] if models else os.uname().machine, "cores": len(os.sched_getaffinity(0)), **doctor,
            "peers": dict(versions())}


def versions():
    for package in PEERS:
        try:
            yield package, importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue


def text(outcomes, about, rounds):
    rows = [HEADINGS, *(outcome.cells() for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS) - 1)]
    numbers = (2, 3, 5)
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if column in numbers else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    memory = f"{about['memory_bytes'] / 1e9:.0f} GB"
    peers = ", ".join(f"{name} {version}" for name, version in about["peers"].items())
    lines += [
        "",
        f"{about['cpu']}, {about['cores']} cores, {about['instruction_set']}, {memory}; {about['threads']} threads on "
        f"both sides; {rounds} round{'s' if rounds != 1 else ''}",
        f"ballast {about['version']}; {peers or 'no peers'}",
        "ratio: the median of the rounds; how many times as fast ours is, or with <= how many times as much it needs",
    ]
    return "\n".join(lines)


def document(outcomes, about, rounds):
    return json.dumps({"machine": about, "rounds": rounds, "rows": [outcome.json() for outcome in outcomes]}, indent=1)
