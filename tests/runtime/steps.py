"""Whole runs of a deploy, with a fault at a chosen moment: what `test_faults` and `test_halt` stand on.

A run is its phases, each in a process of its own (a fork of the test's: the runtime is read once), as GitHub's and
Jenkins' steps are. In such a process every command that is started and every file that gets its name is a step;
just before and just after it is a moment, counted over all phases of the run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from bench import COMMIT, REPOSITORY, STANDINS, sha
from desk import load
from test_argo import rollout
from test_canary import nginx_cluster
from test_mesh import leads, mesh_cluster

runtime = load()
NEW, OLD, NEXT = sha("new"), sha("old"), sha("next")
KILLED = -signal.SIGKILL
TOOLS = ("bash", "cat", "rm", "sleep", "mv")
STEPS = ["--canary", "5", "60", "--canary", "100", "0"]


class Moments:
    """Names the moments of one phase: phase, before or after, which step, and the how manyth so called. `act` is
    called at the one that was chosen."""

    def __init__(self, world: World, phase: str, at: list | None = None, act=None, trace: bool = False) -> None:
        self.world, self.phase, self.at, self.act, self.trace = world, phase, at, act, trace
        self.seen: dict[str, int] = {}

    def moment(self, when: str, name: str) -> None:
        self.seen[when + name] = count = self.seen.get(when + name, 0) + 1
        key = [self.phase, when, name, count]
        if self.trace:
            with open(self.world.folder / "trace", "a") as file:
                file.write(json.dumps([key, self.world.print()]) + "\n")
        if self.at == key:
            self.act()

    def step(self, call, name: str):
        self.moment("before", name)
        result = call()
        self.moment("after", name)
        return result

    def install(self) -> None:
        """Every command by `run`, and every file by `link` and `replace`."""
        run, link, replace = runtime.run, os.link, os.replace
        os.fsync = lambda handle: None  # a kill is no loss of power

        def named(words) -> str:
            text = words if isinstance(words, str) else " ".join(words)
            return text.replace("--request-timeout=30s", "").replace("  ", " ")[:70]

        def short(path) -> str:
            return os.path.basename(path)

        def command(words, *rest, **how):
            call = kubectl if words[0].startswith("kubectl") else run
            return self.step(lambda: call(words, *rest, **how), named(words))

        runtime.run = command
        os.link = lambda a, b, **k: self.step(lambda: link(a, b, **k), "link " + short(b))
        os.replace = lambda a, b, **k: self.step(lambda: replace(a, b, **k), "replace " + short(b))


def program(words) -> str:
    """Which stand-in answers, as the one for kubectl chooses."""
    if {"configmap", "create", "replace"} & set(words):
        return "configmaps.py"
    engine = {"kubectl-argo-rollouts", "rollouts.argoproj.io", "replicasets.apps"}
    return "rollouts.py" if engine & set(words) else "cluster.py"


REPLACE = os.replace
PROGRAMS = {name: compile((STANDINS / name).read_text(), name, "exec") for name in ("cluster.py", "configmaps.py", "rollouts.py")}


def kubectl(words, deadline=None, env=None, cwd=None, capture=False, stdin=None, **how):
    """The stand-in for kubectl as a fork of this process, which takes a tenth of the time of a new Python."""
    files = [tempfile.TemporaryFile() for _ in range(3)]
    files[0].write(stdin or b"")
    files[0].seek(0)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            for number in range(3 if capture else 1):
                os.dup2(files[number].fileno(), number)
            os.replace = REPLACE  # what it does is no step of ours
            sys.stdin, sys.argv = open(0, closefd=False), list(words)
            os.environ.update(env or {})
            exec(PROGRAMS[program(words)], {"__name__": "__main__"})
            code = 0
        except SystemExit as error:
            code = int(error.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    code = ended(pid)
    texts = []
    for file in files[1:]:
        file.seek(0)
        texts.append(file.read().decode())
    for file in files:
        file.close()
    return runtime.Done(128 - code if code < 0 else code, texts[0], errors=texts[1])


class Time:
    """`time` for the runtime: sleep takes no time, but the clock has moved, for later processes of the world too."""

    def __init__(self, world: World) -> None:
        self.file, self.ahead = world.folder / "ahead", world.ahead()

    def time(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += max(0.0, seconds) + 0.001
        self.file.write_text(str(self.ahead))


class World:
    """A service, what is live of it, its ledger, and a runner's checkout. Nothing in it knows its own place,
    so a copy goes on from where the first one stood."""

    #: Does time go by as on the clock on the wall?
    real = False
    #: Which job of the run acts.
    job = "deploy-production"
    #: What started the run.
    event = "push"
    #: What becomes of a phase's moments.
    moments = Moments

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="mlpipe-test-")).resolve()
        self.words: list[str] = []
        #: Each runner has its own.
        self.checkout = "repo"
        self.run_of("1")
        if folder is None:
            for name in ("repo", "state", "bin", "home", "ledger"):
                (self.folder / name).mkdir()
            for tool in STANDINS.iterdir():
                os.symlink(tool, self.folder / "bin" / tool.name)
            for tool in TOOLS:
                os.symlink(shutil.which(tool), self.folder / "bin" / tool)
            os.symlink(sys.executable, self.folder / "bin" / "python3")
            self.begin_with()

    def begin_with(self) -> None:
        """What is live before anything happens."""
        raise NotImplementedError

    def copy(self) -> World:
        """The same world once more."""
        folder = Path(tempfile.mkdtemp(prefix="mlpipe-test-")).resolve()
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        other = type(self)(folder)
        other.number, other.digest, other.platform = self.number, self.digest, self.platform
        other.repository, other.words = self.repository, list(self.words)
        return other

    def gone(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def print(self) -> str:
        """All that a kill leaves behind, but for temporary files."""
        found = hashlib.sha256()
        for top in ("repo", "ledger", "state", "service"):
            for path in sorted((self.folder / top).rglob("*")):
                if path.is_file() and not path.name.startswith(".mlpipe-") and path.name != "calls.jsonl":
                    found.update(path.name.encode() + path.read_bytes())
        return found.hexdigest()

    # runs

    def run_of(
        self, number: str, digest: str = NEW, platform: str = "github", repository: str = "acme/ranker"
    ) -> World:
        """From here on it is this run that acts, with this image."""
        self.number, self.digest, self.platform, self.repository = number, digest, platform, repository
        self.started = f"2026-01-01T00:00:{int(number) % 60:02}Z"
        return self

    def env(self) -> dict[str, str]:
        return {
            "PATH": str(self.folder / "bin"),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "STANDIN": str(self.folder / "state"),
            "KUBE": "apiVersion: v1\nclusters: []\n",
            "MLPIPE_PIPELINE": "ranker",
            "MLPIPE_PLATFORM": self.platform,
            "MLPIPE_EVENT": self.event,
            "MLPIPE_BRANCH": "main",
            "MLPIPE_COMMIT": COMMIT,
            "MLPIPE_RUN_ID": self.number,
            "MLPIPE_BASH": "bash",
            "MLPIPE_JOB": self.job,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": self.repository,
            "CI_PROJECT_URL": "https://gitlab.example.com/" + self.repository,
        }

    def records(self) -> None:
        """What the jobs before the deploy left."""
        image = {"repository": REPOSITORY, "digest": self.digest, "gates": [], "models": []}
        data = {"schema": 1, "job": "image", "status": "passed", "reason": "", "pipeline": "ranker"}
        data.update(run_id=self.number, commit=COMMIT, started=self.started, image=image)
        out = self.folder / self.checkout / "mlpipe-out"
        out.mkdir(parents=True, exist_ok=True)
        (out / "image.json").write_text(json.dumps(data))

    def book(self, environment: str = "production", age: int = 0) -> list[str]:
        return ["--ledger", "path", "../ledger", "ranker", environment, str(age)]

    def target(self) -> list[str]:
        raise NotImplementedError

    def call(self, phase: str, *more: str) -> list[str]:
        words = ["deploy", "--phase", phase, "--environment", "production", "--image", REPOSITORY]
        words += ["--timeout", "3600", "--allow", "push", "branch", "main", *self.target()]
        more = more or tuple(self.words)
        book = [] if "--ledger" in more else self.book()
        return [*words, *more, *book]

    def phases(self, more: tuple[str, ...] | list[str]) -> list[str]:
        """As the compiler writes them."""
        once, many = runtime.JOBS["deploy"][1:]
        options = runtime.Options(self.call("all", *more)[1:], once, many)
        return [name for name, _ in runtime.phases(options)]

    def fork(self, words: list[str], begin: list[str], install) -> int:
        """The runtime with these words, as a process of its own: its exit status, negative after a signal."""
        return ended(self.start(words, begin, install))

    def start(self, words: list[str], begin: list[str], install) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 99
        try:
            log = os.open(self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.chdir(self.folder / self.checkout)
            os.environ.clear()
            os.environ.update(self.env())
            tempfile.tempdir = None
            if not self.real:
                runtime.time = Time(self)
            runtime.main(begin)
            install()
            code = runtime.main(words)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def phase(self, phase: str, *more: str, moments: Moments | None = None) -> int:
        title = ["begin", "deploy-production", "deploy", "Deploy"]
        begin = [*title, *(["resume"] if phase != "begin" else [])]
        moments = moments or Moments(self, phase)
        return self.fork(self.call(phase, *more), begin, moments.install)

    def deploy(self, *more: str, at: list | None = None, act=None, trace: bool = False) -> int:
        """All phases up to one that fails, then `restore` unless the run was killed: what came first."""
        self.records()
        code = 0
        for phase in self.phases(more):
            code = self.phase(phase, *more, moments=self.moments(self, phase, at, act, trace))
            if code:
                break
        if code and code != KILLED:
            self.restored = self.phase("restore", *more, moments=self.moments(self, "restore", at, act, trace))
        return code

    def reconcile(
        self, act=None, at: list | None = None, trace: bool = False, more: list[str] | tuple[str, ...] = ()
    ) -> int:
        """What a safety job, a schedule or a person starts: the target, the ledger and the limits, and no record."""
        shutil.rmtree(self.folder / self.checkout / "mlpipe-out", ignore_errors=True)
        words = ["reconcile", "--environment", "production", "--image", REPOSITORY, "--timeout", "3600"]
        copies = self.shadow() if {"--shadow", "--shadow-run"} & set(self.words) else []
        words += [*self.target(), *copies, *self.limits(), *more, *self.book()]
        begin = ["begin", "reconcile-production", "reconcile", "Reconcile"]
        self.job = "reconcile-production"
        try:
            return self.fork(words, begin, Moments(self, "reconcile", at, act, trace).install)
        finally:
            self.job = "deploy-production"

    def drill(
        self, act=None, at: list | None = None, trace: bool = False, more: list[str] | tuple[str, ...] = ()
    ) -> int:
        """What its schedule or a person starts: as a reconcile, and no record either."""
        shutil.rmtree(self.folder / self.checkout / "mlpipe-out", ignore_errors=True)
        words = ["drill", "--environment", "production", "--image", REPOSITORY, "--timeout", "3600"]
        words += [*self.target(), *self.limits(), *more, *self.book()]
        self.job = "drill-production"
        try:
            begin = ["begin", "drill-production", "drill", "Drill"]
            return self.fork(words, begin, Moments(self, "drill", at, act, trace).install)
        finally:
            self.job = "deploy-production"

    def limits(self) -> list[str]:
        """`--halt` and `--within` of the deploy."""
        found: list[str] = []
        for name, count in (("--halt", 3), ("--within", 1)):
            if name in self.words:
                at = self.words.index(name)
                found += self.words[at : at + 1 + count]
        return found

    def trace(self, *more: str) -> list:
        """The moments of a whole run, each with the print of the world."""
        self.code = self.deploy(*more, trace=True)
        return [json.loads(line) for line in (self.folder / "trace").read_text().splitlines()]

    def desk(self, phase: str, reason: str = "", digest: str = "", environment: str = "production", age: int = 0) -> int:
        """What a person does with a ledger."""
        other = type(self)(self.folder).run_of(self.number, platform="desk")
        words = ["ledger", "--phase", phase, "--reason", reason, "--digest", digest]
        begin = ["begin", "deploy-production", "ledger", "Ledger"]
        return other.fork([*words, *self.book(environment, age)], begin, lambda: None)

    def write(self, environment: str, kind: str, **fields: object) -> None:
        """An entry of somebody else's."""

        def append() -> None:
            options = runtime.Options(self.book(environment), {"ledger": 5, "ledger-kubeconfig": 1}, {})
            ledger = runtime.open_ledger(options, runtime.Deadline(30))
            ledger.load()
            ledger.append(kind, **fields)
            os._exit(0)

        assert self.fork([], ["begin", "x", "x", "x"], append) == 0, self.log()

    def ahead(self) -> float:
        """How far the world's clock is before ours."""
        path = self.folder / "ahead"
        return float(path.read_text()) if path.exists() else 0.0

    def go(self, seconds: float) -> None:
        """Time goes by."""
        (self.folder / "ahead").write_text(str(self.ahead() + seconds))

    # what is there afterwards

    def live(self) -> str:
        raise NotImplementedError

    def rest(self) -> list[str]:
        """What is left of a release beside the live one, and of copies of other requests."""
        raise NotImplementedError

    def shadow(self) -> list[str]:
        """The options with which requests of another environment are copied."""
        raise NotImplementedError

    def document(self, environment: str = "production") -> dict:
        """The ledger as it is stored."""
        folder = self.folder / "ledger" / environment
        newest = sorted(folder.glob("ledger.0*.json"))
        return json.loads(newest[-1].read_text()) if newest else {"entries": [], "lease": None}

    def ledger(self, environment: str = "production"):
        """Read and verified by the runtime."""
        found = self.document(environment)
        ledger = runtime.Ledger(NoStore(), "ranker", environment, 0)
        if found["entries"]:
            ledger.check_head(found)
        ledger.check_chain(found["entries"])
        ledger.entries, ledger.lease = found["entries"], found["lease"]
        return ledger

    def kinds(self) -> list[str]:
        return [entry["kind"] for entry in self.document()["entries"]]

    def record(self, job: str = "deploy-production") -> dict:
        return json.loads((self.folder / self.checkout / f"mlpipe-out/{job}.json").read_text())

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def fresh_log(self) -> None:
        (self.folder / "log").write_text("")


