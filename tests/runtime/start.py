"""Starts the runtime as the script does, `python3 -I -X utf8 mlpipe_runtime.py WORDS`, for a tenth of the time: a
process with those flags reads the text and what it imports once, and each start is a fork of it, which runs the whole
text as `__main__` and ends as an interpreter ends. It knows nothing of the test's process, its threads and patches."""

from __future__ import annotations

import array
import atexit
import functools
import json
import marshal
import os
import py_compile
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
from pathlib import Path

LONGEST = 1 << 20


class Nursery:
    """The process that forks, for one text of the runtime; it does so once at a time."""

    def __init__(self, runtime: Path) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [sys.executable, "-I", "-X", "utf8", __file__, str(theirs.fileno()), str(runtime)]
        self.process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        atexit.register(self.close)

    def close(self) -> None:
        self.ours.close()
        self.process.wait()

    def run(self, words: tuple[str, ...], cwd: Path, env: dict[str, str], timeout: float) -> subprocess.CompletedProcess:
        """To its end, and to the end of all that holds its output, as `subprocess.run` does with a pipe."""
        read, write = os.pipe()
        handle = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [write]))]
        self.ours.sendmsg([json.dumps([words, str(cwd), env]).encode()], handle)
        os.close(write)
        pid = int(self.ours.recv(LONGEST))
        late = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
        late.start()
        with open(read, encoding="utf-8") as output:
            text = output.read()
        code = int(self.ours.recv(LONGEST))
        if late.finished.is_set():
            raise subprocess.TimeoutExpired(words, timeout, text)
        late.cancel()
        return subprocess.CompletedProcess(words, code, text)


@functools.lru_cache(maxsize=None)
def compiled(runtime: Path) -> Path:
    """The same text as Python keeps what it has read, for what starts it by itself."""
    folder = tempfile.mkdtemp(prefix="mlpipe-test-")
    atexit.register(shutil.rmtree, folder)
    return Path(py_compile.compile(str(runtime), os.path.join(folder, runtime.name + "c"), doraise=True))


@functools.lru_cache(maxsize=None)
def nursery(runtime: Path) -> Nursery:
    return Nursery(compiled(runtime))


def served(theirs: socket.socket) -> tuple[list[str], str, dict[str, str]]:
    """Forks for each request; comes back in the fork that is to be the runtime, with its output in place."""
    while True:
        text, more, _, _ = theirs.recvmsg(LONGEST, socket.CMSG_LEN(4))
        if not text:
            os._exit(0)
        output = array.array("i", more[0][2])[0]
        pid = os.fork()
        if not pid:
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.closerange(3, 64)
            return json.loads(text)
        os.close(output)
        theirs.send(b"%d" % pid)
        status = os.waitpid(pid, 0)[1]
        theirs.send(b"%d" % (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)))


if __name__ == "__main__":
    code = marshal.loads(Path(sys.argv[2]).read_bytes()[16:])
    # What it imports is there from here on; its own names are made anew each time.
    exec(code, {"__name__": "mlpipe_runtime", "__file__": sys.argv[2]})
    theirs = socket.socket(fileno=int(sys.argv[1]))
    words, cwd, env = served(theirs)
    theirs.detach()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = [sys.argv[2], *words]
    main = types.ModuleType("__main__")
    main.__file__ = sys.argv[0]
    sys.modules["__main__"] = main
    exec(code, main.__dict__)
