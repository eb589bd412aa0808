"""Commands that back up and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import app as program
from bot import backup as backups
from bot.cli.stores import EXIT_PROBLEMS, open_stores
from bot.domain.case_numbers import format_case_number
from bot.settings import RestoreSettings, load_settings
from bot.store import Database
from bot.text import words

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
        places = backups.Places(stores.database, stores.settings.files_dir, stores.settings.catalog)
        manifest = backups.write_backup(places, target, program.now(), say.language)
    print(say("cli.backup.written", files=len(manifest.files), n=manifest.newest_event, folder=str(target)))
    print(say("cli.backup.keys"))


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
        restored = backups.restore_backup(target, places, program.now(), known)
    finally:
        database.close()
    _print_restored(restored)


def _parse_number(typed: str) -> tuple[int, int] | None:
    """The year and the running number; None where none is given. Raises BadParameter."""
    if not typed:
        return None
    year, _, running = typed.partition("-")
    if not (year.isdecimal() and len(year) == 4 and running.isdecimal()):
        raise typer.BadParameter("--next-number looks like 2026-000500")
    return int(year), int(running)


def _print_restored(restored: backups.Restored) -> None:
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
    if restored.parked:
        print(say("cli.restored.mails", n=restored.parked))
    print(say("cli.restored.next"))
