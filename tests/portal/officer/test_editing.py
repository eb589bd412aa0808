"""Ändra ärende on the case page: what is changed, what is refused, and what others see of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.catalog.services import EService
from bot.domain.editing import AnswerChange, CaseEdited, EditCase, NothingEdited, find_changes
from bot.domain.messages.correspondence import AddInformation, SendMessage
from bot.domain.status import SetStatus
from bot.store.log import history
from bot.store.verification import proof
from tests.municipality import send_until_left
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters
from tests.portal.portal_catalog import portal_catalog

PAGE = "/handlaggare/2026-000001"
EDIT = f"{PAGE}/andra"


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    form = (await filled(eva)).fill(svar_typ="ny", svar_pnr="811228-9874", svar_mer="Rad ett\nRad två")
    form = form.fill(svar_adress__street="Storgatan 1", svar_adress__postcode="12345")
    form = form.fill(svar_adress__city="Byn", svar_start="2026-12-01", svar_agare="true")
    await eva.submit(form.attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    return str(case.id)


async def opens(browser: Browser) -> Page:
    page = await browser.get(EDIT)
    assert page.status == 200
    return page


async def saves(browser: Browser, page: Page, reason: str = "Sökanden ringde", **given: str) -> Page:
    """Fill in, review, and save with a reason."""
    page = await browser.send(page.form("/andra").fill(**given), "review")
    assert "Granska ändringarna" in page.text, page.text
    return await browser.send(page.form("/andra").fill(reason=reason), "save")


async def colleague_edits(portal: Portal, case_id: str, **given: str) -> None:
    view = await portal.view_case(case_id)
    changes = tuple(
        AnswerChange(field=key, before=view.answers.get(key), after=one) for key, one in given.items()
    )
    command = EditCase(
        case_id=case_id,
        expected=view.case.answers_version,
        answers=view.answers | given,
        changes=changes,
        reason="x",
    )
    await portal.service.perform(command, portal.officer("bo"))


async def test_a_case_that_is_opened_for_editing_and_not_touched_is_not_changed(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await opens(anna)).form("/andra"), "review")
    assert page.status == 422 and "Inget är ändrat." in page.text
    with pytest.raises(NothingEdited):
        await colleague_edits(portal, case_id)


async def test_a_changed_answer_is_reviewed_and_saved_with_its_reason_and_both_values_are_in_the_log(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    assert "Från: En altan" in page.text and "Till: Ett uterum" in page.text
    assert (await portal.view_case(case_id)).answers["vad"] == "En altan"
    page = await anna.send(page.form("/andra").fill(reason="Sökanden ringde"), "save")
    assert "Ändringarna är sparade." in page.text
    assert "ändrade uppgifter i ärendet och valde att meddela sökanden." in page.text
    assert "”Vad vill du bygga?” ändrades från ”En altan” till ”Ett uterum”." in page.text
    assert "Anledning: Sökanden ringde" in page.text
    view = await portal.view_case(case_id)
    assert view.answers["vad"] == "Ett uterum" and view.answers["typ"] == "ny"
    assert view.submitted["vad"] == "En altan"


async def test_what_was_submitted_stays_to_be_read(portal: Portal, case_id: str, eva: Browser) -> None:
    anna, _ = await enters(portal, case_id)
    page = await saves(anna, await opens(anna), svar_vad="Ett uterum")
    page = await saves(anna, await opens(anna), svar_vad="En carport")
    assert "Så här skickades det in" in page.text and "En altan" in page.text and "En carport" in page.text
    mine = await signs_in(portal, eva)
    mine = await eva.get(next(link for link in mine.links() if "/arende/" in link))
    assert "En handläggare ändrade uppgifter i ärendet" in mine.text
    assert "En carport" in mine.text and "En altan" in mine.text
    assert "Sökanden ringde" not in mine.text


async def test_the_forms_own_rules_hold_for_the_officer_too(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await opens(anna)).form("/andra").fill(svar_vad="", svar_pnr="811228-9875")
    page = await anna.send(form, "review")
    assert page.status == 422 and "stämmer inte med varandra" in page.text
    assert page.form("/andra").value("svar_pnr") == "811228-9875"
    page = await anna.send((await opens(anna)).form("/andra").fill(svar_agare="false"), "review")
    assert page.status == 422 and "Vem äger huset?" in page.text


async def test_without_a_reason_nothing_is_saved_and_what_was_typed_is_kept(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await saves(anna, await opens(anna), reason=" ", svar_vad="Ett uterum")
    assert page.status == 422 and "Skriv varför ärendet ändras." in page.text
    page = await anna.send(page.form("/andra").fill(reason="Ringde"), "save")
    assert "Ändringarna är sparade." in page.text


async def test_the_applicant_is_told_unless_that_is_unticked(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    await anna.send(page.form("/andra").fill(reason="x", notify=[]), "save")
    assert ("status_mail", "waiting") not in await portal.count_deliveries()
    await saves(anna, await opens(anna), svar_vad="En carport")
    assert (await portal.count_deliveries())["status_mail", "waiting"] == 1


async def test_a_colleagues_newer_change_is_shown_and_ones_own_text_is_kept(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await opens(anna)).form("/andra").fill(svar_vad="Ett uterum")
    await colleague_edits(portal, case_id, vad="En carport", mer="Mycket mer")
    page = await anna.send(form, "review")
    assert page.status == 409 and "Bo Ek ändrade uppgifter i ärendet" in page.text
    assert "Ändrades nyss av en kollega till: En carport" in page.text
    form = page.form("/andra")
    assert form.value("svar_vad") == "Ett uterum" and form.value("svar_mer").strip() == "Mycket mer"
    page = await saves(anna, page)
    answers = (await portal.view_case(case_id)).answers
    assert (answers["vad"], answers["mer"]) == ("Ett uterum", "Mycket mer")


async def test_saving_pressed_twice_is_saved_once_and_said_to_be_saved(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    review = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    form = review.form("/andra").fill(reason="Ringde")
    for _ in range(2):
        page = await anna.send(form, "save")
        assert page.status == 200 and page.url.endswith(PAGE) and "Ändringarna är sparade." in page.text
    history = [line.event for line in (await portal.view_case(case_id)).history]
    assert history.count("CaseEdited") == 1
    other = await anna.send(form.fill(reason="Skrev"), "save")
    assert other.status == 409 and "Du ändrade" in other.text


@pytest.mark.parametrize("version", ["", "0", "2", "99999", "x"])
async def test_a_form_of_answers_that_there_are_not_comes_back_and_is_no_bug(
    portal: Portal, case_id: str, version: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await opens(anna)).form("/andra").fill(svar_vad="Ett uterum", version=version)
    page = await anna.send(form, "review")
    assert page.status == 409 and page.form("/andra").value("svar_vad") == "Ett uterum"
    assert "Granska ändringarna" in (await anna.send(page.form("/andra"), "review")).text


async def test_ones_own_newer_change_is_not_called_a_colleagues(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await opens(anna)).form("/andra").fill(svar_vad="Ett uterum")
    await saves(anna, await opens(anna), svar_vad="En carport")
    page = await anna.send(form, "review")
    assert page.status == 409 and "Du ändrade uppgifter i ärendet" in page.text
    assert "Du ändrade det nyss till: En carport" in page.text and "kollega" not in page.text


async def test_a_change_between_review_and_saving_is_shown_too(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    await colleague_edits(portal, case_id, vad="En carport")
    page = await anna.send(page.form("/andra").fill(reason="Ringde"), "save")
    assert page.status == 409 and "En carport" in page.text
    page = await anna.send(page.form("/andra"), "review")
    assert page.tree.get_element_by_id("reason").value.strip() == "Ringde"
    await anna.send(page.form("/andra"), "save")
    assert (await portal.view_case(case_id)).answers["vad"] == "Ett uterum"


async def test_files_are_added_and_withdrawn_and_the_withdrawn_one_can_still_be_read(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    (plan,) = (await portal.view_case(case_id)).files
    page = await anna.send((await opens(anna)).form("/andra"), f"remove_file:{plan.id}")
    assert "plan.pdf" not in page.text
    page = await anna.send(page.form("/andra").attach("svar_ritning", "ny.pdf", PDF), "review")
    assert "Från: plan.pdf" in page.text and "Till: ny.pdf" in page.text
    page = await anna.send(page.form("/andra").fill(reason="Fel ritning"), "save")
    view = await portal.view_case(case_id)
    assert [one.name for one in view.files] == ["ny.pdf"]
    assert [one.name for one in view.withdrawn_files] == ["plan.pdf"]
    assert "Inte längre en del av svaren" in page.text
    assert (await anna.client.get(f"{PAGE}/fil/{plan.id}")).content == PDF
    assert "ny.pdf" in (await opens(anna)).text


@pytest.mark.parametrize(("source", "direction"), [("", "Inkommen"), ("officer", "Upprättad")])
async def test_the_officer_says_whose_an_added_file_is_and_it_is_numbered_as_that(
    portal: Portal, case_id: str, source: str, direction: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await opens(anna)).form("/andra").attach("svar_ritning", "ny.pdf", PDF)
    review = (await anna.send(form, "review")).form("/andra")
    assert review.value("files_from") == "applicant", "what an applicant has sent is likelier"
    page = await anna.send(
        review.fill(reason="Kom med post", **({"files_from": source} if source else {})), "save"
    )
    (row,) = page.tree.xpath("//section[@id='handlingar']//tr[td[1]='ny.pdf']")
    assert [cell.text_content() for cell in row.xpath("./td")][1] == direction
    assert (
        page.tree.xpath("//section[@id='handlingar']//tr[td[1]='Ändrade uppgifter']/td[2]")[0].text
        == "Upprättad"
    )


async def test_a_colleagues_new_file_is_not_withdrawn_by_a_form_that_did_not_show_it(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    bo, _ = await enters(portal, case_id, "bo")
    older = (await opens(anna)).form("/andra").attach("svar_ritning", "annas.pdf", PDF)
    page = await bo.send((await opens(bo)).form("/andra").attach("svar_ritning", "bos.pdf", PDF), "review")
    await bo.send(page.form("/andra").fill(reason="x"), "save")
    page = await anna.send(older, "review")
    assert page.status == 409 and "annas.pdf" in page.text
    await saves(anna, page)
    names = {one.name for one in (await portal.view_case(case_id)).files}
    assert names == {"plan.pdf", "bos.pdf", "annas.pdf"}


async def test_in_a_status_that_does_not_allow_it_the_case_is_not_edited(
    portal: Portal, case_id: str
) -> None:
    anna, page = await enters(portal, case_id)
    assert EDIT in page.links()
    form = (await opens(anna)).form("/andra").fill(svar_vad="Ett uterum")
    close = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(close, portal.officer("bo"))
    page = await anna.send(form, "review")
    assert page.status == 409 and "I status Avslutat går ärendet inte att ändra." in page.text
    assert page.form("/andra").value("svar_vad") == "Ett uterum"
    page = await anna.get(EDIT)
    assert page.url.endswith(PAGE) and "går ärendet inte att ändra" in page.text
    assert EDIT not in page.links()


async def test_an_edit_while_the_applicant_adds_information_keeps_both(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_altan(portal, monkeypatch, _with_editable_waiting)
    ask = SendMessage(case_id=case_id, text="Vad kostar det?", status="waiting", expected="submitted")
    await send_until_left(portal.service, ask, portal.officer("bo"))
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    await portal.service.perform(
        AddInformation(case_id=case_id, text="Här kommer mer"), await portal.applicant(case_id)
    )
    page = await anna.send(page.form("/andra").fill(reason="Ringde"), "save")
    assert "Ändringarna är sparade." in page.text and "Här kommer mer" in page.text


def _with_editable_waiting(altan: EService) -> EService:
    statuses = (
        one.model_copy(update={"may_edit": True}) if one.key == "waiting" else one for one in altan.statuses
    )
    return altan.model_copy(update={"statuses": tuple(statuses)})


def use_altan(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, change: Callable[[EService], EService]
) -> None:
    """The catalog with another version of the e-service."""
    catalog = portal_catalog()
    services = catalog.services | {"altan": change(catalog.services["altan"])}
    changed = catalog.model_copy(update={"services": services})
    monkeypatch.setattr(portal.service, "_catalog", lambda: changed)


async def test_a_question_that_the_newer_form_lacks_is_edited_by_the_form_of_the_case(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_kind(altan: EService) -> EService:
        fields = tuple(one for one in altan.fields if one.key != "typ")
        return altan.model_copy(update={"fields": fields})

    use_altan(portal, monkeypatch, without_kind)
    anna, _ = await enters(portal, case_id)
    page = await saves(anna, await opens(anna), svar_typ="till")
    assert "”Typ” ändrades från ”Nybyggnad” till ”Tillbyggnad”." in page.text


async def test_answers_to_questions_that_the_form_does_not_have_are_changes_too_and_come_last(
    portal: Portal, case_id: str
) -> None:
    definition = (await portal.view_case(case_id)).definition
    found = find_changes(
        definition, {"borta": "a", "typ": "ny", "kvar": "b"}, {"typ": "till", "kvar": "b", "nu": "c"}
    )
    assert [(one.field, one.before, one.after) for one in found] == [
        ("typ", "ny", "till"),
        ("borta", "a", None),
        ("nu", None, "c"),
    ]


async def test_the_log_proves_edited_answers(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await opens(anna)).form("/andra").attach("svar_ritning", "ny.pdf", PDF), "review")
    await anna.send(page.form("/andra").fill(reason="Ny ritning"), "save")
    report = await portal.database.read(proof.verify)
    assert report.ok, report
    lines = await portal.database.read(lambda tx: history.read(tx, case_id))
    (edited,) = [line for line in lines if line.event == CaseEdited.__name__]
    assert "altan" not in str(edited.facts).lower() and edited.facts["version"] == 2


async def test_the_form_and_its_review_are_fetched_with_the_newest_answers_and_lead_to_the_case_when_saved(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = await opens(anna)
    typed = form.form("/andra").fill(svar_vad="Ett uterum").attach("svar_ritning", "ny.pdf", PDF)
    review = await anna.send(typed, "review")
    assert review.answer.request.method == "GET"
    for address, text in ((review.url, "Till: Ett uterum"), (form.url, "ny.pdf")):
        assert text in (await anna.get(address)).text
    assert (await anna.get(form.url)).form("/andra").value("svar_vad") == "Ett uterum"
    await anna.send(review.form("/andra").fill(reason="Ringde"), "save")
    for address in (review.url, form.url):
        shown = await anna.get(address)
        assert shown.url.endswith(PAGE) and "Du har redan sparat de här ändringarna" in shown.text
    view = await portal.view_case(case_id)
    assert view.answers["vad"] == "Ett uterum" and {one.name for one in view.files} == {"plan.pdf", "ny.pdf"}


async def test_a_review_of_older_answers_shows_the_newest_and_saves_neither(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    old = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    form = (await anna.send(old.form("/andra"), "edit")).form("/andra")
    await anna.send(form.fill(svar_vad="En carport"), "review")
    page = await anna.send(old.form("/andra").fill(reason="Ringde"), "save")
    assert page.status == 409 and "Till: En carport" in page.text and "har ändrats sedan" in page.text
    assert (await portal.view_case(case_id)).answers["vad"] == "En altan"
    await anna.send(page.form("/andra").fill(reason="Ringde"), "save")
    assert (await portal.view_case(case_id)).answers["vad"] == "En carport"


async def test_a_review_that_is_fetched_after_a_colleagues_change_is_the_form_with_both(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    review = await anna.send((await opens(anna)).form("/andra").fill(svar_vad="Ett uterum"), "review")
    await colleague_edits(portal, case_id, mer="Mycket mer")
    page = await anna.get(review.url)
    form = page.form("/andra")
    assert "Bo Ek ändrade uppgifter" in page.text and form.value("svar_vad") == "Ett uterum"
    await saves(anna, page)
    answers = (await portal.view_case(case_id)).answers
    assert (answers["vad"], answers["mer"]) == ("Ett uterum", "Mycket mer")


async def test_where_there_is_no_space_for_drafts_a_case_is_changed_all_the_same(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    anna.keeps_pages, portal.deps.draft_budget.max_each = False, 0
    await saves(anna, await opens(anna), svar_vad="Ett uterum")
    assert (await portal.view_case(case_id)).answers["vad"] == "Ett uterum"
