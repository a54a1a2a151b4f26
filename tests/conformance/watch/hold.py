"""Holds one watch of the runtime for a time, as a phase of a deploy does, and prints what came of it.

    hold.py RUNTIME SECONDS WORDS…

With `MLPIPE_TEST_SPLIT` in the environment of this program a part of the traffic goes to the new version. With `MLPIPE_TEST_PAST` it
looks back over the seconds that have just been, as the job of a soak does.
"""

import importlib.util
import json
import os
import sys
import time

spec = importlib.util.spec_from_file_location("mlpipe_runtime", sys.argv[1])
runtime = importlib.util.module_from_spec(spec)
sys.modules["mlpipe_runtime"] = runtime
spec.loader.exec_module(runtime)

result = {"end": "held", "why": "", "trigger": ""}
try:
    options = runtime.Options(sys.argv[3:], runtime.WATCH_ONCE, runtime.WATCH_MANY)
    if "MLPIPE_TEST_PAST" in os.environ:
        watch, now = runtime.LookBack(options, {}, {}), time.time()
        watch.past(now - float(sys.argv[2]), now, runtime.Deadline(60))
        watch.present()
    else:
        watch = runtime.Watch(options, {}, {})
        watch.begin("MLPIPE_TEST_SPLIT" in os.environ)
        watch.hold(float(sys.argv[2]), runtime.Deadline(60), lambda: None)
except runtime.Tripped as stop:
    result.update(end="tripped", why=stop.sentence, trigger=stop.trigger)
except runtime.Stop as stop:
    result.update(end="stopped", why=stop.sentence)
else:
    watch.verdict()
    result["summary"] = watch.summary()
print("RESULT " + json.dumps(result))
