"""What the clock sweeps out: files that belong to nothing, those that are to be nowhere, and copies in Slack."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from bot.domain.status import SetStatus
from bot.domain.submission import FileRef
from bot.handlers.request.file_transfer import FetchPolicy, fetch_files
from bot.jobs import JobDependencies
from bot.jobs.sweeping import sweep
from bot.service import CommandResult
from bot.store import Tx
from bot.store.files import unattached
from tests.handlers.cases.file_helpers import (
    MAP,
    PLAN,
    allow_deletion,
    count_stored_files,
    is_log_intact,
    names_in_slack,
)
from tests.handlers.cases.test_messages import open_message_form
from tests.handlers.slack_harness import SlackHarness


async def run_sweep(harness: SlackHarness, hours: float = 0) -> None:
    harness.clock.advance(hours=hours)
    await sweep(JobDependencies(harness.service, harness.deps.files, Path(), harness.deps.slack.files))


async def store_file(harness: SlackHarness, slack_id: str | None = None) -> FileRef:
    """A file that has come whole and belongs to nothing."""
    file_id, write = uuid.uuid4().hex, harness.service.database.write
    await write(lambda tx: unattached.begin(tx, file_id, harness.clock(), slack_id))
    size, sha256 = harness.deps.files.write(file_id, [b"plan"])
    file = FileRef(id=file_id, name="plan.pdf", size=size, kind="application/pdf", sha256=sha256)
    await write(lambda tx: unattached.complete(tx, file))
    return file


async def leave_file_in_form(harness: SlackHarness, case: CommandResult) -> str:
    """A file put in a dialog that is never submitted: its name in Slack."""
    anna = await open_message_form(harness, case)
    await anna.fill({"files": [PLAN]})
    return str(harness.sandbox.state()["files"][0]["id"])


def list_file_ids(tx: Tx) -> list[str]:
    return list(tx.conn.exec_driver_sql("SELECT id FROM file").scalars())


async def test_what_a_kill_left_of_a_file_is_swept(harness: SlackHarness) -> None:
    """The row came before the bytes, so that half a file is found."""
    file_id = uuid.uuid4().hex
    await harness.service.database.write(lambda tx: unattached.begin(tx, file_id, harness.clock()))
    harness.deps.files.receive(file_id).add(b"%PDF-1.7 hal")
    await run_sweep(harness, hours=23)
    assert count_stored_files(harness) == 1
    await run_sweep(harness, hours=2)
    assert count_stored_files(harness) == 0


async def test_a_file_that_a_stop_cut_on_its_way_is_swept(harness: SlackHarness) -> None:
    """The row stays, for a thread of the program's may still be writing."""
    await leave_file_in_form(harness, await harness.submit())
    harness.sandbox.inject("files.download", "slow", seconds=60)
    given = [
        result | {"url_private": f"{harness.sandbox.url}/f"} for result in harness.sandbox.state()["files"]
    ]
    fetching = asyncio.ensure_future(fetch_files(harness.deps, given, FetchPolicy(is_from_form=True)))
    for _ in range(500):
        if await harness.read(list_file_ids):
            break
        await asyncio.sleep(0.01)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert len(await harness.read(list_file_ids)) == 1
    await run_sweep(harness, hours=25)
    assert (await harness.read(list_file_ids), count_stored_files(harness)) == ([], 0)


async def test_a_draft_that_dies_takes_its_files_with_it_here_and_in_slack(harness: SlackHarness) -> None:
    allow_deletion(harness)
    case = await harness.submit()
    await store_file(harness, await leave_file_in_form(harness, case))
    await run_sweep(harness, hours=25)
    assert (count_stored_files(harness), names_in_slack(harness)) == (0, [])


