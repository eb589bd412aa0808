"""Who is signed in on Mina sidor, and what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException

from bot.catalog.services import EService
from bot.domain.actors import Applicant
from bot.domain.views import ApplicantCaseView, HistoryLine
from bot.portal import sessions
from bot.portal.errors import Away
from bot.portal.visit import Here, Visit
from bot.store import Tx
from bot.store.cases import applicant_queries


@dataclass(frozen=True)
class Mine:
    """A visit by someone who has shown that they read a mailbox."""

    visit: Visit
    applicant: Applicant
    who: str


@dataclass(frozen=True)
class MyCase:
    """One of the applicant's cases, as its page needs it."""

    view: ApplicantCaseView
    steps: list[HistoryLine]
    service: EService | None


async def signed_in(visit: Visit) -> Mine | None:
    session = await sessions.session_of(visit, "applicant")
    if session is None:
        return None
    ids = await visit.kit.service.database.read(lambda tx: applicant_queries.applicant_ids(tx, session.who))
    return Mine(visit, Applicant(ids=ids, mailbox=session.who), session.who)


async def _mine(visit: Here) -> Mine:
    mine = await signed_in(visit)
    if mine is None:
        raise Away(visit.go(f"/mina-sidor/logga-in?till={visit.request.url.path}"))
    return mine


SignedIn = Annotated[Mine, Depends(_mine)]


def may_follow(service: EService | None) -> bool:
    """A case of an e-service that is gone can still be read; one whose sender does not follow it never is."""
    return service is None or (service.applicant_follows and service.login != "none")


async def my_case(mine: Mine, case_id: str) -> MyCase:
    """The case; 404 for somebody else's, for one that nobody follows and for none at all."""

    def work(tx: Tx) -> tuple[ApplicantCaseView | None, list[HistoryLine]]:
        view = applicant_queries.applicant_case(tx, mine.applicant, case_id, mine.visit.now)
        return view, applicant_queries.applicant_steps(tx, mine.applicant, case_id, mine.visit.now)

    view, steps = await mine.visit.kit.service.database.read(work)
    service = mine.visit.catalog.service(view.case.service) if view else None
    if view is None or not may_follow(service):
        raise HTTPException(404)
    return MyCase(view, steps, service)
