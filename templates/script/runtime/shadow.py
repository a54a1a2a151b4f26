# ---- shadow: copies of another environment's requests --------------------------------
#
# ingress-nginx sends a copy of every request of an Ingress to one more address and drops
# the answer (https://kubernetes.github.io/ingress-nginx, "Mirror"). That Ingress is
# another environment's: this changes annotations that it made itself, and only those.

SHADOW_ONCE = {"shadow": 4, "shadow-run": 3, "shadow-soaks": 0}
#: On the other environment's Ingress: who copies from it, and where to.
SHADOW = "mlpipe/shadow"
MIRROR_TARGET, MIRROR_HOST = NGINX + "mirror-target", NGINX + "mirror-host"


class Shadow:
    """Begins and ends the copying."""

    #: The environment whose requests are copied.
    source = ""

    def check(self, deadline: Deadline) -> None:
        """A `Stop` when it cannot be begun; nothing is changed."""

    def begin(self, env: Mapping[str, str], deadline: Deadline) -> int:
        """From now on there are copies. The result is an exit status."""
        raise NotImplementedError

    def end(self, env: Mapping[str, str], deadline: Deadline, any_run: bool) -> int:
        """No more of them; nothing is done where there are none. `any_run`: those of
        an earlier run of this deploy too."""
        raise NotImplementedError

    def by_hand(self) -> str:
        """What a person does when it could not be ended."""
        raise NotImplementedError