async def test_a_file_of_a_draft_lives_as_long_as_the_draft(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Halvfärdigt", "files": [PLAN]})
    await anna.close(all=True)
    harness.clock.advance(hours=20)
    anna = await open_message_form(harness, case)
    await anna.submit()
    await run_sweep(harness, hours=29 * 24)
    assert count_stored_files(harness) == 1
    await run_sweep(harness, hours=25)
    assert count_stored_files(harness) == 0


async def test_what_a_kill_left_in_slack_of_what_is_sent_is_cleared(harness: SlackHarness) -> None:
    allow_deletion(harness)
    case = await harness.submit()
    file = await store_file(harness, await leave_file_in_form(harness, case))
    await harness.perform("anna-berg", SendMessage(case_id=case.case_id, text="Se planen", files=(file,)))
    await run_sweep(harness)
    assert names_in_slack(harness) == ["situationsplan.pdf"]  # it can still be undone
    await run_sweep(harness, hours=1)
    assert (count_stored_files(harness), names_in_slack(harness)) == (1, [])


async def test_what_is_not_the_apps_to_delete_is_asked_for_once(harness: SlackHarness) -> None:
    case = await harness.submit()
    file = await store_file(harness, await leave_file_in_form(harness, case))
    await harness.perform("anna-berg", AddNote(case_id=case.case_id, text="", files=(file,)))
    await run_sweep(harness)
    await run_sweep(harness, hours=1)
    asked = [call for call in harness.sandbox.state()["calls"] if call["method"] == "files.delete"]
    assert [call["error"] for call in asked] == ["cant_delete_file"]


async def test_while_slack_does_not_answer_it_is_tried_again_later(harness: SlackHarness) -> None:
    allow_deletion(harness)
    case = await harness.submit()
    file = await store_file(harness, await leave_file_in_form(harness, case))
    await harness.perform("anna-berg", AddNote(case_id=case.case_id, text="", files=(file,)))
    harness.sandbox.inject("files.delete", "status")
    await run_sweep(harness)
    assert names_in_slack(harness) == ["situationsplan.pdf"]
    await run_sweep(harness, hours=1)
    assert names_in_slack(harness) == []


async def test_what_could_not_leave_slack_when_its_draft_died_leaves_it_later(harness: SlackHarness) -> None:
    allow_deletion(harness)
    anna = await open_message_form(harness, await harness.submit())
    await anna.fill({"files": [PLAN, MAP]})
    for result in harness.sandbox.state()["files"]:
        await store_file(harness, result["id"])
    harness.sandbox.inject("files.delete", "status")
    await run_sweep(harness, hours=25)
    assert (count_stored_files(harness), len(names_in_slack(harness))) == (
        0,
        1,
    )  # the second was not held up by the first
    await run_sweep(harness, hours=1)
    assert names_in_slack(harness) == []


async def test_while_slack_is_down_it_is_not_asked_for_every_file(harness: SlackHarness) -> None:
    anna = await open_message_form(harness, await harness.submit())
    await anna.fill({"files": [PLAN]})
    for n in range(9):
        await store_file(harness, f"F0PLAN{n}")
    harness.sandbox.inject("files.delete", "status", times=None)
    await run_sweep(harness, hours=25)
    asked = [call for call in harness.sandbox.state()["calls"] if call["method"] == "files.delete"]
    assert len(asked) == 3


async def test_what_the_app_was_not_allowed_is_done_when_it_is(harness: SlackHarness) -> None:
    """The scope may have been forgotten; the doctor tells of it."""
    allow_deletion(harness)
    scopes = harness.sandbox.app.scopes
    case = await harness.submit()
    file = await store_file(harness, await leave_file_in_form(harness, case))
    await harness.perform("anna-berg", AddNote(case_id=case.case_id, text="", files=(file,)))
    harness.sandbox.app.scopes = scopes - {"files:write"}
    await run_sweep(harness)
    assert names_in_slack(harness) == ["situationsplan.pdf"]
    harness.sandbox.app.scopes = scopes
    await run_sweep(harness, hours=1)
    assert names_in_slack(harness) == []


async def test_a_file_put_in_a_form_again_is_left_there(harness: SlackHarness) -> None:
    allow_deletion(harness)
    in_slack_as = await leave_file_in_form(harness, await harness.submit())
    thrown_away = await store_file(harness, in_slack_as)
    await harness.service.database.write(lambda tx: unattached.remove(tx, [thrown_away.id]))
    await store_file(harness, in_slack_as)
    await run_sweep(harness)
    assert names_in_slack(harness) == ["situationsplan.pdf"]


async def test_the_bytes_of_a_working_notes_files_go_when_the_case_is_closed(harness: SlackHarness) -> None:
    case, stored, gone = await harness.submit(), await store_file(harness), await store_file(harness)
    await harness.perform("anna-berg", AddNote(case_id=case.case_id, text="Kvar", files=(stored,)))
    working = AddNote(case_id=case.case_id, text="Minnes", kind="working", files=(gone,))
    await harness.perform("anna-berg", working)
    close = SetStatus(case_id=case.case_id, status="aterkallat", expected="inskickat", note="Klart")
    await harness.perform("anna-berg", close)
    await run_sweep(harness)
    assert harness.deps.files.path(stored.id).is_file() and not harness.deps.files.path(gone.id).exists()
    assert await is_log_intact(harness)
