"""Writing to the applicant from Slack."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from bot.catalog import Catalog, Template
from bot.domain.intake import Person
from bot.domain.status import SetStatus
from bot.service import Done
from bot.store import Database
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.office import ANNA, BYGGLOV, ELIN, SOCIAL, Office, Wait, open_office


async def writing(office: Office, case: Done, user: str = ANNA) -> Colleague:
    """The form, open and filled in with who reads it."""
    person = office.person(user)
    told = await person.press(*await office.card(case), "case:message")
    assert told["ok"], told["error"]
    await person.wait_until(lambda: "plain_text_input" in str(person.view))
    return person


def texts(case: Any) -> list[str | None]:
    return [message.text for message in case.messages]


async def test_a_message_is_previewed_then_sent(any_office: Office) -> None:
    office, case = any_office, await any_office.submits()
    anna = await writing(office, case)
    assert "Eva Ek (sökande)" in str(anna.view)
    assert "Anna Berg, Bygglovsenheten" in str(anna.view)
    await anna.fill_and_submit(
        {
            "text": "Hej <@U0ANNABERG>!",
            "kind": "completion",
            "answer_by": "2026-12-06",
            "options": ["receipt"],
        }
    )
    assert anna.view is not None
    assert anna.view["title"]["text"] == "Förhandsgranska"
    assert "Begäran om komplettering · Kvittens begärs · Svara senast 6 dec. 2026" in str(anna.view)
    assert texts(await office.all_of(case)) == []
    await anna.submit()
    assert "Meddelandet skickas" in str(anna.view)
    message = (await office.all_of(case)).messages[0]
    assert (message.text, message.kind, message.receipt) == ("Hej <@U0ANNABERG>!", "completion", True)


async def test_it_can_be_undone_and_written_on(slow: tuple[Office, Wait]) -> None:
    office, _ = slow
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "För tidigt"})
    await anna.submit()
    assert anna.view is not None
    assert "Skickas 10:00:20. Du kan ångra till dess." in str(anna.view)
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: "Meddelandet är ångrat" in str(anna.view))
    assert texts(await office.all_of(case)) == []
    await anna.close()
    assert anna.view is not None
    await anna.fill_and_submit({"text": "Nu är det rätt"})
    await anna.submit()
    assert texts(await office.all_of(case)) == ["Nu är det rätt"]


async def test_after_twenty_seconds_it_is_sent_and_closing_does_not_lead_back(
    slow: tuple[Office, Wait],
) -> None:
    office, wait = slow
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Hej"})
    await anna.submit()
    office.clock.pass_(seconds=21)
    wait.over.set()
    await anna.wait_until(lambda: "Meddelandet är skickat." in str(anna.view))
    assert "Ångra" not in str(anna.view)
    await anna.close()
    assert anna.views == []


async def test_too_late_to_undo_is_told(slow: tuple[Office, Wait]) -> None:
    office, _ = slow
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Hej"})
    await anna.submit()
    office.clock.pass_(seconds=21)
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: "går inte att ångra" in str(anna.view))
    assert texts(await office.all_of(case)) == ["Hej"]


async def test_a_template_comes_below_what_was_typed_and_stops_at_its_gaps(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill({"text": "Hej igen."})
    await anna.press_in_view("template", "komplettering")
    view = await anna.wait_until(lambda: (v := anna.view) and "Tack för din ansökan" in str(v) and v)
    assert view is not None
    typed = str(view)
    assert "Hej igen.\\n\\nHej Eva Ek!" in typed
    assert f"ärende {case.number} behöver vi" in typed
    assert "Anna Berg\\nBygglovsenheten, Lindsjö kommun" in typed
    await anna.submit()
    (fault,) = anna.errors.values()
    assert fault == "Mallen saknar värde för {det_som_saknas}. Skriv dit det eller ta bort det."
    await anna.fill_and_submit({"text": "Ritningen saknas."})
    assert anna.view is not None
    assert anna.view["title"]["text"] == "Förhandsgranska"


async def test_more_templates_than_slack_lists_are_found_by_typing(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    service = catalog.services["bygglov"]
    many = tuple(
        Template.model_validate(
            {"key": f"m{n}", "name": f"Om skede {n}", "for": "message", "text": f"Text {n}."}
        )
        for n in range(120)
    )
    full = catalog.model_copy(
        update={"services": {**catalog.services, "bygglov": service.model_copy(update={"templates": many})}}
    )
    async with open_office(sqlite_database, full, clock) as office:
        anna = await writing(office, await office.submits())
        offered = await anna.suggest("template", "SKEDE 119")
        assert [one["text"]["text"] for one in offered] == ["Om skede 119"]
        assert len(await anna.suggest("template", "")) == 100
        await anna.press_in_view("template", "m119")
        await anna.wait_until(lambda: "Text 119." in str(anna.view))
        assert "Om skede 119" in str(anna.view) and office.warnings() == []


async def test_a_template_says_what_the_message_is_and_when_the_answer_is_needed(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.press_in_view("template", "komplettering")
    await anna.wait_until(lambda: "Tack för din ansökan" in str(anna.view))
    await anna.fill_and_submit({"text": "Svara senast {answer.by}."})
    (place,), (fault,) = anna.errors.keys(), anna.errors.values()
    assert (place, fault[:40]) == ("answer_by", "Texten anger vilken dag svaret behövs. V")
    await anna.fill_and_submit({"text": "Svara senast {answer.by}.", "answer_by": "2026-12-06"})
    assert "'text': 'Svara senast 6 dec. 2026.'" in str(anna.view)
    assert "Begäran om komplettering · Svara senast 6 dec. 2026" in str(anna.view)
    await anna.submit()
    (sent,) = (await office.all_of(case)).messages
    assert (sent.text, sent.kind) == ("Svara senast 6 dec. 2026.", "completion")


async def test_a_day_that_is_changed_after_the_preview_is_changed_in_the_text(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Svara senast {answer.by}.", "answer_by": "2026-12-06"})
    await anna.close()
    await anna.fill_and_submit({"answer_by": "2026-12-07"})
    await anna.submit()
    assert texts(await office.all_of(case)) == ["Svara senast 7 dec. 2026."]


async def test_the_status_can_wait_for_completion_with_it(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Ritningen saknas.", "options": ["wait"]})
    assert "Status blir Väntar på komplettering" in str(anna.view)
    await anna.submit()
    assert (await office.case(case)).status == "vantar"


async def test_a_status_changed_meanwhile_is_told_before_anything_is_sent(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Ritningen saknas.", "options": ["wait"]})
    await office.does("bjorn-ek", SetStatus(case_id=case.case_id, status="granskning", was="inskickat"))
    await anna.submit()
    assert "Björn Ek ändrade ärendet" in str(anna.view)
    assert texts(await office.all_of(case)) == []
    await anna.submit()
    assert texts(await office.all_of(case)) == ["Ritningen saknas."]


async def test_an_applicant_without_an_address_is_told_of_before_sending(office: Office) -> None:
    case = await office.submits(people=(Person(id=uuid.uuid4().hex, name="Eva Ek"),))
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Hej"})
    assert "Sökanden har ingen e-postadress och får ingen avisering." in str(anna.view)


async def test_a_day_that_has_passed_is_not_taken(office: Office) -> None:
    anna = await writing(office, await office.submits())
    await anna.fill_and_submit({"text": "Hej", "answer_by": "2026-11-01"})
    assert anna.errors == {"answer_by": "Välj en dag som inte har passerat."}


async def test_what_was_previewed_but_not_sent_is_there_again(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Halvfärdigt"})
    await anna.close(all=True)
    anna = await writing(office, case)
    assert "Halvfärdigt" in str(anna.view)


async def test_nothing_is_sent_from_a_command(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "meddela 1 Hej på dig")
    await anna.wait_until(lambda: "Hej på dig" in str(anna.view))
    assert texts(await office.all_of(case)) == []


async def test_a_text_longer_than_slack_takes_is_sent_to_the_case_page(office: Office) -> None:
    await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "meddela 1 " + "å" * 3_001)
    await office.settled()
    assert office.ephemeral(ANNA) == "Texten är 1 tecken för lång. Skriv den på ärendesidan."
    assert anna.view is None


async def test_to_a_strict_cases_reporter_one_writes_on_the_case_page(office: Office) -> None:
    await office.submits("orosanmalan-barn")
    elin = office.person(ELIN)
    await elin.slash(SOCIAL, "/arende", "meddela 1")
    await office.settled()
    assert office.ephemeral(ELIN) == "Det här gör du på ärendesidan."


async def test_a_preview_submitted_twice_is_one_message(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "En gång"})
    both = office.person(ANNA)
    await asyncio.gather(anna.submit(), both.submit(), return_exceptions=True)
    assert texts(await office.all_of(case)) == ["En gång"]


async def test_that_names_were_shown_is_recorded(office: Office) -> None:
    case = await office.submits()
    await writing(office, case)
    assert await office.readings(case) == [("officer:anna-berg", "answers")]
