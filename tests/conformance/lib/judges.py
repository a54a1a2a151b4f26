"""The table of judges. A new tool is a class, a line here, a pin in tools/ and a folder in planted/."""

from .judges_github import Actionlint, GithubParser, GithubSchema, GithubTimeout, Zizmor
from .judges_gitlab import GitlabCiLocal, GitlabNeeds, GitlabSchema
from .judges_jenkins import JenkinsStructure
from .judges_python import Mypy, Ruff, Vermin
from .judges_shell import Shellcheck
from .judges_yaml import Yamllint, YamlReaders


def judges() -> list:
    """Every judge, in the order of the table that `run` prints."""
    return [
        GithubSchema(), GithubTimeout(), Actionlint(), Zizmor(), GithubParser(),
        GitlabSchema(), GitlabNeeds(), GitlabCiLocal(),
        JenkinsStructure(),
        Yamllint(), YamlReaders(),
        Shellcheck(),
        Ruff(), Vermin(), Mypy(),
    ]
