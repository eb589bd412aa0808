"""What the applicant sent in a case, as a PDF of the same kind as officers' summaries."""

from __future__ import annotations

import structlog
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.clients.pdf.typesetter import TypesettingBusy, TypesettingFailed
from bot.domain.documents import list_documents
from bot.domain.summary import SummaryContext, create_sent_summary
from bot.portal.applicant.applicant_context import SignedInApplicant, load_case
from bot.portal.download import attachment
from bot.portal.errors import error_page
from bot.portal.forms.limits import APPLICANTS_BUTTON
from bot.store.log import history
from bot.web.post_limits import limited_by

router = APIRouter()
log = structlog.get_logger()


@router.post("/mina-sidor/arende/{case_id}/pdf", dependencies=limited_by(APPLICANTS_BUTTON))
async def on_fetched_sent(context: SignedInApplicant, case_id: str) -> Response:
    """The answers as they were submitted, and what applicants have written since. Changes nothing."""
    page, found = context.page, await load_case(context, case_id)
    limit = page.deps.pdf_limiter.acquire(context.subject, page.now)
    if not limit.is_allowed:
        raise HTTPException(429, headers={"retry-after": str(limit.wait_minutes * 60)})
    lines = await page.deps.service.database.read(lambda tx: history.read(tx, case_id))
    facts = SummaryContext(page.catalog, page.words, list_documents(lines), "", page.now)
    summary = create_sent_summary(found.view, facts)
    try:
        pdf = await page.deps.typesetter.typeset(summary.as_document())
    except (TypesettingFailed, TypesettingBusy) as error:
        log.warning("not_typeset", case=found.view.case.number, kind=type(error).__name__)
        if isinstance(error, TypesettingFailed):  # trying again would not help
            return error_page(page, 500, text=page.words("summary.sent.failed"))
        raise HTTPException(503, headers={"retry-after": "60"}) from None
    name = page.words("summary.sent.filename", number=found.view.case.number)
    return attachment(iter([pdf]), name, "application/pdf", len(pdf))
