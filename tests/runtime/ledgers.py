"""What the tests of stores and ledgers stand on: each kind of store, empty, with its stand-in or a real
remote, in the process of the test; and a way to kill a writer before each of its lines."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
import unittest
from pathlib import Path

from desk import RUNTIME, load

runtime = load()
STANDINS = Path(__file__).resolve().parent / "standins"
KUBECONFIG = "apiVersion: v1\nclusters: []\ntoken: hunter2\n"
KINDS = ("path", "git", "configmap", "s3")
ONCE = {"ledger": 5, "ledger-kubeconfig": 1, "ledger-token": 1, "ledger-ssh": 3}


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


A, B, C = digest("a"), digest("b"), digest("c")


def lines_of_ledger() -> range:
    """The lines of the runtime that are about stores and ledgers."""
    lines = RUNTIME.read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(lines, 1) if line.startswith("# ---- store:"))
    last = next(n for n, line in enumerate(lines, 1) if line.startswith("# ---- target:"))
    return range(first, last)


class Place(unittest.TestCase):
    """A machine in a run on GitHub, with an empty store of each kind."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mlpipe-test-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(os.environ.update, dict(os.environ))
        self.addCleanup(os.environ.clear)
        self.state, self.bin = self.folder / "state", self.folder / "bin"
        for name in ("state", "bin", "home", "shared", "checkout"):
            (self.folder / name).mkdir()
        os.symlink(STANDINS / "kubectl", self.bin / "kubectl")
        os.symlink(STANDINS / "aws", self.bin / "aws")
        os.symlink(sys.executable, self.bin / "python3")
        for name in [name for name in os.environ if name.startswith(("GIT_", "AWS_", "CI_", "MLPIPE_P"))]:
            del os.environ[name]
        os.environ.update(
            PATH=f"{self.bin}:{os.environ['PATH']}",
            HOME=str(self.folder / "home"),
            TMPDIR=str(self.folder),
            STANDIN=str(self.state),
            KUBE=KUBECONFIG,
            MLPIPE_ROOT=str(self.folder / "checkout"),
            MLPIPE_PIPELINE="ranker",
            MLPIPE_COMMIT="c0ffee",
            GITHUB_SERVER_URL="https://github.com",
            GITHUB_REPOSITORY="acme/ranker",
        )
        tempfile.tempdir = None
        self.addCleanup(setattr, tempfile, "tempdir", None)
        self.run_of("github", "77")

    def run_of(self, platform: str, number: str, repository: str = "acme/ranker") -> None:
        """From here on it is this run that acts."""
        os.environ.update(MLPIPE_PLATFORM=platform, MLPIPE_RUN_ID=number, MLPIPE_RUN_URL="")
        os.environ.update(GITHUB_REPOSITORY=repository)
        os.environ["CI_PROJECT_URL"] = f"https://gitlab.example.com/{repository}"

    def remote(self) -> Path:
        """A bare repository, and a checkout that knows it as `origin`."""
        path = self.folder / "remote.git"
        if not path.exists():
            self.git("init", "-q", "--bare", str(path))
            checkout = self.folder / "checkout"
            self.git("init", "-q", str(checkout))
            self.git("-C", str(checkout), "remote", "add", "origin", f"file://{path}")
        return path

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
        done = subprocess.run(["git", *who, *words], check=True, stdout=subprocess.PIPE, encoding="utf-8")
        return done.stdout.strip()

    def words(self, kind: str, environment: str = "production", age: int = 0, place: str = "") -> list:
        if kind == "git":
            self.remote()
        places = {"path": str(self.folder / "shared"), "git": "ledger", "configmap": "ml/state", "s3": "s3://b/p/q"}
        words = ["--ledger", kind, place or places[kind], "ranker", environment, str(age)]
        return [*words, "--ledger-kubeconfig", "KUBE"] if kind == "configmap" else words

    def options(self, kind: str, *more: str, **how):
        return runtime.Options([*self.words(kind, **how), *more], ONCE, {})

    def store(self, kind: str, *more: str, seconds: float = 60, **how):
        return runtime.open_store(self.options(kind, *more, **how), runtime.Deadline(seconds))

    def ledger(self, kind: str = "path", *more: str, seconds: float = 60, **how):
        return runtime.open_ledger(self.options(kind, *more, **how), runtime.Deadline(seconds))

    def stops(self, pattern: str):
        return self.assertRaisesRegex(runtime.Stop, pattern)

    # the stand-ins

    def tool(self, name: str, **state: object) -> None:
        path = self.state / (name + ".json")
        data = json.loads(path.read_text()) if path.exists() else {}
        data.update(state)
        path.write_text(json.dumps(data))

    def fault(self, kind: str, act: str, *faults: str) -> None:
        """What the next calls of a stand-in do: `act` is `read` or `write`."""
        if kind == "s3":
            verb = "get-object" if act == "read" else "put-object"
            self.tool("aws", faults={verb: list(faults)})
        else:
            verbs = ["get"] if act == "read" else ["create", "replace"]
            self.tool("configmaps", faults={verb: list(faults) for verb in verbs})

    def calls(self) -> list:
        path = self.state / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    # other processes

    def child(self, work, quiet: bool = True) -> int:
        """Runs `work` in a process of its own; its exit code, negative after a signal."""
        pid = self.start(work, quiet)
        status = os.waitpid(pid, 0)[1]
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def start(self, work, quiet: bool = True) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            if quiet:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            work()
            code = 0
        except BaseException as error:
            print(f"in the other process: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)

    def killed_at_each_line(self, work, functions: tuple = ()):
        """Runs `work` again and again, each time killed one line of ours later (of these functions, or of
        all); yields after each kill, and the last time after it came to its end."""
        ours, file = lines_of_ledger(), str(RUNTIME)
        for limit in itertools.count(1):
            count = 0

            def trace(frame, event, _):
                nonlocal count
                if frame.f_code.co_filename != file or frame.f_code.co_firstlineno not in ours:
                    return None
                if functions and frame.f_code.co_name not in functions:
                    return None
                if event == "line":
                    count += 1
                    if count == limit:  # noqa: B023 - the function lives as long as this round
                        os.kill(os.getpid(), signal.SIGKILL)
                return trace

            def traced():
                sys.settrace(trace)  # noqa: B023
                work()

            code = self.child(traced)
            self.assertIn(code, (0, -signal.SIGKILL), f"before line {limit}")
            yield limit
            if code == 0:
                return


class Clock:
    """`time` for the runtime, which stands still unless it is told or slept on."""

    def __init__(self, case: unittest.TestCase) -> None:
        self.wall, self.ran = 1_800_000_000.0, 1000.0
        #: Called while somebody sleeps, with the seconds.
        self.others = lambda seconds: None
        names = {"time": lambda: self.wall, "monotonic": lambda: self.ran, "sleep": self.sleep}
        case.addCleanup(setattr, runtime, "time", time)
        runtime.time = types.SimpleNamespace(**names)

    def sleep(self, seconds: float) -> None:
        self.go(seconds)
        self.others(seconds)

    def go(self, seconds: float) -> None:
        self.wall += seconds
        self.ran += seconds


class Case(Place):
    """A machine whose clock stands still, and ledgers on it."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock(self)

    def fresh(self, kind: str = "path", **how):
        ledger = self.ledger(kind, **how)
        ledger.load()
        return ledger

    def kinds(self, **how) -> list:
        return [entry["kind"] for entry in self.fresh(**how).entries]

    def current(self) -> Path:
        return sorted((self.folder / "shared/production").glob("ledger.0*.json"))[-1]

    def deploy_state(self) -> dict:
        return json.loads((self.folder / "shared/production/deploy_state.json").read_text())
