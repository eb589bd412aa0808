"""The outbox, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.notices import CardUpdate
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.cases import system_queries
from bot.store.outbox import card_places, claims, deliveries, delivery_counts, parking, queues
from bot.store.outbox.claims import Delivery
from bot.store.outbox.queues import Capacity
from bot.store.tables import DeliveryRow, DestinationRow
from tests.conftest import PATIENCE, Clock
from tests.municipality import MunicipalityDriver, small_catalog

NO_MAIL = Capacity(blocked_destinations=frozenset({"mail"}))


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


@pytest.fixture
def claim(database: Database, clock: Clock) -> Callable[..., object]:
    async def claimed(room: Capacity = NO_MAIL) -> Delivery | None:
        return await database.write(lambda tx: claims.claim(tx, clock(), room))

    return claimed


Claim = Callable[..., "asyncio.Future[Delivery | None]"]


async def enqueue_redraw(municipality: MunicipalityDriver, done: CommandResult) -> None:
    """A card's redrawing is enqueued."""
    database, clock = municipality.service.database, municipality.service.clock

    def put(tx):  # type: ignore[no-untyped-def]
        case = system_queries.load_case(tx, done.case_id)
        assert case is not None
        deliveries.enqueue(tx, case, [(case.seq, CardUpdate())], clock())

    await database.write(put)


async def test_of_a_kind_that_is_merged_no_second_waits_in_a_lane(
    municipality: MunicipalityDriver, database: Database
) -> None:
    """What two processes might do at once the database refuses; a claimed one may have one that waits behind it."""
    done = await municipality.submit()

    def add_another(tx: Tx) -> None:
        card = tx.conn.execute(
            select(DeliveryRow.__table__).where(
                DeliveryRow.case_id == done.case_id, DeliveryRow.kind == "card"
            )
        ).first()
        assert card is not None
        copied = {name: value for name, value in card._mapping.items() if name != "id"}
        tx.conn.execute(insert(DeliveryRow).values(copied | {"state": "waiting"}))

    with pytest.raises(IntegrityError):
        await database.write(add_another)
    await database.write(lambda tx: tx.conn.execute(update(DeliveryRow).values(state="claimed")))
    await database.write(add_another)
    with pytest.raises(IntegrityError):
        await database.write(add_another)


async def test_a_claimed_delivery_is_nobody_elses(municipality: MunicipalityDriver, claim: Claim) -> None:
    await municipality.submit()
    assert (await claim() is not None, await claim()) == (True, None)


async def test_many_workers_at_once_never_claim_the_same(
    municipality: MunicipalityDriver, claim: Claim
) -> None:
    for _ in range(20):
        await municipality.submit()
    seen: list[int] = []

    async def work() -> None:
        misses = 0
        while misses < 5:
            delivery = await claim(Capacity())
            misses = misses + 1 if delivery is None else 0
            seen.extend([delivery.id] if delivery else [])

    await asyncio.gather(*(work() for _ in range(6)))
    assert (len(seen), len(set(seen))) == (40, 40)


async def test_what_was_put_back_is_the_next_to_be_posted_when_its_time_comes(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock
) -> None:
    """However much came after it: first come, first posted."""
    for _ in range(12):
        await municipality.submit()
        clock.advance(seconds=1)
    order: list[str] = []
    for index in range(14):
        delivery = await claim()
        assert delivery is not None
        if index < 2:  # Slack had no room for the first two when they were tried
            due = clock() + timedelta(seconds=2)
            await municipality.service.database.write(
                partial(claims.retry, delivery=delivery, due_at=due, uncertain=False, trouble=None)
            )
        else:
            order.append(delivery.case_id)
            await municipality.service.database.write(partial(claims.complete, delivery=delivery))
        clock.advance(seconds=1)
    arrived = await municipality.service.database.read(
        lambda tx: [row.id for row in tx.conn.execute(text('SELECT id FROM "case" ORDER BY number'))]
    )
    assert all(abs(order.index(case) - place) <= 2 for place, case in enumerate(arrived)), order


async def test_what_is_older_in_a_lane_goes_first(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock
) -> None:
    done = await municipality.submit()
    first = await claim()
    await enqueue_redraw(municipality, done)
    assert (first is not None, await claim()) == (True, None)


