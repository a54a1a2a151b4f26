# ---- argo: a Rollout, whose traffic Argo Rollouts moves -----------------------------
#
# The engine starts the new pods, moves the traffic, runs its own analyses and pauses at
# each weight of `spec.strategy.canary.steps`. It is told to go on, or to go back, and
# looked at until it has (https://argo-rollouts.readthedocs.io).

ROLLOUT = "rollouts.argoproj.io"
HASH = "rollouts-pod-template-hash"
#: Seconds between two looks.
LOOK = 1.0


def observed(found: Json) -> bool:
    """Has the engine seen the spec as it is? Until then its status is of another."""
    seen = str(field(found, "status.observedGeneration") or "")
    return seen.isdigit() and int(seen) >= (field(found, "metadata.generation") or 0)


def moving(found: Json) -> bool:
    """Does something else serve than what its spec says, or only a part of that?"""
    return bool(
        field(found, "status.currentPodHash") != field(found, "status.stableRS")
    )


def healthy(found: Json) -> bool:
    """What its spec says serves, and nothing else."""
    phase = field(found, "status.phase")
    return observed(found) and not moving(found) and phase == "Healthy"


def percents(weights: Sequence[Any]) -> str:
    """Weights, for people."""
    return ", ".join(f"{weight}%" for weight in weights) or "no weight"


