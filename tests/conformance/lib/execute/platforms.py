"""Starts a run on each platform's executor. Each gives the executor's exit status and what it printed."""

import json
import os
import re
import subprocess
from pathlib import Path

import yaml

from ..base import HERE, BrokenTool, MissingTool
from ..tools import go_tool, installed, java_home, python_tool, system
from .bench import ACTOR

LIMIT = 300


def start(bench, command, **more):
    """Runs an executor in a session of its own, with a hard end."""
    words = [system("timeout"), "-s", "KILL", str(LIMIT), *[str(w) for w in command]]
    done = subprocess.run(words, cwd=bench.repository, env={**bench.env, **more}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          start_new_session=True)
    if done.returncode in (-9, 137):
        raise BrokenTool(f"{Path(words[4]).name} did not end within {LIMIT} s:\n{done.stdout[-3000:]}")
    return done.returncode, done.stdout


#: A service is a container, and there is no engine: the stand-in for docker needs none, nor the way to it.
SERVICES = re.compile(r"^  services:\n(?:    .*\n)+|^    DOCKER_[A-Z_]+: .*\n", re.MULTILINE)
#: What the line above may leave behind.
NO_VARIABLES = re.compile(r"^  variables:\n(?!    )", re.MULTILINE)


def gitlab(bench):
    """gitlab-ci-local, each job in a folder of its own with the artifacts of its needs."""
    system("rsync")
    text = (bench.repository / ".gitlab-ci.yml").read_text(encoding="utf-8")
    (bench.folder / "gitlab-ci.yml").write_text(NO_VARIABLES.sub("", SERVICES.sub("", text)), encoding="utf-8")
    command = [python_tool("node"), installed("npm/node_modules/gitlab-ci-local/dist/index.js"), "--force-shell-executor",
               "--shell-isolation", "--no-artifacts-to-source", "--no-color", "--concurrency", "2",
               "--file", "../gitlab-ci.yml"]
    if bench.scenario.event == "merge_request":
        facts = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_PROJECT_ID": "1",
                 "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                 "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change"}
        command += ["--unset-variable", "CI_COMMIT_BRANCH"]
    else:
        facts = {"CI_PIPELINE_SOURCE": bench.scenario.event}
    command += ["--ignore-predefined-vars", ",".join(facts)]
    for name, value in {**facts, **bench.scenario.secrets}.items():
        command += ["--variable", f"{name}={value}"]
    return start(bench, command)


USES = re.compile(r"^\s*(?:-\s+)?uses:\s*[\"']?(?P<action>[^\s\"'#]+)", re.MULTILINE)
#: What act's own schema does not know yet. It does nothing that a single run could show.
UNKNOWN_TO_ACT = re.compile(r"^ +queue: max\n", re.MULTILINE)


def github(bench):
    """act on the host. Actions come from actions/, by name; one that has no stand-in there is an error."""
    workflows = sorted((bench.repository / ".github" / "workflows").glob("*.yml"))
    copies = bench.folder / "workflows"
    copies.mkdir()
    command = [go_tool("act"), github_event(bench), "--workflows", copies, "--platform", "ubuntu-24.04=-self-hosted",
               "--action-offline-mode", "--no-cache-server", "--eventpath", event_file(bench), "--defaultbranch", "main",
               "--actor", ACTOR,
               "--secret-file", secret_file(bench), "--env-file", os.devnull, "--var-file", os.devnull, "--input-file", os.devnull]
    for path in workflows:
        text = path.read_text(encoding="utf-8")
        (copies / path.name).write_text(UNKNOWN_TO_ACT.sub("", text), encoding="utf-8")
        for action in sorted({hit["action"] for hit in USES.finditer(text)}):
            name, _, ref = action.partition("@")
            folder = HERE / "actions" / name.split("/")[1]
            if not folder.is_dir():
                raise MissingTool(f"no stand-in for the action {name}: {folder}")
            command += ["--local-repository", f"{'/'.join(name.split('/')[:2])}@{ref}={folder}"]
    artifacts = bench.folder / "artifacts"
    artifacts.mkdir()
    return start(bench, [*command, "--env", f"CONFORMANCE_ARTIFACTS={artifacts}"], XDG_CACHE_HOME=str(bench.folder / "cache"))


def github_event(bench) -> str:
    return {"push": "push", "merge_request": "pull_request", "schedule": "schedule"}[bench.scenario.event]


def event_file(bench) -> Path:
    """The event's payload: only what expressions and the script may ask."""
    name = f"acme/{bench.scenario.example}"
    repository = {"full_name": name, "name": bench.scenario.example, "default_branch": "main", "owner": {"login": "acme"}}
    payload = {"repository": repository, "ref": "refs/heads/main"}
    if bench.scenario.event == "merge_request":
        head = {"ref": "change", "sha": bench.commit, "repo": {"full_name": name}}
        base, user = {"ref": "main", "sha": bench.commit}, {"type": "User", "login": ACTOR}
        change = {"number": 1, "head": head, "base": base, "user": user}
        payload = {"repository": repository, "number": 1, "action": "synchronize", "pull_request": change}
    path = bench.folder / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    return path


def secret_file(bench) -> Path:
    """Secrets for act: one NAME="value" a line. Every run has a token."""
    path = bench.folder / "secrets.env"
    secrets = {"GITHUB_TOKEN": "conformance-token", **bench.scenario.secrets}
    path.write_text("".join(f"{name}={json.dumps(value)}\n" for name, value in secrets.items()), encoding="utf-8")
    return path


def jenkins(bench):
    """Our harness of the declarative pipeline on Groovy 2.4."""
    runner = HERE / "jenkins" / "run.groovy"
    if not runner.is_file():
        raise MissingTool(f"{runner.name} is not there ({runner})")
    properties = bench.folder / "credentials.properties"
    lines = [f"{name}={value.encode('unicode_escape').decode('ascii')}" for name, value in bench.scenario.secrets.items()]
    properties.write_text("\n".join(lines) + "\n", encoding="ascii")
    command = [system("groovy"), runner, bench.repository / "Jenkinsfile", bench.repository]
    if bench.scenario.event == "merge_request":
        command += ["--pr", "1", "--target", "main", "--branch", "change"]
    else:
        command += ["--branch", "main", "--cause", {"push": "push", "schedule": "timer"}[bench.scenario.event]]
    command += ["--credentials", properties, "--trace", bench.folder / "jenkins.jsonl"]
    return start(bench, command, **java_home())


PLATFORMS = {"github": github, "gitlab": gitlab, "jenkins": jenkins}


def edges(repository: Path) -> dict:
    """Job to the jobs that it needs, as the GitHub workflow says it."""
    found = {}
    for path in sorted((repository / ".github" / "workflows").glob("*.yml")):
        for job, body in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
            found[job] = body.get("needs", [])
    return found
