"""The rehearsal of a rollback: what it does, what it promises, what it leaves of what it touched, and what is left when it
is killed."""

from __future__ import annotations

import json
import os
import signal
import unittest

import keep
from bench import REPOSITORY, sha
from steps import KILLED, NEW, NEXT, OLD, Cluster, Commands, Engine, World, kill, shared_out

HALT = ["--halt", ">=", "2", "3600", "--within", "30"]
FIRST = sha("first")
PURPOSE = "the drill fails here, on purpose"


class Drills(unittest.TestCase):
    kind: type[World] = Commands
    moves: list[str] = []

    def setUp(self) -> None:
        self.world = self.kind()
        self.addCleanup(self.world.gone)
        self.world.words = [*self.moves, *HALT]
        # What was live before counts as good, and so does what the first run deploys.
        self.assertEqual(self.world.run_of("1", NEW).deploy(), 0, self.world.log())
        self.assertEqual(self.world.kinds(), ["adopted", "intent", "good"])
        self.world.run_of("2").fresh_log()

    def drill(self, code: int = 0, **how) -> dict:
        self.assertEqual(self.world.drill(**how), code, self.world.log())
        keep.record(self.world.folder / self.world.checkout, "drill-production")
        found = self.world.record("drill-production")
        self.assertEqual(found["status"], "failed" if code else "passed")
        self.assertNotIn("deploy", found)
        return found["drill"]

    def last(self) -> dict:
        return self.world.document()["entries"][-1]

    def named(self, digest: str) -> str:
        return self.world.document()["entries"][-1]["reference"].replace(self.last()["digest"], digest)

    def untouched(self, sentence: str) -> None:
        before = self.world.document()["entries"]
        found = self.drill(code=1)
        self.assertIn(sentence, self.world.log())
        self.assertEqual([found["outcome"], found["seconds"]], ["failed_untouched", None])
        document = self.world.document()
        self.assertEqual([document["entries"], document["lease"]], [before, None])


