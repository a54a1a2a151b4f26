"""Messages: what they say, when they are sent, and that no address is printed."""

from __future__ import annotations

import json
import unittest

import keep
from bench import COMMIT, Bench, serving


class Notify(Bench):
    def setUp(self) -> None:
        super().setUp()
        self.record("gate-unit", status="failed", reason="2 <tests> & more failed")
        self.record("image")

    def deploy(self, outcome: str) -> None:
        what = {"environment": "production", "outcome": outcome, "what": "old was put back"}
        self.record("deploy-production", status="failed", reason="smoke", deploy=what)

    def send(self, channel: str, *on: str, answer: object = (200, "ok"), **env: str):
        words = ["notify", "--channel", channel, "--url", "HOOK"]
        for event in on:
            words += ["--on", event]
        for job in ("gate-unit", "image", "deploy-production", "gate-never"):
            words += ["--read", job]
        with serving({"/T0/s3cret": answer}) as server:
            env = {"HOOK": server.url + "/T0/s3cret\n", **env}
            done = self.job("notify-1", *words, **env)
        self.asked = server.asked
        if channel == "webhook":
            keep.messages(call["body"] for call in server.asked)
        self.assertNotIn("s3cret", done.stdout)
        return done

    def sent(self) -> dict:
        self.assertEqual(len(self.asked), 1)
        return json.loads(self.asked[0]["body"])

    def test_slack_on_failure(self) -> None:
        done = self.send("slack", "failure")
        self.assertEqual(done.returncode, 0, done.stdout)
        body = self.sent()
        self.assertEqual(list(body), ["text"])
        self.assertIn("ranker failed (main at c0ffee000000)", body["text"])
        self.assertIn("gate-unit: 2 &lt;tests&gt; &amp; more failed", body["text"])
        self.assertIn("<https://ci.example.com/runs/77|the run>", body["text"])
        self.assertNotIn("image:", body["text"])
        head = self.asked[0]["headers"]
        self.assertEqual(head["content-type"], "application/json; charset=utf-8")

    def test_the_body_of_a_webhook(self) -> None:
        self.deploy("restored")
        self.assertEqual(self.send("webhook", "failure", "rollback").returncode, 0)
        body = self.sent()
        self.assertEqual(body["schema"], 1)
        self.assertEqual(body["outcome"], "rollback")
        self.assertEqual(body["commit"], COMMIT)
        self.assertEqual(body["run_url"], "https://ci.example.com/runs/77")
        self.assertEqual(
            body["failed"],
            [
                {"job": "gate-unit", "title": "gate-unit", "reason": "2 <tests> & more failed"},
                {"job": "deploy-production", "title": "deploy-production", "reason": "smoke"},
            ],
        )
        self.assertEqual(body["deploys"][0]["outcome"], "restored")
        self.assertIn("production: old was put back", body["text"])

    def test_rollback_alone_is_told_only_of_a_rollback(self) -> None:
        for outcome, told in (
            ("restored", True),
            ("restore_failed", True),
            ("failed_untouched", False),
            ("deployed", False),
            ("left_alone", False),
        ):
            self.deploy(outcome)
            self.assertEqual(self.send("slack", "rollback").returncode, 0)
            self.assertEqual(len(self.asked), int(told), outcome)
            self.assertEqual(self.read("notify-1")["notify"]["sent"], told)
        (self.repo / "mlpipe-out/deploy-production.json").unlink()
        self.send("slack", "rollback")
        self.assertEqual(self.asked, [])

    def test_a_halt_comes_first_and_alone_is_told_only_of_a_halt(self) -> None:
        why = "3 rollbacks within an hour"
        for halted, on, told in (
            (why, ("halt",), "halted"),
            (why, ("failure", "rollback", "halt"), "halted"),
            (None, ("failure", "rollback", "halt"), "rolled back"),
            (None, ("halt",), ""),
        ):
            what = {"environment": "production", "outcome": "restored", "what": "old was put back"}
            what["halted"] = halted
            self.record("deploy-production", status="failed", reason="smoke", deploy=what)
            self.assertEqual(self.send("slack", *on).returncode, 0)
            self.assertEqual(len(self.asked), int(bool(told)), (halted, on))
            if told:
                self.assertIn(told, self.sent()["text"].splitlines()[0])
                self.assertEqual(why in self.sent()["text"], bool(halted))

    def test_success(self) -> None:
        self.record("gate-unit")
        self.send("slack", "success")
        self.assertIn("ranker succeeded", self.sent()["text"])

    def test_a_failure_without_a_record_is_told_too(self) -> None:
        self.record("gate-unit")
        self.send("slack", "failure")
        self.assertIn("no job left a record of its failure", self.sent()["text"])

    def test_a_job_that_was_killed_did_not_end(self) -> None:
        self.record("gate-unit", status="unfinished")
        self.send("slack", "failure")
        self.assertIn("gate-unit: it did not end", self.sent()["text"])

    def test_it_is_tried_three_times(self) -> None:
        done = self.send("slack", "failure", answer=[(503, ""), (429, ""), (200, "ok")])
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len(self.asked), 3)

    def test_a_refusal_is_not_tried_again(self) -> None:
        done = self.send("slack", "failure", answer=(404, "no_service"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("the address in HOOK answers 404", done.stdout)
        self.assertEqual(len(self.asked), 1)

    def test_addresses_that_are_none(self) -> None:
        for url in ("", "http://example.com/s3cret", "ftp://x/s3cret", "https://[s3cret", "x"):
            done = self.send("slack", "failure", HOOK=url)
            self.assertIn("HOOK is not an https:// address", done.stdout)
            self.assertEqual(done.returncode, 1)


class Withheld(Bench):
    def test_it_says_which_and_why(self) -> None:
        page = self.folder / "summary.md"
        words = ["withheld", "--job", "gate-quality", "it uses the secret A|B"]
        done = self.job("withheld", *words, GITHUB_STEP_SUMMARY=str(page))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("gate-quality: it uses the secret A|B", done.stdout)
        self.assertIn("| gate-quality | it uses the secret A\\|B |", page.read_text())
        record = self.read("withheld")
        self.assertEqual(record["withheld"][0]["job"], "gate-quality")


if __name__ == "__main__":
    unittest.main()
