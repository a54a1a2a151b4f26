# ---- soak: has it run there for long enough, and did its watch hold? -----------------
#
# The platform waits, by a timer of its own; this is the look at the end. It trusts no
# timer but the ledger: since when this run's release is what is good there. It writes
# nothing there, and what serves stays as it is, whatever it finds. Copies of another
# environment's requests that lasted until here end with it.

#: What a timer that started a little early may lack; it is waited for here.
EARLY = 600.0
#: Prometheus refuses more than 11,000 points of a series, and an answer has a limit.
POINTS = 5000
#: How often a server is asked that gives no answer, and the seconds between.
TRIES, PAUSE = 3, 10.0


class Soak:
    """The soak of this run's release in one environment."""

    def __init__(self, options: Options, digest: str, deadline: Deadline) -> None:
        ledger = open_ledger(options, deadline)
        if ledger is None:
            raise Stop("a soak is counted by the ledger, and there is none", code=2)
        self.ledger = ledger
        self.environment = options.one("environment")
        self.seconds = int(options.one("seconds"))
        self.digest = digest
        self.deadline = deadline

    def good(self) -> Json:
        """The entry since which it is good there; `Stop` when it is not."""
        name, ledger = self.environment, self.ledger
        halted = ledger.halted()
        if halted is not None:
            raise Stop(
                f"{name} is halted since {halted['at']}: {halted['reason']}",
                "find out why first; then a person writes "
                + by_script(f"ledger {name} resume", "REASON"),
            )
        entry = ledger.quarantined(self.digest)
        if entry is not None:
            raise Stop(
                f"{self.digest} was rolled back in {name} at {entry['at']}: "
                f"{entry['reason']}",
                "release another one; its soak begins anew",
            )
        found = ledger.last_good()
        if found is not None and found["digest"] == self.digest:
            return found
        known = [e["digest"] for e in ledger.entries if e["kind"] in CONFIRMED]
        if found is None or self.digest not in known:
            raise Stop(
                f"{self.digest} was never good in {name}, by its ledger",
                f"its deploy to {name} has to end well first",
            )
        what = found["digest"] or found["reference"]
        raise Stop(
            f"{name} has another one by now: {what}, of {run_name(found['run'])}, is "
            f"good there since {found['at']}; this run's is {self.digest}",
            "the run of that one goes on when it has soaked; this one is over",
        )

    def lasted(self) -> tuple[float, float]:
        """From when to when it has been all that is there. A deploy of another one ends
        that, and when that one was taken back it begins anew."""
        good = self.good()
        since, until = moment(self.first(good)["at"]), self.ledger.clock()
        for entry in self.ledger.entries[good["sequence"] :]:
            if entry["kind"] in ("rolled_back", "left"):
                since = moment(entry["at"])
        intent = self.ledger.open_intent()
        if intent is not None and intent["sequence"] > good["sequence"]:
            until = moment(intent["at"])
        return since, max(since, until)

    def first(self, good: Json) -> Json:
        """The entry since which nothing else was good there, nor on its way: a deploy
        of what is there already does not begin anew."""
        first = good
        for entry in reversed(self.ledger.entries[: good["sequence"] - 1]):
            if entry["kind"] in ("waived", "halted", "resumed"):
                continue
            if entry["digest"] != self.digest or entry["kind"] in ("rolled_back", "left"):
                break
            if entry["kind"] in CONFIRMED:
                first = entry
        return first

    def over(self) -> tuple[float, float]:
        """The same, once it was long enough; `Stop` when that is not soon."""
        while True:
            self.ledger.load()
            since, until = self.lasted()
            left = self.seconds - (until - since)
            if left <= 0:
                return since, until
            now = self.ledger.clock()
            limit = self.deadline.left()
            if left > EARLY or until < now or limit == 0:
                raise self.too_early(since, until, now)
            say(f"mlpipe: {span(left)} of the soak are left, and are waited for here")
            time.sleep(left if limit is None else min(left, limit))

    def too_early(self, since: float, until: float, now: float) -> Stop:
        """What is said when a timer was not there, was too short, or was skipped."""
        name = self.environment
        so_far = f"{span(until - since)} of {span(self.seconds)}"
        if until < now:
            return Stop(
                f"this run's release had soaked in {name} for {so_far} when another "
                f"one was deployed there at {stamped(until)}",
                "the soak begins anew when it is back, or goes on with the other one",
            )
        end = stamped(since + self.seconds)
        again = f"once it is over, at {end}, run this job again"
        help = {
            "github": f"the environment {name}-soak has no wait timer of "
            f"{-(-self.seconds // 60)} minutes (Settings, Environments; private "
            f"repositories: GitHub Enterprise); {again}",
            "gitlab": f"somebody started the job before its time; {again}",
            "jenkins": "the build did not wait, or the soak began anew meanwhile; "
            f"start a new build after {end}",
        }.get(os.environ.get("MLPIPE_PLATFORM", ""), again)
        return Stop(
            f"this run's release has soaked in {name} for {so_far}, since "
            f"{stamped(since)}",
            help,
        )


