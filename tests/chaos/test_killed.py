"""The program is killed at random moments, and nothing is lost, doubled or half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.hardship import Hardship, endured
from tests.chaos.size import DATABASES, KILLS, SEED, SHORT


@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
async def test_however_often_the_program_is_killed_nothing_is_lost_or_doubled(
    database_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL two serve at once, of which one is killed while the other goes on."""
    two = database_url.startswith("postgres")
    day = Hardship(tmp_path, database_url, SEED, processes=2 if two else 1, kills=KILLS, by_socket=two)
    outcome = await endured(day.shortened() if SHORT else day)
    print(f"\n{KILLS} kills, seed {SEED}: {outcome.told()}")
    assert outcome.wrongs == [], f"seed {SEED}: {outcome.told()}\n{outcome.evidence}"
