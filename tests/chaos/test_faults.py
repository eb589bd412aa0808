"""Three of ten calls fail, in every way they can: all arrives at last, once, and presses are answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.hardship import Hardship, endured
from tests.chaos.size import DATABASES, KILLS, SEED, SHORT

SHARE = 0.3


@pytest.mark.parametrize("by_socket", [True] if SHORT else [False, True])
@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
async def test_whatever_fails_nothing_is_lost_or_doubled_and_presses_are_answered(
    database_url: str, tmp_path: Path, *, by_socket: bool
) -> None:
    """With Socket Mode on PostgreSQL two serve at once, and are killed besides."""
    day = Hardship(tmp_path, database_url, SEED, share=SHARE, lasting=10.0, by_socket=by_socket)
    if by_socket and database_url.startswith("postgres"):
        day = replace(day, processes=2, kills=KILLS // 3)
    outcome = await endured(day.shortened() if SHORT else day)
    print(f"\n{day.kills} kills, seed {SEED}: {outcome.told()}")
    assert (outcome.wrongs, outcome.unanswered) == ([], []), (
        f"seed {SEED}: {outcome.told()}\n{outcome.evidence}"
    )
