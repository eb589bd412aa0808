"""Every door by everyone: what is asked for on the tour is asked for by each kind of person, and judged by the rules.

Who may is `tests.people`; judged are the store, and what Slack is asked to show. A new button, dialog, word, event or
shortcut that the tour does not try fails here: it wants a step in `tour_steps.py`, and a line below where it is not
simply for those who work with the case.
"""

from __future__ import annotations

import json
import re
import sqlite3

import pytest
from structlog.typing import EventDict

from bot.blocks.cases.case_modal import TABS
from bot.handlers.cases.menu import DOES, OPENS
from bot.handlers.commands.parser import WORDS
from tests.handlers.tour import SECRET, Played, Request, Tour, listened_for
from tests.people import BY_KEY, PARK, ROLES, About, Role, may_work

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = {
    "action case:unflag",
    "action case:more unflag",
    "command /arende unflag",
    "action flag:snooze hour",
    "action flag:done",
    "action case:draft:drop",
    "view case:message:submit",
    "action case:message:undo",
}
"""What one undoes of one's own: it does nothing for anybody else, whatever they may."""

WITH_ITS_OWN_ID = {"view case:message:preview": {"draft"}}
"""Its draft's id is Anna's: for others nothing is kept under it, and it is none of theirs to overwrite."""

HOLDERS_OWN = {"action case:release", "command /arende release"}
NOT_AGAIN = {"action case:take", "view case:take:submit", "command /arende take"}
REASSIGNS = {"view case:officers:submit", "command /arende assign"}
"""For those who have the case; for those who do not; for those who may decide who has it."""

OWN_CHOICES = (
    *("action home:", "event app_home_opened", "view settings:submit", "shortcut shortcut:mine"),
    *("command /arende search", "shortcut shortcut:search", "view search:submit", "action hits:"),
)
"""Every officer has a Home, settings and a search, whatever they find there."""

LISTS = (*OWN_CHOICES, "command /arende list")

FROM_LIST = ("action case:step:back", "action case:step:next")
"""The next case of one's own list, which is another one for each."""

SLACK_TELLS = {"event message message_deleted", "event member_joined_channel"}
"""Nobody asks for it: Slack tells what has happened, whoever did it."""

MERELY_SEEN = frozenset({"reading", "case", "delivery"})
"""That what the applicant sent was opened by an officer of the case is remembered, and its card drawn anew."""


def about(tour: Tour, request: Request) -> About | None:
    """What decides who may, read from the store as it was; None for what is about no case."""
    if request.kind == "event":
        return _about(request.before, tour.cases["park"].case_id) if request.what == "message" else None
    if "message_ts" in request.body:
        return _about(request.before, tour.cases["bygg"].case_id)
    told = json.dumps([request.body.get(part) for part in ("actions", "text")])
    told += (request.body.get("view") or {}).get("private_metadata", "")
    known = request.before.execute('SELECT id, number FROM "case"')
    found = [case_id for case_id, number in known if case_id in told or number in told]
    return _about(request.before, found[0]) if found else None


def _about(store: sqlite3.Connection, case_id: str) -> About:
    ((service, protected),) = store.execute('SELECT service, protected FROM "case" WHERE id = ?', [case_id])
    held = list(store.execute("SELECT kind, key FROM assignee WHERE case_id = ?", [case_id]))
    officers, groups = ([key for kind, key in held if kind == of] for of in ("officer", "group"))
    return About(service, bool(protected), tuple(officers), tuple(groups))


def is_for(role: Role, request: Request, case: About | None) -> bool:
    """Whether the role may have it done: the rules."""
    if case is None or not may_work(role, case):
        return False
    if request.name in OWN:
        return role.key == "anna"
    if request.name in HOLDERS_OWN:
        return role.key in case.officers
    if request.name in NOT_AGAIN:
        return role.key not in case.officers
    return role.reassigns or request.name not in REASSIGNS


def most(done: frozenset[str], role: Role, request: Request, case: About | None) -> frozenset[str]:
    """The tables that may change when the role asks for it; `done` are those that do for one who may."""
    officer = role.in_catalog and role.of_the_house
    if request.name.startswith(OWN_CHOICES):
        return done | {"home", "preference", "hits"} if officer else frozenset()
    if request.name in FROM_LIST:
        return MERELY_SEEN if officer and role.access else frozenset()
    if request.name in SLACK_TELLS:
        return done
    if case is None or not may_work(role, case):
        return frozenset()
    return done | MERELY_SEEN if is_for(role, request, case) else MERELY_SEEN


def fits(played: Played, done: frozenset[str], role: Role, request: Request, case: About | None) -> bool:
    """Whether no more is stored than may be, and for those it is for no less."""
    wanted = done - MERELY_SEEN if is_for(role, request, case) else frozenset()
    return (
        wanted - WITH_ITS_OWN_ID.get(request.name, set()) <= played.changed <= most(done, role, request, case)
    )


