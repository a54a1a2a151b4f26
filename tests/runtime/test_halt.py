"""Halt, quarantine, what is good, and a ledger or a lease that fails: what a deploy does then, and what it says."""

from __future__ import annotations

import json
import os
import unittest

from bench import REPOSITORY, sha
from steps import NEW, NEXT, OLD, STEPS, Cluster, Commands, World, ended, kill
from test_faults import CHECKS, HALT

OTHER = sha("other")
WORDS = [*STEPS, *CHECKS, *HALT]
SLOW = ["--canary", "5", "0.3", "--canary", "100", "0"]


class Halt(unittest.TestCase):
    kind: type[World] = Commands

    def setUp(self) -> None:
        self.world = self.kind()
        self.world.words = list(WORDS)
        self.rate("0")
        self.addCleanup(self.world.gone)

    def rate(self, text: str) -> None:
        (self.world.folder / "rate").write_text(text)

    def good(self, number: int, digest: str, *more: str) -> None:
        self.rate("0")
        self.world.fresh_log()
        self.assertEqual(self.world.run_of(str(number), digest).deploy(*more), 0, self.world.log())
        self.assertEqual(self.world.live(), digest)
        self.at_rest()

    def bad(self, number: int, digest: str = "", *more: str) -> str:
        """A release that the watch takes back."""
        self.rate("1")
        return self.refused(number, digest or sha(f"bad {number}"), *more)

    def refused(self, number: int, digest: str, *more: str) -> str:
        self.world.fresh_log()
        self.assertNotEqual(self.world.run_of(str(number), digest).deploy(*more), 0, self.world.log())
        self.at_rest()
        return self.world.log()

    def at_rest(self) -> None:
        """Nothing beside it, nobody at it."""
        self.assertEqual(self.world.rest(), [], self.world.log())
        self.assertIsNone(self.world.document()["lease"], self.world.log())
        self.assertIsNone(self.world.ledger().open_intent(), self.world.log())

    def desk(self, *words: str, code: int = 0, **more) -> str:
        self.world.fresh_log()
        self.assertEqual(self.world.desk(*words, **more), code, self.world.log())
        return self.world.log()

    def last(self) -> dict:
        return self.world.document()["entries"][-1]

    def outcome(self) -> tuple[str, str]:
        record = self.world.record()
        return record["status"], record["deploy"]["outcome"]

    def until(self, phase: str, *more: str) -> None:
        """All phases before this one."""
        self.world.records()
        for name in self.world.phases(more):
            if name == phase:
                return
            self.assertEqual(self.world.phase(name, *more), 0, self.world.log())


class Halted(Halt):
    def three(self, *pauses: float) -> None:
        for number, pause in enumerate((*pauses, 0), 1):
            self.bad(number)
            self.assertEqual(self.world.live(), OLD)
            self.world.go(pause)

    def test_the_third_within_an_hour(self) -> None:
        self.three(1500, 1500)
        self.assertEqual(self.last()["kind"], "halted")
        self.assertEqual(self.world.record()["deploy"]["halted"], "3 rollbacks within 1 h, the limit is > 2")
        at = self.last()["at"]
        before = self.world.print()
        out = self.refused(4, NEW)
        self.assertIn(f"production is halted since {at}: 3 rollbacks within 1 h, the limit is > 2", out)
        self.assertIn("`sh .mlpipe/ranker.sh ledger production resume REASON`", out)
        self.assertEqual(self.outcome(), ("failed", "failed_untouched"))
        self.assertNotEqual(before, self.world.print())
        self.assertEqual(self.last()["kind"], "halted", "the refused run wrote an entry")
        self.desk("resume", "the feature store was down")
        self.good(5, NEW)
        self.assertIn("is not halted", self.desk("resume", "again", code=1))

    def test_the_third_after_61_minutes(self) -> None:
        self.three(1800, 1860)
        self.assertNotIn("halted", self.world.kinds())
        self.good(4, NEW)

    def test_what_was_resumed_does_not_count_any_more(self) -> None:
        self.three(0, 0)
        self.desk("resume", "a flaky metric")
        self.bad(4)
        self.bad(5)
        self.assertNotEqual(self.last()["kind"], "halted")
        self.bad(6)
        self.assertEqual(self.last()["kind"], "halted")

    def test_one_beside_it_is_stopped_too(self) -> None:
        self.world.write("staging", "halted", reason="too many", commit="x")
        out = self.refused(1, NEW, *WORDS, "--beside", "staging")
        self.assertIn("staging is halted since", out)
        self.assertIn("ledger staging resume REASON", out)
        self.assertEqual((self.world.live(), self.world.kinds()), (OLD, []))
        self.desk("resume", "found", environment="staging")
        self.good(2, NEW, *WORDS, "--beside", "staging")

    def test_a_run_that_was_killed_before_it_could_halt(self) -> None:
        self.bad(1)
        self.bad(2)
        self.rate("1")
        twin = self.world.copy()
        self.addCleanup(twin.gone)
        trace = [key for key, _ in twin.run_of("3", sha("bad 3")).trace() if key[0] == "restore"]
        self.assertEqual(twin.kinds()[-2:], ["rolled_back", "halted"])
        halt = [key for key in trace if key[1] == "before" and key[2].startswith("link ledger")][1]
        self.world.run_of("3", sha("bad 3")).deploy(at=halt, act=kill)
        self.assertEqual(self.world.kinds()[-1], "rolled_back")
        self.rate("0")
        self.assertIn("production is halted since", self.refused(4, NEW))
        self.assertEqual(self.world.kinds()[-1], "halted")


