"""Lookup of people and groups that are named in a command."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from bot.catalog.people import Officer
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.assignment import MAX_ASSIGNEES, TooManyAssignees
from bot.domain.lists.query_words import ME
from bot.domain.name_search import Assignable, AssigneeNames, find_assignee
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase
from bot.handlers.request.workspace import Account
from bot.store.officers import slack_accounts as bindings
from bot.text import fold
from bot.text.folding import without_genitive
from bot.text.working_days import local_day

_ACCOUNT = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>")
_USERGROUP = re.compile(r"<!subteam\^[A-Z0-9]+(?:\|@?([^>]*))?>")
_BETWEEN_NAMES = frozenset({"och", "samt", "till", "åt", "and", "to", "&", "+"})
"""Words that stand before and between names and are none."""

_MAX_NAME_WORDS = 6
_MAX_WORDS = 200

CONCURRENT_LOOKUPS = 5
"""Accounts that are looked up in Slack at the same time."""


@dataclass(frozen=True, slots=True)
class AssigneeLookup:
    """The references found, the unknown words, and the number of unknown Slack accounts.

    `ambiguous` are names that several have, each with all of those.
    """

    refs: tuple[str, ...]
    unknown_words: tuple[str, ...] = ()
    unknown_accounts: int = 0
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def find_assignees(context: SlackContext, found: FoundCase, text: str) -> AssigneeLookup:
    """Find those named: Slack accounts by id; groups and people by key, by name, or by an unambiguous part of it.

    Raises TooManyAssignees, before any lookup in Slack, where they are more than may have a case.
    """
    accounts = list(dict.fromkeys(_ACCOUNT.findall(text)))
    if len(accounts) > MAX_ASSIGNEES:
        raise TooManyAssignees(n=MAX_ASSIGNEES)
    keys = [_raise_if_failed(key) for key in (await find_officers_by_account(context, accounts)).values()]
    refs = [f"officer:{key}" for key in keys if key]
    names_text = _USERGROUP.sub(lambda one: f" @{one[1] or ''} ", _ACCOUNT.sub(" ", text))
    unknown_words: dict[str, None] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    for words, matches in _match_names(context, found, names_text.replace(",", " ").split()[:_MAX_WORDS]):
        if not matches:
            unknown_words[words] = None
        elif len(matches) == 1:
            refs += map(_ref_of, matches)
        else:
            ambiguous[words] = tuple(map(_ref_of, matches))
    return AssigneeLookup(tuple(dict.fromkeys(refs)), tuple(unknown_words), keys.count(""), ambiguous)


async def find_named_officer(context: SlackContext, text: str) -> str | None:
    """The key of the one officer who is named, by Slack account or by name; None where there is none, or several."""
    if accounts := _ACCOUNT.findall(text):
        keys = await find_officers_by_account(context, accounts[:1])
        return _raise_if_failed(next(iter(keys.values()))) or None
    ref = find_assignee(context.deps.service.catalog, text.removeprefix("@").strip(), context.words.language)
    kind, _, key = (ref or "").partition(":")
    return key if kind == "officer" else None


def _ref_of(assignee: Assignable) -> str:
    return f"{'officer' if isinstance(assignee, Officer) else 'group'}:{assignee.key}"


def _raise_if_failed(key: str | TemporaryFailure) -> str:
    if isinstance(key, TemporaryFailure):
        raise key
    return key


def _match_names(
    context: SlackContext, found: FoundCase, words: list[str]
) -> Iterator[tuple[str, list[Assignable]]]:
    """Each typed name with its matches, taking the longest name first; no matches for an unknown word.

    An `och` that is part of no name stands between two.
    """
    names = AssigneeNames(found.catalog, found.service.key, local_day(context.deps.service.clock()))
    start = 0
    while start < len(words):
        count, matches = _longest_name(names, words[start : start + _MAX_NAME_WORDS])
        if not matches and words[start].casefold() in ME:
            matches = names.find(context.officer.key)
        if matches or words[start].casefold() not in _BETWEEN_NAMES:
            yield " ".join(words[start : start + count]), matches
        start += count


def _longest_name(names: AssigneeNames, words: list[str]) -> tuple[int, list[Assignable]]:
    """How many of the first words are a name, or else a part of one, and whose; (1, []) where none is.

    A name in the genitive counts where it is no name as it stands.
    """
    for is_genitive, find in product((False, True), (names.find, names.find_by_part)):
        for count in range(len(words), 0, -1):
            typed = fold(" ".join(words[:count]).removeprefix("@"))
            name = without_genitive(typed) if is_genitive else typed
            if matches := find(name) or find(name.replace(".", " ")):
                return count, matches
    return 1, []


async def find_officers_by_account(
    context: SlackContext, accounts: Collection[str]
) -> dict[str, str | TemporaryFailure]:
    """The officers' keys by account: bound to it, or with its confirmed address. Empty for others' accounts.

    The value is a TemporaryFailure for an account that could not be looked up now.
    """
    workspace_id, semaphore = (
        context.workspace.enterprise_id or context.workspace.team_id,
        asyncio.Semaphore(CONCURRENT_LOOKUPS),
    )
    bound = await context.deps.service.database.read(
        lambda tx: bindings.find_officers(tx, workspace_id, accounts)
    )

    async def look_up(account: str) -> str | TemporaryFailure:
        if account in bound:
            return bound[account]
        async with semaphore:
            try:
                return await _find_officer_by_email(context, account)
            except TemporaryFailure as failed:
                return failed

    return dict(zip(accounts, await asyncio.gather(*map(look_up, accounts)), strict=True))


async def _find_officer_by_email(context: SlackContext, account: str) -> str:
    try:
        user = await context.deps.slack.fetch_user(account)
    except PermanentFailure:
        return ""
    owner = Account(user.team_id, user.id, context.workspace.team_id, context.workspace.enterprise_id)
    if not owner.is_member(user):
        return ""
    officer = context.deps.service.catalog.officer_by_email(user.email) if user.email else None
    return officer.key if officer is not None else ""
