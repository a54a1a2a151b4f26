"""Time limits, signals, exit statuses, records."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from desk import RUNTIME, Desk


class Limits(Desk):
    def test_124_and_a_sentence(self) -> None:
        began = time.monotonic()
        done = self.call("exec", "1", "echo before; sleep 60")
        self.assertEqual(done.returncode, 124)
        self.assertIn("before\n", done.stdout)
        self.assertIn("`echo before; sleep 60` did not end within 1 s and was stopped", done.stdout)
        self.assertLess(time.monotonic() - began, 9)

    def test_everything_that_it_started_ends_too(self) -> None:
        self.call("exec", "1", "(sleep 60; echo late > late) & echo $! > pid; wait")
        self.assert_gone(int((self.repo / "pid").read_text()))

    def test_what_ignores_term_is_killed_after_ten_seconds(self) -> None:
        began = time.monotonic()
        done = self.call("exec", "1", "trap '' TERM; echo $$ > pid; while :; do sleep 1; done")
        self.assertEqual(done.returncode, 124)
        self.assertTrue(10 < time.monotonic() - began < 20)
        self.assert_gone(int((self.repo / "pid").read_text()))

    def test_what_is_left_behind_is_stopped(self) -> None:
        done = self.call("exec", "30", "sleep 60 & echo $! > pid; exit 5")
        self.assertEqual(done.returncode, 5)
        self.assertIn("left processes behind", done.stdout)
        self.assert_gone(int((self.repo / "pid").read_text()))

    def assert_gone(self, pid: int) -> None:
        for _ in range(50):
            try:
                os.kill(pid, 0)
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    if file.read().rpartition(")")[2].split()[0] == "Z":
                        return  # ended; whoever inherited it has not asked yet
            except (ProcessLookupError, FileNotFoundError):
                return
            time.sleep(0.1)
        self.fail(f"process {pid} still runs")


class Statuses(Desk):
    def test_kept(self) -> None:
        for command, code in [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", 143), ("nosuchtool", 127)]:
            self.assertEqual(self.call("exec", "30", command).returncode, code, command)

    def test_output_is_not_held_back(self) -> None:
        words = [sys.executable, str(RUNTIME), "exec", "30", "echo now; sleep 30"]
        process = subprocess.Popen(words, cwd=self.repo, env=self.env, stdout=subprocess.PIPE)
        began = time.monotonic()
        self.assertEqual(process.stdout.readline(), b"now\n")
        self.assertLess(time.monotonic() - began, 10)
        process.terminate()
        process.communicate()


class Signals(Desk):
    def interrupt(self, number: int, command: str):
        self.begin("gate-q", "gate")
        words = [sys.executable, str(RUNTIME), "gate", "--run", command, "--timeout", "60"]
        env = {**self.env, "MLPIPE_JOB": "gate-q"}
        process = subprocess.Popen(
            words, cwd=self.repo, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        while not (self.repo / "ready").exists():
            self.assertIsNone(process.poll(), "the gate ended before its command had begun")
            time.sleep(0.05)
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
        return process.returncode, output.decode()

    def test_passed_on_and_told(self) -> None:
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            name = signal.Signals(number).name[3:]
            command = f"trap 'echo got > {name}; exit 0' {name}; touch ready; while :; do sleep 0.1; done"
            found, output = self.interrupt(number, command)
            self.assertEqual(found, code, output)
            self.assertTrue((self.repo / name).exists())
            self.assertIn(f"stopped by SIG{name}", output)
            record = self.record()
            self.assertEqual(record["status"], "failed")
            self.assertEqual(record["reason"], f"stopped from outside (SIG{name})")
            (self.repo / "ready").unlink()

    #: Runs the runtime with `at(where)` called at moments that a signal from outside meets only by luck:
    #: `started` (the system runs the process, the runtime has not heard of it yet), `about to end` it and `ending` it.
    MOMENTS = """
import os, runpy, signal, subprocess, sys
start, killpg = subprocess.Popen.__init__, os.killpg
def send(*names):
    for name in names:
        os.kill(os.getpid(), getattr(signal, "SIG" + name))
def started(self, *words, **how):
    start(self, *words, **how)
    open("pid", "w").write(str(self.pid))
    at("started")
