"""The image job: what is pushed, what is never pushed over, and what is left behind."""

from __future__ import annotations

import json
import unittest

from bench import COMMIT, REPOSITORY, Bench, runtime_text, sha

MODEL = sha("model bytes")
MAY = ("--allow", "push", "any", "")
DEPLOYED = f"{REPOSITORY}:{COMMIT}"


def find(calls: list[dict], *words: str) -> list[list[str]]:
    """The calls that begin with these words."""
    return [c["words"] for c in calls if c["words"][: len(words)] == list(words)]


class ImageBench(Bench):
    def setUp(self) -> None:
        super().setUp()
        self.env.update(GHCR_TOKEN="the-token", GITHUB_ACTOR="ada")
        self.env.update(GITHUB_REPOSITORY="acme/ranker")
        self.record("gate-unit")
        self.record("gate-slow", status="advisory")
        model = {"name": "m", "version": "ranker/7", "digest": MODEL}
        self.record("model-m", model=model)
        (self.repo / "models").mkdir()
        (self.repo / "models/m.pkl").write_text("model bytes")

    def words(self, *more: str, moving: bool = True, scan: str = "high") -> list[str]:
        words = ["image", "--host", "ghcr.io", "--repository", REPOSITORY]
        words += ["--dockerfile", "Dockerfile", "--context", "."]
        words += ["--fixed", "commit", "", "--model", "m", "models/m.pkl"]
        words += ["--gate", "gate-unit", "--gate", "gate-slow"]
        words += ["--scanner-image", "trivy@sha256:1", "--builder-image", "kit@sha256:2"]
        words += ["--moving", "branch", ""] if moving else []
        words += ["--scan", "trivy", scan] if scan else []
        return [*words, *more]

    def push(self, *more: str, **env: str):
        return self.job("image", *self.words("--login", "ghcr", "", "", *MAY, *more), **env)

    def stops(self, done, *sentences: str) -> None:
        """It failed, said this, and nothing was pushed or tagged."""
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for sentence in sentences:
            self.assertIn(sentence, done.stdout)
        self.assertEqual(find(self.calls(), "push"), [])
        self.assertEqual(find(self.calls(), "buildx", "imagetools", "create"), [])
        self.assertEqual(self.read("image")["status"], "failed")


