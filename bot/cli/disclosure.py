"""Commands about whose data are stored and who has seen them, and about what has been given out."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.command_errors import EXIT_NOT_STARTED, EXIT_PROBLEMS, stop
from bot.cli.stores import open_stores
from bot.domain.case import Case
from bot.domain.personal_disclosure import disclosure_table, erasure_text
from bot.export.case_file import BrokenCaseFile, read_case_file
from bot.export.csv_file import write_csv
from bot.export.person_archive import PersonArchive
from bot.store import Tx
from bot.store.retention import disclosures, persons
from bot.store.verification.case_file_proof import verify_record
from bot.store_opening import Stores, utc_now
from bot.text import Words
from bot.text.personnummer import with_century
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

commands = typer.Typer()

TEN, TWELVE = 10, 12
"""Digits of a personnummer without its century, and with it."""


@commands.command()
def seen(
    officer: Annotated[str, typer.Argument(help="The officer's key, mail address, or Slack user id.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")],
) -> None:
    """Print as CSV whose data an officer's account was shown, exported or mailed, as after a break-in."""
    if since > until:
        # A period without days must not be said to be one in which nothing was seen.
        raise typer.BadParameter("--from is after --until")
    with open_stores(read_only=True) as (stores, say):
        catalog = stores.catalog.current
        found = catalog.officer(officer) or catalog.officer_by_email(officer)
        key = (
            found.key
            if found is not None
            else stores.database.read_sync(lambda tx: disclosures.find_account_officer(tx, officer))
        )
        start, end = (
            datetime.combine(day, time.min, STOCKHOLM) for day in (since, until + timedelta(days=1))
        )
        listed = stores.database.read_sync(
            lambda tx: list(disclosures.list_disclosures(tx, key or officer, start, end))
        )
        sys.stdout.write(write_csv(disclosure_table(listed, catalog, say)))
    if not listed:
        # Who mistypes the account must not be told that it has seen nothing.
        text = say("cli.seen.none") if key is not None else say("cli.seen.unknown", account=officer)
        stop(text, EXIT_PROBLEMS)


@commands.command()
def person(
    mail: Annotated[str, typer.Option("--mail", help="A mail address of the person's.")] = "",
    number: Annotated[
        str,
        typer.Option(
            "--number",
            help="Their personnummer: twelve digits, or ten, with + for who turns 100 or more this year.",
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", help="Their name; confirm the cases by --case.")] = "",
    case: Annotated[
        list[str] | None, typer.Option("--case", help="A case number that is theirs; may be given again.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="The zip file to write.")] = None,
) -> None:
    """List the cases in which a person is, and what the rules allow to erase; with --to, write all of it to a file."""
    with open_stores(read_only=to is None) as (stores, say):
        found = stores.database.read_sync(
            lambda tx: persons.load_cases(tx, _find_person(tx, mail, number, name))
        )
        unknown = sorted({*(case or ())} - {one.number for one in found})
        if unknown:
            raise typer.BadParameter(f"the person is not in {', '.join(unknown)}")
        chosen = [one for one in found if not case or one.number in case]
        _print_person_cases(stores, chosen, say)
        if not chosen:
            stop(say("cli.person.none"), EXIT_PROBLEMS)
        if to is None:
            return
        if name and not case:
            stop(say("cli.person.confirm"), EXIT_NOT_STARTED)
        missing = _write_person(stores, [one.id for one in chosen], to, say)
        print(say("cli.person.written", n=len(chosen), file=to.name))
        for file in missing:
            print(say("cli.person.missing", file=file))


def _print_person_cases(stores: Stores, cases: Sequence[Case], say: Words) -> None:
    """Print each case with what the rules allow to erase."""
    today, catalog = local_day(utc_now()), stores.catalog.current
    for one in cases:
        service = catalog.service(one.service)
        title = service.name.in_(say.language) if service is not None else one.service
        print(f"{one.number} {title}: {erasure_text(one, catalog, today, say)}")


def _find_person(tx: Tx, mail: str, number: str, name: str) -> list[str]:
    """The ids of the cases in which the person is, by the one thing that is given. Raises BadParameter."""
    today, digits = local_day(utc_now()), "".join(letter for letter in number if letter.isdecimal())
    if len(digits) == TEN:
        digits = with_century(digits, today, is_hundred="+" in number) or ""
    if sum(map(bool, (mail, number, name))) != 1 or (number and len(digits) != TWELVE):
        raise typer.BadParameter("give one of --mail, --number (ten or twelve digits) and --name")
    if mail:
        return persons.find_by_mailbox(tx, mail)
    return persons.find_by_number(tx, digits, today) if number else persons.find_by_name(tx, name)


def _write_person(stores: Stores, case_ids: list[str], to: Path, say: Words) -> list[str]:
    """Write the archive. Returns the names of files whose bytes are gone. Each case has a reading."""
    opening, missing, now = f"person:{secrets.token_hex(8)}", [], utc_now()
    try:
        archive = PersonArchive(to, now)
    except FileExistsError:
        raise typer.BadParameter(f"{to.name} exists") from None
    archive.add_text("LÄS MIG.txt", say("person.readme"))
    for case_id in case_ids:
        found = stores.database.write_sync(
            partial(persons.collect, case_id=case_id, opening=opening, now=now)
        )
        missing += archive.add_case(found.case.number, found.data, found.files, stores.files.read)
    archive.close()
    return missing


@commands.command("case-file")
def case_file(
    file: Annotated[Path, typer.Argument(help="A case file (akt) that was fetched from the case page.")],
) -> None:
    """Verify a case file: its checksums, and that all it holds is what its log says. Changes nothing."""
    with open_stores(read_only=True) as (stores, say):
        try:
            with file.open("rb") as source:
                record = read_case_file(source)
        except FileNotFoundError:
            raise typer.BadParameter(f"{file.name} does not exist") from None
        except BrokenCaseFile as error:
            stop(say("cli.casefile.broken", path=error.path or file.name), EXIT_PROBLEMS)
        number = record.view.case.number
        findings = verify_record(record, stores.database.keys)
        if findings:
            lines = [say("cli.casefile.wrong", number=number), *(one.in_words(say) for one in findings)]
            stop("\n".join(lines), EXIT_PROBLEMS)
        print(say("cli.casefile.ok", number=number, documents=len(record.documents), events=len(record.log)))
