"""A repository made from an example, recording stand-ins first on PATH, and what they wrote down."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from ..base import HERE, ROOT

SCENARIOS = HERE / "scenarios"
STANDINS = ROOT / "tests" / "runtime" / "standins"
ORIGIN = "https://github.com/acme/{}.git"
#: What a job on a bare image calls to get git and Python; here they are there.
PACKAGE_MANAGERS = ("apk",)
#: Who starts every run.
ACTOR = "acme-bot"
WHO = {"GIT_AUTHOR_NAME": "mlpipe", "GIT_AUTHOR_EMAIL": "ci@example.com", "GIT_COMMITTER_NAME": "mlpipe",
       "GIT_COMMITTER_EMAIL": "ci@example.com", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
#: Variables of the machine that runs this which would tell a script that it is on some platform already.
FOREIGN = ("GITHUB_", "CI", "GITLAB_", "JENKINS_", "BUILD_", "BRANCH_NAME", "CHANGE_", "TAG_NAME", "MLPIPE_", "GIT_", "RUNNER_")


@dataclass(frozen=True)
class Scenario:
    """What happens and what must come of it; a file of scenarios/."""

    name: str
    example: str
    #: push, merge_request or schedule
    event: str
    #: path to text: files that the repository has instead of the example's
    files: dict
    #: name to value
    secrets: dict
    #: stand-in to its state at the start
    state: dict
    #: success or failure of the whole run
    outcome: str
    #: jobs that must run, in an order that their needs allow, and no other
    jobs: tuple
    #: words that some call must hold, one after the other / that no call may hold
    calls: tuple = ()
    never: tuple = ()


def scenarios() -> list:
    """All scenarios, by name."""
    found = []
    for path in sorted(SCENARIOS.glob("*.toml")):
        one = tomllib.loads(path.read_text(encoding="utf-8"))
        found.append(Scenario(
            path.stem, one["example"], one["event"], one.get("files", {}), one.get("secrets", {}), one.get("state", {}),
            one["expect"]["outcome"], tuple(one["expect"]["jobs"]), tuple(one["expect"].get("calls", ())),
            tuple(one["expect"].get("never", ())),
        ))
    return found


@dataclass
class Bench:
    """One run of one scenario on one platform, below a temporary folder of its own."""

    scenario: Scenario
    folder: Path
    commit: str = ""
    env: dict = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def trace(self) -> Path:
        return self.folder / "trace.jsonl"

    def build(self, examples: Path):
        """Makes the repository, the stand-ins, and the environment that every job sees."""
        shutil.copytree(examples / self.scenario.example, self.repository, ignore=shutil.ignore_patterns("mlpipe-out", ".mlpipe-*"))
        for name, text in self.scenario.files.items():
            (self.repository / name).write_text(text, encoding="utf-8")
        # The same commit in every run: the same author at the same second.
        when = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", ORIGIN.format(self.scenario.example))
        self.git("add", "-A", "--force")
        self.git("commit", "-q", "--no-gpg-sign", "-m", "The example", env=when)
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        self.commit = self.git("rev-parse", "HEAD")
        if self.scenario.event == "merge_request":
            self.git("checkout", "-q", "-b", "change")
        self.standins()

    def git(self, *words, env=None):
        done = subprocess.run(["git", "-C", str(self.repository), *words], env={**clean(), **WHO, **(env or {})},
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def standins(self):
        """Small programs that call the recorder, which calls the real thing: tests/runtime/standins/, or Python itself."""
        bin_folder, state = self.folder / "bin", self.folder / "state"
        bin_folder.mkdir()
        state.mkdir()
        for name, value in self.scenario.state.items():
            (state / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
        real = {path.name: path for path in STANDINS.iterdir() if os.access(path, os.X_OK)}
        python = real_python()
        programs = {name: [python, "-I", "-S", path] for name, path in real.items()}
        programs["python3"] = [python]
        for name, program in programs.items():
            words = [python, "-I", "-S", HERE / "standins" / "record", self.trace, name, *program, "--"]
            text = " ".join(shlex.quote(str(w)) for w in words)
            file = bin_folder / name
            file.write_text(f"#!/bin/sh\nSTANDIN={shlex.quote(str(state))} exec {text} \"$@\"\n", encoding="utf-8")
            file.chmod(0o755)
        for name in PACKAGE_MANAGERS:
            (bin_folder / name).write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
            (bin_folder / name).chmod(0o755)
        home = self.folder / "home"
        home.mkdir()
        self.env = {**clean(), **WHO, "PATH": f"{bin_folder}:{clean()['PATH']}", "HOME": str(home), "NO_COLOR": "1"}

    def events(self) -> list:
        """What the stand-ins wrote down, as it came."""
        if not self.trace.is_file():
            return []
        return [json.loads(line) for line in self.trace.read_text(encoding="utf-8").splitlines()]


def clean() -> dict:
    """Our environment without what platforms set."""
    return {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}


def real_python() -> str:
    """The machine's own python3, not that of our tools."""
    tools = str(Path(sys.executable).parent)
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != tools)
    found = shutil.which("python3", path=path)
    if found is None:
        raise FileNotFoundError("python3 is not on PATH")
    return subprocess.run([found, "-c", "import sys; print(sys.executable)"], check=True, capture_output=True, text=True).stdout.strip()
