"""Where officers are led after a form: to the case page with what was done, or away from the case."""

from __future__ import annotations

from starlette.responses import Response

from bot.portal.flash import Flash, redirect_with
from bot.portal.officer.officer_context import OfficerContext


def away_page(context: OfficerContext, number: str, text: str) -> Response:
    """The page for who may no longer see the case, by what they have just done. It is the page of no case."""
    me = context.officer.name
    return context.page.render("officer/away.html", page_path="/handlaggare", number=number, said=text, me=me)


def redirect_to_case(context: OfficerContext, case_id: str, number: str, flash: Flash) -> Response:
    """Redirect to the case page with the message."""
    part = "#noteringar" if flash.done == "noted" else ""
    return redirect_with(context, f"/handlaggare/{number}{part}", case_id, flash)
