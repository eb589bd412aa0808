"""One action on many cases: each case once, none overwritten, whatever stops or happens meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, select

from bot.domain.assignment import TakeCase
from bot.domain.colour import ColourCase
from bot.domain.lists.batch_forms.action_forms import form_fields, read_action
from bot.domain.lists.batch_forms.chosen_cases import ChosenCases
from bot.domain.lists.batch_forms.form_reading import FormContext
from bot.domain.lists.batches import (
    AssignCases,
    BatchAction,
    BatchPreview,
    BatchProgress,
    ColourCases,
    FlagCases,
    GapRemains,
    NoCasesChosen,
    NoSuchBatch,
    ReleaseCases,
    SendMailing,
    SetStatuses,
    TakeCases,
)
from bot.domain.lists.case_query import CaseFilter, CaseQuery
from bot.domain.notices import BULK
from bot.domain.protection import SetProtection
from bot.domain.rules import ApplicantDoesNotFollow
from bot.domain.status import SetStatus
from bot.jobs.dependencies import JobDependencies
from bot.jobs.sweeping import remove_old_batches
from bot.service import Service
from bot.service import batches as batch_service
from bot.service.batches import CASES_AT_ONCE, CASES_TOGETHER, Batches
from bot.service.results import CommandResult
from bot.store import Database, Tx
from bot.store.log import readings
from bot.store.officers import batch_claims, batch_preparation, batches, flags
from bot.store.officers.batch_preparation import Preparation
from bot.store.tables import BatchCaseRow, BatchRow, DeliveryRow
from bot.text import words
from tests.conftest import PATIENCE, Clock
from tests.municipality import MunicipalityDriver, person, small_catalog
from tests.runners import create_runner


class TownHall(MunicipalityDriver):
    """A municipality whose officers work with many cases at once."""

    async def submit_many(self, count: int) -> list[CommandResult]:
        return [await self.submit() for _ in range(count)]

    async def begin(
        self, officer: str, action: BatchAction, cases: Sequence[CommandResult], batch_id: str = "batch1"
    ) -> BatchProgress:
        ids = [case.case_id for case in cases]
        return await create_runner(self.service).begin(self.officer(officer), action, ids, batch_id=batch_id)

    async def preview(self, officer: str, action: BatchAction, ids: Sequence[str]) -> BatchPreview:
        """What a batch would do that is prepared and not yet confirmed."""
        runner = create_runner(self.service)
        await runner.prepare(self.officer(officer), action, ids, batch_id="preview")
        return await runner.preview(self.officer(officer), "preview")

    async def run(self) -> None:
        """Another process performs all batches that wait."""
        runner = create_runner(self.service)
        while await runner.run_next():
            pass

    async def find(self, batch_id: str = "batch1") -> BatchProgress:
        found = await self.service.database.read(lambda tx: batches.find(tx, batch_id))
        assert found is not None
        return found

    async def reasons(self, officer: str, batch_id: str = "batch1") -> dict[str, str]:
        """The rule that skipped each case, in words, by its number."""
        skipped = await self.service.database.read(
            lambda tx: batches.list_skipped(tx, self.officer(officer), batch_id, 0, 100)
        )
        return {one.number: one.refusal.to_json()["said"]["sv"] for one in skipped}


@pytest.fixture
def hall(database: Database, clock: Clock) -> TownHall:
    catalog = small_catalog()
    return TownHall(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_every_chosen_case_gets_the_colour_and_nobody_elses(hall: TownHall) -> None:
    *chosen, other = await hall.submit_many(CASES_AT_ONCE + 3)
    await hall.begin("anna", ColourCases(colour="red"), [*chosen, chosen[0]])
    await hall.run()
    assert {(await hall.view_case("anna", case)).case.colour for case in chosen} == {"red"}
    assert (await hall.view_case("anna", other)).case.colour == ""
    done = await hall.find()
    assert (done.state, done.total, done.done, done.skipped) == (
        "done",
        CASES_AT_ONCE + 2,
        CASES_AT_ONCE + 2,
        0,
    )


async def test_what_a_colleague_has_changed_since_is_not_overwritten_and_told(hall: TownHall) -> None:
    first, second, third = await hall.submit_many(3)
    await hall.begin("anna", ColourCases(colour="red"), [first, second, third])
    await hall.perform("bo", ColourCase(case_id=second.case_id, colour="blue", expected=""))
    await hall.run()
    colours = [(await hall.view_case("anna", case)).case.colour for case in (first, second, third)]
    assert colours == ["red", "blue", "red"]
    assert list(await hall.reasons("anna")) == [second.number]
    assert ((await hall.find()).done, (await hall.find()).skipped) == (2, 1)


async def test_cases_of_colleagues_are_not_taken_and_all_is_given_back(hall: TownHall) -> None:
    free, theirs, own = await hall.submit_many(3)
    await hall.perform("bo", TakeCase(case_id=theirs.case_id))
    await hall.perform("anna", TakeCase(case_id=own.case_id))
    await hall.begin("anna", TakeCases(), [free, theirs, own])
    await hall.run()
    assert set(await hall.reasons("anna")) == {theirs.number, own.number}
    await hall.begin("anna", ReleaseCases(), [free, theirs, own], "batch2")
    await hall.run()
    assert [(await hall.view_case("anna", case)).case.officers for case in (free, theirs, own)] == [
        (),
        ("bo",),
        (),
    ]


async def test_a_status_is_set_only_where_it_may_follow(hall: TownHall) -> None:
    open_case, closed = await hall.submit_many(2)
    closing = SetStatus(
        case_id=closed.case_id, status="closed", expected=await status_of(hall, closed), note="x"
    )
    await hall.perform("anna", closing)
    await hall.begin("anna", SetStatuses(status="working", note="Gås igenom"), [open_case, closed])
    await hall.run()
    assert await status_of(hall, open_case) == "working"
    assert list(await hall.reasons("anna")) == [closed.number]


async def status_of(hall: TownHall, case: CommandResult) -> str:
    view = await hall.view_case("anna", case)
    return str(view.case.status)


async def test_a_colleague_who_is_given_many_cases_is_told_once(hall: TownHall) -> None:
    cases = await hall.submit_many(4)
    await hall.perform("carl", TakeCase(case_id=cases[0].case_id))
    action = AssignCases(assignees=("officer:bo",), replaces=True)
    await hall.begin("anna", action, cases)
    await hall.run()
    assert {(await hall.view_case("anna", case)).case.officers for case in cases} == {("bo",)}
    rows = await hall.service.database.read(
        lambda tx: tx.conn.execute(select(DeliveryRow.kind, DeliveryRow.destination, DeliveryRow.ids)).all()
    )
    private = sorted((row.kind, row.destination) for row in rows if row.destination.startswith("dm/"))
    assert private == [("batch", "dm/anna"), ("batch", "dm/bo"), ("batch", "dm/carl")]
    assert '"count": 4' in next(row.ids for row in rows if row.destination == "dm/bo")


async def test_all_cases_of_one_officer_are_handed_over_and_other_officers_remain(hall: TownHall) -> None:
    shared, own, anothers = await hall.submit_many(3)
    for case in (shared, own):
        await hall.perform("carl", TakeCase(case_id=case.case_id))
    await hall.perform("anna", TakeCase(case_id=shared.case_id, mode="together", expected=("carl",)))
    await hall.perform("anna", TakeCase(case_id=anothers.case_id))
    query = CaseQuery(filter=CaseFilter(assignees=("officer:carl",)))
    context = FormContext(
        hall.catalog, words("sv"), hall.service.clock(), ChosenCases(3, (), query, ("bygglov",))
    )
    how = next(one for one in form_fields("assign", context) if one.name == "replaces")
    assert [one.label for one in how.options][-1] == "Byt bara ut Carl Berg. Övriga som har ärendena är kvar."
    filled_in = {"assignees": "officer:bo", "replaces": how.options[-1].value}
    action, problems = read_action("assign", context, filled_in)
    assert action is not None and problems == {}
    await hall.begin("anna", action, [shared, own, anothers])
    await hall.run()
    officers = [(await hall.view_case("anna", case)).case.officers for case in (shared, own, anothers)]
    assert officers == [("anna", "bo"), ("bo",), ("anna",)]
    rows = await hall.service.database.read(
        lambda tx: tx.conn.execute(select(DeliveryRow.destination).where(DeliveryRow.kind == "batch")).all()
    )
    assert sorted(row.destination for row in rows) == ["dm/anna", "dm/bo", "dm/carl"]


def test_nobody_is_offered_a_handover_of_a_list_of_many_officers_cases() -> None:
    for refs in ((), ("nobody",), ("officer:anna", "officer:carl")):
        query = CaseQuery(filter=CaseFilter(assignees=refs))
        chosen = ChosenCases(3, (), query, ("bygglov",))
        context = FormContext(small_catalog(), words("sv"), datetime(2026, 11, 23, 9, 0, tzinfo=UTC), chosen)
        how = next(one for one in form_fields("assign", context) if one.name == "replaces")
        assert [one.value for one in how.options] == ["", "1", "remove"]


async def test_what_it_leaves_to_deliver_gives_way_to_everything_else(hall: TownHall) -> None:
    (case,) = await hall.submit_many(1)
    await hall.service.database.write(lambda tx: tx.conn.execute(DeliveryRow.__table__.delete()))
    await hall.begin("anna", ColourCases(colour="red"), [case])
    await hall.run()
    rows = await hall.service.database.read(
        lambda tx: tx.conn.execute(select(DeliveryRow.kind, DeliveryRow.priority)).all()
    )
    assert {row.priority for row in rows if row.kind == "card"} == {BULK}


async def test_flags_are_the_officers_own_and_an_earlier_one_keeps_its_note(hall: TownHall) -> None:
    first, second = await hall.submit_many(2)
    await hall.begin("anna", FlagCases(note="Ring"), [first])
    await hall.run()
    await hall.begin("anna", FlagCases(note="Annat"), [first, second], "batch2")
    await hall.run()

    def notes(officer: str) -> list[str | None]:
        found = [
            hall.service.database.read_sync(
                lambda tx, case=case: flags.find_for_case(tx, officer, case.case_id)  # type: ignore[misc]
            )
            for case in (first, second)
        ]
        return [flag.note if flag else None for flag in found]

    assert notes("anna") == ["Ring", "Annat"] and notes("bo") == [None, None]


async def test_cases_that_the_officer_may_not_see_are_left_out_and_none_is_a_refusal(hall: TownHall) -> None:
    seen, hidden = await hall.submit(), await hall.submit()
    await hall.perform("anna", SetProtection(case_id=hidden.case_id, protected=True, reason="Sekretess"))
    progress = await hall.begin("bo", ColourCases(colour="red"), [seen, hidden])
    assert progress.total == 1
    with pytest.raises(NoCasesChosen):
        await hall.begin("bo", ColourCases(colour="red"), [hidden], "batch2")


async def test_access_that_ends_meanwhile_ends_the_batchs_too(hall: TownHall) -> None:
    cases = await hall.submit_many(2)
    await hall.begin("anna", ColourCases(colour="red"), cases)
    people = tuple(one for one in hall.catalog.municipality.officers if one.key != "anna")
    bygglov = hall.catalog.services["bygglov"]
    grants = tuple(one for one in bygglov.officers if one.officer != "anna")
    without = hall.catalog.model_copy(
        update={
            "municipality": hall.catalog.municipality.model_copy(update={"officers": people}),
            "services": {"bygglov": bygglov.model_copy(update={"officers": grants})},
        }
    )
    later = Service(hall.service.database, lambda: without, clock=hall.service.clock, wake=lambda: None)
    await create_runner(later).run_next()
    assert ((await hall.find()).done, (await hall.find()).skipped) == (0, 2)
    assert {(await hall.view_case("bo", case)).case.colour for case in cases} == {""}


async def test_the_same_press_twice_is_one_batch(hall: TownHall) -> None:
    cases = await hall.submit_many(2)
    for _ in range(2):
        await hall.begin("anna", FlagCases(), cases)
    await hall.run()
    await hall.begin("anna", FlagCases(), cases)
    assert (await hall.find()).state == "done" and (await hall.find()).done == 2


async def test_a_preparation_that_was_broken_off_begins_anew(hall: TownHall) -> None:
    cases = await hall.submit_many(2)
    database, now = hall.service.database, hall.service.clock()
    held, anna = Preparation("batch1", "anna", runner="request"), hall.officer("anna")
    await database.write(lambda tx: batch_preparation.create(tx, held, FlagCases(), now))
    await database.write(lambda tx: batch_preparation.add_cases(tx, held, anna, [cases[0].case_id], now))
    await hall.run()
    assert (await hall.find()).state == "preparing"
    await hall.begin("anna", FlagCases(), cases)
    await hall.run()
    assert ((await hall.find()).done, (await hall.find()).state) == (2, "done")


async def test_nothing_happens_before_it_is_confirmed_and_a_colleague_cannot_confirm_it(
    hall: TownHall,
) -> None:
    (case,) = await hall.submit_many(1)
    runner = create_runner(hall.service)
    await runner.prepare(hall.officer("anna"), ColourCases(colour="red"), [case.case_id], batch_id="batch1")
    await runner.prepare(hall.officer("anna"), ColourCases(colour="blue"), [case.case_id], batch_id="batch1")
    with pytest.raises(NoSuchBatch):
        await runner.confirm(hall.officer("bo"), "batch1")
    await hall.run()
    assert (await hall.find()).state == "prepared"
    await runner.confirm(hall.officer("anna"), "batch1")
    await hall.run()
    assert (await hall.view_case("anna", case)).case.colour == "blue"


async def test_a_cancelled_batch_stops_where_it_is(hall: TownHall) -> None:
    cases = await hall.submit_many(CASES_AT_ONCE * 2)
    await hall.begin("anna", ColourCases(colour="red"), cases)
    runner = create_runner(hall.service)
    held = await hall.service.database.write(
        lambda tx: batch_claims.claim(tx, "runner", hall.service.clock())
    )
    assert held is not None
    await runner._perform_some(held, 0, tells=False)
    assert await runner.cancel(hall.officer("bo"), "batch1") is None
    cancelled = await runner.cancel(hall.officer("anna"), "batch1")
    assert cancelled is not None and (cancelled.state, cancelled.done) == ("cancelled", CASES_AT_ONCE)
    assert await runner._perform_some(held, CASES_AT_ONCE, tells=False) is None
    await hall.run()
    colours = [(await hall.view_case("anna", case)).case.colour for case in cases]
    assert colours.count("red") == CASES_AT_ONCE


async def test_who_writes_meanwhile_waits_for_a_few_cases_and_nothing_is_left_out(
    hall: TownHall, clock: Clock
) -> None:
    cases = await hall.submit_many(CASES_AT_ONCE)
    await hall.begin("anna", ColourCases(colour="red"), cases)
    database, loop, is_over = hall.service.database, asyncio.get_running_loop(), threading.Event()
    batch_thread: list[threading.Thread] = []

    def write(_: Tx) -> None:
        if not database.is_sqlite:  # there it is written at once, beside the batch
            is_over.wait(PATIENCE)

    def now_that_someone_else_writes() -> datetime:
        if threading.current_thread() is not threading.main_thread() and not batch_thread:
            batch_thread.append(threading.current_thread())
            asyncio.run_coroutine_threadsafe(database.write(write), loop)
            until = time.monotonic() + PATIENCE
            while not database._writer.is_awaited() and time.monotonic() < until:
                time.sleep(0.001)
        return clock()

    service = Service(database, lambda: hall.catalog, clock=now_that_someone_else_writes, wake=lambda: None)
    held = await database.write(lambda tx: batch_claims.claim(tx, "runner", clock()))
    assert held is not None
    runner = create_runner(service)
    # On PostgreSQL nobody waits for the transaction.
    at_once = CASES_TOGETHER if database.is_sqlite else CASES_AT_ONCE
    assert await runner._perform_some(held, 0, tells=False) == at_once
    is_over.set()
    await runner._perform_batch(replace(held, progress=await hall.find()))
    assert ((await hall.find()).state, (await hall.find()).done) == ("done", CASES_AT_ONCE)
    assert {(await hall.view_case("anna", case)).case.colour for case in cases} == {"red"}


async def test_a_process_that_vanishes_is_taken_over_where_it_stood_and_does_nothing_twice(
    hall: TownHall, clock: Clock
) -> None:
    cases = await hall.submit_many(CASES_AT_ONCE + 1)
    await hall.begin("anna", ColourCases(colour="red"), cases)
    database = hall.service.database
    held = await database.write(lambda tx: batch_claims.claim(tx, "vanished", clock()))
    assert held is not None
    await create_runner(hall.service)._perform_some(held, 0, tells=False)
    assert not await create_runner(hall.service).run_next()
    clock.advance(seconds=batch_claims.LEASE.total_seconds() + 1)
    await hall.run()
    assert ((await hall.find()).state, (await hall.find()).done) == ("done", CASES_AT_ONCE + 1)
    versions = {(await hall.view_case("anna", case)).case.seq for case in cases}
    assert len(versions) == 1
    # The process was only slow: what it does now is not saved.
    assert await create_runner(hall.service)._perform_some(held, CASES_AT_ONCE, tells=False) is None


class Killed(BaseException):
    """The process is killed here."""


@pytest.mark.parametrize("commits", [False, True], ids=["before the commit", "after the commit"])
async def test_killed_at_every_step_a_batch_ends_as_if_it_had_not_been(
    hall: TownHall, clock: Clock, commits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each case once, and one outcome for each, however often the process is killed."""
    *cases, refused = await hall.submit_many(CASES_AT_ONCE + 3)
    await hall.perform("bo", TakeCase(case_id=refused.case_id))
    await hall.begin("anna", TakeCases(), [*cases, refused])
    write, steps = hall.service.database.write, 0

    def fail_after(count: int) -> Callable[..., Any]:
        left = iter(range(count))

        async def killed_write(work: Any) -> Any:
            if next(left, None) is None:
                if commits:
                    await write(work)
                raise Killed
            return await write(work)

        return killed_write

    while True:
        monkeypatch.setattr(hall.service.database, "write", fail_after(steps))
        try:
            await hall.run()
        except Killed:
            steps += 1
            clock.advance(seconds=batch_claims.LEASE.total_seconds() + 1)
            continue
        break
    monkeypatch.undo()
    assert steps >= 3, "the lease, the cases and the end"
    found = await hall.find()
    assert (found.state, found.total, found.done, found.skipped) == ("done", len(cases) + 1, len(cases), 1)
    assert list(await hall.reasons("anna")) == [refused.number]
    views = [await hall.view_case("anna", case) for case in cases]
    assert {(view.case.officers, view.case.seq) for view in views} == {(("anna",), views[0].case.seq)}
    told = await hall.service.database.read(
        lambda tx: tx.conn.execute(select(DeliveryRow.id).where(DeliveryRow.kind == "batch")).all()
    )
    assert len(told) == 1


