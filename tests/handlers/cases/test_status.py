"""Changing the status in Slack."""

from __future__ import annotations

from bot.domain.status import SetStatus
from tests.handlers.office import ANNA, BJORN, BYGGLOV, ELIN, JOSE, PER_OLOV, SOCIAL, Office


async def opened(office: Office, user: str, case: object) -> dict[str, object]:
    person = office.person(user)
    told = await person.press(*await office.card(case), "case:status")  # type: ignore[arg-type]
    assert told["ok"], told["error"]
    return await person.wait_until(lambda: person.view)


def options(view: dict[str, object]) -> list[str]:
    blocks: list[dict[str, dict[str, object]]] = view["blocks"]  # type: ignore[assignment]
    choice = next(block for block in blocks if str(block.get("block_id")).startswith("status#"))
    return [one["value"] for one in choice["element"]["options"]]  # type: ignore[attr-defined]


async def test_only_what_may_follow_can_be_chosen(office: Office) -> None:
    view = await opened(office, ANNA, await office.submits())
    assert options(view) == ["granskning", "vantar", "aterkallat"]


async def test_choosing_shows_what_the_applicant_is_told_and_keeps_what_was_typed(any_office: Office) -> None:
    office, anna = any_office, any_office.person(ANNA)
    case = await office.submits()
    await opened(office, ANNA, case)
    await anna.fill({"note": "Ringt sökanden"})
    await anna.press_in_view("status", "granskning")
    view = await anna.wait_until(
        lambda: (v := anna.view) and "Sökanden får veta: En handläggare går" in str(v) and v
    )
    assert view is not None
    await anna.fill_and_submit({})
    assert anna.view is None
    after = await office.all_of(case)
    assert after.case.status == "granskning"
    assert [note.text for note in after.notes] == ["Ringt sökanden"]


async def test_a_status_that_requires_a_message_does_not_go_without(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await opened(office, ANNA, case)
    await anna.press_in_view("status", "vantar")
    await anna.wait_until(lambda: "Något saknas" in str(anna.view))
    await anna.submit()
    assert list(anna.errors) == ["message"]
    await anna.fill_and_submit({"message": "   \n "})
    assert "Skriv ett meddelande till sökanden." in str(anna.view)
    assert (await office.case(case)).status == "inskickat"
    await anna.fill_and_submit({"message": "Ritningen saknas."})
    assert (await office.case(case)).status == "vantar"


async def test_a_status_changed_meanwhile_comes_back_with_what_was_typed(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await opened(office, ANNA, case)
    await office.does("bjorn-ek", SetStatus(case_id=case.case_id, status="granskning", was="inskickat"))
    await anna.fill_and_submit({"status": "vantar", "message": "Ritningen saknas."})
    text = str(anna.view)
    assert "Björn Ek ändrade ärendet 23 nov. 2026 10:00. Nu gäller: Första granskning." in text
    assert "Dina uppgifter är kvar." in text
    assert (await office.case(case)).status == "granskning"
    await anna.submit()
    assert anna.view is None
    assert (await office.case(case)).status == "vantar"
    assert [m.text for m in (await office.all_of(case)).messages] == ["Ritningen saknas."]


async def test_a_closed_case_is_reopened_with_a_reason(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    closing = SetStatus(case_id=case.case_id, status="aterkallat", was="inskickat", note="Per telefon")
    await office.does("anna-berg", closing)
    await anna.press(*await office.card(case), "case:reopen")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"status": "granskning"})
    assert list(anna.errors) == ["reason"]
    await anna.fill_and_submit({"status": "granskning", "reason": "Sökanden ångrade sig"})
    reopened = await office.case(case)
    assert (reopened.status, reopened.closed_at) == ("granskning", None)


async def test_who_has_no_part_in_the_case_gets_no_dialog(office: Office) -> None:
    case, olov = await office.submits(), office.person(PER_OLOV)
    await olov.press(*await office.card(case), "case:status")
    await office.settled()
    assert olov.view is None
    assert office.ephemeral(PER_OLOV).startswith("Du har inte behörighet till Ansökan om bygglov. Kontakta ")


async def test_in_a_strict_eservice_no_text_is_written_in_the_dialog(office: Office) -> None:
    case, elin = await office.submits("orosanmalan-barn"), office.person(ELIN)
    await office.card(case, SOCIAL)
    await elin.slash(SOCIAL, "/arende", "status 1")
    view = await elin.wait_until(lambda: elin.view)
    assert "plain_text_input" not in str(view)
    assert "Orosanmälan" not in str(view)


async def test_the_dialog_speaks_the_officers_language(office: Office) -> None:
    case = await office.submits("felanmalan-gata-park")
    jose = office.person(JOSE)
    await jose.press(*await office.card(case, BYGGLOV), "case:status")
    view = await jose.wait_until(lambda: jose.view)
    assert view["title"]["text"] == "Change status"


async def test_two_dialogs_at_once_only_one_wins(office: Office) -> None:
    case = await office.submits()
    card = await office.card(case)
    people = [office.person(ANNA), office.person(BJORN)]
    for person in people:
        await person.press(*card, "case:status")
        await person.wait_until(lambda person=person: person.view)
    await people[0].fill_and_submit({"status": "granskning"})
    await people[1].fill_and_submit({"status": "aterkallat", "note": "Fel ärende"})
    assert (await office.case(case)).status == "granskning"
    assert "Anna Berg ändrade ärendet" in str(people[1].view)
