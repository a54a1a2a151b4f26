"""The judges of the generated Python runtime: ruff, mypy and vermin."""

from .base import BrokenTool, Judge, first_line, run
from .judges_github import as_json
from .tools import python_tool

OLDEST = "3.8"


class Ruff(Judge):
    """Lints, and a parse with the grammar of the oldest Python that a runner may have."""

    name = "ruff"
    kinds = ("runtime",)
    once = True
    rules = "E,F,W,B,I,UP,S,PLE"

    def version(self):
        return first_line([python_tool("ruff"), "--version"]).split()[-1]

    def check(self, paths):
        command = [python_tool("ruff"), "check", "--isolated", "--no-cache", "--target-version", "py" + OLDEST.replace(".", "")]
        done = run([*command, "--line-length", "120", "--select", self.rules, "--output-format", "json", *paths])
        return [
            self.found(e["filename"], e["location"]["row"], f"{e['code'] or 'syntax'}: {e['message']}")
            for e in as_json(done.stdout, "ruff")
        ]


class Vermin(Judge):
    """No function, module or syntax that came after the oldest Python."""

    name = "vermin"
    kinds = ("runtime",)
    once = True

    def version(self):
        return first_line([python_tool("vermin"), "--version"])

    def check(self, paths):
        command = [python_tool("vermin"), f"-t={OLDEST}-", "--violations", "--no-tips", "--format", "parsable"]
        done = run([*command, *paths])
        found = []
        for line in done.stdout.splitlines():
            # FILE:LINE:COLUMN:PYTHON2:PYTHON3:WHAT; the line with an empty place sums a file up.
            parts = line.rsplit(":", 5) if line.count(":") >= 5 else []
            if len(parts) == 6 and parts[1].isdigit():
                found.append(self.found(parts[0], parts[1], f"{parts[5]} needs Python {parts[4].lstrip('!~')}"))
        if done.returncode == 1 and not found:
            raise BrokenTool(f"vermin found something that cannot be read: {done.stdout.strip()[:500]}")
        return found


class Mypy(Judge):
    """Types, strictly."""

    name = "mypy"
    kinds = ("runtime",)
    once = True

    def version(self):
        return first_line([python_tool("mypy"), "--version"]).split()[1]

    def check(self, paths):
        # One module name for many files is a clash, so mypy judges each as a script of its own.
        command = [python_tool("mypy"), "--strict", "--config-file=", "--cache-dir=/dev/null", "--no-error-summary",
                   "--scripts-are-modules", "--output", "json"]
        found = []
        for path in paths:
            done = run([*command, path], good=(0, 1))
            for line in done.stdout.splitlines():
                e = as_json(line, "mypy")
                if e["severity"] == "error":
                    found.append(self.found(path, e["line"], f"{e['code']}: {e['message']}"))
        return found
