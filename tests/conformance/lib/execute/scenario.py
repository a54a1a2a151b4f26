"""What happens in a run and what must come of it: `scenarios/EXAMPLE.toml`, one file for each example."""

import re
import tomllib
from dataclasses import dataclass, replace

from ..base import HERE, BrokenTool

SCENARIOS = HERE / "scenarios"
#: What a scenario may say; anything else is a slip of the pen.
KEYS = {"about", "event", "branch", "fork", "inputs", "spec", "files", "secrets", "state", "command", "approval", "cancel", "decided",
        "given", "places", "lost", "clock", "instead", "waits", "meanwhile", "begins", "queries", "course", "ledger", "expect"}
EXPECTED = {"outcome", "jobs", "calls", "never", "live", "apart", "ledger"}
#: What an entry of a list of cancels may say besides its moment: what is different from what the scenario says.
ENTRY = {"during", "given", "live", "ledger", "decided"}
COUNT = re.compile(r"(\d+) x ")
EVENTS = ("push", "tag", "pull_request", "schedule", "manual")


@dataclass(frozen=True)
class Scenario:
    """One scenario of one example; the example's own words stand in front of it."""

    #: EXAMPLE/NAME
    name: str
    example: str
    #: push, tag, pull_request, schedule, manual, or `event NAME`
    event: str
    #: the branch of a push, the source of a pull request, or the tag
    branch: str
    #: the pull request comes from a fork: no platform gives it a secret
    fork: bool
    inputs: dict
    #: what stands in the spec to what the run's own copy says instead; `mlpipe compile` makes the files
    spec: dict
    #: a spec beside the scenarios that the run's own copy has in place of the example's; "" for the example's own
    instead: str
    #: the platform waits where the plan says so. False where a timer is missing, or was skipped by a person
    waits: bool
    #: environment to the entries that another run writes into its ledger while something soaks there
    meanwhile: dict
    #: path to text: files that the repository has besides or instead of the example's
    files: dict
    secrets: dict
    #: stand-in to its state at the start
    state: dict
    #: how commands that are not real answer; the first that fits
    commands: tuple
    #: what a person says to the question: yes, no, or "" where nobody is asked
    approval: str
    #: when a deploy is cancelled (cancel.py): `ENVIRONMENT.PHASE: [N x ]WORDS`, during the Nth call of that phase that begins with
    #: these words; "" for never
    cancel: str
    #: the name of the scenario whose `cancel` is a list of such moments, each a run of its own, of which this is one; else its own name
    group: str
    #: the ledger calls the release good before the cancel comes, so nothing is put back. A play has no such moment
    decided: bool
    #: when the runner of a deploy is lost: `ENVIRONMENT: WORDS`, once the call that begins with these words has ended; "" for never.
    #: From then on nothing of that job runs any more, its handlers neither
    lost: str
    #: it is the pipeline of the spec's `reconcile` or `drill` that is started: its word; "" for the release
    clock: str
    #: what happens in the words of `mlpipe simulate --given`: a list, or pipeline to list
    given: list | dict
    #: environment to the place that its deploy changes; the only place has no name and needs no line
    places: dict
    #: where something is watched: the call with which the first traffic moves. Time is virtual then; "" where it is real
    begins: str
    #: live metric to a part of the query by which the stand-in for Prometheus knows it
    queries: dict
    #: live metric to what Prometheus says of it, by the time since the first traffic moved; an empty text is no sample
    course: dict
    #: environment to the entries that its ledger has at the start: kind, how long `ago`, and digest
    ledger: dict
    #: success, failure, or "" where the platforms differ and say so
    outcome: str
    #: job to success or failure, as each platform itself says; no other job runs
    jobs: dict
    #: words that some call must hold, one after the other / that no call may hold
    calls: tuple
    never: tuple
    #: what serves at the end: before, new, or "" where nothing is looked at
    live: str
    #: jobs that each platform runs in a way of its own, and that are not compared
    apart: tuple
    #: environment to the kinds of the entries that its ledger has at the end
    book: dict

    @property
    def cancelled(self) -> tuple:
        """The deploy's job and the phase that the cancel hits."""
        environment, _, phase = self.cancel.partition(":")[0].partition(".")
        return f"deploy-{environment}", phase

    @property
    def moment(self) -> dict:
        """The call during which the cancel comes: its job and phase, its words, and the how manyth of those that begin with them."""
        job, phase = self.cancelled
        words = self.cancel.partition(": ")[2]
        count = COUNT.match(words)
        start = words[count.end():] if count else words
        return {"job": job, "phase": phase, "words": start, "count": int(count[1]) if count else 1}