def ending(pid, number):
    at("ending") if number == signal.SIGTERM else None
    killpg(pid, number)
def called(frame, event, _):
    at("about to end") if event == "call" and frame.f_code.co_name == "end_group" else None
subprocess.Popen.__init__, os.killpg = started, ending
sys.setprofile(called)
def at(where):
    %s
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

    def at_the_moment(self, do: str, limit: str) -> None:
        """A command under `limit` seconds; `do` sends the signals. Runtime and command end by SIGTERM."""
        self.write("moments.py", self.MOMENTS % do)
        words = [sys.executable, "moments.py", str(RUNTIME), "exec", limit, "sleep 60"]
        done = subprocess.run(
            words, cwd=self.repo, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30
        )
        self.assertEqual(done.returncode, 143, done.stdout)
        pid = int((self.repo / "pid").read_text())
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.fail(f"the command {pid} still ran")

    def test_one_that_comes_while_a_command_is_started_ends_it(self) -> None:
        self.at_the_moment('send("TERM") if where == "started" else None', "60")

    def test_a_second_one_does_not_keep_the_first_from_ending_the_command(self) -> None:
        self.at_the_moment('send("TERM", "TERM") if where == "started" else send("INT")', "60")

    def test_one_that_comes_as_the_time_is_up_is_heeded_and_the_command_ends(self) -> None:
        for where in ("about to end", "ending"):
            with self.subTest(where):
                self.at_the_moment(f'send("TERM") if where == "{where}" else None', "1")


class Records(Desk):
    def test_begun_is_not_passed(self) -> None:
        self.begin("gate-q", "gate")
        record = self.record()
        self.assertEqual((record["schema"], record["status"], record["ended"]), (1, "unfinished", None))

    def test_a_record_of_another_run_or_commit_is_none(self) -> None:
        self.begin("gate-q", "gate")
        words = ("get", "gate-q", "status")
        self.assertEqual(self.call(*words).stdout, "unfinished\n")
        for key, value in dict(RUN_ID="8", COMMIT="0" * 40, PIPELINE="other").items():
            done = self.call(*words, **{f"MLPIPE_{key}": value})
            self.assertEqual(done.returncode, 1)
            self.assertIn("there is no record of gate-q from this run", done.stdout)

    def test_broken_records_are_none(self) -> None:
        self.begin("gate-q", "gate")
        good = self.record()
        for text in ["", "[]", "{", json.dumps({**good, "schema": 2}), json.dumps({**good, "job": "x"})]:
            self.write("mlpipe-out/gate-q.json", text)
            self.assertEqual(self.call("get", "gate-q", "status").returncode, 1, text)

    def test_a_digest_is_checked_on_arrival(self) -> None:
        self.begin("image", "image")
        for digest, code in [("sha256:" + "a" * 64, 0), ("sha256:" + "a" * 63, 1), ("latest", 1), ("", 1), (None, 1)]:
            data = {**self.record("image"), "image": {"digest": digest}}
            self.write("mlpipe-out/image.json", json.dumps(data))
            self.assertEqual(self.call("get", "image", "image.digest", "digest").returncode, code, digest)

    def test_nothing_builds_on_a_job_that_failed(self) -> None:
        self.begin("model-m", "model")
        data = {**self.record("model-m"), "status": "failed", "reason": "no such file"}
        self.write("mlpipe-out/model-m.json", json.dumps(data))
        done = self.call("get", "model-m", "model.version")
        self.assertEqual(done.returncode, 1)
        self.assertIn("model-m has failed, and this job builds on it: no such file", done.stdout)

    def test_a_fault_of_ours_is_told_as_such(self) -> None:
        self.begin("gate-q", "gate")
        done = self.call("gate", "--timeout", "soon", MLPIPE_JOB="gate-q")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("fault of mlpipe's runtime", self.record()["reason"])

    def test_options_that_the_runtime_does_not_know_are_refused(self) -> None:
        self.begin("gate-q", "gate")
        done = self.call("gate", "--surprise", "1", MLPIPE_JOB="gate-q")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.record()["status"], "failed")


if __name__ == "__main__":
    unittest.main()
