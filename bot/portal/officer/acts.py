"""What an officer does on the case page, but for writing to the applicant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.assignment import AlreadyTaken, ReleaseCase, TakeCase
from bot.domain.correspondence import UndoMessage
from bot.domain.rules import ChangedMeanwhile, Command, Refused
from bot.domain.status import SetStatus, targets
from bot.domain.views import CaseView
from bot.portal.errors import why_not
from bot.portal.limits import OFFICERS_BUTTON, OFFICERS_TEXT, takes
from bot.portal.officer.case_page import case_page, head
from bot.portal.officer.desk import AtDesk, Desk
from bot.portal.officer.forms import submitted
from bot.portal.uploads import Posted, Values, read_form
from bot.portal.visit import Here
from bot.store.cases.officer_queries import ALL_PARTS

router = APIRouter()


@dataclass(frozen=True)
class Filled:
    """A form as it was filled in, with what was wrong: by field, or with the whole."""

    values: Values = field(default_factory=Values)
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    key: str = ""


@router.post("/handlaggare/{ref}/ta", dependencies=takes(OFFICERS_BUTTON))
async def on_took(desk: AtDesk, ref: str) -> Response:
    posted = await read_form(desk.visit)
    mode = posted.one("mode")
    was = tuple(key for key in posted.one("was").split(",") if key)
    case_id = await desk.case_id(ref)
    command = TakeCase(
        case_id=case_id,
        mode="over" if mode == "over" else "together" if mode == "together" else "alone",
        was=was,
    )
    return await _do(desk, ref, command, posted, "taken")


@router.post("/handlaggare/{ref}/lamna", dependencies=takes(OFFICERS_BUTTON))
async def on_released(desk: AtDesk, ref: str) -> Response:
    posted = await read_form(desk.visit)
    return await _do(desk, ref, ReleaseCase(case_id=await desk.case_id(ref)), posted, "released")


@router.post("/handlaggare/{ref}/angra", dependencies=takes(OFFICERS_BUTTON))
async def on_undid(desk: AtDesk, ref: str) -> Response:
    posted = await read_form(desk.visit)
    command = UndoMessage(case_id=await desk.case_id(ref), message_id=posted.one("message"))
    return await _do(desk, ref, command, posted, "undone")


async def _do(desk: Desk, ref: str, command: Command, posted: Posted, ok: str) -> Response:
    assert command.case_id is not None
    nonce = desk.read_key("act", command.case_id, posted.one("key"))
    if nonce is None:
        said = desk.visit.words("page.form.late")
        return case_page(desk, await desk.reveal(ref, ALL_PARTS), alert=said, status=409)
    once = f"page:{type(command).__name__}:{nonce}:{posted.one('message')}"
    try:
        await desk.visit.kit.service.perform(command, desk.officer, once=once)
    except Refused as no:
        view = await desk.reveal(ref, ALL_PARTS)
        asks = isinstance(no, AlreadyTaken) or (isinstance(command, TakeCase) and view.case.officers)
        status = 409 if asks else 422
        return case_page(desk, view, alert=why_not(no, desk.visit.words), status=status)
    return desk.visit.go(f"/handlaggare/{ref}?ok={ok}")


@router.get("/handlaggare/{ref}/status")
async def on_opened_status(desk: AtDesk, ref: str) -> Response:
    view = await desk.reveal(ref, {"messages"})
    return _status_page(desk, view, Filled(values=Values(was=view.case.status)))


@router.post("/handlaggare/{ref}/status", dependencies=takes(OFFICERS_TEXT))
async def on_set_status(visit: Here, ref: str) -> Response:
    form = await submitted(visit, ref, "status", {"messages"})
    desk, view, posted = form.desk, form.view, form.posted
    filled = Filled(values=posted.values(), key=posted.one("key") if form.nonce else "")
    if form.nonce is None:
        return _status_page(desk, view, _with(filled, alert=desk.visit.words("page.form.late")), 409)
    if not posted.one("status"):
        return _status_page(
            desk, view, _with(filled, problem=("status", desk.visit.words("page.status.choose"))), 422
        )
    command = SetStatus(
        case_id=view.case.id,
        status=posted.one("status"),
        was=posted.one("was"),
        message=posted.one("message"),
        note=posted.one("note"),
        reason=posted.one("reason"),
    )
    try:
        await desk.visit.kit.service.perform(command, desk.officer, once=f"page:status:{form.nonce}")
    except Refused as no:
        view = await desk.reveal(ref, {"messages"})
        return _status_page(desk, view, _refused(desk, filled, no, view), 409)
    return desk.visit.go(f"/handlaggare/{ref}?ok=status")


def _refused(desk: Desk, filled: Filled, no: Refused, view: CaseView) -> Filled:
    """Filled in as it was, with a fresh key; when the status changed meanwhile, with the one that is now."""
    w = desk.visit.words
    values = Values(filled.values)
    said = why_not(no, w)
    if isinstance(no, ChangedMeanwhile):
        values["was"] = view.case.status
        said = f"{said} {w('page.kept')}"
    places = {"no.needsmessage": "message", "no.needsnote": "note", "no.needsreason": "reason"}
    place = places.get(no.key)
    return Filled(values=values, problems={place: said} if place else {}, alert="" if place else said)


def _with(filled: Filled, *, alert: str = "", problem: tuple[str, str] | None = None) -> Filled:
    return Filled(filled.values, dict([problem]) if problem else {}, alert, filled.key)


def _status_page(desk: Desk, view: CaseView, filled: Filled, status: int = 200) -> Response:
    service = desk.service_of(view)
    return desk.visit.page(
        "officer/status.html",
        status,
        **head(desk, view),
        targets=targets(view.case, desk.officer, service) if service else [],
        filled=filled,
        key=filled.key or desk.key("status", view.case.id),
    )
