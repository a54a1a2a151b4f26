"""One at a time, over all platforms and repositories, whatever their clocks say."""

from __future__ import annotations

import json
import random
import unittest

from ledgers import A, Case, runtime


class Leases(Case):
    def other(self, seconds: float = 60):
        """Another platform's run takes it."""
        self.run_of("gitlab", "5")
        ledger = self.fresh()
        ledger.take(seconds)
        self.run_of("github", "77")
        return ledger

    def as_other(self, act) -> None:
        self.run_of("gitlab", "5")
        try:
            act()
        finally:
            self.run_of("github", "77")

    def test_taken_held_and_given_back(self) -> None:
        ledger = self.fresh()
        self.assertFalse(ledger.holds())
        ledger.take(60)
        self.assertTrue(ledger.holds())
        lease = self.fresh().lease
        self.assertEqual((lease["count"], lease["seconds"]), (1, 60))
        self.assertEqual(lease["holder"], runtime.ledger_run())
        ledger.append("adopted", digest=A)
        self.assertEqual(self.fresh().lease["count"], 2)  # writing is a sign of life too
        ledger.renew()
        self.assertEqual(self.fresh().lease["count"], 3)
        ledger.give_back()
        self.assertIsNone(self.fresh().lease)
        self.assertFalse(ledger.holds())
        ledger.give_back()
        ledger.append("intent", digest=A)  # without a lease anybody may write
        self.assertIsNone(self.fresh().lease)

    def test_another_platforms_lease_is_waited_for(self) -> None:
        other = self.other(60)
        began = self.clock.ran
        ledger = self.fresh(seconds=600)
        ledger.take(60)
        self.assertGreaterEqual(self.clock.ran - began, 60)
        self.assertLess(self.clock.ran - began, 75)
        with self.stops(r"the lease of production was lost to run 77 \(github\)"):
            self.as_other(other.holds)
        with self.stops("was lost to"):
            self.as_other(other.renew)
        with self.stops("was lost to"):
            self.as_other(lambda: other.append("good", digest=A))
        self.as_other(other.give_back)
        self.assertTrue(ledger.holds())
        self.assertEqual(self.kinds(), [])

    def test_a_lease_that_is_renewed_is_never_taken(self) -> None:
        other = self.other(60)

        def alive(seconds: float) -> None:
            if self.clock.ran - alive.last > 50:
                alive.last = self.clock.ran
                self.as_other(other.renew)

        alive.last = self.clock.ran
        self.clock.others = alive
        with self.stops(r"production is being deployed to by run 5 \(gitlab\)"):
            self.fresh(seconds=1000).take(60)
        self.clock.others = lambda seconds: None
        self.assertTrue(other.holds())

    def test_it_is_free_as_soon_as_it_is_given_back(self) -> None:
        other = self.other(600)
        began = self.clock.ran

        def gone(_) -> None:
            self.clock.others = lambda seconds: None
            self.as_other(other.give_back)

        self.clock.others = gone
        ledger = self.fresh(seconds=1000)
        ledger.take(60)
        self.assertLess(self.clock.ran - began, 20)
        self.assertTrue(ledger.holds())

    def test_clocks_do_not_matter(self) -> None:
        """The other machine is a year ahead or behind: only this machine's own waiting counts."""
        for skew in (-31_536_000, 31_536_000):
            with self.subTest(skew):
                self.clock.wall += skew
                other = self.other(60)
                self.clock.wall -= skew
                began = self.clock.ran
                self.fresh(seconds=600).take(60)
                self.assertGreaterEqual(self.clock.ran - began, 60)
                self.run_of("github", "77")
                mine = self.fresh()
                mine.seen["lease"] = self.fresh().lease["nonce"]
                mine.give_back()
                with self.stops("was taken away"):
                    self.as_other(other.holds)

    def test_the_same_platform_and_repository_need_not_wait(self) -> None:
        first = self.fresh()
        first.take(600)
        self.run_of("github", "78")
        began = self.clock.ran
        second = self.fresh()
        second.take(600)
        self.assertEqual(self.clock.ran, began)
        with self.stops("was lost to"):
            first.renew()

    def test_who_has_to_wait(self) -> None:
        for platform, repository in [("gitlab", "acme/ranker"), ("github", "acme/other"), ("desk", "x")]:
            with self.subTest(platform, repository=repository):
                self.run_of("github", "77")
                ledger = self.fresh()
                ledger.take(600)
                self.run_of(platform, "78", repository)
                with self.stops("is being deployed to by"):
                    self.fresh(seconds=10).take(600)
        # Two people at desks, even of one machine, and platforms that do not say which repository it is.
        for platform in ("desk", "jenkins"):
            with self.subTest(platform):
                ledger.give_back()
                self.run_of(platform, "1")
                ledger = self.fresh()
                ledger.take(600)
                self.run_of(platform, "2")
                with self.stops("is being deployed to by"):
                    self.fresh(seconds=10).take(600)

    def test_the_next_process_of_the_run_goes_on_with_it(self) -> None:
        ledger = self.fresh()
        ledger.take(90)
        kept = json.loads(json.dumps(ledger.seen))
        again = self.ledger()
        again.seen = kept
        self.assertTrue(again.holds())
        self.assertEqual(self.fresh().lease["count"], 2)  # nobody knows how old it was
        self.clock.go(29)
        again.holds()
        self.assertEqual(self.fresh().lease["count"], 2)
        self.clock.go(2)
        again.holds()
        self.assertEqual(self.fresh().lease["count"], 3)
        again.append("intent", digest=A)
        again.give_back()
        self.assertIsNone(self.fresh().lease)

    def test_a_person_can_resume_while_somebody_deploys(self) -> None:
        ledger = self.fresh()
        ledger.take(60)
        self.run_of("desk", "")
        self.fresh().append("resumed", reason="x")
        self.run_of("github", "77")
        self.assertTrue(ledger.holds())
        ledger.append("intent", digest=A)
        self.assertEqual(self.kinds(), ["resumed", "intent"])

    def test_of_many_that_want_it_one_has_it(self) -> None:
        """At every moment of a long random story at most one believes to hold it, and writes."""
        chance = random.Random(7)
        parties = []
        for name in range(4):
            self.run_of("gitlab", str(name), f"acme/{name}")
            parties.append((name, self.fresh(seconds=100_000)))
        holder, entries = None, 0
        for _ in range(300):
            name, ledger = chance.choice(parties)
            self.run_of("gitlab", str(name), f"acme/{name}")
            self.clock.go(chance.choice([0, 1, 40]))
            act = chance.choice(["take", "take", "renew", "append", "give_back"])
            try:
                if act == "take":
                    deadline = runtime.Deadline(chance.choice([1, 70]))
                    ledger.take(60, deadline)
                    holder = name
                elif act == "give_back":
                    ledger.give_back()
                    holder = None if holder == name else holder
                elif ledger.seen.get("lease"):
                    ledger.renew() if act == "renew" else ledger.append("left", commit=f"{entries}")
                    entries += act == "append"
                    self.assertEqual(name, holder, act)
            except runtime.Stop:
                self.assertFalse(act != "take" and name == holder)
        self.assertGreater(len(self.kinds()), 10)


if __name__ == "__main__":
    unittest.main()
