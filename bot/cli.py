"""The command line: python -m bot."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from bot import app as program
from bot import backup as backups
from bot.catalog import Catalog, CatalogError, load
from bot.catalog.files.schema import SCHEMA_COMMENTS, write_schemas
from bot.doctor import DoctorDependencies, run_checks
from bot.doctor.store import find_lost_services
from bot.domain.catalog_changes import CatalogChanges, OpenCases
from bot.domain.personal_disclosure import disclosure_table, erasure_text
from bot.domain.retention_plan import RulePlan, plan_state, protocol_table, rule_text
from bot.export.case_file import BrokenCaseFile, read_case_file
from bot.export.csv_text import write_csv
from bot.export.person_archive import PersonArchive
from bot.installation import AlreadyInstalled, create_installation
from bot.intake import open_eplatform
from bot.serving import PortUnavailable, configure_logging
from bot.settings import InvalidSettings, RestoreSettings, Settings, StoreSettings, load_settings
from bot.store import Database, DatabaseBusy, DatabaseUnreachable, DiskFull, Tx
from bot.store.cases import indexing, lookalikes, system_queries
from bot.store.cases.failed_imports import FailedImport
from bot.store.engine import migrate
from bot.store.engine.sole_use import DatabaseInUse
from bot.store.figures import counting
from bot.store.outbox import deliveries as outbox
from bot.store.retention import disclosures, persons, rules
from bot.store.retention import protocol as protocols
from bot.store.verification import proof
from bot.store.verification.case_file_proof import verify_record
from bot.store.verification.checkpoints import find_last_event
from bot.text import Words, words
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Ärendebot."
)
log_cli = typer.Typer(no_args_is_help=True, help="The log of what happened to every case.")
catalog_cli = typer.Typer(no_args_is_help=True, help="The catalog: e-services, officers and groups.")
keys_cli = typer.Typer(no_args_is_help=True, help="The key that signs what browsers hold.")
cli.add_typer(log_cli, name="log")
cli.add_typer(keys_cli, name="keys")
cli.add_typer(catalog_cli, name="catalog")

T = TypeVar("T")

CatalogFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalog's folder.")]
DocumentPaths = Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of them.")]

STATE_SYMBOLS = {"ok": "✓", "note": "–", "problem": "✗"}

EXIT_PROBLEMS, EXIT_NOT_STARTED = 1, 2
"""Exit codes: something was found wrong, and the program could not be started as asked."""

MENDABLE = (
    AlreadyInstalled,
    InvalidSettings,
    CatalogError,
    program.DatabaseOutdated,
    migrate.DatabaseNewer,
    PortUnavailable,
    DatabaseInUse,
    DatabaseUnreachable,
    backups.BackupRefused,
    backups.CopyRefused,
)
"""Errors that keep the program from starting, and whose own text says what to do about them."""

PRIVATE_UMASK = 0o077
"""Files and folders that the program creates are for its own user alone, whichever library creates them."""


def main() -> None:
    """Run the command; errors that the operator can mend are printed without a traceback."""
    os.umask(PRIVATE_UMASK)
    gc.freeze()  # what the imports made lives as long as the program, and is not to be examined again and again
    configure_logging(sys.stderr)
    try:
        cli()
    except MENDABLE as error:
        _stop(str(error), EXIT_NOT_STARTED)
    except DiskFull:
        _stop(
            "The disk is full, or has less left free than LOW_DISK_MB. Make room, and do it again: what is done "
            "already is left as it is.",
            EXIT_NOT_STARTED,
        )
    except DatabaseBusy:
        _stop(
            "The database is locked by another process. Nothing was changed. Try again in a moment.",
            EXIT_NOT_STARTED,
        )


def _stop(text: str, code: int) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(code)


@contextmanager
def _open_stores(*, read_only: bool = False) -> Iterator[tuple[program.Stores, Words]]:
    """The stores, and the words of the municipality's language."""
    stores = program.open_stores(load_settings(StoreSettings), read_only=read_only)
    try:
        yield stores, words(stores.catalog.current.municipality.language)
    finally:
        stores.database.close()


