"""The internal e-services, for every full member of the workspace, officer or not."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp

from bot.blocks.lists import internal
from bot.blocks.lists.internal import InternalServices
from bot.clients.slack import User
from bot.domain.actors import Applicant
from bot.domain.views import ListedCase
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.store import Tx
from bot.store.cases import applicant_queries
from bot.store.lists.queries.case_lists import list_applicant_cases
from bot.text import sort_key

SHORTCUT = "shortcut:internal"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.shortcut(SHORTCUT)(listeners.for_member(on_opened))
    app.action(re.compile(f"^{internal.OPEN}:"))(listeners.for_member(on_link))


async def on_opened(context: SlackContext, member: User) -> None:
    """Show the e-services, and the member's own cases: those whose applicant has the address that Slack confirmed."""
    deps, language = context.deps, context.words.language
    catalog = deps.service.catalog
    found = [one for one in catalog.services.values() if one.audience == "internal" and one.is_published]
    found.sort(key=lambda one: (sort_key(one.unit.in_(language)), sort_key(one.name.in_(language))))
    cases = await deps.service.database.read(lambda tx: _load_cases(tx, context, member.email))
    shown = InternalServices(found, cases, deps.public_url.rstrip("/"), bool(member.email))
    await context.responder.open_view(internal.internal_services(shown, catalog, context.words))


def _load_cases(tx: Tx, context: SlackContext, address: str) -> list[ListedCase]:
    if not address:
        return []
    service = context.deps.service
    mailbox = tx.keys.hash_mailbox(address)
    applicant = Applicant(applicant_queries.find_applicant_ids(tx, mailbox), mailbox)
    internal_keys = {one.key for one in service.catalog.services.values() if one.audience == "internal"}
    return [
        one for one in list_applicant_cases(tx, applicant, service.clock()) if one.service in internal_keys
    ]


async def on_link(context: SlackContext, member: User) -> None:
    """Nothing to do: the link itself was opened."""
