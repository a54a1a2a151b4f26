"""What follows from a ledger's entries: what has to be live, what is halted, quarantined or not ended."""

from __future__ import annotations

import itertools
import unittest

from ledgers import A, B, C, Case, runtime


def history(*acts: tuple) -> runtime.View:
    """A view of entries: kind, digest, run, and seconds since the one before."""
    view, at = runtime.View(), 1_800_000_000
    for number, (kind, what, run, later) in enumerate(acts, 1):
        at += later
        name = {"id": run, "url": "", "platform": "github", "repository": "x"}
        entry = {"sequence": number, "kind": kind, "digest": what, "reference": what, "run": name}
        view.entries.append({**entry, "at": runtime.stamped(at)})
    return view


def number(entry) -> int:
    return entry["sequence"] if entry else 0


class Views(Case):
    def test_last_good(self) -> None:
        for acts, expected in [
            ([], 0),
            ([("intent", A, "1", 0)], 0),
            ([("adopted", A, "1", 0)], 1),
            ([("adopted", A, "1", 0), ("good", B, "1", 0)], 2),
            ([("adopted", A, "1", 0), ("intent", B, "1", 0), ("rolled_back", B, "1", 0)], 1),
            # Twice in a row lands on the same.
            ([("good", A, "1", 0), ("rolled_back", B, "2", 0), ("rolled_back", C, "3", 0)], 1),
            # What was good first and rolled back later is not what is put back.
            ([("good", A, "1", 0), ("good", B, "2", 0), ("rolled_back", B, "2", 0)], 1),
            ([("good", B, "1", 0), ("rolled_back", B, "1", 0)], 0),
            ([("good", B, "1", 0), ("rolled_back", B, "1", 0), ("waived", B, "", 0), ("good", B, "2", 0)], 4),
            ([("good", A, "1", 0), ("left", B, "2", 0), ("halted", "", "2", 0)], 1),
        ]:
            self.assertEqual(number(history(*acts).last_good()), expected, acts)

    def test_open_intent(self) -> None:
        intent = ("intent", B, "1", 0)
        self.assertEqual(number(history().open_intent()), 0)
        self.assertEqual(number(history(intent).open_intent()), 1)
        for kind in ("good", "rolled_back", "left"):
            self.assertEqual(number(history(intent, (kind, B, "1", 0)).open_intent()), 0, kind)
            self.assertEqual(number(history(intent, (kind, B, "2", 0)).open_intent()), 1, kind)
            self.assertEqual(number(history((kind, B, "1", 0), intent).open_intent()), 2, kind)
        for kind in ("halted", "resumed", "waived", "adopted"):
            self.assertEqual(number(history(intent, (kind, B, "1", 0)).open_intent()), 1, kind)
        second = ("intent", C, "2", 0)
        self.assertEqual(number(history(intent, second).open_intent()), 2)
        self.assertEqual(number(history(intent, second, ("good", C, "2", 0)).open_intent()), 1)
        # Another run may say how it ended.
        closed = history(intent, ("rolled_back", B, "2", 0))
        closed.entries[-1]["closes"] = 1
        self.assertEqual(number(closed.open_intent()), 0)

    def test_quarantined(self) -> None:
        back, waived = ("rolled_back", B, "1", 0), ("waived", B, "2", 0)
        self.assertEqual(number(history(back).quarantined(B)), 1)
        self.assertIsNone(history(back).quarantined(A))
        self.assertIsNone(history(back, waived).quarantined(B))
        self.assertEqual(number(history(back, ("waived", A, "2", 0)).quarantined(B)), 1)
        self.assertEqual(number(history(back, waived, back).quarantined(B)), 3)
        self.assertEqual(number(history(back, ("good", B, "2", 0)).quarantined(B)), 1)

    def test_halted(self) -> None:
        halted, resumed = ("halted", "", "1", 0), ("resumed", "", "2", 0)
        self.assertIsNone(history().halted())
        self.assertEqual(number(history(halted).halted()), 1)
        self.assertEqual(number(history(halted, ("good", A, "3", 0)).halted()), 1)
        self.assertIsNone(history(halted, resumed).halted())
        self.assertEqual(number(history(halted, resumed, halted).halted()), 3)

    def test_rollbacks_in_the_window(self) -> None:
        """The guide's rule: more than 2 within an hour. The third within it counts, the third after 61
        minutes does not, one exactly as old as the window does."""

        def back(later: int) -> tuple:
            return ("rolled_back", B, "1", later)

        for acts, age, expected in [
            ([], 0, 0),
            ([back(0), back(600), back(600)], 0, 3),
            ([back(0), back(1800), back(1800)], 0, 3),
            ([back(0), back(1800), back(1801)], 0, 2),
            ([back(0), back(1830), back(1830)], 0, 2),
            ([back(0)], 3600, 1),
            ([back(0)], 3601, 0),
            ([back(0), back(1), ("resumed", "", "2", 1), back(1)], 0, 1),
            ([back(0), ("resumed", "", "2", 1)], 0, 0),
            ([back(0), ("good", A, "2", 1), ("waived", B, "2", 1), back(1)], 0, 2),
        ]:
            view = history(*acts)
            self.clock.wall = runtime.moment(view.entries[-1]["at"]) + age + 0.9 if acts else 0
            self.assertEqual(view.rollbacks(3600), expected, (acts, age))

    def test_the_window_is_of_the_ledgers_own_clock(self) -> None:
        view = history(("rolled_back", B, "1", 0), ("rolled_back", B, "1", 3601))
        self.clock.wall = runtime.moment(view.entries[0]["at"])  # this clock is an hour late
        self.assertEqual(view.rollbacks(3600), 1)

    def test_newest_candidate(self) -> None:
        self.assertIsNone(history(("good", A, "1", 0)).newest_candidate())
        acts = [("intent", A, "1", 0), ("intent", B, "2", 0), ("left", B, "2", 0)]
        self.assertEqual(number(history(*acts).newest_candidate()), 2)

    def test_every_short_history_keeps_its_promises(self) -> None:
        """All histories of four entries of two versions: 6 561 of them."""
        kinds = ("intent", "good", "rolled_back", "waived", "left", "adopted")
        acts = [(kind, what, what[-1], 1) for kind in kinds for what in (A, B)]
        acts.remove(("waived", A, "a", 1))
        acts.remove(("left", A, "a", 1))
        acts.remove(("adopted", B, "b", 1))
        for chosen in itertools.product(acts, repeat=4):
            view = history(*chosen)
            good = view.last_good()
            if good:
                self.assertIn(good["kind"], ("good", "adopted"))
                later = view.entries[good["sequence"] :]
                self.assertFalse([e for e in later if e["kind"] == "rolled_back" and e["digest"] == good["digest"]])
                # A roll-back of anything else changes nothing about it.
                other = B if good["digest"] == A else A
                more = history(*chosen, ("rolled_back", other, "z", 1), ("rolled_back", other, "z", 1))
                self.assertEqual(more.last_good(), good)
            for what in (A, B):
                back = view.quarantined(what)
                self.assertEqual(bool(back), bool(back) and back["kind"] == "rolled_back")
                ended = history(*chosen, ("waived", what, "z", 1))
                self.assertIsNone(ended.quarantined(what))
                self.assertEqual(number(ended.waived(what)), 5)
                undone = history(*chosen, ("waived", what, "z", 1), ("rolled_back", what, "z", 1))
                self.assertIsNone(undone.waived(what))
            intent = view.open_intent()
            if intent:
                ended = history(*chosen, ("left", intent["digest"], intent["run"]["id"], 1))
                self.assertNotEqual(number(ended.open_intent()), intent["sequence"])


if __name__ == "__main__":
    unittest.main()