class Push(ImageBench):
    def test_only_from_the_refs_of_the_spec_and_case_counts(self) -> None:
        words = self.words("--login", "ghcr", "", "", "--allow", "push", "branch", "main")
        for branch in ("MAIN", "feature", ""):
            done = self.job("image", *words, MLPIPE_BRANCH=branch)
            self.stops(done, "does not push an image")
        done = self.job("image", *words, MLPIPE_BRANCH="main")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_builds_scans_pushes_and_hands_on_the_digest(self) -> None:
        self.env["MLPIPE_BRANCH"] = "feature/Ünder+x"
        done = self.push()
        self.assertEqual(done.returncode, 0, done.stdout)
        record = self.read("image")
        digest = record["image"]["digest"]
        self.assertRegex(digest, r"^sha256:[0-9a-f]{64}$")
        self.assertEqual(record["status"], "passed")
        self.assertEqual(record["image"]["reference"], f"{REPOSITORY}@{digest}")
        self.assertEqual(record["image"]["fixed_tags"], [COMMIT])
        self.assertFalse(record["image"]["reused"])
        self.assertEqual(
            record["image"]["gates"],
            [
                {"job": "gate-unit", "status": "passed", "sha256": self.hash_of("gate-unit")},
                {"job": "gate-slow", "status": "advisory", "sha256": self.hash_of("gate-slow")},
            ],
        )
        docker = self.tool_state("docker")
        self.assertEqual(
            docker["registry"],
            {DEPLOYED: digest, f"{REPOSITORY}:feature--nder-x": digest},
        )
        labels = docker["images"][docker["manifests"][digest]]
        self.assertEqual(labels["org.opencontainers.image.revision"], COMMIT)
        self.assertEqual(
            labels["org.opencontainers.image.source"], "https://github.com/acme/ranker"
        )
        self.assertEqual(labels["org.opencontainers.image.version"], "ranker/7")
        self.assertEqual(labels["dev.mlpipe.model.digest"], MODEL)
        self.assertEqual(labels["dev.mlpipe.pipeline"], "ranker")
        self.assertIn(f"models/m.pkl ({MODEL}) is in the build context", done.stdout)

    def test_what_is_scanned_is_what_is_pushed(self) -> None:
        self.assertEqual(self.push().returncode, 0)
        docker = self.tool_state("docker")
        pushed = docker["manifests"][docker["registry"][DEPLOYED]]
        self.assertEqual([c["scanned"] for c in self.calls("trivy")], [pushed])
        order = [c["words"][0] for c in self.calls() if c["words"][0] != "buildx"]
        self.assertLess(order.index("image"), order.index("push"))
        names = [c["tool"] for c in self.calls()]
        push = next(i for i, c in enumerate(self.calls()) if c["words"][0] == "push")
        self.assertLess(names.index("trivy"), push)
        found = self.calls("trivy")[0]["words"]
        self.assertIn("HIGH,CRITICAL", found)

    def test_another_image_in_the_registry_than_the_scanned_one_fails(self) -> None:
        self.tool("docker", faults={"swapped": "x"})
        done = self.push()
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not the image that was built and scanned", done.stdout)
        self.assertIsNone(self.read("image")["image"]["digest"])
        self.assertEqual(find(self.calls(), "buildx", "imagetools", "create"), [])

    def test_the_moving_tag_comes_after_the_fixed_one(self) -> None:
        self.assertEqual(self.push().returncode, 0)
        calls = [c["words"] for c in self.calls("docker")]
        push = calls.index(["push", DEPLOYED])
        create = find(self.calls(), "buildx", "imagetools", "create")
        self.assertEqual(len(create), 1)
        self.assertIn("--prefer-index=false", create[0])
        self.assertLess(push, calls.index(create[0]))

    def test_a_second_fixed_tag_names_the_same_digest(self) -> None:
        done = self.push("--fixed", "text", "model ranker/7")
        self.assertEqual(done.returncode, 0, done.stdout)
        registry = self.tool_state("docker")["registry"]
        self.assertEqual(registry[DEPLOYED], registry[f"{REPOSITORY}:model-ranker-7"])
        self.assertEqual(len(find(self.calls(), "push")), 1)

    def test_the_cache_is_in_the_registry_and_the_builder_is_taken_away(self) -> None:
        self.assertEqual(self.push().returncode, 0)
        create = find(self.calls(), "buildx", "create")[0]
        name = create[create.index("--name") + 1]
        self.assertIn("image=kit@sha256:2", create)
        build = find(self.calls(), "buildx", "build")[0]
        cache = f"type=registry,ref={REPOSITORY}:buildcache"
        self.assertEqual(build[build.index("--cache-from") + 1], cache)
        self.assertEqual(
            build[build.index("--cache-to") + 1], cache + ",mode=max,ignore-error=true"
        )
        self.assertIn("--provenance=false", build)
        self.assertEqual(build[build.index("--builder") + 1], name)
        self.assertEqual(
            find(self.calls(), "buildx", "rm"), [["buildx", "rm", "--force", name]]
        )

    def test_a_builder_that_can_cache_is_used_as_it_is(self) -> None:
        self.tool("docker", driver="docker-container")
        self.assertEqual(self.push().returncode, 0)
        self.assertEqual(find(self.calls(), "buildx", "create"), [])

    def test_certificates_of_the_environment_become_a_context(self) -> None:
        done = self.push(DOCKER_HOST="tcp://docker:2376", DOCKER_CERT_PATH="/certs")
        self.assertEqual(done.returncode, 0, done.stdout)
        context = find(self.calls(), "context", "create")[0][2]
        self.assertEqual(find(self.calls(), "buildx", "create")[0][-1], context)

    def test_the_password_is_on_no_command_line_and_in_no_log(self) -> None:
        done = self.push()
        login = [c for c in self.calls("docker") if c["words"][0] == "login"][0]
        self.assertEqual(login["stdin"], "the-token")
        self.assertEqual(login["words"][1:3], ["--username", "ada"])
        self.assertIn("--password-stdin", login["words"])
        self.assertNotIn("the-token", json.dumps([c["words"] for c in self.calls()]))
        self.assertNotIn("the-token", done.stdout)
        left = [path for path in self.folder.glob("mlpipe-*")]
        self.assertEqual(left, [])

    def test_other_registries_take_the_variables_that_the_spec_names(self) -> None:
        for words, env, user in (
            (["secrets", "U", "P"], {"U": "bob", "P": "pw"}, "bob"),
            (
                ["gitlab", "", ""],
                {"CI_REGISTRY_USER": "ci", "CI_REGISTRY_PASSWORD": "pw"},
                "ci",
            ),
            (["ghcr", "", ""], {"GHCR_USER": "cy", "GHCR_TOKEN": "pw"}, "cy"),
        ):
            self.forget_calls()
            self.tool("docker", registry={})
            done = self.job("image", *self.words("--login", *words, *MAY), **env)
            self.assertEqual(done.returncode, 0, done.stdout)
            login = [c for c in self.calls("docker") if c["words"][0] == "login"][0]
            self.assertEqual((login["words"][2], login["stdin"]), (user, "pw"))

    def test_an_empty_secret_is_named(self) -> None:
        self.stops(self.push(GHCR_TOKEN=""), "GHCR_TOKEN is empty")

    def test_a_login_that_fails_stops(self) -> None:
        self.tool("docker", faults={"login": "denied"})
        self.stops(self.push(), "the login to ghcr.io failed: denied")

    def test_a_gate_that_did_not_pass_stops(self) -> None:
        for status in ("failed", "unfinished"):
            self.record("gate-unit", status=status)
            self.stops(self.push(), "gate-unit has not passed")
        (self.repo / "mlpipe-out/gate-unit.json").unlink()
        self.stops(self.push(), "there is no record of gate-unit from this run")

    def test_a_record_of_another_run_is_none(self) -> None:
        self.record("gate-unit", run_id="76")
        self.stops(self.push(), "there is no record of gate-unit from this run")

    def test_a_build_that_fails_stops(self) -> None:
        self.tool("docker", faults={"build": "ERROR: no space"})
        self.stops(self.push(), "the build failed")

    def test_a_push_that_fails_leaves_the_moving_tag(self) -> None:
        self.tool("docker", faults={"push": "denied: permission_denied: write_package"})
        done = self.push()
        self.assertEqual(done.returncode, 1)
        self.assertIn("permission_denied", done.stdout)
        self.assertEqual(find(self.calls(), "buildx", "imagetools", "create"), [])


