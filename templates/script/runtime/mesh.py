# ---- mesh: the routes of an Istio VirtualService lead to a release beside ------------
#
# For the length of a canary each of its http routes that leads to the live Service
# leads to the copy's as well, with weights (https://istio.io, "Traffic Shifting"). How
# it was is kept in an annotation of its own, so that a killed run can be undone.

VIRTUAL_SERVICE = "virtualservices.networking.istio.io"
#: Seconds until the proxies have heard that nothing leads to the copy any more: a
#: Service that goes before its route costs requests (https://istio.io, "Traffic
#: Management Best Practices").
SETTLE = 3.0


def host_of(leads: Json) -> str:
    """The host of one destination of a route."""
    return str(field(leads, "destination.host") or "")


def place_of(leads: Json) -> str:
    """A destination of a route, for people."""
    subset = field(leads, "destination.subset")
    return host_of(leads) + (f" (subset {subset})" if subset else "")


def beside_host(host: str) -> str:
    """The copy's Service, called as far as the live one is."""
    name, dot, rest = host.partition(".")
    return beside_name(name) + dot + rest


def without(route: Sequence[Json], before: Json) -> list[Json]:
    """Where a route led before a canary, when `before` has the weight of each host."""
    live = {beside_host(host): host for host in before}
    left: list[Json] = [dict(one) for one in route if host_of(one) not in live]
    copies = [one for one in route if host_of(one) in live]
    if copies and not left:  # by somebody's hand it leads to the copy alone
        left = [json.loads(json.dumps(copies[0]))]
        left[0]["destination"]["host"] = live[host_of(copies[0])]
    for copy in copies:
        for one in left:
            weight = before.get(host_of(one))
            if host_of(one) != live[host_of(copy)]:
                continue
            if len(left) > 1:  # somebody's own: weights are a hundred in sum
                one["weight"] = one.get("weight", 0) + copy.get("weight", 0)
            elif weight is None:
                one.pop("weight", None)
            else:
                one["weight"] = weight
    return left


def put_routes(found: Json, routes: Sequence[tuple[int, list[Json]]]) -> list[Json]:
    """The changes of a JSON patch after which its rules lead there."""
    return [
        {"op": "replace", "path": f"/spec/http/{number}/route", "value": route}
        for number, route in routes
        if route != found["spec"]["http"][number]["route"]
    ]


