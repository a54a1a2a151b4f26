"""Each kind of store: a write that another one came before is lost, and whatever goes wrong, what is read
is what one of the writes put there as a whole."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import unittest
from pathlib import Path

from ledgers import KINDS, KUBECONFIG, Place, runtime


def files(text: str) -> dict:
    return {"ledger.json": text.encode(), "deploy_state.json": f"state of {text}".encode()}


class EveryStore(Place):
    """What the ledger builds on, of each kind."""

    def test_written_files_are_read_as_they_are(self) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                store = self.store(kind)
                self.assertEqual(store.read(), (None, ""))
                store.write(files("one é\n\n"), "")
                found, version = self.store(kind).read()
                self.assertEqual(found, files("one é\n\n"))
                self.assertNotEqual(version, "")
                store.write({"ledger.json": b"two\r\n"}, version)
                found, after = self.store(kind).read()
                kept = {"ledger.json": b"two\r\n", "deploy_state.json": "state of one é\n\n".encode()}
                self.assertEqual(found, kept)
                self.assertNotEqual(after, version)

    def test_only_one_write_can_follow_a_version(self) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                first, second = self.store(kind), self.store(kind)
                first.write(files("one"), "")
                with self.assertRaises(runtime.Lost):
                    second.write(files("another"), "")
                _, version = first.read()
                second.read()
                first.write(files("two"), version)
                with self.assertRaises(runtime.Lost):
                    second.write(files("another"), version)
                self.assertEqual(second.read()[0], files("two"))

    def test_environments_keep_apart(self) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                for environment in ("staging", "production"):
                    store = self.store(kind, environment=environment)
                    found, version = store.read()
                    self.assertIsNone(found)
                    store.write(files(environment), version)
                for environment in ("staging", "production"):
                    self.assertEqual(self.store(kind, environment=environment).read()[0], files(environment))

    def test_an_environment_cannot_name_another_place(self) -> None:
        for name in ("../staging", ".", "", "a/b", "-x", "a\nb"):
            with self.subTest(name), self.stops("cannot name a place"):
                self.store("path", environment=name)

    def test_a_write_whose_answer_was_lost_is_found_by_reading_back(self) -> None:
        for kind in ("configmap", "s3"):
            for version in ("", "next"):
                for fault in ("done:Unable to connect to the server: EOF", "done:hang"):
                    with self.subTest(kind, version=version, fault=fault):
                        for name in ("configmaps", "aws"):
                            self.tool(name, objects={}, faults={})
                        store = self.store(kind, seconds=1 if "hang" in fault else 60)
                        if version:
                            store.write(files("one"), "")
                        at = store.read()[1]
                        self.fault(kind, "write", fault)
                        store.write(files("two"), at)
                        self.assertEqual(self.store(kind).read()[0]["ledger.json"], b"two")

    def test_a_write_that_did_not_arrive_is_tried_again(self) -> None:
        for kind in ("configmap", "s3"):
            with self.subTest(kind):
                store = self.store(kind)
                self.fault(kind, "write", "Unable to connect to the server: EOF")
                store.write(files("one"), "")
                self.assertEqual(store.read()[0], files("one"))
                at = store.read()[1]
                self.fault(kind, "write", *["Unable to connect to the server: EOF"] * 3)
                with self.stops("EOF"):
                    store.write(files("two"), at)
                self.assertEqual(store.read()[0], files("one"))

    def test_a_write_that_another_came_before_while_it_hung_is_lost(self) -> None:
        for kind in ("configmap", "s3"):
            with self.subTest(kind):
                store = self.store(kind)
                store.write(files("one"), "")
                at = store.read()[1]
                self.fault(kind, "write", "other")
                with self.assertRaises(runtime.Lost):
                    store.write(files("two"), at)

    def test_a_store_that_hangs_is_left_at_the_deadline(self) -> None:
        for kind in ("configmap", "s3"):
            with self.subTest(kind):
                self.fault(kind, "read", "hang")
                with self.stops("no answer in time"):
                    self.store(kind, seconds=0.5).read()

    def test_garbage_is_refused(self) -> None:
        for kind, answer, says in [
            ("configmap", "answer:<html>", "is not JSON"),
            ("configmap", "answer:[]", "is not a ConfigMap"),
            ("configmap", 'answer:{"metadata": {}}', "is not a ConfigMap"),
            ("s3", "answer:{}", "has no ETag"),
        ]:
            with self.subTest(kind, answer=answer):
                self.fault(kind, "read", answer)
                with self.stops(says):
                    self.store(kind).read()
        self.fault("s3", "read", *["answer:<html>"] * 3)
        with self.stops("is not JSON"):
            self.store("s3").read()

    def test_a_tool_that_is_not_there_is_named(self) -> None:
        os.environ["PATH"] = str(self.folder / "home")
        for kind, tool in (("configmap", "kubectl"), ("s3", "aws")):
            with self.subTest(kind), self.stops(f"`{tool}` cannot be started"):
                self.store(kind).read()


class APath(Place):
    """A folder."""

    def setUp(self) -> None:
        super().setUp()
        self.shared = self.folder / "shared/production"

    def names(self) -> list:
        return sorted(path.name for path in self.shared.iterdir())

    def test_twenty_versions_are_kept_and_copies_for_people(self) -> None:
        store = self.store("path")
        for number in range(1, 31):
            store.write(files(f"{number}"), store.read()[1])
        kept = [f"ledger.{number:06}.json" for number in range(11, 31)]
        self.assertEqual(self.names(), ["deploy_state.json", *kept, "ledger.json"])
        self.assertEqual((self.shared / "ledger.json").read_bytes(), b"30")
        self.assertEqual((self.shared / "ledger.json").stat().st_mode & 0o777, 0o644)
        self.assertEqual((self.shared / kept[-1]).stat().st_mode & 0o777, 0o644)

    def test_a_writer_that_slept_while_its_number_was_tidied_away_has_lost(self) -> None:
        for later in (18, 19, 20, 21, 40):
            with self.subTest(later):
                shutil.rmtree(self.shared, ignore_errors=True)
                store = self.store("path")
                store.write(files("1"), "")
                for number in range(later):
                    store.write(files(f"{number + 2}"), store.read()[1])
                with self.assertRaises(runtime.Lost):
                    store.write(files("sleeper"), "1")
                self.assertEqual(store.read(), (files(f"{later + 1}"), f"{later + 1}"))

    def test_a_number_above_a_million_is_still_higher(self) -> None:
        store = self.store("path")
        store.write(files("1"), "")
        os.rename(self.shared / "ledger.000001.json", self.shared / "ledger.999999.json")
        store.write(files("2"), "999999")
        self.assertEqual(store.read()[1], "1000000")

    def test_a_lost_answer_over_nfs_is_not_a_lost_race(self) -> None:
        link = os.link

        def twice(source, target):
            link(source, target)
            link(source, target)

        self.addCleanup(setattr, os, "link", link)
        os.link = twice
        store = self.store("path")
        store.write(files("one"), "")
        self.assertEqual(store.read()[0], files("one"))

    def test_a_version_is_on_the_disk_before_it_has_its_name(self) -> None:
        link, fsync, steps = os.link, os.fsync, []
        self.addCleanup(setattr, os, "link", link)
        self.addCleanup(setattr, os, "fsync", fsync)
        os.link = lambda *words: (steps.append("link"), link(*words))
        os.fsync = lambda handle: (steps.append("fsync"), fsync(handle))
        self.store("path").write(files("one"), "")
        self.assertEqual(steps[:3], ["fsync", "link", "fsync"])

    def test_errors_of_the_file_system(self) -> None:
        link = os.link
        self.addCleanup(setattr, os, "link", link)
        for number, says in [
            (errno.EPERM, "without hard links"),
            (errno.EOPNOTSUPP, "without hard links"),
            (errno.EIO, "cannot be written: Input/output error"),
        ]:
            with self.subTest(says):

                def broken(*_):
                    raise OSError(number, os.strerror(number))  # noqa: B023

                os.link = broken
                with self.stops(says):
                    self.store("path", seconds=0).write(files("one"), "")
                self.assertEqual(self.names(), [])

    def test_an_error_after_which_it_is_there_is_none(self) -> None:
        link = os.link

        def late(source, target):
            link(source, target)
            raise OSError(errno.EIO, "lost")

        self.addCleanup(setattr, os, "link", link)
        os.link = late
        self.store("path").write(files("one"), "")
        self.assertEqual(self.store("path").read()[0]["ledger.json"], b"one")

    def test_a_folder_that_is_not_there_is_no_first_deploy(self) -> None:
        with self.stops("there is no folder .*nowhere"):
            self.store("path", place=str(self.folder / "nowhere")).read()
        self.shared.mkdir()
        (self.shared / "ledger.json").write_bytes(b"{}")
        with self.stops("a copy of a ledger but none of its numbered files"):
            self.store("path").read()

    def test_what_a_kill_left_goes_after_a_day(self) -> None:
        store = self.store("path")
        store.write(files("one"), "")
        for name, age in ((".mlpipe-new", 0), (".mlpipe-old", 90_000)):
            path = self.shared / name
            path.write_text("torn")
            at = path.stat().st_mtime - age
            os.utime(path, (at, at))
        store.write(files("two"), "1")
        self.assertIn(".mlpipe-new", self.names())
        self.assertNotIn(".mlpipe-old", self.names())

    def test_a_full_disk_changes_nothing(self) -> None:
        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
            with self.stops("cannot be written: File too large"):
                self.store("path").write(files("x" * 1000), "1")

        store = self.store("path")
        store.write(files("one"), "")
        before = self.names()
        self.assertEqual(self.child(limited), 0)
        self.assertEqual(self.names(), before)
        self.assertEqual(store.read(), (files("one"), "1"))
        store.write(files("two"), "1")

    def test_a_full_file_system_changes_nothing(self) -> None:
        """A real one, where this user may mount it."""
        shared = self.folder / "shared"
        words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(shared)]
        if os.geteuid() or subprocess.run(words, stderr=subprocess.DEVNULL).returncode:
            return
        try:
            store = self.store("path")
            store.write(files("one"), "")
            with contextlib.suppress(OSError), open(shared / "ballast", "wb") as file:
                file.write(b"x" * 100_000)
            with self.stops("No space left on device"):
                store.write(files("x" * 5000), "1")
            self.assertEqual(store.read(), (files("one"), "1"))
            os.unlink(shared / "ballast")
            store.write(files("two"), "1")
            self.assertEqual(store.read()[0], files("two"))
        finally:
            subprocess.run(["umount", str(shared)], check=True)

    def test_killed_at_every_line_the_old_or_the_new_is_there(self) -> None:
        template = self.folder / "template"
        shutil.copytree(self.folder / "shared", template)
        self.store("path", place=str(template)).write(files("old"), "")
        place = Path(self.folder / "tried")
        store = self.store("path", place=str(place))
        shutil.copytree(template, place)
        seen = []
        for _ in self.killed_at_each_line(lambda: store.write(files("new"), "1")):
            found, version = store.read()
            self.assertIn((found["ledger.json"], version), [(b"old", "1"), (b"new", "2")])
            seen.append(version)
            store.write(files("next"), version)
            found, _ = store.read()
            self.assertEqual(found, files("next"))
            shutil.rmtree(place)
            shutil.copytree(template, place)
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(seen.count("1"), 10)
        self.assertGreater(seen.count("2"), 10)


class ABranch(Place):
    """git."""

    def test_the_checkout_is_not_touched(self) -> None:
        checkout = self.folder / "checkout"
        self.remote()
        hook = checkout / ".git/hooks/pre-push"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {self.folder}/hooked\nexit 1\n")
        hook.chmod(0o755)
        self.git("-C", str(checkout), "config", "core.hooksPath", str(hook.parent))
        self.git("-C", str(checkout), "config", "push.followTags", "true")
        # This URL is what the repository's own configuration would lead elsewhere.
        self.git("-C", str(checkout), "config", "url./nowhere/.insteadOf", "file://")
        before = self.tree(checkout)
        store = self.store("git")
        store.write(files("one"), store.read()[1])
        store.write(files("two"), store.read()[1])
        self.assertEqual(self.tree(checkout), before)
        self.assertFalse((self.folder / "hooked").exists())

    def tree(self, folder: Path) -> dict:
        return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    def test_what_else_is_on_the_branch_stays(self) -> None:
        work = self.folder / "work"
        self.git("init", "-q", "-b", "ledger", str(work))
        (work / "production").mkdir()
        for name in ("README", "production/notes", "tab\there"):
            (work / name).write_text(name)
        (work / "run").write_text("x")
        (work / "run").chmod(0o755)
        self.git("-C", str(work), "add", ".")
        self.git("-C", str(work), "commit", "-q", "-m", "by hand")
        self.git("-C", str(work), "push", "-q", str(self.remote()), "ledger")
        store = self.store("git")
        found, version = store.read()
        self.assertIsNone(found)
        store.write(files("one"), version)
        self.git("-C", str(work), "pull", "-q", str(self.remote()), "ledger")
        for name in ("README", "production/notes", "tab\there"):
            self.assertEqual((work / name).read_text(), name)
        self.assertTrue(os.access(work / "run", os.X_OK))
        self.assertEqual((work / "production/ledger.json").read_text(), "one")
        head = self.git("-C", str(work), "log", "-1", "--format=%an <%ae> %cn %s %P")
        self.assertEqual(
            head, f"mlpipe <mlpipe@localhost> mlpipe ledger of production [skip ci] {version}"
        )

    def test_a_branch_that_was_moved_or_removed_is_a_lost_race(self) -> None:
        store = self.store("git")
        store.write(files("one"), "")
        version = store.read()[1]
        self.git("-C", str(self.remote()), "update-ref", "-d", "refs/heads/ledger")
        with self.assertRaises(runtime.Lost):
            store.write(files("two"), version)
        self.assertEqual(store.read(), (None, ""))

    def test_the_server_itself_refuses_the_second_push(self) -> None:
        """The lease, not our look before it: the other one comes in between."""
        store, other = self.store("git"), self.store("git")
        store.write(files("one"), "")
        version = store.read()[1]
        push = store.push

        def late(commit, tip):
            other.write(files("other"), version)
            push(commit, tip)

        store.push = late
        with self.assertRaises(runtime.Lost):
            store.write(files("two"), version)
        self.assertEqual(other.read()[0], files("other"))

    def test_a_rule_of_the_server_is_said(self) -> None:
        hook = self.remote() / "hooks/pre-receive"
        hook.write_text("#!/bin/sh\necho branch is protected >&2\nexit 1\n")
        hook.chmod(0o755)
        with self.stops("branch ledger cannot be pushed: .*pre-receive hook declined"):
            self.store("git").write(files("one"), "")

    def test_places_that_do_not_exist(self) -> None:
        with self.stops("cannot be fetched: .*/nowhere"):
            self.store("git", place="file:///nowhere#b").read()
        with self.stops("check-ref-format"):
            self.store("git", place="a..b").read()
        self.git("-C", str(self.folder / "checkout"), "remote", "remove", "origin")
        with self.stops("no remote `origin`"):
            self.store("git")

    def test_another_repository_may_be_named(self) -> None:
        store = self.store("git", place=f"file://{self.remote()}#b/c")
        store.write(files("one"), "")
        shown = self.git("-C", str(self.remote()), "show", "b/c:production/ledger.json")
        self.assertEqual(shown, "one")

    def test_a_token_is_in_a_private_file_and_on_no_command_line(self) -> None:
        os.environ["TOKEN"] = "s3cret"
        for url, host in [
            ("https://u:p@git.example.com:8443/a/b.git", "https://git.example.com:8443/"),
            ("https://git.example.com/a", "https://git.example.com/"),
        ]:
            store = self.store("git", "--ledger-token", "TOKEN", place=f"{url}#b")
            text = store.configuration()
            self.assertIn(f'[http "{host}"]', text)
            # base64 of x-access-token:s3cret
            self.assertIn('"Authorization: Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"', text)
            self.assertNotIn("u:p", text)
        self.assertNotIn("Authorization", self.store("git", "--ledger-token", "TOKEN").configuration())
        with self.stops("without https"):
            self.store("git", "--ledger-token", "TOKEN", place="http://example.com/a#b").configuration()
        os.environ["TOKEN"] = " "
        with self.stops("TOKEN is empty"):
            self.store("git", "--ledger-token", "TOKEN", place="https://h/a#b").configuration()
        os.environ["CI_JOB_TOKEN"] = "s3cret"
        store = self.store("git", "--ledger-token", "CI_JOB_TOKEN", place="https://h/a#b")
        # base64 of gitlab-ci-token:s3cret
        self.assertIn("Basic Z2l0bGFiLWNpLXRva2VuOnMzY3JldA==", store.configuration())

    def test_an_address_with_a_password_is_not_quoted_in_messages(self) -> None:
        store = self.store("git", place="https://u:s3cret@127.0.0.1:1/a#b", seconds=5)
        with self.assertRaises(runtime.Stop) as caught:
            store.read()
        self.assertIn("127.0.0.1", caught.exception.sentence)
        self.assertNotIn("s3cret", caught.exception.sentence)

    def test_an_address_cannot_write_configuration(self) -> None:
        self.assertEqual(runtime.quoted('a"b\\'), '"a\\"b\\\\"')
        with self.stops("control character"):
            runtime.quoted("a\n[core]")

    def test_killed_at_every_line_the_old_or_the_new_is_there(self) -> None:
        store = self.store("git")
        store.write(files("old"), "")
        old = store.read()[1]
        seen = []
        store = self.store("git")
        # Each of their lines starts one git at most.
        steps = ("write", "swap", "push", "open", "fetch")
        for _ in self.killed_at_each_line(lambda: store.write(files("new"), old), steps):
            found, _ = self.store("git").read()
            self.assertIn(found, (files("old"), files("new")))
            seen.append(found == files("new"))
            if seen[-1]:
                self.git("-C", str(self.remote()), "update-ref", "refs/heads/ledger", old)
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(seen.count(False), 10)
        self.assertGreater(seen.count(True), 1)


class AConfigMap(Place):
    """kubectl."""

    def test_the_secret_is_in_a_private_file(self) -> None:
        self.store("configmap").write(files("one"), "")
        for call in self.calls():
            self.assertEqual((call["kubeconfig"], call["mode"]), (KUBECONFIG, "0o600"))
            self.assertNotIn("hunter2", " ".join(call["words"]))
        os.environ["KUBE"] = ""
        with self.stops("KUBE is empty"):
            self.store("configmap").read()

    def test_what_else_is_there_stays(self) -> None:
        managed = {"app.kubernetes.io/managed-by": "mlpipe", "team": "ml"}
        found = {"metadata": {"resourceVersion": "5", "labels": managed, "annotations": {"a": "b"}}}
        found["data"] = {"other": "kept", "staging.ledger.json": "kept too"}
        self.tool("configmaps", objects={"ml/state": found})
        store = self.store("configmap")
        self.assertEqual(store.read(), (None, "5"))
        store.write(files("one"), "5")
        found = runtime.json.loads((self.state / "configmaps.json").read_text())["objects"]["ml/state"]
        self.assertEqual(found["metadata"]["labels"], managed)
        self.assertEqual(found["metadata"]["annotations"], {"a": "b"})
        self.assertEqual(found["data"]["other"], "kept")
        self.assertEqual(found["data"]["staging.ledger.json"], "kept too")
        self.assertEqual(found["data"]["production.ledger.json"], "one")

    def test_one_that_is_not_ours_is_left_alone(self) -> None:
        self.tool("configmaps", objects={"ml/state": {"metadata": {"resourceVersion": "5"}, "data": {}}})
        with self.stops("is not mlpipe's"):
            self.store("configmap").read()
        with self.stops("is not mlpipe's"):
            self.store("configmap").write(files("one"), "5")

    def test_too_large_for_a_config_map(self) -> None:
        store = self.store("configmap")
        large = {"ledger.json": b"x" * (1_000_000 - len("production.ledger.json"))}
        store.write(large, "")
        version = store.read()[1]
        with self.stops("too large for a ConfigMap: 1000001 bytes, at most 1000000"):
            store.write({"ledger.json": large["ledger.json"] + b"x"}, version)

    def test_too_large_for_the_server(self) -> None:
        """Were the limit too high, the server's own words would stop the run at once."""
        self.limits(3_000_000, 1200)
        with self.stops("Too long: may not be more than 1048576 bytes"):
            self.store("configmap").write({"ledger.json": b"x" * 1_048_576}, "")
        self.assertEqual(len(self.calls()), 1, "it is not tried again")

    def test_a_long_ledger_goes_on_in_pages(self) -> None:
        self.limits(3000, 1200)
        ledger = self.ledger("configmap")
        ledger.take(60, runtime.Deadline(60))
        for number in range(30):
            ledger.append("adopted", digest="sha256:" + "a" * 64, reference=f"r{number}", reason="")
        objects = runtime.json.loads((self.state / "configmaps.json").read_text())["objects"]
        pages = {key: found for key, found in objects.items() if ".production-" in key}
        self.assertGreater(len(pages), 3)
        for key, found in pages.items():
            self.assertTrue(found["immutable"], key)
            self.assertEqual(found["metadata"]["labels"], {"app.kubernetes.io/managed-by": "mlpipe"})
        self.assertLess(len(objects["ml/state"]["data"]["production.ledger.json"]), 3000)
        again = self.ledger("configmap")
        again.load()  # verifies the whole chain
        self.assertEqual([e["reference"] for e in again.entries], [f"r{n}" for n in range(30)])
        del objects["ml/state.production-2"]
        self.tool("configmaps", objects=objects)
        with self.stops("goes on in state.production-2, which is gone"):
            self.ledger("configmap").load()

    def test_a_page_of_a_run_that_was_stopped_is_taken(self) -> None:
        self.limits(600, 200)
        text = "{}\n" + "".join(f"line {n} of this ledger\n" for n in range(20))
        store = self.store("configmap")
        store.write({"ledger.json": text.encode()}, "")
        text += "".join(f"line {n} of this ledger\n" for n in range(20, 30))
        self.tool("configmaps", faults={"replace": ["hang-up"] * 3})
        with self.assertRaises(runtime.Stop):
            store.write({"ledger.json": text.encode()}, store.read()[1])
        self.tool("configmaps", faults={})
        longer = text + "one more\n"
        store = self.store("configmap")
        store.write({"ledger.json": longer.encode()}, store.read()[1])
        self.assertEqual(self.store("configmap").read()[0]["ledger.json"].decode(), longer)
        objects = runtime.json.loads((self.state / "configmaps.json").read_text())["objects"]
        self.assertEqual(objects["ml/state"]["data"]["production.pages"], "1")

    def test_a_page_of_another_ledger_is_refused(self) -> None:
        self.limits(600, 200)
        managed = {"app.kubernetes.io/managed-by": "mlpipe"}
        page = {"metadata": {"resourceVersion": "5", "labels": managed}, "data": {"ledger.json": "else"}}
        self.tool("configmaps", objects={"ml/state.production-1": page})
        text = "{}\n" + "".join(f"line {n} of this ledger\n" for n in range(40))
        with self.stops("ml/state.production-1 is of another ledger"):
            self.store("configmap").write({"ledger.json": text.encode()}, "")

    def limits(self, most: int, keeps: int) -> None:
        for name, value in (("MAP_LIMIT", most), ("MAP_KEEPS", keeps)):
            self.addCleanup(setattr, runtime, name, getattr(runtime, name))
            setattr(runtime, name, value)

    def test_removed_under_our_hands_is_lost(self) -> None:
        store = self.store("configmap")
        store.write(files("one"), "")
        version = store.read()[1]
        self.tool("configmaps", objects={})
        with self.assertRaises(runtime.Lost):
            store.write(files("two"), version)

    def test_errors_of_the_server(self) -> None:
        for error, says in [
            ('Error from server (Forbidden): configmaps "state" is forbidden', "is forbidden"),
            ("error: You must be logged in to the server (Unauthorized)", "logged in"),
            ('Error from server (NotFound): namespaces "ml" not found', 'namespaces "ml" not found'),
            ("Error from server (NotFound): the server could not find the namespaces", "could not find"),
        ]:
            with self.subTest(error):
                self.fault("configmap", "write", error)
                with self.stops(says) as caught:
                    self.store("configmap").write(files("one"), "")
                if "namespaces" not in error:
                    self.assertIn("get, create and update of configmaps in ml", caught.exception.help)


