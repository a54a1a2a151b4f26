"""What every judge shares: where things are, what a finding is, how a tool is called."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
TOOLS = Path(os.environ.get("MLPIPE_CONFORMANCE_TOOLS") or ROOT / ".conformance").resolve()
INSTALL = "tests/conformance/install"


class MissingTool(Exception):
    """A tool that a judge needs is not there, or is not the pinned one."""


class BrokenTool(Exception):
    """A tool ran but did not answer in the form that we know."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that one tool says about one file. `line` is 0 where the tool gives none."""

    tool: str
    path: Path
    line: int
    message: str


class Judge:
    """A tool with its reading of the files. `check` gets all files at once, real and planted, so that the tool starts once."""

    name = ""
    #: The kinds of generated file (see files.py) that it judges.
    kinds: tuple = ()
    #: True: files with equal bytes are judged once.
    once = False

    def version(self) -> str:
        """The version that the tool itself reports. Raises MissingTool."""
        raise NotImplementedError

    def check(self, paths: list) -> list:
        """All findings on these paths. Raises MissingTool, BrokenTool."""
        raise NotImplementedError

    def found(self, path, line, message) -> Finding:
        return Finding(self.name, Path(path), int(line or 0), " ".join(str(message).split()))


def run(command, text=None, cwd=None, env=None, limit=3600, good=(0, 1)) -> subprocess.CompletedProcess:
    """Runs a tool with a time limit. An exit status outside `good` is a BrokenTool, never a silent pass."""
    words = [str(w) for w in command]
    name = Path(words[0]).name
    try:
        done = subprocess.run(
            words, input=text if text is not None else "", cwd=cwd, env={**os.environ, **(env or {})},
            capture_output=True, text=True, timeout=limit, check=False,
        )
    except FileNotFoundError as error:
        raise MissingTool(f"{name} is not there ({error.filename})") from error
    except subprocess.TimeoutExpired as error:
        raise BrokenTool(f"{name} did not end within {limit} s") from error
    if done.returncode not in good:
        tail = (done.stderr or done.stdout).strip()[-1500:]
        raise BrokenTool(f"{name} ended with {done.returncode}: {tail}")
    return done


def first_line(command, good=(0,)) -> str:
    """The first line that a version command prints."""
    done = run(command, good=good)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0].strip() if lines else "?"


def shown(path) -> str:
    """A path as people want to read it."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
