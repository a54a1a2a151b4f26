"""Every scenario on every platform."""

import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ..base import INSTALL, BrokenTool, MissingTool
from ..report import Clock, say, table
from .api import Api
from .bench import Bench
from .cancel import DRIVERS
from .foretold import foretell, unforeseen
from .platforms import PLATFORMS, edges
from .scenario import never_broken, scenarios
from .trace import difference, out_of_order, plain, told
from .uncancelled import uncancelled

#: The examples, and the scenarios of others, that run on every submission; the rest by command (`--scenarios all`). Of the lists of
#: cancels only those that are named here.
SUBMITTED = ("minimal", "fastapi-service", "canary-release/errors-at-25-percent", "canary-release/cancelled",
             "canary-release/all-green", "canary-release/soaks", "canary-release/drill-by-the-clock")
#: Runs at the same time. A run waits for its own processes most of the time.
AT_ONCE = 2


@dataclass
class Run:
    """One run: what is wrong with it, and what happened."""

    wrong: list
    trace: list = field(default_factory=list)
    verdicts: dict = field(default_factory=dict)
    live: str = ""
    #: the executor's exit status
    code: int = 0
    #: place to what serves there at the end
    serves: dict = field(default_factory=dict)
    #: calls of the script in the order in which they began, with their job
    order: list = field(default_factory=list)
    seconds: float = 0.0
    #: job of a deploy to its phases that the platform shows each by itself
    shown: dict = field(default_factory=dict)
    #: environment to the kinds of the entries in its ledger
    ledgers: dict = field(default_factory=dict)

    @property
    def calls(self) -> dict:
        """Job to its calls of the script, in order."""
        found = {}
        for job, words in self.order:
            found.setdefault(job, []).append(words)
        return found


def run_all(examples: Path, only=(), every=False) -> tuple:
    """Runs everything and compares. Returns what is wrong, and the table."""
    try:
        known = scenarios()
    except (BrokenTool, KeyError) as error:
        return [f"scenarios: {error}"], (["scenario"], [])
    faults = [f"there is no scenario {name}" for name in only if not any(name in (s.name, s.group) for s in known)]
    faults += never_broken(known) + ([] if only else never_cancelled(known, examples))
    chosen = [s for s in known if ({s.name, s.group} & set(only) if only else every or submitted(s))]
    keep = os.environ.get("MLPIPE_CONFORMANCE_KEEP")
    folder = Path(keep or tempfile.mkdtemp(prefix="mlpipe-run-"))
    rows = []
    try:
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            groups = [list(group) for _, group in groupby(chosen, lambda s: s.group)]
            asked = [(s, pool.submit(foretell, s, folder / s.name / "foretold", examples), number, futures)
                     for group in groups
                     for futures in [{name: pool.submit(several, group, name, folder, examples) for name in PLATFORMS}]
                     for number, s in enumerate(group)]
            for scenario, play, number, futures in asked:
                runs = {name: future.result()[number] for name, future in futures.items()}
                faults += [f"{scenario.name} on {name}: {text}" for name, run in runs.items() for text in run.wrong]
                gaps, surprises = compare(scenario, runs), surprised(scenario, play, runs)
                faults += gaps + surprises
                rows.append(row(scenario, runs, gaps, surprises))
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    say()
    head = ["scenario", "jobs", "calls", "as expected", "equal", "as foretold", *(f"{name} s" for name in PLATFORMS)]
    say(table(head, rows))
    say(f"{len(rows) * len(PLATFORMS)} runs of {len(rows)} scenarios")
    return faults, (head, rows)


def submitted(scenario) -> bool:
    """Does it run on every submission?"""
    alone = scenario.name == scenario.group
    return scenario.group in SUBMITTED or (alone and scenario.example in SUBMITTED)


def never_cancelled(known, examples) -> list:
    """Steps of deploys in which no scenario cancels."""
    try:
        return uncancelled(known, examples)
    except (BrokenTool, MissingTool, OSError) as error:
        return [f"which steps can be cancelled is not known: {error}"]


def surprised(scenario, play, runs) -> list:
    """What the runs did otherwise than `mlpipe simulate` says."""
    try:
        foretold = play.result()
    except (BrokenTool, MissingTool, OSError) as error:
        return [f"{scenario.name}: nothing is foretold: {error}"]
    return [f"{scenario.name} on {name}: {text}" for name, run in runs.items() for text in unforeseen(scenario, foretold, name, run)]


def row(scenario, runs, gaps, surprises) -> list:
    """A line of the table."""
    first = next(iter(runs.values()))
    fine = not any(run.wrong for run in runs.values())
    verdict = ["as expected" if fine else "WRONG", "the traces DIFFER" if gaps else "three traces are equal"]
    say(f"{scenario.name}: {', '.join(verdict)}, {'NOT as foretold' if surprises else 'as foretold'}")
    seconds = [f"{run.seconds:.1f}" for run in runs.values()]
    name = scenario.name + (" (driver)" if scenario.cancel else "")
    return [name, len(first.verdicts), len(first.trace), *("no" if bad else "yes" for bad in (not fine, gaps, surprises)), *seconds]