class AnS3(Place):
    """The AWS CLI."""

    def test_where_it_lies(self) -> None:
        self.store("s3").write(files("one"), "")
        self.store("s3", place="s3://b").write(files("one"), "")
        found = runtime.json.loads((self.state / "aws.json").read_text())["objects"]
        names = ("ledger.json", "deploy_state.json")
        self.assertEqual(
            sorted(found), sorted(f"b/{p}production/{name}" for p in ("p/q/", "") for name in names)
        )

    def test_conflicts_are_lost_races(self) -> None:
        store = self.store("s3")
        store.write(files("one"), "")
        version = store.read()[1]
        for code in ("PreconditionFailed", "ConditionalRequestConflict"):
            self.fault("s3", "write", f"An error occurred ({code}) when calling the PutObject operation: x")
            with self.assertRaises(runtime.Lost):
                store.write(files("two"), version)
        self.tool("aws", objects={})
        with self.assertRaises(runtime.Lost):
            store.write(files("two"), version)

    def test_a_cli_that_lost_against_its_own_first_try_has_written(self) -> None:
        store = self.store("s3")
        self.fault("s3", "write", "done:An error occurred (PreconditionFailed) when calling the PutObject operation")
        store.write(files("one"), "")
        self.assertEqual(store.read()[0]["ledger.json"], b"one")

    def test_a_cli_or_a_server_without_conditions_is_named(self) -> None:
        self.tool("aws", old=True, version="aws-cli/2.9.1 Python/3.9")
        with self.stops("aws-cli/2.9.1 does not know conditional writes"):
            self.store("s3").write(files("one"), "")
        self.tool("aws", old=False, unconditional=True)
        with self.stops("does not keep conditional writes: it took a write with --if-none-match"):
            self.store("s3").write(files("one"), "")
        self.tool("aws", unconditional=False, objects={})
        self.fault("s3", "write", "An error occurred (NotImplemented) when calling the PutObject operation: A header")
        with self.stops("does not keep conditional writes: .*A header"):
            self.store("s3").write(files("one"), "")

    def test_a_server_that_ignores_if_match_alone_is_found_out(self) -> None:
        conflict = "An error occurred (PreconditionFailed) when calling the PutObject operation"
        self.fault("s3", "write", "", conflict, 'answer:{"ETag": "x"}')
        with self.stops("it took a write with --if-match"):
            self.store("s3").write(files("one"), "")

    def test_errors_of_the_server(self) -> None:
        for code, says in [("AccessDenied", "s3:ListBucket"), ("NoSuchBucket", ""), ("SignatureDoesNotMatch", "")]:
            with self.subTest(code):
                self.fault("s3", "read", f"An error occurred ({code}) when calling the GetObject operation: No")
                with self.stops(code) as caught:
                    self.store("s3").read()
                self.assertIn(says, caught.exception.help)
        self.fault("s3", "read", "Unable to locate credentials. You can configure them by running aws configure")
        with self.stops("Unable to locate credentials"):
            self.store("s3").read()

    def test_what_follows_from_the_ledger_does_not_decide(self) -> None:
        conflict = "An error occurred (PreconditionFailed) when calling the PutObject operation"
        store = self.store("s3")
        store.write(files("one"), "")
        version = store.read()[1]
        self.fault("s3", "write", "", conflict)
        store.write(files("two"), version)
        self.assertEqual(store.read()[0]["ledger.json"], b"two")


if __name__ == "__main__":
    unittest.main()