async def test_two_processes_share_batches_and_no_case_is_done_twice(hall: TownHall) -> None:
    cases = await hall.submit_many(12)
    for n in range(4):
        await hall.begin("anna", ColourCases(colour="red"), cases[n * 3 : n * 3 + 3], f"batch{n}")
    one, other = create_runner(hall.service), create_runner(hall.service)

    async def work(runner: Batches) -> None:
        while await runner.run_next():
            pass

    await asyncio.gather(work(one), work(other))
    await hall.run()
    assert {(await hall.find(f"batch{n}")).state for n in range(4)} == {"done"}
    assert {(await hall.view_case("anna", case)).case.colour for case in cases} == {"red"}


async def test_two_officers_who_change_the_same_cases_have_outcomes_that_add_up(hall: TownHall) -> None:
    cases = await hall.submit_many(6)
    await hall.begin("anna", ColourCases(colour="red"), cases, "batch1")
    await hall.begin("bo", ColourCases(colour="blue"), cases, "batch2")
    await hall.run()
    first, second = await hall.find("batch1"), await hall.find("batch2")
    assert (first.done, first.skipped, second.done, second.skipped) == (6, 0, 0, 6)


async def test_a_batch_waits_for_its_time(hall: TownHall, clock: Clock) -> None:
    (case,) = await hall.submit_many(1)
    due_at = clock() + timedelta(hours=1)
    await create_runner(hall.service).begin(
        hall.officer("anna"), FlagCases(), [case.case_id], batch_id="batch1", due_at=due_at
    )
    await hall.run()
    assert (await hall.find()).state == "waiting"
    clock.advance(hours=1)
    await hall.run()
    assert (await hall.find()).state == "done"


