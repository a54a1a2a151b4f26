# ---- exec: commands, each in a process group of its own with a time limit -----------

GRACE = 10.0
#: Seconds between two beats of whoever waits for a command or an answer.
BEAT = 5.0
holding = False
stopping = False
kept: list[int] = []


def on_signal(number: int, frame: Any) -> None:
    """The first signal ends what runs; further ones change nothing, or they would end
    the ending. One that comes at a bad moment is kept until that is over."""
    kept.append(number)
    if not holding:
        heed()


def hold() -> None:
    """Keeps signals from here to `heed`."""
    global holding
    holding = True


def heed() -> None:
    """Heeds signals again, and the first one that was kept."""
    global holding, stopping
    holding = False
    if kept and not stopping:
        stopping = True
        raise Signalled(kept[0])


def start(words: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
    """Starts a process in a group of its own. Signals are held until the caller is
    ready: one that got between would leave a process running that nobody knows of."""
    keep_identities_fresh()
    hold()
    try:
        return subprocess.Popen(words, start_new_session=True, **how)  # noqa: S603
    except BaseException:
        heed()
        raise


class Deadline:
    """A limit that several commands share. Without a limit nothing ever ends."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        return None if self.end is None else max(0.0, self.end - time.monotonic())


class Done:
    """How a command ended."""

    def __init__(
        self, code: int, output: str = "", timed_out: bool = False, errors: str = ""
    ) -> None:
        #: As a shell would say it: 128 + n after a signal, 124 after a limit.
        self.code = code
        #: What it printed, when that was asked for.
        self.output = output
        self.timed_out = timed_out
        #: What it printed on standard error, when that was asked for.
        self.errors = errors


def group_lives(process: subprocess.Popen[bytes]) -> bool:
    """Is any process of the command's group still there?"""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not only_zombies(process.pid)


def only_zombies(group: int) -> bool:
    """Have all processes of the group ended? In a container without an init nobody
    collects them, and they stay in the group for ever."""
    states = []
    try:
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(
                    f"/proc/{name}/stat", encoding="utf-8", errors="replace"
                ) as f:
                    state, _, its_group = f.read().rpartition(")")[2].split()[:3]
                if its_group == str(group):
                    states.append(state)
    except OSError:
        return False  # not Linux
    return bool(states) and all(state in "ZX" for state in states)


def end_group(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    """The signal, ten seconds, KILL: to the command and all that it started. A signal
    to us that comes meanwhile is heeded afterwards."""
    hold()
    try:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        limit = time.monotonic() + GRACE
        while group_lives(process) and time.monotonic() < limit:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
    finally:
        heed()


def shell(command: str) -> list[str]:
    """A command of the spec: bash with the flags that the docs promise."""
    bash = os.environ.get("MLPIPE_BASH", "bash")
    return [bash, "-Eeuo", "pipefail", "-O", "inherit_errexit", "-c", command]


def talk(
    process: subprocess.Popen[bytes],
    stdin: bytes | None,
    deadline: Deadline,
    beat: Callable[[], None] | None,
) -> tuple[bytes | None, bytes | None]:
    """Waits for a process up to the deadline (`TimeoutExpired`), beating meanwhile."""
    while True:
        left = deadline.left()
        short = BEAT if left is None else min(BEAT, left)
        try:
            output: tuple[bytes | None, bytes | None] = process.communicate(
                stdin, timeout=short if beat else left
            )
            return output
        except subprocess.TimeoutExpired:
            if beat is None or deadline.left() == 0:
                raise
        stdin = None  # what was begun to be written is written on
        try:
            beat()
        except BaseException:
            end_group(process)
            raise


def run(
    command: str | Sequence[str],
    deadline: Deadline | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    capture: bool = False,
    stdin: bytes | None = None,
    hear: bool = False,
    beat: Callable[[], None] | None = None,
    quiet: bool = False,
) -> Done:
    """Runs a command of the spec (a string) or a program with its arguments (a list).

    Its output goes straight to the log; with `capture` what it prints on standard
    output is returned instead (standard error still goes to the log; with `hear` too
    that is returned as well). `env` is added to the environment. After the limit: TERM,
    ten seconds, KILL, exit status 124, and unless `quiet` an error that says so. `beat`
    is called every few seconds while it runs; what it raises ends the command.
    """
    words = shell(command) if isinstance(command, str) else list(command)
    deadline = deadline or Deadline(None)
    sys.stdout.flush()
    try:
        process = start(
            words,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.PIPE if capture and hear else None,
        )
    except OSError as error:
        raise Stop(f"`{words[0]}` cannot be started: {error.strerror}") from None
    try:
        heed()
        try:
            output, errors = talk(process, stdin, deadline, beat)
        except subprocess.TimeoutExpired:
            end_group(process)
            what = command if isinstance(command, str) else words[0]
            limit = span(deadline.seconds or 0)
            if not quiet:
                complain(f"`{what}` did not end within {limit} and was stopped")
            return Done(124, timed_out=True)
        if group_lives(process):
            say("mlpipe: the command left processes behind; they are stopped")
            end_group(process)
    except Signalled as signalled:
        end_group(process, signalled.number)
        raise
    code = process.returncode
    text = (output or b"").decode("utf-8", "replace")
    heard = (errors or b"").decode("utf-8", "replace")
    return Done(128 - code if code < 0 else code, text, errors=heard)


@plain("exec")
def exec_verb(words: list[str]) -> int:
    """`exec SECONDS COMMAND`: a command of the spec under a time limit."""
    return run(words[1], Deadline(float(words[0]))).code


def workdir() -> str:
    """The folder in which the commands of the spec run."""
    return os.environ.get("MLPIPE_WORKDIR") or "."
