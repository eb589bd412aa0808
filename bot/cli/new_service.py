"""The questions of `catalog new`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from bot.catalog import Catalog
from bot.catalog.files.new_service import NewService
from bot.text import Words

DEFAULT_WORKING_DAYS = 20


def ask_service(key: str, catalog: Catalog, say: Words) -> NewService:
    """Ask about the e-service, question by question; Enter takes what is proposed."""
    municipality = catalog.municipality
    name = typer.prompt(say("cli.new.name"))
    unit = typer.prompt(say("cli.new.unit"))
    english = (
        typer.prompt(say("cli.new.name_en"), default=name),
        typer.prompt(say("cli.new.unit_en"), default=unit),
    )
    is_strict = typer.confirm(say("cli.new.strict"), default=False)
    channel = typer.prompt(say("cli.new.channel"), default=f"#{key}")
    working_days = typer.prompt(say("cli.new.working_days"), default=DEFAULT_WORKING_DAYS, type=int)
    months = typer.prompt(say("cli.new.months"), default=0, type=int)
    basis = typer.prompt(say("cli.new.basis")) if months else ""
    groups = [one.key for one in municipality.groups]
    officers = [one.key for one in municipality.officers]
    return NewService(
        key=key,
        name=(name, english[0]),
        unit=(unit, english[1]),
        channel=channel,
        is_strict=is_strict,
        working_days=working_days,
        months=months or None,
        basis=basis,
        officers=_choose(say("cli.new.group"), groups),
        coordinator=_choose(say("cli.new.coordinator"), officers),
    )


def _choose(question: str, keys: Sequence[str]) -> str:
    """One of the keys, of which the first is proposed; asked again until it is one."""
    while True:
        chosen: str = typer.prompt(f"{question} ({', '.join(keys)})", default=keys[0])
        if chosen in keys:
            return chosen
