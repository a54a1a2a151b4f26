# ---- remotes: the stores of ledgers that a tool of their own talks to ---------------
#
# git, kubectl and the AWS CLI know how to log in, where, and through what; here they are
# only told what to compare. No secret is on a command line.

MAP_LIMIT = 1_000_000
#: So much of a ledger stays where it is written; older lines go to a page of their own.
MAP_KEEPS = 400_000


# a branch


class GitStore(Store):
    """`ENV/ledger.json` and `ENV/deploy_state.json` on a branch of their own.

    All is done in an empty repository in a temporary folder, so that the checkout, its
    hooks and its configuration are neither used nor changed; only the address of
    `origin` is read. A push that says what it expects to find there is the one step
    that counts. The commits say [skip ci]."""

    def __init__(self, options: Options, environment: str, deadline: Deadline) -> None:
        place = options.words("ledger")[1]
        url, _, self.branch = place.rpartition("#")
        self.url = url or self.origin(deadline)
        super().__init__(environment, f"branch {self.branch}", deadline)
        self.ref = "refs/heads/" + self.branch
        self.secret = options.one("ledger-token")
        self.git = ""  # the temporary repository, once there is one
        self.tip: str | None = None  # the commit that it has

    @staticmethod
    def origin(deadline: Deadline) -> str:
        words = ["git", "-c", "safe.directory=*", "config", "--get"]
        limit = shorter(deadline, COMMAND_LIMIT)
        root = os.environ.get("MLPIPE_ROOT") or "."
        done = run([*words, "remote.origin.url"], limit, cwd=root, capture=True)
        if done.code or not done.output.strip():
            raise Stop(
                "this repository has no remote `origin`, where the ledger's branch is",
                "name the repository too: URL#BRANCH",
            )
        return done.output.strip()

    def open(self) -> None:
        """The temporary repository, which goes with this process. Address and token go
        into its configuration, not onto a command line, where every user of the machine
        could read them."""
        if self.git:
            return
        self.home = tempfile.TemporaryDirectory(prefix="mlpipe-")  # mode 0700
        git = self.git = os.path.join(self.home.name, "git")
        try:
            self.must("init", "--quiet", "--bare", "--template=", git)
            self.must("check-ref-format", self.ref)
            with open(os.path.join(git, "config"), "a", encoding="utf-8") as file:
                file.write(self.configuration())
        except BaseException:
            self.git = ""
            raise

    def configuration(self) -> str:
        url, text = self.url, ""
        if self.secret and url.split(":")[0] in ("http", "https"):
            token = os.environ.get(self.secret, "").strip()
            if not token:
                raise Stop(
                    f"{self.secret} is empty, so the ledger cannot be pushed",
                    "an unset secret reaches a job as an empty text",
                )
            if not safe_address(url):
                raise Stop("a token is not sent to the ledger without https")
            parts = urllib.parse.urlsplit(url)
            host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
            url = host + parts.path.lstrip("/")
            by_job = self.secret == "CI_JOB_TOKEN"  # noqa: S105 - a variable's name
            user = "gitlab-ci-token" if by_job else "x-access-token"
            words = base64.b64encode(f"{user}:{token}".encode()).decode()
            head = quoted("Authorization: Basic " + words)
            text = f"[http {quoted(host)}]\n\textraHeader = {head}\n"
        return f'{text}[remote "ledger"]\n\turl = {quoted(url)}\n'

    def ask(self, *words: str, stdin: str | None = None) -> Done:
        """A git command that has nothing of the machine's owner but the credentials."""
        settings = ["core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false"]
        flags = [word for setting in settings for word in ("-c", setting)]
        env = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "LANGUAGE": ""}
        for who in ("AUTHOR", "COMMITTER"):
            env.update(
                {f"GIT_{who}_NAME": "mlpipe", f"GIT_{who}_EMAIL": "mlpipe@localhost"}
            )
        return run(
            ["git", *flags, "--git-dir=" + self.git, *words],
            self.limit(),
            env,
            os.environ.get("MLPIPE_ROOT") or ".",
            capture=True,
            stdin=None if stdin is None else stdin.encode(),
            hear=True,
        )

    def must(self, *words: str, stdin: str | None = None) -> str:
        done = self.ask(*words, stdin=stdin)
        if done.code:
            raise Stop(
                f"`git {words[0]}` failed for the ledger: {self.heard(done.errors)}"
            )
        return done.output

    def heard(self, text: str) -> str:
        """What git said, without passwords in addresses."""
        return re.sub(r"://[^/@\s]+@", "://", " ".join(text.split()))[-400:]

    def fetch(self) -> str:
        """Brings the branch; its commit, or nothing when there is no such branch."""
        done = self.ask(
            "fetch",
            "--quiet",
            "--no-tags",
            "--depth=1",
            "ledger",
            f"+{self.ref}:{self.ref}",
        )
        if done.code == 0:
            self.tip = self.must("rev-parse", "--verify", self.ref).strip()
            return self.tip
        if f"couldn't find remote ref {self.ref}" in done.errors.replace(
            "Could", "could"
        ):
            return ""
        raise Unclear(
            f"the ledger's branch {self.branch} cannot be fetched: "
            + (self.heard(done.errors) or "no answer in time"),
            "the job needs to read and push this branch; see docs/ledger.md",
        )

    def look(self) -> tuple[dict[str, bytes] | None, str]:
        self.open()
        tip = self.fetch()
        files = {}
        if tip:
            for name in self.entries(f"{tip}:{self.environment}"):
                if name in (LEDGER, DEPLOY_STATE):
                    path = f"{tip}:{self.environment}/{name}"
                    files[name] = self.must("cat-file", "blob", path).encode()
        return files if LEDGER in files else None, tip

    def entries(self, tree: str) -> dict[str, str]:
        """The entries of a tree, each as `mktree` wants it; none when it is not there."""
        done = self.ask("ls-tree", "-z", tree)
        lines = done.output.split("\0")[:-1] if done.code == 0 else []
        return {line.partition("\t")[2]: line for line in lines}

    def tree(self, entries: Mapping[str, str]) -> str:
        return self.must(
            "mktree", "-z", stdin="".join(e + "\0" for e in entries.values())
        ).strip()

    def swap(self, files: Mapping[str, bytes], version: str) -> None:
        self.open()
        # Whether it is still the tip is what the push asks; here its files are needed.
        tip = version if version and version == self.tip else self.fetch()
        if tip != version:
            raise Lost
        inner = self.entries(f"{tip}:{self.environment}") if tip else {}
        for name, data in files.items():
            words = ("hash-object", "-w", "--stdin")
            blob = self.must(*words, stdin=data.decode("utf-8")).strip()
            inner[name] = f"100644 blob {blob}\t{name}"
        outer = self.entries(tip) if tip else {}
        outer[self.environment] = f"040000 tree {self.tree(inner)}\t{self.environment}"
        message = ("-m", f"ledger of {self.environment} [skip ci]")
        parent = ("-p", tip) if tip else ()
        commit = self.must("commit-tree", self.tree(outer), *parent, *message).strip()
        self.push(commit, tip)

    def push(self, commit: str, tip: str) -> None:
        done = self.ask(
            "push",
            "--porcelain",
            "--no-signed",
            f"--force-with-lease={self.ref}:{tip}",
            "ledger",
            f"{commit}:{self.ref}",
        )
        if done.code == 0:
            return
        line = next((w for w in done.output.splitlines() if w.startswith("!")), "")
        if "[rejected]" in line:
            raise Lost
        # `[remote rejected]` is a lost race (each server says it in its own words) or a
        # rule of the server's; what is there afterwards tells which.
        what = self.heard(line or done.errors) or "no answer in time"
        raise Unclear(
            f"the ledger's branch {self.branch} cannot be pushed: {what}",
            "the job needs to push this branch; see docs/ledger.md",
        )


