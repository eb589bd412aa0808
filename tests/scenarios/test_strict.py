"""An e-service whose cases are not for Slack to read, and whose reporter does not follow the case."""

from __future__ import annotations

import pytest

from tests.scenarios.town_hall import Colleague, TownHall, seen

ORO = "orosanmalan-barn"
CONCERN = {
    "svar_i_tjansten": "true",
    "svar_arbetsplats": "Björkskolan",
    "svar_barnets_namn": "Ett barn",
    "svar_oro": "Kommer inte till skolan",
}


@pytest.fixture
async def number(hall: TownHall) -> str:
    """A teacher has reported a concern."""
    number = await hall.applicant().applies(ORO, om_who="named", **CONCERN)
    await hall.posted(number)
    return number


@pytest.fixture
def elin(hall: TownHall) -> Colleague:
    return hall.officer("elin-sara-blind")


async def test_its_card_says_neither_what_nor_whom_it_is_about(hall: TownHall, number: str) -> None:
    card = seen(hall.card(number))
    assert f"Ärende {number}" in card and "Inkommen" in card
    assert not any(word in card for word in ("Oro", "oro", "barn", "Eva", "skola"))


async def test_the_reporter_has_a_receipt_without_a_word_of_what_it_is_and_nothing_more(
    hall: TownHall, number: str, elin: Colleague
) -> None:
    eva = hall.applicant()
    mail = await eva.mail("Meddelande från Lindsjö kommun")
    assert not any(word in mail.text.lower() for word in ("oro", "barn", "/m/", number))
    await elin.presses(number, "case:take")
    await elin.types(f"status {number} förhandsbedömning", service=ORO)
    await hall.posted(number, "Förhandsbedömning")
    await hall.later(30)
    assert len(eva.mails()) == 1


async def test_the_case_is_read_and_noted_on_its_page_through_the_door_only(
    hall: TownHall, number: str, elin: Colleague
) -> None:
    await elin.types(f"visa {number}", service=ORO)
    shown = await elin.sees_in_view("Öppna ärendesidan")
    assert "Ett barn" not in shown and "Kommer inte till skolan" not in shown
    await elin.close(all=True)
    await elin.types(f"notera {number} Ringde rektorn", service=ORO)
    await elin.hears("Det här gör du på ärendesidan.")
    browser = await elin.door(number)
    page = await browser.get(f"/handlaggare/{number}")
    assert "Kommer inte till skolan" in page.text and "Eva Ek" in page.text
    form = (await browser.get(f"/handlaggare/{number}/notering")).form()
    page = await browser.send(form.fill(text="Ringde rektorn"))
    assert "Ringde rektorn" in page.text
    assert "rektorn" not in str(hall.messages(ORO)) + str(hall.thread(number))


async def test_a_link_through_the_door_is_its_officers_alone_and_works_once(
    hall: TownHall, number: str, elin: Colleague
) -> None:
    browser = await elin.door(number)
    again = await hall.browser().get(elin.link)
    page = await hall.browser().send(again.form())
    assert page.status == 410 and "Länken har gått ut." in page.text
    assert (await hall.browser().get(f"/handlaggare/{number}")).status == 401
    assert (await browser.get(f"/handlaggare/{number}")).status == 200


async def test_its_thread_says_what_happened_and_not_to_write_there(
    hall: TownHall, number: str, elin: Colleague
) -> None:
    await elin.presses(number, "case:take")
    await hall.later(11)
    first, second = hall.thread(number)
    assert "Skriv inte i tråden." in first and "Elin Sárá Blind tog ärendet." in second


async def test_in_a_channel_that_others_see_nothing_is_posted(hall: TownHall) -> None:
    """A guest is in the channel: the coordinator is told."""
    hall.let_in(hall.channel(ORO), hall.outsiders()[0].id)
    await hall.applicant().applies(ORO, om_who="named", **CONCERN)
    elin = hall.officer("elin-sara-blind")
    await hall.until(elin.dm)
    assert hall.cards(ORO) == [] and await hall.parked() == ["channel_not_private"]
