"""What the bot has posted about a disposed case leaves Slack; colleagues' words there are listed meanwhile."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.domain.actors import Machine
from bot.domain.assignment import TakeCase
from bot.domain.retention import DisposeCase, rule_digest
from bot.domain.status import SetStatus
from bot.jobs import JobDependencies
from bot.jobs.nightly_disposal import look_for_remaining
from bot.service import CommandResult
from bot.store.files.file_store import FileStore
from bot.store.outbox import card_places
from bot.store.tables import CardRow, RemainingReplyRow
from bot.text.working_days import local_day
from tests.delivery.conftest import BYGGLOV_CHANNEL, DeliveryHarness

ANNA = "U0ANNAANNA"


async def close_with_thread(harness: DeliveryHarness) -> CommandResult:
    """A closed case whose thread holds lines of the bot's."""
    case = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=case.case_id))
    await harness.advance(seconds=11)
    closing = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    await harness.town.perform("anna", closing)
    await harness.advance(seconds=11)
    assert len(harness.list_replies()) == 3 and len(harness.list_posts()) == 1
    return case


async def dispose(harness: DeliveryHarness, case: CommandResult) -> None:
    """Its time comes, and it is disposed of."""
    harness.clock.advance(days=800)
    digest = rule_digest("bygglov", harness.town.catalog.services["bygglov"].retention)
    run = local_day(harness.clock())
    await harness.town.service.perform(
        DisposeCase(case_id=case.case_id, run=run, digest=digest), Machine("clock")
    )


async def test_card_and_thread_of_a_disposed_case_leave_slack(harness: DeliveryHarness) -> None:
    case, other = await close_with_thread(harness), await harness.town.submit()
    await harness.advance(seconds=11)
    await dispose(harness, case)
    await harness.advance(seconds=1)
    assert harness.list_replies() == []
    assert [other.number in str(one["blocks"]) for one in harness.list_posts()] == [True]
    assert await harness.database.read(lambda tx: card_places.find(tx, case.case_id)) is None


def deletions(harness: DeliveryHarness) -> list[str]:
    """The ts of the posts that the bot has deleted, in order."""
    calls = harness.sandbox.shared.record.calls
    return [str(one["ts"]) for one in calls if one["method"] == "chat.delete"]


async def test_replies_are_deleted_before_the_card_above_them(harness: DeliveryHarness) -> None:
    """A card that is deleted before its thread leaves the thread behind."""
    case = await close_with_thread(harness)
    (card,), replies = harness.list_posts(), [one["ts"] for one in harness.list_replies()]
    await dispose(harness, case)
    await harness.advance(seconds=1)
    assert sorted(deletions(harness)[:-1]) == sorted(replies) and deletions(harness)[-1] == card["ts"]


async def test_slack_failing_midway_leaves_nothing_behind(harness: DeliveryHarness) -> None:
    case = await close_with_thread(harness)
    await dispose(harness, case)
    harness.sandbox.inject("chat.delete", "cut_after", times=1)
    await harness.advance(seconds=1)
    await harness.advance(minutes=10)
    assert (harness.list_replies(), harness.list_posts()) == ([], [])
    assert await harness.count_deliveries() == {}


async def list_remaining(harness: DeliveryHarness) -> list[tuple[str, str, str]]:
    columns = RemainingReplyRow.channel, RemainingReplyRow.ts, RemainingReplyRow.case_id
    rows = await harness.database.read(lambda tx: tx.conn.execute(select(*columns)).all())
    return [(row.channel, row.ts, row.case_id) for row in rows]


async def test_colleagues_words_are_listed_by_place(harness: DeliveryHarness) -> None:
    case = await close_with_thread(harness)
    (card,) = harness.list_posts()
    written = harness.sandbox.shared.person_message(BYGGLOV_CHANNEL, ANNA, "Ringde Eva")
    written.thread_ts = card["ts"]
    harness.sandbox.shared.workspace.keep(written)
    await dispose(harness, case)
    await harness.advance(seconds=1)
    assert await list_remaining(harness) == [(BYGGLOV_CHANNEL, written.ts, case.case_id)]
    assert (await harness.database.read(lambda tx: tx.conn.execute(select(CardRow.ts)).all())) == []


async def test_what_colleagues_have_deleted_is_listed_no_more(harness: DeliveryHarness) -> None:
    case = await close_with_thread(harness)
    (card,) = harness.list_posts()
    places = []
    for text in ("Ringde Eva", "Eva ringde"):
        written = harness.sandbox.shared.person_message(BYGGLOV_CHANNEL, ANNA, text)
        written.thread_ts = card["ts"]
        harness.sandbox.shared.workspace.keep(written)
        places.append((BYGGLOV_CHANNEL, written.ts, case.case_id))
    await dispose(harness, case)
    await harness.advance(seconds=1)
    assert await list_remaining(harness) == places
    await harness.sandbox.person(ANNA).delete(*places[0][:2])
    await look_again(harness)
    assert await list_remaining(harness) == places[1:]
    await harness.sandbox.person(ANNA).delete(*places[1][:2])
    await look_again(harness)
    assert await list_remaining(harness) == []


async def look_again(harness: DeliveryHarness) -> None:
    """The next night."""
    harness.clock.advance(days=1)
    deps = JobDependencies(harness.town.service, FileStore(Path("/nonexistent")), Path("/nonexistent"), None)  # type: ignore[arg-type]
    await harness.database.write(lambda tx: look_for_remaining(tx, deps))
    await harness.advance(seconds=1)
