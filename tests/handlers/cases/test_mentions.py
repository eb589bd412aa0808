"""Colleagues mentioned in notes, in the dialog and in threads."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.service import Done
from bot.store.tables import DeliveryRow
from sandbox.person import Person as Colleague
from tests.handlers.office import ANNA, BJORN, BYGGLOV, Office


async def told(office: Office) -> list[str]:
    """Private notices under way, as their ids have them."""
    found: list[str] = await office.read(
        lambda tx: list(
            tx.conn.execute(select(DeliveryRow.ids).where(DeliveryRow.kind == "notice")).scalars()
        )
    )
    return found


async def noting(office: Office, who: str) -> Colleague:
    person = office.person(who)
    await person.slash(BYGGLOV, "/arende", "notera 1 Se ritningen")
    await person.wait_until(lambda: person.view and "Nämn kollegor" in str(person.view))
    return person


async def test_colleagues_are_chosen_by_name_and_told(any_office: Office) -> None:
    case = await any_office.submits()
    anna = await noting(any_office, ANNA)
    offered = await anna.suggest("mentions", "björ")
    assert [one["text"]["text"] for one in offered] == ["Björn Ek"]
    await anna.fill_and_submit({"mentions": ["officer:bjorn-ek"]})
    assert "Noteringen är sparad." in str(anna.view)
    (note,) = (await any_office.all_of(case)).notes
    assert note.text == "Se ritningen"
    assert ["bjorn-ek" in one and "mentioned" in one for one in await told(any_office)] == [True]
    assert any_office.warnings() == []


async def test_neither_oneself_nor_who_has_no_part_in_the_case_is_offered(office: Office) -> None:
    await office.submits()
    anna = await noting(office, ANNA)
    for typed in ("anna berg", "zeynep"):
        assert await anna.suggest("mentions", typed) == []


async def said(office: Office, case: Done, text: str) -> None:
    channel, thread = await office.thread(case)
    await office.person(ANNA).say(channel, text, thread)
    await office.heard()


async def test_who_is_mentioned_in_a_reply_that_is_kept_is_told(office: Office) -> None:
    """Björn has never used the program; he is known by the address that Slack has confirmed."""
    case = await office.submits()
    await said(office, case, "Kan du titta, @bjorn.ek?")
    (note,) = (await office.all_of(case)).notes
    assert note.text == "Kan du titta, @Björn Ek?"
    assert ["bjorn-ek" in one and "mentioned" in one for one in await told(office)] == [True]


@pytest.mark.parametrize("name", ["anna.berg", "david.lund", "gustav.gast", "jose.fernandez"])
async def test_in_a_reply_a_name_of_anyone_else_is_only_a_name(office: Office, name: str) -> None:
    """The writer, someone who is no officer, a guest, and an officer of another e-service."""
    case = await office.submits()
    await said(office, case, f"Hej @{name}")
    assert len((await office.all_of(case)).notes) == 1 and await told(office) == []


async def test_a_reply_is_kept_though_slack_does_not_say_who_is_meant(office: Office) -> None:
    case = await office.submits()
    await said(office, case, "Först")
    office.sandbox.inject("users.info", "status", status=503, times=9)
    channel, ts = BYGGLOV, office.person(ANNA).sees(BYGGLOV)[-1]["ts"]
    await office.person(ANNA).say(channel, "Kan du titta, @bjorn.ek?", ts)
    await office.heard()
    assert len((await office.all_of(case)).notes) == 2 and await told(office) == []


async def test_the_notice_leads_to_the_notes(office: Office) -> None:
    case, bjorn = await office.submits(), office.person(BJORN)
    await bjorn.press(*await office.notice(BJORN, case, "mentioned"), "case:notes")
    assert await bjorn.wait_until(lambda: "Inga noteringar" in str(bjorn.view))
