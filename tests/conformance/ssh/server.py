"""A real sshd on loopback that lets one user in, who lives in a folder of the tests.

It needs neither root nor a user of the machine: sshd runs as who it lets in, and libnss_wrapper (which Debian made for
such tests) tells it and nobody else of that user. As root it becomes a user that is nobody's first."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = Path(os.environ.get("MLPIPE_CONFORMANCE_TOOLS") or ROOT / ".conformance").resolve()
STRANGER = 54321


def brought(folder):
    """sshd and its two libraries, where every user can read them."""
    found = {}
    for pattern in ("usr/sbin/sshd", "**/libwrap.so.0", "**/libnss_wrapper.so"):
        paths, name = sorted((TOOLS / "debian").glob(pattern)), Path(pattern).name
        if not paths:
            sys.exit(f"ssh: there is no {name}; run tests/conformance/install")
        found[name] = folder / name
        shutil.copy(paths[0], found[name])
        found[name].chmod(0o755)
    return found


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """One host. `app` logs in with the key, and finds the docker of the tests on the PATH."""

    def __init__(self, folder, files, public_key, docker, shell="/bin/sh"):
        self.folder, self.files, self.port = folder, files, free_port()
        self.uid = STRANGER if os.getuid() == 0 else os.getuid()
        self.home = folder / "home"
        self.process = None
        for path in (folder, self.home, folder / "bin"):
            path.mkdir(mode=0o755)
        shutil.copy(docker, folder / "bin" / "docker")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host")], check=True)
        (folder / "authorized").write_text(public_key)
        (folder / "passwd").write_text(f"app:x:{self.uid}:{self.uid}::{self.home}:{shell}\n")
        (folder / "group").write_text(f"app:x:{self.uid}:\n")
        lines = ["ListenAddress 127.0.0.1", f"Port {self.port}", f"HostKey {folder}/host", "PidFile none", "UsePAM no"]
        lines += [f"AuthorizedKeysFile {folder}/authorized", "StrictModes no", "PasswordAuthentication no"]
        # Two runs at once, each with some connections, are no attack.
        lines += ["MaxStartups 100", f"SetEnv PATH={folder}/bin:/usr/bin:/bin"]
        (folder / "config").write_text("\n".join(lines) + "\n")
        self.give(folder)
        self.start()

    @property
    def place(self):
        return f"app@127.0.0.1:{self.port}"

    def known(self, key=None):
        return f"[127.0.0.1]:{self.port} {(key or self.folder / 'host.pub').read_text()}"

    def give(self, top):
        """What the tests have written is the user's."""
        if os.getuid() == 0:
            for path in (top, *top.rglob("*")):
                os.chown(path, self.uid, self.uid)

    def become(self):
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(self.uid)
            os.setuid(self.uid)

    def start(self):
        env = {"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(self.files["libnss_wrapper.so"])}
        env["LD_LIBRARY_PATH"] = str(self.files["libwrap.so.0"].parent)
        for name in ("PASSWD", "GROUP"):
            env["NSS_WRAPPER_" + name] = str(self.folder / name.lower())
        words = [str(self.files["sshd"]), "-D", "-e", "-f", str(self.folder / "config")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(words, env=env, preexec_fn=self.become, stdin=-3, stdout=log, stderr=log)
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("ssh: sshd does not start: " + (self.folder / "log").read_text())

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def fresh(self):
        """An empty home, and the server answers."""
        shutil.rmtree(self.home)
        self.home.mkdir(mode=0o755)
        self.give(self.home)
        if self.process is None:
            self.start()