class Argo(Kubernetes):
    """The verbs of a deploy, as those of the plugin of kubectl."""

    def rollouts(self, words: Sequence[str], deadline: Deadline) -> int:
        more = ["--namespace", self.namespace, "--request-timeout=30s"]
        with self.opened():
            env = {"KUBECONFIG": self.file}
            return run(["kubectl-argo-rollouts", *words, *more], deadline, env).code

    def read(self, deadline: Deadline) -> Json:
        return self.ask([ROLLOUT, self.name], deadline)

    def stop(self, what: str, help: str = "") -> Stop:
        return Stop(f"the Rollout {self.name} in {self.namespace} {what}", help)

    def image(self, found: Json) -> str:
        """What a Rollout, or a ReplicaSet of one, runs in the container."""
        containers = field(found, "spec.template.spec.containers") or []
        images = {str(c.get("name")): str(c.get("image") or "") for c in containers}
        if field(found, "spec.workloadRef"):
            raise self.stop(
                "takes its pods from elsewhere (`workloadRef`)",
                "write the pods into `spec.template`; mlpipe sets the image there",
            )
        if not images.get(self.container):
            names = ", ".join(sorted(images)) or "none"
            raise self.stop(f"has no container {self.container}, only {names}")
        return images[self.container]

    def pauses(self, found: Json) -> list[tuple[int, int]]:
        """Each weight at which it pauses until it is told to go on, with the number of
        that step. What would go on by itself, or not be seen, is refused."""
        help = "after each `setWeight` write an endless `pause: {}`, and no other pause"
        all: list[tuple[int, int]] = []
        weight = None
        for number, step in enumerate(field(found, "spec.strategy.canary.steps") or []):
            place = f"has in spec.strategy.canary.steps[{number}]"
            if "setWeight" in step:
                if weight is not None:
                    raise self.stop(f"does not pause at {weight}%", help)
                weight = int(step["setWeight"])
            elif "pause" in step:
                if (step["pause"] or {}).get("duration") is not None:
                    raise self.stop(f"{place} a pause that ends by itself", help)
                if weight is None:
                    raise self.stop(f"{place} a pause that follows no weight", help)
                if weight == 100:
                    raise self.stop(
                        f"{place} a pause at 100%",
                        "take it out: the last step of a canary is watched by mlpipe",
                    )
                all.append((weight, number))
                weight = None
        if weight not in (None, 100):
            raise self.stop(f"does not pause at {weight}%", help)
        return all

    def check(self, weights: Sequence[str], deadline: Deadline) -> None:
        found = self.read(deadline)
        self.image(found)
        if field(found, "spec.strategy.canary") is None:
            raise self.stop(
                "is of another strategy than `canary`",
                "write its steps into `spec.strategy.canary`",
            )
        theirs = [weight for weight, _ in self.pauses(found)]
        mine = list(weights[:-1])
        if list(map(decimal.Decimal, mine)) != list(map(decimal.Decimal, theirs)):
            raise self.stop(
                f"pauses at {percents(theirs)} before all of the traffic, and the "
                f"canary of the spec at {percents(mine)}",
                "write the same weights into both",
            )
        self.exact(found, theirs)
        if field(found, "spec.paused"):
            raise self.stop(
                "was paused by hand (`spec.paused`)",
                f"kubectl argo rollouts promote {self.name} -n {self.namespace}",
            )
        if not field(found, "status.phase"):
            raise self.stop(
                "has no `status.phase`", "that takes Argo Rollouts 1.0 or newer"
            )
        if moving(found) and not field(found, "status.abort"):
            raise self.stop(
                f"is on its way to {self.image(found)}, which no deploy of this "
                "pipeline began",
                "wait until it is there, or abort it and put its image back",
            )

    def exact(self, found: Json, weights: Sequence[int]) -> None:
        """Without a router the engine splits by the number of pods."""
        count = field(found, "spec.replicas")
        count = 1 if count is None else int(count)
        if field(found, "spec.strategy.canary.trafficRouting"):
            return
        for weight in weights:
            if weight * count % 100:
                raise self.stop(
                    f"has no `trafficRouting`, and {weight}% of its {count} pods is no "
                    "whole number of them: the traffic would be another",
                    "say what moves its traffic: `spec.strategy.canary.trafficRouting`",
                )

    def live(self, deadline: Deadline) -> Live:
        found = self.read(deadline)
        wanted = self.image(found)
        settled = observed(found) and not moving(found)
        stable = str(field(found, "status.stableRS") or "")
        serves = wanted
        if stable and not settled:
            serves = self.image(self.stable(stable, deadline))
        aborted = observed(found) and field(found, "status.abort")
        return Live(serves, healthy(found), wants="" if aborted else wanted)

    def stable(self, value: str, deadline: Deadline) -> Json:
        """The ReplicaSet that is the stable one, by the hash that it bears."""
        words = ["replicasets.apps", "-l", f"{HASH}={value}"]
        for one in field(self.ask(words, deadline), "items") or []:
            owners = field(one, "metadata.ownerReferences") or []
            if any(o.get("name") == self.name for o in owners):
                return dict(one)
        raise self.stop(f"has no ReplicaSet {value}, which its status calls stable")

    def set_image(self, reference: str, deadline: Deadline) -> int:
        words = ["set", "image", self.name, f"{self.container}={reference}"]
        return self.rollouts(words, deadline)

    def wait(
        self,
        reached: Callable[[Json], bool],
        what: str,
        reference: str,
        deadline: Deadline,
    ) -> None:
        """Looks until it is so; a Stop when it went wrong, or took too long."""
        limit = shorter(deadline, self.seconds)
        found: Json = {}
        degraded, unread = 0, Stop("")
        while True:
            try:
                found = self.read(deadline)
            except Stop as stop:
                found, unread = {}, stop
            if found and self.image(found) != reference:
                raise self.stop(f"was set to {self.image(found)} by somebody else")
            if found and observed(found) and reached(found):
                return
            phase, message = (field(found, f"status.{k}") for k in ("phase", "message"))
            # A status may say for a moment what was before.
            bad = observed(found) and phase == "Degraded"
            degraded = degraded + 1 if bad else 0
            state = f"{phase}: {message}" if message else str(phase)
            if degraded == 3:
                raise self.stop(f"is {state}")
            left = limit.left()
            if left is not None and left <= LOOK:
                late = f"is not {what} after {span(self.seconds)}"
                raise self.stop(f"{late}; it is {state}") if found else unread
            time.sleep(LOOK)

    def put(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        code = 0
        if self.image(self.read(deadline)) != reference:
            code = self.set_image(reference, deadline)
        if not code:
            self.wait(healthy, "healthy", reference, deadline)
        return code

    def start(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        say("mlpipe: Argo Rollouts starts it with its first step")
        return 0

    def shift(self, weight: str, env: Mapping[str, str], deadline: Deadline) -> int:
        reference = env["MLPIPE_IMAGE"]
        found = self.read(deadline)
        at = [n for w, n in self.pauses(found) if decimal.Decimal(weight) == w]
        if not at:
            raise self.stop(f"does not pause at {weight}% any more")
        first = at[0] == self.pauses(found)[0][1]
        if self.image(found) == reference:
            code = self.rollouts(["promote", self.name], deadline)
        elif first:
            code = self.set_image(reference, deadline)
        else:
            raise self.stop(f"was set to {self.image(found)} by somebody else")

        def reached(found: Json) -> bool:
            index = field(found, "status.currentStepIndex")
            share = field(found, "status.canary.weights.canary.weight")
            paused = bool(field(found, "status.pauseConditions"))
            return index == at[0] and paused and share in (None, int(weight))

        if not code:
            self.wait(reached, f"paused at {weight}%", reference, deadline)
        return code

    def promote(
        self, reference: str, env: Mapping[str, str], deadline: Deadline
    ) -> int:
        if self.image(self.read(deadline)) == reference:
            code = self.rollouts(["promote", self.name], deadline)
        else:
            code = self.set_image(reference, deadline)
        if not code:
            self.wait(healthy, "healthy", reference, deadline)
        return code

    def back(self, reference: str, env: Mapping[str, str], deadline: Deadline) -> int:
        try:
            return self.put_back(reference, deadline)
        except Stop as stop:
            complain(stop.sentence, stop.help)
            return 1

    def put_back(self, reference: str, deadline: Deadline) -> int:
        """What is aborted serves what was stable, but its spec still names the other:
        the spec is put back too. What is no longer the stable one goes there at once,
        without steps and analyses, which were passed when it became good."""
        found = self.read(deadline)
        if self.image(found) != reference:
            if moving(found):
                self.rollouts(["abort", self.name], deadline)
            code = self.set_image(reference, deadline)
            if code:
                return code
        seen: list[Json] = []

        def looked_at(found: Json) -> bool:
            seen.append(found)
            return True

        self.wait(looked_at, "seen by Argo Rollouts", reference, deadline)
        if moving(seen[0]):
            code = self.rollouts(["promote", self.name, "--full"], deadline)
            if code:
                return code
        self.wait(healthy, "healthy", reference, deadline)
        return 0

    def by_hand(self, reference: str) -> str:
        words = f"kubectl argo rollouts -n {self.namespace}"
        return (
            f"{words} abort {self.name}; {words} set image {self.name} "
            f"{self.container}={reference}; {words} promote {self.name} --full"
        )
