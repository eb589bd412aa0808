"""Linking of cases by a dialog, and removing of links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms.cases import link
from bot.blocks.private import private_message
from bot.blocks.values import MenuChoice, decode
from bot.domain.case import LinkKind
from bot.domain.case_numbers import find_numbers, parse_only_number
from bot.domain.link_wording import unlink_visible
from bot.domain.links import OFFERED_KINDS, duplicate_statuses, link_both
from bot.domain.status import status_name
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.cases import officer_queries
from bot.text import fold
from bot.text.working_days import local_day

KIND_WORDS: dict[str, LinkKind] = {
    "dubblett": "duplicate_of",
    "dublett": "duplicate_of",
    "duplicate": "duplicate_of",
    "uppföljning": "follows",
    "follow": "follows",
}
"""What a link is called in a command; else the cases are only related."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:link")(listeners.for_modal(on_link))
    app.view(link.ID)(listeners.for_change(on_submitted))
    app.action("case:unlink")(listeners.for_change(on_unlinked))


async def on_link(context: SlackContext) -> None:
    found = await find_case(context, context.request.target.case_id)
    await _open_form(context, found, form_origin(context))


async def open_from_command(context: SlackContext, found: FoundCase, text: str) -> None:
    """/arende koppla 123 456, or koppla 123 dubblett av 456: the dialog with the other number and the kind."""
    found_numbers = list(find_numbers(text, local_day(context.deps.service.clock())))
    number = found_numbers[0][0] if len(found_numbers) == 1 and found_numbers[0][1] else text
    kind = next(
        (kind for word, kind in KIND_WORDS.items() if fold(word) in fold(text[:60])), OFFERED_KINDS[0]
    )
    await _open_form(context, found, {}, (number, kind))


async def _open_form(
    context: SlackContext,
    found: FoundCase,
    origin: Mapping[str, Any],
    typed: tuple[str, LinkKind] = ("", OFFERED_KINDS[0]),
) -> None:
    found.require_in_slack().require_action("link")
    statuses = duplicate_statuses(found.case, context.officer, found.service)
    number, kind = typed
    form = link.LinkForm(found.view, found.service, statuses, number[:60], kind)
    await context.responder.open_view(link.link_form(form, found.catalog, origin, context.words))


async def on_submitted(context: SlackContext) -> None:
    """Link the cases; a number that is no case of the officer's is said at its field."""
    filled = link.read(context.request.form)
    number = parse_only_number(filled.number, local_day(context.deps.service.clock()))
    other = await _find_other(context, number) if number is not None else None
    found = (await find_case(context, filled.case_id)).require_in_slack()
    if number is None:
        await context.responder.show_field_errors({"number": context.words("no.link.number")})
        return
    if other is None:
        await context.responder.show_field_errors(
            {"number": context.words("no.link.unknown", number=filled.number[:60])}
        )
        return
    await context.performer.perform_both(
        link_both(found.case.id, other.case.id, filled.kind, filled.closing_status)
    )
    origin, closed_as = stored_form_origin(context), _closed_as(context, found, filled)
    view = link.linked(found.case, other.case, origin, context.words, closed_as)
    await context.responder.replace_view(view)
    context.performer.run_after_ack(refresh.refresh_parent_view(context))


def _closed_as(context: SlackContext, found: FoundCase, filled: link.FilledLink) -> str:
    """The name of the status that the case, as it was before, got as a duplicate; "" where it got none."""
    is_closed = filled.kind == "duplicate_of" and filled.closing_status and found.case.closed_at is None
    return status_name(found.service, filled.closing_status, context.words) if is_closed else ""


async def _find_other(context: SlackContext, number: str) -> FoundCase | None:
    """The case with that number; None where the officer may see none."""
    officer = context.officer
    other_id = await context.deps.service.database.read(
        lambda tx: officer_queries.find_case_by_number(tx, officer, number)
    )
    return await find_case(context, other_id) if other_id is not None else None


async def on_unlinked(context: SlackContext) -> None:
    """Remove the link, in the dialog or as undoing; the case's modal below it is drawn anew."""
    choice = decode(context.request.value, MenuChoice)
    found = await find_case(context, choice.case_id)
    await context.performer.perform_both(unlink_visible(found.view, choice.action))
    text = _describe_unlinked(context, found, await find_case(context, choice.case_id))
    if not context.request.is_in_view:
        await context.responder.respond_privately(private_message(text))
        return
    view = link.unlinked(text, stored_form_origin(context), context.words)
    context.performer.run_after_ack(context.responder.update_view_by_id(context.request.view.id, view))
    context.performer.run_after_ack(refresh.refresh_parent_view(context))


def _describe_unlinked(context: SlackContext, before: FoundCase, after: FoundCase) -> str:
    """That the link is removed, and which status a case has again that it had closed as a duplicate."""
    if before.case.closed_at is None or after.case.closed_at is not None:
        return context.words("ok.unlinked")
    status = status_name(after.service, after.case.status, context.words)
    return context.words("ok.unlinked.reopened", number=after.case.number, status=status)
