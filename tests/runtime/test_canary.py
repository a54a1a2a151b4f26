"""Canary, watch and ledger of a deploy, phase by phase, with a target of command lines."""

from __future__ import annotations

import json
import unittest

from test_deploy import DeployBench, NEW, OLD

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


if __name__ == "__main__":
    unittest.main()
