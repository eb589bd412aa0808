"""The card in its channel."""

from __future__ import annotations

import json

import pytest

from bot.domain.absence import Absence
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.store.officers import absences
from bot.store.outbox import card_places, parking
from bot.text.working_days import local_day
from sandbox.default_workspace import BOT
from tests.delivery.conftest import BYGGLOV_CHANNEL, ORO_CHANNEL, DeliveryHarness, create_workspace
from tests.delivery.slack.test_threads_and_notices import ANNA, BO

GUEST, NEIGHBOUR = "U0GUSTAVGA", "U0GRANNGRE"


async def test_a_new_case_has_a_card_in_its_channel(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    assert [done.number in one["text"] for one in harness.list_posts()] == [True]


async def test_a_taken_case_has_its_card_redrawn_not_posted_again(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.worker.drain(10)
    assert ["Anna Berg" in json.dumps(one["blocks"]) for one in harness.list_posts()] == [True]


async def test_ten_quick_changes_make_one_redrawing(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    for _ in range(5):
        await harness.town.perform("anna", TakeCase(case_id=done.case_id))
        await harness.town.perform("anna", ReleaseCase(case_id=done.case_id))
    await harness.worker.drain(10)
    assert harness.count_calls("chat.update") == 1


async def test_a_card_that_someone_deleted_is_posted_anew(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].messages.clear()
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.worker.drain(10)
    place = await harness.database.read(lambda tx: card_places.find(tx, done.case_id))
    assert place is not None and [one["ts"] for one in harness.list_posts()] == [place[1]]


async def test_a_card_where_the_bot_is_not_in_the_channel_waits_until_it_is_invited(
    harness: DeliveryHarness,
) -> None:
    members = harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].members
    members.remove(BOT)
    await harness.town.submit()
    await harness.worker.drain(10)
    parked = await harness.database.read(parking.list_parked)
    members.append(BOT)
    await harness.database.write(lambda tx: parking.unpark(tx, harness.clock()))
    await harness.worker.drain(10)
    assert ([one[4] for one in parked], len(harness.list_posts())) == (["not_in_channel"], 1)


async def test_while_the_coordinator_is_away_who_stands_in_hears_that_the_channel_cannot_be_reached(
    harness: DeliveryHarness,
) -> None:
    day = local_day(harness.clock())
    absence = Absence("anna", day, day, "bo")
    await harness.database.write(lambda tx: absences.save(tx, absence, "officer:anna", harness.clock()))
    harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].members.remove(BOT)
    await harness.town.submit()
    await harness.worker.drain(10)
    (notices,) = harness.list_private_messages(BO)
    assert "/invite" in notices and "ersättare för Anna Berg" in notices
    assert harness.list_private_messages(ANNA) == []


async def test_a_dead_channel_holds_up_nobody_else(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].is_archived = True
    await harness.town.submit()
    await harness.town.submit(service="oro", values={})
    await harness.worker.drain(10)
    assert (len(harness.list_posts(BYGGLOV_CHANNEL)), len(harness.list_posts(ORO_CHANNEL))) == (0, 1)


async def test_a_strict_e_service_has_its_cards_in_a_closed_channel(harness: DeliveryHarness) -> None:
    await harness.town.submit(service="oro", values={})
    await harness.worker.drain(10)
    assert [
        "Orosanmälan" in json.dumps(one["blocks"]) + one["text"] for one in harness.list_posts(ORO_CHANNEL)
    ] == [False]


class TestAStrictEServiceWhoseChannelIsNotClosed:
    @pytest.fixture(params=["guest", "other organisation", "public", "shared"])
    def workspace_data(self, request: pytest.FixtureRequest) -> dict[str, object]:
        extra = {"guest": [GUEST], "other organisation": [NEIGHBOUR]}.get(request.param, [])
        told = create_workspace(oro=["U0ANNAANNA", BOT, *extra])
        channel = next(one for one in told["channels"] if one["id"] == ORO_CHANNEL)
        channel["is_private"] = request.param != "public"
        channel["is_ext_shared"] = request.param == "shared"
        return told

    async def test_shows_nothing_there(self, harness: DeliveryHarness) -> None:
        await harness.town.submit(service="oro", values={})
        await harness.worker.drain(10)
        parked = await harness.database.read(parking.list_parked)
        assert (harness.list_posts(ORO_CHANNEL), [one[4] for one in parked]) == ([], ["channel_not_private"])

    async def test_has_its_coordinator_told_once(self, harness: DeliveryHarness) -> None:
        for _ in range(3):
            await harness.town.submit(service="oro", values={})
        await harness.worker.drain(10)
        assert ["kanalen" in text for text in harness.list_private_messages("U0ANNAANNA")] == [True]


async def test_a_channel_that_a_guest_joins_later_shows_no_more(harness: DeliveryHarness) -> None:
    done = await harness.town.submit(service="oro", values={})
    await harness.worker.drain(10)
    harness.sandbox.shared.workspace.channels[ORO_CHANNEL].members.append(GUEST)
    harness.clock.advance(minutes=6)
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.worker.drain(10)
    assert harness.count_calls("chat.update") == 0
