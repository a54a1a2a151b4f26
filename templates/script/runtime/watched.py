# ---- watched: what is asked for each metric of a watch --------------------------------


class Question:
    """One number that is asked for: a query, a JSON document, or a command."""

    def __init__(
        self, name: str, kind: str, what: str, field: str, server: Server | None
    ) -> None:
        self.name, self.kind, self.what, self.field = name, kind, what, field
        self.server = server

    def ask(
        self, env: Mapping[str, str], deadline: Deadline, beat: Beat, hide: Hide
    ) -> decimal.Decimal:
        """Its number now."""
        if self.kind == "run":
            return self.run(env, deadline, beat, hide)
        if isinstance(self.server, Prometheus):
            return self.server.ask(self.what, deadline, beat)
        if self.server is None:
            raise Stop(f"`{self.name}` asks a Prometheus, and none is named", code=2)
        status, data = self.server.fetch(self.server.url, None, deadline, beat)
        if status != 200:
            raise NoNumber(f"it answers {status_words(status)}")
        return at_field(parse_json(data, "its answer"), self.field)

    def run(
        self, env: Mapping[str, str], deadline: Deadline, beat: Beat, hide: Hide
    ) -> decimal.Decimal:
        """What a command prints: a number on the last line, or a JSON document."""
        done = run(
            self.what,
            deadline,
            env,
            workdir(),
            capture=True,
            hear=True,
            beat=beat,
            quiet=True,
        )
        if done.timed_out:
            limit = span(deadline.seconds or 0)
            raise NoAnswer(f"the command did not end within {limit}", done.errors)
        if done.code:
            reason = f"the command ended with exit status {done.code}"
            raise NoAnswer(reason, done.errors)
        last = ([""] + [line for line in done.output.split("\n") if line.strip()])[-1]
        try:
            if not last:
                raise NoNumber("the command prints nothing")
            if not self.field:
                return numeral(last.strip(), hide)
            try:
                value = parse_json(done.output.encode(), "what the command prints")
            except NoNumber:  # lines for people may stand before it
                value = parse_json(last.encode(), "what the command prints")
            return at_field(value, self.field)
        except NoNumber as error:
            raise NoAnswer(str(error), done.errors) from None


class WatchedMetric:
    """`metric NAME = …` of a watch: whom it asks, and for what."""

    def __init__(
        self,
        words: Sequence[str],
        auth: Sequence[str],
        prometheus: Prometheus | None,
        env: Mapping[str, str],
        hide: Hide,
    ) -> None:
        self.name, kind, what, field, self.unit = words
        self.prometheus, self.env, self.hide = prometheus, env, hide
        #: What the servers of its own are shown.
        self.auth = auth
        self.value = self.question(kind, what, field)
        #: It is judged only when it has so many samples, which are asked for first.
        self.least = 0
        self.samples: Question | None = None
        #: What the version gives that still serves beside a canary.
        self.baseline: Question | None = None

    def ask(
        self, env: Mapping[str, str], deadline: Deadline, beat: Beat, hide: Hide
    ) -> decimal.Decimal:
        """Its number now, if there are samples enough. Both have their share of the
        time."""
        if self.samples is not None:
            half = Deadline((deadline.left() or 0) / 2)
            try:
                count = self.samples.ask(env, half, beat, hide)
            except NoAnswer as error:
                reason = f"its number of samples: {error}"
                raise NoAnswer(reason, error.heard) from None
            except NoNumber as error:
                raise NoNumber(f"its number of samples: {error}") from None
            why = self.too_few(count)
            if why:
                raise NoNumber(why)
        return self.value.ask(env, deadline, beat, hide)

    def too_few(self, count: decimal.Decimal | str) -> str:
        """Why it has no number, by the number of its samples or why there is none."""
        if isinstance(count, str):
            return f"its number of samples: {count}"
        if count < self.least:
            seen = f"{show(count, decimal.Decimal(self.least))} samples"
            return f"it has {seen}, and {self.least} are needed"
        return ""

    def keeps_the_past(self) -> bool:
        """A Prometheus does; a command and a document say what is."""
        kinds = {self.value.kind, self.samples.kind if self.samples else "prometheus"}
        return kinds == {"prometheus"}

    def question(self, kind: str, what: str, field: str) -> Question:
        """The words of the command line, with the server that is asked."""
        server: Server | None = self.prometheus if kind == "prometheus" else None
        if kind in ("http", "http-secret"):
            address = ["secret" if kind == "http-secret" else "url", what, *self.auth]
            name = f"`{self.name}`"
            server = Server(address, self.env, self.hide, name, f"for {name}")
        return Question(self.name, kind, what, field, server)
