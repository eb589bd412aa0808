"""Block Kit's limits, each tried at its edge and one past it."""

from __future__ import annotations

import pytest

from tests.conformance.place import Place, refusal
from tests.sandbox.api.block_samples import Json
from tests.sandbox.api.limit_rows import EDGES, PLACED, Edge

pytestmark = pytest.mark.asyncio(loop_scope="session")
FETCHED = frozenset({"image alt", "image url", "image title", "video title", "video author"})
"""Accepted only where there is a picture at the address, or where the app may show films."""

DIVIDER = {"type": "divider"}


@pytest.mark.parametrize("edge", EDGES, ids=str)
async def test_a_message_is_taken_at_a_limit_and_refused_one_past_it(place: Place, edge: Edge) -> None:
    if edge.name not in FETCHED:
        await place.post(blocks=[edge.make(edge.most)])
    result = await refusal(place.post(blocks=[DIVIDER, edge.make(edge.most + 1)]))
    assert result["error"] in ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")


async def test_a_message_has_fifty_blocks(place: Place) -> None:
    await place.post(blocks=[DIVIDER] * 50)
    assert (await refusal(place.post(blocks=[DIVIDER] * 51)))["error"] == "invalid_blocks"


async def test_what_is_wrong_is_pointed_at(place: Place) -> None:
    result = await refusal(
        place.post(blocks=[DIVIDER, {"type": "header", "text": {"type": "plain_text", "text": ""}}])
    )
    assert result["error"] == "invalid_blocks"
    assert any("/blocks/1/" in message for message in result["response_metadata"]["messages"])


OUTSIDE = [(kind, block) for kind, block, places in PLACED if "message" not in places]


@pytest.mark.parametrize(("kind", "block"), OUTSIDE, ids=[row[0] for row in OUTSIDE])
async def test_some_blocks_stay_out_of_messages(place: Place, kind: str, block: Json) -> None:
    assert (await refusal(place.post(blocks=[block])))["error"] in ("invalid_blocks", "invalid_blocks_format")


async def test_a_message_has_one_table(place: Place) -> None:
    table = next(block for kind, block, _ in PLACED if kind == "table")
    result = await refusal(place.post(blocks=[table, table]))
    assert result["error"] in ("only_one_table_allowed", "invalid_blocks")


async def test_all_markdown_of_a_message_is_counted_together(place: Place) -> None:
    half = {"type": "markdown", "text": "x" * 6_001}
    assert (await refusal(place.post(blocks=[half, half])))["error"] in (
        "msg_blocks_too_long",
        "invalid_blocks",
    )


async def test_ids_are_not_used_twice(place: Place) -> None:
    result = await refusal(place.post(blocks=[{**DIVIDER, "block_id": "a"}, {**DIVIDER, "block_id": "a"}]))
    assert result["error"] == "invalid_blocks"


async def test_blocks_can_be_judged_without_being_posted(place: Place) -> None:
    assert (await place.client.api_call("blocks.validate", json={"blocks": [DIVIDER]}))["ok"]
    wrong = {"blocks": [{"type": "sektion"}]}
    assert (await refusal(place.client.api_call("blocks.validate", json=wrong)))["error"] == "invalid_blocks"