class ShadowByNginx(Shadow):
    """By annotations of the other environment's Ingress."""

    def __init__(self, options: Options, environment: str) -> None:
        self.source, self.secret, self.namespace, self.name = options.words("shadow")
        there = Kubernetes([self.secret, self.namespace, "", "", "60"])
        self.theirs = Nginx(there, self.name)
        # Who only ends the copies need not know where they go.
        here = Kubernetes(options.words("kubernetes") or ["", "", "", "", "60"])
        self.own = Nginx(here, options.one("traffic"))
        pipeline = os.environ.get("MLPIPE_PIPELINE", "")
        self.place = f"{pipeline}/{environment}/"
        self.mark = self.place + this_run()["run_id"]

    def look(self, deadline: Deadline) -> Json:
        """The other environment's Ingress; empty when there is none."""
        try:
            return self.theirs.target.ask(["ingress", self.name], deadline)
        except Stop as stop:
            if "(NotFound)" in stop.sentence:
                return {}
            raise Stop(
                f"{self.source}: {stop.sentence}",
                f"the kubeconfig in {self.secret} needs the rights get and patch on "
                f"the Ingress {self.name} in the namespace {self.namespace}",
            ) from None

    def address(self, deadline: Deadline) -> tuple[str, str]:
        """Where copies are sent: what ingress-nginx is told, and the host in it."""
        found = self.own.target.ask(["ingress", self.own.name], deadline)
        names = [str(rule.get("host") or "") for rule in field(found, "spec.rules") or []]
        hosts = [name for name in names if name and not name.startswith("*")]
        if not hosts:
            raise Stop(
                f"no rule of the Ingress {self.own.name} has a host, so nothing can "
                "be sent to it alone",
                f"give its rule a `host` that is not one of {self.source}",
            )
        host = hosts[0]
        notes = field(found, "metadata.annotations") or {}
        secure = str(notes.get(NGINX + "force-ssl-redirect")) == "true"
        for one in field(found, "spec.tls") or []:
            wild = "*." + host.partition(".")[2]
            secure = secure or host in one.get("hosts", [host]) or wild in one["hosts"]
        # With a variable in it the name is looked up for each request: one that is gone
        # is no fault in the configuration of the other environment.
        return f"http{'s' if secure else ''}://{host}$request_uri", host

    def check(self, deadline: Deadline) -> None:
        found = self.look(deadline)
        if not found:
            raise Stop(f"{self.source} has no Ingress {self.name} to copy requests from")
        self.free(found)
        _, host = self.address(deadline)
        rules = field(found, "spec.rules") or []
        if host in [rule.get("host") for rule in rules]:
            raise Stop(
                f"{host} is a host of {self.source} itself: each copy would be copied "
                "again, without end",
                "let the environment that gets the copies have a host of its own",
            )

    def free(self, found: Json) -> None:
        """An Ingress copies to one place: what somebody else set up there stays."""
        notes = field(found, "metadata.annotations") or {}
        mark, target = str(notes.get(SHADOW) or ""), notes.get(MIRROR_TARGET)
        if target and not mark.startswith(self.place):
            who = "`" + mark.partition(" ")[0] + "`" if mark else "somebody"
            raise Stop(
                f"the Ingress {self.name} of {self.source} copies its requests to "
                f"{target} already: {who} set that up, and it is left as it is",
                "an Ingress of ingress-nginx copies to one place at a time; end that "
                "one first, or take `shadow` out",
            )

    def write(self, found: Json, notes: Sequence[str], deadline: Deadline) -> Done:
        """Changes annotations, unless the Ingress was changed since it was looked at."""
        words = ["annotate", "ingress", self.name, "--overwrite", *notes]
        version = field(found, "metadata.resourceVersion")
        words += [f"--resource-version={version}", "--request-timeout=30s"]
        return self.theirs.target.kubectl(words, deadline, capture=True)

    def settle(
        self, notes: Callable[[Json], Sequence[str]], deadline: Deadline
    ) -> int:
        """Looks and writes, again when somebody else wrote in between."""
        for _ in range(3):
            found = self.look(deadline)
            wanted = notes(found)
            if not wanted:
                return 0
            done = self.write(found, wanted, deadline)
            if "(Conflict)" not in done.errors:
                break
        if done.code:
            say(done.errors.strip()[-400:])
        return done.code

    def begin(self, env: Mapping[str, str], deadline: Deadline) -> int:
        target, host = self.address(deadline)

        def notes(found: Json) -> list[str]:
            if not found:
                raise Stop(f"{self.source} has no Ingress {self.name} any more")
            self.free(found)
            mine = f"{SHADOW}={self.mark} {target}"
            return [mine, f"{MIRROR_TARGET}={target}", f"{MIRROR_HOST}={host}"]

        return self.settle(notes, deadline)

    def end(self, env: Mapping[str, str], deadline: Deadline, any_run: bool) -> int:
        def notes(found: Json) -> list[str]:
            old = field(found, "metadata.annotations") or {}
            mark, _, made = str(old.get(SHADOW) or "").partition(" ")
            if mark != self.mark and not (any_run and mark.startswith(self.place)):
                return []
            mine = [SHADOW]
            if old.get(MIRROR_TARGET) == made:  # nobody has changed it since
                mine += [MIRROR_TARGET, MIRROR_HOST]
            return [name + "-" for name in mine]

        return self.settle(notes, deadline)

    def by_hand(self) -> str:
        return (
            f"kubectl -n {self.namespace} annotate ingress {self.name} {SHADOW}- "
            f"{MIRROR_TARGET}- {MIRROR_HOST}-"
        )


class ShadowByCommands(Shadow):
    """By a pair of commands of the spec's own."""

    def __init__(self, options: Options) -> None:
        self.source, self.start_command, self.stop_command = options.words("shadow-run")
        #: The target's limit of a verb; the soak's job has no target.
        known = options.has("command") or options.has("kubernetes")
        self.seconds = verb_seconds(options) if known else 300.0

    def call(self, command: str, env: Mapping[str, str], deadline: Deadline) -> int:
        names = {**env, "MLPIPE_SHADOW_FROM": self.source}
        return run(command, shorter(deadline, self.seconds), names, workdir()).code

    def begin(self, env: Mapping[str, str], deadline: Deadline) -> int:
        return self.call(self.start_command, env, deadline)

    def end(self, env: Mapping[str, str], deadline: Deadline, any_run: bool) -> int:
        return self.call(self.stop_command, env, deadline)

    def by_hand(self) -> str:
        return self.stop_command


