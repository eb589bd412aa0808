"""A case's whole way: from the form to the answer, and until it is closed."""

from __future__ import annotations

from tests.scenarios.town_hall import TownHall, seen


async def test_a_case_from_the_form_to_the_decision(any_hall: TownHall) -> None:
    hall, eva = any_hall, any_hall.applicant()
    anna, bjorn = hall.officer("anna-berg"), hall.officer("bjorn-ek")
    number = await eva.applies()
    card = await hall.posted(number, "Obehandlat")
    assert "Inskickat" in seen(card) and "Tillbyggnad" in seen(card) and "Björken" not in seen(card)

    await anna.presses(number, "case:take")
    await hall.posted(number, "Anna Berg")
    await anna.opens(number, "case:status", "case:status:submit")
    await anna.fills({"status": "granskning"})
    await hall.posted(number, "Första granskning")

    await anna.writes(number, "Vilken färg får altanen?")
    await hall.later(21)
    mail = await eva.mail(f"Nytt meddelande i ditt ärende {number}")
    assert "färg" not in mail.text + mail.html
    page = await eva.follows(mail)
    message = (await hall.case(number)).messages[0]
    assert page.url.endswith(f"?ny={message.id}#m-{message.id}")
    assert "Vilken färg får altanen?" in page.text and "Anna Berg, Bygglovsenheten" in page.text

    await eva.says(page, "Röd, som huset")
    await hall.posted(number, "Nytt från sökanden, inte läst")
    await hall.later(11)
    assert any("Nytt meddelande från sökanden." in line for line in hall.thread(number))
    assert any(number in str(one) for one in anna.dm()) and not bjorn.dm()
    assert not any(one["broadcast"] for one in hall.messages())

    await anna.types(f"visa {number}")
    await anna.sees_in_view("Uppgifter i ärendet")
    await anna.press_in_view("case:tab:messages")
    await anna.sees_in_view("Röd, som huset")
    await anna.close(all=True)

    await anna.opens(number, "case:status", "case:status:submit")
    await anna.fills({"status": "aterkallat", "note": "Sökanden ångrade sig"})
    await hall.posted(number, "av Anna Berg")
    await eva.mail(f"Det har hänt något i ditt ärende {number}")
    assert [note.text for note in (await hall.case(number)).notes] == ["Sökanden ångrade sig"]
    assert hall.refused_calls() == [] and hall.sandbox.state()["warnings"] == []
