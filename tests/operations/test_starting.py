"""What the program loads when it starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED_AT_THEIR_DOOR = ("psycopg", "alembic", "pyphen", "snowballstemmer")
"""What only PostgreSQL, a migration or the first search needs; each takes 0.1 s to load."""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that `python -m bot` has loaded before it does anything."""
    program = "import bot.cli, sys; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(started.stdout.split())


@pytest.mark.parametrize("module", LOADED_AT_THEIR_DOOR)
def test_what_only_some_need_does_not_hold_up_the_start(loaded: set[str], module: str) -> None:
    assert "sqlalchemy" in loaded
    assert module not in loaded
