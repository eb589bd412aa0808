"""The receipt: what was sent in, for whoever holds its key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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

DETAILS_PERIOD = timedelta(hours=24)
"""How long the receipt shows what was sent: its address stays behind in browsers, also in borrowed ones."""


def receipt_path(page: PageContext, case_id: str) -> str:
    """The address of a case's receipt; nobody can guess it, and the same case has the same."""
    return f"/kvitto/{sign(page.deps.keys, 'receipt', case_id)}"


@router.get("/kvitto/{key}")
async def on_opened_receipt(page: CurrentPage, key: str, igen: str = "") -> Response:
    case_id = unsign(page.deps.keys, "receipt", key)
    view = await _load_submission(page, case_id) if isinstance(case_id, str) else None
    if view is None:
        raise HTTPException(404)
    service = page.catalog.service(view.case.service)
    is_recent = page.now - view.case.received_at < DETAILS_PERIOD
    return page.render(
        "receipt.html",
        case=view.case,
        service=service,
        name=view.definition.name.in_(page.language),
        rows=answer_rows(view.definition, view.answers, page.words) if is_recent else [],
        people=view.people if is_recent else (),
        fresh=is_recent,
        again=bool(igen),
        mailed=any(person.email for person in view.people),
        follows=service is not None and service.applicant_follows and service.login != "none",
    )


async def _load_submission(page: PageContext, case_id: str) -> CaseView | None:
    return await page.deps.service.database.read(lambda tx: applicant_queries.load_submission(tx, case_id))


def answer_rows(definition: Definition, answers: dict[str, Any], w: Words) -> list[tuple[str, str]]:
    """Question and answer, in the form's order; what was not answered is left out."""
    return [
        (field.label.in_(w.language), answer)
        for field in definition.fields
        if (answer := format_answer(field, answers.get(field.key), w))
    ]