class LookBack(Watch):
    """The watch of a deploy over what has been: the same triggers, the same judge."""

    def time_of(self, moment: int) -> str:
        return stamped((int(self.state["start"]) + moment) / 1000)

    def past(self, since: float, until: float, deadline: Deadline) -> None:
        """Judges each moment at which it would have been polled, from the first one."""
        self.deadline = deadline
        self.state["start"] = self.state["at"] = round(since * 1000)
        count = round((until - since) * 1000) // self.interval
        asked = [metric for metric in self.metrics if metric.keeps_the_past()]
        if not asked or not count:
            return
        names = ", ".join(metric.name for metric in asked)
        every = span(self.interval / 1000)
        say(f"mlpipe: {names} every {every} since {stamped(since)}: {count} polls")
        found = {metric.name: self.course(metric, count) for metric in asked}
        for index in range(1, count + 1):
            numbers: dict[str, decimal.Decimal] = {}
            for name, course in found.items():
                self.keep(name, course.get(index), index * self.interval, numbers)
            self.state["polls"] += 1
            tripped = self.judge(numbers, index * self.interval)
            if tripped:
                at = self.time_of(index * self.interval)
                raise Stop(f"{self.trip(min(tripped))}, at {at}")

    def course(
        self, metric: WatchedMetric, count: int
    ) -> dict[int, decimal.Decimal | str]:
        """What there was at every poll: a number, if there were samples enough."""
        found = self.answers(metric.value, count)
        if metric.samples is None:
            return found
        samples = self.answers(metric.samples, count)
        for index in range(1, count + 1):
            why = metric.too_few(samples.get(index, NO_SERIES))
            if why:
                found[index] = why
        return found

    def answers(
        self, question: Question, count: int
    ) -> dict[int, decimal.Decimal | str]:
        """What a server says of every poll, in questions that it answers at once."""
        server = question.server
        if not isinstance(server, Prometheus):
            name = question.name
            raise Stop(f"`{name}` asks a Prometheus, and none is named", code=2)
        found: dict[int, decimal.Decimal | str] = {}
        for first in range(1, count + 1, POINTS):
            last = min(count, first + POINTS - 1)
            for tries in range(1, TRIES + 1):
                limit = self.deadline.left()
                limit = self.limit if limit is None else min(self.limit, limit)
                try:
                    part = server.course(
                        question.what,
                        int(self.state["start"]),
                        self.interval,
                        range(first, last + 1),
                        Deadline(limit),
                    )
                    found.update(part)
                    break
                except NoNumber as error:
                    reason = self.hide.text(str(error))
                if tries == TRIES or self.deadline.left() == 0:
                    raise Stop(
                        f"nobody knows how `{question.name}` was over the soak: "
                        f"{reason}",
                        "run this job again once its Prometheus can be asked",
                    )
                time.sleep(PAUSE)
        return found

    def keep(
        self,
        name: str,
        value: decimal.Decimal | str | None,
        moment: int,
        numbers: dict[str, decimal.Decimal],
    ) -> None:
        """Writes a poll down as `read` does."""
        kept = self.state["metrics"][name]
        if isinstance(value, decimal.Decimal):
            numbers[name] = value
            kept.update(value=format_exact(value), reason="", missing=0)
            kept["numbers"] += 1
            return
        if kept["value"] is not None or kept["since"] is None:
            kept["since"] = moment
        kept.update(value=None, reason=value or NO_SERIES)
        kept["missing"] += 1

    def present(self) -> None:
        """What a command or a document says cannot be asked for the past, so it is
        looked at once, and has to be there and good, however long or often it may be
        bad or missing otherwise."""
        moment = self.elapsed()
        for metric in self.metrics:
            if metric.keeps_the_past():
                continue
            left = self.deadline.left()
            limit = Deadline(self.limit if left is None else min(self.limit, left))
            numbers: dict[str, decimal.Decimal] = {}
            try:
                value: decimal.Decimal | str = metric.ask(
                    self.env, limit, lambda: None, self.hide
                )
            except NoNumber as error:
                value = self.hide.text(str(error))
                if isinstance(error, NoAnswer):
                    self.quote(error.heard, metric.name)
            self.keep(metric.name, value, moment, numbers)
            if not numbers:
                raise Stop(
                    f"`{metric.name}` gave no number at the end of the soak ({value}), "
                    "and a metric without a number is never good"
                )
            for place in self.judge(numbers, moment, now=True):
                seen = self.people(metric.name, numbers[metric.name])
                self.state["seen"] = f"it is {seen} at the end of the soak"
                self.state["tripped"] = place
                raise self.trip(place)
        if any(trigger.metric == SMOKE for trigger in self.triggers):
            self.probe([])
            if self.state["smoke"]["failed"]:
                raise Stop("the smoke test of the watch fails at the end of the soak")
        self.need_numbers()

    def summary(self) -> list[Json]:
        """What a command says was asked for once."""
        once = {m.name for m in self.metrics if not m.keeps_the_past()}
        rows = super().summary()
        for row in rows:
            if row["metric"] in once:
                row["polls"] = 1
        return rows

    def judge(
        self, numbers: Mapping[str, decimal.Decimal], moment: int, now: bool = False
    ) -> list[int]:
        """With `now`, one poll is enough for every trigger."""
        tripped = super().judge(numbers, moment)
        if not now:
            return tripped
        return [
            place
            for place, trigger in enumerate(self.triggers)
            if trigger.metric in numbers
            # Nothing serves any more that a baseline could be asked of.
            and trigger.tolerance is None
            and COMPARE[trigger.op](numbers[trigger.metric], trigger.bound)
        ]


