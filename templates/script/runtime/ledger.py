# ---- ledger: what was deployed to one environment, by whom, and how it ended --------
#
# Who writes says which version it builds on (see store), so two runs cannot both be next.
# The lease is in the same document, so whoever has lost it cannot write any more.


class Ledger(View):
    """The ledger of one environment: the view of when it was last read, and its writer.

    `seen` is what this run knows of it already (a JSON object; keep it between the
    processes of one run and set it before `load`): a ledger that does not contain that
    is not the one that this run has begun with."""

    def __init__(
        self, store: Store, service: str, environment: str, max_age: int
    ) -> None:
        super().__init__()
        self.store = store
        self.service = service
        self.environment = environment
        self.max_age = max_age
        self.what = f"the ledger of {environment} ({store.place})"
        self.seen: Json = {}
        #: A person looks at it or resumes it: its age is no reason to refuse.
        self.any_age = False
        self.head: Json = {}
        self.version: str | None = None  # of what was read; nothing after a write
        self.renewed: float | None = None
        self.state: bytes | None = None  # deploy_state.json as it was read

    # reading

    def load(self) -> None:
        """Reads and verifies; `Stop` when there is a reason not to trust it."""
        files, version = self.store.read()
        head: Json = {"entries": [], "lease": None}
        if files is not None:
            head = self.parsed(files[LEDGER])
            self.check_head(head)
            self.check_chain(head["entries"])
        entries = head.pop("entries")
        self.check_seen(entries, files is not None)
        self.check_times(entries)
        self.lease, self.state = head.pop("lease"), (files or {}).get(DEPLOY_STATE)
        self.entries, self.head, self.version = entries, head, version
        if not self.any_age and not self.seen.get("sequence"):
            # Later on its age is this run's own: a long watch must not keep it from
            # writing down how it ended.
            self.check_age()
        self.remember()

    def parsed(self, data: bytes) -> Json:
        if len(data) > DOCUMENT_LIMIT:
            raise Stop(f"{self.what} is larger than {span_of_bytes(DOCUMENT_LIMIT)}")
        try:
            found = json.loads(
                data.decode("utf-8"),
                object_pairs_hook=only_once,
                parse_constant=no_number,
            )
        except (ValueError, RecursionError) as error:
            raise Stop(
                f"{self.what} is not JSON: {str(error)[:200] or 'nothing can be read'}",
                "put back the newest version that can be read; docs/ledger.md says how",
            ) from None
        if not isinstance(found, dict):
            raise Stop(f"{self.what} is JSON, but not a ledger")
        return found

    def check_head(self, head: Json) -> None:
        schema = head.get("schema")
        if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
            raise Stop(f"{self.what} does not say its schema")
        if schema > SCHEMA:
            raise Stop(
                f"{self.what} has schema {schema}, this pipeline knows {SCHEMA}",
                "a newer mlpipe has written it: compile this pipeline with that one",
            )
        fields: dict[str, tuple[type, ...]] = {"service": (str,), "environment": (str,)}
        wrong = misfit(head, {**fields, "entries": (list,)})
        if not wrong and "lease" not in head:
            wrong = "has no `lease`"
        if wrong:
            raise Stop(f"{self.what} {wrong}")
        for name, mine in (
            ("service", self.service),
            ("environment", self.environment),
        ):
            if head[name] != mine:
                raise Stop(
                    f"{self.what} is of the {name} {head[name][:80]!r}, not of {mine!r}",
                    "the spec's `state` names the place of another one",
                )
        wrong = lease_misfit(head["lease"])
        if wrong:
            raise Stop(f"the lease in {self.what} {wrong}")

    def check_chain(self, entries: list[Any]) -> None:
        last: Json = {"hash": "", "at": ""}
        help = "somebody has changed it by hand, or two ledgers were mixed"
        for number, entry in enumerate(entries, 1):
            wrong = entry_misfit(entry)
            if wrong:
                raise Stop(f"entry {number} of {self.what} {wrong}")
            if entry["sequence"] != number:
                wrong = f"its sequence is {entry['sequence']}"
            elif entry["previous"] != last["hash"]:
                wrong = "it does not follow the one before it"
            elif entry["hash"] != entry_hash(entry):
                wrong = "its content is not what its hash says"
            elif entry["at"] < last["at"]:
                wrong = f"it is of {entry['at']}, before the one before it"
            if wrong:
                raise Stop(f"{self.what} is broken at entry {number}: {wrong}", help)
            last = entry

    def check_seen(self, entries: Sequence[Json], there: bool) -> None:
        number = int(self.seen.get("sequence") or 0)
        if not number:
            return
        help = "the store was reset or put back while this run was at it"
        if not there:
            raise Stop(
                f"{self.what} is gone: this run has read entry {number} of it", help
            )
        if len(entries) < number:
            raise Stop(
                f"{self.what} got shorter: it has {len(entries)} entries, this run has "
                f"read entry {number}",
                help,
            )
        if entries[number - 1]["hash"] != self.seen.get("hash"):
            raise Stop(
                f"{self.what} was forked: entry {number} is another one than this run has "
                "read",
                help,
            )

    def check_times(self, entries: Sequence[Json]) -> None:
        at = entries[-1]["at"] if entries else ""
        if at and moment(at) > time.time() + SKEW:
            raise Stop(
                f"{self.what} has an entry of {at}, but here it is {now()}",
                "one of the two clocks is wrong; set this one, or see docs/ledger.md",
            )

    def check_age(self) -> None:
        age = self.age()
        if age is not None and self.max_age and age > self.max_age:
            raise Stop(
                f"{self.what} was last verified {span(age)} ago, `max_age` allows "
                f"{span(self.max_age)}",
                "look at what is live, then resume with a reason; see docs/ledger.md",
            )

    def age(self) -> float | None:
        """How long ago it was verified; when it never was, how old it is."""
        entry = self.confirmed() or (self.entries[0] if self.entries else None)
        return None if entry is None else max(0.0, time.time() - moment(entry["at"]))

    def remember(self) -> None:
        last = self.entries[-1] if self.entries else {"sequence": 0, "hash": ""}
        self.seen.update(sequence=last["sequence"], hash=last["hash"])

    # writing

    def tries(self) -> Iterator[int]:
        """Once, and again after a lost race, later and later, until the deadline."""
        attempt = 0
        while True:
            yield attempt
            attempt += 1
            left = self.store.deadline.left()
            if left == 0:
                raise Stop(
                    f"{self.what} could not be written: others always came first",
                    "nothing was written; run it again",
                )
            self.version = None
            wait = min(2.0, 0.02 * 2 ** min(attempt, 8)) * jitter()
            time.sleep(wait if left is None else min(wait, left))

    def put(self, entries: list[Json], lease: Json | None, state: bool) -> bool:
        """Writes it if it is still what was read: was it?"""
        head = {"schema": SCHEMA, "service": self.service, **self.head}
        head.update(environment=self.environment, lease=lease)
        files = {LEDGER: document(head, entries)}
        before = self.entries
        self.entries = entries
        if state:
            files.update(self.deploy_state())
        try:
            self.store.write(files, self.version or "")
        except BaseException as error:
            self.entries, self.version = before, None
            if isinstance(error, Lost):
                return False
            raise
        self.lease, self.version = lease, None
        self.remember()
        return True

    def deploy_state(self) -> dict[str, bytes]:
        """`deploy_state.json`, which other tools read: what is live."""
        live = self.last_good()
        changes = [e for e in self.entries if e["kind"] in CONFIRMED]
        if live is None or not changes:
            return {}
        models = live["models"]
        data = {
            "schema": SCHEMA,
            "service": self.service,
            "environment": self.environment,
            "commit": live["commit"],
            "image": live["reference"],
            "digest": live["digest"],
            "model_version": str(models[0].get("version") or "") if models else "",
            "deployed_at": changes[-1]["at"],
            "sequence": changes[-1]["sequence"],
        }
        return {DEPLOY_STATE: (json.dumps(data, indent=2) + "\n").encode()}

    def state_is_behind(self) -> bool:
        """Was a run killed between an entry and the state that follows from it?"""
        return self.deploy_state().get(DEPLOY_STATE, self.state) != self.state

    def state_is_there(self, lease: Json | None) -> bool:
        """Writes the state now if it was left behind; False when the race was lost."""
        return not self.state_is_behind() or self.put(self.entries, lease, state=True)

    def mend_state(self) -> None:
        """The same by itself, by who has the lease."""
        for _ in self.tries():
            self.load()
            if self.state_is_there(self.renewed_lease()):
                return

    def append(
        self, kind: str, check: Callable[[View], None] | None = None, **fields: Any
    ) -> Json:
        """Adds an entry and returns it. `check` looks at the newest state before each
        try and raises `Stop` when the entry must not be written any more. What this run
        has written already is not written twice."""
        tried: set[str] = set()
        for _ in self.tries():
            if self.version is None or check is not None:
                self.load()
            for known in self.entries:
                if known["hash"] in tried:
                    return known
            entry = self.next_entry(kind, fields)
            lease = self.lease
            if self.seen.get("lease"):
                lease = self.renewed_lease()
            found = self.written_before(entry)
            if found is not None and self.state_is_there(lease):
                return found
            if found is not None:
                continue
            if check is not None:
                check(self)
            tried.add(entry["hash"])
            if self.put([*self.entries, entry], lease, state=True):
                if self.seen.get("lease"):
                    self.renewed = time.monotonic()
                return entry
        raise AssertionError("not reached")

    def next_entry(self, kind: str, fields: Mapping[str, Any]) -> Json:
        last: Json = self.entries[-1] if self.entries else {"sequence": 0, "hash": ""}
        entry: Json = {"sequence": last["sequence"] + 1, "kind": kind}
        entry.update(at=stamped(self.clock()), run=ledger_run())
        entry.update(commit=this_run()["commit"], reference="", digest="", models=[])
        entry.update(gates=[], approved_by=[], reason="", seconds=None)
        entry.update(fields)
        entry.update(previous=last["hash"], hash="")
        entry = plain_json(entry)
        entry["hash"] = entry_hash(entry)
        wrong = entry_misfit(entry)
        if wrong:
            raise Stop(f"an entry for {self.what} {wrong}", code=2)
        return entry

    def written_before(self, wanted: Json) -> Json | None:
        """The same entry by the same run, after what began it. A platform gives a run
        that is started again the same number; then its new intent comes between."""
        if not wanted["run"]["id"]:
            return None  # at a desk nothing tells one run from the next
        kind = wanted["kind"]
        for entry in reversed(self.entries):
            same = same_run(entry, wanted)
            if same and entry["kind"] == kind:
                names = ("commit", "reference", "digest", "closes")
                if all(entry.get(name) == wanted.get(name) for name in names):
                    return entry
            # What a second entry of this kind would be the answer to.
            if kind == "resumed":
                began = entry["kind"] == "halted"
            elif kind == "waived":
                began = fell(entry)
            elif kind == "intent":
                began = same and entry["kind"] in ("good", "rolled_back", "left")
            else:
                began = same and entry["kind"] == "intent"
            if began:
                return None
        return None

    # the lease: the platform's own lock does not reach another platform or repository

    def take(
        self, seconds: float, deadline: Deadline | None = None, patient: bool = True
    ) -> None:
        """Takes the lease, or waits for it until the deadline. It is free when it was
        given back; when its run was of this platform and repository, whose own lock says
        that it is over; or when it was not renewed for its own length by this machine's
        clock, whatever the clocks say to one another. Without patience it is `Busy` as
        soon as somebody is seen to be at it."""
        deadline = deadline or self.store.deadline
        nonce = os.urandom(16).hex()
        mark: tuple[str, int] | None = None
        since, told = 0.0, False
        while True:
            self.load()
            lease = self.lease
            if lease is None:
                free = True
            elif lease["nonce"] == nonce:
                self.hold_lease(nonce)
                return
            else:
                found = (lease["nonce"], lease["count"])
                if found != mark:
                    if mark is not None and not patient:
                        raise Busy(self.environment, lease)
                    mark, since = found, time.monotonic()
                stood = time.monotonic() - since
                free = self.is_ours(lease) or stood >= lease["seconds"]
            if free:
                new = {"holder": ledger_run(), "nonce": nonce, "count": 1}
                self.seen["lease"] = nonce  # a cancel may come before the answer
                if self.put(self.entries, {**new, "seconds": seconds}, state=False):
                    self.hold_lease(nonce)
                    return
            left = deadline.left()
            if left == 0:
                raise Busy(self.environment, lease)
            if lease and not free and not told:
                who = run_name(lease["holder"])
                say(f"mlpipe: waiting for {who}, which deploys to {self.environment}")
                told = True
            wait = 0.2 if free or not lease else min(5.0, lease["seconds"] / 8)
            wait *= 0.5 + jitter()
            time.sleep(wait if left is None else min(wait, left))

    def hold_lease(self, nonce: str) -> None:
        self.seen["lease"] = nonce
        self.renewed = time.monotonic()

    def is_ours(self, lease: Json) -> bool:
        """Is it of a run that this platform's own lock says is over?"""
        mine, holder = ledger_run(), lease["holder"]
        if lease["nonce"] == self.seen.get("lease"):
            return True
        return bool(
            mine["platform"] != "desk"
            and mine["repository"]
            and mine["platform"] == holder["platform"]
            and mine["repository"] == holder["repository"]
        )

    def renewed_lease(self) -> Json:
        """The lease once more, or `Stop` when it is another's by now."""
        lease = self.lease
        if lease is None:
            raise Stop(f"the lease of {self.environment} was taken away from this run")
        if lease["nonce"] != self.seen.get("lease"):
            who = run_name(lease["holder"])
            raise Stop(
                f"the lease of {self.environment} was lost to {who}",
                "this run does nothing more there; look at what is live",
            )
        return {**lease, "count": lease["count"] + 1}

    def renew(self) -> None:
        """Says that this run is still at it; `Stop` when it has lost the lease."""
        for _ in self.tries():
            self.load()
            if self.put(self.entries, self.renewed_lease(), state=False):
                self.renewed = time.monotonic()
                return

    def holds(self) -> bool:
        """Is the lease this run's? Asked before each act. False when it never took one,
        `Stop` when it was lost. Renews it when a third of its time is over."""
        if not self.seen.get("lease"):
            return False
        self.load()
        lease = self.renewed_lease()
        if (
            self.renewed is None
            or time.monotonic() - self.renewed > lease["seconds"] / 3
        ):
            self.renew()
        return True

    def give_back(self) -> None:
        """Gives the lease back, if it is still this run's."""
        nonce = self.seen.get("lease")
        if not nonce:
            return
        for _ in self.tries():
            self.load()
            if self.lease is None or self.lease["nonce"] != nonce:
                break
            if self.put(self.entries, None, state=False):
                break
        self.seen["lease"] = ""


