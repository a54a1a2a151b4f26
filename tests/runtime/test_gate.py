"""Gates as jobs: what counts as this run's, repetition, the verdict in all its forms."""

import os
import unittest
import xml.etree.ElementTree as ElementTree

from desk import Desk

WRITE = 'printf %s \'{"m": 0.9, "latency": {"p95": 180}}\' > m.json'
RULE = ("m", ">=", "0.85", "", "7", "m >= 0.85")
LATENCY = ("latency.p95", "<", "100", "ms", "8", "latency.p95 < 100ms")


def rule(words):
    return ("--require", *words)


class Verdicts(Desk):
    def test_a_gate_that_holds(self) -> None:
        done = self.gate("--run", WRITE, "--metrics", "json", "m.json", *rule(RULE))
        self.assertEqual(done.returncode, 0, done.stdout)
        record = self.record()
        self.assertEqual((record["status"], record["reason"]), ("passed", ""))
        self.assertEqual(record["gate"]["verdict"], "passed")
        expected = dict(metric="m", value="0.9", unit="", rule="m >= 0.85", line=7, op=">=")
        expected.update(baseline=None, bound="0.85", verdict="pass", reason="")
        self.assertEqual(record["gate"]["rules"], [expected])
        self.assertEqual(self.out("files/m.json"), '{"m": 0.9, "latency": {"p95": 180}}')

    def test_the_table_in_the_log(self) -> None:
        done = self.gate("--run", WRITE, "--metrics", "json", "m.json", *rule(RULE), *rule(LATENCY))
        self.assertEqual(done.returncode, 1)
        table = [line.rstrip() for line in done.stdout.splitlines() if line.startswith("  ")]
        self.assertEqual(
            table,
            [
                "  metric       value   rule                 baseline  verdict",
                "  -----------  ------  -------------------  --------  -------",
                "  m            0.9     m >= 0.85                      pass",
                "  latency.p95  180 ms  latency.p95 < 100ms            FAIL",
            ],
        )
        self.assertIn("`latency.p95 < 100ms` does not hold: 180 is not < 100", self.record()["reason"])

    def test_the_commands_exit_status_is_the_jobs(self) -> None:
        for code in (1, 3, 77):
            done = self.gate("--run", f"{WRITE}; exit {code}", "--metrics", "json", "m.json", *rule(RULE))
            self.assertEqual(done.returncode, code)
            self.assertEqual(self.record()["status"], "failed")
        self.assertEqual(self.gate("--run", "kill -9 $$").returncode, 137)

    def test_the_command_runs_under_strict_flags(self) -> None:
        for command in ("false | cat", "x=$(false; echo hi)", "echo $nothing_set", "false; true"):
            self.assertNotEqual(self.gate("--run", command).returncode, 0, command)
        self.assertEqual(self.gate("--run", "! read -r line").returncode, 0)

    def test_a_file_of_an_earlier_run_is_not_read(self) -> None:
        self.write("m.json", '{"m": 0.99}')
        self.write("u.xml", "<testsuite/>")
        done = self.gate("--run", "true", "--metrics", "json", "m.json", "--junit", "u.xml", *rule(RULE))
        self.assertEqual(done.returncode, 1)
        self.assertIn("m.json is not there", self.record()["reason"])
        self.assertIn("report u.xml", self.record()["reason"])

    def test_a_file_that_is_checked_in_proves_nothing(self) -> None:
        self.check_in("m.json", '{"m": 0.99}')
        done = self.gate("--run", "true", "--metrics", "json", "m.json", *rule(RULE))
        self.assertEqual(done.returncode, 1)
        self.assertIn("m.json is checked in", self.record()["reason"])
        self.assertTrue((self.repo / "m.json").exists())
        # Without a command it is what the gate is about.
        self.assertEqual(self.gate("--metrics", "json", "m.json", *rule(RULE)).returncode, 0)

    def test_nothing_outside_the_repository_is_taken_away(self) -> None:
        outside = self.repo.parent / (self.repo.name + "-outside.json")
        outside.write_text("{}")
        self.addCleanup(outside.unlink)
        done = self.gate("--run", "true", "--metrics", "json", f"../{outside.name}", *rule(RULE))
        self.assertEqual(done.returncode, 1)
        self.assertIn("outside the repository", self.record()["reason"])
        self.assertTrue(outside.exists())

    def test_one_missing_file_is_one_reason(self) -> None:
        rules = ("accuracy >= 0.85", "f1 >= 0.8")
        words = ["--run", "true", "--metrics", "json", "m.json"]
        for line, rule in enumerate(rules, 1):
            metric, op, bound = rule.split()
            words += ["--require", metric, op, bound, "", str(line), rule]
        self.gate(*words)
        reason = self.record()["reason"]
        self.assertEqual(reason.count("m.json is not there"), 1, reason)
        for rule in rules:
            self.assertIn("`" + rule + "`", reason)

    def test_reports_and_artifacts_must_be_written(self) -> None:
        for words, reason in [
            (("--junit", "u.xml"), "report u.xml: u.xml is not there"),
            (("--artifact", "a.txt"), "artifact a.txt: the command did not write it"),
            (("--metrics", "json", "m.json"), "m.json is not there"),
        ]:
            done = self.gate("--run", "true", *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(reason, self.record()["reason"])

    def test_folders_and_hidden_files_are_kept_under_names_that_upload(self) -> None:
        command = 'mkdir -p .html/a && echo 1 > .html/a/i && echo 2 > "a:b"'
        done = self.gate("--run", command, "--artifact", ".html", "--artifact", "a:b")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.out("files/_html/a/i"), "1\n")
        self.assertEqual(self.out("files/a_b"), "2\n")
        # The second time the folder of the first is taken away before.
        self.assertEqual(self.gate("--run", "true", "--artifact", ".html").returncode, 1)

    def test_seed(self) -> None:
        command = 'test "$PYTHONHASHSEED/$MLPIPE_SEED" = 42/42'
        self.assertEqual(self.gate("--run", command, "--seed", "42").returncode, 0)

    def test_the_working_folder(self) -> None:
        (self.repo / "svc").mkdir()
        words = ("--run", WRITE, "--metrics", "json", "m.json", *rule(RULE))
        self.assertEqual(self.gate(*words, MLPIPE_WORKDIR="svc").returncode, 0)
        self.assertTrue((self.repo / "svc/m.json").exists())
        self.assertTrue((self.repo / "mlpipe-out/gate-q/files/m.json").exists())


