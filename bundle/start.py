"""Runs before the program in every build: look for modules first where nearly all of them are.

Python's own order is the archive of what it needs to start, the folder of compiled modules, and
only then the archive of all the others.
"""

import sys

_HERE = getattr(sys, "_MEIPASS", None)
sys.path.sort(key=lambda folder: folder != _HERE)
