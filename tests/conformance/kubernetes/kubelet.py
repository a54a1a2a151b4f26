"""A stand-in for nodes: it says of each pod that it runs and is ready, as a kubelet would, without running anything. A pod
with an image that has the digest `BROKEN` never gets ready.

    kubelet.py PORT CERTIFICATE BROKEN"""

import sys
import time

from plane import Refused, Wire


def look(wire, pod, broken):
    """Says it of one pod."""
    meta, images = pod["metadata"], [one["image"] for one in pod["spec"]["containers"]]
    if meta.get("deletionTimestamp") or pod["status"].get("phase") == "Running":
        return
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    said = {"lastTransitionTime": now, "status": "False" if any(broken in image for image in images) else "True"}
    status = {"phase": "Running", "conditions": [{"type": kind, **said} for kind in ("Ready", "ContainersReady")]}
    path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
    try:
        wire.ask("PATCH", path, {"status": status}, kind="application/merge-patch+json")
    except Refused as refused:
        if refused.code not in (404, 409):  # it was deleted meanwhile
            raise


def main():
    port, authority, broken = sys.argv[1:]
    wire = Wire(int(port), authority)
    while True:
        for pod in wire.ask("GET", "/api/v1/pods?resourceVersion=0")["items"]:
            look(wire, pod, broken)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