class Busy(Stop):
    """Somebody else has the lease."""

    def __init__(self, environment: str, lease: Json | None) -> None:
        who = run_name(lease["holder"]) if lease else "others"
        super().__init__(
            f"{environment} is being deployed to by {who}",
            "wait for it, or end it; its lease ends by itself",
        )


def same_run(one: Json, other: Json) -> bool:
    return run_key(one["run"]) == run_key(other["run"])


def jitter() -> float:
    """A number from 0 to 1 that two runs do not share."""
    return os.urandom(1)[0] / 255


def span_of_bytes(count: int) -> str:
    return f"{count >> 20} MiB"


def document(head: Json, entries: Sequence[Json]) -> bytes:
    """One line for each entry, so that a difference between two versions is readable."""
    lines = [json.dumps(entry, allow_nan=False) for entry in entries]
    text = json.dumps(head, allow_nan=False)[:-1]
    body = "\n" + ",\n".join(lines) + "\n" if lines else ""
    return f'{text}, "entries": [{body}]}}\n'.encode("ascii")


def open_ledger(options: Options, deadline: Deadline) -> Ledger | None:
    """The ledger that the script names; nothing when the spec has none."""
    if not options.has("ledger"):
        return None
    service, environment, max_age = options.words("ledger")[2:]
    return Ledger(open_store(options, deadline), service, environment, int(max_age))