def several(group, platform, folder, examples) -> list:
    """The cancelled runs of one scenario on one platform, one after the other in the same place, or the only run of another one."""
    first, runs = group[0], []
    place = folder / first.group / platform
    place.mkdir(parents=True)
    try:
        with Api(first.approval) as api:
            bench = Bench(first, place, api)
            for scenario in group:
                clock = Clock()
                if scenario is first:
                    bench.build(examples, direct=bool(scenario.cancel))
                else:
                    bench.another(scenario)
                runs.append(one(bench, platform))
                runs[-1].seconds = clock.seconds()
    except MissingTool as error:
        runs.append(Run([f"{error}; run {INSTALL}"]))
    except (BrokenTool, OSError) as error:
        runs.append(Run([str(error)]))
    return runs + [Run(["the run before it could not be made"])] * (len(group) - len(runs))


def one(bench, platform) -> Run:
    """One run on one platform, in a bench that is ready for it. Raises BrokenTool, MissingTool."""
    scenario, folder = bench.scenario, bench.folder
    try:
        code, output = (DRIVERS[platform] if scenario.cancel else PLATFORMS[platform])(bench)
    except BrokenTool as error:
        return Run([str(error)])
    number = "" if scenario.name == scenario.group else scenario.name.rpartition("/")[2] + "-"
    (folder / f"{number}output.txt").write_text(output, encoding="utf-8")
    needs, events = edges(bench.repository, scenario.clock), bench.events()
    several = any(":" in job for job in needs)
    trace = plain(events, str(folder), several) + messages(bench.api)
    (folder / f"{number}plain.jsonl").write_text("".join(json.dumps(line) + "\n" for line in trace), encoding="utf-8")
    run = Run([], trace, dict(sorted(bench.verdicts.items())), bench.live(), code, bench.serves(), bench.called(several),
              shown=bench.shown, ledgers=bench.ledgers())
    if scenario.cancel:
        # A driver, not an executor: what counts is whether the deploy's handlers ran, and what serves when all is over.
        run.trace = []
    run.wrong = judged(scenario, code, run) + out_of_order(events, needs, several)
    if run.wrong:
        run.wrong.append("its output ends with:\n" + output[-4000:])
    return run


def messages(api) -> list:
    """What the receiver of messages got, without what is the run's own."""
    return [{"job": "a receiver", "words": ["POST", path], "exit": 0, "environment": {}} for path, _body in api.messages]


def judged(scenario, code, run) -> list:
    """What differs from what was expected. The expectation is the scenario's `expect`, here and nowhere else."""
    wrong = []
    if scenario.outcome and (code == 0) != (scenario.outcome == "success"):
        wrong.append(f"it should end with {scenario.outcome}, it ended with {code}")
    for job, verdict in scenario.jobs.items():
        if job not in run.verdicts:
            wrong.append(f"`{job}` should run and did not")
        elif run.verdicts[job] != verdict:
            wrong.append(f"`{job}` should end with {verdict}, it ended with {run.verdicts[job]}")
    ran = run.verdicts.keys() | {line["job"] for line in run.trace if line["job"] != "a receiver"}
    wrong += [f"`{job}` ran and should not" for job in sorted(ran - scenario.jobs.keys() - set(scenario.apart))]
    calls = [told(line) for line in run.trace]
    at = 0
    for words in scenario.calls:
        hit = next((i for i in range(at, len(calls)) if words in calls[i]), None)
        if hit is None:
            wrong.append(f"no call holds `{words}`" + (" behind the one before" if at else ""))
        else:
            at = hit + 1
    wrong += [f"`{words}` must not be called: {call}" for words in scenario.never for call in calls if words in call]
    for environment, kinds in scenario.book.items():
        if run.ledgers.get(environment, "") != kinds:
            wrong.append(f"the ledger of {environment} should say `{kinds}`, it says `{run.ledgers.get(environment, '')}`")
    if scenario.live and run.live != scenario.live:
        wrong.append(f"what serves at the end should be `{scenario.live}`, it is `{run.live}`")
    return wrong


def compare(scenario, runs) -> list:
    """The three runs must be equal: verdicts, calls with their environment, and what serves at the end."""
    faults, first = [], next(iter(runs))
    traces = {name: [line for line in run.trace if line["job"] not in scenario.apart] for name, run in runs.items()}
    verdicts = {name: {k: v for k, v in run.verdicts.items() if k not in scenario.apart} for name, run in runs.items()}
    for name, run in runs.items():
        gap = difference(traces[first], traces[name])
        if not gap and verdicts[first] != verdicts[name]:
            gap = f"{verdicts[first]} against {verdicts[name]}"
        if not gap and runs[first].live != run.live:
            gap = f"{runs[first].live} serves against {run.live}"
        if not gap and runs[first].ledgers != run.ledgers:
            gap = f"the ledgers say {runs[first].ledgers} against {run.ledgers}"
        if gap:
            faults.append(f"{scenario.name}: {first} and {name} did not do the same: {gap}")
    if scenario.jobs and not scenario.cancel and not all(traces.values()):
        faults.append(f"{scenario.name}: a platform called nothing at all")
    return faults
