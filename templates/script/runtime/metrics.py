# ---- metrics: reading numbers, and nothing that only looks like one -----------------

FILE_LIMIT = 16 << 20
EXACT = decimal.Context(prec=3000, traps=[decimal.InvalidOperation])
PART = re.compile(r'([^."\s]+|"(?:[^"\\]|\\.)*")(?:\.|$)')
BOUND = re.compile(r"baseline(?:([+-])([0-9.]+)(%?))?")
COMPARE: dict[str, Callable[[decimal.Decimal, decimal.Decimal], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "==": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
}


class NoNumber(Exception):
    """There is no number where one was expected; the text says what is there."""


class Table(Dict[str, Any]):
    """A JSON object that remembers which of its keys were written twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = sorted(key for key, _ in pairs) if len(pairs) > len(self) else []
        self.repeated = {a for a, b in zip(keys, keys[1:]) if a == b}


class Word:
    """`NaN` or `Infinity`, which JSON does not have and many writers write."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_bytes(path: str) -> bytes:
    """The file, or `NoNumber` that says what is wrong with it."""
    try:
        with open(os.path.join(workdir(), path), "rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except FileNotFoundError:
        raise NoNumber(f"{path} is not there") from None
    except OSError as error:
        raise NoNumber(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > FILE_LIMIT:
        raise NoNumber(f"{path} is larger than 16 MiB")
    if not data.strip():
        raise NoNumber(f"{path} is empty")
    return data


def parse_json(data: bytes, name: str) -> Any:
    """A JSON value; its numbers are decimals, exactly as written."""
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_float=decimal.Decimal,
            parse_int=decimal.Decimal,
            parse_constant=Word,
            object_pairs_hook=Table,
        )
    except UnicodeDecodeError:
        raise NoNumber(f"{name} is not UTF-8 text") from None
    except RecursionError:
        raise NoNumber(f"{name} is nested too deeply") from None
    except (ValueError, decimal.InvalidOperation) as error:
        raise NoNumber(f"{name} is not JSON: {error}") from None


def read_json(path: str) -> Table:
    """The JSON object in a file."""
    value = parse_json(read_bytes(path), path)
    if not isinstance(value, Table):
        raise NoNumber(f"{path} holds {kind_of(value)}, not an object")
    return value


def read_xml(path: str) -> ElementTree.Element:
    """An XML document without a document type: nothing in it can name an entity."""
    data = read_bytes(path)
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise NoNumber(f"{path} has a document type, which reports do not need")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: builder.start(tag, attributes)
    parser.EndElementHandler = lambda tag: builder.end(tag)
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
        root: ElementTree.Element = builder.close()
    except expat.ExpatError as error:
        raise NoNumber(f"{path} is not XML: {error}") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise NoNumber(f"{path} is not a JUnit report: its root is <{root.tag}>")
    return root


def decimal_or_zero(text: str | None) -> decimal.Decimal:
    """A count of seconds that a report wrote, 0 when it wrote none that can be read."""
    try:
        value = decimal.Decimal((text or "0").replace(",", ""))
    except decimal.InvalidOperation:
        return decimal.Decimal(0)
    return value if value.is_finite() else decimal.Decimal(0)


def read_junit(path: str) -> Table:
    """The counts of a JUnit report, from its test cases (not from what it claims)."""
    root = read_xml(path)
    cases = list(root.iter("testcase"))
    failures = sum(case.find("failure") is not None for case in cases)
    errors = sum(
        case.find("error") is not None and case.find("failure") is None
        for case in cases
    )
    skipped = sum(
        case.find("skipped") is not None
        and case.find("failure") is None
        and case.find("error") is None
        for case in cases
    )
    timed = [root] if root.get("time") else root.findall("testsuite")
    if not any(suite.get("time") for suite in timed):
        timed = cases
    seconds = sum((decimal_or_zero(x.get("time")) for x in timed), decimal.Decimal(0))
    counts = {
        "tests": len(cases),
        "failures": failures,
        "errors": errors,
        "skipped": skipped,
        "passed": len(cases) - failures - errors - skipped,
    }
    pairs = [(name, decimal.Decimal(count)) for name, count in counts.items()]
    return Table([*pairs, ("time", seconds)])


def kind_of(value: Any) -> str:
    """What a JSON value is, for people."""
    if isinstance(value, Word):
        return f"{value.text}, which is not a number"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the string {json.dumps(value[:40], ensure_ascii=False)}"
    if isinstance(value, decimal.Decimal):
        return "a number"
    return "an object" if isinstance(value, dict) else "a list"


def metric_parts(name: str) -> list[str]:
    """`rag."map@0.5"` is `["rag", "map@0.5"]`."""
    return [
        json.loads(part) if part.startswith('"') else part
        for part in PART.findall(name)
    ]


def names_in(data: Table, prefix: str = "") -> Iterator[str]:
    """The dotted names of the numbers in a file, in the file's order."""
    for key, value in data.items():
        if isinstance(value, Table):
            yield from names_in(value, f"{prefix}{key}.")
        elif isinstance(value, decimal.Decimal):
            yield prefix + key


def walk(data: Table, parts: list[str]) -> Any:
    """The value at a path; a key that is the whole rest of the path comes first.

    `KeyError` when there is none.
    """
    for key in (".".join(parts), parts[0]):
        if key in data:
            if key in data.repeated:
                raise NoNumber(f"the key {json.dumps(key)} is written twice")
            if len(parts) == 1 or key != parts[0]:
                return data[key]
            if isinstance(data[key], Table):
                return walk(data[key], parts[1:])
    raise KeyError


def number(value: Any) -> decimal.Decimal:
    """The value, when it is a number that an exact comparison can take."""
    if not isinstance(value, decimal.Decimal):
        raise NoNumber(f"it is {kind_of(value)}")
    if not value:
        return decimal.Decimal(0)
    if len(value.as_tuple().digits) > 1000 or abs(value.adjusted()) > 400:
        raise NoNumber("it is outside the range of numbers that are compared")
    if abs(float(value)) == float("inf"):
        raise NoNumber("it is larger than any number that a program measures")
    return value


class Source:
    """A file of metrics, read once; one that cannot be read fails whoever asks."""

    def __init__(self, path: str, format: str) -> None:
        self.path = path
        self.problem = ""
        self.data = Table([])
        try:
            self.data = read_junit(path) if format == "junit" else read_json(path)
        except NoNumber as error:
            self.problem = str(error)

    def find(self, name: str) -> decimal.Decimal:
        """The metric; `KeyError` when the file can be read and does not have it."""
        if self.problem:
            raise NoNumber(self.problem)
        try:
            return number(walk(self.data, metric_parts(name)))
        except NoNumber as error:
            message = f"a number was expected at `{name}` in {self.path}: {error}"
            raise NoNumber(message) from None


def look_up(sources: Sequence[Source], name: str) -> decimal.Decimal:
    """The metric in the first file that has it."""
    for source in sources:
        with contextlib.suppress(KeyError):
            return source.find(name)
    files = ", ".join(source.path for source in sources) or "no file"
    there = [known for source in sources for known in names_in(source.data)]
    near = sorted(there, key=lambda known: distance(known, name))[:6]
    has = f"; there is {', '.join(near)}" if near else "; no number is there"
    raise NoNumber(f"a number was expected at `{name}` in {files}{has}")


def distance(a: str, b: str) -> int:
    """Edits that make one name the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a[:80], 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def show(value: decimal.Decimal | None, beside: decimal.Decimal | None = None) -> str:
    """A number for people: six digits, or all of them where six would hide that it
    differs from the number beside it."""
    if value is None:
        return ""
    short = value.normalize(decimal.Context(prec=6))
    if short != value and (short == beside or abs(value) >= 1_000_000):
        short = value
    plain_text = abs(short.adjusted()) < 16
    return format(short, "f") if plain_text else str(short)


def from_baseline(
    base: decimal.Decimal, tolerance: tuple[str | None, ...]
) -> decimal.Decimal:
    """A baseline moved by sign, amount and `%`, exact."""
    sign, amount, percent = tolerance
    step = decimal.Decimal(amount or "0")
    if percent:
        step = EXACT.multiply(EXACT.multiply(step, abs(base)), PERCENT)
    if sign == "-":
        step = EXACT.minus(step)
    return EXACT.add(base, step)


class Rule:
    """`require METRIC OP BOUND`."""

    def __init__(self, words: Sequence[str]) -> None:
        self.metric, self.op, self.bound, self.unit, line, self.text = words
        self.line = int(line)

    def limit(
        self, baseline: Source | None
    ) -> tuple[decimal.Decimal, decimal.Decimal | None]:
        """The number to compare with, and the baseline's value if that has a part."""
        match = BOUND.fullmatch(self.bound)
        if match is None:
            return decimal.Decimal(self.bound), None
        if baseline is None:
            raise NoNumber("no baseline file is named")
        try:
            base = baseline.find(self.metric)
        except KeyError:
            base = look_up([baseline], self.metric)
        return from_baseline(base, match.groups()), base

    def judge(self, sources: Sequence[Source], baseline: Source | None) -> Json:
        """One line of the verdict. Numbers are decimal text, exact."""
        value = bound = base = None
        reason = ""
        try:
            value = look_up(sources, self.metric)
        except NoNumber as error:
            reason = str(error)
        try:
            bound, base = self.limit(baseline)
        except NoNumber as error:
            reason = reason or f"the baseline: {error}"
        held = (
            value is not None and bound is not None and COMPARE[self.op](value, bound)
        )
        if not held and not reason:
            reason = f"{show(value, bound)} is not {self.op} {show(bound)}"
        return {
            "metric": self.metric,
            "value": None if value is None else format_exact(value),
            "unit": self.unit,
            "rule": self.text,
            "line": self.line,
            "op": self.op,
            "baseline": None if base is None else format_exact(base),
            "bound": None if bound is None else format_exact(bound),
            "verdict": "pass" if held else "fail",
            "reason": reason,
        }


PERCENT = decimal.Decimal("0.01")


def format_exact(value: decimal.Decimal) -> str:
    """Every digit, without an exponent where that stays short."""
    return format(value, "f") if abs(value.adjusted()) < 30 else str(value)
