"""The worlds of tests/runtime/steps.py with their cluster in the control plane instead of in a file: what those tests say of the
stand-in is asked of the real one. Each world is a namespace of its own, and its deploys run as an account with the role that
`mlpipe setup` lists for them."""

import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from plane import Refused

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/runtime"))
import steps  # noqa: E402 - the path is set above

#: `apiVersion` and plural of every kind that a world has.
KINDS = {
    "deployment": ("apis/apps/v1", "deployments"),
    "service": ("api/v1", "services"),
    "ingress": ("apis/networking.k8s.io/v1", "ingresses"),
    "virtualservice": ("apis/networking.istio.io/v1", "virtualservices"),
}
#: What a cluster adds to an object, and no two clusters the same.
ADDED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "namespace")


#: The names of two worlds' namespaces are no difference between their moments.
SPACE = re.compile(r"\bw[0-9a-f]{10}\b")
moment = steps.Moments.moment
steps.Moments.moment = lambda self, when, name: moment(self, when, SPACE.sub("ml", name))


def plain(thing, namespace=None):
    """The object without what the cluster added to it."""
    thing = json.loads(json.dumps(thing))
    thing.pop("status", None)
    meta, spec = thing["metadata"], thing.get("spec", {})
    for name in ADDED:
        meta.pop(name, None)
    notes = meta.get("annotations") or {}
    meta["annotations"] = {k: v for k, v in notes.items() if not k.startswith("deployment.kubernetes.io/")}
    if not meta["annotations"]:
        del meta["annotations"]
    for name in ("clusterIP", "clusterIPs"):
        spec.pop(name, None)
    for port in spec.get("ports") or []:
        port.pop("nodePort", None)
    if namespace:
        meta["namespace"] = namespace
    return thing


class Real:
    """Mixed into a `Cluster` of the tests: the same questions, answered by the API server."""

    #: The control plane, and what the account of each kind of world may do; set by `run`.
    plane = None
    rules = {}
    account = ""

    def begin_with(self):
        (self.folder / "bin/kubectl").unlink()
        os.symlink(shutil.which("kubectl"), self.folder / "bin/kubectl")
        self.enter()
        for thing in self.beginning().values():
            if thing["kind"] == "Deployment":
                thing["spec"]["template"]["spec"]["containers"][0]["image"] = f"{steps.REPOSITORY}@{steps.OLD}"
            self.make(thing)
        self.settle()

    def enter(self):
        """A namespace of its own; what is known of it lies beside the checkout."""
        found = self.admit(self.account)
        (self.folder / "cluster.json").write_text(json.dumps(found))

    def admit(self, account):
        """A new namespace, and in it an account with its role: where it is, and its kubeconfig."""
        plane, namespace = self.plane, "w" + os.urandom(5).hex()
        about = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        plane.ask("POST", "/api/v1/namespaces", about)
        place = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        plane.ask("POST", place + "/roles", {"metadata": {"name": account}, "rules": self.rules[account]})
        plane.ask("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": account}})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account}
        who = [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]
        plane.ask("POST", place + "/rolebindings", {"metadata": {"name": account}, "roleRef": role, "subjects": who})
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        token = plane.ask("POST", path, {"spec": {"expirationSeconds": 7200}})["status"]["token"]
        return {"namespace": namespace, "kubeconfig": plane.config(token)}

    def known(self):
        return json.loads((self.folder / "cluster.json").read_text())

    def make(self, thing):
        thing = plain(thing, self.known()["namespace"])
        self.plane.ask("POST", self.path(thing["kind"].lower()), thing)

    def path(self, kind, name=""):
        top, plural = KINDS[kind]
        return "/".join(filter(None, (f"/{top}/namespaces/{self.known()['namespace']}/{plural}", name)))

    def settle(self, seconds=60):
        """The controllers have done what is to be done."""
        end = time.monotonic() + seconds
        while not all(steps.runtime.rolled_out(one) for key, one in self.seen().items() if key.startswith("deployment/")):
            if time.monotonic() > end:
                raise RuntimeError("the controllers do not come to an end")
            time.sleep(0.1)

    def copy(self):
        """The same objects in another namespace."""
        folder = Path(tempfile.mkdtemp(prefix="mlpipe-test-")).resolve()
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        other = type(self)(folder)
        other.number, other.digest, other.platform = self.number, self.digest, self.platform
        other.repository, other.words = self.repository, self.words
        there, maps = self.seen(), self.maps()
        other.enter()
        for thing in there.values():
            other.make(thing)
        for one in maps:
            namespace = other.known()["namespace"]
            self.plane.ask("POST", f"/api/v1/namespaces/{namespace}/configmaps", plain(one, namespace))
        return other

    def gone(self):
        try:
            self.plane.ask("DELETE", f"/api/v1/namespaces/{self.known()['namespace']}")
        except (Refused, OSError):
            pass  # it goes with the control plane
        super().gone()

    def env(self):
        return {**super().env(), "KUBE": self.known()["kubeconfig"]}

    def target(self):
        return ["--kubernetes", "KUBE", self.known()["namespace"], "ranker", "app", "10", *self.traffic]

    def book(self, environment="production", age=0):
        place = ["--ledger", "configmap", f"{self.known()['namespace']}/state", "ranker", environment, str(age)]
        return [*place, "--ledger-kubeconfig", "KUBE"]

    # what is there

    def seen(self):
        """All objects of the kinds, as they are."""
        found = {}
        for kind in sorted({thing["kind"].lower() for thing in self.beginning().values()} | {"ingress"}):
            answer = self.plane.ask("GET", self.path(kind))
            head = {"apiVersion": answer["apiVersion"], "kind": answer["kind"][: -len("List")]}
            found.update({f"{kind}/{one['metadata']['name']}": {**one, **head} for one in answer["items"]})
        return found

    def objects(self):
        return {name: plain(thing) for name, thing in self.seen().items()}

    def cluster(self):
        return {"objects": self.objects()}

    def maps(self):
        path = f"/api/v1/namespaces/{self.known()['namespace']}/configmaps?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dmlpipe"
        return self.plane.ask("GET", path)["items"]

    def document(self, environment="production"):
        key = environment + ".ledger.json"
        text = next((one["data"][key] for one in self.maps() if key in one["data"]), "")
        return json.loads(text) if text else {"entries": [], "lease": None}

    def print(self):
        maps = {one["metadata"]["name"]: one["data"] for one in self.maps()}
        return super().print() + json.dumps([self.objects(), maps], sort_keys=True)

    def serving(self):
        """The images of the pods that the live Service chooses, and how many of them are ready."""
        place = f"/api/v1/namespaces/{self.known()['namespace']}"
        chosen = self.plane.ask("GET", f"{place}/services/ranker")["spec"]["selector"]
        which = "%2C".join(f"{key}%3D{value}" for key, value in chosen.items())
        pods = self.plane.ask("GET", f"{place}/pods?labelSelector={which}")["items"]
        ready = [pod for pod in pods if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))]
        return {c["image"].partition("@")[2] for pod in ready for c in pod["spec"]["containers"] if c["name"] == "app"}, len(ready)


