# ---- deploy: from the evidence to what serves ----------------------------------------

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
    book = None
    try:
        allowed(options.all("allow"), "deploy")
        check_room(options)
        image, digest, models = artifact(options)
        by_command = options.has("command")  # whose `live` prints a digest
        section.data.update(reference=digest if by_command else image, digest=digest)
        section.data["models"] = models
        section.data["approved_by"] = check_approval(options.words("approval"))
        if options.has("dispatch"):
            section.data["approved_by"] = check_dispatch(
                options.one("dispatch"), section.environment, digest
            )
        if options.has("watch"):
            open_watch(options, section)  # what is missing for it is said now
        target = open_target(options)
        shadow = open_shadow(options, section)
        if shadow is not None:
            shadow.check(deadline)
        book = open_book(options, section, deadline)
        if book is None:
            clear_shadow(options, section, deadline)
        live = book.admit(target, deadline) if book else target.live(deadline)
        target.check(weights(options), deadline)
    except BaseException:
        if earlier.get("phase") not in (None, *ENDED):
            # A second begin must not lose what the first one has to put back.
            section.data = earlier
        what = (book.repaired if book else "") or "nothing was touched"
        outcome(record, section, "failed_untouched", what)
        if book is not None:
            book.close()
        raise
    before = live.what
    unfinished = earlier.get("phase") not in (None, *ENDED)
    if unfinished and live.what == section.data["reference"]:
        before = str(earlier.get("before") or "")
    section.data.update(before=before, was_ready=live.ready, began=began)
    section.data["parts"] = list(live.parts)
    section.data["good"] = book.good() if book is not None else before
    try:
        section.save("begun")
        outcome(record, section, "unfinished", "the deploy has begun")
        if book is not None:
            book.intend()
    except BaseException as error:
        # Not every platform calls `restore` when `begin` has failed.
        section.data["why"] = why_not(error)
        text = f"nothing was changed in {section.environment}"
        ending(record, section, book, "left", "failed_untouched", text)
        raise
    if not before:
        say(f"mlpipe: nothing is live in {section.environment} yet: a first deploy, so")
        say("mlpipe: there is nothing to put back if it fails")
    else:
        say(f"mlpipe: live in {section.environment}: {before}")
    if section.data["good"] != before:
        say(f"mlpipe: last good there: {section.data['good'] or 'nothing'}")
    return 0


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
    return {**env, **beside_env(section, options)}