def soak_env(options: Options, digest: str, models: Sequence[Json]) -> dict[str, str]:
    """What the commands of the watch are told, as in the deploy."""
    env = {"MLPIPE_ENVIRONMENT": options.one("environment"), "MLPIPE_DIGEST": digest}
    if options.has("image"):
        env["MLPIPE_IMAGE"] = options.one("image") + "@" + digest
    first: Json = next(iter(models), {})
    for name in ("version", "digest"):
        env["MLPIPE_MODEL_" + name.upper()] = str(first.get(name) or "")
    return env


@job(
    "soak",
    once={
        **LEDGER_ONCE,
        **WATCH_ONCE,
        **SHADOW_ONCE,
        "environment": 1,
        "seconds": 1,
        "image": 1,
        "model": 1,
        "timeout": 1,
    },
    many={**WATCH_MANY, "gate": 1},
)
def soak_job(record: Record, options: Options) -> int:
    """May what comes after this environment begin?"""
    deadline = Deadline(float(options.one("timeout")))
    _, digest, models = artifact(options)
    soak = Soak(options, digest, deadline)
    told: Json = {"environment": soak.environment, "digest": digest}
    told.update(wanted=soak.seconds, since=None, seconds=None, watch=[])
    record.data["soak"] = told
    since, until = soak.over()
    told.update(since=stamped(since), seconds=round(until - since))
    say(f"mlpipe: {digest} has soaked in {soak.environment} for {span(until - since)}")
    env = soak_env(options, digest, models)
    try:
        if options.has("watch"):
            look_back(options, told, since, until, env, deadline)
    except BaseException:
        try:
            end_copies(options, soak.environment, env)
        except Stop as stop:
            complain(stop.sentence, stop.help)
        raise
    end_copies(options, soak.environment, env)
    return 0


def look_back(
    options: Options,
    told: Json,
    since: float,
    until: float,
    env: Mapping[str, str],
    deadline: Deadline,
) -> None:
    """Did the watch hold over all of it?"""
    name = options.one("environment")
    watch = LookBack(options, {}, dict(env))
    try:
        watch.past(since, until, deadline)
        watch.present()
    except Stop as stop:
        watch.verdict()
        raise Stop(
            f"{name} did not hold over its soak: {stop.sentence}",
            stop.help or f"what serves in {name} stays as it is",
            stop.code,
        ) from None
    finally:
        told["watch"] = watch.summary()
    watch.verdict()


def end_copies(options: Options, environment: str, env: Mapping[str, str]) -> None:
    """The copies of another environment's requests have lasted through the soak; they
    end with it, whatever it has shown. One that came too early leaves them on: it is
    run again."""
    shadow = shadow_of(options, environment)
    if shadow is None:
        return
    code = shadow.end(env, Deadline(300), False)
    if code:
        raise Stop(still_copied(shadow, code), "by hand: " + shadow.by_hand())
    say(f"mlpipe: no more copies of the requests of {shadow.source}")
