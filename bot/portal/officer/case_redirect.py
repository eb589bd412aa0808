"""Redirects of officers to the case page, with what was done."""

from __future__ import annotations

from starlette.responses import Response

from bot.portal.flash import Flash, redirect_with
from bot.portal.officer.officer_context import OfficerContext


def redirect_to_case(context: OfficerContext, case_id: str, number: str, flash: Flash) -> Response:
    """Redirect to the case page with the message."""
    part = "#noteringar" if flash.done == "noted" else ""
    return redirect_with(context, f"/handlaggare/{number}{part}", case_id, flash)
