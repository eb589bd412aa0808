"""What may be done with a case by its state: what the rule forbids is offered neither in Slack nor on the page, and no
address opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.blocks.cases.card import card
from bot.blocks.cases.case_modal import CaseModalState, Tab, case_modal
from bot.catalog.models import Catalog
from bot.domain.actors import Machine
from bot.domain.assignment import TakeCase
from bot.domain.case_actions import CASE_ACTIONS, ActionContext, CaseAction, allowed_actions
from bot.domain.declarations import command_kinds
from bot.domain.deletion import DeleteCase
from bot.domain.protection import SetProtection
from bot.domain.retention import DisposeCase, rule_digest
from bot.domain.rules import Context, Refused
from bot.domain.status import SetStatus
from bot.store import Database, Tx
from bot.store.cases import officer_queries, system_queries
from bot.store.cases.officer_queries import CasePart
from bot.store.lists.queries import unread
from bot.text import words
from bot.text.working_days import local_day
from tests.clients.pdf_reading import read_text, require_archivable
from tests.conftest import Clock
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.documents.test_summary import fetch
from tests.portal.officer.test_officers_page import enters
from tests.portal.overview.test_many_at_once import choose, run_batches
from tests.portal.portal_catalog import portal_catalog
from tests.portal.slack_actions import SHOWING, find_actions

PAGE = "/handlaggare/2026-000001"
OPENED = {
    "message": "meddelande",
    "status": "status",
    "reopen": "status",
    "note": "notering",
    "officers": "handlaggare",
    "handover": "handlaggare?lamna=over",
    "flag": "flagga",
    "colour": "farg",
    "edit": "andra",
    "contact": "kontakt/1",
    "represent": "ombud",
    "delete": "ta-bort",
    "hold": "gallringsstopp",
    "protect": "skydd",
    "link": "koppla",
    "summary": "sammanstallning",
}
"""Where the form of each action is on the case page, which a GET opens."""

PRESSED = {
    "take": "ta",
    "release": "lamna",
    "official": "tjansteanteckning",
    "unread": "olast",
    "unschedule": "angra",
}
"""Where each action that has no form is done on the case page, by a POST."""

COMMANDS: dict[str, CaseAction] = {
    "TakeCase": "take",
    "ReleaseCase": "release",
    "ChangeAssignees": "officers",
    "AddRepresentative": "represent",
    "EndRepresentative": "unrepresent",
    "CorrectContact": "contact",
    "DeleteCase": "delete",
    "RestoreCase": "restore",
    "LinkCase": "link",
    "UnlinkCase": "link",
    "EditCase": "edit",
    "AddNote": "note",
    "ReviseNote": "note",
    "MakeNoteOfficial": "official",
    "SendMessage": "message",
    "UndoMessage": "unschedule",
    "ColourCase": "colour",
    "SetStatus": "status",
    "HoldCase": "hold",
    "ReleaseHold": "unhold",
    "SetProtection": "protect",
}
"""The action by which an officer asks for each command."""

SYNONYMS: dict[str, CaseAction] = {"unflag": "flag"}


@pytest.fixture
def coordinated(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    """The pages where Anna coordinates an e-service of short retention, and Bo alone sees protected cases."""
    catalog = portal_catalog().model_dump(by_alias=True, exclude_unset=True)
    altan = catalog["services"]["altan"]
    altan["officers"] = [{"officer": "anna", "coordinator": True}, {"officer": "bo"}]
    altan["retention"] = {"months": 1, "basis": "Planen"}
    altan["protected_officers"] = ["bo"]
    for status in altan["statuses"]:
        status["may_delete"] = True
    return create_portal(impatient_database, Catalog.model_validate(catalog), clock, tmp_path)


@pytest.fixture
async def case_id(coordinated: Portal) -> str:
    browser = coordinated.browser()
    await browser.submit(await filled(browser))
    (case,) = await coordinated.list_cases()
    return str(case.id)


async def _open(portal: Portal, case_id: str) -> None:
    pass


async def _hers(portal: Portal, case_id: str) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))


async def _closed(portal: Portal, case_id: str) -> None:
    closing = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(closing, portal.officer("anna"))


async def _deleted(portal: Portal, case_id: str) -> None:
    command = DeleteCase(case_id=case_id, typed_number="2026-000001", ground="mistake", expected=1)
    await portal.service.perform(command, portal.officer("anna"))


async def _disposed(portal: Portal, case_id: str) -> None:
    await _closed(portal, case_id)
    portal.clock.advance(days=40)
    rule = portal.service.catalog.services["altan"].retention
    command = DisposeCase(case_id=case_id, run=local_day(portal.clock()), digest=rule_digest("altan", rule))
    await portal.service.perform(command, Machine("clock"))


async def _protected(portal: Portal, case_id: str) -> None:
    command = SetProtection(case_id=case_id, protected=True, reason="Skyddad adress")
    await portal.service.perform(command, portal.officer("bo"))


STATES = [_open, _hers, _closed, _deleted, _disposed, _protected]
State = Callable[[Portal, str], Awaitable[None]]


async def _allowed(portal: Portal, case_id: str, who: str = "anna") -> frozenset[CaseAction]:
    view = await portal.database.read(lambda tx: system_queries.load_card(tx, case_id))
    today = local_day(portal.clock())
    return allowed_actions(ActionContext(view.case, portal.service.catalog, today, portal.officer(who)))


async def _offered_in_slack(portal: Portal, case_id: str) -> set[str]:
    """The actions on the case that its modal offers Anna, in all its tabs; of a case that she cannot open, its card."""
    anna, catalog, today = portal.officer("anna"), portal.service.catalog, local_day(portal.clock())

    def load(tx: Tx) -> tuple[Any, Any]:
        return system_queries.load_card(tx, case_id), officer_queries.load_case_view(tx, anna, case_id)

    card_view, view = await portal.database.read(load)
    if view is None:
        return set(find_actions(list(card(card_view, catalog, words("sv"), today).blocks))) - SHOWING
    tabs: tuple[Tab, ...] = ("case", "notes", "tools")
    found = {
        action
        for tab in tabs
        for action in find_actions(
            case_modal(CaseModalState(view, anna, catalog, today, tab=tab), words("sv"))["blocks"]
        )
    }
    return {name for name in found if not name.startswith(("tab:", "turn:", "step:"))} - SHOWING


@pytest.mark.parametrize("state", STATES)
async def test_slack_offers_what_the_rule_allows_and_nothing_else(
    coordinated: Portal, case_id: str, state: State
) -> None:
    await state(coordinated, case_id)
    offered = {SYNONYMS.get(one, one) for one in await _offered_in_slack(coordinated, case_id)}
    allowed = await _allowed(coordinated, case_id)
    if state is _protected:
        # The card is everyone's, and only its page may be opened from it.
        assert offered <= {"take"} and not allowed
        return
    assert offered - allowed == set()
    # On the page only: what is too large for Slack, or belongs to a note or a message.
    assert allowed - offered <= {"contact", "represent", "unrepresent", "official", "unschedule", "take"}
    if state is _disposed:
        assert offered == {"summary"}
    if state is _deleted:
        assert offered == {"restore"}


async def test_where_a_cases_content_was_the_page_says_by_which_rule_and_when_it_was_disposed_of(
    coordinated: Portal, case_id: str
) -> None:
    await _disposed(coordinated, case_id)
    _, page = await enters(coordinated, case_id)
    day = words("sv").day(local_day(coordinated.clock()))
    empty = [one.text_content() for one in page.tree.find_class("empty")]
    # Of the answers, the people, the messages and the files; of the note at the closing its place is left.
    assert empty == [f"Innehållet gallrades {day} enligt Planen"] * 4
    for wrong in ("Ingen e-postadress", "Inga meddelanden än", "Inga noteringar än", "Inga filer än"):
        assert wrong not in page.text, wrong


async def test_where_a_cases_content_was_the_modal_says_by_which_rule_and_when_it_was_disposed_of(
    coordinated: Portal, case_id: str
) -> None:
    await _disposed(coordinated, case_id)
    anna, catalog, today = (
        coordinated.officer("anna"),
        coordinated.service.catalog,
        local_day(coordinated.clock()),
    )
    disposed = f"Innehållet gallrades {words('sv').day(today)} enligt Planen"
    tabs: dict[Tab, CasePart] = {"case": "answers", "messages": "messages", "files": "files"}
    for tab, part in tabs.items():
        view = await coordinated.service.reveal(anna, case_id, {part}, opening=tab)
        shown = case_modal(CaseModalState(view, anna, catalog, today, tab=tab), words("sv"))["blocks"]
        texts = [one["text"]["text"] for one in shown if one["type"] == "section" and "text" in one]
        assert disposed in texts, (tab, texts)
        assert words("sv")(f"casetab.{tab}.empty") not in texts


async def test_the_pdf_of_a_case_that_was_disposed_of_says_so_in_each_of_its_parts(
    coordinated: Portal, case_id: str, tmp_path: Path
) -> None:
    await _disposed(coordinated, case_id)
    anna, _ = await enters(coordinated, case_id)
    response = await fetch(anna, await anna.get(f"{PAGE}/sammanstallning"))
    assert response.headers["content-type"] == "application/pdf"
    require_archivable(response.content, "sv")
    text = read_text(response.content, tmp_path)
    day = words("sv").day(local_day(coordinated.clock()))
    # The people and the answers, the messages, and the files.
    assert text.count(f"Innehållet gallrades {day} enligt Planen") == 4
    assert "Eva" not in text


@pytest.mark.parametrize("state", STATES)
async def test_what_the_rule_forbids_is_neither_offered_by_the_page_nor_opened_by_its_address(
    coordinated: Portal, case_id: str, state: State
) -> None:
    anna, before = await enters(coordinated, case_id)
    forms = {action: await _posted_form(anna, action) for action in OPENED}
    await state(coordinated, case_id)
    anna, page = await enters(coordinated, case_id)
    allowed, start = await _allowed(coordinated, case_id), f"{PAGE}/"
    found = [*page.links(), *page.tree.xpath("//main//form/@action")]
    offered = {one.removeprefix(start) for one in found if one.startswith(start)}
    for address in sorted(set(OPENED.values())):
        actions = {action for action, one in OPENED.items() if one == address}
        is_allowed = bool(actions & allowed)
        assert (address in offered) == is_allowed, address
        shown = await anna.get(f"{PAGE}/{address}")
        is_open = shown.status == 200 and f"{PAGE}/{address}" in shown.url
        assert is_open == is_allowed, address
    seq = (await _case(coordinated, case_id)).seq
    for action, form in forms.items():
        if form is not None and action not in allowed and action not in ("summary", "status", "reopen"):
            answer = await anna.send(form)
            assert answer.status in (403, 404, 409, 410, 422) or "alert" in answer.answer.text, action
    for action, address in PRESSED.items():
        if action not in allowed:
            await anna.client.post(f"{PAGE}/{address}", data={"key": before.form("/olast").value("key")})
    assert (await _case(coordinated, case_id)).seq == seq


async def test_a_case_that_is_worked_with_on_its_page_only_has_all_its_actions_there(
    coordinated: Portal,
) -> None:
    """A strict case, and one with a mark of protection: Slack has nothing of either but the way to the page."""
    browser = coordinated.browser()
    await browser.submit(await filled(browser, "oro"))
    await browser.submit(await filled(browser))
    cases = {service: (await coordinated.list_cases(service))[0] for service in ("oro", "altan")}
    await _protected(coordinated, cases["altan"].id)
    presets = {"completion", "decision"}
    for service, who in (("oro", "anna"), ("altan", "bo")):
        case = cases[service]
        opened, page = await enters(coordinated, case.id, who)
        if forms := page.forms("/anledning"):
            page = await opened.send(forms[0].fill(reason="Handlägger"))
        start = f"/handlaggare/{case.number}/"
        found = [*page.links(), *page.tree.xpath("//main//form/@action")]
        offered = {one.removeprefix(start) for one in found if one.startswith(start)}
        allowed = await _allowed(coordinated, case.id, who)
        assert {"message", "edit", "contact", "link", "note"} <= allowed
        assert offered == {
            *({**OPENED, **PRESSED}[action] for action in allowed - presets - OF_SOMETHING_IN_THE_CASE),
            *(f"meddelande?preset={one}" for one in allowed & presets),
        }


OF_SOMETHING_IN_THE_CASE: set[CaseAction] = {"official", "unrepresent", "unschedule", "unhold"}
"""What is offered with a note, a representative, a message that waits or a hold, where there is one."""


async def _posted_form(anna: Browser, action: str) -> Any:
    """The form of the action, from while the case was open; None where it has none of its own."""
    page = await anna.get(f"{PAGE}/{OPENED[action]}")
    address = OPENED[action].partition("?")[0]
    found = page.forms(f"/{address}")
    return found[0] if found and page.status == 200 else None


async def _case(portal: Portal, case_id: str) -> Any:
    view = await portal.database.read(lambda tx: system_queries.load_card(tx, case_id))
    return view.case


@pytest.mark.parametrize("state", STATES)
async def test_every_command_that_an_officer_asks_for_is_refused_where_the_rule_forbids_its_action(
    coordinated: Portal, case_id: str, state: State
) -> None:
    await state(coordinated, case_id)
    case, allowed = await _case(coordinated, case_id), await _allowed(coordinated, case_id)
    kinds = {
        name: kind
        for name, kind in command_kinds().items()
        if getattr(kind, "audience", "opens") in ("works", "reassigns", "coordinates")
    }
    others = {"AddInformation", "MarkReplyRemoved", "SetStatusOfMessage", "SendScheduledMessage"}
    missing = set(kinds) - others - set(COMMANDS)
    assert not missing, f"say in COMMANDS which action asks for {sorted(missing)}"
    assert set(COMMANDS) <= set(kinds), "a command in COMMANDS is none that an officer asks for"
    service = coordinated.service.catalog.services["altan"]
    ctx = Context(
        coordinated.clock(),
        coordinated.officer("anna"),
        coordinated.service.catalog,
        service,
        lambda: "x" * 32,
    )
    for name, kind in kinds.items():
        if name in others:
            continue
        _, command = kind.sample(case, ctx)
        is_refused = False
        try:
            command.decide(case, ctx)
        except Refused:
            is_refused = True
        action = "reopen" if name == "SetStatus" and case.closed_at is not None else COMMANDS[name]
        if action not in allowed:
            assert is_refused, name


async def test_where_nobody_may_see_protected_cases_the_mark_is_neither_offered_nor_opened(
    coordinated: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = coordinated.service.catalog.services
    monkeypatch.setitem(services, "altan", services["altan"].model_copy(update={"protected_officers": ()}))
    anna, page = await enters(coordinated, case_id)
    assert "protect" not in await _allowed(coordinated, case_id)
    assert f"{PAGE}/skydd" not in page.links()
    assert "protect" not in await _offered_in_slack(coordinated, case_id)
    refused = await anna.get(f"{PAGE}/skydd")
    assert refused.url.endswith(PAGE) and "Ingen är utsedd" in refused.text


def test_every_action_is_tried() -> None:
    tried = {*OPENED, *PRESSED, *COMMANDS.values()}
    presets = {"completion", "decision", "delay", "refusal"}
    missing = set(CASE_ACTIONS) - tried - presets
    assert not missing, f"say in OPENED or PRESSED where on the case page {sorted(missing)} are done"
    assert tried | presets <= set(CASE_ACTIONS), "an action that is tried is no CaseAction"


@pytest.mark.parametrize("state", [_deleted, _disposed, _protected])
async def test_what_is_done_with_many_cases_changes_none_with_which_nothing_may_be_done(
    coordinated: Portal, case_id: str, state: State
) -> None:
    anna, _ = await enters(coordinated, case_id)
    confirm = None
    if state is not _disposed:  # an unconfirmed action does not outlive the month
        chosen = (await choose(anna, [case_id], "farg")).form("/farg").fill(colour="red")
        confirm = (await anna.send(chosen)).form("/bekrafta")
    await state(coordinated, case_id)
    anna, _ = await enters(coordinated, case_id)
    if confirm is None:
        chosen = (await choose(anna, [case_id], "farg")).form("/farg").fill(colour="red")
        page = await anna.send(chosen)
        confirm = page.forms("/bekrafta")[0] if page.forms("/bekrafta") else None
    before = await _case(coordinated, case_id)
    if confirm is not None:
        await anna.send(confirm)
        await run_batches(coordinated)
    assert await _case(coordinated, case_id) == before
    officer, now = coordinated.officer("anna"), coordinated.clock()
    marked = await coordinated.database.write(lambda tx: unread.mark_unread(tx, officer, [case_id], now))
    assert marked == 0