class FixedTagExists(ImageBench):
    def there(self, **labels: str) -> str:
        """The commit's tag exists; the labels are those of this run but for these."""
        all_labels = {
            "org.opencontainers.image.revision": COMMIT,
            "dev.mlpipe.pipeline": "ranker",
            "dev.mlpipe.model.version": "ranker/7",
            "dev.mlpipe.model.digest": MODEL,
            **{key.replace("_", "."): value for key, value in labels.items()},
        }
        image, digest = sha("image"), sha("manifest")
        self.tool(
            "docker",
            images={image: all_labels},
            manifests={digest: image},
            registry={DEPLOYED: digest},
        )
        return digest

    def test_same_commit_and_model_hands_on_its_digest(self) -> None:
        digest = self.there()
        done = self.push()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(find(self.calls(), "buildx", "build"), [])
        self.assertEqual(find(self.calls(), "push"), [])
        record = self.read("image")["image"]
        self.assertEqual((record["digest"], record["reused"]), (digest, True))
        registry = self.tool_state("docker")["registry"]
        self.assertEqual(registry[f"{REPOSITORY}:main"], digest)

    def test_a_run_that_died_between_two_fixed_tags_is_completed(self) -> None:
        digest = self.there()
        done = self.push("--fixed", "text", "v7")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(find(self.calls(), "push"), [])
        self.assertEqual(self.tool_state("docker")["registry"][f"{REPOSITORY}:v7"], digest)

    def test_one_that_comes_while_the_image_is_built_is_not_pushed_over(self) -> None:
        for tags in ((), ("--fixed", "text", "v7")):
            self.forget_calls()
            digest = self.there()
            self.tool("docker", registry={}, meanwhile={DEPLOYED: digest})
            done = self.push(*tags)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(find(self.calls(), "push"), [])
            record = self.read("image")["image"]
            found = (record["digest"], record["reused"], record["scan"])
            self.assertEqual(found, (digest, True, None))
            names = [DEPLOYED, f"{REPOSITORY}:main", *([f"{REPOSITORY}:v7"] if tags else [])]
            self.assertEqual(self.tool_state("docker")["registry"], dict.fromkeys(names, digest))
        digest = self.there(org_opencontainers_image_revision="beef")
        self.tool("docker", registry={}, meanwhile={DEPLOYED: digest})
        self.forget_calls()
        self.stops(self.push(), f"{DEPLOYED} exists and holds another commit: beef")

    def test_anything_else_stops(self) -> None:
        for labels, sentence in (
            ({"org_opencontainers_image_revision": "beef"}, "another commit: beef"),
            ({"org_opencontainers_image_revision": ""}, "another commit: none"),
            ({"dev_mlpipe_model_digest": sha("x")}, "a schedule with a moved alias"),
            ({"dev_mlpipe_model_version": "ranker/6"}, "another model version: ranker/6"),
            ({"dev_mlpipe_pipeline": "other"}, "another pipeline: other"),
        ):
            with self.subTest(labels=labels):
                self.there(**labels)
                done = self.push()
                self.stops(done, f"{DEPLOYED} exists and holds", sentence)
                self.assertEqual(find(self.calls(), "buildx", "build"), [])

    def test_only_a_clear_not_found_is_one(self) -> None:
        for text in (
            "ERROR: failed to do request: dial tcp: lookup ghcr.io: no such host",
            "ERROR: unexpected status from HEAD request: 503 Service Unavailable",
            f"ERROR: denied: {DEPLOYED}: not found",
            f"ERROR: 401 Unauthorized: {DEPLOYED}: not found",
            "ERROR: failed to authorize: 401 Unauthorized",
            "ERROR: insufficient_scope: authorization failed",
            "ERROR: context deadline exceeded",
            "ERROR: no builder default: file not found",
            "",
        ):
            with self.subTest(text=text):
                self.tool("docker", faults={"look_up": text})
                self.stops(self.push(), "the registry does not say whether")
                self.assertEqual(find(self.calls(), "buildx", "build"), [])

    def test_a_repository_s_own_name_decides_nothing(self) -> None:
        words = self.words("--login", "ghcr", "", "")
        words[words.index("--repository") + 1] = "ghcr.io/acme/denied"
        done = self.job("image", *words, *MAY)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_ways_in_which_registries_say_not_found(self) -> None:
        space: dict = {}
        exec(runtime_text().rpartition("if __name__")[0], space)  # noqa: S102
        for text in (
            f"ERROR: {DEPLOYED}: not found",
            f"ERROR: failed to resolve: {DEPLOYED}: not found\n",
            "ERROR: manifest unknown: manifest unknown",
            "ERROR: name unknown: repository name not known to registry",
        ):
            self.assertTrue(space["NOT_FOUND"].search(text), text)


