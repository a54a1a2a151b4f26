"""A repository made from an example, recording stand-ins first on PATH, and what they wrote down."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ..base import HERE, ROOT, BrokenTool, MissingTool
from ..tools import system
from .api import Api
from .course import Course, interpreter
from .ledger import config_maps, kinds
from .scenario import SCENARIOS, Scenario

STANDINS = ROOT / "tests" / "runtime" / "standins"
ORIGIN = "https://github.com/acme/{}.git"
#: What a job on a bare image calls to get git and Python; here they are there.
PACKAGE_MANAGERS = ("apk",)
#: Commands that are not real: standins/tool answers as the scenario says.
TOLD = ("python", "python3.11", "python3.12", "pytest", "bandit", "ruff", "mypy", "poetry", "curl", "ssh", "host", "mlflow")
#: Who starts every run.
ACTOR = "acme-bot"
WHO = {"GIT_AUTHOR_NAME": "mlpipe", "GIT_AUTHOR_EMAIL": "ci@example.com", "GIT_COMMITTER_NAME": "mlpipe",
       "GIT_COMMITTER_EMAIL": "ci@example.com", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
#: `sh` itself: a call of a generated script is written down with the platform's name of the job, and is then what it was; one of
#: the deploy whose runner is lost dies at once.
CALLED = """case ${{1-}} in
.mlpipe/*.sh) printf '%s\\t%s\\t%s\\n' "${{GITHUB_JOB-}}${{CI_JOB_NAME-}}${{STAGE_NAME-}}" "$1" "$(shift && printf %s "$*")" >>{calls}
  if [ "${{2-}}" = soak ]; then {soaked} "$3" "${{GITHUB_JOB-}}${{CI_JOB_NAME-}}"; fi ;;
esac
{kept}if [ -e {lost} ]; then
case "$*" in .mlpipe/*' deploy {environment} reconcile') ;; .mlpipe/*' deploy {environment}'*) kill -s KILL $$ ;; esac
fi
exec {sh} "$@\""""
#: Of several cancelled runs of one scenario, what comes before the cancel happens once (standins/kept). What the cancel meets, and
#: what comes behind it, is called with nothing in between.
KEPT = """case "$*" in
.mlpipe/*' deploy {environment}'|.mlpipe/*' deploy {environment} {phase}'|.mlpipe/*' deploy {environment} re'*) ;;
.mlpipe/*.sh*) exec {kept} "${{GITHUB_JOB-}}${{CI_JOB_NAME-}}${{STAGE_NAME-}}" {sh} "$@" ;;
esac
"""
#: Python: what a script asks of it, or of the runtime before and between the verbs, is no command and goes straight to it.
ASKED = """file=${{4-}}
case "${{1-}} ${{2-}} ${{file##*/}} ${{5-}}" in
"-c "* | "--version "* | "-I -c "* | "-I -X mlpipe_runtime.py begin" | "-I -X mlpipe_runtime.py get") exec {python} "$@" ;;
esac
{recorded}"""
#: Variables of the machine that runs this which would tell a script that it is on some platform already.
FOREIGN = ("GITHUB_", "CI", "GITLAB_", "JENKINS_", "BUILD_", "BRANCH_NAME", "CHANGE_", "TAG_NAME", "MLPIPE_", "GIT_", "RUNNER_")


@dataclass
class Bench:
    """One run of one scenario on one platform, below a temporary folder of its own."""

    scenario: Scenario
    folder: Path
    api: Api | None
    commit: str = ""
    env: dict = field(default_factory=dict)
    #: platform's own word for each job that ran: success or failure
    verdicts: dict = field(default_factory=dict)
    #: job of a deploy to its phases that the platform shows each by itself, in order
    shown: dict = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def trace(self) -> Path:
        return self.folder / "trace.jsonl"

    @property
    def calls(self) -> Path:
        return self.folder / "calls.txt"

    def build(self, examples: Path, direct=False):
        """Makes the repository, the stand-ins, and the environment that every job sees. Raises BrokenTool, MissingTool.

        `direct`: the runtime itself is not written down, so that a signal meets it and nothing in front of it."""
        one = self.scenario
        self.copy(examples)
        if one.spec or one.instead:
            self.edit_spec()
            self.compile()
        # The same commit in every run: the same author at the same second.
        when = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", ORIGIN.format(one.example))
        self.git("add", "-A", "--force")
        self.git("commit", "-q", "--no-gpg-sign", "-m", "The example", env=when)
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        self.commit = self.git("rev-parse", "HEAD")
        if one.event == "tag":
            self.git("tag", one.branch)
        elif one.branch != "main":
            self.git("checkout", "-q", "-b", one.branch)
        self.standins(direct)

    def another(self, scenario):
        """The next of the cancelled runs of one scenario: everything as `build` left it, but for what is kept of the one before."""
        self.scenario, self.verdicts, self.shown = scenario, {}, {}
        for name in ("bin", "state", "home", "python"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for path in (self.trace, self.calls):
            path.unlink(missing_ok=True)
        self.git("clean", "-q", "-f", "-d", "-x")
        self.git("checkout", "-q", "--", ".")
        self.standins(direct=True)

    def copy(self, examples: Path):
        """The files of the repository."""
        one = self.scenario
        shutil.copytree(examples / one.example, self.repository, ignore=shutil.ignore_patterns("mlpipe-out", ".mlpipe-*", "full.mlpipe"))
        if one.instead:
            self.specs()[0].write_text((SCENARIOS / one.instead).read_text(encoding="utf-8"), encoding="utf-8")
        for name, text in one.files.items():
            path = self.repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755 if text.startswith("#!") else 0o644)

    def specs(self) -> list:
        """The specs and libraries of the repository."""
        return sorted(path for path in self.repository.rglob("?*.mlpipe") if path.is_file())

    def edit_spec(self):
        """The scenario's own variant of the spec."""
        for old, new in self.scenario.spec.items():
            texts = {spec: spec.read_text(encoding="utf-8") for spec in self.specs()}
            if sum(text.count(old) for text in texts.values()) != 1:
                raise BrokenTool(f"{', '.join(spec.name for spec in texts)}: `{old}` does not stand there exactly once")
            for spec, text in texts.items():
                spec.write_text(text.replace(old, new), encoding="utf-8")

    def compile(self):
        """The files of that variant, by the real compiler."""
        done = subprocess.run([self.mlpipe(), "compile"], cwd=self.repository, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            raise BrokenTool(f"mlpipe compile ended with {done.returncode}:\n{done.stderr[-2000:]}")

    @staticmethod
    def mlpipe() -> Path:
        """The program that this checkout has built. Raises MissingTool."""
        binary = (Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug" / "mlpipe").resolve()
        if not binary.is_file():
            raise MissingTool(f"mlpipe is not built ({binary}); cargo build")
        return binary

    def git(self, *words, env=None):
        done = subprocess.run(["git", "-C", str(self.repository), *words], env={**clean(), **WHO, **(env or {})},
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def standins(self, direct):
        """Small programs that call the recorder, which calls the real thing: tests/runtime/standins/, tool, or Python itself."""
        bin_folder, state, home = self.folder / "bin", self.folder / "state", self.folder / "home"
        for folder in (bin_folder, state, home):
            folder.mkdir()
        self.env = {**clean(), **WHO, "PATH": f"{bin_folder}:{clean()['PATH']}", "HOME": str(home), "NO_COLOR": "1"}
        python, slept = real_python(), self.folder / "python" / "slept"
        known = {"variables": sorted(self.env), "secrets": self.secrets(), "api": self.api.url,
                 "cancel": self.scenario.moment if self.scenario.cancel else {},
                 "lost": self.scenario.lost.partition(": ")[2],
                 "begins": self.scenario.begins, "slept": str(slept)}
        given = {"configmaps": config_maps(self.scenario)} if self.scenario.ledger else {}
        for name, value in {**self.scenario.state, **given, "bench": known, "commands": self.scenario.commands}.items():
            (state / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
        (state / "live").write_text(self.scenario.state.get("live", {}).get("digest", ""), encoding="utf-8")
        programs = {path.name: [python, "-I", "-S", path] for path in STANDINS.iterdir() if os.access(path, os.X_OK)}
        programs |= {name: [python, "-I", "-S", HERE / "standins" / "tool", name] for name in TOLD}
        if self.scenario.begins:
            programs["python3"] = [interpreter(python, slept.parent)]
            slept.write_text("0", encoding="utf-8")
            self.api.course = Course(self.scenario, state, slept)
        else:
            programs["python3"] = [python]
        asked = shlex.quote(programs["python3"][0])
        for name, program in programs.items():
            if name != "python3" or not direct:
                program = [python, "-I", "-S", HERE / "standins" / "record", self.trace, name, *program, "--"]
            line = f"STANDIN={shlex.quote(str(state))} exec {' '.join(shlex.quote(str(w)) for w in program)} \"$@\""
            self.program(name, ASKED.format(python=asked, recorded=line) if name == "python3" else line)
        for name in PACKAGE_MANAGERS:
            self.program(name, "exit 0")
        (state / "meanwhile.json").write_text(json.dumps(self.scenario.meanwhile), encoding="utf-8")
        kept = ""
        if self.scenario.group != self.scenario.name:
            job, phase = self.scenario.cancelled
            words = [python, "-I", "-S", HERE / "standins" / "kept", state, slept, self.folder / "kept"]
            kept = KEPT.format(environment=job.removeprefix("deploy-"), phase=phase, sh=shlex.quote(system("sh")),
                               kept=" ".join(shlex.quote(str(word)) for word in words))
        soaked = " ".join(shlex.quote(str(word)) for word in [programs["python3"][0], "-I", HERE / "standins" / "soaked", state])
        self.program("sh", CALLED.format(
            kept=kept, calls=shlex.quote(str(self.calls)), soaked=soaked, sh=shlex.quote(system("sh")),
            lost=shlex.quote(str(state / "lost-runner")), environment=self.scenario.lost.partition(":")[0]))

    def wait(self, waits: dict):
        """Says for how many seconds the platform lets which job wait before it starts."""
        if self.scenario.waits:
            (self.folder / "state" / "waits.json").write_text(json.dumps(waits), encoding="utf-8")

    def program(self, name, line):
        """An executable of a few lines of shell."""
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        file.chmod(0o755)

    def secrets(self) -> dict:
        """The scenario's secrets, with the address of the test server in them."""
        return {name: value.replace("$API", self.api.url) for name, value in self.scenario.secrets.items()}

    def reached(self) -> Path:
        """The file that is there once the call has begun during which the cancel comes."""
        return self.folder / "state" / "cancel-now"

    def serves(self) -> dict:
        """Place to what serves there at the end, before or new; the only place has no name."""
        state = self.folder / "state"
        if "cluster" in self.scenario.state:
            return self.cluster(json.loads((state / "cluster.json").read_text(encoding="utf-8")))
        if "kubectl" not in self.scenario.state:
            was = self.scenario.state.get("live", {}).get("digest", "")
            return {"": "before" if (state / "live").read_text(encoding="utf-8") == was else "new"}
        now, was = json.loads((state / "kubectl.json").read_text(encoding="utf-8")), self.scenario.state["kubectl"]
        if "deployments" not in was:
            now, was = {"deployments": {"": now}}, {"deployments": {"": was}}
        same = {name: now["deployments"][name]["images"] == one["images"] for name, one in was["deployments"].items()}
        return {name: "before" if one else "new" for name, one in same.items()}

    def cluster(self, now) -> dict:
        """The same where the stand-in for kubectl keeps objects. What a canary left beside them is said too."""
        found = {}
        for namespace, one in self.scenario.state["cluster"]["namespaces"].items():
            objects = now["namespaces"][namespace]["objects"]
            for name in filter(lambda name: name.startswith("deployment/"), one["objects"]):
                was, there = (images(kept[name]) for kept in (one["objects"], objects))
                left = sorted(objects.keys() - one["objects"].keys())
                left += [f"changed annotations of {key}" for key, thing in one["objects"].items()
                         if notes(thing) != notes(objects.get(key, thing))]
                text = ["before" if was == there else "new", *(f"with {thing} beside it" for thing in left)]
                found[f"{namespace}/{name.partition('/')[2]}"] = ", ".join(text)
        return found

    def ledgers(self) -> dict:
        """Environment to the kinds of the entries of its ledger, and whether somebody still has its lease."""
        path = self.folder / "state" / "configmaps.json"
        return kinds(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def live(self) -> str:
        """The same in a word: before, new, or of several places the ones that are new."""
        serves = self.serves()
        new = [name for name, what in serves.items() if what == "new"]
        strange = [f"{name}: {what}" for name, what in serves.items() if what not in ("before", "new")]
        if strange:
            return "; ".join(strange)
        return "before" if not new else "new" if len(new) == len(serves) else ", ".join(["new", *new])

    def called(self, several) -> list:
        """The calls of generated scripts in the order in which they began: job and words. `several`: jobs are told by both names."""
        found = []
        for line in self.calls.read_text(encoding="utf-8").splitlines() if self.calls.is_file() else ():
            job, script, words = line.split("\t")
            pipeline = Path(script).stem
            # GitLab's name of the job that pushes; a phase has a stage of its own on Jenkins.
            second = f"{pipeline}-{self.scenario.clock}:"
            job = job.removeprefix(f"{pipeline}:").removeprefix(second).partition(":")[0]
            job = "image" if job == "image-push" else job
            found.append((f"{pipeline}:{job}" if several else job, words))
        return found

    def events(self) -> list:
        """What the stand-ins wrote down, as it came."""
        if not self.trace.is_file():
            return []
        return [json.loads(line) for line in self.trace.read_text(encoding="utf-8").splitlines()]


def notes(thing) -> dict:
    """The annotations of an object. Copies of requests are asked for in those of an Ingress."""
    return thing["metadata"].get("annotations", {})


def images(deployment) -> list:
    """The images of a Deployment."""
    return [one["image"] for one in deployment["spec"]["template"]["spec"]["containers"]]


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
