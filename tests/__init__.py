"""Tests of the whole program. Compiled modules are kept: each process that a test starts would else compile its own."""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
