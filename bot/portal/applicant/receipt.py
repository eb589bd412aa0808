"""The receipt: what was sent in, for whoever holds its key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.definition import Definition
from bot.domain.rendering import rendered
from bot.domain.views import CaseView
from bot.portal.signing import sign, unsign
from bot.portal.visit import Here, Visit
from bot.store.cases import applicant_queries
from bot.text import Words

router = APIRouter()

SHOWN_FOR = timedelta(hours=24)
"""How long the receipt shows what was sent: its address stays behind in browsers, also in borrowed ones."""


def receipt_path(visit: Visit, case_id: str) -> str:
    """The address of a case's receipt; nobody can guess it, and the same case has the same."""
    return f"/kvitto/{sign(visit.kit.keys, 'receipt', case_id)}"


@router.get("/kvitto/{key}")
async def on_opened_receipt(visit: Here, key: str, igen: str = "") -> Response:
    case_id = unsign(visit.kit.keys, "receipt", key)
    view = await _view(visit, case_id) if isinstance(case_id, str) else None
    if view is None:
        raise HTTPException(404)
    service = visit.catalog.service(view.case.service)
    fresh = visit.now - view.case.received_at < SHOWN_FOR
    return visit.page(
        "receipt.html",
        case=view.case,
        service=service,
        name=view.definition.name.in_(visit.language),
        rows=answer_rows(view.definition, view.answers, visit.words) if fresh else [],
        people=view.people if fresh else (),
        fresh=fresh,
        again=bool(igen),
        mailed=any(person.email for person in view.people),
        follows=service is not None and service.applicant_follows and service.login != "none",
    )


async def _view(visit: Visit, case_id: str) -> CaseView | None:
    return await visit.kit.service.database.read(lambda tx: applicant_queries.as_submitted(tx, case_id))


def answer_rows(definition: Definition, answers: dict[str, Any], w: Words) -> list[tuple[str, str]]:
    """Question and answer, in the form's order; what was not answered is left out."""
    return [
        (field.label.in_(w.language), said)
        for field in definition.fields
        if (said := rendered(field, answers.get(field.key), w))
    ]