# for people


LEDGER_ONCE = {
    "ledger": 5,
    "ledger-kubeconfig": 1,
    "ledger-token": 1,
    "ledger-ssh": 3,
}


@job(
    "ledger",
    once={**LEDGER_ONCE, "phase": 1, "reason": 1, "digest": 1, "timeout": 1},
)
def ledger_job(record: Record, options: Options) -> int:
    """Shows the ledger, resumes a halted environment, or waives a quarantine."""
    ledger = open_ledger(options, Deadline(float(options.one("timeout", "120"))))
    if ledger is None:
        raise Stop("there is no ledger: the spec has no `state`")
    ledger.any_age = True
    ledger.load()
    phase, entry = options.one("phase"), None
    if phase == "show":
        show_ledger(ledger)
    else:
        reason = " ".join(options.one("reason").split())
        if not reason:
            raise Stop(f"{phase} needs a reason, which stays in the ledger")
        act = {"resume": resume_ledger, "waive": waive_digest}[phase]
        entry = act(ledger, reason, options.one("digest"))
    good, halted = ledger.last_good(), ledger.halted()
    record.data["ledger"] = {
        "environment": ledger.environment,
        "entries": len(ledger.entries),
        "entry": entry,
        "last_good": good and (good["digest"] or good["reference"]),
        "halted": bool(halted),
    }
    return 0


