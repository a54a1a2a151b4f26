"""Canary, watch and ledger of a deploy, phase by phase, with a target of command lines."""

from __future__ import annotations

import json
import unittest

from test_deploy import BEFORE, DeployBench, NEW, OLD, WANTED

NGINX = "nginx.ingress.kubernetes.io/"
STEPS = ["--canary", "5", "0.4", "--canary", "25", "0.4", "--canary", "100", "0"]


class OnCommands(DeployBench):
    """`world.json` is what serves: who has how much of the traffic."""

    def setUp(self) -> None:
        super().setUp()
        (self.folder / "live").write_text(OLD)
        tools = self.folder
        self.log = tools / "log"
        verb = 'echo "{} ${{MLPIPE_WEIGHT-}} ${{MLPIPE_DIGEST-}}" >>{}'
        self.target = [
            "--command",
            verb.format("deploy", self.log),
            f"cat {tools}/live",
            verb.format("rollback", self.log) + f'; printf %s "$MLPIPE_ROLLBACK_TO" >{tools}/live',
            "20",
            "--shift",
            verb.format("shift", self.log),
            "--promote",
            verb.format("promote", self.log) + f'; printf %s "$MLPIPE_DIGEST" >{tools}/live',
        ]

    def done(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [" ".join(line.split()[:2]) if line.startswith("shift") else line.split()[0] for line in lines]

    def serving(self) -> str:
        return (self.folder / "live").read_text()


class Canary(OnCommands):
    def test_step_by_step(self) -> None:
        for phase in ("begin", "roll-out"):
            self.good(self.phase(phase, *STEPS))
        self.assertEqual(self.serving(), OLD)
        out = self.good(self.phase("canary-1", *STEPS))
        self.assertIn("5% of the traffic of production", out)
        self.good(self.phase("canary-2", *STEPS))
        self.good(self.phase("canary-3", *STEPS))
        self.good(self.phase("finish", *STEPS))
        self.assertEqual(self.done(), ["deploy", "shift 5", "shift 25", "promote"])
        self.assertEqual(self.serving(), NEW)
        self.assertEqual(self.outcome(), ("passed", "deployed"))

    def test_no_step_is_left_out(self) -> None:
        for phase in ("begin", "roll-out", "canary-1"):
            self.good(self.phase(phase, *STEPS))
        self.bad(self.phase("canary-3", *STEPS), "step 3 of the canary comes after step 2")
        self.bad(self.phase("finish", *STEPS), "the canary has not come to its end")
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(self.done(), ["deploy", "shift 5", "rollback"])
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_a_step_that_fails_is_taken_back(self) -> None:
        smoke = ["--smoke", f"case $(cat {self.log}) in *'shift 25'*) exit 3 ;; esac"]
        done = self.phase("all", *STEPS, *smoke)
        self.bad(done, "the smoke test failed", f"{OLD} was put back in production")
        self.assertEqual(self.done(), ["deploy", "shift 5", "shift 25", "rollback"])
        self.assertEqual(self.serving(), OLD)
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_a_watch_takes_back_what_is_not_good(self) -> None:
        rate = self.folder / "rate"
        rate.write_text("0.01\n")
        watch = ["--watch", "1", "0.2", "--metric", "error_rate", "run", f"cat {rate}", "", ""]
        watch += ["--trigger", "error_rate", ">", "0.01", "once", "0", "error_rate > 1%"]
        self.good(self.phase("all", *STEPS, *watch))
        self.assertEqual(self.serving(), NEW)
        (self.folder / "live").write_text(OLD)
        rate.write_text("0.0100001\n")
        out = self.bad(self.phase("all", *STEPS, *watch), "error_rate > 1%")
        self.assertIn(f"{OLD} was put back in production", out)
        self.assertEqual(self.serving(), OLD)


class Ledgers(OnCommands):
    def setUp(self) -> None:
        super().setUp()
        (self.folder / "ledger").mkdir()

    def words(self, phase: str, *more: str) -> list[str]:
        book = ["--ledger", "path", str(self.folder / "ledger"), "ranker", "production", "0"]
        return super().words(phase, *more, *book)

    def entries(self) -> list[dict]:
        path = self.folder / "ledger" / "production" / "ledger.json"
        return json.loads(path.read_text())["entries"]

    def kinds(self) -> list[str]:
        return [entry["kind"] for entry in self.entries()]

    def test_a_good_deploy_is_written_down(self) -> None:
        self.good(self.phase("all", *STEPS))
        self.assertEqual(self.kinds(), ["adopted", "intent", "good"])
        self.assertEqual([e["digest"] for e in self.entries()], [OLD, NEW, NEW])

    def test_a_rollback_quarantines_what_was_taken_back(self) -> None:
        self.bad(self.phase("all", *STEPS, "--smoke", "exit 3"), "was put back")
        self.assertEqual(self.kinds(), ["adopted", "intent", "rolled_back"])
        entry = self.entries()[-1]
        self.assertIn("the smoke test failed with 3", entry["reason"])
        out = self.bad(self.phase("all", *STEPS), f"{NEW} was rolled back in production")
        self.assertIn("waive", out)
        self.assertEqual(self.serving(), OLD)


def nginx_cluster() -> dict:
    """A Deployment, the Service in front of it, and an Ingress that leads to it and to somebody else's."""
    labels = {"app": "ranker", "team": "ml"}
    containers = [{"name": "app", "image": BEFORE}, {"name": "sidecar", "image": "proxy:1"}]
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": containers}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "ranker", "namespace": "ml", "labels": labels, "uid": "1"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "ranker"}}, "template": template},
    }

    def service(name: str, selector: dict) -> dict:
        spec = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "type": "NodePort", "selector": selector}
        spec["ports"] = [{"port": 80, "nodePort": 30080}]
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "ml"}, "spec": spec}

    def path(at: str, name: str) -> dict:
        backend = {"service": {"name": name, "port": {"number": 80}}}
        return {"path": at, "pathType": "Prefix", "backend": backend}

    rule = {"host": "ranker.example.com", "http": {"paths": [path("/", "ranker"), path("/docs", "docs")]}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "ml", "annotations": {"nginx.ingress.kubernetes.io/auth-url": "x"}},
        "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["ranker.example.com"]}], "rules": [rule]},
    }
    return {
        "deployment/ranker": deployment,
        "service/ranker": service("ranker", {"app": "ranker"}),
        "service/docs": service("docs", {"app": "docs"}),
        "ingress/web": ingress,
    }


