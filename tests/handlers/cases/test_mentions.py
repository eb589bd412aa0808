"""Colleagues mentioned in notes, in the dialog and in threads."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.service import CommandResult
from bot.store.tables import DeliveryRow
from sandbox.person import Person as Colleague
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, SlackHarness


async def pending_notices(harness: SlackHarness) -> list[str]:
    """Private notices under way, as their ids have them."""
    found: list[str] = await harness.read(
        lambda tx: list(
            tx.conn.execute(select(DeliveryRow.ids).where(DeliveryRow.kind == "notice")).scalars()
        )
    )
    return found


async def open_note_form(harness: SlackHarness, who: str) -> Colleague:
    person = harness.person(who)
    await person.slash(BYGGLOV_CHANNEL, "/arende", "notera 1 Se ritningen")
    await person.wait_until(lambda: person.view and "Nämn kollegor" in str(person.view))
    return person


async def test_colleagues_are_chosen_by_name_and_told(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = await open_note_form(any_harness, ANNA)
    offered = await anna.suggest("mentions", "björ")
    assert [one["text"]["text"] for one in offered] == ["Björn Ek"]
    await anna.fill_and_submit({"mentions": ["officer:bjorn-ek"]})
    assert "Noteringen är sparad." in str(anna.view)
    (note,) = (await any_harness.load_full_case(case)).notes
    assert note.text == "Se ritningen"
    assert ["bjorn-ek" in one and "mentioned" in one for one in await pending_notices(any_harness)] == [True]
    assert any_harness.warnings() == []


async def test_neither_oneself_nor_who_has_no_part_in_the_case_is_offered(harness: SlackHarness) -> None:
    await harness.submit()
    anna = await open_note_form(harness, ANNA)
    for typed in ("anna berg", "zeynep"):
        assert await anna.suggest("mentions", typed) == []


async def reply_in_thread(harness: SlackHarness, case: CommandResult, text: str) -> None:
    channel, thread = await harness.post_known_card(case)
    await harness.person(ANNA).say(channel, text, thread)
    await harness.wait_for_events()


async def test_who_is_mentioned_in_a_reply_that_is_kept_is_told(harness: SlackHarness) -> None:
    """Björn has never used the program; he is known by the address that Slack has confirmed."""
    case = await harness.submit()
    await reply_in_thread(harness, case, "Kan du titta, @bjorn.ek?")
    (note,) = (await harness.load_full_case(case)).notes
    assert note.text == "Kan du titta, @Björn Ek?"
    assert ["bjorn-ek" in one and "mentioned" in one for one in await pending_notices(harness)] == [True]


@pytest.mark.parametrize("name", ["anna.berg", "david.lund", "gustav.gast", "jose.fernandez"])
async def test_in_a_reply_a_name_of_anyone_else_is_only_a_name(harness: SlackHarness, name: str) -> None:
    """The writer, someone who is no officer, a guest, and an officer of another e-service."""
    case = await harness.submit()
    await reply_in_thread(harness, case, f"Hej @{name}")
    assert len((await harness.load_full_case(case)).notes) == 1 and await pending_notices(harness) == []


async def test_a_reply_is_kept_though_slack_does_not_say_who_is_meant(harness: SlackHarness) -> None:
    case = await harness.submit()
    await reply_in_thread(harness, case, "Först")
    harness.sandbox.inject("users.info", "status", status=503, times=9)
    channel, ts = BYGGLOV_CHANNEL, harness.person(ANNA).sees(BYGGLOV_CHANNEL)[-1]["ts"]
    await harness.person(ANNA).say(channel, "Kan du titta, @bjorn.ek?", ts)
    await harness.wait_for_events()
    assert len((await harness.load_full_case(case)).notes) == 2 and await pending_notices(harness) == []


async def test_the_notice_leads_to_the_notes(harness: SlackHarness) -> None:
    case, bjorn = await harness.submit(), harness.person(BJORN)
    await bjorn.press(*await harness.post_notice(BJORN, case, "mentioned"), "case:notes")
    assert await bjorn.wait_until(lambda: "Inga noteringar" in str(bjorn.view))
