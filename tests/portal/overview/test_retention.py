"""Coordinators decide on gallring on its page, and officers put cases on hold on theirs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.people import Grant
from bot.catalog.services import Retention
from bot.domain.actors import Machine
from bot.domain.retention import DisposeCase, rule_digest
from bot.domain.status import SetStatus
from bot.portal.officer.authentication.login import create_login_link
from bot.store import Database
from bot.store.authentication.login_tokens import RETENTION_TARGET
from bot.store.outbox import card_places
from bot.store.retention import listing, protocol, rules
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.filled_once import filled_once
from tests.portal.portal_catalog import portal_catalog

PAGE = "/handlaggare/gallring"


@pytest.fixture
def portal(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    """Anna coordinates `altan`, and its cases are disposed of after two years."""
    catalog = portal_catalog()
    service = catalog.services["altan"]
    officers = (Grant(officer="anna", coordinator=True), *service.officers[1:])
    rule = Retention.model_validate({"months": 24, "basis": "Planens 3 §"})
    changed = service.model_copy(update={"officers": officers, "retention": rule})
    catalog = catalog.model_copy(update={"services": {**catalog.services, "altan": changed}})
    return create_portal(impatient_database, catalog, clock, tmp_path)


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    """A closed case whose time comes soon."""
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    case_id = str(case.id)
    closing = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(closing, portal.officer("anna"))
    portal.clock.advance(days=720)
    service, today = portal.service.catalog.services["altan"], local_day(portal.clock())

    def list_cases(tx: Any) -> None:
        rules.save_seen(tx, service, portal.clock())
        listing.list_page(tx, service, today, None)
        listing.mark_announced(tx, "altan")

    await portal.database.write(list_cases)
    return case_id


async def signs_in(portal: Portal, officer: str, target: str = RETENTION_TARGET) -> tuple[Browser, Any]:
    """The officer presses the button in Slack's message, and the link's button."""
    browser = portal.browser()
    link = await create_login_link(portal.deps, officer, target)
    page = await browser.get(link.removeprefix(portal.deps.public_url))
    return browser, await browser.send(page.form())


async def test_the_coordinator_comes_from_slack_to_the_page_and_approves_the_rule(
    portal: Portal, case_id: str
) -> None:
    anna, page = await signs_in(portal, "anna")
    assert page.status == 200 and page.url.endswith(PAGE)
    assert "2 år efter avslut" in page.text and "Väntar på att en samordnare godkänner" in page.text
    assert not page.tree.xpath("//button[@value='approve']"), "one press approves nothing"
    page = await anna.get(f"{PAGE}/regel/altan")
    first = words("sv").day(local_day(portal.clock()) + timedelta(days=14))
    assert f"1 ärende, tidigast {first}." in page.text and f"1 ärende, som kan gallras {first}." in page.text
    assert "2 år efter avslut" in page.text and "Planens 3 §" in page.text
    page = await anna.send(page.form("/gallring/regel/altan"), "approve")
    assert "Godkänd av Anna" in page.text
    assert (await anna.get(f"{PAGE}/regel/altan")).url.endswith(PAGE)
    page = await anna.send(page.form("/gallring/regel/altan"), "revoke")
    assert "Väntar på att en samordnare godkänner" in page.text


async def test_it_is_said_whether_what_is_due_is_disposed_of_tonight(portal: Portal, case_id: str) -> None:
    portal.clock.advance(days=15)
    anna, page = await signs_in(portal, "anna")
    assert "1 ärende gallras så snart regeln får köras." in page.text
    page = await anna.get(f"{PAGE}/regel/altan")
    page = await anna.send(page.form("/gallring/regel/altan"), "approve")
    assert "1 ärende gallras i natt." in page.text and "så snart" not in page.text


async def test_the_list_names_the_cases_and_no_person(portal: Portal, case_id: str) -> None:
    anna, page = await signs_in(portal, "anna")
    listed = await anna.get(f"{PAGE}/lista/altan")
    assert all(cell.get("data-label") for cell in listed.tree.xpath("//td")), (
        "a narrow screen shows no headings"
    )
    view = await portal.view_case(case_id)
    assert view.case.number in listed.text and "Eva" not in listed.text
    assert f"{PAGE}/lista/altan" in str(page.tree.xpath("//a/@href"))


async def test_who_coordinates_nothing_sees_no_page_and_decides_nothing(portal: Portal, case_id: str) -> None:
    bo, page = await signs_in(portal, "bo")
    assert page.status == 404
    assert (await bo.get(f"{PAGE}/lista/altan")).status == 404
    assert (await bo.get(f"{PAGE}/regel/altan")).status == 404
    answer = await bo.client.post(f"{PAGE}/regel/altan", data={"do": "approve"})
    assert answer.status_code == 404


async def test_a_rule_that_was_changed_meanwhile_is_not_approved(portal: Portal, case_id: str) -> None:
    anna, page = await signs_in(portal, "anna")
    page = await anna.get(f"{PAGE}/regel/altan")
    form = page.form("/gallring/regel/altan").fill(digest="0" * 64)
    page = await anna.send(form, "approve")
    assert page.status == 409 and "Läs igenom på nytt" in page.text
    assert "Väntar på att en samordnare godkänner" in page.text


async def dispose(portal: Portal, case_id: str) -> date:
    """The night's run in twenty days disposes of the case. Returns the day."""
    portal.clock.advance(days=20)
    run, rule = local_day(portal.clock()), portal.service.catalog.services["altan"].retention
    command = DisposeCase(case_id=case_id, run=run, digest=rule_digest("altan", rule))

    def work(tx: Any) -> None:
        counts = protocol.count_contents(tx, [case_id])
        portal.service.perform_in_transaction(tx, command, Machine("clock"))
        protocol.save_lines(tx, [protocol.Disposal(case_id, run, command.digest, "anna")], counts)

    await portal.database.write(work)
    return run


