"""What was written beside a change that was not made: it can be kept as a note of its own."""

from __future__ import annotations

from starlette.responses import Response

from bot.domain.notes import AddNote
from bot.domain.views import CaseView
from bot.portal.forms.uploads import PostedForm
from bot.portal.officer.flash import Flash, redirect_to_case
from bot.portal.officer.officer_context import OfficerContext

KEEP = "note"
"""The value of the button that keeps it."""

TEXT_FIELDS = ("note", "reason")
"""The fields for texts that go with a change."""


async def keep_note(context: OfficerContext, view: CaseView, posted: PostedForm, nonce: str) -> Response:
    """Save the form's texts as a note, below each other, and return to the case. Raises Refused."""
    texts = (posted.get(name).strip() for name in TEXT_FIELDS)
    command = AddNote(case_id=view.case.id, text="\n\n".join(text for text in texts if text))
    service = context.page.deps.service
    await service.perform(command, context.officer, idempotency_key=f"page:kept-note:{nonce}")
    return redirect_to_case(context, view.case.id, view.case.number, Flash("noted"))
