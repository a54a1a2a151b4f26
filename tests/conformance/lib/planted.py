"""Planted faults: for each judge a folder of files, each with the fault that it must find."""

import re
from dataclasses import dataclass
from pathlib import Path

from .base import HERE, shown

FOLDER = HERE / "planted"
MARK = re.compile(r"^\s*(?:#|//) (?:must find|expect): (?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Planted:
    """A file with faults, and for each the part of the message by which the judge names it."""

    judge: str
    path: Path
    texts: tuple


def collect(judges) -> tuple:
    """The planted files of these judges, and what is wrong with the folder itself."""
    planted, faults = [], []
    names = {j.name for j in judges}
    for judge in sorted(names):
        files = sorted(p for p in (FOLDER / judge).glob("*") if p.is_file() and p.suffix != ".find")
        if not files:
            faults.append(f"planted/{judge}: no planted fault, so nobody knows whether {judge} is awake")
        for path in files:
            texts = marked(path)
            if texts:
                planted.append(Planted(judge, path, texts))
            else:
                faults.append(f"{shown(path)}: no comment `must find: …` or `expect: …` and no .find file beside it")
    return planted, faults


def strangers(names) -> list:
    """Folders below planted/ that belong to no judge."""
    return [f"planted/{p.name}: no judge of that name" for p in sorted(FOLDER.iterdir()) if p.name not in names]


def marked(path: Path) -> tuple:
    """The message parts: the lines of a sidecar NAME.find, else the comments of the file."""
    sidecar = path.with_name(path.name + ".find")
    if sidecar.is_file():
        return tuple(line.strip() for line in sidecar.read_text(encoding="utf-8").splitlines() if line.strip())
    return tuple(hit["text"].strip() for hit in MARK.finditer(path.read_text(encoding="utf-8", errors="replace")))


def unfound(planted, findings) -> list:
    """The planted faults that their judge did not name."""
    faults = []
    for one in planted:
        said = [f"{f.line}: {f.message}" for f in findings if f.path == one.path and f.tool == one.judge]
        for text in one.texts:
            if not any(text in message for message in said):
                told = "; ".join(said) or "nothing"
                faults.append(f"{one.judge} is asleep: {shown(one.path)} should give `{text}`, it gives: {told}")
    return faults
