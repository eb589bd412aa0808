"""A backup of a town hall in use, and what is left when it is restored."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from bot import backup
from bot.backup import BackupRefused, CopyRefused, Damage, Places
from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database, Keys
from bot.store.engine import copies
from bot.store.files.file_store import FileStore
from bot.store.tables import DeliveryRow
from bot.store.verification import proof
from bot.store.verification.checkpoint_file import FILE_NAME
from tests.conftest import KEYS, PATIENCE, SAMPLE, Clock
from tests.municipality import MunicipalityDriver, small_catalog


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


@pytest.fixture
def places(database: Database, tmp_path: Path) -> Places:
    """A place in use, with a file."""
    FileStore(tmp_path / "files").write("a" * 32, [b"en ritning"])
    return Places(database, tmp_path / "files", SAMPLE)


@pytest.fixture
def new_places(database: Database, tmp_path: Path) -> Iterator[Places]:
    """An empty place for a backup of `database`, of the same kind."""
    with create_empty_database(database, tmp_path, KEYS) as opened:
        yield Places(opened, tmp_path / "new" / "files", tmp_path / "new" / "catalog")


@contextmanager
def create_empty_database(database: Database, tmp_path: Path, keys: Keys) -> Iterator[Database]:
    name = f"restored_{uuid.uuid4().hex[:12]}"
    if database.is_sqlite:
        opened = Database(f"sqlite:///{tmp_path / 'new' / name}.db", keys)
        yield opened
        opened.close()
        return
    engine = database.migration_engine().execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    opened = Database(database.url.set(database=name).render_as_string(hide_password=False), keys)
    yield opened
    opened.close()
    with engine.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def delivery_states(database: Database) -> dict[str, set[str]]:
    """The states of the deliveries, by kind."""
    found: dict[str, set[str]] = {}
    rows = database.read_sync(lambda tx: tx.conn.execute(select(DeliveryRow.kind, DeliveryRow.state)).all())
    for kind, state in rows:
        found.setdefault(kind, set()).add(state)
    return found


@contextmanager
def busy_officers(municipality: MunicipalityDriver) -> Iterator[list[Any]]:
    """People submit cases one after the other in a thread, from the first one until the end."""
    cases: list[Any] = []
    begun, ended = Event(), Event()

    async def submit_on() -> None:
        while not ended.is_set():
            cases.append(await municipality.submit())
            begun.set()

    thread = Thread(target=lambda: asyncio.run(submit_on()))
    thread.start()
    assert begun.wait(PATIENCE)
    try:
        yield cases
    finally:
        ended.set()
        thread.join(PATIENCE)


def test_a_backup_taken_while_cases_come_in_is_restored_with_a_log_that_proves_whole(
    municipality: MunicipalityDriver, places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    proof.write_checkpoint(places.database, places.files / "checkpoints", clock())
    with busy_officers(municipality) as cases:
        before = len(cases)
        manifest = backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    assert backup.verify_backup(tmp_path / "copy") == (manifest, [])

    restored, _ = backup.restore_backup(tmp_path / "copy", new_places)
    report = new_places.database.read_sync(lambda tx: proof.verify(tx, new_places.files / "checkpoints"))
    newest = new_places.database.read_sync(proof_newest)
    assert (report.findings, report.checkpoint_at, newest) == ((), clock(), restored.newest_event)
    assert before <= report.cases <= len(cases)
    assert b"".join(FileStore(new_places.files).read("a" * 32)) == b"en ritning"
    assert (new_places.catalog / "municipality.yaml").read_bytes() == (
        SAMPLE / "municipality.yaml"
    ).read_bytes()


def proof_newest(tx: Any) -> int:
    return int(tx.conn.exec_driver_sql("SELECT max(rowid) FROM history").scalar())


@pytest.mark.parametrize("part", ["database", "files", "catalog", "manifest.json"])
async def test_one_changed_byte_of_a_backup_shows_and_is_not_restored(
    municipality: MunicipalityDriver,
    places: Places,
    new_places: Places,
    tmp_path: Path,
    clock: Clock,
    part: str,
) -> None:
    await municipality.submit()
    target = tmp_path / "copy"
    manifest = backup.write_backup(places, target, clock(), "sv")
    path = next(path for path in [*manifest.files, "manifest.json"] if path.startswith(part))
    content = bytearray((target / path).read_bytes())
    content[len(content) // 2] ^= 1
    (target / path).write_bytes(content)
    if part == "manifest.json":
        with pytest.raises(BackupRefused, match="damaged"):
            backup.verify_backup(target)
    else:
        assert backup.verify_backup(target)[1] == [Damage(path, "changed")]
    with pytest.raises(BackupRefused, match="damaged"):
        backup.restore_backup(target, new_places)
    assert not new_places.files.exists()


def test_a_file_that_is_gone_or_was_put_in_shows(places: Places, tmp_path: Path, clock: Clock) -> None:
    target = tmp_path / "copy"
    backup.write_backup(places, target, clock(), "sv")
    (target / "files" / "aa" / ("a" * 32)).rename(target / "files" / "other")
    assert backup.verify_backup(target)[1] == [
        Damage(f"files/aa/{'a' * 32}", "missing"),
        Damage("files/other", "unknown"),
    ]


async def test_what_may_have_been_sent_after_the_backup_is_looked_for_or_asked_about(
    municipality: MunicipalityDriver, places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    assert delivery_states(places.database)["card"] == {"waiting"}
    assert delivery_states(places.database)["mail"] == {"waiting"}
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")

    _, parked = backup.restore_backup(tmp_path / "copy", new_places)
    states = delivery_states(new_places.database)
    assert parked > 0
    assert states.pop("mail") == {"parked"}
    assert set().union(*states.values()) <= {"sending", "parked"}
    assert states["card"] == {"sending"}


async def test_a_store_older_than_the_newest_checkpoint_shows_what_it_has_lost(
    municipality: MunicipalityDriver, places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    older = await municipality.submit()
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    await municipality.perform("anna", TakeCase(case_id=older.case_id))
    await municipality.submit()
    proof.write_checkpoint(places.database, places.files / "checkpoints", clock())

    backup.restore_backup(tmp_path / "copy", new_places)
    shutil.copy(places.files / "checkpoints" / FILE_NAME, new_places.files / "checkpoints")
    report = new_places.database.read_sync(lambda tx: proof.verify(tx, new_places.files / "checkpoints"))
    assert {finding.key for finding in report.findings} >= {"proof.cut", "proof.dropped"}


def test_a_backup_is_restored_to_an_empty_place_only(
    places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    target = tmp_path / "copy"
    backup.write_backup(places, target, clock(), "sv")
    in_use = Places(places.database, new_places.files, new_places.catalog)
    with pytest.raises(CopyRefused, match="not empty"):
        backup.restore_backup(target, in_use)
    assert not new_places.files.exists()
    with pytest.raises(BackupRefused, match="not empty"):
        backup.restore_backup(target, Places(new_places.database, places.files, new_places.catalog))


def test_a_backup_is_not_restored_under_another_key(
    places: Places, database: Database, tmp_path: Path, clock: Clock
) -> None:
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    with (
        create_empty_database(database, tmp_path, Keys(b"another secret, thirty-two bytes.")) as opened,
        pytest.raises(BackupRefused, match="SECRET_KEY"),
    ):
        backup.restore_backup(tmp_path / "copy", Places(opened, tmp_path / "f", tmp_path / "c"))


def test_a_backup_holds_no_keys_and_no_exports(places: Places, tmp_path: Path, clock: Clock) -> None:
    catalog = tmp_path / "catalog"
    shutil.copytree(SAMPLE, catalog)
    (catalog / ".env").write_text("SECRET_KEY=hemlig")
    (places.files / "exports" / "finished").mkdir(parents=True)
    (places.files / "exports" / "finished" / "list").write_text("Eva Ek")
    manifest = backup.write_backup(
        Places(places.database, places.files, catalog), tmp_path / "copy", clock(), "sv"
    )
    assert not [path for path in manifest.files if ".env" in path or "exports" in path]
    assert KEYS.secret not in b"".join((tmp_path / "copy" / path).read_bytes() for path in manifest.files)


@pytest.mark.parametrize("folder", ["files", "catalog"])
def test_a_backup_is_not_written_into_what_it_copies(
    sqlite_database: Database, tmp_path: Path, clock: Clock, folder: str
) -> None:
    places = Places(sqlite_database, tmp_path / "files", tmp_path / "catalog")
    with pytest.raises(BackupRefused, match="within"):
        backup.write_backup(places, tmp_path / folder / "copy", clock(), "sv")


def test_without_postgresqls_own_program_the_operator_reads_what_to_install(
    one_postgres_database: Database, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies.shutil, "which", lambda name, path=None: None)
    places = Places(one_postgres_database, tmp_path / "files", SAMPLE)
    with pytest.raises(CopyRefused, match=r"pg_dump of PostgreSQL .* is not on PATH"):
        backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("part", ["database", "catalog"])
def test_a_backup_that_was_killed_is_none(
    database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def die(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(backup, {"database": "_digest", "catalog": "_write_manifest"}[part], die)
    target = tmp_path / "copy"
    killed = os.fork()
    if killed == 0:
        with contextlib.suppress(BaseException):
            database = Database(database_url, KEYS)
            backup.write_backup(Places(database, tmp_path / "files", SAMPLE), target, clock(), "sv")
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(killed, 0)[1]) == signal.SIGKILL
    unfinished = target.with_name("copy.unfinished")
    assert any((unfinished / part).iterdir())
    assert not target.exists()
    with pytest.raises(BackupRefused, match="no backup"):
        backup.verify_backup(unfinished)
