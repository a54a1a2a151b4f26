"""What is judged at a poll: nothing while it warms up, no metric of too few samples, and a metric against what the version
before gives while that still serves."""

from __future__ import annotations

import unittest

from watching import Watching, metric, runtime, trigger

FAILS = "exit 3"


class WarmUp(Watching):
    """No metric is judged for a time after each move of traffic."""

    def setUp(self) -> None:
        super().setUp()
        self.polls: list[float] = []
        self.bad_until = 1e9

        def value() -> str:
            self.polls.append(self.moment())
            return "2" if self.moment() < self.bad_until else "0"

        self.server.values = {"m": value}

    def step(self, seconds: float, warm_up: str, *lasting: str, moves: bool = True, more: tuple[str, ...] = ()):
        watch = self.watch(*metric("m"), *trigger("m", ">", "1", *lasting), "--warm-up", warm_up, *more)
        if moves:
            watch.begin()
        return self.hold(watch, seconds)

    def test_nothing_is_asked_and_nothing_trips_before_its_end(self) -> None:
        for warm_up, at in [("0", 60), ("59", 60), ("60", 60), ("60.001", 120), ("120", 120), ("121", 180)]:
            with self.subTest(warm_up=warm_up):
                self.state, self.polls = {}, []
                self.assertIsInstance(self.step(600, warm_up), runtime.Tripped)
                self.assertEqual((self.moment(), self.polls), (at, [at]))
        self.state, self.bad_until = {}, 120
        self.assertIsNone(self.step(600, "120"))

    def test_it_comes_after_each_move_and_not_before_the_window(self) -> None:
        self.bad_until = 0
        self.assertIsNone(self.step(300, "120"))
        self.assertIsNone(self.step(300, "120"))
        self.assertIsNone(self.step(300, "120", moves=False))
        # The poll at the very end of a step is of that step.
        self.assertEqual(self.polls, [120, 180, 240, 300, 420, 480, 540, 600, 660, 720, 780, 840, 900])
        self.assertEqual(self.state["polls"], 13)

    def test_a_streak_goes_on_over_it(self) -> None:
        self.assertIsNone(self.step(300, "120", "for", "240"))
        self.assertIsInstance(self.step(300, "120", "for", "240"), runtime.Tripped)
        self.assertEqual(self.moment(), 420, "the poll at 360, at which it would have been for 240 s, is not made")

    def test_smoke_is_judged_at_once(self) -> None:
        more = ("--probe", FAILS, "10", *trigger("smoke.failures", ">", "1"))
        self.assertIsInstance(self.step(300, "120", more=more), runtime.Tripped)
        self.assertEqual((self.moment(), self.polls), (20, []))

    def test_the_line_of_the_poll_says_it(self) -> None:
        self.step(120, "90")
        until = self.watch("--warm-up", "90").time_of(90_000)
        self.assertIn(f"1/2  no metric is judged before {until}", self.out)

    def test_a_hold_without_a_judged_poll_asks_once(self) -> None:
        self.bad_until = 0
        self.assertIsNone(self.step(60, "120"))
        self.assertEqual((self.polls, self.state["polls"]), ([60], 0))


def samples(name: str, least: str, query: str = "n") -> list[str]:
    return ["--samples", name, least, "prometheus", query, ""]


def baseline(name: str, query: str = "before") -> list[str]:
    return ["--baseline-live", name, "prometheus", query, ""]


class Samples(Watching):
    def test_fewer_than_the_least_are_no_number(self) -> None:
        for count, trips in [("99", False), ("99.999", False), ("100", True), ("1e6", True)]:
            with self.subTest(count=count):
                self.state, self.server.values = {}, {"m": "2", "n": count}
                stop = self.hold(self.watch(*metric("m"), *samples("m", "100"), *trigger("m", ">", "1")), 120)
                self.assertEqual(isinstance(stop, runtime.Tripped), trips)
                self.assertEqual(self.moment(), 60 if trips else 120)
        self.state, self.server.values = {}, {"m": "0", "n": "20"}
        stop = self.hold(self.watch(*metric("m"), *samples("m", "100")), 120)
        self.assertIn("(it has 20 samples, and 100 are needed), and a metric without", stop.sentence)
        self.assertEqual({asked["query"] for asked in self.server.asked[-2:]}, {"n"}, "it is not asked at all then")

    def test_no_count_is_no_number(self) -> None:
        self.server.values = {"m": "2", "n": []}
        stop = self.hold(self.watch(*metric("m"), *samples("m", "100"), *trigger("m", ">", "1")), 120)
        self.assertIn("(its number of samples: the query gives no series)", stop.sentence)

    def test_other_metrics_are_judged(self) -> None:
        self.server.values = {"m": "2", "o": "2", "n": "5"}
        words = [*metric("m"), *metric("o"), *samples("m", "100"), *trigger("m", ">", "1"), *trigger("o", ">", "1")]
        self.assertEqual(self.hold(self.watch(*words), 120).trigger, "o > 1")

    def test_few_samples_are_missing_data(self) -> None:
        self.server.values = {"m": "0", "n": "5"}
        words = [*metric("m"), *samples("m", "100"), "--missing", "2"]
        self.assertIsNone(self.hold(self.watch(*words), 120))
        self.assertIsNotNone(self.hold(self.watch(*words), 60))

    def test_a_command_counts(self) -> None:
        words = [*metric("m"), *trigger("m", ">", "1"), "--samples", "m", "10", "run", "echo '{\"n\": 10}'", "n"]
        self.server.values = {"m": "2"}
        self.assertIsInstance(self.hold(self.watch(*words), 60), runtime.Tripped)


