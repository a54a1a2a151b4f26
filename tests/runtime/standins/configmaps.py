"""A stand-in for an API server that keeps ConfigMaps, behind the stand-in for kubectl. It refuses what the real one
refuses, in its words: another resourceVersion, more than 1 MiB.

Objects and their resourceVersion are in $STANDIN/configmaps.json, changed under a lock, so that two
processes may race for them. `faults` maps a verb (`get`, `create`, `replace`) to a list, what each
next call of it does: an empty text works; `other` lets somebody else write first; `answer:TEXT`
prints that and is content; `hang` waits before anything was done; `done:TEXT` does it and then says
TEXT and fails (`done:hang` waits); anything else is printed and the call fails."""

import fcntl
import json
import os
import sys
import time

HOME = os.environ["STANDIN"]
STATE = os.path.join(HOME, "configmaps.json")
words = [word for word in sys.argv[1:] if not word.startswith("--request-timeout")]
lock = open(os.path.join(HOME, "configmaps.lock"), "w")
fcntl.flock(lock, fcntl.LOCK_EX)


def fail(text):
    lock.close()  # who waits does not keep others from it
    if text == "hang":
        time.sleep(60)
    print(text, file=sys.stderr)
    sys.exit(1)


def bump(found):
    state["version"] = state.get("version", 100) + 1
    found.setdefault("metadata", {})["resourceVersion"] = str(state["version"])


def save():
    with open(STATE + ".new", "w") as file:
        json.dump(state, file)
    os.replace(STATE + ".new", STATE)


state = {}
if os.path.exists(STATE):
    with open(STATE) as file:
        state = json.load(file)
objects = state.setdefault("objects", {})
config, mode = "", ""
if os.environ.get("KUBECONFIG"):
    with open(os.environ["KUBECONFIG"]) as file:
        config = file.read()
    mode = oct(os.stat(os.environ["KUBECONFIG"]).st_mode & 0o777)
with open(os.path.join(HOME, "calls.jsonl"), "a") as file:
    call = {"tool": "kubectl", "words": sys.argv[1:], "kubeconfig": config, "mode": mode}
    file.write(json.dumps(call) + "\n")
namespace, verb = words[1], words[2]
faults = state.setdefault("faults", {}).get(verb) or []
fault = faults.pop(0) if faults else ""
body = json.load(sys.stdin) if verb in ("create", "replace") else {}
name = words[4] if verb == "get" else body["metadata"]["name"]
key = f"{namespace}/{name}"
if fault == "other":
    fault = ""
    objects.setdefault(key, {"metadata": {"labels": {"app.kubernetes.io/managed-by": "mlpipe"}}})
    objects[key].setdefault("data", {})["other"] = "x"
    bump(objects[key])
save()
if fault.startswith("answer:"):
    print(fault[7:])
    sys.exit(0)
if fault and not fault.startswith("done:"):
    fail(fault)
if verb == "get":
    if key in objects:
        print(json.dumps(objects[key]))
    elif "--ignore-not-found" not in words:
        fail(f'Error from server (NotFound): configmaps "{name}" not found')
    sys.exit(0)
if sum(len(k) + len(v.encode()) for k, v in body["data"].items()) > 1024 * 1024:
    fail(f'The ConfigMap "{name}" is invalid: []: Too long: may not be more than 1048576 bytes')
if verb == "create" and key in objects:
    fail(f'Error from server (AlreadyExists): error when creating "STDIN": configmaps "{name}" already exists')
if verb == "replace":
    if key not in objects:
        fail(f'Error from server (NotFound): error when replacing "STDIN": configmaps "{name}" not found')
    if objects[key]["metadata"]["resourceVersion"] != body["metadata"].get("resourceVersion"):
        fail(
            f'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on '
            f'configmaps "{name}": the object has been modified; please apply your changes to the latest version'
        )
bump(body)
objects[key] = body
save()
if fault:
    fail(fault[5:])
print(f"configmap/{name}")
