"""Debian's docker-registry on loopback, what is asked of it by HTTP, and a door in front of it that misbehaves on command."""

import base64
import contextlib
import gzip
import hashlib
import http.client
import http.server
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = Path(os.environ.get("MLPIPE_CONFORMANCE_TOOLS") or ROOT / ".conformance").resolve()
USER, PASSWORD = "ada", "correct horse"
#: bcrypt of it, at its lowest cost. Python has no bcrypt of its own.
HASHED = "$2b$04$zyWXnrxtWjwBIxkZzHqn5OpiwXVWOTKApUxEH9he1I1l4ewMJhdRW"
OCI, DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
MANIFEST = {"oci": OCI + "manifest.v1+json", "docker": DOCKER + "distribution.manifest.v2+json"}
CONFIG = {"oci": OCI + "config.v1+json", "docker": DOCKER + "container.image.v1+json"}
LAYER = {"oci": OCI + "layer.v1.tar+gzip", "docker": DOCKER + "image.rootfs.diff.tar.gzip"}
INDEX = OCI + "index.v1+json"
WRITES = re.compile(rb'"(PUT|POST|PATCH|DELETE) (\S+) HTTP')


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def program(name):
    for found in (shutil.which(name), TOOLS / "debian/usr/bin" / name, TOOLS / "bin" / name):
        if found and os.access(found, os.X_OK):
            return str(found)
    sys.exit(f"registry: there is no {name}; run tests/conformance/install")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask(host, method, path, body=None, head=None):
    """Status, headers by small letters, bytes."""
    line = http.client.HTTPConnection(host, timeout=20)
    try:
        line.request(method, path, body, head or {})
        answer = line.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        line.close()


def put_blob(host, name, data, login):
    head = {"Authorization": login} if login else {}
    if ask(host, "HEAD", f"/v2/{name}/blobs/{sha(data)}", head=head)[0] == 200:
        return
    status, found, body = ask(host, "POST", f"/v2/{name}/blobs/uploads/", head=head)
    if status != 202:
        raise OSError(f"{status} {body.decode(errors='replace')}")
    place = re.sub(r"^https?://[^/]+", "", found["location"])
    place += ("&" if "?" in place else "?") + "digest=" + sha(data)
    status, _, body = ask(host, "PUT", place, data, {**head, "Content-Type": "application/octet-stream"})
    if status != 201:
        raise OSError(f"{status} {body.decode(errors='replace')}")


def put_manifest(host, name, reference, data, kind, login):
    head = {"Content-Type": kind, **({"Authorization": login} if login else {})}
    status, found, body = ask(host, "PUT", f"/v2/{name}/manifests/{reference}", data, head)
    if status != 201:
        raise OSError(f"{status} {body.decode(errors='replace')}")
    return found["docker-content-digest"]


def layer_of(folder):
    """The files of a build context as a layer, and the digest of what is in it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and "mlpipe-out" not in path.parts:
                info = tarfile.TarInfo(str(path.relative_to(folder)))
                info.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(info, file)
    return gzip.compress(plain.getvalue(), mtime=0), sha(plain.getvalue())


def config_of(labels, diff, made, platform="amd64"):
    config = {"created": made, "architecture": platform, "os": "linux", "config": {"Labels": labels or None}}
    config["rootfs"] = {"type": "layers", "diff_ids": [diff]}
    return json.dumps(config).encode()


def manifest_of(config, layer, kind):
    parts = [{"mediaType": names[kind], "size": len(data), "digest": sha(data)} for names, data in ((CONFIG, config), (LAYER, layer))]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST[kind], "config": parts[0], "layers": [parts[1]]}
    return json.dumps(manifest, indent=3).encode()


def put_image(host, name, reference, config, layer, kind, login):
    """A whole image, as `docker push` sends it; its digest and the manifest's bytes."""
    for blob in (layer, config):
        put_blob(host, name, blob, login)
    manifest = manifest_of(config, layer, kind)
    return put_manifest(host, name, reference or sha(manifest), manifest, MANIFEST[kind], login), manifest


