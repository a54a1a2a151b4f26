"""The list of what a tool gets wrong: tests/conformance/allowed.toml."""

import tomllib
from dataclasses import dataclass

from .base import HERE

LIST = HERE / "allowed.toml"
KEYS = {"tool", "version", "message", "reason"}


@dataclass(frozen=True)
class Entry:
    """One message of one tool in one version that is no fault of ours, and why."""

    tool: str
    version: str
    message: str
    reason: str


def read() -> tuple:
    """The entries, and what is wrong with the file itself."""
    entries, faults = [], []
    text = LIST.read_text(encoding="utf-8")
    for number, one in enumerate(tomllib.loads(text).get("allow", []), 1):
        if set(one) != KEYS or not all(isinstance(v, str) and v.strip() for v in one.values()):
            faults.append(f"allowed.toml: entry {number} needs exactly {', '.join(sorted(KEYS))}, each a text")
        else:
            entries.append(Entry(**one))
    return entries, faults


def sift(entries, findings, versions) -> tuple:
    """Takes the allowed findings away. Returns what is left, and the faults of the list for the judges that ran."""
    used, left = set(), []
    for finding in findings:
        match = next((e for e in entries if e.tool == finding.tool and e.message == finding.message), None)
        if match is None:
            left.append(finding)
        else:
            used.add(match)
    faults = []
    for entry in entries:
        if entry.tool not in versions:
            continue
        if entry not in used:
            faults.append(f"allowed.toml: `{entry.tool}` no longer says `{entry.message}`: take the entry out")
        elif entry.version != versions[entry.tool]:
            found = versions[entry.tool]
            faults.append(f"allowed.toml: the entry for `{entry.tool}` is of {entry.version}, the tool is {found}: look again")
    return left, faults