async def test_batches_are_swept_after_a_month_and_unconfirmed_ones_after_a_day(
    hall: TownHall, clock: Clock
) -> None:
    (case,) = await hall.submit_many(1)
    await hall.begin("anna", FlagCases(), [case])
    await hall.run()
    database, created = hall.service.database, clock()
    await database.write(
        lambda tx: batch_preparation.create(tx, Preparation("unconfirmed", "anna"), FlagCases(), created)
    )
    await sweep_batches(hall, clock, days=2)
    assert await ids_of(database) == {"batch1"}
    await sweep_batches(hall, clock, days=29)
    assert await ids_of(database) == set()
    assert not await database.read(lambda tx: tx.conn.execute(select(BatchCaseRow)).all())


async def sweep_batches(hall: TownHall, clock: Clock, *, days: int) -> None:
    clock.advance(days=days)
    await remove_old_batches(JobDependencies(hall.service, None, None, None))  # type: ignore[arg-type]


async def ids_of(database: Database) -> set[str]:
    return set(await database.read(lambda tx: tx.conn.execute(select(BatchRow.id)).scalars().all()))


async def test_a_mailing_is_written_into_each_case_with_its_own_words(hall: TownHall) -> None:
    first = await hall.submit(person(name="Eva Ek"))
    second = await hall.submit(person(name="Sixten Å", language="en"))
    await hall.begin(
        "anna", SendMailing(text="Hej {applicant.name}! {case.number} är försenat."), [first, second]
    )
    await hall.run()
    texts = [one.text for case in (first, second) for one in (await hall.view_case("anna", case)).messages]
    assert texts == [
        f"Hej Eva Ek! {first.number} är försenat.",
        f"Hej Sixten Å! {second.number} är försenat.",
    ]


