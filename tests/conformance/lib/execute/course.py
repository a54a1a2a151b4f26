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


UNKNOWN = {"status": "error", "errorType": "bad_data", "error": "the scenario does not know this query"}


class Course:
    """A stand-in for Prometheus: what it answers changes with the time since the first traffic moved, which is the end of the call
    that the scenario names."""

    def __init__(self, scenario, state: Path, slept: Path):
        self.queries, self.course = scenario.queries, scenario.course
        self.moved, self.slept = state / "moved", slept

    def answer(self, query) -> dict:
        """An answer of `/api/v1/query`: a vector of one sample, or of none."""
        name = self.name(query)
        if name is None:
            return UNKNOWN
        value = self.value(name, time.time() + number(self.slept))
        result = [{"metric": {}, "value": [time.time(), value]}] if value else []
        return {"status": "success", "data": {"resultType": "vector", "result": result}}

    def over(self, query, start, end, step) -> dict:
        """An answer of `/api/v1/query_range`: a matrix of one series, or of none."""
        name = self.name(query)
        if name is None:
            return UNKNOWN
        times = [start + number * step for number in range(int((end - start) / step + 1e-6) + 1)]
        values = [[at, self.value(name, at)] for at in times if self.value(name, at)]
        return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}] if values else []}}

    def name(self, query):
        """The metric that a query is about."""
        return next((name for name, part in self.queries.items() if part in query), None)

    def value(self, name, now):
        """What it gives at that virtual time; before the traffic moved, what it gives first."""
        passed = max(0.0, now - number(self.moved))
        return max((seconds(at), value) for at, value in self.course[name].items() if seconds(at) <= passed)[1]


def number(path: Path) -> float:
    """The number in a file; 0 in none."""
    return float(path.read_text(encoding="utf-8") or 0) if path.is_file() else 0.0
