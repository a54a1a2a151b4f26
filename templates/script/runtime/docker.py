# ---- docker: the command line, the registry, the builder ----------------------------

NOT_FOUND = re.compile(
    r"(^|\s)\S+[:@]\S+: not found\s*$|manifest unknown|name unknown|"
    r"MANIFEST_UNKNOWN|NAME_UNKNOWN",
    re.MULTILINE,
)
DENIED = re.compile(
    r"denied|unauthorized|forbidden|insufficient_scope|\b40[13]\b", re.I
)
PUSHED = re.compile(r"^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+\s*$", re.MULTILINE)


def docker_home(folder: str, host: str) -> dict[str, str]:
    """A docker configuration of this job's own, so that a login leaves nothing behind.

    What the runner's owner set up stays in force (plugins, contexts, other logins)."""
    default = os.path.expanduser("~/.docker")
    old = os.environ.get("DOCKER_CONFIG") or default
    config: Json = {}
    with contextlib.suppress(OSError, ValueError):
        with open(os.path.join(old, "config.json"), encoding="utf-8") as file:
            found = json.load(file)
            config = found if isinstance(found, dict) else {}
    auths = config.get("auths") or {}
    store = config.pop("credsStore", "")
    helpers = dict(config.get("credHelpers") or {})
    if store:
        # A store would keep our login; what it holds for other hosts is still read.
        helpers.update({name: store for name in auths if name not in helpers})
    names = {host, "https://" + host, f"https://{host}/v1/"}
    if host == "docker.io":
        names.add("https://index.docker.io/v1/")
    config["credHelpers"] = {k: v for k, v in helpers.items() if k not in names}
    config["auths"] = {k: v for k, v in auths.items() if k not in names}
    extra = config.get("cliPluginsExtraDirs") or []
    config["cliPluginsExtraDirs"] = [os.path.join(old, "cli-plugins"), *extra]
    contexts = os.path.join(old, "contexts")
    if os.path.isdir(contexts):
        shutil.copytree(contexts, os.path.join(folder, "contexts"))
    write_atomically(os.path.join(folder, "config.json"), json.dumps(config))
    os.chmod(os.path.join(folder, "config.json"), 0o600)
    env = {"DOCKER_CONFIG": folder, "DOCKER_BUILDKIT": "1"}
    if not os.environ.get("BUILDX_CONFIG"):
        builders = os.path.join(old, "buildx")
        mine = os.path.join(folder, "buildx")
        env["BUILDX_CONFIG"] = builders if os.path.isdir(builders) else mine
    return env


class Docker:
    """The docker command line with one configuration and one time limit."""

    def __init__(self, env: Mapping[str, str], deadline: Deadline) -> None:
        self.env = env
        self.deadline = deadline

    def __call__(self, *words: str) -> int:
        """Runs it; what it prints goes to the log."""
        return run(["docker", *words], self.deadline, env=self.env).code

    def must(self, what: str, *words: str) -> None:
        """The same, and it has to succeed."""
        code = self(*words)
        if code:
            raise Stop(f"{what} failed: `docker {words[0]}` ended with {code}")

    def ask(self, *words: str, stdin: bytes | None = None) -> Done:
        """Runs it and returns what it prints on both channels."""
        words = ("docker", *words)
        return run(words, self.deadline, self.env, None, True, stdin, hear=True)


@contextlib.contextmanager
def logged_in(docker: Docker, host: str, words: Sequence[str]) -> Iterator[None]:
    """Logs in to the registry with a password that is on no command line."""
    if not words:
        yield
        return
    kind, user_name, password_name = words
    get = os.environ.get
    if kind == "ghcr":
        user_name, password_name = "GHCR_USER", "GHCR_TOKEN"
        user = get("GHCR_USER") or get("GITHUB_ACTOR") or ""
    elif kind == "gitlab":
        user_name, password_name = "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"
        user = get(user_name) or ""
    else:
        user = get(user_name) or ""
    password = get(password_name) or ""
    for name, value in ((user_name, user), (password_name, password)):
        if not value:
            raise Stop(
                f"{name} is empty, so there is no login to {host}",
                "an unset secret reaches a job as an empty text",
            )
    done = docker.ask(
        "login", "--username", user, "--password-stdin", host, stdin=password.encode()
    )
    if done.code:
        raise Stop(f"the login to {host} failed: {done.errors.strip()[-300:]}")
    try:
        yield
    finally:
        docker.ask("logout", host)


