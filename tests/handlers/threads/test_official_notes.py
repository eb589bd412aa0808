"""A reply under a card is a working note, until someone makes an official one of it."""

from __future__ import annotations

import pytest

from bot.domain.notes import AddNote, may_become_official
from bot.domain.protection import SetProtection
from bot.domain.status import SetStatus
from bot.domain.views import NoteLine
from bot.service import CommandResult
from bot.store.log import history
from bot.store.outbox import delivery_counts
from bot.store.tables import NoteRow
from bot.store.verification import proof
from sandbox.person import Person as Colleague
from tests.handlers.slack_harness import ANNA, BJORN, DAVID, SlackHarness

SAVED = "Svaret är sparat som tjänsteanteckning."


async def reply(harness: SlackHarness, case: CommandResult, text: str) -> tuple[str, str, str]:
    """Anna writes under the card. Returns the channel, the thread and the reply's ts."""
    channel, thread = await harness.post_known_card(case)
    ts = await harness.person(ANNA).say(channel, text, thread)
    await harness.wait_for_events()
    return channel, thread, str(ts)


async def make_official(harness: SlackHarness, who: str, channel: str, ts: str) -> Colleague:
    person = harness.person(who)
    if person.view:
        await person.close(all=True)
    answer = await person.shortcut("shortcut:official", channel, ts)
    assert answer["ok"], answer["error"]
    await person.wait_until(lambda: person.view)
    await harness.wait_until_idle()
    return person


async def the_note(harness: SlackHarness, case: CommandResult) -> NoteLine:
    (note,) = (await harness.load_full_case(case)).notes
    return note


async def count_marks(harness: SlackHarness) -> int:
    """How many replies wait to be marked as official notes."""
    return (await harness.read(delivery_counts.count_by_kind_and_state)).get(("mark", "waiting"), 0)


async def test_a_reply_is_a_working_note(harness: SlackHarness) -> None:
    case = await harness.submit()
    await reply(harness, case, "Har ringt grannen")
    assert (await the_note(harness, case)).kind == "working"


async def test_a_colleague_makes_it_official_and_the_thread_and_the_log_show_it(
    any_harness: SlackHarness,
) -> None:
    harness = any_harness
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Har ringt grannen")
    bjorn = await make_official(harness, BJORN, channel, ts)
    assert SAVED in str(bjorn.view)
    note = await the_note(harness, case)
    assert (note.kind, note.text, note.by) == ("official", "Har ringt grannen", "officer:anna-berg")
    assert await count_marks(harness) == 1
    last = (await harness.read(lambda tx: history.read(tx, case.case_id)))[-1]
    assert (last.event, last.by) == ("NoteMadeOfficial", "officer:bjorn-ek")
    assert (await harness.read(proof.verify)).ok


