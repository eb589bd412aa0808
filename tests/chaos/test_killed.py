"""The program is killed at random moments, and nothing is lost, doubled or half.

`make crash` kills it 30 times on each kind of database; KILLS and SEED say otherwise.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.chaos.hardship import Hardship, endured

FEW = 5
KILLS = int(os.environ.get("KILLS", FEW))
SEED = int(os.environ.get("SEED", random.randrange(10**6)))


@pytest.mark.parametrize(
    "database_url", ["sqlite"] if KILLS == FEW else ["sqlite", "postgresql"], indirect=True
)
async def test_however_often_the_program_is_killed_nothing_is_lost_or_doubled(
    database_url: str, tmp_path: Path
) -> None:
    two = database_url.startswith("postgres")
    few = {"speed": 8.0, "most": 6, "life": 0.8} if KILLS == FEW else {}
    day = Hardship(tmp_path, database_url, 2 if two else 1, KILLS, SEED, **few)  # type: ignore[arg-type]
    outcome = await endured(day)
    print(f"\n{KILLS} kills, seed {SEED}: {outcome.told()}")
    assert outcome.wrongs == [], f"seed {SEED}: {outcome.told()}"
