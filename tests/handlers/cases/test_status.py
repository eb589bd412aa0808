"""Changing the status in Slack."""

from __future__ import annotations

import pytest

from bot.catalog import Catalog
from bot.domain.event_wording import EventWording
from bot.domain.rules import ChangedMeanwhile
from bot.domain.status import SetStatus
from bot.text import words
from tests.handlers.screens.test_home import open_app_home
from tests.handlers.slack_harness import (
    ANNA,
    BJORN,
    BYGGLOV_CHANNEL,
    ELIN,
    JOSE,
    PER_OLOV,
    SOCIAL_CHANNEL,
    SlackHarness,
)


async def open_status_form(harness: SlackHarness, user: str, case: object) -> dict[str, object]:
    person = harness.person(user)
    result = await person.press(*await harness.post_card(case), "case:status")  # type: ignore[arg-type]
    assert result["ok"], result["error"]
    return await person.wait_until(lambda: person.view)


def options(view: dict[str, object]) -> list[str]:
    blocks: list[dict[str, dict[str, object]]] = view["blocks"]  # type: ignore[assignment]
    choice = next(block for block in blocks if str(block.get("block_id")).startswith("status#"))
    return [one["value"] for one in choice["element"]["options"]]  # type: ignore[attr-defined]


async def test_only_what_may_follow_can_be_chosen(harness: SlackHarness) -> None:
    view = await open_status_form(harness, ANNA, await harness.submit())
    assert options(view) == ["granskning", "vantar", "aterkallat", "dubblett"]


async def test_choosing_shows_what_the_applicant_is_told_and_keeps_what_was_typed(
    any_harness: SlackHarness,
) -> None:
    harness, anna = any_harness, any_harness.person(ANNA)
    case = await harness.submit()
    await open_status_form(harness, ANNA, case)
    await anna.fill({"note": "Ringt sökanden"})
    await anna.press_in_view("status", "granskning")
    view = await anna.wait_until(
        lambda: (v := anna.view) and "Sökanden får läsa: ”En handläggare går" in str(v) and v
    )
    assert view is not None
    await anna.fill_and_submit({})
    assert anna.view is None
    after = await harness.load_full_case(case)
    assert after.case.status == "granskning"
    assert [note.text for note in after.notes] == ["Ringt sökanden"]


async def test_a_status_that_requires_a_message_leads_to_where_it_is_written_and_previewed(
    harness: SlackHarness,
) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    await anna.press_in_view("status", "vantar")
    await anna.wait_until(lambda: "Den här statusen kräver ett meddelande" in str(anna.view))
    await anna.submit()
    await anna.wait_until(lambda: "Status när meddelandet har skickats" in str(anna.view))
    await anna.fill_and_submit({"text": "Ritningen saknas."})
    assert "Status blir Väntar på komplettering" in str(anna.view)
    assert (await harness.load_full_case(case)).messages == ()
    await anna.submit()
    full = await harness.load_full_case(case)
    assert [message.text for message in full.messages] == ["Ritningen saknas."]
    assert (full.case.status, full.case.pending[0].status_after) == ("inskickat", "vantar")


