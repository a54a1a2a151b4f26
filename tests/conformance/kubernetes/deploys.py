"""Deploys of the generated runtime in the control plane: the assertions of tests/runtime against the real API server and the real
kubectl, and what only they can show."""

import json
import unittest

from test_faults import CHECKS, HALT, SHADOW, KilledOnACluster, KilledOnAMesh, KilledWithShadow
from worlds import RealCluster, RealMesh, RealMirror, steps

NEW, OLD, NEXT, STEPS = steps.NEW, steps.OLD, steps.NEXT, steps.STEPS
BROKEN = steps.sha("broken")
#: The steps after which the cluster is another one: behind each of them a run is killed.
WRITES = ("apply", "annotate", "set image", "rollout status", "delete", "patch", "create -f", "replace -f")


class Deploys(unittest.TestCase):
    kind = RealCluster

    def world(self, *words):
        world = self.kind()
        self.addCleanup(world.gone)
        world.words = list(words)
        (world.folder / "rate").write_text("0")
        self.before = world.objects()
        return world

    def good(self, code, world):
        self.assertEqual(code, 0, world.log())

    def as_before(self, world, live):
        """Nothing beside it is left, all but the image is as it was, and pods of one release serve."""
        self.assertEqual(world.live(), live, world.log())
        world.settle()
        self.assertEqual(world.serving(), ({live}, 3), world.log())
        expected = json.loads(json.dumps(self.before).replace(OLD, live))
        self.assertEqual(world.objects(), expected, world.log())
        self.assertIsNone(world.document()["lease"])

    def test_whole(self):
        world = self.world(*STEPS, *CHECKS)
        self.good(world.deploy(), world)
        self.as_before(world, NEW)
        self.assertEqual(world.kinds(), ["adopted", "intent", "good"])

    first = "0.5"

    def test_on_the_way(self):
        world = self.world("--canary", self.first, "0", "--canary", "25", "0", "--canary", "100", "0")
        world.records()
        for phase in ("begin", "roll-out", "canary-1"):
            self.good(world.phase(phase), world)
        self.assertEqual(world.serving(), ({OLD}, 3), "the live Service chooses a pod of the copy")
        self.assertIn("deployment/ranker-canary", world.objects())
        self.assertIn("service/ranker-canary", world.objects())
        self.split(world, self.first)
        self.good(world.phase("canary-2"), world)
        self.split(world, "25")
        for phase in ("canary-3", "finish"):
            self.good(world.phase(phase), world)
        self.as_before(world, NEW)

    def split(self, world, share):
        notes = world.objects()["ingress/web-canary"]["metadata"]["annotations"]
        at = "nginx.ingress.kubernetes.io/canary"
        expected = {"25": ("25", "100"), "0.5": ("5", "1000")}[share]
        self.assertEqual((notes[at + "-weight"], notes[at + "-weight-total"]), expected)

    def test_never_ready(self):
        """A copy that no node gets ready: `kubectl rollout status` gives up, and it is put back."""
        world = self.world(*STEPS)
        world.run_of("2", BROKEN)
        self.assertNotEqual(world.deploy(), 0)
        self.assertEqual(world.restored, 0, world.log())
        self.as_before(world, OLD)
        self.assertEqual(world.kinds(), ["adopted", "intent", "rolled_back"])

    def test_never_ready_without_a_canary(self):
        """The same in the live Deployment itself, whose old pods serve on."""
        world = self.world()
        world.run_of("2", BROKEN)
        self.assertNotEqual(world.deploy(), 0)
        self.as_before(world, OLD)

    def test_bad_in_the_watch(self):
        world = self.world(*STEPS, *CHECKS, *HALT)
        (world.folder / "rate").write_text("0.02")
        self.assertNotEqual(world.deploy(), 0)
        self.assertIn("rate > 1%", world.log())
        self.as_before(world, OLD)
        # What was taken back is not put there again.
        (world.folder / "rate").write_text("0")
        self.assertNotEqual(world.run_of("3", NEW).deploy(), 0)
        self.assertIn("was rolled back in production", world.log())
        self.good(world.run_of("4", NEXT).deploy(), world)
        self.as_before(world, NEXT)


class Mesh(Deploys):
    kind, first = RealMesh, "5"

    def split(self, world, share):
        route = world.objects()["virtualservice/web"]["spec"]["http"][0]["route"]
        found = [(one["destination"]["host"], one["weight"]) for one in route]
        self.assertEqual(found, [("ranker", 100 - int(share)), ("ranker-canary", int(share))])


class Mirror(unittest.TestCase):
    """A deploy that gets copies of another environment's requests."""

    def test_whole(self):
        world = RealMirror()
        self.addCleanup(world.gone)
        (world.folder / "rate").write_text("0")
        world.words = [*world.shadow(), *CHECKS]
        self.assertEqual(world.deploy(), 0, world.log())
        self.assertEqual((world.live(), world.rest()), (NEW, []), world.log())


class Killed(KilledOnACluster):
    """Behind a write the run is killed; then `restore`, a reconcile and the next run each put it right by themselves. Behind
    one of each kind, or with `--every` behind each of them."""

    kind = RealCluster
    every = False
    count = 0

    def moments(self, rate="0"):
        found = [key for key in super().moments(rate) if key[1] == "after"]
        found = [(word, key) for key in found for word in WRITES if word in key[2]]
        kinds = {word: key for word, key in reversed(found)}
        return [key for word, key in found if self.every or kinds[word] == key]

    def test_at_every_step(self):
        keys = self.moments()
        self.assertGreater(len(keys), 3)
        wrong = steps.shared_out(keys, self.one)
        self.assertEqual(wrong, [], "\n".join(wrong))
        type(self).count = len(keys)

    test_while_it_is_put_back = None


class KilledMirror(Killed, KilledWithShadow):
    """Requests of another environment are copied meanwhile."""

    kind, moves = RealMirror, SHADOW
    steps = ("get ingress", "annotate ingress web", "set image", "rollout", "replace -f")


class KilledMesh(Killed):
    kind = RealMesh
    steps = KilledOnAMesh.steps
