"""Commands about the catalog."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import structlog
import typer

from bot.catalog import Catalog, CatalogError, load
from bot.catalog.base import is_key
from bot.catalog.files.new_service import ServiceExists, write_service
from bot.catalog.files.schema import SCHEMA_COMMENTS, write_schemas
from bot.cli.command_errors import EXIT_NOT_STARTED, EXIT_PROBLEMS, stop
from bot.cli.new_service import ask_service
from bot.doctor.officers import find_unopenable
from bot.doctor.store import find_lost_services
from bot.domain.catalog_changes import CatalogChanges, OpenCases
from bot.setting_faults import InvalidSettings
from bot.settings import StoreSettings, load_settings
from bot.store import Database, DatabaseUnreachable
from bot.store.cases import system_queries
from bot.store.engine import migrate
from bot.store_opening import utc_now
from bot.text import words
from bot.text.working_days import local_day

commands = typer.Typer(no_args_is_help=True, help="The catalog: e-services, officers and groups.")

CatalogFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalog's folder.")]

CatalogInUse = Annotated[
    Path | None,
    typer.Argument(
        exists=True, file_okay=False, help="The catalog's folder; left out, `CATALOG` of the settings."
    ),
]

T = TypeVar("T")


@commands.command()
def check(folder: CatalogInUse = None) -> None:
    """Read a catalog and tell all that is wrong with it, with file, line and key."""
    try:
        catalog = load(folder or load_settings(StoreSettings).catalog)
    except CatalogError as error:
        stop(str(error), EXIT_PROBLEMS)
    say = words(catalog.municipality.language)
    print(
        say("cli.catalogright", services=len(catalog.services), officers=len(catalog.municipality.officers))
    )
    for finding in find_unopenable(catalog):
        print(finding.in_words(say))
    lost = _ask_database(lambda database: find_lost_services(database, catalog))
    if lost is None:
        print(say("cli.catalogalone"))
    for finding in lost or ():
        print(finding.in_words(say))
    if lost:
        raise typer.Exit(EXIT_PROBLEMS)


@commands.command()
def diff(old: CatalogFolder, new: CatalogFolder) -> None:
    """Tell what a change of the catalog does to open cases, templates, access and channels. Changes nothing."""
    before, after = _load_named(old), _load_named(new)
    say = words(after.municipality.language)
    cases = _ask_database(lambda database: database.read_sync(system_queries.count_open))
    changes = CatalogChanges(before, after, cases or OpenCases(), local_day(utc_now()), say)
    print("\n".join(changes.lines()) or say("cli.diff.none"))
    if cases is None:
        print(say("cli.catalogalone"))


@commands.command()
def new(
    folder: CatalogFolder,
    key: Annotated[str, typer.Argument(help="The e-service's key, such as bygglov: a-z, digits, - and _.")],
) -> None:
    """Make a new e-service by a few questions. What is there already is not changed."""
    catalog = _load_named(folder)
    say = words(catalog.municipality.language)
    if not is_key(key):
        stop(say("cli.new.key", key=key), EXIT_NOT_STARTED)
    if key in catalog.services or not catalog.municipality.groups:
        stop(say("cli.new.exists" if key in catalog.services else "cli.new.nogroup", key=key), EXIT_PROBLEMS)
    try:
        path = write_service(folder, ask_service(key, catalog, say))
    except ServiceExists:
        stop(say("cli.new.exists", key=key), EXIT_PROBLEMS)
    except CatalogError as error:
        stop(str(error), EXIT_PROBLEMS)
    print(say("cli.new.written", path=path, folder=folder, key=key))


@commands.command()
def preview(
    folder: CatalogFolder,
    key: Annotated[str, typer.Argument(help="The e-service's key.")],
    port: Annotated[int, typer.Option(help="Where the page is, on this computer only.")] = 8010,
) -> None:
    """Draw an e-service's card, modal, form and mails in the browser, with an example. Starts nothing else."""
    # Imported here: the web server and the pages take more time than any other command of this module.
    import uvicorn  # noqa: PLC0415

    from bot.preview.app import HOST, Preview  # noqa: PLC0415
    from bot.serving import open_listener  # noqa: PLC0415

    say = words(_preview_language(folder))
    with tempfile.TemporaryDirectory() as scratch, open_listener(HOST, port) as listener:
        # Each drawing opens a case, which is logged as an event: here that is no news to anyone.
        quiet = {"wrapper_class": structlog.make_filtering_bound_logger(logging.ERROR)}
        structlog.configure(**(structlog.get_config() | quiet))
        shown = Preview(folder, key, Path(scratch))
        print(say("preview.serving", url=f"http://{HOST}:{port}/"), flush=True)
        try:
            uvicorn.Server(uvicorn.Config(shown.app, log_level="error")).run(sockets=[listener])
        finally:
            shown.database.close()


def _preview_language(folder: Path) -> str:
    """The municipality's language; a faulty catalog is told of in the page."""
    try:
        return load(folder).municipality.language
    except CatalogError as error:
        return error.language


def _load_named(folder: Path) -> Catalog:
    """The catalog of a folder, which is named where the catalog is wrong."""
    try:
        return load(folder)
    except CatalogError as error:
        stop(f"{folder}: {error}", EXIT_PROBLEMS)


def _ask_database(ask: Callable[[Database], T]) -> T | None:
    """The answer from the database of the settings; None where they lead to none in use. Raises DatabaseNewer."""
    try:
        settings = load_settings(StoreSettings)
    except InvalidSettings:
        return None
    database = Database(settings.database_url.get_secret_value(), settings.keys)
    try:
        if not database.exists():
            return None
        migrate.refuse_newer(database)
        return ask(database) if migrate.is_current(database) else None
    except DatabaseUnreachable:
        return None
    finally:
        database.close()


@commands.command()
def schema(folder: CatalogFolder) -> None:
    """Write the JSON Schemas into a catalog's folder, by which editors complete and underline."""
    names = write_schemas(folder)
    say = words("sv")
    print(say("cli.catalog.schema", files=say.list(names)))
    print("\n".join(SCHEMA_COMMENTS))
