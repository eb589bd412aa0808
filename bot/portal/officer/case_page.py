"""The case page: everything there is to read of a case."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.case import Case
from bot.domain.rendering import rendered
from bot.domain.status import targets
from bot.domain.views import CaseView
from bot.portal.download import download
from bot.portal.officer.desk import AtDesk, Desk
from bot.portal.officer.history import actor_name, sentence
from bot.store.cases.officer_queries import ALL_PARTS
from bot.store.files import attachments

router = APIRouter()

MESSAGE_KINDS = ("information", "completion", "communication", "decision", "added")
OK = ("sent", "undone", "noted", "status", "taken", "released", "protected", "unprotected", "officers")


@router.get("/handlaggare/{ref}")
async def on_opened_case(desk: AtDesk, ref: str, ok: str = "") -> Response:
    view = await desk.reveal(ref, ALL_PARTS)
    return case_page(desk, view, ok=ok)


@router.get("/handlaggare/{ref}/fil/{file_id}")
async def on_opened_file(desk: AtDesk, ref: str, file_id: str) -> Response:
    visit, case_id = desk.visit, await desk.case_id(ref)
    found = await visit.kit.service.database.read(
        lambda tx: attachments.file_of(tx, desk.officer, case_id, file_id, visit.now)
    )
    await desk.reveal(case_id, {found.line.part if found is not None else "answers"})
    if found is None:
        raise HTTPException(404)
    return download(visit, found.file)


def case_page(desk: Desk, view: CaseView, *, ok: str = "", alert: str = "", status: int = 200) -> Response:
    """The page, with a line about what was just done or why it could not be."""
    visit, case = desk.visit, view.case
    service = desk.service_of(view)
    w = visit.words
    own = [one for one in case.pending if one.visible_at > visit.now and one.by == desk.officer.ref]
    return visit.page(
        "officer/case.html",
        status,
        **head(desk, view),
        desk=desk,
        view=view,
        rows=_rows(view, desk),
        files_by_field=_fields_of_files(view, desk),
        messages=list(reversed(view.messages)),
        sender=lambda ref: actor_name(ref, visit.catalog, w),
        people_by_id={person.id: person for person in view.people},
        history=[(line.at, sentence(line, visit.catalog, service, w)) for line in reversed(view.history)],
        undo=own,
        key=desk.key("act", case.id),
        kinds={kind: w(f"page.kind.{kind}") for kind in MESSAGE_KINDS},
        ok=w(f"page.officer.ok.{ok}") if ok in OK else "",
        alert=alert,
    )


def head(desk: Desk, view: CaseView) -> dict[str, Any]:
    """What the head and the side of every page of the case show."""
    visit, case = desk.visit, view.case
    service = desk.service_of(view)
    language = visit.language
    status = service.status(case.status) if service else None
    groups = [visit.catalog.group(key) for key in case.groups]
    access = desk.officer.access.get(case.service)
    return {
        "case": case,
        "service": service,
        "name": view.definition.name.in_(language),
        "status_name": status.name.in_(language) if status else _last_name(view, case),
        "status_kind": status.kind if status else "in_progress",
        "officers": [actor_name(f"officer:{key}", visit.catalog, visit.words) for key in case.officers],
        "groups": [group.name.in_(language) for group in groups if group],
        "mine": desk.officer.key in case.officers,
        "may_reassign": bool(access and access.may_reassign and not case.closed_at),
        "may_set": bool(service and targets(case, desk.officer, service)),
        "reachable": bool(service and service.applicant_follows and case.applicants),
        "strict": bool(service and service.strict),
        "me": desk.officer.name,
        "idle_seconds": 30 * 60,
    }


def _last_name(view: CaseView, case: Case) -> str:
    """A status that the catalog has no more keeps its name."""
    named = [line.facts["status_name"] for line in view.history if "status_name" in line.facts]
    return str(named[-1]) if named else case.status


def _rows(view: CaseView, desk: Desk) -> list[tuple[str, str, bool]]:
    """Question, answer, and whether Slack hides it. Files have their own list."""
    w = desk.visit.words
    shown = view.definition.shown(view.answers)
    return [
        (field.label.in_(w.language), rendered(field, view.answers.get(field.key), w), not field.in_slack)
        for field in shown
        if field.kind not in ("info", "file")
    ]


def _fields_of_files(view: CaseView, desk: Desk) -> dict[str, str]:
    """The question that each file answers, by the field's key."""
    return {field.key: field.label.in_(desk.visit.language) for field in view.definition.fields}
