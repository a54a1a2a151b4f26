# ---- model: resolved once for the run, fetched and verified by every job ------------

CHUNK = 1 << 20
META = "registered_model_meta"


def size_text(count: int) -> str:
    """A size for people."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


class Progress:
    """A line every few seconds while something long goes on, the first after one."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self.what = what
        self.total = total
        self.next = time.monotonic() + 1
        self.done = 0

    def add(self, count: int) -> None:
        self.done += count
        if time.monotonic() >= self.next:
            of = f" of {size_text(self.total)}" if self.total else ""
            say(f"mlpipe: {self.what}: {size_text(self.done)}{of}")
            self.next = time.monotonic() + 5


def sha256_file(path: str, progress: Progress) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            block = file.read(CHUNK)
            if not block:
                return digest.hexdigest()
            if not progress.done and block.startswith(b"version https://git-lfs."):
                raise Stop(f"{path} is a Git LFS pointer, not the file it stands for")
            digest.update(block)
            progress.add(len(block))


def files_below(folder: str) -> list[str]:
    """Paths of a folder's files below it, with `/`, sorted by their bytes."""
    found = []
    for base, folders, names in os.walk(folder):
        for name in folders + names:
            full = os.path.join(base, name)
            if os.path.islink(full):
                raise Stop(f"{full} is a link; a model's files are files")
        found += [os.path.relpath(os.path.join(base, name), folder) for name in names]
    return sorted((name.replace(os.sep, "/") for name in found), key=os.fsencode)


def digest_of(path: str) -> tuple[str, int]:
    """`sha256:…` and size in bytes of a file or a folder.

    A folder's digest is that of the listing that `sha256sum` prints for its files,
    sorted by path: `HEX  PATH` a line.
    """
    if not os.path.exists(path):
        raise Stop(f"{path} is not there")
    progress = Progress(f"checksum of {path}")
    if os.path.isdir(path):
        listing = hashlib.sha256()
        names = files_below(path)
        size = 0
        for name in names:
            full = os.path.join(path, name)
            one = sha256_file(full, progress)
            size += os.path.getsize(full)
            listing.update(f"{one}  {name}\n".encode("utf-8", "surrogateescape"))
        hexdigest = listing.hexdigest()
    else:
        hexdigest = sha256_file(path, progress)
        size = os.path.getsize(path)
    if size == 0:
        raise Stop(f"{path} is empty")
    return f"sha256:{hexdigest}", size


