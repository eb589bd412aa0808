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
    is_strict = _ask_yes_no(say("cli.new.strict"), say)
    channel = typer.prompt(say("cli.new.channel"), default=f"#{key}")
    working_days = _ask_number(say("cli.new.working_days"), DEFAULT_WORKING_DAYS, say)
    months = _ask_number(say("cli.new.months"), 0, say)
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
        officers=_choose(say("cli.new.group"), groups, say),
        coordinator=_choose(say("cli.new.coordinator"), officers, say),
    )


def _ask_yes_no(question: str, say: Words) -> bool:
    """Whether the answer is yes, in the language or in English; no is proposed."""
    no = say("cli.new.no")
    while True:
        answer = str(typer.prompt(f"{question} ({say('cli.new.yes')}/{no})", default=no)).lower()
        if answer[:1] in {"y", say("cli.new.yes")[:1]}:
            return True
        if answer[:1] == no[:1]:
            return False


def _ask_number(question: str, default: int, say: Words) -> int:
    """A whole number; asked again until it is one."""
    while True:
        answer = str(typer.prompt(question, default=str(default)))
        if answer.isdecimal():
            return int(answer)
        print(say("cli.new.number"))


def _choose(question: str, keys: Sequence[str], say: Words) -> str:
    """One of the keys, of which the first is proposed; asked again until it is one."""
    while True:
        chosen: str = typer.prompt(f"{question} ({', '.join(keys)})", default=keys[0])
        if chosen in keys:
            return chosen
        print(say("cli.new.unknown", key=chosen))
