"""A stand-in for Argo Rollouts: its plugin of kubectl, its engine, and what kubectl says of Rollouts and their ReplicaSets,
in the objects of $STANDIN/cluster.json.

The engine works between two calls: what is asked just after a change is answered with the status from before. Each call
then takes it a step further, as the controller does: a new pod template begins at the first step, one that is the stable
ReplicaSet's skips all steps; a pause waits to be promoted; an abort sends all traffic to the stable one. An image of the
list `broken` never gets ready, one of `degrading` fails its analysis. `faults` are those of `cluster.py`."""

import hashlib
import json
import os
import sys
import time

HOME = os.environ["STANDIN"]
STATE = os.path.join(HOME, "cluster.json")
plugin = sys.argv[1] != "--namespace"
words = [w for w in (sys.argv[1:] if plugin else sys.argv[3:]) if not w.startswith("--request-timeout")]


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(1)


def keep():
    with open(STATE + ".new", "w") as file:
        json.dump(whole, file)
    os.replace(STATE + ".new", STATE)


def spoiled(how, images):
    return any(one in images for one in whole.get(how, []))


def step(ro):
    """One look of the controller."""
    spec, status, meta = ro["spec"], ro["status"], ro["metadata"]
    steps = spec["strategy"].get("canary", {}).get("steps", [])
    text = json.dumps(spec["template"], sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:9]
    if status["observedGeneration"] != str(meta["generation"]):
        status["observedGeneration"] = str(meta["generation"])
        if status["currentPodHash"] != name:
            status.update(currentPodHash=name, abort=False, promoteFull=False, controllerPause=False, pauseConditions=[])
            status["currentStepIndex"] = len(steps) if name == status["stableRS"] else 0
            labels = {"rollouts-pod-template-hash": name}
            owners = [{"kind": "Rollout", "name": meta["name"]}]
            found = {"name": f"{meta['name']}-{name}", "labels": labels, "ownerReferences": owners}
            objects[f"replicaset/{found['name']}"] = {"metadata": found, "spec": {"template": spec["template"]}}
        status.update(phase="Progressing", message="more replicas need to be updated")
        return
    share = status["canary"]["weights"]["canary"]
    images = [c["image"] for c in spec["template"]["spec"]["containers"]]
    if status["currentPodHash"] == status["stableRS"]:
        share["weight"] = 0
        status.update(phase="Healthy", message="", promoteFull=False)
        return
    if status.get("abort"):
        share["weight"], status["currentStepIndex"] = 0, 0
        status.update(phase="Degraded", message="RolloutAborted: Rollout aborted update", pauseConditions=[])
        return
    if spoiled("broken", images):
        return
    index = status["currentStepIndex"]
    if not status["stableRS"] or status.get("promoteFull") or index == len(steps):
        status.update(stableRS=name, currentStepIndex=len(steps), pauseConditions=[], controllerPause=False)
    elif "setWeight" in steps[index]:
        share["weight"] = steps[index]["setWeight"]
        status["currentStepIndex"] = index + 1
    elif "pause" in steps[index]:
        if status["controllerPause"] and not status["pauseConditions"]:
            status.update(controllerPause=False, currentStepIndex=index + 1, phase="Progressing")
        else:
            reason = "CanaryPauseStep"
            status.update(pauseConditions=[{"reason": reason}], controllerPause=True, phase="Paused", message=reason)
    elif spoiled("degrading", images):
        status["abort"] = True
    else:
        status["currentStepIndex"] = index + 1


def get(kind, rest):
    if kind.startswith("replicasets"):
        key, _, value = rest[rest.index("-l") + 1].partition("=")
        labelled = [o for n, o in objects.items() if n.startswith("replicaset/") and o["metadata"]["labels"].get(key) == value]
        print(json.dumps({"kind": "List", "items": labelled}))
        return
    if f"rollout/{rest[0]}" not in objects:
        fail(f'Error from server (NotFound): rollouts.argoproj.io "{rest[0]}" not found')
    print(json.dumps(objects[f"rollout/{rest[0]}"]))


with open(STATE) as file:
    whole = json.load(file)
objects = whole["objects"]
with open(os.path.join(HOME, "calls.jsonl"), "a") as file:
    file.write(json.dumps({"tool": "kubectl-argo-rollouts" if plugin else "kubectl", "words": sys.argv[1:]}) + "\n")
verb = words.pop(0)
faults = whole.setdefault("faults", {}).get(verb) or []
fault = faults.pop(0) if faults else ""
if fault:
    keep()
    if fault == "hang":
        time.sleep(60)
    if not fault.startswith("done:"):
        fail(fault)
if verb == "get":
    get(words[0], words[1:])
else:
    name = words[1] if verb == "set" else words[0]
    if f"rollout/{name}" not in objects:
        fail(f'Error: rollouts.argoproj.io "{name}" not found')
    ro = objects[f"rollout/{name}"]
    if verb == "set":
        container, _, image = words[2].partition("=")
        for one in ro["spec"]["template"]["spec"]["containers"]:
            if one["name"] == container and one["image"] != image:
                one["image"] = image
                ro["metadata"]["generation"] += 1
    elif verb == "abort":
        ro["status"]["abort"] = True
    elif verb == "promote" and "--full" in words:
        if ro["status"]["currentPodHash"] != ro["status"]["stableRS"]:
            ro["status"]["promoteFull"] = True
    elif verb == "promote":
        if ro["status"]["pauseConditions"]:
            ro["status"]["pauseConditions"] = []
        else:
            most = len(ro["spec"]["strategy"]["canary"]["steps"])
            ro["status"]["currentStepIndex"] = min(most, ro["status"]["currentStepIndex"] + 1)
    else:
        fail(f"this stand-in does not know {verb}")
for ro in [o for n, o in objects.items() if n.startswith("rollout/")]:
    for _ in range(2 if verb == "get" else 0):
        step(ro)
keep()
if fault.startswith("done:"):
    fail(fault[5:])
