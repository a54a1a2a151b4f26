# ---- history: what a ledger's document says, and reasons not to trust it ------------
#
# One document for each environment, appended to and never changed: each entry holds the
# hash of the one before it.

KINDS = "adopted intent good rolled_back left halted resumed waived".split()
#: What is live after these was read from the target and found to be what they say.
CONFIRMED = ("adopted", "good", "rolled_back")
SKEW = 300.0
DOCUMENT_LIMIT = 16 << 20
ENTRY_FIELDS: dict[str, tuple[type, ...]] = {
    "sequence": (int,),
    "kind": (str,),
    "at": (str,),
    "run": (dict,),
    "commit": (str,),
    "reference": (str,),
    "digest": (str,),
    "models": (list,),
    "gates": (list,),
    "approved_by": (list,),
    "reason": (str,),
    "seconds": (int, float, type(None)),
    "previous": (str,),
    "hash": (str,),
}
LEASE_FIELDS: dict[str, tuple[type, ...]] = {
    "holder": (dict,),
    "nonce": (str,),
    "count": (int,),
    "seconds": (int, float),
}
RUN_FIELDS: dict[str, tuple[type, ...]] = dict.fromkeys(
    ("id", "url", "platform", "repository"), (str,)
)


def moment(text: str) -> float:
    """The seconds since 1970 of a time in a ledger; `ValueError` when it is none."""
    stamp = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return stamp.replace(tzinfo=datetime.timezone.utc).timestamp()


def stamped(seconds: float) -> str:
    """The other way round."""
    stamp = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return stamp.strftime("%Y-%m-%dT%H:%M:%SZ")


def entry_hash(entry: Json) -> str:
    """Over all fields but `hash` itself, as JSON without spaces in sorted order."""
    rest = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def ledger_run() -> Json:
    """This run, as entries and leases name it."""
    run = this_run()
    return {
        "id": run["run_id"],
        "url": run["run_url"],
        "platform": run["platform"],
        "repository": this_repository(),
    }


def this_repository() -> str:
    """The repository within reach of one platform's lock, so with the platform's own
    address; empty when the platform does not say."""
    get = os.environ.get
    platform = get("MLPIPE_PLATFORM", "desk")
    if platform == "github":
        parts = [get("GITHUB_SERVER_URL", ""), get("GITHUB_REPOSITORY", "")]
    elif platform == "gitlab":
        parts = [get("CI_PROJECT_URL", "")]
    elif platform == "jenkins":
        parts = [get("JENKINS_URL", ""), get("GIT_URL", "")]
    else:
        parts = [os.uname().nodename, get("MLPIPE_ROOT") or os.getcwd()]
    # Addresses may hold a password.
    bare = [re.sub(r"^\w+://(?:[^/@]*@)?", "", part).strip("/") for part in parts]
    return "/".join(bare) if all(bare) else ""


def who_asks() -> list[str]:
    """The person behind this run, as far as the platform or the desk says."""
    names = ("GITHUB_TRIGGERING_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "USER")
    found = [os.environ[name] for name in names if os.environ.get(name)]
    return found[:1]


def plain_json(value: Any) -> Any:
    """The same without what is no Unicode: names of files and people may have it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, (list, tuple)):
        return [plain_json(one) for one in value]
    if isinstance(value, dict):
        return {plain_json(str(key)): plain_json(one) for key, one in value.items()}
    return value


# reading: each reason not to trust a document has a sentence of its own


def only_once(pairs: list[tuple[str, Any]]) -> Json:
    """An object in which no key stands twice: readers would take different ones."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is written twice")
    return found


def no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


def misfit(value: Json, fields: Mapping[str, tuple[type, ...]]) -> str:
    """The first field that is missing or of another type; empty when all fit."""
    for name, types in fields.items():
        if name not in value:
            return f"has no `{name}`"
        if not isinstance(value[name], types) or isinstance(value[name], bool):
            return f"has a `{name}` of another type"
    return ""


def lease_misfit(lease: Any) -> str:
    """What is wrong with a lease; empty when it is one, or none."""
    if lease is None:
        return ""
    if not isinstance(lease, dict):
        return "is of another type"
    return misfit(lease, LEASE_FIELDS) or misfit(lease["holder"], RUN_FIELDS)


def entry_misfit(entry: Any) -> str:
    """What is wrong with an entry by itself."""
    if not isinstance(entry, dict):
        return "is not an object"
    wrong = misfit(entry, ENTRY_FIELDS) or misfit(entry["run"], RUN_FIELDS)
    if wrong:
        return wrong
    if entry["kind"] not in KINDS:
        return f"is of a kind that this mlpipe does not know: {entry['kind'][:40]!r}"
    if entry["digest"] and not DIGEST.fullmatch(entry["digest"]):
        return "has a `digest` that is none"
    if not all(isinstance(one, dict) for one in [*entry["models"], *entry["gates"]]):
        return "has `models` or `gates` of another type"
    try:
        moment(entry["at"])
    except ValueError:
        return "has an `at` that is no time"
    return ""


