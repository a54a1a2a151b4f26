# ---- gate: a command, its rules, one verdict ----------------------------------------


def tracked(path: str) -> bool:
    """Is the file, or anything in the folder, checked in?"""
    # The runner's user may differ from the owner of the checkout.
    words = ["git", "-c", "safe.directory=*", "--literal-pathspecs", "ls-files", "-z"]
    done = run([*words, "--", path], cwd=workdir(), capture=True)
    if done.code:
        raise Stop(f"git cannot say whether {path} is checked in")
    return bool(done.output)


def clear(path: str) -> None:
    """Takes away what an earlier run left: what is there afterwards is of this run."""
    full = os.path.join(workdir(), path)
    if not os.path.lexists(full):
        return
    root, real = os.path.realpath("."), os.path.realpath(os.path.dirname(full) or ".")
    if real != root and not real.startswith(root + os.sep):
        raise Stop(f"{path} lies outside the repository")
    if tracked(path):
        raise Stop(
            f"{path} is checked in, so nothing tells whether this run wrote it",
            "take it out of git, let the command write another file, or drop `run`",
        )
    if os.path.isdir(full) and not os.path.islink(full):
        shutil.rmtree(full)
    else:
        os.unlink(full)


class Gate:
    """What the spec says of a gate."""

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self.command = options.one("run") if options.has("run") else None
        self.metrics = [(words[0], words[1]) for words in options.all("metrics")]
        self.baseline = options.one("baseline") or None
        self.rules = [Rule(words) for words in options.all("require")]
        self.junit = options.each("junit")
        self.artifacts = options.each("artifact")
        self.advisory = options.one("advisory") or None
        times, passes = options.words("repeat") or ["1", "1"]
        self.times, self.passes = int(times), int(passes)
        self.seed = options.one("seed") or None
        self.limit = float(options.one("timeout"))

    def outputs(self) -> list[str]:
        """Every file that the command must write, each once."""
        names = [path for _, path in self.metrics] + self.junit + self.artifacts
        return list(dict.fromkeys(names))

    def env(self) -> dict[str, str]:
        if self.seed is None:
            return {}
        return {"PYTHONHASHSEED": self.seed, "MLPIPE_SEED": self.seed}

    def attempt(self, deadline: Deadline) -> Json:
        """The command once, and everything that must hold afterwards."""
        code, timed_out, began = None, False, time.monotonic()
        if self.command is not None:
            for path in self.outputs():
                clear(path)
            done = run(self.command, deadline, env=self.env(), cwd=workdir())
            code, timed_out = done.code, done.timed_out
        seconds = time.monotonic() - began
        sources = [Source(path, format) for format, path in self.metrics]
        baseline = Source(self.baseline, "json") if self.baseline else None
        rules = [rule.judge(sources, baseline) for rule in self.rules]
        problems = [source.problem for source in sources if source.problem]
        problems += self.missing()
        passed = not code and not problems
        passed = passed and all(rule["verdict"] == "pass" for rule in rules)
        return {
            "passed": passed,
            "exit": code,
            "timed_out": timed_out,
            "seconds": round(seconds, 3),
            "rules": rules,
            "problems": problems,
        }

    def missing(self) -> list[str]:
        """Reports and artifacts that are not there, or are not what they should be."""
        problems = []
        for path in self.junit:
            try:
                read_xml(path)
            except NoNumber as error:
                problems.append(f"report {path}: {error}")
        for path in self.artifacts:
            if not os.path.exists(os.path.join(workdir(), path)):
                problems.append(f"artifact {path}: the command did not write it")
        return problems


def repeat(gate: Gate) -> tuple[bool, list[Json]]:
    """Attempts until the verdict can no longer change, and the verdict."""
    deadline = Deadline(gate.limit)
    attempts: list[Json] = []
    passed = 0
    while True:
        if gate.times > 1:
            say(f"mlpipe: attempt {len(attempts) + 1} of {gate.times}")
        attempts.append(gate.attempt(deadline))
        passed += attempts[-1]["passed"]
        left = gate.times - len(attempts)
        if passed >= gate.passes or passed + left < gate.passes:
            break
        say(f"mlpipe: {passed} of {len(attempts)} attempts passed so far")
    return passed >= gate.passes, attempts


