# ---- traffic: a part of it for a release that runs beside what is live --------------

#: Written on everything that is made for the length of a canary, with the name of the
#: live Deployment, so that it is known for what it is and found again.
BESIDE = "mlpipe/beside"
NGINX = "nginx.ingress.kubernetes.io/"


def beside_name(name: str) -> str:
    """What runs beside `name` is called so; 63 characters are a label's most."""
    return name[:56] + "-canary"


def fresh(found: Json, deployment: str) -> Json:
    """An object as it would be written by hand: without what the cluster added."""
    old = found["metadata"]
    meta = {"name": beside_name(str(old["name"])), "namespace": old.get("namespace")}
    meta["labels"] = {**(old.get("labels") or {}), BESIDE: beside_name(deployment)}
    kept = {key: found[key] for key in ("apiVersion", "kind", "spec")}
    return {**json.loads(json.dumps(kept)), "metadata": meta}


def beside_deployment(found: Json, container: str, image: str, key: str) -> Json:
    """The Deployment again, with another image, and with pods that the Service in
    front of the live ones does not choose: `key` is the label that tells them apart."""
    name = str(field(found, "metadata.name"))
    copy = fresh(found, name)
    spec = copy["spec"]
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    labels[key] = beside_name(str(labels[key]))
    labels[BESIDE] = beside_name(name)
    spec["selector"] = {"matchLabels": dict(labels)}
    for one in spec["template"]["spec"]["containers"]:
        if one.get("name") == container:
            one["image"] = image
    return copy


def beside_service(found: Json, deployment: str, key: str) -> Json:
    """The Service again, in front of the new pods."""
    copy = fresh(found, deployment)
    spec = copy["spec"]
    # Addresses and ports of the node are the live Service's own.
    for name in ("clusterIP", "clusterIPs", "healthCheckNodePort", "externalIPs"):
        spec.pop(name, None)
    spec["type"] = "ClusterIP"
    for name in ("externalTrafficPolicy", "loadBalancerIP", "loadBalancerClass"):
        spec.pop(name, None)
    for port in spec.get("ports") or []:
        port.pop("nodePort", None)
    spec["selector"][key] = beside_name(str(spec["selector"][key]))
    return copy


def beside_ingress(
    found: Json, deployment: str, services: Sequence[str], token: str = ""
) -> Json:
    """The Ingress again, for the same hosts and paths, as far as they lead to one of
    these Services, with no traffic yet but requests that show the token."""
    copy = fresh(found, deployment)
    old = field(found, "metadata.annotations") or {}
    name = "kubernetes.io/ingress.class"  # before `ingressClassName` there was this
    notes = {name: old[name]} if name in old else {}
    notes.update({NGINX + "canary": "true", NGINX + "canary-weight": "0"})
    if token:
        notes[NGINX + "canary-by-header"] = BESIDE_HEADER
        notes[NGINX + "canary-by-header-value"] = token
    copy["metadata"]["annotations"] = notes
    spec = copy["spec"]
    for name in ("tls", "defaultBackend"):  # the live Ingress answers for these
        spec.pop(name, None)
    rules = []
    for rule in spec.get("rules") or []:
        paths = [
            path
            for path in field(rule, "http.paths") or []
            if field(path, "backend.service.name") in services
        ]
        for path in paths:
            service = path["backend"]["service"]
            service["name"] = beside_name(str(service["name"]))
        if paths:
            rules.append({**rule, "http": {"paths": paths}})
    spec["rules"] = rules
    return copy


def weight_notes(weight: str) -> list[str]:
    """The annotations for a share in percent: ingress-nginx takes whole numbers of a
    total, which is 100 unless said."""
    digits = len(weight.partition(".")[2])
    total = 10 ** (digits + 2)
    share = int(decimal.Decimal(weight) * 10**digits)
    return [
        f"{NGINX}canary-weight={share}",
        f"{NGINX}canary-weight-total={total}",
    ]


