"""Commands that back up and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import app as program
from bot import backup as backups
from bot.cli.stores import EXIT_PROBLEMS, open_stores
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
) -> None:
    """Restore a backup to where the settings lead, if nothing is there yet. Sends nothing."""
    settings = load_settings(RestoreSettings)
    database = Database(settings.database_url.get_secret_value(), settings.keys)
    try:
        places = backups.Places(database, settings.files_dir, settings.catalog)
        manifest, parked = backups.restore_backup(target, places)
    finally:
        database.close()
    say = words(manifest.language)
    print(say("cli.restored", at=say.moment(manifest.at), n=manifest.newest_event))
    if parked:
        print(say("cli.restored.mails", n=parked))
