"""Flash messages, shown once on a page after an action: passed in a cookie, never in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response

from bot.portal.page_context import PageContext
from bot.portal.signing import sign, unsign
from bot.service import CommandResult

FLASH_COOKIE = "nyss"
FLASH_SECONDS = 60
"""How long the message is valid."""


class SignedIn(Protocol):
    """A request of a signed-in officer or applicant; `session` is the id of their session."""

    @property
    def page(self) -> PageContext: ...

    @property
    def session(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Flash:
    """`done` is the last part of a text key, as in `page.officer.ok.noted`; `alert` a sentence why it was refused.

    `about` is the id of the part of the page at which it is shown; empty for the top of the page.
    """

    done: str = ""
    alert: str = ""
    about: str = ""


NOTHING = Flash()


def change_flash(result: CommandResult, done: str) -> Flash:
    """`done`, where the command has changed something now or at an earlier sending of the same form."""
    return Flash(done if result.events else "unchanged")


def redirect_with(context: SignedIn, address: str, shown_on: str, flash: Flash) -> Response:
    """Redirect with the message, which is shown on the page of that name, or of the case or list with that id."""
    page = context.page
    response = page.redirect(address)
    value = [shown_on, context.session, int(page.now.timestamp()), flash.done, flash.alert, flash.about]
    page.set_cookie(response, FLASH_COOKIE, sign(page.deps.keys, "flash", value), FLASH_SECONDS)
    return response


def read_flash(context: SignedIn, shown_on: str) -> Flash:
    """The message for the page, if it is for this session and page (`redirect_with`); else an empty one."""
    page = context.page
    match unsign(page.deps.keys, "flash", page.cookie(FLASH_COOKIE)):
        case [str(place), str(session), int(at), str(done), str(alert), str(about)] if (place, session) == (
            shown_on,
            context.session,
        ):
            return Flash(done, alert, about) if page.now.timestamp() - at <= FLASH_SECONDS else NOTHING
    return NOTHING


def clear_flash(context: SignedIn, response: Response, shown: Flash) -> None:
    """Remove the message after it is shown; one for another page is kept until that is shown."""
    if shown != NOTHING:
        context.page.delete_cookie(response, FLASH_COOKIE)
