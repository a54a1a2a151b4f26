"""What repairs a killed deploy by itself, and what puts the last good one back: when it acts, when it waits, when it
leaves everything alone."""

from __future__ import annotations

import json
import unittest

import keep
from steps import KILLED, NEW, NEXT, OLD, Cluster, Commands, World, kill, runtime

HALT = ["--halt", ">=", "1", "3600", "--within", "30"]


class Reconcile(unittest.TestCase):
    kind: type[World] = Commands

    def setUp(self) -> None:
        self.world = self.kind()
        self.addCleanup(self.world.gone)
        # One that is good, by a run of its own.
        self.assertEqual(self.world.run_of("1", OLD).deploy(), 0, self.world.log())
        self.world.run_of("2", NEW)

    def killed(self, phase: str = "roll-out") -> None:
        """The run ends while it rolls out, and nothing of it is left but the ledger."""
        at = [phase, "after", self.ends_roll_out(), 1]
        self.assertEqual(self.world.deploy(at=at, act=kill), KILLED, self.world.log())
        self.assertEqual(self.world.live(), NEW)
        self.world.fresh_log()

    def ends_roll_out(self) -> str:
        return self.world.target()[1][:70]

    def reconcile(self, code: int = 0, **how) -> dict:
        self.assertEqual(self.world.reconcile(**how), code, self.world.log())
        keep.record(self.world.folder / self.world.checkout, "reconcile-production")
        return self.world.record("reconcile-production")["reconcile"]

    def last(self) -> dict:
        return self.world.document()["entries"][-1]

    def test_the_job_behind_the_deploy_takes_it_back(self) -> None:
        self.killed()
        found = self.reconcile()
        self.assertEqual([found["outcome"], found["digest"], found["before"]], ["restored", NEW, self.named(OLD)])
        self.assertEqual(self.world.live(), OLD)
        # The same run wrote the intent; it is no start of it again.
        self.assertEqual([self.last()["kind"], self.last()["digest"]], ["rolled_back", NEW])
        self.assertIn("::warning title=reconcile-production::production: ", self.world.log())
        self.assertIsNone(self.world.document()["lease"])
        # What was taken back is not put there again.
        self.assertNotEqual(self.world.run_of("3", NEW).deploy(), 0)
        self.assertIn("was rolled back in production", self.world.log())

    def named(self, digest: str) -> str:
        return digest

    def test_a_schedule_on_another_day_takes_it_back(self) -> None:
        self.killed()
        self.world.go(86_400)
        self.assertEqual(self.world.run_of("9").reconcile(), 0, self.world.log())
        self.assertEqual([self.world.live(), self.last()["kind"]], [OLD, "rolled_back"])

    def test_nothing_is_due(self) -> None:
        before = self.world.document()
        self.assertEqual(self.reconcile()["outcome"], "nothing_to_do")
        self.assertIn(f"nothing to do: {self.named(OLD)} is the last good one", self.world.log())
        self.assertEqual(self.world.document(), before, "nothing is written, no lease is taken")

    def test_nothing_is_asked_of_the_target_when_nothing_is_due(self) -> None:
        seen = self.world.folder / "seen"

        def target() -> list[str]:
            return ["--command", f"touch {seen}", f"touch {seen}", f"touch {seen}", "10"]

        self.world.target = target
        self.assertEqual(self.reconcile()["outcome"], "nothing_to_do")
        self.assertFalse(seen.exists())

    def test_an_empty_ledger(self) -> None:
        world = self.kind()
        self.addCleanup(world.gone)
        self.assertEqual(world.reconcile(), 0, world.log())
        self.assertIn("nothing to do: nothing is good there yet", world.log())

    def test_an_old_ledger_is_no_reason_to_leave_it_broken(self) -> None:
        self.killed()
        self.world.go(86_400)
        self.world.book = lambda: type(self.world).book(self.world, age=60)
        self.assertEqual(self.reconcile()["outcome"], "restored")

    def test_it_was_the_first_deploy(self) -> None:
        self.world = self.kind()
        self.addCleanup(self.world.gone)
        self.empty()
        self.killed()
        self.assertEqual(self.reconcile()["outcome"], "left_alone")
        self.assertEqual([self.world.live(), self.last()["kind"]], [NEW, "left"])
        self.assertIn("it was the first deploy; what it left there stays", self.world.log())

    def empty(self) -> None:
        (self.world.folder / "service/live").write_text("")

    def test_somebody_else_was_faster(self) -> None:
        self.killed()
        (self.world.folder / "service/live").write_text(NEXT)
        self.assertEqual(self.reconcile()["outcome"], "left_alone")
        self.assertEqual([self.world.live(), self.last()["kind"]], [NEXT, "left"])

    def test_it_cannot_be_put_back(self) -> None:
        self.killed()
        target = self.world.target()
        self.world.target = lambda: [*target[:3], "false", *target[4:]]
        found = self.reconcile(code=1)
        self.assertEqual(found["outcome"], "restore_failed")
        self.assertIn("could not be put back", self.world.log())
        self.assertEqual(self.last()["kind"], "intent", "it is still due")
        self.assertIsNone(self.world.document()["lease"])
        self.world.target = lambda: target
        self.assertEqual(self.reconcile()["outcome"], "restored")

    def test_one_too_many_halts(self) -> None:
        self.killed()
        self.world.words = HALT
        found = self.reconcile()
        self.assertEqual(self.world.kinds()[-2:], ["rolled_back", "halted"])
        self.assertIn("1 rollback within 1 h", found["halted"])
        self.assertEqual(self.reconcile()["outcome"], "nothing_to_do")
        self.assertIn("nothing to do: production is halted since", self.world.log())

    def test_killed_between_the_put_back_and_the_halt(self) -> None:
        self.killed()
        self.reconcile()
        self.world.words = HALT
        self.reconcile()
        self.assertEqual(self.world.kinds()[-2:], ["rolled_back", "halted"])

    def test_killed_while_it_repairs(self) -> None:
        self.killed()
        other = self.world.copy()
        self.addCleanup(other.gone)
        other.reconcile(trace=True)
        keys = [key for key in moments_of(other) if key[0] == "reconcile"]
        self.assertGreater(len(keys), 8, keys)
        for key in keys:
            with self.subTest(key):
                world = self.world.copy()
                self.assertEqual(world.reconcile(at=key, act=kill), KILLED, world.log())
                self.assertEqual(world.reconcile(), 0, world.log())
                self.assertEqual([world.live(), world.rest()], [OLD, []], world.log())
                self.assertIsNone(world.document()["lease"])
                world.fresh_log()
                self.assertEqual(world.reconcile(), 0)
                self.assertIn("nothing to do", world.log())
                world.gone()

    def test_a_lease_that_was_never_given_back(self) -> None:
        # `good` is written, the lease is not given back.
        writes = [key for key in self.moments() if key[:2] == ["finish", "after"] and "link" in key[2]]
        self.assertEqual(self.world.deploy(at=writes[0], act=kill), KILLED)
        self.assertEqual([self.last()["kind"], bool(self.world.document()["lease"])], ["good", True])
        self.assertEqual(self.reconcile()["outcome"], "nothing_to_do")
        self.assertIsNone(self.world.document()["lease"])
        self.assertEqual(self.world.live(), NEW)

    def moments(self) -> list:
        world = self.world.copy()
        self.addCleanup(world.gone)
        world.deploy(trace=True)
        return moments_of(world)

    # A run of another platform, which this platform's lock does not reach.

    def elsewhere(self, renewing: bool) -> list[float]:
        """Run 2 has begun; how long a reconcile on another platform sleeps."""
        self.world.records()
        self.assertEqual(self.world.phase("begin"), 0)
        self.world.run_of("5", platform="gitlab")
        world, slept = self.world, self.world.folder / "slept"

        def install() -> None:
            sleep = runtime.time.sleep

            def watched(seconds: float) -> None:
                with open(slept, "a") as file:
                    file.write(f"{seconds}\n")
                sleep(seconds)
                if renewing:
                    world.fork([], ["begin", "x", "x", "x"], renew)

            runtime.time.sleep = watched

        def renew() -> None:
            runtime.os.environ.update(MLPIPE_PLATFORM="github", MLPIPE_RUN_ID="2")
            options = runtime.Options(world.book(), {"ledger": 5, "ledger-kubeconfig": 1}, {})
            ledger = runtime.open_ledger(options, runtime.Deadline(30))
            ledger.load()
            ledger.seen["lease"] = ledger.lease["nonce"]
            ledger.renew()

        words = ["reconcile", "--environment", "production", "--image", "ghcr.io/acme/ranker", "--timeout", "3600"]
        begin = ["begin", "reconcile-production", "reconcile", "Reconcile"]
        world.job = "reconcile-production"
        self.code = world.fork([*words, *world.target(), *world.book()], begin, install)
        return [float(line) for line in slept.read_text().splitlines()] if slept.exists() else []

    def test_a_run_that_lives_elsewhere_is_left_alone(self) -> None:
        slept = self.elsewhere(renewing=True)
        self.assertEqual([self.code, self.last()["kind"]], [0, "intent"], self.world.log())
        self.assertEqual(len(slept), 1, "as soon as it is seen to live")
        self.assertEqual(self.world.record("reconcile-production")["reconcile"]["outcome"], "busy")
        self.assertIn("nothing to do: production is being deployed to by run 2 (github)", self.world.log())

    def test_a_run_that_died_elsewhere_is_waited_out(self) -> None:
        slept = self.elsewhere(renewing=False)
        self.assertEqual(self.code, 0, self.world.log())
        self.assertIn(self.last()["kind"], ("left", "rolled_back"))
        self.assertEqual(self.last()["closes"], self.world.document()["entries"][-2]["sequence"])
        self.assertGreater(sum(slept), 145, "the lease of a verb of 10 s")

    def test_at_a_desk_a_lease_is_waited_out_too(self) -> None:
        self.killed()
        self.assertEqual(self.world.run_of("8", platform="desk").reconcile(), 0, self.world.log())
        self.assertGreater(self.world.ahead(), 145)
        self.assertEqual([self.world.live(), self.last()["kind"]], [OLD, "rolled_back"])


