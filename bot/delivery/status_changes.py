"""The status that follows a message, set when the message can no longer be undone."""

from __future__ import annotations

from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.delivery.slack.cards import require_service
from bot.domain.actors import Machine
from bot.domain.messages.correspondence import SetStatusOfMessage
from bot.store import Tx
from bot.store.cases import system_queries


class StatusDestination:
    """Sets the status in the transaction that completes the delivery: once, also when the program is killed."""

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        delivery, context = attempt.delivery, attempt.context
        case = await context.database.read(lambda tx: system_queries.load_case(tx, delivery.case_id))
        if case is None:
            return save_nothing
        require_service(context.catalog(), case.service)
        command = SetStatusOfMessage(case_id=case.id, message_id=delivery.ids["message"])

        def save(tx: Tx) -> None:
            context.service.perform_in_transaction(tx, command, Machine("message"))

        return save

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Nobody is notified: the catalog lacks the e-service, which its cards tell of."""
