"""Messages to applicants that leave at a later time."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.delivery.attempt import DeliveryAttempt, Postponed, SaveOutcome, save_nothing
from bot.delivery.slack.cards import require_service
from bot.domain.actors import Machine
from bot.domain.messages.scheduled_messages import SendScheduledMessage, find_scheduled
from bot.store import Tx
from bot.store.cases import scheduled_drafts, system_queries
from bot.store.files import unattached


class ScheduledMessageDestination:
    """Sends the message in the transaction that completes the delivery: once, also when the program is killed."""

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        delivery, context = attempt.delivery, attempt.context
        case = await context.database.read(lambda tx: system_queries.load_case(tx, delivery.case_id))
        message = find_scheduled(case, delivery.ids["message"]) if case is not None else None
        if case is None or message is None:
            return save_nothing
        require_service(context.catalog(), case.service)
        if message.send_at > context.clock():  # as after `deliveries --retry`
            raise Postponed(message.send_at)

        def save(tx: Tx) -> None:
            command = _command(tx, case.id, message.id)
            context.service.perform_in_transaction(tx, command, Machine("message"))
            scheduled_drafts.remove(tx, message.id)

        return save

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Nobody is notified: the catalog lacks the e-service, which its cards tell of."""


def _command(tx: Tx, case_id: str, message_id: str) -> SendScheduledMessage:
    """The command with what the writer has filled in, and the files as they are now."""
    content: dict[str, Any] | None = scheduled_drafts.load(tx, message_id)
    if content is None:
        return SendScheduledMessage(case_id=case_id, message_id=message_id, has_content=False)
    found = unattached.find(tx, content["files"])
    files = tuple(found[one] for one in content["files"] if one in found)
    return SendScheduledMessage(
        case_id=case_id,
        message_id=message_id,
        text=content["text"],
        kind=content["kind"],
        answer_by=date.fromisoformat(content["answer_by"]) if content["answer_by"] else None,
        receipt="receipt" in content["options"],
        files=files,
        has_content=len(files) == len(content["files"]),
    )
