#!/usr/bin/env python3
"""Looks for a store key's bytes in all files below a folder.

    clearkeys.py DIR STORE.KEY

Exit status 1, and a line for each file, if they are found.
"""

import pathlib
import sys

seed = pathlib.Path(sys.argv[2]).read_bytes()[1:]
assert len(seed) == 32
found = [p for p in pathlib.Path(sys.argv[1]).rglob("*")
         if p.is_file() and seed in p.read_bytes()]
for path in found:
    print(f"{path}: the store key, in clear", file=sys.stderr)
sys.exit(1 if found else 0)
