"""Keeps what the runtime writes while it is tested: `tests/runtime.rs` holds it against the schemas."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def place(kind: str) -> Path | None:
    """A new file in the folder that the caller names; nothing when it names none."""
    if "MLPIPE_KEEP" not in os.environ:
        return None
    folder = Path(os.environ["MLPIPE_KEEP"])
    return folder / f"{kind}-{len(list(folder.iterdir()))}.json"


def record(repo: Path, job: str | None) -> None:
    """The record of a job, as it lies there after a call of the runtime."""
    found = repo / "mlpipe-out" / f"{job}.json"
    to = place("record")
    if to and found.exists():
        shutil.copyfile(found, to)


def messages(bodies: Iterable[str]) -> None:
    """What a webhook was sent."""
    for body in bodies:
        to = place("message")
        if to:
            to.write_text(body, encoding="utf-8")