def open_shadow(options: Options, section: Section) -> Shadow | None:
    """Who copies requests to this environment, if anybody does."""
    return shadow_of(options, section.environment)


def shadow_of(options: Options, environment: str) -> Shadow | None:
    if options.has("shadow"):
        return ShadowByNginx(options, environment)
    return ShadowByCommands(options) if options.has("shadow-run") else None


def clear_shadow(options: Options, section: Section, deadline: Deadline) -> None:
    """Ends the copying that a run left behind that was killed."""
    shadow = open_shadow(options, section)
    if shadow is not None:
        code = shadow.end(shadow_env(section, options), deadline, True)
        if code:
            raise Stop(still_copied(shadow, code), "by hand: " + shadow.by_hand())


def shadow_env(section: Section, options: Options) -> dict[str, str]:
    """What a command is told that ends the copying, of whatever run."""
    if "digest" in section.data:
        return verb_env(section, options)
    return {"MLPIPE_ENVIRONMENT": section.environment}


def still_copied(shadow: Shadow, code: int) -> str:
    """What stays when the copying cannot be ended."""
    return f"ending the copies of the requests of {shadow.source} failed with {code}"


def deploy_shadow(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """What serves here, and has passed its own test, gets copies."""
    tested = options.has("smoke") and not options.all("canary")
    section.need("smoked" if tested else "rolled-out")
    shadow = open_shadow(options, section)
    if shadow is None:
        raise Stop("nothing says whose requests are copied", code=2)
    if section.data.get("unchanged"):
        say("mlpipe: it was live already; no requests are copied to it")
        return 0
    # Known before it is done, so that `restore` ends it.
    section.data["shadow"] = "begun"
    section.save(section.data["phase"])
    open_beat(options, section, deadline)()
    code = shadow.begin(verb_env(section, options), deadline)
    if code:
        what = f"copying the requests of {shadow.source} failed with {code}"
        raise Stop(what, code=code)
    section.data["shadow"] = "on"
    section.save(section.data["phase"])
    say(f"mlpipe: {section.environment} gets copies of the requests of {shadow.source}")
    return 0


def end_shadow(options: Options, section: Section, deadline: Deadline) -> None:
    """Ends the copying that this run began."""
    shadow = open_shadow(options, section)
    if shadow is None or section.data.get("shadow") not in ("begun", "on"):
        return
    code = shadow.end(verb_env(section, options), deadline, False)
    if code:
        raise Stop(still_copied(shadow, code), "by hand: " + shadow.by_hand())
    section.data["shadow"] = "ended"
    section.save(section.data["phase"])
    say(f"mlpipe: no more copies of the requests of {shadow.source}")


def restore_all(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """First nobody's requests are copied any more, then what was good comes back. The
    one is never kept from happening by the other."""
    late = 0
    if section.load():
        try:
            end_shadow(options, section, ledger_time(options))
        except Stop as stop:
            complain(stop.sentence, stop.help)
            late = 1
    return deploy_restore(record, options, section, deadline) or late


def shadow_stop(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Ends the copying and nothing else: that of this run; at a desk, whoever began it."""
    shadow = open_shadow(options, section)
    if shadow is None:
        raise Stop("nothing says whose requests are copied", code=2)
    known = section.load()
    desk = os.environ.get("MLPIPE_PLATFORM") == "desk"
    code = shadow.end(shadow_env(section, options), deadline, desk)
    if code:
        raise Stop(still_copied(shadow, code), "by hand: " + shadow.by_hand())
    if known and section.data.get("shadow"):
        section.data["shadow"] = "ended"
        section.save(section.data["phase"])
    say(f"mlpipe: no more copies of the requests of {shadow.source}")
    return 0
