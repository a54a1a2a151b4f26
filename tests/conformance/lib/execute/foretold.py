"""What `mlpipe simulate` says of a scenario, and what a real run did otherwise."""

import json
import re
import subprocess
from dataclasses import dataclass, field

from ..base import BrokenTool
from .bench import Bench

#: A job's state in a play to the platform's own word. A cancelled job is red on each of them.
VERDICTS = {"passed": "success", "failed": "failure", "timed_out": "failure", "cancelled": "failure"}
#: What a play leaves in an environment to what serves there. Where putting back failed too, nobody knows.
SERVES = {"deployed": "new", "untouched": "before", "rolled_back": "before", "not_restored": ""}
#: What puts an environment in order is one call on each of them.
MENDS = re.compile(r" (reconcile|redeploy|drill)$")


@dataclass
class Foretold:
    """The plan played in virtual time: all pipelines of an example together. Names are those of a run."""

    #: nothing, success, failure or cancelled
    outcome: str = "nothing"
    #: job that runs to its state
    jobs: dict = field(default_factory=dict)
    #: job to the calls of the script that it makes, in order: the words of each
    calls: dict = field(default_factory=dict)
    #: environment to what is left there
    left: dict = field(default_factory=dict)
    #: job to the jobs that it needs: the order that the plan allows
    needs: dict = field(default_factory=dict)


def foretell(scenario, folder, examples) -> Foretold:
    """Plays every pipeline of the example. Raises BrokenTool, MissingTool."""
    bench = Bench(scenario, folder, None)
    bench.copy(examples)
    bench.edit_spec()
    if scenario.clock:
        return by_the_clock(bench)
    specs = [path for path in bench.specs() if "\npipeline " in path.read_text(encoding="utf-8")]
    found, outcomes = Foretold(), set()
    for spec in specs:
        plan = asked(bench, "plan", spec)
        prefix = f"{plan['pipeline']}:" if len(specs) > 1 else ""
        words = [word for one in given(scenario, plan["pipeline"]) for word in ("--given", one)]
        played = asked(bench, "simulate", spec, "--on", event(scenario), *words)
        outcomes.add(played["outcome"])
        for job in plan["jobs"]:
            found.needs[prefix + job["id"]] = [prefix + need for need in job["needs"]]
        for job in played["jobs"]:
            if job["state"] in VERDICTS:
                found.jobs[prefix + job["id"]] = job["state"]
                found.calls[prefix + job["id"]] = [" ".join(call) for call in job["calls"]]
        found.left |= {prefix + one["name"]: one["left"] for one in played["environments"]}
    found.outcome = next(word for word in ("cancelled", "failure", "success", "nothing") if word in outcomes)
    return found


def by_the_clock(bench) -> Foretold:
    """A second pipeline of the only spec is not played, but planned: each of its jobs runs by itself and is green, and nothing comes
    behind them."""
    done = subprocess.run([bench.mlpipe(), "plan", "--format", "json"], cwd=bench.repository, capture_output=True, text=True, check=True,
                          stdin=subprocess.DEVNULL)
    plans = [json.loads(line) for line in done.stdout.splitlines()]
    name = f"{bench.scenario.example}-{bench.scenario.clock}"
    plan = next(plan for plan in plans if plan["pipeline"] == name)
    jobs = [job for job in plan["jobs"] if job["work"]["kind"] == bench.scenario.clock]
    return Foretold("success", {job["id"]: "passed" for job in jobs},
                    {job["id"]: [" ".join(step["args"]) for step in job["steps"]] for job in jobs})