class Scan(ImageBench):
    def test_findings_of_the_level_stop_before_the_push(self) -> None:
        self.tool("trivy", levels=["LOW", "HIGH", "CRITICAL"])
        self.stops(self.push(), "the scan found 2 weaknesses of level high or worse")
        self.assertTrue((self.repo / "mlpipe-out/image/trivy.json").exists())

    def test_milder_findings_do_not(self) -> None:
        self.tool("trivy", levels=["LOW", "MEDIUM"])
        self.assertEqual(self.push().returncode, 0)

    def test_a_scan_that_breaks_is_not_a_pass(self) -> None:
        self.tool("trivy", code=1)
        self.stops(self.push(), "the scan itself failed: trivy ended with 1")

    def test_without_trivy_its_pinned_image_scans_without_the_daemon(self) -> None:
        (self.bin / "trivy").unlink()
        done = self.push()
        self.assertEqual(done.returncode, 0, done.stdout)
        create = find(self.calls(), "create")[0]
        self.assertIn("trivy@sha256:1", create)
        self.assertNotIn("/var/run/docker.sock", " ".join(create))
        self.assertEqual(len(find(self.calls(), "rm", "--force")), 1)

    def test_the_container_s_findings_stop_too(self) -> None:
        (self.bin / "trivy").unlink()
        found = [{"Vulnerabilities": [{"VulnerabilityID": "C", "Severity": "HIGH"}]}]
        self.tool("docker", report={"Results": found})
        self.stops(self.push(), "the scan found 1 weaknesses")

    def test_offline_nothing_is_downloaded(self) -> None:
        done = self.push("--offline")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("--offline-scan", self.calls("trivy")[0]["words"])
        build = find(self.calls(), "buildx", "build")[0]
        self.assertNotIn("--cache-from", build)
        self.assertEqual(find(self.calls(), "buildx", "create"), [])
        (self.bin / "trivy").unlink()
        self.tool("docker", registry={})
        self.forget_calls()
        self.stops(self.push("--offline"), "nothing is downloaded on an offline runner")


