"""Virtual time of a run, and what a stand-in for Prometheus answers in the course of it."""

import re
import shutil
import subprocess
import time
from pathlib import Path

from ..base import HERE

UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text) -> float:
    """A duration as a spec writes it."""
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)([smh])", text))


def interpreter(real: str, folder: Path) -> str:
    """A Python of a run's own, with standins/virtual_time.py in it. It isolates itself as the real one does: `-I` reads a `.pth`."""
    version = subprocess.run([real, "-c", "import sys; print('{}.{}'.format(*sys.version_info))"], check=True, capture_output=True,
                             text=True).stdout.strip()
    packages = folder / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(real)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(real).parent}\ninclude-system-site-packages = false\n", encoding="utf-8")
    shutil.copy(HERE / "standins" / "virtual_time.py", packages)
    (packages / "virtual_time.pth").write_text("import virtual_time\n", encoding="utf-8")
    return str(folder / "bin" / "python3")


class Course:
    """A stand-in for Prometheus: what it answers changes with the time since the first traffic moved, which is the end of the call
    that the scenario names."""

    def __init__(self, scenario, state: Path, slept: Path):
        self.queries, self.course = scenario.queries, scenario.course
        self.moved, self.slept = state / "moved", slept

    def answer(self, query) -> dict:
        """An answer of `/api/v1/query`: a vector of one sample, or of none."""
        name = next((name for name, part in self.queries.items() if part in query), None)
        if name is None:
            return {"status": "error", "errorType": "bad_data", "error": "the scenario does not know this query"}
        passed = time.time() + number(self.slept) - number(self.moved)
        value = max((seconds(at), value) for at, value in self.course[name].items() if seconds(at) <= passed)[1]
        result = [{"metric": {}, "value": [time.time(), value]}] if value else []
        return {"status": "success", "data": {"resultType": "vector", "result": result}}


def number(path: Path) -> float:
    """The number in a file; 0 in none."""
    return float(path.read_text(encoding="utf-8") or 0) if path.is_file() else 0.0
