# ---- watch: polls of live metrics, and the triggers that take a release back --------
#
# Polls come at whole intervals from the moment when the first traffic moved, and go on
# over all processes of a deploy: what goes on from one to the next is the `state`, a
# JSON object that the caller keeps. Moments in it are whole milliseconds since that
# start. `mlpipe simulate` plays the same rules in virtual time.

WATCH_ONCE = {
    "watch": 2,
    "poll-limit": 1,
    "warm-up": 1,
    "missing": 1,
    "prometheus": 5,
    "probe": 2,
}
WATCH_MANY = {
    "metric": 5,
    "metric-auth": 4,
    "samples": 5,
    "baseline-live": 4,
    "trigger": 6,
}
SMOKE = "smoke.failures"
Ask = Callable[[Mapping[str, str], Deadline, Beat, Hide], decimal.Decimal]
NO_AUTH = ("none", "", "")
POLL_LIMIT, PROBE_LIMIT = 30.0, 120.0


class Tripped(Stop):
    """A trigger says that the release has to go back; `trigger` is the rule."""

    def __init__(self, sentence: str, trigger: str) -> None:
        super().__init__(sentence)
        self.trigger = trigger


def milliseconds(seconds: str | float) -> int:
    """Whole ones; what is longer than nothing stays so."""
    long = float(seconds)
    return max(1, round(long * 1000)) if long > 0 else 0


def before(metric: str) -> str:
    """Under which name is kept what the version before gives for it."""
    return f"baseline of {metric}"


class Trigger:
    """`when METRIC OP VALUE …` of a rollback."""

    def __init__(self, words: Sequence[str]) -> None:
        self.metric, self.op, bound, self.lasting, seconds, self.text = words
        match = BOUND.fullmatch(bound)
        #: How far from the baseline, where it is compared with one.
        self.tolerance = match.groups() if match else None
        self.bound = decimal.Decimal(0 if match else bound)
        self.long = milliseconds(seconds or 0) if self.lasting == "for" else 0

    def count(self) -> int | None:
        """The least number of failures, at least one, for which the rule holds."""
        bound = max(self.bound, decimal.Decimal(0))
        whole = int(bound)
        if self.op == "==":
            return max(1, whole) if whole == bound else None
        for count in (1, 2, whole, whole + 1):
            if count >= 1 and COMPARE[self.op](decimal.Decimal(count), bound):
                return count
        return None

    def limit(self, base: decimal.Decimal | None) -> decimal.Decimal | None:
        """What the metric is compared with; nothing where its baseline is missing."""
        if self.tolerance is None:
            return self.bound
        return None if base is None else from_baseline(base, self.tolerance)

    def worse(self, away: decimal.Decimal, than: decimal.Decimal) -> bool:
        """Is a value that is so far from its bound nearer to tripping it than one that
        was so far from its own, or further beyond?"""
        if self.op in ("<", "<="):
            return away < than
        if self.op in (">", ">="):
            return away > than
        return abs(away) < abs(than) if self.op == "==" else abs(away) > abs(than)


class Clock:
    """Milliseconds since 1970 that only go forward: in a process they are counted, so
    a clock that is set meanwhile changes nothing; one that was set back between two
    processes goes on from where the first one stopped."""

    def __init__(self, not_before: int) -> None:
        self.begun = time.monotonic()
        self.base = max(int(time.time() * 1000), not_before)

    def now(self) -> int:
        return self.base + round((time.monotonic() - self.begun) * 1000)


