"""An officer is reminded of a case they have flagged."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.flags import Flag
from bot.jobs.deadlines import enqueue_reminders
from bot.jobs.dependencies import JobDependencies
from bot.store.officers import flags
from bot.store.officers.flags import BATCH_SIZE
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA, BO

NOTE = "Ring Karl Ek"


async def set_flag(harness: DeliveryHarness, who: str, case_id: str, **after: float) -> None:
    flag = Flag(case_id, NOTE, harness.clock() + timedelta(**after))
    officer = harness.town.officer(who)
    assert await harness.database.write(lambda tx: flags.save(tx, officer, flag, harness.clock()))


async def enqueue_due_reminders(harness: DeliveryHarness) -> None:
    await enqueue_reminders(JobDependencies(harness.town.service, None, None, None))  # type: ignore[arg-type]
    await harness.advance(seconds=11)


async def test_on_its_day_and_once_and_never_with_the_note(harness_on_both: DeliveryHarness) -> None:
    harness = harness_on_both
    case = await harness.town.submit()
    await set_flag(harness, "anna", case.case_id, hours=1)
    await enqueue_due_reminders(harness)
    assert harness.list_private_messages(ANNA) == []
    await harness.advance(hours=1)
    for _ in range(2):
        await enqueue_due_reminders(harness)
    assert harness.list_private_messages(ANNA) == [f"Påminnelse om {case.number} · Bygglov"]
    assert harness.list_private_messages(BO) == []
    assert "Karl" not in str(harness.sandbox.state())


async def test_more_reminders_at_once_than_are_told_in_one_go_are_all_told(harness: DeliveryHarness) -> None:
    for _ in range(BATCH_SIZE + 1):
        case = await harness.town.submit()
        await set_flag(harness, "anna", case.case_id, minutes=1)
    await harness.advance(minutes=2)
    await enqueue_due_reminders(harness)
    assert len(harness.list_private_messages(ANNA)) == BATCH_SIZE + 1


async def test_who_may_not_see_the_case_any_more_is_not_reminded_of_it(harness: DeliveryHarness) -> None:
    seen, case = await harness.town.submit(), await harness.town.submit()
    await set_flag(harness, "bo", seen.case_id, minutes=1)
    await harness.advance(minutes=2)
    await enqueue_due_reminders(harness)
    told = harness.list_private_messages(BO)
    assert told == [f"Påminnelse om {seen.number} · Bygglov"]
    await set_flag(harness, "bo", case.case_id, minutes=1)
    service = harness.town.catalog.services["bygglov"]
    rest = tuple(grant for grant in service.officers if grant.officer != "bo")
    # The catalog is frozen for the program, not for a test that changes it midway.
    harness.town.catalog.services["bygglov"] = service.model_copy(update={"officers": rest})  # type: ignore[index]
    harness.town.catalog.__dict__.pop("_cached_directory", None)
    await harness.advance(minutes=2)
    await enqueue_due_reminders(harness)
    assert harness.list_private_messages(BO) == told
