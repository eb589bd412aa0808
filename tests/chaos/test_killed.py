"""The program is killed at random moments, and nothing is lost, doubled or half."""

from __future__ import annotations

from dataclasses import replace
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


@pytest.mark.long
@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_several_processes_one_dies_for_good_and_is_not_missed(
    database_url: str, tmp_path: Path, processes: int
) -> None:
    """What it had begun the others finish; presses are spread over the connections of all, pages over their ports."""
    day = ChaosPlan(tmp_path, database_url, SEED, processes, duration=2.0, uses_socket_mode=True)
    outcome = await run_chaos(replace(day.shortened(), loses_one=True))
    print(f"\n{processes} processes, seed {SEED}: {outcome.summary()}")
    assert outcome.violations == [], f"seed {SEED}: {outcome.summary()}\n{outcome.evidence_text}"