@cli.command()
def init(folder: Annotated[Path, typer.Argument(file_okay=False, help="Where it is to run.")]) -> None:
    """Write `.env` with fresh keys and a first catalog into a folder, and say the next step."""
    create_installation(folder)
    print(words("sv")("cli.init", folder=folder))


@cli.command()
def serve() -> None:
    """Run the program: web pages, Slack, mail and the clock."""
    program.serve(load_settings(Settings))


@cli.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to this version's tables and search index. `serve` does so by itself."""
    with _open_stores() as (stores, say):
        before = indexing.FROM_NEWEST
        while before:
            before = stores.database.write_sync(partial(indexing.index_batch, before=before)).next_before
        current = migrate.is_current(stores.database)
        print(say("cli.migrated" if current else "cli.notmigrated"))


@cli.command()
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
    with _open_stores(read_only=True) as (stores, say):
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
        raise typer.Exit(EXIT_PROBLEMS)


@cli.command()
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


@cli.command()
def mailboxes() -> None:
    """List the cases whose applicants' addresses are confusingly alike, by number. Changes nothing."""
    with _open_stores(read_only=True) as (stores, say):
        found = stores.database.read_sync(lookalikes.groups)
        for group in found:
            numbers = " / ".join(say.list(mailbox) for mailbox in group.numbers)
            print(say("cli.mailboxes.joined" if group.joined else "cli.mailboxes.parted", numbers=numbers))
        if not found:
            print(say("cli.mailboxes.none"))


@cli.command()
def doctor() -> None:
    """Look whether all is set up: database, Slack, channels, officers, mail. Changes nothing."""
    deps = program.create_doctor_dependencies(load_settings(Settings))
    say = words(deps.catalog.municipality.language)
    try:
        problem_count = asyncio.run(_examine(deps, say))
    finally:
        deps.database.close()
    print(say("doctor.wrong", n=problem_count) if problem_count else say("doctor.well"))
    if problem_count:
        raise typer.Exit(EXIT_PROBLEMS)


async def _examine(deps: DoctorDependencies, say: Words) -> int:
    """Print each finding as soon as it is made. Returns the number of problems."""
    problem_count = 0
    async with deps.slack:
        async for part, findings in run_checks(deps):
            print(say(f"doctor.part.{part}"))
            for finding in findings:
                print(f"  {STATE_SYMBOLS[finding.severity]} {finding.in_words(say)}")
                problem_count += finding.severity == "problem"
    return problem_count


@catalog_cli.command()
def check(folder: CatalogFolder) -> None:
    """Read a catalog and tell all that is wrong with it, with file, line and key."""
    try:
        catalog = load(folder)
    except CatalogError as error:
        _stop(str(error), EXIT_PROBLEMS)
    say = words(catalog.municipality.language)
    print(
        say("cli.catalogright", services=len(catalog.services), officers=len(catalog.municipality.officers))
    )
    lost = _ask_database(lambda database: find_lost_services(database, catalog))
    if lost is None:
        print(say("cli.catalogalone"))
    for finding in lost or ():
        print(finding.in_words(say))
    if lost:
        raise typer.Exit(EXIT_PROBLEMS)


@catalog_cli.command()
def diff(old: CatalogFolder, new: CatalogFolder) -> None:
    """Tell what a change of the catalog does to open cases, templates, access and channels. Changes nothing."""
    before, after = _load_named(old), _load_named(new)
    say = words(after.municipality.language)
    cases = _ask_database(lambda database: database.read_sync(system_queries.count_open))
    changes = CatalogChanges(before, after, cases or OpenCases(), local_day(program.now()), say)
    print("\n".join(changes.lines()) or say("cli.diff.none"))
    if cases is None:
        print(say("cli.catalogalone"))


def _load_named(folder: Path) -> Catalog:
    """The catalog of a folder, which is named where the catalog is wrong."""
    try:
        return load(folder)
    except CatalogError as error:
        _stop(f"{folder}: {error}", EXIT_PROBLEMS)