class Good(Halt):
    def test_quarantine_and_waive(self) -> None:
        self.bad(1, NEW)
        self.rate("0")
        out = self.refused(2, NEW)
        self.assertIn(f"{NEW} was rolled back in production at {self.last()['at']}", out)
        self.assertIn(f"ledger production waive {NEW} REASON", out)
        self.assertEqual(self.world.live(), OLD)
        self.desk("waive", "the metric was wrong", NEW)
        self.good(3, NEW)

    def test_an_older_candidate(self) -> None:
        self.good(5, NEW)
        out = self.refused(3, NEXT)
        self.assertIn(f"production has a newer one already: {NEW} of 2026-01-01T00:00:05Z", out)
        self.assertIn(f"ledger production waive {NEXT} REASON", out)
        self.assertEqual(self.world.live(), NEW)
        self.assertIn("is not quarantined", self.desk("waive", "why not", NEW, code=1))
        self.desk("waive", "back to what worked", NEXT)
        self.good(3, NEXT)
        self.good(6, NEW)  # a leave is for what was good then
        self.assertIn("has a newer one already", self.refused(3, NEXT))

    def test_twice_in_a_row_lands_on_the_same_one(self) -> None:
        self.good(1, NEW)
        for number in (2, 3):
            self.bad(number)
            self.assertEqual(self.world.live(), NEW)
            self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_a_first_deploy_that_fails(self) -> None:
        (self.world.folder / "service/live").write_text("")
        self.world.words = WORDS[len(STEPS) :]
        out = self.bad(1, NEW)
        self.assertIn("nothing in production was good before: there is nothing to put back", out)
        self.assertEqual((self.world.live(), self.world.kinds()), (NEW, ["intent", "left"]))
        self.assertEqual(self.outcome(), ("failed", "nothing_to_restore"))
        # What it left there did not become good by that.
        self.bad(2, NEXT)
        self.assertEqual(self.world.kinds(), ["intent", "left"] * 2)
        self.assertEqual(self.world.live(), NEXT)
        self.good(3, OTHER)
        self.bad(4)
        self.assertEqual(self.world.live(), OTHER)

    def test_a_run_that_is_started_again_has_to_prove_itself_again(self) -> None:
        self.until("watch")  # all traffic is its own, and then the machine is lost
        self.assertEqual(self.world.live(), NEW)
        self.world.checkout = "another"
        self.good(1, NEW)
        self.assertEqual(self.world.kinds(), ["adopted", "intent", "left", "intent", "good"])
        self.assertEqual(self.outcome(), ("passed", "deployed"))
        self.assertEqual(self.world.log().count("rate > 1%"), 1, "it was watched again")

    def test_a_run_that_is_refused_repairs_all_the_same(self) -> None:
        self.bad(1, NEXT)
        self.rate("0")
        self.world.run_of("2", NEW)
        self.until("watch")
        out = self.refused(3, NEXT)
        self.assertIn(f"{NEXT} was rolled back in production at", out)
        self.assertEqual(self.world.live(), OLD)
        what = self.world.record()["deploy"]["what"]
        self.assertEqual(what, f"{OLD} was put back, which run 2 (github) had not done")

    def test_what_is_live_already(self) -> None:
        self.good(1, NEW)
        self.good(2, NEW)
        self.assertEqual(self.outcome(), ("passed", "unchanged"))
        self.assertEqual(self.world.kinds(), ["adopted", "intent", "good", "intent", "good"])

    def test_somebody_else_was_there_meanwhile(self) -> None:
        self.until("finish")
        (self.world.folder / "service/live").write_text(OTHER)
        self.assertNotEqual(self.world.phase("finish"), 0)
        self.assertEqual(self.world.phase("restore"), 0)
        self.assertEqual((self.world.live(), self.outcome()), (OTHER, ("failed", "left_alone")))
        self.assertEqual(self.last()["kind"], "left")
        self.assertIn(f"production has {OTHER} at the end of the deploy", self.last()["reason"])
        self.at_rest()

    def test_the_time_that_it_took(self) -> None:
        slow = self.world.target()
        slow[3] = "sleep 0.2; " + slow[3]
        self.world.target = lambda: slow
        self.bad(1)
        seconds = self.world.record()["deploy"]["seconds"]
        self.assertEqual((self.last()["kind"], self.last()["seconds"]), ("rolled_back", seconds))
        self.assertGreaterEqual(seconds, 0.2)

    def test_longer_than_its_budget(self) -> None:
        words = [*WORDS[:-1], "1"]
        self.until("finish", *words)
        back = self.world.target()
        back[3] = "sleep 1.2; " + back[3]
        self.world.target = lambda: back
        self.assertEqual(self.world.phase("restore", *words), 1)
        out = self.world.log()
        self.assertIn(f"putting {OLD} back in production failed; it has {NEW} now", out)
        self.assertIn("did not end within", out)
        self.assertEqual((self.world.live(), self.outcome()), (NEW, ("failed", "restore_failed")))
        self.assertGreaterEqual(self.world.record()["deploy"]["seconds"], 1)
        self.assertEqual(self.world.kinds()[-1], "intent")
        back[3] = back[3].replace("sleep 1.2; ", "")
        self.good(2, NEXT)  # the next run puts back first
        self.assertEqual(self.world.kinds()[-3:], ["rolled_back", "intent", "good"])

    def test_done_but_later_than_its_budget(self) -> None:
        words = [*WORDS[:-1], "1"]
        self.until("finish", *words)
        slow = self.world.target()
        slow[2] = "sleep 0.6; " + slow[2]
        self.world.target = lambda: slow
        self.assertEqual(self.world.phase("restore", *words), 1)
        self.assertRegex(self.world.log(), "putting back took [0-9.]+ s, longer than its budget 1 s")
        self.assertEqual((self.world.live(), self.outcome()), (OLD, ("failed", "restored")))
        self.assertGreater(self.last()["seconds"], 1)


