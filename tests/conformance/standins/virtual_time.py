"""Virtual time for the Python of a run: a sleep of a second or more takes none.

lib/execute/bench.py puts it into the interpreter that it gives to a run in which something is watched for minutes, by a `.pth`
beside it. All else takes the time that it takes, so limits and time-outs stay what they are. What has been slept is in one file,
so that every process of a run, and the stand-in for Prometheus, has the same time.
"""

import datetime
import fcntl
import os
import sys
import time

FILE = os.path.join(sys.prefix, "slept")
REAL = {"time": time.time, "monotonic": time.monotonic, "sleep": time.sleep}


def slept(more=0.0):
    """The seconds that all processes together have slept, these included."""
    with open(FILE, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        total = float(file.read() or 0) + more
        if more:
            file.truncate(0)
            file.write(repr(total))
    return total


OFFSET = [slept()]


def sleep(seconds):
    """A short one is a pause of somebody who waits for a process, and is one."""
    if seconds < 1:
        REAL["sleep"](seconds)
    else:
        OFFSET[0] = slept(seconds)


class Datetime(datetime.datetime):
    """Its `now` is the virtual one."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


time.time = lambda: REAL["time"]() + OFFSET[0]
time.monotonic = lambda: REAL["monotonic"]() + OFFSET[0]
time.sleep = sleep
datetime.datetime = Datetime
