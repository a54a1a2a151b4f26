# ---- source: where the numbers of a watch come from ---------------------------------
#
# A source gives a number, or `NoNumber` says why there is none: whatever a server or a
# command answers, the watch goes on. What is wrong with the settings themselves is a
# `Stop`, before anything is asked. No part of an address or a credential that comes
# from a secret stands in a message.

ANSWER_LIMIT = 1 << 20
NUMERAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
NO_SERIES = "the query gives no series"
REDIRECTS = (301, 302, 303, 307, 308)
Beat = Callable[[], None]


class NoAnswer(NoNumber):
    """A command gave no number; `heard` is what it printed on standard error."""

    def __init__(self, reason: str, heard: str) -> None:
        super().__init__(reason)
        self.heard = heard


class Hide:
    """Takes secrets out of text that others wrote."""

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def add(self, *secrets: str) -> None:
        """What is shorter than three characters would take words apart."""
        self.secrets += [text for text in secrets if len(text.strip("/")) > 2]
        self.secrets.sort(key=len, reverse=True)

    def text(self, text: str, limit: int = 200) -> str:
        """One line of it, without secrets, cut to a length."""
        line = NOT_XML.sub("?", " ".join(text.split()))
        for secret in self.secrets:
            line = line.replace(secret, "***")
        return line if len(line) <= limit else line[:limit] + "…"


def check_address(url: str, what: str) -> urllib.parse.SplitResult:
    """The parts of an address that can be asked; what is wrong with it is said without
    the address."""
    help = "an address is http:// or https://, a host, and a path where it has one"
    if not re.fullmatch("[!-~]+", url):
        raise Stop(f"{what} has characters that an address cannot have", help)
    try:
        parts = urllib.parse.urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        good = good and parts.port != 0  # reading the port checks it
    except ValueError:
        good = False
    if not good:
        raise Stop(f"{what} is no http:// or https:// address", help)
    if "@" in parts.netloc:
        raise Stop(
            f"{what} holds a user or password, which proxies and servers write down",
            "leave them out of the address; a Prometheus takes them as basic auth",
        )
    return parts


def why_lost(error: BaseException, hide: Hide) -> str:
    """What broke a connection. Addresses are left out, errors like to name them."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, socket.gaierror):
        return "the name of its host is not known"
    if isinstance(reason, (socket.timeout, TimeoutError)):
        return "it does not answer in time"
    problem = str(getattr(reason, "verify_message", ""))
    if problem:  # behind the comma stands the name of the host
        return f"its certificate is not trusted: {problem.partition(',')[0]}"
    if isinstance(reason, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    if isinstance(reason, http.client.HTTPException):
        return f"its answer is not HTTP ({type(reason).__name__})"
    text = getattr(reason, "strerror", None) or str(reason)
    return hide.text(text[:1].lower() + text[1:])


def beside(work: Callable[[], bytes], deadline: Deadline, beat: Beat) -> bytes:
    """What `work` returns. It runs in a thread, because neither looking up a name nor
    a server that sends a byte now and then keeps to a limit; one that is late is left
    behind, and ends with its own connection or with this process."""
    results: list[bytes] = []
    errors: list[BaseException] = []

    def go() -> None:
        try:
            results.append(work())
        except BaseException as error:  # raised again below, in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    while True:
        left = deadline.left()
        thread.join(BEAT if left is None else min(BEAT, left))
        if not thread.is_alive():
            break
        if deadline.left() == 0:
            raise NoNumber(f"no answer within {span(deadline.seconds or 0)}")
        beat()
    if errors:
        raise errors[0]
    return results[0]


def fetch_answer(
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: Deadline,
    beat: Beat,
    hide: Hide,
) -> tuple[int, bytes]:
    """Status and body of an answer. A redirect is followed to the same scheme and host
    only, and the same is asked there again: nothing is lost or told to others."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
    ):
        opener.add_handler(handler)
    old = urllib.parse.urlsplit(url)
    status, to = 0, ""

    def ask() -> bytes:
        nonlocal status, to
        request = urllib.request.Request(url, body, dict(headers))  # noqa: S310
        # Longer than what `beside` waits, which says so in its own words.
        timeout = (deadline.left() or 0) + 1
        with opener.open(request, timeout=timeout) as answer:
            status, to = int(answer.status), str(answer.headers.get("Location") or "")
            data = bytes(answer.read(ANSWER_LIMIT + 1))
            if answer.length and len(data) <= ANSWER_LIMIT:  # so many bytes are missing
                raise NoNumber("its answer ends too early")
            return data

    for _ in range(5):
        try:
            data = beside(ask, deadline, beat)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoNumber(why_lost(error, hide)) from None
        if status in REDIRECTS and to:
            url = urllib.parse.urljoin(url, to)
            new = urllib.parse.urlsplit(url)
            if (new.scheme, new.netloc.lower()) != (old.scheme, old.netloc.lower()):
                raise NoNumber("it redirects to another host, which is refused")
            continue
        if len(data) > ANSWER_LIMIT:
            raise NoNumber("its answer is larger than 1 MiB")
        return status, data
    raise NoNumber("it redirects again and again")


