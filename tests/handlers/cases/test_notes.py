"""Internal notes in Slack."""

from __future__ import annotations

from tests.handlers.office import ANNA, BYGGLOV, ELIN, SOCIAL, Office


async def test_a_note_is_written_from_the_cards_menu(any_office: Office) -> None:
    office, anna = any_office, any_office.person(ANNA)
    case = await office.submits()
    seq = (await office.case(case)).seq
    await anna.press(*await office.card(case), "case:more", f"note:{case.case_id}:{seq}")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"text": "Ringde <!channel> *grannen*", "kind": "working"})
    assert "Noteringen är sparad." in str(anna.view)
    note = (await office.all_of(case)).notes[0]
    assert (note.text, note.kind, note.by) == ("Ringde <!channel> *grannen*", "working", "officer:anna-berg")


async def test_a_note_of_nothing_but_space_comes_back_and_is_kept_once_something_is_written(
    office: Office,
) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "notera 1")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"text": " \n "})
    assert "Skriv något först." in str(anna.view)
    assert (await office.all_of(case)).notes == ()
    await anna.fill_and_submit({"text": "Ringde grannen"})
    await office.settled()
    assert [one.text for one in (await office.all_of(case)).notes] == ["Ringde grannen"]


async def test_about_a_strict_case_one_notes_on_the_case_page(office: Office) -> None:
    await office.submits("orosanmalan-barn")
    elin = office.person(ELIN)
    await elin.slash(SOCIAL, "/arende", "notera 1 Hej")
    await office.settled()
    assert elin.view is None
    assert office.ephemeral(ELIN) == "Det här gör du på ärendesidan."
    await elin.press(SOCIAL, elin.ephemerals()[-1]["ts"], "case:page")
    await office.settled()
    assert "https://arenden.lindsjo.example/oppna/elin-sara-blind-" in str(elin.ephemerals()[-1]["blocks"])
