# ---- image: build, scan, push; the digest is what goes on ---------------------------


def legal_tag(text: str) -> str:
    """A tag made of a branch, a git tag or a version: `-` for what is not allowed."""
    text = re.sub(r"[^A-Za-z0-9_.-]", "-", text)
    return re.sub(r"^[.-]+", "", text)[:128]


def tag_names(words: Sequence[Sequence[str]]) -> list[str]:
    """The tags of this run, each once; a branch or git tag that it does not have is
    left out."""
    get = os.environ.get
    commit = get("MLPIPE_COMMIT", "")
    names = []
    for kind, text in words:
        name = {
            "commit": commit,
            "short_commit": commit[:12],
            "branch": legal_tag(get("MLPIPE_BRANCH", "")),
            "git_tag": legal_tag(get("MLPIPE_TAG", "")),
            "latest": "latest",
            "text": legal_tag(text),
        }[kind]
        if kind == "text" and not name:
            raise Stop(f"the tag {text!r} is empty in this run")
        if name == "buildcache":
            raise Stop("the tag `buildcache` is taken by the build cache")
        if name and name not in names:
            names.append(name)
    return names


def image_models(options: Options) -> list[Json]:
    """Name, version and digest of each model, as this run resolved them."""
    models = []
    for name, path in options.all("model"):
        found = field(read_record("model-" + name).data, "model") or {}
        models.append(
            {
                "name": name,
                "path": path,
                "version": str(found.get("version") or ""),
                "digest": str(found.get("digest") or ""),
            }
        )
    return models


def source_url() -> str:
    """Where the code lies, for the image's label; never with credentials."""
    get = os.environ.get
    if get("GITHUB_REPOSITORY"):
        return (
            get("GITHUB_SERVER_URL", "https://github.com")
            + "/"
            + get("GITHUB_REPOSITORY", "")
        )
    url = urllib.parse.urlsplit(get("CI_PROJECT_URL") or get("GIT_URL") or "")
    host = url.netloc.rpartition("@")[2]
    return urllib.parse.urlunsplit((url.scheme, host, url.path, "", "")) if host else ""


def image_labels(models: Sequence[Json]) -> dict[str, str]:
    """What the image says about itself; a re-run is recognised by it."""
    labels = {
        "org.opencontainers.image.revision": os.environ.get("MLPIPE_COMMIT", ""),
        "org.opencontainers.image.source": source_url(),
        "dev.mlpipe.pipeline": os.environ.get("MLPIPE_PIPELINE", ""),
    }
    if models:
        one = len(models) == 1
        for key, label in (
            ("version", "org.opencontainers.image.version"),
            ("version", "dev.mlpipe.model.version"),
            ("digest", "dev.mlpipe.model.digest"),
        ):
            labels[label] = (
                str(models[0][key])
                if one
                else ",".join("{}={}".format(m["name"], m[key]) for m in models)
            )
    return {name: value for name, value in labels.items() if value}


def ignore_pattern(pattern: str) -> re.Pattern[str]:
    """One line of a .dockerignore as an expression that a whole path has to match."""
    text, i = "", 0
    while i < len(pattern):
        if pattern.startswith("**/", i):
            text, i = text + "(?:.*/)?", i + 3
        elif pattern.startswith("**", i):
            text, i = text + ".*", i + 2
        elif pattern[i] == "*":
            text, i = text + "[^/]*", i + 1
        elif pattern[i] == "?":
            text, i = text + "[^/]", i + 1
        else:
            text, i = text + re.escape(pattern[i]), i + 1
    return re.compile(text)


def ignored_by(path: str, lines: Sequence[str]) -> str:
    """The line of a .dockerignore that keeps this path out of the context, or nothing.

    The last line that matches the path or a folder above it decides, `!` brings back.
    Character classes are not understood; a line with one is passed over."""
    parts = path.split("/")
    above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    decides = ""
    for line in lines:
        pattern = line.strip()
        bring_back = pattern.startswith("!")
        pattern = os.path.normpath(pattern.lstrip("!").strip() or ".").lstrip("/")
        if line.startswith("#") or pattern == "." or "[" in pattern:
            continue
        if any(ignore_pattern(pattern).fullmatch(candidate) for candidate in above):
            decides = "" if bring_back else line.strip()
    return decides


