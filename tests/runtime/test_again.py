"""Re-run failed jobs, retry a job, restart from a stage: the deploy's script is started once more with its platform's
environment, and looks again at all that let it through. The compiled script of a pipeline, a git repository, a ledger
in a folder; stand-ins are the platform's API (a loopback server), docker, and the target's commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from bench import ROOT, Bench, Server

MLPIPE = os.environ.get("MLPIPE_BIN", str(ROOT / "target/debug/mlpipe"))
SPEC = """mlpipe 1
pipeline ranker

on push main
on manual
state path "{ledger}"

gate quality {{
  run     "cp measured.json metrics.json"
  metrics "metrics.json"
  require accuracy >= 0.9
}}
image ghcr "ghcr.io/acme/ranker" {{ tags commit }}
deploy production {{
  approval {approval}
  target command {{ deploy "printf %s \\"$MLPIPE_DIGEST\\" > \\"$HOME/live\\""; live "cat \\"$HOME/live\\"" }}
  smoke "test ! -e \\"$HOME/broken\\""
}}
"""
RULE = {"type": "required_reviewers", "reviewers": [{"type": "Team", "reviewer": {}}]}
REVIEW = {"state": "approved", "environments": [{"name": "production-approval"}], "user": {"login": "ada"}}
BEFORE = "sha256:" + "0" * 64


class Again(Bench):
    """A run of the pipeline on a platform, job by job, as that platform starts the script."""

    def setUp(self) -> None:
        super().setUp()
        os.remove(self.runtime)
        for tool in ("git", "cp", "dirname", "mkdir", "rm"):
            if not (self.bin / tool).exists():
                os.symlink(shutil.which(tool) or tool, self.bin / tool)
        self.ledger, self.home = self.folder / "ledger", self.folder / "home"
        self.ledger.mkdir()
        (self.home / "live").write_text(BEFORE)
        (self.repo / ".gitignore").write_text("mlpipe-out/\nmetrics.json\n")
        (self.repo / "measured.json").write_text('{"accuracy": 0.93}')
        self.answers: dict = {}
        self.server = Server(self.answers)
        self.addCleanup(self.server.close)
        self.git("init", "-q", "-b", "main")
        self.compile()
        self.commit("first")
        self.number = 77
        #: A person has started the run, with that digest.
        self.by_hand, self.input = False, ""

    def compile(self, approval: str = "required { expires 3d }") -> None:
        (self.repo / "release.mlpipe").write_text(SPEC.format(ledger=self.ledger, approval=approval))
        done = subprocess.run([MLPIPE, "compile"], cwd=self.repo, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
        done = subprocess.run(["git", *who, *words], cwd=self.repo, check=True, stdout=subprocess.PIPE, encoding="utf-8")
        return done.stdout.strip()

    def commit(self, text: str) -> None:
        (self.repo / "Dockerfile").write_text(f"FROM scratch\nLABEL text={text}\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", text)

    def platform_env(self) -> dict:
        raise NotImplementedError

    def asked_env(self) -> dict:
        """What only the approval's job is told."""
        return {}

    def sh(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        keep = ("PATH", "HOME", "TMPDIR", "STANDIN")
        base = {name: self.env[name] for name in keep}
        secrets = {"GHCR_USER": "ci", "GHCR_TOKEN": "s3cret", "MLPIPE_INPUT_PRODUCTION_DIGEST": self.input}
        return subprocess.run(
            ["sh", ".mlpipe/ranker.sh", *words],
            cwd=self.repo,
            env={**base, **secrets, **self.platform_env(), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
        )

    def good(self, *words: str, **env: str) -> str:
        done = self.sh(*words, **env)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def deploy(self) -> str:
        return self.good("deploy", "production")

    def refused(self, *sentences: str) -> None:
        """Stopped by its first step, with its own message, and nothing was touched."""
        before = (self.home / "live").read_text(), self.entries()
        done = self.sh("deploy", "production")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for sentence in sentences:
            self.assertIn(sentence, done.stdout)
        self.assertEqual(before, ((self.home / "live").read_text(), self.entries()))
        self.assertNotIn("s3cret", done.stdout)

    def entries(self) -> list:
        path = self.ledger / "production/ledger.json"
        return json.loads(path.read_text())["entries"] if path.exists() else []

    def up_to_approval(self) -> None:
        """The jobs of a run before somebody is asked."""
        shutil.rmtree(self.repo / "mlpipe-out", ignore_errors=True)
        self.good("gate", "quality")
        self.good("image")

    def approved(self) -> None:
        self.protected()
        self.good("approve", "production", **self.asked_env())

    def protected(self) -> None:
        """The platform's settings name somebody who has to approve, and somebody has."""

    def unprotected(self) -> str:
        """They name nobody; what the approval's job says then."""
        raise NotImplementedError

    def records(self) -> Path:
        return self.repo / "mlpipe-out"

    def change(self, job: str, **fields: object) -> None:
        path = self.records() / f"{job}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    def digest(self) -> str:
        return json.loads((self.records() / "image.json").read_text())["image"]["digest"]


class Cases:
    """The same on each platform."""

    def test_what_holds_is_deployed_and_started_again_it_changes_nothing(self) -> None:
        self.up_to_approval()
        self.approved()
        self.deploy()
        self.assertEqual((self.home / "live").read_text(), self.digest())
        self.assertIn("is live already", self.deploy())
        self.assertEqual([e["kind"] for e in self.entries()].count("good"), 2)

    def test_without_an_approval_in_this_run(self) -> None:
        self.up_to_approval()
        self.protected()
        self.refused("there is no record of approve-production from this run")

    def test_with_the_approval_of_another_run(self) -> None:
        self.up_to_approval()
        self.approved()
        kept = (self.records() / "approve-production.json").read_bytes()
        self.number = 78
        self.up_to_approval()
        (self.records() / "approve-production.json").write_bytes(kept)
        self.refused("there is no record of approve-production from this run")

    def test_where_nobody_has_to_approve(self) -> None:
        self.up_to_approval()
        sentence = self.unprotected()
        done = self.sh("approve", "production", **self.asked_env())
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(sentence, done.stdout)
        self.refused("nobody has approved the deploy to production in this run")

    def test_an_approval_after_its_time(self) -> None:
        self.compile("required { expires 1h }")
        self.commit("shorter")
        self.up_to_approval()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3700))
        self.change("image", ended=stamp)
        self.protected()
        done = self.sh("approve", "production", **self.asked_env())
        self.assertIn("after the question, `expires` allows 1 h", done.stdout)
        self.refused("nobody has approved the deploy to production in this run")

    def test_a_late_approval_does_not_put_an_older_one_over_a_newer_one(self) -> None:
        self.up_to_approval()
        parked, older = self.folder / "parked", self.git("rev-parse", "HEAD")
        shutil.copytree(self.records(), parked)
        time.sleep(1.1)  # records know seconds
        self.number = 78
        self.commit("second")
        self.up_to_approval()
        self.approved()
        self.deploy()
        newer = self.digest()
        self.number = 77
        self.git("checkout", "-q", older)
        shutil.rmtree(self.records())
        shutil.copytree(parked, self.records())
        self.approved()
        self.refused(f"production has a newer one already: {newer}")

    def test_what_was_rolled_back_is_not_tried_again(self) -> None:
        self.up_to_approval()
        self.approved()
        (self.home / "broken").touch()
        self.assertNotEqual(self.sh("deploy", "production").returncode, 0)
        self.assertEqual((self.home / "live").read_text(), BEFORE)
        (self.home / "broken").unlink()
        self.refused(f"{self.digest()} was rolled back in production")

    def test_a_gate_that_has_another_verdict_by_now(self) -> None:
        self.up_to_approval()
        self.approved()
        (self.repo / "measured.json").write_text('{"accuracy": 0.5}')
        self.assertNotEqual(self.sh("gate", "quality").returncode, 0)
        self.git("checkout", "-q", "measured.json")
        self.refused("the record of gate-quality has changed since the image was made")

    def test_the_image_of_another_run(self) -> None:
        self.up_to_approval()
        kept = (self.records() / "image.json").read_bytes()
        self.number = 78
        self.up_to_approval()
        self.approved()
        (self.records() / "image.json").write_bytes(kept)
        self.refused("there is no record of image from this run")

    def test_a_digest_that_is_none(self) -> None:
        self.up_to_approval()
        self.approved()
        image = json.loads((self.records() / "image.json").read_text())["image"]
        self.change("image", image={**image, "digest": "latest"})
        self.refused("`image.digest` of image is not a digest: 'latest'")


    def test_a_start_by_hand_says_the_digest(self) -> None:
        self.compile("by_dispatch")
        self.commit("by hand")
        self.up_to_approval()
        digest = self.digest()
        self.refused("does not deploy")  # by a push, whatever the platform's conditions say
        self.number, self.by_hand = 78, True
        self.up_to_approval()
        self.assertEqual(self.digest(), digest)  # what the push made is not made again
        self.refused("the input production_digest is empty", f"production_digest={digest}")
        self.input = BEFORE
        self.refused(f"production_digest asks for {BEFORE}, and this run made {digest}")
        self.input = digest
        self.deploy()
        self.assertEqual((self.home / "live").read_text(), digest)
        self.assertEqual(self.entries()[-1]["approved_by"], self.starter)


