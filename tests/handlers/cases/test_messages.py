"""Writing to the applicant from Slack."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from bot.catalog import Catalog, Template
from bot.domain.actors import Machine
from bot.domain.messages.correspondence import SetStatusOfMessage
from bot.domain.status import SetStatus
from bot.domain.submission import Person
from bot.service import CommandResult
from bot.store import Database
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.slack_harness import (
    ANNA,
    BYGGLOV_CHANNEL,
    ELIN,
    SOCIAL_CHANNEL,
    ControlledSleep,
    SlackHarness,
    open_harness,
)


async def open_message_form(harness: SlackHarness, case: CommandResult, user: str = ANNA) -> Colleague:
    """The form, open and filled in with who reads it."""
    person = harness.person(user)
    result = await person.press(*await harness.post_card(case), "case:message")
    assert result["ok"], result["error"]
    await person.wait_until(lambda: "plain_text_input" in str(person.view))
    return person


def message_texts(case: Any) -> list[str | None]:
    return [message.text for message in case.messages]


async def test_a_message_is_previewed_then_sent(any_harness: SlackHarness) -> None:
    harness, case = any_harness, await any_harness.submit()
    anna = await open_message_form(harness, case)
    assert "Eva Ek (sökande)" in str(anna.view)
    assert "Anna Berg, Bygglovsenheten" in str(anna.view)
    assert "Avslag på begäran" not in str(anna.view), "no request waits"
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
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.submit()
    assert "Meddelandet skickas" in str(anna.view)
    message = (await harness.load_full_case(case)).messages[0]
    assert (message.text, message.kind, message.receipt) == ("Hej <@U0ANNABERG>!", "completion", True)


async def test_it_can_be_undone_and_written_on(slow_harness: tuple[SlackHarness, ControlledSleep]) -> None:
    harness, _ = slow_harness
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "För tidigt"})
    await anna.submit()
    assert anna.view is not None
    assert "Det skickas kl. 10:00:20. Fram till dess kan du ångra." in str(anna.view)
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: "Meddelandet är ångrat" in str(anna.view))
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.close()
    assert anna.view is not None
    await anna.fill_and_submit({"text": "Nu är det rätt"})
    await anna.submit()
    assert message_texts(await harness.load_full_case(case)) == ["Nu är det rätt"]


async def test_after_twenty_seconds_it_is_sent_and_closing_does_not_lead_back(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    harness, wait = slow_harness
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Hej"})
    await anna.submit()
    harness.clock.advance(seconds=21)
    wait.released.set()
    await anna.wait_until(lambda: "Meddelandet är skickat." in str(anna.view))
    assert "Ångra" not in str(anna.view)
    await anna.close()
    assert anna.views == []


async def test_too_late_to_undo_is_told(slow_harness: tuple[SlackHarness, ControlledSleep]) -> None:
    harness, _ = slow_harness
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Hej"})
    await anna.submit()
    harness.clock.advance(seconds=21)
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: "går inte att ångra" in str(anna.view))
    assert message_texts(await harness.load_full_case(case)) == ["Hej"]


async def test_a_template_comes_below_what_was_typed_and_stops_at_its_gaps(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill({"text": "Hej igen."})
    await anna.press_in_view("template", "komplettering")
    view = await anna.wait_until(lambda: (v := anna.view) and "Tack för din ansökan" in str(v) and v)
    assert view is not None
    typed = str(view)
    assert "Hej igen.\\n\\nHej Eva Ek!" in typed
    assert f"ärende {case.number} behöver vi" in typed
    assert "Anna Berg\\nBygglovsenheten, Lindsjö kommun" in typed
    await anna.submit()
    fault, _ = (anna.errors[key] for key in sorted(anna.errors, reverse=True))
    assert fault == "Fyll i eller ta bort {det_som_saknas}."
    await anna.fill_and_submit({"text": "Ritningen saknas."})
    assert anna.view is not None
    assert anna.view["title"]["text"] == "Förhandsgranska"


async def test_all_that_a_text_lacks_is_told_at_once_each_at_its_field(harness: SlackHarness) -> None:
    anna = await open_message_form(harness, await harness.submit())
    await anna.fill_and_submit({"text": "Hej {applicant.name}! Vi ses {dag}. Svara senast {answer.by}."})
    in_text, in_day = (anna.errors[key] for key in sorted(anna.errors, reverse=True))
    assert in_text == "Fyll i eller ta bort {applicant.name} (sökandens namn) och {dag}."
    assert "ta bort {answer.by} (sista dagen att svara) ur texten" in in_day


async def test_a_message_in_which_nothing_is_seen_is_none(harness: SlackHarness) -> None:
    anna = await open_message_form(harness, await harness.submit())
    await anna.fill_and_submit({"text": "\u200b\u3164"})
    assert list(anna.errors.values()) == ["Skriv något först."]
    assert anna.view is not None and anna.view["title"]["text"] != "Förhandsgranska"


async def test_a_gap_is_named_as_it_is_typed_in_the_text(harness: SlackHarness) -> None:
    anna = await open_message_form(harness, await harness.submit())
    both = "Hej {applicant.name} och {sökande.namn}! Svara senast {svara.senast}."
    await anna.fill_and_submit({"text": both})
    in_text, in_day = (anna.errors[key] for key in sorted(anna.errors, reverse=True))
    names = "{applicant.name} (sökandens namn) och {sökande.namn} (sökandens namn)"
    assert in_text == f"Fyll i eller ta bort {names}."
    assert "ta bort {svara.senast} (sista dagen att svara) ur texten" in in_day


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
    async with open_harness(sqlite_database, full, clock) as harness:
        anna = await open_message_form(harness, await harness.submit())
        offered = await anna.suggest("template", "SKEDE 119")
        assert [one["text"]["text"] for one in offered] == ["Om skede 119"]
        assert len(await anna.suggest("template", "")) == 100
        await anna.press_in_view("template", "m119")
        await anna.wait_until(lambda: "Text 119." in str(anna.view))
        assert "Om skede 119" in str(anna.view) and harness.warnings() == []


async def test_a_template_says_what_the_message_is_and_when_the_answer_is_needed(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.press_in_view("template", "komplettering")
    await anna.wait_until(lambda: "Tack för din ansökan" in str(anna.view))
    await anna.fill_and_submit({"text": "Svara senast {answer.by}."})
    (place,), (fault,) = anna.errors.keys(), anna.errors.values()
    assert (place, fault[:40]) == ("answer_by", "Välj ett datum under Svara senast, eller")
    await anna.fill_and_submit({"text": "Svara senast {answer.by}.", "answer_by": "2026-12-06"})
    assert "'text': 'Svara senast 6 dec. 2026.'" in str(anna.view)
    assert "Begäran om komplettering · Svara senast 6 dec. 2026" in str(anna.view)
    await anna.submit()
    (sent,) = (await harness.load_full_case(case)).messages
    assert (sent.text, sent.kind) == ("Svara senast 6 dec. 2026.", "completion")


async def test_a_day_that_is_changed_after_the_preview_is_changed_in_the_text(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Svara senast {answer.by}.", "answer_by": "2026-12-06"})
    await anna.close()
    await anna.fill_and_submit({"answer_by": "2026-12-07"})
    await anna.submit()
    assert message_texts(await harness.load_full_case(case)) == ["Svara senast 7 dec. 2026."]


async def test_the_status_can_wait_for_completion_with_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Ritningen saknas.", "status_after": "vantar"})
    assert "Status blir Väntar på komplettering när meddelandet har skickats" in str(anna.view)
    await anna.submit()
    (pending,) = (await harness.load_case(case)).pending
    assert (await harness.load_case(case)).status == "inskickat"
    harness.clock.advance(seconds=20)
    follow = SetStatusOfMessage(case_id=case.case_id, message_id=pending.id)
    await harness.deps.service.perform(follow, Machine("message"))
    assert (await harness.load_case(case)).status == "vantar"


async def test_a_status_changed_meanwhile_is_told_before_anything_is_sent(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Ritningen saknas.", "status_after": "vantar"})
    await harness.perform(
        "bjorn-ek", SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    )
    await anna.submit()
    assert "Björn Ek ändrade ärendet" in str(anna.view)
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.submit()
    assert message_texts(await harness.load_full_case(case)) == ["Ritningen saknas."]


async def test_an_applicant_without_an_address_is_told_of_before_sending(harness: SlackHarness) -> None:
    case = await harness.submit(people=(Person(id=uuid.uuid4().hex, name="Eva Ek"),))
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Hej"})
    assert "Sökanden har ingen e-postadress. Inget mejl går ut" in str(anna.view)


async def test_a_day_that_has_passed_is_not_taken(harness: SlackHarness) -> None:
    anna = await open_message_form(harness, await harness.submit())
    await anna.fill_and_submit({"text": "Hej", "answer_by": "2026-11-01"})
    assert anna.errors == {"answer_by": "Välj en dag som inte har passerat."}


async def test_what_was_previewed_but_not_sent_is_there_again(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Halvfärdigt"})
    await anna.close(all=True)
    anna = await open_message_form(harness, case)
    assert "Halvfärdigt" in str(anna.view)
    await anna.close(all=True)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "meddela 1 Och mer")
    view = await anna.wait_until(lambda: (v := anna.view) and "Och mer" in str(v) and v)
    assert "'Halvfärdigt\\n\\nOch mer'" in str(view)


async def test_nothing_is_sent_from_a_command(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "meddela 1 Hej på dig")
    await anna.wait_until(lambda: "Hej på dig" in str(anna.view))
    assert message_texts(await harness.load_full_case(case)) == []


async def test_a_text_longer_than_slack_takes_is_sent_to_the_case_page(harness: SlackHarness) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "meddela 1 " + "å" * 3_001)
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Texten är 1 tecken för lång. Skriv den på ärendesidan."
    assert anna.view is None


async def test_to_a_strict_cases_reporter_one_writes_on_the_case_page(harness: SlackHarness) -> None:
    await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "meddela 1")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ELIN) == "Det här gör du på ärendesidan."


async def test_a_preview_submitted_twice_is_one_message(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "En gång"})
    both = harness.person(ANNA)
    await asyncio.gather(anna.submit(), both.submit(), return_exceptions=True)
    assert message_texts(await harness.load_full_case(case)) == ["En gång"]


async def test_that_names_were_shown_is_recorded(harness: SlackHarness) -> None:
    case = await harness.submit()
    await open_message_form(harness, case)
    assert await harness.readings(case) == [("officer:anna-berg", "answers")]


async def test_a_message_of_another_day_waits_and_is_cancelled_in_the_case(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Hej Eva!", "send_time": "09:00"})
    assert "Välj en dag också" in str(anna.view)
    await anna.fill_and_submit({"text": "Hej Eva!", "send_day": "2026-11-01", "send_time": "09:00"})
    assert "Tiden har passerat" in str(anna.view)
    await anna.fill_and_submit({"text": "Hej Eva!", "send_day": "2026-12-01", "send_time": "09:00"})
    assert "Skickas 1 dec. 2026" in str(anna.view) and "Skicka senare" in str(anna.view)
    await anna.submit()
    assert "Meddelandet väntar" in str(anna.view)
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.close(all=True)
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: "Ett meddelande från Anna Berg skickas" in str(anna.view))
    await anna.press_in_view("case:unschedule")
    await anna.wait_until(lambda: "skickas 1 dec." not in str(anna.view))
    assert (await harness.load_full_case(case)).case.scheduled == ()
    anna = await open_message_form(harness, case)
    assert "Hej Eva!" in str(anna.view), "what she wrote is a draft again"
