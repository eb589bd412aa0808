"""What was written beside a change that was not made: it can be kept as a note, by one press."""

from __future__ import annotations

from bot.domain.assignment import ChangeAssignees
from bot.domain.status import SetStatus
from sandbox.person import Person as Colleague
from tests.handlers.cases.test_officers import choose_assignees, open_form
from tests.handlers.cases.test_status import open_status_form
from tests.handlers.slack_harness import ANNA, SlackHarness

KEEP = "case:note:keep"
BUTTON = "Spara bara noteringen"


async def note_texts(harness: SlackHarness, case: object) -> list[str | None]:
    return [note.text for note in (await harness.load_full_case(case)).notes]  # type: ignore[arg-type]


async def keep_note(harness: SlackHarness, anna: Colleague) -> None:
    assert BUTTON in str(anna.view)
    await anna.press_in_view(KEEP)
    await harness.wait_until_idle()
    assert "Noteringen är sparad." in str(anna.view)


async def test_who_was_slower_with_the_same_status_keeps_the_note(any_harness: SlackHarness) -> None:
    harness, anna = any_harness, any_harness.person(ANNA)
    case = await harness.submit()
    await open_status_form(harness, ANNA, case)
    await anna.fill({"status": "granskning", "note": "Ringt sökanden"})
    set_status = SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    await harness.perform("bjorn-ek", set_status)
    await anna.submit()
    assert "Björn Ek ändrade ärendet" in str(anna.view) and "Ringt sökanden" in str(anna.view)
    await keep_note(harness, anna)
    assert await note_texts(harness, case) == ["Ringt sökanden"]
    assert harness.warnings() == [] and harness.failed_calls() == []


async def test_a_note_beside_a_status_that_needs_a_message_is_kept(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    await anna.fill_and_submit({"status": "vantar", "note": "Ringt sökanden"})
    assert "Noteringen följer inte med meddelandet" in str(anna.view)
    await keep_note(harness, anna)
    assert await note_texts(harness, case) == ["Ringt sökanden"]


async def test_the_reason_for_officers_who_have_the_case_already_is_kept(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case)
    given = ChangeAssignees(case_id=case.case_id, assignees=("officer:bjorn-ek",), expected=())
    await harness.perform("marta-lindqvist", given)
    await choose_assignees(anna, "officer:bjorn-ek", reason="Kan ritningar")
    assert "Märta Lindqvist" in str(anna.view) and BUTTON in str(anna.view)
    await anna.submit({})
    assert "Ärendet har redan de handläggarna." in str(anna.view) and "Kan ritningar" in str(anna.view)
    await keep_note(harness, anna)
    assert await note_texts(harness, case) == ["Kan ritningar"]


async def test_the_reason_for_officers_of_a_case_that_was_closed_is_kept(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case)
    closing = SetStatus(case_id=case.case_id, status="aterkallat", expected="inskickat", note="Återtog")
    await harness.perform("bjorn-ek", closing)
    await choose_assignees(anna, "officer:bjorn-ek", reason="Kan ritningar")
    assert "Ärendet är avslutat." in str(anna.view)
    await keep_note(harness, anna)
    assert await note_texts(harness, case) == ["Återtog", "Kan ritningar"]


async def test_two_presses_keep_one_note(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    await anna.fill_and_submit({"status": "vantar", "note": "Ringt sökanden"})
    await anna.press_in_view(KEEP)
    await harness.wait_until_idle()
    assert BUTTON not in str(anna.view)
    assert await note_texts(harness, case) == ["Ringt sökanden"]


async def test_nothing_is_offered_to_keep_where_nothing_was_written(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    set_status = SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    await harness.perform("bjorn-ek", set_status)
    await anna.fill_and_submit({"status": "aterkallat"})
    assert anna.errors or BUTTON not in str(anna.view)