class Repetition(Desk):
    def attempts(self, outcomes: str, times: int, passes: int):
        """A command that fails or passes as the letters say."""
        (self.repo / "count").write_text("")
        command = (
            'printf x >> count; n=$(wc -c < count); all=%s; [ "${all:n-1:1}" = p ]' % outcomes
        )
        done = self.gate("--run", command, "--repeat", str(times), str(passes))
        return done.returncode, len(self.record()["gate"]["attempts"])

    def test_it_stops_when_the_verdict_is_clear(self) -> None:
        for outcomes, times, passes, expected in [
            ("ppppp", 5, 4, (0, 4)),
            ("fpppp", 5, 4, (0, 5)),
            ("ffppp", 5, 4, (1, 2)),
            ("pppff", 5, 4, (1, 5)),
            ("fffpp", 5, 2, (0, 5)),
            ("p", 1, 1, (0, 1)),
            ("f", 3, 3, (1, 1)),
        ]:
            self.assertEqual(self.attempts(outcomes, times, passes), expected, outcomes)

    def test_rules_are_part_of_an_attempt_and_files_are_of_it_alone(self) -> None:
        command = (
            "printf x >> count; n=$(wc -c < count);"
            ' [ "$n" = 2 ] || printf %s "{\\"m\\": 0.$n}" > m.json'
        )
        words = ("--metrics", "json", "m.json", *rule(("m", ">=", "0.3", "", "7", "m >= 0.3")))
        done = self.gate("--run", command, "--repeat", "4", "2", *words)
        self.assertEqual(done.returncode, 0, done.stdout)
        values = [a["rules"][0]["value"] for a in self.record()["gate"]["attempts"]]
        self.assertEqual(values, ["0.1", None, "0.3", "0.4"])

    def test_the_limit_is_for_all_attempts_together(self) -> None:
        done = self.gate("--run", "sleep 0.6", "--repeat", "5", "5", "--timeout", "1")
        self.assertEqual(done.returncode, 124)
        self.assertIn("did not end within 1 s", self.record()["reason"])


