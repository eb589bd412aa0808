"""Commands that back up and restore."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import backup as backups
from bot.cli.command_errors import EXIT_PROBLEMS, stop
from bot.cli.stores import open_stores
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack import SlackClient
from bot.delivery.slack.lost_cards import LostCard, find_lost_cards, mark_lost_cards
from bot.domain.case_numbers import format_case_number
from bot.settings import RestoreSettings, Settings, load_settings
from bot.store import Database
from bot.store_opening import utc_now
from bot.text import Words, words
from bot.text.words import STOCKHOLM

commands = typer.Typer()


@commands.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The folder to write, which must not exist.")],
    verify_only: Annotated[
        bool, typer.Option("--verify", help="Look whether the backup in TARGET is as it was written.")
    ] = False,
) -> None:
    """Back up database, files, checkpoints and catalog to a folder, also while `serve` runs. The keys are not in it."""
    if verify_only:
        _verify_backup(target)
        return
    with open_stores(read_only=True) as (stores, say):
        manifest = backups.write_backup(stores.places, target, utc_now(), say.language)
    print(say("cli.backup.written", files=len(manifest.files), n=manifest.newest_event, folder=str(target)))
    _print_in_s3(manifest, say)
    print(say("cli.backup.keys"))


def _print_in_s3(manifest: backups.Manifest, say: Words) -> None:
    """Say how many files are not in the backup, where there are any, and who is to back them up."""
    if manifest.in_s3:
        print(say("cli.backup.in_s3", n=len(manifest.in_s3)))


def _verify_backup(target: Path) -> None:
    manifest, damages = backups.verify_backup(target)
    say = words(manifest.language)
    for damage in damages:
        print(say(f"cli.backup.{damage.what}", file=damage.path))
    print(
        say(
            "cli.backup.verified",
            at=say.moment(manifest.at),
            files=len(manifest.files),
            n=manifest.newest_event,
            found=len(damages),
        )
    )
    _print_in_s3(manifest, say)
    if damages:
        print(say("cli.backup.damaged"))
        raise typer.Exit(EXIT_PROBLEMS)


@commands.command()
def restore(
    target: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The backup's folder.")],
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="A newer copy of FILES_DIR/checkpoints than the backup's."
        ),
    ] = None,
    next_number: Annotated[
        str,
        typer.Option(
            help="The number of the next case, where you know which were issued, such as 2026-000500."
        ),
    ] = "",
) -> None:
    """Restore a backup to where the settings lead, if nothing is there yet. Sends nothing.

    Numbers that may have been given to cases after the backup are skipped.
    """
    settings = load_settings(RestoreSettings)
    database = Database(settings.database_url.get_secret_value(), settings.keys)
    try:
        places = backups.Places(database, settings.files_dir, settings.catalog)
        known = backups.KnownSince(checkpoints, _parse_number(next_number))
        restored = backups.restore_backup(target, places, utc_now(), known)
    finally:
        database.close()
    _print_restored(restored, are_checkpoints_known=checkpoints is not None)


@commands.command("lost-cards")
def lost_cards(
    since: Annotated[
        datetime,
        typer.Option("--since", formats=["%Y-%m-%d"], help="The day of the backup that was restored."),
    ],
    mark: Annotated[
        bool,
        typer.Option(
            "--mark", help="Let the cards say that their cases are lost, and take their buttons away."
        ),
    ] = False,
) -> None:
    """List cards in Slack whose cases the restored store does not know. Changes nothing without --mark."""
    settings = load_settings(Settings)
    with open_stores(read_only=True) as (stores, say):
        start = since.replace(tzinfo=STOCKHOLM)
        try:
            found = asyncio.run(_find_and_mark(settings, stores.database, start, say if mark else None))
        except (PermanentFailure, TemporaryFailure) as error:
            stop(say("cli.lostcards.slack", trouble=error.trouble), EXIT_PROBLEMS)
    for one in found:
        print(f"#{one.channel} {one.number} {one.link}")
    print(say("cli.lostcards.marked" if mark else "cli.lostcards.found", n=len(found)))


async def _find_and_mark(
    settings: Settings, database: Database, since: datetime, marking: Words | None
) -> list[LostCard]:
    """The lost cards, which are marked in the words that are given."""
    async with SlackClient(settings.slack_bot_token.get_secret_value(), settings.slack_api_url) as slack:
        found = await find_lost_cards(slack, database, since)
        if marking is not None:
            await mark_lost_cards(slack, found, marking)
        return found


def _parse_number(typed: str) -> tuple[int, int] | None:
    """The year and the running number; None where none is given. Raises BadParameter."""
    if not typed:
        return None
    year, _, running = typed.partition("-")
    if not (year.isdecimal() and len(year) == 4 and running.isdecimal()):
        raise typer.BadParameter("--next-number looks like 2026-000500")
    return int(year), int(running)


def _print_restored(restored: backups.Restored, are_checkpoints_known: bool) -> None:
    manifest, lost = restored.manifest, restored.rollback
    say = words(manifest.language)
    print(say("cli.restored", at=say.moment(manifest.at), n=manifest.newest_event))
    for one in restored.skipped:
        first, last, then = (
            format_case_number(one.year, number) for number in (one.first, one.last, one.last + 1)
        )
        print(say("cli.restored.skipped", first=first, last=last, next=then))
    if lost is not None:
        at = say.moment(lost.checkpoint_at)
        print(say("cli.restored.rollback", at=at, missing=lost.missing, behind=lost.behind))
    if manifest.in_s3:
        print(say("cli.restored.in_s3", n=len(manifest.in_s3)))
    if restored.parked:
        print(say("cli.restored.mails", n=restored.parked))
    print(say("cli.restored.next"))
    if not are_checkpoints_known:
        print(say("cli.restored.checkpoints"))
