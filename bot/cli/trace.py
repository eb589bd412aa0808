"""The command that follows one request by the reference that its person was shown."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.command_errors import EXIT_PROBLEMS, stop
from bot.cli.stores import open_stores
from bot.monitoring import find_records
from bot.store.outbox.delivery_rows import OpenDelivery, find_by_origin
from bot.text import Words

commands = typer.Typer()

_FIRST = ("timestamp", "level", "event", "ref", "refs")
"""Fields that are not written as others are."""


@commands.command()
def trace(
    ref: Annotated[str, typer.Argument(help="The reference: eight digits and letters a to f.")],
    logs: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, help="Files of the log; without any, standard input."),
    ] = None,
) -> None:
    """Tell all that is known of one request: when it came, what it changed, and what became of what it had sent.

    From the log, and from the store where something is still to be sent: `journalctl -u arendebot -o cat | python -m
    bot trace 7f3a01b2`.
    """
    reference = ref.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{8}", reference):
        raise typer.BadParameter(f"{ref} is no reference")
    with open_stores(read_only=True) as (stores, say):
        records = find_records(reference, _read_lines(logs or []))
        left = stores.database.read_sync(lambda tx: find_by_origin(tx, reference))
        if not records and not left:
            stop(say("cli.trace.none", ref=reference), EXIT_PROBLEMS)
        for record in records:
            print(_describe(record))
        print(say("cli.trace.left") if left else say("cli.trace.done"))
        for one in left:
            print(f"  {_describe_open(one, say)}")


def _read_lines(logs: list[Path]) -> Iterator[str]:
    if not logs and not sys.stdin.isatty():
        yield from sys.stdin
    for path in logs:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file


def _describe(record: dict[str, Any]) -> str:
    """A record in one line: time, what happened, and its fields."""
    fields = " ".join(f"{name}={_value(value)}" for name, value in record.items() if name not in _FIRST)
    return f"{record.get('timestamp', '')}  {record.get('event', '')}  {fields}".rstrip()


def _value(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _describe_open(one: OpenDelivery, say: Words) -> str:
    kind = say(f"cli.kind.{one.kind}")
    if one.state == "parked":
        key = f"trouble.{one.trouble}"
        why = say(key) if say.has(key) else say("trouble.other", trouble=one.trouble or "")
        return say("cli.trace.parked", id=one.id, kind=kind, to=one.destination, why=why)
    return say(
        "cli.trace.waits",
        id=one.id,
        kind=kind,
        to=one.destination,
        at=say.moment(one.due_at),
        tries=one.tries,
    )
