"""Who said yes, and that somebody had to: every answer but a clear yes stops."""

from __future__ import annotations

import time
import unittest

from bench import Bench, serving

ENV = "/repos/acme/ranker/environments/production-approval"
RUN = "/repos/acme/ranker/actions/runs/77/approvals"
RULE = {"type": "required_reviewers", "reviewers": [{"type": "Team", "reviewer": {}}]}


def review(state: str = "approved", name: str = "production-approval", login: str = "ada"):
    return {"state": state, "environments": [{"name": name}], "user": {"login": login}}


class ApproveBench(Bench):
    def ask(self, *more: str, **env: str):
        words = ["approve", "--environment", "production"]
        words += ["--approval-environment", "production-approval", "--question", "Deploy?"]
        return self.job("approve-production", *words, *more, **env)

    def yes(self, done, *by: str) -> dict:
        self.assertEqual(done.returncode, 0, done.stdout)
        record = self.read("approve-production")
        self.assertEqual(record["approve"]["by"], list(by))
        self.assertEqual(record["status"], "passed")
        return record["approve"]

    def no(self, done, sentence: str) -> None:
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(sentence, done.stdout)
        self.assertEqual(self.read("approve-production")["status"], "failed")
        self.assertNotIn("s3cret", done.stdout)


class GitHub(ApproveBench):
    def setUp(self) -> None:
        super().setUp()
        self.env.update(GITHUB_TOKEN="s3cret", GITHUB_REPOSITORY="acme/ranker")
        self.env.update(GITHUB_RUN_ID="77", GITHUB_RUN_ATTEMPT="2")
        self.env.update(GITHUB_TRIGGERING_ACTOR="eve")

    def asked(self, rules: object, reviews: object, *more: str, **env: str):
        answers = {ENV: (200, {"protection_rules": rules}), RUN: (200, reviews)}
        with serving(answers) as server:
            self.server = server
            return self.ask(*more, GITHUB_API_URL=server.url, **env)

    def test_a_reviewed_run(self) -> None:
        found = self.yes(self.asked([RULE], [review()]), "ada")
        self.assertEqual((found["checked"], found["attempt"]), (True, "2"))
        for call in self.server.asked:
            self.assertEqual(call["headers"]["authorization"], "Bearer s3cret")
            self.assertEqual(call["headers"]["x-github-api-version"], "2022-11-28")
        self.assertEqual([call["path"] for call in self.server.asked], [ENV, RUN])

    def test_an_answer_after_its_time_is_none(self) -> None:
        for minutes, others in ((59, 50), (61, 50), (61, 70)):
            for name, ago in (("image", minutes), ("deploy-staging", others)):
                stamp = time.time() - 60 * ago
                ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp))
                self.record(name, ended=ended)
            more = ("--expires", "3600", "--after", "image", "--after", "deploy-staging")
            done = self.asked([RULE], [review()], *more)
            if min(minutes, others) < 60:  # the question was put when the last one ended
                self.yes(done, "ada")
            else:
                self.no(done, "the answer came 1 h 1 m")

    def test_names_of_environments_have_no_case(self) -> None:
        self.yes(self.asked([RULE], [review(name="Production-Approval")]), "ada")

    def test_nobody_has_to_review(self) -> None:
        wait = {"type": "wait_timer", "wait_timer": 30}
        empty = {"type": "required_reviewers", "reviewers": []}
        for rules in ([], [wait], [empty], None, "x", {"type": "required_reviewers"}):
            self.no(self.asked(rules, [review()]), "nobody has to approve")

    def test_nobody_has_reviewed(self) -> None:
        for reviews in (
            [],
            [review(state="rejected")],
            [review(state="pending")],
            [review(name="staging-approval")],
            [{"state": "approved", "environments": [{"name": "production-approval"}]}],
            {"message": "x"},
        ):
            self.no(self.asked([RULE], reviews), "nobody has approved this run")

    def test_an_api_that_does_not_answer_is_a_no(self) -> None:
        for status in (401, 403, 404):
            with serving({ENV: (status, {})}) as server:
                done = self.ask(GITHUB_API_URL=server.url)
            self.no(done, f"answers {status} to GET {ENV}")
        self.no(self.ask(GITHUB_API_URL="http://api.example.com"), "not asked without https")
        self.no(self.ask(GITHUB_TOKEN=""), "GITHUB_TOKEN is empty")

    def test_unchecked_is_recorded_and_shown(self) -> None:
        done = self.ask("--unchecked", "no plan with reviewers")
        found = self.yes(done, "eve")
        self.assertEqual(found["unchecked"], "no plan with reviewers")
        self.assertFalse(found["checked"])
        self.assertIn("no plan with reviewers", done.stdout)

    def test_the_deploy_asks_again(self) -> None:
        self.yes(self.asked([RULE], [review()]), "ada")
        words = ["deploy", "--phase", "begin", "--environment", "production"]
        words += ["--image", "x", "--allow", "push", "any", "", "--command", "true"]
        words += ["printf ''", "", "5", "--approval", "production"]
        words += ["production-approval", ""]
        digest = "sha256:" + "a" * 64
        self.record("image", image={"repository": "x", "digest": digest, "gates": []})
        for reviews, code in (([review()], 0), ([review(state="rejected")], 1)):
            with serving({RUN: (200, reviews)}) as server:
                env = {"GITHUB_API_URL": server.url}
                done = self.job("deploy-production", *words, **env)
            self.assertEqual(done.returncode, code, done.stdout)


