"""What the clock sweeps out: files that belong to nothing, those that are to be nowhere, and copies in Slack."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from bot.domain.correspondence import SendMessage
from bot.domain.intake import FileRef
from bot.domain.notes import AddNote
from bot.domain.status import SetStatus
from bot.handlers.request.file_transfer import Bringing, bring
from bot.jobs import JobKit
from bot.jobs.sweeping import sweep
from bot.service import Done
from bot.store import Tx
from bot.store.files import unattached
from tests.handlers.cases.attached import MAP, PLAN, in_slack, is_whole, may_delete, on_disk
from tests.handlers.cases.test_messages import writing
from tests.handlers.office import Office


async def swept(office: Office, hours: float = 0) -> None:
    office.clock.pass_(hours=hours)
    await sweep(JobKit(office.service, office.kit.files, Path(), office.kit.slack.files))


async def stored(office: Office, slack_id: str | None = None) -> FileRef:
    """A file that has come whole and belongs to nothing."""
    file_id, write = uuid.uuid4().hex, office.service.database.write
    await write(lambda tx: unattached.begin(tx, file_id, office.clock(), slack_id))
    size, sha256 = office.kit.files.write(file_id, [b"plan"])
    file = FileRef(id=file_id, name="plan.pdf", size=size, kind="application/pdf", sha256=sha256)
    await write(lambda tx: unattached.complete(tx, file))
    return file


async def in_form(office: Office, case: Done) -> str:
    """A file put in a dialog that is never submitted: its name in Slack."""
    anna = await writing(office, case)
    await anna.fill({"files": [PLAN]})
    return str(office.sandbox.state()["files"][0]["id"])


def begun(tx: Tx) -> list[str]:
    return list(tx.conn.exec_driver_sql("SELECT id FROM file").scalars())


async def test_what_a_kill_left_of_a_file_is_swept(office: Office) -> None:
    """The row came before the bytes, so that half a file is found."""
    file_id = uuid.uuid4().hex
    await office.service.database.write(lambda tx: unattached.begin(tx, file_id, office.clock()))
    office.kit.files.receive(file_id).add(b"%PDF-1.7 hal")
    await swept(office, hours=23)
    assert on_disk(office) == 1
    await swept(office, hours=2)
    assert on_disk(office) == 0


async def test_a_file_that_a_stop_cut_on_its_way_is_swept(office: Office) -> None:
    """The row stays, for a thread of the program's may still be writing."""
    await in_form(office, await office.submits())
    office.sandbox.inject("files.download", "slow", seconds=60)
    given = [told | {"url_private": f"{office.sandbox.url}/f"} for told in office.sandbox.state()["files"]]
    fetching = asyncio.ensure_future(bring(office.kit, given, Bringing(in_form=True)))
    for _ in range(500):
        if await office.read(begun):
            break
        await asyncio.sleep(0.01)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert len(await office.read(begun)) == 1
    await swept(office, hours=25)
    assert (await office.read(begun), on_disk(office)) == ([], 0)


async def test_a_draft_that_dies_takes_its_files_with_it_here_and_in_slack(office: Office) -> None:
    may_delete(office)
    case = await office.submits()
    await stored(office, await in_form(office, case))
    await swept(office, hours=25)
    assert (on_disk(office), in_slack(office)) == (0, [])