def may_be_shown(played: Played, role: Role, request: Request, case: About | None) -> bool:
    """Whether what people wrote may stand in what Slack was asked to show: it is recorded first."""
    if SECRET not in played.shown:
        return True
    if request.name == "action note:draft":  # what one wrote oneself
        return role.key == "parkare"
    own = request.name in FROM_LIST and role.access is not None
    return "reading" in played.changed and (own or (case is not None and may_work(role, case)))


def not_theirs(played: Played, role: Role, request: Request) -> list[str]:
    """Numbers of cases in a list for one who may not work with them."""
    found = request.before.execute('SELECT id, number FROM "case"').fetchall()
    told = json.dumps(request.body)
    shown = [one for one in found if one[1] in played.shown and one[1] not in told]
    return [number for case_id, number in shown if not may_work(role, _about(request.before, case_id))]


async def test_whatever_listens_is_tried_on_the_tour(tour: Tour) -> None:
    asked = {(one.kind, one.what) for one in tour.taped}
    untried = [
        (kind, what)
        for kind, what in listened_for(tour.office.kit)
        if not any(
            kind == one and re.fullmatch(getattr(what, "pattern", what) + ".*", name) for one, name in asked
        )
    ]
    assert not untried, "they want a step each in tour_steps.py"
    names = {one.name for one in tour.taped}
    assert {f"action case:more {deed}" for deed in (*OPENS, *DOES)} <= names
    assert {f"action case:tab:{tab}" for tab in TABS} <= names
    assert set(WORDS.values()) <= {one.word.partition(" ")[0] for one in tour.taped if one.kind == "command"}


async def test_it_is_done_for_those_who_may_and_for_nobody_else(tour: Tour, logged: list[EventDict]) -> None:
    wrong: list[str] = []
    for request in tour.once:
        case = about(tour, request)
        first = "parkare" if case is not None and case.service == PARK else "anna"
        done = (await tour.play(request, BY_KEY[first])).changed
        for role in ROLES:
            played = await tour.play(request, role)
            if is_for(role, request, case) and "reading" in done and "reading" not in played.changed:
                wrong.append(f"{request.name} shows {role.key} without recording it")
            if not fits(played, done, role, request, case):
                wrong.append(f"{request.name} by {role.key}: {set(played.changed)} of {set(done)}; {case}")
            if request.name.startswith(LISTS) and (listed := not_theirs(played, role, request)):
                wrong.append(f"{request.name} lists {listed} for {role.key}")
            if request.kind == "options" and not is_for(role, request, case) and "text" in played.shown:
                wrong.append(f"{request.name} offers {role.key} names")
            if not may_be_shown(played, role, request, case):
                wrong.append(f"{request.name} shows {role.key} what others wrote")
    assert not wrong, "\n".join(wrong)
    assert [one for one in logged if one["event"] == "bug"] == []


@pytest.mark.parametrize("kept", ["oro", "protected"])
async def test_of_a_strict_or_protected_case_slack_shows_and_takes_nothing(tour: Tour, kept: str) -> None:
    """Whatever was pressed for an ordinary case, pressed for such a one."""
    wrong: list[str] = []
    there = tour.cases[kept]
    for request in tour.once:
        here = next((one for one in tour.cases.values() if one.case_id in json.dumps(request.body)), None)
        by_thread = "message_ts" in request.body
        if by_thread or about(tour, request) is None or here is None or here.number == there.number:
            continue
        told = json.dumps(request.body).replace(here.case_id, there.case_id)
        case = _about(request.before, there.case_id)
        for role in (BY_KEY[key] for key in ("anna", "full", "samordnare", "annan", "granne")):
            played = await tour.play(request, role, json.loads(told))
            if SECRET in played.shown or played.changed & {"reading", "note", "message", "draft"}:
                wrong.append(f"{request.name} by {role.key}: {set(played.changed)}, {SECRET in played.shown}")
            if played.changed and not may_work(role, case):
                wrong.append(f"{request.name} by {role.key}: {set(played.changed)}")
    assert not wrong, "\n".join(wrong)


async def test_a_number_that_is_not_theirs_is_answered_like_one_that_is_nobodys(tour: Tour) -> None:
    nobodys = "2026-009999"
    for request in tour.once:
        text = request.body.get("text", "")
        number = next((one.number for one in tour.cases.values() if one.number in text), None)
        if request.kind != "command" or number is None:
            continue
        for role in (BY_KEY[key] for key in ("annan", "utgangen", "parkare", "ingenting")):
            theirs = await tour.play(request, role)
            none = await tour.play(request, role, request.body | {"text": text.replace(number, nobodys)})
            assert theirs.shown.replace(number, "") == none.shown.replace(nobodys, ""), request.name
            assert theirs.shown
