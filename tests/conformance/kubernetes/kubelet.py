"""A stand-in for nodes: it says of each pod that it runs and is ready, as a kubelet would, without running anything. A pod
with an image that has the digest of `broken` never gets ready."""

import threading
import time

from plane import Refused


class Kubelet:
    """Looks at all pods, five times a second, until it is closed."""

    def __init__(self, plane, broken):
        self.plane, self.broken = plane, broken
        self.over = threading.Event()
        self.faults = []
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.over.wait(0.2):
            try:
                for pod in self.plane.ask("GET", "/api/v1/pods?resourceVersion=0")["items"]:
                    self.look(pod)
            except OSError as error:
                self.faults.append(repr(error))

    def look(self, pod):
        meta, images = pod["metadata"], [one["image"] for one in pod["spec"]["containers"]]
        ready = not any(self.broken in image for image in images)
        if meta.get("deletionTimestamp") or pod["status"].get("phase") == "Running":
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        said = {"lastTransitionTime": now, "status": "True" if ready else "False"}
        status = {"phase": "Running", "conditions": [{"type": kind, **said} for kind in ("Ready", "ContainersReady")]}
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
        try:
            self.plane.ask("PATCH", path, {"status": status}, kind="application/merge-patch+json")
        except Refused as refused:
            if refused.code not in (404, 409):  # it was deleted meanwhile
                self.faults.append(str(refused))

    def close(self):
        self.over.set()
        self.thread.join()
