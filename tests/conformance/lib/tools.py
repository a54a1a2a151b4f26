"""Where each installed tool is."""

import os
import shutil
from pathlib import Path

from .base import TOOLS, MissingTool


def installed(relative: str) -> Path:
    """A file below the tools' folder."""
    path = TOOLS / relative
    if not path.exists():
        raise MissingTool(f"{Path(relative).name} is not there ({path})")
    return path


def python_tool(name: str) -> Path:
    """A command of a package in tools/requirements.txt."""
    return installed(f"py/bin/{name}")


def go_tool(name: str) -> Path:
    """A command of a module in tools/go.txt."""
    return installed(f"bin/{name}")


def system(name: str) -> str:
    """A command that Debian brings. MLPIPE_CONFORMANCE_HIDE (self-test only) names those that are to count as missing."""
    path = shutil.which(name)
    if path is None or name in os.environ.get("MLPIPE_CONFORMANCE_HIDE", "").split(","):
        raise MissingTool(f"{name} is not on PATH")
    return path


def java_home() -> dict:
    """Debian's groovy wants JAVA_HOME, and its guess is wrong where Java came another way."""
    if os.environ.get("JAVA_HOME"):
        return {"JAVA_HOME": os.environ["JAVA_HOME"]}
    return {"JAVA_HOME": str(Path(system("java")).resolve().parent.parent)}


def node(script: str) -> list:
    """The command line of one of our Node programs: Node, the program, the folder of the npm packages."""
    from .base import HERE

    return [python_tool("node"), HERE / "node" / script, installed("npm")]


def npm_version(package: str) -> str:
    """The version of an installed npm package, as the package itself says."""
    import json

    return json.loads(installed(f"npm/node_modules/{package}/package.json").read_text())["version"]
