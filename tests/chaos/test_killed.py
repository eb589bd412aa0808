"""The program is killed at random moments, and nothing is lost, doubled or half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.chaos_run import ChaosPlan, run_chaos
from tests.chaos.scale import DATABASES, IS_SHORT, KILLS, SEED


@pytest.mark.long
@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
async def test_however_often_the_program_is_killed_nothing_is_lost_or_doubled(
    database_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL two serve at once, of which one is killed while the other goes on."""
    two = database_url.startswith("postgres")
    plan = ChaosPlan(
        tmp_path, database_url, SEED, processes=2 if two else 1, kills=KILLS, uses_socket_mode=two
    )
    outcome = await run_chaos(plan.shortened() if IS_SHORT else plan)
    print(f"\n{KILLS} kills, seed {SEED}: {outcome.summary()}")
    assert outcome.violations == [], f"seed {SEED}: {outcome.summary()}\n{outcome.evidence_text}"
