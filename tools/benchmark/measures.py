"""How one side of a row of `tools/bench` is measured: a command is run, and one positive figure comes out.

Every measure has `warm()`, which is done once and not counted, and `measure()`, which is done once a round.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from files import words_of


class Failure(Exception):
    """A command that should have worked did not."""


class Rate:
    """Tokens per second, by a program that times itself after a first run of its own and prints JSON.

    It has `tokens` and `seconds`, a list of which the median counts; what `ballast bench` prints has them in `work`.
    What it says in a line `note: …` on standard error is passed on.
    """

    unit, rises = "tokens/s", True

    def __init__(self, command, tokens):
        self.command, self.tokens = command, tokens

    def warm(self):
        words_of(self.command)

    def measure(self):
        words = words_of(self.command)
        run = subprocess.run(words, capture_output=True, text=True)
        if run.returncode != 0:
            raise failure(words, run.returncode, run.stderr)
        for line in run.stderr.splitlines():
            if line.startswith("note: "):
                print(f"bench: {line}", file=sys.stderr)
        result = json.loads(run.stdout)
        work = result["work"][0] if "work" in result else result
        if work["tokens"] != self.tokens:
            raise Failure(f"{called(words)} took {work['tokens']} tokens, not {self.tokens}")
        return self.tokens / statistics.median(work["seconds"])


class Process:
    """What a whole process costs, its output thrown away."""

    def __init__(self, command, writes=None, times=1):
        """`writes` is removed before each run; the median of `times` runs counts."""
        self.command, self.writes, self.times = command, writes, times

    def warm(self):
        self.run()

    def measure(self):
        return statistics.median(self.run() for _ in range(self.times))

    def run(self):
        words = words_of(self.command)
        if self.writes is not None:
            remove(self.writes)
        start = time.perf_counter()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with process.stderr:
            errors = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise failure(words, process.returncode, errors)
        return self.figure(elapsed, usage)


class WallTime(Process):
    """Milliseconds from the start of a process to its end."""

    unit, rises = "ms", False

    def figure(self, elapsed, usage):
        return 1000 * elapsed


class PeakMemory(Process):
    """The most memory that a process had at once (VmHWM), in MiB."""

    unit, rises = "MiB", False

    def warm(self):
        words_of(self.command)

    def figure(self, elapsed, usage):
        return usage.ru_maxrss / 1024


class Encoding:
    """Megabytes of text per second, from tokenize_text, which runs all encoders in turn itself.

    The side that is measured first runs it, and the other, which is given that side, reads the same report.
    """

    unit, rises = "MB/s", True

    def __init__(self, name, command=None, of=None):
        self.name, self.command, self.first, self.report = name, command, of, None

    def warm(self):
        words_of(self.command or [])

    def measure(self):
        if self.first is None:
            with tempfile.NamedTemporaryFile() as file:
                words = [*words_of(self.command), "--rounds", "1", "--json", file.name]
                run = subprocess.run(words, capture_output=True, text=True)
                if run.returncode != 0:
                    raise failure(words, run.returncode, run.stderr)
                self.report = json.load(file)
        times = (self.first or self).report["times"]
        return next(each["wall"]["megabytes_per_second"] for each in times if each["name"] == self.name)


def called(words):
    """What a command is called in a message: the script's name rather than the interpreter's."""
    return pathlib.Path(words[1 if words[0] == sys.executable else 0]).name


def failure(words, code, errors):
    lines = errors.strip().splitlines() or ["no message"]
    return Failure(f"{called(words)} ended with {code}: {lines[-1]}")


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
