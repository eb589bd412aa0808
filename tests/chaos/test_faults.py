"""Three of ten calls fail, in every way they can: all arrives at last, once, and presses are answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.chaos_run import ChaosPlan, run_chaos
from tests.chaos.scale import DATABASES, IS_SHORT, KILLS, SEED

SHARE = 0.3


@pytest.mark.long
@pytest.mark.parametrize("by_socket", [True] if IS_SHORT else [False, True])
@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
async def test_whatever_fails_nothing_is_lost_or_doubled_and_presses_are_answered(
    database_url: str, tmp_path: Path, *, by_socket: bool
) -> None:
    """With Socket Mode on PostgreSQL two serve at once, and are killed besides."""
    plan = ChaosPlan(
        tmp_path, database_url, SEED, fault_share=SHARE, duration=10.0, uses_socket_mode=by_socket
    )
    if by_socket and database_url.startswith("postgres"):
        plan = replace(plan, processes=2, kills=KILLS // 3)
    outcome = await run_chaos(plan.shortened() if IS_SHORT else plan)
    print(f"\n{plan.kills} kills, seed {SEED}: {outcome.summary()}")
    assert (outcome.violations, outcome.unanswered) == ([], []), (
        f"seed {SEED}: {outcome.summary()}\n{outcome.evidence_text}"
    )
