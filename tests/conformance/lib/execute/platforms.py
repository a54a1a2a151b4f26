"""Starts a run on each platform's executor. Each gives the executor's exit status, what it printed, and each job's verdict."""

import json
import os
import re
import subprocess
from pathlib import Path

import yaml

from ..base import HERE, BrokenTool, MissingTool
from ..tokens import token
from ..tools import go_tool, installed, java_home, python_tool, system
from .events import ACTOR, event_file, github_event, github_starts, gitlab_facts, gitlab_inputs, jenkins_words

LIMIT = 300
#: The phases of a deploy.
PHASE = re.compile(r"begin|roll-out|smoke|shadow|canary-\d+|switch|watch|finish|restore")


def show(bench, job, phase="", ended=True):
    """Writes down that the platform shows a phase by itself: a step, a section, a stage."""
    if ended and PHASE.fullmatch(phase) and phase not in bench.shown.setdefault(job, []):
        bench.shown[job].append(phase)


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
#: GitLab's patterns are RE2; the executor reads them as JavaScript, where this means something else.
RE2_CHARACTER = re.compile(r"\\\\x\{([0-9a-f]{4})\}")
#: A job's `id_tokens`, what stands between them and its variables, and these; and one of them.
ID_TOKENS = re.compile(r"^  id_tokens:\n((?:    .*\n)+)((?:  (?!variables:).*\n)*)(?:  variables:\n((?:    .*\n)+))?", re.MULTILINE)
ID_TOKEN = re.compile(r"^    (MLPIPE_ID_TOKEN_\w+):\n      aud: (\S+)$", re.MULTILINE)
#: What the executor makes of a line that begins a section of the log.
SECTION = re.compile(r"^(\S+) +mlpipe_(\w+)_started\s*$", re.MULTILINE)
ENDED = re.compile(r"^ (PASS|FAIL|WARN)  (\S+)\s*$", re.MULTILINE)


def gitlab(bench):
    """gitlab-ci-local, each job in a folder of its own with the artifacts of its needs."""
    system("rsync")
    for path in (bench.repository / ".gitlab").glob("*.yml"):
        path.write_text(copied(path), encoding="utf-8")
    (bench.folder / "gitlab-ci.yml").write_text(copied(bench.repository / ".gitlab-ci.yml"), encoding="utf-8")
    bench.wait(delayed(bench.repository / ".gitlab-ci.yml"))
    command = [python_tool("node"), installed("npm/node_modules/gitlab-ci-local/dist/index.js"), "--force-shell-executor",
               "--shell-isolation", "--no-artifacts-to-source", "--no-color",
               # Two pipelines in one would use the stand-ins' one registry at the same time.
               "--concurrency", "1" if (bench.repository / ".gitlab").is_dir() else "2",
               "--file", "../gitlab-ci.yml"]
    facts, absent = gitlab_facts(bench.scenario)
    more = {"CI_PIPELINE_ID": "1", "CI_API_V4_URL": bench.api.url, "MLPIPE_READ_TOKEN": "conformance-token", "GITLAB_USER_LOGIN": ACTOR}
    command += ["--ignore-predefined-vars", ",".join([*facts, *more])]
    for name, value in {**facts, **more, **bench.secrets()}.items():
        command += ["--variable", f"{name}={value}"]
    for name in absent:
        command += ["--unset-variable", name]
    inputs = bench.folder / "inputs.yml"
    inputs.write_text(json.dumps(gitlab_inputs(bench.scenario)), encoding="utf-8")
    command += ["--inputs-file", inputs]
    if bench.scenario.approval:
        # GitLab sets it in the job that somebody pressed; the executor does not. A job that nobody presses it cannot play: it
        # refuses the pipeline. So it is pressed, and for a no the API says that nobody was asked to.
        command += ["--variable", "CI_JOB_MANUAL=true", *manual(bench.repository / ".gitlab-ci.yml")]
    code, output = start(bench, command)
    late = after_a_failure(bench) - {name for _, name in ENDED.findall(output)}
    if code and late:
        listed = start(bench, [*command, "--list"])[1]
        names = [name for name in sorted(late) if re.search(rf"^{re.escape(name)} ", listed, re.MULTILINE)]
        copy = bench.folder / "gitlab-ci.yml"
        copy.write_text(copy.read_text(encoding="utf-8").replace("when: on_failure", "when: on_success"), encoding="utf-8")
        output += start(bench, [*command, *names])[1] if names else ""
    for job, section in SECTION.findall(output):
        show(bench, job, section.replace("_", "-"))
    mine = f"{bench.scenario.example}-{bench.scenario.clock}:" if bench.scenario.clock else ""
    ended = [(name.replace("image-push", "image").removeprefix(mine), word) for word, name in ENDED.findall(output)]
    bench.verdicts = {name: "failure" if word == "FAIL" else "success" for name, word in ended}
    return code, output