class Watch:
    """The watch of one deploy. Settings that are wrong are a `Stop` when it is made;
    nothing is asked before `hold`."""

    def __init__(self, options: Options, state: Json, env: Mapping[str, str]) -> None:
        window, interval = options.words("watch")
        #: Seconds to watch for after all traffic has moved.
        self.window = float(window)
        self.interval = milliseconds(interval)
        #: Seconds that each question may take.
        self.limit = float(options.one("poll-limit", str(POLL_LIMIT)))
        #: No metric is judged for so long after traffic has moved.
        self.warm_up = milliseconds(options.one("warm-up", "0"))
        #: So many polls in a row may give no number at the end of a hold.
        self.tolerate = int(options.one("missing", "0"))
        self.hide = Hide()
        self.env = env
        self.triggers = [Trigger(words) for words in options.all("trigger")]
        self.command, every = options.words("probe") or ("", "0")
        self.every = milliseconds(every)
        words = options.words("prometheus")
        found = {**os.environ, **env}
        server = Prometheus(words, found, self.hide) if words else None
        auth = {words[0]: words[1:] for words in options.all("metric-auth")}
        self.metrics = [
            WatchedMetric(
                words, auth.get(words[0], NO_AUTH), server, found, self.hide
            )
            for words in options.all("metric")
        ]
        known = {metric.name: metric for metric in self.metrics}
        for name, least, *words in options.all("samples"):
            known[name].least = int(least)
            known[name].samples = known[name].question(*words)
        for name, *words in options.all("baseline-live"):
            known[name].baseline = known[name].question(*words)
        names = [metric.name for metric in self.metrics]
        names += [SMOKE] if self.command else []
        if not all(trigger.metric in names for trigger in self.triggers):
            raise Stop("a trigger names a metric that is not watched", code=2)
        self.percent = {
            trigger.metric
            for trigger in self.triggers
            if trigger.tolerance is None and re.search("[0-9]%", trigger.text)
        }
        if "triggers" not in state:
            none: Json = {"value": None, "reason": "", "since": None, "numbers": 0}
            none["missing"] = 0
            state.update(start=None, at=0, poll=0, probe=0, polls=0, slow=False)
            state["warm"] = 0
            state.update(tripped=None, seen="")
            state["split"] = False
            asked = [name for name in names if name != SMOKE]
            asked += [before(m.name) for m in self.metrics if m.baseline]
            state["metrics"] = {name: dict(none) for name in asked}
            state["smoke"] = {"runs": 0, "failed": 0, "streak": 0, "longest": 0}
            zero: Json = {"began": None, "streak": 0, "longest": 0, "worst": None}
            zero.update(worst_away=None, last=None, bound=None, base=None)
            state["triggers"] = [dict(zero) for _ in self.triggers]
        self.state = state
        self.clock = Clock(int(state["at"]))
        self.beaten = self.told = float("-inf")
        self.end = 0
        self.deadline = Deadline(None)
        self.beat: Beat = lambda: None

    # time

    def begin(self, split: bool = False) -> None:
        """Traffic has moved: from the first time on it is watched, and after each time
        it warms up. While it is split the version before serves the rest of it, and
        can be compared with."""
        self.state["split"] = split
        if self.state["start"] is None:
            self.state["start"] = self.state["at"] = self.clock.now()
        if self.warm_up:
            self.state["warm"] = self.elapsed() + self.warm_up

    def elapsed(self) -> int:
        """Milliseconds since the start, kept for the process that comes next."""
        self.state["at"] = self.clock.now()
        return int(self.state["at"]) - int(self.state["start"])

    def time_of(self, moment: int) -> str:
        """A moment for people: the time of day in UTC."""
        seconds = (int(self.state["start"]) + moment) / 1000
        stamp = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        return stamp.strftime("%H:%M:%S")

    def pulse(self) -> None:
        """Beats, when the last time was long enough ago."""
        self.elapsed()
        if time.monotonic() - self.beaten >= 2 * BEAT:
            self.beat()
            self.beaten = time.monotonic()

    def wait(self, until: int) -> None:
        """Until a moment."""
        while True:
            left = (until - self.elapsed()) / 1000
            if left <= 0:
                return
            limit = self.deadline.left()
            if limit == 0:
                rest = span((self.end - self.elapsed()) / 1000)
                raise Stop(f"the deploy's time is over, {rest} of its watch were left")
            self.pulse()
            time.sleep(min(left, BEAT, BEAT if limit is None else limit))

    # polls

    def hold(self, seconds: float, deadline: Deadline, beat: Beat) -> None:
        """Watches for a time: `Tripped` as soon as a trigger trips, `Stop` when at the
        end a metric has no number. `beat` is called before each poll and every 15
        seconds at the least, which need not ask each time; what it raises goes
        through."""
        state = self.state
        if state["start"] is None:
            self.begin()
        self.deadline, self.beat = deadline, beat
        if state["tripped"] is not None:  # the phase was started again
            raise self.trip(int(state["tripped"]))
        self.end = end = self.elapsed() + milliseconds(seconds)
        while True:
            due = (int(state["poll"]) + 1) * self.interval
            if self.command:
                due = min(due, (int(state["probe"]) + 1) * self.every)
            if due > end:
                break
            self.wait(due)
            self.round(end // self.interval)
        self.wait(end)
        if seconds > 0:
            self.need_numbers()

    def round(self, last: int) -> None:
        """Asks for what is due now, judges it and says so. Of two triggers at one
        moment the one that is written first counts, so smoke is not waited for when
        its triggers come later."""
        state = self.state
        # A moment is that of the interval, not of the clock's jitter, unless the poll
        # comes late: after a step of the deploy, or after a slow smoke test.
        late = self.elapsed() - (int(state["poll"]) + 1) * self.interval >= 1000
        self.beat()
        self.beaten = time.monotonic()
        found: list[int] = []
        now = self.elapsed()
        index = now // self.interval
        polled, warm = index > state["poll"], False
        if polled:
            self.missed(index - int(state["poll"]) - 1)
            moment = now if late else index * self.interval
            warm = moment < state["warm"]
            state["poll"] = index
            if not warm:
                state["polls"] += 1
                found += self.judge(self.read(moment), moment)
            over = (self.elapsed() - 1) // self.interval
            self.missed(over - index)
            state["poll"] = max(index, over)
        if self.command and now // self.every > state["probe"]:
            state["probe"] = now // self.every
            smoke = [i for i, t in enumerate(self.triggers) if t.metric == SMOKE]
            if not found or (smoke and smoke[0] < found[0]):
                found += self.probe(smoke)
        if polled:
            self.tell(now, f"{index}/{max(index, last)}", warm)
        if found:
            raise self.trip(min(found))

    def missed(self, polls: int) -> None:
        """Says once that polls were left out."""
        if polls > 0 and not self.state["slow"]:
            self.state["slow"] = True
            say("mlpipe: a poll is late; those that were missed meanwhile are left out")

    def asked(self) -> list[tuple[str, Ask, bool]]:
        """What is asked for at a poll, under which name, and whether by a command."""
        asked: list[tuple[str, Ask, bool]] = []
        for metric in self.metrics:
            kinds = [metric.value.kind, metric.samples.kind if metric.samples else ""]
            asked.append((metric.name, metric.ask, "run" in kinds))
            base = metric.baseline
            if base is not None and self.state["split"]:
                asked.append((before(metric.name), base.ask, base.kind == "run"))
        return asked

    def read(self, moment: int, poll: bool = True) -> dict[str, decimal.Decimal]:
        """The numbers of all metrics. Servers are asked first, then commands, and none
        may use up the time of those that come after it. What is no poll is not counted
        among those without a number."""
        left = self.deadline.left()
        limit = min(self.interval / 1000, self.limit)
        whole = Deadline(limit if left is None else min(limit, left))
        numbers: dict[str, decimal.Decimal] = {}
        order = sorted(self.asked(), key=lambda asked: asked[2])
        for done, (name, ask, _) in enumerate(order):
            kept = self.state["metrics"][name]
            self.pulse()
            share = Deadline((whole.left() or 0) / (len(order) - done))
            try:
                value = ask(self.env, share, self.pulse, self.hide)
            except NoNumber as error:
                reason = self.hide.text(str(error))
                if isinstance(error, NoAnswer) and reason != kept["reason"]:
                    self.quote(error.heard, name)
                if kept["value"] is not None or kept["since"] is None:
                    kept["since"] = moment
                kept.update(value=None, reason=reason)
                kept["missing"] += poll
            else:
                numbers[name] = value
                kept.update(value=format_exact(value), reason="", missing=0)
                kept["numbers"] += 1
        return numbers

    def judge(self, numbers: Mapping[str, decimal.Decimal], moment: int) -> list[int]:
        """Which triggers trip, in their order. A metric without a number ends no
        streak and trips nothing."""
        tripped = []
        for place, trigger in enumerate(self.triggers):
            kept, value = self.state["triggers"][place], numbers.get(trigger.metric)
            base = numbers.get(before(trigger.metric))
            bound = trigger.limit(base)
            if value is None or bound is None:
                continue
            away, worst = EXACT.subtract(value, bound), kept["worst_away"]
            if worst is None or trigger.worse(away, decimal.Decimal(worst)):
                kept.update(worst=format_exact(value), worst_away=format_exact(away))
            kept.update(last=format_exact(value), bound=format_exact(bound))
            if trigger.tolerance is not None:
                kept["base"] = None if base is None else format_exact(base)
            if not COMPARE[trigger.op](value, bound):
                kept.update(began=None, streak=0)
                continue
            if kept["began"] is None:
                kept["began"] = moment
            kept["streak"] += 1
            kept["longest"] = max(kept["longest"], kept["streak"])
            if moment - int(kept["began"]) >= trigger.long:
                tripped.append(place)
        return tripped

    def probe(self, places: Sequence[int]) -> list[int]:
        """Runs the smoke test; which of its triggers trip when it fails. Without
        `consecutive` all failures count, with it those since the last success."""
        left = self.deadline.left()
        limit = min(self.every / 1000, PROBE_LIMIT)
        deadline = Deadline(limit if left is None else min(limit, left))
        done = run(
            self.command,
            deadline,
            self.env,
            workdir(),
            capture=True,
            hear=True,
            beat=self.pulse,
            quiet=True,
        )
        kept = self.state["smoke"]
        kept["runs"] += 1
        if not done.code:
            kept["streak"] = 0
            return []
        kept["failed"] += 1
        kept["streak"] += 1
        kept["longest"] = max(kept["longest"], kept["streak"])
        why = f"failed with {done.code}"
        if done.timed_out:
            why = f"did not end within {span(limit)}"
        say(f"mlpipe: the smoke test of the watch {why}")
        self.quote(done.output + done.errors, "smoke")
        tripped = []
        for place in places:
            trigger = self.triggers[place]
            count = kept["streak" if trigger.lasting == "consecutive" else "failed"]
            least = trigger.count()
            if least is not None and count >= least:
                tripped.append(place)
        return tripped

    def need_numbers(self) -> None:
        """The last poll of each metric gave a number, or so few did not that it is
        tolerated. Where the time was shorter than an interval there was none, and they
        are asked here."""
        now = self.elapsed()
        if not self.state["polls"]:
            self.beat()
            self.read(now, poll=False)
        told = {metric.name: f"`{metric.name}` gave no number" for metric in self.metrics}
        told.update(
            (before(metric.name), f"`{metric.name}` has no baseline")
            for metric in self.metrics
        )
        for name, *_ in self.asked():
            kept = self.state["metrics"][name]
            if kept["value"] is not None:
                continue
            missing, since = max(1, int(kept["missing"])), self.time_of(kept["since"])
            silent = f"{told[name]} since {since} ({kept['reason']})"
            if not self.tolerate:
                raise Stop(f"{silent}, and a metric without a number is never good")
            often = f"{missing} poll{'' if missing == 1 else 's'} in a row"
            if missing > self.tolerate:
                raise Stop(f"{silent}, at {often}, and {self.tolerate} may be missing")
            say(f"mlpipe: {silent}, at {often}; {self.tolerate} may be missing")

    def trip(self, place: int) -> Tripped:
        """What is raised for a trigger, the same again when it is asked again."""
        state, trigger = self.state, self.triggers[place]
        if state["tripped"] is None:
            if trigger.metric == SMOKE:
                one_by_one = trigger.lasting == "consecutive"
                count = state["smoke"]["streak" if one_by_one else "failed"]
                seen = f"it failed {count} time{'' if count == 1 else 's'}"
                seen += " one after the other" if one_by_one and count > 1 else ""
            else:
                kept = state["triggers"][place]
                value, bound = (decimal.Decimal(kept[k]) for k in ("last", "bound"))
                seen = f"it is {self.people(trigger.metric, value, bound)}"
                if kept["base"] is not None:
                    base = decimal.Decimal(kept["base"])
                    seen += f", the baseline is {self.people(trigger.metric, base)}"
                if trigger.long:
                    began = self.time_of(state["triggers"][place]["began"])
                    seen += f", and was beyond at every poll since {began}"
            state.update(tripped=place, seen=seen)
        return Tripped(f"`{trigger.text}`: {state['seen']}", trigger.text)

    # for people

    def quote(self, text: str, name: str) -> None:
        """The end of what a command printed."""
        for line in [line for line in text.splitlines() if line.strip()][-10:]:
            say(f"  {name}: {self.hide.text(line)}")

    def people(
        self, name: str, value: decimal.Decimal, bound: decimal.Decimal | None = None
    ) -> str:
        """A number with its unit; a ratio that the spec compares with a percentage is
        shown as one."""
        unit = next((m.unit for m in self.metrics if m.name == name), "")
        if not unit and name in self.percent:
            value = value.scaleb(2, EXACT)
            bound = bound if bound is None else bound.scaleb(2, EXACT)
            unit = "percent"
        unit = "%" if unit == "percent" else unit
        return f"{show(value, bound)} {unit}".strip()

    def tell(self, now: int, place: str, warm: bool) -> None:
        """One line for a poll; polls of less than ten seconds share a line."""
        if self.interval < 10_000 and time.monotonic() - self.told < 10:
            return
        self.told = time.monotonic()
        parts = [f"mlpipe: {self.time_of(now)}", place]
        if warm:
            parts.append(f"no metric is judged before {self.time_of(self.state['warm'])}")
        for metric in [] if warm else self.metrics:
            kept = self.state["metrics"][metric.name]
            value = kept["value"]
            said = f"- ({kept['reason']})"
            if value is not None:
                said = self.people(metric.name, decimal.Decimal(value))
            if metric.baseline and self.state["split"]:
                base = self.state["metrics"][before(metric.name)]["value"]
                base = None if base is None else decimal.Decimal(base)
                shown = "-" if base is None else self.people(metric.name, base)
                said += f" (baseline {shown})"
            parts.append(f"{metric.name} {said}")
        kept = self.state["smoke"]
        if kept["streak"]:
            parts.append(f"smoke failed ({kept['streak']})")
        elif kept["runs"]:
            parts.append("smoke ok")
        say("  ".join(parts))

    def summary(self) -> list[Json]:
        """What became of each trigger. Numbers are decimal text, exact."""
        rows: list[Json] = []
        smoke = self.state["smoke"]
        for place, trigger in enumerate(self.triggers):
            kept = self.state["triggers"][place]
            row: Json = {"trigger": trigger.text, "metric": trigger.metric}
            bound = kept["bound"]
            if trigger.tolerance is None:
                bound = format_exact(trigger.bound)
            row.update(op=trigger.op, bound=bound, baseline=kept["base"])
            if trigger.metric == SMOKE:
                key = "streak" if trigger.lasting == "consecutive" else "failed"
                worst = smoke["longest" if key == "streak" else "failed"]
                row.update(last=str(smoke[key]), worst=str(worst), unit="")
                row.update(polls=smoke["runs"], numbers=smoke["runs"])
                row.update(longest=smoke["longest"], reason="")
            else:
                metric = self.state["metrics"][trigger.metric]
                unit = next(m.unit for m in self.metrics if m.name == trigger.metric)
                # Once all traffic has moved there is nothing to compare with.
                last = metric["value"] if trigger.tolerance is None else kept["last"]
                row.update(last=last, worst=kept["worst"], unit=unit)
                row.update(polls=self.state["polls"], numbers=metric["numbers"])
                row.update(longest=kept["longest"], reason=metric["reason"])
            row["verdict"] = "held" if row["last"] is not None else "no number"
            if self.state["tripped"] == place:
                row.update(verdict="tripped", reason=self.state["seen"])
            rows.append(row)
        return rows

    def verdict(self) -> None:
        """The table that ends the watch: in the log, and on the run's page."""
        head = ["trigger", "last", "worst", "polls", "longest", "verdict"]
        words = {"held": "held", "no number": "NO NUMBER", "tripped": "TRIPPED"}
        rows = []
        for row in self.summary():
            bound = None if row["bound"] is None else decimal.Decimal(row["bound"])
            numbers = [
                "-"
                if row[key] is None
                else self.people(row["metric"], decimal.Decimal(row[key]), bound)
                for key in ("last", "worst")
            ]
            polls = str(row["polls"])
            if row["numbers"] != row["polls"]:
                polls = f"{polls}, {row['numbers']} with a number"
            longest = str(row["longest"])
            rows.append([row["trigger"], *numbers, polls, longest])
            rows[-1].append(words[row["verdict"]])
        if rows:
            say()
            log_table(head, rows)
            say()
            summary("### Watch\n\n" + markdown_table(head, rows) + "\n")
