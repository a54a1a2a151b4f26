# ---- drill: a release is taken back on purpose, and timed ---------------------------
#
# What was good before is put live once more, the drill fails, and what is good comes
# back by the code that puts back after a deploy that failed (`restore_all`). Its
# entries bear `"drill": true`: nobody holds them against what they speak of.

ON_PURPOSE = "the drill fails here, on purpose"


@job(
    "drill",
    once={**JOBS["deploy"][1], "soaks": 1},
    many=JOBS["deploy"][2],
)
def drill_job(record: Record, options: Options) -> int:
    """0 only when what is good serves again, and within its budget."""
    section = Section(options, "drill")
    section.data = {"environment": section.environment, **this_run(), "digest": ""}
    section.data["budget"] = budget(options)
    deadline = Deadline(float(options.one("timeout", "3600")))
    book = open_book(options, section, deadline)
    if book is None:
        raise Stop(f"{section.environment} has no ledger: nobody knows what was good")
    try:
        target = drill_begins(options, section, book, deadline)
    except BaseException:
        what = book.repaired or "nothing was touched"
        outcome(record, section, "failed_untouched", what)
        book.close()
        raise
    section.save("begun")
    outcome(record, section, "unfinished", "the drill has begun")
    try:
        book.intend()
        put_earlier(options, section, book, target, deadline)
        section.failed(ON_PURPOSE)
    except BaseException as error:
        section.failed(why_not(error))
        drill_ends(record, options, section)
        raise
    say(f"mlpipe: {ON_PURPOSE}")
    return drill_verdict(section, drill_ends(record, options, section))


def drill_begins(
    options: Options, section: Section, book: Book, deadline: Deadline
) -> Target:
    """With the lease in hand: what a killed run left is put in order, and there have to
    be two that are good. What the drill will do is in the section afterwards."""
    name, ledger = section.environment, book.ledger
    ledger.take(book.seconds, deadline)
    ledger.load()
    target = open_target(options)
    if ledger.open_intent():
        live = book.repair(target, deadline, again=False)
    else:
        live = target.live(deadline)
    book.count()
    book.refuse_halted()
    good, earlier = ledger.last_good(), ledger.good_before()
    if good is None or earlier is None:
        found = "one release" if good else "no release"
        raise Stop(
            f"{found} was good in {name} so far: a rehearsal of the rollback needs "
            "two, one to put back and one to take back",
            "it can be rehearsed after the next release",
        )
    refuse_while_it_soaks(options, section, ledger, good)
    if live.what != good["reference"] or not live.ready:
        state = "" if live.what != good["reference"] else ", but not ready"
        raise Stop(
            f"{name} has {live.what or 'nothing'}{state}, and {good['reference']} is "
            "what is good there: a rehearsal begins with what is good",
            by_script(f"deploy {name}") + " says who may put it right",
        )
    kept = ("commit", "models", "gates", "approved_by", "candidate_at")
    section.data.update(
        reference=earlier["reference"],
        digest=earlier["digest"],
        models=earlier["models"],
        before=good["reference"],
        good=good["reference"],
        was_ready=live.ready,
        began=time.time(),
        drill={**{k: earlier[k] for k in kept if k in earlier}, "drill": True},
    )
    return target


def refuse_while_it_soaks(
    options: Options, section: Section, ledger: Ledger, good: Json
) -> None:
    """A soak begins anew when something else serves for a minute. Its job looks a
    little later than it is over."""
    if not options.has("soaks"):
        return
    over = moment(good["at"]) + float(options.one("soaks")) + SOAK_SPARE
    if ledger.clock() < over:
        raise Stop(
            f"{good['reference']} soaks in {section.environment} since {good['at']}: a "
            "rehearsal now would begin that anew",
            f"start this pipeline again after {stamped(over)}",
        )


#: Seconds that a soak's job may need to look, after its time.
SOAK_SPARE = 3600.0


def put_earlier(
    options: Options,
    section: Section,
    book: Book,
    target: Target,
    deadline: Deadline,
) -> None:
    """The earlier one serves, all at once and alone: as a put-back would have it."""
    wanted = str(section.data["reference"])
    say(f"mlpipe: a drill: {wanted} goes to {section.environment}, to be taken back")
    section.save("rolling")
    book.beat()
    env = {**verb_env(section, options), **NO_MODEL}
    code = target.back(wanted, env, deadline)
    if code:
        raise Stop(f"nothing was rehearsed: putting {wanted} live failed with {code}")
    live = target.live(deadline)
    if live.what != wanted or not live.ready:
        state = "" if live.what != wanted else ", but not ready"
        raise Stop(
            f"nothing was rehearsed: {section.environment} has "
            f"{live.what or 'nothing'}{state}, not {wanted}"
        )
    section.save("rolled-out")


def drill_ends(record: Record, options: Options, section: Section) -> int:
    """As after a deploy that failed; once more when a signal came meanwhile."""
    try:
        return restore_all(record, options, section, Deadline(budget(options)))
    except Signalled:
        hold()
        restore_all(record, options, section, Deadline(budget(options)))
        raise


def drill_verdict(section: Section, code: int) -> int:
    """For people, after the put-back has said what it did."""
    name, text = section.environment, section.data["ended"]
    took, most = float(section.data.get("seconds") or 0), float(section.data["budget"])
    if text != "restored":
        raise Stop(f"the drill in {name} did not restore: {section.data['what']}")
    if took > most:
        raise Stop(
            f"the drill in {name} restored {section.data['good']}, but in {took:g} s: "
            f"`rollback` of the spec promises {span(most)}",
            "a real rollback takes as long: make it faster, or promise what it takes",
        )
    if code:
        raise Stop(f"the drill in {name} restored, but could not say so everywhere")
    say(f"mlpipe: rehearsed: {section.data['good']} serves {name} again, restored in")
    say(f"mlpipe:   {took:g} s of the {span(most)} that `rollback` promises")
    return 0


def rehearsed(record: Record, section: Section, text: str, what: str) -> None:
    """How the drill stands, in its record."""
    data = section.data
    data.update(ended=text, what=what)
    record.data["drill"] = {
        "environment": section.environment,
        "outcome": text,
        "what": what,
        "digest": data["digest"] or None,
        "before": data.get("before"),
        "seconds": data.get("seconds"),
        "budget": data["budget"],
        "halted": data.get("halted"),
    }
    record.save()
