"""Asks the service that was just rolled out whether it answers; the deploy is put back when it does not."""

import os
import urllib.request

URL = os.environ.get("SMOKE_URL", "https://minimal.acme.test/healthz")

with urllib.request.urlopen(URL, timeout=10) as answer:
    print(URL, answer.status)
