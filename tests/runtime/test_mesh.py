"""A canary by the routes of an Istio VirtualService, with a stand-in for kubectl and its cluster."""

from __future__ import annotations

import copy
import json
import unittest

from test_canary import nginx_cluster
from test_deploy import DeployBench, WANTED

STEPS = ["--canary", "5", "0", "--canary", "25", "0", "--canary", "100", "0"]
MARK = "mlpipe/ranker-canary"


def leads(host: str, **more: object) -> dict:
    return {"destination": {"host": host, "port": {"number": 80}}, **more}


def mesh_cluster(*rules: list) -> dict:
    """The Deployment and Services of the other tests behind a VirtualService with these http routes."""
    objects = nginx_cluster()
    del objects["ingress/web"]
    http = [{"match": [{"uri": {"prefix": f"/{i}"}}], "route": route} for i, route in enumerate(rules)]
    spec = {"hosts": ["ranker.example.com"], "gateways": ["istio-system/public"], "http": http}
    meta = {"name": "web", "namespace": "ml", "resourceVersion": "100"}
    kind = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
    objects["virtualservice/web"] = {**kind, "metadata": meta, "spec": spec}
    return objects


def settled(objects: dict) -> dict:
    """Without what every write changes."""
    found = copy.deepcopy(objects)
    found["virtualservice/web"]["metadata"].pop("resourceVersion")
    return found


