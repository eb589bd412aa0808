"""The applicant's actions in a case: answering, adding information, confirming receipt."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.decision_request import RequestDecision
from bot.domain.messages.correspondence import (
    AddInformation,
    ConfirmReceipt,
    ReceiveMessage,
    may_add_information,
)
from bot.domain.rules import Refused, SentBefore
from bot.domain.submission import FileRef
from bot.portal.applicant.applicant_context import (
    ApplicantCase,
    ApplicantContext,
    SignedInApplicant,
    load_case,
    load_context,
)
from bot.portal.applicant.case import AnswerForm, answer_key_binding, case_page
from bot.portal.applicant.case_redirect import Done, redirect_to_case
from bot.portal.errors import refusal_text
from bot.portal.forms.idempotency_keys import make_answer_key, make_decision_request_key
from bot.portal.forms.limits import APPLICANTS_BUTTON, APPLICANTS_TEXT
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.forms.retained_uploads import collect_files, late_refusal, refusal_texts, sign_files
from bot.portal.forms.session_expired import session_expired_page, was_given
from bot.portal.page_context import CurrentPage
from bot.portal.signing import create_form_key, verify_form_key
from bot.web.post_limits import limited_by

router = APIRouter()

FILES_FIELD = "files"


@router.post("/mina-sidor/arende/{case_id}", dependencies=limited_by(APPLICANTS_TEXT))
async def on_sent_answer(page: CurrentPage, case_id: str) -> Response:
    context = await load_context(page)
    if context is None:
        posted = await read_form(page, lambda key: was_given(page, key, ["answer", case_id]))
        return session_expired_page(page, posted, f"/mina-sidor/arende/{case_id}")
    my, bound_to = await load_case(context, case_id), answer_key_binding(context, case_id)
    posted = await read_form(page, lambda key: verify_form_key(page.deps.keys, bound_to, key, page.now))
    return await _answer(context, my, posted)


async def _answer(context: ApplicantContext, applicant_case: ApplicantCase, posted: PostedForm) -> Response:
    page, case_id = context.page, applicant_case.view.case.id
    nonce = verify_form_key(page.deps.keys, answer_key_binding(context, case_id), posted.get("key"), page.now)
    retained = await collect_files(page, posted, FILES_FIELD, nonce) if nonce else []
    refusals_ = refusal_texts(page, posted.refused_files(FILES_FIELD))
    expired = [] if nonce else [late_refusal(page, posted)]
    form_key = posted.get("key") if nonce else ""
    typed = AnswerForm(
        posted.get("text"), posted.get("kind") or "add", expired, retained, form_key, refusals_
    )
    if refusals_ or expired or posted.get("do").startswith(("remove_file:", "lang")):
        return case_page(context, applicant_case, typed)
    files = tuple(one.file for one in retained)
    command = _command(applicant_case, typed, files)
    try:
        key = make_answer_key(page.deps.keys, nonce, posted)
        result = await page.deps.service.perform(command, context.applicant, idempotency_key=key)
    except Refused as refusal:
        is_other = isinstance(refusal, SentBefore)
        problem = page.words("page.case.resent") if is_other else refusal_text(refusal, page.words)
        again = _form_again(context, case_id, typed, problem)
        return case_page(context, await load_case(context, case_id), again)
    done: Done = "added" if isinstance(command, AddInformation) else "sent"
    return redirect_to_case(context, case_id, done, result.ids.get("message_id", ""))


def _form_again(context: ApplicantContext, case_id: str, typed: AnswerForm, problem: str) -> AnswerForm:
    """The form with what was typed and a new key: under the old one the outcome is stored."""
    page, binding = context.page, answer_key_binding(context, case_id)
    key = create_form_key(page.deps.keys, binding, page.now)
    nonce = verify_form_key(page.deps.keys, binding, key, page.now) or ""
    retained = sign_files(page, [file_.file for file_ in typed.retained], FILES_FIELD, nonce)
    return AnswerForm(typed.text, typed.kind, [problem], retained, key)


def _command(
    applicant_case: ApplicantCase, typed: AnswerForm, files: tuple[FileRef, ...]
) -> AddInformation | ReceiveMessage:
    """A message if it is marked as a question; else added information, where the status asks for it."""
    case = applicant_case.view.case
    is_information_requested = applicant_case.service is not None and may_add_information(
        case, applicant_case.service
    )
    if is_information_requested and typed.kind != "question":
        return AddInformation(case_id=case.id, text=typed.text, files=files)
    return ReceiveMessage(case_id=case.id, text=typed.text, files=files)


@router.post("/mina-sidor/arende/{case_id}/begar-avgorande", dependencies=limited_by(APPLICANTS_BUTTON))
async def on_requested_decision(context: SignedInApplicant, case_id: str) -> Response:
    page = context.page
    my = await load_case(context, case_id)
    posted = await read_form(page)
    bound_to = answer_key_binding(context, case_id)
    nonce = verify_form_key(page.deps.keys, bound_to, posted.get("key"), page.now)
    if nonce is None:
        return case_page(context, my, AnswerForm(problems=[late_refusal(page, posted)]))
    command = RequestDecision(case_id=case_id)
    try:
        await page.deps.service.perform(
            command, context.applicant, idempotency_key=make_decision_request_key(nonce)
        )
    except Refused:  # the page says how it stands: requested already, or decided meanwhile
        return page.redirect(f"/mina-sidor/arende/{case_id}")
    return redirect_to_case(context, case_id, "requested")


@router.post("/mina-sidor/arende/{case_id}/kvittera", dependencies=limited_by(APPLICANTS_BUTTON))
async def on_confirmed_receipt(context: SignedInApplicant, case_id: str) -> Response:
    page = context.page
    applicant_case = await load_case(context, case_id)
    posted = await read_form(page)
    bound_to = answer_key_binding(context, case_id)
    if verify_form_key(page.deps.keys, bound_to, posted.get("key"), page.now) is None:
        return case_page(context, applicant_case, AnswerForm(problems=[late_refusal(page, posted)]))
    command = ConfirmReceipt(case_id=case_id, message_id=posted.get("message"))
    await page.deps.service.perform(command, context.applicant)
    return redirect_to_case(context, case_id, "receipted")
