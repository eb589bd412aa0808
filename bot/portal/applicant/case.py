"""Mina sidor: the applicant's cases, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.municipality import Contact
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.correspondence import may_add, may_write
from bot.domain.views import ListedCase, MessageLine
from bot.portal.applicant.mine import Mine, MyCase, SignedIn, may_follow, my_case
from bot.portal.applicant.receipt import answer_rows
from bot.portal.applicant.timeline import steps_of
from bot.portal.download import download
from bot.portal.kept import KeptFile
from bot.portal.signing import form_key
from bot.portal.visit import Here
from bot.store.files import attachments
from bot.store.lists import case_lists
from bot.text import Words

router = APIRouter()


@dataclass(frozen=True)
class Typed:
    """What was typed in the answer form when it could not be taken."""

    text: str = ""
    kind: str = "add"
    problems: Sequence[str] = ()
    kept: Sequence[KeptFile] = ()
    key: str = ""
    file_problems: Sequence[str] = ()

    @property
    def placed(self) -> list[tuple[str, str]]:
        """Each problem with the field it stands at."""
        return [("text", said) for said in self.problems] + [("files", said) for said in self.file_problems]


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in the list."""

    row: ListedCase
    name: str
    status: str
    told: str


@router.get("/mina-sidor")
async def on_opened_my_pages(mine: SignedIn) -> Response:
    visit = mine.visit
    rows = await visit.kit.service.database.read(
        lambda tx: case_lists.applicant_cases(tx, mine.applicant, visit.now)
    )
    listed = [_listed(row, visit.catalog.service(row.service), visit.words) for row in rows]
    return visit.page(
        "my_cases.html",
        open=[one for one in listed if one and one.row.closed_at is None],
        closed=[one for one in listed if one and one.row.closed_at is not None],
    )


@router.get("/mina-sidor/arende/{case_id}")
async def on_opened_case(mine: SignedIn, case_id: str, ny: str = "", ok: str = "") -> Response:
    return case_page(mine, await my_case(mine, case_id), Typed(), new=ny, ok=ok)


@router.get("/mina-sidor/arende/{case_id}/fil/{file_id}")
async def on_opened_file(mine: SignedIn, case_id: str, file_id: str) -> Response:
    visit = mine.visit
    await my_case(mine, case_id)
    file = await visit.kit.service.database.read(
        lambda tx: attachments.file_of(tx, mine.applicant, case_id, file_id, visit.now)
    )
    if file is None:
        raise HTTPException(404)
    return download(visit, file.file)


@router.get("/mina-sidor/")
async def on_opened_with_slash(visit: Here) -> Response:
    return visit.go("/mina-sidor")


def case_page(mine: Mine, mine_case: MyCase, typed: Typed, *, new: str = "", ok: str = "") -> Response:
    """The case: where it stands, the conversation, what was sent in, and a form to answer by.

    `new` is the message that a letter led to, `ok` what was just done.
    """
    visit, view, service = mine.visit, mine_case.view, mine_case.service
    steps = steps_of(mine_case.steps, service, visit.words)
    writes = service is not None and may_write(view.case, service, visit.now)
    asked = service is not None and may_add(view.case, service)
    return visit.page(
        "case.html",
        422 if typed.placed else 200,
        case=view.case,
        name=view.definition.name.in_(visit.language),
        steps=steps,
        messages=[_said(mine, message) for message in view.messages],
        rows=answer_rows(view.definition, view.answers, visit.words),
        files=view.files,
        asked=asked,
        answer_by=_answer_by(view.messages) if asked else None,
        writes=writes or asked,
        may_ask=writes,
        typed=typed,
        key=typed.key or form_key(visit.kit.keys, answer_bound(mine, view.case.id), visit.now),
        new=new,
        ok=visit.words(f"page.ok.{ok}") if ok in ("sent", "added", "receipted") else "",
        contact=_contact(mine),
        limits=visit.catalog.municipality.files,
    )


def answer_bound(mine: Mine, case_id: str) -> list[str]:
    """What an answer's form key is tied to: the case and the mailbox, so that it outlives a session."""
    return ["answer", case_id, mine.who]


@dataclass(frozen=True, slots=True)
class Said:
    """A message and who wrote it, as the applicant reads it."""

    line: MessageLine
    sender: str
    kind: str


def _said(mine: Mine, message: MessageLine) -> Said:
    visit = mine.visit
    w = visit.words
    if message.from_applicant:
        sender = w("page.case.you") if message.applicant in mine.applicant.ids else w("page.case.other")
        return Said(message, sender, w("page.kind.added") if message.kind == "added" else "")
    officer = visit.catalog.officer(message.by.partition(":")[2])
    unit = (
        officer.unit.in_(visit.language) if officer else visit.catalog.municipality.name.in_(visit.language)
    )
    name = name_of(message.by, visit.catalog) if officer else ""
    kind = "" if message.kind == "information" else w(f"page.kind.{message.kind}")
    return Said(message, f"{name}, {unit}" if name else unit, kind)


def _answer_by(messages: Sequence[MessageLine]) -> date | None:
    """The day of the latest message that names one."""
    return next((one.answer_by for one in reversed(messages) if one.answer_by), None)


def _contact(mine: Mine) -> Contact:
    return mine.visit.catalog.municipality.contact


def _listed(row: ListedCase, service: EService | None, w: Words) -> Listed | None:
    if not may_follow(service):
        return None
    if service is None:
        return Listed(row, row.number, "", "")
    status = service.status(row.status)
    told = status.told.in_(w.language) if status and status.told else ""
    return Listed(row, service.name.in_(w.language), status.name.in_(w.language) if status else "", told)
