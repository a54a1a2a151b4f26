# ---- book: what a deploy reads in the ledger, and what it writes there ---------------
#
# Without `--ledger` there is none: then what serves before is what is put back.

BOOK_ONCE = {**LEDGER_ONCE, "halt": 3}
BOOK_MANY = {"beside": 1}
#: A put-back is told nothing of a model: what goes back is another run's.
NO_MODEL = {f"MLPIPE_MODEL_{name}": "" for name in ("VERSION", "DIGEST", "PATH")}


class Book:
    """The ledger of the environment, in the hands of one deploy."""

    def __init__(
        self, ledger: Ledger, options: Options, section: Section, deadline: Deadline
    ) -> None:
        self.ledger = ledger
        self.options = options
        self.section = section
        self.deadline = deadline
        #: What was done before this deploy began, if anything was.
        self.repaired = ""
        #: How the ledger has it (kind and reason), and the seconds of putting back.
        self.repair_ended = ("", "")
        self.broken_off: Json = {}  # the intent without an end
        self.took = 0.0
        #: Longer than any verb may take: the lease is renewed before each, and while
        #: the traffic is watched.
        self.seconds = 3 * verb_seconds(options) + 120
        self.beaten = float("-inf")

    # Before anything is touched.

    def admit(self, target: Target, deadline: Deadline) -> Live:
        """May this deploy begin? What a run left that was killed is put back first,
        whatever becomes of this one. What is live is read when nobody else may change
        it any more."""
        self.ledger.take(self.seconds, deadline)
        self.ledger.load()
        live = self.repair(target, deadline)
        self.count()  # a run that was killed may have had no time to
        self.refuse_halted()
        self.refuse_quarantined()
        self.refuse_older()
        self.adopt(live)
        return live

    def adopt(self, live: Live) -> None:
        """What was live before the ledger began counts as good; what a deploy put there
        that never came to its end does not."""
        intents = [e for e in self.ledger.entries if e["kind"] == "intent"]
        tried = any(live.what in (e["reference"], e["digest"]) for e in intents)
        if live.differs():
            return  # nobody knows which of them was good
        if self.ledger.last_good() is None and live.what and not tried:
            say(f"mlpipe: the ledger is empty: {live.what} is taken over as good")
            self.ledger.append("adopted", **named(live.what), reason="was live before")

    def refuse_halted(self) -> None:
        """A halt of this environment, or of one whose ledger lies beside this one."""
        ledgers = [(self.section.environment, self.ledger)]
        for name in self.options.each("beside"):
            other = beside_ledger(self.options, name, self.deadline)
            other.load()
            ledgers.append((name, other))
        for name, ledger in ledgers:
            entry = ledger.halted()
            if entry is not None:
                raise Stop(
                    f"{name} is halted since {entry['at']}: {entry['reason']}",
                    "find out why first; then a person writes "
                    + by_script(f"ledger {name} resume", "REASON"),
                )

    def refuse_quarantined(self) -> None:
        """What was taken back once is not put there again, until a person says so."""
        digest = str(self.section.data["digest"])
        entry = self.ledger.quarantined(digest)
        if entry is not None:
            name = self.section.environment
            raise Stop(
                f"{digest} was rolled back in {name} at {entry['at']}: "
                f"{entry['reason']}",
                "release another one; or, if it was not to blame, a person writes "
                + by_script(f"ledger {name} waive", digest, "REASON"),
            )

    def refuse_older(self) -> None:
        """A late approval or a re-run does not put an older candidate over a newer."""
        good = self.ledger.last_good() or {}
        mine, theirs = built_at(), str(good.get("candidate_at") or "")
        digest = str(self.section.data["digest"])
        if good.get("digest") == digest or not (mine and theirs) or mine >= theirs:
            return
        waived = self.ledger.waived(digest)
        if waived is None or waived["sequence"] < good["sequence"]:
            name = self.section.environment
            raise Stop(
                f"{name} has a newer one already: {good['digest']} of {theirs}, this "
                f"one is of {mine}",
                "start a new run for what is to be released; or, to go back to this "
                "one, a person writes "
                + by_script(f"ledger {name} waive", digest, "REASON"),
            )

    def repair(self, target: Target, deadline: Deadline, again: bool = True) -> Live:
        """An intent without an end is of a run that was killed: what was good comes
        back, if what is live is what that run put there, or nothing. The result is
        what is live now. `again`: who repairs is about to deploy, so if the intent is
        its own run's, then that one was started again."""
        clear_shadow(self.options, self.section, deadline)
        live = target.live(deadline)
        intent, good = self.ledger.open_intent(), self.ledger.last_good()
        if intent is None:
            return live
        self.broken_off = intent
        who = run_name(intent["run"])
        theirs = str(intent.get("reference") or "")
        say(f"mlpipe: {who} ended without a word while it deployed {theirs}")

        def ends(kind: str, why: str, **more: Any) -> None:
            kept = ("commit", "models", "reference", "digest", "drill")
            fields: Json = {key: intent[key] for key in kept if key in intent}
            fields.update(more)
            fields["closes"] = intent["sequence"]
            self.ledger.append(kind, **fields, reason=f"{who}: {why}")
            self.repair_ended = (kind, why)
            say("mlpipe: " + why)

        if good is None:
            ends("left", "it was the first deploy; what it left there stays")
            return live
        before = str(good["reference"])
        touched = live.what == theirs or target.partial or intent.get("split")
        other = live.foreign((theirs, before))
        if other:
            self.beat()
            target.clear(deadline)
            ends("left", f"{other} is live, which is not its work")
        elif not touched and live.ready:
            ends("left", f"{before} is live as before")
        else:
            began = time.monotonic()
            self.beat()
            self.repaired = f"{before} was put back, which {who} had not done"
            env = {**verb_env(self.section, self.options), **NO_MODEL}
            code = target.back(before, env, deadline)
            live = target.live(deadline)
            if code or live.what != before or not live.ready:
                raise Stop(
                    f"{before} could not be put back: {live.what or 'nothing'} is live",
                    "by hand: " + target.by_hand(before),
                )
            self.took = took = round(time.monotonic() - began, 1)
            why = f"{before} was put back in {took:g} s"
            # A run that is started again tries once more; nobody has judged it yet.
            if again and self.is_mine(intent):
                ends("left", why, verified=True)
            else:
                ends("rolled_back", why, seconds=took)
        return live

    def is_mine(self, entry: Json) -> bool:
        """Did this very run write it?"""
        return run_key(entry["run"]) == run_key(ledger_run())

    def good(self) -> str:
        """What is put back if this one is not good; nothing when nothing ever was."""
        entry = self.ledger.last_good()
        return str(entry["reference"]) if entry else ""

    def due(self) -> bool:
        """Is there anything to put in order? Looks, and takes no lease."""
        lease = self.ledger.lease
        return bool(
            self.ledger.open_intent()
            or self.too_many()
            or self.ledger.state_is_behind()
            # Its run is over, and nobody else would know that for a while.
            or (lease is not None and self.ledger.is_ours(lease))
        )

    # While it is done.

    def facts(self) -> Json:
        """What every entry of this deploy says."""
        data = self.section.data
        facts = {
            "commit": this_run()["commit"],
            "reference": data["reference"],
            "digest": data["digest"],
            "models": data.get("models") or [],
            "gates": gate_hashes(self.options),
            "approved_by": data.get("approved_by") or [],
            "candidate_at": built_at(),
        }
        return {**facts, **data.get("drill", {})}

    def intend(self) -> None:
        """Written before anything is touched."""
        split = splits(self.options)
        self.ledger.append("intent", **self.facts(), split=split)

    def beat(self) -> None:
        """Before each act: who has lost the lease stops here; who has it keeps it."""
        self.ledger.holds()
        self.beaten = time.monotonic()

    def pulse(self) -> None:
        """While nothing is done but waiting: now and then is enough, since every act
        asks for itself. A lease outlives several of these."""
        if time.monotonic() - self.beaten >= min(60.0, self.seconds / 8):
            self.beat()

    def good_now(self) -> None:
        """It serves, and it is good."""
        self.ledger.append("good", **self.facts())

    # When it is taken back.

    def already_good(self) -> bool:
        """Did this run write that it is good, before it was stopped? `Stop` when the
        lease is another run's by now: what is live is that run's business. A ledger
        that does not answer keeps nobody from putting back what was good."""
        try:
            self.ledger.load()
        except Stop as stop:
            complain(stop.sentence, stop.help, "warning")
            return False
        if self.ledger.seen.get("lease"):
            self.ledger.renewed_lease()
        return self.wrote_good()

    def wrote_good(self) -> bool:
        """Is the last that this run has written that its release is good?"""
        mine = [e for e in self.ledger.entries if self.is_mine(e)]
        digest = self.section.data["digest"]
        last = mine[-1] if mine else {}
        return last.get("kind") == "good" and last.get("digest") == digest

    def ended(self, text: str, what: str) -> None:
        """It is not good: taken back, or never there."""
        self.ledger.store.deadline = Deadline(LAST_LOOK)
        self.ledger.load()
        intent = self.ledger.open_intent()
        # `good` may have been written without an answer, and then been taken back.
        undone = text == "restored" and self.wrote_good()
        if not undone and (intent is None or not self.is_mine(intent)):
            return
        why = str(self.section.data.get("why") or "the run was cancelled or killed")
        reason = f"{why}; {what}" if why else what
        if text != "restored":
            self.ledger.append("left", **self.facts(), reason=reason)
            return
        took = self.section.data["seconds"]
        self.ledger.append("rolled_back", **self.facts(), reason=reason, seconds=took)
        self.count()

    def too_many(self) -> str:
        """Why the environment has to be halted; empty when it need not, or is."""
        if not self.options.has("halt") or self.ledger.halted():
            return ""
        op, most, window = self.options.words("halt")
        found = self.ledger.rollbacks(float(window))
        if not COMPARE[op](decimal.Decimal(found), decimal.Decimal(most)):
            return ""
        times = "1 rollback" if found == 1 else f"{found} rollbacks"
        return f"{times} within {span(float(window))}, the limit is {op} {most}"

    def count(self) -> None:
        """One rollback too many halts the environment."""
        why = self.too_many()
        if why:
            self.ledger.append("halted", reason=why)
            self.section.data["halted"] = why
            complain(f"{self.section.environment} is halted: {why}")

    def close(self) -> None:
        """Gives the lease back, so that nobody waits for it to run out."""
        try:
            self.ledger.give_back()
        except Stop as stop:
            complain(stop.sentence, stop.help, "warning")


