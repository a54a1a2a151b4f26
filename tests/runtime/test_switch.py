"""Blue and green: beside what is live, switched at once, and the old one at hand until the end."""

from __future__ import annotations

import json
import unittest

from test_canary import NGINX, OnCommands, nginx_cluster
from test_deploy import BEFORE, NEW, OLD, WANTED, DeployBench

SWITCH = ["--blue-green", "0.4"]


class OnCommandLines(OnCommands):
    def test_step_by_step(self) -> None:
        smoke = ["--smoke", f'echo "smoke $MLPIPE_WEIGHT $MLPIPE_BESIDE_HEADER" >>{self.log}']
        words = [*SWITCH, *smoke]
        for phase, done in (
            ("begin", []),
            ("roll-out", ["deploy"]),
            ("smoke", ["deploy", "smoke"]),
            ("switch", ["deploy", "smoke", "shift 100", "smoke"]),
        ):
            self.good(self.phase(phase, *words))
            self.assertEqual(self.done(), done)
            self.assertEqual(self.serving(), OLD)
        self.good(self.phase("finish", *words))
        self.assertEqual(self.done()[-1], "promote")
        weights = [line.split()[1] for line in self.log.read_text().splitlines() if line.startswith("smoke")]
        self.assertEqual(weights, ["0", "100"])
        self.assertEqual(self.outcome(), ("passed", "deployed"))

    def test_without_a_command_that_promotes(self) -> None:
        del self.target[self.target.index("--promote") :]
        shift = self.target.index("--shift") + 1
        self.target[shift] += f'; printf %s "$MLPIPE_DIGEST" >{self.folder}/live'
        self.good(self.phase("all", *SWITCH))
        self.assertEqual(self.done(), ["deploy", "shift 100"])
        self.assertEqual(self.serving(), NEW)

    def test_no_phase_is_left_out(self) -> None:
        words = [*SWITCH, "--smoke", "true"]
        for phase in ("begin", "roll-out"):
            self.good(self.phase(phase, *words))
        self.bad(self.phase("switch", *words), "has not come so far")
        self.good(self.phase("smoke", *words))
        self.bad(self.phase("finish", *words), "the traffic was not switched")
        self.good(self.phase("restore", *words))
        self.assertEqual(self.done(), ["deploy", "rollback"])

    def test_taken_back_at_each_point(self) -> None:
        def broken(when: str) -> list[str]:
            return [*SWITCH, "--smoke", f"case $(cat {self.log}) in {when}) exit 3 ;; esac"]

        for words, before in (
            (broken("deploy*"), ["deploy"]),
            (broken("*'shift 100'*"), ["deploy", "shift 100"]),
        ):
            self.log.write_text("")
            self.bad(self.phase("all", *words), "the smoke test failed", f"{OLD} was put back in production")
            self.assertEqual(self.done(), [*before, "rollback"])
            self.assertEqual(self.serving(), OLD)
        self.log.write_text("")
        self.target[-1] = f"echo promote >>{self.log}; exit 6"
        self.bad(self.phase("all", *SWITCH), "taking the old one away failed with 6", "was put back")
        self.assertEqual(self.done(), ["deploy", "shift 100", "promote", "rollback"])

    def test_it_is_watched_while_the_old_one_is_at_hand(self) -> None:
        moved = f'case $(cat {self.log}) in *"shift 100"*) echo 1 ;; *) echo 0 ;; esac'
        watch = ["--watch", "1", "0.2", "--metric", "rate", "run", moved, "", ""]
        watch += ["--trigger", "rate", ">", "0", "once", "0", "rate > 0"]
        self.bad(self.phase("all", *SWITCH, *watch), "rate > 0", f"{OLD} was put back in production")
        self.assertEqual(self.done(), ["deploy", "shift 100", "rollback"], "it was not promoted before")


class OnNginx(DeployBench):
    target = ["--kubernetes", "KUBE", "ml", "ranker", "app", "30", "--traffic", "web"]

    def setUp(self) -> None:
        super().setUp()
        self.env["KUBE"] = "clusters: []\n"
        self.start = nginx_cluster()
        self.keep()

    def keep(self, **faults: list[str]) -> None:
        (self.state / "cluster.json").write_text(json.dumps({"objects": self.start, "faults": faults}))

    def objects(self) -> dict:
        return json.loads((self.state / "cluster.json").read_text())["objects"]

    def notes(self) -> dict:
        found = self.objects()["ingress/web-canary"]["metadata"]["annotations"]
        return {key.replace(NGINX, ""): value for key, value in found.items()}

    def test_the_new_one_is_reached_by_a_header_before_it_has_traffic(self) -> None:
        seen = self.folder / "seen"
        words = [*SWITCH, "--smoke", f'echo "$MLPIPE_BESIDE_HEADER" >>{seen}']
        for phase in ("begin", "roll-out", "smoke"):
            self.good(self.phase(phase, *words))
        notes = self.notes()
        self.assertEqual((notes["canary"], notes["canary-weight"]), ("true", "0"))
        self.assertEqual(notes["canary-by-header"], "mlpipe-beside")
        token = notes["canary-by-header-value"]
        self.assertRegex(token, "^[0-9a-f]{16}$")
        self.assertEqual(seen.read_text(), f"mlpipe-beside: {token}\n")
        self.good(self.phase("switch", *words))
        notes = self.notes()
        self.assertEqual((notes["canary-weight"], notes["canary-weight-total"]), ("100", "100"))
        live = self.objects()["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        self.assertEqual(live[0]["image"], BEFORE, "the old one is at hand")
        self.good(self.phase("finish", *words))
        self.assertEqual(sorted(self.objects()), sorted(self.start))
        live = self.objects()["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        self.assertEqual(live[0]["image"], WANTED)

    def test_what_fails_leaves_nothing_behind(self) -> None:
        for fails in ("apply", "annotate", "rollout", "set"):
            self.keep(**{fails: ["it is down"]})
            self.bad(self.phase("all", *SWITCH), "it is down", "was put back in production")
            self.assertEqual(self.objects(), self.start, fails)

    def test_putting_back_moves_the_traffic_first(self) -> None:
        for phase in ("begin", "roll-out", "switch"):
            self.good(self.phase(phase, *SWITCH))
        self.forget_calls()
        self.good(self.phase("restore", *SWITCH))
        done = [" ".join(c["words"][2:4]) for c in self.calls("kubectl") if c["words"][2] != "get"]
        self.assertEqual(done[0], "delete ingress")
        self.assertEqual(self.objects(), self.start)


if __name__ == "__main__":
    unittest.main()
