"""Posting at most once: after an uncertain attempt the post is looked for before it is made again."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from bot.blocks.block_kit.message import Message
from bot.clients.slack import Post, SlackClient
from bot.delivery.attempt import DeliveryAttempt

MESSAGE_GONE_ERRORS = frozenset({"message_not_found", "cant_update_message"})
"""The message is deleted, or was posted by another bot before this one was installed."""

CLOCK_MARGIN = timedelta(minutes=10)
"""How long before the delivery was due its post is looked for, since clocks differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTarget:
    """Where to post: the channel, the key of its rate limit, and the thread if it is a reply."""

    channel: str
    rate_limit_key: str
    thread_ts: str | None = None
    broadcast: bool = False


def derive_intent_id(attempt: DeliveryAttempt, part: str = "") -> str:
    """The post's permanent id. It reveals nothing, since anyone in the workspace can read the metadata it is in."""
    delivery = attempt.delivery
    name = f"{delivery.id}/{delivery.lane}/{part}".encode()
    return hmac.digest(attempt.context.database.keys.derive("intent"), name, hashlib.sha256).hex()[:32]


async def post_once(
    attempt: DeliveryAttempt, slack: SlackClient, target: PostTarget, message: Message
) -> tuple[str, bool]:
    """Post the message unless an earlier attempt has. Returns its ts, and whether an earlier attempt had posted it."""
    intent = derive_intent_id(attempt)
    if attempt.delivery.uncertain and (found := await find_posted(attempt, slack, target, {intent})):
        return found[intent], True
    return await post(attempt, slack, target, (intent, message)), False


async def find_posted(
    attempt: DeliveryAttempt, slack: SlackClient, target: PostTarget, intents: set[str]
) -> dict[str, str]:
    """The ts, by intent id, of what earlier attempts have posted."""
    await attempt.acquire_rate_limit("conversations.replies" if target.thread_ts else "conversations.history")
    since = attempt.delivery.created_at - CLOCK_MARGIN
    return await slack.find_posted(target.channel, intents, since, target.thread_ts)


async def post(
    attempt: DeliveryAttempt, slack: SlackClient, target: PostTarget, intent_and_message: tuple[str, Message]
) -> str:
    """Post (intent id, message), after committing that it is about to be posted. Returns its ts."""
    intent, message = intent_and_message
    await attempt.commit_before_post(target.rate_limit_key)
    return await slack.post_message(
        target.channel,
        Post(
            text=message.text,
            blocks=message.blocks,
            case_id=attempt.delivery.case_id,
            intent_id=intent,
            thread_ts=target.thread_ts,
            broadcast=target.broadcast,
        ),
    )
