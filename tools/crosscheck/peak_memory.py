#!/usr/bin/env python3
"""Runs a command and fails if its peak resident memory is above a limit.

usage: peak_memory.py MEBIBYTES COMMAND [ARGUMENT …]
"""
import resource
import subprocess
import sys

limit = int(sys.argv[1])
status = subprocess.run(sys.argv[2:]).returncode
if status:
    sys.exit(status)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
if peak > limit:
    sys.exit(f"peak_memory: {peak:.0f} MiB, more than {limit}")
print(f"peak of {peak:.0f} MiB, limit {limit}")
