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
from bot.clients.slack_web import unlimited
from bot.domain.views import NoteLine
from bot.service import CommandResult
from bot.store import Database, DatabaseBusy
from bot.store.tables import CaseRow
from bot.store.verification import proof
from sandbox.town.entities import Message
from tests.conftest import Clock
from tests.handlers.slack_harness import (
    ANNA,
    ELIN,
    GUEST,
    JOSE,
    OTHER_ORG_USER,
    SOCIAL_CHANNEL,
    SlackHarness,
    open_harness,
)

PERSONNUMMER = "Ring 19850709-9805 i morgon"


GUESTS = "Gäster och andra organisationer kan inte handlägga ärenden. Be en handläggare i kommunen om hjälp."


async def load_notes(harness: SlackHarness, case: CommandResult) -> tuple[NoteLine, ...]:
    return (await harness.load_full_case(case)).notes


async def note_texts(harness: SlackHarness, case: CommandResult) -> list[str | None]:
    return [one.text for one in await load_notes(harness, case)]


def reaction_names(harness: SlackHarness, channel: str, ts: str) -> list[str]:
    result = next(one for one in harness.person(ANNA).sees(channel) if one["ts"] == ts)
    return [one["name"] for one in result.get("reactions", [])]


def private_lines(harness: SlackHarness, user: str) -> list[str]:
    return [one["text"] for one in harness.person(user).ephemerals()]


def private_buttons(harness: SlackHarness, user: str) -> list[str]:
    last = harness.person(user).ephemerals()[-1]
    return [one["text"]["text"] for block in last["blocks"] for one in block.get("elements", [])]


async def is_log_intact(harness: SlackHarness) -> bool:
    return bool((await harness.read(proof.verify)).ok)


def message_event(
    harness: SlackHarness, case_thread: tuple[str, str], ts: str, text: str, **more: Any
) -> dict[str, Any]:
    channel, thread = case_thread
    wording = {
        "type": "message",
        "user": ANNA,
        "team": harness.sandbox.shared.workspace.team["id"],
        "ts": ts,
        "thread_ts": thread,
        "text": text,
    }
    return {**wording, "channel": channel, "channel_type": "channel", "event_ts": ts, **more}


async def send_event(harness: SlackHarness, event: dict[str, Any]) -> None:
    """Slack tells of an event, in whatever order we like. A reply stands in its thread by then."""
    workspace = harness.sandbox.shared.workspace
    if event.get("subtype", "file_share") == "file_share" and not workspace.find(
        event["channel"], event["ts"]
    ):
        fields = {name: event[name] for name in ("ts", "channel", "user", "text", "thread_ts")}
        workspace.keep(Message(**fields))
    harness.sandbox.shared.events.emit("message.channels", event)
    await harness.wait_for_events()


def edit_event(wording: dict[str, Any], text: str, at: str) -> dict[str, Any]:
    now = {**wording, "text": text, "edited": {"user": ANNA, "ts": at}}
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": wording["channel"],
        "ts": at,
        "event_ts": at,
        "message": now,
        "previous_message": wording,
    }


def deletion_event(wording: dict[str, Any], at: str) -> dict[str, Any]:
    gone = {"type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": wording["ts"]}
    return {**gone, "channel": wording["channel"], "ts": at, "event_ts": at, "previous_message": wording}


async def test_what_an_officer_writes_under_the_card_is_a_note_and_is_marked(
    any_harness: SlackHarness,
) -> None:
    harness = any_harness
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    ts = await harness.person(ANNA).say(channel, "Ringde grannen, *inga* synpunkter & inga krav", thread)
    await harness.wait_for_events()
    (note,) = await load_notes(harness, case)
    assert (note.text, note.by) == ("Ringde grannen, *inga* synpunkter & inga krav", "officer:anna-berg")
    assert reaction_names(harness, channel, ts) == ["memo"]
    assert private_lines(harness, ANNA) == []
    assert harness.failed_calls() == []