class GitHub(Cases, Again):
    platform = "github"
    starter = ["grace"]
    ENVIRONMENT = "/repos/acme/ranker/environments/production-approval"

    def platform_env(self) -> dict:
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SHA": self.git("rev-parse", "HEAD"),
            "GITHUB_RUN_ID": str(self.number),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/ranker",
            "GITHUB_EVENT_NAME": "workflow_dispatch" if self.by_hand else "push",
            "GITHUB_TRIGGERING_ACTOR": "grace",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_REF_NAME": "main",
            "GITHUB_API_URL": self.server.url,
            "GITHUB_TOKEN": "s3cret",
        }

    def reviews(self, *found: dict) -> None:
        self.answers[f"/repos/acme/ranker/actions/runs/{self.number}/approvals"] = (200, list(found))

    def protected(self) -> None:
        self.answers[self.ENVIRONMENT] = (200, {"protection_rules": [RULE]})
        self.reviews(REVIEW)

    def unprotected(self) -> str:
        self.answers[self.ENVIRONMENT] = (200, {"protection_rules": []})
        self.reviews()
        return "nobody has to approve: environment production-approval has no required reviewers"

    def test_an_approval_that_the_api_does_not_know(self) -> None:
        self.up_to_approval()
        self.approved()
        self.reviews({**REVIEW, "state": "rejected"})
        self.refused("nobody has approved this run for production-approval")


