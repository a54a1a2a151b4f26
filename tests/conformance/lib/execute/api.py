"""The platforms' own APIs, as far as the script asks them, and a receiver of messages: a server on this machine, for one run."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from ..tokens import token


class Api:
    """Started with `with`; `url` is its address. `approval`: what a person said to the question, yes or no."""

    def __init__(self, approval):
        self.approval = approval
        self.messages = []
        #: the stand-in for Prometheus, where the scenario has one
        self.course = None
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer = api.answer(self.path, self.headers.get("Authorization", ""))
                self.reply(404 if answer is None else 200, answer)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                if self.path == "/prometheus/api/v1/query" and api.course is not None:
                    self.reply(200, api.course.answer(parse_qs(body)["query"][0]))
                    return
                if self.path == "/prometheus/api/v1/query_range" and api.course is not None:
                    words = {name: values[0] for name, values in parse_qs(body).items()}
                    self.reply(200, api.course.over(words["query"], *(float(words[name]) for name in ("start", "end", "step"))))
                    return
                api.messages.append([self.path, body])
                self.reply(200, {})

            def reply(self, status, answer):
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # who asked may have been stopped meanwhile
                    self.wfile.write(data)

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_words):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path, bearer=""):
        """GitHub: an id token for a job that may ask for one, who reviews the environment, what reviewers said of this run. GitLab:
        who may deploy to the environment."""
        asked = urlsplit(path)
        if asked.path == "/id-token":
            known = bearer == "Bearer conformance-request"
            return {"value": token(parse_qs(asked.query)["audience"][0])} if known else None
        parts = path.strip("/").split("/")
        if "protected_environments" in parts:
            return {"name": parts[-1], "deploy_access_levels": [{"access_level": 40}]} if self.approval == "yes" else None
        if "environments" in parts:
            return {"protection_rules": [{"type": "required_reviewers", "reviewers": [{"type": "User"}]}]}
        if parts[-1] == "approvals":
            state = {"yes": "approved", "no": "rejected"}.get(self.approval)
            names = ("production-approval", "staging-approval")
            review = {"state": state, "environments": [{"name": name} for name in names], "user": {"login": "acme-bot"}}
            return [review] if state else []
        return None
