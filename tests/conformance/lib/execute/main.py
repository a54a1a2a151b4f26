"""Every scenario on every platform."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from ..base import INSTALL, BrokenTool, MissingTool
from ..report import Clock, say, table
from .bench import Bench, scenarios
from .platforms import PLATFORMS, edges
from .trace import difference, jobs_of, out_of_order, plain, told


def run_all(examples: Path, only=()) -> tuple:
    """Runs everything and compares. Returns what is wrong, and the table."""
    every, rows = scenarios(), []
    faults = [f"there is no scenario {name}" for name in only if name not in {s.name for s in every}]
    keep = os.environ.get("MLPIPE_CONFORMANCE_KEEP")
    folder = Path(keep or tempfile.mkdtemp(prefix="mlpipe-run-"))
    try:
        for scenario in (s for s in every if s.name in only or not only):
            traces = {}
            for platform, starter in PLATFORMS.items():
                clock = Clock()
                bench = Bench(scenario, folder / scenario.name / platform)
                wrong, trace = one(bench, starter, examples)
                faults += [f"{scenario.name} on {platform}: {text}" for text in wrong]
                traces[platform] = trace
                rows.append([scenario.name, platform, len(trace), "no" if wrong else "yes", f"{clock.seconds():.1f}"])
                say(f"{scenario.name} on {platform}: {len(trace)} calls, {'WRONG' if wrong else 'as expected'}, {clock.seconds():.1f} s")
            faults += compare(scenario, traces)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    say()
    head = ["scenario", "platform", "calls", "as expected", "seconds"]
    say(table(head, rows))
    return faults, (head, rows)


def one(bench, starter, examples) -> tuple:
    """One run: what is wrong with it, and its plain trace."""
    bench.folder.mkdir(parents=True)
    try:
        bench.build(examples)
        code, output = starter(bench)
    except MissingTool as error:
        return [f"{error}; run {INSTALL}"], []
    except (BrokenTool, OSError) as error:
        return [str(error)], []
    (bench.folder / "output.txt").write_text(output, encoding="utf-8")
    events = bench.events()
    trace = plain(events)
    (bench.folder / "plain.jsonl").write_text("".join(json.dumps(line) + "\n" for line in trace), encoding="utf-8")
    wrong = judged(bench.scenario, code, events, trace) + out_of_order(events, edges(bench.repository))
    if wrong:
        wrong.append("its output ends with:\n" + output[-4000:])
    return wrong, trace


def judged(scenario, code, events, trace) -> list:
    """What differs from the scenario's expectations."""
    wrong = []
    if (code == 0) != (scenario.outcome == "success"):
        wrong.append(f"it should end with {scenario.outcome}, it ended with {code}")
    ran = jobs_of(events)
    for job in scenario.jobs:
        if job not in ran:
            wrong.append(f"`{job}` should run and did not")
    for job in sorted(ran - set(scenario.jobs)):
        wrong.append(f"`{job}` ran and should not")
    calls = [told(line) for line in trace]
    at = 0
    for words in scenario.calls:
        hit = next((i for i in range(at, len(calls)) if words in calls[i]), None)
        if hit is None:
            wrong.append(f"no call holds `{words}`" + (" behind the one before" if at else ""))
        else:
            at = hit + 1
    wrong += [f"`{words}` must not be called: {call}" for words in scenario.never for call in calls if words in call]
    return wrong


def compare(scenario, traces) -> list:
    """The three traces must be equal."""
    faults, first = [], next(iter(traces))
    for platform, trace in traces.items():
        gap = difference(traces[first], trace)
        if gap:
            faults.append(f"{scenario.name}: {first} and {platform} did not do the same: {gap}")
    if not all(traces.values()):
        faults.append(f"{scenario.name}: a platform called nothing at all")
    return faults