class GitLab(Cases, Again):
    platform = "gitlab"
    starter = ["grace"]
    ENVIRONMENT = "/api/v4/projects/9/protected_environments/production-approval"

    def platform_env(self) -> dict:
        return {
            "CI_PIPELINE_SOURCE": "web" if self.by_hand else "push",
            "GITLAB_USER_LOGIN": "grace",
            "CI_COMMIT_SHA": self.git("rev-parse", "HEAD"),
            "CI_PIPELINE_ID": str(self.number),
            "CI_PROJECT_URL": "https://gitlab.example.com/acme/ranker",
            "CI_PIPELINE_URL": f"https://gitlab.example.com/acme/ranker/-/pipelines/{self.number}",
            "CI_COMMIT_BRANCH": "main",
            "CI_PROJECT_ID": "9",
            "CI_API_V4_URL": self.server.url + "/api/v4",
        }

    def asked_env(self) -> dict:
        return {"CI_JOB_MANUAL": "true", "GITLAB_USER_LOGIN": "ada", "MLPIPE_READ_TOKEN": "s3cret"}

    def protected(self) -> None:
        self.answers[self.ENVIRONMENT] = (200, {"deploy_access_levels": [{"access_level": 40}]})

    def unprotected(self) -> str:
        self.answers[self.ENVIRONMENT] = (200, {"deploy_access_levels": [{"access_level": 0}]})
        return "the protected environment production-approval names nobody who may approve"

    def test_an_environment_that_is_not_protected_at_all(self) -> None:
        self.up_to_approval()
        done = self.sh("approve", "production", **self.asked_env())
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("answers 404 to GET", done.stdout)
        self.refused("nobody has approved the deploy to production in this run")


class Jenkins(Cases, Again):
    platform = "jenkins"
    starter: list = []  # Jenkins tells a script nobody

    def platform_env(self) -> dict:
        return {
            "JENKINS_URL": "https://jenkins.example.com/",
            "BUILD_TAG": f"jenkins-ranker-main-{self.number}",
            "BUILD_URL": f"https://jenkins.example.com/job/ranker/job/main/{self.number}/",
            "GIT_COMMIT": self.git("rev-parse", "HEAD"),
            "GIT_URL": "https://git.example.com/acme/ranker",
            "BRANCH_NAME": "main",
            "MLPIPE_EVENT": "manual" if self.by_hand else "push",
        }

    def asked_env(self) -> dict:
        return {} if self.silent else {"MLPIPE_APPROVED_BY": "ada"}

    silent = False

    def unprotected(self) -> str:
        self.silent = True
        return "the platform does not say who approved"