async def test_of_many_only_the_case_whose_tag_is_empty_gets_no_mail_and_it_is_said_why(
    hall: TownHall,
) -> None:
    before = await hall.submit_many(CASES_AT_ONCE)
    nameless = await hall.submit(person(name=" ", email="a@ek.example"))
    after = await hall.submit_many(CASES_AT_ONCE)
    await hall.begin("anna", SendMailing(text="Hej {applicant.name}"), [*before, nameless, after[0], *after])
    await hall.run()
    found = await hall.find()
    assert (found.state, found.done, found.skipped) == ("done", 2 * CASES_AT_ONCE, 1)
    reasons = await hall.reasons("anna")
    assert list(reasons) == [nameless.number] and "applicant.name" in reasons[nameless.number]
    for case in (*before, nameless, *after):
        texts = [one.text for one in (await hall.view_case("anna", case)).messages]
        assert texts == ([] if case is nameless else ["Hej Eva Ek"])


async def test_a_mailing_skips_who_cannot_be_written_to_and_where_a_gap_remains(hall: TownHall) -> None:
    nameless = await hall.submit(person(name="", email="a@ek.example"))
    unreachable = await hall.submit(service="oro", values={"vad": "Oro"})
    fine = await hall.submit()
    action = SendMailing(text="Hej {applicant.name}")
    ids = [one.case_id for one in (nameless, unreachable, fine)]
    planned = await hall.preview("anna", action, ids)
    assert (planned.total, planned.changed, planned.skipped) == (3, 1, 2)
    assert [one.text for one in planned.examples] == ["Hej Eva Ek"]
    read = await hall.service.database.read(lambda tx: readings.list_for_case(tx, fine.case_id))
    assert [(by, part) for _, by, part in read] == [("officer:anna", "answers")]
    await hall.begin("anna", action, [nameless, unreachable, fine])
    await hall.run()
    assert set(await hall.reasons("anna")) == {nameless.number, unreachable.number}
    assert {type(one.refusal) for one in planned.refusals} == {GapRemains, ApplicantDoesNotFollow}


