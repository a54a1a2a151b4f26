# ---- target: what serves now, and how another one is put there ----------------------


class Live:
    """What serves now."""

    def __init__(
        self,
        what: str,
        ready: bool,
        readable: bool = True,
        wants: str = "",
        parts: tuple[str, ...] = (),
    ) -> None:
        #: An image reference or a digest; empty when nothing serves yet. Where hosts
        #: differ it is a sentence, and `parts` are what it speaks of.
        self.what = what
        self.parts = parts or ((what,) if what else ())
        #: It is completely rolled out.
        self.ready = ready
        #: False: the target did not say.
        self.readable = readable
        #: What it is on its way to, where that is another thing than what serves.
        self.wants = wants

    def foreign(self, mine: Sequence[str]) -> str:
        """What serves, or is about to, and is none of these; empty when nothing is."""
        all = (*self.parts, *filter(None, [self.wants]))
        return next((what for what in all if what not in mine), "")

    def differs(self) -> bool:
        """Not every host has the same."""
        return len(self.parts) > 1


class Target:
    """One place to deploy to. `reference` is its name for what is deployed."""

    #: A half-done roll-out is put back even when `live` shows the old one.
    partial = False

    def check(self, weights: Sequence[str], deadline: Deadline) -> None:
        """May traffic move in these steps? What contradicts them is a `Stop`, before
        anything is touched."""

    def live(self, deadline: Deadline) -> Live:
        """What serves now; `Stop` when it does not say."""
        raise NotImplementedError

    def put(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        """Rolls it out and waits until it is done. The result is an exit status."""
        raise NotImplementedError

    def back(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        """Puts back what served before."""
        return self.put(reference, env, deadline)

    def start(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        """Starts it beside what is live, for a canary."""
        raise NotImplementedError

    def shift(self, weight: str, env: Mapping[str, str], deadline: Deadline) -> int:
        """What `start` started gets so many percent of the traffic."""
        raise NotImplementedError

    def promote(
        self, reference: str, env: Mapping[str, str], deadline: Deadline
    ) -> int:
        """It becomes the only one."""
        raise NotImplementedError

    def keep(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        """It has all of the traffic already, and becomes the only one."""
        return self.promote(reference, env, deadline)

    def clear(self, deadline: Deadline) -> int:
        """Takes away what runs beside what is live, which stays as it is."""
        return 0

    def by_hand(self, reference: str) -> str:
        """What a person does when the put-back failed."""
        raise NotImplementedError


class Kubernetes(Target):
    """A Deployment; one container's image is set, everything else stays."""

    def __init__(self, words: Sequence[str]) -> None:
        self.secret, self.namespace, self.name, self.container = words[:4]
        self.seconds = int(words[4])
        self.file = ""
        #: What splits its traffic, where anything does.
        self.traffic: Splitter | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """The kubeconfig as a file: the secret holds its path or its content."""
        value = os.environ.get(self.secret, "")
        if not value.strip():
            raise Stop(
                f"{self.secret} is empty, so there is no way to the cluster",
                "an unset secret reaches a job as an empty text",
            )
        if "\n" not in value.strip() and os.path.isfile(value.strip()):
            self.file = os.path.abspath(value.strip())
            yield
            return
        if "clusters" not in value:
            raise Stop(
                f"{self.secret} is neither a kubeconfig nor the path of one",
                "store the whole file as it is, not encoded",
            )
        handle, self.file = tempfile.mkstemp(prefix="mlpipe-")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(value)
            yield
        finally:
            os.unlink(self.file)

    def kubectl(
        self,
        words: Sequence[str],
        deadline: Deadline,
        capture: bool = False,
        stdin: str | None = None,
    ) -> Done:
        with self.opened():
            words = ["kubectl", "--namespace", self.namespace, *words]
            env = {"KUBECONFIG": self.file}
            text = None if stdin is None else stdin.encode()
            return run(words, deadline, env, capture=capture, stdin=text, hear=True)

    def ask(self, words: Sequence[str], deadline: Deadline) -> Json:
        """One object of the cluster, or a Stop that names it."""
        words = ["get", *words, "-o", "json", "--request-timeout=30s"]
        done = self.kubectl(words, deadline, capture=True)
        what = " ".join(words[1:3])
        if done.code:
            heard = done.errors.strip()[-400:]
            raise Stop(f"the cluster does not give the {what}: {heard}")
        try:
            found = json.loads(done.output)
        except ValueError:
            raise Stop(f"what kubectl says of the {what} is not JSON") from None
        if not isinstance(found, dict):
            raise Stop(f"what kubectl says of the {what} is no object")
        return found

    def check(self, weights: Sequence[str], deadline: Deadline) -> None:
        if self.traffic and weights:
            self.traffic.check(deadline)

    def live(self, deadline: Deadline) -> Live:
        words = ["get", "deployment", self.name, "-o", "json", "--request-timeout=30s"]
        done = self.kubectl(words, deadline, capture=True)
        place = f"deployment {self.name} in namespace {self.namespace}"
        if done.code:
            heard = done.errors.strip()[-400:]
            if "(NotFound)" in done.errors:
                raise Stop(
                    f"there is no {place}: {heard}",
                    f"create it once (kubectl -n {self.namespace} apply -f …) with a "
                    f"container {self.container}; the pipeline only sets its image",
                )
            raise Stop(f"the cluster does not answer about the {place}: {heard}")
        try:
            found = json.loads(done.output)
        except ValueError:
            raise Stop(f"what kubectl says of the {place} is not JSON") from None
        containers = field(found, "spec.template.spec.containers") or []
        images = {str(c.get("name")): str(c.get("image") or "") for c in containers}
        if not images.get(self.container):
            names = ", ".join(sorted(images)) or "none"
            raise Stop(f"the {place} has no container {self.container}, only {names}")
        return Live(images[self.container], rolled_out(found))

    def put(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        name = f"deployment/{self.name}"
        words = ["set", "image", name, f"{self.container}={reference}"]
        code = self.kubectl([*words, "--request-timeout=30s"], deadline).code
        if code:
            return code
        words = ["rollout", "status", name, f"--timeout={self.seconds}s"]
        return self.kubectl(words, shorter(deadline, self.seconds + 30)).code

    def start(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        splitter = self.splitter()
        splitter.token = env.get("MLPIPE_BESIDE_HEADER", "").partition(": ")[2]
        return splitter.start(reference, deadline)

    def shift(self, weight: str, env: Mapping[str, str], deadline: Deadline) -> int:
        return self.splitter().shift(weight, deadline)

    def promote(
        self, reference: str, env: Mapping[str, str], deadline: Deadline
    ) -> int:
        code = self.put(reference, env, deadline)
        return code or self.splitter().remove(deadline)

    def back(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        # The traffic first: what it goes to then is still there, and was good.
        code = self.clear(deadline)
        put = self.put(reference, env, deadline)
        return code or put

    def clear(self, deadline: Deadline) -> int:
        return self.traffic.remove(deadline) if self.traffic else 0

    def splitter(self) -> Splitter:
        if self.traffic is None:
            raise Stop(f"nothing splits the traffic of deployment {self.name}")
        return self.traffic

    def by_hand(self, reference: str) -> str:
        words = (
            f"kubectl -n {self.namespace} set image deployment/{self.name} "
            f"{self.container}={reference}"
        )
        return words + (self.traffic.by_hand() if self.traffic else "")


def rolled_out(found: Json) -> bool:
    """Is a Deployment where its spec wants it? As `kubectl rollout status` decides."""
    seen = field(found, "status.observedGeneration") or 0
    wanted = field(found, "spec.replicas")
    wanted = 1 if wanted is None else wanted
    numbers = [
        field(found, "status." + name) or 0
        for name in ("updatedReplicas", "replicas", "availableReplicas")
    ]
    return seen >= (field(found, "metadata.generation") or 0) and all(
        number == wanted for number in numbers
    )


class Command(Target):
    """A command line of the spec's own: `deploy`, `live` and perhaps `rollback`."""

    partial = True

    def __init__(
        self, words: Sequence[str], repository: str, shift: str = "", promote: str = ""
    ) -> None:
        self.deploy, self.live_command, self.rollback = words[:3]
        self.seconds = int(words[3])
        self.repository = repository
        self.shift_command = shift
        self.promote_command = promote

    def live(self, deadline: Deadline) -> Live:
        limit = shorter(deadline, self.seconds)
        done = run(self.live_command, limit, cwd=workdir(), capture=True)
        text = done.output.strip()
        if done.code:
            raise Stop(
                f"`live` ended with {done.code}, so nobody knows what serves now"
            )
        if text and not DIGEST.fullmatch(text):
            raise Stop(
                f"`live` printed {text[:200]!r}, which is neither a digest nor nothing",
                "it prints sha256: and 64 hex digits, or nothing if nothing serves",
            )
        return Live(text, bool(text))

    def put(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        limit = shorter(deadline, self.seconds)
        return run(self.deploy, limit, {**env, **self.names(reference)}, workdir()).code

    def back(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        limit = shorter(deadline, self.seconds)
        names = {**env, **self.names(reference), "MLPIPE_ROLLBACK_TO": reference}
        return run(self.rollback or self.deploy, limit, names, workdir()).code

    def start(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        return self.put(reference, env, deadline)

    def shift(self, weight: str, env: Mapping[str, str], deadline: Deadline) -> int:
        limit = shorter(deadline, self.seconds)
        names = {**env, "MLPIPE_WEIGHT": weight}
        return run(self.shift_command, limit, names, workdir()).code

    def promote(
        self, reference: str, env: Mapping[str, str], deadline: Deadline
    ) -> int:
        if not self.promote_command:
            return self.shift("100", env, deadline)
        limit = shorter(deadline, self.seconds)
        names = {**env, **self.names(reference), "MLPIPE_WEIGHT": "100"}
        return run(self.promote_command, limit, names, workdir()).code

    def keep(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        return self.promote(reference, env, deadline) if self.promote_command else 0

    def names(self, digest: str) -> dict[str, str]:
        """How the verbs are told what to put there."""
        if self.repository:
            return {
                "MLPIPE_IMAGE": f"{self.repository}@{digest}",
                "MLPIPE_DIGEST": digest,
            }
        return {"MLPIPE_DIGEST": digest, "MLPIPE_MODEL_DIGEST": digest}

    def by_hand(self, reference: str) -> str:
        return f"put {reference} back with your own tools"


def shorter(deadline: Deadline, seconds: float) -> Deadline:
    """A limit of its own for one command, inside the whole one."""
    left = deadline.left()
    return Deadline(seconds if left is None else min(left, seconds))


#: What splits the traffic of a Deployment, by the option that names its object.
SPLITTERS: dict[str, type[Splitter]] = {"traffic": Nginx, "istio": Istio}


def open_target(options: Options) -> Target:
    """The target that the script names."""
    if options.has("kubernetes"):
        cluster = Kubernetes(options.words("kubernetes"))
        for option, splitter in SPLITTERS.items():
            if options.has(option):
                cluster.traffic = splitter(cluster, options.one(option))
        return cluster
    if options.has("argo"):
        return Argo(options.words("argo"))
    if options.has("ssh"):
        return Hosts(options)
    shift, promote = options.one("shift"), options.one("promote")
    return Command(options.words("command"), options.one("image"), shift, promote)
