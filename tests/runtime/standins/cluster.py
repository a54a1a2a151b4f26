#!/usr/bin/env -S python3 -IS
"""A stand-in for kubectl with a cluster of objects in $STANDIN/cluster.json: `KIND/NAME` to the object, all of one namespace, or
`namespaces` with such a cluster for each.

It does what `get -o json`, `apply -f -`, `annotate`, `delete -l`, `set image` and `rollout status` do to Deployments,
Services and Ingresses (`annotate` with `--resource-version` only if that is still the object's); a Deployment whose image names `broken` never gets ready. Of a VirtualService it knows `get` and
`patch --type=json`, with a resourceVersion, and it refuses the weights that Istio's webhook refuses. `faults` maps a verb to what its next calls do: an empty text
works, `race` works after somebody else has written the object, `kill` kills the caller, `hang` waits before it fails, `other` lets somebody else
write to the VirtualService first, `done:TEXT` does it and then says TEXT and fails, anything else is printed and fails."""

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
    thing = objects.get(f"{SHORT.get(kind, kind)}/{name}")
    if thing is None:
        fail(f'Error from server (NotFound): {kind if kind in SHORT else kind + "s"} "{name}" not found')
    if kind == "deployment":
        count = thing["spec"].get("replicas", 1)
        images = [c["image"] for c in thing["spec"]["template"]["spec"]["containers"]]
        ready = 0 if any("broken" in image for image in images) else count
        status = {"observedGeneration": 1, "replicas": count, "updatedReplicas": ready}
        thing = {**thing, "status": {**status, "availableReplicas": ready}}
        thing["metadata"] = {**thing["metadata"], "generation": 1}
    about = {"resourceVersion": str(versions.get(f"{kind}/{name}", 1)), **thing["metadata"]}
    print(json.dumps({**thing, "metadata": about}))


def bump(thing):
    meta = thing["metadata"]
    meta["resourceVersion"] = str(int(meta.get("resourceVersion", "100")) + 1)


def patch(thing, changes):
    """A JSON patch (RFC 6902), as far as it is used."""
    for change in changes:
        parts = [p.replace("~1", "/").replace("~0", "~") for p in change["path"].split("/")[1:]]
        at = thing
        for part in parts[:-1]:
            at = at[int(part)] if isinstance(at, list) else at[part]
        key = int(parts[-1]) if isinstance(at, list) else parts[-1]
        if change["op"] == "test" and at[key] != change["value"]:
            fail("The request is invalid: the server rejected our request due to an error in our request")
        if change["op"] == "remove":
            del at[key]
        elif change["op"] == "replace":
            at[key]  # it has to be there
        if change["op"] in ("add", "replace"):
            at[key] = change["value"]
    for rule in thing["spec"]["http"]:
        weights = [one.get("weight", 0) for one in rule.get("route", [])]
        if len(weights) > 1 and sum(weights) != 100:
            said = f"configuration is invalid: total destination weight {sum(weights)} != 100"
            fail(f'Error from server: admission webhook "validation.istio.io" denied the request: {said}')
    bump(thing)


SHORT = {"virtualservices.networking.istio.io": "virtualservice"}
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
    if fault == "other":
        bump(objects[f"{SHORT[words[1]]}/{words[2]}"])
        keep()
    elif not fault.startswith("done:"):
        fail(fault)
if verb == "get":
    get(words[1], words[2])
elif verb == "apply":
    found = json.load(sys.stdin)
    for one in found["items"] if found["kind"] == "List" else [found]:
        apply(one)
elif verb == "annotate":
    annotate(f"{words[1]}/{words[2]}")
elif verb == "patch":
    if f"{SHORT[words[1]]}/{words[2]}" not in objects or "--type=json" not in words:
        fail(f'Error from server (NotFound): {words[1]} "{words[2]}" not found')
    patch(objects[f"{SHORT[words[1]]}/{words[2]}"], json.loads(words[words.index("-p") + 1]))
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
if fault.startswith("done:"):
    fail(fault[5:])