def check_model_in_context(model: Json, context: str, dockerfile: str) -> None:
    """The exact file that this run resolved is among what the build may read."""
    path, name = str(model["path"]), model["name"]
    inside = os.path.relpath(path, context)
    if inside == ".." or inside.startswith("../"):
        raise Stop(
            f"the model {name} is at {path}, outside of the build context {context}",
            "let `save` name a place in the context",
        )
    if not os.path.lexists(path):
        raise Stop(f"the model {name} is not at {path}", "fetch it first")
    found = digest_of(path)[0]
    if found != model["digest"]:
        raise Stop(
            f"{path} is not the model that this run resolved: it has {found}, "
            f"the record says {model['digest']}"
        )
    for ignore in (
        dockerfile + ".dockerignore",
        os.path.join(context, ".dockerignore"),
    ):
        if os.path.isfile(ignore):
            with open(ignore, encoding="utf-8", errors="replace") as file:
                line = ignored_by(inside.replace(os.sep, "/"), file.read().splitlines())
            if line:
                raise Stop(
                    f"{ignore} keeps the model out of the image: `{line}` "
                    f"matches {inside}",
                    f"add the line `!{inside}` at its end",
                )
            break
    say(f"mlpipe: {path} ({found}) is in the build context")


def gate_verdicts(jobs: Sequence[str]) -> list[Json]:
    """The gates before the image: each has passed; its record is named by hash."""
    verdicts = []
    for name in jobs:
        must_have_passed(name)
        status = read_record(name).status
        verdicts.append({"job": name, "status": status, "sha256": file_hash(name)})
    return verdicts