async def test_once_more_it_is_said_again_and_nothing_is_logged(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Har ringt grannen")
    for _ in range(2):
        assert SAVED in str((await make_official(harness, ANNA, channel, ts)).view)
    lines = await harness.read(lambda tx: history.read(tx, case.case_id))
    assert [line.event for line in lines].count("NoteMadeOfficial") == 1


async def test_what_it_says_stays_whatever_happens_to_the_reply_in_slack(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Fyra meter")
    await make_official(harness, ANNA, channel, ts)
    anna = harness.person(ANNA)
    await anna.edit(channel, ts, "Fem meter")
    await harness.wait_for_events()
    assert "Skriv en ny notering" in anna.ephemerals()[-1]["text"]
    await anna.delete(channel, ts)
    await harness.wait_for_events()
    note = await the_note(harness, case)
    assert (note.text, note.kind, note.edited_at) == ("Fyra meter", "official", None)
    assert note.removed_at is not None


async def test_an_edit_that_came_before_is_what_it_says(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Fyra meter")
    await harness.person(ANNA).edit(channel, ts, "Fem meter")
    await harness.wait_for_events()
    assert SAVED in str((await make_official(harness, ANNA, channel, ts)).view)
    assert (await the_note(harness, case)).text == "Fem meter"


async def test_it_is_kept_when_the_case_closes_and_others_are_not(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread, ts = await reply(harness, case, "Fyra meter")
    other = await harness.person(ANNA).say(channel, "Lunch", thread)
    await harness.wait_for_events()
    await make_official(harness, ANNA, channel, ts)
    service = harness.catalog.services["bygglov"]
    closed = next(one for one in service.statuses if one.kind == "closed" and one.requires != "message")
    before = (await harness.load_full_case(case)).case.status
    await harness.perform(
        "anna-berg", SetStatus(case_id=case.case_id, status=closed.key, expected=before, note="Klart")
    )
    texts = [one.text for one in (await harness.load_full_case(case)).notes]
    assert "Fyra meter" in texts and "Lunch" not in texts and None in texts
    anna = await make_official(harness, ANNA, channel, other)
    assert "Den togs bort när ärendet avslutades." in str(anna.view)
    assert (await harness.read(proof.verify)).ok


async def test_a_message_that_is_no_note_is_told_to_be_none(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread, _ = await reply(harness, case, "Har ringt grannen")
    refused = await harness.person(ANNA).say(channel, "Ring 19850709-9805", thread)
    await harness.wait_for_events()
    for ts in (thread, refused):
        anna = await make_official(harness, ANNA, channel, str(ts))
        assert "Svaret är ingen notering i ärendet." in str(anna.view)


async def test_what_was_edited_in_the_meantime_is_to_be_read_again(harness: SlackHarness) -> None:
    """The edit that the person sees has not reached the case yet."""
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Fyra meter")
    found = harness.sandbox.shared.workspace.find(channel, ts)
    assert found is not None
    found.edited = {"user": ANNA, "ts": "9999999999.000001"}
    anna = await make_official(harness, ANNA, channel, ts)
    assert "Svaret har just redigerats." in str(anna.view)
    assert (await the_note(harness, case)).kind == "working"


@pytest.mark.parametrize("who", [BJORN, DAVID])
async def test_who_may_not_work_with_the_case_changes_nothing(harness: SlackHarness, who: str) -> None:
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Har ringt grannen")
    await harness.perform("anna-berg", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    person = await make_official(harness, who, channel, ts)
    assert SAVED not in str(person.view) and "grannen" not in str(person.view)
    kinds = await harness.read(lambda tx: list(tx.conn.execute(NoteRow.__table__.select()).all()))
    assert [row.kind for row in kinds] == ["working"]


async def open_notes(harness: SlackHarness, case: CommandResult) -> Colleague:
    """Anna looks at the case's notes."""
    anna = harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "anteckning" in str(anna.view))
    return anna


async def test_a_working_note_from_the_dialog_is_made_official_in_the_cases_modal(
    any_harness: SlackHarness,
) -> None:
    harness, case = any_harness, await any_harness.submit()
    note = AddNote(case_id=case.case_id, text="Har ringt grannen", kind="working")
    await harness.perform("bjorn-ek", note)
    anna = await open_notes(harness, case)
    await anna.press_in_view("note:official")
    await anna.wait_until(lambda: "Gör till tjänsteanteckning" not in str(anna.view))
    assert (await the_note(harness, case)).kind == "official"
    lines = await harness.read(lambda tx: history.read(tx, case.case_id))
    assert (lines[-1].event, lines[-1].facts["is_reply"]) == ("NoteMadeOfficial", False)
    assert await count_marks(harness) == 0
    closing = SetStatus(case_id=case.case_id, status="aterkallat", expected="inskickat", note="Återtog")
    await harness.perform("bjorn-ek", closing)
    notes = (await harness.load_full_case(case)).notes
    assert [one.text for one in notes] == ["Har ringt grannen", "Återtog"]
    assert (await harness.read(proof.verify)).ok


async def open_notes_of_reply(harness: SlackHarness, channel: str, ts: str, text: str) -> Colleague:
    """Björn looks at the notes of the case, from the reply that says the text."""
    bjorn = harness.person(BJORN)
    await bjorn.shortcut("shortcut:show", channel, ts)
    await bjorn.wait_until(lambda: "Uppgifter i ärendet" in str(bjorn.view))
    await bjorn.press_in_view("case:tab:notes")
    await bjorn.wait_until(lambda: text in str(bjorn.view))
    return bjorn


async def test_a_reply_made_official_in_the_cases_modal_is_marked_in_the_thread_too(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Fyra meter")
    bjorn = await open_notes_of_reply(harness, channel, ts, "Fyra meter")
    await bjorn.press_in_view("note:official")
    await bjorn.wait_until(lambda: "Gör till tjänsteanteckning" not in str(bjorn.view))
    assert (await the_note(harness, case)).kind == "official"
    assert await count_marks(harness) == 1


async def test_a_reply_that_was_edited_after_it_was_shown_is_not_made_official(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, _, ts = await reply(harness, case, "Fyra meter")
    bjorn = await open_notes_of_reply(harness, channel, ts, "Fyra meter")
    await harness.person(ANNA).edit(channel, ts, "Fem meter")
    await harness.wait_for_events()
    await bjorn.press_in_view("note:official")
    await harness.wait_until_idle()
    assert (await the_note(harness, case)).kind == "working"


async def test_an_official_note_and_one_that_is_gone_are_offered_nothing(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("bjorn-ek", AddNote(case_id=case.case_id, text="Ringt"))
    await harness.perform("bjorn-ek", AddNote(case_id=case.case_id, text="Tyckte", kind="working"))
    closing = SetStatus(case_id=case.case_id, status="aterkallat", expected="inskickat", note="Återtog")
    await harness.perform("bjorn-ek", closing)
    anna = await open_notes(harness, case)
    assert "Gör till tjänsteanteckning" not in str(anna.view)


async def test_working_notes_of_older_logs_stay_right_and_working(harness: SlackHarness) -> None:
    """Their events do not say that they may become official."""
    case = await harness.submit()
    line = {
        "event": "NoteAdded",
        "at": "2026-11-23T09:00:00Z",
        "by": "officer:a",
        "note_id": "n",
        "kind": "working",
    }
    replayed = history.event_from_meta(line).apply(await harness.load_case(case))
    assert not may_become_official(replayed, "n")