class Advisory(Desk):
    def test_it_fails_loudly_and_blocks_nothing(self) -> None:
        for command in ("exit 3", "sleep 30"):
            done = self.gate("--run", command, "--advisory", "triaged weekly", "--timeout", "1")
            self.assertEqual(done.returncode, 0)
            self.assertIn("gate q FAILED", done.stdout)
            self.assertIn("advisory: triaged weekly", done.stdout)
            record = self.record()
            self.assertEqual((record["status"], record["gate"]["verdict"]), ("advisory", "failed"))

    def test_what_cannot_even_be_judged_blocks_nothing_either(self) -> None:
        self.check_in("m.json", "{}")
        done = self.gate("--run", "true", "--metrics", "json", "m.json", "--advisory", "later")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.record()["status"], "advisory")

    def test_a_pass_is_a_pass(self) -> None:
        self.assertEqual(self.gate("--run", "true", "--advisory", "later").returncode, 0)
        self.assertEqual(self.record()["status"], "passed")


class Reports(Desk):
    def test_junit_holds_the_rules_and_the_commands_suites(self) -> None:
        suite = "<testsuites><testsuite name='own'><testcase name='t'/></testsuite></testsuites>"
        command = f'{WRITE}; printf %s "{suite}" > u.xml; exit 4'
        words = ("--metrics", "json", "m.json", "--junit", "u.xml", *rule(RULE), *rule(LATENCY))
        self.gate("--run", command, *words)
        root = ElementTree.fromstring(self.out("junit.xml"))
        self.assertEqual([s.get("name") for s in root], ["gate q", "own"])
        cases = {case.get("name"): case.find("failure") for case in root[0]}
        self.assertEqual(list(cases), ["run", "m >= 0.85", "latency.p95 < 100ms"])
        self.assertEqual(cases["run"].get("message"), "exit status 4")
        self.assertIsNone(cases["m >= 0.85"])
        self.assertEqual((root[0].get("tests"), root[0].get("failures")), ("3", "2"))

    def test_control_characters_do_not_break_the_reports(self) -> None:
        text = "m\u0001 >= <&>\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        self.gate("--run", WRITE, "--metrics", "json", "m.json", *rule((*RULE[:5], text)))
        ElementTree.fromstring(self.out("junit.xml"))

    def test_metrics_text(self) -> None:
        self.gate("--run", WRITE, "--metrics", "json", "m.json", *rule(RULE), *rule(LATENCY))
        self.assertEqual(
            self.out("metrics.txt"),
            '# TYPE m gauge\nm{gate="q",metric="m"} 0.9\n# TYPE latency_p95 gauge\n'
            'latency_p95{gate="q",metric="latency.p95",unit="ms"} 180\n# EOF\n',
        )

    def test_the_page_on_github(self) -> None:
        page = self.repo / "page.md"
        env = dict(GITHUB_STEP_SUMMARY=str(page), MLPIPE_PLATFORM="github")
        nasty = "m >= 0.85 | <script>\n*x*"
        self.gate("--run", WRITE, "--metrics", "json", "m.json", *rule((*RULE[:5], nasty)), **env)
        text = page.read_text()
        self.assertIn("### Gate q: passed\n", text)
        self.assertIn("| m | 0.9 | m &gt;= 0.85 \\| &lt;script&gt; \\*x\\* |  | pass |\n", text)

    def test_a_page_that_is_nearly_full_is_cut(self) -> None:
        page = self.repo / "page.md"
        page.write_text("x" * 899_950)
        env = dict(GITHUB_STEP_SUMMARY=str(page), MLPIPE_PLATFORM="github")
        done = self.gate("--run", WRITE, "--metrics", "json", "m.json", *rule(RULE), **env)
        self.assertEqual(done.returncode, 0)
        self.assertLess(os.path.getsize(page), 1 << 20)
        self.assertTrue(page.read_text().endswith("(cut: the rest is in the log)\n"))

    def test_an_annotation_cannot_be_broken_out_of(self) -> None:
        done = self.gate("--run", "true", "--artifact", "a\n::stop", MLPIPE_PLATFORM="github")
        lines = [line for line in done.stdout.splitlines() if line.startswith("::")]
        self.assertEqual(len(lines), 1, done.stdout)
        self.assertTrue(lines[0].startswith("::error title=gate-q::"))


if __name__ == "__main__":
    unittest.main()
