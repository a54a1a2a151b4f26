# ---- ssh: a host that OpenSSH's own client reaches -----------------------------------
#
# What is done on a host is a program of POSIX sh on its standard input, in which every
# value is quoted for sh. The one word that the login shell sees is always `sh -s`.

#: Nothing of the machine's own configuration; no host that is not known; no questions.
SSH_SETTINGS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "PreferredAuthentications=publickey",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ControlMaster=no",
    "ControlPath=none",
    "PermitLocalCommand=no",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "LogLevel=ERROR",
)
#: What a host's own programs say comes after it, whatever a login shell printed before.
SSH_MARK = "--mlpipe--"
ssh_told: set[str] = set()


def ssh_file(name: str) -> str:
    """A secret that is a file's content or its path, with line ends as ssh wants them.
    A secret pasted on Windows has others, and a form drops the last one."""
    value = os.environ.get(name, "")
    if not value.strip():
        raise Stop(
            f"{name} is empty, so there is no way to the host",
            "an unset secret reaches a job as an empty text",
        )
    if "\n" not in value.strip() and os.path.isfile(value.strip()):
        with open(value.strip(), encoding="utf-8", errors="replace") as file:
            value = file.read()
    if "\r" in value and name not in ssh_told:
        ssh_told.add(name)
        say(f"mlpipe: {name} has line ends of Windows; it is read without them")
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() + "\n"


def private_key(name: str) -> str:
    """The key, or why ssh would not take it: its own words are hard to understand."""
    text = ssh_file(name)
    lines = text.splitlines()
    if not lines[0].startswith("-----BEGIN ") or "PRIVATE KEY-----" not in lines[0]:
        raise Stop(
            f"{name} is neither a private key nor the path of one",
            "store the file that `ssh-keygen` wrote as it is: not the .pub file, not "
            "PuTTY's .ppk, not encoded",
        )
    if len(lines) < 3:
        raise Stop(
            f"{name} is a private key without its line ends",
            "store it again with all its lines",
        )
    inner = "".join(line for line in lines[1:] if not line.startswith("-----"))
    with contextlib.suppress(ValueError):
        blob = base64.b64decode(inner, validate=True)
        cipher = blob[19 : 19 + int.from_bytes(blob[15:19], "big")]
        if blob.startswith(b"openssh-key-v1\0") and cipher != b"none":
            inner = "ENCRYPTED"
    if "ENCRYPTED" in lines[0] + inner:
        raise Stop(
            f"{name} is protected with a passphrase, which nobody types here",
            "make a key for the pipeline alone: `ssh-keygen -t ed25519 -N ''`",
        )
    return text


def ssh_program(body: str, words: Sequence[str]) -> bytes:
    """A function with its words, as a program. It is read to its end before it begins,
    and nothing in it can read the rest of the program as its own input."""
    call = " ".join(["mlpipe", *map(shlex.quote, words)])
    return f"mlpipe() {{\n{body}\n}}\n{call} </dev/null\nexit $?\n".encode()


class Machine:
    """One host and who logs in there: `USER@HOST` or `USER@HOST:PORT`."""

    def __init__(self, place: str, key: str, known: str) -> None:
        self.place = place
        self.key, self.known = key, known
        self.user, _, rest = place.rpartition("@")
        if rest.startswith("["):
            self.host, _, port = rest[1:].partition("]")
            port = port[1:]
        else:
            self.host, _, port = rest.partition(":")
        self.port = port or "22"

    @contextlib.contextmanager
    def opened(self) -> Iterator[list[str]]:
        """The words of a call of ssh. The key is in a file of its own while it runs."""
        texts = {"key": private_key(self.key), "known": ssh_file(self.known)}
        with tempfile.TemporaryDirectory(prefix="mlpipe-") as folder:  # mode 0700
            names = {}
            for name, text in texts.items():
                path = os.path.join(folder, name)
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                names[name] = path.replace("%", "%%")
            words = ["ssh", "-F", "/dev/null", "-T", "-i", names["key"]]
            for setting in (*SSH_SETTINGS, f'UserKnownHostsFile="{names["known"]}"'):
                words += ["-o", setting]
            yield [*words, "-p", self.port, "-l", self.user, "--", self.host, "sh -s"]

    def run(
        self, body: str, words: Sequence[str], deadline: Deadline, capture: bool = True
    ) -> Done:
        """Runs a program there."""
        program = ssh_program(body, words)
        env = {"LC_ALL": "C"}
        with self.opened() as line:
            return run(line, deadline, env, capture=capture, hear=True, stdin=program)

    def fault(self, done: Done, what: str) -> Exception:
        """What an error means. `Unclear` where another try may help."""
        heard = " ".join(done.errors.split())[-400:]
        if done.timed_out:
            return Unclear(f"{self.place} did not answer in time: {what}")
        if done.code != 255:
            return Stop(f"{self.place}: {what}: {heard or f'exit {done.code}'}")
        keys = f"`ssh-keyscan -p {self.port} {self.host}`"
        if "HOST IDENTIFICATION HAS CHANGED" in done.errors:
            return Stop(
                f"{self.place} answers with another key than {self.known} has for it",
                "if the host was made anew, compare its new key on the host itself, "
                f"then store what {keys} prints; else somebody is in between",
            )
        if "Host key verification failed" in done.errors:
            return Stop(
                f"{self.known} has no key of {self.place}: {heard}",
                f"store what {keys} prints, after comparing it on the host itself",
            )
        if "Permission denied" in done.errors:
            return Stop(
                f"{self.place} does not let {self.key} in: {heard}",
                f"the key's public half belongs into ~/.ssh/authorized_keys of "
                f"{self.user}",
            )
        return Unclear(f"{self.place} cannot be reached: {heard or 'no answer'}")

    def heard(self, done: Done) -> str:
        """What the program printed after the mark."""
        _, mark, text = done.output.partition(SSH_MARK + "\n")
        if not mark:
            raise Unclear(f"{self.place} gave no answer that could be read")
        return text