class AgainstTheVersionBefore(Watching):
    def step(self, seconds: float, *words: str, split: bool = True, text: str = "m > baseline + 10%"):
        rule = trigger("m", *words, text=text) if words else []
        watch = self.watch(*metric("m"), *baseline("m"), *rule)
        watch.begin(split)
        return self.hold(watch, seconds)

    def test_just_past_the_limit_and_at_it(self) -> None:
        for op, bound, before, good, bad in [
            (">", "baseline", "0.01", "0.01", "0.010000000000000002"),
            (">", "baseline+10%", "0.01", "0.011", "0.0110000000000000001"),
            (">", "baseline+0.01", "0.01", "0.02", "0.020000000000000001"),
            ("<", "baseline-10%", "0.8", "0.72", "0.7199999999999999"),
            ("<=", "baseline-0.05", "0.8", "0.7500000000000001", "0.75"),
            # A share of the absolute value.
            (">", "baseline+10%", "-1", "-0.9", "-0.89999"),
            (">", "baseline+10%", "0", "0", "1e-300"),
            ("!=", "baseline", "0.3", "0.30", "0.30000000000000004"),
        ]:
            for value, trips in [(good, False), (bad, True)]:
                with self.subTest(op=op, bound=bound, value=value):
                    self.state, self.server.values = {}, {"m": value, "before": before}
                    stop = self.step(300, op, bound)
                    self.assertEqual(isinstance(stop, runtime.Tripped), trips, stop)
                    self.assertEqual(self.moment(), 60 if trips else 300)

    def test_the_sentence_and_the_line_say_both(self) -> None:
        self.server.values = {"m": "0.013", "before": "0.01"}
        stop = self.step(60, ">", "baseline+10%")
        self.assertEqual(stop.sentence, "`m > baseline + 10%`: it is 0.013, the baseline is 0.01")
        self.assertIn("m 0.013 (baseline 0.01)", self.out)
        row = self.watch(*metric("m"), *baseline("m"), *trigger("m", ">", "baseline+10%")).summary()[0]
        self.assertEqual((row["bound"], row["baseline"], row["worst"]), ("0.0110", "0.01", "0.013"))

    def test_no_baseline_is_missing_data_and_other_rules_are_judged(self) -> None:
        self.server.values = {"m": "2", "before": []}
        stop = self.step(120, ">", "baseline")
        since = self.watch(*metric("m"), *baseline("m")).time_of(60_000)
        self.assertEqual(
            stop.sentence,
            f"`m` has no baseline since {since} (the query gives no series), and a metric without a number is never good",
        )
        self.assertEqual(self.moment(), 120)
        self.state = {}
        words = [*metric("m"), *baseline("m"), *trigger("m", ">", "baseline"), *trigger("m", ">", "1")]
        watch = self.watch(*words)
        watch.begin(True)
        self.assertEqual(self.hold(watch, 120).trigger, "m > 1")
        self.state, self.server.values = {}, {"m": "0", "before": []}
        watch = self.watch(*metric("m"), *baseline("m"), "--missing", "2")
        watch.begin(True)
        self.assertIsNone(self.hold(watch, 120))
        self.assertIn("`m` has no baseline since", self.out)

    def test_with_all_traffic_there_is_nothing_to_compare_with(self) -> None:
        self.server.values = {"m": "2", "before": "2"}
        self.assertIsNone(self.step(120, ">", "baseline"))
        asked = len(self.server.asked)
        self.server.values = {"m": "9", "before": []}
        self.assertIsNone(self.step(120, ">", "baseline", split=False))
        self.assertEqual({a["query"] for a in self.server.asked[asked:]}, {"m"})
        row = self.watch(*metric("m"), *baseline("m"), *trigger("m", ">", "baseline")).summary()[0]
        self.assertEqual((row["last"], row["bound"], row["verdict"]), ("2", "2", "held"))

    def test_the_worst_is_the_one_furthest_beyond_its_own_bound(self) -> None:
        pairs = iter([("5", "5"), ("3", "1"), ("9", "9")])
        now: list[str] = []

        def value() -> str:
            now[:] = next(pairs)
            return now[0]

        self.server.values = {"m": value, "before": lambda: now[1]}
        self.assertIsNone(self.step(180, ">", "baseline+5"))
        row = self.watch(*metric("m"), *baseline("m"), *trigger("m", ">", "baseline+5")).summary()[0]
        self.assertEqual((row["worst"], row["last"], row["bound"]), ("3", "9", "14"))


if __name__ == "__main__":
    unittest.main()