class OnACluster(Halt):
    kind = Cluster

    def test_somebody_else_was_there_meanwhile(self) -> None:
        self.until("canary-2")
        self.assertNotEqual(self.world.rest(), [])
        objects = self.world.objects()
        containers = objects["deployment/ranker"]["spec"]["template"]["spec"]["containers"]
        containers[0]["image"] = f"{REPOSITORY}@{OTHER}"
        (self.world.folder / "state/cluster.json").write_text(json.dumps({"objects": objects}))
        self.assertEqual(self.world.phase("restore"), 0, self.world.log())
        self.assertEqual((self.world.live(), self.outcome()), (OTHER, ("failed", "left_alone")))
        self.at_rest()

    def test_a_ledger_that_hangs_does_not_use_up_the_time(self) -> None:
        self.until("finish")
        path = self.world.folder / "state/configmaps.json"
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "faults": {"get": ["Unable to connect"] * 99}}))
        self.assertEqual(self.world.phase("restore"), 1)
        self.assertEqual((self.world.live(), self.world.rest()), (OLD, []))
        self.assertIn("the ledger does not know it yet", self.world.log())
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "faults": {}}))
        self.assertEqual(self.world.phase("restore"), 0)
        self.assertEqual(self.last()["kind"], "rolled_back")
        self.at_rest()