def scenarios() -> list:
    """All scenarios, by example and in the order of their files. Raises BrokenTool for a word that nobody reads."""
    found = []
    for path in sorted(SCENARIOS.glob("*.toml")):
        world = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, one in world.pop("scenario").items():
            found += each(path.stem, name, world, one)
    return found


def each(example, name, world, one) -> list:
    """The scenario; where `cancel` is a list, one for each of its moments."""
    if isinstance(one.get("cancel", ""), str):
        return [read(example, name, world, one)]
    found, seen = [], {}
    for entry in one["cancel"]:
        if strange := set(entry) - ENTRY:
            raise BrokenTool(f"{example}.toml, scenario {name}: {', '.join(sorted(strange))} is not a word of a cancel")
        place = entry["during"].partition(":")[0]
        seen[place] = seen.get(place, 0) + 1
        expect = {**one["expect"], **{key: entry[key] for key in ("live",) if key in entry},
                  "ledger": {**one["expect"].get("ledger", {}), **entry.get("ledger", {})}}
        alone = {**one, "cancel": entry["during"], "given": [*one.get("given", []), *entry.get("given", [])], "expect": expect,
                 "decided": entry.get("decided", False)}
        number = f"-{seen[place]}" if seen[place] > 1 else ""
        found.append(replace(read(example, f"{name}/{place}{number}", world, alone), group=f"{example}/{name}"))
    return found


def never_broken(known) -> list:
    """Gates that fail in no scenario of their example: nobody has seen whether they hold anything back."""
    gates, broken = {}, set()
    for one in known:
        given = one.given if isinstance(one.given, list) else sum(one.given.values(), [])
        for job, verdict in one.jobs.items():
            gate = job.rpartition("gate-")[2] if "gate-" in job else ""
            if gate:
                gates[one.example, job] = gate
                # A gate that is only advice fails and its job does not.
                if verdict == "failure" or f"{gate} failed" in given:
                    broken.add((one.example, job))
    return [f"scenarios: `{job}` of {example} fails in none" for example, job in gates if (example, job) not in broken]


def read(example, name, world, one) -> Scenario:
    """One table `scenario.NAME`, on top of the example's world."""
    expect = one.get("expect", {})
    strange = (set(one) - KEYS) | (set(expect) - EXPECTED) | (set(world) - KEYS)
    event = one.get("event", "push")
    if strange or not (event in EVENTS or event.startswith("event ")):
        raise BrokenTool(f"{example}.toml, scenario {name}: {', '.join(sorted(strange)) or event} is not a word of a scenario")
    fork = one.get("fork", False)
    secrets = {} if fork else {**world.get("secrets", {}), **one.get("secrets", {})}
    jobs = {}
    for word in expect["jobs"]:
        job, _, verdict = word.partition(" ")
        jobs[job] = verdict or "success"
    return Scenario(
        name=f"{example}/{name}", example=example, event=event, branch=one.get("branch", default_ref(event)), fork=fork,
        inputs=one.get("inputs", {}), spec=one.get("spec", {}), files={**world.get("files", {}), **one.get("files", {})},
        secrets=secrets, state=merged(world.get("state", {}), one.get("state", {})),
        commands=(*one.get("command", ()), *world.get("command", ())), approval=one.get("approval", world.get("approval", "")),
        cancel=one.get("cancel", ""), group=f"{example}/{name}",
        decided=one.get("decided", False), lost=one.get("lost", ""), clock=one.get("clock", ""), given=one.get("given", []),
        places=world.get("places", {}), instead=one.get("instead", ""), waits=one.get("waits", True), meanwhile=one.get("meanwhile", {}),
        begins=one.get("begins", world.get("begins", "")), queries=world.get("queries", {}),
        course=merged(world.get("course", {}), one.get("course", {})),
        ledger=one.get("ledger", {}), book=expect.get("ledger", {}),
        outcome=expect["outcome"], jobs=jobs, calls=tuple(expect.get("calls", ())),
        never=tuple(expect.get("never", ())), live=expect.get("live", ""), apart=tuple(expect.get("apart", ())),
    )


def default_ref(event) -> str:
    return {"tag": "v1.2.0", "pull_request": "change"}.get(event, "main")


def merged(one, other) -> dict:
    """The second table's words on top of the first one's, table by table."""
    out = dict(one)
    for key, value in other.items():
        out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out
