"""What is written under a card."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.catalog import Catalog
from bot.catalog.people import Grant
from bot.clients.slack_web import at_once
from bot.domain.views import NoteLine
from bot.service import Done
from bot.store import Busy, Database
from bot.store.tables import CaseRow
from bot.store.verification import proof
from sandbox.town.entities import Message
from tests.conftest import Clock
from tests.handlers.office import (
    ANNA,
    ELIN,
    GUEST,
    JOSE,
    NEIGHBOUR,
    SOCIAL,
    Office,
    open_office,
)

PERSONNUMMER = "Ring 19850709-9805 i morgon"


async def notes(office: Office, case: Done) -> tuple[NoteLine, ...]:
    return (await office.all_of(case)).notes


async def texts(office: Office, case: Done) -> list[str | None]:
    return [one.text for one in await notes(office, case)]


def marks(office: Office, channel: str, ts: str) -> list[str]:
    told = next(one for one in office.person(ANNA).sees(channel) if one["ts"] == ts)
    return [one["name"] for one in told.get("reactions", [])]


def told(office: Office, user: str) -> list[str]:
    return [one["text"] for one in office.person(user).ephemerals()]


def buttons(office: Office, user: str) -> list[str]:
    last = office.person(user).ephemerals()[-1]
    return [one["text"]["text"] for block in last["blocks"] for one in block.get("elements", [])]


async def is_whole(office: Office) -> bool:
    return bool((await office.read(proof.verify)).ok)


def event(office: Office, case_thread: tuple[str, str], ts: str, text: str, **more: Any) -> dict[str, Any]:
    channel, thread = case_thread
    said = {
        "type": "message",
        "user": ANNA,
        "team": office.sandbox.stage.workspace.team["id"],
        "ts": ts,
        "thread_ts": thread,
        "text": text,
    }
    return {**said, "channel": channel, "channel_type": "channel", "event_ts": ts, **more}


async def tell(office: Office, told_of: dict[str, Any]) -> None:
    """Slack tells of an event, in whatever order we like. A reply stands in its thread by then."""
    workspace = office.sandbox.stage.workspace
    if told_of.get("subtype", "file_share") == "file_share" and not workspace.find(
        told_of["channel"], told_of["ts"]
    ):
        about = {name: told_of[name] for name in ("ts", "channel", "user", "text", "thread_ts")}
        workspace.keep(Message(**about))
    office.sandbox.stage.events.emit("message.channels", told_of)
    await office.heard()


def edit_of(said: dict[str, Any], text: str, at: str) -> dict[str, Any]:
    now = {**said, "text": text, "edited": {"user": ANNA, "ts": at}}
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": said["channel"],
        "ts": at,
        "event_ts": at,
        "message": now,
        "previous_message": said,
    }


def deletion_of(said: dict[str, Any], at: str) -> dict[str, Any]:
    gone = {"type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": said["ts"]}
    return {**gone, "channel": said["channel"], "ts": at, "event_ts": at, "previous_message": said}


async def test_what_an_officer_writes_under_the_card_is_a_note_and_is_marked(any_office: Office) -> None:
    office = any_office
    case = await office.submits()
    channel, thread = await office.thread(case)
    ts = await office.person(ANNA).say(channel, "Ringde grannen, *inga* synpunkter & inga krav", thread)
    await office.heard()
    (note,) = await notes(office, case)
    assert (note.text, note.by) == ("Ringde grannen, *inga* synpunkter & inga krav", "officer:anna-berg")
    assert marks(office, channel, ts) == ["memo"]
    assert told(office, ANNA) == []
    assert office.refused_calls() == []


async def test_an_edited_reply_is_a_new_version_of_its_note(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    ts = await office.person(ANNA).say(channel, "Fyra meter", thread)
    await office.heard()
    await office.person(ANNA).edit(channel, ts, "Fem meter")
    await office.heard()
    (note,) = await notes(office, case)
    assert note.text == "Fem meter" and note.edited_at is not None
    assert await is_whole(office)


async def test_a_reply_deleted_in_slack_stays_in_the_case_and_says_so(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    ts = await office.person(ANNA).say(channel, "Fyra meter", thread)
    await office.heard()
    await office.person(ANNA).delete(channel, ts)
    await office.heard()
    (note,) = await notes(office, case)
    assert note.text == "Fyra meter" and note.removed_at is not None
    await office.person(ANNA).press(*await office.card(case), "case:show")
    await office.settled()
    await office.person(ANNA).press_in_view("case:tab:notes")
    await office.settled()
    assert "Borttagen ur tråden" in str(office.person(ANNA).view)
    assert await is_whole(office)


async def test_a_deletion_that_slack_tells_of_by_its_place_alone_is_known(office: Office) -> None:
    case = await office.submits()
    place = await office.thread(case)
    said = event(office, place, "1800000000.000100", "Fyra meter")
    await tell(office, said)
    gone = deletion_of(said, "1800000001.000100")
    del gone["previous_message"]
    await tell(office, gone)
    assert [one.removed_at is not None for one in await notes(office, case)] == [True]


async def test_an_edit_that_arrives_before_its_reply_is_neither_lost_nor_doubled(office: Office) -> None:
    case = await office.submits()
    said = event(office, await office.thread(case), "1800000000.000100", "Fyra meter")
    await tell(office, edit_of(said, "Fem meter", "1800000002.000100"))
    await tell(office, said)
    await tell(office, edit_of(said, "Fyra och en halv", "1800000001.000100"))
    assert await texts(office, case) == ["Fem meter"]


async def test_a_deletion_that_arrives_first_leaves_the_same_note(office: Office) -> None:
    case = await office.submits()
    said = event(office, await office.thread(case), "1800000000.000100", "Fyra meter")
    await tell(office, deletion_of(said, "1800000001.000100"))
    await tell(office, said)
    (note,) = await notes(office, case)
    assert note.text == "Fyra meter" and note.removed_at is not None


async def test_a_reply_that_slack_tells_of_twice_is_one_note(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.sandbox.inject("events_api", "duplicate")
    await office.person(ANNA).say(channel, "Fyra meter", thread)
    await office.heard()
    assert await texts(office, case) == ["Fyra meter"]
    assert office.refused_calls() == [] or {one["error"] for one in office.refused_calls()} == {
        "already_reacted"
    }


async def test_a_link_that_slack_unfurls_is_no_edit(office: Office) -> None:
    case = await office.submits()
    said = event(
        office, await office.thread(case), "1800000000.000100", "Se <https://lindsjo.example/plan|planen>"
    )
    await tell(office, said)
    unfurled = edit_of(said, said["text"], "1800000001.000100")
    del unfurled["message"]["edited"]
    await tell(office, unfurled)
    (note,) = await notes(office, case)
    assert (note.text, note.edited_at) == ("Se planen (https://lindsjo.example/plan)", None)


async def test_a_reply_with_a_personnummer_is_not_kept_but_can_be_written_as_a_note(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, thread = await office.thread(case)
    ts = await anna.say(channel, PERSONNUMMER, thread)
    await office.heard()
    assert await texts(office, case) == []
    assert marks(office, channel, ts) == []
    assert told(office, ANNA) == [
        "Det ser ut som ett personnummer. Ta bort svaret ur tråden och spara det här i stället."
    ]
    assert "9805" not in str(anna.ephemerals())
    await anna.press(channel, anna.ephemerals()[-1]["ts"], "note:draft")
    await anna.wait_until(lambda: anna.view)
    assert PERSONNUMMER in str(anna.view) and PERSONNUMMER not in str((anna.view or {})["private_metadata"])
    await anna.fill_and_submit({})
    await office.settled()
    assert await texts(office, case) == [PERSONNUMMER]


async def test_the_draft_is_gone_once_it_is_a_note(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, thread = await office.thread(case)
    await anna.say(channel, PERSONNUMMER, thread)
    await office.heard()
    told_at = anna.ephemerals()[-1]["ts"]
    await anna.press(channel, told_at, "note:draft")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({})
    await anna.close(all=True)
    await anna.press(channel, told_at, "note:draft")
    await office.settled()
    assert office.ephemeral(ANNA) == "Texten finns inte kvar. Skriv noteringen på nytt."


async def test_a_note_edited_to_hold_a_personnummer_stays_as_it_was(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, thread = await office.thread(case)
    ts = await anna.say(channel, "Ring i morgon", thread)
    await office.heard()
    await anna.edit(channel, ts, PERSONNUMMER)
    await office.heard()
    assert await texts(office, case) == ["Ring i morgon"]
    assert office.ephemeral(ANNA).startswith("Det ser ut som ett personnummer.")


async def test_a_reply_rid_of_its_personnummer_becomes_a_note(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, thread = await office.thread(case)
    ts = await anna.say(channel, PERSONNUMMER, thread)
    await office.heard()
    await anna.edit(channel, ts, "Ring i morgon")
    await office.heard()
    assert await texts(office, case) == ["Ring i morgon"]


async def test_a_refused_reply_that_is_deleted_stays_away(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, thread = await office.thread(case)
    ts = await anna.say(channel, PERSONNUMMER, thread)
    await office.heard()
    await anna.delete(channel, ts)
    await office.heard()
    assert (await texts(office, case), len(told(office, ANNA))) == ([], 1)


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (ELIN, "Du har inte behörighet till Ansökan om bygglov."),
        (GUEST, "Gäster och andra organisationer kan inte handlägga ärenden."),
        (NEIGHBOUR, "Gäster och andra organisationer kan inte handlägga ärenden."),
    ],
)
async def test_without_access_nothing_is_kept_and_the_person_is_told(
    office: Office, user: str, why: str
) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    ts = await office.person(user).say(channel, "Fyra meter", thread)
    await office.heard()
    assert (await texts(office, case), marks(office, channel, ts)) == ([], [])
    (said,) = told(office, user)
    assert said.startswith(why) and said.endswith("Det du skrev i tråden sparades inte i ärendet.")


async def test_in_a_strict_e_service_one_is_led_to_the_case_page(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    channel, thread = await office.thread(case, SOCIAL)
    ts = await office.person(ELIN).say(channel, "Ringde mamman", thread)
    await office.heard()
    assert (await texts(office, case), marks(office, channel, ts)) == ([], [])
    assert told(office, ELIN) == [
        "Det du skriver i tråden sparas inte. Ta bort det ur tråden och skriv på ärendesidan i stället."
    ]
    assert buttons(office, ELIN) == ["Öppna ärendesidan"]


@pytest.mark.parametrize("case", ["thread_notes", "restricted"])
async def test_where_threads_are_not_kept_one_is_led_to_the_case_page(
    case: str, sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    """So it is as soon as an officer of the e-service may see only some of its cases."""
    bygglov = catalog.services["bygglov"]
    only_some = Grant(officer="per-olov-angstrom", access="restricted")
    other = {
        "thread_notes": {"thread_notes": False},
        "restricted": {"officers": (*bygglov.officers, only_some)},
    }
    changed = bygglov.model_copy(update=other[case])
    town = catalog.model_copy(update={"services": {**catalog.services, "bygglov": changed}})
    async with open_office(sqlite_database, town, clock) as office:
        submitted = await office.submits()
        channel, thread = await office.thread(submitted)
        ts = await office.person(ANNA).say(channel, "Fyra meter", thread)
        await office.heard()
        assert (await texts(office, submitted), marks(office, channel, ts)) == ([], [])
        assert told(office, ANNA)[0].startswith("Här sparas inget av det som skrivs i tråden.")
        assert buttons(office, ANNA) == ["Öppna ärendesidan"]


@pytest.mark.parametrize("text", ["/arende ta 123", "<@U0ARENDBOT> ta ärendet", "@Ärendebot status"])
async def test_a_command_in_a_thread_was_a_slip(office: Office, text: str) -> None:
    case = await office.submits()
    bot = office.sandbox.app.bot_user
    said = event(office, await office.thread(case), "1800000000.000100", text.replace("U0ARENDBOT", bot))
    await tell(office, said)
    await tell(office, said)
    assert await texts(office, case) == []
    assert told(office, ANNA) == ["Kommandon fungerar inte i trådar. Vad vill du göra?"]
    assert buttons(office, ANNA) == ["Visa ärende", "Ändra status", "Skriv till sökanden"]


async def test_the_buttons_of_a_slip_work(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, thread = await office.thread(case)
    await anna.say(channel, "/arende visa", thread)
    await office.heard()
    await anna.press(channel, anna.ephemerals()[-1]["ts"], "case:show")
    await anna.wait_until(lambda: anna.view)
    await office.settled()
    assert (anna.view or {})["title"]["text"] == case.number


async def test_of_other_threads_programs_and_the_bot_itself_nothing_is_kept_or_asked(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    lunch = await office.person(JOSE).say(channel, "Lunch?")
    await office.person(JOSE).say(channel, "Ja", lunch)
    await tell(
        office, event(office, (channel, thread), "1800000000.000100", "Bygget gick fel", bot_id="B0OTHER001")
    )
    joined = {"subtype": "channel_join"}
    await tell(office, event(office, (channel, thread), "1800000000.000200", "har kommit", **joined))
    asked = [one["method"] for one in office.sandbox.state()["calls"]]
    assert (await texts(office, case), told(office, JOSE)) == ([], [])
    assert "users.info" not in asked and "chat.postEphemeral" not in asked


async def test_every_kind_of_event_is_acknowledged(office: Office) -> None:
    for kind in ("app_home_opened", "reaction_added", "message.im"):
        office.sandbox.stage.events.emit(
            kind,
            {
                "type": kind.partition(".")[0],
                "user": ANNA,
                "channel": "D0ANNA0001",
                "ts": "1.1",
                "event_ts": "1.1",
            },
        )
    await office.heard()
    acks = office.sandbox.state()["acks"]
    assert [one["what"] for one in acks] == ["app_home_opened", "reaction_added", "message"]
    assert all(one["ok"] for one in acks)


async def test_while_the_store_cannot_take_it_slack_is_to_tell_of_it_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.sandbox.inject("users.info", "status", status=503, times=1)
    office.sandbox.stage.config = replace(office.sandbox.stage.config, retry_seconds=(0.01,))
    await office.person(ANNA).say(channel, "Fyra meter", thread)
    await office.heard()
    await office.person(ANNA).wait_until(
        lambda: [one for one in office.sandbox.state()["acks"] if one["retry"]]
    )
    await office.settled()
    assert await texts(office, case) == ["Fyra meter"]


async def test_threads_under_an_earlier_card_of_the_case_are_its_own_still(office: Office) -> None:
    case = await office.submits()
    channel, old = await office.thread(case)
    await office.thread(case)
    await office.person(ANNA).say(channel, "Skrivet under det gamla kortet", old)
    await office.heard()
    assert await texts(office, case) == ["Skrivet under det gamla kortet"]


async def test_what_was_written_while_the_bot_was_down_is_read_back_once(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.sandbox.inject("events_api", "lost", times=9)
    ts = await office.person(ANNA).say(channel, "Skrivet under avbrottet", thread)
    await office.catching_up.once()
    await office.catching_up.once()
    await office.settled()
    assert await texts(office, case) == ["Skrivet under avbrottet"]
    assert marks(office, channel, ts) == ["memo"]


async def test_for_a_mark_and_for_reading_back_slack_is_asked_when_its_pace_has_room(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    asked: list[str] = []

    def room(method: str) -> AbstractAsyncContextManager[None]:
        asked.append(method)
        return at_once(method)

    async with open_office(sqlite_database, catalog, clock, room=room) as office:
        channel, thread = await office.thread(await office.submits())
        await office.person(ANNA).say(channel, "Fyra meter", thread)
        await office.heard()
        await office.settled()
        await office.catching_up.once()
    assert asked == ["reactions.add", "conversations.replies"]


async def test_what_the_program_itself_wrote_is_no_note_and_gets_no_answer(office: Office) -> None:
    """Also where Slack tells of its user alone, and of no program."""
    case = await office.submits()
    channel, thread = await office.thread(case)
    ts = f"{office.clock().timestamp():.6f}"
    itself = office.sandbox.app.bot_user
    await tell(office, event(office, (channel, thread), ts, "Handling.pdf", user=itself))
    await office.settled()
    methods = [call["method"] for call in office.sandbox.state()["calls"]]
    assert await texts(office, case) == [] and "chat.postEphemeral" not in methods


async def test_who_wrote_is_not_told_that_nothing_was_stored_where_only_the_mark_must_wait(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    failures = [Busy()]

    def room(method: str) -> AbstractAsyncContextManager[None]:
        if failures:
            raise failures.pop()
        return at_once(method)

    async with open_office(sqlite_database, catalog, clock, room=room) as office:
        case = await office.submits()
        channel, thread = await office.thread(case)
        ts = await office.person(ANNA).say(channel, "Fyra meter", thread)
        await office.heard()
        assert (told(office, ANNA), marks(office, channel, ts)) == ([], ["memo"])
        assert await texts(office, case) == ["Fyra meter"]


async def test_what_was_deleted_while_the_bot_was_down_is_seen_when_threads_are_read_back(
    office: Office,
) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    anna = office.person(ANNA)
    gone, stays = [await anna.say(channel, text, thread) for text in ("Fyra meter", "Fem meter")]
    await office.heard()
    office.sandbox.inject("events_api", "lost", times=9)
    await anna.delete(channel, gone)
    await office.settled()
    assert not any(note.removed_at for note in (await office.all_of(case)).notes)
    await office.catching_up.once()
    notes = (await office.all_of(case)).notes
    assert [(note.text, note.removed_at is not None) for note in notes] == [
        ("Fyra meter", True),
        ("Fem meter", False),
    ]
    assert marks(office, channel, stays) == ["memo"]


async def test_a_thread_whose_e_service_is_gone_holds_up_no_other_that_is_read_back(office: Office) -> None:
    gone, stays = await office.submits(), await office.submits()
    (channel, under_gone), (_, thread) = await office.thread(gone), await office.thread(stays)
    anna = office.person(ANNA)
    note = await anna.say(channel, "Fyra meter", under_gone)
    await office.heard()
    office.sandbox.inject("events_api", "lost", times=9)
    await anna.delete(channel, note)
    await anna.say(channel, "Skrivet under avbrottet", thread)
    await office.service.database.write(
        lambda tx: tx.conn.execute(
            update(CaseRow).where(CaseRow.id == gone.case_id).values(service="nedlagd")
        )
    )
    with capture_logs() as logs:
        await office.catching_up.once()
    assert await texts(office, stays) == ["Skrivet under avbrottet"]
    assert "catching_up_bug" in [line["event"] for line in logs]


async def test_a_note_of_a_reply_under_another_card_is_not_taken_for_deleted(office: Office) -> None:
    case = await office.submits()
    channel, old = await office.thread(case)
    await office.thread(case)
    await office.person(ANNA).say(channel, "Skrivet under det gamla kortet", old)
    await office.heard()
    await office.catching_up.once()
    assert [note.removed_at for note in (await office.all_of(case)).notes] == [None]


async def test_a_mark_that_slack_refuses_for_now_is_set_a_little_later(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.sandbox.inject("reactions.add", "ratelimited", seconds=1, times=1)
    ts = await office.person(ANNA).say(channel, "Fyra meter", thread)
    await office.heard()
    assert marks(office, channel, ts) == ["memo"]
