"""A backup of a town hall in use, and what is left when it is restored."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot import backup
from bot.backup import BackupRefused, CopyRefused, Damage, KnownSince, Places, Restored, copying
from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import SendMessage
from bot.service import Service
from bot.store import Database, Keys, Tx
from bot.store.engine import copies
from bot.store.files.file_store import FileStore
from bot.store.tables import BatchRow, CaseRow, DeliveryRow
from bot.store.verification import acknowledgements, checkpoint_file, proof
from bot.store.verification.acknowledgements import Acknowledgement, NumberRange
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

    restored = backup.restore_backup(tmp_path / "copy", new_places, clock())
    report = new_places.database.read_sync(lambda tx: proof.verify(tx, new_places.files / "checkpoints"))
    newest = new_places.database.read_sync(proof_newest)
    assert (report.findings, report.checkpoint_at) == ((), clock())
    assert newest == restored.manifest.newest_event
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
        backup.restore_backup(target, new_places, clock())
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

    restored = backup.restore_backup(tmp_path / "copy", new_places, clock())
    states = delivery_states(new_places.database)
    assert restored.parked > 0
    assert states.pop("mail") == {"parked"}
    assert set().union(*states.values()) <= {"sending", "parked"}
    assert states["card"] == {"sending"}


async def test_a_message_that_was_to_leave_before_the_restore_does_not_leave_again_by_itself(
    municipality: MunicipalityDriver, places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    case = await municipality.submit()
    for hours in (2, 48):
        later = clock() + timedelta(hours=hours)
        await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej", send_at=later))
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    clock.advance(hours=24)

    backup.restore_backup(tmp_path / "copy", new_places, clock())
    query = select(DeliveryRow.state).where(DeliveryRow.kind == "scheduled").order_by(DeliveryRow.due_at)
    states = new_places.database.read_sync(lambda tx: list(tx.conn.execute(query).scalars()))
    assert states == ["parked", "sending"]


def test_of_changes_of_many_cases_only_those_of_later_go_on_after_a_restore(
    places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    def add(tx: Tx) -> None:
        for state, hours in (("running", 0), ("waiting", 2), ("waiting", 48), ("prepared", 0)):
            texts = dict.fromkeys(("action", "query", "runner", "channel", "ts"), "")
            numbers = dict.fromkeys(("total", "done", "skipped"), 0)
            times = {"due_at": clock() + timedelta(hours=hours), "created_at": clock()}
            row = {"id": f"{state}{hours}", "officer": "anna", "state": state, **texts, **numbers, **times}
            tx.conn.execute(insert(BatchRow).values(row))

    places.database.write_sync(add)
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    clock.advance(hours=24)
    backup.restore_backup(tmp_path / "copy", new_places, clock())
    query = select(BatchRow.id).where(BatchRow.state == "cancelled").order_by(BatchRow.id)
    cancelled = new_places.database.read_sync(lambda tx: list(tx.conn.execute(query).scalars()))
    assert cancelled == ["running0", "waiting2"]


async def test_a_store_older_than_the_newest_checkpoint_shows_what_it_has_lost(
    municipality: MunicipalityDriver, places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    older = await municipality.submit()
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    await municipality.perform("anna", TakeCase(case_id=older.case_id))
    await municipality.submit()
    proof.write_checkpoint(places.database, places.files / "checkpoints", clock())

    backup.restore_backup(tmp_path / "copy", new_places, clock())
    shutil.copy(places.files / "checkpoints" / FILE_NAME, new_places.files / "checkpoints")
    report = new_places.database.read_sync(lambda tx: proof.verify(tx, new_places.files / "checkpoints"))
    assert {finding.key for finding in report.findings} >= {"proof.cut", "proof.dropped"}


@dataclass
class Setback:
    """A town hall that was set back to an older backup."""

    town: MunicipalityDriver
    places: Places
    restored: Restored
    lost_numbers: set[str]

    def verify(self) -> proof.Report:
        folder = self.places.files / "checkpoints"
        return self.places.database.read_sync(lambda tx: proof.verify(tx, folder))

    def acknowledge(self, clock: Clock) -> None:
        one = Acknowledgement(clock(), "Kim Drift", "disken gick sönder", self.verify().losses)
        acknowledgements.append(self.places.files / "checkpoints", KEYS, one)


@pytest.fixture
async def setback(
    municipality: MunicipalityDriver, places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> Setback:
    """The backup has one case; two more and an event came after it, all but the last case before the checkpoint."""
    older = await municipality.submit()
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    clock.advance(hours=20)
    await municipality.perform("anna", TakeCase(case_id=older.case_id))
    sealed = await municipality.submit()
    proof.write_checkpoint(places.database, places.files / "checkpoints", clock())
    unsealed = await municipality.submit()

    known = KnownSince(places.files / "checkpoints")
    restored = backup.restore_backup(tmp_path / "copy", new_places, clock(), known)
    catalog = municipality.catalog
    service = Service(new_places.database, lambda: catalog, clock=clock, wake=lambda: None)
    lost = {sealed.number, unsealed.number}
    return Setback(MunicipalityDriver(service, catalog), new_places, restored, lost)


async def test_no_number_that_may_have_been_issued_after_the_backup_is_given_to_another_case(
    setback: Setback, clock: Clock
) -> None:
    new = await setback.town.submit()
    assert new.number not in setback.lost_numbers and new.number.endswith("00")
    lost = setback.restored.rollback
    assert lost is not None and (lost.missing, lost.behind) == (1, 1)
    # What was skipped is no fault of the log's; what was lost is.
    assert {one.key for one in setback.verify().findings} == {"proof.cut", "proof.dropped"}


async def test_a_known_loss_is_still_told_but_no_fault_any_more_and_a_further_one_is(
    setback: Setback, clock: Clock
) -> None:
    setback.acknowledge(clock)
    report = setback.verify()
    assert report.ok and {one.key for one in report.explained} == {"proof.cut", "proof.dropped"}
    assert [one.by for one in report.acknowledgements] == ["restore", "Kim Drift"]

    # Work goes on in the case whose last event was lost: what was known of it stays explained.
    older = setback.places.database.read_sync(lambda tx: tx.conn.execute(select(CaseRow.id)).scalar_one())
    await setback.town.perform("anna", TakeCase(case_id=older))
    assert setback.verify().ok
    seal_head_of_lost_case(setback.places.files / "checkpoints" / FILE_NAME, clock)
    assert [one.number for one in setback.verify().findings] == ["2026-000777"]


def seal_head_of_lost_case(path: Path, clock: Clock) -> None:
    """Add to the checkpoints a case that the store does not have."""
    key = KEYS.derive("checkpoint")
    head = {"at": clock().isoformat(), "case": "f" * 32, "number": "2026-000777", "seq": 1, "head": "0" * 64}
    checkpoint_file.append_lines(path, key, checkpoint_file.read_state(path, key), [head])


async def test_an_explanation_that_was_written_without_the_key_explains_nothing(
    setback: Setback, clock: Clock
) -> None:
    setback.acknowledge(clock)
    file = setback.places.files / "checkpoints" / acknowledgements.FILE_NAME
    file.write_text(file.read_text().replace("disken gick", "disken gick inte"))
    keys = {one.key for one in setback.verify().findings}
    assert keys == {"proof.cut", "proof.dropped", "proof.acknowledgements"}


def test_numbers_are_skipped_in_a_year_that_has_begun_since_the_backup_too(
    places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    backup.write_backup(places, tmp_path / "copy", datetime(2026, 12, 31, 12, tzinfo=UTC), "sv")
    known = KnownSince(next_number=(2027, 41))
    now = datetime(2027, 1, 2, 12, tzinfo=UTC)
    restored = backup.restore_backup(tmp_path / "copy", new_places, now, known)
    assert restored.skipped == (NumberRange(2026, 1, 199), NumberRange(2027, 1, 40))


def test_a_backup_is_restored_to_an_empty_place_only(
    places: Places, new_places: Places, tmp_path: Path, clock: Clock
) -> None:
    target = tmp_path / "copy"
    backup.write_backup(places, target, clock(), "sv")
    in_use = Places(places.database, new_places.files, new_places.catalog)
    with pytest.raises(CopyRefused, match="not empty"):
        backup.restore_backup(target, in_use, clock())
    assert not new_places.files.exists()
    with pytest.raises(BackupRefused, match=r"not empty.*FILES_DIR"):
        elsewhere = Places(new_places.database, places.files, new_places.catalog)
        backup.restore_backup(target, elsewhere, clock())


def test_a_backup_is_not_restored_under_another_key(
    places: Places, database: Database, tmp_path: Path, clock: Clock
) -> None:
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    with (
        create_empty_database(database, tmp_path, Keys(b"another secret, thirty-two bytes.")) as opened,
        pytest.raises(BackupRefused, match="SECRET_KEY"),
    ):
        backup.restore_backup(tmp_path / "copy", Places(opened, tmp_path / "f", tmp_path / "c"), clock())


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

    monkeypatch.setattr(copying, {"database": "digest_file", "catalog": "write_manifest"}[part], die)
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


def killed_at(open_number: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that is killed when it opens its so-manieth file. False where it came to its end."""
    opened = itertools.count(1)

    def die(event: str, _: tuple[Any, ...]) -> None:
        if event == "open" and next(opened) == open_number:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        sys.addaudithook(die)
        with contextlib.suppress(BaseException):
            work()
            os._exit(0)
        os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


