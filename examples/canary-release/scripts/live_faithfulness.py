"""Prints which share of the new release's last answers stands in a source, by the judge that runs beside the service."""

import json
import os
import urllib.parse
import urllib.request

image = urllib.parse.quote(os.environ["MLPIPE_DIGEST"])
with urllib.request.urlopen(f"https://judge.acme.test/share?image={image}&last=200", timeout=20) as answer:
    print(json.load(answer)["faithfulness"])
