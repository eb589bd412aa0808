"""Commands that prove the log."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated

import typer

from bot.cli.command_errors import EXIT_NOT_STARTED, EXIT_PROBLEMS, stop
from bot.cli.stores import open_stores
from bot.domain.case_numbers import format_case_number
from bot.settings import StoreSettings, load_settings
from bot.store.verification import acknowledgements, proof
from bot.store.verification.acknowledgements import Acknowledgement
from bot.store_opening import utc_now
from bot.text import Words

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
        _print_explained(report, say)
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


def _print_explained(report: proof.Report, say: Words) -> None:
    """Print what is lost and explained, and by whom: it is never silent."""
    for one in report.acknowledgements:
        print(_explanation(one, say))
        for numbers in one.skipped:
            first, last = (
                format_case_number(numbers.year, number) for number in (numbers.first, numbers.last)
            )
            print("  " + say("proof.skipped", first=first, last=last))
    for finding in report.explained:
        print(f"  {finding.in_words(say)}")


def _explanation(one: Acknowledgement, say: Words) -> str:
    """Who has explained a loss and why; of a restore, which alone skips numbers, the time of its backup."""
    if one.skipped:
        return say(
            "proof.restored", at=say.moment(one.at), backup=say.moment(datetime.fromisoformat(one.why))
        )
    return say("proof.explained", at=say.moment(one.at), by=one.by, why=one.why)


@commands.command()
def acknowledge(
    by: Annotated[str, typer.Option(help="Who explains it: your name.")],
    why: Annotated[str, typer.Option(help="Why it is lost, such as the restore of which backup.")],
) -> None:
    """Explain what `log verify` says is lost, so that only further losses count as problems. It is still printed.

    Only what checkpoints know and the store no longer has can be explained, as after the restore of an older backup.
    Run `log verify` first: all that it tells of losses is acknowledged.
    """
    if not by.strip() or not why.strip():
        raise typer.BadParameter("--by and --why must not be empty")
    folder = load_settings(StoreSettings).files_dir / "checkpoints"
    with open_stores(read_only=True) as (stores, say):
        report = proof.verify_in_parts(stores.database, folder, processes=1)
        if not report.losses:
            stop(say("proof.nothing_lost"), EXIT_PROBLEMS)
        for finding in report.findings:
            print(finding.in_words(say))
        explained = Acknowledgement(utc_now(), by.strip(), why.strip(), report.losses)
        acknowledgements.append(folder, stores.database.keys, explained)
        left = proof.verify_in_parts(stores.database, folder, processes=1)
        print(say("proof.acknowledged", n=len(report.losses), left=len(left.findings) + left.hidden_count))
    if left.findings:
        raise typer.Exit(EXIT_PROBLEMS)


@commands.command()
def checkpoint() -> None:
    """Write the heads of all chains outside the database, now. The clock does so every night."""
    settings = load_settings(StoreSettings)
    with open_stores(read_only=True) as (stores, say):
        folder, now = settings.files_dir / "checkpoints", utc_now()
        proof.write_checkpoint(stores.database, folder, now)
        print(say("cli.checkpoint"))