class RealCluster(Real, steps.Cluster):
    """A Deployment behind an Ingress."""

    account = "nginx"


class RealMirror(RealCluster):
    """Beside another environment, whose Ingress an account of its own may get and patch and nothing else."""

    account = "mirrored"

    def enter(self):
        there = self.admit("mirror")
        (self.folder / "there.json").write_text(json.dumps(there))
        live = steps.nginx_cluster()["ingress/web"]
        live["metadata"]["annotations"] = {}
        live["spec"]["rules"][0]["host"] = "live.example.com"
        self.plane.ask("POST", self.ingresses(), plain(live, there["namespace"]))
        super().enter()

    def there(self):
        return json.loads((self.folder / "there.json").read_text())

    def ingresses(self):
        return f"/apis/networking.k8s.io/v1/namespaces/{self.there()['namespace']}/ingresses"

    def copy(self):
        theirs = self.others()["ingress/web"]
        other = super().copy()
        there, now = self.there()["namespace"], other.there()["namespace"]
        other.words = [now if word == there else word for word in self.words]
        notes = {"metadata": {"annotations": theirs["metadata"].get("annotations", {})}}
        self.plane.ask("PATCH", other.ingresses() + "/web", notes, kind="application/merge-patch+json")
        return other

    def env(self):
        return {**super().env(), "KUBE_LIVE": self.there()["kubeconfig"]}

    def shadow(self):
        return ["--shadow", "live", "KUBE_LIVE", self.there()["namespace"], "web"]

    def others(self):
        return {"ingress/web": plain(self.plane.ask("GET", self.ingresses() + "/web"))}

    def print(self):
        return super().print() + json.dumps(self.others(), sort_keys=True)

    def gone(self):
        self.plane.ask("DELETE", f"/api/v1/namespaces/{self.there()['namespace']}")
        super().gone()


class RealMesh(Real, steps.Mesh):
    """A Deployment behind a VirtualService, whose kind is `crd.json`: a minimal one of ours, without Istio."""

    account = "istio"
