"""Commands about where the files of cases are."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import typer

from bot.cli.command_errors import EXIT_NOT_STARTED, EXIT_PROBLEMS, stop
from bot.cli.stores import open_stores
from bot.store import Database
from bot.store.files import attachments
from bot.store.files.moving import PAGE_SIZE, FileCounts, move_files, verify_files
from bot.store.files.orphans import find_orphans
from bot.store.files.s3_files import S3FileStore
from bot.text import Words

commands = typer.Typer(no_args_is_help=True, help="Where the files of cases are: in the folder, or in S3.")


@commands.command()
def move(
    to: Annotated[
        Literal["folder", "s3"],
        typer.Option("--to", help="Where they are to be, as FILES_IN says of new ones."),
    ],
) -> None:
    """Move all files to S3 or to the folder, also while `serve` runs. When run again it goes on."""
    with open_stores(read_only=True) as (stores, say):
        files = stores.files
        if not isinstance(files, S3FileStore):
            stop(say("cli.files.none"), EXIT_NOT_STARTED)
        if stores.settings.files_in != to:
            stop(say("cli.files.first", to=to), EXIT_NOT_STARTED)
        counts = move_files(stores.database, files, to)
        facts = {"n": counts.count("moved"), "there": counts.count("there"), "gone": counts.count("disposed")}
        print(say("cli.files.moved", **facts))
        print_troubled(counts, stores.database, say)


@commands.command()
def verify() -> None:
    """Read every file, wherever it is, and compare it with the checksum in the database."""
    with open_stores(read_only=True) as (stores, say):
        counts = verify_files(stores.database, stores.files)
        print(say("cli.files.verified", n=counts.count("there"), found=len(counts.troubled)))
        print_troubled(counts, stores.database, say)


@commands.command()
def orphans(
    removes: Annotated[
        bool, typer.Option("--remove", help="Remove them. Nobody but a newer backup knows them any more.")
    ] = False,
) -> None:
    """List the files in S3 that no case has, as a restore leaves those that came after its backup."""
    with open_stores(read_only=True) as (stores, say):
        files = stores.files
        if not isinstance(files, S3FileStore):
            stop(say("cli.files.none"), EXIT_NOT_STARTED)
        found = 0
        for file_id, written_at in find_orphans(stores.database, files):
            found += 1
            print(say("cli.files.orphan", file=file_id, time=say.moment(written_at)))
            if removes:
                files.storage.remove(file_id)
        print(say("cli.files.removed" if removes else "cli.files.orphans", n=found))
    if found and not removes:
        raise typer.Exit(EXIT_PROBLEMS)


def print_troubled(counts: FileCounts, database: Database, say: Words) -> None:
    """Name the files that are missing or damaged, with their cases, and end with the exit code for it."""
    for begin in range(0, len(counts.troubled), PAGE_SIZE):
        page = counts.troubled[begin : begin + PAGE_SIZE]
        ids = [file_id for _, file_id in page]
        numbers = database.read_sync(partial(attachments.load_case_numbers, file_ids=ids))
        for fate, file_id in page:
            case = " " + say("cli.files.case", number=numbers[file_id]) if file_id in numbers else ""
            print(say(f"cli.files.{fate}", file=file_id) + case)
    if counts.troubled:
        raise typer.Exit(EXIT_PROBLEMS)
