"""An e-service whose cases are not for Slack to read, and whose reporter does not follow the case."""

from __future__ import annotations

import pytest

from tests.scenarios.running_program import Colleague, RunningProgram, message_text

ORO = "orosanmalan-barn"
CONCERN = {
    "svar_i_tjansten": "true",
    "svar_arbetsplats": "Björkskolan",
    "svar_barnets_namn": "Ett barn",
    "svar_oro": "Kommer inte till skolan",
}


@pytest.fixture
async def number(program: RunningProgram) -> str:
    """A teacher has reported a concern."""
    number = await program.applicant().apply(ORO, om_who="named", **CONCERN)
    await program.wait_for_card(number)
    return number


@pytest.fixture
def elin(program: RunningProgram) -> Colleague:
    return program.officer("elin-sara-blind")


async def test_its_card_says_neither_what_nor_whom_it_is_about(program: RunningProgram, number: str) -> None:
    card = message_text(program.card(number))
    assert f"Ärende {number}" in card and "Inkommen" in card
    assert not any(word in card for word in ("Oro", "oro", "barn", "Eva", "skola"))


async def test_the_reporter_has_a_receipt_without_a_word_of_what_it_is_and_nothing_more(
    program: RunningProgram, number: str, elin: Colleague
) -> None:
    eva = program.applicant()
    mail = await eva.wait_for_mail("Bekräfta din e-postadress")
    assert not any(word in mail.text.lower() for word in ("oro", "barn", number))
    await elin.press_on_card(number, "case:take")
    await elin.run_command(f"status {number} förhandsbedömning", service=ORO)
    await program.wait_for_card(number, "Förhandsbedömning")
    await program.advance_and_deliver(30)
    assert len(eva.mails()) == 1


async def test_the_case_is_read_and_noted_on_its_page_through_the_door_only(
    program: RunningProgram, number: str, elin: Colleague
) -> None:
    await elin.run_command(f"visa {number}", service=ORO)
    shown = await elin.wait_for_view_text("Öppna ärendesidan")
    assert "Ett barn" not in shown and "Kommer inte till skolan" not in shown
    await elin.close(all=True)
    await elin.run_command(f"notera {number} Ringde rektorn", service=ORO)
    await elin.wait_for_private_line("Det här gör du på ärendesidan.")
    browser = await elin.open_case_page(number)
    page = await browser.get(f"/handlaggare/{number}")
    assert "Kommer inte till skolan" in page.text and "Eva Ek" in page.text
    form = (await browser.get(f"/handlaggare/{number}/notering")).form()
    page = await browser.send(form.fill(text="Ringde rektorn"))
    assert "Ringde rektorn" in page.text
    assert "rektorn" not in str(program.messages(ORO)) + str(program.thread(number))


async def test_a_link_through_the_door_is_its_officers_alone_and_works_once(
    program: RunningProgram, number: str, elin: Colleague
) -> None:
    browser = await elin.open_case_page(number)
    again = await program.browser().get(elin.link)
    assert again.status == 410 and "Länken har gått ut." in again.text
    assert (await program.browser().get(f"/handlaggare/{number}")).status == 401
    assert (await browser.get(f"/handlaggare/{number}")).status == 200


async def test_its_thread_says_what_happened_and_not_to_write_there(
    program: RunningProgram, number: str, elin: Colleague
) -> None:
    await elin.press_on_card(number, "case:take")
    await program.advance_and_deliver(11)
    first, second = program.thread(number)
    assert "Skriv inte i tråden." in first and "Elin Sárá Blind tog ärendet." in second


async def test_in_a_channel_that_others_see_nothing_is_posted(program: RunningProgram) -> None:
    """A guest is in the channel: the coordinator is told."""
    program.add_to_channel(program.channel(ORO), program.outsiders()[0].id)
    await program.applicant().apply(ORO, om_who="named", **CONCERN)
    elin = program.officer("elin-sara-blind")
    await program.wait_for(elin.dm)
    assert program.cards(ORO) == [] and await program.parked_troubles() == ["channel_not_private"]
