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
from bot.domain.correspondence import SendMessage, UndoMessage
from bot.domain.intake import FileRef
from bot.domain.notes import AddNote
from bot.domain.rules import Empty
from bot.domain.status import SetStatus
from bot.service import Done, Service
from bot.store import Busy, Database, Tx
from bot.store.cases import applicant_queries
from bot.store.files import attachments, slack_copies, unattached
from bot.store.files.file_store import FileStore
from bot.store.verification import proof
from tests.conftest import Clock
from tests.town import Town, town


@pytest.fixture
def staden(database: Database, clock: Clock) -> Town:
    catalog = town()
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def is_whole(staden: Town) -> bool:
    return bool((await staden.service.database.read(proof.verify)).ok)


async def noted(staden: Town, case: Done, *files: FileRef, **given: str) -> Done:
    return await staden.does("anna", AddNote(case_id=case.case_id, text="", files=files, **given))  # type: ignore[arg-type]


async def written(staden: Town, case: Done, *files: FileRef) -> Done:
    return await staden.does("anna", SendMessage(case_id=case.case_id, text="Se planen", files=files))


async def given_out(staden: Town, who: Actor, case: Done, file: FileRef) -> bool:
    """Whether the file is given to whoever asks for it by its id."""
    now = staden.service.clock()
    read = staden.service.database.read
    return await read(lambda tx: attachments.file_of(tx, who, case.case_id, file.id, now)) is not None


async def test_a_note_may_be_files_alone_but_not_nothing(staden: Town) -> None:
    case, plan = await staden.submits(), await staden.file()
    await noted(staden, case, plan)
    (note,) = (await staden.sees("anna", case)).notes
    assert (note.text, note.files) == ("", (plan,))
    with pytest.raises(Empty):
        await noted(staden, case)
    assert await is_whole(staden)


async def test_no_applicant_comes_by_a_notes_file_by_any_way(staden: Town, clock: Clock) -> None:
    """Not by its id, not in the case, not among what was sent in, not with a message; not even where a row says so."""
    sent_in, secret, shown = [await staden.file() for _ in range(3)]
    case = await staden.submits(files=(sent_in,))
    await noted(staden, case, secret)
    await written(staden, case, shown)
    clock.pass_(minutes=1)
    eva, anna, read = await staden.applicant(case), staden.officer("anna"), staden.service.database.read
    assert [await given_out(staden, eva, case, one) for one in (sent_in, secret, shown)] == [
        True,
        False,
        True,
    ]
    assert await given_out(staden, anna, case, secret)
    astray = "UPDATE file SET message_id = (SELECT id FROM message) WHERE note_id IS NOT NULL"
    await staden.service.database.write(lambda tx: tx.conn.exec_driver_sql(astray).rowcount)
    assert not await given_out(staden, eva, case, secret)
    view = await read(lambda tx: applicant_queries.applicant_case(tx, eva, case.case_id, clock()))
    receipt = await read(lambda tx: applicant_queries.as_submitted(tx, case.case_id))
    assert view is not None and receipt is not None
    assert (view.files, receipt.files) == ((sent_in,), (sent_in,))
    assert [one.files for one in view.messages] == [(shown,)]


async def test_a_messages_file_is_not_the_applicants_before_the_message_is(
    staden: Town, clock: Clock
) -> None:
    case, plan = await staden.submits(), await staden.file()
    await written(staden, case, plan)
    eva = await staden.applicant(case)
    assert not await given_out(staden, eva, case, plan)
    clock.pass_(seconds=21)
    assert await given_out(staden, eva, case, plan)


async def test_a_file_of_a_message_that_was_undone_is_nobodys(staden: Town, clock: Clock) -> None:
    case, plan = await staden.submits(), await staden.file()
    sent = await written(staden, case, plan)
    undo = UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"])
    await staden.does("anna", undo)
    clock.pass_(minutes=1)
    assert not await given_out(staden, await staden.applicant(case), case, plan)
    assert not await given_out(staden, staden.officer("anna"), case, plan)
    assert (await staden.sees("anna", case)).files == ()
    assert await is_whole(staden)


async def test_a_file_is_given_to_one_act_alone(staden: Town) -> None:
    """Else it would go out with one message and be missing from the other."""
    case, plan = await staden.submits(), await staden.file()
    await written(staden, case, plan)
    with pytest.raises(Busy):
        await noted(staden, case, plan)
    view = await staden.sees("anna", case)
    assert ([one.files for one in view.messages], view.notes) == ([(plan,)], ())
    assert await is_whole(staden)


