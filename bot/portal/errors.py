"""Error pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from bot.domain.rules import Refused, TextTooLong
from bot.portal.page_context import PageContext
from bot.text import Words

KNOWN_STATUSES = (400, 403, 404, 405, 409, 413, 429, 500, 503, 507)


class EarlyResponse(Exception):
    """The page cannot be shown; `response` is sent instead."""

    def __init__(self, response: Response) -> None:
        super().__init__(type(self).__name__)
        self.response = response


@dataclass(frozen=True, slots=True)
class UnsavedTexts:
    """What was typed in a form that was not saved: its texts, in order, and the names of the files sent with them."""

    texts: Sequence[str] = ()
    files: Sequence[str] = ()


NOTHING_UNSAVED = UnsavedTexts()


@dataclass(frozen=True, slots=True)
class OfficerFrame:
    """The frame of officers' pages: the officer where known, and the case to go back to (number or id, or empty).

    `unsaved` is what was typed in the form that the error answers.
    """

    me: str = ""
    case_ref: str = ""
    unsaved: UnsavedTexts = NOTHING_UNSAVED


def error_page(
    page: PageContext, status: int, ref: str = "", *, text: str = "", frame: OfficerFrame | None = None
) -> Response:
    """The page for a status; `text` is a refusal's sentence, `ref` the reference of the log line."""
    key = status if status in KNOWN_STATUSES else (500 if status >= 500 else 404)
    w = page.words
    where, heading = "", ""
    if frame is not None and key == 404:
        where = ".ended" if frame.unsaved.texts else ".officer"
        heading = ".ended" if frame.unsaved.texts else ""
    return page.render(
        "error.html" if frame is None else "officer/error.html",
        status,
        title=w(f"page.error.{key}.title{heading}"),
        text=text or w(f"page.error.{key}.text{where}"),
        ref=ref,
        contact=page.catalog.municipality.contact,
        frame=frame,
        unsaved=NOTHING_UNSAVED,
    )


def unsent_page(page: PageContext, status: int, unsaved: UnsavedTexts, text: str = "") -> Response:
    """The page for an applicant whose message cannot be taken, with what was typed in it.

    Status 429 where they have sent forms too often, and `text` says how long to wait; 404 where they have the case no
    more.
    """
    where = ".unsent" if status == 404 and unsaved.texts else ""
    return page.render(
        "error.html",
        status,
        title=page.words(f"page.error.{status}.title{where}"),
        text=text or page.words(f"page.error.{status}.text{where}"),
        ref="",
        contact=page.catalog.municipality.contact,
        unsaved=unsaved,
    )


def refusal_text(refusal: Refused, w: Words) -> str:
    """The sentence of a refusal, without Slack's advice to write a long text on the page."""
    return (
        w("page.toolong", n=refusal.facts["n"]) if isinstance(refusal, TextTooLong) else refusal.in_words(w)
    )


def route_path(request: Request) -> str:
    """The path of the request's route, without the values of its parameters."""
    return getattr(request.scope.get("route"), "path", "")