class NoStore:
    place = "as it is stored"


class Commands(World):
    """`service/live` serves; `service/copy` is beside it, with `service/weight` percent."""

    def begin_with(self) -> None:
        (self.folder / "service").mkdir()
        (self.folder / "service/live").write_text(OLD)

    def target(self) -> list[str]:
        at = "../service"
        swap = f"> {at}/live.new; mv {at}/live.new {at}/live; rm -f {at}/copy {at}/weight"
        deploy = f'printf %s "$MLPIPE_DIGEST" > {at}/copy' if self.canary() else f'printf %s "$MLPIPE_DIGEST" {swap}'
        words = ["--command", deploy, f"cat {at}/live", f'printf %s "$MLPIPE_ROLLBACK_TO" {swap}', "10"]
        words += ["--shift", f'printf %s "$MLPIPE_WEIGHT" > {at}/weight']
        return [*words, "--promote", f'printf %s "$MLPIPE_DIGEST" {swap}']

    def canary(self) -> bool:
        return "--canary" in self.words or "--blue-green" in self.words

    def live(self) -> str:
        return (self.folder / "service/live").read_text()

    def shadow(self) -> list[str]:
        return ["--shadow-run", "live", "echo on > ../service/copied", "rm -f ../service/copied"]

    def rest(self) -> list[str]:
        return sorted(p.name for p in (self.folder / "service").iterdir() if p.name != "live")


