"""Deciding who has a case, on its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.services import EService
from bot.domain.assignment import LONGEST_REASON, ChangeAssignees, OthersHaveIt, holder_name, rebased
from bot.domain.finding import groups_like, officers_like
from bot.domain.rules import Refused, may_work
from bot.domain.views import CaseView
from bot.portal.errors import why_not
from bot.portal.limits import OFFICERS_TEXT, takes
from bot.portal.officer.case_page import head
from bot.portal.officer.desk import AtDesk, Desk
from bot.portal.officer.forms import submitted
from bot.portal.uploads import Posted
from bot.portal.visit import Here
from bot.store.cases import system_queries
from bot.text.working_days import local_day

router = APIRouter()

MOST_PEOPLE = 60
"""So many are offered at once; the others are found by their names."""


@dataclass(frozen=True)
class Choice:
    """The form as it is filled in: who is chosen, those the person saw, and what was searched for."""

    chosen: tuple[str, ...]
    was: tuple[str, ...]
    reason: str = ""
    searched: str = ""
    alert: str = ""
    key: str = ""


@router.get("/handlaggare/{ref}/handlaggare")
async def on_opened_officers(desk: AtDesk, ref: str) -> Response:
    view = await desk.reveal(ref, ())
    return _page(desk, view, Choice(view.case.holders, view.case.holders))


@router.post("/handlaggare/{ref}/handlaggare", dependencies=takes(OFFICERS_TEXT))
async def on_chose_officers(visit: Here, ref: str) -> Response:
    form = await submitted(visit, ref, "officers", ())
    desk, view = form.desk, form.view
    choice = _read(form.posted)
    if form.nonce is None:
        return _page(desk, view, replace(choice, key="", alert=desk.visit.words("page.form.late")), 409)
    if form.posted.one("do") == "search":
        return _page(desk, view, choice)
    return await _save(desk, view, choice, form.nonce)


def _read(posted: Posted) -> Choice:
    return Choice(
        chosen=tuple(dict.fromkeys(posted.all("holder"))),
        was=tuple(ref for ref in posted.one("was").split(",") if ref),
        reason=posted.one("reason")[:LONGEST_REASON],
        searched=posted.one("searched")[:200],
        key=posted.one("key"),
    )


async def _save(desk: Desk, view: CaseView, choice: Choice, nonce: str) -> Response:
    service, case = desk.visit.kit.service, view.case
    command = ChangeAssignees(case_id=case.id, holders=choice.chosen, was=choice.was, reason=choice.reason)
    try:
        await service.perform(command, desk.officer, once=f"page:officers:{nonce}")
    except Refused as no:
        view = await desk.reveal(case.number, ())
        return _page(desk, view, _again(desk, view, choice, no), 409)
    return await _done(desk, case.id, case.number)


def _again(desk: Desk, view: CaseView, choice: Choice, no: Refused) -> Choice:
    """As it was filled in; where others have the case by now, with the same changes made to those who have it."""
    said = why_not(no, desk.visit.words)
    if not isinstance(no, OthersHaveIt):
        return replace(choice, key="", alert=said)
    now = view.case.holders
    mine = tuple(rebased(choice.was, choice.chosen, now))
    return replace(choice, key="", alert=f"{said} {desk.visit.words('page.kept')}", chosen=mine, was=now)


async def _done(desk: Desk, case_id: str, number: str) -> Response:
    """Back to the case; one who only sees what they have may have given away the right to see it."""
    card = await desk.visit.kit.service.database.read(lambda tx: system_queries.card(tx, case_id))
    if card is not None and may_work(desk.officer, card.case):
        return desk.visit.go(f"/handlaggare/{number}?ok=officers")
    said = desk.visit.words("page.officers.away")
    return desk.visit.page("officer/away.html", number=number, said=said, me=desk.officer.name)


def _page(desk: Desk, view: CaseView, choice: Choice, status: int = 200) -> Response:
    service = desk.service_of(view)
    groups, people = _offered(desk, view, service, choice)
    return desk.visit.page(
        "officer/officers.html",
        status,
        **head(desk, view),
        choice=choice,
        groups_offered=_named(desk, groups),
        people_offered=_named(desk, people),
        most=MOST_PEOPLE,
        longest=LONGEST_REASON,
        key=choice.key or desk.key("officers", view.case.id),
    )


def _offered(
    desk: Desk, view: CaseView, service: EService | None, choice: Choice
) -> tuple[list[str], list[str]]:
    """Those who are chosen, and those who may have the case whose name fits; groups and people, by reference."""
    found: list[str] = []
    if service is not None:
        catalog, today = desk.visit.catalog, local_day(desk.visit.now)
        found += [f"group:{one.key}" for one in groups_like(catalog, service.key, today, choice.searched)]
        people = officers_like(catalog, service.key, today, choice.searched, MOST_PEOPLE)
        may = [one for one in people if not view.case.protected or one.key in service.protected_officers]
        found += [f"officer:{one.key}" for one in may]
    every = list(dict.fromkeys((*view.case.holders, *choice.chosen, *found)))
    return [ref for ref in every if ref.startswith("group:")], [
        ref for ref in every if ref.startswith("officer:")
    ]


def _named(desk: Desk, refs: Sequence[str]) -> list[tuple[str, str]]:
    named = [(ref, holder_name(ref, desk.visit.catalog)) for ref in refs]
    return [(ref, name if isinstance(name, str) else name.in_(desk.visit.language)) for ref, name in named]
