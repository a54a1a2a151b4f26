"""Planted faults: for each judge a folder of files, each with the fault that it must find."""

import re
from dataclasses import dataclass
from pathlib import Path

from .base import HERE, shown

FOLDER = HERE / "planted"
MARK = re.compile(r"must find: (?P<text>.+)")


@dataclass(frozen=True)
class Planted:
    """A file with a fault, and the part of the message by which the judge names it."""

    judge: str
    path: Path
    text: str


def collect(judges) -> tuple:
    """The planted files of these judges, and what is wrong with the folder itself."""
    planted, faults = [], []
    names = {j.name for j in judges}
    for judge in sorted(names):
        files = sorted(p for p in (FOLDER / judge).glob("*") if p.is_file() and p.suffix != ".find")
        if not files:
            faults.append(f"planted/{judge}: no planted fault, so nobody knows whether {judge} is awake")
        for path in files:
            text = marked(path)
            if text:
                planted.append(Planted(judge, path, text))
            else:
                faults.append(f"{shown(path)}: neither `must find: …` in the first three lines nor a .find file")
    return planted, faults


def strangers(names) -> list:
    """Folders below planted/ that belong to no judge."""
    return [f"planted/{p.name}: no judge of that name" for p in sorted(FOLDER.iterdir()) if p.name not in names]


def marked(path: Path) -> str:
    """The message part: from a sidecar NAME.find, else from a comment at the file's start."""
    sidecar = path.with_name(path.name + ".find")
    if sidecar.is_file():
        return sidecar.read_text(encoding="utf-8").strip()
    head = path.read_text(encoding="utf-8", errors="replace").splitlines()[:3]
    return next((hit["text"].strip() for hit in map(MARK.search, head) if hit), "")


def unfound(planted, findings) -> list:
    """The planted faults that their judge did not name."""
    faults = []
    for one in planted:
        said = [f.message for f in findings if f.path == one.path and f.tool == one.judge]
        if not any(one.text in message for message in said):
            told = "; ".join(said) or "nothing"
            faults.append(f"{one.judge} is asleep: {shown(one.path)} should give `{one.text}`, it gives: {told}")
    return faults