def status_words(status: int) -> str:
    """`404 Not Found`, by the book, not as the server words it."""
    return f"{status} {http.client.responses.get(status, '')}".strip()


def numeral(text: str, hide: Hide) -> decimal.Decimal:
    """The number that a text is."""
    if NOT_FINITE.fullmatch(text):
        raise NoNumber(f"it is {text}, which is not a number")
    if not NUMERAL.fullmatch(text) or len(text) > 1000:
        raise NoNumber(f"it is `{hide.text(text, 40)}`, which is not a number")
    try:
        return number(decimal.Decimal(text))
    except decimal.InvalidOperation:  # an exponent beyond all bounds
        raise NoNumber("it is outside the range of numbers") from None


def at_field(value: Any, path: str) -> decimal.Decimal:
    """The number at a dotted path of a JSON value; without a path, the value itself."""
    if not path:
        return number(value)
    if not isinstance(value, Table):
        raise NoNumber(f"an object was expected, it is {kind_of(value)}")
    try:
        found = walk(value, metric_parts(path))
    except KeyError:
        near = sorted(names_in(value), key=lambda known: distance(known, path))[:6]
        has = f"there is {', '.join(near)}" if near else "no number is there"
        raise NoNumber(f"it has no `{path}`; {has}") from None
    return number(found)


def at_home(host: str) -> bool:
    """Is it this machine, which nobody else listens to?"""
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.[0-9]+){3}", host))


class Server:
    """An address that is asked over HTTP, and what it is shown: nothing, a bearer
    token, or user and password. `what` is how sentences call it, `asks` what for."""

    def __init__(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        hide: Hide,
        what: str,
        asks: str,
    ) -> None:
        kind, value, auth, first, second = words
        self.env, self.hide, self.asks = env, hide, asks
        self.headers = {"Accept": "application/json", "User-Agent": "mlpipe"}
        self.url, self.what = value, f"the address of {what}"
        if kind == "secret":
            self.url, self.what = self.secret(value), f"the address in `{value}`"
        self.parts = check_address(self.url, self.what)
        if kind == "secret":
            parts = self.parts
            hide.add(self.url, parts.netloc, str(parts.hostname), parts.path)
            hide.add(parts.query)
        if auth == "none":
            return
        if self.parts.scheme != "https" and not at_home(str(self.parts.hostname)):
            raise Stop(
                f"{self.what} is http://, and what it is shown could be read on the way",
                "a secret is sent to an https:// address, or to one of this machine",
            )
        shown = self.secret(first)
        if auth == "basic":
            pair = f"{shown}:{self.secret(second)}".encode()
            shown = base64.b64encode(pair).decode()
            hide.add(shown)
        kind = {"token": "Bearer", "basic": "Basic"}[auth]
        self.headers["Authorization"] = f"{kind} {shown}"
        if not re.fullmatch("[ -~]*", self.headers["Authorization"]):
            raise Stop(f"the token in `{first}` has characters that no token has")

    def secret(self, name: str) -> str:
        """A secret of the environment, without the line end that files give it."""
        text = self.env.get(name, "").strip()
        if not text:
            raise Stop(f"`{name}` is not set, and the watch asks {self.asks} by it")
        self.hide.add(text)
        return text

    def fetch(
        self, url: str, body: bytes | None, deadline: Deadline, beat: Beat
    ) -> tuple[int, bytes]:
        return fetch_answer(url, self.headers, body, deadline, beat, self.hide)


