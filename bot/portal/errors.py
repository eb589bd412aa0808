"""What a person reads when something is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from bot.domain.rules import Refused, TextTooLong
from bot.portal.page_context import PageContext
from bot.text import Words

KNOWN_STATUSES = (400, 403, 404, 405, 409, 413, 429, 500, 503, 507)


class EarlyResponse(Exception):
    """The page cannot be shown; the answer is another one."""

    def __init__(self, response: Response) -> None:
        super().__init__(type(self).__name__)
        self.response = response


@dataclass(frozen=True, slots=True)
class OfficerFrame:
    """Whose page it is, where that is known, and the case to go back to: its number or id, else empty."""

    me: str = ""
    case_ref: str = ""


def error_page(
    page: PageContext, status: int, ref: str = "", *, text: str = "", frame: OfficerFrame | None = None
) -> Response:
    """A page in plain words for a status; `text` where a rule has said why, `ref` names the line in the log."""
    key = status if status in KNOWN_STATUSES else (500 if status >= 500 else 404)
    w = page.words
    where = ".officer" if frame is not None and key == 404 else ""
    return page.render(
        "error.html" if frame is None else "officer/error.html",
        status,
        title=w(f"page.error.{key}.title"),
        text=text or w(f"page.error.{key}.text{where}"),
        ref=ref,
        contact=page.catalog.municipality.contact,
        frame=frame,
    )


def refusal_text(refusal: Refused, w: Words) -> str:
    """A refusal in words; Slack's advice to write a long text on the page is of no use on the page."""
    return (
        w("page.toolong", n=refusal.facts["n"]) if isinstance(refusal, TextTooLong) else refusal.in_words(w)
    )


def route_path(request: Request) -> str:
    """The path as it was declared, without what was put into it."""
    return getattr(request.scope.get("route"), "path", "")