def quoted(text: str) -> str:
    """A value for a file of git's configuration."""
    if any(ord(char) < 32 for char in text):
        raise Stop("the address of the ledger's repository has a control character")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# a ConfigMap


class ConfigMapStore(Store):
    """Two keys of a ConfigMap, `ENV.ledger.json` and `ENV.deploy_state.json`. The API
    server compares `resourceVersion`.

    When it is full, the older lines of the ledger go to a page, a ConfigMap that is never
    changed again; `ENV.pages` counts them. A page is made before the lines leave the
    first one, so a kill between the two loses nothing: the next write takes the page
    that it finds."""

    def __init__(self, options: Options, environment: str, deadline: Deadline) -> None:
        place = options.words("ledger")[1]
        super().__init__(environment, f"ConfigMap {place}", deadline)
        self.namespace, _, self.name = place.partition("/")
        self.secret = options.one("ledger-kubeconfig")
        self.found: Json | None = None
        #: Lines of the ledger that are on pages, page after page.
        self.pages: list[list[bytes]] = []

    def kubectl(self, *words: str, stdin: bytes | None = None) -> Done:
        """kubectl with the kubeconfig that the secret holds, or without a secret as the
        machine has it."""
        head = ["kubectl", "--namespace", self.namespace, "--request-timeout=30s"]
        line = [*head, *words]
        if not self.secret:
            return run(line, self.limit(), capture=True, stdin=stdin, hear=True)
        cluster = Kubernetes([self.secret, self.namespace, "", "", "0"])
        with cluster.opened():
            env = {"KUBECONFIG": cluster.file}
            return run(line, self.limit(), env, capture=True, stdin=stdin, hear=True)

    def failed(self, done: Done, what: str) -> Exception:
        """What an error of kubectl's means."""
        reason = re.search(r"server \((\w+)\)", done.errors)
        word = reason[1] if reason else ""
        if re.search(r'^The ConfigMap "[^"]*" is invalid:', done.errors, re.MULTILINE):
            word = "Invalid"  # kubectl has a form of its own for it
        heard = " ".join(done.errors.split())[-400:] or "no answer in time"
        sentence = f"the ledger's {self.place} cannot be {what}: {heard}"
        gone = word == "NotFound" and f'configmaps "{self.name}"' in heard
        if word in ("Conflict", "AlreadyExists") or gone:
            return Lost()
        if word in ("Forbidden", "Unauthorized"):
            return Stop(
                sentence,
                f"it takes get, create and update of configmaps in {self.namespace}",
            )
        if word in ("NotFound", "Invalid", "BadRequest", "RequestEntityTooLarge"):
            return Stop(sentence)
        return Unclear(sentence)

    def get(self, name: str) -> Json | None:
        """A ConfigMap of mlpipe's, if it is there."""
        done = self.kubectl(
            "get", "configmap", name, "-o", "json", "--ignore-not-found"
        )
        if done.code:
            fault = self.failed(done, "read")
            raise Unclear(self.place) if isinstance(fault, Lost) else fault
        if not done.output.strip():
            return None
        try:
            found = json.loads(done.output)
        except ValueError:
            raise Stop(f"what kubectl says of the {self.place} is not JSON") from None
        version = field(found, "metadata.resourceVersion")
        data = field(found, "data") or {}
        if not isinstance(version, str) or not version or not isinstance(data, dict):
            raise Stop(f"what kubectl says of the {self.place} is not a ConfigMap")
        found["data"] = data
        labels = field(found, "metadata.labels") or {}
        if labels.get("app.kubernetes.io/managed-by") != "mlpipe":
            raise Stop(
                f"the {self.place} is there, but it is not mlpipe's",
                "name another one, or label it: app.kubernetes.io/managed-by=mlpipe",
            )
        return dict(found)

    def look(self) -> tuple[dict[str, bytes] | None, str]:
        self.found, self.pages = None, []
        found = self.get(self.name)
        if found is None:
            return None, ""
        self.found, data = found, found["data"]
        files = {
            name: str(data[f"{self.environment}.{name}"]).encode()
            for name in (LEDGER, DEPLOY_STATE)
            if f"{self.environment}.{name}" in data
        }
        version = str(found["metadata"]["resourceVersion"])
        if LEDGER not in files:
            return None, version
        for number in range(1, int(data.get(f"{self.environment}.pages") or 0) + 1):
            lines = self.page(number)
            if lines is None:
                raise Stop(
                    f"the ledger's {self.place} goes on in {self.page_name(number)}, "
                    "which is gone",
                    "put it back from a copy of the cluster",
                )
            self.pages.append(lines)
        if self.pages:
            head, _, rest = files[LEDGER].partition(b"\n")
            files[LEDGER] = b"\n".join([head, *self.paged(), rest])
        return files, version

    def paged(self) -> list[bytes]:
        return [line for page in self.pages for line in page]

    def page_name(self, number: int) -> str:
        return f"{self.name}.{self.environment}-{number}"

    def page(self, number: int) -> list[bytes] | None:
        """The lines of a page."""
        found = self.get(self.page_name(number))
        if found is None:
            return None
        return str(found["data"].get(LEDGER) or "").encode().split(b"\n")

    def swap(self, files: Mapping[str, bytes], version: str) -> None:
        if version and field(self.found, "metadata.resourceVersion") != version:
            if self.look()[1] != version:
                raise Lost
        data = dict(field(self.found, "data") or {}) if version else {}
        data.update({f"{self.environment}.{k}": v.decode() for k, v in files.items()})
        self.shorten(data, files[LEDGER])
        size = map_size(data)
        if size > MAP_LIMIT:
            raise Stop(
                f"the ledger is too large for a ConfigMap: {size} bytes, at most "
                f"{MAP_LIMIT}",
                "move it to git, s3 or a path: docs/ledger.md says how",
            )
        labels = dict(field(self.found, "metadata.labels") or {}) if version else {}
        metadata: Json = {"name": self.name, "labels": labels}
        if version:
            metadata["resourceVersion"] = version
            metadata["annotations"] = field(self.found, "metadata.annotations") or {}
        done = self.put("replace" if version else "create", metadata, data)
        if done.code:
            raise self.failed(done, "written")

    def put(self, verb: str, metadata: Json, data: Json, **more: Any) -> Done:
        """Creates or replaces a ConfigMap of mlpipe's."""
        labels = {
            **metadata.get("labels", {}),
            "app.kubernetes.io/managed-by": "mlpipe",
        }
        metadata = {**metadata, "namespace": self.namespace, "labels": labels}
        document: Json = {"apiVersion": "v1", "kind": "ConfigMap", **more}
        document.update(metadata=metadata, data=data)
        words = (verb, "-f", "-", "--validate=false", "-o", "name")
        return self.kubectl(*words, stdin=json.dumps(document).encode())

    def shorten(self, data: Json, ledger: bytes) -> None:
        """Leaves out what is on pages, and makes one more when it is still too much."""
        head, *lines = ledger.split(b"\n")
        paged = self.paged()
        if lines[: len(paged)] != paged:
            raise Stop(f"the pages of the {self.place} are of another ledger")
        lines = lines[len(paged) :]
        key = f"{self.environment}.{LEDGER}"
        data[key] = b"\n".join([head, *lines]).decode()
        if map_size(data) <= MAP_LIMIT:
            return
        count, size = 0, sum(map(len, lines)) + len(lines)
        # The last lines stay: the one of the newest entry is not yet as it will be.
        while size > MAP_KEEPS and count < len(lines) - 3:
            size -= len(lines[count]) + 1
            count += 1
        if count:
            count = self.turn(lines[:count])
            data[key] = b"\n".join([head, *lines[count:]]).decode()
            data[f"{self.environment}.pages"] = str(len(self.pages) + 1)

    def turn(self, lines: list[bytes]) -> int:
        """Makes the next page of these lines, or takes the one that a run made which was
        stopped before it wrote on: how many lines it has."""
        number = len(self.pages) + 1
        page = {LEDGER: b"\n".join(lines).decode()}
        done = self.put(
            "create", {"name": self.page_name(number)}, page, immutable=True
        )
        if done.code == 0:
            return len(lines)
        fault = self.failed(done, "written")
        found = self.page(number) if isinstance(fault, Lost) else None
        if found is None:
            raise fault
        if found != lines[: len(found)]:
            raise Stop(
                f"the ConfigMap {self.namespace}/{self.page_name(number)} is of "
                "another ledger",
                "remove it if nothing needs it",
            )
        return len(found)