def asked(bench, command, spec, *words) -> dict:
    """What a command of mlpipe answers. Raises BrokenTool."""
    line = [bench.mlpipe(), command, spec.relative_to(bench.repository), "--format", "json", *words]
    done = subprocess.run(line, cwd=bench.repository, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode or not done.stdout:
        raise BrokenTool(f"mlpipe {command} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def given(scenario, pipeline) -> list:
    """What happens in the words of `--given`: the scenario's own, its inputs, a person's no, a cancel."""
    own = scenario.given.get(pipeline, []) if isinstance(scenario.given, dict) else scenario.given
    inputs = [f"input {name} = {text(value)}" for name, value in scenario.inputs.items()]
    # A step of a canary has no name in these words; then the scenario says the moment itself.
    told = any(one.startswith("cancelled ") for one in own)
    cancel = [f"cancelled during {scenario.cancel.partition(':')[0]}"] if scenario.cancel and not told else []
    return [*own, *inputs, *cancel, *(["approval denied"] if scenario.approval == "no" else [])]


def event(scenario) -> str:
    """The event in the words of `--on`."""
    if scenario.event == "pull_request":
        return "pull_request main from fork" if scenario.fork else "pull_request main"
    return f"{scenario.event} {text(scenario.branch)}" if scenario.event in ("push", "tag") else scenario.event


def text(value) -> str:
    """A value of an input, or a name, as a spec writes it."""
    return str(value).lower() if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def unforeseen(scenario, foretold, platform, run) -> list:
    """What a run on a platform did otherwise than foretold, each as text with what was foretold and what was seen."""
    found = [("the run", foretold.outcome, outcome(foretold, run))]
    jobs = {job: VERDICTS[state] for job, state in foretold.jobs.items()}
    seen = {job: verdict for job, verdict in run.verdicts.items() if job != "handlers"}
    calls = {job: called(job, foretold, platform) for job in foretold.jobs}
    for job in sorted((jobs.keys() | seen.keys() | run.calls.keys()) - set(scenario.apart)):
        found.append((f"`{job}`", jobs.get(job, "does not run"), seen.get(job, "does not run")))
        found.append((f"the calls of `{job}`", told(calls.get(job, [])), told(run.calls.get(job, []))))
        if not scenario.cancel:
            shown = " ".join(run.shown.get(job, [])) or "nothing"
            expected = phases(foretold, job, platform)
            if scenario.lost and platform == "gitlab":
                # There it is a section of the log, which who is gone does not write.
                expected = expected.removesuffix(" restore")
            found.append((f"what shows by itself of `{job}`", expected, shown))
    for environment, left in foretold.left.items():
        expected = SERVES[left]
        place = scenario.places.get(environment, "")
        if expected and not (scenario.decided and f"deploy-{environment}" == scenario.cancelled[0]):
            found.append((f"what serves in {environment}", expected, run.serves.get(place, "nothing that is looked at")))
    wrong = [f"{what}: foretold {expected}, seen {got}" for what, expected, got in found if expected != got]
    return wrong + out_of_order(foretold.needs, run)


def outcome(foretold, run) -> str:
    """How the run ended, in a play's words. A cancel is what the driver did: only that the run is not green can be seen of it."""
    if not run.verdicts and not run.calls:
        return "nothing"
    if run.code == 0:
        return "success"
    return "cancelled" if foretold.outcome == "cancelled" else "failure"


def called(job, foretold, platform) -> list:
    """The script's calls as the platform makes them. GitLab deploys in one call, and asks in a new shell after one that did not end
    well, whatever it came to, whether something is left to put back. The others ask that too when the very first phase failed."""
    calls = foretold.calls[job]
    if platform != "gitlab" and len(calls) == 1 and calls[0].endswith(" begin") and foretold.jobs.get(job) != "passed":
        return [*calls, calls[0].removesuffix("begin") + "restore"]
    if platform != "gitlab" or not calls or not calls[0].startswith("deploy ") or MENDS.search(calls[0]):
        return calls
    whole = " ".join(calls[0].split(" ")[:2])
    return [whole] if foretold.jobs[job] == "passed" else [whole, f"{whole} restore"]


def phases(foretold, job, platform) -> str:
    """The phases of a deploy, as the plan's calls name them; nothing for another job."""
    calls = foretold.calls.get(job, [])
    calls = called(job, foretold, platform) if platform != "gitlab" and calls else calls
    return " ".join(call.split(" ")[2] for call in calls if call.startswith("deploy ") and not MENDS.search(call)) or "nothing"


def told(calls) -> str:
    """Calls for people."""
    return "; ".join(f"`{call}`" for call in calls) or "none"


def out_of_order(needs, run) -> list:
    """Edges of the plan that the run did not keep: a call made before the last one of a job that its job needs."""
    first, last = {}, {}
    for number, (job, _) in enumerate(run.order):
        first.setdefault(job, number)
        last[job] = number
    return [f"the order: foretold `{job}` behind `{need}`, seen `{run.order[first[job]][1]}` before `{run.order[last[need]][1]}`"
            for job, before in needs.items() for need in before
            if job in first and need in last and first[job] < last[need]]
