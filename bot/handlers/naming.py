"""People and groups as they are named after a command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.catalog.people import Officer
from bot.clients.errors import Permanent
from bot.domain.finding import holders_called
from bot.handlers.cases import Found
from bot.handlers.people import Account
from bot.handlers.press import Press
from bot.store import accounts
from bot.text.working_days import local_day

_ACCOUNT = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>")
_USERGROUP = re.compile(r"<!subteam\^[A-Z0-9]+(?:\|@?([^>]*))?>")
_LONGEST_NAME = 6
_MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Named:
    """References to those who were meant; the words, and how many Slack accounts, that are nobody's here."""

    refs: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    strangers: int = 0


async def named(press: Press, found: Found, typed: str) -> Named:
    """Those named: Slack accounts by their ids, groups and people by key or by whole name."""
    refs: list[str] = []
    unknown: list[str] = []
    keys = [await officer_of(press, account) for account in dict.fromkeys(_ACCOUNT.findall(typed))]
    refs += [f"officer:{key}" for key in keys if key]
    rest = _USERGROUP.sub(lambda one: f" @{one[1] or ''} ", _ACCOUNT.sub(" ", typed))
    for ref, word in _in_catalog(press, found, rest.replace(",", " ").split()[:_MOST_WORDS]):
        (refs if ref else unknown).append(ref or word)
    return Named(tuple(dict.fromkeys(refs)), tuple(dict.fromkeys(unknown)), keys.count(""))


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


async def officer_of(press: Press, account: str) -> str:
    """The officer of a Slack account: the one it is bound to, or whose confirmed address it has; else nothing."""
    place = press.home.enterprise or press.home.team
    bound = await press.kit.service.database.read(lambda tx: accounts.officer_of(tx, place, account))
    if bound is not None:
        return bound
    try:
        user = await press.kit.slack.user(account)
    except Permanent:
        return ""
    ours = Account(user.team, user.id, press.home.team, press.home.enterprise)
    if not ours.is_of_the_house(user):
        return ""
    officer = press.kit.service.catalog.officer_by_email(user.email) if user.email else None
    return officer.key if officer is not None else ""
