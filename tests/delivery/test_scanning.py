"""The virus scanner between a file that has come and those who may open it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clients.clamd import Clamd
from bot.delivery.scanning import MAX_ATTEMPTS
from bot.domain.messages.correspondence import AddInformation, ReceiveMessage, SendMessage
from bot.domain.notes import AddNote
from bot.domain.scanning import FileInfected, FileNotScanned
from bot.domain.submission import FileRef
from bot.jobs import JobDependencies
from bot.jobs import scanning as job
from bot.service import CommandResult
from bot.store import DatabaseBusy
from bot.store.cases import texts
from bot.store.files import attachments, scans, unattached
from bot.store.files.file_store import FileStore
from bot.store.outbox import parking
from bot.store.tables import FileRow
from bot.store.verification import proof
from tests.clamd_server import EICAR, ClamdServer, running_clamd
from tests.delivery.conftest import DeliveryHarness
from tests.municipality import send_until_left


@dataclass
class ScannedTown:
    """The town, whose files are scanned."""

    harness: DeliveryHarness
    clamd: ClamdServer
    files: FileStore

    async def receive_file(self, content: bytes = b"harmless") -> FileRef:
        """A file that has come through a form, and belongs to no case yet."""
        file_id, now = uuid.uuid4().hex, self.harness.clock()
        size, sha256 = await asyncio.to_thread(self.files.write, file_id, [content])
        file = FileRef(id=file_id, name="plan.txt", size=size, kind="text/plain", sha256=sha256)
        file = replace(file, scan=self.files.first_scan_state)
        await self.harness.database.write(lambda tx: unattached.save(tx, file, now))
        return file

    async def submit(self, *files: FileRef) -> CommandResult:
        return await self.harness.town.submit(files=files)

    async def scan(self) -> None:
        await self.harness.worker.drain(10)

    async def state(self, file: FileRef) -> str:
        found = await self.harness.database.read(lambda tx: scans.find_file(tx, file.id))
        assert found is not None
        return found.scan

    async def events(self, case: CommandResult) -> list[str]:
        view = await self.harness.town.view_case("anna", case)
        return [line.event for line in view.history]


@pytest.fixture
async def scanned_town(harness_on_both: DeliveryHarness, tmp_path: Path) -> AsyncIterator[ScannedTown]:
    harness, files = harness_on_both, FileStore(tmp_path / "files", are_scanned=True)
    async with running_clamd() as clamd:
        harness.worker = harness.start_worker(files=files, clamd=Clamd(clamd.address))
        yield ScannedTown(harness, clamd, files)


async def test_a_file_waits_until_the_scanner_finds_it_clean(scanned_town: ScannedTown) -> None:
    file = await scanned_town.receive_file()
    assert not file.is_offered
    await scanned_town.submit(file)
    await scanned_town.scan()
    assert await scanned_town.state(file) == "clean"
    assert scanned_town.clamd.scanned == [b"harmless"]


async def test_a_harmful_file_is_stopped_and_told_of_in_its_case(scanned_town: ScannedTown) -> None:
    file = await scanned_town.receive_file(EICAR)
    case = await scanned_town.submit(file)
    await scanned_town.scan()
    assert await scanned_town.state(file) == "infected"
    assert "FileStopped" in await scanned_town.events(case)
    await scanned_town.harness.advance(seconds=20)
    assert "skadlig kod" in scanned_town.harness.list_replies()[-1]["text"]


async def test_while_the_scanner_is_away_files_wait_and_cases_come_in(scanned_town: ScannedTown) -> None:
    scanned_town.clamd.hangs_up = True
    file = await scanned_town.receive_file()
    case = await scanned_town.submit(file)
    await scanned_town.scan()
    assert await scanned_town.state(file) == "waiting"
    assert scanned_town.harness.list_posts()
    scanned_town.clamd.hangs_up = False
    await scanned_town.harness.advance(minutes=10)
    assert await scanned_town.state(file) == "clean"
    assert "FileStopped" not in await scanned_town.events(case)


async def test_a_file_that_is_too_large_for_the_scanner_is_stopped_until_it_takes_it(
    scanned_town: ScannedTown,
) -> None:
    scanned_town.clamd.max_bytes = 3
    file = await scanned_town.receive_file()
    case = await scanned_town.submit(file)
    await scanned_town.scan()
    assert await scanned_town.state(file) == "unscannable"
    assert (await scanned_town.events(case)).count("FileStopped") == 1
    scanned_town.clamd.max_bytes = 100
    now = scanned_town.harness.clock()
    await scanned_town.harness.database.write(lambda tx: parking.unpark(tx, now))
    await scanned_town.scan()
    assert await scanned_town.state(file) == "clean"


async def test_a_file_that_the_scanner_breaks_on_keeps_no_other_waiting_and_is_given_up(
    scanned_town: ScannedTown,
) -> None:
    scanned_town.clamd.hangs_up = True
    bad = await scanned_town.receive_file()
    await scanned_town.scan()
    scanned_town.clamd.hangs_up = False
    good = await scanned_town.receive_file(b"another")
    await scanned_town.scan()
    assert await scanned_town.state(good) == "clean"
    scanned_town.clamd.hangs_up = True
    for _ in range(MAX_ATTEMPTS):
        await scanned_town.harness.advance(hours=2)
    assert await scanned_town.state(bad) == "unscannable"


async def test_bytes_that_are_not_those_of_the_row_are_never_called_clean(scanned_town: ScannedTown) -> None:
    file = await scanned_town.receive_file()
    await asyncio.to_thread(scanned_town.files.write, file.id, [b"half"])
    await scanned_town.scan()
    assert await scanned_town.state(file) == "waiting"


async def test_nothing_leaves_for_an_applicant_before_its_files_are_clean(scanned_town: ScannedTown) -> None:
    case, file = await scanned_town.submit(), await scanned_town.receive_file()
    message = SendMessage(case_id=case.case_id, text="Här är ritningen", files=(file,))
    with pytest.raises(FileNotScanned):
        await scanned_town.harness.town.perform("anna", message)
    await scanned_town.scan()
    clean = replace(file, scan="clean")
    await scanned_town.harness.town.perform("anna", replace(message, files=(clean,)))


async def test_a_file_known_to_be_harmful_is_accepted_from_nobody(scanned_town: ScannedTown) -> None:
    town, case = scanned_town.harness.town, await scanned_town.submit()
    file = await scanned_town.receive_file(EICAR)
    await scanned_town.scan()
    infected = replace(file, scan="infected")
    anna, applicant = town.officer("anna"), await town.applicant(case)
    given = {"case_id": case.case_id, "files": (infected,)}
    for command in (SendMessage(text="x", **given), AddNote(text="x", **given)):
        with pytest.raises(FileInfected):
            await town.perform("anna", command)
    with pytest.raises(FileInfected):
        await town.service.perform(ReceiveMessage(text="x", **given), applicant)
    await send_until_left(
        town.service,
        SendMessage(case_id=case.case_id, text="x", status="waiting", expected="submitted"),
        anna,
    )
    with pytest.raises(FileInfected):
        await town.service.perform(AddInformation(text="x", **given), applicant)


async def test_a_file_found_harmful_while_it_was_being_sent_in_is_not_attached(
    scanned_town: ScannedTown,
) -> None:
    file = await scanned_town.receive_file(EICAR)
    await scanned_town.scan()
    with pytest.raises(DatabaseBusy):  # the form is asked for again, and then knows
        await scanned_town.submit(file)


async def test_a_copy_of_a_file_that_waits_is_scanned_too(scanned_town: ScannedTown) -> None:
    file, copy_id = await scanned_town.receive_file(EICAR), uuid.uuid4().hex
    database, now = scanned_town.harness.database, scanned_town.harness.clock()
    await asyncio.to_thread(scanned_town.files.copy, file.id, copy_id)
    await database.write(lambda tx: unattached.begin(tx, copy_id, now))
    copy = await database.write(lambda tx: unattached.complete_copy(tx, file, copy_id))
    await scanned_town.scan()
    assert await scanned_town.state(copy) == "infected"


async def test_without_a_scanner_files_are_offered_as_ever_and_so_are_those_that_waited(
    scanned_town: ScannedTown, tmp_path: Path
) -> None:
    waiting = await scanned_town.receive_file()
    unscanned = FileStore(tmp_path / "files")
    scanned_town.harness.worker = scanned_town.harness.start_worker(files=unscanned)
    await scanned_town.scan()
    assert await scanned_town.state(waiting) == ""
    assert unscanned.first_scan_state == ""


async def test_an_applicants_files_are_found_with_their_state(scanned_town: ScannedTown) -> None:
    file = await scanned_town.receive_file()
    case = await scanned_town.submit(file)
    database = scanned_town.harness.database

    def states() -> list[str]:
        return [
            one.file.scan
            for one in database.read_sync(lambda tx: attachments.load_attached_files(tx, case.case_id))
        ]

    assert states() == ["waiting"]
    await scanned_town.scan()
    assert states() == ["clean"]


async def test_a_changed_verdict_of_any_file_shows_in_the_proof(scanned_town: ScannedTown) -> None:
    """Whoever can write to the database gives out no stopped file unseen: not by an older seal either."""
    clean, late = await scanned_town.receive_file(), await scanned_town.receive_file(b"late")
    case = await scanned_town.submit(clean, late)
    database, key = scanned_town.harness.database, FileRow.__table__.c

    def row(file: FileRef) -> dict[str, Any]:
        found = database.read_sync(
            lambda tx: tx.conn.execute(select(key.scan, key.scan_seal).where(key.id == file.id)).one()
        )
        return dict(found._mapping)

    waited = row(late)
    await scanned_town.scan()
    harmful = await scanned_town.receive_file(EICAR)
    applicant = await scanned_town.harness.town.applicant(case)
    message = ReceiveMessage(case_id=case.case_id, text="x", files=(harmful,))
    await scanned_town.harness.town.service.perform(message, applicant)
    before = row(harmful)
    await scanned_town.scan()
    assert row(harmful)["scan"] == "infected"
    assert database.read_sync(proof.verify).ok

    def findings_after(file: FileRef, **columns: Any) -> list[str]:
        right = row(file)
        change = update(FileRow.__table__).where(key.id == file.id)
        database.write_sync(lambda tx: tx.conn.execute(change.values(**columns)))
        report = database.read_sync(proof.verify)
        database.write_sync(lambda tx: tx.conn.execute(change.values(**right)))
        return [one.key for one in report.findings]

    assert findings_after(harmful, scan="clean") == ["proof.scan", "proof.text.about"]
    assert findings_after(harmful, **before) == ["proof.text.about"]
    assert findings_after(harmful, **row(clean)) == ["proof.scan", "proof.text.about"]
    assert findings_after(clean, scan_seal=None) == ["proof.scan"]
    assert findings_after(late, scan=waited["scan"]) == ["proof.scan"]
    assert findings_after(clean, scan="", scan_seal=None) == ["proof.scan"]


async def test_a_file_attached_before_its_state_was_sealed_is_right_without_a_seal(
    scanned_town: ScannedTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = texts._attachment_rows

    def unsealed(*given: Any) -> Any:
        attached, digests = rows(*given)
        return attached, {name: value for name, value in digests.items() if name != "scans_sealed"}

    monkeypatch.setattr(texts, "_attachment_rows", unsealed)
    file = await scanned_town.receive_file()
    await scanned_town.submit(file)
    database = scanned_town.harness.database
    database.write_sync(lambda tx: tx.conn.execute(update(FileRow).values(scan_seal=None)))
    assert database.read_sync(proof.verify).ok
    await scanned_town.scan()
    assert database.read_sync(proof.verify).ok
    database.write_sync(lambda tx: tx.conn.execute(update(FileRow).values(scan="")))
    assert not database.read_sync(proof.verify).ok


async def test_a_stopped_file_that_is_cleared_afterwards_is_told_of_in_its_case(
    scanned_town: ScannedTown,
) -> None:
    scanned_town.clamd.max_bytes = 3
    case = await scanned_town.submit(await scanned_town.receive_file())
    await scanned_town.scan()
    scanned_town.clamd.max_bytes = 100
    now, database = scanned_town.harness.clock(), scanned_town.harness.database
    await database.write(lambda tx: parking.unpark(tx, now))
    await scanned_town.scan()
    assert "FileCleared" in await scanned_town.events(case)
    assert database.read_sync(proof.verify).ok


async def test_applicants_are_told_once_and_without_content_that_files_of_theirs_were_stopped(
    scanned_town: ScannedTown,
) -> None:
    harness = scanned_town.harness
    await scanned_town.submit(
        *[await scanned_town.receive_file(EICAR), await scanned_town.receive_file(EICAR)]
    )
    await scanned_town.scan()
    await harness.advance(minutes=11)
    letters = [one for one in harness.list_mails() if "går inte att öppna" in one.subject]
    assert len(letters) == 1
    assert "plan.txt" not in letters[0].text and "skadlig" not in letters[0].text


async def test_of_an_officers_stopped_file_no_applicant_is_told(scanned_town: ScannedTown) -> None:
    harness, case = scanned_town.harness, await scanned_town.submit()
    file = await scanned_town.receive_file(EICAR)
    await harness.town.perform("anna", AddNote(case_id=case.case_id, text="x", files=(file,)))
    await scanned_town.scan()
    assert "FileStopped" in await scanned_town.events(case)
    await harness.advance(minutes=11)
    assert not [one for one in harness.list_mails() if "går inte att öppna" in one.subject]


async def test_files_from_before_the_scanner_are_scanned_when_it_has_nothing_else_to_do(
    scanned_town: ScannedTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MAX_SCANS", 2)
    harness, scanned = scanned_town.harness, scanned_town.files
    scanned_town.files = FileStore(scanned.root)
    old = [await scanned_town.receive_file(content) for content in (b"a", b"b", EICAR)]
    case = await scanned_town.submit(*old)
    deps = JobDependencies(harness.town.service, scanned, tmp_path, None)  # type: ignore[arg-type]

    def unscanned() -> int:
        return harness.database.read_sync(scans.count_unscanned)

    await job.scan_old_files(replace(deps, files=scanned_town.files))
    await scanned_town.scan()
    assert unscanned() == 3  # without a scanner nothing is scanned
    await job.scan_old_files(deps)
    await job.scan_old_files(deps)
    assert all([(await scanned_town.state(file)) == "" for file in old])
    await scanned_town.scan()
    assert unscanned() == 1
    await job.scan_old_files(deps)
    await scanned_town.scan()
    assert unscanned() == 0
    assert sorted([await scanned_town.state(file) for file in old]) == ["clean", "clean", "infected"]
    assert "FileStopped" in await scanned_town.events(case)
    assert harness.database.read_sync(proof.verify).ok
