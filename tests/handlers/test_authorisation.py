"""Every door by everyone: what is asked for on the tour is asked for by each kind of person, and judged by the rules.
`make long` lets everyone try each door; `make test` lets them take turns.

Who may is `tests.people`; judged are the store, and what Slack is asked to show. A new button, dialog, word, event or
shortcut that is not recorded fails here: it wants a step in `recording_steps.py`, and a line below where it
is not simply for those who work with the case.
"""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

import pytest
from structlog.typing import EventDict

from bot.blocks.cases.case_modal import TABS
from bot.handlers.cases.menu import MODAL_ACTIONS, OTHER_ACTIONS
from bot.handlers.commands.parser import COMMAND_WORDS
from tests.handlers.recorded_requests import (
    PARK_CHANNEL,
    SECRET,
    RecordedRequest,
    Recording,
    ReplayResult,
    registered_listeners,
)
from tests.people import BY_KEY, PARK, CaseFacts, Role, may_work, roles_to_try
from tests.scope import sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN_UNDO = {
    "action case:unflag",
    "action case:more unflag",
    "command /arende unflag",
    "action flag:snooze hour",
    "action flag:done",
    "action case:draft:drop",
    "view case:edit:submit",
    "view case:message:submit",
    "action case:message:undo",
}
"""What one undoes of one's own: it does nothing for anybody else, whatever they may."""

WITH_ITS_OWN_ID = {"view case:message:preview": {"draft"}, "view case:edit:step": {"draft"}}
"""Its draft's id is Anna's: for others nothing is kept under it, and it is none of theirs to overwrite."""

FOR_ASSIGNEES = {"action case:release", "command /arende release"}
FOR_OTHERS = {
    "action case:take",
    "action case:more take",
    "view case:take:submit",
    "command /arende take",
}
FOR_REASSIGNERS = {"view case:officers:submit", "command /arende assign"}
"""For those who have the case; for those who do not; for those who may decide who has it."""

FOR_COORDINATORS = {
    *("action case:delete", "view case:delete:submit", "action case:restore"),
    *("command /arende delete", "command /arende restore"),
}

OWN_CHOICES = (
    *("action home:", "event app_home_opened", "view settings:submit", "shortcut shortcut:mine"),
    *("command /arende search", "shortcut shortcut:search", "view search:submit", "action hits:"),
    *("view home:", "options home:", "options only_", "action views:", "view views:"),
    *("shortcut shortcut:register", "command /arende new"),
    *("action tick:open", "command /arende export", "command /arende mailing", "action batch:refresh"),
)
"""Every officer has a Home with filters and views, settings, a search, batches, and lists to tick in."""

FOR_MEMBERS = (
    *("shortcut shortcut:internal", "command /arende internal"),
    *("action internal:", "action answer_", "view internal:submit"),
)
"""Every employee, officer or not, fills in internal forms and follows what they have sent in."""

OF_ONE = (
    *("action batch:cancel", "action batch:example:", "view batch:", "action mailing_template"),
    *("action tick:set:", "action tick:turn:", "action tick:leave"),
)
"""What is about a list or a batch of Anna's own: for anybody else there is no such one."""

OWN_ABSENCE = ("view absence:submit", "action absence:end")
"""Anna's absence, which she and the coordinators of her e-services may set and end."""

OWN_TABLES = frozenset({"home", "preference", "hits", "home_list", "open_list", "saved_query"})

LISTS = (*OWN_CHOICES, "command /arende list")

LIST_STEPS = ("action case:step:back", "action case:step:next")
"""The next case of one's own list, which is another one for each."""

SLACK_TELLS = {"event message message_deleted", "event member_joined_channel"}
"""Nobody asks for it: Slack tells what has happened, whoever did it."""

_NEW_IDS = re.compile(r"[0-9a-f]{32}|(?<=\"trigger_id\": \")[0-9a-f.]+")
"""Made anew for every form, and for every leave to open one."""

READ_TABLES = frozenset({"reading", "case", "delivery"})
"""That what the applicant sent was opened by an officer of the case is remembered, and its card drawn anew."""


def case_of_request(recording: Recording, request: RecordedRequest) -> CaseFacts | None:
    """What decides who may, read from the store as it was; None for what is about no case."""
    if request.kind == "event":
        return (
            _load_case_facts(request.store_before, recording.cases["park"].case_id)
            if request.identifier == "message"
            else None
        )
    if "message_ts" in request.body:
        name = "park" if request.body["channel"]["id"] == PARK_CHANNEL else "bygg"
        return _load_case_facts(request.store_before, recording.cases[name].case_id)
    result = json.dumps([request.body.get(part) for part in ("actions", "text")])
    result += _ids_of_view(request.body.get("view") or {})
    cases = request.store_before.execute('SELECT id, number FROM "case"')
    found = [case_id for case_id, number in cases if case_id in result or number in result]
    return _load_case_facts(request.store_before, found[0]) if found else None


