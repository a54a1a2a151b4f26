# ---- watch: polls of live metrics, and the triggers that take a release back --------
#
# Polls come at whole intervals from the moment when the first traffic moved, and go on
# over all processes of a deploy: what goes on from one to the next is the `state`, a
# JSON object that the caller keeps. Moments in it are whole milliseconds since that
# start. `mlpipe simulate` plays the same rules in virtual time.

WATCH_ONCE = {"watch": 2, "poll-limit": 1, "prometheus": 5, "probe": 2}
WATCH_MANY = {"metric": 5, "trigger": 6}
SMOKE = "smoke.failures"
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


class Trigger:
    """`when METRIC OP VALUE …` of a rollback."""

    def __init__(self, words: Sequence[str]) -> None:
        self.metric, self.op, bound, self.lasting, seconds, self.text = words
        self.bound = decimal.Decimal(bound)
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

    def worse(self, value: decimal.Decimal, than: decimal.Decimal) -> bool:
        """Is a value nearer to tripping it than another, or further beyond?"""
        if self.op in ("<", "<="):
            return value < than
        if self.op in (">", ">="):
            return value > than
        away, before = abs(value - self.bound), abs(than - self.bound)
        return away < before if self.op == "==" else away > before


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
        self.hide = Hide()
        self.env = env
        self.metrics = [WatchedMetric(words) for words in options.all("metric")]
        self.triggers = [Trigger(words) for words in options.all("trigger")]
        self.command, every = options.words("probe") or ("", "0")
        self.every = milliseconds(every)
        words = options.words("prometheus")
        found = {**os.environ, **env}
        self.prometheus = Prometheus(words, found, self.hide) if words else None
        names = [metric.name for metric in self.metrics]
        names += [SMOKE] if self.command else []
        if not all(trigger.metric in names for trigger in self.triggers):
            raise Stop("a trigger names a metric that is not watched", code=2)
        self.percent = {
            trigger.metric
            for trigger in self.triggers
            if re.search("[0-9]%", trigger.text)
        }
        if "triggers" not in state:
            none: Json = {"value": None, "reason": "", "since": None, "numbers": 0}
            state.update(start=None, at=0, poll=0, probe=0, polls=0, slow=False)
            state.update(tripped=None, seen="")
            state["metrics"] = {name: dict(none) for name in names if name != SMOKE}
            state["smoke"] = {"runs": 0, "failed": 0, "streak": 0, "longest": 0}
            zero: Json = {"began": None, "streak": 0, "longest": 0, "worst": None}
            state["triggers"] = [dict(zero) for _ in self.triggers]
        self.state = state
        self.clock = Clock(int(state["at"]))
        self.beaten = self.told = float("-inf")
        self.end = 0
        self.deadline = Deadline(None)
        self.beat: Beat = lambda: None

    # time

    def begin(self) -> None:
        """The first traffic has moved: from now on it is watched. Only the first call
        counts."""
        if self.state["start"] is None:
            self.state["start"] = self.state["at"] = self.clock.now()

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
        self.begin()
        self.deadline, self.beat = deadline, beat
        state = self.state
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
        polled = index > state["poll"]
        if polled:
            self.missed(index - int(state["poll"]) - 1)
            moment = now if late else index * self.interval
            state.update(poll=index, polls=state["polls"] + 1)
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
            self.tell(now, f"{index}/{max(index, last)}")
        if found:
            raise self.trip(min(found))

    def missed(self, polls: int) -> None:
        """Says once that polls were left out."""
        if polls > 0 and not self.state["slow"]:
            self.state["slow"] = True
            say("mlpipe: a poll is late; those that were missed meanwhile are left out")

    def read(self, moment: int) -> dict[str, decimal.Decimal]:
        """The numbers of all metrics. Servers are asked first, then commands, and none
        may use up the time of those that come after it."""
        left = self.deadline.left()
        limit = min(self.interval / 1000, self.limit)
        poll = Deadline(limit if left is None else min(limit, left))
        numbers: dict[str, decimal.Decimal] = {}
        order = sorted(self.metrics, key=lambda metric: metric.kind == "run")
        for done, metric in enumerate(order):
            kept = self.state["metrics"][metric.name]
            self.pulse()
            share = Deadline((poll.left() or 0) / (len(order) - done))
            try:
                value = metric.ask(
                    self.prometheus, self.env, share, self.pulse, self.hide
                )
            except NoNumber as error:
                reason = self.hide.text(str(error))
                if isinstance(error, NoAnswer) and reason != kept["reason"]:
                    self.quote(error.heard, metric.name)
                if kept["value"] is not None or kept["since"] is None:
                    kept["since"] = moment
                kept.update(value=None, reason=reason)
            else:
                numbers[metric.name] = value
                kept.update(value=format_exact(value), reason="")
                kept["numbers"] += 1
        return numbers

    def judge(self, numbers: Mapping[str, decimal.Decimal], moment: int) -> list[int]:
        """Which triggers trip, in their order. A metric without a number ends no
        streak and trips nothing."""
        tripped = []
        for place, trigger in enumerate(self.triggers):
            kept, value = self.state["triggers"][place], numbers.get(trigger.metric)
            if value is None:
                continue
            worst = kept["worst"]
            if worst is None or trigger.worse(value, decimal.Decimal(worst)):
                kept["worst"] = format_exact(value)
            if not COMPARE[trigger.op](value, trigger.bound):
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
        """The last poll of each metric gave a number. Where the time was shorter than
        an interval there was none, and they are asked here."""
        now = self.elapsed()
        if not self.state["polls"]:
            self.beat()
            self.read(now)
        for metric in self.metrics:
            kept = self.state["metrics"][metric.name]
            if kept["value"] is None:
                raise Stop(
                    f"`{metric.name}` gave no number since "
                    f"{self.time_of(kept['since'])} ({kept['reason']}), and a metric "
                    "without a number is never good"
                )

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
                value = decimal.Decimal(state["metrics"][trigger.metric]["value"])
                seen = f"it is {self.people(trigger.metric, value, trigger.bound)}"
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

    def tell(self, now: int, place: str) -> None:
        """One line for a poll; polls of less than ten seconds share a line."""
        if self.interval < 10_000 and time.monotonic() - self.told < 10:
            return
        self.told = time.monotonic()
        parts = [f"mlpipe: {self.time_of(now)}", place]
        for metric in self.metrics:
            kept = self.state["metrics"][metric.name]
            value = kept["value"]
            said = f"- ({kept['reason']})"
            if value is not None:
                said = self.people(metric.name, decimal.Decimal(value))
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
            row.update(op=trigger.op, bound=format_exact(trigger.bound))
            if trigger.metric == SMOKE:
                key = "streak" if trigger.lasting == "consecutive" else "failed"
                worst = smoke["longest" if key == "streak" else "failed"]
                row.update(last=str(smoke[key]), worst=str(worst), unit="")
                row.update(polls=smoke["runs"], numbers=smoke["runs"])
                row.update(longest=smoke["longest"], reason="")
            else:
                metric = self.state["metrics"][trigger.metric]
                unit = next(m.unit for m in self.metrics if m.name == trigger.metric)
                row.update(last=metric["value"], worst=kept["worst"], unit=unit)
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
            bound = decimal.Decimal(row["bound"])
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