class Nginx(DeployBench):
    """A cluster of objects, by a stand-in for kubectl."""

    target = ["--kubernetes", "KUBE", "ml", "ranker", "app", "30", "--traffic", "web"]

    def setUp(self) -> None:
        super().setUp()
        self.env["KUBE"] = "clusters: []\n"
        self.start = nginx_cluster()
        self.keep(self.start)

    def keep(self, objects: dict, **faults: list[str]) -> None:
        (self.state / "cluster.json").write_text(json.dumps({"objects": objects, "faults": faults}))

    def objects(self) -> dict:
        return json.loads((self.state / "cluster.json").read_text())["objects"]

    def test_the_copy_beside_what_is_live(self) -> None:
        self.good(self.phase("begin", *STEPS))
        self.good(self.phase("roll-out", *STEPS))
        found = self.objects()
        for name, thing in self.start.items():
            self.assertEqual(found[name], thing, "what is live is as it was")
        copy = found["deployment/ranker-canary"]
        images = {c["name"]: c["image"] for c in copy["spec"]["template"]["spec"]["containers"]}
        self.assertEqual(images, {"app": WANTED, "sidecar": "proxy:1"})
        pods = copy["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(pods["app"], "ranker-canary")
        self.assertEqual(copy["spec"]["selector"]["matchLabels"], pods)
        live = self.start["service/ranker"]["spec"]["selector"]
        self.assertFalse(all(pods.get(k) == v for k, v in live.items()), "the live Service chooses the copy")
        beside = found["service/ranker-canary"]["spec"]
        self.assertTrue(all(pods.get(k) == v for k, v in beside["selector"].items()))
        self.assertEqual((beside["type"], beside["ports"]), ("ClusterIP", [{"port": 80}]))
        ingress = found["ingress/web-canary"]
        notes = ingress["metadata"]["annotations"]
        self.assertEqual(notes, {NGINX + "canary": "true", NGINX + "canary-weight": "0"})
        paths = ingress["spec"]["rules"][0]["http"]["paths"]
        self.assertEqual([p["backend"]["service"]["name"] for p in paths], ["ranker-canary"])
        self.assertNotIn("tls", ingress["spec"])

    def test_weights_and_the_end(self) -> None:
        steps = ["--canary", "0.5", "0", "--canary", "25", "0", "--canary", "100", "0"]
        seen = []
        for phase in ("begin", "roll-out", "canary-1", "canary-2"):
            self.good(self.phase(phase, *steps))
            if phase.startswith("canary"):
                notes = self.objects()["ingress/web-canary"]["metadata"]["annotations"]
                seen.append((notes[NGINX + "canary-weight"], notes[NGINX + "canary-weight-total"]))
        self.assertEqual(seen, [("5", "1000"), ("25", "100")])
        self.good(self.phase("canary-3", *steps))
        self.good(self.phase("finish", *steps))
        self.assertEqual(sorted(self.objects()), sorted(self.start), "nothing is left beside it")
        containers = self.objects()["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        self.assertEqual(containers[0]["image"], WANTED)

    def test_what_fails_leaves_nothing_behind(self) -> None:
        for fails in ("apply", "annotate", "rollout", "set"):
            self.keep(self.start, **{fails: ["it is down"]})
            self.bad(self.phase("all", *STEPS), "it is down", "was put back in production")
            self.assertEqual(self.objects(), self.start, fails)

    def test_an_ingress_that_leads_elsewhere_is_refused(self) -> None:
        objects = nginx_cluster()
        del objects["ingress/web"]["spec"]["rules"][0]["http"]["paths"][0]
        self.keep(objects)
        self.good(self.phase("begin", *STEPS))
        self.bad(self.phase("roll-out", *STEPS), "leads to no Service whose pods are those of the Deployment ranker")
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(self.objects(), objects)

    def test_what_a_killed_run_left_is_taken_away(self) -> None:
        for phase in ("begin", "roll-out", "canary-1"):
            self.good(self.phase(phase, *STEPS))
        self.env["MLPIPE_RUN_ID"] = "another"
        self.record("gate-unit")
        self.image()
        self.good(self.phase("all", *STEPS))
        self.assertEqual(sorted(self.objects()), sorted(self.start))


if __name__ == "__main__":
    unittest.main()
