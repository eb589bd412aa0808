"""What was written on the case page beside a change that was not made: it can be kept as a note, by one press."""

from __future__ import annotations

from bot.domain.assignment import ChangeAssignees
from bot.domain.protection import SetProtection
from bot.domain.status import SetStatus
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import case_id, enters
from tests.portal.officer.test_protected_cases import protected_id, says_why

__all__ = ["case_id", "protected_id"]

PAGE = "/handlaggare/2026-000001"


async def keep_note(portal: Portal, anna: Browser, page: Page, case_id: str, action: str) -> list[str]:
    """Press the button; the notes that the case has then."""
    assert "Spara bara noteringen" in page.text
    page = await anna.send(page.form(action), "note")
    assert "Noteringen är sparad." in page.text
    return [str(note.text) for note in (await portal.view_case(case_id)).notes]


async def test_who_was_slower_with_the_same_status_keeps_the_note(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/status")).form("/status")
    assert "Spara bara noteringen" not in (await anna.get(f"{PAGE}/status")).text
    set_status = SetStatus(case_id=case_id, status="working", expected="submitted")
    await portal.service.perform(set_status, portal.officer("bo"))
    page = await anna.send(form.fill(status="working", note="Ringt Eva"))
    assert page.status == 409 and "Ringt Eva" in page.text
    assert await keep_note(portal, anna, page, case_id, "/status") == ["Ringt Eva"]


async def test_a_note_beside_a_status_that_needs_a_message_is_kept(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/status")).form("/status")
    page = await anna.send(form.fill(status="waiting", note="Ringt Eva"))
    assert "Noteringen följer inte med meddelandet" in page.text
    assert await keep_note(portal, anna, page, case_id, "/status") == ["Ringt Eva"]


async def test_the_reason_for_officers_who_have_the_case_already_is_kept(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/handlaggare")).form("/handlaggare")
    given = ChangeAssignees(case_id=case_id, assignees=("officer:bo",), expected=())
    await portal.service.perform(given, portal.officer("bo"))
    page = await anna.send(form.fill(holder="officer:bo", reason="Kan altaner"), "save")
    assert page.status == 409
    page = await anna.send(page.form("/handlaggare"), "save")
    assert "Ärendet har redan de handläggarna." in page.text
    assert await keep_note(portal, anna, page, case_id, "/handlaggare") == ["Kan altaner"]


async def test_the_reason_to_lift_a_protection_that_is_lifted_already_is_kept(
    portal: Portal, protected_id: str
) -> None:
    anna, page = await enters(portal, protected_id)
    await says_why(anna, page)
    form = (await anna.get(f"{PAGE}/skydd")).form("/skydd")
    lift = SetProtection(case_id=protected_id, protected=False, reason="Annat fönster")
    await portal.service.perform(lift, portal.officer("anna"))
    page = await anna.send(form.fill(reason="Eva ringde"))
    assert "Markeringen är redan borttagen." in page.text and "Eva ringde" in page.text
    assert await keep_note(portal, anna, page, protected_id, "/skydd") == ["Eva ringde"]
