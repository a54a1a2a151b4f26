"""Copies of another environment's requests: begun, ended, and never in the way of that environment."""

from __future__ import annotations

import json
import unittest

from test_canary import NGINX, nginx_cluster
from test_deploy import BEFORE, NEW, OLD, WANTED, DeployBench

MARK = "mlpipe/shadow"
TARGET, HOST = NGINX + "mirror-target", NGINX + "mirror-host"
SHADOW = ["--shadow", "live", "KUBE", "prod", "web"]
PHASES = ("begin", "roll-out", "shadow", "finish")
CANARY = ["--canary", "5", "0", "--canary", "100", "0"]


def two_environments() -> dict:
    """`ml` gets copies of what comes to `prod`."""
    live = nginx_cluster()["ingress/web"]
    live["metadata"].update(namespace="prod", annotations={NGINX + "proxy-body-size": "8m"})
    for rule in live["spec"]["rules"]:
        rule["host"] = "live.example.com"
    return {"objects": nginx_cluster(), "namespaces": {"prod": {"objects": {"ingress/web": live}}}}


class OnNginx(DeployBench):
    target = ["--kubernetes", "KUBE", "ml", "ranker", "app", "30", "--traffic", "web"]

    def setUp(self) -> None:
        super().setUp()
        self.env["KUBE"] = "clusters: []\n"
        self.keep(two_environments())

    def keep(self, cluster: dict, **faults: list[str]) -> None:
        cluster["namespaces"]["prod"]["faults"] = faults
        (self.state / "cluster.json").write_text(json.dumps(cluster))

    def cluster(self) -> dict:
        return json.loads((self.state / "cluster.json").read_text())

    def theirs(self) -> dict:
        return self.cluster()["namespaces"]["prod"]["objects"]["ingress/web"]["metadata"].get("annotations", {})

    def image_of(self) -> str:
        spec = self.cluster()["objects"]["deployment/ranker"]["spec"]["template"]["spec"]
        return spec["containers"][0]["image"]

    def run_phases(self, *phases: str, more: tuple[str, ...] | list[str] = ()) -> None:
        for phase in phases:
            self.good(self.phase(phase, *SHADOW, *more))