class Prometheus(Server):
    """A server with the query API of Prometheus."""

    def __init__(
        self, words: Sequence[str], env: Mapping[str, str], hide: Hide
    ) -> None:
        super().__init__(words, env, hide, "the Prometheus", "its Prometheus")
        #: Some proxies let only GET through.
        self.post = True
        self.warned: set[str] = set()
        if self.parts.query or self.parts.fragment:
            raise Stop(
                f"{self.what} ends with a query or fragment, it must be a base URL"
            )
        self.url = self.url.rstrip("/") + "/api/v1/query"

    def ask(self, query: str, deadline: Deadline, beat: Beat) -> decimal.Decimal:
        """The number that an instant query gives."""
        data_of = self.data(self.url, {"query": query}, deadline, beat)
        return self.sample(data_of.get("resultType"), data_of.get("result"))

    def course(
        self, query: str, start: int, step: int, polls: range, deadline: Deadline
    ) -> dict[int, decimal.Decimal | str]:
        """What instant queries would have given at `start` and so many steps after it,
        in milliseconds, by a range query: a number, or why it is none. A moment for
        which there is nothing is left out."""

        def at(poll: int) -> str:
            return f"{decimal.Decimal(start + poll * step).scaleb(-3):f}"

        seconds = f"{decimal.Decimal(step).scaleb(-3):f}"
        form = {"query": query, "start": at(polls[0]), "end": at(polls[-1])}
        form["step"] = seconds
        data_of = self.data(self.url + "_range", form, deadline, lambda: None)
        series = data_of.get("result")
        if data_of.get("resultType") != "matrix" or not isinstance(series, list):
            raise NoNumber("its answer is not that of a Prometheus")
        found: dict[int, decimal.Decimal | str] = {}
        seen: dict[int, int] = {}
        for one in series:
            values = one.get("values") if isinstance(one, Table) else None
            for pair in values if isinstance(values, list) else []:
                if not (isinstance(pair, list) and len(pair) == 2):
                    raise NoNumber("its answer is not that of a Prometheus")
                poll = round((number(pair[0]) * 1000 - start) / step)
                seen[poll] = seen.get(poll, 0) + 1
                try:
                    found[poll] = numeral(str(pair[1]), self.hide)
                except NoNumber as error:
                    found[poll] = str(error)
                if seen[poll] > 1:
                    count = f"{seen[poll]} series"
                    found[poll] = f"the query gives {count}, it must give one"
        return found

    def data(
        self, url: str, words: Mapping[str, str], deadline: Deadline, beat: Beat
    ) -> Table:
        """The data of an answer that is well."""
        form = urllib.parse.urlencode(words)
        status, data = 405, b""
        if self.post:  # has no limit for the length of a query
            status, data = self.fetch(url, form.encode(), deadline, beat)
        if status == 405:
            self.post = False
            status, data = self.fetch(f"{url}?{form}", None, deadline, beat)
        try:
            answer = parse_json(data, "its answer")
        except NoNumber as error:
            said = f"it answers {status_words(status)}" if status != 200 else str(error)
            raise NoNumber(said) from None
        if not isinstance(answer, Table):
            answer = Table([])
        if answer.get("status") == "error":
            kind, text = answer.get("errorType"), answer.get("error")
            raise NoNumber(f"it answers: {self.hide.text(f'{kind}: {text}')}")
        if status != 200:
            raise NoNumber(f"it answers {status_words(status)}")
        warnings = answer.get("warnings")
        for warning in warnings if isinstance(warnings, list) else []:
            self.warn(self.hide.text(str(warning)))
        data_of = answer.get("data")
        if answer.get("status") != "success" or not isinstance(data_of, Table):
            raise NoNumber("its answer is not that of a Prometheus")
        return data_of

    def warn(self, text: str) -> None:
        """Each warning of the server once; a server with ever new ones is cut short."""
        if text not in self.warned and len(self.warned) < 10:
            self.warned.add(text)
            complain(f"Prometheus warns: {text}", level="warning")

    def sample(self, kind: Any, result: Any) -> decimal.Decimal:
        """The one number of a scalar, or of a vector with one series."""
        if kind in ("matrix", "string"):
            what = "a range of values" if kind == "matrix" else "a text"
            raise NoNumber(f"the query gives {what}, it must give one number")
        if not isinstance(result, list) or kind not in ("scalar", "vector"):
            raise NoNumber("its answer is not that of a Prometheus")
        if kind == "vector":
            if not result:
                raise NoNumber(NO_SERIES)
            if len(result) > 1:
                raise NoNumber(
                    f"the query gives {len(result)} series, it must give one: "
                    "aggregate it"
                )
            if isinstance(result[0], Table) and "histogram" in result[0]:
                raise NoNumber("the query gives a histogram, it must give one number")
            result = result[0].get("value") if isinstance(result[0], Table) else None
        if not isinstance(result, list) or len(result) != 2:
            raise NoNumber("its answer is not that of a Prometheus")
        return numeral(str(result[1]), self.hide)
