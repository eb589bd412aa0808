"""Internal notes in Slack."""

from __future__ import annotations

import pytest

from bot.catalog.templates import Template
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, ELIN, SOCIAL_CHANNEL, SlackHarness


async def test_a_note_is_written_from_the_card(any_harness: SlackHarness) -> None:
    harness, anna = any_harness, any_harness.person(ANNA)
    case = await harness.submit()
    await anna.press(*await harness.post_card(case), "case:note")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"text": "Ringde <!channel> *grannen*", "kind": "working"})
    assert "Noteringen är sparad." in str(anna.view)
    note = (await harness.load_full_case(case)).notes[0]
    assert (note.text, note.kind, note.by) == ("Ringde <!channel> *grannen*", "working", "officer:anna-berg")


async def test_a_note_of_nothing_but_space_comes_back_and_is_kept_once_something_is_written(
    harness: SlackHarness,
) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "notera 1")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"text": " \n "})
    assert "Skriv något först." in str(anna.view)
    assert (await harness.load_full_case(case)).notes == ()
    await anna.fill_and_submit({"text": "Ringde grannen"})
    await harness.wait_until_idle()
    assert [one.text for one in (await harness.load_full_case(case)).notes] == ["Ringde grannen"]


async def test_a_note_made_of_a_template_is_stopped_at_all_its_gaps(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "notera 1")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"text": "Platsbesök {datum}, {närvarande}"})
    assert "{datum} och {närvarande}" in str(anna.view)
    assert (await harness.load_full_case(case)).notes == ()


async def test_a_template_comes_below_what_was_typed_with_its_day_filled_in_and_stops_at_its_gaps(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    _offer_template(
        harness, "Bedömning {today} av {officer.name} om {applicant.name}: {bedömning}", monkeypatch
    )
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:note")
    await anna.wait_until(lambda: anna.view)
    await anna.fill({"text": "Bråttom", "kind": "working"})
    await anna.press_in_view("note_template", "bedomning")
    filled = "Bedömning 23 nov. 2026 av Anna Berg om Eva Ek: {bedömning}"
    await anna.wait_until(lambda: "Bedömning 23" in str(anna.view))
    await harness.wait_until_idle()
    await anna.submit()
    assert "{bedömning}" in str(anna.view) and (await harness.load_full_case(case)).notes == ()
    await anna.fill_and_submit({"text": filled.replace("{bedömning}", "lugnt")})
    await harness.wait_until_idle()
    (note,) = (await harness.load_full_case(case)).notes
    assert (note.text, note.kind) == (filled.replace("{bedömning}", "lugnt"), "working")


def _offer_template(harness: SlackHarness, text: str, patch: pytest.MonkeyPatch) -> None:
    service = harness.catalog.services["bygglov"]
    given = {"key": "bedomning", "name": "Bedömning", "for": "note", "text": text, "gaps": ["bedömning"]}
    offered = (*service.templates, Template.model_validate(given))
    patch.setitem(harness.catalog.services, "bygglov", service.model_copy(update={"templates": offered}))


async def test_about_a_strict_case_one_notes_on_the_case_page(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "notera 1 Hej")
    await harness.wait_until_idle()
    assert elin.view is None
    assert harness.last_ephemeral(ELIN) == "Det här gör du på ärendesidan."
    assert (await harness.load_full_case(case)).notes == ()
    await elin.press(SOCIAL_CHANNEL, elin.ephemerals()[-1]["ts"], "case:page")
    await harness.wait_until_idle()
    assert "https://arenden.lindsjo.example/oppna/elin-sara-blind-" in str(elin.ephemerals()[-1]["blocks"])
