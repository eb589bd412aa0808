"""Files in the case: given once, seen by those they are for, proven, and gone when they are to go."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.domain.actors import Actor
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import AddNote
from bot.domain.rules import EmptyText
from bot.domain.status import SetStatus
from bot.domain.submission import FileRef
from bot.service import CommandResult, Service
from bot.store import Database, DatabaseBusy, Tx
from bot.store.cases import applicant_queries
from bot.store.files import attachments, slack_copies, unattached
from bot.store.files.file_store import FileStore
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def is_proven(municipality: MunicipalityDriver) -> bool:
    return bool((await municipality.service.database.read(proof.verify)).ok)


async def add_note(
    municipality: MunicipalityDriver, case: CommandResult, *files: FileRef, **given: str
) -> CommandResult:
    return await municipality.perform("anna", AddNote(case_id=case.case_id, text="", files=files, **given))  # type: ignore[arg-type]


async def send_message(
    municipality: MunicipalityDriver, case: CommandResult, *files: FileRef
) -> CommandResult:
    return await municipality.perform(
        "anna", SendMessage(case_id=case.case_id, text="Se planen", files=files)
    )


async def can_download(
    municipality: MunicipalityDriver, who: Actor, case: CommandResult, file: FileRef
) -> bool:
    """Whether the file is given to whoever asks for it by its id."""
    now = municipality.service.clock()
    read = municipality.service.database.read
    return await read(lambda tx: attachments.find_file(tx, who, case.case_id, file.id, now)) is not None


async def test_a_note_may_be_files_alone_but_not_nothing(municipality: MunicipalityDriver) -> None:
    case, plan = await municipality.submit(), await municipality.add_file()
    await add_note(municipality, case, plan)
    (note,) = (await municipality.view_case("anna", case)).notes
    assert (note.text, note.files) == ("", (plan,))
    with pytest.raises(EmptyText):
        await add_note(municipality, case)
    assert await is_proven(municipality)


async def test_no_applicant_comes_by_a_notes_file_by_any_way(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    """Not by its id, not in the case, not among what was sent in, not with a message; not even where a row says so."""
    sent_in, secret, shown = [await municipality.add_file() for _ in range(3)]
    case = await municipality.submit(files=(sent_in,))
    await add_note(municipality, case, secret)
    await send_message(municipality, case, shown)
    clock.advance(minutes=1)
    eva, anna, read = (
        await municipality.applicant(case),
        municipality.officer("anna"),
        municipality.service.database.read,
    )
    assert [await can_download(municipality, eva, case, one) for one in (sent_in, secret, shown)] == [
        True,
        False,
        True,
    ]
    assert await can_download(municipality, anna, case, secret)
    astray = "UPDATE file SET message_id = (SELECT id FROM message) WHERE note_id IS NOT NULL"
    await municipality.service.database.write(lambda tx: tx.conn.exec_driver_sql(astray).rowcount)
    assert not await can_download(municipality, eva, case, secret)
    view = await read(lambda tx: applicant_queries.load_applicant_case(tx, eva, case.case_id, clock()))
    receipt = await read(lambda tx: applicant_queries.load_submission(tx, case.case_id))
    assert view is not None and receipt is not None
    assert (view.files, receipt.files) == ((sent_in,), (sent_in,))
    assert [one.files for one in view.messages] == [(shown,)]


async def test_a_messages_file_is_not_the_applicants_before_the_message_is(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case, plan = await municipality.submit(), await municipality.add_file()
    await send_message(municipality, case, plan)
    eva = await municipality.applicant(case)
    assert not await can_download(municipality, eva, case, plan)
    clock.advance(seconds=21)
    assert await can_download(municipality, eva, case, plan)


async def test_a_file_of_a_message_that_was_undone_is_nobodys(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case, plan = await municipality.submit(), await municipality.add_file()
    sent = await send_message(municipality, case, plan)
    undo = UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"])
    await municipality.perform("anna", undo)
    clock.advance(minutes=1)
    assert not await can_download(municipality, await municipality.applicant(case), case, plan)
    assert not await can_download(municipality, municipality.officer("anna"), case, plan)
    assert (await municipality.view_case("anna", case)).files == ()
    assert await is_proven(municipality)


async def test_a_file_is_given_to_one_act_alone(municipality: MunicipalityDriver) -> None:
    """Else it would go out with one message and be missing from the other."""
    case, plan = await municipality.submit(), await municipality.add_file()
    await send_message(municipality, case, plan)
    with pytest.raises(DatabaseBusy):
        await add_note(municipality, case, plan)
    view = await municipality.view_case("anna", case)
    assert ([one.files for one in view.messages], view.notes) == ([(plan,)], ())
    assert await is_proven(municipality)


async def test_a_file_that_is_not_whole_is_given_to_nothing(municipality: MunicipalityDriver) -> None:
    case, write = await municipality.submit(), municipality.service.database.write
    half = FileRef(id="a" * 32, name="plan.pdf", size=3, kind="application/pdf", sha256="0" * 64)
    await write(lambda tx: unattached.begin(tx, half.id, municipality.service.clock(), "F0PLAN"))
    assert await write(lambda tx: unattached.find(tx, [half.id])) == {}
    assert await write(lambda tx: unattached.find_by_slack_id(tx, ["F0PLAN"])) == {}
    with pytest.raises(DatabaseBusy):
        await send_message(municipality, case, half)
    later = municipality.service.clock() + timedelta(days=1)
    assert await write(lambda tx: unattached.sweep(tx, later)) == [(half.id, "F0PLAN")]


def test_a_file_that_is_cut_on_its_way_leaves_nothing_behind(tmp_path: Path) -> None:
    """By whatever cuts it, the program's stop too."""
    cut = suppress(asyncio.CancelledError)
    with cut, FileStore(tmp_path).receive("a" * 32) as incoming:
        incoming.add(b"%PDF-1.7 hal")
        raise asyncio.CancelledError
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


