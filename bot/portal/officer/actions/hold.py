"""Gallringsstopp on the case page."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.parsing import typed_day
from bot.domain.retention import (
    HOLD_KINDS,
    HoldCase,
    HoldEndRequired,
    HoldKind,
    HoldKindRequired,
    ReleaseHold,
    hold_texts,
    is_held,
)
from bot.domain.rules import Command
from bot.domain.views import CaseView
from bot.portal.flash import Flash
from bot.portal.forms.limits import OFFICERS_TEXT
from bot.portal.forms.posted_form import PostedForm
from bot.portal.officer.actions.reason_form import ReasonForm, perform_form
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import FilledForm, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare/{ref}/gallringsstopp")
async def on_opened_hold(context: SignedInOfficer, ref: str) -> Response:
    view = await reveal_for_form(context, ref, (), "hold", "unhold")
    return _hold_page(context, view, FilledForm())


@router.post("/handlaggare/{ref}/gallringsstopp", dependencies=limited_by(OFFICERS_TEXT))
async def on_set_hold(page: CurrentPage, ref: str) -> Response:
    """Put the case on hold, or end its hold."""
    performed = await perform_form(page, ref, _FORM)
    done = "unheld" if isinstance(performed.command, ReleaseHold) else "held"
    return redirect_to_case(performed.context, performed.view.case.id, ref, Flash(done))


def _read(case_id: str, posted: PostedForm) -> Command:
    if posted.get("do") == "release":
        return ReleaseHold(case_id=case_id)
    kind, day = posted.get("hold"), typed_day(posted.get("until"))
    hold: HoldKind | Literal[""] = next((one for one in HOLD_KINDS if one == kind), "")
    return HoldCase(case_id=case_id, hold=hold, until=day, reason=posted.get("reason"))


def _hold_page(context: OfficerContext, view: CaseView, filled: FilledForm, status: int = 200) -> Response:
    service = context.find_service(view)
    about, afterwards = hold_texts(service.retention if service is not None else None)
    return context.page.render(
        "officer/hold.html",
        status,
        **case_header(context, view),
        filled=filled,
        kinds=HOLD_KINDS,
        about=context.page.words(about),
        afterwards=context.page.words(afterwards),
        is_held=is_held(view.case, local_day(context.page.now)),
        key=context.create_form_key("hold", view.case.id),
    )


_FORM = ReasonForm("hold", _read, _hold_page, fields=((HoldKindRequired, "hold"), (HoldEndRequired, "until")))