def after_a_failure(bench) -> set:
    """Jobs without `needs` that start when a job of an earlier stage has failed. GitLab takes a skipped job for one that has ended;
    the executor waits for it for ever, so these are started by a second call."""
    *_, body = yaml.safe_load_all((bench.folder / "gitlab-ci.yml").read_text(encoding="utf-8"))
    return {name for name, job in body.items() if isinstance(job, dict) and "needs" not in job
            and any(rule.get("when") == "on_failure" for rule in job.get("rules", ()))}


#: The executor starts a delayed job at once, even behind a failure. GitLab starts it as one that is not, only later.
DELAYED = re.compile(r"^      when: delayed\n      start_in: .*\n", re.MULTILINE)


def copied(path) -> str:
    """The file without services and delays, with its patterns as JavaScript writes them, and with tokens where it asks for some."""
    text = DELAYED.sub("", SERVICES.sub("", path.read_text(encoding="utf-8")))
    return ID_TOKENS.sub(with_tokens, RE2_CHARACTER.sub(r"\\\\u\1", NO_VARIABLES.sub("", text)))


def with_tokens(hit) -> str:
    """A job's `id_tokens`, which the executor does not know, as the variables that GitLab makes of them."""
    made = "".join(f"    {name}: {token(audience.strip(chr(34)))}\n" for name, audience in ID_TOKEN.findall(hit[1]))
    return f"{hit[2]}  variables:\n{made}{hit[3]}" if hit[3] else f"  variables:\n{made}{hit[2]}"


def credentials(bench) -> dict:
    """What Jenkins keeps: the secrets, and the plugin's id tokens with the audiences that GitLab's file says."""
    file = bench.repository / ".gitlab-ci.yml"
    asked = ID_TOKEN.findall(file.read_text(encoding="utf-8")) if file.is_file() else []
    return {**bench.secrets(), **{name: token(audience.strip('"')) for name, audience in asked}}


def delayed(path) -> dict:
    """Job to the seconds for which GitLab lets it wait."""
    *_, body = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    jobs = {name: job["rules"] for name, job in body.items() if isinstance(job, dict) and isinstance(job.get("rules"), list)}
    found = {name: [rule["start_in"] for rule in rules if rule.get("when") == "delayed"] for name, rules in jobs.items()}
    return {name: int(times[0].removesuffix(" seconds")) for name, times in found.items() if times}


def manual(path) -> list:
    """The jobs that wait for somebody, as words for the executor: pressed all at once, each when its needs are there."""
    *_, body = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    names = [name for name, job in body.items() if isinstance(job, dict) and isinstance(job.get("rules"), list)
             and any(rule.get("when") == "manual" for rule in job["rules"])]
    return ["--manual", *names] if names else []


USES = re.compile(r"^\s*(?:-\s+)?uses:\s*[\"']?(?P<action>[^\s\"'#]+)", re.MULTILINE)
#: The last of a job's rights; the runner then tells it where to ask for tokens, which act does not.
MAY_ASK = re.compile(r"^(      id-token: write.*\n)", re.MULTILINE)
#: What act's own schema does not know yet. It does nothing that a single run could show.
UNKNOWN_TO_ACT = re.compile(r"^ +(?:queue: max|deployment: false)\n", re.MULTILINE)


def github(bench):
    """act on the host, once for each workflow that the event starts."""
    every = workflows(bench.repository, bench.scenario.clock)
    worst, outputs = 0, []
    for path in every:
        if github_starts(path, bench.scenario):
            bench.wait(timers(bench, path))
            code, output = workflow(bench, path, f"{path.stem}:" if len(every) > 1 else "")
            worst = max(worst, code)
            outputs.append(output)
    return worst, "\n".join(outputs) or "no workflow starts for this event"