async def test_an_edited_reply_is_a_new_version_of_its_note(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    ts = await harness.person(ANNA).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    await harness.person(ANNA).edit(channel, ts, "Fem meter")
    await harness.wait_for_events()
    (note,) = await load_notes(harness, case)
    assert note.text == "Fem meter" and note.edited_at is not None
    assert await is_log_intact(harness)


async def test_a_reply_deleted_in_slack_stays_in_the_case_and_says_so(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    ts = await harness.person(ANNA).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    await harness.person(ANNA).delete(channel, ts)
    await harness.wait_for_events()
    (note,) = await load_notes(harness, case)
    assert note.text == "Fyra meter" and note.removed_at is not None
    await harness.person(ANNA).press(*await harness.post_card(case), "case:show")
    await harness.wait_until_idle()
    await harness.person(ANNA).press_in_view("case:tab:notes")
    await harness.wait_until_idle()
    assert "Borttagen ur tråden" in str(harness.person(ANNA).view)
    assert await is_log_intact(harness)


async def test_a_deletion_that_slack_tells_of_by_its_place_alone_is_known(harness: SlackHarness) -> None:
    case = await harness.submit()
    place = await harness.post_known_card(case)
    wording = message_event(harness, place, "1800000000.000100", "Fyra meter")
    await send_event(harness, wording)
    gone = deletion_event(wording, "1800000001.000100")
    del gone["previous_message"]
    await send_event(harness, gone)
    assert [one.removed_at is not None for one in await load_notes(harness, case)] == [True]


async def test_an_edit_that_arrives_before_its_reply_is_neither_lost_nor_doubled(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    wording = message_event(harness, await harness.post_known_card(case), "1800000000.000100", "Fyra meter")
    await send_event(harness, edit_event(wording, "Fem meter", "1800000002.000100"))
    await send_event(harness, wording)
    await send_event(harness, edit_event(wording, "Fyra och en halv", "1800000001.000100"))
    assert await note_texts(harness, case) == ["Fem meter"]


async def test_a_deletion_that_arrives_first_leaves_the_same_note(harness: SlackHarness) -> None:
    case = await harness.submit()
    wording = message_event(harness, await harness.post_known_card(case), "1800000000.000100", "Fyra meter")
    await send_event(harness, deletion_event(wording, "1800000001.000100"))
    await send_event(harness, wording)
    (note,) = await load_notes(harness, case)
    assert note.text == "Fyra meter" and note.removed_at is not None


async def test_a_reply_that_slack_tells_of_twice_is_one_note(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.sandbox.inject("events_api", "duplicate")
    await harness.person(ANNA).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    assert await note_texts(harness, case) == ["Fyra meter"]
    assert harness.failed_calls() == [] or {one["error"] for one in harness.failed_calls()} == {
        "already_reacted"
    }


async def test_a_link_that_slack_unfurls_is_no_edit(harness: SlackHarness) -> None:
    case = await harness.submit()
    wording = message_event(
        harness,
        await harness.post_known_card(case),
        "1800000000.000100",
        "Se <https://lindsjo.example/plan|planen>",
    )
    await send_event(harness, wording)
    unfurled = edit_event(wording, wording["text"], "1800000001.000100")
    del unfurled["message"]["edited"]
    await send_event(harness, unfurled)
    (note,) = await load_notes(harness, case)
    assert (note.text, note.edited_at) == ("Se planen (https://lindsjo.example/plan)", None)


async def test_a_reply_with_a_personnummer_is_not_kept_but_can_be_written_as_a_note(
    harness: SlackHarness,
) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, thread = await harness.post_known_card(case)
    ts = await anna.say(channel, PERSONNUMMER, thread)
    await harness.wait_for_events()
    assert await note_texts(harness, case) == []
    assert reaction_names(harness, channel, ts) == []
    assert private_lines(harness, ANNA) == [
        "Svaret verkar innehålla ett personnummer och har inte sparats. "
        "Ta bort det ur tråden och skriv en notering i stället."
    ]
    assert "9805" not in str(anna.ephemerals())
    await anna.press(channel, anna.ephemerals()[-1]["ts"], "note:draft")
    await anna.wait_until(lambda: anna.view)
    assert PERSONNUMMER in str(anna.view) and PERSONNUMMER not in str((anna.view or {})["private_metadata"])
    await anna.fill_and_submit({})
    await harness.wait_until_idle()
    assert await note_texts(harness, case) == [PERSONNUMMER]


async def test_the_draft_is_gone_once_it_is_a_note(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, thread = await harness.post_known_card(case)
    await anna.say(channel, PERSONNUMMER, thread)
    await harness.wait_for_events()
    told_at = anna.ephemerals()[-1]["ts"]
    await anna.press(channel, told_at, "note:draft")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({})
    await anna.close(all=True)
    await anna.press(channel, told_at, "note:draft")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Texten finns inte kvar. Skriv noteringen på nytt."
    assert [one["ts"] for one in anna.ephemerals()] == [told_at]


async def test_a_note_edited_to_hold_a_personnummer_stays_as_it_was(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, thread = await harness.post_known_card(case)
    ts = await anna.say(channel, "Ring i morgon", thread)
    await harness.wait_for_events()
    await anna.edit(channel, ts, PERSONNUMMER)
    await harness.wait_for_events()
    assert await note_texts(harness, case) == ["Ring i morgon"]
    assert harness.last_ephemeral(ANNA).startswith("Svaret verkar innehålla ett personnummer")


async def test_a_reply_rid_of_its_personnummer_becomes_a_note(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, thread = await harness.post_known_card(case)
    ts = await anna.say(channel, PERSONNUMMER, thread)
    await harness.wait_for_events()
    await anna.edit(channel, ts, "Ring i morgon")
    await harness.wait_for_events()
    assert await note_texts(harness, case) == ["Ring i morgon"]


async def test_a_refused_reply_that_is_deleted_stays_away(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, thread = await harness.post_known_card(case)
    ts = await anna.say(channel, PERSONNUMMER, thread)
    await harness.wait_for_events()
    await anna.delete(channel, ts)
    await harness.wait_for_events()
    assert (await note_texts(harness, case), len(private_lines(harness, ANNA))) == ([], 1)


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (ELIN, "Du har inte behörighet till Ansökan om bygglov."),
        (GUEST, GUESTS),
        (OTHER_ORG_USER, GUESTS),
    ],
)
async def test_without_access_nothing_is_kept_and_the_person_is_told(
    harness: SlackHarness, user: str, why: str
) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    ts = await harness.person(user).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    assert (await note_texts(harness, case), reaction_names(harness, channel, ts)) == ([], [])
    (wording,) = private_lines(harness, user)
    assert wording.startswith(why) and wording.endswith("Det du skrev i tråden sparades inte i ärendet.")


async def test_in_a_strict_e_service_one_is_led_to_the_case_page(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    channel, thread = await harness.post_known_card(case, SOCIAL_CHANNEL)
    ts = await harness.person(ELIN).say(channel, "Ringde mamman", thread)
    await harness.wait_for_events()
    assert (await note_texts(harness, case), reaction_names(harness, channel, ts)) == ([], [])
    assert private_lines(harness, ELIN) == [
        "Det du skriver i tråden sparas inte. Ta bort det ur tråden och skriv på ärendesidan i stället."
    ]
    assert private_buttons(harness, ELIN) == ["Öppna ärendesidan"]


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
    municipality = catalog.model_copy(update={"services": {**catalog.services, "bygglov": changed}})
    async with open_harness(sqlite_database, municipality, clock) as harness:
        submitted = await harness.submit()
        channel, thread = await harness.post_known_card(submitted)
        ts = await harness.person(ANNA).say(channel, "Fyra meter", thread)
        await harness.wait_for_events()
        assert (await note_texts(harness, submitted), reaction_names(harness, channel, ts)) == ([], [])
        assert private_lines(harness, ANNA)[0].startswith("Här sparas inget av det som skrivs i tråden.")
        assert private_buttons(harness, ANNA) == ["Öppna ärendesidan"]


@pytest.mark.parametrize("text", ["/arende ta 123", "<@U0ARENDBOT> ta ärendet", "@Ärendebot status"])
async def test_a_command_in_a_thread_was_a_slip(harness: SlackHarness, text: str) -> None:
    case = await harness.submit()
    bot = harness.sandbox.app.bot_user
    wording = message_event(
        harness, await harness.post_known_card(case), "1800000000.000100", text.replace("U0ARENDBOT", bot)
    )
    await send_event(harness, wording)
    await send_event(harness, wording)
    assert await note_texts(harness, case) == []
    assert private_lines(harness, ANNA) == ["Kommandon fungerar inte i trådar. Vad vill du göra?"]
    assert private_buttons(harness, ANNA) == ["Visa ärende", "Ändra status", "Skriv till sökanden"]


async def test_the_buttons_of_a_slip_work(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, thread = await harness.post_known_card(case)
    await anna.say(channel, "/arende visa", thread)
    await harness.wait_for_events()
    await anna.press(channel, anna.ephemerals()[-1]["ts"], "case:show")
    await anna.wait_until(lambda: anna.view)
    await harness.wait_until_idle()
    assert (anna.view or {})["title"]["text"] == case.number


async def test_of_other_threads_programs_and_the_bot_itself_nothing_is_kept_or_asked(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    lunch = await harness.person(JOSE).say(channel, "Lunch?")
    await harness.person(JOSE).say(channel, "Ja", lunch)
    await send_event(
        harness,
        message_event(
            harness, (channel, thread), "1800000000.000100", "Bygget gick fel", bot_id="B0OTHER001"
        ),
    )
    joined = {"subtype": "channel_join"}
    await send_event(
        harness, message_event(harness, (channel, thread), "1800000000.000200", "har kommit", **joined)
    )
    asked = [one["method"] for one in harness.sandbox.state()["calls"]]
    assert (await note_texts(harness, case), private_lines(harness, JOSE)) == ([], [])
    assert "users.info" not in asked and "chat.postEphemeral" not in asked


async def test_every_kind_of_event_is_acknowledged(harness: SlackHarness) -> None:
    for kind in ("app_home_opened", "reaction_added", "message.im"):
        harness.sandbox.shared.events.emit(
            kind,
            {
                "type": kind.partition(".")[0],
                "user": ANNA,
                "channel": "D0ANNA0001",
                "ts": "1.1",
                "event_ts": "1.1",
            },
        )
    await harness.wait_for_events()
    acks = harness.sandbox.state()["acks"]
    assert [one["what"] for one in acks] == ["app_home_opened", "reaction_added", "message"]
    assert all(one["ok"] for one in acks)


async def test_while_the_store_cannot_take_it_slack_is_to_tell_of_it_again(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.sandbox.inject("users.info", "status", status=503, times=2)
    harness.sandbox.shared.config = replace(harness.sandbox.shared.config, retry_seconds=(0.01,))
    await harness.person(ANNA).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    await harness.person(ANNA).wait_until(
        lambda: [one for one in harness.sandbox.state()["acks"] if one["retry"]]
    )
    await harness.wait_until_idle()
    assert await note_texts(harness, case) == ["Fyra meter"]


async def test_threads_under_an_earlier_card_of_the_case_are_its_own_still(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, old = await harness.post_known_card(case)
    await harness.post_known_card(case)
    await harness.person(ANNA).say(channel, "Skrivet under det gamla kortet", old)
    await harness.wait_for_events()
    assert await note_texts(harness, case) == ["Skrivet under det gamla kortet"]


async def test_what_was_written_while_the_bot_was_down_is_read_back_once(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.sandbox.inject("events_api", "lost", times=9)
    ts = await harness.person(ANNA).say(channel, "Skrivet under avbrottet", thread)
    await harness.backfill.run_once()
    await harness.backfill.run_once()
    await harness.wait_until_idle()
    assert await note_texts(harness, case) == ["Skrivet under avbrottet"]
    assert reaction_names(harness, channel, ts) == ["memo"]


async def test_for_a_mark_and_for_reading_back_slack_is_asked_when_its_pace_has_room(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    asked: list[str] = []

    def room(method: str) -> AbstractAsyncContextManager[None]:
        asked.append(method)
        return unlimited(method)

    async with open_harness(sqlite_database, catalog, clock, rate_limit=room) as harness:
        channel, thread = await harness.post_known_card(await harness.submit())
        await harness.person(ANNA).say(channel, "Fyra meter", thread)
        await harness.wait_for_events()
        await harness.wait_until_idle()
        await harness.backfill.run_once()
    assert asked == ["reactions.add", "conversations.replies"]


async def test_what_the_program_itself_wrote_is_no_note_and_gets_no_answer(harness: SlackHarness) -> None:
    """Also where Slack tells of its user alone, and of no program."""
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    ts = f"{harness.clock().timestamp():.6f}"
    itself = harness.sandbox.app.bot_user
    await send_event(harness, message_event(harness, (channel, thread), ts, "Handling.pdf", user=itself))
    await harness.wait_until_idle()
    methods = [call["method"] for call in harness.sandbox.state()["calls"]]
    assert await note_texts(harness, case) == [] and "chat.postEphemeral" not in methods


async def test_who_wrote_is_not_told_that_nothing_was_stored_where_only_the_mark_must_wait(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    failures = [DatabaseBusy()]

    def room(method: str) -> AbstractAsyncContextManager[None]:
        if failures:
            raise failures.pop()
        return unlimited(method)

    async with open_harness(sqlite_database, catalog, clock, rate_limit=room) as harness:
        case = await harness.submit()
        channel, thread = await harness.post_known_card(case)
        ts = await harness.person(ANNA).say(channel, "Fyra meter", thread)
        await harness.wait_for_events()
        assert (private_lines(harness, ANNA), reaction_names(harness, channel, ts)) == ([], ["memo"])
        assert await note_texts(harness, case) == ["Fyra meter"]


async def test_what_was_deleted_while_the_bot_was_down_is_seen_when_threads_are_read_back(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    anna = harness.person(ANNA)
    gone, stays = [await anna.say(channel, text, thread) for text in ("Fyra meter", "Fem meter")]
    await harness.wait_for_events()
    harness.sandbox.inject("events_api", "lost", times=9)
    await anna.delete(channel, gone)
    await harness.wait_until_idle()
    assert not any(note.removed_at for note in (await harness.load_full_case(case)).notes)
    await harness.backfill.run_once()
    notes = (await harness.load_full_case(case)).notes
    assert [(note.text, note.removed_at is not None) for note in notes] == [
        ("Fyra meter", True),
        ("Fem meter", False),
    ]
    assert reaction_names(harness, channel, stays) == ["memo"]


async def test_a_thread_whose_e_service_is_gone_holds_up_no_other_that_is_read_back(
    harness: SlackHarness,
) -> None:
    gone, stays = await harness.submit(), await harness.submit()
    (channel, under_gone), (_, thread) = (
        await harness.post_known_card(gone),
        await harness.post_known_card(stays),
    )
    anna = harness.person(ANNA)
    note = await anna.say(channel, "Fyra meter", under_gone)
    await harness.wait_for_events()
    harness.sandbox.inject("events_api", "lost", times=9)
    await anna.delete(channel, note)
    await anna.say(channel, "Skrivet under avbrottet", thread)
    await harness.service.database.write(
        lambda tx: tx.conn.execute(
            update(CaseRow).where(CaseRow.id == gone.case_id).values(service="nedlagd")
        )
    )
    with capture_logs() as logs:
        await harness.backfill.run_once()
    assert await note_texts(harness, stays) == ["Skrivet under avbrottet"]
    assert "catching_up_bug" in [line["event"] for line in logs]


async def test_a_note_of_a_reply_under_another_card_is_not_taken_for_deleted(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, old = await harness.post_known_card(case)
    await harness.post_known_card(case)
    await harness.person(ANNA).say(channel, "Skrivet under det gamla kortet", old)
    await harness.wait_for_events()
    await harness.backfill.run_once()
    assert [note.removed_at for note in (await harness.load_full_case(case)).notes] == [None]


async def test_a_mark_that_slack_refuses_for_now_is_set_a_little_later(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.sandbox.inject("reactions.add", "ratelimited", seconds=1, times=1)
    ts = await harness.person(ANNA).say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    assert reaction_names(harness, channel, ts) == ["memo"]
