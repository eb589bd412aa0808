"""A form on the case page that performs one command, which has a reason: it is shown again until it is performed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from bot.domain.rules import Command, Refused
from bot.domain.views import CaseView
from bot.portal.errors import EarlyResponse, refusal_text
from bot.portal.forms.posted_form import PostedForm
from bot.portal.officer.forms import KEEP, FilledForm, keep_note, read_officer_form
from bot.portal.officer.officer_context import OfficerContext
from bot.portal.page_context import PageContext


@dataclass(frozen=True)
class ReasonForm:
    """The form: `name` is that of its keys, and `fields` says which field a refusal is about, if not the reason.

    `read` gives the command of a case's id and a posted form; `draw` the page, with a status code.
    """

    name: str
    read: Callable[[str, PostedForm], Command]
    draw: Callable[[OfficerContext, CaseView, FilledForm, int], Response]
    fields: tuple[tuple[type[Refused], str], ...] = ()


@dataclass(frozen=True)
class Performed:
    """The command that was performed, and by whom in which case, as it was before."""

    context: OfficerContext
    view: CaseView
    command: Command


async def perform_form(page: PageContext, ref: str, form: ReasonForm) -> Performed:
    """Perform the command of the posted form. Raises EarlyResponse where it is late, refused, or kept as a note."""
    posted_form = await read_officer_form(page, ref, form.name, ())
    context, view, posted = posted_form.context, posted_form.view, posted_form.posted
    values = posted.first_values()
    if posted_form.nonce is None:
        late = FilledForm(values=values, alert=page.words("page.form.late"))
        raise EarlyResponse(form.draw(context, view, late, 409))
    command = form.read(view.case.id, posted)
    try:
        if posted.get("do") == KEEP:
            raise EarlyResponse(await keep_note(posted_form))
        await page.deps.service.perform(
            command, context.officer, idempotency_key=posted_form.make_idempotency_key(form.name)
        )
    except Refused as refusal:
        fields = dict(form.fields)
        problems = {fields.get(type(one), "reason"): refusal_text(one, page.words) for one in refusal.parts}
        filled = FilledForm(values=values, problems=problems)
        raise EarlyResponse(form.draw(context, await context.reveal(ref, ()), filled, 422)) from refusal
    return Performed(context, view, command)
