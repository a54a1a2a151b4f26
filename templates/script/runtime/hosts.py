# ---- hosts: docker or docker compose on hosts, one after another --------------------
#
# On each host the engine does the work: it pulls by digest, starts, and says whether what
# it started is healthy. What was begun there goes on when the connection is lost, so a
# roll-out holds a lock on the host until it has ended, and the next one waits for it.

HOSTS_ONCE = {"ssh": 3, "ssh-compose": 2, "ssh-docker": 1}
HOSTS_MANY = {"ssh-host": 1, "ssh-run": 1}
#: Lock, seconds, reference; what else it needs follows.
HOST_BEGIN = """\
for tool in docker flock timeout; do
  command -v "$tool" >/dev/null || {
    echo "mlpipe: error: there is no $tool on this host's PATH" >&2; return 69
  }
done
(umask 077; mkdir -p "$HOME/.mlpipe" && : >>"$HOME/.mlpipe/$1.lock") || return
exec 9>"$HOME/.mlpipe/$1.lock" || return
flock -w "$2" 9 || {
  echo "mlpipe: error: another roll-out on this host does not end" >&2; return 75
}
end=$(($(date +%s) + $2))
reference=$3
limited() {
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || return 124
  timeout -k 10 "$left" "$@"
}
docker image inspect "$reference" >/dev/null 2>&1 ||
  limited docker pull --quiet "$reference" || return
shift 3
"""

#: Folder, file, service, override: only the image of the one service is another.
HOST_COMPOSE = (
    HOST_BEGIN
    + """\
cd "$1" || return
left=$((end - $(date +%s)))
[ "$left" -gt 0 ] || return 124
printf '%s' "$4" | limited docker compose -f "./$2" -f - up --detach --no-deps \\
  --no-build --wait --wait-timeout "$left" "$3"
"""
)

#: Name, then the options of `docker run`.
HOST_DOCKER = (
    HOST_BEGIN
    + """\
name=$1
shift
have=$(docker container inspect --format '{{.Config.Image}} {{.State.Running}} {{if \
.State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}' "$name" 2>/dev/null)
if [ "$have" != "$reference true healthy" ]; then
  if docker container inspect "$name" >/dev/null 2>&1; then
    limited docker stop "$name" >/dev/null && docker rm "$name" >/dev/null || return
  fi
  limited docker run --detach --name "$name" --restart unless-stopped "$@" \
"$reference" >/dev/null || return
fi
quiet=0
while :; do
  state=$(docker container inspect --format '{{.State.Status}} {{if \
.State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' "$name") || return
  case $state in
    'running healthy') return 0 ;;
    'running none') quiet=$((quiet + 1)); [ "$quiet" -lt 4 ] || return 0 ;;
    'running starting' | created*) ;;
    *) echo "mlpipe: error: the container $name is $state" >&2; return 1 ;;
  esac
  [ "$(date +%s)" -lt "$end" ] || {
    echo "mlpipe: error: the container $name is still $state" >&2; return 124
  }
  sleep 1
done
"""
)

#: What both ways of asking end with: containers and their images, as JSON.
HOST_INSPECT = """
echo --mlpipe--
[ -n "$ids" ] || { echo '[] []'; return 0; }
docker container inspect $ids || return
docker image inspect $(docker container inspect --format '{{.Image}}' $ids) ||
  echo '[]'"""
HOST_ASK_COMPOSE = (
    """\
cd "$1" || return
ids=$(docker compose -f "./$2" ps --all --quiet "$3") || return"""
    + HOST_INSPECT
)
HOST_ASK_DOCKER = (
    """\
ids=$(docker ps --all --quiet --no-trunc --filter "name=^/$1\\$") || return"""
    + HOST_INSPECT
)


