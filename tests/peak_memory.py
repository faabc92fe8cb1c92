"""Runs a script in a process of its own and measures the most memory that it had."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Linux carries getrusage's figure over from the process that forked; VmHWM begins anew with the program.
REPORT = """
import resource, sys
if sys.platform == "linux":
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak)
"""


def run_and_measure(script: str, *arguments: str) -> tuple[str, int]:
    """What the script printed, and its peak of resident memory in bytes."""
    command = [sys.executable, "-c", script + REPORT, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *printed, peak = done.stdout.splitlines()
    return "\n".join(printed), int(peak)
