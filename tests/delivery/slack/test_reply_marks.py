"""A reply whose note has become official is marked in the thread, wherever the officer made it so."""

from __future__ import annotations

from typing import cast

from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.notes import AddNote, MakeNoteOfficial, MarkReplyRemoved, ReplySource
from bot.service import CommandResult
from tests.delivery.conftest import BYGGLOV_CHANNEL, DeliveryHarness

ANNA = "U0ANNAANNA"


async def reply_under_card(harness: DeliveryHarness) -> tuple[CommandResult, str]:
    """Anna's reply under the card has become a working note. Returns the case, and the reply's ts."""
    # Replies become notes where nobody's access is restricted. The catalog is frozen for the program, not for a test.
    service = harness.town.catalog.services["bygglov"]
    unrestricted = [one for one in service.officers if one.officer != "rut"]
    services = cast(dict[str, EService], harness.town.catalog.services)
    services["bygglov"] = service.model_copy(update={"officers": unrestricted})
    harness.town.catalog.__dict__.pop("_cached_directory", None)
    case = await harness.town.submit()
    await harness.worker.drain(10)
    card = harness.list_posts()[-1]["ts"]
    ts = str(await harness.sandbox.person(ANNA).say(BYGGLOV_CHANNEL, "Har ringt grannen", card))
    source = ReplySource(f"{BYGGLOV_CHANNEL}:{ts}")
    note = AddNote(case_id=case.case_id, text="Har ringt grannen", kind="working", source=source)
    await harness.town.perform("anna", note)
    return case, ts


async def make_official(harness: DeliveryHarness, case: CommandResult, ts: str) -> None:
    command = MakeNoteOfficial(case_id=case.case_id, place=f"{BYGGLOV_CHANNEL}:{ts}")
    await harness.town.perform("bo", command)
    await harness.worker.drain(10)


def reactions(harness: DeliveryHarness, ts: str) -> list[str]:
    seen = harness.sandbox.person(ANNA).sees(BYGGLOV_CHANNEL)
    (shown,) = [one for one in seen if one["ts"] == ts]
    return [one["name"] for one in shown.get("reactions", [])]


async def test_a_reply_whose_note_becomes_official_is_marked(harness: DeliveryHarness) -> None:
    case, ts = await reply_under_card(harness)
    await make_official(harness, case, ts)
    assert reactions(harness, ts) == ["pushpin"]
    assert await harness.count_deliveries() == {}


async def test_while_slack_does_not_answer_the_mark_waits_and_is_set_once(harness: DeliveryHarness) -> None:
    case, ts = await reply_under_card(harness)
    harness.sandbox.inject("reactions.add", "cut_after", times=1)
    await make_official(harness, case, ts)
    await harness.advance(minutes=10)
    assert reactions(harness, ts) == ["pushpin"]
    assert await harness.count_deliveries() == {}


async def test_a_reply_that_is_gone_is_marked_no_more_and_nothing_is_left_waiting(
    harness: DeliveryHarness,
) -> None:
    case, ts = await reply_under_card(harness)
    await harness.sandbox.person(ANNA).delete(BYGGLOV_CHANNEL, ts)
    await make_official(harness, case, ts)
    other, told = await reply_under_card(harness)
    place = f"{BYGGLOV_CHANNEL}:{told}"
    await harness.town.service.perform(MarkReplyRemoved(case_id=other.case_id, place=place), Machine("slack"))
    await make_official(harness, other, told)
    assert await harness.count_deliveries() == {}
