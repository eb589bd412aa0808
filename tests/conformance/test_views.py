"""Modals and Home: what can be refused without a press, and what one press gives."""

from __future__ import annotations

import pytest

from sandbox.person import Person
from tests.conformance.place import Place, error, refusal
from tests.sandbox.api.block_samples import Json, modal, mrkdwn, section
from tests.sandbox.api.limit_rows import VIEW_EDGES, Edge

pytestmark = pytest.mark.asyncio(loop_scope="session")


def trigger_of(place: Place, view: str | None = None) -> str:
    """What a press would have brought."""
    assert place.sandbox is not None
    return place.sandbox.shared.new_trigger(place.reader, view).id


async def opened(place: Place, view: Json | None = None) -> Json:
    result = await place.client.views_open(trigger_id=trigger_of(place), view=view or modal())
    return dict(result["view"])


async def test_a_trigger_that_nobody_pulled_opens_nothing(place: Place) -> None:
    result = await error(place.client.views_open(trigger_id="1.2.abc", view=modal()))
    assert result in ("invalid_arguments", "invalid_trigger_id", "expired_trigger_id")


async def test_a_view_that_is_not_cannot_be_changed(place: Place) -> None:
    assert await error(place.client.views_update(view_id="V0NOWHERE00", view=modal())) == "not_found"
    assert await error(place.client.views_update(external_id="no-such-view", view=modal())) == "not_found"


async def test_a_home_is_one_view_and_a_stale_hash_is_refused(place: Place, reader: str) -> None:
    home = {"type": "home", "blocks": [section(text=mrkdwn("Prov av gränssnittet"))]}
    first = (await place.client.views_publish(user_id=reader, view=home))["view"]
    second = (await place.client.views_publish(user_id=reader, view=home, hash=first["hash"]))["view"]
    assert first["id"] == second["id"]
    stale = place.client.views_publish(user_id=reader, view=home, hash=first["hash"])
    assert await error(stale) == "hash_conflict"
    await place.client.views_publish(user_id=reader, view={**home, "blocks": [{"type": "divider"}] * 100})
    many = {**home, "blocks": [{"type": "divider"}] * 101}
    assert "invalid" in await error(place.client.views_publish(user_id=reader, view=many))
    heavy = {**home, "blocks": [section(text=mrkdwn("å" * 3000))] * 15}
    assert await error(place.client.views_publish(user_id=reader, view=heavy)) == "view_too_large"
    await place.client.views_publish(user_id=reader, view=home)


@pytest.mark.parametrize("edge", VIEW_EDGES, ids=str)
async def test_a_modal_is_taken_at_a_limit_and_refused_one_past_it(
    place: Place, person: Person, edge: Edge
) -> None:
    await opened(place, modal(**edge.make(edge.most)))
    result = await refusal(
        place.client.views_open(trigger_id=trigger_of(place), view=modal(**edge.make(edge.most + 1)))
    )
    assert result["error"] in ("invalid_arguments", "invalid_blocks")
    assert any(edge.pointer in message for message in result["response_metadata"]["messages"])
    await person.close(all=True)


async def test_a_trigger_works_once(place: Place, person: Person) -> None:
    trigger = trigger_of(place)
    await place.client.views_open(trigger_id=trigger, view=modal())
    again = place.client.views_open(trigger_id=trigger, view=modal())
    assert await error(again) == "exchanged_trigger_id"


async def test_a_trigger_works_for_three_seconds(place: Place, person: Person) -> None:
    assert place.sandbox is not None
    trigger = trigger_of(place)
    place.sandbox.advance(3.1)
    assert await error(place.client.views_open(trigger_id=trigger, view=modal())) == "expired_trigger_id"


async def test_a_stale_view_is_not_written_over(place: Place, person: Person) -> None:
    view = await opened(place)
    newer = (await place.client.views_update(view_id=view["id"], hash=view["hash"], view=modal()))["view"]
    stale = place.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    assert await error(stale) == "hash_conflict"
    await place.client.views_update(view_id=view["id"], hash=newer["hash"], view=modal())


async def test_three_views_stack_and_no_more(place: Place, person: Person) -> None:
    root = top = (await opened(place))["id"]
    for _ in range(2):
        pushed = (await place.client.views_push(trigger_id=trigger_of(place, top), view=modal()))["view"]
        assert (pushed["previous_view_id"], pushed["root_view_id"]) == (top, root)
        top = pushed["id"]
    fourth = place.client.views_push(trigger_id=trigger_of(place, top), view=modal())
    assert await error(fourth) == "push_limit_reached"
    from_a_message = place.client.views_push(trigger_id=trigger_of(place), view=modal())
    assert await error(from_a_message) == "not_found"


async def test_a_name_of_ones_own_is_held_by_one_view(place: Place, person: Person) -> None:
    named = modal(external_id="conformance")
    first = await opened(place, named)
    await place.client.views_update(external_id="conformance", view=named)
    other = place.client.views_push(trigger_id=trigger_of(place, first["id"]), view=named)
    assert await error(other) == "duplicate_external_id"
    await person.close(all=True)
