"""The critical section of one environment: every point at which a deploy can fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from bench import REPOSITORY, Bench, sha

NEW, OLD, OTHER = sha("new"), sha("old"), sha("other")
WANTED, BEFORE = f"{REPOSITORY}@{NEW}", f"{REPOSITORY}:v1"
KUBECONFIG = "apiVersion: v1\nclusters: []\n"


class DeployBench(Bench):
    def setUp(self) -> None:
        super().setUp()
        self.record("gate-unit")
        self.image()

    def image(self, digest: str = NEW, **fields: object) -> None:
        gate = {"job": "gate-unit", "status": "passed", "sha256": self.hash_of("gate-unit")}
        model = {"name": "m", "version": "ranker/7", "digest": sha("model")}
        image = {"repository": REPOSITORY, "digest": digest, "gates": [gate]}
        image.update({"models": [model], **fields})
        self.record("image", image=image)

    def words(self, phase: str, *more: str) -> list[str]:
        words = ["deploy", "--phase", phase, "--environment", "production"]
        words += ["--image", REPOSITORY, "--gate", "gate-unit", "--timeout", "60"]
        words += ["--allow", "push", "branch", "main", "--allow", "tag", "tag", "v*"]
        words += ["--allow", "manual", "branch", "release/**"]
        return [*words, *self.target, *more]

    target: list[str] = []

    def phase(self, phase: str, *more: str, **env: str):
        words = self.words(phase, *more)
        return self.job("deploy-production", *words, resume=phase != "begin", **env)

    def good(self, done) -> str:
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def bad(self, done, *sentences: str) -> str:
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for sentence in sentences:
            self.assertIn(sentence, done.stdout)
        return done.stdout

    def outcome(self) -> tuple[str, str]:
        record = self.read("deploy-production")
        return record["status"], record["deploy"]["outcome"]


class OnKubernetes(DeployBench):
    target = ["--kubernetes", "KUBE", "ml", "ranker", "app", "30"]

    def setUp(self) -> None:
        super().setUp()
        self.env["KUBE"] = KUBECONFIG
        self.tool("kubectl", namespace="ml", name="ranker", ready=True, faults={})
        self.live(BEFORE)

    def live(self, image: str) -> None:
        self.tool("kubectl", images={"app": image, "sidecar": "proxy:1"})

    def fault(self, **verbs: list[str]) -> None:
        self.tool("kubectl", faults=verbs)

    def serving(self) -> str:
        return self.tool_state("kubectl")["images"]["app"]

    def sets(self) -> list[str]:
        return [c["words"][5] for c in self.calls("kubectl") if c["words"][2] == "set"]


class Kubernetes(OnKubernetes):
    def test_phase_by_phase(self) -> None:
        out = self.good(self.phase("begin"))
        self.assertIn(f"live in production: {BEFORE}", out)
        self.assertEqual(self.outcome(), ("unfinished", "unfinished"))
        self.assertEqual(self.sets(), [])
        self.good(self.phase("roll-out"))
        self.good(self.phase("smoke", "--smoke", "exit 0"))
        self.good(self.phase("finish", "--smoke", "exit 0"))
        self.assertEqual(self.outcome(), ("passed", "deployed"))
        self.assertEqual(self.serving(), WANTED)
        self.assertIn("nothing to put back", self.good(self.phase("restore")))
        self.assertEqual(self.serving(), WANTED)
        self.assertEqual(self.outcome(), ("passed", "deployed"))
        self.assertEqual(self.tool_state("kubectl")["images"]["sidecar"], "proxy:1")

    def test_the_exact_command_lines(self) -> None:
        self.good(self.phase("begin"))
        self.good(self.phase("roll-out"))
        calls = [" ".join(c["words"]) for c in self.calls("kubectl")]
        get = "--namespace ml get deployment ranker -o json --request-timeout=30s"
        self.assertEqual(
            calls,
            [
                get,
                get,
                f"--namespace ml set image deployment/ranker app={WANTED} "
                "--request-timeout=30s",
                "--namespace ml rollout status deployment/ranker --timeout=30s",
            ],
        )

    def test_the_kubeconfig_is_content_or_a_path(self) -> None:
        self.good(self.phase("begin"))
        self.assertEqual(self.calls("kubectl")[0]["kubeconfig"], KUBECONFIG)
        self.assertEqual(self.calls("kubectl")[0]["mode"], "0o600")
        left = [p.name for p in self.folder.iterdir() if p.name.startswith("mlpipe-")]
        self.assertEqual(left, [])
        path = self.folder / "kubeconfig"
        path.write_text("clusters: [of a file]")
        self.good(self.phase("begin", KUBE=str(path)))
        self.assertEqual(self.calls("kubectl")[1]["kubeconfig"], "clusters: [of a file]")
        self.assertTrue(path.exists())
        self.bad(self.phase("begin", KUBE=""), "KUBE is empty")
        out = self.bad(self.phase("begin", KUBE="c2VjcmV0"), "KUBE is neither a kubeconfig")
        self.assertNotIn("c2VjcmV0", out)

    def test_what_is_missing_is_said_before_anything_is_touched(self) -> None:
        self.tool("kubectl", name="other")
        self.bad(self.phase("begin"), "there is no deployment ranker", "create it once")
        self.assertEqual(self.outcome(), ("failed", "failed_untouched"))
        self.tool("kubectl", name="ranker", images={"web": "x"})
        self.bad(self.phase("begin"), "has no container app, only web")
        self.tool("kubectl", namespace="elsewhere")
        self.bad(self.phase("begin"), "there is no deployment ranker in namespace ml")
        self.fault(get=["Unable to connect to the server: dial tcp: i/o timeout"])
        self.tool("kubectl", namespace="ml")
        self.bad(self.phase("begin"), "the cluster does not answer")
        self.assertEqual(self.sets(), [])
        self.assertIn("did not begin", self.good(self.phase("restore")))

    def test_what_is_live_and_ready_is_not_rolled_out_again(self) -> None:
        self.live(WANTED)
        self.good(self.phase("begin"))
        self.assertIn("is live already", self.good(self.phase("roll-out")))
        self.good(self.phase("finish"))
        self.assertEqual(self.outcome(), ("passed", "unchanged"))
        self.assertEqual(self.sets(), [])

    def test_what_is_live_but_not_ready_is_rolled_out(self) -> None:
        self.live(WANTED)
        self.tool("kubectl", ready=False)
        self.good(self.phase("begin"))
        self.good(self.phase("roll-out"))
        self.assertEqual(self.sets(), [f"app={WANTED}"])

    def test_a_failed_smoke_on_what_was_live_already_changes_nothing(self) -> None:
        self.live(WANTED)
        self.good(self.phase("begin"))
        self.good(self.phase("roll-out"))
        self.bad(self.phase("smoke", "--smoke", "exit 3"))
        self.assertIn("nothing was changed", self.good(self.phase("restore")))
        self.assertEqual(self.sets(), [])

    def test_the_phases_have_an_order(self) -> None:
        for phase in ("roll-out", "smoke", "finish"):
            self.bad(self.phase(phase), "has not come so far")
        self.good(self.phase("begin"))
        self.bad(self.phase("finish"), "has not come so far")
        self.good(self.phase("roll-out"))
        self.bad(self.phase("finish", "--smoke", "true"), "the smoke test has not run")

    def test_a_state_of_another_run_is_none(self) -> None:
        self.good(self.phase("begin"))
        path = self.repo / "mlpipe-out/deploy-production.state.json"
        path.write_text(path.read_text().replace('"run_id": "77"', '"run_id": "76"'))
        self.bad(self.phase("roll-out"), "has not come so far")
        self.assertIn("did not begin", self.good(self.phase("restore")))


class FailurePoints(OnKubernetes):
    """Where it fails, what serves afterwards, and what the record says."""

    def section(self, *failing: str, smoke: str = "true") -> str:
        """All phases up to the first that fails, then restore, as GitHub's steps do."""
        out = ""
        for phase in ("begin", "roll-out", "smoke", "finish"):
            done = self.phase(phase, "--smoke", smoke)
            out += done.stdout
            if done.returncode:
                self.assertIn(phase, failing or (phase,), out)
                break
        done = self.phase("restore")
        self.restored = done.returncode
        return out + done.stdout

    def test_table(self) -> None:
        old, new = BEFORE, WANTED
        put_back = [f"app={new}", f"app={old}"]
        hang = "timed out waiting for the condition"
        table = (
            # what fails, faults, smoke, serves, sets, outcome
            ("set is refused", {"set": ["before: forbidden"]}, "true", old, 1, "failed_untouched"),
            ("set answers late", {"set": ["timeout"]}, "true", old, put_back, "restored"),
            ("rollout times out", {"rollout": [hang]}, "true", old, put_back, "restored"),
            ("smoke fails", {}, "exit 7", old, put_back, "restored"),
            (
                "finish finds another one",
                {"get": ["", "", "live:" + OTHER]},
                "true",
                OTHER,
                1,
                "left_alone",
            ),
            (
                "somebody else in between",
                {"get": ["", "live:" + OTHER]},
                "true",
                OTHER,
                0,
                "failed_untouched",
            ),
            (
                "cluster gone at finish",
                {"get": ["", "", "no route"]},
                "true",
                old,
                put_back,
                "restored",
            ),
            (
                "cluster not readable at restore",
                {"rollout": [hang], "get": ["", "", "no route"]},
                "true",
                old,
                put_back,
                "restored",
            ),
        )
        for name, faults, smoke, serves, sets, outcome in table:
            with self.subTest(name):
                self.forget_calls()
                self.live(old)
                self.tool("kubectl", ready=True)
                self.fault(**faults)
                out = self.section(smoke=smoke)
                self.assertEqual(self.serving(), serves, out)
                count = sets if isinstance(sets, int) else len(sets)
                self.assertEqual(len(self.sets()), count, out)
                if not isinstance(sets, int):
                    self.assertEqual(self.sets(), sets)
                self.assertEqual(self.outcome(), ("failed", outcome), out)
                self.assertEqual(self.restored, 0, out)
                again = self.phase("restore")
                self.assertIn("nothing to put back", self.good(again))
                self.assertEqual(self.serving(), serves)

    def test_the_first_reason_stays(self) -> None:
        self.section(smoke="exit 7")
        record = self.read("deploy-production")
        self.assertEqual(record["reason"], "the smoke test failed with 7")
        self.assertEqual(record["deploy"]["what"], f"{BEFORE} was put back in production")

    def test_a_restore_that_fails_is_red_and_says_what_to_do(self) -> None:
        hang = "timed out waiting for the condition"
        for faults in (
            {"rollout": [hang, hang]},
            {"rollout": [hang], "set": ["", "before: forbidden"]},
            {"rollout": [hang], "get": ["", "", "", "no route"]},
        ):
            with self.subTest(faults=faults):
                self.live(BEFORE)
                self.tool("kubectl", ready=True)
                self.fault(**faults)
                out = self.section()
                self.assertEqual(self.restored, 1, out)
                self.assertIn(
                    f"by hand: kubectl -n ml set image deployment/ranker app={BEFORE}", out
                )
                self.assertEqual(self.outcome(), ("failed", "restore_failed"))
                self.good(self.phase("restore"))  # a second try completes it
                self.assertEqual(self.serving(), BEFORE)
                self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_a_lost_run_is_put_back_to_what_the_first_begin_found(self) -> None:
        self.good(self.phase("begin"))
        self.good(self.phase("roll-out"))
        self.good(self.phase("begin"))  # the job was started again
        self.bad(self.phase("smoke"), "has not come so far")
        self.good(self.phase("roll-out"))
        self.bad(self.phase("smoke", "--smoke", "false"))
        self.good(self.phase("restore"))
        self.assertEqual(self.serving(), BEFORE)

    def test_a_cancel_between_two_steps_is_put_back_too(self) -> None:
        self.good(self.phase("begin"))
        self.good(self.phase("roll-out"))
        self.good(self.phase("restore"))
        self.assertEqual(self.serving(), BEFORE)
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_the_limit_counts_over_all_phases(self) -> None:
        self.good(self.phase("begin"))
        path = self.repo / "mlpipe-out/deploy-production.state.json"
        data = json.loads(path.read_text())
        data["began"] -= 48
        path.write_text(json.dumps(data))
        self.fault(rollout=["hang"])
        start = time.monotonic()
        self.bad(self.phase("roll-out"), "the roll-out to production failed with 124")
        self.assertLess(time.monotonic() - start, 45)
        self.good(self.phase("restore"))
        self.assertEqual(self.serving(), BEFORE)


