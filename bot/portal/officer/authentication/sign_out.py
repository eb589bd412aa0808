"""Sign-out of officers: here, and of the provider that they signed in by."""

from __future__ import annotations

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.portal import sessions
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.officer.authentication.login import OVERVIEW_PATH
from bot.portal.officer.authentication.openid import SIGNED_IN_COOKIE
from bot.portal.officer.officer_context import load_context
from bot.portal.page_context import CurrentPage
from bot.web.post_limits import limited_by

log = structlog.get_logger()
router = APIRouter()

SIGNED_OUT_PATH = f"{OVERVIEW_PATH}/utloggad"


@router.post("/handlaggare/ut", dependencies=limited_by(OFFICERS_BUTTON))
async def on_pressed_sign_out(page: CurrentPage) -> Response:
    signed_in_by_provider = page.deps.openid is not None and page.cookie(SIGNED_IN_COOKIE)
    response = page.redirect(SIGNED_OUT_PATH if signed_in_by_provider else OVERVIEW_PATH)
    await sessions.end(page, response, "officer")
    return response


@router.get(SIGNED_OUT_PATH)
async def on_signed_out(page: CurrentPage) -> Response:
    """Lead who signed in by the provider on to sign out there, and back.

    By a page, since browsers let no form lead to another site here (`form-action`).
    """
    if await load_context(page) is not None:
        return page.redirect(OVERVIEW_PATH)
    openid, url, is_down = page.deps.openid, "", False
    if openid is not None and page.cookie(SIGNED_IN_COOKIE):
        try:
            url = await openid.logout_url(page.deps.url(OVERVIEW_PATH))
        except (TemporaryFailure, PermanentFailure) as error:
            log.warning("openid_sign_out_failed", trouble=error.trouble)
            is_down = True
    response = page.render("officer/signed_out.html", url=url, is_down=is_down)
    page.delete_cookie(response, SIGNED_IN_COOKIE)
    return response