def map_size(data: Mapping[str, Any]) -> int:
    """Bytes of a ConfigMap, as its limit counts them."""
    return sum(len(k) + len(str(v).encode()) for k, v in data.items())


# S3


class S3Store(Store):
    """Two objects below `PREFIX/ENV/`. S3 compares the ETag of `ledger.json`; what
    `deploy_state.json` says follows from it and is put there afterwards."""

    def __init__(self, place: str, environment: str, deadline: Deadline) -> None:
        super().__init__(environment, place, deadline)
        self.bucket, _, prefix = place[len("s3://") :].partition("/")
        self.prefix = "/".join(p for p in (prefix.strip("/"), environment) if p) + "/"

    def aws(self, verb: str, name: str, *words: str) -> Json:
        """A call of the AWS CLI about one object; its answer, which is JSON."""
        where = (
            "--bucket",
            self.bucket,
            "--key",
            self.prefix + name,
            "--output",
            "json",
        )
        env = {"AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off"}
        words = ("aws", "s3api", verb, *where, *words)
        done = run(words, self.limit(), env, capture=True, hear=True)
        if done.code:
            raise self.failed(done)
        try:
            answer = json.loads(done.output or "{}")
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Unclear(f"what aws says of {self.place} is not JSON")
        return answer

    def failed(self, done: Done) -> Exception:
        """What an error of the AWS CLI's means."""
        reason = re.search(r"An error occurred \(([^)]*)\)", done.errors)
        word = reason[1] if reason else ""
        heard = " ".join(done.errors.split())[-400:] or "no answer in time"
        sentence = f"the ledger at {self.place} cannot be reached: {heard}"
        if word in ("PreconditionFailed", "ConditionalRequestConflict", "412", "409"):
            return Lost()
        if word in ("NoSuchKey", "404"):
            return FileNotFoundError(word)
        if "Unknown options" in done.errors or "nrecognized arguments" in done.errors:
            asked = run(["aws", "--version"], self.limit(), capture=True)
            version = (asked.output.split() or ["this AWS CLI"])[0]
            return Stop(
                f"{version} does not know conditional writes (--if-match)",
                "the ledger in S3 needs an AWS CLI that is newer than 25 November 2024",
            )
        if word in ("NotImplemented", "501"):
            return self.unconditional(heard)
        if word in ("AccessDenied", "403"):
            return Stop(
                sentence,
                "it takes s3:GetObject and s3:PutObject below the prefix, and "
                "s3:ListBucket, without which what is not there looks forbidden",
            )
        wrong = ("NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch")
        if word in wrong or "Unable to locate credentials" in heard:
            return Stop(sentence)
        return Unclear(sentence)

    def unconditional(self, why: str) -> Stop:
        return Stop(
            f"{self.place} does not keep conditional writes: {why}",
            "two runs could overwrite each other's entries; use a server that answers "
            "412 to If-Match, or another store",
        )

    def get(self, name: str) -> tuple[bytes, str]:
        """An object and its ETag; `FileNotFoundError` when it is not there."""
        with tempfile.TemporaryDirectory(prefix="mlpipe-") as folder:
            path = os.path.join(folder, "object")
            answer = self.aws("get-object", name, path)
            tag = answer.get("ETag")
            if not isinstance(tag, str) or not tag:
                raise Stop(f"what aws says of {self.place} has no ETag")
            return whole_file(path), tag

    def put(self, name: str, data: bytes, *words: str) -> None:
        with tempfile.TemporaryDirectory(prefix="mlpipe-") as folder:
            path = os.path.join(folder, "object")
            with open(path, "wb") as file:
                file.write(data)
            kind = ("--content-type", "application/json")
            self.aws("put-object", name, "--body", path, *kind, *words)

    def look(self) -> tuple[dict[str, bytes] | None, str]:
        try:
            data, version = self.get(LEDGER)
        except FileNotFoundError:
            return None, ""
        except Lost:
            raise Unclear(f"{self.place} does not answer") from None
        files = {LEDGER: data}
        with contextlib.suppress(FileNotFoundError, Lost):
            files[DEPLOY_STATE] = self.get(DEPLOY_STATE)[0]
        return files, version

    def swap(self, files: Mapping[str, bytes], version: str) -> None:
        condition = ("--if-match", version) if version else ("--if-none-match", "*")
        try:
            self.put(LEDGER, files[LEDGER], *condition)
        except FileNotFoundError:
            raise Lost from None
        if not version:
            self.probe(files[LEDGER])
        if DEPLOY_STATE in files:
            try:
                self.put(DEPLOY_STATE, files[DEPLOY_STATE])
            except (Unclear, Lost, Stop) as fault:
                complain(f"{DEPLOY_STATE} is not up to date: {fault}", level="warning")

    def probe(self, data: bytes) -> None:
        """Once, when a ledger is new: a server that does not know the conditions would
        overwrite without a word. What is put is what is there already."""
        for words in (("--if-none-match", "*"), ("--if-match", '"' + "0" * 32 + '"')):
            try:
                self.put(LEDGER, data, *words)
            except (Lost, FileNotFoundError):
                continue
            raise self.unconditional(f"it took a write with {words[0]}")


def open_store(options: Options, deadline: Deadline) -> Store:
    """The store that the script names."""
    kind, place, _, environment = options.words("ledger")[:4]
    if kind == "path":
        return PathStore(place, environment, deadline)
    if kind == "git":
        return GitStore(options, environment, deadline)
    if kind == "configmap":
        return ConfigMapStore(options, environment, deadline)
    if kind == "s3":
        return S3Store(place, environment, deadline)
    if kind == "host":
        return HostStore(options, environment, deadline)
    raise Stop(f"the script and its runtime do not fit: --ledger {kind}", code=2)
