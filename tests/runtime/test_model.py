"""Models: resolved once, fetched exactly, verified; and the Python environment."""

import hashlib
import http.server
import os
import stat
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from desk import Desk, load

WEIGHTS = b"weights " * 1000
SHA = hashlib.sha256(WEIGHTS).hexdigest()

# Answers like MLflow's command line: a folder with the model, and for an alias the file that
# says which version it is, written in another way than for a version.
MLFLOW = """#!{python}
import os, pathlib, sys
uri, folder = sys.argv[sys.argv.index("-u") + 1], pathlib.Path(sys.argv[sys.argv.index("-d") + 1])
version = pathlib.Path(os.environ["ALIAS"]).read_text() if "@" in uri else uri.split("/")[2]
pathlib.Path(os.environ["ALIAS"] + ".calls").open("a").write(uri + "\\n")
(folder / "artifacts").mkdir(parents=True, exist_ok=True)
(folder / "MLmodel").write_text("flavors: {{}}\\n")
(folder / "model.pkl").write_text("weights of " + version)
quoted = version if "@" in uri else "'" + version + "'"
(folder / "registered_model_meta").write_text("model_name: m\\nmodel_version: " + quoted + "\\n")
print(folder)
"""


class Web:
    """A loopback server whose answers are taken from a list, the last one again and again."""

    def __init__(self, *answers) -> None:
        rest = list(answers)
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, dict(self.headers)))
                status, headers, body = rest.pop(0) if len(rest) > 1 else rest[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Models(Desk):
    def words(self, *source: str, save: str = "models/model.pkl") -> tuple:
        place = ("--save", save) if save else ()
        return ("--name", "m", "--version", "m/1", *source, *place, "--timeout", "60")

    def resolve(self, *source: str, save: str = "models/model.pkl", **env: str):
        self.begin("model-m", "model")
        return self.call("model", *self.words(*source, save=save), MLPIPE_JOB="model-m", **env)

    def fetch(self, *source: str, save: str = "models/model.pkl", **env: str):
        return self.call("fetch", *self.words(*source, save=save), MLPIPE_JOB="gate-q", **env)

    def entry(self) -> dict:
        return self.record("model-m")["model"]

    def web(self, *answers) -> Web:
        web = Web(*answers)
        self.addCleanup(web.close)
        return web

    def test_a_file(self) -> None:
        (self.repo / "in.bin").write_bytes(WEIGHTS)
        self.assertEqual(self.resolve("--path", "in.bin").returncode, 0)
        expected = dict(name="m", version="m/1", source="path", digest=f"sha256:{SHA}", size=8000)
        expected.update(revision=self.env["MLPIPE_COMMIT"], path="models/model.pkl")
        self.assertEqual(self.entry(), expected)
        (self.repo / "models/model.pkl").unlink()
        self.assertEqual(self.fetch("--path", "in.bin").returncode, 0)
        self.assertEqual((self.repo / "models/model.pkl").read_bytes(), WEIGHTS)

    def test_a_folders_digest_is_that_of_its_listing(self) -> None:
        for name, text in (("b", "2"), ("a/z", "1"), ("a b", "3"), ("B", "4")):
            self.write(f"in/{name}", text)
        self.assertEqual(self.resolve("--path", "in", save="").returncode, 0)
        listing = subprocess.run(
            "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum",
            shell=True, cwd=self.repo / "in", check=True, stdout=subprocess.PIPE, encoding="utf-8",
        )
        self.assertEqual(self.entry()["digest"], "sha256:" + listing.stdout.split()[0])
        self.write("in/a/z", "changed")
        self.assertEqual(self.fetch("--path", "in", save="").returncode, 1)

    def test_what_is_no_model(self) -> None:
        self.write("empty", "")
        self.write("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        self.write("linked/x", "1")
        os.symlink("/etc/passwd", self.repo / "linked/y")
        for path, reason in [
            ("empty", "is empty"),
            ("lfs", "is a Git LFS pointer"),
            ("linked", "is a link"),
            ("nothing", "is not there"),
        ]:
            done = self.resolve("--path", path, save="")
            self.assertEqual(done.returncode, 1, path)
            self.assertIn(reason, done.stdout)
            self.assertEqual(self.record("model-m")["status"], "failed")

    def test_http(self) -> None:
        web = self.web((200, {}, WEIGHTS))
        done = self.resolve("--http", web.url + "/m?sig=secret", SHA)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.entry()["digest"], f"sha256:{SHA}")
        self.assertNotIn("secret", done.stdout)
        mode = stat.S_IMODE((self.repo / "models/model.pkl").stat().st_mode)
        self.assertEqual(mode & 0o444, 0o444, "an image's user can read it")
        # It is there and right: nothing is downloaded again.
        self.assertEqual(self.fetch("--http", web.url + "/m", SHA).returncode, 0)
        self.assertEqual(len(web.asked), 1)

    def test_http_with_another_checksum_leaves_nothing(self) -> None:
        web = self.web((200, {}, WEIGHTS))
        done = self.resolve("--http", web.url + "/m", "0" * 64)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"has the checksum sha256:{SHA}, the spec says sha256:{'0' * 64}", done.stdout)
        self.assertEqual(list((self.repo / "models").iterdir()), [])

    def test_http_is_tried_again_where_that_may_help(self) -> None:
        cut = (200, {"Content-Length": "9999"}, b"half")
        web = self.web((503, {}, b""), cut, (200, {}, WEIGHTS))
        done = self.resolve("--http", web.url + "/m", SHA)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len(web.asked), 3)
        self.assertIn("answered 503", done.stdout)
        web = self.web((404, {}, b""))
        self.assertEqual(self.resolve("--http", web.url + "/m", SHA).returncode, 1)
        self.assertEqual(len(web.asked), 1)

    def test_no_other_scheme_and_no_credential_to_another_host(self) -> None:
        self.write("secret", "x")
        done = self.resolve("--http", f"file://{self.repo}/secret", SHA)
        self.assertIn("only http:// and https:// addresses are opened", done.stdout)
        web = self.web((302, {"Location": f"file://{self.repo}/secret"}, b""))
        self.assertIn("is not allowed", self.resolve("--http", web.url + "/m", SHA).stdout)
        there = self.web((200, {}, b"{}"))
        here = self.web((302, {"Location": there.url + "/x"}, b""))
        answer = load().call_http(here.url, headers={"Authorization": "Bearer token"})
        self.assertEqual(answer, (200, b"{}"))
        self.assertEqual(here.asked[0][1].get("Authorization"), "Bearer token")
        self.assertNotIn("Authorization", there.asked[0][1])

    def test_a_command(self) -> None:
        command = 'printf %s "$MLPIPE_MODEL_VERSION" > "$MLPIPE_MODEL_PATH"'
        self.assertEqual(self.resolve("--command", command).returncode, 0)
        self.assertEqual((self.repo / "models/model.pkl").read_text(), "m/1")
        self.assertEqual(self.fetch("--command", command).returncode, 0)
        done = self.fetch("--command", 'date +%N%s > "$MLPIPE_MODEL_PATH"')
        self.assertEqual(done.returncode, 1)
        self.assertIn("the run resolved sha256:", done.stdout)
        self.assertFalse((self.repo / "models/model.pkl").exists(), "nothing wrong is left lying")
        done = self.resolve("--command", "exit 9")
        self.assertEqual(done.returncode, 9)
        self.assertIn("models/model.pkl is not there", self.resolve("--command", "true").stdout)

    def test_hosted(self) -> None:
        self.assertEqual(self.resolve(save="").returncode, 0)
        self.assertEqual((self.entry()["version"], self.entry()["digest"]), ("m/1", None))
        self.assertEqual(self.fetch(save="").returncode, 0)

    def mlflow(self, version: str) -> dict:
        tool = self.write("bin/mlflow", MLFLOW.format(python=sys.executable))
        tool.chmod(0o755)
        alias = self.write("alias", version)
        path = f"{tool.parent}{os.pathsep}{self.env['PATH']}"
        return dict(PATH=path, ALIAS=str(alias), MLFLOW_TRACKING_URI="file:///store")

    def test_an_alias_is_resolved_once_and_may_move_then(self) -> None:
        for save in ("models/model.pkl", "models/m"):
            env = self.mlflow("7")
            done = self.resolve("--mlflow", "models:/m@candidate", save=save, **env)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual((self.entry()["revision"], self.entry()["source"]), ("7", "mlflow"))
            digest = self.entry()["digest"]
            env = self.mlflow("8")
            done = self.fetch("--mlflow", "models:/m@candidate", save=save, **env)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(digest, done.stdout)
            calls = Path(env["ALIAS"] + ".calls").read_text().splitlines()
            self.assertEqual(calls[-2:], ["models:/m@candidate", "models:/m/7"])
        self.assertEqual((self.repo / "models/model.pkl").read_text(), "weights of 7")
        self.assertTrue((self.repo / "models/m/MLmodel").exists())
        self.assertFalse((self.repo / "models/m/registered_model_meta").exists())

    def test_mlflow_says_what_is_missing(self) -> None:
        env = self.mlflow("7")
        done = self.resolve("--mlflow", "models:/m/7", save="models/other.onnx", **env)
        self.assertIn("the model has no files named other.onnx; it has: MLmodel, model.pkl", done.stdout)
        env["MLFLOW_TRACKING_URI"] = ""
        self.assertIn("MLFLOW_TRACKING_URI is not set", self.resolve("--mlflow", "models:/m/7", **env).stdout)
        empty = self.repo / "empty"
        empty.mkdir()
        done = self.resolve("--mlflow", "models:/m/7", PATH=str(empty), MLFLOW_TRACKING_URI="x")
        self.assertIn("the command `mlflow` is not there", done.stdout)


