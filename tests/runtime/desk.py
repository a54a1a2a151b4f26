"""What the tests of gates, models and records stand on: the runtime as one file and as a module,
and a git repository in which jobs run as the script runs them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import keep
from start import nursery

ROOT = Path(__file__).resolve().parents[2]


def runtime_file() -> Path:
    """The file that the compiler writes (`tests/runtime.rs` says where it is), or for a quick look
    the parts joined in the compiler's order."""
    if "MLPIPE_RUNTIME" in os.environ:
        return Path(os.environ["MLPIPE_RUNTIME"])
    order = (ROOT / "src/script/runtime.rs").read_text(encoding="utf-8")
    parts = re.findall(r'(?:include_str!\("\.\./\.\./templates/script/runtime/|part!\(")(\w+)', order)
    folder = ROOT / "templates/script/runtime"
    path = Path(tempfile.mkdtemp(prefix="mlpipe-runtime-")) / "mlpipe_runtime.py"
    path.write_text("\n\n".join((folder / f"{part}.py").read_text(encoding="utf-8") for part in parts))
    return path


RUNTIME = runtime_file()


def load():
    """The runtime as a module, for what is quicker asked without a process."""
    spec = importlib.util.spec_from_file_location("mlpipe_runtime", RUNTIME)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mlpipe_runtime"] = module
    spec.loader.exec_module(module)
    return module


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    return done.stdout.strip()


class Desk(unittest.TestCase):
    """A repository with a commit, and the environment that the script makes."""

    def setUp(self) -> None:
        self.repo = Path(tempfile.mkdtemp(prefix="mlpipe-test-")).resolve()
        self.addCleanup(shutil.rmtree, self.repo, ignore_errors=True)
        git(self.repo, "init", "-q")
        git(self.repo, "commit", "-q", "--allow-empty", "-m", "start")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.repo / "home"),
            "MLPIPE_PIPELINE": "ranker",
            "MLPIPE_PLATFORM": "desk",
            "MLPIPE_EVENT": "manual",
            "MLPIPE_COMMIT": git(self.repo, "rev-parse", "HEAD"),
            "MLPIPE_ROOT": str(self.repo),
            "MLPIPE_RUN_ID": "",
        }

    def write(self, path: str, text: str) -> Path:
        full = self.repo / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8")
        return full

    def check_in(self, path: str, text: str) -> None:
        self.write(path, text)
        git(self.repo, "add", path)
        git(self.repo, "commit", "-q", "-m", path)
        self.env["MLPIPE_COMMIT"] = git(self.repo, "rev-parse", "HEAD")

    def call(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        done = nursery(RUNTIME).run(words, self.repo, {**self.env, **env}, timeout=90)
        keep.record(self.repo, env.get("MLPIPE_JOB"))
        return done

    def begin(self, job: str, kind: str) -> None:
        self.assertEqual(self.call("begin", job, kind, job, MLPIPE_JOB=job).returncode, 0)

    def gate(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        """Runs the gate `q`; the output is on the result."""
        self.begin("gate-q", "gate")
        timeout = () if "--timeout" in words else ("--timeout", "60")
        return self.call("gate", *words, *timeout, MLPIPE_JOB="gate-q", **env)

    def record(self, job: str = "gate-q") -> dict:
        return json.loads((self.repo / "mlpipe-out" / f"{job}.json").read_text(encoding="utf-8"))

    def out(self, path: str) -> str:
        return (self.repo / "mlpipe-out/gate-q" / path).read_text(encoding="utf-8")
