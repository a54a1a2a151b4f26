# ---- python: the interpreter and the dependencies of the spec's commands ------------

VENV = ".mlpipe-venv"
CACHE = ".mlpipe-cache"
INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
LOCAL = re.compile(r"^\s*(?:-e|--editable|\.|/|file:|git\+)|@\s*(?:file:|git\+|\.)")


def interpreter(version: str) -> str | None:
    """A Python of that version on PATH."""
    for name in (f"python{version}", "python3", "python"):
        path = shutil.which(name)
        if path is None:
            continue
        ask = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = run([path, "-I", "-c", ask], capture=True)
        if done.code == 0 and done.output.strip() == version:
            return path
    return None


def requirement_files(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Requirement files with their text, those that they include too."""
    found: dict[str, str] = {}
    rest = [os.path.normpath(os.path.join(workdir(), path)) for path in paths]
    while rest:
        path = rest.pop(0)
        if path in found:
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                found[path] = file.read()
        except OSError as error:
            raise Stop(f"{path} cannot be read: {error.strerror}") from None
        for line in found[path].splitlines():
            match = INCLUDE.match(line)
            if match and "://" not in match.group(1):
                beside = os.path.dirname(path)
                rest.append(os.path.normpath(os.path.join(beside, match.group(1))))
    return list(found.items())


class Dependencies:
    """What the spec says of Python."""

    def __init__(self, options: Options) -> None:
        self.version = options.one("version")
        self.tool = options.one("tool")
        self.files = options.each("file")
        self.groups = options.each("group")

    def inputs(self) -> list[tuple[str, str]]:
        """The files that decide what is installed."""
        if self.tool == "pip":
            return requirement_files(self.files)
        if self.tool in ("poetry", "uv"):
            return requirement_files(["pyproject.toml", f"{self.tool}.lock"])
        return []

    def stamp(self) -> str:
        """The same for the same dependencies; empty when files outside decide too."""
        inputs = self.inputs()
        if self.tool == "pip" and any(
            LOCAL.search(line) for _, text in inputs for line in text.splitlines()
        ):
            return ""
        words = [self.version, self.tool, workdir(), *self.groups]
        whole = json.dumps([words, inputs])
        return hashlib.sha256(whole.encode()).hexdigest()

    def make_venv(self, root: str) -> None:
        """An empty environment of the wanted version."""
        remove(os.path.join(root, VENV))
        path = interpreter(self.version)
        target = os.path.join(root, VENV)
        if path is not None:
            done = run([path, "-m", "venv", target])
            if done.code == 0:
                return
            remove(target)
        if shutil.which("uv") is not None:
            words = ["uv", "venv", "--quiet", "--seed", "--python", self.version]
            if run([*words, target]).code == 0:
                return
            if path is None:
                raise Stop(
                    f"Python {self.version} is not on PATH, and uv could not bring it",
                    f"use a runner or an image with python{self.version}",
                )
        if path is not None:
            raise Stop(
                f"`{path} -m venv` failed",
                f"apt-get install python{self.version}-venv, or put uv on PATH",
            )
        raise Stop(
            f"Python {self.version} is not on PATH, nor is uv, which would bring it",
            f"use a runner or an image with python{self.version}, or: pip install uv",
        )

    def commands(self, python: str) -> list[list[str]]:
        """What installs the dependencies."""
        if self.tool == "pip":
            words = [python, "-m", "pip", "install", "--disable-pip-version-check"]
            return [words + [w for file in self.files for w in ("-r", file)]]
        if self.tool == "poetry":
            groups = ["--only", ",".join(self.groups)] if self.groups else []
            groups = groups or ["--all-groups"]
            return [["poetry", "sync", "--no-interaction", "--no-ansi", *groups]]
        if self.tool == "uv":
            words = ["uv", "sync", "--frozen", "--python", python]
            return [words + [w for group in self.groups for w in ("--group", group)]]
        return []

    def install(self) -> None:
        """The environment with exactly these dependencies, made unless it is there."""
        root = os.getcwd()
        target = os.path.join(root, VENV)
        mark = os.path.join(target, ".mlpipe-stamp")
        stamp = self.stamp()
        with contextlib.suppress(OSError):
            with open(mark, encoding="utf-8") as file:
                if stamp and file.read() == stamp:
                    say(f"mlpipe: Python {self.version} and dependencies are in {VENV}")
                    return
        say(f"mlpipe: making {VENV} with Python {self.version} {self.tool}".rstrip())
        self.make_venv(root)
        bin_folder = os.path.join(target, "bin")
        env = {
            "VIRTUAL_ENV": target,
            "PATH": bin_folder + os.pathsep + os.environ.get("PATH", ""),
            "PIP_CACHE_DIR": os.path.join(root, CACHE, "pip"),
            "POETRY_CACHE_DIR": os.path.join(root, CACHE, "poetry"),
            "UV_CACHE_DIR": os.path.join(root, CACHE, "uv"),
            "UV_PROJECT_ENVIRONMENT": target,
            "UV_LINK_MODE": "copy",
        }
        for words in self.commands(os.path.join(bin_folder, "python")):
            done = run(words, env=env, cwd=workdir())
            if done.code:
                short = " ".join([os.path.basename(words[0]), *words[1:]])
                raise Stop(f"`{short}` ended with exit status {done.code}")
        write_atomically(mark, stamp)


@plain("python")
def python_verb(words: list[str]) -> int:
    """`python --version V [--tool T] [--file F]… [--group G]…`: makes the folder
    .mlpipe-venv; the script puts it first on PATH."""
    options = Options(words, {"version": 1, "tool": 1}, {"file": 1, "group": 1})
    Dependencies(options).install()
    return 0
