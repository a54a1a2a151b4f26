"""Where the numbers of a watch come from: each way in which there is none, by its own words, and no secret in any."""

from __future__ import annotations

import base64
import contextlib
import http.server
import io
import json
import socket
import ssl
import tempfile
import threading
import time
import unittest
from unittest import mock

from watching import Prometheus, environment, runtime

SECRETS = ("s3cret-token", "us3r", "pa55word")


def nothing() -> None:
    pass


class Sources(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Prometheus()
        self.addCleanup(self.server.close)
        self.said = ""

    def source(self, kind: str = "url", value: str = "", auth: str = "none", first: str = "", second: str = ""):
        self.hide = runtime.Hide()
        env = {**runtime.os.environ}
        return runtime.Prometheus([kind, value or self.server.url, auth, first, second], env, self.hide)

    def ask(self, source, query: str = "q", seconds: float = 5.0):
        """The number as text, or why there is none."""
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                return str(source.ask(query, runtime.Deadline(seconds), nothing))
        except runtime.NoNumber as error:
            return f"none: {error}"
        finally:
            self.said += out.getvalue()

    def gives(self, value: object, **more) -> str:
        self.server.values["q"] = value
        return self.ask(self.source(), **more)


def success(kind: str, result: object, **more: object) -> dict:
    return {"status": "success", "data": {"resultType": kind, "result": result}, **more}


class Answers(Sources):
    def test_numbers(self) -> None:
        for value, number in [
            ("0.01", "0.01"),
            ("1e-05", "0.00001"),
            ("-3", "-3"),
            ("1.7976931348623157e+308", "1.7976931348623157E+308"),
            (success("scalar", [1.5, "42"]), "42"),
            (success("vector", [{"metric": {}, "value": [1, "0.25"]}]), "0.25"),
        ]:
            self.assertEqual(runtime.decimal.Decimal(self.gives(value)), runtime.decimal.Decimal(number))

    def test_what_is_no_number(self) -> None:
        for value, reason in [
            ("NaN", "it is NaN, which is not a number"),
            ("+Inf", "it is +Inf, which is not a number"),
            ("-Inf", "it is -Inf, which is not a number"),
            ("1_000", "it is `1_000`, which is not a number"),
            ("1e999999999", "it is outside the range of numbers that are compared"),
            ("1e99999999999999999999", "it is outside the range of numbers"),
            ([], "the query gives no series"),
            (["1", "2", "3"], "the query gives 3 series, it must give one: aggregate it"),
            (success("matrix", []), "the query gives a range of values, it must give one number"),
            (success("string", [1, "x"]), "the query gives a text, it must give one number"),
            (
                success("vector", [{"metric": {}, "histogram": [1, {}]}]),
                "the query gives a histogram, it must give one number",
            ),
            ({"status": "error", "errorType": "bad_data", "error": "parse error:\nx"}, "it answers: bad_data: parse error: x"),
            (
                (422, b'{"status":"error","errorType":"execution","error":"many-to-many"}'),
                "it answers: execution: many-to-many",
            ),
            ((503, b"Service Unavailable"), "it answers 503 Service Unavailable"),
            ((401, b"{}"), "it answers 401 Unauthorized"),
            ((200, b"<html>"), "its answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
            ((200, b""), "its answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
            ((200, b"\xff"), "its answer is not UTF-8 text"),
            ((200, b"[" * 200_000), "its answer is nested too deeply"),
            ((200, b"[]"), "its answer is not that of a Prometheus"),
            ((200, b'{"status":"success"}'), "its answer is not that of a Prometheus"),
            (success("vector", [7]), "its answer is not that of a Prometheus"),
            (success("vector", [{"value": ["1"]}]), "its answer is not that of a Prometheus"),
            (success("scalar", {"a": 1}), "its answer is not that of a Prometheus"),
            (success("cube", []), "its answer is not that of a Prometheus"),
            ((200, b" " * (1 << 20) + b"1"), "its answer is larger than 1 MiB"),
            ((204, b""), "it answers 204 No Content"),
        ]:
            with self.subTest(value=str(value)[:60]):
                self.assertEqual(self.gives(value), "none: " + reason)

    def test_a_long_query_passes_and_only_the_query_is_sent(self) -> None:
        query = "sum(rate(x{code=~\"5..\"}[5m])) + 'ä&=' " * 3000
        self.server.values[query] = "1"
        self.assertEqual(self.ask(self.source(), query), "1")
        [asked] = self.server.asked
        self.assertEqual((asked["method"], asked["path"]), ("POST", "/api/v1/query"))
        self.assertEqual(asked["headers"]["content-type"], "application/x-www-form-urlencoded")

    def test_a_proxy_that_lets_only_get_through(self) -> None:
        source = self.source()

        def answer() -> object:
            return (405, b"") if self.server.asked[-1]["method"] == "POST" else "7"

        self.server.values["q"] = answer
        self.assertEqual((self.ask(source), self.ask(source)), ("7", "7"))
        self.assertEqual([a["method"] for a in self.server.asked], ["POST", "GET", "GET"])

    def test_warnings_once(self) -> None:
        source = self.source()
        sample = [{"metric": {}, "value": [1, "1"]}]
        self.server.values["q"] = success("vector", sample, warnings=["partial response"])
        self.assertEqual((self.ask(source), self.ask(source)), ("1", "1"))
        self.assertEqual(self.said.count("Prometheus warns: partial response"), 1)

    def test_a_path_before_the_api(self) -> None:
        self.server.values["q"] = "1"
        self.ask(self.source(value=self.server.url + "/prom/tenant/"))
        self.assertEqual(self.server.asked[0]["path"], "/prom/tenant/api/v1/query")


class Credentials(Sources):
    def test_token_and_basic_auth(self) -> None:
        self.server.values["q"] = "1"
        with environment(TOKEN=SECRETS[0] + "\n", USER_NAME=SECRETS[1], PASSWORD=SECRETS[2] + "ü"):
            self.ask(self.source(auth="token", first="TOKEN"))
            self.ask(self.source(auth="basic", first="USER_NAME", second="PASSWORD"))
        first, second = (a["headers"]["authorization"] for a in self.server.asked)
        self.assertEqual(first, "Bearer s3cret-token")
        self.assertEqual(base64.b64decode(second.split()[1]).decode(), "us3r:pa55wordü")

    def test_a_server_that_echoes_secrets(self) -> None:
        host = self.server.url[len("http://") :]
        coded = base64.b64encode(b"us3r:pa55word").decode()
        echo = f"no route {self.server.url}/hidden to {host} for us3r pa55word {coded}"
        self.server.values["q"] = {"status": "error", "errorType": "x", "error": echo, "warnings": [echo]}
        with environment(URL=self.server.url + "/hidden", U=SECRETS[1], P=SECRETS[2]):
            text = self.ask(self.source("secret", "URL", "basic", "U", "P"))
        for secret in (*SECRETS, host, "hidden", coded):
            self.assertNotIn(secret, text + self.said)
        self.assertIn("no route *** to *** for *** *** ***", text)

    def test_settings_that_are_wrong_stop_without_being_shown(self) -> None:
        for url, reason in [
            ("prometheus.internal:9090", "no http:// or https:// address"),
            ("ftp://prometheus.internal", "no http:// or https:// address"),
            ("http://", "no http:// or https:// address"),
            ("http://prometheus.internal:port", "no http:// or https:// address"),
            ("http://[::1", "no http:// or https:// address"),
            ("http://us3r:pa55word@prometheus.internal", "holds a user or password"),
            ("http://prometheus.internal/ x", "characters that an address cannot have"),
            ("http://prometheus.internal/\tx\r\nHost: y", "characters that an address cannot have"),
            ("http://prometheus.internal/?token=s3cret-token", "ends with a query or fragment"),
        ]:
            for kind, value in [("secret", "URL"), ("url", url)]:
                with self.subTest(url=url, kind=kind), environment(URL=url):
                    with self.assertRaises(runtime.Stop) as caught:
                        self.source(kind, value)
                    text = caught.exception.sentence + caught.exception.help
                    self.assertIn(reason, text)
                    self.assertNotIn("internal", text)
                    self.assertNotIn("s3cret", text)
        for auth, first, second, reason in [
            ("token", "UNSET", "", "`UNSET` is not set"),
            ("basic", "TOKEN", "UNSET", "`UNSET` is not set"),
            ("token", "BROKEN", "", "the token in `BROKEN` has characters that no token has"),
        ]:
            with environment(TOKEN="x", BROKEN="s3cret-token\r\nX: y"):
                with self.assertRaises(runtime.Stop) as caught:
                    self.source("url", self.server.url, auth, first, second)
            self.assertIn(reason, caught.exception.sentence)
            self.assertNotIn("s3cret", caught.exception.sentence)

    def test_redirects_stay_on_the_host(self) -> None:
        other = Prometheus()
        self.addCleanup(other.close)
        with environment(TOKEN=SECRETS[0]):
            source = self.source(auth="token", first="TOKEN")
        for status in (301, 302, 303, 307, 308):
            self.server.asked.clear()
            answers = iter([(status, b"x" * (2 << 20), {"Location": "/elsewhere"}), "5"])
            self.server.values["q"] = lambda answers=answers: next(answers)
            self.assertEqual(self.ask(source), "5", status)
            again = self.server.asked[1]
            self.assertEqual((again["method"], again["path"], again["query"]), ("POST", "/elsewhere", "q"))
            self.assertEqual(again["headers"]["authorization"], "Bearer s3cret-token")
        for to in (other.url + "/x", self.server.url.replace("http:", "https:"), "file:///etc/passwd", "//127.0.0.1:1/"):
            self.server.values["q"] = (302, b"", {"Location": to})
            self.assertEqual(self.ask(source), "none: it redirects to another host, which is refused")
        self.assertEqual(other.asked, [])
        self.server.values["q"] = (302, b"", {"Location": "/again"})
        self.assertEqual(self.ask(source), "none: it redirects again and again")


class Listener:
    """A socket that does what `act` does with each connection."""

    def __init__(self, act) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:{}".format(self.socket.getsockname()[1])
        self.act = act
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection) -> None:
        with contextlib.suppress(OSError), connection:
            self.act(connection)


def asked(connection) -> None:
    """Reads the whole request: a socket that is closed before is reset."""
    text = b""
    while b"query=q" not in text:
        text += connection.recv(1000)


class Connections(Sources):
    def against(self, act, seconds: float = 5.0) -> str:
        listener = Listener(act)
        self.addCleanup(listener.socket.close)
        with environment(URL=listener.url + "/hidden"):
            answer = self.ask(self.source("secret", "URL"), seconds=seconds)
        self.assertNotIn("127.0.0.1", answer + self.said)
        return answer

    def test_each_way_to_be_lost(self) -> None:
        def drip(connection) -> None:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                connection.sendall(b"X")
                time.sleep(0.1)

        began = time.monotonic()
        self.assertEqual(self.against(lambda c: time.sleep(30), 1), "none: no answer within 1 s")
        self.assertEqual(self.against(drip, 1), "none: no answer within 1 s")
        self.assertLess(time.monotonic() - began, 4)
        closed = "none: it closed the connection without an answer"
        self.assertEqual(self.against(asked), closed)
        garbage = self.against(lambda c: (asked(c), c.sendall(b"SSH-2.0-x\r\n\r\n")))
        self.assertEqual(garbage, "none: its answer is not HTTP (BadStatusLine)")
        # Cut after a digit it would still be JSON.
        short = self.against(lambda c: (asked(c), c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n0.8")))
        self.assertEqual(short, "none: its answer ends too early")
        chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n0.8"
        short = self.against(lambda c: (asked(c), c.sendall(chunk)))
        self.assertEqual(short, "none: its answer is not HTTP (IncompleteRead)")

    def test_nobody_listens(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            with environment(URL="http://127.0.0.1:{}".format(free.getsockname()[1])):
                self.assertEqual(self.ask(self.source("secret", "URL")), "none: connection refused")

    def test_a_name_that_nobody_knows(self) -> None:
        with environment(URL="http://hidden.invalid"):
            self.assertEqual(self.ask(self.source("secret", "URL")), "none: the name of its host is not known")

    def test_the_usual_proxy_variables_count(self) -> None:
        self.server.values["q"] = "6"
        with environment(http_proxy=self.server.url, no_proxy="", NO_PROXY=""):
            self.assertEqual(self.ask(self.source(value="http://prometheus.invalid:9090")), "6")
        self.assertEqual(self.server.asked[0]["path"], "http://prometheus.invalid:9090/api/v1/query")
        with environment(http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1"):
            self.assertEqual(self.ask(self.source()), "6")


# For 127.0.0.1 and localhost, until 2126; made by `openssl req -x509 -newkey ed25519`. It protects nothing.
KEY = "MC4CAQAwBQYDK2VwBCIEIGWToai64cxlu5RWG6wabOUD85g/BrjT4ArxEyngDSLS"
CERTIFICATE = """
MIIBWzCCAQ2gAwIBAgIUBUDcNiIev4IfTTInWrdvlAtoKwEwBQYDK2VwMBQxEjAQ
BgNVBAMMCWxvY2FsaG9zdDAgFw0yNjExMjExMjE3NDBaGA8yMTI2MTAyODEyMTc0
MFowFDESMBAGA1UEAwwJbG9jYWxob3N0MCowBQYDK2VwAyEAlU93/CYZaOCB3FMF
NXUX9PF5BklKomf9Pvh9cbUzxgyjbzBtMB0GA1UdDgQWBBSytgW0FL12dcHpZ2WK
XOQpxumCiDAfBgNVHSMEGDAWgBSytgW0FL12dcHpZ2WKXOQpxumCiDAPBgNVHRMB
Af8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAFBgMrZXADQQBO
cEhEbmug6/TIoiv6O5G7KSO94cjzUj3AK79QTP+Yqz4ZH+XjbHm+4eZpnGzKaJo2
hLgz9LEEnn0vfNTmkLwM
"""


def pem(kind: str, body: str) -> str:
    return f"-----BEGIN {kind}-----\n{body.strip()}\n-----END {kind}-----\n"


class Certificates(Sources):
    """The server behind TLS, with a certificate that only this test knows."""

    def setUp(self) -> None:
        super().setUp()
        self.file = tempfile.NamedTemporaryFile("w", suffix=".pem")
        self.addCleanup(self.file.close)
        self.file.write(pem("PRIVATE KEY", KEY) + pem("CERTIFICATE", CERTIFICATE))
        self.file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file.name)
        handler = self.server.server.RequestHandlerClass
        self.tls = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.tls.handle_error = lambda *_: None
        self.tls.socket = context.wrap_socket(self.tls.socket, server_side=True)
        threading.Thread(target=self.tls.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(self.tls.server_close)
        self.addCleanup(self.tls.shutdown)
        self.server.values["q"] = "8"
        self.port = self.tls.server_address[1]

    def over(self, host: str, **env: str) -> str:
        with environment(URL=f"https://{host}:{self.port}", **env):
            return self.ask(self.source("secret", "URL"))

    def test_a_certificate_is_always_checked(self) -> None:
        self.assertRegex(self.over("localhost"), "^none: its certificate is not trusted: self.signed certificate")
        self.assertEqual(self.over("localhost", SSL_CERT_FILE=self.file.name), "8")
        with mock.patch.object(socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("127.0.0.1", self.port))]):
            wrong = self.over("hidden.example.com", SSL_CERT_FILE=self.file.name)
        self.assertEqual(wrong, "none: its certificate is not trusted: Hostname mismatch")

    def test_plain_http_where_tls_is_spoken(self) -> None:
        with environment(URL=f"https://127.0.0.1:{self.server.url.rpartition(':')[2]}"):
            answer = self.ask(self.source("secret", "URL"))
        self.assertRegex(answer.lower(), "^none: .*(wrong version number|record layer failure)")
        self.assertNotIn("127.0.0.1", answer)


class Documents(unittest.TestCase):
    """`http` and `run`: a number, or a place in a JSON document."""

    def setUp(self) -> None:
        self.server = Prometheus()
        self.addCleanup(self.server.close)

    def ask(self, kind: str, what: str, field: str = "", seconds: float = 5, auth=runtime.NO_AUTH) -> str:
        env, hide = {**runtime.os.environ, "MLPIPE_DIGEST": "d1"}, runtime.Hide()
        metric = runtime.WatchedMetric(["m", kind, what, field, ""], auth, None, env, hide)
        try:
            return str(metric.value.ask({"MLPIPE_DIGEST": "d1"}, runtime.Deadline(seconds), nothing, hide))
        except runtime.NoNumber as error:
            self.heard = getattr(error, "heard", "")
            return f"none: {error}"

    def test_http(self) -> None:
        document = {"drift": {"psi": 0.125, "p@5": 3, "name": "x", "ok": True, "none": None}, "a.b": 7}
        body = json.dumps(document).encode()
        for answer, field, text in [
            ((200, body), "drift.psi", "0.125"),
            ((200, body), 'drift."p@5"', "3"),
            ((200, body), "a.b", "7"),
            ((200, b"0.1000000000000000055"), "", "0.1000000000000000055"),
            ((200, body), "drift.name", 'none: it is the string "x"'),
            ((200, body), "drift.ok", "none: it is the boolean true"),
            ((200, body), "drift.none", "none: it is null"),
            ((200, body), "drift", "none: it is an object"),
            ((200, body), "drift.ks", "none: it has no `drift.ks`; there is drift.psi, drift.p@5, a.b"),
            ((200, b'{"a": NaN}'), "a", "none: it is NaN, which is not a number"),
            ((200, b'{"a": 1, "a": 2}'), "a", 'none: the key "a" is written twice'),
            ((200, b"[1]"), "a", "none: an object was expected, it is a list"),
            ((200, b"{}"), "a", "none: it has no `a`; no number is there"),
            ((200, b"0.5 x"), "", "none: its answer is not JSON: Extra data: line 1 column 5 (char 4)"),
            ((404, body), "drift.psi", "none: it answers 404 Not Found"),
            ((500, b""), "a", "none: it answers 500 Internal Server Error"),
        ]:
            with self.subTest(field=field, answer=answer[1][:30]):
                self.server.values[""] = answer
                self.assertEqual(self.ask("http", self.server.url + "/d.json", field), text)
        self.assertEqual({a["method"] for a in self.server.asked}, {"GET"})

    def test_http_settings(self) -> None:
        for url in ("http://u:p@example.com/x", "example.com/x", "file:///etc/passwd"):
            with self.assertRaises(runtime.Stop):
                self.ask("http", url)

    def test_http_by_secrets(self) -> None:
        self.server.values[""] = (200, b'{"depth": 4}')
        host = self.server.url[len("http://") :]
        env = {"URL": self.server.url + "/s3cret-path?key=s3cret", "TOKEN": "s3cret-token\n", "P": "pa55word", "EMPTY": " "}
        with environment(**env):
            self.assertEqual(self.ask("http-secret", "URL", "depth"), "4")
            self.assertNotIn("authorization", self.server.asked[-1]["headers"])
            self.assertEqual(self.server.asked[-1]["path"], "/s3cret-path?key=s3cret")
            self.assertEqual(self.ask("http-secret", "URL", "depth", auth=("token", "TOKEN", "")), "4")
            self.assertEqual(self.server.asked[-1]["headers"]["authorization"], "Bearer s3cret-token")
            self.assertEqual(self.ask("http", self.server.url, "depth", auth=("basic", "TOKEN", "P")), "4")
            pair = base64.b64encode(b"s3cret-token:pa55word").decode()
            self.assertEqual(self.server.asked[-1]["headers"]["authorization"], f"Basic {pair}")
            for what, why in [
                (("http-secret", "EMPTY", ""), "`EMPTY` is not set, and the watch asks for `m` by it"),
                (("http-secret", "P", ""), "the address in `P` is no http:// or https:// address"),
            ]:
                with self.assertRaises(runtime.Stop) as raised:
                    self.ask(*what)
                self.assertEqual(raised.exception.sentence, why)
            hide = runtime.Hide()
            runtime.WatchedMetric(["m", "http-secret", "URL", "", ""], runtime.NO_AUTH, None, runtime.os.environ, hide)
            self.assertEqual(hide.text(f"{host} key=s3cret /s3cret-path"), "*** *** ***")

    def test_a_secret_is_not_sent_in_clear(self) -> None:
        with environment(TOKEN="s3cret-token", P="p", URL="http://stats.internal/x"):
            for kind, what in [("http", "http://stats.internal"), ("http", "http://127.0.0.1.example.com"), ("http-secret", "URL")]:
                for auth in (("token", "TOKEN", ""), ("basic", "TOKEN", "P")):
                    with self.assertRaises(runtime.Stop) as raised:
                        self.ask(kind, what, auth=auth)
                    self.assertIn("is http://, and what it is shown could be read on the way", raised.exception.sentence)
                    self.assertNotIn("stats.internal", raised.exception.sentence)
            for host in ("127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"):
                self.assertIn("none: ", self.ask("http", f"http://{host}", auth=("token", "TOKEN", "")))
            with self.assertRaises(runtime.Stop):
                words = ["url", "http://prometheus.internal", "token", "TOKEN", ""]
                runtime.Prometheus(words, runtime.os.environ, runtime.Hide())

    def test_run(self) -> None:
        for command, field, text in [
            ("echo 0.83", "", "0.83"),
            ("echo loading; echo; echo '  0.83  '; echo", "", "0.83"),
            ("echo 1e-3", "", "0.001"),
            ("echo $MLPIPE_DIGEST | tr -d d", "", "1"),
            ("printf '{\\n \"a\": {\\n \"b\": 2}}'", "a.b", "2"),
            ("echo loading; echo '{\"a\": 2}'", "a", "2"),
            ("echo 83%", "", "none: it is `83%`, which is not a number"),
            ("echo nan", "", "none: it is nan, which is not a number"),
            ("echo 0.83 ok", "", "none: it is `0.83 ok`, which is not a number"),
            ("echo 0,83", "", "none: it is `0,83`, which is not a number"),
            ("echo ٣", "", "none: it is `٣`, which is not a number"),
            ("true", "", "none: the command prints nothing"),
            ("true", "a", "none: the command prints nothing"),
            ("echo 0.83; exit 4", "", "none: the command ended with exit status 4"),
            ("echo 0.83; kill -9 $$", "", "none: the command ended with exit status 137"),
            ("false | true; false; echo 1", "", "none: the command ended with exit status 1"),
            ("echo '{'", "a", "none: what the command prints is not JSON"),
        ]:
            with self.subTest(command=command):
                found = self.ask("run", command, field)
                self.assertEqual(found[: len(text)] if "JSON" in text else found, text)

    def test_run_has_a_limit_and_its_errors_are_heard(self) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            self.assertEqual(self.ask("run", "sleep 60", seconds=1), "none: the command did not end within 1 s")
        self.assertEqual(out.getvalue(), "", "the line of the poll says it")
        self.ask("run", "echo why >&2; exit 1")
        self.assertEqual(self.heard, "why\n")


if __name__ == "__main__":
    unittest.main()