def _ask_database(ask: Callable[[Database], T]) -> T | None:
    """The answer from the database of the settings; None where they lead to no database in use."""
    try:
        settings = load_settings(StoreSettings)
    except InvalidSettings:
        return None
    database = Database(settings.database_url.get_secret_value(), settings.keys)
    try:
        known = database.exists() and migrate.is_current(database)
        return ask(database) if known else None
    except DatabaseUnreachable:
        return None
    finally:
        database.close()


@catalog_cli.command()
def schema(folder: CatalogFolder) -> None:
    """Write the JSON Schemas into a catalog's folder, by which editors complete and underline."""
    names = write_schemas(folder)
    say = words("sv")
    print(say("cli.catalog.schema", files=say.list(names)))
    print("\n".join(SCHEMA_COMMENTS))


@cli.command(name="import")
def import_(
    paths: DocumentPaths = None,
    platform: Annotated[
        str | None,
        typer.Option("--platform", metavar="NAME", help="The platform, by its name in the catalog."),
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help="Post no cards and send no mail.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="List what could not be opened, and why.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take PATHS off that list.")] = False,
) -> None:
    """Open a case for each of Open ePlatform's documents, once however often it is run."""
    if not paths and (forget or not failed):
        raise typer.BadParameter("name files or folders, or ask for --failed")
    with _open_stores(read_only=not paths) as (stores, say):
        deps = stores.intake_dependencies()
        if forget:
            print(say("cli.forgotten", n=asyncio.run(open_eplatform.forget_failed(deps, paths or []))))
            return
        if paths:
            failures = _import(deps, paths, platform, silent, say)
        else:
            failures = asyncio.run(open_eplatform.list_failed(deps))
            print(say("cli.nofailures") if not failures else "", end="\n" if not failures else "")
        for failure in failures:
            print(f"{failure.place}: {failure.in_words(say)}")
    if failures:
        raise typer.Exit(EXIT_PROBLEMS)


def _import(
    deps: program.IntakeDependencies, paths: list[Path], platform: str | None, silent: bool, say: Words
) -> list[FailedImport]:
    """Import, print how many, and return the failures, which are printed by file."""
    try:
        done = asyncio.run(open_eplatform.import_documents(deps, paths, platform=platform, silent=silent))
    except open_eplatform.UnknownPlatform as unknown:
        names = ", ".join(unknown.names) or "none"
        raise typer.BadParameter(f"--platform must be one of the catalog's: {names}") from None
    print(say("cli.imported", opened=done.opened, known=done.known, failed=len(done.failed)))
    if done.uncompared:
        print(say("cli.uncompared", n=done.uncompared))
    if done.skipped:
        print(say("cli.skipped", n=done.skipped))
    return [*done.failed, *done.incomplete]


@log_cli.command()
def verify(
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the last was stopped.")] = False,
    processes: Annotated[int, typer.Option(min=1, help="How many processes work on it.")] = os.cpu_count()
    or 1,
) -> None:
    """Prove that nothing in the log was changed, removed, inserted or rolled back."""
    folder = load_settings(StoreSettings).files_dir / "checkpoints"
    with _open_stores(read_only=True) as (stores, say):
        try:
            report = proof.verify_in_parts(stores.database, folder, processes=processes, resume=resume)
        except KeyboardInterrupt:
            _stop(say("cli.verify.stopped"), EXIT_NOT_STARTED)
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


@log_cli.command()
def checkpoint() -> None:
    """Write the heads of all chains outside the database, now. The clock does so every night."""
    settings = load_settings(StoreSettings)
    with _open_stores(read_only=True) as (stores, say):
        folder, now = settings.files_dir / "checkpoints", program.now()
        proof.write_checkpoint(stores.database, folder, now)
        print(say("cli.checkpoint"))


@cli.command()
def figures(
    recount: Annotated[bool, typer.Option("--recount", help="Begin with the first event.")] = False,
) -> None:
    """Count what is new in the log for the coordinators' statistics, now. `serve` does so every five minutes."""
    with _open_stores() as (stores, say):
        database, now = stores.database, program.now()
        if recount:
            database.write_sync(counting.forget_state)
        end = database.read_sync(find_last_event)
        while part := database.read_sync(partial(counting.prepare_part, end=end, now=now)):
            database.write_sync(partial(counting.save_part, part=part))
        while prepared := database.read_sync(partial(counting.prepare_sums, today=local_day(now))):
            database.write_sync(partial(counting.save_sums, prepared=prepared))
        print(say("cli.figures"))


@keys_cli.command()
def rotate(
    leaked: Annotated[bool, typer.Option("--leaked", help="Accept nothing more of the old key.")] = False,
) -> None:
    """Make a new WEB_KEY, and say what to set. Changes nothing; SECRET_KEY, which seals the log, stays."""
    settings = load_settings(StoreSettings)
    say = words(load(settings.catalog).municipality.language)
    print(f"WEB_KEY={secrets.token_urlsafe(48)}")
    if leaked:
        print(say("cli.keys.leaked"))
        return
    print(f"WEB_KEY_PREVIOUS={(settings.web_key or settings.secret_key).get_secret_value()}")
    print(say("cli.keys.rotated"))


@cli.command()
def retention(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="List each e-service's rule, and what it would dispose of tonight."),
    ] = False,
    protocol: Annotated[
        bool,
        typer.Option("--protocol", help="Print the protocol of a run as CSV: the last, or that of --day."),
    ] = False,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="The day of the protocol's run.")
    ] = None,
) -> None:
    """Show what retention will do, and what it has done. Changes nothing; the clock does it, at night."""
    if dry_run == protocol:
        raise typer.BadParameter("ask for --dry-run or for --protocol")
    with _open_stores(read_only=True) as (stores, say):
        catalog = stores.catalog.current
        if dry_run:
            today = local_day(program.now())
            _print_plans(
                stores.database.read_sync(lambda tx: rules.load_plans(tx, catalog, today)), catalog, say
            )
            return
        run = day.date() if day is not None else stores.database.read_sync(protocols.find_last_run)
        _print_protocol(stores, run, say)