async def test_a_preview_says_what_the_batch_then_does_and_changes_nothing(hall: TownHall) -> None:
    free, theirs, own = await hall.submit_many(3)
    await hall.perform("bo", TakeCase(case_id=theirs.case_id))
    await hall.perform("anna", TakeCase(case_id=own.case_id))
    ids = [one.case_id for one in (free, theirs, own, free)]
    planned = await hall.preview("anna", TakeCases(), ids)
    assert (planned.total, planned.changed, planned.unchanged, planned.skipped) == (3, 1, 0, 2)
    assert (await hall.view_case("anna", free)).case.officers == ()
    await hall.begin("anna", TakeCases(), [free, theirs, own])
    await hall.run()
    assert ((await hall.find()).done, (await hall.find()).skipped) == (1, 2)


async def test_what_forbids_it_in_several_cases_is_said_without_naming_one_of_their_officers(
    hall: TownHall,
) -> None:
    first, second = await hall.submit_many(2)
    await hall.perform("bo", TakeCase(case_id=first.case_id))
    one = await hall.preview("anna", TakeCases(), [first.case_id])
    assert "Bo" in one.refusals[0].refusal.in_words(words("sv"))
    await hall.perform("carl", TakeCase(case_id=second.case_id))
    both = await hall.preview("anna", TakeCases(), [first.case_id, second.case_id])
    (refused,) = both.refusals
    assert (refused.count, refused.numbers) == (2, (first.number, second.number))
    assert refused.refusal.in_words(words("sv")).startswith("De har redan en handläggare.")


