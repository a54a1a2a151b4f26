# ---- section: the critical section of one environment -------------------------------
#
# begin reads what is live and writes it down before anything is touched; roll-out,
# smoke, shadow, canary-1, canary-2, … and switch act; watch looks; finish says that it
# is good; restore puts back what was good. Each phase is a process of its own, and
# `deploy-ENV.state.json` is all that they share.

#: Phases after which there is nothing to put back.
ENDED = ("finished", "restored", "left")


class Section:
    """The state of one deploy, written to disk before and after each act. A drill's has
    a file of its own, so that nobody takes it for a deploy that could be finished."""

    def __init__(self, options: Options, kind: str = "deploy") -> None:
        self.environment = options.one("environment")
        self.kind = kind
        self.path = os.path.join(OUT, f"{kind}-{self.environment}.state.json")
        self.data: Json = {}

    def load(self) -> bool:
        """Is there a state of this run?"""
        try:
            with open(self.path, encoding="utf-8") as file:
                data = json.load(file)
        except (OSError, ValueError):
            return False
        mine = this_run()
        same = isinstance(data, dict) and data.get("environment") == self.environment
        if not same or any(data.get(k) != mine[k] for k in ("run_id", "commit")):
            return False
        self.data = data
        return True

    def save(self, phase: str) -> None:
        """Writes the state so that it survives a lost machine."""
        self.data.update(phase=phase, at=now())
        write_atomically(self.path, json.dumps(self.data, indent=2) + "\n")
        for path in (self.path, OUT):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def failed(self, why: str) -> None:
        """Keeps why it does not go on, for what is written when it is put back."""
        if self.data.get("phase") not in (None, *ENDED):
            self.data["why"] = why
            self.save(self.data["phase"])

    def need(self, *phases: str) -> None:
        """The phase before has to have ended well."""
        if not self.load() or self.data["phase"] not in phases:
            raise Stop(
                f"the deploy to {self.environment} has not come so far",
                "the phases run in the order in which `--help` has them",
            )


@job(
    "deploy",
    once={
        "phase": 1,
        "environment": 1,
        "image": 1,
        "model": 1,
        "kubernetes": 5,
        "argo": 5,
        "command": 4,
        **HOSTS_ONCE,
        "traffic": 1,
        "istio": 1,
        "shift": 1,
        "promote": 1,
        "blue-green": 1,
        **SHADOW_ONCE,
        "smoke": 1,
        "approval": 3,
        "dispatch": 1,
        "within": 1,
        "timeout": 1,
        **WATCH_ONCE,
        **BOOK_ONCE,
    },
    many={
        "allow": 3,
        "offer": 2,
        "gate": 1,
        "canary": 2,
        **HOSTS_MANY,
        **WATCH_MANY,
        **BOOK_MANY,
    },
)
def deploy_job(record: Record, options: Options) -> int:
    """One phase, or all of them as processes of their own."""
    phase = options.one("phase")
    if phase == "all":
        return all_phases(record, options)
    section = Section(options)
    record.more_follows = phase not in ("finish", "restore", "shadow-stop")
    deadline = time_left(phase, options, section)
    if phase == "begin":
        return deploy_begin(record, options, section, deadline)
    if phase == "restore":
        return restore_all(record, options, section, deadline)
    if phase == "shadow-stop":
        return shadow_stop(record, options, section, deadline)
    act = deploy_canary if phase.startswith("canary-") else ACTS[phase]
    try:
        return act(record, options, section, deadline)
    except (Stop, Signalled) as error:
        section.failed(why_not(error))
        raise


def why_not(error: BaseException) -> str:
    """Why a deploy does not go on, for the ledger."""
    if isinstance(error, Signalled):
        return "the run was cancelled"
    return error.sentence if isinstance(error, Stop) else repr(error)


def time_left(phase: str, options: Options, section: Section) -> Deadline:
    """The job's limit counts from `begin` on, over all phases; a put-back has a time of
    its own, so that a roll-out that took too long can be put back at all."""
    limit = float(options.one("timeout", "3600"))
    if phase == "restore":
        return Deadline(budget(options))
    if phase != "begin" and section.load():
        limit -= max(0.0, time.time() - float(section.data["began"]))
    return Deadline(max(0.0, limit))


def verb_seconds(options: Options) -> float:
    """The limit of each verb of the target."""
    kinds = ("kubernetes", "argo", "ssh", "command")
    seconds = float(next(options.words(k) for k in kinds if options.has(k))[-1])
    return seconds * max(1, len(options.each("ssh-host")))  # one after another


def budget(options: Options) -> float:
    """Seconds that putting back may take."""
    if options.has("within"):
        return float(options.one("within"))
    return 3 * verb_seconds(options) + 120


def outcome(record: Record, section: Section, text: str, what: str) -> None:
    """Writes down how the deploy ended (or stands), for people and notifications."""
    data = section.data
    if section.kind == "drill":
        rehearsed(record, section, text, what)
        return
    record.data["deploy"] = {
        "environment": section.environment,
        "outcome": text,
        "what": what,
        "reference": data.get("reference"),
        "digest": data.get("digest"),
        "before": data.get("before"),
        "approved_by": data.get("approved_by"),
        "why": data.get("why"),
        "seconds": data.get("seconds"),
        "halted": data.get("halted"),
        "watch": data.get("seen"),
    }
    record.save()
