"""Ta bort ärende on the case page: who may, what is asked for, from where the case is gone, and how it comes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.catalog.services import EService
from bot.domain.case import with_changes
from bot.domain.colour import ColourCase
from bot.domain.deletion import DeleteCase, DeletedElsewhere, RestoreCase, deletion_refusal
from bot.domain.flags import Flag
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.retention import HoldCase
from bot.domain.rules import DeletedCase, Refused, UnknownCase
from bot.jobs.deleted_cases import dispose_deleted
from bot.jobs.dependencies import JobDependencies
from bot.store.cases import applicant_queries, system_queries
from bot.store.lists.queries import case_lists
from bot.store.log import history
from bot.store.officers import flags
from bot.store.verification import proof
from bot.text.working_days import local_day
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import asks, signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_editing import use_altan
from tests.portal.officer.test_officers_page import enters

PAGE = "/handlaggare/2026-000001"
DELETE = f"{PAGE}/ta-bort"


@pytest.fixture
def portal(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """Anna coordinates the e-service."""
    use_altan(portal, monkeypatch, _with_coordinator)
    return portal


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    return str(case.id)


def _with_coordinator(altan: EService) -> EService:
    officers = (
        one.model_copy(update={"coordinator": True}) if one.officer == "anna" else one
        for one in altan.officers
    )
    return altan.model_copy(update={"officers": tuple(officers)})


async def test_the_menu_marks_the_current_part_on_every_page_of_a_coordinator(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    for path, current in (
        ("", "Ärenden"),
        ("?lista=all", "Ärenden"),
        ("/andringar", "Ärenden"),
        ("/vyer", "Ärenden"),
        ("/2026-000001", "Ärenden"),
        ("/2026-000001/notering", "Ärenden"),
        ("/2026-000001/status", "Ärenden"),
        ("/registrera", "Registrera ärende"),
        ("/statistik", "Statistik"),
        ("/gallring", "Gallring"),
        ("/borttagna", "Borttagna ärenden"),
        ("/franvaro", "Frånvaro"),
        ("/installningar", "Inställningar"),
    ):
        page = await anna.get(f"/handlaggare{path}")
        menu = page.tree.xpath("//header//nav//a[@aria-current]")
        assert [one.text for one in menu] == [current], path
    lost = await anna.get("/handlaggare/andringar/finns-inte")
    assert lost.status == 404 and lost.tree.xpath("//header//nav//a/@href")[0] == "/handlaggare"


async def deletes(browser: Browser, **given: str) -> Page:
    form = (await browser.get(DELETE)).form("/ta-bort")
    return await browser.send(form.fill(**{"typed_number": "2026-000001", "ground": "test"} | given))


async def test_all_that_is_wrong_in_the_form_is_told_at_once_each_at_its_field(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await deletes(anna, typed_number="", ground="")
    assert page.tree.xpath("//*[@id='fel']//a/@href") == ["#typed_number", "#ground"]
    page = await deletes(anna, typed_number="", ground="other")
    assert page.tree.xpath("//*[@id='fel']//a/@href") == ["#typed_number", "#reason"]


async def delete(portal: Portal, case_id: str, by: str = "anna") -> None:
    seq = (await portal.view_case(case_id)).case.seq
    command = DeleteCase(case_id=case_id, typed_number="2026-000001", ground="mistake", expected=seq)
    await portal.service.perform(command, portal.officer(by))


async def test_a_deleted_case_is_gone_and_its_page_says_who_deleted_it_and_until_when_it_can_be_restored(
    portal: Portal, case_id: str
) -> None:
    anna, page = await enters(portal, case_id)
    assert DELETE in page.links()
    form = (await anna.get(DELETE)).text
    assert "Därefter gallras innehållet." in form and "behövs om grunden är Annan grund" in form
    page = await deletes(anna)
    assert page.status == 410 and "Ärende 2026-000001 togs bort" in page.text and "av Anna Berg" in page.text
    assert "Eva" not in page.text and page.form("/aterstall")
    assert await portal.list_cases() == []
    page = await anna.get("/handlaggare/borttagna")
    assert "2026-000001" in page.text and "av Anna Berg" in page.text and "23 dec. 2026" in page.text
    assert page.tree.xpath("//nav//a[@href='/handlaggare/borttagna']")
    restored = await anna.send(page.form("/2026-000001/aterstall"))
    assert "Ärendet är återställt." in restored.text and len(await portal.list_cases()) == 1


async def test_restored_it_is_whole_again(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await portal.service.perform(
        ColourCase(case_id=case_id, colour="red", expected=""), portal.officer("anna")
    )
    flag = Flag(case_id, "Ring", portal.clock() + timedelta(days=1))
    await portal.database.write(lambda tx: flags.save(tx, portal.officer("anna"), flag, portal.clock()))
    before = await portal.view_case(case_id)
    page = await deletes(anna)
    page = await anna.send(page.form("/aterstall"))
    assert "Ärendet är återställt." in page.text and "Anna Berg återställde ärendet." in page.text
    after = await portal.view_case(case_id)
    assert (after.answers, after.files, after.people) == (before.answers, before.files, before.people)
    assert after.case == with_changes(before.case, seq=before.case.seq + 2)
    assert await portal.database.read(lambda tx: flags.find_for_case(tx, "anna", case_id)) == flag
    report = await portal.database.read(proof.verify)
    assert report.ok, report


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"typed_number": "2026-000002"}, "Det är inte ärendets nummer."),
        ({"typed_number": ""}, "Det är inte ärendets nummer."),
        ({"ground": ""}, "Välj en grund för borttagningen."),
        ({"ground": "other"}, "Skriv i kommentaren varför ärendet tas bort."),
    ],
)
async def test_number_and_ground_are_asked_for(
    portal: Portal, case_id: str, given: dict[str, str], problem: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await deletes(anna, **given)
    assert page.status == 422 and problem in page.text
    assert (await portal.view_case(case_id)) is not None


async def test_the_number_may_be_typed_as_elsewhere(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    assert (await deletes(anna, typed_number="1")).status == 410


async def test_who_is_no_coordinator_neither_deletes_nor_restores(portal: Portal, case_id: str) -> None:
    bo, page = await enters(portal, case_id, "bo")
    assert DELETE not in page.links()
    page = await bo.get(DELETE)
    assert page.url.endswith(PAGE) and "coordinators" in page.text
    await delete(portal, case_id)
    page = await bo.get(PAGE)
    assert page.status == 410 and "Restore" not in page.text
    with pytest.raises(Refused):
        await portal.service.perform(RestoreCase(case_id=case_id), portal.officer("bo"))
    assert (await bo.get("/handlaggare/borttagna")).status == 409


async def test_a_case_on_hold_is_not_offered_to_be_deleted_and_the_page_says_why(
    portal: Portal, case_id: str
) -> None:
    today = local_day(portal.clock())
    hold = HoldCase(case_id=case_id, hold="appeal", until=today, reason="Överklagat")
    await portal.service.perform(hold, portal.officer("bo"))
    anna, page = await enters(portal, case_id)
    assert DELETE not in page.links()
    page = await anna.get(DELETE)
    assert page.url.endswith(PAGE) and "Häv det först" in page.text
    portal.clock.advance(days=1)
    anna, page = await enters(portal, case_id)
    assert DELETE in page.links()


async def test_a_case_whose_record_is_in_another_system_is_not_deleted_here(
    portal: Portal, case_id: str
) -> None:
    case, service = (await portal.view_case(case_id)).case, portal.service.catalog.services["altan"]
    access, today = portal.officer("anna").access["altan"], local_day(portal.clock())
    imported = with_changes(case, origin="open_eplatform")
    assert deletion_refusal(case, access, service, today) is None
    assert isinstance(deletion_refusal(imported, access, service, today), DeletedElsewhere)


async def test_what_happens_meanwhile_is_read_before_the_case_is_deleted(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(DELETE)).form("/ta-bort").fill(typed_number="2026-000001", ground="test")
    await portal.service.perform(
        ReceiveMessage(case_id=case_id, text="Vänta!"), await portal.applicant(case_id)
    )
    page = await anna.send(form)
    assert page.status == 409 and "Något har hänt i ärendet" in page.text
    assert (await anna.send(page.form("/ta-bort"))).status == 410


async def test_a_case_is_not_deleted_while_a_message_is_on_its_way(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await portal.service.perform(SendMessage(case_id=case_id, text="Hej"), portal.officer("anna"))
    page = await deletes(anna)
    assert page.status == 409 and "är på väg" in page.text
    portal.clock.advance(seconds=21)
    assert (await deletes(anna)).status == 410


async def test_of_two_coordinators_the_slower_is_told_who_was_first(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(DELETE)).form("/ta-bort").fill(typed_number="2026-000001", ground="test")
    await delete(portal, case_id)
    page = await anna.send(form)
    assert page.status == 410 and "togs bort" in page.text
    restore = page.form("/aterstall")
    await anna.send(restore)
    page = await anna.send(restore)
    assert (await portal.view_case(case_id)).case.deleted_at is None and page.status == 200


async def test_a_text_that_was_being_written_is_shown_when_the_case_is_gone(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/notering")).form("/notering").fill(text="Ringt Eva i dag")
    await delete(portal, case_id)
    page = await anna.send(form, "save")
    assert page.status == 410 and "Ringt Eva i dag" in page.text


async def test_the_applicant_sees_nothing_of_a_deleted_case_and_all_of_it_again_when_it_is_restored(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    mine = await signs_in(portal, eva)
    link = next(one for one in mine.links() if "/arende/" in one)
    answer = (await eva.get(link)).form(link).fill(text="Här är svaret")
    await delete(portal, case_id)
    assert "2026-000001" not in (await eva.get("/mina-sidor")).text
    assert (await eva.get(link)).status == 404
    page = await eva.send(answer)
    assert page.status == 404 and "Ditt meddelande har inte skickats" in page.text
    assert [one.text.strip() for one in page.tree.iter("textarea")] == ["Här är svaret"]
    await portal.service.perform(RestoreCase(case_id=case_id), portal.officer("anna"))
    assert (await eva.get(link)).status == 200


async def test_neither_link_nor_code_of_a_mail_leads_to_a_deleted_case(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    (person,) = await portal.people(case_id)
    await delete(portal, case_id)
    page = await portal.browser().get(f"/m/{person.id}")
    assert page.status == 200 and "2026-000001" not in page.text
    find = applicant_queries.find_case_of_applicant
    assert await portal.database.read(lambda tx: find(tx, person.id)) is None
    await asks(portal.browser())
    sign_in = await portal.last_sign_in()
    found = await portal.database.read(lambda tx: system_queries.find_code_recipient(tx, sign_in, ""))
    assert found is None  # no other case has the mailbox


async def test_no_job_and_no_search_finds_it(portal: Portal, case_id: str) -> None:
    officer = portal.officer("anna")
    flag = Flag(case_id, "Ring", portal.clock() + timedelta(minutes=1))
    await portal.database.write(lambda tx: flags.save(tx, officer, flag, portal.clock()))
    await delete(portal, case_id)
    portal.clock.advance(minutes=5)
    now = portal.clock()
    assert await portal.database.write(lambda tx: flags.enqueue_due_reminders(tx, now)) == 0
    overdue = case_lists.find_overdue
    assert await portal.database.read(lambda tx: overdue(tx, now.date(), ["altan"])) == []
    await portal.service.perform(RestoreCase(case_id=case_id), officer)
    assert await portal.database.write(lambda tx: flags.enqueue_due_reminders(tx, now)) == 1


async def test_commands_of_everyone_are_refused(portal: Portal, case_id: str) -> None:
    eva = await portal.applicant(case_id)
    await delete(portal, case_id)
    colour = ColourCase(case_id=case_id, colour="red", expected="")
    with pytest.raises(DeletedCase):
        await portal.service.perform(colour, portal.officer("anna"))
    (outcome,) = await portal.service.perform_all([colour], portal.officer("bo"))
    assert isinstance(outcome, DeletedCase)
    with pytest.raises(UnknownCase):
        await portal.service.perform(ReceiveMessage(case_id=case_id, text="Hej"), eva)


async def test_after_thirty_days_it_is_offered_and_restored_until_it_is_disposed_of(
    portal: Portal, case_id: str
) -> None:
    await delete(portal, case_id)
    portal.clock.advance(days=30)
    due = system_queries.find_deleted_due
    today = portal.clock().date()
    assert await portal.database.read(lambda tx: due(tx, today, 10)) == []
    portal.clock.advance(days=1)
    today = portal.clock().date()
    assert await portal.database.read(lambda tx: due(tx, today, 10)) == [case_id]
    anna, _ = await enters(portal, case_id)
    assert "2026-000001" in (await anna.get("/handlaggare/borttagna")).text
    page = await anna.get(PAGE)
    restored = await anna.send(page.form(f"{PAGE}/aterstall"))
    assert "Ärendet är återställt." in restored.text
    assert await portal.database.read(lambda tx: due(tx, today, 10)) == []


async def test_when_its_days_are_over_it_is_disposed_of_and_the_log_says_so(
    portal_on_both: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = portal_on_both
    use_altan(portal, monkeypatch, _with_coordinator)
    eva = portal.browser()
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    await delete(portal, case.id)
    deps = JobDependencies(portal.service, portal.deps.files, Path(), None)  # type: ignore[arg-type]
    portal.clock.advance(days=30)
    assert await dispose_deleted(deps) == 0
    portal.clock.advance(days=1)
    assert await dispose_deleted(deps) == 1
    assert await dispose_deleted(deps) == 0
    lines = await portal.database.read(lambda tx: history.read(tx, case.id, with_content=True))
    assert [line.event for line in lines][-2:] == ["CaseDeleted", "CaseDisposed"]
    assert "Inskickat av misstag" in lines[-1].facts["basis"]
    assert await portal.people(case.id) == () or not any(one.name for one in await portal.people(case.id))
    report = await portal.database.read(proof.verify)
    assert report.ok, report
    anna, _ = await enters(portal, case.id)
    page = await anna.get(PAGE)
    assert page.status == 410 and "Innehållet i ärende 2026-000001 gallrades" in page.text
    assert "Återställ" not in page.text


async def test_the_link_from_slack_to_a_deleted_case_leads_to_its_tombstone(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await delete(portal, case_id)
    page = await anna.get(f"/handlaggare/{case_id}")
    assert page.status == 410
