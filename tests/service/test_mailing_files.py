"""Files of a mailing: each case gets its own, once, and what cannot be sent is told of case by case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.clients.slack import SlackClient
from bot.domain.lists.batches import (
    MailingFileGone,
    MailingFileNotScanned,
    MailingFileStopped,
    SendMailing,
    SkippedCase,
)
from bot.domain.submission import FileRef, ScanState
from bot.jobs.dependencies import JobDependencies
from bot.jobs.sweeping import UNATTACHED_FILE_LIFETIME, sweep
from bot.service import Service
from bot.service.batches import CASES_AT_ONCE, Batches
from bot.service.results import CommandResult
from bot.store import Database
from bot.store.cases import content_places
from bot.store.files import attachments, unattached
from bot.store.files.file_store import FileStore
from bot.store.officers import batch_claims, batches
from bot.store.tables import FileRow
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, person, small_catalog

CONTENT = b"%PDF-1.7 the plan of the street"


class TownHall(MunicipalityDriver):
    """A municipality that sends the same file to many."""

    def __init__(self, service: Service, root: Path) -> None:
        super().__init__(service, service.catalog)
        self.files = FileStore(root)

    def runner(self) -> Batches:
        return Batches(self.service, self.files)

    async def upload(self, scan: ScanState = "") -> FileRef:
        """A file that belongs to no case yet, with its bytes."""
        file_id = uuid.uuid4().hex
        size, sha256 = self.files.write(file_id, [CONTENT])
        file = FileRef(
            id=file_id, name="plan.pdf", size=size, kind="application/pdf", sha256=sha256, scan=scan
        )
        await self.service.database.write(lambda tx: unattached.save(tx, file, self.service.clock()))
        return file

    async def begin(self, cases: Sequence[CommandResult], *files: FileRef, **given: Any) -> None:
        action = SendMailing(text="Se planen", files=files)
        ids = [case.case_id for case in cases]
        await self.runner().begin(self.officer("anna"), action, ids, batch_id="batch1", **given)

    async def run(self) -> None:
        runner = self.runner()
        while await runner.run_next():
            pass

    async def skipped(self) -> list[SkippedCase]:
        return await self.service.database.read(
            lambda tx: batches.list_skipped(tx, self.officer("anna"), "batch1", 0, 100)
        )

    async def files_of(self, case: CommandResult) -> list[FileRef]:
        return [file for one in (await self.view_case("anna", case)).messages for file in one.files]

    async def sweep(self) -> None:
        """The job that deletes what is old; nothing is in Slack."""
        slack = SlackClient("xoxb-none", "http://slack.invalid/api/")
        await sweep(JobDependencies(self.service, self.files, self.files.root, slack.files))

    def stored(self) -> set[str]:
        """The ids of the files on disk."""
        return {path.name for path in self.files.root.glob("??/*")}


@pytest.fixture
def hall(database: Database, clock: Clock, tmp_path: Path) -> TownHall:
    catalog = small_catalog()
    return TownHall(Service(database, lambda: catalog, clock=clock, wake=lambda: None), tmp_path)


async def test_each_case_has_a_file_of_its_own_and_the_loss_of_one_takes_no_others(hall: TownHall) -> None:
    first, second = await hall.submit(), await hall.submit()
    await hall.begin([first, second], await hall.upload())
    await hall.run()
    (one,), (other,) = await hall.files_of(first), await hall.files_of(second)
    assert one.id != other.id and one.name == other.name == "plan.pdf"
    assert (await hall.service.database.read(proof.verify)).ok
    database = hall.service.database
    await database.write(lambda tx: content_places.erase_contents(tx, [first.case_id]))
    hall.service.clock.advance(days=2)  # type: ignore[attr-defined]
    await hall.sweep()
    assert hall.stored() == {other.id}
    assert b"".join(hall.files.read(other.id)) == CONTENT
    assert await hall.files_of(second) == [other]


async def test_on_a_disk_without_hard_links_the_bytes_are_copied(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    case = await hall.submit()
    await hall.begin([case], await hall.upload())
    await hall.run()
    (file,) = await hall.files_of(case)
    assert b"".join(hall.files.read(file.id)) == CONTENT


async def test_a_mailing_that_waits_for_its_day_keeps_its_files(hall: TownHall, clock: Clock) -> None:
    case, file = await hall.submit(), await hall.upload()
    due_at = clock() + 30 * UNATTACHED_FILE_LIFETIME
    await hall.begin([case], file, due_at=due_at)
    for _ in range(29):
        clock.advance(days=1)
        await hall.sweep()
    assert hall.stored() == {file.id}
    clock.advance(days=1)
    await hall.run()
    (sent,) = await hall.files_of(case)
    clock.advance(days=2)
    await hall.sweep()
    assert hall.stored() == {sent.id}


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        ("infected", MailingFileStopped),
        ("unscannable", MailingFileStopped),
        ("waiting", MailingFileNotScanned),
        (None, MailingFileGone),
    ],
)
async def test_a_file_that_may_not_be_sent_is_told_of_in_each_case_and_nothing_is_written(
    hall: TownHall, state: ScanState | None, rule: type[Exception]
) -> None:
    cases, file = [await hall.submit(), await hall.submit()], await hall.upload()
    await hall.begin(cases, file)

    def change(tx: Any) -> None:
        if state is None:
            unattached.remove(tx, [file.id])
        else:
            tx.conn.execute(update(FileRow).where(FileRow.id == file.id).values(scan=state))

    await hall.service.database.write(change)
    planned = await hall.runner().preview(hall.officer("anna"), "batch1")
    assert [(type(one.refusal), one.count) for one in planned.refusals] == [(rule, 2)]
    await hall.run()
    assert ["plan.pdf" in one.refusal.to_json()["said"]["sv"] for one in await hall.skipped()] == [True, True]
    assert not [one for case in cases for one in (await hall.view_case("anna", case)).messages]
    # Nothing is left of the copies.
    assert hall.stored() <= {file.id}


async def test_who_cannot_be_written_to_leaves_no_copy(hall: TownHall) -> None:
    fine, nameless = await hall.submit(), await hall.submit(person(name="", email="a@ek.example"))
    file = await hall.upload()
    action = SendMailing(text="Hej {applicant.name}", files=(file,))
    ids = [fine.case_id, nameless.case_id]
    await hall.runner().begin(hall.officer("anna"), action, ids, batch_id="batch1")
    await hall.run()
    (sent,) = await hall.files_of(fine)
    assert [one.number for one in await hall.skipped()] == [nameless.number]
    assert hall.stored() == {file.id, sent.id}


@pytest.mark.parametrize(
    "step", ["before the rows", "before the bytes", "among the bytes", "before the messages"]
)
async def test_a_process_killed_in_any_step_sends_each_file_once(
    hall: TownHall, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        """The process is no more."""

    cases, file = [await hall.submit() for _ in range(CASES_AT_ONCE + 2)], await hall.upload()
    await hall.begin(cases, file)
    killed = hall.runner()
    held = await hall.service.database.write(lambda tx: batch_claims.claim(tx, "killed", clock()))
    assert held is not None
    assert await killed._perform_some(held, 0, tells=False) == CASES_AT_ONCE

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if step == "before the rows":
            patched.setattr(unattached, "begin", die)
        elif step == "before the bytes":
            patched.setattr(hall.files, "share", die)
        elif step == "among the bytes":
            share, shared = hall.files.share, iter(range(1))
            patched.setattr(
                hall.files, "share", lambda *ids: share(*ids) if next(shared, None) is not None else die()
            )
        else:
            patched.setattr(batch_claims, "save_outcomes", die)
        with pytest.raises(Killed):
            await killed._perform_some(held, CASES_AT_ONCE, tells=False)
    clock.advance(seconds=batch_claims.LEASE.total_seconds() + 1)
    await hall.run()
    sent = [await hall.files_of(case) for case in cases]
    assert [len(one) for one in sent] == [1] * len(cases)
    assert ((await hall.service.database.read(lambda tx: batches.find(tx, "batch1"))).done) == len(cases)  # type: ignore[union-attr]
    clock.advance(days=1, seconds=60)
    await hall.sweep()
    clock.advance(days=1, seconds=60)
    await hall.sweep()
    assert hall.stored() == {one.id for (one,) in sent}
    rows = await hall.service.database.read(
        lambda tx: tx.conn.execute(select(func.count()).select_from(FileRow)).scalar_one()
    )
    assert rows == len(cases)
    first = cases[0]
    found = await hall.service.database.read(lambda tx: attachments.load_attached_files(tx, first.case_id))
    assert [one.file for one in found] == sent[0]