async def test_a_file_that_is_not_whole_is_given_to_nothing(staden: Town) -> None:
    case, write = await staden.submits(), staden.service.database.write
    half = FileRef(id="a" * 32, name="plan.pdf", size=3, kind="application/pdf", sha256="0" * 64)
    await write(lambda tx: unattached.begin(tx, half.id, staden.service.clock(), "F0PLAN"))
    assert await write(lambda tx: unattached.loose(tx, [half.id])) == {}
    assert await write(lambda tx: unattached.from_slack(tx, ["F0PLAN"])) == {}
    with pytest.raises(Busy):
        await written(staden, case, half)
    later = staden.service.clock() + timedelta(days=1)
    assert await write(lambda tx: unattached.sweep(tx, later)) == [(half.id, "F0PLAN")]


def test_a_file_that_is_cut_on_its_way_leaves_nothing_behind(tmp_path: Path) -> None:
    """By whatever cuts it, the program's stop too."""
    cut = suppress(asyncio.CancelledError)
    with cut, FileStore(tmp_path).receive("a" * 32) as incoming:
        incoming.add(b"%PDF-1.7 hal")
        raise asyncio.CancelledError
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


async def test_a_working_notes_files_go_when_the_case_is_closed(staden: Town) -> None:
    case, draft, kept = await staden.submits(), await staden.file(), await staden.file()
    await noted(staden, case, draft, kind="working")
    await noted(staden, case, kept)
    close = SetStatus(case_id=case.case_id, status="closed", was="submitted", note="Klart")
    await staden.does("anna", close)
    view, read = await staden.sees("anna", case), staden.service.database.read
    assert [one.files for one in view.notes][:2] == [(), (kept,)]
    assert not await given_out(staden, staden.officer("anna"), case, draft)
    assert await read(attachments.disposed_of) == [draft.id]
    await staden.service.database.write(lambda tx: attachments.emptied(tx, [draft.id]))
    assert await read(attachments.disposed_of) == []
    assert await is_whole(staden)


async def test_what_is_in_slack_is_asked_for_when_it_can_no_longer_be_undone(
    staden: Town, clock: Clock
) -> None:
    case, write = await staden.submits(), staden.service.database.write
    plan, again = await staden.file(), "copy" + "0" * 28
    await write(lambda tx: unattached.forget(tx, [plan.id]))
    await write(lambda tx: unattached.begin(tx, plan.id, clock(), "F0PLAN"))
    await write(lambda tx: unattached.complete(tx, plan))
    sent = await written(staden, case, plan)
    assert await write(lambda tx: slack_copies.due(tx, clock(), 9)) == []
    await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    assert await write(lambda tx: attachments.of_undone(tx, [plan.id])) == {plan.id: plan}
    await write(lambda tx: unattached.begin(tx, again, clock()))
    copy = await write(lambda tx: unattached.copied(tx, plan, again))
    assert await write(lambda tx: unattached.from_slack(tx, ["F0PLAN"])) == {"F0PLAN": copy}
    await written(staden, case, copy)
    clock.pass_(seconds=21)
    assert await write(lambda tx: slack_copies.due(tx, clock(), 9)) == ["F0PLAN"]
    await write(lambda tx: slack_copies.gone(tx, ["F0PLAN"]))
    assert await write(lambda tx: slack_copies.due(tx, clock(), 9)) == []


async def test_a_file_that_a_case_takes_while_it_is_swept_is_not_told_to_be_gone(
    staden: Town, database: Database, clock: Clock
) -> None:
    case, plan, anna = await staden.submits(), await staden.file(), staden.officer("anna")
    taken, looked_for = threading.Event(), threading.Event()

    def takes(tx: Tx) -> None:
        staden.service.perform_within(tx, AddNote(case_id=case.case_id, text="", files=(plan,)), anna)
        taken.set()
        if tx.locks_rows:  # else the whole database is, and nobody sweeps before this has been committed
            looked_for.wait(5)

    def about_to(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM file"):
            looked_for.set()

    event.listen(database.engine(), "before_cursor_execute", about_to)
    taking = asyncio.create_task(database.write(takes))
    await asyncio.to_thread(taken.wait, 5)
    later = clock() + timedelta(days=2)
    swept = await database.write(lambda tx: unattached.sweep(tx, later))
    await taking
    assert swept == []
