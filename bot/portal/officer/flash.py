"""Flash messages, shown once on a page after an action: passed in a cookie, never in the address."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from bot.portal.officer.officer_context import OfficerContext
from bot.portal.signing import sign, unsign

FLASH_COOKIE = "handlaggare-nyss"
FLASH_SECONDS = 60
"""How long the message is valid."""


@dataclass(frozen=True, slots=True)
class Flash:
    """`done` is the last part of a text key, as in `page.officer.ok.noted`; `alert` a sentence why it was refused."""

    done: str = ""
    alert: str = ""


NOTHING = Flash()


def redirect_to_case(context: OfficerContext, case_id: str, number: str, flash: Flash) -> Response:
    """Redirect to the case page with the message."""
    part = "#noteringar" if flash.done == "noted" else ""
    return redirect_with(context, f"/handlaggare/{number}{part}", case_id, flash)


def redirect_with(context: OfficerContext, address: str, shown_on: str, flash: Flash) -> Response:
    """Redirect with the message, which is shown on the page of that name, or of the case with that id."""
    page = context.page
    response = page.redirect(address)
    value = [shown_on, context.session, int(page.now.timestamp()), flash.done, flash.alert]
    page.set_cookie(response, FLASH_COOKIE, sign(page.deps.keys, "flash", value), FLASH_SECONDS)
    return response


def read_flash(context: OfficerContext, shown_on: str) -> Flash:
    """The message for the page, if it is for this officer and page (`redirect_with`); else an empty one."""
    page = context.page
    match unsign(page.deps.keys, "flash", page.cookie(FLASH_COOKIE)):
        case [str(place), str(session), int(at), str(done), str(alert)] if (place, session) == (
            shown_on,
            context.session,
        ):
            return Flash(done, alert) if page.now.timestamp() - at <= FLASH_SECONDS else NOTHING
    return NOTHING


def clear_flash(context: OfficerContext, response: Response) -> None:
    """Remove the message after it is shown."""
    context.page.delete_cookie(response, FLASH_COOKIE)