def _print_plans(plans: list[RulePlan], catalog: Catalog, say: Words) -> None:
    columns = ("service", "rule", "state", "listed", "due", "held")
    table = Table(*(say(f"cli.retention.{column}") for column in columns))
    for plan in plans:
        counts = (plan.listed, plan.due, plan.held)
        name, rule = plan.service.name.in_(say.language), rule_text(plan.service.retention, say)
        table.add_row(name, rule, plan_state(plan, catalog, say), *(str(count) for count in counts))
    Console(width=max(Console().width, 160)).print(table)


def _print_protocol(stores: program.Stores, run: date | None, say: Words) -> None:
    """Print the protocol as CSV, to be kept in a file."""
    catalog = stores.catalog.current
    lines = (
        stores.database.read_sync(lambda tx: protocols.load_lines(tx, run, None)) if run is not None else []
    )
    if not lines:
        _stop(say("cli.retention.none"), EXIT_PROBLEMS)
    sys.stdout.write(write_csv(protocol_table(lines, catalog, say)))


@cli.command()
def seen(
    officer: Annotated[str, typer.Argument(help="The officer's key, mail address, or Slack user id.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")],
) -> None:
    """Print as CSV whose data an officer's account was shown, exported or mailed, as after a break-in."""
    with _open_stores(read_only=True) as (stores, say):
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
        _stop(say("cli.seen.none"), EXIT_PROBLEMS)


