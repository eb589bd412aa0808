"""Private messages about batches: to their officer, updated as they go on, and to colleagues whom they concern."""

from __future__ import annotations

from bot.blocks.block_kit.message import Message
from bot.blocks.lists.batch import batch_message, moved_cases_message
from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.delivery.slack.channels import open_private_channel
from bot.delivery.slack.posts import MESSAGE_GONE_ERRORS, PostTarget, post_once
from bot.delivery.slack_rate_limits import UPDATE
from bot.domain.actors import officer_name
from bot.domain.lists.batches import ROLE_OWNER, BatchProgress
from bot.store import Tx
from bot.store.officers import batches


class BatchDestination:
    """Posts the message about a batch, or updates the officer's own to the batch's current state."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        batch_id, is_owner = attempt.delivery.ids["batch"], attempt.delivery.ids["role"] == ROLE_OWNER
        batch, place = await attempt.context.database.read(
            lambda tx: (batches.find(tx, batch_id), batches.find_place(tx, batch_id))
        )
        if batch is None:
            return save_nothing
        message = await self._build_message(attempt, batch)
        if is_owner and place is not None and await self._update(attempt, place, message):
            return save_nothing
        return await self._post(attempt, message, saves_place=is_owner)

    async def _build_message(self, attempt: DeliveryAttempt, batch: BatchProgress) -> Message:
        ids = attempt.delivery.ids
        words = await attempt.context.service.languages.words_of(ids["officer"])
        if ids["role"] == ROLE_OWNER:
            return batch_message(batch, attempt.context.catalog(), words)
        name = officer_name(f"officer:{batch.officer}", attempt.context.catalog())
        return moved_cases_message(name, ids["role"], ids["count"], words)

    async def _update(self, attempt: DeliveryAttempt, place: tuple[str, str], message: Message) -> bool:
        """Update the message. False when it is gone, so that a new one is to be posted."""
        await attempt.acquire_rate_limit(UPDATE)
        try:
            await self._slack.update_message(place, message.text, message.blocks)
        except PermanentFailure as error:
            if error.trouble not in MESSAGE_GONE_ERRORS:
                raise
            return False
        return True

    async def _post(self, attempt: DeliveryAttempt, message: Message, *, saves_place: bool) -> SaveOutcome:
        """Post it, where the officer has an account in Slack: what it tells of stands in their lists as well."""
        officer = attempt.context.catalog().officer(attempt.delivery.ids["officer"])
        channel = await open_private_channel(attempt, self._slack, officer) if officer is not None else None
        if channel is None:
            return save_nothing
        target = PostTarget(channel=channel, rate_limit_key=attempt.delivery.destination)
        ts, _ = await post_once(attempt, self._slack, target, message)
        if not saves_place:
            return save_nothing
        return lambda tx: batches.save_place(tx, attempt.delivery.ids["batch"], (channel, ts))

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Nobody is notified: the batch itself goes on, and its outcome is in the officer's list of batches."""
