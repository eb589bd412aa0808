"""Posting once, as far as Slack can tell us."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from bot.blocks.block_kit.message import Message
from bot.clients.slack import Post, SlackClient
from bot.delivery.turn import Turn

EARLIER = timedelta(minutes=10)
"""How far before the delivery was due its post is looked for: clocks differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a post goes: the channel, the key of its pace, and the thread if it is a reply."""

    channel: str
    key: str
    thread_ts: str | None = None
    broadcast: bool = False


def intent_of(turn: Turn, part: str = "") -> str:
    """The post's name for ever. It tells nothing, for anyone in the workspace may read it."""
    delivery = turn.delivery
    named = f"{delivery.id}/{delivery.lane}/{part}".encode()
    return hmac.digest(turn.around.database.keys.derive("intent"), named, hashlib.sha256).hex()[:32]


async def post_once(turn: Turn, slack: SlackClient, goal: Goal, message: Message) -> tuple[str, bool]:
    """The ts of the message, and whether it was found, where an earlier try may have posted it, or posted now."""
    intent = intent_of(turn)
    if turn.delivery.uncertain and (found := await look(turn, slack, goal, {intent})):
        return found[intent], True
    return await post(turn, slack, goal, (intent, message)), False


async def look(turn: Turn, slack: SlackClient, goal: Goal, intents: set[str]) -> dict[str, str]:
    """Which of the intents an earlier try has posted."""
    await turn.room("conversations.replies" if goal.thread_ts else "conversations.history")
    since = turn.delivery.created_at - EARLIER
    return await slack.find_posted(goal.channel, intents, since, goal.thread_ts)


async def post(turn: Turn, slack: SlackClient, goal: Goal, what: tuple[str, Message]) -> str:
    """Post (intent id, message), after committing that it is about to be."""
    intent, message = what
    await turn.about_to_post(goal.key)
    return await slack.post(
        goal.channel,
        Post(
            text=message.text,
            blocks=message.blocks,
            case_id=turn.delivery.case_id,
            intent_id=intent,
            thread_ts=goal.thread_ts,
            broadcast=goal.broadcast,
        ),
    )
