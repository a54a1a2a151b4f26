"""A control plane on loopback: etcd and kube-apiserver as they are, with RBAC, and those of Kubernetes' own controllers that a
Deployment needs (`tools/kubernetes/controllers`). There is no node and no scheduler: `kubelet.py` stands in for what makes pods
ready."""

import base64
import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

NAMES = ("etcd", "kube-apiserver", "controllers")
#: Who asked for what, without bodies.
POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}
ADMIN = "of-the-tests"


class Refused(Exception):
    """The API server's answer, where it is no 2xx."""

    def __init__(self, code, said):
        super().__init__(f"{code}: {said}")
        self.code = code


def free_ports(count):
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


class Wire:
    """To an API server on loopback that signed its own certificate."""

    def __init__(self, port, authority):
        self.port, self.authority = port, authority

    def ask(self, method, path, body=None, token=ADMIN, kind="application/json"):
        """One call of the API, beside kubectl: what the tests set up and look at."""
        tls = ssl.create_default_context(cafile=str(self.authority))
        wire = http.client.HTTPSConnection("127.0.0.1", self.port, context=tls, timeout=30)
        head = {"Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": "application/json"}
        try:
            wire.request(method, path, None if body is None else json.dumps(body), head)
            answer = wire.getresponse()
            text = answer.read().decode()
        finally:
            wire.close()
        if answer.status >= 300:
            raise Refused(answer.status, text[:500])
        return json.loads(text) if text[:1] == "{" else text


class Plane(Wire):
    """Started when made, ended by `close`. What the parts say is in `folder/NAME.log`."""

    def __init__(self, programs, folder):
        self.programs, self.folder = Path(programs), Path(folder)
        self.running = []
        client, peer, port = free_ports(3)
        super().__init__(port, self.folder / "certs/apiserver.crt")
        self.audit = self.folder / "audit.log"
        try:
            etcd, hosts = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
            words = ["--data-dir", "etcd", "--unsafe-no-fsync", "--listen-client-urls", etcd, "--advertise-client-urls", etcd]
            words += ["--listen-peer-urls", hosts, "--initial-advertise-peer-urls", hosts, "--initial-cluster", f"default={hosts}"]
            self.start("etcd", *words)
            self.start("kube-apiserver", *self.words(etcd))
            self.wait_for("/readyz", "kube-apiserver")
            self.kubeconfig = self.folder / "admin.json"
            self.kubeconfig.write_text(self.config(ADMIN))
            self.start("controllers", str(self.kubeconfig))
        except BaseException:
            self.close()
            raise

    def words(self, etcd):
        """The command line of kube-apiserver. It signs its own certificate into `certs/`."""
        key, users, policy = (self.folder / name for name in ("accounts.key", "users.csv", "policy.json"))
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, stderr=subprocess.DEVNULL)
        users.write_text(f'{ADMIN},admin,1,"system:masters"\n')
        policy.write_text(json.dumps(POLICY))
        return [
            *("--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--secure-port", str(self.port)),
            *("--cert-dir", str(self.folder / "certs"), "--token-auth-file", str(users), "--authorization-mode", "RBAC"),
            *("--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", str(key)),
            *("--service-account-signing-key-file", str(key), "--service-cluster-ip-range", "10.0.0.0/16"),
            # Pods run as the namespace's own account, which one more controller would make.
            *("--disable-admission-plugins", "ServiceAccount"),
            *("--audit-log-path", str(self.audit), "--audit-policy-file", str(policy)),
        ]

    def start(self, name, *words):
        log = open(self.folder / f"{name}.log", "wb")
        self.running.append(
            subprocess.Popen([str(self.programs / name), *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        )
        log.close()

    def wait_for(self, path, name, seconds=120):
        end = time.monotonic() + seconds
        while True:
            try:
                self.ask("GET", path)
                return
            except (OSError, http.client.HTTPException, Refused):
                if any(one.poll() is not None for one in self.running) or time.monotonic() > end:
                    tail = (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{name} does not get ready:\n{tail}") from None
                time.sleep(0.2)

    def close(self):
        for one in reversed(self.running):
            one.send_signal(signal.SIGTERM)
        for one in reversed(self.running):
            try:
                one.wait(15)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def config(self, token):
        """A kubeconfig, as a text."""
        ca = base64.b64encode(self.authority.read_bytes()).decode()
        cluster = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority-data": ca}
        return config(cluster, {"token": token})

    def kubectl(self, *words, stdin=None):
        """As the administrator; what it printed."""
        env = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run(["kubectl", *words], env=env, input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def versions(self):
        """Of every part that is real."""
        etcd = subprocess.run([str(self.programs / "etcd"), "--version"], capture_output=True, text=True).stdout.split("\n")[0]
        found = json.loads(self.kubectl("version", "-o", "json"))
        server, client = (found[one]["gitVersion"] for one in ("serverVersion", "clientVersion"))
        return {"kube-apiserver": server, "etcd": etcd.split()[-1], "kubectl": client}

    def asked_by(self, account):
        """What the accounts of this name asked for in any namespace and got, as (group, resource, verb)."""
        found = set()
        for line in self.audit.read_text().splitlines():
            event = json.loads(line)
            about = event.get("objectRef") or {}
            who, code = event["user"].get("username", ""), event.get("responseStatus", {}).get("code", 0)
            if who.endswith(":" + account) and about.get("resource") and code != 403:
                resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
                found.add((about.get("apiGroup", ""), resource, event["verb"]))
        return found


def config(cluster, user):
    """A kubeconfig of one cluster and one user."""
    whole = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "k", "cluster": cluster}]}
    context = {"name": "c", "context": {"cluster": "k", "user": "u"}}
    return json.dumps({**whole, "users": [{"name": "u", "user": user}], "contexts": [context]})