def resume_ledger(ledger: Ledger, reason: str, digest: str) -> Json:
    """Ends a halt. Whoever resumes has looked, so it also counts as verified."""

    def check(view: View) -> None:
        age = ledger.age()
        old = age is not None and 0 < ledger.max_age < age
        if not view.halted() and not old:
            raise Stop(
                f"{ledger.environment} is not halted; there is nothing to resume"
            )

    fields = {"reason": reason, "approved_by": who_asks(), "verified": True}
    entry = ledger.append("resumed", check, **fields)
    say(f"mlpipe: {ledger.environment} is resumed (entry {entry['sequence']})")
    return entry


def waive_digest(ledger: Ledger, reason: str, digest: str) -> Json:
    """Lets a version be deployed again that was rolled back, or that is older than
    what is good now."""
    if not DIGEST.fullmatch(digest):
        raise Stop(f"waive needs the digest of a version, not {digest!r}")

    def check(view: View) -> None:
        good = view.last_good()
        if view.quarantined(digest):
            return
        if good is None or good["digest"] == digest:
            raise Stop(
                f"{digest} is not quarantined in {ledger.environment}, and nothing "
                "newer is good there"
            )

    fields = {"reason": reason, "approved_by": who_asks(), "digest": digest}
    entry = ledger.append("waived", check, **fields)
    say(f"mlpipe: {digest} may be deployed again (entry {entry['sequence']})")
    return entry


