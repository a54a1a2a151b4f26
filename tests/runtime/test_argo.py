"""A canary that Argo Rollouts moves, with a stand-in for its engine and its plugin of kubectl."""

from __future__ import annotations

import json
import subprocess
import unittest

from bench import REPOSITORY
from test_deploy import BEFORE, DeployBench, WANTED

STEPS = ["--canary", "5", "0", "--canary", "25", "0", "--canary", "100", "0"]
ENGINE = [{"setWeight": 5}, {"pause": {}}, {"setWeight": 25}, {"analysis": {}}, {"pause": {}}]


def rollout(*steps: dict, image: str = BEFORE) -> dict:
    """A cluster with one Rollout that is healthy."""
    containers = [{"name": "app", "image": image}, {"name": "sidecar", "image": "proxy:1"}]
    strategy = {"canary": {"steps": list(steps), "trafficRouting": {"nginx": {"stableIngress": "web"}}}}
    spec = {"replicas": 3, "template": {"spec": {"containers": containers}}, "strategy": strategy}
    status = {"observedGeneration": "0", "currentPodHash": "", "stableRS": "", "currentStepIndex": len(steps)}
    status.update(canary={"weights": {"canary": {"weight": 0}}}, pauseConditions=[], controllerPause=False, phase="Healthy")
    meta = {"name": "ranker", "namespace": "ml", "generation": 1}
    return {"rollout/ranker": {"metadata": meta, "spec": spec, "status": status}}