def remove(path: str) -> None:
    """Takes a file or folder away, if it is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def download(url: str, target: str, sha256: str, deadline: Deadline) -> None:
    """Streams a URL to `target`, which is there whole and verified or not at all."""
    folder = os.path.dirname(target) or "."
    os.makedirs(folder, exist_ok=True)
    host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
    handle, part = tempfile.mkstemp(dir=folder, prefix=".mlpipe-")
    os.close(handle)
    attempts = 4
    try:
        for attempt in range(1, attempts + 1):
            try:
                stream(url, part, deadline)
                break
            except urllib.error.HTTPError as error:
                problem = f"{host} answered {error.code} {error.reason}"
                final = error.code < 500 and error.code != 429
            except (OSError, http.client.HTTPException) as error:
                problem = f"the connection to {host} failed: {error}"
                final = False
            if final or attempt == attempts:
                raise Stop(problem)
            say(f"mlpipe: {problem}; trying again in {2**attempt} s")
            time.sleep(2**attempt)
        found = digest_of(part)[0]
        if found != f"sha256:{sha256}":
            raise Stop(
                f"{without_query(url)} has the checksum {found},"
                f" the spec says sha256:{sha256}"
            )
        remove(target)
        os.replace(part, target)
    finally:
        remove(part)


def stream(url: str, part: str, deadline: Deadline) -> None:
    """One attempt at a download."""
    with open_url(url, timeout=60) as answer, open(part, "wb") as file:
        length = answer.headers.get("Content-Length")
        total = int(length) if length and length.isdigit() else None
        progress = Progress(f"download from {urllib.parse.urlsplit(url).netloc}", total)
        while True:
            block = answer.read(CHUNK)
            if not block:
                break
            file.write(block)
            progress.add(len(block))
            left = deadline.left()
            if left is not None and left <= 0:
                limit = span(deadline.seconds or 0)
                raise Stop(f"the download did not end within {limit}", code=124)
        if total is not None and progress.done != total:
            raise OSError(f"it ended after {progress.done} of {total} bytes")


class Model:
    """A model of the spec, as the script passes it."""

    def __init__(self, options: Options) -> None:
        self.name = options.one("name")
        self.version = options.one("version")
        self.limit = float(options.one("timeout"))
        kinds = ("path", "http", "mlflow", "command")
        found = [kind for kind in kinds if options.has(kind)]
        self.source = found[0] if found else "hosted"
        self.words = options.words(self.source)
        default = os.path.join(".mlpipe-cache", "models", self.name)
        here = self.words[0] if self.source == "path" else default
        #: Where its file or folder is put, below the root.
        self.place = options.one("save") or here

    def bring(self, revision: str | None, deadline: Deadline) -> str:
        """Puts the model in its place; the result is the revision that it is.

        `revision` asks for the one that the run has resolved already.
        """
        if self.source == "path":
            if os.path.normpath(self.words[0]) != os.path.normpath(self.place):
                remove(self.place)
                os.makedirs(os.path.dirname(self.place) or ".", exist_ok=True)
                copy = shutil.copytree if os.path.isdir(self.words[0]) else shutil.copy
                copy(self.words[0], self.place)
            return os.environ.get("MLPIPE_COMMIT", "")
        if self.source == "http":
            url, expected = self.words
            say(f"mlpipe: fetching {self.name} from {without_query(url)}")
            download(url, self.place, expected, deadline)
            return expected
        if self.source == "mlflow":
            return self.bring_mlflow(revision, deadline)
        remove(self.place)
        os.makedirs(os.path.dirname(self.place) or ".", exist_ok=True)
        say(f"mlpipe: fetching {self.name} by its command")
        done = run(self.words[0], deadline, env=self.env(), cwd=workdir())
        if done.code:
            raise Stop(f"the command ended with exit status {done.code}", "", done.code)
        return os.environ.get("MLPIPE_COMMIT", "")

    def env(self) -> dict[str, str]:
        """What a fetch command is told."""
        save = os.path.join(os.environ.get("MLPIPE_ROOT", os.getcwd()), self.place)
        return {"MLPIPE_MODEL_VERSION": self.version, "MLPIPE_MODEL_PATH": save}

    def bring_mlflow(self, revision: str | None, deadline: Deadline) -> str:
        """Downloads by MLflow's own command line, which also says which version an
        alias stands for (in the file `registered_model_meta` beside the model)."""
        uri = self.words[0]
        head, _, rest = uri.partition("@")
        if revision is not None and rest:
            uri = f"{head}/{revision}" + rest[len(rest.split("/")[0]) :]
        if shutil.which("mlflow") is None:
            raise Stop(
                "the command `mlflow` is not there",
                "add mlflow to the Python dependencies that the spec installs",
            )
        if not os.environ.get("MLFLOW_TRACKING_URI"):
            raise Stop("MLFLOW_TRACKING_URI is not set", "name it as a secret or env")
        say(f"mlpipe: fetching {self.name} from {uri}")
        os.makedirs(".mlpipe-cache", exist_ok=True)
        folder = tempfile.mkdtemp(dir=".mlpipe-cache", prefix="mlflow-")
        try:
            words = ["mlflow", "artifacts", "download", "-u", uri, "-d", folder]
            env = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
            done = run(words, deadline, env=env, capture=True)
            if done.code:
                problem = f"`{' '.join(words[:5])}` ended with exit status {done.code}"
                raise Stop(problem, "MLflow's own message stands above", done.code)
            version = mlflow_version(uri, folder)
            if revision is not None and version != revision:
                raise Stop(f"version {version} came, {revision} was asked for")
            self.take(folder)
            return version
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def take(self, folder: str) -> None:
        """Moves what was downloaded to its place: the one file that has the place's
        name, or the whole folder where the place's name has no ending."""
        names = files_below(folder)
        wanted = os.path.basename(self.place)
        same = [name for name in names if os.path.basename(name) == wanted]
        if len(same) == 1:
            source = os.path.join(folder, same[0])
        elif "." in wanted.strip("."):
            raise Stop(
                f"the model has {len(same) or 'no'} files named {wanted};"
                f" it has: {', '.join(names[:12])}",
                "let `save` name one of them, or a folder (without an ending) for all",
            )
        else:
            source = folder
        remove(self.place)
        os.makedirs(os.path.dirname(self.place) or ".", exist_ok=True)
        shutil.move(source, self.place)


