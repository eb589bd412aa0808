"""The private channel with an officer."""

from __future__ import annotations

from bot.catalog.people import Officer
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt
from bot.store.officers import slack_accounts


async def open_private_channel(attempt: DeliveryAttempt, slack: SlackClient, officer: Officer) -> str | None:
    """The id of the channel; None where the officer has no account in Slack.

    Raises PermanentFailure where the account can receive nothing.
    """
    account = await attempt.context.database.read(lambda tx: slack_accounts.find_account(tx, officer.key))
    user = account[1] if account is not None else await _find_user_by_email(attempt, slack, officer)
    if user is None:
        return None
    await attempt.acquire_rate_limit("conversations.open")
    return await slack.open_dm(user)


async def _find_user_by_email(attempt: DeliveryAttempt, slack: SlackClient, officer: Officer) -> str | None:
    await attempt.acquire_rate_limit("users.lookupByEmail")
    user = await slack.find_user_by_email(officer.email)
    return user.id if user is not None and not user.is_guest_or_gone else None
