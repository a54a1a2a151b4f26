"""What happened in a run, in a form that does not depend on the platform."""

import re

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
RANDOM = re.compile(r"(?<=\bmlpipe-)[0-9a-f]{12}\b")
SOURCE = re.compile(r"(org\.opencontainers\.image\.source=)\S+")
TEMPORARY = re.compile(r"/(?:tmp|var/tmp)/[^\s,=:]+")


def plain(events) -> list:
    """Jobs in the order of their names, and each job's calls in the order in which they ended; noise under names.

    What a deploy does is one call of the script on GitLab and one for each phase on the others. The calls of a deploy's
    verb are therefore told once, at the end of the job, with the first exit code that was not 0."""
    jobs = {}
    for event in sorted(events, key=lambda e: e["to"]):
        jobs.setdefault(event["job"], []).append(event)
    lines, names = [], {}
    for job in sorted(jobs):
        phases = []
        for event in jobs[job]:
            words = event["words"]
            if words[:2] == ["runtime", "deploy"]:
                phases.append((without_phase(words), event["exit"]))
            else:
                lines.append({"job": job, "words": clear(words, names), "exit": event["exit"]})
        if phases:
            exit_code = next((code for _, code in phases if code), 0)
            lines.append({"job": job, "words": clear(phases[0][0], names), "exit": exit_code})
    return lines


def without_phase(words) -> list:
    """The deploy verb's words without `--phase X`."""
    if "--phase" not in words:
        return words
    at = words.index("--phase")
    return words[:at] + words[at + 2:]


def clear(words, names) -> list:
    """Words with temporary folders, the place of the sources, digests and random names under names of ours; what was equal stays equal."""

    def digest(hit):
        return names.setdefault(hit[0].removeprefix("sha256:"), f"$DIGEST{len(names) + 1}")

    def random(hit):
        return names.setdefault(hit[0], f"$RANDOM{len(names) + 1}")

    out = []
    for word in words:
        word = SOURCE.sub(r"\1$SOURCE", TEMPORARY.sub("$TMP", word))
        out.append(DIGEST.sub(digest, RANDOM.sub(random, word)))
    return out


def jobs_of(events) -> set:
    """The jobs that called anything."""
    return {e["job"] for e in events}


def out_of_order(events, needs) -> list:
    """Edges that the run did not keep: a job that began before one that it needs had ended."""
    begin, end = {}, {}
    for event in events:
        begin[event["job"]] = min(event["from"], begin.get(event["job"], event["from"]))
        end[event["job"]] = max(event["to"], end.get(event["job"], 0))
    return [f"`{job}` began before `{need}` had ended" for job, before in needs.items() for need in before
            if job in begin and need in end and begin[job] < end[need]]


def difference(one, other) -> str:
    """The first place where two plain traces differ, as text; empty when they are equal."""
    for number in range(max(len(one), len(other))):
        a = one[number] if number < len(one) else None
        b = other[number] if number < len(other) else None
        if a != b:
            return f"call {number + 1}: {told(a)} against {told(b)}"
    return ""


def told(line) -> str:
    """A line of a trace for people."""
    return "nothing" if line is None else f"[{line['job']}] {' '.join(line['words'])} -> {line['exit']}"