class Nginx(OnNginx):
    def test_from_the_roll_out_to_the_end(self) -> None:
        before = self.theirs()
        self.run_phases("begin", "roll-out")
        self.assertEqual(self.theirs(), before)
        self.run_phases("shadow")
        address = "https://ranker.example.com$request_uri"
        added = {MARK: f"ranker/production/77 {address}", TARGET: address, HOST: "ranker.example.com"}
        self.assertEqual(self.theirs(), {**before, **added})
        self.run_phases("finish")
        self.assertEqual(self.theirs(), before)
        self.assertEqual(self.outcome(), ("passed", "deployed"))

    def test_the_scheme_is_what_the_host_speaks(self) -> None:
        def hosts(*names: str) -> list[dict]:
            return [{"hosts": list(names), "secretName": "x"}]

        force = {NGINX + "force-ssl-redirect": "true"}
        for tls, notes, scheme in (
            (None, {}, "http"),
            (hosts("other.example.com"), {}, "http"),
            (hosts("*.example.com"), {}, "https"),
            ([{"secretName": "x"}], {}, "https"),
            (None, force, "https"),
        ):
            cluster = two_environments()
            ingress = cluster["objects"]["ingress/web"]
            ingress["spec"]["tls"] = tls
            ingress["metadata"]["annotations"] = notes
            self.keep(cluster)
            self.run_phases("begin", "roll-out", "shadow")
            self.assertEqual(self.theirs()[TARGET], f"{scheme}://ranker.example.com$request_uri", tls)
            self.good(self.phase("restore", *SHADOW))

    def test_only_what_has_passed_its_test_gets_copies(self) -> None:
        before = self.theirs()
        self.bad(self.phase("all", *SHADOW, "--smoke", "exit 3"), "the smoke test failed", "was put back")
        self.assertEqual(self.theirs(), before)
        self.assertNotIn("annotate", str(self.calls("kubectl")))
        self.run_phases("begin", "roll-out", more=["--smoke", "true"])
        self.bad(self.phase("shadow", *SHADOW, "--smoke", "true"), "has not come so far")
        self.bad(self.phase("finish", *SHADOW), "no requests were copied to it")

    def test_it_is_judged_by_its_own_watch(self) -> None:
        before = self.theirs()
        seen = 'case "$(cat "$STANDIN/cluster.json")" in *mirror-target*) echo 1 ;; *) echo 0 ;; esac'
        watch = ["--watch", "1", "0.2", "--metric", "copied", "run", seen, "", ""]
        watch += ["--trigger", "copied", ">", "0", "once", "0", "copied > 0"]
        out = self.bad(self.phase("all", *SHADOW, *watch), "copied > 0", "was put back in production")
        self.assertLess(out.index("no more copies"), out.index(f"putting {BEFORE} back"))
        self.assertEqual((self.theirs(), self.image_of()), (before, BEFORE))

    def test_a_canary_of_copies(self) -> None:
        self.run_phases("begin", "roll-out", "shadow", more=CANARY)
        self.assertIn(TARGET, self.theirs())
        self.run_phases("canary-1", "canary-2", "finish", more=CANARY)
        self.assertNotIn(TARGET, self.theirs())

    def test_what_somebody_else_set_up_is_left_as_it_is(self) -> None:
        for mark, who in ((None, "somebody"), ("other/production/5 x", "`other/production/5`")):
            cluster = two_environments()
            notes = cluster["namespaces"]["prod"]["objects"]["ingress/web"]["metadata"]["annotations"]
            notes[TARGET] = "https://elsewhere$request_uri"
            if mark:
                notes[MARK] = mark
            self.keep(cluster)
            out = self.bad(self.phase("begin", *SHADOW), "to https://elsewhere$request_uri already", who)
            self.assertIn("nothing was touched", json.dumps(self.read("deploy-production")), out)
            self.good(self.phase("restore", *SHADOW))
            self.assertEqual(self.theirs(), notes)

    def test_what_somebody_set_up_meanwhile_is_left_as_it_is(self) -> None:
        self.run_phases("begin", "roll-out", "shadow")
        cluster = self.cluster()
        notes = cluster["namespaces"]["prod"]["objects"]["ingress/web"]["metadata"]["annotations"]
        notes[TARGET] = "https://elsewhere$request_uri"
        self.keep(cluster)
        self.run_phases("finish")
        self.assertNotIn(MARK, self.theirs())
        self.assertEqual(self.theirs()[TARGET], "https://elsewhere$request_uri")

    def test_nothing_is_written_over_a_change_of_that_moment(self) -> None:
        self.keep(two_environments(), annotate=["race"])
        self.run_phases(*PHASES)
        self.assertEqual(self.outcome(), ("passed", "deployed"))
        self.keep(two_environments(), annotate=["race"] * 3)
        self.good(self.phase("begin", *SHADOW))
        self.good(self.phase("roll-out", *SHADOW))
        self.bad(self.phase("shadow", *SHADOW), "the object has been modified", "copying the requests of live failed")

    def test_a_mirror_that_does_not_begin_leaves_both_as_they_were(self) -> None:
        before = self.theirs()
        self.keep(two_environments(), annotate=["forbidden"])
        self.bad(self.phase("all", *SHADOW), "forbidden", "copying the requests of live failed", "was put back")
        self.assertEqual((self.theirs(), self.image_of()), (before, BEFORE))

    def test_a_mirror_that_does_not_end_is_red_and_keeps_nothing_from_being_put_back(self) -> None:
        self.run_phases("begin", "roll-out", "shadow")
        self.keep(self.cluster(), get=["the cluster is down"] * 2)
        self.bad(self.phase("finish", *SHADOW), "the cluster is down", "the rights get and patch on the Ingress web")
        self.assertIn(TARGET, self.theirs())
        out = self.bad(self.phase("restore", *SHADOW), "the cluster is down", f"{BEFORE} was put back")
        self.assertEqual(self.image_of(), BEFORE)
        self.assertEqual(self.outcome(), ("failed", "restored"), out)
        # Called again it tries again.
        self.good(self.phase("restore", *SHADOW))
        self.assertNotIn(TARGET, self.theirs())

    def test_what_a_killed_run_left_is_ended_by_the_next(self) -> None:
        before = self.theirs()
        self.run_phases("begin", "roll-out", "shadow")
        self.env["MLPIPE_RUN_ID"] = "78"
        self.record("gate-unit")
        self.image()
        self.good(self.phase("begin", *SHADOW))
        self.assertEqual(self.theirs(), before)

    def test_a_run_ends_only_its_own(self) -> None:
        self.run_phases("begin", "roll-out", "shadow")
        cluster = self.cluster()
        notes = cluster["namespaces"]["prod"]["objects"]["ingress/web"]["metadata"]["annotations"]
        notes[MARK] = notes[MARK].replace("/77 ", "/78 ")
        self.keep(cluster)
        self.run_phases("finish")
        self.assertIn(TARGET, self.theirs(), "that is the run's that came after")
        self.good(self.phase("shadow-stop", *SHADOW))
        self.assertIn(TARGET, self.theirs())
        self.good(self.phase("shadow-stop", *SHADOW, MLPIPE_PLATFORM="desk"))
        self.assertNotIn(TARGET, self.theirs())

    def test_begin_says_what_cannot_be_copied(self) -> None:
        def changed(change) -> dict:
            cluster = two_environments()
            change(cluster)
            return cluster

        def nothing(c: dict) -> None:
            c["namespaces"]["prod"]["objects"].clear()

        def hostless(c: dict) -> None:
            del c["objects"]["ingress/web"]["spec"]["rules"][0]["host"]

        def wild(c: dict) -> None:
            c["objects"]["ingress/web"]["spec"]["rules"][0]["host"] = "*.example.com"

        def circle(c: dict) -> None:
            c["objects"]["ingress/web"]["spec"]["rules"][0]["host"] = "live.example.com"

        for change, sentence in (
            (nothing, "live has no Ingress web to copy requests from"),
            (hostless, "no rule of the Ingress web has a host"),
            (wild, "no rule of the Ingress web has a host"),
            (circle, "live.example.com is a host of live itself"),
        ):
            self.keep(changed(change))
            self.bad(self.phase("begin", *SHADOW), sentence)
            self.assertEqual(self.outcome(), ("failed", "failed_untouched"))

    def test_what_is_live_already_gets_no_copies(self) -> None:
        cluster = two_environments()
        cluster["objects"]["deployment/ranker"]["spec"]["template"]["spec"]["containers"][0]["image"] = WANTED
        self.keep(cluster)
        self.assertIn("it was live already; no requests", self.good(self.phase("all", *SHADOW)))
        self.assertNotIn("annotate", str(self.calls("kubectl")))


