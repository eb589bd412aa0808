"""The signed-in applicant on Mina sidor, and their cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException

from bot.catalog.services import EService
from bot.domain.actors import Applicant
from bot.domain.views import ApplicantCaseView, HistoryLine
from bot.portal import sessions
from bot.portal.errors import EarlyResponse
from bot.portal.page_context import CurrentPage, PageContext
from bot.store import Tx
from bot.store.cases import applicant_queries


@dataclass(frozen=True)
class ApplicantContext:
    """A request of a signed-in applicant: `subject` is their mailbox's key, `session` the id of their session."""

    page: PageContext
    applicant: Applicant
    subject: str
    session: str


@dataclass(frozen=True)
class ApplicantCase:
    """One of the applicant's cases, for its page."""

    view: ApplicantCaseView
    status_steps: list[HistoryLine]
    service: EService | None


async def load_context(page: PageContext) -> ApplicantContext | None:
    session = await sessions.load(page, "applicant")
    if session is None:
        return None
    ids = await page.deps.service.database.read(
        lambda tx: applicant_queries.find_applicant_ids(tx, session.subject)
    )
    applicant = Applicant(ids=ids, mailbox=session.subject)
    return ApplicantContext(page, applicant, session.subject, session.id)


async def _require_sign_in(page: CurrentPage) -> ApplicantContext:
    context = await load_context(page)
    if context is None:
        raise EarlyResponse(page.redirect(f"/mina-sidor/logga-in?till={page.request.url.path}"))
    return context


SignedInApplicant = Annotated[ApplicantContext, Depends(_require_sign_in)]


def may_follow(service: EService | None) -> bool:
    """Whether the applicant may see the case: unless its e-service says otherwise; also without an e-service."""
    return service is None or (service.applicant_follows and service.login != "none")


async def load_case(context: ApplicantContext, case_id: str) -> ApplicantCase:
    """The case. Status 404 for somebody else's, for one that may not be followed, and for none."""

    def load(tx: Tx) -> tuple[ApplicantCaseView | None, list[HistoryLine]]:
        view = applicant_queries.load_applicant_case(tx, context.applicant, case_id, context.page.now)
        return view, applicant_queries.load_status_steps(tx, context.applicant, case_id, context.page.now)

    view, steps = await context.page.deps.service.database.read(load)
    service = context.page.catalog.service(view.case.service) if view else None
    if view is None or not may_follow(service):
        raise HTTPException(404)
    context.page.set_service(service)
    return ApplicantCase(view, steps, service)