class Evidence(OnKubernetes):
    def refused(self, *sentences: str, **env: str) -> None:
        self.bad(self.phase("begin", **env), *sentences)
        self.assertEqual(self.outcome(), ("failed", "failed_untouched"))
        self.assertEqual(self.calls("kubectl"), [])

    def test_only_the_events_and_refs_of_the_spec(self) -> None:
        for event, branch, tag in (
            ("pull_request", "main", ""),
            ("push", "feature", ""),
            ("push", "", ""),
            ("push", "xmain", ""),
            ("manual", "main", ""),
            ("manual", "release", ""),
            ("schedule", "main", ""),
            ("tag", "", "x1"),
            ("tag", "main", "x1"),
            ("tag", "", "v1/x"),
            ("event", "main", ""),
            ("", "main", ""),
        ):
            with self.subTest(event=event, branch=branch, tag=tag):
                env = {"MLPIPE_EVENT": event, "MLPIPE_BRANCH": branch, "MLPIPE_TAG": tag}
                self.refused("does not deploy", **env)
        for event, branch, tag in (
            ("push", "main", ""),
            ("tag", "", "v1.2"),
            ("manual", "release/a/b", ""),
        ):
            env = {"MLPIPE_EVENT": event, "MLPIPE_BRANCH": branch, "MLPIPE_TAG": tag}
            self.good(self.phase("begin", **env))

    def test_a_pull_request_never_deploys_even_if_the_script_said_so(self) -> None:
        more = ["--allow", "pull_request", "branch", "main"]
        done = self.phase("begin", *more, MLPIPE_EVENT="pull_request")
        self.bad(done, "does not deploy")

    def test_a_named_event_by_its_name(self) -> None:
        more = ["--allow", "event:registered", "any", ""]
        env = {"MLPIPE_EVENT": "event", "MLPIPE_EVENT_NAME": "registered"}
        self.good(self.phase("begin", *more, **env))
        env["MLPIPE_EVENT_NAME"] = "other"
        self.bad(self.phase("begin", *more, **env), "event:other")

    def test_the_image_is_of_this_run_and_has_a_digest(self) -> None:
        for digest in ("", "latest", "sha256:12", NEW + "0", NEW.upper()):
            self.image(digest)
            self.refused("has no digest")
        self.image(repository="ghcr.io/evil/ranker")
        self.refused("of another repository")
        self.record("image", status="failed", image={"digest": NEW})
        self.refused("the image has not passed")
        self.image()
        path = self.repo / "mlpipe-out/image.json"
        text = path.read_text()
        path.write_text(text.replace("c0ffee", "decade"))
        self.refused("there is no record of image from this run")
        path.unlink()
        self.refused("there is no record of image from this run")

    def test_the_gates_passed_and_their_records_are_the_same(self) -> None:
        self.record("gate-unit", status="failed")
        self.refused("the record of gate-unit has changed since the image was made")
        self.image(gates=[{"job": "gate-unit", "status": "failed", "sha256": ""}])
        self.refused("gate-unit has not passed")
        self.image(gates=[])
        self.refused("gate-unit has not passed: its record says failed")
        self.record("gate-unit")
        self.good(self.phase("begin"))  # a gate that tests the pushed image
        self.forget_calls()
        self.image()
        (self.repo / "mlpipe-out/gate-unit.json").unlink()
        self.good(self.phase("begin"))  # not every platform brings every record

    def test_an_approval_of_this_run(self) -> None:
        words = ["--approval", "production", "production-approval", ""]
        env = {"MLPIPE_PLATFORM": "gitlab"}
        self.bad(self.phase("begin", *words, **env), "no record of approve-production")
        approve = {
            "environment": "production",
            "approval_environment": "production-approval",
            "by": ["ada"],
            "unchecked": "",
        }
        self.record("approve-production", approve=approve)
        self.good(self.phase("begin", *words, **env))
        self.assertEqual(self.read("deploy-production")["deploy"]["approved_by"], ["ada"])
        for change in (
            {"environment": "staging"},
            {"approval_environment": "x"},
            {"unchecked": "no plan"},
        ):
            self.record("approve-production", approve={**approve, **change})
            self.bad(self.phase("begin", *words, **env))
        self.record("approve-production", status="failed", approve=approve)
        self.bad(self.phase("begin", *words, **env), "nobody has approved")
        self.record("approve-production", run_id="76", approve=approve)
        self.bad(self.phase("begin", *words, **env), "no record of approve-production")

    def test_a_runner_that_ends_jobs_early(self) -> None:
        env = {"MLPIPE_PLATFORM": "gitlab", "CI_JOB_TIMEOUT": "59"}
        self.refused("this runner ends jobs after 59 s, the deploy may need 1 m", **env)
        env["CI_JOB_TIMEOUT"] = "60"
        self.good(self.phase("begin", **env))


