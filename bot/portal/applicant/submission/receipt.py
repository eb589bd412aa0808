"""The receipt page: the case number for anyone with its address, and the submission for the submitting browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.definition import Definition
from bot.domain.answer_formatting import format_answer
from bot.domain.views import CaseView
from bot.portal.page_context import CurrentPage, PageContext
from bot.portal.signing import sign, unsign
from bot.store.cases import applicant_queries
from bot.text import Words

router = APIRouter()

DETAILS_PERIOD = timedelta(minutes=15)
"""How long the receipt shows the submission: enough to print it, and short since the computer may be shared."""

RECEIPT_COOKIE = "kvitto"

MAX_RECEIPTS = 6
"""Receipts that one browser is shown at the same time, the newest ones: a cookie holds 4 kB."""

Sent = Literal["now", "before"]
"""Whether the case was opened by this request, or by an earlier one with the same form."""


def redirect_to_receipt(page: PageContext, case_id: str, sent: Sent) -> Response:
    """Redirect to the case's receipt, whose address is secret, with a cookie that shows the submission.

    Receipts that the browser was shown before, in other windows, stay whole.
    """
    response = page.redirect(receipt_address(page, case_id))
    others = [one for one in _shown_receipts(page) if one[0] != case_id]
    value = sign(page.deps.keys, "receipts shown", [(case_id, sent), *others][:MAX_RECEIPTS])
    page.set_cookie(response, RECEIPT_COOKIE, value, max_age=int(DETAILS_PERIOD.total_seconds()))
    return response


def receipt_address(page: PageContext, case_id: str) -> str:
    """The address of the case's receipt, which shows its number to anyone who has it."""
    return f"/kvitto/{sign(page.deps.keys, 'receipt', case_id)}"


@router.get("/kvitto/{key}")
async def on_opened_receipt(page: CurrentPage, key: str) -> Response:
    case_id = unsign(page.deps.keys, "receipt", key)
    view = await load_submission(page, case_id) if isinstance(case_id, str) else None
    if view is None:
        raise HTTPException(404)
    service = page.catalog.service(view.case.service)
    is_discreet = service is None or service.strict or view.case.protected
    sent = _sent_by_this_browser(page, view.case.id)
    is_shown = not is_discreet and sent and page.now - view.case.received_at < DETAILS_PERIOD
    return page.render(
        "receipt.html",
        case=view.case,
        service=service,
        name="" if is_discreet else view.definition.name.in_(page.language),
        rows=answer_rows(view.definition, view.answers, page.words) if is_shown else [],
        people=view.people if is_shown else (),
        shown=is_shown,
        discreet=is_discreet,
        again=sent == "before",
        unconfirmed=bool(view.case.unconfirmed),
        mailed=any(person.email for person in view.people),
        follows=service is not None and service.applicant_follows and service.login != "none",
    )


def _sent_by_this_browser(page: PageContext, case_id: str) -> Sent | None:
    return dict(_shown_receipts(page)).get(case_id)


def _shown_receipts(page: PageContext) -> list[tuple[str, Sent]]:
    """(case, how it was sent) of what this browser has sent in, the newest first."""
    shown = unsign(page.deps.keys, "receipts shown", page.cookie(RECEIPT_COOKIE))
    return [(case_id, sent) for case_id, sent in shown or ()]


async def load_submission(page: PageContext, case_id: str) -> CaseView | None:
    """The case as submitted; None where there is no such case."""
    return await page.deps.service.database.read(lambda tx: applicant_queries.load_submission(tx, case_id))


def answer_rows(definition: Definition, answers: dict[str, Any], w: Words) -> list[tuple[str, str]]:
    """(question, answer) in the form's order, without unanswered questions."""
    return [
        (field.label.in_(w.language), answer)
        for field in definition.fields
        if (answer := format_answer(field, answers.get(field.key), w))
    ]
