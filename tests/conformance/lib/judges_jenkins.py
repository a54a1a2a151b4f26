"""The judge of Jenkinsfiles: our structural checker on the syntax tree that Jenkins' own Groovy parser makes."""

import re

from .base import HERE, BrokenTool, Judge, MissingTool, run
from .tools import java_home, system

LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<message>.+)")
CHECKER = HERE / "jenkins" / "structure.groovy"


class JenkinsStructure(Judge):
    """Syntax by Groovy 2.4 (Jenkins' version), and the declarative rules that Jenkins' own model parser has."""

    name = "jenkins"
    kinds = ("jenkins",)

    def version(self):
        if not CHECKER.is_file():
            raise MissingTool(f"{CHECKER.name} is not there ({CHECKER})")
        done = run([system("groovy"), "--version"], env=java_home(), good=(0,))
        return done.stdout.split("Groovy Version:")[-1].split()[0]

    def check(self, paths):
        done = run([system("groovy"), CHECKER, *paths], env=java_home(), good=(0, 1))
        found = []
        for line in done.stdout.splitlines():
            hit = LINE.match(line)
            if hit:
                found.append(self.found(hit["path"], hit["line"], hit["message"]))
            elif line.strip():
                raise BrokenTool(f"{CHECKER.name} printed what is no finding: {line[:300]}")
        if (done.returncode == 1) != bool(found):
            raise BrokenTool(f"{CHECKER.name} ended with {done.returncode} and {len(found)} findings: {done.stderr.strip()[:500]}")
        return found