async def test_a_working_notes_files_go_when_the_case_is_closed(municipality: MunicipalityDriver) -> None:
    case, draft, kept = (
        await municipality.submit(),
        await municipality.add_file(),
        await municipality.add_file(),
    )
    await add_note(municipality, case, draft, kind="working")
    await add_note(municipality, case, kept)
    close = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    await municipality.perform("anna", close)
    view, read = await municipality.view_case("anna", case), municipality.service.database.read
    assert [one.files for one in view.notes][:2] == [(), (kept,)]
    assert not await can_download(municipality, municipality.officer("anna"), case, draft)
    assert await read(attachments.list_disposed) == [draft.id]
    await municipality.service.database.write(lambda tx: attachments.mark_emptied(tx, [draft.id]))
    assert await read(attachments.list_disposed) == []
    assert await is_proven(municipality)


async def test_what_is_in_slack_is_asked_for_when_it_can_no_longer_be_undone(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case, write = await municipality.submit(), municipality.service.database.write
    plan, again = await municipality.add_file(), "copy" + "0" * 28
    await write(lambda tx: unattached.remove(tx, [plan.id]))
    await write(lambda tx: unattached.begin(tx, plan.id, clock(), "F0PLAN"))
    await write(lambda tx: unattached.complete(tx, plan))
    sent = await send_message(municipality, case, plan)
    assert await write(lambda tx: slack_copies.find_due(tx, clock(), 9)) == []
    await municipality.perform("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    assert await write(lambda tx: attachments.load_files_of_undone_messages(tx, [plan.id])) == {plan.id: plan}
    await write(lambda tx: unattached.begin(tx, again, clock()))
    copy = await write(lambda tx: unattached.complete_copy(tx, plan, again))
    assert await write(lambda tx: unattached.find_by_slack_id(tx, ["F0PLAN"])) == {"F0PLAN": copy}
    await send_message(municipality, case, copy)
    clock.advance(seconds=21)
    assert await write(lambda tx: slack_copies.find_due(tx, clock(), 9)) == ["F0PLAN"]
    await write(lambda tx: slack_copies.forget(tx, ["F0PLAN"]))
    assert await write(lambda tx: slack_copies.find_due(tx, clock(), 9)) == []


async def test_a_file_that_a_case_takes_while_it_is_swept_is_not_told_to_be_gone(
    municipality: MunicipalityDriver, database: Database, clock: Clock
) -> None:
    case, plan, anna = (
        await municipality.submit(),
        await municipality.add_file(),
        municipality.officer("anna"),
    )
    taken, looked_for = threading.Event(), threading.Event()

    def takes(tx: Tx) -> None:
        municipality.service.perform_in_transaction(
            tx, AddNote(case_id=case.case_id, text="", files=(plan,)), anna
        )
        taken.set()
        if tx.locks_rows:  # else the whole database is, and nobody sweeps before this has been committed
            looked_for.wait(5)

    def about_to(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM file"):
            looked_for.set()

    event.listen(database.migration_engine(), "before_cursor_execute", about_to)
    taking = asyncio.create_task(database.write(takes))
    await asyncio.to_thread(taken.wait, 5)
    later = clock() + timedelta(days=2)
    swept = await database.write(lambda tx: unattached.sweep(tx, later))
    await taking
    assert swept == []
