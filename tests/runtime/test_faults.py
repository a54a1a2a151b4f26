"""Killed and cancelled at every step of a deploy: what serves afterwards, and what the ledger says."""

from __future__ import annotations

import shutil
import unittest

from bench import sha
from steps import KILLED, NEW, NEXT, OLD, STEPS, Cluster, Commands, Engine, Mesh, World, cancel, kill, shared_out

LATER = sha("later")
CHECKS = ["--smoke", "true", "--watch", "60", "30", "--metric", "rate", "run", "cat ../rate", "", ""]
CHECKS += ["--trigger", "rate", ">", "0.01", "once", "0", "rate > 1%"]
HALT = ["--halt", ">", "2", "3600", "--within", "30"]
#: How it takes over: the options of a whole run, and what of them a trace of it must hold.
CANARY, SWITCH, SHADOW = [*STEPS], ["--blue-green", "60"], ["shadow"]


class Faults(unittest.TestCase):
    kind: type[World] = Commands
    moves: list[str] = CANARY

    def world(self, rate: str = "0") -> World:
        world = self.kind()
        moves = world.shadow() if self.moves is SHADOW else self.moves
        world.words = [*moves, *CHECKS, *HALT]
        (world.folder / "rate").write_text(rate)
        self.addCleanup(world.gone)
        return world

    def moments(self, rate: str = "0") -> list:
        """The trace of a run. Nothing but files outlives a kill, so of moments that find the same files one is
        enough."""
        world = self.world(rate)
        trace = world.trace()
        self.assertEqual(world.live(), OLD if world.code else NEW, world.log())
        self.assertEqual(world.rest(), [])
        seen, found = set(), []
        for key, print in trace:
            if print not in seen:
                found.append(key)
            seen.add(print)
        names = " ".join(key[2] for key, _ in trace)
        self.trace = [key for key, _ in trace]
        for step in self.steps:
            self.assertIn(step, names)
        return found

    steps: tuple[str, ...] = ()

    def settled(self, world: World, live: str) -> None:
        """What has to be so after every fault: one whole release, and a ledger that is whole and says it."""
        assert world.live() == live, f"live is {world.live()}\n{world.log()}"
        assert world.rest() == [], f"left: {world.rest()}\n{world.log()}"
        ledger = world.ledger()
        assert ledger.open_intent() is None, f"{world.kinds()}\n{world.log()}"
        good = ledger.last_good()
        assert good is None or good["digest"] == live or good["reference"].endswith(live), good


class KilledOnCommands(Faults):
    steps = ("cat ../service/live", "service/copy", "service/weight", "true", "cat ../rate", "link ledger")

    def killed(self, key: list, rate: str = "0") -> World:
        world = self.world(rate)
        code = world.deploy(at=key, act=kill)
        assert code == KILLED or key[0] == "restore", f"ended with {code}\n{world.log()}"
        return world

    def one(self, key: list, rate: str = "0") -> None:
        """The same killed run several times over: each of what may come next has to do by itself."""
        world = self.killed(key, rate)
        others = [world.copy(), world.copy()]
        try:
            if self.is_new(world):
                others.append(world.copy())
                self.by_the_clock(others[2])
            self.restore(others[0])
            self.reconcile(others[1])
            self.next_run(world)
        finally:
            for one in [world, *others]:
                one.gone()

    def reconcile(self, world: World) -> None:
        """The job behind the deploy, or the schedule: neither has anything but the target and the ledger."""
        before, good = world.document()["entries"], "good" in world.kinds()
        open_intent = world.ledger().open_intent()
        code = world.reconcile()
        assert code == 0, f"{code}\n{world.log()}"
        self.settled(world, NEW if good else OLD)
        entries = world.document()["entries"]
        assert entries[: len(before)] == before, "an entry was lost"
        assert world.document()["lease"] is None, "the lease was not given back"
        # With an intent there is one more entry, without one nothing is added.
        assert len(entries) - len(before) == bool(open_intent), world.kinds()
        if open_intent:
            assert entries[-1]["kind"] in ("left", "rolled_back") and entries[-1]["closes"] == open_intent["sequence"]
        world.fresh_log()
        assert world.reconcile() == 0 and "nothing to do" in world.log(), world.log()
        assert world.record("reconcile-production")["reconcile"]["outcome"] == "nothing_to_do"
        self.settled(world, NEW if good else OLD)
        assert world.document()["entries"] == entries, world.kinds()

    #: Ledgers and targets that the schedule has met, by this process: what it does depends on nothing else.
    met: set = set()

    def is_new(self, world: World) -> bool:
        lease = world.document()["lease"]
        found = (type(self), *world.kinds(), bool(lease), world.live(), *world.rest())
        known = found in self.met
        self.met.add(found)
        return not known

    def by_the_clock(self, world: World) -> None:
        """The pipeline of `reconcile`: the same call (tests/reconcile.rs), in a run with another id that was not pushed, on a runner
        that has neither a candidate nor a record of the first."""
        world.checkout, world.event = "by-the-clock", "schedule"
        shutil.copytree(world.folder / "repo", world.folder / world.checkout, ignore=shutil.ignore_patterns("mlpipe-out"))
        self.reconcile(world.run_of("9"))

    def next_run(self, world: World) -> None:
        before = world.document()["entries"]
        (world.folder / "rate").write_text("0")
        code = world.run_of("2", NEXT).deploy()
        assert code == 0, f"{code}\n{world.log()}"
        self.settled(world, NEXT)
        entries = world.document()["entries"]
        assert entries[: len(before)] == before, "an entry was lost"
        assert entries[-1]["kind"] == "good" and world.document()["lease"] is None
        # Whatever is taken back from here on, it is this one that comes back.
        (world.folder / "rate").write_text("1")
        assert world.run_of("3", LATER).phase("restore") == 0, "there is nothing to put back"
        self.settled(world, NEXT)

    def restore(self, world: World) -> None:
        kinds = world.kinds()
        code = world.phase("restore")
        assert code == 0, f"{code}\n{world.log()}"
        self.settled(world, NEW if "good" in kinds else OLD)

    def test_at_every_step(self) -> None:
        wrong = shared_out(self.moments(), self.one)
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_while_it_is_put_back(self) -> None:
        keys = [key for key in self.moments("1") if key[0] == "restore"]
        self.assertGreater(len(keys), 5)
        wrong = shared_out(keys, lambda key: self.one(key, "1"))
        self.assertEqual(wrong, [], "\n".join(wrong))


