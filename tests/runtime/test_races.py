"""No entry is ever lost, written twice or put on a fork: two writers at once, and kills before every line."""

from __future__ import annotations

import json
import os
import signal
import time
import unittest

from ledgers import B, Place, runtime


class Races(Place):
    """Two processes that append at once, a hundred times: nothing is lost, nothing forks."""

    ROUNDS = 100

    def race(self, kind: str) -> None:
        gates = [self.folder / f"gate-{n}" for n in range(2)]
        self.remote()

        def party(mine: int):
            def work() -> None:
                self.run_of("github", f"{mine}", f"acme/{mine}")
                ledger = self.ledger(kind, seconds=300)
                for turn in range(self.ROUNDS):
                    with open(gates[mine], "a") as file:
                        file.write("x")
                    while gates[1 - mine].stat().st_size <= turn:
                        time.sleep(0.0005)
                    ledger.append("halted", reason=f"{mine} {turn}", commit=f"{mine}-{turn}")

            return work

        for gate in gates:
            gate.write_text("")
        first = self.start(party(0))
        self.assertEqual(self.child(party(1)), 0)
        self.assertEqual(os.waitpid(first, 0)[1], 0)
        ledger = self.ledger(kind)
        ledger.load()  # which verifies the chain
        found = sorted(entry["reason"] for entry in ledger.entries)
        self.assertEqual(found, sorted(f"{n} {turn}" for n in (0, 1) for turn in range(self.ROUNDS)))

    def test_in_a_folder(self) -> None:
        self.race("path")

    def test_on_a_branch(self) -> None:
        self.race("git")

    def test_in_the_stand_ins(self) -> None:
        self.ROUNDS = 10
        for kind in ("configmap", "s3"):
            with self.subTest(kind):
                self.race(kind)


class Kills(Place):
    def test_killed_at_every_line_no_entry_is_lost_or_doubled(self) -> None:
        """A run that is killed and started again ends with each of its entries once."""

        def work(from_begin: bool = True) -> None:
            ledger = self.ledger()
            ledger.load()
            if from_begin:
                ledger.append("intent", digest=B)
            ledger.append("good", digest=B, reference="r@" + B)

        count = 0
        steps = "append put load write swap link keep temporary tidy look read numbers".split()
        for _ in self.killed_at_each_line(work, tuple(steps)):
            ledger = self.ledger()
            ledger.load()
            before = [entry["kind"] for entry in ledger.entries]
            self.assertIn(before, ([], ["intent"], ["intent", "good"]))
            work(from_begin="good" not in before)
            ledger.load()
            self.assertEqual([entry["kind"] for entry in ledger.entries], ["intent", "good"])
            state = json.loads((self.folder / "shared/production/deploy_state.json").read_text())
            self.assertEqual(state["digest"], B)
            for path in (self.folder / "shared/production").iterdir():
                path.unlink()
            count += 1
        self.assertGreater(count, 150)


def files(text: str) -> dict:
    return {"ledger.json": text.encode(), "deploy_state.json": b"{}"}


class Signals(Place):
    """What a platform sends when somebody cancels."""

    def test_a_cancel_in_the_middle_of_a_write_gets_through(self) -> None:
        self.fault("s3", "write", "hang")

        def cancelled() -> None:
            signal.signal(signal.SIGTERM, runtime.on_signal)
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
            signal.setitimer(signal.ITIMER_REAL, 0.7)
            with self.assertRaises(runtime.Signalled):
                self.store("s3").write(files("one"), "")

        self.assertEqual(self.child(cancelled), 0)
        self.assertEqual(self.store("s3").read(), (None, ""))


if __name__ == "__main__":
    unittest.main()
