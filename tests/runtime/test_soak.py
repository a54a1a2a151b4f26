"""A soak: the ledger says since when, and a Prometheus how it was all that time. Nothing is written."""

from __future__ import annotations

import contextlib
import io
import json
import os
import types

from desk import ROOT
from ledgers import A, B, C, Place, runtime
from watching import Prometheus, VirtualTime

DAY = 24 * 3600
METRIC = ("--metric", "error_rate", "prometheus", "errors", "", "")
RULE = ("--trigger", "error_rate", ">", "0.05", "once", "0", "error_rate > 5%")
LONG = ("--trigger", "error_rate", ">", "0.05", "for", "180", "error_rate > 5% for 3m")
WATCH = ("--watch", "600", "60")


class SoakBench(Place):
    """A run whose image has the digest A, and a ledger that the test writes at its own times."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = VirtualTime()
        real, runtime.time = runtime.time, self.clock
        self.addCleanup(setattr, runtime, "time", real)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder / "checkout")
        os.mkdir("mlpipe-out")
        self.image(A)
        self.server = Prometheus()
        self.addCleanup(self.server.close)

    def image(self, digest: str) -> None:
        mine = runtime.this_run()
        data = {"schema": 1, "job": "image", "status": "passed", "reason": "", **mine}
        data["image"] = {"repository": "ghcr.io/acme/ranker", "digest": digest, "gates": [], "models": []}
        with open("mlpipe-out/image.json", "w", encoding="utf-8") as file:
            json.dump(data, file)

    def write(self, *entries: tuple[str, str], run: str = "77") -> None:
        """Entries of now."""
        ledger = self.ledger(environment="staging")
        self.run_of("github", run)
        for kind, digest in entries:
            ledger.append(kind, digest=digest, reference=digest, reason="errors" if kind != "good" else "")
        self.run_of("github", "77")

    def soak(self, *more: str, seconds: int = DAY, environment: str = "staging"):
        """What it says, and its field of the record."""
        words = [*self.words("path", environment=environment), "--environment", environment]
        words += ["--seconds", str(seconds), "--image", "ghcr.io/acme/ranker", "--timeout", "1800", *more]
        _, once, many = runtime.JOBS["soak"]
        record, out = types.SimpleNamespace(data={}), io.StringIO()
        before = self.document()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                self.assertEqual(runtime.soak_job(record, runtime.Options(words, once, many)), 0)
                said = ""
            except runtime.Stop as stop:
                said = f"{stop.sentence} | {stop.help}"
        self.assertEqual(self.document(), before, "the ledger was written")
        self.out = out.getvalue()
        return said, record.data["soak"]

    def document(self) -> list:
        files = sorted(path for path in (self.folder / "shared").rglob("*") if path.is_file())
        return [path.read_bytes() for path in files if path.suffix == ".json"]

    def asked(self, *more: str) -> tuple[str, ...]:
        return (*WATCH, "--prometheus", "url", self.server.url, "none", "", "", *METRIC, *more)


class Copies(SoakBench):
    """Another environment's requests are copied to it until here."""

    def setUp(self) -> None:
        super().setUp()
        self.stopped = self.folder / "stopped"
        stop = f'printf "%s %s\\n" "$MLPIPE_SHADOW_FROM" "$MLPIPE_DIGEST" >>{self.stopped}'
        self.words_of_shadow = ("--shadow-run", "production", "false", stop, "--shadow-soaks")
        self.write(("intent", A), ("good", A))

    def ended(self) -> str:
        return self.stopped.read_text() if self.stopped.exists() else ""

    def test_they_end_with_it(self) -> None:
        self.clock.sleep(DAY)
        self.assertEqual(self.soak(*self.words_of_shadow)[0], "")
        self.assertEqual(self.ended(), f"production {A}\n")
        self.assertIn("no more copies of the requests of production", self.out)

    def test_whatever_it_has_shown(self) -> None:
        self.clock.sleep(DAY)
        probe = (*WATCH, "--probe", "exit 3", "300", "--trigger", "smoke.failures", ">", "3", "consecutive", "0", "x")
        said, _ = self.soak(*self.words_of_shadow, *probe)
        self.assertIn("staging did not hold over its soak: the smoke test of the watch fails", said)
        self.assertEqual(self.ended(), f"production {A}\n")

    def test_one_that_comes_too_early_leaves_them_on(self) -> None:
        self.clock.sleep(180)
        self.assertIn("has soaked in staging for 3 m of 24 h", self.soak(*self.words_of_shadow)[0])
        self.assertEqual(self.ended(), "")

    def test_ones_that_cannot_be_ended_are_red(self) -> None:
        self.clock.sleep(DAY)
        words = ("--shadow-run", "production", "false", "exit 7", "--shadow-soaks")
        said, _ = self.soak(*words)
        self.assertIn("ending the copies of the requests of production failed with 7 | by hand: exit 7", said)


