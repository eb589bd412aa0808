"""Officer and applicant write to each other."""

from __future__ import annotations

import re
from typing import Any

from tests.scenarios.town_hall import TownHall, number_in, seen


async def test_what_is_undone_within_twenty_seconds_was_never_said(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    before = shown(hall.card(number))
    await anna.writes(number, "Fel mottagare!")
    await hall.delivered()
    assert shown(hall.card(number)) == before
    hall.passes(15)
    await anna.press_in_view("case:message:undo")
    await anna.sees_in_view("Meddelandet är ångrat")
    await hall.later(30)
    assert [mail.subject for mail in eva.mails()] == [f"Vi har tagit emot ditt ärende {number}"]
    page = await eva.follows(await eva.mail("tagit emot"))
    assert "Fel mottagare!" not in page.text and (await hall.case(number)).messages == ()
    assert shown(hall.card(number)) == before and hall.thread(number) == []


async def test_what_asked_for_more_and_is_undone_sends_no_mail_of_its_status_either(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    await anna.writes(number, "Ritningen saknas.", kind="completion", options=["wait"])
    await hall.posted(number, "Väntar på komplettering")
    await anna.press_in_view("case:message:undo")
    await anna.sees_in_view("Meddelandet är ångrat")
    await hall.later(30)
    await hall.posted(number, "Inskickat")
    assert len(eva.mails()) == 1


async def test_the_message_is_sent_when_the_twenty_seconds_are_over(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    await anna.writes(number, "Hej!")
    await hall.delivered()
    assert not any("meddelande" in mail.subject for mail in eva.mails())
    await hall.later(21)
    await anna.sees_in_view("Meddelandet är skickat.")
    await eva.mail("Nytt meddelande")


async def test_added_information_moves_the_case_on_and_is_told_to_its_officer(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    await anna.presses(number, "case:take")
    await anna.writes(number, "Situationsplanen saknas.", kind="completion", options=["wait"])
    await hall.posted(number, "Väntar på komplettering")
    await hall.later(21)
    asking = f"Vi behöver mer information i ärende {number}"
    page = await eva.follows(await eva.mail(asking))
    assert [mail.subject for mail in eva.mails()][1:-1] == [asking]
    page = await eva.says(page, "Här är den", uploads=("situationsplan.pdf",))
    assert "Vi har tagit emot det du lade till" in page.text
    await hall.posted(number, "Kompletterat")
    await hall.later(11)
    assert f"Sökanden har kompletterat {number}" in str(anna.dm()[-1])
    assert [file.name for file in (await hall.case(number)).messages[-1].files] == ["situationsplan.pdf"]


async def test_an_answer_in_a_case_that_nobody_has_is_told_in_the_channel(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    page = await eva.follows(await eva.mail("tagit emot"))
    await eva.says(page, "När får jag svar?")
    await hall.later(11)
    loud = [one for one in hall.messages() if one["broadcast"]]
    assert len(loud) == 1 and "Nytt meddelande från sökanden." in seen(loud[0])
    assert not anna.dm()


async def test_each_of_several_applicants_has_a_mail_of_their_own(hall: TownHall) -> None:
    eva, zeynep = hall.applicant(), hall.officer("zeynep-yildirim")
    karl = hall.applicant("Karl Ek", "karl@ek.example")
    form = (await eva.form("forskola")).fill(om_p0_name="Eva Ek", om_p0_email=eva.email)
    page = await eva.browser.send(form, "add_person")
    form = page.form().fill(om_p1_name="Karl Ek", om_p1_email=karl.email, **CHILD)
    number = number_in(await eva.browser.send(form))
    await hall.posted(number)
    await zeynep.writes(number, "Vill ni komma och hälsa på?")
    await hall.later(21)
    mails = [await one.mail("Nytt meddelande") for one in (eva, karl)]
    assert [mail.recipients for mail in mails] == [[eva.email], [karl.email]]
    assert mails[0].links()[0] != mails[1].links()[0]
    assert "Vill ni komma och hälsa på?" in (await karl.follows(mails[1])).text


async def test_a_receipt_asked_for_is_seen_by_the_officer(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    await anna.writes(number, "Läs detta.", options=["receipt"])
    await hall.later(21)
    page = await eva.follows(await eva.mail("Nytt meddelande"))
    await eva.browser.send(page.form("/kvittera"))
    await anna.types(f"visa {number}")
    await anna.sees_in_view("Uppgifter i ärendet")
    await anna.press_in_view("case:tab:messages")
    assert re.search("Kvitterat", await anna.sees_in_view("Läs detta."))


def shown(card: dict[str, Any]) -> list[str]:
    """What a person reads on the card; Slack names its blocks anew at each redraw."""
    return re.findall(r"'text': '([^']*)'", str(card["blocks"]))


CHILD = {
    "svar_barnets_personnummer": "20240517-2392",
    "svar_barnets_namn": "Love Ek",
    "svar_startdatum": "2027-02-15",
    "svar_omsorg": "forskola",
    "svar_onskemal": ["bjorken"],
    "svar_syskon": "false",
}
