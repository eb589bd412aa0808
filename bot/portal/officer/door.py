"""The officer's way in from Slack, and out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.actors import officer_of
from bot.portal import sessions
from bot.portal.limits import BUTTON, OFFICERS_BUTTON, takes
from bot.portal.officer.desk import AtDesk, signed_in
from bot.portal.visit import Here
from bot.store import Tx, doors
from bot.store.cases import system_queries
from bot.text.working_days import local_day

router = APIRouter()


@router.get("/handlaggare/in/{token}")
async def on_came_to_door(visit: Here, token: str) -> Response:
    """Only a button opens it: programs that look at links before people do would otherwise use the link up."""
    return visit.page("officer/door.html", token=token)


@router.post("/handlaggare/in/{token}", dependencies=takes(BUTTON))
async def on_opened_door(visit: Here, token: str) -> Response:
    hashed = visit.kit.keys.token_hash(token)

    def work(tx: Tx) -> tuple[str, str] | None:
        passed = doors.pass_door(tx, hashed, visit.now)
        if passed is None:
            return None
        officer, case_id = passed
        if officer_of(visit.catalog, officer, local_day(visit.now)) is None:
            return None
        number = system_queries.numbers_of(tx, [case_id]).get(case_id, case_id)
        return number, sessions.open_in(tx, visit, "officer", officer)

    passed = await visit.kit.service.database.write(work)
    if passed is None:
        return visit.page("officer/closed.html", 410, used=True)
    number, session = passed
    response = visit.go(f"/handlaggare/{number}")
    sessions.give(visit, response, "officer", session)
    return response


@router.get("/handlaggare")
async def on_opened_without_case(visit: Here) -> Response:
    desk = await signed_in(visit)
    here = desk.visit if desk else visit
    return here.page("officer/closed.html", 200 if desk else 401, used=False)


@router.post("/handlaggare/kvar", dependencies=takes(OFFICERS_BUTTON))
async def on_stays(desk: AtDesk) -> Response:
    """Looking up the session has said that it is used."""
    return Response(status_code=204)


@router.post("/handlaggare/ut", dependencies=takes(OFFICERS_BUTTON))
async def on_left(visit: Here) -> Response:
    response = visit.page("officer/closed.html", used=False)
    await sessions.close(visit, response, "officer")
    return response