class Mesh(DeployBench):
    target = ["--kubernetes", "KUBE", "ml", "ranker", "app", "30", "--istio", "web"]

    def setUp(self) -> None:
        super().setUp()
        self.env["KUBE"] = "clusters: []\n"
        self.begin([leads("docs")], [leads("ranker.ml.svc.cluster.local")], [leads("ranker", weight=100)])

    def begin(self, *rules: list, **faults: list[str]) -> None:
        self.start = mesh_cluster(*rules)
        self.keep(self.start, **faults)

    def keep(self, objects: dict, **faults: list[str]) -> None:
        (self.state / "cluster.json").write_text(json.dumps({"objects": objects, "faults": faults}))

    def objects(self) -> dict:
        return json.loads((self.state / "cluster.json").read_text())["objects"]

    def routes(self) -> list:
        rules = self.objects()["virtualservice/web"]["spec"]["http"]
        return [[(one["destination"]["host"], one.get("weight")) for one in rule["route"]] for rule in rules]

    def phases(self, *names: str) -> None:
        for name in names:
            self.good(self.phase(name, *STEPS))

    def test_weights_and_the_end(self) -> None:
        self.phases("begin", "roll-out")
        found = self.objects()
        for name, thing in self.start.items():
            self.assertEqual(found[name], thing, "what is live is as it was")
        self.assertIn("deployment/ranker-canary", found)
        self.assertIn("service/ranker-canary", found)
        self.assertNotIn("service/docs-canary", found)
        for name, share in (("canary-1", 5), ("canary-2", 25)):
            self.phases(name)
            whole = ".ml.svc.cluster.local"
            split = [("ranker" + whole, 100 - share), ("ranker-canary" + whole, share)]
            short = [("ranker", 100 - share), ("ranker-canary", share)]
            self.assertEqual(self.routes(), [[("docs", None)], split, short])
        port = self.objects()["virtualservice/web"]["spec"]["http"][1]["route"][1]["destination"]["port"]
        self.assertEqual(port, {"number": 80})
        self.phases("canary-3", "finish")
        found = self.objects()
        self.assertEqual(sorted(found), sorted(self.start), "nothing is left beside it")
        self.assertEqual(settled(found)["virtualservice/web"], settled(self.start)["virtualservice/web"])
        containers = found["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        self.assertEqual(containers[0]["image"], WANTED)

    def test_what_fails_leaves_nothing_behind(self) -> None:
        for fails, faults in (
            ("apply", ["it is down"]),
            ("patch", ["it is down"]),
            ("rollout", ["it is down"]),
            ("set", ["it is down"]),
        ):
            self.keep(self.start, **{fails: faults})
            self.bad(self.phase("all", *STEPS), "it is down", "was put back in production")
            self.assertEqual(settled(self.objects()), settled(self.start), (fails, faults))

    def test_the_notes_of_others_stay(self) -> None:
        self.start["virtualservice/web"]["metadata"]["annotations"] = {"argocd/tracking": "x"}
        self.keep(self.start)
        self.phases("begin", "roll-out", "canary-1")
        notes = self.objects()["virtualservice/web"]["metadata"]["annotations"]
        self.assertEqual(json.loads(notes[MARK]), {"ranker": 100, "ranker.ml.svc.cluster.local": None})
        self.assertEqual(notes["argocd/tracking"], "x")
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(settled(self.objects()), settled(self.start))

    def test_a_write_between_reading_and_writing(self) -> None:
        self.phases("begin", "roll-out")
        self.keep(self.objects(), patch=["other"])
        out = self.good(self.phase("canary-1", *STEPS))
        self.assertIn("the VirtualService web was changed meanwhile", out)
        self.assertEqual(self.routes()[2], [("ranker", 95), ("ranker-canary", 5)])
        self.keep(self.objects(), patch=["other", "other", "other"])
        self.bad(self.phase("canary-2", *STEPS), "moving 25% of the traffic failed")
        self.assertEqual(self.routes()[2], [("ranker", 95), ("ranker-canary", 5)])
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(settled(self.objects()), settled(self.start))

    def test_an_answer_that_is_lost(self) -> None:
        self.phases("begin", "roll-out")
        self.keep(self.objects(), patch=["done:connection reset"])
        self.phases("canary-1")
        self.assertEqual(self.routes()[2], [("ranker", 95), ("ranker-canary", 5)])

    def test_a_person_who_routes_meanwhile(self) -> None:
        self.phases("begin", "roll-out", "canary-1")
        objects = self.objects()
        rules = objects["virtualservice/web"]["spec"]["http"]
        rules[1]["route"][0]["weight"] = 85
        rules[1]["route"].append(leads("docs", weight=10))
        rules[2]["route"] = [rules[2]["route"][1]]  # all of it to the copy
        self.keep(objects)
        self.bad(self.phase("canary-2", *STEPS), "splits its traffic already")
        self.good(self.phase("restore", *STEPS))
        whole = "ranker.ml.svc.cluster.local"
        self.assertEqual(self.routes(), [[("docs", None)], [(whole, 90), ("docs", 10)], [("ranker", 100)]])
        self.assertNotIn("annotations", self.objects()["virtualservice/web"]["metadata"])

    def refused(self, *words: str) -> None:
        self.bad(self.phase("begin", *STEPS), *words)
        self.assertEqual(self.objects(), self.start, "nothing was touched")

    def test_what_it_cannot_split_is_refused_before_anything_is_touched(self) -> None:
        none = "no http route of the VirtualService web leads to a Service whose pods are those of the Deployment ranker"
        for rules, words in (
            ([], none),
            ([[leads("docs")]], none),
            ([[leads("ranker.other.svc.cluster.local")], [leads("ranker.example.com")]], none),
            ([[leads("ranker", weight=90), leads("docs", weight=10)]], "spec.http[0] of the VirtualService web splits"),
            ([[leads("docs")], [{"destination": {"host": "ranker", "subset": "v1"}}]], "ranker (subset v1)"),
            ([[leads("ranker-canary")], [leads("ranker")]], "leads to ranker-canary already"),
        ):
            self.begin(*rules)
            if "ranker-canary" in words:
                self.start["service/ranker-canary"] = copy.deepcopy(self.start["service/docs"])
                self.keep(self.start)
            self.refused(words)
        self.begin([leads("ranker")])
        del self.start["virtualservice/web"]
        self.keep(self.start)
        self.refused('virtualservices.networking.istio.io "web" not found')

    def test_a_route_that_is_gone_does_not_keep_it_from_being_put_back(self) -> None:
        self.phases("begin", "roll-out", "canary-1")
        objects = self.objects()
        del objects["virtualservice/web"], self.start["virtualservice/web"]
        self.keep(objects)
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(self.objects(), self.start)

    def test_what_does_not_come_back_says_what_a_person_does(self) -> None:
        self.phases("begin", "roll-out", "canary-1")
        self.keep(self.objects(), patch=["no right"])
        self.bad(self.phase("restore", *STEPS), "lead the routes of the VirtualService web to the Service alone")
        self.good(self.phase("restore", *STEPS))
        self.assertEqual(settled(self.objects()), settled(self.start))

    def test_a_part_of_a_percent(self) -> None:
        self.phases("begin", "roll-out")
        steps = ["--canary", "0.5", "0", "--canary", "100", "0"]
        self.bad(self.phase("canary-1", *steps), "Istio gives whole percents to a route, not 0.5%")

    def test_what_a_killed_run_left_is_taken_away(self) -> None:
        self.phases("begin", "roll-out", "canary-1")
        self.env["MLPIPE_RUN_ID"] = "another"
        self.record("gate-unit")
        self.image()
        self.good(self.phase("all", *STEPS))
        self.assertEqual(sorted(self.objects()), sorted(self.start))
        self.assertEqual(settled(self.objects())["virtualservice/web"], settled(self.start)["virtualservice/web"])


if __name__ == "__main__":
    unittest.main()
