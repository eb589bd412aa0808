"""The officer's way in from Slack, and out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.actors import find_officer
from bot.portal import sessions
from bot.portal.limits import BUTTON, OFFICERS_BUTTON
from bot.portal.officer.officer_context import SignedInOfficer, load_context
from bot.portal.page_context import CurrentPage
from bot.store import Tx, authentication
from bot.store.cases import system_queries
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare/in/{token}")
async def on_opened_login_link(page: CurrentPage, token: str) -> Response:
    """Only a button opens it: programs that look at links before people do would otherwise use the link up."""
    return page.render("officer/login_link.html", token=token)


@router.post("/handlaggare/in/{token}", dependencies=limited_by(BUTTON))
async def on_used_login_link(page: CurrentPage, token: str) -> Response:
    hashed = page.deps.keys.hash_token(token)

    def consume(tx: Tx) -> tuple[str, str] | None:
        signed_in_ = authentication.consume_login_token(tx, hashed, page.now)
        if signed_in_ is None:
            return None
        officer, case_id = signed_in_
        if find_officer(page.catalog, officer, local_day(page.now)) is None:
            return None
        number = system_queries.load_numbers(tx, [case_id]).get(case_id, case_id)
        return number, sessions.create(tx, page, "officer", officer)

    signed_in_ = await page.deps.service.database.write(consume)
    if signed_in_ is None:
        return page.render("officer/closed.html", 410, used=True)
    number, session = signed_in_
    response = page.redirect(f"/handlaggare/{number}")
    sessions.set_cookie(page, response, "officer", session)
    return response


@router.get("/handlaggare")
async def on_opened_without_case(page: CurrentPage) -> Response:
    context = await load_context(page)
    shown_page = context.page if context else page
    return shown_page.render("officer/closed.html", 200 if context else 401, used=False)


@router.post("/handlaggare/kvar", dependencies=limited_by(OFFICERS_BUTTON))
async def on_extended_session(context: SignedInOfficer) -> Response:
    """Looking up the session has said that it is used."""
    return Response(status_code=204)


@router.post("/handlaggare/ut", dependencies=limited_by(OFFICERS_BUTTON))
async def on_signed_out(page: CurrentPage) -> Response:
    response = page.render("officer/closed.html", used=False)
    await sessions.end(page, response, "officer")
    return response
