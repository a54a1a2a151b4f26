"""Plays the runtime's watch in virtual time: reads cases, one JSON object a line, answers one line for each.

A case has the words of the watch, how long it holds after each step, and what each metric and the smoke test give from
which second on. Whom the runtime would ask is put in place of here; when it asks and what it makes of the answers is its
own. Every hold is a process of its own, as the phases of a deploy are: the state goes through JSON.
"""

import contextlib
import importlib.util
import io
import json
import math
import sys

spec = importlib.util.spec_from_file_location("mlpipe_runtime", sys.argv[1])
runtime = importlib.util.module_from_spec(spec)
sys.modules["mlpipe_runtime"] = runtime
spec.loader.exec_module(runtime)


class VirtualTime:
    """Stands for the module `time`: waiting takes no time. Whole milliseconds, so that nothing drifts."""

    def __init__(self):
        self.passed = 0

    def time(self):
        return 1_700_000_000 + self.passed / 1000

    def monotonic(self):
        return self.passed / 1000

    def sleep(self, seconds):
        self.passed += max(1, math.ceil(round(seconds * 1000, 3)))


class Course:
    """What is given, by moment; the last one whose moment has come counts."""

    def __init__(self, case):
        self.case = case

    def at(self, name):
        found = None
        for moment, value in self.case["courses"].get(name, []):
            found = value if moment * 1000 <= clock.passed else found
        return found

    def ask(self, question, *_):
        # What it asks names the course.
        value = self.at(question.what)
        if value is None:
            raise runtime.NoNumber("missing")
        return runtime.numeral(value, runtime.Hide())

    def run(self, *_, **__):
        return runtime.Done(1 if self.at("smoke") == "failed" else 0)


def play(case):
    course, state = Course(case), {}
    runtime.Question.ask = lambda question, *rest: course.ask(question, *rest)
    runtime.run = course.run
    for seconds, moved, split in case["holds"]:
        state = json.loads(json.dumps(state))
        options = runtime.Options(case["words"], runtime.WATCH_ONCE, runtime.WATCH_MANY)
        watch = runtime.Watch(options, state, {})
        if moved:
            watch.begin(split)
        try:
            watch.hold(seconds, runtime.Deadline(None), lambda: None)
        except runtime.Stop as stop:
            return {"at": clock.passed / 1000, "why": stop.sentence, "tripped": isinstance(stop, runtime.Tripped)}
    return {"at": clock.passed / 1000, "why": "", "tripped": False}


for line in sys.stdin:
    clock = runtime.time = VirtualTime()
    with contextlib.redirect_stdout(io.StringIO()):
        answer = play(json.loads(line))
    print(json.dumps(answer), flush=True)