def look_up_image(docker: Docker, reference: str) -> Json | None:
    """Digest and labels of an image in the registry; nothing when it is surely not
    there. Anything less than sure stops the job."""
    words = ("buildx", "imagetools", "inspect", reference, "--format", "{{json .}}")
    done = docker.ask(*words)
    if done.code:
        others = done.errors.replace(reference, "")  # its own words decide nothing
        if NOT_FOUND.search(done.errors) and not DENIED.search(others):
            return None
        raise Stop(
            f"the registry does not say whether {reference} exists: "
            f"{done.errors.strip()[-400:]}",
            "nothing is pushed over a tag that may exist; is the registry up, and may "
            "these credentials read the repository? On Docker Hub create it first",
        )
    try:
        found = json.loads(done.output)
        digest = str(found["manifest"]["digest"])
        image = found.get("image") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Stop(f"what the registry says of {reference} cannot be read") from None
    if not DIGEST.fullmatch(digest):
        raise Stop(f"{reference} has no digest but {digest!r}")
    if "config" not in image and image:
        image = next(iter(image.values()))  # several platforms: by name
    labels = field(image, "config.Labels") or field(image, "config.labels") or {}
    return {"digest": digest, "labels": labels}


@contextlib.contextmanager
def builder(docker: Docker, offline: bool, image: str) -> Iterator[list[str]]:
    """Words that choose a builder which can keep its cache in a registry; the default
    driver of docker cannot, so one is made for this job. Offline: what there is."""
    if docker.ask("buildx", "version").code:
        raise Stop(
            "docker has no buildx", "install docker-buildx-plugin, 0.15 or newer"
        )
    driver = re.search(
        r"^Driver:\s*(\S+)", docker.ask("buildx", "inspect").output, re.M
    )
    if offline or (driver and driver.group(1) != "docker"):
        yield []
        return
    name = "mlpipe-" + os.urandom(6).hex()
    words = ["buildx", "create", "--driver", "docker-container", "--name", name]
    words += ["--driver-opt", "image=" + image]
    if os.environ.get("DOCKER_HOST") and os.environ.get("DOCKER_CERT_PATH"):
        # buildx takes no certificates from the environment, a context does.
        docker.must("making a docker context", "context", "create", name)
        words.append(name)
    docker.must("making a builder", *words)
    try:
        yield ["--builder", name]
    finally:
        Docker(docker.env, Deadline(60)).ask("buildx", "rm", "--force", name)


def set_tags(docker: Docker, repository: str, tags: Sequence[str], digest: str) -> None:
    """Lets tags name a digest that is in the registry, without a new manifest."""
    if not tags:
        return
    words = ["buildx", "imagetools", "create", "--prefer-index=false"]
    for tag in tags:
        words += ["--tag", f"{repository}:{tag}"]
    docker.must("setting the tags", *words, f"{repository}@{digest}")


def push(docker: Docker, repository: str, tag: str, local: str, built: str) -> str:
    """Pushes the image that was scanned and checks that it is what arrived."""
    reference = f"{repository}:{tag}"
    docker.must("naming the image", "image", "tag", built, reference)
    done = docker.ask("push", reference)
    say(done.output.rstrip())
    if done.code:
        raise Stop(f"pushing {reference} failed: {done.errors.strip()[-400:]}")
    found = PUSHED.search(done.output)
    if not found:
        raise Stop(f"docker does not say which digest it pushed to {reference}")
    digest = found.group(1)
    raw = docker.ask(
        "buildx", "imagetools", "inspect", "--raw", f"{repository}@{digest}"
    )
    try:
        inside = field(json.loads(raw.output), "config.digest")
    except ValueError:
        inside = None
    if raw.code or built not in (digest, inside):
        raise Stop(f"{repository}@{digest} is not the image that was built and scanned")
    return digest
