# ---- store: where a ledger lies, with a write that fails when another came first ----
#
# Each store has one atomic step of its own that fails when the version has moved on:
# link() on a folder, a push with a lease, resourceVersion, If-Match. Nothing here locks,
# so nothing is left locked when a process is killed.

LEDGER = "ledger.json"
DEPLOY_STATE = "deploy_state.json"
NUMBERED = re.compile(r"ledger\.(\d{6,})\.json")
KEEP_NUMBERS = 20
COMMAND_LIMIT = 60.0
PLACE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Lost(Exception):
    """Somebody else has written since the version that this write builds on."""


class Unclear(Exception):
    """The store gave no answer that says whether something was done."""

    def __init__(self, sentence: str, help: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.help = help


class Store:
    """The files of one environment. A version is whatever the store compares."""

    def __init__(self, environment: str, place: str, deadline: Deadline) -> None:
        if not PLACE_NAME.fullmatch(environment):
            raise Stop(f"`{environment}` cannot name a place in a store of ledgers")
        self.environment = environment
        #: How messages name it.
        self.place = place
        self.deadline = deadline

    def look(self) -> tuple[dict[str, bytes] | None, str]:
        """One try of `read`."""
        raise NotImplementedError

    def swap(self, files: Mapping[str, bytes], version: str) -> None:
        """One try of `write`."""
        raise NotImplementedError

    def limit(self) -> Deadline:
        """The time of one command."""
        return shorter(self.deadline, COMMAND_LIMIT)

    def read(self) -> tuple[dict[str, bytes] | None, str]:
        """All files and the version that they are of; no files when there is no ledger
        yet. `Stop` when the store does not answer."""
        for attempt in (1, 2, 3):
            try:
                return self.look()
            except Unclear as fault:
                if attempt == 3 or self.deadline.left() == 0:
                    raise Stop(fault.sentence, fault.help) from None
            time.sleep(attempt)
        raise AssertionError("not reached")

    def write(self, files: dict[str, bytes], version: str) -> None:
        """Puts the files there if the version is still this one (`` for none yet), else
        `Lost`. Files that are not named stay. `Stop` when it could not be written."""
        for attempt in (1, 2, 3):
            try:
                return self.swap(files, version)
            except Lost:
                # A tool that tries again by itself loses against its own first try.
                if self.settled(files, "") is True:
                    return None
                raise
            except Unclear as fault:
                done = self.settled(files, version)
                if done is not None:
                    if done:
                        return None
                    raise Lost from None
                # What is there is still the old version, so it may be tried again: were
                # the first try to arrive late, one of the two fails.
                if attempt == 3 or self.deadline.left() == 0:
                    raise Stop(fault.sentence, fault.help) from None
            time.sleep(attempt)
        raise AssertionError("not reached")

    def settled(self, files: Mapping[str, bytes], version: str) -> bool | None:
        """Reads back after a write of which nobody knows whether it was done: yes, no
        because another came first, or nothing when all is as before. It has time of its
        own, because not to know is worse than to be late."""
        before, left = self.deadline, self.deadline.left()
        if left is not None and left < 30:
            self.deadline = Deadline(30)
        try:
            found, at = self.read()
        finally:
            self.deadline = before
        if found is not None and found.get(LEDGER) == files[LEDGER]:
            return True
        return None if at == version else False


def whole_file(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


# a folder that all runners share


class PathStore(Store):
    """`ENV/ledger.000042.json`, one file for each version, the highest is current.

    A version is made by a hard link, which fails when the name is there: atomic on NFS
    too. `ENV/ledger.json` and `ENV/deploy_state.json` are copies for people."""

    def __init__(self, folder: str, environment: str, deadline: Deadline) -> None:
        super().__init__(environment, folder, deadline)
        self.root = folder
        self.folder = os.path.join(folder, environment)

    def path(self, number: int) -> str:
        return os.path.join(self.folder, f"ledger.{number:06}.json")

    def numbers(self) -> list[int]:
        """All versions that are there, in order."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        found = sorted(int(m[1]) for m in map(NUMBERED.fullmatch, names) if m)
        # A listing of a shared folder may be some seconds old; a name asked for is not.
        while found and os.path.exists(self.path(found[-1] + 1)):
            found.append(found[-1] + 1)
        return found

    def look(self) -> tuple[dict[str, bytes] | None, str]:
        if not os.path.isdir(self.root):
            raise Stop(
                f"there is no folder {self.root} for the ledger",
                "make it once, or mount it: an empty folder in its place would look "
                "like a first deploy",
            )
        try:
            for _ in range(20):
                numbers = self.numbers()
                if not numbers:
                    self.check_copy()
                    return None, ""
                files = {}
                with contextlib.suppress(FileNotFoundError):
                    files[LEDGER] = whole_file(self.path(numbers[-1]))
                    with contextlib.suppress(FileNotFoundError):
                        path = os.path.join(self.folder, DEPLOY_STATE)
                        files[DEPLOY_STATE] = whole_file(path)
                    return files, str(numbers[-1])
        except OSError as error:
            raise Stop(
                f"the ledger in {self.folder} cannot be read: {error.strerror}"
            ) from None
        raise Unclear(f"the ledger in {self.folder} changes faster than it can be read")

    def check_copy(self) -> None:
        """There is no version; then there must not be a copy of one either."""
        if os.path.exists(os.path.join(self.folder, LEDGER)):
            raise Stop(
                f"{self.folder} has a copy of a ledger but none of its numbered files",
                "put back the newest ledger.NNNNNN.json, which is the ledger itself",
            )

    def swap(self, files: Mapping[str, bytes], version: str) -> None:
        number = int(version or "0") + 1
        try:
            os.makedirs(self.folder, exist_ok=True)
            temporary = self.temporary(files[LEDGER])
        except OSError as error:
            raise Stop(
                f"the ledger in {self.folder} cannot be written: {error.strerror}",
                "nothing of it was changed",
            ) from None
        try:
            self.link(temporary, number)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        self.keep(files, number)

    def temporary(self, data: bytes) -> str:
        """A new file that is on the disk before it gets its name."""
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".mlpipe-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)  # noqa: S103 - other users' runners read it
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        return name

    def link(self, temporary: str, number: int) -> None:
        """The one step that counts."""
        try:
            os.link(temporary, self.path(number))
        except FileExistsError:
            # Over NFS the answer to the first try may be lost and the second one fail.
            if os.stat(temporary).st_nlink != 2:
                raise Lost from None
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
                raise Stop(
                    f"{self.folder} is on a file system without hard links",
                    "a ledger in a folder needs them; git, configmap and s3 do not",
                ) from None
            raise Unclear(
                f"the ledger in {self.folder} cannot be written: {error.strerror}"
            ) from None

    def keep(self, files: Mapping[str, bytes], number: int) -> None:
        """After the link: copies for people, and old versions go. A fault here changes
        nothing about what the ledger says."""
        try:
            newest = self.numbers()[-1]
            if newest >= number + KEEP_NUMBERS - 1:
                # While this write slept its number was used and tidied away again.
                raise Lost
            handle = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            if newest == number:
                for name, data in files.items():
                    copy = self.temporary(data)
                    os.replace(copy, os.path.join(self.folder, name))
            self.tidy(newest)
        except OSError as error:
            complain(
                f"the copies in {self.folder} are not up to date: {error.strerror}",
                level="warning",
            )

    def tidy(self, newest: int) -> None:
        """Removes versions that are too old, and what a killed process left."""
        for number in self.numbers():
            if number <= newest - KEEP_NUMBERS:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path(number))
        for name in os.listdir(self.folder):
            if name.startswith(".mlpipe-"):
                path = os.path.join(self.folder, name)
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - os.stat(path).st_mtime > 86400:
                        os.unlink(path)
