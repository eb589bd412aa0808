"""What a page of a case says once about what was just done: it comes with the answer, never with an address."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from bot.portal.officer.officer_context import OfficerContext
from bot.portal.signing import sign, unsign

FLASH_COOKIE = "handlaggare-nyss"
FLASH_SECONDS = 60
"""How long it may take until the page is asked for."""


@dataclass(frozen=True, slots=True)
class Flash:
    """`done` names what was done, as in `page.officer.ok.noted`; `alert` is why it was not, in words."""

    done: str = ""
    alert: str = ""


NOTHING = Flash()


def redirect_to_case(context: OfficerContext, case_id: str, number: str, flash: Flash) -> Response:
    """On to the case's page, which says it once."""
    page = context.page
    part = "#noteringar" if flash.done == "noted" else ""
    response = page.redirect(f"/handlaggare/{number}{part}")
    value = [case_id, context.session, int(page.now.timestamp()), flash.done, flash.alert]
    page.set_cookie(response, FLASH_COOKIE, sign(page.deps.keys, "flash", value), FLASH_SECONDS)
    return response


def read_flash(context: OfficerContext, case_id: str) -> Flash:
    """What is to be said on the case's page, to whom it was for."""
    page = context.page
    match unsign(page.deps.keys, "flash", page.cookie(FLASH_COOKIE)):
        case [str(case), str(session), int(at), str(done), str(alert)] if (case, session) == (
            case_id,
            context.session,
        ):
            return Flash(done, alert) if page.now.timestamp() - at <= FLASH_SECONDS else NOTHING
    return NOTHING


def clear_flash(context: OfficerContext, response: Response) -> None:
    """It has been said."""
    context.page.delete_cookie(response, FLASH_COOKIE)
