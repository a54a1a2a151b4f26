"""The judges of GitHub workflows: the schema, actionlint, zizmor and GitHub's own parser."""

import json
import os

from .base import HERE, BrokenTool, Judge, first_line, run
from .tools import go_tool, node, npm_version, python_tool


def as_json(text: str, tool: str):
    """A tool's JSON answer; anything else is a BrokenTool."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise BrokenTool(f"{tool} answered with something that is not JSON: {text.strip()[:500]}") from error


def schema(judge: Judge, paths, *options) -> list:
    """Runs check-jsonschema once and reads its JSON report."""
    tool = python_tool("check-jsonschema")
    done = run([tool, "-o", "JSON", *options, *paths])
    report = as_json(done.stdout, "check-jsonschema")
    found = []
    for e in report.get("errors", []):
        best = e.get("best_match") or e
        found.append(judge.found(e["filename"], 0, f"{best['path']}: {best['message']}"))
    found += [judge.found(e["filename"], 0, e["message"]) for e in report.get("parse_errors", [])]
    if report.get("status") != "ok" and not found:
        raise BrokenTool(f"check-jsonschema reports {report.get('status')!r} without an error")
    return found


class GithubSchema(Judge):
    """GitHub's published schema of workflow files, from SchemaStore, as check-jsonschema carries it."""

    name = "github-schema"
    kinds = ("github",)

    def version(self):
        return first_line([python_tool("check-jsonschema"), "--version"]).split()[-1]

    def check(self, paths):
        return schema(self, paths, "--builtin-schema", "vendor.github-workflows")


class GithubTimeout(GithubSchema):
    """Every job says how long it may take."""

    name = "github-timeouts"

    def check(self, paths):
        return schema(self, paths, "--builtin-schema", "custom.github-workflows-require-timeout")


class Actionlint(Judge):
    """actionlint, with shellcheck on every `run`."""

    name = "actionlint"
    kinds = ("github",)

    def version(self):
        return first_line([go_tool("actionlint"), "-version"]).lstrip("v")

    def check(self, paths):
        tool = go_tool("actionlint")
        shellcheck = python_tool("shellcheck")
        done = run([tool, "-no-color", "-format", "{{json .}}", "-pyflakes=", "-shellcheck", shellcheck,
                    "-config-file", HERE / "actionlint.yaml", *paths], cwd="/")
        found = []
        for e in as_json(done.stdout, "actionlint") or []:
            found.append(self.found(os.path.join("/", e["filepath"]), e["line"], f"{e['message']} [{e['kind']}]"))
        return found


class Zizmor(Judge):
    """zizmor's security audits, pedantic, without network."""

    name = "zizmor"
    kinds = ("github",)
    options = ("--offline", "--no-config", "--strict-collection", "--persona", "pedantic", "--no-progress", "--format", "json")

    def version(self):
        return first_line([python_tool("zizmor"), "--version"]).split()[-1]

    def check(self, paths):
        done = run([python_tool("zizmor"), *self.options, *paths], good=(0, 11, 12, 13, 14))
        found = []
        for audit in as_json(done.stdout, "zizmor"):
            place = next(one for one in audit["locations"] if one["symbolic"]["kind"] == "Primary")
            key = next(iter(place["symbolic"]["key"].values()))
            path = key.get("verbatim_path") or key["given_path"]
            line = place["concrete"]["location"]["start_point"]["row"] + 1
            note = place["symbolic"]["annotation"]
            found.append(self.found(path, line, f"{audit['ident']}: {audit['desc']}: {note}"))
        return found


class GithubParser(Judge):
    """GitHub's own language service on its own workflow parser and expression engine."""

    name = "github-parser"
    kinds = ("github",)

    def version(self):
        python_tool("node")
        return npm_version("@actions/workflow-parser")

    def check(self, paths):
        done = run(node("github-parser.mjs"), text=json.dumps([str(p) for p in paths]), good=(0,))
        return [
            self.found(e["file"], e["line"], f"{e['severity']}: {e['message']}")
            for e in as_json(done.stdout, "github-parser.mjs")
        ]
