"""A case's whole way: from the form to the answer, and until it is closed."""

from __future__ import annotations

from tests.scenarios.running_program import RunningProgram, message_text


async def test_a_case_from_the_form_to_the_decision(any_program: RunningProgram) -> None:
    program, eva = any_program, any_program.applicant()
    anna, bjorn = program.officer("anna-berg"), program.officer("bjorn-ek")
    number = await eva.apply()
    card = await program.wait_for_card(number, "Ingen")
    assert (
        "Inskickat" in message_text(card)
        and "Tillbyggnad" in message_text(card)
        and "Björken" not in message_text(card)
    )

    await anna.press_on_card(number, "case:take")
    await program.wait_for_card(number, "Anna Berg")
    await anna.open_dialog(number, "case:status", "case:status:submit")
    await anna.fill_in({"status": "granskning"})
    await program.wait_for_card(number, "Första granskning")

    await anna.send_message(number, "Vilken färg får altanen?")
    await program.advance_and_deliver(21)
    mail = await eva.wait_for_mail(f"Nytt meddelande i ditt ärende {number}")
    assert "färg" not in mail.text + mail.html
    page = await eva.follow_mail(mail)
    message = (await program.load_case(number)).messages[0]
    assert page.url.endswith(f"?ny={message.id}#m-{message.id}")
    assert "Vilken färg får altanen?" in page.text and "Anna Berg, Bygglovsenheten" in page.text

    await eva.reply(page, "Röd, som huset")
    await program.wait_for_card(number, "Nytt från sökanden, inte läst")
    await program.advance_and_deliver(11)
    assert any("Nytt meddelande från sökanden." in line for line in program.thread(number))
    assert any(number in str(one) for one in anna.dm()) and not bjorn.dm()
    assert not any(one["broadcast"] for one in program.messages())

    await anna.run_command(f"visa {number}")
    await anna.wait_for_view_text("Uppgifter i ärendet")
    await anna.press_in_view("case:tab:messages")
    await anna.wait_for_view_text("Röd, som huset")
    await anna.close(all=True)

    await anna.open_dialog(number, "case:status", "case:status:submit")
    await anna.fill_in({"status": "aterkallat", "note": "Sökanden ångrade sig"})
    await program.wait_for_card(number, "av Anna Berg")
    await program.advance_and_deliver(601)
    await eva.wait_for_mail(f"Det har hänt något i ditt ärende {number}")
    assert [note.text for note in (await program.load_case(number)).notes] == ["Sökanden ångrade sig"]
    assert program.failed_calls() == [] and program.sandbox.state()["warnings"] == []
