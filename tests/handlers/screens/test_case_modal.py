"""The case in a modal."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator

from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.cases.thread import lines
from bot.catalog import Catalog
from bot.domain.correspondence import ReceiveMessage
from bot.domain.intake import FileRef
from bot.domain.notes import AddNote
from bot.domain.views import HistoryLine
from bot.service import Done
from bot.store import Database
from bot.store.engine.database import READERS
from bot.store.files import unattached
from bot.text import words
from sandbox.person import Person as Colleague
from tests.conftest import Clock
from tests.handlers.office import ANNA, BYGGLOV, ELIN, GUEST, SOCIAL, VALUES, Office, open_office
from tests.handlers.test_failures import Locked


async def shown(office: Office, case: Done, user: str = ANNA, channel: str = BYGGLOV) -> Colleague:
    person = office.person(user)
    told = await person.press(*await office.card(case, channel), "case:show")
    assert told["ok"], told["error"]
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


async def test_the_case_is_shown_with_its_tabs(any_office: Office) -> None:
    case = await any_office.submits()
    anna = await shown(any_office, case)
    assert anna.view is not None
    assert anna.view["title"]["text"] == case.number
    assert tabs(anna) == [
        ("Ärende", "primary"), ("Meddelanden", ""), ("Noteringar", ""), ("Filer", ""), ("Historik", ""),
    ]  # fmt: skip
    text = str(anna.view)
    assert "Tillbyggnad" in text
    assert "Björken 4:12" not in text
    assert "Visas på ärendesidan" in text
    assert any_office.warnings() == []
    assert any_office.refused_calls() == []


async def test_only_what_a_tab_shows_is_recorded_as_shown(office: Office) -> None:
    case = await office.submits()
    anna = await shown(office, case)
    assert await office.readings(case) == [("officer:anna-berg", "answers")]
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Inga noteringar än." in str(anna.view))
    assert await office.readings(case) == [("officer:anna-berg", "answers"), ("officer:anna-berg", "notes")]


async def test_messages_are_newest_first_and_new_ones_are_counted(office: Office) -> None:
    case = await office.submits()
    applicant = await office.applicant(case)
    for text in ("Första", "Andra *viktiga* <!here>"):
        await office.service.perform(ReceiveMessage(case_id=case.case_id, text=text), applicant)
        office.clock.pass_(minutes=1)
    anna = await shown(office, case)
    assert ("Meddelanden (2 nya)", "") in tabs(anna)
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: "Första" in str(anna.view))
    text = str(anna.view)
    assert text.index("Andra *viktiga* <!here>") < text.index("Första")
    assert "Från sökanden · 23 nov. 2026 10:01 · Nytt" in text


async def test_reading_from_the_thread_opens_the_messages(office: Office) -> None:
    case = await office.submits()
    line = HistoryLine(2, office.clock(), "applicant", "MessageReceived", {})
    told = lines((line,), office.catalog, office.catalog.service("bygglov"), words("sv"), case.case_id)
    client = AsyncWebClient(office.sandbox.app.bot_token, base_url=office.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV, text=told.text, blocks=told.blocks)
    anna = office.person(ANNA)
    await anna.press(BYGGLOV, posted["ts"], "case:read")
    await anna.wait_until(lambda: "Inga meddelanden än." in str(anna.view))
    assert ("Meddelanden", "primary") in tabs(anna)


async def test_the_history_tells_in_words_what_happened(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", AddNote(case_id=case.case_id, text="Hemligt"))
    anna = await shown(office, case)
    await anna.press_in_view("case:tab:history")
    await anna.wait_until(lambda: "Ärendet kom in." in str(anna.view))
    assert "23 nov. 2026 10:00 Anna Berg skrev en intern notering." in str(anna.view)
    assert "Hemligt" not in str(anna.view)


async def test_long_answers_are_whole_and_pages_are_turned(office: Office) -> None:
    case = await office.submits()
    for number in range(12):
        await office.does(
            "anna-berg", AddNote(case_id=case.case_id, text=f"Notering {number}: " + "å" * 2_900)
        )
    anna = await shown(office, case)
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Notering 11" in str(anna.view))
    seen = str(anna.view)
    for page in (2, 3):
        await anna.press_in_view("case:turn:next")
        await anna.wait_until(lambda page=page: f"Sida {page} av 3" in str(anna.view))
        seen += str(anna.view)
    assert [number for number in range(12) if f"Notering {number}:" not in seen] == []
    assert office.refused_calls() == []


async def test_a_case_is_taken_and_given_back_in_its_modal(office: Office) -> None:
    case = await office.submits()
    anna = await shown(office, case)
    await anna.press_in_view("case:take")
    await anna.wait_until(lambda: "Lämna tillbaka" in str(anna.view))
    assert (await office.case(case)).officers == ("anna-berg",)
    await anna.press_in_view("case:release")
    await anna.wait_until(lambda: "Ta ärendet" in str(anna.view))
    assert (await office.case(case)).officers == ()


async def test_a_note_written_in_the_modal_is_seen_in_it(office: Office) -> None:
    case = await office.submits()
    anna = await shown(office, case)
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Inga noteringar än." in str(anna.view))
    await anna.press_in_view("case:note")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await anna.fill_and_submit({"text": "Ringt grannen"})
    await anna.wait_until(lambda: "Ringt grannen" in str(anna.view))
    assert len(anna.views) == 1


async def test_a_message_from_the_modal_leaves_room_for_its_preview(office: Office) -> None:
    case = await office.submits()
    anna = await shown(office, case)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    await anna.fill_and_submit({"text": "Hej"})
    assert len(anna.views) == 3
    await anna.submit()
    assert "Meddelandet skickas" in str(anna.view)
    assert [m.text for m in (await office.all_of(case)).messages] == ["Hej"]


async def test_a_begun_message_is_offered_and_can_be_thrown_away(office: Office) -> None:
    case = await office.submits()
    anna = await shown(office, case)
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    await anna.fill_and_submit({"text": "Halvfärdigt"})
    await anna.close(all=True)
    anna = await shown(office, case)
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: "Du har ett utkast från 10:00." in str(anna.view))
    await anna.press_in_view("case:draft:drop")
    assert await anna.wait_until(lambda: "utkast" not in str(anna.view))


async def test_what_was_begun_stands_among_the_messages_when_one_comes_back(office: Office) -> None:
    case = await office.submits()
    anna = await shown(office, case)
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: "Inga meddelanden än." in str(anna.view))
    await anna.press_in_view("case:message")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    await anna.fill_and_submit({"text": "Halvfärdigt"})
    await office.settled()
    for _ in range(2):
        await anna.close()
    assert "Du har ett utkast från 10:00." in str(anna.view)


async def test_a_strict_case_shows_no_more_than_a_way_to_its_page(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    elin = office.person(ELIN)
    await elin.slash(SOCIAL, "/arende", "1")
    await elin.wait_until(lambda: (v := elin.view) and "Hämtar ärendet" not in str(v))
    text = str(elin.view)
    assert "Orosanmälan" not in text
    assert "Ärendets uppgifter, meddelanden och noteringar finns på ärendesidan." in text
    assert tabs(elin) == []
    assert await office.readings(case) == []
    await elin.press_in_view("case:page")
    await elin.wait_until(lambda: "Länken gäller dig, en gång, i 60 sekunder." in str(elin.view))
    told = await elin.press_in_view("link:open")
    assert told["ok"]


async def test_files_are_named_as_being_on_the_case_page(office: Office) -> None:
    file = {"id": uuid.uuid4().hex, "name": "ritning.pdf", "size": 10, "kind": "application/pdf"}
    fields = office.catalog.service("bygglov").fields  # type: ignore[union-attr]
    key = next(field.key for field in fields if field.kind == "file")
    ref = FileRef(**file, sha256="0" * 64, field=key)
    await office.service.database.write(lambda tx: unattached.expect(tx, ref, office.clock()))
    case = await office.submits(values={**VALUES, key: [file]}, files=(ref,))
    anna = await shown(office, case)
    assert "ritning.pdf" not in str(anna.view)


async def test_a_view_closed_before_it_was_filled_is_no_trouble(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await anna.press(*await office.card(case), "case:show")
    await anna.wait_until(lambda: anna.view)
    await anna.close(all=True)
    await office.settled()
    assert office.ephemeral(ANNA) == ""


@contextlib.contextmanager
def slow_reads(office: Office) -> Iterator[None]:
    """All that read the store have something else to do."""
    done = threading.Event()
    for _ in range(READERS):
        office.service.database._readers.submit(done.wait)
    try:
        yield
    finally:
        done.set()


async def test_it_opens_at_once_and_fills_in_whatever_the_store_does(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock, opens_within=0.05) as office:
        case, anna = await office.submits(), office.person(ANNA)
        card = await office.card(case)
        with slow_reads(office):
            await anna.press(*card, "case:show")
            await anna.wait_until(lambda: "Hämtar ärendet" in str(anna.view))
        await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
        assert len(anna.views) == 1
        assert office.refused_calls() == []


async def test_a_form_opens_at_once_too(sqlite_database: Database, catalog: Catalog, clock: Clock) -> None:
    async with open_office(sqlite_database, catalog, clock, opens_within=0.05) as office:
        case, anna = await office.submits(), office.person(ANNA)
        await shown(office, case)
        with slow_reads(office):
            await anna.press_in_view("case:status")
            await anna.wait_until(lambda: len(anna.views) == 2)
            assert "Hämtar" in str(anna.view)
        await anna.wait_until(lambda: "Ny status" in str(anna.view))


async def test_who_may_not_see_the_case_is_told_where_it_was_to_be(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock, opens_within=0.05) as office:
        case, guest = await office.submits(), office.person(GUEST)
        card = await office.card(case)
        with slow_reads(office):
            await guest.press(*card, "case:show")
            await guest.wait_until(lambda: guest.view)
        assert await guest.wait_until(lambda: "Gäster och andra organisationer" in str(guest.view))


async def test_while_another_holds_the_store_it_is_open_and_then_filled(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    card = await office.card(case)
    await anna.slash(BYGGLOV, "/arende", "hjälp")
    await office.settled()
    with Locked(office.service.database):
        await anna.press(*card, "case:show")
        await anna.wait_until(lambda: "Hämtar ärendet" in str(anna.view))
    assert await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
