# ---- restore: what was good comes back ----------------------------------------------

def read_live(target: Target, deadline: Deadline) -> Live:
    """What serves now, or that the target did not say."""
    try:
        return target.live(deadline)
    except Stop as stop:
        complain(stop.sentence, stop.help, "warning")
        return Live("", False, readable=False)


#: Seconds after the budget in which it is seen what serves, and written down.
LAST_LOOK = 30.0


def in_time(options: Options, section: Section, text: str) -> int:
    """A put-back that took longer than its budget is red by itself."""
    took, most = float(section.data["seconds"]), budget(options)
    if text == "restored":
        say(f"mlpipe: that took {took:g} s, the budget is {span(most)}")
    if text == "restored" and options.has("within") and took > most:
        complain(f"putting back took {took:g} s, longer than its budget {span(most)}")
        return 1
    return 0


def ledger_time(options: Options) -> Deadline:
    """A ledger that hangs does not use up the time for putting back."""
    return Deadline(min(20.0, budget(options) / 4))


def ending(
    record: Record, section: Section, book: Book | None, state: str, text: str, what: str
) -> int:
    """Writes down how it ended: for this run, in the ledger, and for people. 1 when the
    ledger does not take it; then `restore` may be called again."""
    section.data["untold"] = [text, what]
    section.save(state)
    say("mlpipe: " + what)
    return told(record, section, book)


def told(record: Record, section: Section, book: Book | None) -> int:
    """Tells the ledger and people what they do not know yet."""
    text, what = section.data["untold"]
    code = 0
    try:
        if book is not None:
            book.ended(text, what)
            book.close()
        del section.data["untold"]
    except Stop as stop:
        complain(stop.sentence, stop.help)
        complain("the ledger does not know it yet; the next run finds that out")
        code = 1
    section.save(section.data["phase"])
    outcome(record, section, text, what)
    if code or section.kind != "drill":  # which has a verdict of its own
        record.finish("failed", what)
    return code


def restored_before(record: Record, section: Section, book: Book | None) -> int:
    """It has ended; was it killed before it had said so everywhere?"""
    phase = section.data["phase"]
    say(f"mlpipe: the deploy to {section.environment} is {phase}; nothing to put back")
    if "untold" in section.data:
        return told(record, section, book)
    if phase == "finished" and field(section.data, "ledger.lease"):
        finished(record, section, book)
    return 0


def deploy_restore(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """Puts back what was good, if what is live is what this run put there. 0 when that
    is done or there is nothing to do: the job is red by the phase that failed."""
    environment = section.environment
    if not section.load():
        say(f"mlpipe: the deploy to {environment} did not begin; nothing to put back")
        return 0
    book = open_book(options, section, ledger_time(options))
    if section.data["phase"] in ENDED:
        return restored_before(record, section, book)
    began = time.monotonic()
    try:
        good = book is not None and book.already_good()
    except Stop as stop:
        # Another run has the lease: what is live now is its business.
        section.save("left")
        outcome(record, section, "left_alone", stop.sentence)
        raise
    if good:
        section.save("finished")
        say(f"mlpipe: the deploy to {environment} is good; nothing to put back")
        finished(record, section, book)
        return 0
    phase = section.data["phase"]

    def ends(state: str, text: str, what: str) -> int:
        section.data["seconds"] = round(time.monotonic() - began, 1)
        late = in_time(options, section, text)
        return ending(record, section, book, state, text, what) or late

    before, wanted = str(section.data["good"]), str(section.data["reference"])
    if phase == "begun" or section.data.get("unchanged"):
        return ends("left", "failed_untouched", f"nothing was changed in {environment}")
    target = open_target(options)
    split = section.data.get("split")  # what runs beside it is this run's in any case
    if not before:
        if split:
            target.clear(deadline)
        return ends(
            "left",
            "nothing_to_restore",
            f"nothing in {environment} was good before: there is nothing to put "
            f"back, what it left there stays",
        )
    live = read_live(target, deadline)
    half_done = split or (
        target.partial and phase in ("rolling", "restoring")
    )
    if live.readable and live.what == before and live.ready and not half_done:
        text = "restored" if phase == "restoring" else "failed_untouched"
        return ends("restored", text, f"{before} serves {environment} as before")
    mine = [wanted, before, str(section.data["before"])]
    other = live.foreign([*mine, *(section.data.get("parts") or [])])
    if live.readable and other:
        if split:
            target.clear(deadline)
        return ends(
            "left",
            "left_alone",
            f"{environment} has {other}, which this run did not put there: "
            f"it is left alone",
        )
    section.save("restoring")
    say(f"mlpipe: putting {before} back in {environment}")
    env = {**verb_env(section, options), **NO_MODEL}
    code = target.back(before, env, deadline)
    after = read_live(target, Deadline(LAST_LOOK))  # the budget may be used up
    if code or not after.readable or after.what != before or not after.ready:
        there = after.what or "nothing" if after.readable else "nobody knows what"
        what = f"putting {before} back in {environment} failed; it has {there} now"
        section.data["seconds"] = round(time.monotonic() - began, 1)
        section.save("restoring")
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
    "shadow": "Copy requests to it",
    "switch": "Switch all traffic to it",
    "watch": "Watch",
    "finish": "Confirm what is live",
    "restore": "Put back what was live before",
}


def phases(options: Options) -> list[tuple[str, str]]:
    """Every phase with its title, in order."""
    canary = [
        (f"canary-{i + 1}", f"Canary, {weight}%")
        for i, (weight, _) in enumerate(options.all("canary"))
    ]
    has = {
        "begin": True,
        "roll-out": True,
        "smoke": options.has("smoke") and not canary,
        "shadow": options.has("shadow") or options.has("shadow-run"),
        "switch": options.has("blue-green"),
        "watch": options.has("watch"),
        "finish": True,
    }
    found = [(name, TITLES[name]) for name, is_there in has.items() if is_there]
    moves = [name for name, _ in found].index("watch" if has["watch"] else "finish")
    return [*found[:moves], *canary, *found[moves:]]


def has_begun(options: Options) -> bool:
    """Is there anything that `restore` may have to do?"""
    section = Section(options)
    return section.load() and section.data.get("phase") not in (None, *ENDED)


def all_phases(record: Record, options: Options) -> int:
    """Begin to finish; when one fails after begin, restore, and the code of the first
    failure is the job's."""
    environment = options.one("environment")
    code = 0
    try:
        for phase, title in phases(options):
            code = phase_process(phase, f"{title}: {environment}")
            if code:
                break
        if code and has_begun(options):
            phase_process("restore", f"{TITLES['restore']}: {environment}")
        hold()  # all is done; what is left is to read how it ended
    except Signalled:
        # Once more if that was what it met: no second signal interrupts it.
        if has_begun(options):
            phase_process("restore", f"{TITLES['restore']}: {environment}")
        raise
    finally:
        ended = find_record(record.job)
        if ended is not None:
            record.data = ended.data
    return code
