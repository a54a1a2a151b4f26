"""A stand-in for kube-apiserver: ConfigMaps and VirtualServices of one namespace over plain HTTP, and as much of
discovery as kubectl asks for. It keeps `resourceVersion` as the real one does: a PUT with another one is 409 Conflict, a
POST of a name that is there 409 AlreadyExists; a JSON patch (RFC 6902) whose `test` fails is 422. What `act` names happens to
the next write."""

import http.server
import json
import threading


def status(code, reason, message):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return code, {**body, "message": message, "reason": reason, "code": code}


VERBS = ["get", "list", "create", "update"]
RESOURCE = {"name": "configmaps", "singularName": "", "namespaced": True, "kind": "ConfigMap", "verbs": VERBS}
ISTIO = "networking.istio.io/v1"
ROUTES = {**RESOURCE, "name": "virtualservices", "kind": "VirtualService", "verbs": ["get", "patch"]}
GROUP = {"name": "networking.istio.io", "versions": [{"groupVersion": ISTIO, "version": "v1"}]}
GROUP["preferredVersion"] = GROUP["versions"][0]
FIXED = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [GROUP]},
    f"/apis/{ISTIO}": {"kind": "APIResourceList", "groupVersion": ISTIO, "resources": [ROUTES]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [RESOURCE]},
    "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0-standin"},
}
PLACE = "/api/v1/namespaces/ml/configmaps"
ROUTES_PLACE = f"/apis/{ISTIO}/namespaces/ml/virtualservices/"


def patched(document, changes):
    """The document after a JSON patch, or nothing when a `test` fails."""
    document = json.loads(json.dumps(document))
    for change in changes:
        *path, last = [p.replace("~1", "/").replace("~0", "~") for p in change["path"].split("/")[1:]]
        at = document
        for part in path:
            at = at[int(part)] if isinstance(at, list) else at[part]
        key = int(last) if isinstance(at, list) else last
        if change["op"] == "test" and at[key] != change["value"]:
            return None
        if change["op"] == "remove":
            del at[key]
        elif change["op"] != "test":
            at[key] = change["value"]
    return document


class Api:
    """The server; `objects` is what it keeps."""

    def __init__(self):
        self.objects, self.version, self.lock = {}, 100, threading.Lock()
        self.act, self.conflicts = "", 0
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0].rstrip("/")
                with api.lock:
                    found = api.handle(self.command, path, body)
                if found is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                data = json.dumps(found[1]).encode()
                self.send_response(found[0])
                self.send_header("Content-Type", "application/json")
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

    def handle(self, method, path, body):
        """Status and document; nothing when the connection breaks."""
        if path in FIXED:
            return 200, FIXED[path]
        if path.startswith("/api/v1/namespaces/other/") and method == "POST":
            return status(404, "NotFound", 'namespaces "other" not found')
        if path.startswith("/api/v1/namespaces/other/"):
            return status(404, "NotFound", 'configmaps "x" not found')
        if path.startswith(ROUTES_PLACE):
            return self.routes(method, path[len(ROUTES_PLACE) :], body)
        if not path.startswith(PLACE):
            return status(404, "NotFound", "the server could not find the requested resource")
        name = path[len(PLACE) + 1 :]
        if method == "GET":
            if name in self.objects:
                return 200, self.objects[name]
            return status(404, "NotFound", f'configmaps "{name}" not found')
        act, self.act = self.act, ""
        if act == "break before":
            return None
        document = json.loads(body)
        found = self.write(method, name or document["metadata"]["name"], document)
        return None if act == "break after" else found

    def routes(self, method, name, body):
        """A VirtualService by its name."""
        there = self.objects.get(f"virtualservice {name}")
        if there is None:
            return status(404, "NotFound", f'virtualservices.networking.istio.io "{name}" not found')
        if method == "GET":
            return 200, there
        act, self.act = self.act, ""
        if act == "other":
            self.keep_routes(name, there)
        if act == "break before":
            return None
        found = patched(self.objects[f"virtualservice {name}"], json.loads(body))
        if found is None:
            self.conflicts += 1
            return status(422, "Invalid", "the server rejected our request due to an error in our request")
        self.keep_routes(name, found)
        return None if act == "break after" else (200, found)

    def routes_of(self, name):
        return self.objects[f"virtualservice {name}"]

    def keep_routes(self, name, document):
        self.version += 1
        meta = {**document["metadata"], "name": name, "namespace": "ml", "resourceVersion": str(self.version)}
        self.objects[f"virtualservice {name}"] = {**document, "metadata": meta}

    def write(self, method, name, document):
        there = self.objects.get(name)
        if method == "POST" and there:
            self.conflicts += 1
            return status(409, "AlreadyExists", f'configmaps "{name}" already exists')
        if method == "PUT" and not there:
            return status(404, "NotFound", f'configmaps "{name}" not found')
        version = document["metadata"].get("resourceVersion")
        if method == "PUT" and version and version != there["metadata"]["resourceVersion"]:
            self.conflicts += 1
            text = "the object has been modified; please apply your changes to the latest version and try again"
            return status(409, "Conflict", f'Operation cannot be fulfilled on configmaps "{name}": {text}')
        self.version += 1
        document["metadata"].update(resourceVersion=str(self.version), uid="00000000-0000-4000-8000-000000000000")
        self.objects[name] = document
        return (201 if method == "POST" else 200), document

    def close(self):
        self.server.shutdown()
        self.server.server_close()