async def test_a_change_while_the_card_is_on_its_way_is_not_lost(
    municipality: MunicipalityDriver, claim: Claim, database: Database
) -> None:
    done = await municipality.submit()
    first = await claim()
    assert first is not None
    await enqueue_redraw(municipality, done)
    await database.write(lambda tx: claims.complete(tx, first))
    second = await claim()
    assert second is not None and second.kind == "card"


async def test_ten_changes_wait_as_one(municipality: MunicipalityDriver, database: Database) -> None:
    done = await municipality.submit()
    for _ in range(10):
        await enqueue_redraw(municipality, done)
    assert (await database.read(delivery_counts.count_by_kind_and_state))["card", "waiting"] == 1


async def test_thread_lines_keep_their_order_when_gathered(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock
) -> None:
    done = await municipality.submit()
    await claim()
    for _ in range(3):
        await municipality.perform("anna", TakeCase(case_id=done.case_id))
        await municipality.perform("anna", ReleaseCase(case_id=done.case_id))
    clock.advance(seconds=11)
    line = await claim(Capacity(blocked_destinations=frozenset({"mail"})))
    assert line is not None and line.ids["seqs"] == [2, 3, 4, 5, 6, 7]


async def test_lines_gathered_while_being_claimed_are_never_lost(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    done = await municipality.submit()
    card = await claim()
    assert card is not None
    await database.write(lambda tx: claims.complete(tx, card))
    seen: list[int] = []

    async def acts() -> None:
        for _ in range(10):
            await municipality.perform("anna", TakeCase(case_id=done.case_id))
            clock.advance(seconds=11)
            await municipality.perform("anna", ReleaseCase(case_id=done.case_id))
            clock.advance(seconds=11)

    async def delivers() -> None:
        while len(seen) < 20:
            delivery = await claim()
            if delivery is None:
                await asyncio.sleep(0)
                continue
            seen.extend(delivery.ids.get("seqs", []))
            await database.write(lambda tx, one=delivery: claims.complete(tx, one))

    await asyncio.wait_for(asyncio.gather(acts(), delivers()), PATIENCE)
    assert sorted(seen) == list(range(2, 22))


async def test_what_a_dead_worker_had_is_claimed_again_after_its_lease(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock
) -> None:
    await municipality.submit()
    await claim()
    clock.advance(seconds=21)
    again = await claim()
    assert again is not None and (again.attempts, again.uncertain) == (2, False)


async def test_what_was_being_sent_stays_doubtful_however_often_workers_die(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    await municipality.submit()
    first = await claim()
    assert first is not None
    await database.write(lambda tx: claims.mark_sending(tx, first, clock()))
    doubts = []
    for _ in range(2):
        clock.advance(seconds=21)
        again = await claim()
        assert again is not None
        doubts.append(again.uncertain)
    assert doubts == [True, True]


async def test_a_worker_that_slept_past_its_lease_may_not_send(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    await municipality.submit()
    sleeper = await claim()
    assert sleeper is not None
    clock.advance(seconds=21)
    await claim()
    assert await database.write(lambda tx: claims.mark_sending(tx, sleeper, clock())) is False


async def test_a_worker_that_says_that_it_lives_keeps_what_it_has(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    await municipality.submit()
    mine = await claim()
    assert mine is not None
    clock.advance(seconds=15)
    await database.write(lambda tx: claims.renew_leases(tx, [mine], clock()))
    clock.advance(seconds=15)
    assert await claim() is None


async def test_a_failed_card_and_a_newer_one_are_tried_as_one(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    done = await municipality.submit()
    failed = await claim()
    assert failed is not None
    await enqueue_redraw(municipality, done)
    later = clock() + timedelta(seconds=5)
    await database.write(lambda tx: claims.retry(tx, failed, later, uncertain=False, trouble="slack_down"))
    assert (await database.read(delivery_counts.count_by_kind_and_state))["card", "waiting"] == 1


async def test_lines_that_failed_are_told_with_those_that_came_after(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    done = await municipality.submit()
    card = await claim()
    assert card is not None
    await database.write(lambda tx: claims.complete(tx, card))
    await municipality.perform("anna", TakeCase(case_id=done.case_id))
    clock.advance(seconds=11)
    redraw, line = await claim(), None
    assert redraw is not None
    await database.write(lambda tx: claims.complete(tx, redraw))
    line = await claim()
    assert line is not None
    await municipality.perform("anna", ReleaseCase(case_id=done.case_id))
    await database.write(lambda tx: claims.retry(tx, line, clock(), uncertain=False, trouble="slack_down"))
    clock.advance(seconds=11)
    told = [await claim(), await claim()]
    assert [one.ids["seqs"] for one in told if one and one.kind == "line"] == [[2, 3]]


async def test_a_post_that_may_have_arrived_is_not_mixed_with_newer_words(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    done = await municipality.submit()
    doubtful = await claim()
    assert doubtful is not None
    await database.write(lambda tx: claims.mark_sending(tx, doubtful, clock()))
    await enqueue_redraw(municipality, done)
    await database.write(lambda tx: claims.retry(tx, doubtful, clock(), uncertain=True, trouble="slack_down"))
    again = await claim()
    assert again is not None and (again.id, again.uncertain) == (doubtful.id, True)


async def test_a_held_destination_is_left_alone_and_others_go(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    await municipality.submit()
    await database.write(
        lambda tx: claims.hold_destination(tx, "slack/bygglov", clock() + timedelta(seconds=30))
    )
    mail = await claim(Capacity())
    assert mail is not None and (mail.destination, await claim(Capacity())) == ("mail", None)


async def test_what_waits_for_a_held_destination_counts_as_delayed(
    municipality: MunicipalityDriver, clock: Clock, database: Database
) -> None:
    await municipality.submit()
    await database.write(
        lambda tx: claims.hold_destination(tx, "slack/bygglov", clock() + timedelta(seconds=30))
    )
    assert await database.read(lambda tx: deliveries.count_all_delayed(tx, clock())) == 1


async def test_what_failed_is_counted_once_as_delayed_and_what_is_parked_is_not(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    for _ in range(3):
        await municipality.submit()
    failed, parked = await claim(), await claim()
    assert failed is not None and parked is not None

    def fail(tx: Tx) -> None:
        claims.retry(tx, failed, clock() + timedelta(minutes=1), uncertain=False, trouble="slack_down")
        claims.park(tx, parked, "not_in_channel")
        claims.hold_destination(tx, failed.destination, clock() + timedelta(seconds=30))

    await database.write(fail)
    waiting = await database.read(delivery_counts.count_by_kind_and_state)
    of_held = sum(
        count for (kind, state), count in waiting.items() if kind == failed.kind and state == "waiting"
    )
    counts = [
        await database.read(lambda tx, limit=limit: deliveries.count_all_delayed(tx, clock(), limit))
        for limit in (1, 100)
    ]
    assert counts == [1, of_held] and of_held > 1


async def test_a_parked_delivery_holds_its_lane_and_comes_back_as_one_to_look_for(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    done = await municipality.submit()
    dead = await claim()
    assert dead is not None
    await database.write(lambda tx: claims.park(tx, dead, "not_in_channel"))
    await enqueue_redraw(municipality, done)
    blocked = await claim()
    await database.write(lambda tx: parking.unpark(tx, clock(), case_id=done.case_id))
    back = await claim()
    assert blocked is None and back is not None and (back.id, back.uncertain) == (dead.id, True)


async def test_what_changes_while_the_card_is_parked_is_drawn_when_it_is_sent_again(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    """Nothing heaps up behind it."""
    done = await municipality.submit()
    dead = await claim()
    assert dead is not None
    await database.write(lambda tx: claims.park(tx, dead, "not_in_channel"))
    await enqueue_redraw(municipality, done)
    counts = await database.read(delivery_counts.count_by_kind_and_state)
    assert {state: n for (kind, state), n in counts.items() if kind == "card"} == {"parked": 1}


async def test_what_changes_while_the_card_is_posted_is_redrawn_though_the_channel_is_full(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    full = Capacity(
        blocked_destinations=NO_MAIL.blocked_destinations,
        unpostable_destinations=frozenset({"slack/bygglov"}),
    )
    done = await municipality.submit()
    card = await claim()
    assert card is not None
    await enqueue_redraw(municipality, done)
    await database.write(lambda tx: card_places.save(tx, done.case_id, ("C1", "1.1"), clock()))
    await database.write(lambda tx: claims.complete(tx, card))
    redraw = await claim(full)
    assert redraw is not None and redraw.kind == "card"


async def test_a_card_that_is_gone_waits_for_room_in_the_channel(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    full = Capacity(
        blocked_destinations=NO_MAIL.blocked_destinations,
        unpostable_destinations=frozenset({"slack/bygglov"}),
    )
    done = await municipality.submit()
    await database.write(lambda tx: card_places.save(tx, done.case_id, ("C1", "1.1"), clock()))
    await database.write(lambda tx: card_places.remove(tx, done.case_id))
    assert await claim(full) is None


@pytest.mark.parametrize("waiting", ["posts", "redraws", "not due"])
async def test_ten_thousand_that_wait_make_no_claim_slower(
    municipality: MunicipalityDriver, database: Database, clock: Clock, waiting: str
) -> None:
    """What the database does for a look is counted, for a machine's speed differs."""
    room = Capacity(unpostable_destinations=frozenset({"slack/bygglov"}), max_redraw_priority=-1)
    few = await _count_steps(database, clock, room)
    await database.write(lambda tx: _insert_many(tx, waiting, clock()))
    assert await _count_steps(database, clock, room) < few + 100


@pytest.mark.parametrize("held_count", [1, 50])
@pytest.mark.parametrize("ahead", [queues.FRONT * 2, queues.FAR_FRONT, queues.FAR_FRONT + 1])
@pytest.mark.parametrize("redraw", [True, False])
def test_what_is_most_urgent_is_found_behind_many_that_may_not_go(
    database: Database, clock: Clock, redraw: bool, ahead: int, held_count: int
) -> None:
    """Also where of the other kind something less urgent may go at once."""
    held = [f"slack/held{n}" for n in range(held_count)]

    def row(n: int, room: str, priority: int, *, redraw: bool) -> dict[str, Any]:
        of_case = {"destination": room, "lane": f"card/{n}", "kind": "card", "case_id": f"{n}", "ids": "{}"}
        times = {"due_at": clock(), "created_at": clock()}
        return of_case | times | {"priority": priority, "redraw": redraw, "state": "waiting", "attempts": 0}

    def work(tx: Tx) -> None:
        rows = [row(n, held[n % held_count], 0, redraw=redraw) for n in range(ahead)]
        rows += [row(-1, "slack/b", 1, redraw=redraw), row(-2, "slack/a", 2, redraw=not redraw)]
        tx.conn.execute(
            insert(DestinationRow),
            [{"key": room, "next_at": clock()} for room in (*held, "slack/a", "slack/b")],
        )
        tx.conn.execute(insert(DeliveryRow), rows)
        open_to_others = Capacity(blocked_destinations=frozenset(held))
        found = [claims.claim(tx, clock(), open_to_others) for _ in range(3)]
        assert [one and one.destination for one in found] == ["slack/b", "slack/a", None]
        assert claims.find_due(tx, clock(), open_to_others) is None

    database.write_sync(work)


async def test_what_was_found_and_is_another_workers_by_now_is_not_claimed_again(
    municipality: MunicipalityDriver, database: Database, clock: Clock
) -> None:
    for _ in range(2):
        await municipality.submit()
    found = await database.read(lambda tx: claims.find_due(tx, clock(), NO_MAIL))
    assert found is not None
    first, second, third = [
        await database.write(lambda tx: claims.claim(tx, clock(), NO_MAIL, found)) for _ in range(3)
    ]
    assert first is not None and second is not None
    assert (first.id == found.id, second.id == found.id, third) == (True, False, None)


async def test_what_was_found_for_a_destination_that_is_held_by_now_is_not_claimed(
    municipality: MunicipalityDriver, database: Database, clock: Clock
) -> None:
    await municipality.submit()
    found = await database.read(lambda tx: claims.find_due(tx, clock(), NO_MAIL))
    later = clock() + timedelta(minutes=1)
    await database.write(lambda tx: claims.hold_destination(tx, "slack/bygglov", later))
    assert await database.write(lambda tx: claims.claim(tx, clock(), NO_MAIL, found)) is None


def test_a_post_put_off_a_new_one_and_a_claims_end_are_each_the_next_that_is_due(
    database: Database, clock: Clock
) -> None:
    def row(n: int, seconds: int, later: int) -> dict[str, Any]:
        at = clock() + timedelta(seconds=seconds)
        times = {"created_at": at, "due_at": at + timedelta(seconds=later)}
        of_case = {
            "destination": "slack/a",
            "lane": f"card/{n}",
            "kind": "card",
            "case_id": f"{n}",
            "ids": "{}",
        }
        return of_case | times | {"priority": n, "redraw": n % 2 == 0, "state": "waiting", "attempts": 0}

    def work(tx: Tx) -> None:
        tx.conn.execute(insert(DestinationRow), [{"key": "slack/a", "next_at": clock()}])
        tx.conn.execute(insert(DeliveryRow), [row(0, 40, 0), row(1, 30, 0), row(2, -10, 30), row(3, -5, 15)])
        expected = (10, 20, 30, 40)
        for seconds in expected:
            due = queues.find_next_due(tx, clock())
            assert due == clock() + timedelta(seconds=seconds)
            tx.conn.execute(delete(DeliveryRow).where(DeliveryRow.due_at == due))
        assert queues.find_next_due(tx, clock()) is None

    database.write_sync(work)


async def test_an_id_is_never_given_twice(
    municipality: MunicipalityDriver, claim: Claim, database: Database
) -> None:
    """A post is known again by it."""
    done = await municipality.submit()
    ids = []
    for _ in range(3):
        delivery = await claim()
        assert delivery is not None
        ids.append(delivery.id)
        await database.write(lambda tx, one=delivery: claims.complete(tx, one))
        await enqueue_redraw(municipality, done)
    assert len(set(ids)) == 3


async def test_someone_who_waits_goes_before_a_new_case(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock
) -> None:
    await municipality.submit()
    clock.advance(seconds=1)
    urgent = await municipality.submit()
    await enqueue_redraw(municipality, urgent)
    first = await claim()
    assert first is not None and first.case_id == urgent.case_id


async def test_where_nothing_may_be_redrawn_new_cards_still_go(
    municipality: MunicipalityDriver, claim: Claim, database: Database
) -> None:
    await municipality.submit()
    posted = await claim(Capacity(blocked_destinations=frozenset({"mail"}), max_redraw_priority=-1))
    assert posted is not None and posted.kind == "card"


async def test_nothing_is_due_before_its_time(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock, database: Database
) -> None:
    done = await municipality.submit()
    while (delivery := await claim(Capacity())) is not None:
        await database.write(lambda tx, one=delivery: claims.complete(tx, one))
    await municipality.perform("anna", TakeCase(case_id=done.case_id))
    redraw = await claim()
    assert redraw is not None
    await database.write(lambda tx: claims.complete(tx, redraw))
    when = await database.read(lambda tx: queues.find_next_due(tx, clock()))
    assert (await claim(), when) == (None, clock() + timedelta(seconds=10))


async def test_what_a_worker_has_on_its_way_is_not_due_again_when_the_clock_jumps(
    municipality: MunicipalityDriver, claim: Claim, clock: Clock
) -> None:
    await municipality.submit()
    own = await claim()
    assert own is not None
    clock.advance(minutes=5)

    async def due(room: Capacity) -> bool:
        return await municipality.service.database.read(lambda tx: claims.find_due(tx, clock(), room))

    assert await due(NO_MAIL)
    assert not await due(
        Capacity(blocked_destinations=NO_MAIL.blocked_destinations, in_flight=frozenset({own.id}))
    )


def _insert_many(tx: Tx, waiting: str, now: datetime) -> None:
    due = now + timedelta(days=1) if waiting == "not due" else now
    row = {"destination": "slack/bygglov", "kind": "line", "priority": 2, "ids": "{}", "created_at": now}
    row |= {"redraw": waiting == "redraws", "due_at": due, "state": "waiting"}
    tx.conn.execute(insert(DestinationRow), [{"key": "slack/bygglov", "next_at": now}])
    tx.conn.execute(insert(DeliveryRow), [row | {"lane": f"{n}", "case_id": f"{n}"} for n in range(10_000)])


async def _count_steps(database: Database, clock: Clock, room: Capacity) -> int:
    """What one look takes: hundreds of steps of SQLite's machine, or rows that PostgreSQL reads."""

    def work(tx: Tx) -> int:
        steps: list[None] = []
        raw = tx.conn.connection.dbapi_connection
        if database.is_sqlite:
            raw.set_progress_handler(lambda: steps.append(None), 100)
        claims.find_due(tx, clock(), room)
        queues.find_next_due(tx, clock())
        if database.is_sqlite:
            raw.set_progress_handler(None, 0)
            return len(steps)
        rows = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        return int(tx.conn.execute(text(rows)).scalar() or 0)

    return await database.read(work)