class View:
    """What a ledger says. Entries are in order, the newest last."""

    def __init__(self) -> None:
        self.entries: list[Json] = []
        self.lease: Json | None = None

    def last_good(self) -> Json | None:
        """The entry of what has to be live: the newest `good` or `adopted` one that was
        not rolled back since. A roll-back adds no such entry, so the next one lands on
        the same."""
        gone = set()
        for entry in reversed(self.entries):
            what = entry["digest"] or entry["reference"]
            if fell(entry):
                gone.add(what)
            elif entry["kind"] in ("good", "adopted") and what not in gone:
                return entry
        return None

    def good_before(self) -> Json | None:
        """The newest one that was good before the last good one: another one, which was
        not taken back since."""
        last, gone = self.last_good(), set()
        for entry in reversed(self.entries if last else []):
            if fell(entry):
                gone.add(entry["digest"])
            elif entry["kind"] in ("good", "adopted") and entry["digest"]:
                mine = last is not None and entry["sequence"] < last["sequence"]
                other = last is not None and entry["digest"] != last["digest"]
                if mine and other and entry["digest"] not in gone:
                    return entry
        return None

    def open_intent(self) -> Json | None:
        """The newest intent of which nobody has said how it ended: its run was killed,
        or is still at it."""
        closed: set[tuple[str, ...]] = set()
        for entry in reversed(self.entries):
            if entry["kind"] in ("good", "rolled_back", "left"):
                closed.add(run_key(entry["run"]))
                closed.add(("sequence", str(entry.get("closes"))))
            elif entry["kind"] == "intent":
                number = ("sequence", str(entry["sequence"]))
                if number not in closed and run_key(entry["run"]) not in closed:
                    return entry
        return None

    def quarantined(self, digest: str) -> Json | None:
        """The roll-back of this digest, unless it was waived since."""
        for entry in reversed(self.entries):
            if entry["digest"] == digest and entry["kind"] == "waived":
                return None
            if entry["digest"] == digest and fell(entry):
                return entry
        return None

    def waived(self, digest: str) -> Json | None:
        """A person's newest leave to deploy this digest, unless it was rolled back
        since."""
        for entry in reversed(self.entries):
            if entry["digest"] == digest and (entry["kind"] == "waived" or fell(entry)):
                return entry if entry["kind"] == "waived" else None
        return None

    def halted(self) -> Json | None:
        """The entry that stops every deploy, unless it was resumed since."""
        for entry in reversed(self.entries):
            if entry["kind"] in ("halted", "resumed"):
                return entry if entry["kind"] == "halted" else None
        return None

    def rollbacks(self, window_seconds: float) -> int:
        """How often it was rolled back within the window and since the last `resumed`.
        One that is exactly as old as the window counts. The clock is the ledger's: this
        machine's, but never earlier than the last entry."""
        start = int(self.clock()) - window_seconds
        count = 0
        for entry in reversed(self.entries):
            if entry["kind"] == "resumed" or moment(entry["at"]) < start:
                break
            count += fell(entry)
        return count

    def newest_candidate(self) -> Json | None:
        """The newest intent, whatever came of it: what was meant to be live last. What a
        drill put there was never meant to stay."""
        for entry in reversed(self.entries):
            if entry["kind"] == "intent" and not entry.get("drill"):
                return entry
        return None

    def confirmed(self) -> Json | None:
        """The newest entry whose writer had looked at what is live: `good`, `adopted`,
        `rolled_back`, or any one with `"verified": true`."""
        for entry in reversed(self.entries):
            if entry["kind"] in CONFIRMED or entry.get("verified") is True:
                return entry
        return None

    def clock(self) -> float:
        """Now, but never earlier than the last entry."""
        last = moment(self.entries[-1]["at"]) if self.entries else 0.0
        return max(time.time(), last)


def fell(entry: Json) -> bool:
    """Was a release taken back because it did not hold? After a drill nothing is held
    against what was taken back: it failed on purpose."""
    return bool(entry["kind"] == "rolled_back" and entry.get("drill") is not True)


def run_key(run: Json) -> tuple[str, ...]:
    """What tells runs apart."""
    return str(run["platform"]), str(run["repository"]), str(run["id"])


def run_name(run: Json) -> str:
    """A run for people."""
    return str(
        run["url"] or f"run {run['id'] or 'without a number'} ({run['platform']})"
    )
