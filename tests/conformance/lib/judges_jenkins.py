"""The judge of Jenkinsfiles: our structural checker on the syntax tree that Jenkins' own Groovy parser makes."""

from .base import HERE, BrokenTool, Judge, MissingTool, run
from .judges_github import as_json
from .tools import java_home, system

CHECKER = HERE / "jenkins" / "structure.groovy"


class JenkinsStructure(Judge):
    """Syntax by Groovy 2.4 (Jenkins' version), and the declarative rules that Jenkins' own model parser has."""

    name = "jenkins-structure"
    kinds = ("jenkins",)

    def version(self):
        if not CHECKER.is_file():
            raise MissingTool(f"{CHECKER.name} is not there ({CHECKER})")
        done = run([system("groovy"), "--version"], env=java_home(), good=(0,))
        return done.stdout.split("Groovy Version:")[-1].split()[0]

    def check(self, paths):
        done = run([system("groovy"), CHECKER, *paths], env=java_home(), good=(0, 1))
        found = [self.found(e["file"], e["line"], e["message"]) for e in as_json(done.stdout, CHECKER.name)]
        if done.returncode == 1 and not found:
            raise BrokenTool(f"{CHECKER.name} ended with 1 without a finding: {done.stderr.strip()[:500]}")
        return found
