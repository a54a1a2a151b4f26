"""Who a job is in a cloud: where its token comes from, who sees it, and what is said when there is none."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import unittest
from pathlib import Path

from bench import Bench, Server, runtime_text

ROLE = "arn:aws:iam::123456789012:role/ml-release"
POOL = "projects/123/locations/global/workloadIdentityPools/ci/providers/"
CLIENT, TENANT = "0f3e2d1c-0000-4000-8000-0123456789ab", "1f3e2d1c-0000-4000-8000-0123456789ab"
AWS = ["aws", "MLPIPE_ID_TOKEN_AWS", "--name", ROLE, "--audience", "sts.amazonaws.com", "--region", "eu-central-1"]
AZURE = ["azure", "MLPIPE_ID_TOKEN_AZURE", "--name", CLIENT, "--audience", "api://AzureADTokenExchange"]
AZURE += ["--tenant", TENANT, "--subscription", "s1"]
GCP = ["gcp", "MLPIPE_ID_TOKEN_GCP", "--name", POOL + "github", "--audience", "https://iam.googleapis.com/" + POOL + "github"]
GCP += ["--on", "gitlab", POOL + "gitlab", "https://iam.googleapis.com/" + POOL + "gitlab", "--account", "a@b.example"]
ENDPOINT = "/token?api-version=2.0&audience=sts.amazonaws.com"
#: What a command of the job finds.
LOOK = """
python3 - <<'END' >seen
import os, stat
for name in sorted(os.environ): print(name + "=" + os.environ[name].replace(chr(10), " "))
file = os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]
print("modes=" + " ".join(oct(stat.S_IMODE(os.stat(p).st_mode)) for p in (os.path.dirname(file), file)))
print(open(file).read(), end="")
END
printf sha256:%064d 1 >model
"""


def part(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def token(audience: object = "sts.amazonaws.com", lasts: float = 600, **claims: object) -> str:
    found = {"iss": "https://issuer.example", "sub": "repo:acme/ranker:environment:production"}
    found.update(aud=audience, exp=time.time() + lasts, **claims)
    return ".".join([part({"alg": "RS256"}), part(found), "c2lnbmF0dXJl"])


def words(*identities: list[str]) -> str:
    """What the script's `use_identity` hands over."""
    return "".join("\t".join(identity) + "\t\n" for identity in identities)


class Auth(Bench):
    def model(self, command: str = LOOK, *identities: list[str], **env: str):
        """A job whose one command is this."""
        env.setdefault("MLPIPE_IDENTITIES", words(*(identities or [AWS])))
        options = ["--name", "m", "--version", "m/1", "--command", command, "--save", "model", "--timeout", "60"]
        return self.job("model-m", "model", *options, **env)

    def seen(self) -> str:
        return (self.repo / "seen").read_text()

    def variable(self, name: str) -> str | None:
        lines = [line.partition("=") for line in self.seen().splitlines()]
        return next((value for key, mark, value in lines if key == name and mark), None)

    def refused(self, done, *parts: str) -> None:
        """Nothing of the job ran, and both the log and the record say why."""
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertFalse((self.repo / "seen").exists())
        record = self.read("model-m")
        self.assertEqual(record["status"], "failed")
        for text in parts:
            self.assertIn(text, done.stdout)
        self.assertIn(parts[0], record["reason"])