class Argo(DeployBench):
    target = ["--argo", "KUBE", "ml", "ranker", "app", "20"]
    broken: list[str] = []
    degrading: list[str] = []

    def setUp(self) -> None:
        super().setUp()
        self.env["KUBE"] = "clusters: []\n"
        self.begin(*ENGINE)

    def begin(self, *steps: dict, image: str = BEFORE) -> None:
        self.keep(rollout(*steps, image=image))
        for _ in range(4 + len(steps)):
            self.kubectl()
        self.assertEqual(self.status()["phase"], "Healthy")

    def kubectl(self) -> None:
        """A look from outside, after which the engine goes on."""
        words = ["kubectl", "--namespace", "ml", "get", "rollouts.argoproj.io", "ranker", "-o", "json"]
        self.call_tool(words)

    def call_tool(self, words: list[str]) -> None:
        config = self.folder / "config"
        config.write_text("clusters: []\n")
        subprocess.run(words, env={**self.env, "KUBECONFIG": str(config)}, check=True, stdout=subprocess.DEVNULL)

    def keep(self, objects: dict, **faults: list[str]) -> None:
        spoiled = {"broken": self.broken, "degrading": self.degrading}
        (self.state / "cluster.json").write_text(json.dumps({"objects": objects, "faults": faults, **spoiled}))

    def objects(self) -> dict:
        return json.loads((self.state / "cluster.json").read_text())["objects"]

    def status(self) -> dict:
        return self.objects()["rollout/ranker"]["status"]

    def image_now(self) -> str:
        return self.objects()["rollout/ranker"]["spec"]["template"]["spec"]["containers"][0]["image"]

    def share(self) -> int:
        return self.status()["canary"]["weights"]["canary"]["weight"]

    def said(self) -> list[str]:
        lines = (self.state / "calls.jsonl").read_text().splitlines()
        calls = [json.loads(line) for line in lines]
        plugin = [c["words"] for c in calls if c["tool"] == "kubectl-argo-rollouts"]
        return [" ".join(words[: words.index("--namespace")]).replace(REPOSITORY, "…") for words in plugin]

    def at_rest(self, image: str) -> None:
        status = self.status()
        self.assertEqual((self.image_now(), status["phase"], self.share()), (image, "Healthy", 0))
        self.assertEqual(status["currentPodHash"], status["stableRS"])
        self.assertFalse(status.get("abort"))

    def phases(self, *names: str, steps: list[str] = STEPS) -> None:
        for name in names:
            self.good(self.phase(name, *steps))

    def test_step_by_step(self) -> None:
        self.phases("begin", "roll-out")
        self.assertEqual((self.image_now(), self.share()), (BEFORE, 0))
        for name, share in (("canary-1", 5), ("canary-2", 25)):
            self.phases(name)
            self.assertEqual((self.status()["phase"], self.share()), ("Paused", share))
        self.phases("canary-3", "finish")
        self.at_rest(WANTED)
        new = WANTED.replace(REPOSITORY, "…")
        self.assertEqual(self.said(), [f"set image ranker app={new}", "promote ranker", "promote ranker"])
        self.assertEqual(self.outcome(), ("passed", "deployed"))

    def test_without_steps(self) -> None:
        self.begin({"analysis": {}})
        self.good(self.phase("all"))
        self.at_rest(WANTED)
        self.begin()
        self.good(self.phase("all", "--canary", "100", "0"))
        self.at_rest(WANTED)

    def test_an_abort_puts_the_spec_back_too(self) -> None:
        self.phases("begin", "roll-out", "canary-1", "canary-2")
        self.good(self.phase("restore", *STEPS))
        self.at_rest(BEFORE)
        self.assertEqual(self.said()[-2:], ["abort ranker", "set image ranker app=…:v1"])
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_what_became_the_stable_one_is_taken_back_at_once(self) -> None:
        smoke = 'case "$(cat $STANDIN/cluster.json)" in *Healthy*) exit 3 ;; esac'
        out = self.bad(self.phase("all", *STEPS, "--smoke", smoke))
        self.assertIn("was put back in production", out)
        self.at_rest(BEFORE)
        self.assertEqual(self.said()[-2:], ["set image ranker app=…:v1", "promote ranker --full"])

    def test_an_analysis_that_fails(self) -> None:
        self.degrading = [WANTED]
        self.keep(self.objects())
        self.phases("begin", "roll-out", "canary-1")
        self.bad(self.phase("canary-2", *STEPS), "Degraded: RolloutAborted")
        self.good(self.phase("restore", *STEPS))
        self.at_rest(BEFORE)

    def refused(self, words: str, *steps: str) -> None:
        before = self.objects()
        self.bad(self.phase("begin", *(steps or STEPS)), words)
        spec = self.objects()["rollout/ranker"]["spec"]
        self.assertEqual(spec, before["rollout/ranker"]["spec"], "nothing was touched")

    def test_steps_that_contradict_the_spec(self) -> None:
        five, rest = [{"setWeight": 5}, {"pause": {}}], [{"setWeight": 25}, {"pause": {}}]
        for steps, words in (
            ([], "pauses at no weight before all of the traffic, and the canary of the spec at 5%, 25%"),
            (five, "pauses at 5% before all of the traffic"),
            ([*five, {"setWeight": 20}, {"pause": {}}], "pauses at 5%, 20% before"),
            ([{"setWeight": 5}, *rest], "does not pause at 5%"),
            ([*five, {"setWeight": 25}], "does not pause at 25%"),
            ([*five, {"setWeight": 25}, {"pause": {"duration": "1h"}}], "steps[3] a pause that ends by itself"),
            ([{"pause": {}}, *five, *rest], "steps[0] a pause that follows no weight"),
            ([*five, *rest, {"setWeight": 100}, {"pause": {}}], "a pause at 100%"),
        ):
            self.begin()
            objects = self.objects()
            objects["rollout/ranker"]["spec"]["strategy"]["canary"]["steps"] = steps
            self.keep(objects)
            self.refused(words)
        self.begin(*ENGINE)
        self.refused("pauses at 5%, 25% before all of the traffic, and the canary of the spec at no weight", "--smoke", "true")

    def test_a_rollout_that_cannot_be_driven(self) -> None:
        def changed(**spec: object) -> None:
            self.begin(*ENGINE)
            objects = self.objects()
            objects["rollout/ranker"]["spec"].update(spec)
            self.keep(objects)

        changed(strategy={"blueGreen": {}})
        self.refused("is of another strategy than `canary`")
        changed(paused=True)
        self.refused("was paused by hand")
        changed(workloadRef={"name": "ranker"})
        self.refused("takes its pods from elsewhere (`workloadRef`)")
        changed(strategy={"canary": {"steps": ENGINE}})
        self.refused("has no `trafficRouting`, and 5% of its 3 pods is no whole number of them")
        changed(strategy={"canary": {"steps": ENGINE}}, replicas=20)
        self.good(self.phase("begin", *STEPS))
        self.begin(*ENGINE)
        self.keep({})
        self.bad(self.phase("begin", *STEPS), 'rollouts.argoproj.io "ranker" not found')

    def set_by_hand(self, image: str, looks: int = 1) -> None:
        self.call_tool(["kubectl-argo-rollouts", "set", "image", "ranker", f"app={image}", "--namespace", "ml"])
        for _ in range(looks):
            self.kubectl()

    def test_what_somebody_else_began_is_left_alone(self) -> None:
        self.set_by_hand("other:2", 4)
        self.bad(self.phase("begin", *STEPS), "is on its way to other:2")
        self.begin(*ENGINE)
        self.phases("begin", "roll-out", "canary-1")
        self.set_by_hand("other:2", 4)
        self.bad(self.phase("canary-2", *STEPS), "was set to other:2 by somebody else")
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(self.image_now(), "other:2")
        self.assertEqual(self.outcome(), ("failed", "left_alone"))

    def test_one_that_was_aborted_by_hand_can_be_followed_by_a_better_one(self) -> None:
        self.set_by_hand("bad:2", 4)
        self.call_tool(["kubectl-argo-rollouts", "abort", "ranker", "--namespace", "ml"])
        for _ in range(3):
            self.kubectl()
        self.assertEqual(self.status()["phase"], "Degraded")
        self.good(self.phase("all", *STEPS))
        self.at_rest(WANTED)

    def test_what_never_gets_ready_ends_in_time(self) -> None:
        self.target = [*self.target[:-1], "5"]
        self.broken = [WANTED]
        self.keep(self.objects())
        self.phases("begin", "roll-out")
        self.bad(self.phase("canary-1", *STEPS), "is not paused at 5% after 5 s")
        self.good(self.phase("restore", *STEPS))
        self.at_rest(BEFORE)

    def test_calls_that_fail(self) -> None:
        for verb, faults in (("set", ["it is down"]), ("promote", ["it is down"]), ("promote", ["done:it is down"])):
            self.begin(*ENGINE)
            self.keep(self.objects(), **{verb: faults})
            self.bad(self.phase("all", *STEPS), "it is down", "production")
            self.at_rest(BEFORE)
        self.begin(*ENGINE)
        self.phases("begin", "roll-out", "canary-1")
        self.keep(self.objects(), set=["it is down"])
        self.bad(self.phase("restore", *STEPS), f"set image ranker app={BEFORE}; ", "promote ranker --full")
        self.good(self.phase("restore", *STEPS))
        self.at_rest(BEFORE)


if __name__ == "__main__":
    unittest.main()
