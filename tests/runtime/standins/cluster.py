#!/usr/bin/env -S python3 -IS
"""A stand-in for kubectl with a cluster of objects in $STANDIN/cluster.json: `KIND/NAME` to the object, all of one namespace, or
`namespaces` with such a cluster for each.

It does what `get -o json`, `apply -f -`, `annotate`, `delete -l`, `set image` and `rollout status` do to Deployments,
Services and Ingresses (`annotate` with `--resource-version` only if that is still the object's); a Deployment whose image names `broken` never gets ready. `faults` maps a verb to what its next calls do: an empty text
works, `race` works after somebody else has written the object, `kill` kills the caller, `hang` waits before it fails, anything else is printed and fails."""

import json
import os
import signal
import sys
import time

HOME = os.environ["STANDIN"]
STATE = os.path.join(HOME, "cluster.json")
words = sys.argv[3:]
verb = words[0]


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(1)


def keep():
    with open(STATE + ".new", "w") as file:
        json.dump(whole, file)
    os.replace(STATE + ".new", STATE)


def labels(thing):
    return thing["metadata"].get("labels") or {}


def apply(thing):
    kind, name = thing["kind"].lower(), thing["metadata"]["name"]
    old = objects.get(f"{kind}/{name}")
    if kind == "deployment":
        wanted = thing["spec"]["selector"]["matchLabels"]
        template = thing["spec"]["template"]["metadata"]["labels"]
        if any(template.get(key) != value for key, value in wanted.items()):
            fail("The Deployment is invalid: `selector` does not match template `labels`")
        if old and old["spec"]["selector"] != thing["spec"]["selector"]:
            fail("The Deployment is invalid: spec.selector: field is immutable")
    if kind == "service" and any(k in thing["spec"] for k in ("clusterIP", "clusterIPs")):
        fail("The Service is invalid: spec.clusterIPs: provided IP is already allocated")
    objects[f"{kind}/{name}"] = thing
    changed(f"{kind}/{name}")


def changed(key):
    """Every write makes a new version of the object."""
    versions[key] = versions.get(key, 1) + 1


def annotate(key):
    if key not in objects:
        kind, _, name = key.partition("/")
        fail(f'Error from server (NotFound): {kind}s "{name}" not found')
    for word in words[3:]:
        wanted = word.partition("--resource-version=")[2]
        if wanted and wanted != str(versions.get(key, 1)):
            fail(f'Error from server (Conflict): "{key}": the object has been modified; please apply your changes')
    thing = objects[key]["metadata"]
    notes = thing.setdefault("annotations", {})
    for word in words[3:]:
        name, _, value = word.partition("=")
        if word.startswith("-"):
            continue
        if word.endswith("-") and not value:
            notes.pop(name[:-1], None)
        else:
            notes[name] = value
    if not notes:
        del thing["annotations"]
    changed(key)


def get(kind, name):
    thing = objects.get(f"{kind}/{name}")
    if thing is None:
        fail(f'Error from server (NotFound): {kind}s "{name}" not found')
    if kind == "deployment":
        count = thing["spec"].get("replicas", 1)
        images = [c["image"] for c in thing["spec"]["template"]["spec"]["containers"]]
        ready = 0 if any("broken" in image for image in images) else count
        status = {"observedGeneration": 1, "replicas": count, "updatedReplicas": ready}
        thing = {**thing, "status": {**status, "availableReplicas": ready}}
        thing["metadata"] = {**thing["metadata"], "generation": 1}
    about = {**thing["metadata"], "resourceVersion": str(versions.get(f"{kind}/{name}", 1))}
    print(json.dumps({**thing, "metadata": about}))


with open(STATE) as file:
    whole = json.load(file)
state = whole.get("namespaces", {}).get(sys.argv[2], whole)
if "objects" not in state:
    fail(f'Error from server (NotFound): namespaces "{sys.argv[2]}" not found')
objects, versions = state["objects"], state.setdefault("versions", {})
with open(os.path.join(HOME, "calls.jsonl"), "a") as file:
    file.write(json.dumps({"tool": "kubectl", "words": sys.argv[1:]}) + "\n")
faults = state.setdefault("faults", {}).get(verb) or []
fault = faults.pop(0) if faults else ""
if fault == "race":
    changed(f"{words[1]}/{words[2]}")
    keep()
elif fault:
    keep()
    if fault == "kill":
        os.kill(os.getppid(), signal.SIGKILL)
        sys.exit(137)
    if fault == "hang":
        time.sleep(60)
    fail(fault)
if verb == "get":
    get(words[1], words[2])
elif verb == "apply":
    found = json.load(sys.stdin)
    for one in found["items"] if found["kind"] == "List" else [found]:
        apply(one)
elif verb == "annotate":
    annotate(f"{words[1]}/{words[2]}")
elif verb == "delete":
    key, _, value = words[words.index("-l") + 1].partition("=")
    for name in [n for n, o in objects.items() if labels(o).get(key) == value]:
        if name.startswith(words[1] + "/"):
            del objects[name]
elif verb == "set":
    container, _, image = words[3].partition("=")
    spec = objects[words[2]]["spec"]["template"]["spec"]
    for one in spec["containers"]:
        if one["name"] == container:
            one["image"] = image
elif verb == "rollout":
    spec = objects[words[2]]["spec"]["template"]["spec"]
    if any("broken" in one["image"] for one in spec["containers"]):
        fail("error: timed out waiting for the condition")
else:
    fail(f"this stand-in does not know {verb}")
keep()