async def test_a_file_of_a_draft_lives_as_long_as_the_draft(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Halvfärdigt", "files": [PLAN]})
    await anna.close(all=True)
    office.clock.pass_(hours=20)
    anna = await writing(office, case)
    await anna.submit()
    await swept(office, hours=20)
    assert on_disk(office) == 1
    await swept(office, hours=5)
    assert on_disk(office) == 0


async def test_what_a_kill_left_in_slack_of_what_is_sent_is_cleared(office: Office) -> None:
    may_delete(office)
    case = await office.submits()
    file = await stored(office, await in_form(office, case))
    await office.does("anna-berg", SendMessage(case_id=case.case_id, text="Se planen", files=(file,)))
    await swept(office)
    assert in_slack(office) == ["situationsplan.pdf"]  # it can still be undone
    await swept(office, hours=1)
    assert (on_disk(office), in_slack(office)) == (1, [])


async def test_what_is_not_the_apps_to_delete_is_asked_for_once(office: Office) -> None:
    case = await office.submits()
    file = await stored(office, await in_form(office, case))
    await office.does("anna-berg", AddNote(case_id=case.case_id, text="", files=(file,)))
    await swept(office)
    await swept(office, hours=1)
    asked = [call for call in office.sandbox.state()["calls"] if call["method"] == "files.delete"]
    assert [call["error"] for call in asked] == ["cant_delete_file"]


async def test_while_slack_does_not_answer_it_is_tried_again_later(office: Office) -> None:
    may_delete(office)
    case = await office.submits()
    file = await stored(office, await in_form(office, case))
    await office.does("anna-berg", AddNote(case_id=case.case_id, text="", files=(file,)))
    office.sandbox.inject("files.delete", "status")
    await swept(office)
    assert in_slack(office) == ["situationsplan.pdf"]
    await swept(office, hours=1)
    assert in_slack(office) == []


async def test_what_could_not_leave_slack_when_its_draft_died_leaves_it_later(office: Office) -> None:
    may_delete(office)
    anna = await writing(office, await office.submits())
    await anna.fill({"files": [PLAN, MAP]})
    for told in office.sandbox.state()["files"]:
        await stored(office, told["id"])
    office.sandbox.inject("files.delete", "status")
    await swept(office, hours=25)
    assert (on_disk(office), len(in_slack(office))) == (0, 1)  # the second was not held up by the first
    await swept(office, hours=1)
    assert in_slack(office) == []


async def test_while_slack_is_down_it_is_not_asked_for_every_file(office: Office) -> None:
    anna = await writing(office, await office.submits())
    await anna.fill({"files": [PLAN]})
    for n in range(9):
        await stored(office, f"F0PLAN{n}")
    office.sandbox.inject("files.delete", "status", times=None)
    await swept(office, hours=25)
    asked = [call for call in office.sandbox.state()["calls"] if call["method"] == "files.delete"]
    assert len(asked) == 3


async def test_what_the_app_was_not_allowed_is_done_when_it_is(office: Office) -> None:
    """The scope may have been forgotten; the doctor tells of it."""
    may_delete(office)
    scopes = office.sandbox.app.scopes
    case = await office.submits()
    file = await stored(office, await in_form(office, case))
    await office.does("anna-berg", AddNote(case_id=case.case_id, text="", files=(file,)))
    office.sandbox.app.scopes = scopes - {"files:write"}
    await swept(office)
    assert in_slack(office) == ["situationsplan.pdf"]
    office.sandbox.app.scopes = scopes
    await swept(office, hours=1)
    assert in_slack(office) == []


async def test_a_file_put_in_a_form_again_is_left_there(office: Office) -> None:
    may_delete(office)
    in_slack_as = await in_form(office, await office.submits())
    thrown_away = await stored(office, in_slack_as)
    await office.service.database.write(lambda tx: unattached.forget(tx, [thrown_away.id]))
    await stored(office, in_slack_as)
    await swept(office)
    assert in_slack(office) == ["situationsplan.pdf"]


async def test_the_bytes_of_a_working_notes_files_go_when_the_case_is_closed(office: Office) -> None:
    case, kept, gone = await office.submits(), await stored(office), await stored(office)
    await office.does("anna-berg", AddNote(case_id=case.case_id, text="Kvar", files=(kept,)))
    working = AddNote(case_id=case.case_id, text="Minnes", kind="working", files=(gone,))
    await office.does("anna-berg", working)
    close = SetStatus(
        case_id=case.case_id, status="aterkallat", was="inskickat", message="Klart", note="Klart"
    )
    await office.does("anna-berg", close)
    await swept(office)
    assert office.kit.files.path(kept.id).is_file() and not office.kit.files.path(gone.id).exists()
    assert await is_whole(office)