class Rehearsal(Drills):
    def test_it_is_put_back_in_time(self) -> None:
        found = self.drill()
        self.assertEqual([self.world.live(), self.world.rest()], [NEW, []])
        self.assertEqual([found["outcome"], found["digest"], found["before"]], ["restored", OLD, self.named(NEW)])
        self.assertEqual([found["budget"], found["halted"]], [30, None])
        self.assertLess(found["seconds"], 30)
        out = self.world.log()
        for line in (PURPOSE, "s of the 30 s that `rollback` promises", "a drill: "):
            self.assertIn(line, out)
        self.assertLess(out.index("a drill: "), out.index(PURPOSE))
        self.assertNotIn("error", out)
        document = self.world.document()
        self.assertIsNone(document["lease"])
        intent, back = document["entries"][-2:]
        self.assertEqual([intent["kind"], back["kind"], intent["digest"], back["digest"]], ["intent", "rolled_back", OLD, OLD])
        self.assertEqual([intent["drill"], back["drill"]], [True, True])
        self.assertIn(PURPOSE, back["reason"])
        self.assertEqual(back["seconds"], found["seconds"])

    def test_nothing_is_held_against_what_it_took_back(self) -> None:
        for number in "234":
            self.world.run_of(number)
            self.drill()
        ledger = self.world.ledger()
        self.assertIsNone(ledger.quarantined(OLD))
        self.assertEqual([ledger.rollbacks(3600), ledger.halted()], [0, None])
        self.assertEqual([ledger.last_good()["digest"], ledger.newest_candidate()["digest"]], [NEW, NEW])
        self.assertEqual(ledger.confirmed()["sequence"], len(ledger.entries), "what is live was looked at")
        self.assertEqual(self.state()["digest"], NEW)
        # Nor is it kept from being released again.
        self.assertEqual(self.world.run_of("5", OLD).deploy(), 0, self.world.log())
        self.assertEqual(self.world.live(), OLD)

    def state(self) -> dict:
        """`deploy_state.json`."""
        if isinstance(self.world, Cluster):
            objects = json.loads((self.world.folder / "state/configmaps.json").read_text())["objects"]
            return json.loads(objects["ml/state"]["data"]["production.deploy_state.json"])
        return json.loads((self.world.folder / "ledger/production/deploy_state.json").read_text())

    def test_a_waiver_is_not_used_up(self) -> None:
        self.world.run_of("2", NEXT)
        self.world.write("production", "rolled_back", digest=NEXT, reason="it did not hold")
        self.assertEqual(self.world.desk("waive", "the test was wrong", NEXT), 0, self.world.log())
        self.world.run_of("3")
        self.drill()
        self.assertIsNone(self.world.ledger().quarantined(NEXT))
        self.assertIsNotNone(self.world.ledger().waived(NEXT))

    def test_what_fell_is_not_taken_for_the_rehearsal(self) -> None:
        """The newest one before that was never taken back."""
        self.assertEqual(self.world.run_of("2", NEXT).deploy(), 0, self.world.log())
        self.world.write("production", "rolled_back", digest=NEW, reason="it did not hold")
        self.world.run_of("3")
        self.assertEqual(self.drill()["digest"], OLD)
        self.assertEqual(self.world.live(), NEXT)

    def test_one_release_is_not_enough(self) -> None:
        world = self.kind()
        self.addCleanup(world.gone)
        world.words = self.world.words
        self.world = world
        self.untouched("no release was good in production so far: a rehearsal of the rollback needs two")
        self.world.fresh_log()
        self.assertEqual(world.run_of("1", OLD).deploy(), 0, world.log())
        world.run_of("2")
        self.untouched("one release was good in production so far: a rehearsal of the rollback needs two")
        self.assertEqual(world.live(), OLD)

    def test_a_halted_environment(self) -> None:
        self.world.write("production", "halted", reason="too many")
        self.untouched("production is halted since ")

    def test_an_environment_that_soaks(self) -> None:
        before = self.world.document()["entries"]
        more = ["--soaks", "86400"]
        self.assertEqual(self.world.drill(more=more), 1)
        self.assertIn(f"{NEW} soaks in production since ", self.world.log())
        self.assertEqual(self.world.document()["entries"], before)
        self.world.go(86400 + 3700)
        self.drill(more=more)

    def test_what_is_live_is_not_what_is_good(self) -> None:
        self.put(FIRST)
        self.untouched("is what is good there: a rehearsal begins with what is good")
        self.assertEqual(self.world.live(), FIRST)

    def put(self, digest: str) -> None:
        """A person does that."""
        (self.world.folder / "service/live").write_text(digest)

    def test_what_a_killed_run_left_comes_first(self) -> None:
        self.world.run_of("2", NEXT)
        self.world.records()
        for phase in ("begin", "roll-out"):
            self.assertEqual(self.world.phase(phase), 0, self.world.log())
        self.assertEqual(self.world.live(), NEXT)
        self.world.run_of("3")
        self.drill()
        self.assertEqual(self.world.live(), NEW)
        self.assertEqual(self.world.kinds()[-4:], ["intent", "rolled_back", "intent", "rolled_back"])
        ledger = self.world.ledger()
        self.assertIsNotNone(ledger.quarantined(NEXT), "that one was no rehearsal")
        self.assertEqual(ledger.rollbacks(3600), 1)

    followers = ("reconciled", "next_run", "next_drill")

    def test_killed_at_every_step(self) -> None:
        """Whoever comes next ends it, each alone: the schedule, the next run, and the next drill."""
        traced = self.world.copy()
        self.addCleanup(traced.gone)
        self.assertEqual(traced.drill(trace=True), 0, traced.log())
        seen, keys = set(), []
        for line in (traced.folder / "trace").read_text().splitlines():
            key, print = json.loads(line)
            if key[0] == "drill" and print not in seen:
                keys.append(key)
            seen.add(print)
        self.assertGreater(len(keys), 5, keys)
        self.assertEqual(shared_out(keys, self.killed), [])

    def killed(self, key: list) -> None:
        world = self.world.copy()
        code = world.drill(at=key, act=kill)
        assert code == KILLED, f"ended with {code}\n{world.log()}"
        others = [world.copy() for _ in self.followers[1:]]
        try:
            for one, follower in zip([world, *others], self.followers):
                call = getattr(self, follower)
                before = one.document()["entries"]
                call(one)
                entries, ledger = one.document()["entries"], one.ledger()
                assert entries[: len(before)] == before, "an entry was lost"
                assert ledger.quarantined(OLD) is None, f"{follower}: {one.log()}"
                assert ledger.rollbacks(3600) == 0, one.kinds()
                assert ledger.open_intent() is None and one.document()["lease"] is None, one.log()
                assert one.rest() == [], one.log()
        finally:
            for one in [world, *others]:
                one.gone()

    def reconciled(self, world: World) -> None:
        assert world.reconcile() == 0, world.log()
        assert world.live() == NEW, world.log()
        assert world.ledger().last_good()["digest"] == NEW

    def next_run(self, world: World) -> None:
        assert world.run_of("3", NEXT).deploy() == 0, world.log()
        assert world.live() == NEXT, world.log()

    def next_drill(self, world: World) -> None:
        assert world.run_of("3").drill() == 0, world.log()
        assert world.live() == NEW, world.log()


