"""Common parts of the forms of the case page, among them that the text of a refused change is kept as a note."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from bot.domain.case_actions import CaseAction, action_refusal, work_refusal
from bot.domain.notes import AddNote
from bot.domain.views import CaseView
from bot.portal.errors import EarlyResponse, refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.idempotency_keys import make_case_form_key
from bot.portal.forms.posted_form import FieldValues, PostedForm, read_form
from bot.portal.forms.retained_uploads import RetainedFile, sign_files
from bot.portal.forms.session_expired import session_expired_page, was_given
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.officer_context import OfficerContext, load_context, sign_in_address
from bot.portal.page_context import PageContext
from bot.service import IdempotencyKey
from bot.store.cases.officer_queries import CasePart

FILES_FIELD = "files"

REASON_FIELDS = ("note", "reason")
"""The fields for texts that go with a change, which can be kept as a note where the change is refused."""

KEEP = "note"
"""The value of the button that keeps them."""


@dataclass(frozen=True)
class FilledForm:
    """A form as it was filled in, with its errors: by field, or for the whole."""

    values: FieldValues = field(default_factory=FieldValues)
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    key: str = ""

    @property
    def may_keep_note(self) -> bool:
        """Whether a text was written beside a change that was not made."""
        return bool(self.alert or self.problems) and any(self.values[name].strip() for name in REASON_FIELDS)


@dataclass(frozen=True)
class OfficerForm:
    """A posted form of an officer's; `nonce` is None where its key is no longer valid."""

    context: OfficerContext
    view: CaseView
    posted: PostedForm
    nonce: str | None

    def make_idempotency_key(self, name: str) -> IdempotencyKey:
        """The idempotency key of what is done by the form, as it is filled in; its own key is valid."""
        return make_case_form_key(self.context.page.deps.keys, name, self.nonce, self.posted)


async def read_officer_form(
    page: PageContext, ref: str, form: str, parts: Collection[CasePart]
) -> OfficerForm:
    """`read_case_form` for a change. Raises also the refusal where nobody can work with the case now.

    That is answered by a page with what was typed.
    """
    posted_form = await read_case_form(page, ref, form, parts)
    refusal = work_refusal(posted_form.context.actions(posted_form.view))
    if refusal is not None:
        raise refusal
    return posted_form


async def read_case_form(page: PageContext, ref: str, form: str, parts: Collection[CasePart]) -> OfficerForm:
    """The form with the case and those `parts` of it that are shown again where the form is refused.

    Raises EarlyResponse with `session_expired_page` where the session has ended.
    """
    context = await load_context(page)
    if context is None:
        posted = await read_form(page, lambda key: was_given(page, key, [form]))
        raise EarlyResponse(session_expired_page(page, posted, sign_in_address(page), officer=True))
    case_id = await context.find_case_id(ref)
    posted = await read_form(page, lambda key: context.verify_form_key(form, case_id, key))
    view = await context.reveal(ref, parts)
    return OfficerForm(context, view, posted, context.verify_form_key(form, view.case.id, posted.get("key")))


async def reveal_for_form(
    context: OfficerContext, ref: str, parts: Collection[CasePart], *actions: CaseAction
) -> CaseView:
    """The case, for a form by which one of the actions is done.

    Raises EarlyResponse with a redirect to the case page, which says why the officer may do none of them now.
    """
    view = await context.reveal(ref, parts)
    refusals = [action_refusal(one, context.actions(view)) for one in actions]
    first = refusals[0]
    if first is None or None in refusals:
        return view
    flash = Flash(alert=refusal_text(first, context.page.words))
    raise EarlyResponse(redirect_to_case(context, view.case.id, view.case.number, flash))


def renew_key(
    context: OfficerContext, view: CaseView, form: str, retained: Sequence[RetainedFile]
) -> tuple[str, list[RetainedFile]]:
    """A new key for a form whose key is used, and its files bound to the new one."""
    key = context.create_form_key(form, view.case.id)
    nonce = context.verify_form_key(form, view.case.id, key) or ""
    return key, sign_files(
        context.page, [retained_file.file for retained_file in retained], FILES_FIELD, nonce
    )


async def keep_note(form: OfficerForm) -> Response:
    """Save the form's texts as a note, below each other, and return to the case. Raises Refused."""
    context, view = form.context, form.view
    texts = (form.posted.get(name).strip() for name in REASON_FIELDS)
    command = AddNote(case_id=view.case.id, text="\n\n".join(text for text in texts if text))
    service = context.page.deps.service
    await service.perform(command, context.officer, idempotency_key=form.make_idempotency_key("kept-note"))
    return redirect_to_case(context, view.case.id, view.case.number, Flash("noted"))
