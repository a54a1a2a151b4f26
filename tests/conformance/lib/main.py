"""The program behind `tests/conformance/run`."""

import argparse
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import allow, planted
from .base import INSTALL, ROOT, BrokenTool, MissingTool, shown
from .corpus import generate
from .files import collect
from .judges import judges
from .report import Clock, fail, markdown, say, table

MUST_HAVE = ("github", "gitlab", "jenkins", "script", "runtime")


def arguments(words):
    parser = argparse.ArgumentParser(prog="tests/conformance/run", description=__doc__)
    parser.add_argument("--examples", type=Path, default=ROOT / "examples", help="folder of compiled examples (default: examples/)")
    parser.add_argument("--specs", type=Path, action="append", default=[], help="further folder of compiled outputs; may be repeated")
    parser.add_argument("--generate", type=int, metavar="N", help="compile N generated specs and judge them too (default: 50)")
    parser.add_argument("--full", action="store_true", help="a thousand generated specs")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the tables into this Markdown file when all is well")
    parser.add_argument("--only", action="append", default=[], metavar="JUDGE", help="only this judge; may be repeated; runs no pipeline")
    parser.add_argument("--planted-only", action="store_true", help="only the planted faults: no example, no allow list (self-test)")
    parser.add_argument("--no-execute", action="store_true", help="judge, but run no pipeline")
    parser.add_argument("--scenario", action="append", default=[], help="run only this scenario; may be repeated")
    parser.add_argument("--scenarios", choices=["submitted", "all"], default="submitted", help="all: those of all seven examples")
    parser.add_argument("--execute-only", action="store_true", help="run the pipelines, but judge nothing")
    return parser.parse_args(words)


def main(words) -> int:
    """Returns the exit status: 0 when all is well, 1 when anything is not."""
    options = arguments(words)
    clock, faults, findings, tables = Clock(), [], [], []
    chosen = judges()
    names = {j.name for j in chosen}
    wrong = [name for name in options.only if name not in names]
    if wrong:
        fail(f"conformance: no judge {', '.join(wrong)}; there are: {', '.join(sorted(names))}")
    if not options.execute_only:
        some = [j for j in chosen if j.name in options.only] if options.only else chosen
        findings, faults, judged = judge_all(some, options)
        tables.append(judged)
        faults += planted.strangers(names)
    if not (options.only or options.no_execute or options.planted_only):
        from .execute.main import run_all

        wrong, ran = run_all(options.examples, options.scenario, options.scenarios == "all" or options.full)
        faults += wrong
        tables.append(ran)
    say()
    for one in sorted(set(findings)):
        place = f"{shown(one.path)}:{one.line}" if one.line else shown(one.path)
        say(f"{place}: {one.tool}: {one.message}")
    for text in faults:
        say(f"error: {text}")
    bad = len(set(findings)) + len(faults)
    say(f"conformance: {'all is well' if not bad else f'{bad} to look at'} ({clock.seconds():.0f} s)")
    if options.record and not bad:
        record(options, tables, clock)
    return 1 if bad else 0


RUNS = "\n## The scenarios, run\n"


def record(options, tables, clock):
    """Writes down what was run: the judges' part, the scenarios' part, or both. The words are for a reader who has only this file."""
    old = options.record.read_text(encoding="utf-8") if options.record.is_file() else ""
    judged, _, ran = old.partition(RUNS)
    when = f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {clock.seconds():.0f} seconds"
    if not options.execute_only:
        words = " ".join(["tests/conformance/run", *(["--full"] if options.full else [])])
        judged = f"# The last recorded conformance run\n\n`{words}`: all examples and {specs_asked(options)} generated specs, {when}, "
        judged += "every finding allowed by `tests/conformance/allowed.toml`.\n\n" + markdown(*tables[0])
    if not (options.no_execute or options.only):
        head, rows = tables[-1]
        words = "all" if options.scenarios == "all" or options.full else options.scenarios
        only = " --execute-only" if options.execute_only else ""
        ran = f"\n`tests/conformance/run{only} --scenarios {words}`: {3 * len(rows)} runs of {len(rows)} scenarios, {when}. "
        ran += "Equal: the jobs that ran with their verdicts, every call with its words, exit code and environment,\n"
        ran += "and what serves at the end. As foretold: each run did what `mlpipe simulate` says of the scenario: the jobs with their\n"
        ran += "ends, the script's calls with their arguments in an order that the plan allows, what is left in each environment, the\n"
        ran += "outcome. `(driver)`: a cancel, which no local executor plays; see `tests/conformance/README.md`.\n\n"
        ran += markdown(head, rows)
    options.record.write_text(judged + (RUNS + ran if ran else ""), encoding="utf-8")


