"""Which files are judged: everything under a folder that carries mlpipe's header."""

import os
from dataclasses import dataclass
from pathlib import Path

SKIP = {".git", "target", "mlpipe-out", "__pycache__", "node_modules", ".gitlab-ci-local"}


@dataclass(frozen=True, order=True)
class Generated:
    """A generated file, what kind it is, and the root (the folder that stands for a repository) that it belongs to."""

    path: Path
    kind: str
    root: Path


def has_header(path: Path) -> bool:
    """Does the machine line of the provenance header stand in the first three lines?"""
    try:
        with path.open("rb") as file:
            head = [file.readline(400) for _ in range(3)]
    except OSError:
        return False
    return any(line.lstrip(b"#/ ").startswith(b"mlpipe: version=") for line in head)


def kind_of(inside: Path) -> str:
    """The kind of a generated file by its place below its root; empty when no judge would take it."""
    name, folder = inside.name, inside.parent.as_posix()
    if name.endswith((".yml", ".yaml")):
        if folder == ".github/workflows" or folder.endswith("/.github/workflows"):
            return "github"
        if name == ".gitlab-ci.yml":
            return "gitlab"
        if ".gitlab" in inside.parts:
            return "gitlab-part"
    if name == "Jenkinsfile" or name.startswith("Jenkinsfile.") or name.endswith(".Jenkinsfile"):
        return "jenkins"
    if name.endswith(".sh"):
        return "script"
    if name.endswith(".py"):
        return "runtime"
    return ""


def collect(folder: Path) -> tuple:
    """All generated files below a folder, in order, and those that carry the header but that no judge knows."""
    files, unknown = [], []
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIP)
        for name in sorted(names):
            path = Path(top) / name
            if not has_header(path):
                continue
            root = root_of(path, folder)
            kind = kind_of(path.relative_to(root))
            if kind:
                files.append(Generated(path, kind, root))
            else:
                unknown.append(path)
    return sorted(files), unknown


def root_of(path: Path, top: Path) -> Path:
    """The nearest folder upwards with a `mlpipe.toml`, as mlpipe itself decides; else the folder below `top`."""
    for folder in path.parents:
        if (folder / "mlpipe.toml").is_file():
            return folder
        if folder.parent == top or folder == top:
            return folder
    return top
