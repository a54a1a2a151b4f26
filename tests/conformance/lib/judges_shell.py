"""shellcheck on whole scripts and on every shell body in a pipeline file."""

import tempfile
from pathlib import Path

import yaml

from .base import Judge, run
from .bodies import READERS
from .judges_github import as_json
from .tools import python_tool


class Shellcheck(Judge):
    """Every script as it stands, and every `run`, `script` and `sh` body as bash."""

    name = "shellcheck"
    kinds = ("script", *READERS)
    kind_of = staticmethod(lambda path: "")

    def version(self):
        done = run([python_tool("shellcheck"), "--version"], good=(0,))
        return next(line.split()[-1] for line in done.stdout.splitlines() if line.startswith("version:"))

    def check(self, paths):
        with tempfile.TemporaryDirectory(prefix="mlpipe-shell-") as folder:
            places, found = {}, []
            for path in paths:
                kind = self.kind_of(path)
                if kind not in READERS:
                    places[str(path)] = [(path, "")]
                    continue
                try:
                    bodies = READERS[kind](path)
                except (yaml.YAMLError, AttributeError) as error:
                    found.append(self.found(path, 0, f"its shell bodies cannot be read: {error}"))
                    continue
                for body in bodies:
                    self.write(Path(folder), body, places)
            if places:
                found += self.ask(places)
            return found

    @staticmethod
    def write(folder, body, places):
        """Writes a body as a file named by its text, so that equal bodies are judged once."""
        import hashlib

        copy = folder / (hashlib.sha256(body.text.encode()).hexdigest()[:24] + ".sh")
        start = "" if body.text.startswith("#!") else "#!/usr/bin/env bash\n"
        copy.write_text(start + body.text + "\n", encoding="utf-8")
        places.setdefault(str(copy), []).append((body.path, body.where))

    def ask(self, places):
        done = run([python_tool("shellcheck"), "--norc", "--format", "json1", *places])
        found = []
        for e in as_json(done.stdout, "shellcheck")["comments"]:
            for path, where in places[e["file"]]:
                text = f"SC{e['code']}: {e['message']}"
                found.append(self.found(path, 0 if where else e["line"], f"{text} (in {where})" if where else text))
        return found