class Hosts(Target):
    """The same service on one host or more, rolled out on one after another."""

    #: A program may go on there after its connection was lost.
    partial = True

    def __init__(self, options: Options) -> None:
        key, known, seconds = options.words("ssh")
        self.seconds = int(seconds)
        self.machines = [Machine(p, key, known) for p in options.each("ssh-host")]
        self.compose = options.words("ssh-compose")
        self.container = options.one("ssh-docker")
        self.options = options.each("ssh-run")

    def live(self, deadline: Deadline) -> Live:
        found = [(machine, self.serves(machine, deadline)) for machine in self.machines]
        whats = sorted({live.what for _, live in found})
        ready = len(whats) == 1 and all(live.ready for _, live in found)
        parts = tuple(what for what in whats if what)
        if len(parts) < 2:
            return Live("".join(parts), ready)
        each = [f"{live.what or 'nothing'} on {host.place}" for host, live in found]
        return Live(", ".join(each), False, parts=parts)

    def serves(self, machine: Machine, deadline: Deadline) -> Live:
        """What one host serves; tried again where the connection was not made."""
        for attempt in (1, 2, 3):
            try:
                return self.ask(machine, shorter(deadline, COMMAND_LIMIT))
            except Unclear as fault:
                if attempt == 3 or deadline.left() == 0:
                    raise Stop(fault.sentence, fault.help) from None
            time.sleep(attempt)
        raise AssertionError("not reached")

    def ask(self, machine: Machine, deadline: Deadline) -> Live:
        if self.compose:
            done = machine.run(HOST_ASK_COMPOSE, self.where(), deadline)
        else:
            done = machine.run(HOST_ASK_DOCKER, [self.container], deadline)
        if done.code and "No such container" in done.errors:
            # A roll-out goes on there, and took it away between two questions.
            raise Unclear(f"{machine.place}: what serves is just being replaced")
        if done.code:
            raise machine.fault(done, "docker does not say what serves")
        text, read = machine.heard(done).strip(), json.JSONDecoder()
        try:
            containers, end = read.raw_decode(text)
            images = read.raw_decode(text[end:].lstrip())[0]
            return served(containers, images, self.container)
        except (ValueError, TypeError, AttributeError):
            raise Stop(
                f"what docker says on {machine.place} is not what it should be"
            ) from None

    def where(self) -> list[str]:
        """Folder, file and service. What is not absolute is below the home."""
        path, service = self.compose
        folder, _, name = path.rpartition("/")
        if not path.startswith("/"):
            folder = "./" + folder
        return [folder or "/", name, service]

    def put(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        for machine in self.machines:
            code = self.roll_out(machine, reference, deadline)
            if code:
                return code
        return 0

    def back(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        """On every host, also after one that fails. Where it serves already, the engine
        finds nothing to do."""
        codes = []
        for machine in self.machines:
            try:
                codes.append(self.roll_out(machine, reference, deadline))
            except Stop as stop:
                complain(stop.sentence, stop.help)
                codes.append(stop.code)
        return next((code for code in codes if code), 0)

    def roll_out(self, machine: Machine, reference: str, deadline: Deadline) -> int:
        left = deadline.left()
        seconds = self.seconds if left is None else int(min(self.seconds, left))
        key = " ".join([*self.compose, self.container])
        lock = hashlib.sha256(key.encode()).hexdigest()[:16]
        words = [lock, str(max(1, seconds)), reference]
        if self.compose:
            body, override = HOST_COMPOSE, {"image": reference}
            services = {"services": {self.compose[1]: override}}
            words += [*self.where(), json.dumps(services)]
        else:
            body = HOST_DOCKER
            words += [self.container, *self.options]
        say(f"mlpipe: {machine.place} gets {reference}")
        # An earlier one may have to end first.
        limit = shorter(deadline, 2 * self.seconds + 30)
        code = machine.run(body, words, limit, capture=False).code
        if code:
            why = "the connection was lost" if code == 255 else f"exit {code}"
            complain(f"the roll-out on {machine.place} failed: {why}")
        return code

    def by_hand(self, reference: str) -> str:
        places = ", ".join(machine.place for machine in self.machines)
        if self.compose:
            path, service = self.compose
            return f"on {places}, give `{service}` of {path} the image {reference}"
        return f"on {places}, let the container {self.container} run {reference}"


def served(containers: Sequence[Json], images: Sequence[Json], name: str) -> Live:
    """What the containers of one service run. With a name, of that one alone: docker's
    filter takes a pattern, in which a dot is any sign."""
    by_id = {str(image.get("Id")): image for image in images}
    whats, ready = set(), True
    for container in containers:
        labels = field(container, "Config.Labels") or {}
        if labels.get("com.docker.compose.oneoff") == "True":
            continue  # `docker compose run`, which serves nobody
        if name and container.get("Name") != "/" + name:
            continue
        whats.add(image_name(container, by_id))
        state = container.get("State") or {}
        health = (state.get("Health") or {}).get("Status", "healthy")
        fine = state.get("Running") and not state.get("Restarting")
        ready = ready and bool(fine) and health == "healthy"
    return Live(" and ".join(sorted(whats)), ready and len(whats) == 1)


def image_name(container: Json, by_id: Mapping[str, Json]) -> str:
    """The image by digest, where it has one: what was started by a tag before the first
    deploy could be another image by the time it is put back."""
    name = str(field(container, "Config.Image") or "")
    if "@sha256:" in name:
        return name
    image = by_id.get(str(container.get("Image"))) or {}
    digests = sorted(map(str, image.get("RepoDigests") or []))
    head, _, last = name.rpartition("/")
    repository = "/".join(part for part in (head, last.partition(":")[0]) if part)
    same = [d for d in digests if d.partition("@")[0] == repository]
    return next(iter([*same, *digests]), name)