def _ids_of_view(view: dict[str, Any]) -> str:
    """The view's metadata without the keys of a list's pages, which hold numbers and are about no case."""
    ids = json.loads(view.get("private_metadata") or "{}")
    return json.dumps({name: one for name, one in ids.items() if name not in ("begun", "turns")})


def _load_case_facts(store: sqlite3.Connection, case_id: str) -> CaseFacts:
    ((service, protected),) = store.execute('SELECT service, protected FROM "case" WHERE id = ?', [case_id])
    assignees = list(store.execute("SELECT kind, key FROM assignee WHERE case_id = ?", [case_id]))
    officers, groups = (
        [key for kind, key in assignees if kind == wanted_kind] for wanted_kind in ("officer", "group")
    )
    return CaseFacts(service, bool(protected), tuple(officers), tuple(groups))


def is_officer(role: Role) -> bool:
    return role.is_in_catalog and role.is_member


def may_use(role: Role, request: RecordedRequest, case: CaseFacts | None) -> bool:
    """Whether the role may have it done: the rules."""
    if case is None or not may_work(role, case):
        return False
    if request.name in OWN_UNDO:
        return role.key == "anna"
    if request.name in FOR_ASSIGNEES:
        return role.key in case.officers
    if request.name in FOR_OTHERS:
        return role.key not in case.officers
    if request.name in FOR_COORDINATORS:
        return role.is_coordinator
    return role.may_reassign or request.name not in FOR_REASSIGNERS


def allowed_tables(
    done: frozenset[str], role: Role, request: RecordedRequest, case: CaseFacts | None
) -> frozenset[str]:
    """The tables that may change when the role asks for it; `done` are those that do for one who may."""
    officer = is_officer(role)
    if request.name.startswith(OWN_CHOICES):
        return done | OWN_TABLES if officer else frozenset()
    if request.name in LIST_STEPS:
        return READ_TABLES if officer and role.access else frozenset()
    if request.name in SLACK_TELLS or (request.name.startswith(FOR_MEMBERS) and role.is_member):
        return done
    if request.name.startswith((*OF_ONE, *OWN_ABSENCE)):
        may_for_anna = request.name.startswith(OWN_ABSENCE) and role.is_coordinator
        # One's own Home, which says who is away, is drawn anew.
        home = OWN_TABLES if request.name.startswith(OWN_ABSENCE) else frozenset()
        return done | READ_TABLES | home if role.key == "anna" or may_for_anna else frozenset()
    if case is None or not may_work(role, case):
        return frozenset()
    return done | READ_TABLES if may_use(role, request, case) else READ_TABLES


def changes_as_allowed(
    replayed: ReplayResult, done: frozenset[str], role: Role, request: RecordedRequest, case: CaseFacts | None
) -> bool:
    """Whether no more is stored than may be, and for those it is for no less."""
    wanted = done - READ_TABLES if may_use(role, request, case) else frozenset()
    return (
        wanted - WITH_ITS_OWN_ID.get(request.name, set())
        <= replayed.changed_tables
        <= allowed_tables(done, role, request, case)
    )


def may_show_secret(
    replayed: ReplayResult, role: Role, request: RecordedRequest, case: CaseFacts | None
) -> bool:
    """Whether what people wrote may stand in what Slack was asked to show: it is recorded first."""
    if SECRET not in replayed.shown:
        return True
    if request.name == "action note:draft":  # what one wrote oneself
        return role.key == "parkare"
    if request.name.startswith("action batch:example:"):  # of cases in a batch of Anna's own
        return role.key == "anna" and "reading" in replayed.changed_tables
    own = request.name in LIST_STEPS and role.access is not None
    return "reading" in replayed.changed_tables and (own or (case is not None and may_work(role, case)))


def leaked_numbers(replayed: ReplayResult, role: Role, request: RecordedRequest) -> list[str]:
    """Numbers of cases in a list for one who may not work with them."""
    found = request.store_before.execute('SELECT id, number FROM "case"').fetchall()
    result = json.dumps(request.body)
    shown = [one for one in found if one[1] in replayed.shown and one[1] not in result]
    return [
        number
        for case_id, number in shown
        if not may_work(role, _load_case_facts(request.store_before, case_id))
    ]


