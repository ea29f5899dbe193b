#!/usr/bin/env python3
"""Times llama.cpp on a GGUF file at the work of `ballast bench`, and prints JSON of the same names.

usage: llama.py FILE.gguf --work "prefill 512"|"decode 64" [--threads N] [--repeat N]
Needs: pip install llama-cpp-python

`prefill` computes the logits of the last token alone; `decode` takes one token after the other behind a text of 16,
which counts, as it does in `ballast bench`.

Some builds of llama.cpp die of an illegal instruction in their AMX kernels, because the compiler drops the tile's
configuration (ggml-org/llama.cpp, pull request 26954). This is tried in a process of its own; where it happens, the
weights stay out of the buffers that those kernels need, and a note says so.
"""
import argparse
import json
import os
import signal
import sys
import time

import llama_cpp.llama_cpp as library
from llama_cpp import Llama

PROMPT = 16


def load(options, context):
    return Llama(options.file, n_ctx=context, n_batch=512, n_ubatch=512, n_threads=options.threads,
                 n_threads_batch=options.threads, verbose=False)


def dies(options):
    """Whether a first token ends the process with an illegal instruction."""
    child = os.fork()
    if child == 0:
        model = load(options, 512)
        model.eval(list(range(PROMPT)))
        model.eval([0])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGILL


def without_extra_buffers():
    defaults = library.llama_model_default_params

    def changed():
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    library.llama_model_default_params = changed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--work", required=True)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    kind, count = options.work.split()
    count = int(count)

    if dies(options):
        without_extra_buffers()
        print("note: this build of llama.cpp fails in its AMX kernels and is timed without them", file=sys.stderr)
    model = load(options, max(512, count + PROMPT))
    ids = [place * 7919 % model.n_vocab() for place in range(count + PROMPT)]

    def prefill():
        model.eval(ids[:count])

    def decode():
        model.eval(ids[:PROMPT])
        for token in ids[PROMPT:]:
            model.eval([token])

    run = {"prefill": prefill, "decode": decode}[kind]
    seconds = []
    for index in range(options.repeat + 1):
        model.reset()
        start = time.perf_counter()
        run()
        if index > 0:
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"name": options.work, "tokens": count, "seconds": seconds}))


main()