def file_hash(job: str) -> str:
    """SHA-256 of a job's record, as its bytes lie there."""
    with open(os.path.join(OUT, job + ".json"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def existing(
    docker: Docker, repository: str, tags: Sequence[str], labels: Mapping[str, str]
) -> tuple[str, list[str]]:
    """The digest that the fixed tags have already, and the tags that are missing.

    A tag that exists must hold this very commit and model: then this is a re-run."""
    same = (
        ("org.opencontainers.image.revision", "commit"),
        ("dev.mlpipe.pipeline", "pipeline"),
        ("dev.mlpipe.model.version", "model version"),
        ("dev.mlpipe.model.digest", "model"),
    )
    digest = ""
    missing: list[str] = []
    for tag in tags:
        reference = f"{repository}:{tag}"
        found = look_up_image(docker, reference)
        if found is None:
            missing.append(tag)
            continue
        for label, what in same:
            theirs, ours = found["labels"].get(label, ""), labels.get(label, "")
            if theirs != ours:
                help = "a fixed tag is never pushed over; use another one"
                if what.startswith("model"):
                    help = (
                        "the model behind the name has moved since this commit was "
                        "built (a schedule with a moved alias): make a commit that "
                        "names the new version, so that it gets a tag of its own"
                    )
                raise Stop(
                    f"{reference} exists and holds another {what}: "
                    f"{theirs or 'none'}, this run has {ours or 'none'}",
                    help,
                )
        if digest and found["digest"] != digest:
            raise Stop(f"the fixed tags of {repository} hold different images")
        digest = str(found["digest"])
    return digest, missing


def build(
    docker: Docker, options: Options, labels: Mapping[str, str], local: str
) -> str:
    """Builds into the local store under a name of this run's own; returns its id."""
    cache = "type=registry,ref={}:buildcache".format(options.one("repository"))
    offline = options.has("offline")
    with builder(docker, offline, options.one("builder-image")) as chosen:
        words = ["buildx", "build", *chosen, "--load", "--tag", local]
        words += ["--file", options.one("dockerfile"), "--provenance=false"]
        words += ["--progress", "plain"]
        for name in sorted(labels):
            words += ["--label", f"{name}={labels[name]}"]
        if not offline:
            words += ["--cache-from", cache]
            if not options.has("check"):
                words += ["--cache-to", cache + ",mode=max,ignore-error=true"]
        docker.must("the build", *words, options.one("context"))
    done = docker.ask("image", "inspect", "--format", "{{.Id}}", local)
    name = done.output.strip()
    if done.code or not DIGEST.fullmatch(name):
        raise Stop(f"docker does not say what it built: {done.errors.strip()[-300:]}")
    return name


@job(
    "image",
    once={
        "host": 1,
        "repository": 1,
        "dockerfile": 1,
        "context": 1,
        "scan": 2,
        "login": 3,
        "check": 0,
        "offline": 0,
        "scanner-image": 1,
        "builder-image": 1,
        "timeout": 1,
    },
    many={"fixed": 2, "moving": 2, "model": 2, "gate": 1, "allow": 3},
)
def image_job(record: Record, options: Options) -> int:
    """Builds, scans and pushes, or hands on the digest that a fixed tag has."""
    if not options.has("check"):
        allowed(options.all("allow"), "push an image")
    host, repository = options.one("host"), options.one("repository")
    verdicts = gate_verdicts(options.each("gate"))
    models = image_models(options)
    labels = image_labels(models)
    fixed, moving = tag_names(options.all("fixed")), tag_names(options.all("moving"))
    data: Json = {"repository": repository, "digest": None, "reference": None}
    data.update(fixed_tags=fixed, moving_tags=moving, reused=False, scan=None)
    data.update(models=models, gates=verdicts)
    record.data["image"] = data
    if not options.has("check"):
        if not fixed:
            raise Stop("none of the fixed tags exists in this run", "add `commit`")
        twice = [tag for tag in moving if tag in fixed]
        if twice:
            raise Stop(f"the tag {twice[0]} would be both fixed and moving")
    record.save()
    with tempfile.TemporaryDirectory(prefix="mlpipe-") as folder:
        config = os.path.join(folder, "docker")
        os.mkdir(config)
        limit = Deadline(float(options.one("timeout", "3600")))
        docker = Docker(docker_home(config, host), limit)
        if options.has("check"):
            return make_image(docker, record, options, labels, folder)
        with logged_in(docker, host, options.words("login")):
            digest, missing = existing(docker, repository, fixed, labels)
            if digest:
                data.update(reused=True)
                say(
                    f"mlpipe: {repository}:{fixed[0]} has this commit and model already"
                )
                set_tags(docker, repository, missing, digest)
            else:
                make_image(docker, record, options, labels, folder)
                digest = str(data["digest"])
                set_tags(docker, repository, fixed[1:], digest)
            for tag in fixed:
                there = look_up_image(docker, f"{repository}:{tag}")
                if there is None or there["digest"] != digest:
                    raise Stop(f"{repository}:{tag} does not hold {digest} any more")
            set_tags(docker, repository, moving, digest)
    data.update(digest=digest, reference=f"{repository}@{digest}")
    say(f"mlpipe: {repository}@{digest}")
    return 0


def make_image(
    docker: Docker,
    record: Record,
    options: Options,
    labels: Mapping[str, str],
    folder: str,
) -> int:
    """Build, scan, and unless only checked: push the first fixed tag."""
    data = record.data["image"]
    for model in data["models"]:
        if model["path"]:
            check_model_in_context(
                model, options.one("context"), options.one("dockerfile")
            )
    local = "{}:mlpipe-{}".format(options.one("repository"), os.urandom(6).hex())
    names = [local]
    try:
        built = build(docker, options, labels, local)
        if options.has("scan"):
            data["scan"] = scan(docker, record, options, local, folder)
        if not options.has("check"):
            repository, tag = options.one("repository"), data["fixed_tags"][0]
            # It took minutes since the first look, and a tag may have come meanwhile.
            digest, _ = existing(docker, repository, data["fixed_tags"], labels)
            if digest:
                say("mlpipe: another run has pushed this commit and model meanwhile")
                data.update(reused=True, scan=None)
            else:
                names.append(f"{repository}:{tag}")
                digest = push(docker, repository, tag, local, built)
            data.update(digest=digest)
    finally:
        Docker(docker.env, Deadline(60)).ask("image", "rm", *names)
    return 0
