"""Writing to the applicant: written, previewed, sent, and for 20 seconds undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, get_args

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.kinds import typed_day
from bot.catalog.templates import ANSWER_BY, MessageKind, tags_in
from bot.domain.correspondence import SendMessage, dated, waiting_status
from bot.domain.rules import ChangedMeanwhile, Refused, checked_text
from bot.domain.status import targets
from bot.domain.views import CaseView
from bot.portal.errors import why_not
from bot.portal.kept import KeptFile, files_of, refusals, said_late
from bot.portal.limits import OFFICERS_LETTER, takes
from bot.portal.officer.case_page import head
from bot.portal.officer.desk import AtDesk, Desk
from bot.portal.officer.forms import FILES, renewed, submitted
from bot.portal.officer.templates import reader_language, templates_for, with_template
from bot.portal.uploads import Posted, Values
from bot.portal.visit import Here
from bot.text.working_days import local_day

router = APIRouter()

KINDS: tuple[MessageKind, ...] = get_args(MessageKind)


@dataclass(frozen=True)
class Written:
    """The message as it is written so far."""

    values: Values = field(default_factory=Values)
    kept: Sequence[KeptFile] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    key: str = ""

    @property
    def text(self) -> str:
        return self.values["text"]

    @property
    def kind(self) -> MessageKind:
        given = self.values.get("kind", "")
        return next((kind for kind in KINDS if kind == given), "information")

    @property
    def answer_by(self) -> date | None:
        return typed_day(self.values.get("answer_by", ""))

    def but(self, **changes: Any) -> Written:
        """The same with something changed."""
        return replace(self, **changes)


@router.get("/handlaggare/{ref}/meddelande")
async def on_opened_form(desk: AtDesk, ref: str) -> Response:
    view = await desk.reveal(ref, {"answers", "messages"})
    return _form(desk, view, Written(values=Values(was=view.case.status)))


@router.post("/handlaggare/{ref}/meddelande", dependencies=takes(OFFICERS_LETTER))
async def on_wrote(visit: Here, ref: str) -> Response:
    form = await submitted(visit, ref, "message", {"answers", "messages"})
    desk, view, posted = form.desk, form.view, form.posted
    written = Written(values=posted.values(), key=posted.one("key"))
    if form.nonce is None:
        return _form(desk, view, written.but(key="", alert=said_late(desk.visit, posted)), 409)
    written = written.but(kept=await files_of(desk.visit, posted, FILES, form.nonce))
    do = posted.one("do")
    if do == "template":
        return _form(desk, view, written.but(values=with_template(desk, view, "message", written.values)))
    problems = _problems(desk, written, posted)
    if problems or do == "edit" or do.startswith("remove_file:"):
        changing = do == "edit" or do.startswith("remove_file:")
        return _form(desk, view, written.but(problems={} if changing else problems), 200 if changing else 422)
    if do != "send":
        return _preview(desk, view, written)
    return await _send(desk, view, written, form.nonce)


def _problems(desk: Desk, written: Written, posted: Posted) -> dict[str, str]:
    """What must be put right before the message can be previewed, by field."""
    w = desk.visit.words
    problems: dict[str, str] = {}
    try:
        checked_text(written.text)
    except Refused as no:
        problems["text"] = why_not(no, w)
    missing = tags_in(written.text)
    if gaps := [tag for tag in missing if tag != ANSWER_BY]:
        problems["text"] = w("page.message.gap", gap=gaps[0])
    given = written.values.get("answer_by", "")
    if ANSWER_BY in missing and not given:
        problems["answer_by"] = w("no.answerby", tag=f"{{{ANSWER_BY}}}")
    if given and (written.answer_by is None or written.answer_by < local_day(desk.visit.now)):
        problems["answer_by"] = w("page.message.day")
    if refused := refusals(desk.visit, posted.refused(FILES)):
        problems[FILES] = " ".join(refused)
    return problems


async def _send(desk: Desk, view: CaseView, written: Written, nonce: str) -> Response:
    case = view.case
    command = SendMessage(
        case_id=case.id,
        text=_said(desk, view, written),
        kind=written.kind,
        answer_by=written.answer_by,
        receipt=bool(written.values.get("receipt")),
        files=tuple(one.file for one in written.kept),
        wait=bool(written.values.get("wait")),
        was=written.values.get("was", ""),
    )
    try:
        await desk.visit.kit.service.perform(command, desk.officer, once=f"page:message:{nonce}")
    except Refused as no:
        view = await desk.reveal(case.number, {"answers", "messages"})
        return _form(desk, view, _again(desk, view, written, no), 409)
    return desk.visit.go(f"/handlaggare/{case.number}?ok=sent")


def _said(desk: Desk, view: CaseView, written: Written) -> str:
    """The text as the applicant will read it."""
    return dated(written.text, written.answer_by, reader_language(desk, view))


def _again(desk: Desk, view: CaseView, written: Written, no: Refused) -> Written:
    """Filled in as it was; the key is spent, so the files are bound to a new one when the form is drawn."""
    w = desk.visit.words
    values, said = Values(written.values), why_not(no, w)
    if isinstance(no, ChangedMeanwhile):
        values["was"] = view.case.status
        said = f"{said} {w('page.kept')}"
    return written.but(values=values, alert=said, key="")


def _form(desk: Desk, view: CaseView, written: Written, status: int = 200) -> Response:
    service = desk.service_of(view)
    waiting = waiting_status(service) if service else None
    may_wait = (
        waiting is not None and service is not None and waiting in targets(view.case, desk.officer, service)
    )
    key, kept = (written.key, written.kept) if written.key else renewed(desk, view, "message", written.kept)
    return desk.visit.page(
        "officer/message.html",
        status,
        **head(desk, view),
        to=_to(view),
        sender=_from(desk),
        templates=templates_for(desk, view, "message"),
        kinds=[(kind, desk.visit.words(f"page.kind.{kind}")) for kind in KINDS],
        waiting=waiting.name.in_(desk.visit.language) if waiting and may_wait else "",
        written=written,
        kept=kept,
        key=key,
        limits=desk.visit.catalog.municipality.files,
    )


def _preview(desk: Desk, view: CaseView, written: Written) -> Response:
    service = desk.service_of(view)
    waiting = waiting_status(service) if service and written.values.get("wait") else None
    return desk.visit.page(
        "officer/preview.html",
        **head(desk, view),
        to=_to(view),
        sender=_from(desk),
        written=written,
        said=_said(desk, view, written),
        kind=desk.visit.words(f"page.kind.{written.kind}"),
        waiting=waiting.name.in_(desk.visit.language) if waiting else "",
        unreachable=not any(one.email for one in view.people),
    )


def _to(view: CaseView) -> list[str]:
    return [one.name for one in view.people]


def _from(desk: Desk) -> str:
    known = desk.visit.catalog.officer(desk.officer.key)
    return f"{desk.officer.name}, {known.unit.in_(desk.visit.language)}" if known else desk.officer.name