class Istio(Splitter):
    """A VirtualService in the Deployment's namespace."""

    kind = "VirtualService"

    def check(self, deadline: Deadline) -> None:
        self.in_front(
            self.target.ask(["deployment", self.target.name], deadline), deadline
        )

    def in_front(self, live: Json, deadline: Deadline) -> tuple[list[Json], list[Json]]:
        found = self.read(deadline)
        labels = field(live, "spec.template.metadata.labels") or {}
        services: dict[str, Json] = {}
        for _, route in self.routes(found):
            for name in [self.service(host_of(one)) for one in route]:
                if name and name not in services:
                    services[name] = self.target.ask(["service", name], deadline)
        chosen = {
            name: one
            for name, one in services.items()
            if chooses(field(one, "spec.selector"), labels)
        }
        if not chosen:
            raise Stop(
                f"no http route of the VirtualService {self.name} leads to a Service "
                f"whose pods are those of the Deployment {self.target.name}",
                'name the one that users come in by: `traffic istio "NAME"`',
            )
        self.splittable(found, list(chosen))
        return list(chosen.values()), []

    def routes(self, found: Json) -> list[tuple[int, list[Json]]]:
        """Where its http rules lead outside a canary, each with the rule's number."""
        rules, before = field(found, "spec.http") or [], self.before(found)
        return [
            (number, without(rule["route"], before))
            for number, rule in enumerate(rules)
            if rule.get("route")
        ]

    def splittable(
        self, found: Json, names: Sequence[str]
    ) -> list[tuple[int, list[Json]]]:
        """The routes that lead to these Services; each leads nowhere else, and to the
        whole Service."""
        ours = []
        for number, route in self.routes(found):
            place = f"spec.http[{number}] of the VirtualService {self.name}"
            hosts = [host_of(one) for one in route]
            for host in hosts:
                if any(self.service(host) == beside_name(name) for name in names):
                    raise Stop(
                        f"{place} leads to {host} already, as the copy is called that "
                        "runs for the length of a canary",
                        "give that Service another name",
                    )
            if not any(self.service(host) in names for host in hosts):
                continue
            if len(route) > 1:
                raise Stop(
                    f"{place} splits its traffic already, between "
                    f"{', '.join(map(place_of, route))}: which part of it is the "
                    "canary's nobody can say",
                    "let the route lead to the one Service alone",
                )
            if field(route[0], "destination.subset"):
                raise Stop(
                    f"{place} leads to {place_of(route[0])}, and the pods of a canary "
                    "are in no subset",
                    "let the route lead to the whole Service, without `subset`",
                )
            ours.append((number, route))
        return ours

    def read(self, deadline: Deadline) -> Json:
        return self.target.ask([VIRTUAL_SERVICE, self.name], deadline)

    def service(self, host: str) -> str:
        """The Service of this namespace that a host is; empty for any other. A short
        name is one; a name with dots is whole, or none."""
        name, _, rest = host.partition(".")
        here = self.target.namespace + ".svc"
        return name if not rest or rest == here or rest.startswith(here + ".") else ""

    def mark(self) -> str:
        """The annotation that keeps how it was."""
        return "mlpipe/" + beside_name(self.target.name)

    def before(self, found: Json) -> Json:
        """The weight that each host had before this Deployment's canary began; empty
        outside of one."""
        kept = (field(found, "metadata.annotations") or {}).get(self.mark())
        try:
            before = json.loads(kept or "{}")
        except ValueError:
            before = None
        if not isinstance(before, dict):
            raise Stop(
                f"the annotation {self.mark()} of the VirtualService {self.name} is "
                f"not what mlpipe wrote: {kept!r}",
                "lead the routes to the live Service alone and remove the annotation",
            )
        return before

    def shift(self, weight: str, deadline: Deadline) -> int:
        share = decimal.Decimal(weight)
        if share != int(share):
            raise Stop(f"Istio gives whole percents to a route, not {weight}%")
        live = self.target.ask(["deployment", self.target.name], deadline)
        services, _ = self.in_front(live, deadline)
        names = [str(field(one, "metadata.name")) for one in services]

        def changes(found: Json) -> list[Json]:
            return self.split(found, names, int(share))

        return self.change(changes, deadline)

    def split(self, found: Json, names: Sequence[str], share: int) -> list[Json]:
        """The changes after which the copy has this share of each route."""
        kept, routes = dict(self.before(found)), []
        for number, route in self.splittable(found, names):
            live, host = route[0], host_of(route[0])
            kept.setdefault(host, live.get("weight"))
            copy = json.loads(json.dumps(live))
            copy["destination"]["host"] = beside_host(host)
            shares = [{**live, "weight": 100 - share}, {**copy, "weight": share}]
            routes.append((number, shares))
        return [*self.keep(found, kept), *put_routes(found, routes)]

    def unsplit(self, found: Json) -> list[Json]:
        """The changes after which it is as it was before the canary."""
        return [*self.keep(found, {}), *put_routes(found, self.routes(found))]

    def keep(self, found: Json, before: Json) -> list[Json]:
        """The change of the annotation."""
        notes = dict(field(found, "metadata.annotations") or {})
        had = notes.pop(self.mark(), None)
        text = json.dumps(before, sort_keys=True) if before else None
        if text == had:
            return []
        if text is not None:
            notes[self.mark()] = text
        path = "/metadata/annotations"
        return [
            {"op": "add", "path": path, "value": notes}
            if notes
            else {"op": "remove", "path": path}
        ]

    def change(self, changes: Callable[[Json], list[Json]], deadline: Deadline) -> int:
        """Reads it and changes it in one write, which is refused when somebody else has
        written meanwhile; then what they wrote is read, and judged anew."""
        code = 0
        for _ in range(3):
            found = self.read(deadline)
            patch = changes(found)
            if not patch:
                return 0
            version = field(found, "metadata.resourceVersion")
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
            words = ["patch", VIRTUAL_SERVICE, self.name, "--type=json"]
            words += ["--request-timeout=30s", "-p", json.dumps([test, *patch])]
            code = self.target.kubectl(words, deadline).code
            if not code:
                break
            if field(self.read(deadline), "metadata.resourceVersion") == version:
                break  # it was refused for another reason, which kubectl has said
            say(f"mlpipe: the VirtualService {self.name} was changed meanwhile")
        return code

    def take_back(self, deadline: Deadline) -> int:
        try:
            found = self.read(deadline)
            if not self.before(found):
                return 0
            code = self.change(self.unsplit, deadline)
        except Stop as stop:
            if "(NotFound)" in stop.sentence:
                return 0  # then no route of it leads anywhere
            complain(stop.sentence, stop.help)
            return 1
        if not code:
            left = deadline.left()
            time.sleep(SETTLE if left is None else max(0.0, min(SETTLE, left)))
        return code

    def by_hand(self) -> str:
        return (
            f"; then lead the routes of the VirtualService {self.name} to the Service "
            f"alone, and remove its annotation {self.mark()}"
        )
