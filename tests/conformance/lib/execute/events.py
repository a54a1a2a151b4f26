"""How each platform is told what happened, and what GitHub itself decides before any executor runs."""

import json
import re
from pathlib import Path

import yaml

from ..base import BrokenTool

#: Who starts every run.
ACTOR = "acme-bot"
GITHUB = {"push": "push", "tag": "push", "pull_request": "pull_request", "schedule": "schedule", "manual": "workflow_dispatch"}
GITLAB = {"push": "push", "tag": "push", "pull_request": "merge_request_event", "schedule": "schedule", "manual": "web"}
JENKINS = {"push": "push", "tag": "push", "schedule": "timer", "manual": "user"}


def github_event(scenario) -> str:
    """GitHub's name of the event."""
    return "repository_dispatch" if scenario.event.startswith("event ") else GITHUB[scenario.event]


def github_starts(workflow: Path, scenario) -> bool:
    """Does GitHub start this workflow? act does not ask: it takes every workflow that names the event at all."""
    on = yaml.load(workflow.read_text(encoding="utf-8"), yaml.BaseLoader)["on"]
    event = github_event(scenario)
    if event not in on:
        return False
    rules = on[event] or {}
    if event == "repository_dispatch":
        return scenario.event.removeprefix("event ") in rules["types"]
    if event not in ("push", "pull_request"):
        return True
    if event == "pull_request":
        return matches("main", rules.get("branches"))
    kinds = {"tag": "tags", "push": "branches"}
    mine, other = kinds[scenario.event], kinds["push" if scenario.event == "tag" else "tag"]
    # A filter for one kind alone leaves the other kind out.
    return matches(scenario.branch, rules.get(mine), missing=other not in rules)


def matches(name, patterns, missing=True) -> bool:
    """GitHub's filter patterns, as far as we emit them: `*` stops at `/`, `**` does not."""
    if patterns is None:
        return missing
    for pattern in patterns:
        if re.search(r"[?+\[\]!\\]", pattern):
            raise BrokenTool(f"the pattern {pattern} says more than this reader knows")
        text = "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", pattern))
        if re.fullmatch(text, name):
            return True
    return False


def event_file(bench) -> Path:
    """GitHub's payload: only what expressions and the script may ask."""
    scenario = bench.scenario
    name = f"acme/{scenario.example}"
    payload = {"repository": {"full_name": name, "name": scenario.example, "default_branch": "main", "owner": {"login": "acme"}}}
    if scenario.event == "pull_request":
        source = f"someone/{scenario.example}" if scenario.fork else name
        head = {"ref": scenario.branch, "sha": bench.commit, "repo": {"full_name": source}}
        base, user = {"ref": "main", "sha": bench.commit}, {"type": "User", "login": ACTOR}
        payload |= {"number": 1, "action": "synchronize", "pull_request": {"number": 1, "head": head, "base": base, "user": user}}
    else:
        payload["ref"] = ("refs/tags/" if scenario.event == "tag" else "refs/heads/") + scenario.branch
    if scenario.event == "manual":
        payload["inputs"] = {name: as_text(value) for name, value in scenario.inputs.items()}
    elif scenario.event.startswith("event "):
        payload |= {"action": scenario.event.removeprefix("event "), "client_payload": scenario.inputs}
    path = bench.folder / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    return path


def as_text(value) -> str:
    """An input's value as a form sends it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def gitlab_facts(scenario) -> tuple:
    """Variables that GitLab itself would set for this event, and those that it would not."""
    facts = {"CI_PIPELINE_SOURCE": "trigger" if scenario.event.startswith("event ") else GITLAB[scenario.event]}
    if scenario.event == "tag":
        return {**facts, "CI_COMMIT_TAG": scenario.branch, "CI_COMMIT_REF_NAME": scenario.branch}, ("CI_COMMIT_BRANCH",)
    if scenario.event != "pull_request":
        return facts, ()
    facts |= {"CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_PROJECT_ID": "1",
              "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2" if scenario.fork else "1",
              "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": scenario.branch}
    return facts, ("CI_COMMIT_BRANCH",)


def gitlab_inputs(scenario) -> dict:
    """The values of `spec: inputs`; an event's name is one of them, as docs/platforms says."""
    named = {"mlpipe_event": scenario.event.removeprefix("event ")} if scenario.event.startswith("event ") else {}
    if scenario.clock:
        named["mlpipe_pipeline"] = f"{scenario.example}-{scenario.clock}"
    return {**named, **scenario.inputs}


def jenkins_words(scenario) -> list:
    """The harness' words for the event."""
    if scenario.event == "tag":
        return ["--tag", scenario.branch]
    words = ["--branch", scenario.branch]
    if scenario.event == "pull_request":
        return [*words, "--pr", "1", "--target", "main", *(["--fork"] if scenario.fork else [])]
    named = scenario.event.startswith("event ")
    words += ["--cause", "remote" if named else JENKINS[scenario.event]]
    for name, value in scenario.inputs.items():
        words += ["--param", f"MLPIPE_INPUT_{name.upper()}={as_text(value)}"]
    return words + (["--param", f"MLPIPE_EVENT_NAME={scenario.event.removeprefix('event ')}"] if named else [])