def show_ledger(ledger: Ledger) -> None:
    """The last twenty entries and where things stand, for people."""
    say(f"{ledger.what}, service {ledger.service}: {len(ledger.entries)} entries")
    rows = [["no", "at", "kind", "digest", "commit", "by", "reason"]]
    for entry in ledger.entries[-20:]:
        what = entry["digest"][7:19] or entry["reference"][-30:]
        by = ", ".join(map(str, entry["approved_by"])) or run_name(entry["run"])
        row = [str(entry["sequence"]), entry["at"], entry["kind"], what]
        row += [entry["commit"][:7], by[:60], entry["reason"][:120]]
        rows.append([" ".join(cell.split()) for cell in row])
    widths = [max(len(row[n]) for row in rows) for n in range(6)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        say("  ".join([*cells, row[6]]).rstrip())
    good, halted, lease = ledger.last_good(), ledger.halted(), ledger.lease
    what = (good["reference"] or good["digest"]) if good else "nothing yet"
    say(f"last good: {what}" + (f" (entry {good['sequence']})" if good else ""))
    holder = run_name(lease["holder"]) if lease else "nobody"
    say(f"lease: {holder}")
    open_intent = ledger.open_intent()
    if open_intent:
        who = run_name(open_intent["run"])
        say(f"not ended: entry {open_intent['sequence']}, the deploy of {who}")
    if halted:
        say(f"HALTED since {halted['at']}: {halted['reason']}")
        say("  to resume: find the cause, then resume with a reason (docs/ledger.md)")
    age = ledger.age()
    if age is not None and 0 < ledger.max_age < age:
        limit = span(ledger.max_age)
        say(f"TOO OLD: last verified {span(age)} ago, `max_age` allows {limit}")
