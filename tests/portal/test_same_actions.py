"""What an officer may do with a case in Slack they may do on the case page, and the other way round."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.blocks.cases.card import card
from bot.blocks.cases.case_modal import CaseModalState, Tab, case_modal
from bot.catalog.models import Catalog
from bot.domain.actors import Applicant
from bot.domain.assignment import TakeCase
from bot.domain.decision_request import RequestDecision
from bot.domain.flags import Flag
from bot.domain.retention import HoldCase
from bot.domain.status import SetStatus
from bot.jobs.deadlines import report_delays
from bot.jobs.dependencies import JobDependencies
from bot.store import Database, Tx
from bot.store.cases import contents, officer_queries, system_queries
from bot.store.officers import flags
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.portal.browser import Page, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.officer.test_officers_page import enters
from tests.portal.portal_catalog import portal_catalog
from tests.portal.slack_actions import SHOWING, find_labelled_actions

ADDRESSES = {
    "take": "ta",
    "release": "lamna",
    "message": "meddelande",
    "completion": "meddelande?preset=completion",
    "decision": "meddelande?preset=decision",
    "delay": "meddelande?preset=delay",
    "refusal": "meddelande?preset=refusal",
    "status": "status",
    "reopen": "status",
    "note": "notering",
    "officers": "handlaggare",
    "handover": "handlaggare?lamna=over",
    "flag": "flagga",
    "unflag": "flagga",
    "colour": "farg",
    "edit": "andra",
    "delete": "ta-bort",
    "hold": "gallringsstopp",
    "unhold": "gallringsstopp",
    "protect": "skydd",
    "summary": "sammanstallning",
    "link": "koppla",
    "unread": "olast",
    "unschedule": "angra",
}
"""Where each of Slack's actions on a case is on the case page."""

CALLED_OTHERWISE = {"summary", "note", "flag"}
"""In Slack the summary's button opens the page, the note's is shorter, and the card offers everyone to flag."""

ONLY_ON_THE_PAGE = ("kontakt/", "ombud")
"""What is too large for Slack, or must not pass through it."""


@pytest.fixture
async def case_id(coordinated: Portal) -> str:
    browser = coordinated.browser()
    await browser.submit(await filled(browser))
    (case,) = await coordinated.list_cases()
    return str(case.id)


@pytest.fixture
def coordinated(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    """The pages where Anna coordinates the e-service, so that she may do whatever can be done."""
    catalog = portal_catalog().model_dump(by_alias=True, exclude_unset=True)
    for service in catalog["services"].values():
        service["officers"] = [{"officer": "anna", "coordinator": True}, {"officer": "bo"}]
    return create_portal(impatient_database, Catalog.model_validate(catalog), clock, tmp_path)


async def _offered_in_slack(portal: Portal, case_id: str) -> dict[str, set[str]]:
    """The actions on the case that its card, its modal and Verktyg offer Anna, with what is written on each."""
    anna, catalog = portal.officer("anna"), portal.service.catalog
    today = local_day(portal.clock())

    def load(tx: Tx) -> tuple[Any, Any, Any]:
        return (
            system_queries.load_card(tx, case_id),
            officer_queries.load_case_view(tx, anna, case_id),
            flags.find_for_case(tx, "anna", case_id),
        )

    card_view, view, flag = await portal.database.read(load)
    # The card is everyone's, and offers to join also to who has the case: that only the modal knows.
    blocks = list(card(card_view, catalog, words("sv"), today).blocks)
    offered = [one for one in find_labelled_actions(blocks) if one[0] != "take"]
    tabs: tuple[Tab, ...] = ("case", "notes", "tools")
    for tab in tabs:
        state = CaseModalState(view, anna, catalog, today, tab=tab, flag=flag)
        offered += find_labelled_actions(case_modal(state, words("sv"))["blocks"])
    labels: dict[str, set[str]] = {}
    for name, label in offered:
        if name not in SHOWING and not name.startswith(("tab:", "turn:", "step:")):
            labels.setdefault(name, set()).add(label)
    return labels


def _offered_on_page(page: Page) -> dict[str, set[str]]:
    """The addresses below the case's own that the page's links and forms lead to, with what is written on them."""
    start = "/handlaggare/2026-000001/"
    links = [(one.get("href", ""), one.text_content()) for one in page.tree.xpath("//a")]
    buttons = [
        (form.get("action", ""), one.text_content())
        for form in page.tree.xpath("//main//form")
        for one in form.xpath(".//button[not(@aria-hidden)] | ancestor::details[1]/summary")
    ]
    labels: dict[str, set[str]] = {}
    for address, label in (*links, *buttons):
        if address.startswith(start) and "/fil/" not in address:
            labels.setdefault(address.removeprefix(start), set()).add(label.strip())
    return labels


async def _unassigned(portal: Portal, case_id: str) -> None:
    pass


async def _hers(portal: Portal, case_id: str) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))


async def _a_colleagues(portal: Portal, case_id: str) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("bo"))


async def _flagged_and_held(portal: Portal, case_id: str) -> None:
    anna, now = portal.officer("anna"), portal.clock()
    await portal.database.write(lambda tx: flags.save(tx, anna, Flag(case_id), now))
    hold = HoldCase(case_id=case_id, hold="appeal", until=date(2027, 11, 23), reason="Överklagat")
    await portal.service.perform(hold, anna)


async def _late(portal: Portal, case_id: str) -> None:
    portal.clock.advance(days=155)
    await report_delays(JobDependencies(portal.service, None, Path(), None))  # type: ignore[arg-type]


async def _asked_to_be_decided(portal: Portal, case_id: str) -> None:
    await _late(portal, case_id)
    portal.clock.advance(days=35)
    people = await portal.database.read(lambda tx: contents.load_people(tx, case_id))
    applicant = Applicant(ids=frozenset(one.id for one in people), mailbox="")
    await portal.service.perform(RequestDecision(case_id=case_id), applicant)


async def _closed(portal: Portal, case_id: str) -> None:
    closing = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(closing, portal.officer("anna"))


@pytest.mark.parametrize(
    "begin", [_unassigned, _hers, _a_colleagues, _flagged_and_held, _late, _asked_to_be_decided, _closed]
)
async def test_what_an_officer_may_do_in_slack_they_may_do_on_the_page_and_the_other_way_round(
    coordinated: Portal, case_id: str, begin: Callable[[Portal, str], Awaitable[None]]
) -> None:
    await begin(coordinated, case_id)
    _, page = await enters(coordinated, case_id)
    in_slack = await _offered_in_slack(coordinated, case_id)
    missing = in_slack.keys() - set(ADDRESSES)
    assert not missing, f"say in ADDRESSES where on the case page {sorted(missing)} are done"
    shown = _offered_on_page(page)
    on_page = {one for one in shown if not one.startswith(ONLY_ON_THE_PAGE)}
    expected = {ADDRESSES[one] for one in in_slack}
    assert on_page == expected, (
        f"of what Slack offers, officer/case.html needs links or forms to {sorted(expected - on_page)}; "
        f"Slack offers nothing for {sorted(on_page - expected)}"
    )
    named_alike = in_slack.keys() - CALLED_OTHERWISE
    different = {one for one in named_alike if in_slack[one].isdisjoint(shown[ADDRESSES[one]])}
    assert different == set(), [(in_slack[one], shown[ADDRESSES[one]]) for one in different]
