"""The card in its channel."""

from __future__ import annotations

import json

import pytest

from bot.domain.assignment import ReleaseCase, TakeCase
from bot.store.outbox import card_places, deliveries
from sandbox.scenery import BOT
from tests.delivery.conftest import BYGGLOV, ORO, Office, workspace

GUEST, NEIGHBOUR = "U0GUSTAVGA", "U0GRANNGRE"


async def test_a_new_case_has_a_card_in_its_channel(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    assert [done.number in one["text"] for one in office.posted()] == [True]


async def test_a_taken_case_has_its_card_redrawn_not_posted_again(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.worker.drain(10)
    assert ["Anna Berg" in json.dumps(one["blocks"]) for one in office.posted()] == [True]


async def test_ten_quick_changes_make_one_redrawing(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    for _ in range(5):
        await office.town.does("anna", TakeCase(case_id=done.case_id))
        await office.town.does("anna", ReleaseCase(case_id=done.case_id))
    await office.worker.drain(10)
    assert office.calls("chat.update") == 1


async def test_a_card_that_someone_deleted_is_posted_anew(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    office.sandbox.stage.workspace.channels[BYGGLOV].messages.clear()
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.worker.drain(10)
    place = await office.database.read(lambda tx: card_places.card_place(tx, done.case_id))
    assert place is not None and [one["ts"] for one in office.posted()] == [place[1]]


async def test_a_card_where_the_bot_is_not_in_the_channel_waits_until_it_is_invited(office: Office) -> None:
    members = office.sandbox.stage.workspace.channels[BYGGLOV].members
    members.remove(BOT)
    await office.town.submits()
    await office.worker.drain(10)
    parked = await office.database.read(deliveries.parked)
    members.append(BOT)
    await office.database.write(lambda tx: deliveries.unpark(tx, office.clock()))
    await office.worker.drain(10)
    assert ([one[4] for one in parked], len(office.posted())) == (["not_in_channel"], 1)


async def test_a_dead_channel_holds_up_nobody_else(office: Office) -> None:
    office.sandbox.stage.workspace.channels[BYGGLOV].is_archived = True
    await office.town.submits()
    await office.town.submits(service="oro", values={})
    await office.worker.drain(10)
    assert (len(office.posted(BYGGLOV)), len(office.posted(ORO))) == (0, 1)


async def test_a_strict_e_service_has_its_cards_in_a_closed_channel(office: Office) -> None:
    await office.town.submits(service="oro", values={})
    await office.worker.drain(10)
    assert ["Orosanmälan" in json.dumps(one["blocks"]) + one["text"] for one in office.posted(ORO)] == [False]


class TestAStrictEServiceWhoseChannelIsNotClosed:
    @pytest.fixture(params=["guest", "other organisation", "public", "shared"])
    def in_slack(self, request: pytest.FixtureRequest) -> dict[str, object]:
        extra = {"guest": [GUEST], "other organisation": [NEIGHBOUR]}.get(request.param, [])
        told = workspace(oro=["U0ANNAANNA", BOT, *extra])
        channel = next(one for one in told["channels"] if one["id"] == ORO)
        channel["is_private"] = request.param != "public"
        channel["is_ext_shared"] = request.param == "shared"
        return told

    async def test_shows_nothing_there(self, office: Office) -> None:
        await office.town.submits(service="oro", values={})
        await office.worker.drain(10)
        parked = await office.database.read(deliveries.parked)
        assert (office.posted(ORO), [one[4] for one in parked]) == ([], ["channel_not_private"])

    async def test_has_its_coordinator_told_once(self, office: Office) -> None:
        for _ in range(3):
            await office.town.submits(service="oro", values={})
        await office.worker.drain(10)
        assert ["kanalen" in text for text in office.told("U0ANNAANNA")] == [True]


async def test_a_channel_that_a_guest_joins_later_shows_no_more(office: Office) -> None:
    done = await office.town.submits(service="oro", values={})
    await office.worker.drain(10)
    office.sandbox.stage.workspace.channels[ORO].members.append(GUEST)
    office.clock.pass_(minutes=6)
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.worker.drain(10)
    assert office.calls("chat.update") == 0
