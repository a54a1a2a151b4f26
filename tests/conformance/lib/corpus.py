"""Random valid specs, compiled: `cargo run --example generate_specs` writes each into a root of its own."""

import os
import shutil
import subprocess
from pathlib import Path

from .base import ROOT, BrokenTool, MissingTool
from .report import say


def generate(count: int) -> Path:
    """A fresh folder with `count` compiled specs below the target folder. Raises MissingTool, BrokenTool."""
    if shutil.which("cargo") is None:
        raise MissingTool("cargo is not on PATH, and the generated specs need it")
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    folder = target / "conformance-specs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say(f"compiling {count} generated specs")
    command = ["cargo", "run", "--quiet", "--example", "generate_specs", "--", str(folder), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BrokenTool(f"generate_specs failed:\n{done.stderr[-3000:]}")
    return folder
