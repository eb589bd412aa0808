"""How hard a day is: as `make long` has the time for, or as KILLS asks of `make crash`."""

from __future__ import annotations

import os
import random

SHORT_RUN_KILLS = 5
KILLS = int(os.environ.get("KILLS", SHORT_RUN_KILLS))
SEED = int(os.environ.get("SEED", random.randrange(10**6)))

IS_SHORT = KILLS == SHORT_RUN_KILLS
DATABASES = ["sqlite"] if IS_SHORT else ["sqlite", "postgresql"]