# a folder on a host

HOST_LOOK = """\
LC_ALL=C; export LC_ALL
cd || return 70
if [ ! -d "$1" ]; then echo --mlpipe--; echo 0 0; return 0; fi
cd "$1" || return 70
newest=
for file in ledger.[0-9][0-9][0-9][0-9][0-9][0-9]*.json; do
  [ ! -f "$file" ] || newest=$file
done
if [ -z "$newest" ]; then
  [ ! -e ledger.json ] || return 71
  echo --mlpipe--; echo 0 0; return 0
fi
number=${newest#ledger.}; number=${number%.json}
size=$(wc -c <"$newest") || return 72
echo --mlpipe--; echo "$number" $size; cat "$newest" || return 72
[ ! -f deploy_state.json ] || cat deploy_state.json"""

#: Folder, number, the same in six digits, how many to keep, nonce, ledger and its size,
#: state and its size.
HOST_SWAP = """\
LC_ALL=C; export LC_ALL
umask 077
cd && mkdir -p "$1" && cd "$1" || return 70
put() {
  printf '%s' "$2" >".mlpipe-$5" || return
  [ "$(wc -c <".mlpipe-$5")" -eq "$3" ] || return
  sync ".mlpipe-$5" 2>/dev/null || sync
}
last() {
  newest=
  for file in ledger.[0-9][0-9][0-9][0-9][0-9][0-9]*.json; do
    [ ! -f "$file" ] || newest=$file
  done
  newest=${newest#ledger.}; newest=$(expr "${newest%.json}" + 0)
}
put '' "$6" "$7" '' "$5" || { rm -f ".mlpipe-$5"; return 70; }
if ! ln ".mlpipe-$5" "ledger.$3.json" 2>/dev/null; then
  rm -f ".mlpipe-$5"
  [ ! -e "ledger.$3.json" ] || return 73
  return 74
fi
rm -f ".mlpipe-$5"
last
[ "$newest" -lt $(($2 + $4 - 1)) ] || return 73
if [ "$newest" -eq "$2" ]; then
  put '' "$6" "$7" '' "$5" && mv -f ".mlpipe-$5" ledger.json
  if [ -n "$8" ]; then
    put '' "$8" "$9" '' "$5" && mv -f ".mlpipe-$5" deploy_state.json
  fi
fi
for file in ledger.[0-9][0-9][0-9][0-9][0-9][0-9]*.json; do
  number=${file#ledger.}
  [ "$(expr "${number%.json}" + 0)" -gt $((newest - $4)) ] || rm -f "$file"
done
find . -name '.mlpipe-*' -mtime +1 -exec rm -f {} +
return 0"""


class HostStore(Store):
    """A folder in the home of who logs in on the host, with the files of `PathStore`:
    a version is made by a hard link, which fails when the name is there."""

    def __init__(self, options: Options, environment: str, deadline: Deadline) -> None:
        key, known, place = options.words("ledger-ssh")
        folder = options.words("ledger")[1]
        super().__init__(environment, f"{folder} on {place}", deadline)
        self.machine = Machine(place, key, known)
        self.folder = f"{folder}/{environment}"

    def look(self) -> tuple[dict[str, bytes] | None, str]:
        done = self.machine.run(HOST_LOOK, [self.folder], self.limit())
        if done.code == 71:
            raise Stop(
                f"{self.place} has a copy of a ledger but none of its numbered files",
                "put back the newest ledger.NNNNNN.json, which is the ledger itself",
            )
        if done.code == 72:
            raise Unclear(f"the ledger in {self.place} changed while it was read")
        if done.code:
            raise self.machine.fault(done, "the ledger cannot be read")
        head, _, text = self.machine.heard(done).partition("\n")
        found = re.fullmatch(r"(\d+) (\d+)", head)
        if not found:
            raise Unclear(f"the ledger in {self.place} cannot be read")
        if int(found[1]) == 0:
            return None, ""
        data, size = text.encode(), int(found[2])
        files = {LEDGER: data[:size]}
        if data[size:]:
            files[DEPLOY_STATE] = data[size:]
        return files, str(int(found[1]))

    def swap(self, files: Mapping[str, bytes], version: str) -> None:
        number = int(version or "0") + 1
        data, state = files[LEDGER], files.get(DEPLOY_STATE, b"")
        words = [self.folder, str(number), f"{number:06}", str(KEEP_NUMBERS)]
        words += [os.urandom(8).hex(), data.decode(), str(len(data))]
        words += [state.decode(), str(len(state))]
        done = self.machine.run(HOST_SWAP, words, self.limit())
        if done.code == 73:
            raise Lost
        if done.code == 74:
            raise Stop(
                f"the home on {self.machine.place} is on a file system without hard "
                "links",
                "a ledger there needs them; say another place with `state`",
            )
        if done.code:
            raise self.machine.fault(done, "the ledger cannot be written")
