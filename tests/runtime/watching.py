"""What the tests of the watch stand on: the runtime as a module, a clock that the test moves, and a server
that answers as a Prometheus does."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import os
import threading
import unittest
import urllib.parse

from desk import load

runtime = load()


class VirtualTime:
    """Stands for the module `time` of the runtime: waiting takes no time."""

    def __init__(self) -> None:
        self.passed = 1000.0
        #: What the wall clock shows when nothing has passed.
        self.wall = 1_700_000_000.0

    def time(self) -> float:
        return self.wall + self.passed

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Prometheus:
    """Answers instant queries from `values`: a text is a sample, a list one sample a series, a dict the whole answer,
    a pair a status and a body, a function is called for one of them. A range query asks a function in `courses`, with
    the time, for a text, for a list of them (one a series), or for nothing."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.courses: dict[str, object] = {}
        self.asked: list[dict] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                form = self.rfile.read(size).decode() or urllib.parse.urlsplit(self.path).query
                words = dict(urllib.parse.parse_qsl(form))
                query = words.get("query", "")
                head = {key.lower(): value for key, value in self.headers.items()}
                outer.asked.append({"method": self.command, "path": self.path, "query": query, "headers": head})
                past = self.path.partition("?")[0].endswith("/query_range")
                status, body, more = outer.over(words) if past else outer.answer(query)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):  # whoever asked may have gone
                    self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:{}".format(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, query: str) -> tuple[int, bytes, dict]:
        found = self.values.get(query, [])
        found = found() if callable(found) else found
        if isinstance(found, tuple):
            status, body, *more = found
            return status, body, more[0] if more else {}
        if isinstance(found, str):
            found = [found]
        if isinstance(found, list):
            series = [{"metric": {"n": str(i)}, "value": [1.5, text]} for i, text in enumerate(found)]
            found = {"status": "success", "data": {"resultType": "vector", "result": series}}
        return 200, json.dumps(found).encode(), {}

    def over(self, words: dict) -> tuple[int, bytes, dict]:
        """An answer of /api/v1/query_range, with Prometheus' own limit of points."""
        start, end, step = (float(words[name]) for name in ("start", "end", "step"))
        course = self.courses.get(words["query"], lambda at: None)
        if isinstance(course, tuple):
            return course[0], course[1], {}
        if (end - start) / step > 11000:
            text = "exceeded maximum resolution of 11,000 points per timeseries"
            return 400, json.dumps({"status": "error", "errorType": "bad_data", "error": text}).encode(), {}
        series: dict[int, list] = {}
        for number in range(int((end - start) / step + 1.000001)):
            at = round(start + number * step, 3)
            found = course(at)
            for i, text in enumerate([found] if isinstance(found, str) else found or []):
                series.setdefault(i, []).append([at, text])
        result = [{"metric": {"n": str(i)}, "values": values} for i, values in series.items()]
        return 200, json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode(), {}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Watching(unittest.TestCase):
    """A server, and a clock that stands until somebody waits."""

    def setUp(self) -> None:
        self.server = Prometheus()
        self.addCleanup(self.server.close)
        self.clock = VirtualTime()
        real, runtime.time = runtime.time, self.clock
        self.addCleanup(setattr, runtime, "time", real)
        self.state: dict = {}
        self.beats: list[float] = []
        self.out = ""

    def options(self, *words: str, watch: tuple[str, str] = ("600", "60")):
        all_words = ["--watch", *watch, "--prometheus", "url", self.server.url, "none", "", "", *words]
        return runtime.Options(all_words, runtime.WATCH_ONCE, runtime.WATCH_MANY)

    def watch(self, *words: str, **more):
        """A watch of a new process: what the last one left has been through a file."""
        self.state = json.loads(json.dumps(self.state))
        return runtime.Watch(self.options(*words, **more), self.state, {})

    def moment(self) -> float:
        """Seconds since the start of the watch; the milliseconds are the floats'."""
        return round(self.clock.time() - self.state["start"] / 1000, 1)

    def hold(self, watch, seconds: float, limit: float | None = None):
        """Holds; what it raised, or nothing. What it printed is in `out`."""
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                watch.hold(seconds, runtime.Deadline(limit), lambda: self.beats.append(self.clock.passed))
        except runtime.Stop as stop:
            return stop
        finally:
            self.out = out.getvalue()
        return None


def metric(name: str, query: str = "", unit: str = "") -> list[str]:
    return ["--metric", name, "prometheus", query or name, "", unit]


def command_metric(name: str, command: str, field: str = "") -> list[str]:
    return ["--metric", name, "run", command, field, ""]


def trigger(name: str, op: str, value: str, lasting: str = "once", seconds: str = "0", text: str = "") -> list[str]:
    text = text or f"{name} {op} {value}"
    return ["--trigger", name, op, value, lasting, seconds, text]


@contextlib.contextmanager
def environment(**values: str):
    """Variables of the environment, for a time."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