def named(reference: str) -> Json:
    """A reference with its digest, if it has one."""
    found = DIGEST.search(reference)
    return {"reference": reference, "digest": found.group() if found else ""}


def built_at() -> str:
    """When the image job of this run began: a candidate's place in the order."""
    record = find_record("image")
    return str(record.data.get("started") or "") if record else ""


def gate_hashes(options: Options) -> list[Json]:
    """The gates that it passed, each with the hash of its record where it is here."""
    names = options.each("gate")
    here = [n for n in names if os.path.exists(os.path.join(OUT, n + ".json"))]
    return [{"job": name, "sha256": file_hash(name)} for name in here]


def by_script(*words: str) -> str:
    """A call of the script, for a person."""
    pipeline = os.environ.get("MLPIPE_PIPELINE", "NAME")
    return f"`sh .mlpipe/{pipeline}.sh {' '.join(words)}`"


def open_book(options: Options, section: Section, deadline: Deadline) -> Book | None:
    """The ledger as this deploy left it, where there is one."""
    ledger = open_ledger(options, deadline)
    if ledger is None:
        return None
    # Old is a reason not to begin; what was begun comes to its end.
    ledger.any_age = section.data.get("phase") is not None
    ledger.seen = section.data.setdefault("ledger", {})
    return Book(ledger, options, section, deadline)


def beside_ledger(options: Options, name: str, deadline: Deadline) -> Ledger:
    """The ledger of another environment in the same place, to look at."""
    kind, place, service, _, _ = options.words("ledger")
    words = ["--ledger", kind, place, service, name, "0"]
    for extra in LEDGER_ONCE:
        if extra != "ledger" and options.has(extra):
            words += ["--" + extra, *options.words(extra)]
    ledger = open_ledger(Options(words, LEDGER_ONCE, {}), deadline)
    if ledger is None:
        raise Stop(f"the ledger of {name} has no place", code=2)
    return ledger


def open_beat(
    options: Options, section: Section, deadline: Deadline
) -> Callable[[], None]:
    """What is called before each verb."""
    book = open_book(options, section, deadline)
    return (lambda: None) if book is None else book.beat


def open_pulse(
    options: Options, section: Section, deadline: Deadline
) -> Callable[[], None]:
    """What is called all the time while it is watched."""
    book = open_book(options, section, deadline)
    return (lambda: None) if book is None else book.pulse
