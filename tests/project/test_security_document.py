"""docs/security.md is held to the program: its tests exist, and no address that takes something is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.program import program
from tests.test_post_limits import taking

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)`", TEXT)))
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| may go wrong")]


@pytest.fixture(scope="module")
def tests_of_the_program() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}


def test_every_test_that_it_names_exists(tests_of_the_program: set[str]) -> None:
    assert len(NAMED) > 40
    assert [name for name in NAMED if name not in tests_of_the_program] == []


def test_nothing_is_said_to_be_stopped_without_a_test() -> None:
    assert len(ROWS) > 20
    assert [row for row in ROWS if "`test_" not in row] == []


def test_no_address_that_takes_something_is_left_out(tmp_path: Path) -> None:
    built = program(tmp_path)
    paths = {route.path for _, route in taking(built.web)}
    built.stores.database.close()
    assert len(paths) > 20 and [path for path in sorted(paths) if f"`{path}`" not in TEXT] == []