async def test_many_cases_that_a_query_finds_are_added_after_the_press_and_one_after_the_other(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_service, "MAX_ADDED_AT_REQUEST", 2)
    monkeypatch.setattr(batch_service, "CASES_ADDED_AT_ONCE", 2)
    cases = await hall.submit_many(5)
    await hall.perform("bo", TakeCase(case_id=cases[4].case_id))
    runner, anna = create_runner(hall.service), hall.officer("anna")
    begun = await runner.prepare_query(anna, ColourCases(colour="red"), CaseQuery(), batch_id="batch1")
    assert (begun.state, begun.total) == ("preparing", 0)
    assert await runner.prepare_next() and not await runner.prepare_next()
    prepared = await hall.find()
    assert (prepared.state, prepared.total) == ("prepared", 5)
    seen = await hall.service.database.read(lambda tx: batch_claims.next_cases(tx, "batch1", 0, 9))
    assert [place for place, _ in seen] == [0, 1, 2, 3, 4]
    assert [one.id for _, one in seen] == [case.case_id for case in reversed(cases)]
    assert seen[0][1].assignees == ("officer:bo",) and seen[1][1].assignees == ()
    await runner.confirm(anna, "batch1")
    await hall.run()
    assert (await hall.find()).done == 5


async def test_a_process_that_is_killed_while_it_adds_cases_leaves_them_to_the_next(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_service, "MAX_ADDED_AT_REQUEST", 1)
    cases = await hall.submit_many(3)
    runner, anna, database = create_runner(hall.service), hall.officer("anna"), hall.service.database
    await runner.prepare_query(anna, FlagCases(), CaseQuery(), batch_id="batch1")
    now = hall.service.clock()
    killed = await database.write(lambda tx: batch_preparation.claim_preparation(tx, "killed", now))
    assert killed is not None
    await database.write(lambda tx: batch_preparation.add_cases(tx, killed, anna, [cases[0].case_id], now))
    assert not await runner.prepare_next()
    hall.service.clock.advance(seconds=31)  # type: ignore[attr-defined]
    assert await runner.prepare_next()
    assert ((await hall.find()).state, (await hall.find()).total) == ("prepared", 3)
    late = hall.service.clock()
    assert await database.write(lambda tx: batch_preparation.add_cases(tx, killed, anna, [], late)) is None


async def test_a_query_that_finds_nothing_prepares_nothing(hall: TownHall) -> None:
    with pytest.raises(NoCasesChosen):
        await create_runner(hall.service).prepare_query(
            hall.officer("anna"), FlagCases(), CaseQuery(), batch_id="batch1"
        )


async def test_cases_changed_together_are_read_and_written_together(hall: TownHall) -> None:
    """The statements are as many for three cases as for two, where nothing waits of them."""
    few, many = await hall.submit_many(CASES_TOGETHER - 1), await hall.submit_many(CASES_TOGETHER)
    counts = []
    for name, cases in (("first", many[:1]), ("few", few), ("many", many)):
        await hall.begin("anna", SetStatuses(status="working"), cases, batch_id=name)
        hall.service.database.write_sync(lambda tx: tx.conn.execute(delete(DeliveryRow)))
        statements: list[str] = []
        event.listen(Engine, "before_cursor_execute", count := lambda *it, s=statements: s.append(it[2]))
        await hall.run()
        event.remove(Engine, "before_cursor_execute", count)
        counts.append(len(statements))
    _, of_few, of_many = counts
    assert of_few == of_many, "\n".join(statements)
    assert (await hall.find("many")).done == CASES_TOGETHER - 1
