"""Ledgers in the stand-in's ConfigMaps: one that a scenario starts with, written as docs/ledger.md says, and what is in one at the end."""

import hashlib
import json
import time

from .course import seconds


def config_maps(scenario) -> dict:
    """The state of tests/runtime/standins/configmaps.py with the ledgers of the scenario."""
    objects = {}
    for environment, entries in scenario.ledger.items():
        place = scenario.places.get(environment) or scenario.state["kubectl"]["namespace"]
        namespace, name = place.partition("/")[0], f"mlpipe-{scenario.example}-{environment}"
        meta = {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "mlpipe"}, "resourceVersion": "1"}
        text = document(scenario.example, environment, entries)
        data = {f"{environment}.ledger.json": text, f"{environment}.deploy_state.json": deploy_state(json.loads(text))}
        objects[f"{namespace}/{name}"] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}
    return {"objects": objects, "version": 1}


def document(service, environment, entries) -> str:
    """A ledger with its chain of hashes."""
    found, previous = [], ""
    for number, one in enumerate(entries, 1):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds(one["ago"])))
        run = {"id": "older", "url": "", "platform": "github", "repository": "github.com/acme/older"}
        entry = {"sequence": number, "kind": one["kind"], "at": at, "run": run, "commit": "0" * 40, "models": [], "gates": [],
                 "reference": one.get("reference", ""), "digest": one.get("reference", "").partition("@")[2], "approved_by": [],
                 "reason": one.get("reason", ""), "seconds": None, "previous": previous}
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        previous = entry["hash"] = hashlib.sha256(text.encode()).hexdigest()
        found.append(entry)
    return json.dumps({"schema": 1, "service": service, "environment": environment, "lease": None, "entries": found})


def deploy_state(ledger) -> str:
    """What other tools read beside it."""
    good = [entry for entry in ledger["entries"] if entry["kind"] in ("adopted", "good")][-1]
    last = [entry for entry in ledger["entries"] if entry["kind"] in ("adopted", "good", "rolled_back")][-1]
    state = {"schema": 1, "service": ledger["service"], "environment": ledger["environment"], "commit": good["commit"],
             "image": good["reference"], "digest": good["digest"], "model_version": "", "deployed_at": last["at"],
             "sequence": last["sequence"]}
    return json.dumps(state, indent=2) + "\n"


def kinds(config_maps) -> dict:
    """Environment to the kinds of its ledger's entries, in their order."""
    found = {}
    for one in config_maps["objects"].values():
        for key, text in one["data"].items():
            if key.endswith(".ledger.json"):
                ledger = json.loads(text)
                leased = ["and still leased"] if ledger["lease"] else []
                found[key.removesuffix(".ledger.json")] = " ".join([*(entry["kind"] for entry in ledger["entries"]), *leased])
    return found