class Time(SoakBench):
    schema = json.loads((ROOT / "schemas/record.json").read_text(encoding="utf-8"))["$defs"]["soak"]

    def test_long_enough_is_by_the_ledger(self) -> None:
        self.write(("intent", A), ("good", A))
        for passed, good in ((DAY, True), (1, True), (30 * DAY, True)):
            self.clock.sleep(passed)
            said, told = self.soak()
            self.assertEqual(set(told), set(self.schema["required"]))
            self.assertEqual(said == "", good, said)
            self.assertEqual(told["digest"], A)
        self.assertGreaterEqual(told["seconds"], 31 * DAY)

    def test_too_early_says_how_long_it_was_and_when_to_come_back(self) -> None:
        self.write(("intent", A), ("good", A))
        self.clock.sleep(180)
        for platform, words in (
            ("github", "staging-soak has no wait timer of 1440 minutes"),
            ("gitlab", "somebody started the job before its time"),
            ("jenkins", "start a new build after 20"),
            ("desk", "run this job again"),
        ):
            os.environ["MLPIPE_PLATFORM"] = platform
            said, _ = self.soak()
            self.assertRegex(said, "has soaked in staging for 3 m of 24 h, since 20")
            self.assertIn(words, said)

    def test_what_a_timer_lacks_is_waited_for(self) -> None:
        self.write(("intent", A), ("good", A))
        self.clock.sleep(DAY - 600)
        self.assertEqual(self.soak()[0], "")
        self.assertIn("10 m of the soak are left", self.out)

    def test_more_than_that_is_not(self) -> None:
        self.write(("intent", A), ("good", A))
        self.clock.sleep(DAY - 610)
        self.assertIn("23 h 49 m 50 s of 24 h", self.soak()[0])

    def test_nothing_is_there(self) -> None:
        said, _ = self.soak()
        self.assertIn(f"{A} was never good in staging", said)
        self.write(("adopted", B), ("intent", A))
        self.clock.sleep(2 * DAY)
        self.assertIn(f"{A} was never good in staging", self.soak()[0])

    def test_rolled_back_meanwhile(self) -> None:
        self.write(("adopted", B), ("intent", A), ("good", A), ("rolled_back", A))
        self.clock.sleep(2 * DAY)
        said, _ = self.soak()
        self.assertRegex(said, f"{A} was rolled back in staging at 20.*: errors")

    def test_a_waived_one_that_is_good_again_begins_anew(self) -> None:
        self.write(("intent", A), ("good", A), ("rolled_back", A))
        self.clock.sleep(2 * DAY)
        self.write(("waived", A), ("intent", A), ("good", A))
        self.clock.sleep(3600)
        self.assertIn("for 1 h of 24 h", self.soak()[0])
        self.clock.sleep(DAY)
        self.assertEqual(self.soak()[0], "")

    def test_a_newer_one_is_named(self) -> None:
        self.write(("intent", A), ("good", A))
        self.write(("intent", C), ("good", C), run="78")
        self.clock.sleep(2 * DAY)
        said, _ = self.soak()
        self.assertRegex(said, f"staging has another one by now: {C}, of run 78.* is good there since 20")

    def test_a_second_deploy_of_it_does_not_begin_anew(self) -> None:
        self.write(("adopted", B), ("intent", A), ("good", A))
        self.clock.sleep(DAY - 3600)
        self.write(("intent", A), ("good", A), run="78")
        self.clock.sleep(3600)
        self.assertEqual(self.soak()[0], "")
        self.write(("intent", B), ("good", B), ("intent", A), ("good", A), run="79")
        self.clock.sleep(3600)
        self.assertIn("for 1 h of 24 h", self.soak()[0])

    def test_halted(self) -> None:
        self.write(("intent", A), ("good", A), ("halted", ""))
        self.clock.sleep(2 * DAY)
        self.assertRegex(self.soak()[0], "staging is halted since .*: errors .*ledger staging resume REASON")

    def test_while_another_was_there_it_did_not_soak(self) -> None:
        """The other one was taken back, so what is good is this one again: from then on."""
        self.write(("intent", A), ("good", A))
        self.clock.sleep(DAY - 3600)
        self.write(("intent", B), run="78")
        self.clock.sleep(1800)
        said, _ = self.soak()
        self.assertRegex(said, "had soaked in staging for 23 h of 24 h when another one was deployed there at 20")
        self.write(("rolled_back", B), run="78")
        self.clock.sleep(3600)
        self.assertIn("for 1 h of 24 h", self.soak()[0])
        self.clock.sleep(DAY)
        self.assertEqual(self.soak()[0], "")

    def test_what_comes_when_it_is_over_changes_nothing(self) -> None:
        self.write(("intent", A), ("good", A))
        self.clock.sleep(DAY + 60)
        self.write(("intent", B), run="78")
        self.clock.sleep(3600)
        self.assertEqual(self.soak()[0], "")

    def test_a_ledger_of_another_environment_is_no_evidence(self) -> None:
        self.write(("intent", A), ("good", A))
        self.clock.sleep(2 * DAY)
        self.assertIn("never good in other", self.soak(environment="other")[0])


