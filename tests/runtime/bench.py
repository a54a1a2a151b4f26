"""What the tests of the runtime stand on: the runtime as one file, an empty repository, and
stand-ins for the tools on PATH that write down how they were called."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import keep
from start import compiled, nursery

ROOT = Path(__file__).resolve().parents[2]
STANDINS = Path(__file__).resolve().parent / "standins"
COMMIT = "c0ffee" + "0" * 34
REPOSITORY = "ghcr.io/acme/ranker"


def sha(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def runtime_file() -> Path:
    """What the compiler writes: `cargo test` says where; by hand the example's will do."""
    return Path(os.environ.get("MLPIPE_RUNTIME", ROOT / "examples/minimal/.mlpipe/mlpipe_runtime.py"))


def runtime_text() -> str:
    return runtime_file().read_text(encoding="utf-8")


class Bench(unittest.TestCase):
    """A repository at a commit, in a run of a pipeline on a platform."""

    platform = "github"

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mlpipe-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.repo, self.state = self.folder / "repo", self.folder / "state"
        self.bin = self.folder / "bin"
        for path in (self.repo, self.state, self.bin, self.folder / "home"):
            path.mkdir()
        for tool in STANDINS.iterdir():
            os.symlink(tool, self.bin / tool.name)
        for tool in ("bash", "sh", "cat", "sleep", "env", "python3", "printf"):
            found = shutil.which(tool)
            if found and not (self.bin / tool).exists():
                os.symlink(found, self.bin / tool)
        # A link would let pyenv's shim look for itself; the interpreter at hand is the one.
        (self.bin / "python3").unlink()
        os.symlink(sys.executable, self.bin / "python3")
        self.runtime = self.repo / "mlpipe_runtime.pyc"
        shutil.copyfile(compiled(runtime_file()), self.runtime)
        (self.repo / "Dockerfile").write_text("FROM scratch\n")
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "STANDIN": str(self.state),
            "MLPIPE_PIPELINE": "ranker",
            "MLPIPE_PLATFORM": self.platform,
            "MLPIPE_EVENT": "push",
            "MLPIPE_BRANCH": "main",
            "MLPIPE_TAG": "",
            "MLPIPE_COMMIT": COMMIT,
            "MLPIPE_RUN_ID": "77",
            "MLPIPE_RUN_URL": "https://ci.example.com/runs/77",
            "MLPIPE_BASH": "bash",
        }

    # records

    def record(self, job: str, status: str = "passed", **fields: object) -> None:
        """A record that an earlier job of this run left."""
        data = {"schema": 1, "job": job, "kind": "x", "title": job, "status": status}
        data.update(reason="", started="", ended="", pipeline="ranker", run_id=self.env["MLPIPE_RUN_ID"])
        data.update(commit=COMMIT, event="push", branch="main", tag="", run_url="")
        data.update(fields)
        path = self.repo / "mlpipe-out" / (job + ".json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(data))

    def read(self, job: str) -> dict:
        text = (self.repo / "mlpipe-out" / (job + ".json")).read_text()
        return json.loads(text)

    def hash_of(self, job: str) -> str:
        data = (self.repo / "mlpipe-out" / (job + ".json")).read_bytes()
        return hashlib.sha256(data).hexdigest()

    # running

    def call(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        done = nursery(runtime_file()).run(words, self.repo, {**self.env, **env}, timeout=60)
        keep.record(self.repo, env.get("MLPIPE_JOB"))
        return done

    def job(self, job: str, *words: str, resume: bool = False, **env: str):
        """A job as the script runs it: begins the record, then does the work."""
        env["MLPIPE_JOB"] = job
        self.call("begin", job, words[0], job, *(["resume"] if resume else []), **env)
        return self.call(*words, **env)

    # stand-ins

    def tool(self, name: str, /, **state: object) -> None:
        path = self.state / (name + ".json")
        data = json.loads(path.read_text()) if path.exists() else {}
        data.update(state)
        path.write_text(json.dumps(data))

    def tool_state(self, name: str) -> dict:
        return json.loads((self.state / (name + ".json")).read_text())

    def calls(self, tool: str = "") -> list[dict]:
        path = self.state / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [call for call in found if not tool or call["tool"] == tool]

    def forget_calls(self) -> None:
        (self.state / "calls.jsonl").write_text("")


class Server:
    """A loopback server that answers from a table and keeps what it was asked."""

    def __init__(self, answers: dict) -> None:
        asked: list[dict] = []
        self.asked = asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size).decode()
                head = {key.lower(): value for key, value in self.headers.items()}
                asked.append({"path": self.path, "body": body, "headers": head})
                found = answers.get(self.path, (404, {"message": "Not Found"}))
                if isinstance(found, list):
                    found = found.pop(0) if len(found) > 1 else found[0]
                status, data = found
                text = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:{}".format(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def serving(answers: dict):
    server = Server(answers)
    try:
        yield server
    finally:
        server.close()
