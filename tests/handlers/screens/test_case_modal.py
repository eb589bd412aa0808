"""The case in a modal."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.cases.thread import thread_message
from bot.catalog import Catalog
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.notes import AddNote
from bot.domain.submission import FileRef
from bot.domain.views import HistoryLine
from bot.service import CommandResult
from bot.store import Database
from bot.store.engine.database import POOL_SIZE
from bot.store.files import unattached
from bot.text import words
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.slack_harness import (
    ANNA,
    ANSWERS,
    BYGGLOV_CHANNEL,
    ELIN,
    GUEST,
    SOCIAL_CHANNEL,
    SlackHarness,
    open_harness,
)
from tests.handlers.test_failures import DatabaseLock


async def open_case_modal(
    harness: SlackHarness, case: CommandResult, user: str = ANNA, channel: str = BYGGLOV_CHANNEL
) -> Colleague:
    person = harness.person(user)
    result = await person.press(*await harness.post_card(case, channel), "case:show")
    assert result["ok"], result["error"]
    await person.wait_until(lambda: (v := person.view) and "Hämtar ärendet" not in str(v))
    return person


def tabs(person: Colleague) -> list[tuple[str, str]]:
    assert person.view is not None
    return [
        (element["text"]["text"], element.get("style", ""))
        for block in person.view["blocks"]
        for element in block.get("elements", [])
        if str(element.get("action_id", "")).startswith("case:tab:")
    ]


async def test_the_case_is_shown_with_its_tabs(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = await open_case_modal(any_harness, case)
    assert anna.view is not None
    assert anna.view["title"]["text"] == case.number
    assert tabs(anna) == [
        ("Ärende", "primary"), ("Meddelanden", ""), ("Noteringar", ""), ("Filer", ""), ("Historik", ""),
    ]  # fmt: skip
    text = str(anna.view)
    assert "Tillbyggnad" in text
    assert "Björken 4:12" not in text
    assert "visas på ärendesidan" in text
    assert any_harness.warnings() == []
    assert any_harness.failed_calls() == []


async def test_only_what_a_tab_shows_is_recorded_as_shown(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_case_modal(harness, case)
    assert await harness.readings(case) == [("officer:anna-berg", "answers")]
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Inga noteringar än." in str(anna.view))
    assert await harness.readings(case) == [("officer:anna-berg", "answers"), ("officer:anna-berg", "notes")]


async def test_messages_are_newest_first_and_new_ones_are_counted(harness: SlackHarness) -> None:
    case = await harness.submit()
    applicant = await harness.applicant(case)
    for text in ("Första", "Andra *viktiga* <!here>"):
        await harness.service.perform(ReceiveMessage(case_id=case.case_id, text=text), applicant)
        harness.clock.advance(minutes=1)
    anna = await open_case_modal(harness, case)
    assert ("Meddelanden (2 nya)", "") in tabs(anna)
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: "Första" in str(anna.view))
    text = str(anna.view)
    assert text.index("Andra *viktiga* <!here>") < text.index("Första")
    assert "Från sökanden · 23 nov. 2026 10:01 · Nytt" in text


async def test_reading_from_the_thread_opens_the_messages(harness: SlackHarness) -> None:
    case = await harness.submit()
    line = HistoryLine(2, harness.clock(), "applicant", "MessageReceived", {})
    result = thread_message(
        (line,), harness.catalog, harness.catalog.service("bygglov"), words("sv"), case.case_id
    )
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text=result.text, blocks=result.blocks)
    anna = harness.person(ANNA)
    await anna.press(BYGGLOV_CHANNEL, posted["ts"], "case:read")
    await anna.wait_until(lambda: "Inga meddelanden än." in str(anna.view))
    assert ("Meddelanden", "primary") in tabs(anna)


async def test_the_history_tells_in_words_what_happened(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", AddNote(case_id=case.case_id, text="Hemligt"))
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:tab:history")
    await anna.wait_until(lambda: "Ärendet kom in." in str(anna.view))
    assert "23 nov. 2026 10:00 Anna Berg skrev en intern notering." in str(anna.view)
    assert "Hemligt" not in str(anna.view)


async def test_long_answers_are_whole_and_pages_are_turned(harness: SlackHarness) -> None:
    case = await harness.submit()
    for number in range(12):
        await harness.perform(
            "anna-berg", AddNote(case_id=case.case_id, text=f"Notering {number}: " + "å" * 2_900)
        )
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Notering 11" in str(anna.view))
    seen = str(anna.view)
    for page in (2, 3):
        await anna.press_in_view("case:turn:next")
        await anna.wait_until(lambda page=page: f"Sida {page} av 3" in str(anna.view))
        seen += str(anna.view)
    assert [number for number in range(12) if f"Notering {number}:" not in seen] == []
    assert harness.failed_calls() == []


async def test_a_case_is_taken_and_given_back_in_its_modal(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:take")
    await anna.wait_until(lambda: "Lämna tillbaka" in str(anna.view))
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    await anna.press_in_view("case:release")
    await anna.wait_until(lambda: "Ta ärendet" in str(anna.view))
    assert (await harness.load_case(case)).officers == ()


async def test_a_note_written_in_the_modal_is_seen_in_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Inga noteringar än." in str(anna.view))
    await anna.press_in_view("case:note")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await anna.fill_and_submit({"text": "Ringt grannen"})
    await anna.wait_until(lambda: "Ringt grannen" in str(anna.view))
    assert len(anna.views) == 1


async def test_a_message_from_the_modal_leaves_room_for_its_preview(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    await anna.fill_and_submit({"text": "Hej"})
    assert len(anna.views) == 3
    await anna.submit()
    assert "Meddelandet skickas" in str(anna.view)
    assert [m.text for m in (await harness.load_full_case(case)).messages] == ["Hej"]


async def test_a_begun_message_is_offered_and_can_be_thrown_away(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    await anna.fill_and_submit({"text": "Halvfärdigt"})
    await anna.close(all=True)
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: "Du har ett utkast från 23 nov. 2026 10:00." in str(anna.view))
    await anna.press_in_view("case:draft:drop")
    assert await anna.wait_until(lambda: "utkast" not in str(anna.view))


async def test_what_was_begun_stands_among_the_messages_when_one_comes_back(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_case_modal(harness, case)
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: "Inga meddelanden än." in str(anna.view))
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    await anna.fill_and_submit({"text": "Halvfärdigt"})
    await harness.wait_until_idle()
    for _ in range(2):
        await anna.close()
    assert "Du har ett utkast från 23 nov. 2026 10:00." in str(anna.view)


async def test_a_strict_case_shows_no_more_than_a_way_to_its_page(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "1")
    await elin.wait_until(lambda: (v := elin.view) and "Hämtar ärendet" not in str(v))
    text = str(elin.view)
    assert "Orosanmälan" not in text
    assert "Ärendets uppgifter, meddelanden och noteringar finns på ärendesidan." in text
    assert tabs(elin) == []
    assert await harness.readings(case) == []
    await elin.press_in_view("case:page")
    await elin.wait_until(
        lambda: "Länken är personlig. Den fungerar en gång, inom 60 sekunder." in str(elin.view)
    )
    result = await elin.press_in_view("link:open")
    assert result["ok"]


async def test_the_summary_of_a_case_is_opened_on_the_web_and_never_sent_to_slack(
    harness: SlackHarness,
) -> None:
    case = await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "sammanställning 1")
    await elin.wait_until(lambda: "Länken är personlig." in str(elin.view))
    link = next(one["url"] for one in _elements(elin.view) if one.get("action_id") == "link:open")
    assert link.endswith("/sammanstallning")
    assert "Sammanställning av ärende" not in str(elin.view) and await harness.readings(case) == []


def _elements(view: Any) -> list[Any]:
    return [
        one for block in view["blocks"] for one in (*block.get("elements", ()), block.get("accessory") or {})
    ]


async def test_files_are_named_as_being_on_the_case_page(harness: SlackHarness) -> None:
    file = {"id": uuid.uuid4().hex, "name": "ritning.pdf", "size": 10, "kind": "application/pdf"}
    fields = harness.catalog.service("bygglov").fields  # type: ignore[union-attr]
    key = next(field.key for field in fields if field.kind == "file")
    ref = FileRef(**file, sha256="0" * 64, field=key)
    await harness.service.database.write(lambda tx: unattached.save(tx, ref, harness.clock()))
    case = await harness.submit(values={**ANSWERS, key: [file]}, files=(ref,))
    anna = await open_case_modal(harness, case)
    assert "ritning.pdf" not in str(anna.view)


async def test_a_view_closed_before_it_was_filled_is_no_trouble(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: anna.view)
    await anna.close(all=True)
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == ""


@contextlib.contextmanager
def slow_reads(harness: SlackHarness) -> Iterator[None]:
    """All that read the store have something else to do."""
    done = threading.Event()
    for _ in range(POOL_SIZE):
        harness.service.database._read_threads.submit(done.wait)
    try:
        yield
    finally:
        done.set()


async def test_it_opens_at_once_and_fills_in_whatever_the_store_does(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock, placeholder_after=0.05) as harness:
        case, anna = await harness.submit(), harness.person(ANNA)
        card = await harness.post_card(case)
        with slow_reads(harness):
            await anna.press(*card, "case:show")
            await anna.wait_until(lambda: "Hämtar ärendet" in str(anna.view))
        await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
        assert len(anna.views) == 1
        assert harness.failed_calls() == []


async def test_a_form_opens_at_once_too(sqlite_database: Database, catalog: Catalog, clock: Clock) -> None:
    async with open_harness(sqlite_database, catalog, clock, placeholder_after=0.05) as harness:
        case, anna = await harness.submit(), harness.person(ANNA)
        await open_case_modal(harness, case)
        with slow_reads(harness):
            await anna.press_in_view("case:status")
            await anna.wait_until(lambda: len(anna.views) == 2)
            assert "Hämtar" in str(anna.view)
        await anna.wait_until(lambda: "Ny status" in str(anna.view))


async def test_a_form_that_slack_is_slow_to_open_is_not_replaced_by_the_placeholder(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    """Both on the card, where it is opened, and in the case's modal, where it is pushed."""
    async with open_harness(sqlite_database, catalog, clock, placeholder_after=0.2) as harness:
        case, anna = await harness.submit(), harness.person(ANNA)
        card = await harness.post_card(case)
        harness.sandbox.inject("views.open", "slow", seconds=0.5)
        await anna.press(*card, "case:note")
        await harness.wait_until_idle()
        assert [view["callback_id"] for view in anna.views] == ["case:note:submit"]
        await anna.close(all=True)
        await open_case_modal(harness, case)
        harness.sandbox.inject("views.push", "slow", seconds=0.5)
        await anna.press_in_view("case:status")
        await harness.wait_until_idle()
        assert [view["callback_id"] for view in anna.views][1:] == ["case:status:submit"]


async def test_who_may_not_see_the_case_is_told_where_it_was_to_be(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock, placeholder_after=0.05) as harness:
        case, guest = await harness.submit(), harness.person(GUEST)
        card = await harness.post_card(case)
        with slow_reads(harness):
            await guest.press(*card, "case:show")
            await guest.wait_until(lambda: guest.view)
        assert await guest.wait_until(lambda: "Gäster och andra organisationer" in str(guest.view))


async def test_while_another_holds_the_store_it_is_open_and_then_filled(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    card = await harness.post_card(case)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
    await harness.wait_until_idle()
    with DatabaseLock(harness.service.database):
        await anna.press(*card, "case:show")
        await anna.wait_until(lambda: "Hämtar ärendet" in str(anna.view))
    assert await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
