"""The README's program is run as it stands: 15 lines after its imports, on the real MNIST."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_program_in_the_readme_trains_mnist_without_the_app():
    readme = (ROOT / "engines" / "scratch" / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    lines = [line for line in program.splitlines() if line and not line.startswith(("import", "from"))]
    assert len(lines) <= 15
    ask = "\nimport sys; print(sorted({'torch', 'textual', 'plotext', 'tui_trainer'} & set(sys.modules)))"
    command = [sys.executable, "-W", "error", "-c", program + ask]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # on a busy machine two wait for each other
    done = subprocess.run(command, cwd=ROOT, env=one_thread, capture_output=True, text=True, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (0, "")
    *epochs, imported = done.stdout.splitlines()
    assert len(epochs) == 3
    assert float(epochs[-1].split()[1]) > 0.96
    assert imported == "[]"