class OnCommand(DeployBench):
    """`live` prints what a file holds; `deploy` writes it. Both note what they were told."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.folder / "live"
        self.file.write_text(OLD)
        self.told = self.folder / "told"
        self.deploy = self.note("deploy") + f'printf %s "$MLPIPE_DIGEST" > {self.file}'
        self.live = f"cat {self.file}"
        self.rollback = ""
        self.seconds = "20"

    def note(self, verb: str) -> str:
        names = "MLPIPE_IMAGE MLPIPE_DIGEST MLPIPE_ROLLBACK_TO MLPIPE_ENVIRONMENT"
        values = " ".join(f"${{{name}-}}" for name in names.split())
        return f'printf "%s\\n" "{verb} {values}" >> {self.told}; '

    @property
    def target(self) -> list[str]:  # type: ignore[override]
        return ["--command", self.deploy, self.live, self.rollback, self.seconds]

    def heard(self) -> list[list[str]]:
        return [line.split() for line in self.told.read_text().splitlines()]

    def start(self) -> None:
        self.good(self.phase("begin"))


class Command(OnCommand):
    def test_deploys_what_the_run_made(self) -> None:
        self.start()
        self.good(self.phase("roll-out"))
        self.good(self.phase("finish"))
        self.assertEqual(self.file.read_text(), NEW)
        self.assertEqual(self.heard(), [["deploy", WANTED, NEW, "production"]])
        self.assertEqual(self.outcome(), ("passed", "deployed"))

    def test_the_limit_counts_from_the_start_of_begin(self) -> None:
        self.live = f"sleep 3; cat {self.file}"
        self.start()
        path = self.repo / "mlpipe-out/deploy-production.state.json"
        self.assertLess(json.loads(path.read_text())["began"], time.time() - 3)

    def test_what_the_commands_are_told_of_the_model(self) -> None:
        note = f'printf "%s %s\\n" "$MLPIPE_MODEL_VERSION" "$MLPIPE_MODEL_DIGEST" >> {self.told}; '
        self.deploy = note + self.deploy.partition("; ")[2]
        self.start()
        self.good(self.phase("roll-out"))
        self.good(self.phase("smoke", "--smoke", note))
        self.good(self.phase("restore"))
        told = f"ranker/7 {sha('model')}"
        # What goes back is another release, whose model this run does not know.
        self.assertEqual(self.told.read_text().splitlines(), [told, told, " "])

    def test_garbage_of_live_fails_before_anything_is_touched(self) -> None:
        for text in ("v1.2", "latest", OLD[:-1], OLD + "\n" + NEW):
            self.file.write_text(text)
            self.bad(self.phase("begin"), "neither a digest nor nothing")
            self.assertEqual(self.outcome(), ("failed", "failed_untouched"))
        self.live = "exit 4"
        self.bad(self.phase("begin"), "`live` ended with 4")
        self.assertFalse(self.told.exists())

    def test_put_back_by_the_deploy_verb(self) -> None:
        self.start()
        self.good(self.phase("roll-out"))
        self.bad(self.phase("smoke", "--smoke", "exit 5"))
        self.good(self.phase("restore"))
        back = ["deploy", f"{REPOSITORY}@{OLD}", OLD, OLD, "production"]
        self.assertEqual(self.heard()[1:], [back])
        self.assertEqual(self.file.read_text(), OLD)
        self.assertEqual(self.outcome(), ("failed", "restored"))
        self.good(self.phase("restore"))
        self.assertEqual(len(self.heard()), 2)

    def test_put_back_by_the_rollback_verb(self) -> None:
        note = self.note("rollback")
        self.rollback = note + f'printf %s "$MLPIPE_ROLLBACK_TO" > {self.file}'
        self.start()
        self.good(self.phase("roll-out"))
        self.good(self.phase("restore"))
        self.assertEqual([line[0] for line in self.heard()], ["deploy", "rollback"])
        self.assertEqual(self.file.read_text(), OLD)

    def test_first_deploy(self) -> None:
        self.file.write_text("")
        self.assertIn("a first deploy", self.good(self.phase("begin")))
        self.good(self.phase("roll-out"))
        self.bad(self.phase("smoke", "--smoke", "exit 5"))
        self.assertIn("there is nothing to put back", self.good(self.phase("restore")))
        self.assertEqual(self.outcome(), ("failed", "nothing_to_restore"))
        self.assertEqual(self.file.read_text(), NEW)

    def test_a_half_done_roll_out_is_put_back_though_live_shows_the_old_one(self) -> None:
        self.deploy = self.note("deploy") + '[ -n "${MLPIPE_ROLLBACK_TO-}" ]'
        self.start()
        self.bad(self.phase("roll-out"), "failed with 1")
        self.good(self.phase("restore"))
        self.assertEqual(len(self.heard()), 2)
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_a_service_that_is_down_is_put_back(self) -> None:
        good = self.deploy
        self.deploy = f"rm -f {self.file}; exit 1"
        os.symlink("/bin/rm", self.bin / "rm")
        self.start()
        self.bad(self.phase("roll-out"))
        self.deploy = good
        self.good(self.phase("restore"))
        self.assertEqual(self.file.read_text(), OLD)

    def test_what_somebody_else_put_there_is_left_alone(self) -> None:
        self.start()
        self.good(self.phase("roll-out"))
        self.file.write_text(OTHER)
        self.bad(self.phase("finish"), "not " + NEW)
        self.assertIn("left alone", self.good(self.phase("restore")))
        self.assertEqual(self.file.read_text(), OTHER)
        self.assertEqual(self.outcome(), ("failed", "left_alone"))

    def test_a_verb_that_hangs_is_ended(self) -> None:
        self.seconds = "1"
        self.deploy = "sleep 60"
        self.start()
        done = self.phase("roll-out")
        self.bad(done, "did not end within 1 s")
        self.assertEqual(done.returncode, 124)

    def test_without_an_image_the_model_is_deployed(self) -> None:
        self.record("model-m", model={"version": "m/7", "digest": NEW})
        words = ["deploy", "--phase", "begin", "--environment", "production"]
        words += ["--model", "m", "--allow", "push", "branch", "main", *self.target]
        self.good(self.job("deploy-production", *words, "--gate", "gate-unit"))
        words[2] = "roll-out"
        self.good(self.job("deploy-production", *words, resume=True))
        self.assertEqual(self.file.read_text(), NEW)
        self.assertEqual(self.heard(), [["deploy", NEW, "production"]])
        self.record("gate-unit", status="failed")
        words[2] = "begin"
        self.bad(self.job("deploy-production", *words, "--gate", "gate-unit"), "gate-unit")


class AllPhases(OnCommand):
    platform = "gitlab"

    def test_in_order_and_folded(self) -> None:
        done = self.phase("all", "--smoke", "echo smoked")
        out = self.good(done)
        names = [
            line.partition(":mlpipe_")[2].split()[0]
            for line in out.split("section_start")[1:]
        ]
        self.assertEqual(names, ["begin", "roll_out", "smoke", "finish"])
        self.assertEqual(out.count("section_end:"), 4)
        self.assertRegex(out, r"\x1b\[0Ksection_start:\d+:mlpipe_begin\s\x1b\[0KCheck")
        self.assertEqual(self.outcome(), ("passed", "deployed"))

    def test_the_failing_phase_s_code_and_the_put_back(self) -> None:
        done = self.phase("all", "--smoke", "exit 9")
        self.assertEqual(done.returncode, 9, done.stdout)
        self.assertEqual(self.file.read_text(), OLD)
        self.assertEqual(self.outcome(), ("failed", "restored"))
        reason = self.read("deploy-production")["reason"]
        self.assertEqual(reason, "the smoke test failed with 9")
        again = self.phase("restore")  # GitLab's after_script
        self.assertIn("nothing to put back", self.good(again))

    def test_a_begin_that_fails_restores_nothing(self) -> None:
        done = self.phase("all", MLPIPE_BRANCH="feature")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("mlpipe_restore", done.stdout)
        self.assertEqual(self.outcome(), ("failed", "failed_untouched"))

    def all_phases(self, *signals: int, smoke: str = "true") -> str:
        """All phases, with these signals as soon as a command leaves the file `ready`. The last one puts back."""
        env = {**self.env, "MLPIPE_JOB": "deploy-production"}
        self.call("begin", "deploy-production", "deploy", "x", **env)
        process = subprocess.Popen(
            [sys.executable, str(self.runtime), *self.words("all", "--smoke", smoke)],
            cwd=self.repo,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        limit = time.monotonic() + 20
        while not (self.folder / "ready").exists() and time.monotonic() < limit:
            time.sleep(0.05)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.5)
        out, _ = process.communicate(timeout=40)
        self.assertEqual(process.returncode, 128 + signals[0], out)
        self.assertEqual(self.file.read_text(), OLD, out)
        self.assertEqual(self.outcome(), ("failed", "restored"))
        return out

    def test_a_signal_in_the_middle_is_put_back(self) -> None:
        ready = f'if [ -z "${{MLPIPE_ROLLBACK_TO-}}" ]; then : > {self.folder}/ready; sleep 30; fi'
        self.deploy += f"; {ready}"
        self.all_phases(signal.SIGTERM)

    def test_a_second_signal_does_not_start_the_put_back_beside_the_roll_out(self) -> None:
        # The roll-out takes two seconds to end, and says so; the second signal comes in between.
        slow = 'trap "sleep 2; echo let go; exit 1" TERM; '
        slow += f": > {self.folder}/ready; while :; do sleep 0.1; done"
        self.deploy += f'; if [ -z "${{MLPIPE_ROLLBACK_TO-}}" ]; then {slow}; fi'
        out = self.all_phases(signal.SIGTERM, signal.SIGINT)
        self.assertIn("let go", out)
        self.assertLess(out.index("let go"), out.index("mlpipe_restore"), out)

    def test_a_put_back_that_a_signal_meets_is_done_again(self) -> None:
        ready = f"{self.folder}/ready"
        slow = f'if [ -n "${{MLPIPE_ROLLBACK_TO-}}" ] && [ ! -e {ready} ]; then : > {ready}; sleep 30; fi'
        self.deploy = f"{slow}; {self.deploy}"
        out = self.all_phases(signal.SIGTERM, smoke="exit 9")
        self.assertEqual(out.count(f"mlpipe: putting {OLD}"), 2, out)

    def test_two_signals_as_the_roll_out_is_started_leave_the_put_back_whole(self) -> None:
        (self.repo / "moments.py").write_text(
            "import os, runpy, signal, subprocess, sys\n"
            "start, count = subprocess.Popen.__init__, []\n"
            "def started(self, *words, **how):\n"
            "    start(self, *words, **how)\n"
            "    count.append(1)\n"
            "    for _ in range(2 if len(count) == 2 else 0):\n"
            "        os.kill(os.getpid(), signal.SIGTERM)\n"
            "subprocess.Popen.__init__ = started\n"
            "sys.argv = sys.argv[1:]\n"
            "runpy.run_path(sys.argv[0], run_name='__main__')\n",
        )
        env = {**self.env, "MLPIPE_JOB": "deploy-production"}
        self.call("begin", "deploy-production", "deploy", "x", **env)
        done = subprocess.run(
            [sys.executable, "moments.py", str(self.runtime), *self.words("all")],
            cwd=self.repo,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=40,
        )
        self.assertEqual(done.returncode, 128 + signal.SIGTERM, done.stdout)
        self.assertIn("nothing was changed in production", done.stdout)
        self.assertEqual(self.outcome(), ("failed", "failed_untouched"))


if __name__ == "__main__":
    unittest.main()