def deploy_roll_out(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Puts it live, unless it is live already."""
    section.need("begun")
    beat = open_beat(options, section, deadline)
    target = open_target(options)
    wanted = str(section.data["reference"])
    live = target.live(deadline)
    if live.what == wanted and live.ready:
        section.data["unchanged"] = live.what == section.data["before"]
        section.save("rolled-out")
        say(f"mlpipe: {wanted} is live already; it is not rolled out again")
        return 0
    before = str(section.data["before"])
    if live.what != before and (not live.what or live.foreign((before, wanted))):
        raise Stop(
            f"{section.environment} was changed by somebody else since the deploy "
            f"began: it has {live.what or 'nothing'}, it had {before or 'nothing'}"
        )
    beside = splits(options)
    section.data["split"] = beside  # what `live` says is only a part of it
    if options.has("blue-green") and options.has("kubernetes"):
        section.data["beside"] = os.urandom(8).hex()
    section.save("rolling")
    beat()
    verb = target.start if beside else target.put
    code = verb(wanted, verb_env(section, options), deadline)
    if code:
        raise Stop(
            f"the roll-out to {section.environment} failed with {code}", code=code
        )
    if not beside:
        traffic_moved(options, section, False)
    section.save("rolled-out")
    return 0


def traffic_moved(options: Options, section: Section, split: bool) -> None:
    """The watch counts from here. Split: the version before serves the rest of it."""
    if options.has("watch") and not section.data.get("unchanged"):
        open_watch(options, section).begin(split)


def open_watch(options: Options, section: Section) -> Watch:
    """The watch, with what earlier phases saw."""
    state = section.data.setdefault("watch", {})
    return Watch(options, state, verb_env(section, options))


def deploy_canary(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """One step: the traffic moves, the smoke test runs, and then it is watched."""
    number = int(options.one("phase").rpartition("-")[2])
    section.need("rolled-out", "shifted")
    if int(section.data.get("step") or 0) != number - 1:
        raise Stop(f"step {number} of the canary comes after step {number - 1}")
    steps = options.all("canary")
    weight, hold = steps[number - 1]
    if section.data.get("unchanged"):
        say("mlpipe: it was live already; no traffic moves")
    else:
        move_traffic(options, section, weight, number == len(steps), deadline)
        traffic_moved(options, section, number < len(steps))
        smoke_once(options, section, deadline)
        keep_watch(options, section, float(hold), deadline)
    section.data["step"] = number
    section.save("shifted")
    return 0


def move_traffic(
    options: Options, section: Section, weight: str, last: bool, deadline: Deadline
) -> None:
    """The last step makes it the only one."""
    environment, wanted = section.environment, str(section.data["reference"])
    target, env = open_target(options), verb_env(section, options)
    section.save("shifting")
    open_beat(options, section, deadline)()
    say(f"mlpipe: {weight}% of the traffic of {environment} goes to {wanted}")
    if last:
        code = target.promote(wanted, env, deadline)
    else:
        code = target.shift(weight, env, deadline)
    if code:
        raise Stop(f"moving {weight}% of the traffic failed with {code}", code=code)
    if last:
        section.data["split"] = False
    section.save("shifting")


def keep_watch(
    options: Options, section: Section, seconds: float, deadline: Deadline
) -> None:
    """The traffic stays as it is for so long, and is watched where there is a watch.
    What was seen is kept before anything is decided by it."""
    beat = open_pulse(options, section, deadline)
    if not options.has("watch"):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            beat()
            time.sleep(max(0.0, min(10.0, end - time.monotonic())))
        return
    watch = open_watch(options, section)
    try:
        watch.hold(seconds, deadline, beat)
    except BaseException:
        watch.verdict()
        raise
    finally:
        section.data["seen"] = watch.summary()
        section.save(section.data["phase"])


def deploy_watch(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Looks at what serves for the window; a trigger that trips ends it."""
    section.need("rolled-out", "smoked", "shifted", "watched")
    if section.data.get("unchanged"):
        say("mlpipe: it was live already; it is not watched again")
        return 0
    keep_watch(options, section, float(options.words("watch")[0]), deadline)
    open_watch(options, section).verdict()
    section.save("watched")
    return 0


def deploy_smoke(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """The spec's own check of what serves now."""
    section.need("rolled-out", "smoked")
    smoke_once(options, section, deadline)
    section.save("smoked")
    return 0


def smoke_once(options: Options, section: Section, deadline: Deadline) -> None:
    """The deploy's own smoke test."""
    command = options.one("smoke")
    if command:
        env, beat = verb_env(section, options), open_pulse(options, section, deadline)
        code = run(command, deadline, env, workdir(), beat=beat).code
        if code:
            raise Stop(f"the smoke test failed with {code}", code=code)


def deploy_finish(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """What is live is what this run deployed: that is good."""
    section.need("rolled-out", "smoked", "shifted", "watched", "finished")
    all_done(options, section)
    if not options.has("shadow-soaks"):
        end_shadow(options, section, deadline)
    take_over(options, section, deadline)
    live = open_target(options).live(deadline)
    wanted = str(section.data["reference"])
    if live.what != wanted or not live.ready:
        state = "" if live.what != wanted else ", but not ready"
        raise Stop(
            f"{section.environment} has {live.what or 'nothing'}{state} at the end of "
            f"the deploy, not {wanted}"
        )
    book = open_book(options, section, deadline)
    if book is not None:
        book.good_now()
    section.save("finished")
    finished(record, section, book)
    for environment, name in options.all("offer"):
        digest = section.data["digest"]
        say(f"mlpipe: to deploy it to {environment}, start the pipeline by hand with")
        say(f"mlpipe:   {name}={digest}")
    return 0


def finished(record: Record, section: Section, book: Book | None) -> None:
    """It is good: says so, and lets the next one begin."""
    what = f"{section.data['reference']} serves {section.environment}"
    text = "unchanged" if section.data.get("unchanged") else "deployed"
    outcome(record, section, text, what)
    if book is not None:
        book.close()
    section.save("finished")
    say("mlpipe: " + what)


def all_done(options: Options, section: Section) -> None:
    """No phase was left out: a person could start them in another order."""
    phase, unchanged = section.data["phase"], section.data.get("unchanged")
    steps = len(options.all("canary"))
    if steps and int(section.data.get("step") or 0) != steps:
        raise Stop("the canary has not come to its end")
    if options.has("smoke") and not steps and phase == "rolled-out":
        raise Stop("the smoke test has not run")
    if open_shadow(options, section) is not None and not unchanged:
        if section.data.get("shadow") not in ("on", "ended"):
            raise Stop("no requests were copied to it")
    if options.has("blue-green") and not unchanged and not section.data.get("switched"):
        raise Stop("the traffic was not switched")
    if options.has("watch") and not unchanged and phase not in ("watched", "finished"):
        raise Stop("it was not watched")


ACTS = {
    "roll-out": deploy_roll_out,
    "smoke": deploy_smoke,
    "shadow": deploy_shadow,
    "switch": deploy_switch,
    "watch": deploy_watch,
    "finish": deploy_finish,
}