class Cluster(World):
    """A Deployment behind ingress-nginx, and the ledger in a ConfigMap of the same cluster."""

    traffic = ["--traffic", "web"]

    @staticmethod
    def beginning() -> dict:
        return nginx_cluster()

    def begin_with(self) -> None:
        objects = self.beginning()
        containers = objects["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        containers[0]["image"] = f"{REPOSITORY}@{OLD}"
        live = nginx_cluster()["ingress/web"]
        live["metadata"].update(namespace="prod", annotations={})
        live["spec"]["rules"][0]["host"] = "live.example.com"
        theirs = {"prod": {"objects": {"ingress/web": live}}}
        whole = {"objects": objects, "namespaces": theirs}
        (self.folder / "state/cluster.json").write_text(json.dumps(whole))

    def book(self, environment: str = "production", age: int = 0) -> list[str]:
        place = ["--ledger", "configmap", "ml/state", "ranker", environment, str(age)]
        return [*place, "--ledger-kubeconfig", "KUBE"]

    def target(self) -> list[str]:
        return ["--kubernetes", "KUBE", "ml", "ranker", "app", "10", *self.traffic]

    def shadow(self) -> list[str]:
        return ["--shadow", "live", "KUBE", "prod", "web"]

    def cluster(self) -> dict:
        return json.loads((self.folder / "state/cluster.json").read_text())

    def objects(self) -> dict:
        return self.cluster()["objects"]

    def live(self) -> str:
        containers = self.objects()["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        return containers[0]["image"].partition("@")[2]

    def others(self) -> dict:
        """Objects of the environment whose requests are copied; a test that sets up a cluster of its own has none."""
        return self.cluster().get("namespaces", {}).get("prod", {}).get("objects", {})

    def rest(self) -> list[str]:
        theirs = self.others().get("ingress/web", {}).get("metadata", {})
        return sorted([*set(self.objects()) - set(self.beginning()), *theirs.get("annotations", {})])

    def document(self, environment: str = "production") -> dict:
        path = self.folder / "state/configmaps.json"
        objects = json.loads(path.read_text())["objects"] if path.exists() else {}
        data = objects.get("ml/state", {}).get("data", {})
        text = data.get(environment + ".ledger.json")
        return json.loads(text) if text else {"entries": [], "lease": None}


class Mesh(Cluster):
    """The same Deployment behind an Istio VirtualService."""

    traffic = ["--istio", "web"]

    @staticmethod
    def beginning() -> dict:
        return mesh_cluster([leads("ranker")])

    def rest(self) -> list[str]:
        before, now = (one["virtualservice/web"] for one in (self.beginning(), self.objects()))
        routes = [] if now["spec"] == before["spec"] else [json.dumps(now["spec"]["http"])]
        return super().rest() + routes + list(now["metadata"].get("annotations", {}))


class Engine(Cluster):
    """A Rollout, which Argo Rollouts moves."""

    @staticmethod
    def beginning() -> dict:
        return rollout({"setWeight": 5}, {"pause": {}}, image=f"{REPOSITORY}@{OLD}")

    def begin_with(self) -> None:
        (self.folder / "state/cluster.json").write_text(json.dumps({"objects": self.beginning()}))
        words = ["kubectl", "--namespace", "ml", "get", "rollouts.argoproj.io", "ranker", "-o", "json"]
        for _ in range(4):
            kubectl(words, env={"STANDIN": str(self.folder / "state")}, capture=True)

    def target(self) -> list[str]:
        return ["--argo", "KUBE", "ml", "ranker", "app", "30"]

    def live(self) -> str:
        """What serves: of the one ReplicaSet that is stable."""
        ro, objects = self.objects()["rollout/ranker"], self.objects()
        spec = objects[f"replicaset/ranker-{ro['status']['stableRS']}"]["spec"]["template"]["spec"]
        return spec["containers"][0]["image"].partition("@")[2]

    def rest(self) -> list[str]:
        ro = self.objects()["rollout/ranker"]
        wanted = ro["spec"]["template"]["spec"]["containers"][0]["image"]
        status = ro["status"]
        share = status["canary"]["weights"]["canary"]["weight"]
        left = [] if wanted.endswith(self.live()) else [f"the spec names {wanted}"]
        return left + ([] if (status["phase"], share) == ("Healthy", 0) else [json.dumps(status)])


def shared_out(items: list, work, parties: int = 3) -> list[str]:
    """Does `work` for each item, in several processes; what was wrong, as texts."""
    folder = Path(tempfile.mkdtemp(prefix="mlpipe-test-"))
    children = []
    sys.stdout.flush()
    sys.stderr.flush()
    for party in range(parties):
        pid = os.fork()
        if pid:
            children.append(pid)
            continue
        try:
            wrong = []
            for item in items[party::parties]:
                try:
                    work(item)
                except BaseException:
                    wrong.append(f"{item}\n{traceback.format_exc(limit=3)}")
            (folder / str(party)).write_text(json.dumps(wrong))
        finally:
            os._exit(0)
    for pid in children:
        os.waitpid(pid, 0)
    found = [text for party in range(parties) for text in json.loads((folder / str(party)).read_text())]
    shutil.rmtree(folder)
    return found


def ended(pid: int) -> int:
    """The exit status of a child, negative after a signal."""
    status = os.waitpid(pid, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def cancel() -> None:
    """As the platforms do: once, and once more while it ends."""
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)


