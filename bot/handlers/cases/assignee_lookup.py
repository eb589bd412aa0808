"""People and groups as they are named after a command."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.catalog.people import Officer
from bot.clients.errors import Permanent, Temporary
from bot.domain.assignment import MOST_HOLDERS, TooMany
from bot.domain.finding import holders_called
from bot.handlers.request.found_case import Found
from bot.handlers.request.press import Press
from bot.handlers.request.workspace import Account
from bot.store.officers import accounts as bindings
from bot.text.working_days import local_day

_ACCOUNT = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>")
_USERGROUP = re.compile(r"<!subteam\^[A-Z0-9]+(?:\|@?([^>]*))?>")
_LONGEST_NAME = 6
_MOST_WORDS = 200

AT_ONCE = 5
"""Accounts that Slack is asked about at the same time."""


@dataclass(frozen=True, slots=True)
class Named:
    """References to those who were meant; the words, and how many Slack accounts, that are nobody's here."""

    refs: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    strangers: int = 0


async def named(press: Press, found: Found, typed: str) -> Named:
    """Those named: Slack accounts by their ids, groups and people by key or by whole name.

    TooMany where they are more than may have a case; Slack is then asked about none of them.
    """
    accounts = list(dict.fromkeys(_ACCOUNT.findall(typed)))
    if len(accounts) > MOST_HOLDERS:
        raise TooMany(n=MOST_HOLDERS)
    keys = [_or_failed(key) for key in (await officers_of(press, accounts)).values()]
    refs = [f"officer:{key}" for key in keys if key]
    unknown: list[str] = []
    rest = _USERGROUP.sub(lambda one: f" @{one[1] or ''} ", _ACCOUNT.sub(" ", typed))
    for ref, word in _in_catalog(press, found, rest.replace(",", " ").split()[:_MOST_WORDS]):
        (refs if ref else unknown).append(ref or word)
    return Named(tuple(dict.fromkeys(refs)), tuple(dict.fromkeys(unknown)), keys.count(""))


def _or_failed(key: str | Temporary) -> str:
    if isinstance(key, Temporary):
        raise key
    return key


def _in_catalog(press: Press, found: Found, parts: list[str]) -> Iterator[tuple[str, str]]:
    """(reference, "") for each name, the longest that fits first, and ("", word) for a word that is none."""
    today, start = local_day(press.kit.service.clock()), 0
    while start < len(parts):
        for end in range(min(len(parts), start + _LONGEST_NAME), start, -1):
            name = " ".join(parts[start:end]).removeprefix("@")
            alike = holders_called(found.catalog, found.service.key, today, name) if name else []
            if len(alike) == 1:
                kind = "officer" if isinstance(alike[0], Officer) else "group"
                yield f"{kind}:{alike[0].key}", ""
                start = end
                break
        else:
            yield "", parts[start]
            start += 1


async def officers_of(press: Press, accounts: Collection[str]) -> dict[str, str | Temporary]:
    """By Slack account: the officer it is bound to, or whose confirmed address it has; nothing for anybody else's.

    Temporary for an account that Slack could not be asked about now.
    """
    place, gate = press.home.enterprise or press.home.team, asyncio.Semaphore(AT_ONCE)
    bound = await press.kit.service.database.read(lambda tx: bindings.officers_of(tx, place, accounts))

    async def one(account: str) -> str | Temporary:
        if account in bound:
            return bound[account]
        async with gate:
            try:
                return await _officer_of_unbound(press, account)
            except Temporary as failed:
                return failed

    return dict(zip(accounts, await asyncio.gather(*map(one, accounts)), strict=True))


async def _officer_of_unbound(press: Press, account: str) -> str:
    try:
        user = await press.kit.slack.user(account)
    except Permanent:
        return ""
    ours = Account(user.team, user.id, press.home.team, press.home.enterprise)
    if not ours.is_of_the_house(user):
        return ""
    officer = press.kit.service.catalog.officer_by_email(user.email) if user.email else None
    return officer.key if officer is not None else ""