class Commanded(Drills):
    """What a command can do wrong."""

    def changed(self, number: int, text: str, *limits: str) -> None:
        """The command at this place of the target."""
        words = self.world.target()
        words[number] = text
        self.world.target = lambda: words
        if limits:
            self.world.words = [*HALT[:4], *limits]

    def test_over_its_budget(self) -> None:
        live = self.world.target()[2]
        # Only what is read after the put-back is slow.
        self.changed(2, f"if [ -e ../late ]; then sleep 0.6; fi; {live}", "--within", "1")
        back = self.world.target()[3]
        self.changed(3, f'case "$MLPIPE_ROLLBACK_TO" in {NEW}) : > ../late;; esac; sleep 0.5; {back}')
        found = self.drill(code=1)
        self.assertEqual([found["outcome"], self.world.live()], ["restored", NEW])
        self.assertGreater(found["seconds"], 1)
        self.assertRegex(self.world.log(), f"the drill in production restored {NEW}, but in [0-9.]+ s: `rollback` of the spec promises 1 s")
        self.assertEqual([self.last()["kind"], self.last()["drill"]], ["rolled_back", True])

    def test_it_cannot_be_put_back(self) -> None:
        back = self.world.target()[3]
        self.changed(3, f'case "$MLPIPE_ROLLBACK_TO" in {NEW}) exit 3;; esac; {back}')
        found = self.drill(code=1)
        self.assertEqual([found["outcome"], self.world.live()], ["restore_failed", OLD])
        self.assertIn(f"putting {NEW} back in production failed; it has {OLD} now", self.world.log())
        self.assertEqual(self.last()["kind"], "intent")
        # It stays due, and whoever can do it does.
        self.changed(3, back)
        self.assertEqual(self.world.reconcile(), 0, self.world.log())
        self.assertEqual(self.world.live(), NEW)
        self.assertIsNone(self.world.ledger().quarantined(OLD))

    def test_the_earlier_one_does_not_come_up(self) -> None:
        back = self.world.target()[3]
        self.changed(3, f'{back}; case "$MLPIPE_ROLLBACK_TO" in {OLD}) exit 3;; esac')
        found = self.drill(code=1)
        self.assertEqual([found["outcome"], self.world.live()], ["restored", NEW])
        self.assertIn(f"nothing was rehearsed: putting {OLD} live failed with 3", self.world.log())
        self.assertIsNone(self.world.ledger().open_intent())
        self.assertIsNone(self.world.ledger().quarantined(OLD))

    def test_it_does_not_serve_what_it_was_told(self) -> None:
        back = self.world.target()[3]
        self.changed(3, f'case "$MLPIPE_ROLLBACK_TO" in {OLD}) exit 0;; esac; {back}')
        self.drill(code=1)
        self.assertIn(f"nothing was rehearsed: production has {NEW}, not {OLD}", self.world.log())

    def test_somebody_else_puts_something_there_meanwhile(self) -> None:
        """It is left alone, and the drill is red."""
        back = self.world.target()[3]
        self.changed(3, f'{back}; : > ../moved')
        live = self.world.target()[2]
        # The second look after it was put there is the put-back's own.
        meddle = f"if [ -e ../looked ]; then printf %s {FIRST} > ../service/live; fi; if [ -e ../moved ]; then : > ../looked; fi"
        self.changed(2, f"{meddle}; {live}")
        found = self.drill(code=1)
        self.assertEqual([found["outcome"], self.world.live()], ["left_alone", FIRST])
        self.assertIn("the drill in production did not restore: production has", self.world.log())

    def test_cancelled_while_the_earlier_one_serves(self) -> None:
        key = ["drill", "after", self.world.target()[3][:70], 1]

        def cancel() -> None:
            os.kill(os.getpid(), signal.SIGTERM)

        self.assertEqual(self.world.drill(at=key, act=cancel), 143, self.world.log())
        self.assertEqual(self.world.live(), NEW)
        self.assertEqual([self.last()["kind"], self.last()["drill"]], ["rolled_back", True])
        self.assertIsNone(self.world.document()["lease"])
        self.assertIn("the run was cancelled", self.last()["reason"])


class OnACanary(Drills):
    """Its deploys move in steps; a put-back never does."""

    moves = ["--canary", "5", "60", "--canary", "100", "0"]
    test_in_time = Rehearsal.test_it_is_put_back_in_time


class OnACluster(Drills):
    kind = Cluster
    test_in_time = Rehearsal.test_it_is_put_back_in_time
    test_nothing_is_held_against_it = Rehearsal.test_nothing_is_held_against_what_it_took_back
    test_killed_at_every_step = Rehearsal.test_killed_at_every_step
    killed, reconciled, state = Rehearsal.killed, Rehearsal.reconciled, Rehearsal.state
    #: The next run and the next drill mend by the same code, which is tried with commands.
    followers = ("reconciled",)

    def named(self, digest: str) -> str:
        return f"{REPOSITORY}@{digest}"


class OnAnEngine(OnACluster):
    """A Rollout that pauses at its steps."""

    kind = Engine
    moves = ["--canary", "5", "60", "--canary", "100", "0"]
    test_nothing_is_held_against_it = None
    test_killed_at_every_step = None


if __name__ == "__main__":
    unittest.main()
