# ---- deploy: the critical section of one environment --------------------------------
#
# begin reads what is live and writes it down before anything is touched; roll-out and
# smoke act; finish says that it is good; restore puts back what begin found. Each phase
# is a process of its own, and `deploy-ENV.state.json` is all that they share.

PHASES = ("begin", "roll-out", "smoke", "finish")


class Section:
    """The state of one deploy, written to disk before and after each act."""

    def __init__(self, options: Options) -> None:
        self.environment = options.one("environment")
        self.path = os.path.join(OUT, f"deploy-{self.environment}.state.json")
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

    def need(self, *phases: str) -> None:
        """The phase before has to have ended well."""
        if not self.load() or self.data["phase"] not in phases:
            raise Stop(
                f"the deploy to {self.environment} has not come so far",
                "the phases run in the order begin, roll-out, smoke, finish",
            )


@job(
    "deploy",
    once={
        "phase": 1,
        "environment": 1,
        "image": 1,
        "model": 1,
        "kubernetes": 5,
        "command": 4,
        "smoke": 1,
        "approval": 3,
        "timeout": 1,
    },
    many={"allow": 3, "gate": 1},
)
def deploy_job(record: Record, options: Options) -> int:
    """One phase, or all of them as processes of their own."""
    phase = options.one("phase")
    if phase == "all":
        return all_phases(record, options)
    section = Section(options)
    act = {
        "begin": deploy_begin,
        "roll-out": deploy_roll_out,
        "smoke": deploy_smoke,
        "finish": deploy_finish,
        "restore": deploy_restore,
    }[phase]
    record.more_follows = phase not in ("finish", "restore")
    return act(record, options, section, time_left(phase, options, section))


def time_left(phase: str, options: Options, section: Section) -> Deadline:
    """The job's limit counts from `begin` on, over all phases; a put-back has a time of
    its own, so that a roll-out that took too long can be put back at all."""
    limit = float(options.one("timeout", "3600"))
    if phase == "restore":
        words = options.words("kubernetes") or options.words("command")
        return Deadline(3 * float(words[-1]) + 120)
    if phase != "begin" and section.load():
        limit -= max(0.0, time.time() - float(section.data["began"]))
    return Deadline(max(0.0, limit))


def outcome(record: Record, section: Section, text: str, what: str) -> None:
    """Writes down how the deploy ended (or stands), for people and notifications."""
    data = section.data
    record.data["deploy"] = {
        "environment": section.environment,
        "outcome": text,
        "what": what,
        "reference": data.get("reference"),
        "digest": data.get("digest"),
        "before": data.get("before"),
        "approved_by": data.get("approved_by"),
    }
    record.save()


# begin


def allowed(uses: Sequence[Sequence[str]], what: str) -> None:
    """This event and ref may do this: what the platform decided is decided once more,
    because GitHub's conditions do not tell `main` from `MAIN`."""
    get = os.environ.get
    event = get("MLPIPE_EVENT", "")
    if event == "event":
        event += ":" + get("MLPIPE_EVENT_NAME", "")
    refs = {"branch": get("MLPIPE_BRANCH", ""), "tag": get("MLPIPE_TAG", "")}
    if refs["tag"]:
        refs["branch"] = ""
    for name, kind, pattern in uses:
        if name == event and name != "pull_request":
            if kind == "any" or (refs[kind] and glob_matches(pattern, refs[kind])):
                return
    where = refs["tag"] or refs["branch"] or "no branch"
    raise Stop(
        f"a run by {event or 'no event'} on {where} does not {what}",
        "the branches and tags of `on push` and `on tag` do",
    )


