"""Steps of deploys during which nobody cancels. The steps are those of the compiled plan, so that a new one cannot be forgotten."""

import tempfile
from pathlib import Path

from .bench import Bench
from .foretold import asked


def uncancelled(known, examples) -> list:
    """Steps of the deploys of each example and each spec beside the scenarios, and of the variants that lists of cancels run, which no
    list of that spec names; and steps that a list names and its deploy does not have. Raises BrokenTool, MissingTool.

    Left out are `restore`, where a cancel is a failure to put back (as `mlpipe simulate` says too) and not a step of a release, and
    examples with several pipelines, of which the drivers can play none."""
    faults = []
    for example, spec in dict.fromkeys((one.example, one.instead) for one in known):
        mine = [one for one in known if (one.example, one.instead) == (example, spec)]
        lists = list({one.group: one for one in mine if one.group != one.name}.values())
        named = {one.cancel.partition(":")[0] for one in mine if one.group != one.name}
        there, plain = set(), next((one for one in mine if not one.spec), mine[0])
        for one in (plain, *lists):
            steps = deploys(one, examples, edited=one is not plain)
            if steps is None:
                break
            there |= steps if one is plain else {step for step in steps if step.partition(".")[0] in environments(one, mine)}
        else:
            where = f"{example} ({spec})" if spec else example
            faults += [f"scenarios of {where}: no list of cancels names the step `{step}`" for step in sorted(there - named)]
            faults += [f"scenarios of {where}: there is no step `{step}` to cancel in" for step in sorted(named - there)]
    return faults


def environments(one, mine) -> set:
    """The environments that a list names."""
    return {other.cancel.partition(".")[0] for other in mine if other.group == one.group}


def deploys(one, examples, edited):
    """ENVIRONMENT.STEP of every deploy of the spec, or None where there are several specs."""
    with tempfile.TemporaryDirectory(prefix="mlpipe-plan-") as folder:
        bench = Bench(one, Path(folder), None)
        bench.copy(examples)
        if edited:
            bench.edit_spec()
        specs = [path for path in bench.specs() if "\npipeline " in path.read_text(encoding="utf-8")]
        if len(specs) != 1:
            return None
        jobs = asked(bench, "plan", specs[0])["jobs"]
        return {f"{job['work']['environment']}.{step['id']}" for job in jobs if job["work"]["kind"] == "deploy"
                for step in job["steps"] if step["when"] == "normal"}
