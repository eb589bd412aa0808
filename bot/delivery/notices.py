"""Private words to officers, in Slack, or by mail to those who have no account there."""

from __future__ import annotations

from bot.blocks.block_kit.message import Message
from bot.blocks.notice import channel_trouble, officer_notice
from bot.catalog.people import Officer
from bot.clients.errors import Permanent
from bot.clients.slack import SlackClient
from bot.delivery.posting import Goal, post_once
from bot.delivery.telling import still_to_tell
from bot.delivery.turn import Finish, Turn, nothing
from bot.store import Tx
from bot.store.officers import accounts
from bot.store.outbox import deliveries

UNREACHABLE = frozenset({"user_not_found", "user_disabled", "cannot_dm_bot", "users_not_found"})
"""The account is no longer one that can be written to."""


class Notices:
    """Tells an officer that there is something in a case, or a coordinator that a channel cannot be reached."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack

    async def deliver(self, turn: Turn) -> Finish:
        officer = turn.around.catalog().officer(turn.delivery.ids["officer"])
        if officer is None:
            return nothing
        message = await self._message(turn, officer)
        if message is None:
            return nothing
        try:
            if await self._told(turn, officer, message):
                return nothing
        except Permanent as refused:
            if refused.trouble not in UNREACHABLE:
                raise
        return lambda tx: _by_mail(tx, turn)

    async def _message(self, turn: Turn, officer: Officer) -> Message | None:
        """None where there is nothing to tell this officer any more."""
        catalog, ids = turn.around.catalog(), turn.delivery.ids
        language = await turn.around.service.languages.words_of(officer.key)
        if turn.delivery.kind == "trouble":
            service = catalog.service(ids["service"])
            return channel_trouble(service, catalog, ids["trouble"], language) if service else None
        case, reasons = await still_to_tell(turn, officer)
        if case is None or not reasons:
            return None
        service = None if case.protected else catalog.service(case.service)
        return officer_notice(case.number, service, reasons, case.id, language)

    async def _told(self, turn: Turn, officer: Officer, message: Message) -> bool:
        """False when the officer has no account."""
        account = await turn.around.database.read(lambda tx: accounts.account_of(tx, officer.key))
        user = account[1] if account is not None else await self._by_email(turn, officer)
        if user is None:
            return False
        await turn.room("conversations.open")
        channel = await self._slack.open_dm(user)
        await post_once(turn, self._slack, Goal(channel=channel, key=turn.delivery.destination), message)
        return True

    async def _by_email(self, turn: Turn, officer: Officer) -> str | None:
        await turn.room("users.lookupByEmail")
        found = await self._slack.user_by_email(officer.email)
        return found.id if found is not None and not found.is_guest_or_gone else None

    def parked(self, tx: Tx, turn: Turn, trouble: str) -> None:
        """It reaches them by mail instead."""
        _by_mail(tx, turn)


def _by_mail(tx: Tx, turn: Turn) -> None:
    ids = turn.delivery.ids
    reasons = ids.get("reasons") or ["trouble"]
    deliveries.enqueue_letter(tx, ids["officer"], turn.delivery.case_id, reasons, turn.around.clock())