def mlflow_version(uri: str, folder: str) -> str:
    """The version that was downloaded. The file that says it is taken away: how its
    text is written differs between an alias and a version."""
    meta = os.path.join(folder, META)
    text = ""
    if os.path.exists(meta):
        with open(meta, encoding="utf-8") as file:
            text = file.read()
        os.unlink(meta)
    said = re.search(r"^model_version:\s*['\"]?(\d+)['\"]?\s*$", text, re.MULTILINE)
    asked = re.match(r"models:/+(?:[^/@]+/(\d+)|(m-[0-9a-f]{32}))(?:/|$)", uri)
    if said:
        return said.group(1)
    if asked:
        return asked.group(1) or asked.group(2)
    raise Stop(
        f"MLflow did not say which version {uri} is",
        "a version of MLflow since 1.30 writes registered_model_meta",
    )


def make_readable(path: str) -> None:
    """The model goes into images and is read there by any user; the script's umask
    keeps everything else private."""
    everything = [path]
    for base, folders, names in os.walk(path):
        everything += [os.path.join(base, name) for name in folders + names]
    for one in everything:
        if not os.path.islink(one) and os.path.exists(one):
            mode = os.stat(one).st_mode
            os.chmod(one, mode | (0o055 if os.path.isdir(one) else 0o044))


def without_query(url: str) -> str:
    """The URL without what may be a signature or a password."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


MODEL_ONCE = {"name": 1, "version": 1, "save": 1, "timeout": 1}
MODEL_ONCE.update(path=1, http=2, mlflow=1, command=1)


@job("model", once=MODEL_ONCE)
def model_verb(record: Record, options: Options) -> int:
    """Finds out which version the run works with, and its checksum."""
    model = Model(options)
    entry: Json = {"name": model.name, "version": model.version}
    entry.update(source=model.source, revision=None, digest=None, size=None, path=None)
    if model.source != "hosted":
        revision = model.bring(None, Deadline(model.limit))
        make_readable(model.place)
        digest, size = digest_of(model.place)
        entry.update(revision=revision, digest=digest, size=size, path=model.place)
        known = f"version {revision}, " if model.source == "mlflow" else ""
        known += f"{digest}, {size_text(size)}"
        say(f"mlpipe: {model.name} is {model.version}: {known}")
    else:
        say(f"mlpipe: {model.name} {model.version} is hosted: there is no file")
    record.data["model"] = entry
    return 0


@plain("fetch")
def fetch_verb(words: list[str]) -> int:
    """Brings the version that the run has resolved into this job, and verifies it."""
    with identified():
        return fetch_model(Model(Options(words, MODEL_ONCE, {})))


def fetch_model(model: Model) -> int:
    """The file of the run's own version, or `Stop`."""
    entry = field(read_record(f"model-{model.name}").data, "model")
    if not isinstance(entry, dict) or entry.get("name") != model.name:
        raise Stop(f"the record of model {model.name} says nothing about it")
    if model.source == "hosted":
        return 0
    digest = str(entry["digest"])
    if model.source in ("path", "http") and os.path.exists(model.place):
        if digest_of(model.place)[0] == digest:
            say(f"mlpipe: {model.name} is in {model.place}: {digest}")
            return 0
    model.bring(str(entry["revision"]), Deadline(model.limit))
    make_readable(model.place)
    found, size = digest_of(model.place)
    if found != digest:
        remove_unless_source(model)
        raise Stop(
            f"{model.name} has the checksum {found}; the run resolved {digest}",
            "its source gives another content for the same version",
        )
    say(f"mlpipe: {model.name} is in {model.place}: {digest}, {size_text(size)}")
    return 0


def remove_unless_source(model: Model) -> None:
    """A file that must not be used is not left lying where it would be."""
    if model.source != "path" or model.words[0] != model.place:
        remove(model.place)
