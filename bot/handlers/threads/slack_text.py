"""Conversion of Slack's message text to plain text, and its mentions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from bot.blocks.block_kit.mrkdwn import mentioned_ids, unescape
from bot.domain.actors import officer_name
from bot.domain.mentions import MAX_MENTIONS
from bot.handlers.cases.assignee_lookup import find_officers_by_account
from bot.handlers.request.context import SlackContext
from bot.text import clean


async def find_mentioned_officers(context: SlackContext, text: str) -> dict[str, str]:
    """The keys of mentioned officers, by account. Where Slack does not respond, only of bound accounts."""
    accounts = list(islice(mentioned_ids(text), MAX_MENTIONS))
    found = await find_officers_by_account(context, accounts) if accounts else {}
    return {account: key for account, key in found.items() if key and isinstance(key, str)}


def to_plain_text(context: SlackContext, text: str, officers: Mapping[str, str]) -> str:
    """The text as its writer saw it, with the names of these officers (by account) for references."""
    catalog = context.deps.service.catalog
    names = {account: officer_name(f"officer:{key}", catalog) for account, key in officers.items()}
    return clean(unescape(text, names)).strip()