class Failing(Halt):
    """A ledger that is not there, or is not to be trusted."""

    def away(self) -> None:
        os.rename(self.world.folder / "ledger", self.world.folder / "away")

    def back(self) -> None:
        os.rename(self.world.folder / "away", self.world.folder / "ledger")

    def test_at_begin_nothing_is_touched(self) -> None:
        self.away()
        self.assertNotEqual(self.world.deploy(), 0)
        self.assertIn("there is no folder ../ledger for the ledger", self.world.log())
        self.assertEqual((self.world.live(), self.world.rest()), (OLD, []))
        self.assertEqual(self.outcome(), ("failed", "failed_untouched"))

    def test_at_the_end_it_is_put_back(self) -> None:
        self.until("finish")
        self.away()
        self.assertNotEqual(self.world.phase("finish"), 0)
        self.assertEqual(self.world.phase("restore"), 1)
        self.assertIn("the ledger does not know it yet", self.world.log())
        self.assertEqual((self.world.live(), self.outcome()), (OLD, ("failed", "restored")))
        self.back()
        self.assertEqual(self.world.phase("restore"), 0)
        self.assertEqual(self.world.kinds(), ["adopted", "intent", "rolled_back"])
        self.at_rest()

    def test_at_the_end_and_the_next_run_finds_it_out(self) -> None:
        self.until("finish")
        self.away()
        self.assertNotEqual(self.world.phase("finish"), 0)
        self.assertEqual(self.world.phase("restore"), 1)
        self.back()
        self.good(2, NEXT)
        self.assertEqual(self.world.kinds(), ["adopted", "intent", "rolled_back", "intent", "good"])

    def test_each_by_its_own_message(self) -> None:
        self.good(1, NEW)
        folder = self.world.folder / "ledger/production"
        newest = sorted(folder.glob("ledger.0*.json"))[-1]
        whole = newest.read_text()
        table = (
            (whole[:-40], "is not JSON"),
            (whole.replace('"service": "ranker"', '"service": "search"'), "is of the service 'search', not of 'ranker'"),
            (
                whole.replace('"environment": "production"', '"environment": "staging"'),
                "is of the environment 'staging', not of 'production'",
            ),
            (whole.replace('"schema": 1', '"schema": 2'), "has schema 2, this pipeline knows 1"),
            (whole.replace(NEW, NEXT), "its content is not what its hash says"),
        )
        for text, sentence in table:
            with self.subTest(sentence):
                newest.write_text(text)
                self.world.fresh_log()
                self.assertNotEqual(self.world.run_of("2", NEXT).deploy(), 0)
                self.assertIn(sentence, self.world.log())
                self.assertEqual((self.world.live(), self.outcome()), (NEW, ("failed", "failed_untouched")))
                self.assertEqual(newest.read_text(), text, "it was written over")
        newest.write_text(whole)
        self.world.go(3700)
        self.assertIn("was last verified 1 h", self.refused(2, NEXT, *WORDS, *self.world.book(age=3600)))
        self.assertEqual(self.world.live(), NEW)
        self.desk("resume", "looked at it", age=3600)
        self.good(3, NEXT, *WORDS, *self.world.book(age=3600))

    def test_one_that_grows_old_meanwhile(self) -> None:
        words = [*WORDS, *self.world.book(age=100)]
        self.good(1, NEW, *words)
        self.world.go(90)
        self.good(2, NEXT, *words)


class Two(Halt):
    """Two runs of two platforms: the ledger's lease is all that keeps them apart."""

    def other(self) -> World:
        other = Commands(self.world.folder).run_of("9", NEXT, "gitlab", "acme/other")
        other.words, other.checkout = self.world.words, "other"
        other.records()
        return other

    def test_who_has_lost_the_lease_stops(self) -> None:
        self.until("canary-2")
        other = self.other()
        self.assertEqual(other.phase("begin"), 0, other.log())  # waits until the lease is over
        self.assertEqual((self.world.live(), self.world.rest()), (OLD, []), "the other has repaired")
        self.assertEqual(self.world.kinds()[-2:], ["rolled_back", "intent"])
        self.assertEqual(other.phase("roll-out"), 0)
        before = (self.world.rest(), other.document())
        self.world.fresh_log()
        self.assertNotEqual(self.world.phase("canary-2"), 0)
        self.assertIn("the lease of production was lost to run 9 (gitlab)", self.world.log())
        self.assertEqual(self.world.phase("restore"), 1)
        self.assertEqual((self.world.rest(), other.document()), before)
        self.assertEqual(self.outcome(), ("failed", "left_alone"))
        for phase in other.phases([])[2:]:
            self.assertEqual(other.phase(phase), 0, other.log())
        self.assertEqual(self.world.live(), NEXT)
        self.at_rest()

    def test_one_after_the_other(self) -> None:
        self.world.words = [*SLOW, "--smoke", "cat ../service/weight >/dev/null || true"]
        self.world.real = True
        other = self.other()
        other.real, other.started = True, self.world.started
        other.records()
        parties = []
        for party in (self.world, other):
            pid = os.fork()
            if not pid:
                os._exit(party.deploy() & 127)
            parties.append(pid)
        self.assertEqual([ended(pid) for pid in parties], [0, 0], self.world.log())
        entries = [e for e in self.world.document()["entries"] if e["kind"] != "adopted"]
        self.assertEqual([e["kind"] for e in entries], ["intent", "good"] * 2)
        runs = [e["run"]["platform"] for e in entries]
        self.assertEqual((runs[0], runs[2]), (runs[1], runs[3]))
        self.assertEqual(sorted(runs), ["github", "github", "gitlab", "gitlab"])
        self.assertEqual(self.world.live(), entries[-1]["digest"])
        self.at_rest()

    def test_who_waits_too_long_is_refused(self) -> None:
        self.until("canary-2")
        other = self.other()
        other.real = True
        words = other.call("begin")
        words[words.index("--timeout") + 1] = "1"
        other.call = lambda phase, *more: words
        self.world.fresh_log()
        self.assertEqual(other.phase("begin"), 1)
        self.assertIn("production is being deployed to by run 1 (github)", other.log())
        self.assertEqual(other.record()["deploy"]["outcome"], "failed_untouched")
        for phase in self.world.phases([])[3:]:
            self.assertEqual(self.world.phase(phase), 0, self.world.log())
        self.at_rest()


if __name__ == "__main__":
    unittest.main()