def why_failed(gate: Gate, attempts: Sequence[Json]) -> str:
    """The reason in one sentence."""
    last = attempts[-1]
    reasons = []
    if last["timed_out"]:
        reasons.append(f"the command did not end within {span(gate.limit)}")
    elif last["exit"]:
        reasons.append(f"the command ended with exit status {last['exit']}")
    failed = [rule for rule in last["rules"] if rule["verdict"] != "pass"]
    shared: dict[str, list[str]] = {}
    for rule in failed:
        shared.setdefault(rule["reason"], []).append("`" + rule["rule"] + "`")
    for why, rules in shared.items():
        if len(rules) == 1:
            reasons.append(f"{rules[0]} does not hold: {why}")
        else:
            reasons.append(f"{why}, so these do not hold: {', '.join(rules)}")
    reasons += [problem for problem in last["problems"] if problem not in shared]
    if gate.times > 1:
        passed = sum(attempt["passed"] for attempt in attempts)
        need = f"{passed} of {len(attempts)} attempts passed, {gate.passes} of "
        reasons.insert(0, f"{need}{gate.times} must")
    return "; ".join(dict.fromkeys(reasons))


def tell(gate: Gate, attempts: Sequence[Json], held: bool, reason: str) -> None:
    """The verdict for people: table of the log, table of the run's page."""
    last = attempts[-1]
    head = ["metric", "value", "rule", "baseline", "verdict"]
    rows = verdict_rows(last["rules"])
    say()
    if rows:
        log_table(head, rows)
        say()
    word = "passed" if held else "failed (advisory)" if gate.advisory else "failed"
    passed = sum(attempt["passed"] for attempt in attempts)
    count = f", {passed} of {len(attempts)} attempts" if gate.times > 1 else ""
    page = f"### Gate {markdown(gate.name)}: {word}{count}\n\n"
    if rows:
        page += markdown_table(head, rows) + "\n"
    if not held:
        page += markdown(reason) + "\n\n"
        if gate.advisory:
            page += f"It does not block: {markdown(gate.advisory)}\n\n"
    summary(page)
    if held:
        say(f"mlpipe: gate {gate.name}: passed{count}")


@job(
    "gate",
    once={
        "run": 1,
        "seed": 1,
        "repeat": 2,
        "baseline": 1,
        "advisory": 1,
        "timeout": 1,
    },
    many={"metrics": 2, "require": 6, "junit": 1, "artifact": 1},
)
def gate_verb(record: Record, options: Options) -> int:
    """Runs a gate and writes its verdict in every form; the verdict decides."""
    gate = Gate(record.job[len("gate-") :], options)
    shutil.rmtree(os.path.join(OUT, record.job), ignore_errors=True)
    try:
        held, attempts = repeat(gate)
    except Stop as stop:
        if not gate.advisory:
            raise
        held = False
        attempts = [dict(passed=False, exit=None, timed_out=False, seconds=0)]
        attempts[0].update(rules=[], problems=[stop.sentence])
    last = attempts[-1]
    reason = "" if held else why_failed(gate, attempts)
    record.data["gate"] = {
        "name": gate.name,
        "verdict": "passed" if held else "failed",
        "advisory": gate.advisory,
        "seed": None if gate.seed is None else int(gate.seed),
        "repeat": {"times": gate.times, "pass": gate.passes},
        "rules": last["rules"],
        "attempts": attempts,
    }
    for path in gate.outputs():
        if os.path.exists(os.path.join(workdir(), path)):
            keep(record, path)
    write_junit(os.path.join(record.folder, "junit.xml"), gate.name, last, gate.junit)
    if gate.rules:
        path = os.path.join(record.folder, "metrics.txt")
        write_openmetrics(path, gate.name, last["rules"])
    tell(gate, attempts, held, reason)
    if held:
        return 0
    if gate.advisory:
        complain(f"gate {gate.name} FAILED: {reason}", level="warning")
        say(f"mlpipe: it does not block, because it is advisory: {gate.advisory}")
        record.finish("advisory", reason)
        return 0
    complain(f"gate {gate.name} failed: {reason}")
    record.data["reason"] = reason
    return int(last["exit"] or 1)
