"""Protected identity on the case page: why it is opened, and the mark itself."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.protection import REASON_LENGTH, ReasonNeeded, SetProtection
from bot.domain.rules import Refused, UnknownCase
from bot.domain.views import CaseView
from bot.portal.errors import error_page, why_not
from bot.portal.expired import still_typed
from bot.portal.limits import OFFICERS_TEXT, takes
from bot.portal.officer.acts import Filled
from bot.portal.officer.case_page import head
from bot.portal.officer.desk import AtDesk, Desk, signed_in
from bot.portal.officer.forms import submitted
from bot.portal.uploads import Values, read_form
from bot.portal.visit import Here, visit_of

router = APIRouter()


async def on_reason_needed(request: Request, error: Exception) -> Response:
    """A protected case is asked for before it is said why: that is asked first, and nothing of the case is shown.

    What was typed in a session that has ended meanwhile is kept in sight, to be sent when it has been said in this one.
    """
    assert isinstance(error, ReasonNeeded)
    desk = await signed_in(visit_of(request))
    if desk is None:
        return error_page(visit_of(request), 404)
    posted = getattr(request.state, "posted", None)
    if posted is not None:
        return still_typed(desk.visit, posted, "", officer=True)
    return _ask(desk, str(error.facts["number"]), Filled(), 200)


@router.post("/handlaggare/{ref}/anledning", dependencies=takes(OFFICERS_TEXT))
async def on_said_why(desk: AtDesk, ref: str) -> Response:
    posted = await read_form(desk.visit)
    case_id = await desk.case_id(ref)
    service = desk.visit.kit.service
    try:
        await service.give_reason(desk.officer, case_id, posted.one("reason"), session=desk.sitting)
    except UnknownCase:
        raise
    except Refused as no:
        said = {"reason": why_not(no, desk.visit.words)}
        return _ask(desk, ref, Filled(values=posted.values(), problems=said), 422)
    return desk.visit.go(f"/handlaggare/{ref}")


def _ask(desk: Desk, number: str, filled: Filled, status: int) -> Response:
    return desk.visit.page(
        "officer/reason.html",
        status,
        number=number,
        filled=filled,
        me=desk.officer.name,
        longest=REASON_LENGTH,
    )


@router.get("/handlaggare/{ref}/skydd")
async def on_opened_protection(desk: AtDesk, ref: str) -> Response:
    return _protection_page(desk, await desk.reveal(ref, ()), Filled())


@router.post("/handlaggare/{ref}/skydd", dependencies=takes(OFFICERS_TEXT))
async def on_set_protection(visit: Here, ref: str) -> Response:
    form = await submitted(visit, ref, "protection", ())
    desk, view, posted = form.desk, form.view, form.posted
    values = posted.values()
    if form.nonce is None:
        late = Filled(values=values, alert=desk.visit.words("page.form.late"))
        return _protection_page(desk, view, late, 409)
    protected = posted.one("protected") == "yes"
    command = SetProtection(case_id=view.case.id, protected=protected, reason=posted.one("reason"))
    try:
        await desk.visit.kit.service.perform(command, desk.officer, once=f"page:protection:{form.nonce}")
    except Refused as no:
        problems = {"reason": why_not(no, desk.visit.words)}
        return _protection_page(desk, view, Filled(values=Values(values), problems=problems), 422)
    still = not protected or desk.officer.sees_protected_of(view.case.service)
    if still:
        return desk.visit.go(f"/handlaggare/{ref}?ok={'protected' if protected else 'unprotected'}")
    w = desk.visit.words
    said = f"{w('page.officer.ok.protected')} {w('page.protection.away', names=w.list(_named(desk, view)))}"
    return desk.visit.page("officer/away.html", number=view.case.number, said=said, me=desk.officer.name)


def _named(desk: Desk, view: CaseView) -> list[str]:
    """Who may work with the case when it is marked."""
    service, catalog = desk.service_of(view), desk.visit.catalog
    keys = service.protected_officers if service is not None else ()
    return [officer.name for key in keys if (officer := catalog.officer(key)) is not None]


def _protection_page(desk: Desk, view: CaseView, filled: Filled, status: int = 200) -> Response:
    return desk.visit.page(
        "officer/protection.html",
        status,
        **head(desk, view),
        filled=filled,
        named=_named(desk, view),
        stays=desk.officer.sees_protected_of(view.case.service),
        longest=REASON_LENGTH,
        key=desk.key("protection", view.case.id),
    )
