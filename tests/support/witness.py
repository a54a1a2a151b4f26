"""Judges inputs by the runtime that the compiler wrote: reads cases, one JSON object a line, answers one line for each.

A case has the words of the script's `work gate` call and the files that lie in the working folder. The command of the
gate is not run: the files are what it would have written.
"""

import json
import importlib.util
import os
import re
import shlex
import sys
import tempfile

spec = importlib.util.spec_from_file_location("mlpipe_runtime", sys.argv[1])
runtime = importlib.util.module_from_spec(spec)
sys.modules["mlpipe_runtime"] = runtime
spec.loader.exec_module(runtime)


def words(script, gate):
    """The words of the call in the gate's function, as bash reads them."""
    body = re.search(r"\n  job '%s' gate .*?\n  (work gate.*?)\n}\n" % re.escape(gate), script, re.DOTALL)
    return shlex.split(body.group(1).replace("\\\n", " "))[2:]


for line in sys.stdin:
    case = json.loads(line)
    _, once, many = runtime.JOBS["gate"]
    gate = runtime.Gate("q", runtime.Options(words(case["script"], case["gate"]), once, many))
    gate.command = None
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for path, text in case["files"]:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        attempt = gate.attempt(runtime.Deadline(60))
        os.chdir("/")
    held = [rule["verdict"] == "pass" for rule in attempt["rules"]]
    answer = {"passed": attempt["passed"], "held": held, "problems": attempt["problems"]}
    print(json.dumps(answer), flush=True)