async def test_a_note_that_does_not_go_with_a_message_is_not_lost(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    await anna.fill_and_submit({"status": "vantar", "note": "Ringt sökanden"})
    assert "Noteringen följer inte med" in str(anna.view) and "Ringt sökanden" in str(anna.view)
    await anna.press_in_view("case:status:message")
    view = await anna.wait_until(lambda: "Noteringen följer inte med" in str(anna.view) and anna.view)
    assert "Ringt sökanden" in str(view)


async def test_a_message_is_written_in_the_dialogs_place(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    await anna.press_in_view("status", "granskning")
    await anna.wait_until(lambda: "Sökanden får läsa" in str(anna.view))
    await anna.press_in_view("case:status:message")
    view = await anna.wait_until(lambda: "Status när" in str(anna.view) and anna.view)
    assert "'value': 'granskning'" in str(view)


async def test_a_status_changed_meanwhile_comes_back_with_what_was_typed(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await open_status_form(harness, ANNA, case)
    await harness.perform(
        "bjorn-ek", SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    )
    await anna.fill_and_submit({"status": "aterkallat", "note": "Per telefon"})
    text = str(anna.view)
    assert "Björn Ek ändrade ärendet 23 nov. 2026 10:00. Nu gäller: Första granskning." in text
    assert "Dina uppgifter är kvar." in text
    assert (await harness.load_case(case)).status == "granskning"
    await anna.submit()
    assert anna.view is None
    assert (await harness.load_case(case)).status == "aterkallat"


async def test_a_closed_case_is_reopened_with_a_reason(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    closing = SetStatus(case_id=case.case_id, status="aterkallat", expected="inskickat", note="Per telefon")
    await harness.perform("anna-berg", closing)
    await anna.press(*await harness.post_card(case), "case:reopen")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"status": "granskning"})
    assert list(anna.errors) == ["reason"]
    await anna.fill_and_submit({"status": "granskning", "reason": "Sökanden ångrade sig"})
    reopened = await harness.load_case(case)
    assert (reopened.status, reopened.closed_at) == ("granskning", None)


async def test_who_has_no_part_in_the_case_gets_no_dialog(harness: SlackHarness) -> None:
    case, olov = await harness.submit(), harness.person(PER_OLOV)
    await olov.press(*await harness.post_card(case), "case:status")
    await harness.wait_until_idle()
    assert olov.view is None
    assert harness.last_ephemeral(PER_OLOV).startswith(
        "Du har inte behörighet till Ansökan om bygglov. Kontakta "
    )


async def test_in_a_strict_eservice_no_text_is_written_in_the_dialog(harness: SlackHarness) -> None:
    case, elin = await harness.submit("orosanmalan-barn"), harness.person(ELIN)
    await harness.post_card(case, SOCIAL_CHANNEL)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "status 1")
    view = await elin.wait_until(lambda: elin.view)
    assert "plain_text_input" not in str(view)
    assert "Orosanmälan" not in str(view)


async def test_the_dialog_speaks_the_officers_language(harness: SlackHarness) -> None:
    case = await harness.submit("felanmalan-gata-park")
    jose = harness.person(JOSE)
    await jose.press(*await harness.post_card(case, BYGGLOV_CHANNEL), "case:status")
    view = await jose.wait_until(lambda: jose.view)
    assert view["title"]["text"] == "Change status"


async def test_two_dialogs_at_once_only_one_wins(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    people = [harness.person(ANNA), harness.person(BJORN)]
    for person in people:
        await person.press(*card, "case:status")
        await person.wait_until(lambda person=person: person.view)
    await people[0].fill_and_submit({"status": "granskning"})
    await people[1].fill_and_submit({"status": "aterkallat", "note": "Fel ärende"})
    assert (await harness.load_case(case)).status == "granskning"
    assert "Anna Berg ändrade ärendet" in str(people[1].view)


def without_status(catalog: Catalog, key: str) -> Catalog:
    """The catalog as after a coordinator has removed the status from building permits."""
    service = catalog.services["bygglov"]
    remaining = tuple(one for one in service.statuses if one.key != key)
    changed = service.model_copy(update={"statuses": remaining})
    return catalog.model_copy(update={"services": {**catalog.services, "bygglov": changed}})


NAME = "Första granskning"


async def test_a_removed_status_is_called_what_it_was_called_when_it_was_set(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await harness.perform(
        "anna-berg", SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    )
    catalog = without_status(harness.catalog, "granskning")
    harness.service._catalog = lambda: catalog
    card = await harness.post_card(case)
    assert NAME in str(next(one for one in anna.sees(card[0]) if one["ts"] == card[1]))
    await anna.press(*card, "case:show")
    await anna.wait_until(lambda: "Historik" in str(anna.view))
    assert NAME in str(anna.view) and "granskning" not in str(anna.view).replace(NAME, "")
    await anna.close()
    home = await open_app_home(harness, ANNA)
    await home.press_at_home("home:tab:all")
    await home.wait_until(lambda: "Alla · " in str(home.home))
    assert NAME in str(home.home) and "granskning" not in str(home.home).replace(NAME, "")


async def test_what_a_removed_status_was_called_stands_in_the_log_when_another_is_set(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await harness.perform(
        "anna-berg", SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    )
    catalog = without_status(harness.catalog, "granskning")
    harness.service._catalog = lambda: catalog
    with pytest.raises(ChangedMeanwhile) as refusal:
        await harness.perform(
            "bjorn-ek", SetStatus(case_id=case.case_id, status="komplett", expected="inskickat")
        )
    assert NAME in refusal.value.in_words(words("sv"))
    await harness.perform(
        "bjorn-ek", SetStatus(case_id=case.case_id, status="komplett", expected="granskning")
    )
    history = (await harness.load_full_case(case)).history
    line = EventWording(catalog, catalog.service("bygglov"), words("sv")).log_line(history[-1])
    assert NAME in str(line)