async def test_a_disposed_case_offers_nothing_that_cannot_be_done_and_takes_no_flag(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await signs_in(portal, "anna", case_id)
    number = (await portal.view_case(case_id)).case.number
    form = (await anna.get(f"/handlaggare/{number}/flagga")).form("/flagga").fill(note="Ring Eva")
    await dispose(portal, case_id)
    anna, _ = await signs_in(portal, "anna", case_id)
    page = await anna.send(form)
    assert page.status == 409 and "gallrades" in page.text
    assert [one.text.strip() for one in page.tree.xpath("//textarea[@readonly]")] == ["Ring Eva"]
    page = await anna.get(f"/handlaggare/{number}")
    assert "Innehållet gallrades" in page.text
    offered = [one for one in page.links() if one.startswith(f"/handlaggare/{number}/")]
    assert offered == [f"/handlaggare/{number}/sammanstallning"]


async def test_the_protocol_is_downloaded_as_csv(portal: Portal, case_id: str) -> None:
    await dispose(portal, case_id)
    anna, page = await signs_in(portal, "anna")
    (link,) = page.tree.xpath("//a[@download]/@href")
    answer = await anna.client.get(link)
    view = await portal.view_case(case_id)
    assert answer.headers["content-type"].startswith("text/csv")
    assert view.case.number in answer.text and "Planens 3 §" in answer.text and "Eva" not in answer.text
    page = await anna.get(f"/handlaggare/{view.case.number}")
    assert "Innehållet gallrades" in page.text and "Eva" not in page.text
    assert (await anna.get(f"{PAGE}/protokoll/2020-01-01")).status == 404


async def test_an_officer_puts_a_case_on_hold_and_ends_it(portal: Portal, case_id: str) -> None:
    anna, page = await signs_in(portal, "anna", case_id)
    address = f"{page.url.removeprefix(portal.deps.public_url)}/gallringsstopp"
    form = (await anna.get(address)).form("/gallringsstopp")
    until = local_day(portal.clock()) + timedelta(days=90)
    refused = await anna.send(form.fill(until="2020-01-01"), "hold")
    assert refused.status == 422
    assert refused.tree.xpath("//*[@id='fel']//a/@href") == [
        "#hold",
        "#until",
        "#reason",
    ]
    assert "Välj varför ärendet ska ha gallringsstopp" in refused.text
    refused = await anna.send(form.fill(hold="appeal", reason="Överklagat till länsstyrelsen"), "hold")
    assert refused.status == 422 and "Överklagat till länsstyrelsen" in refused.text
    page = await anna.send(refused.form("/gallringsstopp").fill(until=until.isoformat()), "hold")
    assert "Gallringsstopp till och med" in page.text and "överklagande" in page.text
    held = (await portal.view_case(case_id)).case
    assert (held.hold, held.hold_until) == ("appeal", until)
    page = await anna.send((await anna.get(address)).form("/gallringsstopp"), "release")
    assert "Gallringsstoppet är hävt" in page.text
    assert (await portal.view_case(case_id)).case.hold_until is None


async def test_a_form_sent_twice_with_the_same_problems_shows_each_at_its_field_both_times(
    portal: Portal, case_id: str
) -> None:
    anna, page = await signs_in(portal, "anna", case_id)
    form = (await anna.get(f"{page.url.removeprefix(portal.deps.public_url)}/gallringsstopp")).form(
        "/gallringsstopp"
    )
    first, second = [await anna.send(form, "hold") for _ in range(2)]
    problems = [one.tree.xpath("//*[@id='fel']//a/@href") for one in (first, second)]
    assert problems == [["#hold", "#until", "#reason"]] * 2


async def test_a_refused_form_that_is_corrected_after_going_back_is_performed(
    portal: Portal, case_id: str
) -> None:
    anna, page = await signs_in(portal, "anna", case_id)
    form = (await anna.get(f"{page.url.removeprefix(portal.deps.public_url)}/gallringsstopp")).form(
        "/gallringsstopp"
    )
    assert (await anna.send(form, "hold")).status == 422
    until = local_day(portal.clock()) + timedelta(days=90)
    corrected = form.fill(hold="appeal", reason="Överklagat", until=until.isoformat())
    assert "Gallringsstopp till och med" in (await anna.send(corrected, "hold")).text
    assert "Gallringsstopp till och med" in (await anna.send(corrected, "hold")).text
    assert (await portal.view_case(case_id)).case.hold == "appeal"


async def test_a_hold_where_cases_are_kept_does_not_say_that_they_are_disposed_of(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Retention.model_validate("keep")
    services = portal.service.catalog.services
    kept = services["altan"].model_copy(update={"retention": keep})
    monkeypatch.setitem(services, "altan", kept)
    anna, page = await signs_in(portal, "anna", case_id)
    page = await anna.get(f"{page.url.removeprefix(portal.deps.public_url)}/gallringsstopp")
    assert "gallras ärendet" not in page.text and "Ärendet bevaras också därefter" in page.text


async def test_colleagues_replies_in_a_disposed_cases_thread_are_listed_by_link_until_they_are_gone(
    portal: Portal, case_id: str
) -> None:
    anna, page = await signs_in(portal, "anna")
    assert "slack.com/archives" not in str(page.links())

    async def find(*replies: tuple[str, str, str]) -> list[str]:
        """What the page links to when these replies were found."""
        now = portal.clock()
        await portal.database.write(lambda tx: card_places.save_remaining(tx, case_id, replies, now))
        page = await anna.get(PAGE)
        return [one for one in page.links() if "slack.com" in one]

    first, second = ("C1", "17.000100", "16.000001"), ("C1", "18.000200", "16.000001")
    links = await find(first, second)
    assert links[0] == "https://slack.com/archives/C1/p17000100?thread_ts=16.000001&cid=C1"
    assert len(links) == 2 and await find(second) == links[1:] and await find() == []
