"""The judges of GitLab files: the schema, our own look at `needs`, and gitlab-ci-local's reading of the whole pipeline."""

import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from .base import BrokenTool, Judge, first_line, run
from .bodies import Lenient, documents
from .judges_github import schema
from .tools import installed, npm_version, python_tool, system

NOT_JOBS = {"default", "include", "stages", "variables", "workflow", "spec", "image", "services", "cache", "before_script", "after_script"}


class GitlabSchema(Judge):
    """GitLab's published schema. It knows no second document, so the `spec` header is judged apart from the pipeline."""

    name = "gitlab-schema"
    kinds = ("gitlab", "gitlab-part")

    def version(self):
        return first_line([python_tool("check-jsonschema"), "--version"]).split()[-1]

    def check(self, paths):
        with tempfile.TemporaryDirectory(prefix="mlpipe-schema-") as folder:
            names, found = {}, []
            for number, path in enumerate(paths):
                try:
                    parts = list(yaml.compose_all(path.read_text(encoding="utf-8"), Loader=Lenient))
                except yaml.YAMLError as error:
                    found.append(self.found(path, 0, error))
                    continue
                for at, part in enumerate(parts):
                    copy = Path(folder) / f"{number}-{at}.yml"
                    copy.write_text(yaml.serialize(part, allow_unicode=True), encoding="utf-8")
                    names[str(copy)] = path
            options = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
            for one in schema(self, list(names), *options) if names else []:
                found.append(self.found(names[str(one.path)], 0, one.message))
            return found


class GitlabNeeds(Judge):
    """Our own look at `needs`: no cycle, no job that is not there, at most 50. gitlab-ci-local hangs on a cycle."""

    name = "gitlab-needs"
    kinds = ("gitlab",)

    def version(self):
        return "ours"

    def check(self, paths):
        found = []
        for path in paths:
            found += [self.found(path, 0, message) for message in self.faults(jobs_of(path))]
        return found

    @staticmethod
    def faults(jobs):
        for job, needs in jobs.items():
            if len(needs) > 50:
                yield f"job `{job}` has {len(needs)} needs; GitLab takes 50"
            for need in needs:
                if need not in jobs:
                    yield f"job `{job}` needs `{need}`, which is not there"
        circle = cycle(jobs)
        if circle:
            yield "cycle in needs: " + " -> ".join(circle)


def jobs_of(path: Path) -> dict:
    """Job name to the names that it needs, with the jobs of local includes."""
    body = documents(path)[-1]
    jobs = {}
    for name, job in body.items():
        if isinstance(job, dict) and name not in NOT_JOBS and not str(name).startswith("."):
            jobs[name] = [n["job"] if isinstance(n, dict) else n for n in job.get("needs") or [] if not is_remote(n)]
    include = body.get("include") or []
    for one in include if isinstance(include, list) else [include]:
        local = one.get("local") if isinstance(one, dict) else one
        part = path.parent / str(local).lstrip("/")
        if local and part.is_file():
            jobs.update(jobs_of(part))
    return jobs


def is_remote(need) -> bool:
    """A need of another project's or pipeline's job."""
    return isinstance(need, dict) and ("job" not in need or "project" in need or "pipeline" in need)


def cycle(graph: dict) -> list:
    """One cycle of the graph as a path that ends where it began; empty if there is none."""
    state, trail = {}, []

    def visit(node):
        state[node] = "open"
        trail.append(node)
        for after in graph.get(node, ()):
            if state.get(after) == "open":
                return [*trail[trail.index(after):], after]
            if after in graph and after not in state:
                circle = visit(after)
                if circle:
                    return circle
        state[node] = "done"
        trail.pop()
        return []

    for node in graph:
        if node not in state:
            circle = visit(node)
            if circle:
                return circle
    return []


class GitlabCiLocal(Judge):
    """gitlab-ci-local reads the pipeline with its own parser and lists its jobs. It wants one process for each pipeline."""

    name = "gitlab-ci-local"
    kinds = ("gitlab",)
    quiet = "Avoid overriding predefined variables"

    def version(self):
        for command in ("rsync", "git", "timeout"):
            system(command)
        python_tool("node")
        return npm_version("gitlab-ci-local")

    def check(self, paths):
        with ThreadPoolExecutor(max_workers=2) as pool:
            return [one for found in pool.map(self.one, paths) for one in found]

    def one(self, path):
        try:
            circle = cycle(jobs_of(path))
        except yaml.YAMLError:
            circle = []
        if circle:
            return []  # gitlab-needs has told it
        with tempfile.TemporaryDirectory(prefix="mlpipe-gcl-") as folder:
            repository(path, Path(folder))
            command = [
                system("timeout"), "-s", "KILL", "60", python_tool("node"),
                installed("npm/node_modules/gitlab-ci-local/dist/index.js"), "--list", "--no-color",
                "--no-json-schema-validation", "--file", ".gitlab-ci.yml",
            ]
            done = run(command, cwd=folder, good=(0, 1, -9, 137))
            if done.returncode in (-9, 137):
                return [self.found(path, 0, "no answer within 60 s")]
            if done.returncode == 1:
                return [self.found(path, 0, self.reason(done.stdout + "\n" + done.stderr))]
            if not done.stdout.startswith("name"):
                raise BrokenTool(f"gitlab-ci-local --list printed no table: {done.stdout[:300]}")
            if len(done.stdout.strip().splitlines()) < 2:
                return [self.found(path, 0, "a push to main runs no job at all")]
            return []

    @staticmethod
    def reason(text):
        lines = [one.strip() for one in text.splitlines() if one.strip()]
        noise = ("Unable to retrieve default remote", "Command failed with exit code 128", "fatal: ref refs/remotes",
                 "parsing and downloads")
        return " ".join(one for one in lines if not one.startswith((*noise, "at ")))


def repository(path: Path, folder: Path):
    """A git repository with a remote, on main, that holds this pipeline file as its own."""
    shutil.copy(path, folder / ".gitlab-ci.yml")
    if (path.parent / ".gitlab").is_dir():
        shutil.copytree(path.parent / ".gitlab", folder / ".gitlab")
    git = ["git", "-c", "user.name=mlpipe", "-c", "user.email=ci@example.com", "-c", "init.defaultBranch=main", "-C", str(folder)]
    for words in (["init", "-q"], ["remote", "add", "origin", "https://gitlab.example.com/acme/mlpipe.git"], ["add", "-A"],
                  ["commit", "-q", "--no-gpg-sign", "-m", "files"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