def timers(bench, path) -> dict:
    """Job to the seconds for which GitHub lets it wait: the timer of its environment, as `mlpipe setup` says to make it."""
    done = subprocess.run([bench.mlpipe(), "setup", "--to", "github", "--format", "json"], cwd=bench.repository, check=True,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    items = [item["setting"] for manifest in json.loads(done.stdout)["manifests"] for item in manifest["items"]]
    minutes = {one["name"]: one["wait_minutes"] for one in items if one["kind"] == "environment" and one["wait_minutes"]}
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return {job: 60 * minutes[name] for job, body in jobs.items() if (name := environment(body)) in minutes}


def environment(body) -> str:
    """The environment that a job names: a text, or a mapping where it makes no deployment."""
    named = body.get("environment", "")
    return named if isinstance(named, str) else named["name"]


def workflows(repository, clock) -> list:
    """The workflows of the releases, or those that `clock` names: of their `reconcile` or their `drill`."""
    every = sorted((repository / ".github" / "workflows").glob("*.yml"))
    stems = {path.stem for path in every}

    def kind(path) -> str:
        name, _, last = path.stem.rpartition("-")
        return last if last in ("reconcile", "drill") and name in stems else ""

    return [path for path in every if kind(path) == clock]


def workflow(bench, path, prefix):
    """One workflow. Actions come from actions/, by name; one that has no stand-in there is an error."""
    artifacts, copy = bench.folder / f"artifacts-{path.stem}", bench.folder / path.name
    artifacts.mkdir()
    text = path.read_text(encoding="utf-8")
    asks = (f"\\1    env:\n      ACTIONS_ID_TOKEN_REQUEST_URL: {bench.api.url}/id-token?v=2\n"
            "      ACTIONS_ID_TOKEN_REQUEST_TOKEN: conformance-request\n")
    copy.write_text(MAY_ASK.sub(asks, UNKNOWN_TO_ACT.sub("", text)), encoding="utf-8")
    command = [go_tool("act"), github_event(bench.scenario), "--workflows", copy, "--platform", "ubuntu-24.04=-self-hosted", "--json",
               "--action-offline-mode", "--no-cache-server", "--eventpath", event_file(bench), "--defaultbranch", "main",
               "--actor", ACTOR, "--secret-file", secret_file(bench), "--env", f"CONFORMANCE_ARTIFACTS={artifacts}",
               "--env-file", os.devnull, "--var-file", os.devnull, "--input-file", os.devnull]
    for action in sorted({hit["action"] for hit in USES.finditer(text)}):
        name, _, ref = action.partition("@")
        folder = HERE / "actions" / name.split("/")[1]
        if not folder.is_dir():
            raise MissingTool(f"no stand-in for the action {name}: {folder}")
        command += ["--local-repository", f"{'/'.join(name.split('/')[:2])}@{ref}={folder}"]
    code, output = start(bench, command, XDG_CACHE_HOME=str(bench.folder / f"cache-{path.stem}"))
    lines = []
    for line in output.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            lines.append(line)
            continue
        lines.append(f"[{said.get('job', '')}] {said.get('msg', '').rstrip()}")
        show(bench, prefix + said.get("jobID", ""), (said.get("stepID") or [""])[0], bool(said.get("stepResult") in ("success", "failure")))
        if said.get("jobResult") in ("success", "failure"):
            bench.verdicts[prefix + said["jobID"]] = said["jobResult"]
    return code, "\n".join(lines)


def secret_file(bench) -> Path:
    """Secrets for act: one NAME="value" a line. Every run has a token."""
    path = bench.folder / "secrets.env"
    secrets = {"GITHUB_TOKEN": "conformance-token", **bench.secrets()}
    path.write_text("".join(f"{name}={json.dumps(value)}\n" for name, value in secrets.items()), encoding="utf-8")
    return path


#: One build is too short for the second compiler and for several collectors.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"


def jenkins(bench):
    """Our harness of the declarative pipeline on Groovy 2.4; each Jenkinsfile is a job of its own."""
    runner = HERE / "jenkins" / "run.groovy"
    if not runner.is_file():
        raise MissingTool(f"{runner.name} is not there ({runner})")
    properties = bench.folder / "credentials.properties"
    lines = [f"{name}={value.encode('unicode_escape').decode('ascii')}" for name, value in credentials(bench).items()]
    properties.write_text("\n".join(lines) + "\n", encoding="ascii")
    several = sorted((bench.repository / "jenkins").glob("*.Jenkinsfile"))
    worst, outputs = 0, []
    for file in several or [bench.repository / f"Jenkinsfile.{bench.scenario.clock}".rstrip(".")]:
        trace = bench.folder / f"{file.stem}.jsonl"
        command = [system("groovy"), runner, file, bench.repository, *jenkins_words(bench.scenario)]
        command += ["--credentials", properties, "--trace", trace]
        command += {"yes": ["--approve", ACTOR, "--groups", "ml-leads"], "no": ["--abort"], "": []}[bench.scenario.approval]
        if bench.scenario.begins:
            command += ["--clock", bench.folder / "python" / "slept"] if bench.scenario.waits else ["--awake"]
        if bench.scenario.cancel:
            command += ["--cancel-in", ": ".join(bench.scenario.cancelled), "--cancel-when", bench.reached()]
        code, output = start(bench, command, JAVA_OPTS=JAVA, **java_home())
        worst = max(worst, code)
        outputs.append(output)
        bench.verdicts |= stages(bench, trace, f"{file.stem}:" if several else "")
    return worst, "\n".join(outputs)


def stages(bench, trace, prefix) -> dict:
    """What became of each stage that is a job: those that got an agent."""
    events = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()] if trace.is_file() else []
    jobs = {e["stage"] for e in events if e["event"] == "agent"}
    # A report with a failed test makes a stage UNSTABLE; the build stays what it is, and what needs the job goes on.
    for event in events:
        if event["event"] == "stage" and event["state"] == "ended" and event["result"] != "NOT_BUILT":
            show(bench, *(prefix + event["name"]).rsplit(": ", 1))
    return {prefix + e["name"]: "success" if e["result"] in ("SUCCESS", "UNSTABLE") else "failure"
            for e in events if e["event"] == "stage" and e["state"] == "ended" and e["name"] in jobs}


PLATFORMS = {"github": github, "gitlab": gitlab, "jenkins": jenkins}


def edges(repository: Path, clock) -> dict:
    """Job to the jobs that it needs, as the GitHub workflows say it."""
    found, files = {}, workflows(repository, clock)
    for path in files:
        prefix = f"{path.stem}:" if len(files) > 1 else ""
        for job, body in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
            found[prefix + job] = [prefix + need for need in body.get("needs", [])]
    return found