class ReconcileACluster(Reconcile):
    kind = Cluster

    def ends_roll_out(self) -> str:
        return next(key[2] for key in self.moments() if "set image" in key[2])

    def named(self, digest: str) -> str:
        return f"ghcr.io/acme/ranker@{digest}"

    test_it_was_the_first_deploy = None
    test_somebody_else_was_faster = None
    test_it_cannot_be_put_back = None
    test_a_lease_that_was_never_given_back = None
    test_nothing_is_asked_of_the_target_when_nothing_is_due = None


class Redeploy(unittest.TestCase):
    """`on gate … failed redeploy last_good`."""

    def setUp(self) -> None:
        self.world = Commands()
        self.addCleanup(self.world.gone)
        self.assertEqual(self.world.run_of("1", OLD).deploy(), 0, self.world.log())
        self.world.run_of("2", NEW)
        self.world.fresh_log()

    def redeploy(self, code: int = 0) -> dict:
        self.assertEqual(self.world.reconcile(more=["--redeploy"]), code, self.world.log())
        return self.world.record("reconcile-production")["reconcile"]

    def test_it_is_live(self) -> None:
        before = self.world.document()["entries"]
        self.assertEqual(self.redeploy()["outcome"], "nothing_to_do")
        self.assertEqual(self.world.document()["entries"], before)
        self.assertIsNone(self.world.document()["lease"])

    def test_something_else_is_live(self) -> None:
        (self.world.folder / "service/live").write_text(NEXT)
        good = self.world.ledger().last_good()
        self.assertEqual(self.redeploy()["outcome"], "restored")
        self.assertEqual(self.world.live(), OLD)
        last = self.world.ledger().last_good()
        self.assertEqual([last["kind"], last["digest"], last["sequence"]], ["good", OLD, good["sequence"] + 1])
        # Nothing of what it was is lost: its place in the order of candidates above all.
        for key in ("candidate_at", "commit", "models", "gates"):
            self.assertEqual(last[key], good[key], key)
        self.assertIn(f"{NEXT} was live", last["reason"])
        self.assertIn("::warning", self.world.log())
        self.assertEqual(self.redeploy()["outcome"], "nothing_to_do")

    def test_a_killed_run_comes_first(self) -> None:
        keys = [key for key in self.moments() if key[0] == "roll-out"]
        self.assertEqual(self.world.deploy(at=keys[-1], act=kill), KILLED, self.world.log())
        self.assertEqual(self.redeploy()["outcome"], "restored")
        self.assertEqual([self.world.live(), self.world.kinds()[-1]], [OLD, "rolled_back"])

    def moments(self) -> list:
        world = self.world.copy()
        self.addCleanup(world.gone)
        world.deploy(trace=True)
        return moments_of(world)

    def test_a_halt_is_no_reason_not_to(self) -> None:
        self.world.write("production", "halted", reason="enough")
        (self.world.folder / "service/live").write_text(NEXT)
        self.redeploy()
        self.assertEqual([self.world.live(), bool(self.world.ledger().halted())], [OLD, True])

    def test_nothing_was_ever_good(self) -> None:
        self.world = Commands()
        self.addCleanup(self.world.gone)
        self.assertEqual(self.redeploy()["outcome"], "nothing_to_do")
        self.assertEqual(self.world.live(), OLD)
        self.assertIn("nothing is good in production yet", self.world.log())

    def test_it_cannot(self) -> None:
        (self.world.folder / "service/live").write_text(NEXT)
        target = self.world.target()
        self.world.target = lambda: [*target[:3], "false", *target[4:]]
        self.assertEqual(self.redeploy(code=1)["outcome"], "restore_failed")
        self.assertIn("could not be put back", self.world.log())
        self.assertIsNone(self.world.document()["lease"])


def moments_of(world: World) -> list:
    """The moments of a run that was traced."""
    return [json.loads(line)[0] for line in (world.folder / "trace").read_text().splitlines()]


if __name__ == "__main__":
    unittest.main()