def glob_matches(pattern: str, name: str) -> bool:
    """`*` stops at `/`, `**` does not, everything else is itself."""
    parts = re.split(r"(\*\*|\*)", pattern)
    signs = {"**": ".*", "*": "[^/]*"}
    text = "".join(signs.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(text, name, re.DOTALL) is not None


def check_gates(required: Sequence[str], verdicts: Sequence[Json]) -> None:
    """Each gate passed, and a record that the image was made after is unchanged."""
    by_job = {str(verdict.get("job")): verdict for verdict in verdicts}
    for name, verdict in by_job.items():
        if verdict.get("status") not in ("passed", "advisory"):
            raise Stop(f"{name} has not passed")
        if os.path.exists(os.path.join(OUT, name + ".json")):
            if file_hash(name) != verdict.get("sha256"):
                raise Stop(f"the record of {name} has changed since the image was made")
    for name in required:
        if name not in by_job:  # a gate of the pushed image, or there is no image
            must_have_passed(name)


def must_have_passed(name: str) -> None:
    """The gate's own record of this run says so."""
    status = read_record(name).status
    if status not in ("passed", "advisory"):
        raise Stop(f"{name} has not passed: its record says {status}")


def artifact(options: Options) -> tuple[str, str, list[Json]]:
    """What is deployed, as the run's own records have it: a reference, a digest, and
    the models in it."""
    if options.has("image"):
        record = read_record("image")
        if record.status != "passed":
            raise Stop(f"the image has not passed: its record says {record.status}")
        found = record.data.get("image") or {}
        digest = str(found.get("digest") or "")
        if found.get("repository") != options.one("image"):
            raise Stop("the record of the image is of another repository")
        reference = options.one("image") + "@" + digest
        check_gates(options.each("gate"), found.get("gates") or [])
        models = found.get("models") or []
    else:
        name = "model-" + options.one("model")
        record = read_record(name)
        if record.status != "passed":
            raise Stop(f"{name} has not passed: its record says {record.status}")
        digest = str(field(record.data, "model.digest") or "")
        reference = digest
        check_gates(options.each("gate"), [])
        models = [record.data["model"]]
    if not DIGEST.fullmatch(digest):
        raise Stop(f"what is to be deployed has no digest but {digest!r}")
    return reference, digest, models


def check_room(options: Options) -> None:
    """GitLab's runner may cap a job lower than its file says; then nothing is begun."""
    cap = os.environ.get("CI_JOB_TIMEOUT", "")
    need = int(options.one("timeout", "0"))
    if os.environ.get("MLPIPE_PLATFORM") == "gitlab" and cap.isdigit():
        if int(cap) < need:
            raise Stop(
                f"this runner ends jobs after {span(int(cap))}, the deploy may need "
                f"{span(need)}",
                "raise the runner's maximum job timeout, or lower the deploy's limits",
            )


def deploy_begin(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Evidence first, then what is live is read and written down."""
    began = time.time()
    earlier = dict(section.data) if section.load() else {}
    section.data = {"environment": section.environment, **this_run()}
    try:
        allowed(options.all("allow"), "deploy")
        check_room(options)
        image, digest, models = artifact(options)
        by_command = options.has("command")  # whose `live` prints a digest
        section.data.update(reference=digest if by_command else image, digest=digest)
        section.data["models"] = models
        section.data["approved_by"] = check_approval(options.words("approval"))
        live = open_target(options).live(deadline)
    except BaseException:
        if earlier.get("phase") not in (None, "finished", "restored", "left"):
            # A second begin must not lose what the first one has to put back.
            section.data = earlier
        outcome(record, section, "failed_untouched", "nothing was touched")
        raise
    before = live.what
    unfinished = earlier.get("phase") not in (None, "finished", "restored", "left")
    if unfinished and live.what == section.data["reference"]:
        before = str(earlier.get("before") or "")
    section.data.update(before=before, was_ready=live.ready, began=began)
    section.save("begun")
    outcome(record, section, "unfinished", "the deploy has begun")
    if not before:
        say(f"mlpipe: nothing is live in {section.environment} yet: a first deploy, so")
        say("mlpipe: there is nothing to put back if it fails")
    else:
        say(f"mlpipe: live in {section.environment}: {before}")
    return 0


# roll-out, smoke, finish


def verb_env(section: Section, options: Options) -> dict[str, str]:
    """What every command of a deploy is told."""
    data, digest = section.data, str(section.data["digest"])
    env = {"MLPIPE_ENVIRONMENT": section.environment, "MLPIPE_DIGEST": digest}
    if options.has("image"):
        env["MLPIPE_IMAGE"] = options.one("image") + "@" + digest
    first: Json = next(iter(data.get("models") or []), {})
    for name in ("version", "digest"):
        env["MLPIPE_MODEL_" + name.upper()] = str(first.get(name) or "")
    env["MLPIPE_LIVE_BEFORE"] = str(data.get("before") or "")
    return env


def deploy_roll_out(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Puts it live, unless it is live already."""
    section.need("begun")
    target = open_target(options)
    wanted = str(section.data["reference"])
    live = target.live(deadline)
    if live.what == wanted and live.ready:
        section.data["unchanged"] = live.what == section.data["before"]
        section.save("rolled-out")
        say(f"mlpipe: {wanted} is live already; it is not rolled out again")
        return 0
    if live.what not in (section.data["before"], wanted):
        raise Stop(
            f"{section.environment} was changed by somebody else since the deploy "
            f"began: it has {live.what or 'nothing'}, "
            f"it had {section.data['before'] or 'nothing'}"
        )
    section.save("rolling")
    code = target.put(wanted, verb_env(section, options), deadline)
    if code:
        raise Stop(
            f"the roll-out to {section.environment} failed with {code}", code=code
        )
    section.save("rolled-out")
    return 0


def deploy_smoke(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """The spec's own check of what serves now."""
    section.need("rolled-out", "smoked")
    command = options.one("smoke")
    if command:
        code = run(command, deadline, verb_env(section, options), workdir()).code
        if code:
            raise Stop(f"the smoke test failed with {code}", code=code)
    section.save("smoked")
    return 0


def deploy_finish(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """What is live is what this run deployed: that is good."""
    section.need("rolled-out", "smoked", "finished")
    if options.has("smoke") and section.data["phase"] == "rolled-out":
        raise Stop("the smoke test has not run")
    live = open_target(options).live(deadline)
    wanted = str(section.data["reference"])
    if live.what != wanted or not live.ready:
        state = "" if live.what != wanted else ", but not ready"
        raise Stop(
            f"{section.environment} has {live.what or 'nothing'}{state} at the end of "
            f"the deploy, not {wanted}"
        )
    section.save("finished")
    text = "unchanged" if section.data.get("unchanged") else "deployed"
    outcome(record, section, text, f"{wanted} serves {section.environment}")
    say(f"mlpipe: {wanted} serves {section.environment}")
    return 0


# restore


def read_live(target: Target, deadline: Deadline) -> Live:
    """What serves now, or that the target did not say."""
    try:
        return target.live(deadline)
    except Stop as stop:
        complain(stop.sentence, stop.help, "warning")
        return Live("", False, readable=False)


def deploy_restore(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Puts back what was live, if what is live is what this run put there. 0 when that
    is done or there is nothing to do: the job is red by the phase that failed."""
    environment = section.environment
    if not section.load():
        say(f"mlpipe: the deploy to {environment} did not begin; nothing to put back")
        return 0
    phase = section.data["phase"]
    if phase in ("finished", "restored", "left"):
        say(f"mlpipe: the deploy to {environment} is {phase}; nothing to put back")
        return 0

    def ends(state: str, text: str, what: str) -> int:
        section.save(state)
        outcome(record, section, text, what)
        record.finish("failed", what)
        say("mlpipe: " + what)
        return 0

    before, wanted = str(section.data["before"]), str(section.data["reference"])
    if phase == "begun" or section.data.get("unchanged"):
        return ends("left", "failed_untouched", f"nothing was changed in {environment}")
    if not before:
        return ends(
            "left",
            "nothing_to_restore",
            f"this was the first deploy to {environment}: there is nothing to put "
            f"back, what it left there stays",
        )
    target = open_target(options)
    live = read_live(target, deadline)
    half_done = target.partial and phase in ("rolling", "restoring")
    if live.readable and live.what == before and live.ready and not half_done:
        text = "restored" if phase == "restoring" else "failed_untouched"
        return ends("restored", text, f"{before} serves {environment} as before")
    if live.readable and live.what not in (wanted, before) and live.what:
        return ends(
            "left",
            "left_alone",
            f"{environment} has {live.what}, which this run did not put there: "
            f"it is left alone",
        )
    section.save("restoring")
    say(f"mlpipe: putting {before} back in {environment}")
    model = ("MLPIPE_MODEL_VERSION", "MLPIPE_MODEL_DIGEST", "MLPIPE_MODEL_PATH")
    env = {
        **verb_env(section, options),
        **dict.fromkeys(model, ""),
    }  # not the new one's
    code = target.back(before, env, deadline)
    after = read_live(target, deadline)
    if code or not after.readable or after.what != before or not after.ready:
        there = after.what or "nothing" if after.readable else "nobody knows what"
        what = f"putting {before} back in {environment} failed; it has {there} now"
        outcome(record, section, "restore_failed", what)
        record.finish("failed", what)
        raise Stop(what, "by hand: " + target.by_hand(before))
    return ends("restored", "restored", f"{before} was put back in {environment}")


# all phases


def fold(name: str, title: str, start: bool) -> None:
    """GitLab's log folds what stands between two such lines."""
    if os.environ.get("MLPIPE_PLATFORM") == "gitlab":
        word, head = ("start", title) if start else ("end", "")
        stamp = int(time.time())
        say(f"\x1b[0Ksection_{word}:{stamp}:mlpipe_{name}\r\x1b[0K{head}")
    elif start:
        say(f"mlpipe: {title}")


def phase_process(phase: str, title: str) -> int:
    """One phase as a process of its own; after a signal it has 25 s to end."""
    words = list(sys.argv[1:])
    words[words.index("--phase") + 1] = phase
    fold(phase.replace("-", "_"), title, True)
    process = start(
        [sys.executable, "-I", "-X", "utf8", os.path.abspath(__file__), *words],
        stdin=subprocess.DEVNULL,
    )
    try:
        heed()
        code = process.wait()
    except Signalled as signalled:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signalled.number)
        try:
            process.wait(25)
        except subprocess.TimeoutExpired:
            end_group(process, signal.SIGKILL)
        raise
    finally:
        fold(phase.replace("-", "_"), "", False)
    return 128 - code if code < 0 else code


TITLES = {
    "begin": "Check the evidence, read what is live",
    "roll-out": "Roll out",
    "smoke": "Smoke test",
    "finish": "Confirm what is live",
    "restore": "Put back what was live before",
}


def all_phases(record: Record, options: Options) -> int:
    """Begin to finish; when one fails after begin, restore, and the code of the first
    failure is the job's."""
    environment = options.one("environment")
    begun, code = False, 0
    try:
        for phase in PHASES:
            if phase == "smoke" and not options.has("smoke"):
                continue
            code = phase_process(phase, f"{TITLES[phase]}: {environment}")
            if code:
                break
            begun = True
        if code and begun:
            phase_process("restore", f"{TITLES['restore']}: {environment}")
        hold()  # all is done; what is left is to read how it ended
    except Signalled:
        if begun:  # once more if that was what it met: no second signal interrupts it
            phase_process("restore", f"{TITLES['restore']}: {environment}")
        raise
    finally:
        ended = find_record(record.job)
        if ended is not None:
            record.data = ended.data
    return code
