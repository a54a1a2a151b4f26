"""What a ledger refuses, how it is written, and what people see of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import subprocess
import sys
import time
import unittest

from desk import RUNTIME
from ledgers import KINDS, A, B, C, Case, Clock, Place, runtime


def rehashed(document: dict) -> dict:
    """The chain made whole again after a change, as a forger would do it."""
    last = ""
    for entry in document["entries"]:
        entry["previous"] = last
        last = entry["hash"] = runtime.entry_hash(entry)
    return document


class Refusals(Case):
    """Each reason not to trust a ledger has a sentence of its own."""

    def setUp(self) -> None:
        super().setUp()
        ledger = self.fresh()
        ledger.append("adopted", reference="r@" + A, digest=A, models=[{"name": "m", "version": "1", "digest": A}])
        ledger.append("intent", reference="r@" + B, digest=B, gates=[{"job": "gate-q", "sha256": "0" * 64}])
        self.clock.go(60)
        ledger.append("rolled_back", reference="r@" + B, digest=B, seconds=12.5, reason="p99 > 5 s")
        self.good = json.loads(self.current().read_bytes())

    def changed(self, change) -> None:
        document = json.loads(json.dumps(self.good))
        found = change(document)
        self.current().write_text(json.dumps(document if found is None else found))

    def test_the_untouched_one_is_read(self) -> None:
        self.changed(lambda d: None)
        self.assertEqual(self.kinds(), ["adopted", "intent", "rolled_back"])

    def test_what_is_no_ledger(self) -> None:
        whole = self.current().read_bytes()
        for data, says in [
            (b"", "is not JSON"),
            (b"\0" * 40, "is not JSON"),
            (whole[: len(whole) // 2], "is not JSON"),
            (whole + whole, "is not JSON"),
            (whole.replace(b"adopted", b"\xff"), "is not JSON"),
            (whole.replace(b"12.5", b"NaN"), "NaN is not a number"),
            (b"\xef\xbb\xbf" + whole, "is not JSON"),
            (whole.replace(b'"schema": 1', b'"schema": 1, "schema": 1'), "a key is written twice"),
            (b"[" * 100_000, "is not JSON"),
            (b"[]", "is JSON, but not a ledger"),
            (b'"x"', "is JSON, but not a ledger"),
            (b"{}", "does not say its schema"),
            (b" " * (16 << 20) + b"{}", "larger than 16 MiB"),
        ]:
            with self.subTest(data[:30], says=says):
                self.current().write_bytes(data)
                with self.stops("^the ledger of production .*" + says):
                    self.fresh()

    def test_of_another_place_or_time(self) -> None:
        for change, says in [
            (lambda d: d.update(service="other"), "is of the service 'other', not of 'ranker'"),
            (lambda d: d.update(environment="staging"), "is of the environment 'staging', not of 'production'"),
            (lambda d: d.update(schema=2), "has schema 2, this pipeline knows 1"),
            (lambda d: d.update(schema="1"), "does not say its schema"),
            (lambda d: d.update(schema=True), "does not say its schema"),
            (lambda d: d.update(schema=0), "does not say its schema"),
            (lambda d: d.pop("service") and None, "has no `service`"),
            (lambda d: d.pop("entries") and None, "has no `entries`"),
            (lambda d: d.pop("lease"), "has no `lease`"),
            (lambda d: d.update(entries={}), "has a `entries` of another type"),
            (lambda d: d.update(lease=3), "the lease in .* is of another type"),
            (lambda d: d.update(lease={}), "the lease in .* has no `holder`"),
            (lambda d: d.update(lease={"holder": {}, "nonce": "", "count": 1, "seconds": 9}), "has no `id`"),
        ]:
            with self.subTest(says):
                self.changed(change)
                with self.stops(says):
                    self.fresh()

    def test_every_field_of_an_entry(self) -> None:
        for name in runtime.ENTRY_FIELDS:
            with self.subTest(name):

                def without(document):
                    del document["entries"][1][name]  # noqa: B023

                self.changed(without)
                with self.stops(f"entry 2 of the ledger .* has no `{name}`"):
                    self.fresh()

                def other(document):
                    document["entries"][1][name] = True  # noqa: B023

                self.changed(other)
                with self.stops(f"entry 2 of the ledger .* has a `{name}` of another type"):
                    self.fresh()
        for name, value, says in [
            ("kind", "exploded", "a kind that this mlpipe does not know: 'exploded'"),
            ("digest", "sha256:12", "a `digest` that is none"),
            ("at", "yesterday", "an `at` that is no time"),
            ("at", "2026-11-21T12:00:00+01:00", "an `at` that is no time"),
            ("models", ["m"], "`models` or `gates` of another type"),
            ("gates", [3], "`models` or `gates` of another type"),
            ("run", {"id": 3, "url": "", "platform": "", "repository": ""}, "a `id` of another type"),
        ]:
            with self.subTest(name, value=value):

                def changed(document):
                    document["entries"][1][name] = value  # noqa: B023
                    rehashed(document)

                self.changed(changed)
                with self.stops("entry 2 of the ledger .*" + says):
                    self.fresh()
        self.changed(lambda d: d["entries"].__setitem__(1, "x"))
        with self.stops("entry 2 of the ledger .* is not an object"):
            self.fresh()

    def test_a_broken_chain_is_named_by_its_entry(self) -> None:
        for change, says in [
            (lambda e: e[1].update(digest=C), "broken at entry 2: its content is not what its hash says"),
            (lambda e: e[1].update(extra=1), "broken at entry 2: its content is not what its hash says"),
            (lambda e: e[2].update(seconds=12.6), "broken at entry 3: its content"),
            (lambda e: e[0].update(hash="0" * 64), "broken at entry 1: its content"),
            (lambda e: e.pop(1), "broken at entry 2: its sequence is 3"),
            (lambda e: e.pop(0), "broken at entry 1: its sequence is 2"),
            (lambda e: e.insert(1, e[0]), "broken at entry 2: its sequence is 1"),
            (lambda e: e.reverse(), "broken at entry 1: its sequence is 3"),
            (lambda e: e[2].update(previous=e[0]["hash"]), "broken at entry 3: it does not follow the one before"),
        ]:
            with self.subTest(says):

                def changed(document):
                    change(document["entries"])  # noqa: B023

                self.changed(changed)
                with self.stops(says):
                    self.fresh()

        def earlier(document):
            document["entries"][2]["at"] = "2020-01-01T00:00:00Z"
            rehashed(document)

        self.changed(earlier)
        with self.stops("broken at entry 3: it is of 2020-01-01T00:00:00Z, before the one before it"):
            self.fresh()

    def test_no_change_of_a_letter_goes_unseen(self) -> None:
        """Any one byte of an entry changed to another: refused, or it says the very same."""
        whole = self.current().read_bytes()
        first = whole.index(b'{"sequence"')
        chance = random.Random(5)
        said = json.loads(whole)["entries"]
        for position in range(first, len(whole) - 4):
            data = bytearray(whole)
            data[position] = chance.choice([c for c in b'x0"}, ' if c != data[position]])
            self.current().write_bytes(bytes(data))
            with contextlib.suppress(runtime.Stop):
                self.assertEqual(self.fresh().entries, said, bytes(data[position - 20 : position + 20]))

    def test_from_the_future(self) -> None:
        at = runtime.moment(self.good["entries"][-1]["at"])
        self.clock.wall = at - 300
        self.fresh()
        self.clock.wall = at - 301
        with self.stops(r"has an entry of 2027-01-15T08:01:00Z, but here it is 20\d\d-"):
            self.fresh()

    def test_older_than_max_age(self) -> None:
        at = runtime.moment(self.good["entries"][-1]["at"])
        self.clock.wall = at + 3600
        self.fresh(age=3600)
        self.clock.wall = at + 3601
        self.fresh(age=0)
        with self.stops("was last verified 1 h 1 s ago, `max_age` allows 1 h"):
            self.fresh(age=3600)

    def test_what_counts_as_verified(self) -> None:
        for kind, more, counts in [
            ("good", {"reference": "r", "digest": B}, True),
            ("adopted", {}, True),
            ("rolled_back", {"digest": C}, True),
            ("intent", {}, False),
            ("intent", {"verified": True}, True),
            ("left", {}, False),
            ("halted", {}, False),
            ("waived", {}, False),
            ("resumed", {"verified": True}, True),
        ]:
            with self.subTest(kind, more=more):
                self.current().write_text(json.dumps(self.good))
                self.clock.wall = runtime.moment(self.good["entries"][-1]["at"]) + 3000
                self.fresh().append(kind, **more)
                self.clock.go(1000)
                if counts:
                    self.fresh(age=3600)
                else:
                    with self.stops("last verified 1 h 6 m 40 s ago"):
                        self.fresh(age=3600)

    def test_a_run_that_has_begun_may_end(self) -> None:
        """However long it took: its age was looked at when the run first read it."""
        ledger = self.fresh(age=3600)
        self.clock.go(90_000)
        ledger.append("left", digest=B)
        again = self.ledger(age=3600)
        again.seen = dict(ledger.seen)
        again.load()
        again.append("halted")
        with self.stops("was last verified"):
            self.fresh(age=3600)

    def test_never_verified_counts_from_its_beginning(self) -> None:
        ledger = self.fresh(environment="staging")
        ledger.append("intent")
        self.clock.go(3601)
        with self.stops("was last verified 1 h 1 s ago"):
            self.fresh(environment="staging", age=3600)

    def test_shorter_forked_or_gone_against_what_this_run_has_seen(self) -> None:
        seen = self.fresh().seen

        def again():
            ledger = self.ledger()
            ledger.seen = json.loads(json.dumps(seen))  # as a file between two processes keeps it
            ledger.load()

        again()

        def shorter(document):
            document["entries"].pop()

        self.changed(shorter)
        with self.stops("got shorter: it has 2 entries, this run has read entry 3"):
            again()

        def forked(document):
            document["entries"][2]["reason"] = "another"
            rehashed(document)

        self.changed(forked)
        with self.stops("was forked: entry 3 is another one than this run has read"):
            again()
        for path in (self.folder / "shared/production").iterdir():
            path.unlink()
        with self.stops("is gone: this run has read entry 3"):
            again()


class Writing(Case):
    def test_an_entry_says_all(self) -> None:
        os.environ["MLPIPE_RUN_URL"] = "https://github.com/acme/ranker/actions/runs/77"
        entry = self.fresh().append("intent", digest=A, extra={"a": [1.5, None, "ü"]})
        expected = {
            "sequence": 1,
            "kind": "intent",
            "at": "2027-01-15T08:00:00Z",
            "run": {
                "id": "77",
                "url": "https://github.com/acme/ranker/actions/runs/77",
                "platform": "github",
                "repository": "github.com/acme/ranker",
            },
            "commit": "c0ffee",
            "reference": "",
            "digest": A,
            "models": [],
            "gates": [],
            "approved_by": [],
            "reason": "",
            "seconds": None,
            "extra": {"a": [1.5, None, "ü"]},
            "previous": "",
            "hash": entry["hash"],
        }
        self.assertEqual(entry, expected)
        self.assertEqual(self.fresh().entries, [expected])
        # Known from outside: the hash of the same bytes, made without our code.
        rest = {k: v for k, v in expected.items() if k != "hash"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        hash = subprocess.run(["sha256sum"], input=text.encode(), stdout=subprocess.PIPE).stdout.decode()[:64]
        self.assertEqual(entry["hash"], hash)

    def test_text_that_is_no_unicode_is_written_all_the_same(self) -> None:
        self.fresh().append("halted", reason="a\udcffb\0", names=("x", "\ud800"))
        entry = self.fresh().entries[0]
        self.assertEqual((entry["reason"], entry["names"]), ("a?b\0", ["x", "?"]))

    def test_what_is_no_entry_is_not_written(self) -> None:
        for kind, more, says in [
            ("exploded", {}, "does not know"),
            ("good", {"digest": "v1"}, "a `digest` that is none"),
            ("good", {"seconds": "3"}, "`seconds` of another type"),
        ]:
            with self.stops("an entry for the ledger of production .*" + says):
                self.fresh().append(kind, **more)
        with self.assertRaises(ValueError):
            self.fresh().append("halted", seconds=float("nan"))
        self.assertEqual(self.kinds(), [])

    def test_unknown_fields_of_the_document_stay(self) -> None:
        self.fresh().append("adopted", digest=A)
        path = self.current()
        document = json.loads(path.read_bytes())
        document["note"] = {"kept": True}
        path.write_text(json.dumps(document))
        self.fresh().append("intent", digest=B)
        self.assertEqual(json.loads(self.current().read_bytes())["note"], {"kept": True})

    def test_time_does_not_go_back(self) -> None:
        ledger = self.fresh()
        ledger.append("adopted", digest=A)
        self.clock.wall -= 200
        self.run_of("gitlab", "9")
        ledger = self.fresh()
        ledger.append("intent", digest=B)
        ats = [entry["at"] for entry in self.fresh().entries]
        self.assertEqual(ats, ["2027-01-15T08:00:00Z"] * 2)

    def test_the_state_for_other_tools(self) -> None:
        models = [{"name": "ranker", "version": "41", "digest": C}]
        ledger = self.fresh()
        ledger.append("intent", digest=A)
        self.assertFalse((self.folder / "shared/production/deploy_state.json").exists())
        ledger.append("good", commit="a1", reference="r@" + A, digest=A, models=models)
        expected = {
            "schema": 1,
            "service": "ranker",
            "environment": "production",
            "commit": "a1",
            "image": "r@" + A,
            "digest": A,
            "model_version": "41",
            "deployed_at": "2027-01-15T08:00:00Z",
            "sequence": 2,
        }
        self.assertEqual(self.deploy_state(), expected)
        self.clock.go(10)
        self.run_of("github", "78")
        ledger.append("intent", digest=B)
        self.assertEqual(self.deploy_state(), expected)
        ledger.append("rolled_back", commit="b2", reference="r@" + B, digest=B)
        put_back = {**expected, "deployed_at": "2027-01-15T08:00:10Z", "sequence": 4}
        self.assertEqual(self.deploy_state(), put_back)
        ledger.append("adopted", commit="", reference="r:by-hand")
        self.assertEqual(self.deploy_state()["image"], "r:by-hand")
        self.assertEqual(self.deploy_state()["model_version"], "")

    def test_what_this_run_has_written_is_not_written_twice(self) -> None:
        """Killed after the write and before the exit: it is started again and says the same."""
        one = {"digest": B, "reference": "r@" + B}
        for ending in ("good", "rolled_back", "left"):
            before = len(self.fresh().entries)
            for _ in range(3):
                self.fresh().append("intent", **one)
            for _ in range(3):
                self.fresh().append(ending, **one)
            self.fresh().append("halted", reason="too many")
            self.fresh().append("halted", reason="too many")
            kinds = self.kinds()[before:]
            # The same run started again has a new intent, because the old one has ended.
            self.assertEqual(kinds, ["intent", ending, "halted"])
        self.fresh().append("intent", **one)
        self.fresh().append("intent", digest=C)  # another version is another intent
        self.run_of("github", "78")
        self.fresh().append("intent", **one)
        self.assertEqual(self.kinds()[9:], ["intent"] * 3)

    def test_at_a_desk_everything_is_new(self) -> None:
        self.run_of("desk", "")
        for _ in range(2):
            self.fresh().append("halted", reason="x")
            self.fresh().append("resumed", reason="x")
        self.assertEqual(self.kinds(), ["halted", "resumed"] * 2)

    def test_after_a_lost_race_the_check_is_asked_again(self) -> None:
        first, second = self.fresh(), self.fresh()
        swap, seen = first.store.swap, []

        def late(files, version):
            first.store.swap = swap
            self.run_of("gitlab", "5")
            second.append("halted", reason="other")
            self.run_of("github", "77")
            swap(files, version)

        def check(view) -> None:
            seen.append([entry["kind"] for entry in view.entries])
            if view.halted():
                raise runtime.Stop("halted meanwhile")

        first.store.swap = late
        with self.stops("halted meanwhile"):
            first.append("intent", check, digest=B)
        self.assertEqual(seen, [[], ["halted"]])
        self.assertEqual(self.kinds(), ["halted"])
        self.fresh().append("resumed")
        entry = first.append("intent", check, digest=B)
        self.assertEqual((entry["sequence"], self.kinds()), (3, ["halted", "resumed", "intent"]))

    def test_it_gives_up_at_the_deadline(self) -> None:
        ledger = self.fresh(seconds=3)

        def lost(*_):
            raise runtime.Lost

        ledger.store.swap = lost
        began = self.clock.ran
        with self.stops("could not be written: others always came first"):
            ledger.append("intent")
        self.assertLess(self.clock.ran - began, 3.1)
        self.assertEqual(self.kinds(), [])

    def test_an_entry_that_was_written_though_the_store_said_no_is_found(self) -> None:
        """Somebody has written on top of it already when it is read back."""
        ledger, other = self.fresh(), self.fresh()
        swap = ledger.store.swap

        def unlucky(files, version):
            ledger.store.swap = swap
            swap(files, version)
            self.run_of("gitlab", "5")
            other.append("halted", reason="quick")
            self.run_of("github", "77")
            raise runtime.Unclear("no answer")

        for number in ("77", ""):
            with self.subTest(number):
                self.run_of("github", number)
                ledger.store.swap = unlucky
                entry = ledger.append("resumed", reason="x", number=number)
                self.assertEqual(entry["number"], number)
                same = [e for e in self.fresh().entries if e.get("number") == number]
                self.assertEqual(len(same), 1)

    def test_every_store_carries_it(self) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                ledger = self.fresh(kind)
                ledger.append("adopted", reference="r@" + A, digest=A)
                ledger.append("intent", digest=B, reason="ü \U0001f600")
                again = self.fresh(kind)
                self.assertEqual(again.entries, ledger.entries)
                found, _ = again.store.read()
                self.assertEqual(json.loads(found["deploy_state.json"])["digest"], A)
                self.assertTrue(found["ledger.json"].isascii())


class AtADesk(Place):
    """The job `ledger`."""

    def call(self, *words: str) -> tuple:
        os.environ["MLPIPE_JOB"] = "ledger"
        self.run_of("desk", "")
        env = {**os.environ, "USER": "ada"}
        how = {"cwd": self.folder, "env": env, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        program = [sys.executable, "-I", "-X", "utf8", str(RUNTIME)]
        subprocess.run([*program, "begin", "ledger", "ledger", "Ledger"], check=True, **how)
        done = subprocess.run([*program, "ledger", *words, *self.words("path", age=3600)], encoding="utf-8", **how)
        record = json.loads((self.folder / "mlpipe-out/ledger.json").read_text())
        return done.returncode, done.stdout, record

    def test_an_empty_one(self) -> None:
        code, text, record = self.call("--phase", "show")
        self.assertEqual(code, 0, text)
        self.assertIn("0 entries", text)
        self.assertIn("last good: nothing yet", text)
        self.assertEqual(record["ledger"]["last_good"], None)

    def test_shown_resumed_and_waived(self) -> None:
        ledger = self.ledger()
        for number in range(25):
            ledger.append("left", commit=f"{number}", reason=f"n{number}")
        ledger.append("adopted", digest=A, reference="r@" + A)
        ledger.append("intent", digest=B, approved_by=["grace"])
        ledger.append("rolled_back", digest=B, reason="error rate\n::error::above 1 %")
        ledger.append("halted", reason="3 roll-backs within 1 h")
        ledger.take(60)
        code, text, record = self.call("--phase", "show")
        self.assertEqual(code, 0, text)
        self.assertIn("29 entries", text)
        self.assertNotIn(" n8\n", text)
        self.assertIn(" n24\n", text)
        self.assertRegex(text, r"(?m)^27 +\S+Z +intent +bbbbbbbbbbbb +c0ffee +grace$")
        self.assertRegex(text, r"(?m)error rate ::error::above 1 %$")
        self.assertIn(f"last good: r@{A} (entry 26)", text)
        self.assertIn("lease: run 77 (github)", text)
        self.assertRegex(text, r"HALTED since \S+Z: 3 roll-backs within 1 h\n  to resume: ")
        self.assertEqual(record["ledger"]["halted"], True)
        self.assertEqual(record["status"], "passed")

        for words, says in [
            (("--phase", "resume"), "resume needs a reason"),
            (("--phase", "resume", "--reason", " \n"), "resume needs a reason"),
            (("--phase", "waive", "--reason", "x"), "waive needs the digest"),
            (("--phase", "waive", "--reason", "x", "--digest", A), "is not quarantined in production"),
        ]:
            code, text, _ = self.call(*words)
            self.assertEqual(code, 1)
            self.assertIn(says, text)
        code, text, record = self.call("--phase", "resume", "--reason", "fixed the\nfeature store")
        self.assertEqual((code, record["ledger"]["halted"]), (0, False), text)
        entry = record["ledger"]["entry"]
        self.assertEqual((entry["reason"], entry["approved_by"]), ("fixed the feature store", ["ada"]))
        code, text, _ = self.call("--phase", "resume", "--reason", "again")
        self.assertIn("is not halted; there is nothing to resume", text)
        code, text, _ = self.call("--phase", "waive", "--reason", "false alarm", "--digest", B)
        self.assertEqual(code, 0, text)
        ledger.load()
        self.assertIsNone(ledger.quarantined(B))
        self.assertIsNone(ledger.halted())
        self.assertEqual([e["kind"] for e in ledger.entries[-2:]], ["resumed", "waived"])

    def test_one_that_is_too_old_is_shown_and_resumed(self) -> None:
        clock = Clock(self)
        clock.wall = time.time() - 7200
        self.ledger().append("adopted", digest=A)
        runtime.time = time
        with self.stops("max_age"):
            self.ledger(age=3600).load()
        code, text, _ = self.call("--phase", "show")
        self.assertRegex(text, "TOO OLD: last verified 2 h.* ago, `max_age` allows 1 h")
        code, text, _ = self.call("--phase", "resume", "--reason", "looked at it")
        self.assertEqual(code, 0, text)
        self.ledger(age=3600).load()

    def test_a_broken_one_is_not_shown_as_if_it_were_whole(self) -> None:
        self.ledger().append("adopted", digest=A)
        path = self.folder / "shared/production/ledger.000001.json"
        path.write_text(path.read_text().replace(A, B))
        code, text, record = self.call("--phase", "show")
        self.assertEqual((code, record["status"]), (1, "failed"))
        self.assertIn("is broken at entry 1", text)


class Names(Place):
    def test_repositories_have_the_platforms_address_and_no_password(self) -> None:
        for platform, env, expected in [
            ("github", {"GITHUB_REPOSITORY": "a/b"}, "github.com/a/b"),
            ("gitlab", {"CI_PROJECT_URL": "https://git.example.com/a/b"}, "git.example.com/a/b"),
            (
                "jenkins",
                {"JENKINS_URL": "https://ci.example.com/", "GIT_URL": "https://u:p@github.com/a/b.git"},
                "ci.example.com/github.com/a/b.git",
            ),
            ("jenkins", {"GIT_URL": "https://github.com/a/b.git", "JENKINS_URL": ""}, ""),
        ]:
            self.run_of(platform, "1")
            os.environ.update(env)
            self.assertEqual(runtime.this_repository(), expected)
        self.run_of("desk", "")
        self.assertTrue(runtime.this_repository().endswith("/checkout"))

    def test_no_ledger_without_the_option(self) -> None:
        self.assertIsNone(runtime.open_ledger(runtime.Options([], {"ledger": 5}, {}), runtime.Deadline(1)))
        with self.stops("do not fit: --ledger ftp"):
            self.ledger("ftp", place="x")

    def test_a_person_is_shown_what_fits_on_a_line(self) -> None:
        ledger = self.ledger()
        ledger.append("left", reason="x" * 500, commit="y" * 400, reference="z" * 400)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            runtime.show_ledger(ledger)
        self.assertLess(max(map(len, out.getvalue().splitlines())), 300)


if __name__ == "__main__":
    unittest.main()