def judge_all(some, options) -> tuple:
    """Findings that nothing allows, faults of the bench itself, and the table."""
    files, faults = everything(options)
    versions, rows, findings = {}, [], []
    entries, wrong = allow.read() if not options.planted_only else ([], [])
    faults += wrong
    decoys, wrong = planted.collect(some)
    faults += wrong
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for judge, answer in zip(some, pool.map(lambda judge: one(judge, files, decoys), some), strict=True):
            faults += answer.faults
            findings += answer.findings
            rows.append(answer.row)
            if answer.version:
                versions[judge.name] = answer.version
    left, wrong = allow.sift(entries, findings, versions)
    say()
    head = ["judge", "version", "files", "findings", "awake", "seconds"]
    say(table(head, rows))
    say(f"{len(findings)} findings, {len(findings) - len(left)} of them allowed by allowed.toml")
    return left, faults + wrong, (head, rows)


@dataclass
class Answer:
    """What one judge said of the real files, what is wrong with the judge, and its line of the table."""

    row: list
    findings: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    version: str = ""


def one(judge, files, decoys) -> Answer:
    """Lets one judge look at its files and at its planted faults."""
    clock, version = Clock(), ""
    mine = select(judge, files)
    bait = [p for p in decoys if p.judge == judge.name]
    kinds = {f.path: f.kind for f in mine}
    judge.kind_of = lambda path: kinds.get(path) or kind_by_name(path)
    try:
        version = judge.version()
        said = judge.check([f.path for f in mine] + [p.path for p in bait])
    except MissingTool as error:
        return Answer([judge.name, "MISSING", len(mine), "-", "-", "-"], faults=[f"{judge.name}: {error}; run {INSTALL}"])
    except BrokenTool as error:
        return Answer([judge.name, version, len(mine), "BROKEN", "-", f"{clock.seconds():.1f}"], faults=[f"{judge.name}: {error}"])
    asleep, wanted = planted.unfound(bait, said), sum(len(p.texts) for p in bait)
    real = [f for f in said if f.path in kinds]
    say(f"{judge.name}: {len(mine)} files, {len(real)} findings, {clock.seconds():.1f} s")
    row = [judge.name, version, len(mine), len(real), f"{wanted - len(asleep)}/{wanted}", f"{clock.seconds():.1f}"]
    return Answer(row, real, asleep, version)


def everything(options) -> tuple:
    """All generated files of the examples and of the further folders."""
    files, faults = [], []
    if options.planted_only:
        return files, faults
    folders = [options.examples, *options.specs]
    count = specs_asked(options)
    if count:
        try:
            folders.append(generate(count))
        except (MissingTool, BrokenTool) as error:
            faults.append(str(error))
    for folder in folders:
        if not folder.is_dir():
            faults.append(f"{shown(folder)}: there is no such folder")
            continue
        found, unknown = collect(folder.resolve())
        files += found
        faults += [f"{shown(path)}: generated by mlpipe, but no judge knows what kind of file it is" for path in unknown]
        if folder == options.examples:
            kinds = {f.kind for f in found}
            faults += [f"{shown(folder)}: no generated file of the kind `{kind}`" for kind in MUST_HAVE if kind not in kinds]
        say(f"{shown(folder)}: {len(found)} generated files")
    return files, faults


def specs_asked(options) -> int:
    """How many generated specs this run judges."""
    if options.full:
        return 1000
    if options.generate is None:
        return 0 if options.only else 50
    return options.generate


def select(judge, files) -> list:
    """The files of the judge's kinds; where it wants so, one of those with equal bytes."""
    mine, seen = [], set()
    for one in files:
        if one.kind not in judge.kinds:
            continue
        key = hashlib.sha256(one.path.read_bytes()).digest() if judge.once else one.path
        if key not in seen:
            seen.add(key)
            mine.append(one)
    return mine


def kind_by_name(path) -> str:
    """The kind of a planted file, which stands outside any repository: NAME.github.yml, NAME.gitlab.yml, NAME.Jenkinsfile."""
    for mark, kind in ((".github.", "github"), (".gitlab.", "gitlab"), ("Jenkinsfile", "jenkins")):
        if mark in path.name:
            return kind
    return "script"