class Check(ImageBench):
    def test_a_pull_request_writes_nothing_and_logs_in_nowhere(self) -> None:
        self.env.update(MLPIPE_EVENT="pull_request", GHCR_TOKEN="")
        done = self.job("image-check", *self.words("--check"))
        self.assertEqual(done.returncode, 0, done.stdout)
        for words in (["login"], ["push"], ["buildx", "imagetools"]):
            self.assertEqual(find(self.calls(), *words), [])
        self.assertNotIn("--cache-to", find(self.calls(), "buildx", "build")[0])
        self.assertEqual(len(self.calls("trivy")), 1)
        record = self.read("image-check")
        self.assertEqual(record["status"], "passed")
        self.assertIsNone(record["image"]["digest"])
        self.assertEqual(self.tool_state("docker")["local"], {})


class Context(ImageBench):
    def test_the_file_has_to_be_the_one_that_was_resolved(self) -> None:
        (self.repo / "models/m.pkl").write_text("other bytes")
        self.stops(self.push(), "is not the model that this run resolved")
        (self.repo / "models/m.pkl").unlink()
        self.stops(self.push(), "the model m is not at models/m.pkl")

    def test_a_dockerignore_that_keeps_it_out_is_named(self) -> None:
        for text, line in (
            ("models\n", "models"),
            ("# all\n*\n!app\n", "*"),
            ("**/*.pkl\n", "**/*.pkl"),
            ("!models/m.pkl\n/models/\n", "/models/"),
            ("mod?ls/*.pkl", "mod?ls/*.pkl"),
        ):
            with self.subTest(text=text):
                (self.repo / ".dockerignore").write_text(text)
                self.stops(self.push(), "keeps the model out of the image: `" + line + "`")

    def test_one_that_lets_it_in_is_fine(self) -> None:
        for text in ("models\n!models/m.pkl\n", "*.pkl\n", "model\n", "#models\n\n"):
            with self.subTest(text=text):
                self.tool("docker", registry={})
                (self.repo / ".dockerignore").write_text(text)
                done = self.push()
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_dockerfile_s_own_ignore_file_comes_first(self) -> None:
        (self.repo / ".dockerignore").write_text("models\n")
        (self.repo / "Dockerfile.dockerignore").write_text("tests\n")
        self.assertEqual(self.push().returncode, 0)

    def test_a_model_outside_of_the_context_is_named(self) -> None:
        words = self.words("--login", "ghcr", "", "")
        words[words.index("--context") + 1] = "app"
        (self.repo / "app").mkdir()
        self.stops(self.job("image", *words, *MAY), "outside of the build context app")

    def test_tags(self) -> None:
        self.env.update(MLPIPE_TAG="v1.0+build", MLPIPE_BRANCH="")
        done = self.push("--fixed", "git_tag", "", "--fixed", "short_commit", "")
        self.assertEqual(done.returncode, 0, done.stdout)
        tags = sorted(name.split(":")[1] for name in self.tool_state("docker")["registry"])
        self.assertEqual(tags, [COMMIT[:12], COMMIT, "v1.0-build"])
        self.env.update(MLPIPE_BRANCH="buildcache")
        self.stops_only_here = self.push()
        self.assertIn("taken by the build cache", self.stops_only_here.stdout)


if __name__ == "__main__":
    unittest.main()