OPENS_BETWEEN = 3
"""Files that are opened between one moment of death and the next."""


@pytest.mark.long
async def test_a_backup_killed_at_any_moment_is_whole_or_none_and_hurts_nothing(
    municipality: MunicipalityDriver, places: Places, tmp_path: Path, clock: Clock
) -> None:
    await municipality.submit()
    url = places.database.url.render_as_string(hide_password=False)

    def write(target: Path) -> None:
        backup.write_backup(Places(Database(url, KEYS), places.files, SAMPLE), target, clock(), "sv")

    for number in itertools.count(1, OPENS_BETWEEN):
        target = tmp_path / f"copy{number}"
        was_killed = killed_at(number, partial(write, target))
        assert not target.exists() or backup.verify_backup(target)[1] == []
        if not was_killed:
            break
    assert target.exists() and number > 5 * OPENS_BETWEEN
    await municipality.submit()
    assert places.database.read_sync(proof.verify).ok


@pytest.mark.long
async def test_a_restore_killed_at_any_moment_is_whole_or_refused_to_be_served(
    municipality: MunicipalityDriver, places: Places, tmp_path: Path, clock: Clock
) -> None:
    await municipality.submit()
    backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    for number in itertools.count(1, OPENS_BETWEEN):
        folder = tmp_path / f"round{number}"
        with create_empty_database(places.database, folder, KEYS) as opened:
            url = opened.url.render_as_string(hide_password=False)

            def restore(folder: Path = folder, url: str = url) -> None:
                new = Places(Database(url, KEYS), folder / "files", folder / "catalog")
                backup.restore_backup(tmp_path / "copy", new, clock())

            was_killed = killed_at(number, restore)
            if (folder / "catalog" / "municipality.yaml").exists():  # nothing is served without it
                assert opened.read_sync(lambda tx: proof.verify(tx, folder / "files" / "checkpoints")).ok  # noqa: B023
        if not was_killed:
            break
    assert (folder / "catalog" / "municipality.yaml").exists() and number > 5 * OPENS_BETWEEN
