"""The ledger in a ConfigMap of a real API server: the questions of `ledger/run`, and what only a real one can be asked."""

import importlib.machinery
import importlib.util
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import worlds
from plane import Refused
from through import Through

from script import rights

#: A ConfigMap's limit: https://kubernetes.io/docs/concepts/configuration/configmap/
LIMIT = 1024 * 1024
runtime = worlds.steps.runtime
MAPS = "/api/v1/namespaces/ml/configmaps"


def questions():
    """`ledger/run` as a module."""
    loader = importlib.machinery.SourceFileLoader("ledger_run", str(worlds.ROOT / "tests/conformance/ledger/run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("ledger_run", loader))
    loader.exec_module(module)
    return module


class Books(unittest.TestCase):
    """In the namespace `ml`, by an account that has the role of the lines that `mlpipe setup` prints, as they stand there."""

    @classmethod
    def setUpClass(cls):
        plane = cls.plane = worlds.Real.plane
        for name in ("ml", "other"):
            plane.kubectl("create", "namespace", name)
        plane.kubectl("--namespace", "ml", "create", "serviceaccount", "release")
        for line in rights("ml", "istio")[1]:
            line = line.replace("<NAMESPACE>", "ml").replace("<ACCOUNT>", "release")
            env = {**os.environ, "KUBECONFIG": str(plane.kubeconfig)}
            subprocess.run(["bash", "-c", line], env=env, check=True, stdout=subprocess.DEVNULL)
        cls.token = plane.kubectl("--namespace", "ml", "create", "token", "release").strip()
        cls.questions = questions()
        cls.home = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.home.cleanup)
        before = dict(os.environ)
        cls.addClassCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(HOME=cls.home.name, MLPIPE_ROOT=cls.home.name, MLPIPE_COMMIT="c0ffee", MLPIPE_PLATFORM="github")
        os.environ.update(MLPIPE_RUN_ID="7", GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="acme/ranker")
        Path(cls.home.name, "mlpipe-out").mkdir()

    def setUp(self):
        os.environ["KUBE"] = self.plane.config(self.token)

    def ledger(self, place):
        return self.questions.ledger(runtime, "configmap", place)

    def stopped(self, act):
        return self.questions.stopped(runtime, act)

    def test_the_questions_of_the_stand_in(self):
        """Two writers at once among them, a lease, writes whose answer is lost, and the routes of a VirtualService."""
        api = Through(self.plane, self.token)
        self.addCleanup(api.close)
        self.questions.on_api(runtime, api)
        self.assertEqual(self.questions.failures, [])

    def test_the_limit_of_the_server(self):
        """It is where we say, and mlpipe's own is below it."""
        for size, fits in ((LIMIT, True), (LIMIT + 1, False)):
            about = {"metadata": {"name": f"size-{size}"}, "data": {"k": "x" * size}}
            try:
                self.plane.ask("POST", MAPS, about)
                found = True
            except Refused as refused:
                found = False
                self.assertEqual(refused.code, 422)
            self.assertEqual(found, fits, size)
        store = self.ledger("ml/large").store
        self.assertLess(runtime.MAP_LIMIT, LIMIT)
        line = b"x" * 999
        text = b"{}\n" + b"\n".join([line] * 990)
        store.write({"ledger.json": text, "deploy_state.json": b"{}"}, "")
        self.assertEqual(self.ledger("ml/large").store.read()[0]["ledger.json"], text)

    def test_pages(self):
        """Two and a half MB, which no ConfigMap holds: written in pieces, as a ledger grows, and read again."""
        text = b"{}"
        for number in range(13):
            text += b"".join(b"\n%d %s" % (line, b"x" * 990) for line in range(number * 200, number * 200 + 200))
            store = self.ledger("ml/long").store
            store.write({"ledger.json": text}, store.read()[1])
        self.assertEqual(self.ledger("ml/long").store.read()[0]["ledger.json"], text)
        pages = [one for one in self.plane.ask("GET", MAPS)["items"] if one["metadata"]["name"].startswith("long.production-")]
        self.assertGreater(len(pages), 1)
        for page in pages:
            self.assertTrue(page["immutable"])
            page["data"]["ledger.json"] += "x"
            with self.assertRaises(Refused) as caught:
                self.plane.ask("PUT", f"{MAPS}/{page['metadata']['name']}", page)
            self.assertEqual(caught.exception.code, 422)
        self.plane.ask("DELETE", f"{MAPS}/{pages[0]['metadata']['name']}")
        said = self.stopped(lambda: self.ledger("ml/long").store.read())
        self.assertIn(f"goes on in {pages[0]['metadata']['name']}, which is gone", said)

    def test_too_large_for_the_server(self):
        """Were mlpipe's limit too high, the server's answer would stop the run at once, with its own words."""
        limit, runtime.MAP_LIMIT = runtime.MAP_LIMIT, 3 * LIMIT
        self.addCleanup(setattr, runtime, "MAP_LIMIT", limit)
        store, calls, run = self.ledger("ml/huge").store, [], runtime.run
        runtime.run = lambda words, *rest, **how: (calls.append(words), run(words, *rest, **how))[1]
        self.addCleanup(setattr, runtime, "run", run)
        said = self.stopped(lambda: store.write({"ledger.json": b"x" * (LIMIT + 1)}, ""))
        self.assertIn("cannot be written", said)
        self.assertIn("1048576", said)
        self.assertEqual(len(calls), 1, "it is not tried again")

    def test_what_is_refused(self):
        """Garbled, cut, of somebody else: as a person could leave it with kubectl."""
        mine = self.ledger("ml/odd")
        mine.append("halted", reason="enough", commit="c")
        path = f"{MAPS}/odd"
        whole = self.plane.ask("GET", path)
        key = "production.ledger.json"
        for text, says in (
            ("no JSON", "is not JSON"),
            (whole["data"][key].replace("enough", "Enough"), "its content is not what its hash says"),
            (whole["data"][key][:-30], "is not JSON"),
        ):
            self.plane.ask("PATCH", path, {"data": {key: text}}, kind="application/merge-patch+json")
            self.assertIn(says, self.stopped(lambda: self.ledger("ml/odd").load()))
        labels = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody"}}}
        self.plane.ask("PATCH", path, {"data": {key: whole["data"][key]}, **labels}, kind="application/merge-patch+json")
        self.assertIn("it is not mlpipe's", self.stopped(lambda: self.ledger("ml/odd").load()))

    def test_removed_under_our_hands(self):
        store = self.ledger("ml/gone").store
        store.write({"ledger.json": b"{}"}, "")
        version = store.read()[1]
        self.plane.ask("DELETE", f"{MAPS}/gone")
        with self.assertRaises(runtime.Lost):
            store.write({"ledger.json": b"{} "}, version)

    def test_not_allowed(self):
        """A token of nobody's, and an account without rights: their own sentences."""
        said = self.stopped(lambda: self.ledger("other/x").store.read())
        self.assertIn("forbidden", said.lower())
        os.environ["KUBE"] = self.plane.config("nobody's")
        said = self.stopped(lambda: self.ledger("ml/odd").store.read())
        self.assertIn("Unauthorized", said)


def granted(rules):
    """Of a role, as (group, resource, verb)."""
    return {(group, kind, verb) for one in rules for group in one["apiGroups"] for kind in one["resources"] for verb in one["verbs"]}


class Rights(unittest.TestCase):
    """The role is what it takes, and nothing more. Asked when all else has run."""

    def test_every_right_is_used(self):
        for account in ("nginx", "istio", "mirror"):
            asked, rules = worlds.Real.plane.asked_by(account), worlds.Real.rules[account]
            self.assertEqual(sorted(asked), sorted(granted(rules)), account)
