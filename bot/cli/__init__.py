"""The command line: python -m bot."""

from __future__ import annotations

import ast
import gc
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from bot import __version__
from bot.cli.command_errors import EXIT_NOT_STARTED, explain, mendable_errors, stop
from bot.program_log import configure_logging

COMMANDS = {
    "service": ("init", "serve", "migrate", "doctor", "deliveries", "figures", "mailboxes"),
    "status": ("status",),
    "trace": ("trace",),
    "backup": ("backup", "restore", "lost-cards"),
    "imports": ("import",),
    "disclosure": ("seen", "person", "case-file"),
    "retention": ("retention",),
}
"""The commands of each module of this package."""

GROUPS = {"log": "log", "keys": "keys", "files": "files", "catalog": "catalogs"}
"""The module of each group of commands, by the group's name."""


class _Commands(Mapping[str, TyperCommand | TyperGroup]):
    """The commands by name. A module is imported when one of its own is asked for: together they take a second."""

    def __iter__(self) -> Iterator[str]:
        yield from chain.from_iterable(COMMANDS.values())
        yield from GROUPS

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        if name in GROUPS:
            group = _import_commands(GROUPS[name])
            group.name = name
            return group
        for module, names in COMMANDS.items():
            if name in names:
                return cast(TyperCommand, _import_commands(module).commands[name])
        raise KeyError(name)


class _Group(TyperGroup):
    """The program's commands, in place of those that Typer would be given."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast(Any, _Commands())

    def get_help(self, ctx: Any) -> str:
        """List the commands by what their modules' sources say of them, without importing these."""
        listed = {name: TyperCommand(name, help=text) for name, text in _read_help().items()}
        self.commands, imported = cast(Any, listed), self.commands
        try:
            return super().get_help(ctx)
        finally:
            self.commands = imported


def _read_help() -> dict[str, str]:
    """The help of each command and of each group, by its name."""
    sources = {module: _parse_source(module) for module in (*COMMANDS, *GROUPS.values())}
    found = {name: text for module in COMMANDS for name, text in _commands_of(sources[module])}
    return found | {name: _group_help(sources[module]) for name, module in GROUPS.items()}


def _parse_source(module: str) -> ast.Module:
    return ast.parse(Path(__file__).with_name(f"{module}.py").read_text("utf-8"))


def _commands_of(source: ast.Module) -> Iterator[tuple[str, str]]:
    """The name and the docstring of each function that is decorated as a command."""
    for one in source.body:
        if not isinstance(one, ast.FunctionDef):
            continue
        for call in one.decorator_list:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "commands.command":
                given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
                yield ast.literal_eval(given[0]) if given else one.name, ast.get_docstring(one) or ""


def _group_help(source: ast.Module) -> str:
    """What the module's `typer.Typer` is given as `help`."""
    calls = (
        one.value for one in source.body if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call)
    )
    keywords = (keyword for call in calls for keyword in call.keywords if keyword.arg == "help")
    return next((str(ast.literal_eval(keyword.value)) for keyword in keywords), "")


def _import_commands(module: str) -> TyperGroup:
    return get_group(import_module(f"bot.cli.{module}").commands)


cli = typer.Typer(
    cls=_Group,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Ärendebot.",
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        print(__version__)
        raise typer.Exit


@cli.callback()
def _begin(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Ärendebot."""


PRIVATE_UMASK = 0o077
"""Files and folders that the program creates are for its own user alone, whichever library creates them."""


def main() -> None:
    """Run the command; errors that the operator can mend are printed without a traceback."""
    os.umask(PRIVATE_UMASK)
    gc.freeze()  # what the imports made lives as long as the program, and is not to be examined again and again
    configure_logging(sys.stderr)
    try:
        cli()
    except SystemExit:  # before the errors, whose classes take half a second to import
        raise
    except mendable_errors() as error:
        stop(explain(error), EXIT_NOT_STARTED)
