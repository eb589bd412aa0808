"""Commands that prove the log."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from bot import app as program
from bot.cli.stores import EXIT_NOT_STARTED, EXIT_PROBLEMS, open_stores, stop
from bot.settings import StoreSettings, load_settings
from bot.store.verification import proof

commands = typer.Typer(no_args_is_help=True, help="The log of what happened to every case.")


@commands.command()
def verify(
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the last was stopped.")] = False,
    processes: Annotated[int, typer.Option(min=1, help="How many processes work on it.")] = os.cpu_count()
    or 1,
) -> None:
    """Prove that nothing in the log was changed, removed, inserted or rolled back."""
    folder = load_settings(StoreSettings).files_dir / "checkpoints"
    with open_stores(read_only=True) as (stores, say):
        try:
            report = proof.verify_in_parts(stores.database, folder, processes=processes, resume=resume)
        except KeyboardInterrupt:
            stop(say("cli.verify.stopped"), EXIT_NOT_STARTED)
        for finding in report.findings:
            print(finding.in_words(say))
        finding_count = len(report.findings) + report.hidden_count
        print(say("cli.verified", cases=report.cases, events=report.events, found=finding_count))
        checkpoint_at = report.checkpoint_at
        print(
            say("cli.verified.against", at=say.moment(checkpoint_at))
            if checkpoint_at
            else say("cli.verified.alone")
        )
    if report.findings:
        raise typer.Exit(EXIT_PROBLEMS)


@commands.command()
def checkpoint() -> None:
    """Write the heads of all chains outside the database, now. The clock does so every night."""
    settings = load_settings(StoreSettings)
    with open_stores(read_only=True) as (stores, say):
        folder, now = settings.files_dir / "checkpoints", program.now()
        proof.write_checkpoint(stores.database, folder, now)
        print(say("cli.checkpoint"))