class OnGithub(Auth):
    def server(self, answers: dict) -> dict:
        server = Server(answers)
        self.addCleanup(server.close)
        self.asked = server.asked
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": server.url + "/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
        }

    def test_it_asks_with_its_audience_and_keeps_the_token_private(self) -> None:
        made = token()
        done = self.model(**self.server({ENDPOINT: (200, {"value": made})}))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual([a["headers"]["authorization"] for a in self.asked], ["Bearer request-token"])
        self.assertEqual(self.variable("AWS_ROLE_ARN"), ROLE)
        self.assertEqual(self.variable("AWS_REGION"), "eu-central-1")
        self.assertEqual(self.variable("AWS_DEFAULT_REGION"), "eu-central-1")
        self.assertEqual(self.variable("AWS_ROLE_SESSION_NAME"), "mlpipe-ranker-77")
        self.assertTrue(self.seen().endswith(made))
        self.assertEqual(self.variable("modes"), "0o700 0o600")
        # Nothing is left of it, nobody could ask for another one, and no log has it.
        self.assertFalse(Path(self.variable("AWS_WEB_IDENTITY_TOKEN_FILE") or "").exists())
        self.assertEqual(list(self.folder.glob("mlpipe-identity-*")), [])
        self.assertNotIn("ACTIONS_ID_TOKEN", self.seen())
        self.assertNotIn("MLPIPE_IDENTITIES", self.seen())
        for secret in (made, "request-token"):
            self.assertNotIn(secret, done.stdout)
            self.assertNotIn(secret, json.dumps(self.read("model-m")))
        self.assertIn("in aws this is repo:acme/ranker:environment:production of https://issuer.example", done.stdout)

    def test_nothing_of_the_settings_beats_it(self) -> None:
        stale = {
            "AWS_ACCESS_KEY_ID": "AKIAX",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_SESSION_TOKEN": "x",
            "AWS_PROFILE": "x",
            "AWS_CONFIG_FILE": "x",
            "AWS_SHARED_CREDENTIALS_FILE": "x",
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/other",
        }
        done = self.model(**self.server({ENDPOINT: (200, {"value": token()})}), **stale)
        self.assertEqual(done.returncode, 0, done.stdout)
        left = [name for name in stale if self.variable(name) is not None]
        self.assertEqual(left, ["AWS_ROLE_ARN"])
        self.assertEqual(self.variable("AWS_ROLE_ARN"), ROLE)

    def test_a_token_that_would_be_late_is_replaced(self) -> None:
        early, late = token(lasts=60), token(lasts=600)
        answers = {ENDPOINT: [(200, {"value": early}), (200, {"value": late})]}
        done = self.model(**self.server(answers))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len(self.asked), 2)
        self.assertTrue(self.seen().endswith(late))

    def test_where_no_new_one_comes_the_command_starts_with_the_old(self) -> None:
        early = token(lasts=60)
        done = self.model(**self.server({ENDPOINT: [(200, {"value": early}), (404, {})]}))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("warning: GitHub made no id token for aws: it answered 404", done.stdout)
        self.assertTrue(self.seen().endswith(early))

    def test_what_is_no_token_is_refused_by_name(self) -> None:
        for answer, *parts in [
            ((403, {"message": "no"}), "GitHub made no id token for aws: it answered 403"),
            ((200, {"count": 1}), "GitHub's answer holds no id token for aws"),
            ((200, ["x"]), "GitHub's answer holds no id token for aws"),
            ((200, {"value": 7}), "GitHub's answer holds no id token for aws"),
            ((200, {"value": "nonsense"}), "what GitHub's answer holds is no id token", "three parts"),
            ((200, {"value": "a.b.c"}), "what GitHub's answer holds is no id token"),
            ((200, {"value": part({}) + "." + part({"aud": "x"}) + ".x"}), "is no id token"),
            ((200, {"value": token(lasts=-90)}), "the id token in GitHub's answer expired 1 m", "clock"),
            (
                (200, {"value": token("https://github.com/acme")}),
                "is made out to https://github.com/acme, aws wants sts.amazonaws.com",
            ),
            ((200, {"value": token(None)}), "is made out to nobody, aws wants sts.amazonaws.com"),
        ]:
            with self.subTest(answer=answer):
                self.refused(self.model(**self.server({ENDPOINT: answer})), *parts)

    def test_a_server_that_fails_is_asked_again(self) -> None:
        answers = {ENDPOINT: [(500, {}), (200, {"value": token(["other", "sts.amazonaws.com"])})]}
        done = self.model(**self.server(answers))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len(self.asked), 2)

    def test_a_server_that_is_not_there_is_named(self) -> None:
        env = self.server({})
        env["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://127.0.0.1:1/token?x=1"
        self.refused(self.model(**env), "GitHub did not make an id token for aws: no answer from 127.0.0.1:1")

    def test_a_job_without_the_right_is_told_which(self) -> None:
        self.refused(self.model(), "GitHub gives this job no id token for aws", "`id-token: write`")
        self.refused(self.model(ACTIONS_ID_TOKEN_REQUEST_URL="http://127.0.0.1:1/"), "GitHub gives this job no id token")

    def test_fetching_has_the_identity_and_takes_it_along_when_it_ends(self) -> None:
        server = self.server({ENDPOINT: (200, {"value": token()})})
        self.model(**server)
        (self.repo / "seen").unlink()
        options = ["--name", "m", "--version", "m/1", "--command", LOOK, "--save", "model", "--timeout", "60"]
        done = self.call("fetch", *options, MLPIPE_JOB="gate-x", MLPIPE_IDENTITIES=words(AWS), **server)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.variable("AWS_ROLE_ARN"), ROLE)
        self.assertEqual(list(self.folder.glob("mlpipe-identity-*")), [])


