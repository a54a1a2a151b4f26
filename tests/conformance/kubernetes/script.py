"""A spec, compiled: its rights as `mlpipe setup` lists them, and its script against the control plane."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import worlds
from bench import Bench

ROOT = worlds.ROOT
MLPIPE = os.environ.get("MLPIPE_BIN", str(ROOT / "target/debug/mlpipe"))
SPEC = """mlpipe 1
pipeline ranker

on push main
state configmap "{namespace}/state"

image ghcr "ghcr.io/acme/ranker" {{ tags commit }}
deploy production {{
  target kubernetes {{
    kubeconfig secret KUBE
    namespace  "{namespace}"
    deployment "ranker"
    container  "app"
    traffic    {traffic} "web"
    timeout    20s
  }}
  smoke  "true"
  canary 5% for {hold}, 100%
}}
"""


def compiled(folder, namespace, traffic="nginx", hold="3s"):
    """A repository with the spec and what is compiled of it."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    (folder / "release.mlpipe").write_text(SPEC.format(namespace=namespace, traffic=traffic, hold=hold))
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / ".gitignore").write_text("mlpipe-out/\n")
    said = subprocess.run([MLPIPE, "compile"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if said.returncode:
        raise RuntimeError(said.stdout)


def rights(namespace, traffic):
    """The rules of the role, and the lines for a person that make and bind it."""
    with tempfile.TemporaryDirectory() as name:
        compiled(Path(name), namespace, traffic)
        words = [MLPIPE, "setup", "--format", "json"]
        found = json.loads(subprocess.run(words, cwd=name, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    items = [item for item in found["manifests"][0]["items"] if item["setting"]["kind"] == "rights"]
    if len(items) != 1:
        raise RuntimeError(f"mlpipe setup lists {len(items)} roles for {namespace}")
    listed = items[0]["setting"]["rights"]
    rules = [{"apiGroups": [one["group"]], "resources": [one["resource"]], "verbs": one["verbs"]} for one in listed]
    return rules, items[0]["commands"]


class Script(Bench):
    """`sh .mlpipe/ranker.sh`, as a runner starts it."""

    world_kind = worlds.RealCluster

    def setUp(self):
        super().setUp()
        os.remove(self.runtime)
        os.remove(self.repo / "Dockerfile")
        self.world = self.world_kind()
        self.addCleanup(self.world.gone)
        self.before = self.world.objects()
        (self.bin / "kubectl").unlink()
        for tool in ("kubectl", "git", "dirname", "mkdir", "rm"):
            if not (self.bin / tool).exists():
                os.symlink(shutil.which(tool), self.bin / tool)
        known = self.world.known()
        compiled(self.repo, known["namespace"], hold="10s")
        who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
        for words in (["add", "-A"], ["commit", "-q", "-m", "first"]):
            subprocess.run(["git", *who, *words], cwd=self.repo, check=True)
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=self.repo, check=True, stdout=subprocess.PIPE, text=True)
        keep = ("PATH", "HOME", "TMPDIR", "STANDIN")
        self.env = {**{name: self.env[name] for name in keep}, "KUBE": known["kubeconfig"]}
        self.env.update(GHCR_USER="ci", GHCR_TOKEN="s3cret", GITHUB_ACTIONS="true", GITHUB_REPOSITORY="acme/ranker")
        self.env.update(GITHUB_SERVER_URL="https://github.com", GITHUB_RUN_ID="77", GITHUB_SHA=commit.stdout.strip())
        self.env.update(GITHUB_EVENT_NAME="push", GITHUB_REF="refs/heads/main", GITHUB_REF_NAME="main", GITHUB_REF_TYPE="branch")

    def start(self, *words):
        log = open(self.folder / "log", "ab")
        with log:
            return subprocess.Popen(
                ["sh", ".mlpipe/ranker.sh", *words],
                cwd=self.repo,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def good(self, *words):
        self.assertEqual(self.start(*words).wait(120), 0, self.log())

    def digest(self):
        return json.loads((self.repo / "mlpipe-out/image.json").read_text())["image"]["digest"]

    def kinds(self):
        return [entry["kind"] for entry in self.world.document()["entries"]]

    def test_one_call(self):
        self.good("image")
        self.good("deploy", "production")
        self.assertEqual(self.world.live(), self.digest())
        self.assertEqual(self.world.serving(), ({self.digest()}, 3))
        self.assertEqual(self.world.rest(), [])
        self.assertEqual(self.kinds(), ["adopted", "intent", "good"])
        self.assertNotIn("s3cret", self.log())
        self.assertNotIn(json.loads(self.env["KUBE"])["users"][0]["user"]["token"], self.log())

    def test_killed(self):
        """Every process of the run dies at once in the middle of its canary; a job behind it repairs."""
        self.good("image")
        run = self.start("deploy", "production")
        end = time.monotonic() + 90
        while "5% of the traffic" not in self.log() or not self.shifted():
            self.assertIsNone(run.poll(), self.log())
            self.assertLess(time.monotonic(), end, self.log())
            time.sleep(0.1)
        kill_all(run.pid)
        run.wait()
        self.assertIn("deployment/ranker-canary", self.world.objects())
        self.assertEqual(self.kinds()[-1], "intent")
        shutil.rmtree(self.repo / "mlpipe-out")
        self.good("deploy", "production", "reconcile")
        self.assertEqual(self.world.objects(), self.before, self.log())
        self.assertEqual(self.world.serving(), ({worlds.steps.OLD}, 3))
        self.assertEqual(self.kinds()[-1], "rolled_back" if "rolled_back" in self.kinds() else "left")
        self.assertIsNone(self.world.document()["lease"])

    def shifted(self):
        notes = self.world.objects().get("ingress/web-canary", {}).get("metadata", {}).get("annotations", {})
        return notes.get("nginx.ingress.kubernetes.io/canary-weight") == "5"


def kill_all(leader):
    """With its children in groups of their own: all that descends from it, as when a machine is switched off."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = path.read_text().rpartition(")")
            children.setdefault(int(rest.split()[1]), []).append(int(number.split()[0]))
        except OSError:
            pass  # it has just ended
    left = [leader]
    while left:
        pid = left.pop()
        left += children.get(pid, [])
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