class Splitter:
    """What gives a copy beside a Deployment a part of the traffic. One kind of it says
    what leads to the Deployment (`in_front`), moves the traffic (`shift`) and takes
    all of it back (`take_back`); everything else is the same for each."""

    #: The kind of object that leads the traffic.
    kind = ""

    def __init__(self, target: Kubernetes, name: str) -> None:
        self.target = target
        #: That object.
        self.name = name
        #: A request that shows it goes to the copy, where the kind of it knows how.
        self.token = ""

    def check(self, deadline: Deadline) -> None:
        """What it cannot split is said before anything is touched."""

    def in_front(self, live: Json, deadline: Deadline) -> tuple[list[Json], list[Json]]:
        """The Services through which it leads to this Deployment, at least one, and
        what is made beside them."""
        raise NotImplementedError

    def shift(self, weight: str, deadline: Deadline) -> int:
        """So many percent of the requests go to the copy."""
        raise NotImplementedError

    def take_back(self, deadline: Deadline) -> int:
        """All requests go to the Deployment."""
        raise NotImplementedError

    def by_hand(self) -> str:
        """What a person does beside putting the image back."""
        return ""

    def start(self, reference: str, deadline: Deadline) -> int:
        """Starts the copy, with no traffic, and waits until it is ready."""
        target = self.target
        self.remove(deadline)  # what a run left that was killed
        live = self.target.ask(["deployment", target.name], deadline)
        services, more = self.in_front(live, deadline)
        selectors = [field(one, "spec.selector") or {} for one in services]
        key = telling_label(selectors, self.kind)
        items = [
            beside_deployment(live, target.container, reference, key),
            *(beside_service(one, target.name, key) for one in services),
            *more,
        ]
        whole = {"apiVersion": "v1", "kind": "List", "items": items}
        words = ["apply", "--request-timeout=30s", "-f", "-"]
        code = target.kubectl(words, deadline, stdin=json.dumps(whole)).code
        if code:
            return code
        name = f"deployment/{beside_name(target.name)}"
        words = ["rollout", "status", name, f"--timeout={target.seconds}s"]
        return target.kubectl(words, shorter(deadline, target.seconds + 30)).code

    def remove(self, deadline: Deadline) -> int:
        """Takes the copy away: the traffic first, then what served it."""
        return (
            self.take_back(deadline)
            or self.delete("service", deadline)
            or self.delete("deployment", deadline)
        )

    def delete(self, kind: str, deadline: Deadline) -> int:
        """What was made of this kind for the length of a canary."""
        which = f"{BESIDE}={beside_name(self.target.name)}"
        words = ["delete", kind, "-l", which, "--ignore-not-found", "--wait=false"]
        words.append("--request-timeout=30s")
        return self.target.kubectl(words, deadline).code


class Nginx(Splitter):
    """ingress-nginx splits the traffic of one Ingress between a Deployment and its
    copy (https://kubernetes.github.io/ingress-nginx, "Canary")."""

    kind = "Ingress"

    def in_front(self, live: Json, deadline: Deadline) -> tuple[list[Json], list[Json]]:
        ingress = self.target.ask(["ingress", self.name], deadline)
        labels = field(live, "spec.template.metadata.labels") or {}
        services = self.services(ingress, labels, deadline)
        if not services:
            raise Stop(
                f"the Ingress {self.name} leads to no Service whose pods are those "
                f"of the Deployment {self.target.name}",
                "name the Ingress that users come in by: `traffic nginx \"NAME\"`",
            )
        names = [str(field(one, "metadata.name")) for one in services]
        name = self.target.name
        return services, [beside_ingress(ingress, name, names, self.token)]

    def services(
        self, ingress: Json, labels: Mapping[str, str], deadline: Deadline
    ) -> list[Json]:
        """The Services of the Ingress that choose pods with these labels."""
        names: list[str] = []
        for rule in field(ingress, "spec.rules") or []:
            for path in field(rule, "http.paths") or []:
                name = field(path, "backend.service.name")
                if name and str(name) not in names:
                    names.append(str(name))
        found = [self.target.ask(["service", name], deadline) for name in names]
        return [one for one in found if chooses(field(one, "spec.selector"), labels)]

    def shift(self, weight: str, deadline: Deadline) -> int:
        name = beside_name(self.name)
        words = ["annotate", "ingress", name, "--overwrite", *weight_notes(weight)]
        return self.target.kubectl([*words, "--request-timeout=30s"], deadline).code

    def take_back(self, deadline: Deadline) -> int:
        return self.delete("ingress", deadline)


def chooses(selector: Any, labels: Mapping[str, str]) -> bool:
    """Does a Service with this selector choose a pod with these labels?"""
    return bool(selector) and all(labels.get(k) == v for k, v in selector.items())


def telling_label(selectors: Sequence[Mapping[str, str]], kind: str) -> str:
    """A label that every one of these Services chooses by: with another value the pods
    of the copy are nobody's but the copy's."""
    common = set(selectors[0]).intersection(*selectors[1:])
    for name in ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app"):
        if name in common:
            return name
    if not common:
        raise Stop(
            f"the Services behind the {kind} choose their pods by no label in common",
            "let them choose by one label, such as `app`",
        )
    return sorted(common)[0]