async def test_whatever_listens_is_tried_on_the_tour(recording: Recording) -> None:
    recorded = {(kind_seen.kind, kind_seen.identifier) for kind_seen in recording.requests}
    untried = [
        (kind, identifier)
        for kind, identifier in registered_listeners(recording.harness.deps)
        if not any(
            kind == kind_seen and re.fullmatch(getattr(identifier, "pattern", identifier) + ".*", name)
            for kind_seen, name in recorded
        )
    ]
    assert not untried, "they want a step each in recording_steps.py"
    names = {kind_seen.name for kind_seen in recording.requests}
    assert {f"action case:more {action}" for action in (*MODAL_ACTIONS, *OTHER_ACTIONS)} <= names
    assert {f"action case:tab:{tab}" for tab in TABS} <= names
    assert set(COMMAND_WORDS.values()) <= {
        kind_seen.command_word.partition(" ")[0]
        for kind_seen in recording.requests
        if kind_seen.kind == "command"
    }


async def test_it_is_done_for_those_who_may_and_for_nobody_else(
    recording: Recording, log_entries: list[EventDict]
) -> None:
    wrong: list[str] = []
    for index, request in enumerate(recording.unique_requests):
        case = case_of_request(recording, request)
        first = "parkare" if case is not None and case.service == PARK else "anna"
        if request.name in FOR_COORDINATORS:
            first = "samordnare"
        roles = dict.fromkeys((*roles_to_try(index), BY_KEY[first]))
        replays = {role: await recording.replay(request, role) for role in roles}
        done = replays[BY_KEY[first]].changed_tables
        for role, replayed in replays.items():
            if (
                may_use(role, request, case)
                and "reading" in done
                and "reading" not in replayed.changed_tables
            ):
                wrong.append(f"{request.name} shows {role.key} without recording it")
            if not changes_as_allowed(replayed, done, role, request, case):
                wrong.append(
                    f"{request.name} by {role.key}: {set(replayed.changed_tables)} of {set(done)}; {case}"
                )
            if request.name.startswith(LISTS) and (listed := leaked_numbers(replayed, role, request)):
                wrong.append(f"{request.name} lists {listed} for {role.key}")
            may_ask = (
                is_officer(role)
                if case is None or request.name.startswith(OWN_CHOICES)
                else may_use(role, request, case)
            )
            if request.kind == "options" and not may_ask and "text" in replayed.shown:
                wrong.append(f"{request.name} offers {role.key} names")
            if not may_show_secret(replayed, role, request, case):
                wrong.append(f"{request.name} shows {role.key} what others wrote")
    assert not wrong, "\n".join(wrong)
    assert [one for one in log_entries if one["event"] == "bug"] == []


@pytest.mark.parametrize("stored", ["oro", "protected"])
async def test_of_a_strict_or_protected_case_slack_shows_and_takes_nothing(
    recording: Recording, stored: str
) -> None:
    """Whatever was pressed for an ordinary case, pressed for such a one."""
    wrong: list[str] = []
    there = recording.cases[stored]
    for index, request in enumerate(recording.unique_requests):
        here = next(
            (one for one in recording.cases.values() if one.case_id in json.dumps(request.body)), None
        )
        by_thread = "message_ts" in request.body
        if (
            by_thread
            or case_of_request(recording, request) is None
            or here is None
            or here.number == there.number
        ):
            continue
        result = json.dumps(request.body).replace(here.case_id, there.case_id)
        case = _load_case_facts(request.store_before, there.case_id)
        others = ("full", "samordnare", "annan", "granne")
        for key in ("anna", *sample(others, 1, index)):
            role = BY_KEY[key]
            replayed = await recording.replay(request, role, json.loads(result))
            if SECRET in replayed.shown or replayed.changed_tables & {"reading", "note", "message", "draft"}:
                wrong.append(
                    f"{request.name} by {role.key}: {set(replayed.changed_tables)}, {SECRET in replayed.shown}"
                )
            if replayed.changed_tables and not may_work(role, case):
                wrong.append(f"{request.name} by {role.key}: {set(replayed.changed_tables)}")
    assert not wrong, "\n".join(wrong)


async def test_a_number_that_is_not_theirs_is_answered_like_one_that_is_nobodys(recording: Recording) -> None:
    nobodys = "2026-009999"
    roles = [BY_KEY[key] for key in ("annan", "utgangen", "parkare", "ingenting")]
    for index, request in enumerate(recording.unique_requests):
        text = request.body.get("text", "")
        number = next((one.number for one in recording.cases.values() if one.number in text), None)
        if request.kind != "command" or number is None:
            continue
        for role in sample(roles, 1, index):
            theirs = await recording.replay(request, role)
            none = await recording.replay(
                request, role, request.body | {"text": text.replace(number, nobodys)}
            )
            shown = [_NEW_IDS.sub("", one.shown) for one in (theirs, none)]
            assert shown[0].replace(number, "") == shown[1].replace(nobodys, ""), request.name
            assert theirs.shown
