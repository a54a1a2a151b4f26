"""GitHub's endpoint for id tokens, as a job with `id-token: write` meets it. The tokens are signed by nobody."""

import base64
import http.server
import json
import threading
import time
import urllib.parse


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def token(audience, seconds=14 * 86400, subject="repo:acme/ranker:environment:production"):
    """An id token for this audience. It outlives the days that pass in virtual time."""
    claims = {"iss": "https://token.actions.githubusercontent.com", "sub": subject, "aud": audience}
    claims["exp"] = int(time.time() + seconds)
    return ".".join([part({"alg": "RS256", "typ": "JWT"}), part(claims), "c2lnbmF0dXJl"])


class Tokens:
    """Answers whoever brings the bearer `request`. Each token lasts a minute, so that it is asked for again."""

    def __init__(self):
        self.audiences, self.made = set(), 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                good = self.headers.get("Authorization") == "Bearer request" and "audience" in query
                body = b"{}"
                if good:
                    outer.audiences.add(query["audience"][0])
                    outer.made += 1
                    body = json.dumps({"count": 1, "value": token(query["audience"][0], 60)}).encode()
                self.send_response(200 if good else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/token?api-version=2.0"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