class OnGitlab(Auth):
    platform = "gitlab"

    def test_the_token_comes_from_the_variable_and_leaves_it(self) -> None:
        made = token()
        done = self.model(MLPIPE_ID_TOKEN_AWS=made + "\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(self.seen().endswith(made))
        self.assertIsNone(self.variable("MLPIPE_ID_TOKEN_AWS"))
        self.assertNotIn(made, done.stdout)

    def test_none_is_refused_by_name(self) -> None:
        self.refused(self.model(), "there is no id token for aws in MLPIPE_ID_TOKEN_AWS", "`id_tokens`")

    def test_several_clouds_and_the_name_of_this_platform(self) -> None:
        tokens = {
            "MLPIPE_ID_TOKEN_AWS": token(),
            "MLPIPE_ID_TOKEN_GCP": token("https://iam.googleapis.com/" + POOL + "gitlab"),
            "MLPIPE_ID_TOKEN_AZURE": token("api://AzureADTokenExchange"),
        }
        look = 'cat "$GOOGLE_APPLICATION_CREDENTIALS" >gcp.json; cat "$AZURE_FEDERATED_TOKEN_FILE" >azure.token;' + LOOK
        stale = {"AZURE_CLIENT_SECRET": "x", "CLOUDSDK_AUTH_ACCESS_TOKEN": "x"}
        done = self.model(look, AWS, GCP, AZURE, **tokens, **stale)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual((self.repo / "azure.token").read_text(), tokens["MLPIPE_ID_TOKEN_AZURE"])
        self.assertEqual(self.variable("AZURE_CLIENT_ID"), CLIENT)
        self.assertEqual(self.variable("AZURE_TENANT_ID"), TENANT)
        self.assertEqual(self.variable("AZURE_SUBSCRIPTION_ID"), "s1")
        self.assertIsNone(self.variable("AZURE_CLIENT_SECRET"))
        self.assertIsNone(self.variable("CLOUDSDK_AUTH_ACCESS_TOKEN"))
        path = self.variable("GOOGLE_APPLICATION_CREDENTIALS")
        self.assertEqual(self.variable("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"), path)
        account = json.loads((self.repo / "gcp.json").read_text())
        source = account.pop("credential_source")
        self.assertEqual(source, {"file": os.path.dirname(path or "") + "/gcp.token", "format": {"type": "text"}})
        self.assertEqual(account["type"], "external_account")
        self.assertEqual(account["audience"], "//iam.googleapis.com/" + POOL + "gitlab")
        self.assertTrue(account["service_account_impersonation_url"].endswith("/a@b.example:generateAccessToken"))
        self.assertEqual(len(account), 5)

    def test_one_of_several_that_is_missing_stops_the_job(self) -> None:
        self.refused(self.model(LOOK, AWS, AZURE, MLPIPE_ID_TOKEN_AWS=token()), "there is no id token for azure")


class OnJenkins(Auth):
    platform = "jenkins"

    def test_none_and_one_for_somebody_else(self) -> None:
        self.refused(self.model(), "there is no id token for aws in MLPIPE_ID_TOKEN_AWS", "oidc-provider")
        other = self.model(MLPIPE_ID_TOKEN_AWS=token("https://jenkins.example"))
        self.refused(other, "is made out to https://jenkins.example", "the audience of the credential")


class Deploys(Auth):
    platform = "gitlab"

    def deploy(self, *phases: str, **env: str):
        look = "printf '%s ' \"${AWS_ROLE_ARN-nobody}\" >>roles; "
        put = look + 'printf %s "$MLPIPE_DIGEST" >live; test -z "${FAIL-}"'
        back = look + 'printf %s "$MLPIPE_LIVE_BEFORE" >live'
        options = ["--environment", "production", "--model", "m", "--timeout", "60"]
        options += ["--command", put, look + "cat live", back, "60"]
        options += ["--allow", "push", "branch", "main"]
        for phase in phases:
            env["MLPIPE_JOB"] = "deploy-production"
            start = ["begin", "deploy-production", "deploy", "Deploy"]
            self.call(*start, *([] if phase in ("all", "begin") else ["resume"]), **env)
            done = self.call("deploy", "--phase", phase, *options, MLPIPE_IDENTITIES=words(AWS), **env)
        return done

    def setUp(self) -> None:
        super().setUp()
        digest = "sha256:" + "1" * 64
        self.record("model-m", model={"name": "m", "version": "m/1", "digest": digest})
        (self.repo / "live").write_text("sha256:" + "0" * 64)

    def roles(self) -> set[str]:
        return set((self.repo / "roles").read_text().split())

    def test_every_command_of_every_phase_has_it(self) -> None:
        done = self.deploy("all", MLPIPE_ID_TOKEN_AWS=token())
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.roles(), {ROLE})

    def test_putting_back_has_it_too(self) -> None:
        done = self.deploy("all", MLPIPE_ID_TOKEN_AWS=token(), FAIL="1")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("was put back", done.stdout)
        self.assertEqual(self.roles(), {ROLE})

    def test_without_a_token_nothing_is_touched(self) -> None:
        done = self.deploy("all")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("there is no id token for aws", done.stdout)
        self.assertFalse((self.repo / "roles").exists())

    def test_putting_back_is_tried_without_one(self) -> None:
        self.deploy("begin", "roll-out", MLPIPE_ID_TOKEN_AWS=token())
        done = self.deploy("restore")
        self.assertIn("warning: there is no id token for aws", done.stdout)
        self.assertIn("was put back", done.stdout)
        self.assertEqual((self.repo / "live").read_text(), "sha256:" + "0" * 64)


class Lists(unittest.TestCase):
    def test_the_compiler_knows_the_same_variables(self) -> None:
        """A secret or `env` of such a name is refused beside an identity (MLP462)."""
        rust = (Path(__file__).resolve().parents[2] / "src/spec/model/auth.rs").read_text()
        scope: dict = {}
        text = runtime_text()
        exec(text[text.index("DECIDES = {") : text.index("IDENTITY_ONCE")], scope)  # noqa: S102
        for cloud, names in scope["DECIDES"].items():
            block = rust[rust.index(f"Self::{cloud.capitalize()} => &[") :]
            found = [line.strip().strip('",') for line in block[: block.index("]")].splitlines()[1:]]
            self.assertEqual([name for name in found if name], list(names), cloud)


if __name__ == "__main__":
    sys.exit(unittest.main())
