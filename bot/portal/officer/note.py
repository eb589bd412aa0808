"""Writing an internal note on the case page, and mentioning colleagues in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.actors import name_of
from bot.domain.mentions import colleagues_like
from bot.domain.notes import AddNote, NoteKind
from bot.domain.rules import Refused
from bot.domain.views import CaseView
from bot.portal.errors import why_not
from bot.portal.kept import KeptFile, files_of, refusals, said_late
from bot.portal.limits import OFFICERS_LETTER, takes
from bot.portal.officer.case_page import head
from bot.portal.officer.desk import AtDesk, Desk
from bot.portal.officer.forms import FILES, renewed, submitted
from bot.portal.officer.officers import MOST_PEOPLE
from bot.portal.officer.templates import templates_for, with_template
from bot.portal.uploads import Posted
from bot.portal.visit import Here
from bot.text.working_days import local_day

router = APIRouter()


@dataclass(frozen=True)
class Noting:
    """The form as it is filled in, with what is wrong by field; `mentions` are officers' keys."""

    text: str = ""
    kind: NoteKind = "official"
    mentions: tuple[str, ...] = ()
    searched: str = ""
    kept: Sequence[KeptFile] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    key: str = ""

    def command(self, case_id: str) -> AddNote:
        files = tuple(one.file for one in self.kept)
        return AddNote(case_id=case_id, text=self.text, kind=self.kind, mentions=self.mentions, files=files)


@router.get("/handlaggare/{ref}/notering")
async def on_opened_note(desk: AtDesk, ref: str) -> Response:
    return _page(desk, await desk.reveal(ref, {"notes"}), Noting())


@router.post("/handlaggare/{ref}/notering", dependencies=takes(OFFICERS_LETTER))
async def on_noted(visit: Here, ref: str) -> Response:
    form = await submitted(visit, ref, "note", {"notes"})
    desk, view, posted = form.desk, form.view, form.posted
    noting = _read(posted)
    if form.nonce is None:
        return _page(desk, view, replace(noting, key="", alert=said_late(desk.visit, posted)), 409)
    noting = replace(noting, kept=await files_of(desk.visit, posted, FILES, form.nonce))
    do = posted.one("do")
    if do == "template":
        filled = with_template(desk, view, "note", posted.values())
        return _page(desk, view, replace(noting, text=filled["text"]))
    if do == "search" or do.startswith("remove_file:"):
        return _page(desk, view, noting)
    if refused := refusals(desk.visit, posted.refused(FILES)):
        return _page(desk, view, replace(noting, problems={FILES: " ".join(refused)}), 422)
    return await _save(desk, view, noting, form.nonce)


def _read(posted: Posted) -> Noting:
    return Noting(
        text=posted.one("text"),
        kind="working" if posted.one("kind") == "working" else "official",
        mentions=tuple(dict.fromkeys(posted.all("mention"))),
        searched=posted.one("searched")[:200],
        key=posted.one("key"),
    )


async def _save(desk: Desk, view: CaseView, noting: Noting, nonce: str) -> Response:
    command = noting.command(view.case.id)
    try:
        await desk.visit.kit.service.perform(command, desk.officer, once=f"page:note:{nonce}")
    except Refused as no:
        said = why_not(no, desk.visit.words)
        where = "mentions" if no.key == "no.nopart" else "text"
        return _page(desk, view, replace(noting, key="", problems={where: said}), 422)
    return desk.visit.go(f"/handlaggare/{view.case.number}?ok=noted#noteringar")


def _page(desk: Desk, view: CaseView, noting: Noting, status: int = 200) -> Response:
    key, kept = (noting.key, noting.kept) if noting.key else renewed(desk, view, "note", noting.kept)
    return desk.visit.page(
        "officer/note.html",
        status,
        **head(desk, view),
        filled=noting,
        templates=templates_for(desk, view, "note"),
        colleagues=_colleagues(desk, view, noting),
        most=MOST_PEOPLE,
        kept=kept,
        key=key,
        limits=desk.visit.catalog.municipality.files,
    )


def _colleagues(desk: Desk, view: CaseView, noting: Noting) -> list[tuple[str, str]]:
    """Those who are ticked, and those who may work with the case and whose name fits: key and name."""
    catalog, today = desk.visit.catalog, local_day(desk.visit.now)
    alike = colleagues_like(catalog, view.case, today, noting.searched)
    others = (one.key for one in alike if one.key != desk.officer.key)
    keys = dict.fromkeys((*noting.mentions, *islice(others, MOST_PEOPLE)))
    return [(key, name_of(f"officer:{key}", catalog)) for key in keys if catalog.officer(key)]