class Commands(DeployBench):
    def setUp(self) -> None:
        super().setUp()
        (self.folder / "live").write_text(OLD)
        self.log = self.folder / "log"
        deploy = f'printf %s "$MLPIPE_DIGEST" >{self.folder}/live'
        back = f'printf %s "$MLPIPE_ROLLBACK_TO" >{self.folder}/live'
        self.target = ["--command", deploy, f"cat {self.folder}/live", back, "20"]
        say = 'echo "{} $MLPIPE_SHADOW_FROM to $MLPIPE_ENVIRONMENT" >>' + str(self.log)
        self.shadow = ["--shadow-run", "live", say.replace("{}", "copy"), say.replace("{}", "stop")]

    def done(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def test_they_are_told_whose_and_where_to(self) -> None:
        self.good(self.phase("all", *self.shadow))
        both = "live to production"
        self.assertEqual(self.done(), [f"stop {both}", f"copy {both}", f"stop {both}"])
        self.assertEqual((self.folder / "live").read_text(), NEW)

    def test_one_that_fails_is_ended_and_taken_back(self) -> None:
        self.shadow[2] += "; exit 4"
        self.bad(self.phase("all", *self.shadow), "copying the requests of live failed with 4", "was put back")
        self.assertEqual([line.split()[0] for line in self.done()], ["stop", "copy", "stop"])
        self.assertEqual((self.folder / "live").read_text(), OLD)

    def test_one_that_does_not_end(self) -> None:
        for phase in ("begin", "roll-out", "shadow"):
            self.good(self.phase(phase, *self.shadow))
        self.shadow[3] += "; exit 5"
        self.bad(self.phase("finish", *self.shadow), "ending the copies of the requests of live failed with 5")
        self.bad(self.phase("restore", *self.shadow), "by hand", "was put back")
        self.assertEqual(self.outcome(), ("failed", "restored"))


if __name__ == "__main__":
    unittest.main()