class Registry:
    """The registry with files of its own; `written` says what was written since it was asked last."""

    def __init__(self, folder):
        self.binary, self.folder, self.process, self.seen, self.asked = program("docker-registry"), folder, None, 0, 0
        self.host = f"127.0.0.1:{free_port()}"
        self.login = basic(USER, PASSWORD)
        folder.mkdir()
        (folder / "users").write_text(f"{USER}:{HASHED}\n")
        config = {"version": "0.1", "log": {"level": "error"}, "http": {"addr": self.host, "secret": "of the tests"}}
        config["storage"] = {"filesystem": {"rootdirectory": str(folder / "data")}}
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "users")}}
        # JSON is YAML.
        (folder / "config.yml").write_text(json.dumps(config))
        self.start()

    def version(self):
        words = [self.binary, "--version"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[-1]

    def start(self):
        with open(self.folder / "log", "ab") as log:
            words = [self.binary, "serve", str(self.folder / "config.yml")]
            self.process = subprocess.Popen(words, cwd=self.folder, env={}, stdin=-3, stdout=log, stderr=log)
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if ask(self.host, "GET", "/v2/")[0] == 401:
                    return
            time.sleep(0.05)
        sys.exit("registry: it does not start: " + (self.folder / "log").read_text())

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def get(self, path, method="GET", **head):
        return ask(self.host, method, path, head={"Authorization": self.login, **head})

    def manifest(self, name, reference):
        """Digest, kind and bytes of what the registry has there, or its error's code."""
        accept = ", ".join([*MANIFEST.values(), INDEX])
        status, head, body = self.get(f"/v2/{name}/manifests/{reference}", Accept=accept)
        if status != 200:
            return json.loads(body)["errors"][0]["code"]
        assert sha(body) == head["docker-content-digest"], (name, reference)
        return head["docker-content-digest"], head["content-type"], body

    def labels(self, name, reference):
        _, _, body = self.manifest(name, reference)
        config = self.get(f"/v2/{name}/blobs/{json.loads(body)['config']['digest']}")[2]
        return json.loads(config)["config"]["Labels"]

    def tags(self, name):
        status, _, body = self.get(f"/v2/{name}/tags/list")
        return sorted(json.loads(body)["tags"] or []) if status == 200 else None

    def put(self, name, reference, labels, platform="amd64", kind="oci", made="2026-01-01T00:00:00Z"):
        """An image that somebody else pushed."""
        layer, diff = layer_of(self.folder / "none")
        config = config_of(labels, diff, made, platform)
        return put_image(self.host, name, reference, config, layer, kind, self.login)

    def put_index(self, name, reference, manifests):
        """An index of these: bytes, architecture, annotations."""
        entries = []
        for data, platform, notes in manifests:
            system = "unknown" if platform == "unknown" else "linux"
            entry = {"mediaType": MANIFEST["oci"], "size": len(data), "digest": sha(data)}
            entries.append({**entry, "platform": {"architecture": platform, "os": system}, **({"annotations": notes} if notes else {})})
        data = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        return put_manifest(self.host, name, reference, data, INDEX, self.login)

    def written(self):
        """What was asked that writes, from the registry's own log: method and path. It writes a line once it has answered,
        so what is asked last here shows that all lines before are there."""
        self.asked += 1
        mark, limit = f"/v2/?mark={self.asked} ", time.monotonic() + 20
        if self.process is not None:
            self.get(mark.strip())
        while mark.encode() not in (text := (self.folder / "log").read_bytes()) and self.process is not None:
            if time.monotonic() > limit:
                raise OSError("the registry's log does not tell what was asked")
            time.sleep(0.01)
        found = WRITES.findall(text[self.seen :])
        self.seen = len(text)
        return [f"{method.decode()} {path.decode().partition('?')[0]}" for method, path in found]


class Door:
    """In front of the registry. `act` is asked of each request and says what is answered instead, or nothing."""

    def __init__(self, registry):
        outer, self.act, self.asked = self, lambda method, path: None, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path))
                found = outer.act(self.command, self.path)
                if found == "hang up":
                    self.close_connection = True
                    return
                if found is None:
                    head = {name: value for name, value in self.headers.items() if name != "Content-Length"}
                    found = ask(registry.host, self.command, self.path, body or None, head)
                status, head, body = found
                self.send_response(status)
                for name, value in head.items():
                    if name not in ("content-length", "date", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", head.get("content-length", str(len(body))))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
