"""What the program loads when it starts: of a command what it needs, and of the whole program what each start needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.cli import COMMANDS, GROUPS, _Commands, _read_help

LOADED_AT_THEIR_DOOR = ("psycopg", "alembic", "pyphen", "snowballstemmer")
"""What only PostgreSQL, a migration or the first search needs; each takes 0.1 s to load."""

WHOLE_PROGRAM = {"bot.app", "bot.portal", "bot.handlers", "slack_bolt", "uvicorn"}
STORE_AND_CATALOG = {"bot.store", "bot.catalog", "bot.domain", "sqlalchemy", "pydantic"}


def find_loaded(code: str) -> set[str]:
    """The modules that a new process has loaded after the code."""
    program = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(started.stderr.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that `python -m bot serve` has loaded before it does anything."""
    return find_loaded("import bot.cli.service, bot.app")


@pytest.mark.long
@pytest.mark.parametrize("module", LOADED_AT_THEIR_DOOR)
def test_what_only_some_need_does_not_hold_up_the_start(loaded: set[str], module: str) -> None:
    assert loaded >= WHOLE_PROGRAM | STORE_AND_CATALOG
    assert module not in loaded


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_who_asks_for_help_waits_neither_for_the_store_nor_for_the_catalog(option: str) -> None:
    code = f"sys.argv[1:] = ['{option}']\nfrom bot.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    assert "bot.cli" in (loaded := find_loaded(code))
    assert not loaded & (WHOLE_PROGRAM | STORE_AND_CATALOG)


@pytest.mark.long
def test_no_command_loads_the_whole_program_before_it_is_run() -> None:
    modules = {f"bot.cli.{module}" for module in (*COMMANDS, *GROUPS.values())}
    assert modules <= (loaded := find_loaded(f"import {', '.join(modules)}"))
    assert not loaded & WHOLE_PROGRAM


def test_the_help_lists_each_command_of_each_module_as_the_command_says_of_itself() -> None:
    declared = {name: command.help for name, command in _Commands().items()}
    assert _read_help() == declared
