# ---- reconcile: what a run that was killed left is put in order ----------------------
#
# Brings an environment to what its ledger says is good, and never puts anything new
# there: a job behind the deploy, a schedule or a person calls it. Who deploys next does
# the same at its first step (`Book.repair`). With `--redeploy` the last good one is put
# back whatever is live instead of it.


@job(
    "reconcile",
    once={**JOBS["deploy"][1], "redeploy": 0},
    many=JOBS["deploy"][2],
)
def reconcile_job(record: Record, options: Options) -> int:
    """0 when all is as it has to be afterwards, whoever had to see to that."""
    section = Section(options)
    section.data = {"environment": section.environment, **this_run(), "digest": ""}
    deadline = Deadline(float(options.one("timeout", "3600")))
    book = open_book(options, section, deadline)
    if book is None:
        raise Stop(f"{section.environment} has no ledger, so nobody knows what is due")
    book.ledger.any_age = True  # nothing is deployed; what was begun comes to its end
    book.ledger.load()
    redeploy = options.has("redeploy")
    if not book.due() and not redeploy:
        what = f"nothing to do: {how_it_stands(book)}"
        return settled(record, section, book, "nothing_to_do", what)
    try:
        book.ledger.take(book.seconds, deadline, patient=redeploy)
    except Busy as busy:
        if redeploy:
            raise
        what = f"nothing to do: {busy.sentence}"
        return settled(record, section, book, "busy", what)
    try:
        return put_in_order(record, options, section, book)
    except Stop as stop:
        settled(record, section, book, "restore_failed", stop.sentence)
        raise
    finally:
        book.close()


BROKEN_OFF = "a run ended without a word while it deployed; its log may say why"


def put_in_order(
    record: Record, options: Options, section: Section, book: Book
) -> int:
    """With the lease in hand. A put-back that is late is red by itself."""
    redeploy = options.has("redeploy")
    book.ledger.load()
    live = None
    if redeploy or book.ledger.open_intent():
        live = book.repair(open_target(options), Deadline(budget(options)), again=False)
    kind, what = book.repair_ended
    text = {"": "nothing_to_do", "rolled_back": "restored"}.get(kind, "left_alone")
    if kind:
        complain(f"{section.environment}: {what}", BROKEN_OFF, "warning")
    book.count()
    if redeploy and live is not None:
        found = assert_good(options, section, book, live, Deadline(budget(options)))
        if found:
            text, what = "restored", found
    book.ledger.mend_state()
    late = 0
    if text == "restored":
        section.data["seconds"] = book.took
        late = in_time(options, section, text)
    if text == "nothing_to_do":
        what = f"{section.environment} is in order: {how_it_stands(book)}"
    return settled(record, section, book, text, what) or late


def assert_good(
    options: Options, section: Section, book: Book, live: Live, deadline: Deadline
) -> str:
    """Puts back what is good if it is not what is live; what was done, if anything. No
    intent is written for it: whoever comes next wants the same to be live."""
    good = book.ledger.last_good()
    if good is None:
        say(f"mlpipe: nothing is good in {section.environment} yet")
        return ""
    reference, before = str(good["reference"]), live.what or "nothing"
    if live.what == reference and live.ready:
        return ""
    began = time.monotonic()
    state = before if live.what != reference else f"{before}, not ready,"
    say(f"mlpipe: {state} is live in {section.environment}, {reference} is good there")
    book.beat()
    target = open_target(options)
    env = {**verb_env(section, options), **NO_MODEL}
    code = target.back(reference, env, deadline)
    live = read_live(target, Deadline(LAST_LOOK))
    if code or live.what != reference or not live.ready:
        raise Stop(
            f"{reference} could not be put back: {live.what or 'nothing'} is live",
            "by hand: " + target.by_hand(reference),
        )
    book.took = round(time.monotonic() - began, 1)
    what = f"{reference} was put back in {book.took:g} s, {state} was live"
    kept = ("commit", "models", "gates", "approved_by", "candidate_at")
    fields = {key: good[key] for key in kept if key in good}
    book.ledger.append("good", **fields, **named(reference), reason=what)
    complain(f"{section.environment}: {what}", "", "warning")
    return what


def how_it_stands(book: Book) -> str:
    """For people."""
    halted = book.ledger.halted()
    if halted is not None:
        return f"{book.section.environment} is halted since {halted['at']}"
    good = book.good()
    return f"{good} is the last good one" if good else "nothing is good there yet"


def settled(
    record: Record, section: Section, book: Book, text: str, what: str
) -> int:
    """Writes down what was done, for people and for notifications."""
    say("mlpipe: " + what)
    record.data["reconcile"] = {
        "environment": section.environment,
        "outcome": text,
        "what": what,
        "digest": book.broken_off.get("digest"),
        "before": book.good() or None,
        "seconds": section.data.get("seconds"),
        "halted": section.data.get("halted"),
    }
    record.save()
    return 0
