"""Keeps files as actions/upload-artifact v4 and later do: below the deepest folder that holds all search paths, hidden ones left out."""

import glob
import os
import shutil
import sys

home = os.path.join(os.environ["CONFORMANCE_ARTIFACTS"], os.environ["NAME"])
if os.path.isdir(home):
    if os.environ["OVERWRITE"] != "true":
        sys.exit("an artifact of that name exists: " + os.environ["NAME"])
    shutil.rmtree(home)

searched = [os.path.abspath(line.strip()) for line in os.environ["PATHS"].splitlines() if line.strip()]
files = []
for path in (hit for one in searched for hit in sorted(glob.glob(one))):
    if os.path.isdir(path):
        for top, folders, names in os.walk(path):
            folders[:] = [f for f in folders if not f.startswith(".")]
            files += [os.path.join(top, name) for name in names]
    else:
        files.append(path)
files = [f for f in files if not any(part.startswith(".") for part in os.path.relpath(f).split(os.sep))]
if not files:
    print("no files were found for " + ", ".join(searched))
    sys.exit(1 if os.environ["NONE"] == "error" else 0)
# One search path: its folder, or the file's; several: what they have in common.
root = os.path.commonpath(searched)
root = root if os.path.isdir(root) else os.path.dirname(root)
for file in files:
    copy = os.path.join(home, os.path.relpath(file, root))
    os.makedirs(os.path.dirname(copy), exist_ok=True)
    shutil.copy(file, copy)
print(f"kept {len(files)} files as {os.environ['NAME']}")