@cli.command()
def person(
    mail: Annotated[str, typer.Option("--mail", help="A mail address of the person's.")] = "",
    number: Annotated[str, typer.Option("--number", help="Their personnummer.")] = "",
    name: Annotated[str, typer.Option("--name", help="Their name; confirm the cases by --case.")] = "",
    case: Annotated[
        list[str] | None, typer.Option("--case", help="A case number that is theirs; may be given again.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="The zip file to write.")] = None,
) -> None:
    """List the cases in which a person is, and what the rules allow to erase; with --to, write all of it to a file."""
    with _open_stores(read_only=to is None) as (stores, say):
        found = stores.database.read_sync(
            lambda tx: persons.load_cases(tx, _find_person(tx, mail, number, name))
        )
        chosen = [one for one in found if not case or one.number in case]
        today, catalog = local_day(program.now()), stores.catalog.current
        for one in chosen:
            service = catalog.service(one.service)
            title = service.name.in_(say.language) if service is not None else one.service
            print(f"{one.number} {title}: {erasure_text(one, catalog, today, say)}")
        if not chosen:
            _stop(say("cli.person.none"), EXIT_PROBLEMS)
        if to is None:
            return
        if name and not case:
            _stop(say("cli.person.confirm"), EXIT_NOT_STARTED)
        missing = _write_person(stores, [one.id for one in chosen], to, say)
        print(say("cli.person.written", n=len(chosen), file=to.name))
        for file in missing:
            print(say("cli.person.missing", file=file))


def _find_person(tx: Tx, mail: str, number: str, name: str) -> list[str]:
    """The ids of the cases in which the person is, by the one thing that is given. Raises BadParameter."""
    digits = "".join(letter for letter in number if letter.isdecimal())[-10:]
    if sum(map(bool, (mail, number, name))) != 1 or (number and len(digits) != 10):
        raise typer.BadParameter("give one of --mail, --number (ten or twelve digits) and --name")
    if mail:
        return persons.find_by_mailbox(tx, mail)
    return persons.find_by_number(tx, digits) if number else persons.find_by_name(tx, name)


def _write_person(stores: program.Stores, case_ids: list[str], to: Path, say: Words) -> list[str]:
    """Write the archive. Returns the names of files whose bytes are gone. Each case has a reading."""
    opening, missing = f"person:{secrets.token_hex(8)}", []
    try:
        archive = PersonArchive(to)
    except FileExistsError:
        raise typer.BadParameter(f"{to.name} exists") from None
    archive.add_text("LÄS MIG.txt", say("person.readme"))
    for case_id in case_ids:
        found = stores.database.write_sync(
            partial(persons.collect, case_id=case_id, opening=opening, now=program.now())
        )
        missing += archive.add_case(found.case.number, found.data, found.files, stores.files.read)
    archive.close()
    return missing


@cli.command("case-file")
def case_file(
    file: Annotated[Path, typer.Argument(help="A case file (akt) that was fetched from the case page.")],
) -> None:
    """Verify a case file: its checksums, and that all it holds is what its log says. Changes nothing."""
    with _open_stores(read_only=True) as (stores, say):
        try:
            with file.open("rb") as source:
                record = read_case_file(source)
        except FileNotFoundError:
            raise typer.BadParameter(f"{file.name} does not exist") from None
        except BrokenCaseFile as error:
            _stop(say("cli.casefile.broken", path=error.path or file.name), EXIT_PROBLEMS)
        number = record.view.case.number
        findings = verify_record(record, stores.database.keys)
        if findings:
            lines = [say("cli.casefile.wrong", number=number), *(one.in_words(say) for one in findings)]
            _stop("\n".join(lines), EXIT_PROBLEMS)
        print(say("cli.casefile.ok", number=number, documents=len(record.documents), events=len(record.log)))


@cli.command()
def deliveries(
    retry: Annotated[bool, typer.Option("--retry", help="Send what is parked again.")] = False,
) -> None:
    """List what could not be delivered, why, and what to do."""
    with _open_stores(read_only=not retry) as (stores, say):
        parked = stores.database.read_sync(outbox.list_parked)
        numbers = stores.database.read_sync(
            lambda tx: system_queries.load_numbers(tx, [row[3] for row in parked])
        )
        if parked:
            _print_parked(parked, numbers, say)
        else:
            print(say("cli.noparked"))
        if retry and parked:
            retried = stores.database.write_sync(lambda tx: outbox.unpark(tx, program.now()))
            print(say("cli.retried", n=retried))


def _print_parked(parked: list[tuple[int, str, str, str, str]], numbers: dict[str, str], say: Words) -> None:
    table = Table(*(say(f"cli.parked.{column}") for column in ("case", "what", "why")))
    for _, kind, _, case_id, trouble in parked:
        key = f"trouble.{trouble}"
        reason = say(key) if say.has(key) else say("trouble.other", trouble=trouble)
        table.add_row(numbers.get(case_id, ""), say(f"cli.kind.{kind}"), reason)
    Console().print(table)
