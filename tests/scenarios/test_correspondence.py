"""Officer and applicant write to each other."""

from __future__ import annotations

import re
from typing import Any

from tests.scenarios.running_program import RunningProgram, message_text, number_in


async def test_what_is_undone_within_twenty_seconds_was_never_said(program: RunningProgram) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    before = visible_texts(program.card(number))
    await anna.send_message(number, "Fel mottagare!")
    await program.wait_until_delivered()
    assert visible_texts(program.card(number)) == before
    program.advance(5)
    await anna.press_in_view("case:message:undo")
    await anna.wait_for_view_text("Meddelandet är ångrat")
    await program.advance_and_deliver(30)
    assert [mail.subject for mail in eva.mails()] == [f"Vi har tagit emot ditt ärende {number}"]
    page = await eva.follow_mail(await eva.wait_for_mail("tagit emot"))
    assert "Fel mottagare!" not in page.text and (await program.load_case(number)).messages == ()
    assert visible_texts(program.card(number)) == before and program.thread(number) == []


async def test_what_asked_for_more_and_is_undone_leaves_no_trace_of_its_status(
    program: RunningProgram,
) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.send_message(number, "Ritningen saknas.", kind="completion", status_after="vantar")
    await anna.press_in_view("case:message:undo")
    await anna.wait_for_view_text("Meddelandet är ångrat")
    await program.advance_and_deliver(30)
    await program.wait_for_card(number, "Inskickat")
    assert (len(eva.mails()), program.thread(number)) == (1, [])


async def test_a_status_follows_its_message_once_and_in_the_senders_name(program: RunningProgram) -> None:
    number = await program.applicant().apply()
    anna = program.officer("anna-berg")
    await program.wait_for_card(number)
    await anna.send_message(number, "Ritningen saknas.", kind="completion", status_after="vantar")
    await program.advance_and_deliver(21)
    await program.advance_and_deliver(30)
    await program.wait_for_card(number, "Väntar på komplettering")
    changes = [line for line in (await program.load_case(number)).history if line.event == "StatusSet"]
    assert [(line.by, line.facts["status"]) for line in changes] == [("officer:anna-berg", "vantar")]


async def test_the_message_is_sent_when_the_twenty_seconds_are_over(program: RunningProgram) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.send_message(number, "Hej!")
    await program.wait_until_delivered()
    assert not any("meddelande" in mail.subject for mail in eva.mails())
    await program.advance_and_deliver(21)
    await anna.wait_for_view_text("Meddelandet är skickat.")
    await eva.wait_for_mail("Nytt meddelande")


async def test_added_information_moves_the_case_on_and_is_told_to_its_officer(
    program: RunningProgram,
) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.press_on_card(number, "case:take")
    await anna.send_message(number, "Situationsplanen saknas.", kind="completion", status_after="vantar")
    await program.advance_and_deliver(21)
    await program.wait_for_card(number, "Väntar på komplettering")
    asking = f"Vi behöver mer information i ärende {number}"
    page = await eva.follow_mail(await eva.wait_for_mail(asking))
    assert [mail.subject for mail in eva.mails()][1:-1] == [asking]
    page = await eva.reply(page, "Här är den", uploads=("situationsplan.pdf",))
    assert "Vi har tagit emot det du lade till" in page.text
    await program.wait_for_card(number, "Kompletterat")
    await program.advance_and_deliver(11)
    assert f"Sökanden har kompletterat {number}" in str(anna.dm()[-1])
    assert [file.name for file in (await program.load_case(number)).messages[-1].files] == [
        "situationsplan.pdf"
    ]


async def test_an_answer_in_a_case_that_nobody_has_is_told_in_the_channel(program: RunningProgram) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    page = await eva.follow_mail(await eva.wait_for_mail("tagit emot"))
    await eva.reply(page, "När får jag svar?")
    await program.advance_and_deliver(11)
    loud = [one for one in program.messages() if one["broadcast"]]
    assert len(loud) == 1 and "Nytt meddelande från sökanden." in message_text(loud[0])
    assert not anna.dm()


async def test_each_of_several_applicants_has_a_mail_of_their_own(program: RunningProgram) -> None:
    eva, zeynep = program.applicant(), program.officer("zeynep-yildirim")
    karl = program.applicant("Karl Ek", "karl@ek.example")
    form = (await eva.open_form("forskola")).fill(om_p0_name="Eva Ek", om_p0_email=eva.email)
    page = await eva.browser.send(form, "add_person")
    form = page.form().fill(om_p1_name="Karl Ek", om_p1_email=karl.email, **CHILD)
    number = number_in(await eva.browser.submit(form))
    await program.wait_for_card(number)
    await zeynep.send_message(number, "Vill ni komma och hälsa på?")
    await program.advance_and_deliver(21)
    mails = [await eva.wait_for_mail("Nytt meddelande"), await karl.wait_for_mail("Bekräfta")]
    assert [mail.recipients for mail in mails] == [[eva.email], [karl.email]]
    assert mails[0].links()[0] != mails[1].links()[0]
    await karl.follow_mail(mails[1])
    confirmation = (await karl.browser.get("/mina-sidor/bekrafta")).form("/bekrafta")
    page = await karl.browser.send(confirmation.fill(number=number))  # he has it from Eva
    assert "Vill ni komma och hälsa på?" in page.text


async def test_a_receipt_asked_for_is_seen_by_the_officer(program: RunningProgram) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.send_message(number, "Läs detta.", options=["receipt"])
    await program.advance_and_deliver(21)
    page = await eva.follow_mail(await eva.wait_for_mail("Nytt meddelande"))
    await eva.browser.send(page.form("/kvittera"))
    await anna.run_command(f"visa {number}")
    await anna.wait_for_view_text("Uppgifter i ärendet")
    await anna.press_in_view("case:tab:messages")
    assert re.search("Kvitterat", await anna.wait_for_view_text("Läs detta."))


def visible_texts(card: dict[str, Any]) -> list[str]:
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
