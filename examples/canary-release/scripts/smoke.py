"""Asks the service one question, as a customer does. MLPIPE_ENVIRONMENT says which one."""

import json
import os
import sys
import urllib.request

HOSTS = {"staging": "assistant.staging.acme.test", "production": "assistant.acme.test"}

url = f"https://{HOSTS[os.environ['MLPIPE_ENVIRONMENT']]}/ask?q=returns"
with urllib.request.urlopen(url, timeout=20) as answer:
    found = json.load(answer)
print(found["answered_from"])
sys.exit(found["answered_from"] != "returns")