class PythonEnvironment(Desk):
    version = "%d.%d" % sys.version_info[:2]

    def install(self, *words: str, **env: str):
        return self.call("python", "--version", self.version, *words, MLPIPE_JOB="gate-q", **env)

    def test_made_once_for_the_same_dependencies(self) -> None:
        self.write("requirements.txt", "# nothing\n-r more.txt\n")
        self.write("more.txt", "# nothing\n")
        words = ("--tool", "pip", "--file", "requirements.txt")
        done = self.install(*words)
        self.assertEqual(done.returncode, 0, done.stdout)
        mark = self.write(".mlpipe-venv/mark", "")
        self.assertIn("are in .mlpipe-venv", self.install(*words).stdout)
        self.assertTrue(mark.exists())
        self.write("more.txt", "# something else\n")
        self.assertEqual(self.install(*words).returncode, 0)
        self.assertFalse(mark.exists(), "an included file decides too")
        where = self.repo / ".mlpipe-venv/bin/python"
        ask = [str(where), "-c", "import sys; print(sys.prefix)"]
        prefix = subprocess.run(ask, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
        self.assertEqual(prefix.strip(), str(self.repo / ".mlpipe-venv"))

    def test_what_is_missing_is_named(self) -> None:
        empty = self.repo / "empty"
        empty.mkdir()
        done = self.install(PATH=str(empty))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"Python {self.version} is not on PATH, nor is uv", done.stdout)
        done = self.install("--tool", "pip", "--file", "nothing.txt")
        self.assertIn("nothing.txt cannot be read", done.stdout)

    def test_a_failed_installation_is_not_taken_for_one_that_is_there(self) -> None:
        self.write("requirements.txt", "./no-such-folder\n")
        words = ("--tool", "pip", "--file", "requirements.txt")
        for _ in range(2):
            done = self.install(*words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("ended with exit status", done.stdout)

    def test_the_tools_are_told_where_to_install_and_what(self) -> None:
        self.write("pyproject.toml", "")
        for tool, words in [
            ("poetry", "sync --no-interaction --no-ansi --only main,dev"),
            ("uv", "sync --frozen --python PYTHON --group main --group dev"),
        ]:
            self.write(f"{tool}.lock", "")
            stand_in = self.write(f"bin/{tool}", '#!/bin/sh\necho "$*" > said; env >> said\n')
            stand_in.chmod(0o755)
            path = f"{stand_in.parent}{os.pathsep}{self.env['PATH']}"
            done = self.install("--tool", tool, "--group", "main", "--group", "dev", PATH=path)
            self.assertEqual(done.returncode, 0, done.stdout)
            said = (self.repo / "said").read_text().splitlines()
            venv = str(self.repo / ".mlpipe-venv")
            self.assertEqual(said[0].replace(f"{venv}/bin/python", "PYTHON"), words)
            for line in (
                f"VIRTUAL_ENV={venv}",
                f"UV_PROJECT_ENVIRONMENT={venv}",
                "UV_LINK_MODE=copy",
                f"UV_CACHE_DIR={self.repo}/.mlpipe-cache/uv",
                f"POETRY_CACHE_DIR={self.repo}/.mlpipe-cache/poetry",
                f"PIP_CACHE_DIR={self.repo}/.mlpipe-cache/pip",
            ):
                self.assertIn(line, said)


if __name__ == "__main__":
    unittest.main()
