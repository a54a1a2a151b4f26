"""What happened in a run, in a form that does not depend on the platform."""

import re

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
RANDOM = re.compile(r"(?<=\bmlpipe-)[0-9a-f]{12}\b|(?<=\.mlpipe-cache/mlflow-)\w{8}\b|(?<=\bmlpipe-beside: )[0-9a-f]{16}\b")
#: Whose copies of requests they are: pipeline, environment, and the platform's own number of the run.
SHADOW = re.compile(r"(mlpipe/shadow=[\w-]+/[\w-]+/)\S+")
SOURCE = re.compile(r"(org\.opencontainers\.image\.source=)\S+")
TEMPORARY = re.compile(r"/(?:tmp|var/tmp)/[^\s,=:'\"]+")
LOOPBACK = re.compile(r"http://127\.0\.0\.1:\d+")
#: Variables that are the platform's or its executor's own affair.
FOREIGN = re.compile(r"(GITHUB|RUNNER|ACTIONS|CI|GITLAB|GCL|FF|BUILD|JENKINS|JOB|CHANGE|GIT|NODE|INPUT|STAGE|CONFORMANCE)_.*|"
                     r"CI|ACT|ImageOS|TAG_NAME|BRANCH_NAME|EXECUTOR_NUMBER|WORKSPACE|STANDIN|JAVA_(HOME|OPTS)|XDG_CACHE_HOME|PWD|OLDPWD|SHLVL|_|SHELL|LANG|"
                     # What the script makes of them, and where it is.
                     r"MLPIPE_(PLATFORM|RUN_ID|RUN_URL|ROOT|BASH)|"
                     # GitLab and Jenkins bring an identity's token in a variable, of which the script makes a file; the run's id
                     # is in the other.
                     r"MLPIPE_ID_TOKEN_\w+|AWS_ROLE_SESSION_NAME|"
                     # How each platform says who approved, and reads who had to; who logs in to ghcr.io (GitHub knows the actor);
                     # Jenkins' parameters and event stand in the environment before the script has made its own of them.
                     r"MLPIPE_APPROVED_BY|MLPIPE_READ_TOKEN|GHCR_USER|"
                     # Which of several pipelines GitLab starts.
                     r"MLPIPE_START_PIPELINE")


def plain(events, folder="", several=False) -> list:
    """Jobs in the order of their names, and each job's calls in the order in which they ended; noise under names.

    `folder` is the run's own; `several`: there is more than one pipeline, and jobs are told by both names.

    What a deploy does is one call of the script on GitLab and one for each phase on the others. The calls of a deploy's
    verb are therefore told once, at the end of the job, with the first exit code that was not 0; and so is what each call
    of the script looks after first: Python and the dependencies."""
    jobs = {}
    for event in sorted(events, key=lambda e: e["to"]):
        jobs.setdefault(job_of(event, several), []).append(event)
    lines, names = [], {}
    for job in sorted(jobs):
        phases, prepared = [], []
        deploys = any(event["words"][:2] == ["runtime", "deploy"] for event in jobs[job])
        watched = any(event["words"][:2] == ["runtime", "deploy"] and "--watch" in event["words"] for event in jobs[job])
        for event in jobs[job]:
            words = event["words"]
            if words[:2] == ["aws", "s3api"] or watched and about_the_ledger(words):
                continue
            if deploys and prepares(words):
                if words in prepared:
                    continue
                prepared.append(words)
            if words[:2] == ["runtime", "deploy"]:
                phases.append(event)
            else:
                lines.append(line(job, event, words, event["exit"], names, folder))
        if phases:
            exit_code = next((one["exit"] for one in phases if one["exit"]), 0)
            lines.append(line(job, phases[0], without_phase(phases[0]["words"]), exit_code, names, folder))
    return lines


def about_the_ledger(words) -> bool:
    """Is it a call for the ledger? While something is watched, how often it is read is a matter of seconds. (One in S3 is
    always left out: its versions are named at random.)"""
    return words[0] == "kubectl" and ("configmap" in words or words[4:5] in (["create"], ["replace"]))


def line(job, event, words, code, names, folder) -> dict:
    """One call of a plain trace: job, words, exit code, and the environment that the command saw."""
    environment = {name: value for name, value in sorted(event.get("environment", {}).items()) if not FOREIGN.fullmatch(name)}
    values = clear(list(environment.values()), names, folder)
    return {"job": job, "words": clear(words, names, folder), "exit": code, "environment": dict(zip(environment, values, strict=True))}


def job_of(event, several) -> str:
    """A job's name among all of a run."""
    return f"{event['pipeline']}:{event['job']}" if several else event["job"]


def prepares(words) -> bool:
    """Is it Python, or an installer of dependencies?"""
    return words[:2] in (["runtime", "python"], ["poetry", "sync"], ["uv", "sync"]) or words[1:3] in (["-m", "venv"], ["-m", "pip"])


def without_phase(words) -> list:
    """The deploy verb's words without `--phase X`."""
    if "--phase" not in words:
        return words
    at = words.index("--phase")
    return words[:at] + words[at + 2:]


def clear(words, names, folder="") -> list:
    """Words with temporary folders, the place of the sources, digests and random names under names of ours; what was equal stays equal."""

    def digest(hit):
        return names.setdefault(hit[0].removeprefix("sha256:"), f"$DIGEST{len(names) + 1}")

    def random(hit):
        return names.setdefault(hit[0], f"$RANDOM{len(names) + 1}")

    out = []
    for word in words:
        word = LOOPBACK.sub("$API", word.replace(folder, "/tmp/x") if folder else word)
        word = SOURCE.sub(r"\1$SOURCE", TEMPORARY.sub("$TMP", word))
        out.append(DIGEST.sub(digest, RANDOM.sub(random, SHADOW.sub(r"\1$RUN", word))))
    return out


def out_of_order(events, needs, several=False) -> list:
    """Edges that the run did not keep: a job that began before one that it needs had ended."""
    begin, end = {}, {}
    for event in events:
        job = job_of(event, several)
        begin[job] = min(event["from"], begin.get(job, event["from"]))
        end[job] = max(event["to"], end.get(job, 0))
    return [f"`{job}` began before `{need}` had ended" for job, before in needs.items() for need in before
            if job in begin and need in end and begin[job] < end[need]]


def difference(one, other) -> str:
    """The first place where two plain traces differ, as text; empty when they are equal."""
    for number in range(max(len(one), len(other))):
        a = one[number] if number < len(one) else None
        b = other[number] if number < len(other) else None
        if a != b:
            return f"call {number + 1}: {told(a)} against {told(b)}{apart(a, b)}"
    return ""


def apart(one, other) -> str:
    """What differs between two environments, where the rest of the calls is equal."""
    if one is None or other is None or told(one) != told(other):
        return ""
    one, other = one["environment"], other["environment"]
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return ", in the environment: " + ", ".join(f"{name} {one.get(name)!r} against {other.get(name)!r}" for name in names)


def told(line) -> str:
    """A line of a trace for people."""
    return "nothing" if line is None else f"[{line['job']}] {' '.join(line['words'])} -> {line['exit']}"
