"""Brings artifacts back as actions/download-artifact v4 and later do: one by name, or those that a pattern matches."""

import fnmatch
import os
import shutil
import sys

kept, into, name = os.environ["CONFORMANCE_ARTIFACTS"], os.environ["INTO"] or ".", os.environ["NAME"]
if name:
    if not os.path.isdir(os.path.join(kept, name)):
        sys.exit("there is no artifact called " + name)
    shutil.copytree(os.path.join(kept, name), into, dirs_exist_ok=True)
else:
    for one in sorted(fnmatch.filter(os.listdir(kept), os.environ["PATTERN"] or "*")):
        target = into if os.environ["MERGE"] == "true" else os.path.join(into, one)
        shutil.copytree(os.path.join(kept, one), target, dirs_exist_ok=True)