class Over(SoakBench):
    """The watch, asked for the past."""

    def setUp(self) -> None:
        super().setUp()
        self.write(("intent", A), ("good", A))
        #: As the ledger has it: whole seconds.
        self.began = int(self.clock.time())
        self.clock.sleep(DAY + 5)

    def course(self, *bad: tuple[float, float, object], good: object = "0.01") -> None:
        """From and until which second it is otherwise."""

        def at(moment: float) -> object:
            passed = round(moment - self.began, 3)
            return next((value for since, until, value in bad if since <= passed < until), good)

        self.server.courses["errors"] = at

    def test_good_all_the_time(self) -> None:
        self.course()
        said, told = self.soak(*self.asked(*RULE))
        self.assertEqual(said, "")
        self.assertEqual((told["watch"][0]["polls"], told["watch"][0]["verdict"]), (1440, "held"))
        self.assertIn("held", self.out)

    def test_one_poll_beyond(self) -> None:
        for value, good in (("0.05", True), ("0.051", False)):
            self.course((3 * 3600, 3 * 3600 + 1, value))
            said, told = self.soak(*self.asked(*RULE))
            self.assertEqual(said == "", good, said)
        self.assertRegex(said, "staging did not hold over its soak: `error_rate > 5%`: it is 5.1 %, at 20.*Z")
        self.assertIn("what serves in staging stays as it is", said)
        self.assertEqual(told["watch"][0]["verdict"], "tripped")
        # Between two polls nobody looks.
        self.course((3 * 3600 + 1, 3 * 3600 + 60, "0.9"))
        self.assertEqual(self.soak(*self.asked(*RULE))[0], "")

    def test_the_last_moment_counts_and_what_was_before_does_not(self) -> None:
        self.course((DAY, DAY + 1, "0.9"))
        self.assertIn("did not hold", self.soak(*self.asked(*RULE))[0])
        self.course((-DAY, 1, "0.9"))
        self.assertEqual(self.soak(*self.asked(*RULE))[0], "")

    def test_lasting(self) -> None:
        for long, good in ((180, True), (181, False)):
            self.course((3600, 3600 + long, "0.9"))
            self.assertEqual(self.soak(*self.asked(*LONG))[0] == "", good)

    def test_no_number(self) -> None:
        for nothing in (None, "NaN", ["1", "2"]):
            self.course((3600, 2 * 3600, nothing))
            said, told = self.soak(*self.asked(*RULE))
            self.assertEqual((said, told["watch"][0]["numbers"]), ("", 1380))
            self.course((DAY - 3600, 2 * DAY, nothing))
            said, _ = self.soak(*self.asked(*RULE))
            self.assertRegex(said, "did not hold over its soak: `error_rate` gave no number since 20")

    def test_a_week_every_five_seconds_is_asked_in_parts(self) -> None:
        self.clock.sleep(6 * DAY)
        self.course((5 * DAY, 5 * DAY + 5, "0.9"))
        more = self.asked(*RULE)
        more = ("--watch", "600", "5", *more[3:])
        self.assertIn("did not hold", self.soak(*more, seconds=7 * DAY)[0])
        self.course()
        said, told = self.soak(*more, seconds=7 * DAY)
        self.assertEqual((said, told["watch"][0]["polls"]), ("", 7 * DAY // 5 + 1))

    def test_a_server_that_does_not_answer_is_asked_again_and_then_it_fails(self) -> None:
        answers = [(503, b""), (503, b"")]
        good = lambda at: "0.01"  # noqa: E731
        real = self.server.over

        def over(words: dict):
            self.server.courses["errors"] = answers.pop() if answers else good
            return real(words)

        self.server.over = over  # type: ignore[method-assign]
        self.assertEqual(self.soak(*self.asked(*RULE))[0], "")
        answers += [(503, b"")] * 3
        said, _ = self.soak(*self.asked(*RULE))
        self.assertIn("nobody knows how `error_rate` was over the soak: it answers 503", said)
        self.assertIn("run this job again once its Prometheus can be asked", said)

    def test_what_a_command_says_is_looked_at_once_and_has_to_be_good(self) -> None:
        self.course()
        run = ("--metric", "faithful", "run", "cat answer", "", "")
        rule = ("--trigger", "faithful", "<", "0.8", "for", "600", "faithful < 0.8 for 10m")
        for text, words in (
            ("0.8", ""),
            ("0.79", "`faithful < 0.8 for 10m`: it is 0.79 at the end of the soak"),
            ("", "`faithful` gave no number at the end of the soak (the command prints nothing)"),
        ):
            with open("answer", "w", encoding="utf-8") as file:
                file.write(text)
            # What is asked once may not be missing once.
            said, _ = self.soak(*self.asked(*RULE, *run, *rule, "--missing", "3"))
            self.assertIn(words, said) if words else self.assertEqual(said, "")

    def test_so_few_polls_may_be_missing_at_its_end(self) -> None:
        for missing, words in ((3, ""), (4, "at 4 polls in a row, and 3 may be missing")):
            self.course((DAY - missing * 60 + 1, DAY + 60, None))
            said, _ = self.soak(*self.asked(*RULE, "--missing", "3"))
            self.assertIn(words, said) if words else self.assertEqual(said, "")

    def test_a_number_of_too_few_samples_is_none(self) -> None:
        samples = ("--samples", "error_rate", "100", "prometheus", "n", "")
        self.course((3600, 3700, "0.5"))
        self.server.courses["n"] = lambda moment: "99" if 3600 <= moment - self.began < 3700 else "100"
        self.assertEqual(self.soak(*self.asked(*RULE, *samples))[0], "")
        self.server.courses["n"] = lambda moment: "100"
        self.assertIn("`error_rate > 5%`: it is 50 %", self.soak(*self.asked(*RULE, *samples))[0])
        self.server.courses["n"] = lambda moment: "99" if moment - self.began > DAY - 60 else "100"
        self.course()
        said, _ = self.soak(*self.asked(*RULE, *samples))
        self.assertIn("(it has 99 samples, and 100 are needed)", said)
        self.server.courses["n"] = lambda moment: None
        self.assertIn("its number of samples: the query gives no series", self.soak(*self.asked(*RULE, *samples))[0])

    def test_where_a_command_counts_the_samples_it_is_looked_at_once(self) -> None:
        samples = ("--samples", "error_rate", "100", "run", "cat count", "")
        self.course((3600, 3700, "0.5"))
        for count, value, words in (
            ("100", "0.05", ""),
            ("100", "0.06", "`error_rate > 5%`: it is 6 % at the end of the soak"),
            ("99", "0.06", "gave no number at the end of the soak (it has 99 samples, and 100 are needed)"),
        ):
            self.server.values["errors"] = value
            with open("count", "w", encoding="utf-8") as file:
                file.write(count)
            said, _ = self.soak(*self.asked(*RULE, *samples))
            self.assertIn(words, said) if words else self.assertEqual(said, "")

    def test_nothing_is_left_to_compare_with(self) -> None:
        base = ("--baseline-live", "error_rate", "prometheus", "before", "")
        rule = ("--trigger", "error_rate", ">", "baseline+10%", "once", "0", "error_rate > baseline + 10%")
        self.course(good="0.04")
        self.assertEqual(self.soak(*self.asked(*base, *RULE, *rule))[0], "")
        self.assertNotIn("before", [asked["query"] for asked in self.server.asked])
        run = ("--metric", "faithful", "run", "echo 5", "", "", "--baseline-live", "faithful", "run", "echo 1", "")
        rule = ("--trigger", "faithful", ">", "baseline", "once", "0", "faithful > baseline")
        self.assertEqual(self.soak(*self.asked(*RULE, *run, *rule))[0], "")

    def test_smoke_is_run_once_where_a_trigger_counts_it(self) -> None:
        self.course()
        rule = ("--trigger", "smoke.failures", ">", "3", "consecutive", "0", "smoke.failures > 3 consecutive")
        probe = ("--probe", "echo x >>smoked; exit 1", "300")
        self.assertIn("the smoke test of the watch fails at the end", self.soak(*self.asked(*RULE, *probe, *rule))[0])
        self.assertEqual(self.soak(*self.asked(*RULE, *probe))[0], "")
        with open("smoked", encoding="utf-8") as file:
            self.assertEqual(file.read(), "x\n")
        well = ("--probe", "true", "300")
        self.assertEqual(self.soak(*self.asked(*RULE, *well, *rule))[0], "")
