"""Common parts of the forms of the case page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.views import CaseView
from bot.portal.errors import EarlyResponse
from bot.portal.forms.retained_uploads import RetainedFile, sign_files
from bot.portal.forms.session_expired import session_expired_page, was_given
from bot.portal.forms.uploads import PostedForm, read_form
from bot.portal.officer.officer_context import OfficerContext, load_context, sign_in_address
from bot.portal.page_context import PageContext
from bot.store.cases.officer_queries import CasePart

FILES_FIELD = "files"


@dataclass(frozen=True)
class OfficerForm:
    """A posted form of an officer's; `nonce` is None where its key is no longer valid."""

    context: OfficerContext
    view: CaseView
    posted: PostedForm
    nonce: str | None


async def read_officer_form(
    page: PageContext, ref: str, form: str, parts: Collection[CasePart]
) -> OfficerForm:
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


def renew_key(
    context: OfficerContext, view: CaseView, form: str, retained: Sequence[RetainedFile]
) -> tuple[str, list[RetainedFile]]:
    """A new key for a form whose key is used, and its files bound to the new one."""
    key = context.create_form_key(form, view.case.id)
    nonce = context.verify_form_key(form, view.case.id, key) or ""
    return key, sign_files(
        context.page, [retained_file.file for retained_file in retained], FILES_FIELD, nonce
    )
