"""What `mlpipe simulate` says of a scenario, held against what the scenario expects. The runs are held against that same
expectation (main.py), so that the plan played in virtual time and the three real runs are compared in one place."""

import json
import subprocess

from ..base import BrokenTool
from .bench import Bench

STATES = {"passed": "success", "failed": "failure", "timed_out": "failure"}


def foretold(scenario, folder, examples) -> list:
    """What differs between the two, for every pipeline of the example."""
    bench = Bench(scenario, folder, None)
    bench.lay_out(examples)
    specs = [path for path in bench.specs() if "\npipeline " in path.read_text(encoding="utf-8")]
    jobs, places = {}, {}
    for spec in specs:
        played = simulated(bench, spec, scenario)
        prefix = f"{played['pipeline']}:" if len(specs) > 1 else ""
        jobs |= {prefix + job["id"]: STATES[job["state"]] for job in played["jobs"] if job["state"] in STATES}
        places |= {prefix + one["name"]: one["left"] for one in played["environments"]}
    wrong = []
    if not scenario.cancel:
        wanted = {job: verdict for job, verdict in scenario.jobs.items() if job not in scenario.apart}
        said = {job: verdict for job, verdict in jobs.items() if job not in scenario.apart}
        names = sorted(job for job in wanted | said if wanted.get(job) != said.get(job))
        wrong += [f"`mlpipe simulate` says of `{job}` {said.get(job, 'nothing')}, the scenario {wanted.get(job, 'nothing')}" for job in names]
    if scenario.live:
        new = [name for name, left in places.items() if left in ("deployed", "not_restored")]
        live = "before" if not new else "new" if len(new) == len(places) else f"new, {len(new)} of {len(places)}"
        count = scenario.live.count(",")
        if live != (f"new, {count} of {len(places)}" if count else scenario.live):
            wrong.append(f"`mlpipe simulate` says that {live} serves at the end ({places}), the scenario {scenario.live}")
    return wrong


def simulated(bench, spec, scenario) -> dict:
    """The JSON of one play. Raises BrokenTool."""
    words = [bench.mlpipe(), "simulate", spec.relative_to(bench.repository), "--on", event(scenario), "--format", "json"]
    given = [*scenario.given, *(f"input {name} = {text(value)}" for name, value in scenario.inputs.items())]
    if scenario.approval == "no":
        given.append("approval denied")
    for one in given:
        words += ["--given", one]
    done = subprocess.run(words, cwd=bench.repository, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 1) or not done.stdout:
        raise BrokenTool(f"mlpipe simulate ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def event(scenario) -> str:
    """The event in the words of a `given on`."""
    if scenario.event == "pull_request":
        return "pull_request main from fork" if scenario.fork else "pull_request main"
    return f"{scenario.event} {text(scenario.branch)}" if scenario.event in ("push", "tag") else scenario.event


def text(value) -> str:
    """A value of an input, or a name, as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False)