class GitLab(ApproveBench):
    platform = "gitlab"
    path = "/api/v4/projects/5/protected_environments/production-approval"

    def setUp(self) -> None:
        super().setUp()
        self.env.update(MLPIPE_READ_TOKEN="s3cret", CI_PROJECT_ID="5")
        self.env.update(CI_JOB_MANUAL="true", GITLAB_USER_LOGIN="ada")

    def asked(self, answer: object, status: int = 200, **env: str):
        with serving({self.path: (status, answer)}) as server:
            self.server = server
            return self.ask(CI_API_V4_URL=server.url + "/api/v4", **env)

    def test_protected_and_pressed(self) -> None:
        level = {"access_level": 40, "user_id": None, "group_id": None}
        for found in (
            {"deploy_access_levels": [level]},
            {"deploy_access_levels": [{"access_level": None, "user_id": 7}]},
            {"deploy_access_levels": [], "approval_rules": [{"group_id": 3}]},
        ):
            self.yes(self.asked(found), "ada")
            self.assertEqual(self.server.asked[0]["headers"]["private-token"], "s3cret")

    def test_protected_for_nobody(self) -> None:
        nobody = {"access_level": 0, "user_id": None, "group_id": None}
        for found in ({}, {"deploy_access_levels": [nobody]}, []):
            self.no(self.asked(found), "names nobody who may approve")

    def test_without_the_feature_or_the_right(self) -> None:
        for status in (401, 403, 404):
            self.no(self.asked({}, status), f"answers {status}")
        self.no(self.ask(MLPIPE_READ_TOKEN=""), "MLPIPE_READ_TOKEN is empty")

    def test_unchecked_needs_no_token_but_a_person(self) -> None:
        more = ["--unchecked", "GitLab Free"]
        self.yes(self.ask(*more, MLPIPE_READ_TOKEN=""), "ada")
        self.no(self.ask(*more, CI_JOB_MANUAL=""), "nobody pressed this job")
        self.no(self.ask(*more, GITLAB_USER_LOGIN=""), "does not say who approved")


class Elsewhere(ApproveBench):
    def test_jenkins_names_who_answered(self) -> None:
        env = {"MLPIPE_PLATFORM": "jenkins"}
        self.yes(self.ask(**env, MLPIPE_APPROVED_BY="ada"), "ada")
        self.no(self.ask(**env), "does not say who approved")

    def test_nobody_approves_at_a_desk(self) -> None:
        env = {"MLPIPE_PLATFORM": "desk", "MLPIPE_APPROVED_BY": "me"}
        self.no(self.ask(**env), "not at a desk")


if __name__ == "__main__":
    unittest.main()
