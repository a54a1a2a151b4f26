"""A service that misbehaves on command, as Prometheus scrapes it, and a proxy that wants credentials."""

import base64
import http.server
import threading
import urllib.error
import urllib.request

SECONDS_BUCKETS = ("0.5", "1", "2.5", "5")


class Server:
    """Answers on a port of loopback until it is closed."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, text = answer(self, body)
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Service(Server):
    """Serves so many requests between two scrapes, some of them in error, some of them slow."""

    def __init__(self):
        self.requests = self.errors = self.slow = 0
        #: The upper bound of the bucket that slow requests are in; none: they are above every bound.
        self.slowest = None
        #: Metrics as they are, by name.
        self.gauges = {}
        self.gone = False
        self.total = {"requests": 0, "errors": 0, "slow": 0}
        super().__init__(self.answer)

    def answer(self, handler, body):
        if self.gone or handler.path != "/metrics":
            return 503, b"gone\n"
        for name in self.total:
            self.total[name] += getattr(self, name)
        return 200, self.metrics().encode()

    def metrics(self):
        requests, errors, slow = (self.total[name] for name in ("requests", "errors", "slow"))
        lines = [
            "# TYPE http_requests_total counter",
            f'http_requests_total{{code="200"}} {requests - errors}',
            f'http_requests_total{{code="503"}} {errors}',
            "# TYPE http_request_seconds histogram",
        ]
        buckets = [(bound, requests - slow) for bound in SECONDS_BUCKETS]
        buckets += [(self.slowest, requests)] if self.slowest else []
        lines += [f'http_request_seconds_bucket{{le="{bound}"}} {count}' for bound, count in [*buckets, ("+Inf", requests)]]
        lines += [f"http_request_seconds_sum {requests}", f"http_request_seconds_count {requests}"]
        for name, value in self.gauges.items():
            lines += [f"# TYPE {name} gauge", f"{name} {value}"]
        return "\n".join([*lines, ""])


class Proxy(Server):
    """Passes requests with the right credentials on to a Prometheus that asks for none."""

    def __init__(self, behind, wanted):
        self.behind, self.wanted = behind, wanted
        super().__init__(self.answer)

    def answer(self, handler, body):
        if handler.headers.get("Authorization") != self.wanted:
            return 401, b"no\n"
        request = urllib.request.Request(self.behind + handler.path, body or None, method=handler.command)
        request.add_header("Content-Type", handler.headers.get("Content-Type") or "")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
