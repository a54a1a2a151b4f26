"""The judges of YAML as such: yamllint, and two YAML 1.1 readers against a YAML 1.2 reader, key by key."""

import json

import yaml

from .base import HERE, Judge, first_line, run
from .judges_github import as_json
from .tools import node, npm_version, python_tool, system

KINDS = ("github", "gitlab", "gitlab-part")
RULES = """{extends: default, rules: {document-start: disable, line-length: disable,
 truthy: {check-keys: false}, quoted-strings: disable, comments: {min-spaces-from-content: 1}}}"""


class Yamllint(Judge):
    """Layout, duplicate keys, bare words that YAML 1.1 takes for booleans."""

    name = "yamllint"
    kinds = KINDS

    def version(self):
        return first_line([python_tool("yamllint"), "--version"]).split()[-1]

    def check(self, paths):
        done = run([python_tool("yamllint"), "--format", "parsable", "-d", RULES, *paths], good=(0, 1, 2))
        found = []
        for line in done.stdout.splitlines():
            path, rest = line.split(":", 1)
            row, _column, message = rest.split(":", 2)
            found.append(self.found(path, row, message))
        return found


class YamlReaders(Judge):
    """PyYAML and Psych (YAML 1.1: GitLab and most linters) must read what npm `yaml` (1.2, as GitHub) reads."""

    name = "yaml-readers"
    kinds = KINDS

    def version(self):
        psych = first_line([system("ruby"), "-rpsych", "-e", "puts Psych::VERSION"])
        return f"{yaml.__version__}, {psych}, {npm_version('yaml')}"

    def check(self, paths):
        asked = json.dumps([str(p) for p in paths])
        psych = as_json(run([system("ruby"), HERE / "ruby" / "psych.rb"], text=asked, good=(0,)).stdout, "psych.rb")
        modern = as_json(run(node("yaml12.mjs"), text=asked, good=(0,)).stdout, "yaml12.mjs")
        found = []
        for path, ruby, new in zip(paths, psych, modern, strict=True):
            old = {"Psych": ruby, "PyYAML": pyyaml(path)}
            for reader, answer in {**old, "npm yaml": new}.items():
                if "error" in answer:
                    found.append(self.found(path, 0, f"{reader} cannot read it: {answer['error']}"))
            for reader, answer in old.items():
                if "error" not in answer and "error" not in new:
                    for message in differences(answer["documents"], new["documents"]):
                        found.append(self.found(path, 0, f"{reader} (YAML 1.1) and npm yaml (1.2) differ: {message}"))
        return found


def pyyaml(path) -> dict:
    """What PyYAML understood, typed like the other readers' answers."""
    try:
        nodes = list(yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        return {"error": str(error)}
    return {"documents": [typed(node) for node in nodes]}


def typed(node) -> dict:
    """A composed node with the type that the YAML 1.1 resolver gives it."""
    if isinstance(node, yaml.MappingNode):
        return {"m": [[typed(k), typed(v)] for k, v in node.value]}
    if isinstance(node, yaml.SequenceNode):
        return {"s": [typed(one) for one in node.value]}
    kind = node.tag.rsplit(":", 1)[-1]
    value = yaml.SafeLoader("").construct_object(node) if kind in ("int", "float", "bool") else node.value
    text = str(value).lower() if kind == "bool" else str(value)
    return {"v": [kind, "" if kind == "null" else text]}


def differences(old, new, at="", top=True):
    """Where two readings differ, as `place: this, that`."""
    if isinstance(old, list):
        if len(old) != len(new):
            yield f"{len(old)} documents, {len(new)} documents"
        for a, b in zip(old, new, strict=False):
            yield from differences(a, b, at)
        return
    if set(old) != set(new):
        yield f"{at or 'the document'}: {brief(old)}, {brief(new)}"
    elif "m" in old:
        yield from maps(old["m"], new["m"], at, top)
    elif "s" in old:
        if len(old["s"]) != len(new["s"]):
            yield f"{at}: {len(old['s'])} items, {len(new['s'])} items"
        for number, (a, b) in enumerate(zip(old["s"], new["s"], strict=False)):
            yield from differences(a, b, f"{at}[{number}]", top=False)
    elif not same(old["v"], new["v"]):
        yield f"{at}: {brief(old)}, {brief(new)}"


def maps(old, new, at, top):
    """Differences of two mappings. GitHub's bare `on:` key at the top is a boolean in YAML 1.1, by long custom."""
    if len(old) != len(new):
        yield f"{at or 'the document'}: {len(old)} keys, {len(new)} keys"
    for (key, a), (other, b) in zip(old, new, strict=False):
        if top and key == {"v": ["bool", "true"]} and other == {"v": ["str", "on"]}:
            key = other
        if key != other:
            yield f"{at or 'the document'}: key {brief(key)}, key {brief(other)}"
        name = other["v"][1] if "v" in other else "?"
        yield from differences(a, b, f"{at}.{name}" if at else name, top=False)


def same(old, new) -> bool:
    if old[0] == new[0] == "float":
        return float(old[1]) == float(new[1])
    return old == new


def brief(value) -> str:
    """A typed value for a message."""
    if "v" in value:
        return f"{value['v'][0]} `{value['v'][1]}`"
    return "a mapping" if "m" in value else "a list"
