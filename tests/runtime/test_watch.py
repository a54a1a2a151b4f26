"""The watch: which poll trips, what a poll without a number does, and what goes on from process to process."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from watching import Watching, command_metric, metric, runtime, trigger

FAILS = "exit 3"


class Limits(Watching):
    def test_just_past_the_limit_and_at_it(self) -> None:
        for op, bound, good, bad in [
            (">", "0.01", "0.01", "0.010000000000000002"),
            (">", "5", "5", "5.000000001"),
            (">=", "0.01", "0.009999999999999999", "0.01"),
            ("<", "0.8", "0.8", "0.7999999999999999"),
            ("<=", "0.8", "0.8000000000000002", "8e-1"),
            ("==", "0", "1e-300", "0"),
            ("==", "0", "5e-324", "-0"),
            ("!=", "1", "1.0", "1.0000000000000002"),
            (">", "0.3", "0.3", "0.30000000000000004"),
            (">", "-1", "-1", "-0.99"),
            # A number that binary cannot hold, and the one that it holds in its stead.
            (">", "0.1", "0.1", "0.1000000000000000055511151231257827"),
        ]:
            for value, trips in [(good, False), (bad, True)]:
                with self.subTest(op=op, value=value):
                    self.state, self.server.values = {}, {"error_rate": value}
                    watch = self.watch(*metric("error_rate"), *trigger("error_rate", op, bound))
                    stop = self.hold(watch, 300)
                    self.assertEqual(isinstance(stop, runtime.Tripped), trips, stop)
                    self.assertEqual(self.moment(), 60 if trips else 300)

    def test_failures_of_the_smoke_test(self) -> None:
        for op, bound, lasting, fails, trips in [
            (">", "3", "consecutive", 3, None),
            (">", "3", "consecutive", 4, 4),
            (">=", "3", "consecutive", 3, 3),
            ("==", "2", "once", 2, 2),
            ("!=", "1", "once", 1, None),
            ("!=", "1", "once", 2, 2),
            (">", "0", "once", 1, 1),
            (">", "2.5", "once", 3, 3),
            ("<", "1", "once", 9, None),
            ("==", "2.5", "once", 9, None),
        ]:
            with self.subTest(op=op, bound=bound, lasting=lasting, fails=fails):
                with tempfile.TemporaryDirectory() as folder:
                    log = Path(folder, "log")
                    command = f"echo x >> {log}; [ $(wc -l < {log}) -gt {fails} ]"
                    self.state = {}
                    words = ["--probe", command, "10", *trigger("smoke.failures", op, bound, lasting)]
                    stop = self.hold(self.watch(*words), 100)
                    self.assertEqual(isinstance(stop, runtime.Tripped), trips is not None, stop)
                    self.assertEqual(self.moment(), 100 if trips is None else 10 * trips)

    def test_a_success_between_ends_consecutive_failures_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder, "log")
            # Fails, fails, passes, and again.
            command = f"echo x >> {log}; [ $(( $(wc -l < {log}) % 3 )) -eq 0 ]"
            for lasting, trips in [("consecutive", None), ("once", 40)]:
                self.state = {}
                log.write_text("")
                words = ["--probe", command, "10", *trigger("smoke.failures", ">", "2", lasting)]
                stop = self.hold(self.watch(*words), 100)
                self.assertEqual(stop is None, trips is None)
                self.assertEqual(self.moment(), trips or 100)

    def test_the_sentence_says_the_rule_and_what_was_seen(self) -> None:
        self.server.values = {"error_rate": "0.013", "latency.p99": "5.25", "x": "3", "loss": "7"}
        for name, unit, bound, text, sentence in [
            ("error_rate", "", "0.01", "error_rate > 1%", "`error_rate > 1%`: it is 1.3 %"),
            ("latency.p99", "s", "5", "latency.p99 > 5s", "`latency.p99 > 5s`: it is 5.25 s"),
            ("x", "", "2", "x > 2", "`x > 2`: it is 3"),
            ("loss", "percent", "5", "loss > 5%", "`loss > 5%`: it is 7 %"),
        ]:
            self.state = {}
            watch = self.watch(*metric(name, unit=unit), *trigger(name, ">", bound, text=text))
            stop = self.hold(watch, 60)
            self.assertEqual(stop.sentence, sentence)
            self.assertEqual(stop.trigger, text)
        self.state = {}
        words = trigger("smoke.failures", ">", "1", "consecutive", text="smoke.failures > 1 consecutive")
        stop = self.hold(self.watch("--probe", FAILS, "5", *words), 60)
        self.assertEqual(stop.sentence, "`smoke.failures > 1 consecutive`: it failed 2 times one after the other")


class Courses(Watching):
    """A metric that changes; what the course says counts from that moment on."""

    def course(self, *steps: tuple[float, str | None]):
        def now() -> object:
            value = None
            for at, text in steps:
                value = text if self.moment() >= at else value
            return [] if value is None else value

        return now

    def trips_at(self, steps, *words: str, seconds: float = 600) -> float | None:
        self.state = {}
        self.server.values = {"m": self.course(*steps)}
        stop = self.hold(self.watch(*metric("m"), *trigger("m", ">", "1", *words)), seconds)
        return self.moment() if isinstance(stop, runtime.Tripped) else None

    def test_for_a_time(self) -> None:
        lasts = ("for", "180")
        self.assertEqual(self.trips_at([(0, "2")], *lasts), 240)
        self.assertEqual(self.trips_at([(0, "0"), (90, "2")], *lasts), 300)
        self.assertEqual(self.trips_at([(0, "2"), (240, "1")], *lasts), None, "good again at the very poll")
        self.assertEqual(self.trips_at([(0, "2"), (185, "0"), (200, "2")], *lasts), 240, "between two polls")
        self.assertEqual(self.trips_at([(0, "2"), (180, "0"), (240, "2")], *lasts), 420)
        self.assertEqual(self.trips_at([(0, "2")], "for", "170"), 240, "at the first poll after that time")
        self.assertEqual(self.trips_at([(0, "2")], "for", "30"), 120)

    def test_no_number_ends_no_streak_and_trips_nothing(self) -> None:
        lasts = ("for", "180")
        self.assertEqual(self.trips_at([(0, "2"), (100, None), (200, "2")], *lasts), 240)
        self.assertEqual(self.trips_at([(0, "2"), (100, None), (400, "2")], *lasts), 420)
        self.assertEqual(self.trips_at([(0, "2"), (100, "NaN"), (250, "1")], *lasts), None)
        self.assertEqual(self.trips_at([(0, None), (250, "2")]), 300)

    def test_no_number_at_the_end_of_a_hold_is_never_good(self) -> None:
        self.server.values = {"m": self.course((0, "0"), (150, None))}
        stop = self.hold(self.watch(*metric("m"), *trigger("m", ">", "1")), 300)
        self.assertIs(type(stop), runtime.Stop)
        since = self.watch(*metric("m"), *trigger("m", ">", "1")).time_of(180_000)
        self.assertEqual(
            stop.sentence,
            f"`m` gave no number since {since} (the query gives no series), "
            "and a metric without a number is never good",
        )
        self.assertEqual(self.moment(), 300)
        for steps, good in [(((0, None), (250, "0")), True), (((0, "0"), (290, None)), False)]:
            self.state, self.server.values = {}, {"m": self.course(*steps)}
            self.assertEqual(self.hold(self.watch(*metric("m")), 300) is None, good)

    def test_a_hold_shorter_than_an_interval_still_needs_numbers(self) -> None:
        for value, good in [("9", True), ("NaN", False)]:
            self.state, self.server.values = {}, {"m": value}
            stop = self.hold(self.watch(*metric("m"), *trigger("m", ">", "1")), 30)
            self.assertEqual(stop is None, good)
            self.assertEqual(self.state["polls"], 0)
        self.state = {}
        self.assertIsNone(self.hold(self.watch(*metric("m")), 0), "no time, nothing to say")

    def test_so_many_polls_without_a_number_are_tolerated(self) -> None:
        for tolerate, steps, good in [
            # Polls at 60, 120, 180, 240, 300: those behind the moment have no number.
            ("2", [(0, "0"), (190, None)], True),
            ("2", [(0, "0"), (130, None)], False),
            ("3", [(0, "0"), (130, None)], True),
            ("5", [(0, None)], True),
            ("4", [(0, None)], False),
            ("0", [(0, "0"), (250, None)], False),
            # A number between them begins anew, and one at the last poll ends it.
            ("2", [(0, None), (130, "0"), (190, None)], True),
            ("1", [(0, None), (250, "0")], True),
        ]:
            with self.subTest(tolerate=tolerate, steps=steps):
                self.state, self.server.values = {}, {"m": self.course(*steps)}
                stop = self.hold(self.watch(*metric("m"), "--missing", tolerate), 300)
                self.assertEqual(stop is None, good, stop)
                self.assertEqual(self.moment(), 300, "a hold waits to its end for a number")

    def test_tolerated_polls_are_counted_from_hold_to_hold(self) -> None:
        self.server.values = {"m": []}
        words = [*metric("m"), "--missing", "3"]
        self.assertIsNone(self.hold(self.watch(*words), 120))
        self.assertIn("`m` gave no number since", self.out)
        self.assertIn("at 2 polls in a row; 3 may be missing", self.out)
        stop = self.hold(self.watch(*words), 120)
        self.assertIn("(the query gives no series), at 4 polls in a row, and 3 may be missing", stop.sentence)
        # What is asked at the end of a hold without a poll is no poll.
        self.state = {}
        words[-1] = "1"
        self.assertIsNone(self.hold(self.watch(*words), 30))
        self.assertIsNone(self.hold(self.watch(*words), 30))
        self.assertIsNotNone(self.hold(self.watch(*words), 60))

    def test_a_tolerated_poll_ends_no_streak_and_is_none(self) -> None:
        lasts = ("for", "180")
        for steps, at in [
            ([(0, "2"), (100, None), (200, "2")], 240),
            ([(0, "2"), (100, None), (400, "2")], 420),
            ([(0, "2"), (100, None), (200, "1"), (250, "2")], 480),
        ]:
            self.assertEqual(self.trips_at(steps, *lasts), at)
            self.state, self.server.values = {}, {"m": self.course(*steps)}
            words = [*metric("m"), *trigger("m", ">", "1", *lasts), "--missing", "9"]
            self.assertIsInstance(self.hold(self.watch(*words), 600), runtime.Tripped)
            self.assertEqual(self.moment(), at)

    def test_of_two_at_one_poll_the_one_that_is_written_first(self) -> None:
        self.server.values = {"a": "2", "b": "2"}
        metrics = metric("a") + metric("b")
        a, b = trigger("a", ">", "1"), trigger("b", ">", "1")
        smoke = trigger("smoke.failures", ">", "0")
        probe = ["--probe", FAILS, "60"]
        for words, first in [
            (a + b, "a > 1"),
            (b + a, "b > 1"),
            (probe + a + smoke, "a > 1"),
            (probe + smoke + a, "smoke.failures > 0"),
        ]:
            self.state = {}
            self.assertEqual(self.hold(self.watch(*metrics, *words), 60).trigger, first)

    def test_the_one_that_trips_earlier_comes_first_wherever_it_stands(self) -> None:
        self.server.values = {"a": self.course((0, "0"), (200, "2")), "b": self.course((0, "0"), (100, "2"))}
        words = metric("a") + metric("b") + trigger("a", ">", "1") + trigger("b", ">", "1")
        self.assertEqual(self.hold(self.watch(*words), 600).trigger, "b > 1")
        self.assertEqual(self.moment(), 120)


class Time(Watching):
    def setUp(self) -> None:
        super().setUp()
        self.polls: list[float] = []
        self.takes = 0.0

        def value() -> str:
            self.polls.append(self.moment())
            self.clock.passed += self.takes
            return "0"

        self.server.values = {"m": value}

    def words(self, *more: str) -> list[str]:
        return [*metric("m"), *trigger("m", ">", "1", *more)]

    def test_polls_at_whole_intervals_from_the_start_and_at_the_very_end(self) -> None:
        self.hold(self.watch(*self.words()), 240)
        self.assertEqual(self.polls, [60, 120, 180, 240])
        self.hold(self.watch(*self.words()), 119.9)
        self.assertEqual(self.polls[4:], [300])
        self.hold(self.watch(*self.words()), 0.1)
        self.assertEqual(self.polls[5:], [360])

    def test_begin_counts_once(self) -> None:
        watch = self.watch(*self.words())
        watch.begin()
        self.clock.passed += 30
        watch.begin()
        self.watch(*self.words()).begin()
        self.hold(self.watch(*self.words()), 30)
        self.assertEqual(self.polls, [60])

    def test_what_was_due_between_two_holds_is_asked_when_the_next_begins(self) -> None:
        self.hold(self.watch(*self.words()), 90)
        self.clock.passed += 200
        self.hold(self.watch(*self.words()), 100)
        self.assertEqual(self.polls, [60, 290, 300, 360])
        self.assertIn("a poll is late", self.out)

    def test_a_late_poll_begins_a_streak_when_it_is_made(self) -> None:
        self.hold(self.watch(*self.words("for", "60")), 60)
        self.server.values = {"m": "2"}
        self.clock.passed += 70  # 130
        stop = self.hold(self.watch(*self.words("for", "60")), 600)
        self.assertIsInstance(stop, runtime.Tripped)
        self.assertEqual(self.moment(), 240, "at 180 it has held for 50 seconds only")

    def test_a_slow_poll_leaves_out_those_that_it_missed(self) -> None:
        self.takes = 130.0
        self.hold(self.watch(*self.words()), 600)
        self.assertEqual(self.polls, [60, 240, 420, 600])
        self.assertEqual(self.out.count("a poll is late"), 1)

    def test_jitter_does_not_lengthen_a_streak(self) -> None:
        self.server.values = {"m": "2"}
        watch = self.watch(*self.words("for", "120"))
        late = iter([0.9, 0.0, 0.0])  # the first poll only

        def beat() -> None:
            if self.moment() % 60 == 0 and self.moment() > 0:
                self.clock.passed += next(late)

        with contextlib.redirect_stdout(io.StringIO()), self.assertRaises(runtime.Tripped):
            watch.hold(600, runtime.Deadline(None), beat)
        self.assertEqual(self.moment(), 180)

    def test_what_goes_on_in_the_next_process(self) -> None:
        self.server.values = {"m": "2"}
        words = self.words("for", "180")
        self.assertIsNone(self.hold(self.watch(*words), 120))
        self.assertEqual(self.state["triggers"][0]["streak"], 2)
        stop = self.hold(self.watch(*words), 300)
        self.assertIsInstance(stop, runtime.Tripped)
        self.assertEqual(self.moment(), 240)
        self.state = {}
        probe = ["--probe", FAILS, "10", *trigger("smoke.failures", ">", "3", "consecutive")]
        self.assertIsNone(self.hold(self.watch(*probe), 35))
        self.assertIsInstance(self.hold(self.watch(*probe), 35), runtime.Tripped)
        self.assertEqual(self.moment(), 40)

    def test_a_watch_that_has_tripped_stays_so(self) -> None:
        self.server.values = {"m": "2"}
        first = self.hold(self.watch(*self.words()), 60)
        self.server.values = {"m": "0"}
        again = self.hold(self.watch(*self.words()), 600)
        self.assertEqual((type(again), again.sentence), (runtime.Tripped, first.sentence))

    def test_a_clock_that_jumps(self) -> None:
        watch = self.watch(*self.words())
        steps = iter([0, -7200, 0, 90_000])
        self.assertIsNone(self.hold(watch, 60))
        count = len(self.polls)
        # Within a process it does not matter; the fake server tells the moment by the wall clock, so it is not asked.
        self.server.values = {"m": "0"}

        def beat() -> None:
            self.clock.wall += next(steps, 0)

        with contextlib.redirect_stdout(io.StringIO()):
            watch.hold(240, runtime.Deadline(None), beat)
        self.assertEqual((count, self.state["polls"]), (1, 5))
        # Between two processes a step back stands still, and the polls go on.
        self.clock.wall -= 500_000
        watch = self.watch(*self.words())
        self.assertIsNone(self.hold(watch, 120))
        self.assertEqual(self.state["polls"], 7)

    def test_it_ends_with_the_time_of_the_deploy(self) -> None:
        stop = self.hold(self.watch(*self.words()), 600, limit=200)
        self.assertEqual(self.polls, [60, 120, 180])
        self.assertIn("the deploy's time is over, 6 m 40 s of its watch were left", stop.sentence)


class Beats(Watching):
    def test_before_each_poll_and_every_15_seconds(self) -> None:
        self.server.values = {"m": "0"}
        start = self.clock.passed
        self.hold(self.watch(*metric("m")), 600)
        gaps = [b - a for a, b in zip([start, *self.beats], [*self.beats, self.clock.passed])]
        self.assertLessEqual(max(gaps), 15)
        self.state, self.beats = {}, []
        self.hold(self.watch(*metric("m"), watch=("60", "7")), 70)
        self.assertGreaterEqual(len(self.beats), 10)

    def test_what_it_raises_goes_through(self) -> None:
        class Lost(Exception):
            pass

        def beat() -> None:
            raise Lost

        with self.assertRaises(Lost):
            self.watch(*metric("m")).hold(60, runtime.Deadline(None), beat)

    def test_while_a_command_runs(self) -> None:
        runtime.time = __import__("time")  # put back by setUp
        for words in (command_metric("m", "sleep 1.2; echo 1"), ["--probe", "sleep 1.2", "1"]):
            self.state, self.beats = {}, []
            with mock.patch.object(runtime, "BEAT", 0.1):
                self.hold(self.watch(*words, watch=("2", "2")), 2)
            self.assertGreater(len(self.beats), 8, words)

    def test_a_lost_lease_ends_the_command(self) -> None:
        runtime.time = __import__("time")
        began = runtime.time.monotonic()

        def beat() -> None:
            if runtime.time.monotonic() - began > 1.5:
                raise runtime.Stop("the lease is lost")

        watch = self.watch(*command_metric("m", "sleep 60; echo 1"), watch=("60", "1"))
        out = io.StringIO()
        with mock.patch.object(runtime, "BEAT", 0.1), contextlib.redirect_stdout(out):
            with self.assertRaisesRegex(runtime.Stop, "the lease is lost"):
                watch.hold(60, runtime.Deadline(None), beat)
        self.assertLess(runtime.time.monotonic() - began, 10)


class People(Watching):
    def lines(self) -> list[str]:
        return [line for line in self.out.splitlines() if line.startswith("mlpipe: ")]

    def test_a_line_for_each_poll(self) -> None:
        self.server.values = {"error_rate": "0.004", "p99": "1.2", "gone": []}
        words = metric("error_rate") + metric("p99", unit="s") + metric("gone")
        words += ["--probe", "exit 0", "120", *trigger("error_rate", ">", "0.01", text="error_rate > 1%")]
        watch = self.watch(*words)
        self.hold(watch, 180)
        tail = "error_rate 0.4 %  p99 1.2 s  gone - (the query gives no series)"
        self.assertEqual(
            self.lines(),
            [
                f"mlpipe: {watch.time_of(60_000)}  1/3  {tail}",
                f"mlpipe: {watch.time_of(120_000)}  2/3  {tail}  smoke ok",
                f"mlpipe: {watch.time_of(180_000)}  3/3  {tail}  smoke ok",
            ],
        )

    def test_short_intervals_share_lines(self) -> None:
        self.server.values = {"m": "0"}
        self.hold(self.watch(*metric("m"), watch=("60", "1")), 60)
        self.assertLessEqual(len(self.lines()), 7)
        self.assertGreaterEqual(len(self.lines()), 5)
        self.state = {}
        self.hold(self.watch(*metric("m"), watch=("100", "10")), 100)
        self.assertEqual(len(self.lines()), 10)

    def test_what_a_failing_command_says_is_shown_when_it_changes(self) -> None:
        words = command_metric("m", "echo progress >&2; echo boom >&2; exit 1")
        self.hold(self.watch(*words), 300)
        self.assertEqual(self.out.count("  m: boom\n"), 1)
        self.assertIn("m - (the command ended with exit status 1)", self.out)

    def test_a_smoke_test_that_fails_shows_what_it_printed(self) -> None:
        self.hold(self.watch("--probe", "echo out; echo err >&2; exit 7", "60"), 120)
        self.assertEqual(self.out.count("  smoke: out\n  smoke: err\n"), 2)
        self.assertIn("the smoke test of the watch failed with 7", self.out)
        self.assertIn("smoke failed (2)", self.out)

    def table(self, watch) -> list[list[str]]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            watch.verdict()
        rows = [line.split("  ") for line in out.getvalue().splitlines() if line.strip()]
        return [[cell.strip() for cell in row if cell.strip()] for row in rows]

    def test_the_table_and_the_record(self) -> None:
        polls = iter(["0.002", "0.009", "0.02", "0.004"])
        self.server.values = {"e": lambda: next(polls), "q": "0.9", "gone": "NaN"}
        words = metric("e") + metric("q") + metric("gone") + ["--probe", "exit 1", "120"]
        words += trigger("e", ">", "0.01", "for", "60", "e > 1% for 1m") + trigger("q", "<", "0.8")
        words += trigger("gone", ">", "1") + trigger("smoke.failures", ">", "1", "consecutive")
        watch = self.watch(*words)
        stop = self.hold(watch, 240)
        self.assertIsInstance(stop, runtime.Tripped)
        self.assertEqual(
            self.table(watch)[2:],
            [
                ["e > 1% for 1m", "0.4 %", "2 %", "4", "1", "held"],
                ["q < 0.8", "0.9", "0.9", "4", "0", "held"],
                ["gone > 1", "-", "-", "4, 0 with a number", "0", "NO NUMBER"],
                ["smoke.failures > 1", "2", "2", "2", "2", "TRIPPED"],
            ],
        )
        rows = watch.summary()
        self.assertEqual(json.loads(json.dumps(rows)), rows)
        self.assertEqual(
            rows[0],
            {
                "trigger": "e > 1% for 1m",
                "metric": "e",
                "op": ">",
                "bound": "0.01",
                "baseline": None,
                "last": "0.004",
                "worst": "0.02",
                "unit": "",
                "polls": 4,
                "numbers": 4,
                "longest": 1,
                "reason": "",
                "verdict": "held",
            },
        )
        self.assertEqual(rows[3]["reason"], "it failed 2 times one after the other")

    def test_the_run_page_has_the_table(self) -> None:
        self.server.values = {"m": "0"}
        watch = self.watch(*metric("m"), *trigger("m", ">", "1"))
        self.hold(watch, 60)
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "summary.md")
            env = {"GITHUB_STEP_SUMMARY": str(page), "MLPIPE_PLATFORM": "github"}
            with mock.patch.dict("os.environ", env):
                self.table(watch)
            self.assertIn("| m &gt; 1 | 0 | 0 | 1 | 0 | held |", page.read_text())


class Hanging(Watching):
    def test_one_that_hangs_leaves_time_for_the_others(self) -> None:
        runtime.time = __import__("time")
        self.server.values = {"slow": lambda: runtime.time.sleep(9), "m": "5"}
        words = command_metric("stuck", "sleep 60") + metric("slow") + metric("m") + trigger("m", ">", "1")
        stop = self.hold(self.watch(*words, watch=("60", "2")), 10)
        self.assertIsInstance(stop, runtime.Tripped)
        self.assertEqual(self.state["polls"], 1)
        reasons = [self.state["metrics"][name]["reason"] for name in ("slow", "stuck")]
        self.assertEqual(reasons, ["no answer within 1 s", "the command did not end within 1 s"])

    def test_a_signal_ends_it_while_a_server_hangs_and_while_it_waits(self) -> None:
        runtime.time = __import__("time")
        before = signal.signal(signal.SIGALRM, runtime.on_signal)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.server.values = {"m": lambda: runtime.time.sleep(30)}
        for watch in [("60", "1"), ("60", "30")]:
            self.state, began = {}, runtime.time.monotonic()
            runtime.kept.clear()
            runtime.stopping = False
            signal.setitimer(signal.ITIMER_REAL, 1.5)
            with self.assertRaises(runtime.Signalled):
                self.hold(self.watch(*metric("m"), watch=watch), 60)
            self.assertLess(runtime.time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
