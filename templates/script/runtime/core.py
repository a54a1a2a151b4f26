"""The runtime of the pipelines that mlpipe generates.

Standard library only, Python 3.8 or newer. The generated scripts beside this
file call it; it is the same for every pipeline and every platform. What it
writes is described in mlpipe's docs/records.md.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import decimal
import errno
import hashlib
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
import xml.parsers.expat as expat
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence

# ---- core: words of the command line, messages, records, HTTP -----------------------

SCHEMA = 1
OUT = "mlpipe-out"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
Json = Dict[str, Any]


class Stop(Exception):
    """The job fails, for a reason that one sentence says; `help` says what to do."""

    def __init__(self, sentence: str, help: str = "", code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.help = help
        self.code = code


class Signalled(BaseException):
    """The platform (or a person) asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def say(text: str = "") -> None:
    """A line of the log, at once."""
    print(text, flush=True)


def complain(sentence: str, help: str = "", level: str = "error") -> None:
    """An error or warning: in the log, and on GitHub on the run's page too.

    One line each, whatever is quoted in it: a line of its own could be a command to
    the platform.
    """
    sentence, help = (" ".join(text.splitlines()) for text in (sentence, help))
    print(f"mlpipe: {level}: {sentence}", file=sys.stderr, flush=True)
    if help:
        print(f"mlpipe:   help: {help}", file=sys.stderr, flush=True)
    if os.environ.get("MLPIPE_PLATFORM") == "github":
        text = sentence + (f" ({help})" if help else "")
        for char, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
            text = text.replace(char, code)
        say("::{} title={}::{}".format(level, os.environ.get("MLPIPE_JOB", ""), text))


def now() -> str:
    """The time in UTC, to the second."""
    stamp = datetime.datetime.now(datetime.timezone.utc)
    return stamp.strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """A length of time for people: `30 m`, `1 h 5 m`, `12 s`."""
    whole = int(round(seconds))
    if whole < 60:
        return f"{whole} s"
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n)


class Options:
    """The words after a verb: `--name` and the fixed number of words that follow it.

    Nothing about a word's own look decides anything: a value may start with `-`.
    """

    def __init__(
        self, words: Sequence[str], once: Mapping[str, int], many: Mapping[str, int]
    ) -> None:
        self._once: dict[str, list[str]] = {}
        self._many: dict[str, list[list[str]]] = {name: [] for name in many}
        rest = list(words)
        while rest:
            name = rest.pop(0)[2:]
            count = once[name] if name in once else many.get(name)
            if count is None or len(rest) < count:
                raise Stop(f"the script and its runtime do not fit: --{name}", code=2)
            values, rest = rest[:count], rest[count:]
            if name in many:
                self._many[name].append(values)
            else:
                self._once[name] = values

    def has(self, name: str) -> bool:
        return name in self._once

    def one(self, name: str, default: str = "") -> str:
        """The word of an option with one word."""
        return self._once[name][0] if name in self._once else default

    def words(self, name: str) -> list[str]:
        """All words of an option that may stand once; none when it does not stand."""
        return self._once.get(name, [])

    def all(self, name: str) -> list[list[str]]:
        """The words of each use of an option that may stand many times."""
        return self._many[name]

    def each(self, name: str) -> list[str]:
        """The single word of each use of an option that may stand many times."""
        return [values[0] for values in self._many[name]]


def write_atomically(path: str, text: str) -> None:
    """The whole text or nothing of it is at `path`; `Stop` when it cannot be there."""
    try:
        replace_whole(path, text)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror or error}") from None


def replace_whole(path: str, text: str) -> None:
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".mlpipe-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, 0o644)  # noqa: S103 - for people and uploads to read, no secret
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


