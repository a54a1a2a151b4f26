"""The shell text inside pipeline files: every `run`, `script` and `sh` body, for shellcheck."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Body:
    """Shell text, the file it stands in, and where in that file."""

    path: Path
    where: str
    text: str


def github(path: Path) -> list:
    """The `run` of each step of a workflow."""
    bodies = []
    for job, body in (documents(path)[-1].get("jobs") or {}).items():
        for at, step in enumerate(body.get("steps") or []):
            if isinstance(step.get("run"), str):
                bodies.append(Body(path, f"jobs.{job}.steps[{at}].run", step["run"]))
    return bodies


def gitlab(path: Path) -> list:
    """The three script sections of each job, each as the runner joins them."""
    bodies = []
    for job, body in documents(path)[-1].items():
        if not isinstance(body, dict):
            continue
        for key in ("before_script", "script", "after_script"):
            lines = list(flat(body.get(key)))
            if lines:
                bodies.append(Body(path, f"{job}.{key}", "\n".join(lines)))
    return bodies


def flat(value):
    """Strings of a scalar or of nested lists; GitLab allows both."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from flat(one)


GROOVY = re.compile(
    r"//[^\n]*|/\*.*?\*/"  # a comment
    r"|'(?P<text>(?:\\.|[^'\\])*)'"  # the only kind of string that mlpipe writes
    r"|[^'/]+|/",
    re.DOTALL,
)
#: What stands before a string that a shell gets: `sh '…'`, `sh('…')`, `script: '…'`, or the file's own `mlpipe(minutes, label, '…')`.
BEFORE = re.compile(r"(?:\bsh\s*\(?\s*|\bscript:\s*|\bmlpipe\(\s*\d+,\s*'[^']*',\s*)$")
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def jenkins(path: Path) -> list:
    """Each single-quoted string that a shell gets."""
    text = path.read_text(encoding="utf-8")
    bodies, before = [], ""
    for token in GROOVY.finditer(text):
        if token["text"] is not None and BEFORE.search(before):
            line = text.count("\n", 0, token.start()) + 1
            bodies.append(Body(path, f"sh at line {line}", ESCAPE.sub(unescape, token["text"])))
        before = (before + token[0])[-400:]
    return bodies


def unescape(hit) -> str:
    code = hit[1]
    return chr(int(code[1:], 16)) if code[0] == "u" and len(code) == 5 else PLAIN.get(code, code)


def documents(path: Path) -> list:
    """All YAML documents of a file; GitLab's `spec` header is one of its own."""
    found = [d for d in yaml.load_all(path.read_text(encoding="utf-8"), Loader=Lenient) if isinstance(d, dict)]
    return found or [{}]


class Lenient(yaml.SafeLoader):
    """PyYAML that reads GitLab's `!reference` as a list."""


Lenient.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node, deep=True))

READERS = {"github": github, "gitlab": gitlab, "gitlab-part": gitlab, "jenkins": jenkins}
