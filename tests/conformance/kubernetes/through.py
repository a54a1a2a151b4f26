"""In front of the real API server what `ledger/standin_api.py` is by itself: an address for kubectl that counts what the server
refuses because another came first, and that lets something happen to the next write. What it answers is the server's own."""

import http.client
import http.server
import ssl
import threading

ROUTES = "/apis/networking.istio.io/v1/namespaces/ml/virtualservices"


class Through:
    """`act` is done to the next write: `break before`, `break after`, or `other`, where somebody else writes first."""

    def __init__(self, plane, token):
        self.plane, self.act, self.conflicts = plane, "", 0
        through = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                act = ""
                if self.command != "GET":
                    act, through.act = through.act, ""
                if act == "other":
                    through.touch()
                found = None if act == "break before" else through.forward(self.command, self.path, self.headers, body, token)
                if found is None or act == "break after":
                    self.close_connection = True
                    self.connection.close()
                    return
                status, kind, data = found
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def forward(self, method, path, head, body, token):
        tls = ssl.create_default_context(cafile=str(self.plane.authority))
        wire = http.client.HTTPSConnection("127.0.0.1", self.plane.port, context=tls, timeout=30)
        kept = {name: head[name] for name in ("Accept", "Content-Type") if head.get(name)}
        try:
            wire.request(method, path, body or None, {**kept, "Authorization": f"Bearer {token}"})
            answer = wire.getresponse()
            data = answer.read()
        finally:
            wire.close()
        if answer.status == 409 or (answer.status == 422 and method == "PATCH"):
            self.conflicts += 1
        return answer.status, answer.getheader("Content-Type", "application/json"), data

    def routes_of(self, name):
        return self.plane.ask("GET", f"{ROUTES}/{name}")

    def keep_routes(self, name, document):
        meta = {**document["metadata"], "name": name, "namespace": "ml"}
        self.plane.ask("POST", ROUTES, {**document, "metadata": meta})

    def touch(self):
        """Somebody else writes to the one VirtualService."""
        name = self.plane.ask("GET", ROUTES)["items"][0]["metadata"]["name"]
        labels = {"metadata": {"labels": {"touched": str(self.conflicts)}}}
        self.plane.ask("PATCH", f"{ROUTES}/{name}", labels, kind="application/merge-patch+json")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