class Record:
    """`mlpipe-out/JOB.json`: what a job did, for later jobs and for people.

    Top-level fields are the runtime's; a kind of job puts its own below one field
    with the kind's name (`record.data["image"] = {…}`) and calls `save`.
    """

    def __init__(self, data: Json) -> None:
        self.data = data
        #: A verb sets it when further steps of the same job follow.
        self.more_follows = False

    @property
    def job(self) -> str:
        return str(self.data["job"])

    @property
    def status(self) -> str:
        """`unfinished`, `passed`, `failed` or `advisory` (failed, blocks nothing)."""
        return str(self.data["status"])

    @property
    def folder(self) -> str:
        """`mlpipe-out/JOB`: files for people, made when asked for."""
        path = os.path.join(OUT, self.job)
        os.makedirs(path, exist_ok=True)
        return path

    def save(self) -> None:
        text = json.dumps(self.data, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(os.path.join(OUT, self.job + ".json"), text + "\n")

    def finish(self, status: str, reason: str = "") -> None:
        """Says how the job ended. The first reason for a failure stays."""
        if status == "failed" and self.status == "failed" and self.data["reason"]:
            reason = str(self.data["reason"])
        self.data.update(status=status, reason=reason, ended=now())
        self.save()


def this_run() -> Json:
    """What tells this run from every other one."""
    get = os.environ.get
    return {
        "pipeline": get("MLPIPE_PIPELINE", ""),
        "platform": get("MLPIPE_PLATFORM", "desk"),
        "run_id": get("MLPIPE_RUN_ID", ""),
        "run_url": get("MLPIPE_RUN_URL", ""),
        "commit": get("MLPIPE_COMMIT", ""),
        "event": get("MLPIPE_EVENT", ""),
        "branch": get("MLPIPE_BRANCH", ""),
        "tag": get("MLPIPE_TAG", ""),
    }


def new_record(job: str, kind: str, title: str) -> Record:
    """A record that says `unfinished`, which every reader takes for a no."""
    data: Json = {"schema": SCHEMA, "job": job, "kind": kind, "title": title}
    data.update(status="unfinished", reason="", started=now(), ended=None)
    data.update(this_run())
    return Record(data)


def find_record(job: str) -> Record | None:
    """The record that this run's job left; nothing when there is none.

    A record of another run or commit counts as none: folders outlive runs.
    """
    try:
        with open(os.path.join(OUT, job + ".json"), encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError):
        return None
    mine = this_run()
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        return None
    if data.get("job") != job or "status" not in data or "reason" not in data:
        return None
    if any(data.get(key) != mine[key] for key in ("pipeline", "run_id", "commit")):
        return None
    return Record(data)


def read_record(job: str) -> Record:
    """The record of a job that this one builds on."""
    record = find_record(job)
    if record is None:
        raise Stop(
            f"there is no record of {job} from this run in {OUT}",
            "it comes with the job's files; at a desk, run that job first",
        )
    return record


def field(data: Any, path: str) -> Any:
    """The value at a dotted path, or nothing."""
    for part in path.split("."):
        if not isinstance(data, dict) or part not in data:
            return None
        data = data[part]
    return data


# Verbs: `plain` ones help the script, `job` ones are a job's work and own its record.

PlainVerb = Callable[[List[str]], int]
JobVerb = Callable[[Record, Options], int]
PLAIN: dict[str, PlainVerb] = {}
JOBS: dict[str, tuple[JobVerb, Mapping[str, int], Mapping[str, int]]] = {}


def plain(name: str) -> Callable[[PlainVerb], PlainVerb]:
    """Registers a verb that gets its words as they are."""

    def register(verb: PlainVerb) -> PlainVerb:
        PLAIN[name] = verb
        return verb

    return register


def job(
    name: str, once: Mapping[str, int], many: Mapping[str, int] | None = None
) -> Callable[[JobVerb], JobVerb]:
    """Registers a job's work: options that stand once and many times, with the number
    of words of each. Returning 0 is a pass, anything else or `Stop` a failure."""

    def register(verb: JobVerb) -> JobVerb:
        JOBS[name] = (verb, once, many or {})
        return verb

    return register


@plain("begin")
def begin(words: list[str]) -> int:
    """`begin JOB KIND TITLE [resume]`: opens the record; `resume` goes on with it."""
    found = find_record(words[0]) if words[3:] == ["resume"] else None
    (found or new_record(*words[:3])).save()
    return 0


@plain("fail")
def fail(words: list[str]) -> int:
    """`fail SENTENCE HELP`: the script stopped before the job's work began."""
    raise Stop(words[0], words[1])


@plain("waive")
def waive(words: list[str]) -> int:
    """`waive REASON`: what failed was an advisory gate, so it blocks nothing."""
    record = find_record(os.environ["MLPIPE_JOB"])
    if record is not None:
        record.finish("advisory", str(record.data["reason"]))
    say(f"mlpipe: it does not block, because it is advisory: {words[0]}")
    return 0


@plain("nearest")
def nearest(words: list[str]) -> int:
    """`nearest WORD NAME…`: prints the names that a person may have meant."""
    near = sorted(words[1:], key=lambda name: distance(name, words[0]))
    print("\n".join(near[:3]))
    return 0


def close(record: Record, reason: str) -> None:
    """The record of a job that has failed. That it cannot be written, as on a full
    disk, does not hide why."""
    try:
        record.finish("failed", reason)
    except Stop as stop:
        complain(stop.sentence)


def run_plain(name: str, words: list[str]) -> int:
    """A verb that helps a job; when it fails, the job's record says why."""
    try:
        return PLAIN[name](words)
    except Stop as stop:
        record = find_record(os.environ.get("MLPIPE_JOB", ""))
        if record is not None:
            close(record, stop.sentence)
        raise


@plain("get")
def get(words: list[str]) -> int:
    """`get JOB PATH [digest|optional]`: prints one value of a record of this run."""
    record = read_record(words[0])
    if record.status == "failed":
        why = record.data.get("reason") or "its record does not say why"
        raise Stop(f"{words[0]} has failed, and this job builds on it: {why}")
    value = field(record.data, words[1])
    if value is None and words[2:] == ["optional"]:
        return 0
    if not isinstance(value, str) or not value:
        raise Stop(f"the record of {words[0]} has no `{words[1]}`")
    if words[2:] == ["digest"] and not DIGEST.fullmatch(value):
        raise Stop(f"`{words[1]}` of {words[0]} is not a digest: {value!r}")
    print(value)
    return 0


def run_job(name: str, words: list[str]) -> int:
    """A job's work, with its record closed whatever happens."""
    verb, once, many = JOBS[name]
    record = find_record(os.environ["MLPIPE_JOB"])
    if record is None:
        raise Stop("the job was not begun", code=2)
    try:
        phase = words[1] if words[:1] == ["--phase"] else ""
        # The phases of `all` are processes of their own, which see to it themselves.
        with contextlib.nullcontext() if phase == "all" else identified(phase):
            code = verb(record, Options(words, once, many))
    except Stop as stop:
        close(record, stop.sentence)
        raise
    except Signalled as signalled:
        name = signal.Signals(signalled.number).name
        close(record, f"stopped from outside ({name})")
        raise
    except BaseException as error:
        close(record, f"fault of mlpipe's runtime: {error!r}")
        raise
    if code:
        close(record, str(record.data["reason"]) or f"exit status {code}")
    elif record.status == "unfinished" and not record.more_follows:
        record.finish("passed")
    else:
        record.save()
    return code


def main(words: list[str]) -> int:
    """Runs a verb; the result is the exit status."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        if words and words[0] in PLAIN:
            return run_plain(words[0], words[1:])
        if words and words[0] in JOBS:
            return run_job(words[0], words[1:])
        complain("this file is called by the scripts beside it; try one with --help")
        return 2
    except Stop as stop:
        complain(stop.sentence, stop.help)
        return stop.code
    except Signalled as signalled:
        complain(f"stopped by {signal.Signals(signalled.number).name}")
        return 128 + signalled.number


# HTTP: https and http only, no credential follows a redirect to another host.


class CarefulRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http and never with credentials."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if new.scheme != "https" and new.scheme != old.scheme:
            raise Stop(f"{old.netloc} redirects to {new.scheme}://, refused")
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and old.netloc != new.netloc:
            for name in ("Authorization", "Private-token", "Cookie"):
                request.remove_header(name)
        return request


def open_url(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 30,
) -> Any:
    """Opens a URL once; a status of 400 or more is an `HTTPError`."""
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise Stop("only http:// and https:// addresses are opened")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        CarefulRedirects(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, data=body, method=method, headers=dict(headers or {})
    )
    request.add_header("User-Agent", "mlpipe")
    return opener.open(request, timeout=timeout)


def call_http(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 30,
    attempts: int = 3,
) -> tuple[int, bytes]:
    """Status and body (16 MiB at most). 5xx, 429 and lost connections are tried again;
    a connection that never comes about is a `Stop` that names the host, not the URL
    (which may be a secret)."""
    host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
    for attempt in range(1, attempts + 1):
        try:
            with open_url(url, method, headers, body, timeout) as answer:
                return int(answer.status), bytes(answer.read(16 << 20))
        except urllib.error.HTTPError as error:
            if attempt == attempts or (error.code < 500 and error.code != 429):
                return error.code, error.read(16 << 20)
        except (OSError, http.client.HTTPException) as error:
            if attempt == attempts:
                raise Stop(f"no answer from {host}: {error}") from None
        time.sleep(2**attempt)
    raise AssertionError("not reached")
