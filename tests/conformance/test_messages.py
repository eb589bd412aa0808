"""Messages: posted, found again, changed and taken away."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.person import Person
from tests.conformance.place import Place, error
from tests.sandbox.api.block_samples import actions, button, mrkdwn, section

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOTE = {"event_type": "case_event", "event_payload": {"case_id": "c1", "intent_id": "i1"}}
NOWHERE, NEVER = "C0NOWHERE00", "1.000001"


async def test_a_post_is_found_again_by_its_metadata(place: Place) -> None:
    ts = await place.post(metadata=NOTE)
    assert (await place.read(ts, include_all_metadata=True))["metadata"] == NOTE
    assert (await place.read(ts)).get("metadata", {}) in ({}, {"event_type": "case_event"})


async def test_a_reply_is_found_by_its_metadata_in_the_thread_and_not_in_the_channel(place: Place) -> None:
    parent = await place.post()
    reply = await place.post(thread_ts=parent, metadata=NOTE)
    result = await place.thread(parent, include_all_metadata=True)
    assert [(message["ts"], message.get("metadata")) for message in result] == [(parent, None), (reply, NOTE)]
    assert await place.read(reply) == {}


async def test_an_update_keeps_the_metadata_it_does_not_name(place: Place) -> None:
    ts = await place.post(metadata=NOTE)
    await place.update(ts, text="Nytt")
    assert (await place.read(ts, include_all_metadata=True))["metadata"] == NOTE
    await place.update(ts, text="Nyare", metadata={})
    assert not (await place.read(ts, include_all_metadata=True)).get("metadata")


async def test_an_update_with_a_text_alone_takes_the_blocks_away(place: Place) -> None:
    ts = await place.post(blocks=[section(text=mrkdwn("Ett"), block_id="mine")])
    await place.update(ts, blocks=[section(text=mrkdwn("Två"), block_id="mine")])
    assert (await place.read(ts))["blocks"][0]["text"]["text"] == "Två"
    await place.update(ts, text="Tre")
    message = await place.read(ts)
    assert message["text"] == "Tre"
    assert "mine" not in [block["block_id"] for block in message.get("blocks", [])]


async def test_what_is_gone_can_neither_be_changed_nor_taken_away(place: Place) -> None:
    ts = await place.post()
    await place.delete(ts)
    assert await error(place.update(ts, text="x")) == "message_not_found"
    assert await error(place.delete(ts)) == "message_not_found"
    assert await error(place.update(NEVER, text="x")) == "message_not_found"


async def test_a_thread_stays_when_its_first_message_goes(place: Place) -> None:
    parent = await place.post()
    reply = await place.post(thread_ts=parent)
    await place.delete(parent)
    assert reply in [message["ts"] for message in await place.thread(reply)]
    await place.delete(reply)


async def test_nothing_is_answered_in_a_thread_that_is_not(place: Place) -> None:
    ts = await place.post()
    await place.delete(ts)
    assert await error(place.post(thread_ts=ts)) == "thread_not_found"
    assert await error(place.thread(ts)) == "thread_not_found"


async def test_a_message_needs_something_in_it(place: Place) -> None:
    assert (
        await error(place.client.api_call("chat.postMessage", json={"channel": place.channel})) == "no_text"
    )
    ts = await place.post()
    bare = place.client.api_call("chat.update", json={"channel": place.channel, "ts": ts})
    assert await error(bare) == "no_text"


async def test_a_text_has_its_end(place: Place) -> None:
    ts = await place.post("x" * 40_001)
    assert len((await place.read(ts))["text"]) <= 40_000
    await place.update(ts, text="x" * 4_000)
    assert await error(place.update(ts, text="x" * 4_001)) == "msg_too_long"


async def test_markdown_stands_alone(place: Place) -> None:
    both = {"channel": place.channel, "text": "x", "markdown_text": "**x**"}
    assert await error(place.client.api_call("chat.postMessage", json=both)) == "markdown_text_conflict"


async def test_a_channel_that_is_not_is_named_so(place: Place) -> None:
    client = place.client
    assert await error(client.chat_postMessage(channel=NOWHERE, text="x")) == "channel_not_found"
    assert await error(client.chat_update(channel=NOWHERE, ts=NEVER, text="x")) == "channel_not_found"
    assert await error(client.conversations_history(channel=NOWHERE)) == "channel_not_found"
    assert await error(client.conversations_info(channel=NOWHERE)) == "channel_not_found"


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_type": "x"},
        {"event_type": "", "event_payload": {}},
        {"event_type": "x", "event_payload": "y"},
        {"event_type": "x", "event_payload": {"a": {"b": {"c": 1}}}},
    ],
    ids=str,
)
async def test_metadata_has_a_form(place: Place, wrong: Any) -> None:
    result = await error(place.post(metadata=wrong))
    assert result in ("invalid_metadata_format", "invalid_metadata_schema")


async def test_a_button_comes_back_as_it_was_sent(place: Place) -> None:
    sent = button(action_id="case:take", value="7:1", style="primary")
    ts = await place.post(blocks=[{**actions(sent), "block_id": "b"}])
    (block,) = (await place.read(ts))["blocks"]
    (element,) = block["elements"]
    assert (block["block_id"], element["action_id"], element["value"], element["style"]) == (
        "b",
        "case:take",
        "7:1",
        "primary",
    )


async def test_a_message_has_an_address(place: Place) -> None:
    ts = await place.post()
    result = await place.client.chat_getPermalink(channel=place.channel, message_ts=ts)
    assert result["permalink"].endswith("/p" + ts.replace(".", ""))
    gone = place.client.chat_getPermalink(channel=place.channel, message_ts=NEVER)
    assert await error(gone) == "message_not_found"


async def test_a_reaction_is_given_once(place: Place) -> None:
    about = {"channel": place.channel, "timestamp": await place.post()}
    await place.client.reactions_add(name="memo", **about)
    assert await error(place.client.reactions_add(name="memo", **about)) == "already_reacted"
    assert await error(place.client.reactions_add(name="no_such_emoji_å", **about)) == "invalid_name"
    await place.client.reactions_remove(name="memo", **about)
    assert await error(place.client.reactions_remove(name="memo", **about)) == "no_reaction"
    missing = place.client.reactions_add(channel=place.channel, timestamp=NEVER, name="memo")
    assert await error(missing) == "message_not_found"


async def test_what_others_write_is_theirs(place: Place, person: Person) -> None:
    ts = await person.say(place.channel, "Mitt")
    assert await error(place.update(ts, text="Ditt")) == "cant_update_message"
    assert await error(place.delete(ts)) == "cant_delete_message"
    await person.delete(place.channel, ts)


# --- for one person ---


async def test_what_one_person_sees_is_kept_nowhere(place: Place, reader: str) -> None:
    result = await place.client.chat_postEphemeral(channel=place.channel, user=reader, text="Bara du")
    ts = str(result["message_ts"])
    assert await error(place.update(ts, text="x")) == "message_not_found"
    assert await place.read(ts) == {}


async def test_a_private_word_is_short_and_for_one_who_is_there(place: Place, reader: str) -> None:
    tell = place.client.chat_postEphemeral
    assert await error(tell(channel=place.channel, user=reader, text="å" * 2_001)) == "msg_too_long"
    result = await error(tell(channel=place.channel, user="U0NOBODY000", text="x"))
    assert result in ("user_not_in_channel", "user_not_found")
