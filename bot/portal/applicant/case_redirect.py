"""Redirects of applicants to the case page, with what was done."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from bot.portal.applicant.applicant_context import ApplicantContext
from bot.portal.flash import Flash, redirect_with

Done = Literal["sent", "added", "receipted", "confirmed", "requested"]
"""What was done: the last part of a text key, as in `page.ok.sent`."""


def redirect_to_case(context: ApplicantContext, case_id: str, done: Done, message_id: str = "") -> Response:
    """Redirect to the case page, at the message if there is one, with what was done shown there."""
    part = f"#m-{message_id}" if message_id else ""
    return redirect_with(
        context, f"/mina-sidor/arende/{case_id}{part}", case_id, Flash(done, about=message_id)
    )
