"""How hard a day is: as `make test` has the time for, or as KILLS asks of `make crash`."""

from __future__ import annotations

import os
import random

FEW = 5
KILLS = int(os.environ.get("KILLS", FEW))
SEED = int(os.environ.get("SEED", random.randrange(10**6)))

SHORT = KILLS == FEW
DATABASES = ["sqlite"] if SHORT else ["sqlite", "postgresql"]