class KilledOnACluster(KilledOnCommands):
    kind = Cluster
    steps = ("get deployment", "apply", "annotate", "set image", "delete", "rollout", "replace -f", "true", "cat")


class KilledBySwitch(KilledOnCommands):
    moves = SWITCH
    steps = ("service/copy", "service/weight", "true", "cat ../rate", "live.new")


class KilledBySwitchOnACluster(KilledOnACluster):
    moves = SWITCH


class KilledWithShadow(KilledOnCommands):
    moves = SHADOW

    def next_run(self, world: World) -> None:
        """Its first step alone ends the copies."""
        other = world.copy().run_of("2", NEXT)
        try:
            other.records()
            assert other.phase("begin") == 0, other.log()
            assert other.rest() == [], f"left: {other.rest()}\n{other.log()}"
        finally:
            other.gone()
        super().next_run(world)

    steps = ("cat ../service/live", "service/copied", "rm -f ../service/copied", "cat ../rate")


class KilledWithShadowOnACluster(KilledWithShadow):
    kind = Cluster
    steps = ("get deployment", "get ingress", "annotate ingress web", "set image", "rollout", "replace -f", "cat")
class KilledOnAMesh(KilledOnCommands):
    kind = Mesh
    steps = ("get virtualservices", "patch virtualservices", "apply", "set image", "delete", "rollout", "replace -f")


class KilledOnAnEngine(KilledOnCommands):
    kind = Engine
    steps = ("get rollouts", "set image", "replace -f")


class CancelledOnCommands(Faults):
    def cancelled(self, key: list) -> None:
        world = self.world()
        code = world.deploy(at=key, act=cancel)
        assert code, f"{code}\n{world.log()}"
        kinds = world.kinds()
        self.settled(world, NEW if "good" in kinds else OLD)
        assert world.document()["lease"] is None, f"the lease is still held\n{world.log()}"
        if "intent" in kinds and "good" not in kinds:
            last = world.document()["entries"][-1]
            assert last["kind"] in ("left", "rolled_back"), kinds
            assert "the run was cancelled" in last["reason"], last["reason"]
        world.gone()

    def test_at_every_step(self) -> None:
        self.moments()
        wrong = shared_out(self.trace, self.cancelled)
        self.assertEqual(wrong, [], "\n".join(wrong))


    def test_while_it_is_put_back(self) -> None:
        """A put-back that is cancelled is done, or is left to whatever comes next."""
        keys = [key for key in self.moments("1") if key[0] == "restore"]
        wrong = shared_out(keys, self.cancelled_again)
        self.assertEqual(wrong, [], "\n".join(wrong))

    def cancelled_again(self, key: list) -> None:
        world = self.world("1")
        world.deploy(at=key, act=cancel)
        self.assertEqual(world.run_of("9").reconcile(), 0, world.log())
        self.settled(world, OLD)
        assert world.document()["lease"] is None, f"the lease is still held\n{world.log()}"
        # Where what was good serves again and nobody has written it down, it is found so, as after a kill.
        closed = [kind for kind in world.kinds() if kind in ("rolled_back", "left")]
        assert len(closed) == 1, world.kinds()
        world.gone()


class CancelledOnACluster(CancelledOnCommands):
    kind = Cluster

    def test_at_every_step(self) -> None:
        # What a process does between two steps is the same on both targets.
        wrong = shared_out(self.moments(), self.cancelled)
        self.assertEqual(wrong, [], "\n".join(wrong))


class CancelledBySwitch(CancelledOnCommands):
    moves = SWITCH


class CancelledWithShadow(CancelledOnACluster):
    moves = SHADOW
class CancelledOnAMesh(CancelledOnACluster):
    kind = Mesh


class CancelledOnAnEngine(CancelledOnACluster):
    kind = Engine


if __name__ == "__main__":
    unittest.main()
