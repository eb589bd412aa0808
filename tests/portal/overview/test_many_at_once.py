"""Actions on many cases from the overview on the web."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.catalog.base import Text
from bot.domain.assignment import TakeCase
from bot.domain.protection import SetProtection
from bot.domain.status import SetStatus
from bot.service import batches as batch_service
from bot.store.officers import batches
from bot.store.tables import DeliveryRow
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters
from tests.portal.overview.test_overview import numbers, show_two_rows


async def run_batches(portal: Portal) -> None:
    while await portal.deps.batches.run_next():
        pass


async def choose(browser: Browser, ids: list[str], action: str, tab: str = "all") -> Page:
    """Tick the cases in the list and press an action's button: its form."""
    form = (await browser.get(f"/handlaggare?lista={tab}")).form("/val")
    return await browser.send(form.fill(case=ids, do=f"gor:{action}"))


async def colours(portal: Portal, ids: list[str]) -> list[str]:
    return [(await portal.view_case(one)).case.colour for one in ids]


async def test_many_cases_are_changed_only_when_what_will_happen_is_confirmed(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = await choose(anna, case_ids[:2], "farg")
    assert "2 ärenden är valda." in form.text
    confirm = await anna.send(form.form("/farg").fill(colour="red"))
    assert "2 ärenden färgmarkeras: Röd." in confirm.text
    await run_batches(portal)
    assert await colours(portal, case_ids) == ["", "", ""]
    waiting = await anna.send(confirm.form("/bekrafta"))
    assert "Färgmarkera (Röd): väntar på sin tur. 2 ärenden." in waiting.text
    await run_batches(portal)
    assert await colours(portal, case_ids) == ["red", "red", ""]
    done = await anna.get(waiting.url)
    (to_list,) = done.tree.xpath("//a[text()='Till ärendena']/@href")
    assert to_list in form.links() and "/lista/" in to_list
    assert to_list in (await anna.get(waiting.url.partition("?")[0])).links()
    assert "Färgmarkera (Röd): klart i 2 ärenden." in done.text
    assert "0 ärenden är valda." in (await anna.get("/handlaggare?lista=all")).text


async def test_the_page_of_a_change_names_each_case_and_those_that_are_gone_are_counted(
    portal: Portal, case_ids: list[str]
) -> None:
    bo, _ = await enters(portal, case_ids[2], "bo")
    form = await choose(bo, case_ids[:2], "farg")
    waiting = await bo.send((await bo.send(form.form("/farg").fill(colour="red"))).form("/bekrafta"))
    protect = SetProtection(case_id=case_ids[1], protected=True, reason="Hot")
    await portal.service.perform(protect, portal.officer("anna"))
    await run_batches(portal)
    done = await bo.get(waiting.url)
    first = (await portal.view_case(case_ids[0])).case.number
    assert f'href="/handlaggare/{first}"' in done.answer.text
    assert "1 case was skipped and is not shown here" in done.text


async def test_the_page_of_a_mailing_says_what_was_written_with_what_and_when_it_leaves(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    day = (portal.clock() + timedelta(days=3)).date().isoformat()
    form = (await choose(anna, case_ids[:1], "utskick")).form("/utskick")
    form = form.fill(
        text="Hej {applicant.name}, kom den 3:e.", status="working", send_day=day, send_time="08:00"
    )
    confirm = await anna.send(form.attach("files", "plan.pdf", PDF))
    assert "Det ger inget eget mejl: meddelandets mejl gäller båda." in confirm.text
    page = await anna.send(confirm.form("/bekrafta"))
    titles, values = page.tree.xpath("//dl//dt/text()"), page.tree.xpath("//dl//dd/text()")
    facts = dict(zip(titles, values, strict=True))
    assert facts["Meddelande"] == "Hej {applicant.name}, kom den 3:e."
    assert facts["Status när meddelandet har skickats"] == "Under behandling"
    assert facts["Filer"] == "plan.pdf" and "08:00" in facts["Skickas"]


async def test_ticks_are_kept_over_pages_and_all_that_the_list_finds_can_be_chosen(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_two_rows(portal, monkeypatch)
    first = await anna.get("/handlaggare?lista=all")
    second = await anna.send(first.form("/val").fill(case=case_ids[0], do="sida:2"))
    assert numbers(second) == ["2026-000001"] and "1 ärende är valt." in second.text
    back = await anna.send(second.form("/val").fill(case=case_ids[2], do="sida:1"))
    assert back.tree.xpath("//input[@name='case'][@checked]/@value") == [case_ids[0]]
    assert "2 ärenden är valda." in back.text
    every = await anna.send(back.form("/val").fill(do="alla:"))
    assert "Alla 3 i listan är valda." in every.text
    form = await anna.send(every.form("/val").fill(do="gor:flagga"))
    assert "3 ärenden är valda." in form.text


async def test_without_javascript_a_page_is_ticked_and_ticks_are_counted_by_a_press(
    anna: Browser, case_ids: list[str]
) -> None:
    form = (await anna.get("/handlaggare?lista=all")).form("/val")
    counted = await anna.send(form.fill(case=case_ids[:1], do="sida:1"))
    assert "1 ärende är valt." in counted.text
    page = await anna.send(counted.form("/val").fill(do="sidan"))
    assert "3 ärenden är valda." in page.text


async def test_what_cannot_be_changed_is_told_with_its_reason_before_and_after(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await portal.service.perform(TakeCase(case_id=case_ids[1]), portal.officer("bo"))
    form = await choose(anna, case_ids, "ta")
    confirm = await anna.send(form.form("/ta"))
    assert "2 av 3 ärenden blir dina." in confirm.text and "Bo Ek" in confirm.text
    assert confirm.tree.xpath("//main//ul//a/text()") == ["2026-000002"]
    page = await anna.send(confirm.form("/bekrafta"))
    await run_batches(portal)
    done = await anna.get(page.url)
    assert numbers(done) == ["2026-000002"] and "1 hoppades över." in done.text


async def test_only_statuses_that_may_follow_in_all_of_them_are_offered(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = await choose(anna, case_ids[:2], "status")
    offered = form.tree.xpath("//input[@name='status']/@value")
    assert offered
    confirm = await anna.send(form.form("/status").fill(status=offered[0], note="Gås igenom"))
    await anna.send(confirm.form("/bekrafta").fill(notifies="1"))
    await run_batches(portal)
    assert {(await portal.view_case(one)).case.status for one in case_ids[:2]} == {offered[0]}
    mixed = await choose(anna, case_ids, "status")
    assert offered[0] not in mixed.tree.xpath("//input[@name='status']/@value")


async def test_where_no_status_may_follow_the_page_says_so_and_why_one_reopens_is_asked_of_closed_cases_only(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    assert "Varför återöppnas" not in (await choose(anna, case_ids, "status")).text
    for case_id, status in zip(case_ids, ("closed", "working"), strict=False):
        seen = (await portal.view_case(case_id)).case.status
        command = SetStatus(case_id=case_id, status=status, expected=seen, note="Klart")
        await portal.service.perform(command, portal.officer("anna"))
    assert "Varför återöppnas" in (await choose(anna, case_ids[:1], "status")).text
    mixed = await choose(anna, case_ids, "status")
    assert "Ingen status får följa i alla de valda ärendena." in mixed.text
    assert not mixed.tree.xpath("//form[contains(@action, '/status')]")


async def test_colleagues_are_ticked_and_the_cases_are_given_to_them_and_taken_from_them(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = (await choose(anna, case_ids, "handlaggare")).form("/handlaggare")
    refused = await anna.send(form.fill(assignees=[]))
    assert refused.status == 422 and "Välj minst en handläggare eller grupp." in refused.text
    form = refused.form("/handlaggare")
    confirm = await anna.send(form.fill(assignees=["officer:anna", "officer:bo"]))
    await anna.send(confirm.form("/bekrafta"))
    await run_batches(portal)
    assert {(await portal.view_case(one)).case.officers for one in case_ids} == {("anna", "bo")}
    form = (await choose(anna, case_ids, "handlaggare")).form("/handlaggare")
    confirm = await anna.send(form.fill(assignees=["officer:anna"], replaces="remove"))
    assert "3 ärenden har inte längre handläggare" in confirm.text
    await anna.send(confirm.form("/bekrafta"))
    await run_batches(portal)
    assert {(await portal.view_case(one)).case.officers for one in case_ids} == {("bo",)}


async def test_a_mailing_shows_what_is_read_waits_while_it_can_be_undone_and_then_leaves(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    written = await choose(anna, case_ids[:2], "utskick")
    menus = [one.get("name") for one in written.tree.iter("select")]
    labels = [
        one.text_content() for name in menus for one in written.tree.iter("label") if one.get("for") == name
    ]
    assert labels and not any("frivilligt" in one for one in labels)
    assert "Avslag på begäran" not in written.text
    form = written.form("/utskick").fill(text="Vi avslår er begäran", kind="refusal")
    refused = await anna.send(form)
    assert "avslås i varje ärende för sig, inte i ett utskick" in refused.text
    form = refused.form("/utskick")
    confirm = await anna.send(form.fill(text="Hej {sökande.namn}, ärende {case.number}."))
    assert "Hej Eva Ek, ärende 2026-000003." in confirm.text
    page = await anna.send(confirm.form("/bekrafta"))
    await run_batches(portal)
    assert (
        "Utskick (Information): skickas strax i 2 ärenden. Du kan avbryta" in (await anna.get(page.url)).text
    )
    portal.clock.advance(seconds=21)
    await run_batches(portal)
    assert "Utskick (Information): klart i 2 ärenden." in (await anna.get(page.url)).text


async def test_what_was_filled_in_is_changed_before_it_is_confirmed_and_each_example_is_a_page(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    day = (portal.clock() + timedelta(days=3)).date().isoformat()
    form = (await choose(anna, case_ids, "utskick")).form("/utskick")
    form = form.fill(
        text="Hej, ärende {ärende.nummer}!", kind="communication", send_day=day, send_time="08:15"
    )
    confirm = await anna.send(form.attach("files", "plan.pdf", PDF))
    assert "2026-000003!" in confirm.text and "2026-000002!" not in confirm.text and "1 av 3" in confirm.text
    (following,) = {one for one in confirm.links() if "exempel=2" in one}
    assert "2026-000002!" in (await anna.get(following)).text
    (back,) = {one for one in confirm.links() if "andra=" in one}
    again = await anna.get(back)
    form = again.form("/utskick")
    assert form.value("text").strip() == "Hej, ärende {ärende.nummer}!" and "plan.pdf" in again.text
    assert (form.value("kind"), form.value("send_day"), form.value("send_time")) == (
        "communication",
        day,
        "08:15",
    )
    confirm = await anna.send(form.fill(text="Bättre {ärende.nummer}."))
    assert "Bättre 2026-000003." in confirm.text and "1 fil: plan.pdf" in confirm.text


async def test_a_mailing_for_later_waits_for_its_day_and_can_be_cancelled(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    day = (portal.clock() + timedelta(days=3)).date().isoformat()
    form = (await choose(anna, case_ids[:1], "utskick")).form("/utskick")
    confirm = await anna.send(form.fill(text="Hej!", send_day=day, send_time="08:00"))
    assert "Fram till dess kan du avbryta." in confirm.text
    page = await anna.send(confirm.form("/bekrafta"))
    assert "Utskick (Information): skickas" in page.text and "08:00. 1 ärende." in page.text
    assert page.tree.xpath("//form[contains(@action, '/avbryt')]//button/text()") == ["Avbryt utskicket"]
    assert "Utskicket görs" in page.text and "Arbetet fortsätter" not in page.text
    assert "Skapat" in page.text and "Påbörjat" not in page.text
    # It is not asked for days on end, as if somebody sat there.
    assert not page.tree.xpath("//progress/@data-seconds")
    portal.clock.advance(days=1)
    await run_batches(portal)
    browser, _ = await enters(portal, case_ids[0])
    cancelled = await browser.send((await browser.get(page.url)).form("/avbryt"))
    assert "avbrutet" in cancelled.text and "Avbrutet" in cancelled.text
    portal.clock.advance(days=3)
    await run_batches(portal)
    assert not (await portal.view_case(case_ids[0])).messages


@pytest.mark.parametrize(
    ("days", "filled_in", "told"),
    [
        (-1, {"send_time": "08:00"}, "Tiden har passerat."),
        (0, {"send_time": "00:01"}, "Tiden har passerat."),
        (367, {}, "Välj en dag inom 366 dagar."),
        (None, {"send_time": "08:00"}, "Välj en dag också."),
        (9, {"send_time": "08:00", "kind": "completion", "answer_in": "8"}, "hinner inte svara"),
    ],
)
async def test_when_a_mailing_leaves_is_asked_about_as_of_a_single_message(
    portal: Portal,
    anna: Browser,
    case_ids: list[str],
    days: int | None,
    filled_in: dict[str, str],
    told: str,
) -> None:
    today = portal.clock().date()
    form = (await choose(anna, case_ids[:1], "utskick")).form("/utskick")
    if days is not None:
        form = form.fill(send_day=(today + timedelta(days=days)).isoformat())
    if "answer_in" in filled_in:
        last = today + timedelta(days=int(filled_in["answer_in"]))
        filled_in = {**filled_in, "answer_by": last.isoformat()}
    page = await anna.send(form.fill(text="Hej!", **filled_in))
    assert page.status == 422 and told in page.text
    problems = page.tree.xpath("//*[@id='send_day-error']")
    assert len(problems) == 1


async def test_a_mailing_is_written_from_a_template_with_a_file_that_each_applicant_can_open(
    portal: Portal, eva: Browser, anna: Browser, case_ids: list[str]
) -> None:
    page = await choose(anna, case_ids[:2], "utskick")
    filled = page.form("/utskick").fill(template="forsening").attach("files", "plan.pdf", PDF)
    page = await anna.send(filled, "template")
    assert page.status == 200 and "plan.pdf" in page.text
    form = page.form("/utskick")
    assert (form.value("text").strip(), form.value("kind")) == (
        "Hej {sökande.namn}! Ärende {ärende.nummer} tar längre tid.",
        "communication",
    )
    refused = await anna.send(form.attach("files", "virus.exe", b"MZ" + bytes(300)))
    assert refused.status == 422 and "virus.exe kan inte tas emot" in refused.text
    confirm = await anna.send(refused.form("/utskick"))
    assert "Hej Eva Ek! Ärende 2026-000003 tar längre tid." in confirm.text
    assert "1 fil: plan.pdf" in confirm.text
    await anna.send(confirm.form("/bekrafta"))
    portal.clock.advance(seconds=21)
    await run_batches(portal)
    portal.clock.advance(seconds=21)
    await signs_in(portal, eva)
    for case_id in case_ids[:2]:
        (message,) = (await portal.view_case(case_id)).messages
        assert message.kind == "communication"
        (link,) = {one for one in (await eva.get(f"/mina-sidor/arende/{case_id}")).links() if "/fil/" in one}
        assert (await eva.get(link)).answer.content == PDF


async def test_a_gap_that_no_case_can_fill_in_is_told_at_the_text_and_a_file_can_be_taken_away(
    anna: Browser, case_ids: list[str]
) -> None:
    page = await choose(anna, case_ids[:1], "utskick")
    filled = page.form("/utskick").fill(text="Vi ses {dag}.").attach("files", "plan.pdf", PDF)
    refused = await anna.send(filled)
    assert refused.status == 422 and "Fyll i eller ta bort {dag}." in refused.text
    (remove,) = refused.tree.xpath("//button[starts-with(@value, 'remove_file:')]/@value")
    page = await anna.send(refused.form("/utskick"), remove)
    assert page.status == 200 and "plan.pdf" not in page.text and "Vi ses {dag}." in page.text


async def test_a_colleague_neither_sees_nor_ends_a_change_of_many_cases(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    confirm = await anna.send((await choose(anna, case_ids, "flagga")).form("/flagga"))
    bo, _ = await enters(portal, case_ids[0], "bo")
    assert (await bo.get(confirm.url)).status == 404
    assert (await bo.send(confirm.form("/bekrafta"))).status == 404
    await run_batches(portal)
    found = await portal.database.read(lambda tx: batches.list_recent(tx, "anna", 9))
    assert found == []


async def test_a_case_that_is_protected_meanwhile_is_left_out(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = await choose(anna, case_ids[:2], "farg")
    await portal.service.perform(
        SetProtection(case_id=case_ids[0], protected=True, reason="Sekretess"), portal.officer("anna")
    )
    bo, _ = await enters(portal, case_ids[1], "bo")
    chosen = await choose(bo, case_ids[:2], "farg")
    confirm = await bo.send(chosen.form("/farg").fill(colour="red"))
    assert "1 case is marked with colour: Red." in confirm.text
    assert form.status == 200


async def test_nothing_chosen_is_told_and_no_form_is_shown(anna: Browser) -> None:
    page = await choose(anna, [], "farg")
    assert page.text.count("Inga ärenden är valda.") == 1 and "0 ärenden" not in page.text
    assert not page.tree.xpath("//main//form")


async def test_ticks_changed_in_another_tab_are_told_of_before_anything_is_prepared(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    form = await choose(anna, case_ids[:1], "farg")
    other_tab = await anna.get("/handlaggare?lista=all")
    await anna.send(other_tab.form("/val").fill(case=case_ids[1:]), "sida:1")
    told = await anna.send(form.form("/farg").fill(colour="red"))
    assert told.status == 409 and "kanske i en annan flik" in told.text
    assert "2 ärenden är valda." in told.text
    assert told.tree.xpath("//input[@value='red']/@checked")
    confirm = await anna.send(told.form("/farg"))
    assert "2 ärenden färgmarkeras: Röd." in confirm.text


async def test_two_tabs_of_a_list_that_show_other_pages_keep_each_others_ticks(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_two_rows(portal, monkeypatch)
    first = await anna.get("/handlaggare?lista=all")
    second = await anna.send(first.form("/val"), "sida:2")
    await anna.send(second.form("/val").fill(case=case_ids[2]), "sida:2")
    page = await anna.send(first.form("/val").fill(case=case_ids[0]), "gor:farg")
    assert "2 ärenden är valda." in page.text


async def test_a_tag_that_does_not_exist_is_told_with_the_one_that_may_be_meant(
    anna: Browser, case_ids: list[str]
) -> None:
    form = (await choose(anna, case_ids[:1], "utskick")).form("/utskick")
    refused = await anna.send(form.fill(text="{arende.fel} {xyz.sal} {dag}"))
    assert "{arende.fel} finns inte. Menade du {ärende.nummer}? {xyz.sal} finns inte." in refused.text
    assert refused.status == 422 and "Fyll i eller ta bort {dag}." in refused.text


async def test_a_ticked_case_that_is_not_there_is_said_to_be_left_out(
    anna: Browser, case_ids: list[str]
) -> None:
    form = (await anna.get("/handlaggare?lista=all")).form("/val")
    unknown = "0" * 32
    page = await anna.send(form.fill(case=[case_ids[0], unknown], shown=[*case_ids, unknown]), "gor:farg")
    assert "1 ärende är valt." in page.text
    assert "1 markerat ärende finns inte, eller så får du inte se det. Det är inte med." in page.text


async def test_from_a_change_officers_come_back_to_the_page_of_the_list_that_they_left(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_two_rows(portal, monkeypatch)
    first = await anna.get("/handlaggare?lista=unassigned")
    second = await anna.send(first.form("/val"), "sida:2")
    assert numbers(second) == ["2026-000001"]
    form = await anna.send(second.form("/val").fill(case=case_ids[2]), "gor:farg")
    for path in form.tree.xpath("//main//a[contains(@href, '/lista/')]/@href"):
        assert numbers(await anna.get(path)) == ["2026-000001"], "back, and cancel"
    confirm = await anna.send(form.form("/farg").fill(colour="red"))
    done = await anna.send(confirm.form("/bekrafta"))
    (to_list,) = done.tree.xpath("//a[text()='Till ärendena']/@href")
    assert numbers(await anna.get(to_list)) == ["2026-000001"]
    case_page = await anna.get("/handlaggare/2026-000001")
    (back,) = case_page.tree.xpath("//a[text()='Tillbaka till listan']/@href")
    assert numbers(await anna.get(back)) == ["2026-000001"]
    await portal.service.perform(TakeCase(case_id=case_ids[2]), portal.officer("anna"))
    assert numbers(await anna.get(to_list)) == ["2026-000003", "2026-000002"], (
        "the last page has nothing left"
    )


async def test_before_a_change_is_confirmed_its_page_says_all_that_was_filled_in_and_of_which_cases(
    anna: Browser, case_ids: list[str]
) -> None:
    form = await choose(anna, case_ids[:2], "status")
    confirm = await anna.send(form.form("/status").fill(status="working", note="Efter samråd."))
    facts = dict(
        zip(confirm.tree.xpath("//dl//dt/text()"), confirm.tree.xpath("//dl//dd/text()"), strict=True)
    )
    assert facts == {"Ny status": "Under behandling", "Intern notering": "Efter samråd."}
    chosen = zip(
        confirm.tree.xpath("//tbody//a/text()"), confirm.tree.xpath("//tbody//td/text()"), strict=True
    )
    assert list(chosen) == [("2026-000003", "Inskickat"), ("2026-000002", "Inskickat")]


async def test_a_change_calls_applicants_as_its_form_did(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = portal.service.catalog.services
    key = (await portal.view_case(case_ids[0])).case.service
    named = services[key].model_copy(update={"applicant_word": Text(sv="anmälare", en="reporter")})
    monkeypatch.setitem(services, key, named)
    form = await choose(anna, case_ids[:2], "status")
    confirm = await anna.send(form.form("/status").fill(status="working"))
    assert "Ska anmälaren få veta" in confirm.text and "sökanden" not in confirm.text
    page = await anna.send(confirm.form("/bekrafta").fill(notifies="1"))
    assert "Mejl till anmälaren" in page.text


@pytest.mark.parametrize("answer", ["1", "0"])
async def test_whether_applicants_are_told_of_a_status_is_asked_each_time_and_kept_to(
    portal: Portal, anna: Browser, case_ids: list[str], answer: str
) -> None:
    form = await choose(anna, case_ids[:2], "status")
    confirm = await anna.send(form.form("/status").fill(status="working"))
    assert "2 ärenden får status Under behandling." in confirm.text
    assert "I så fall skickas mejl i 2 ärenden." in confirm.text
    (below,) = confirm.tree.xpath("//fieldset/legend/following-sibling::p[@class='help']/text()")
    assert below.startswith("Mejlet säger att det har hänt något i ärendet, men inte vilken status")
    unanswered = await anna.send(confirm.form("/bekrafta"))
    assert unanswered.status == 422 and "Välj om sökanden ska få ett mejl." in unanswered.text
    await anna.send(unanswered.form("/bekrafta").fill(notifies=answer))
    mails_before = await count_mails(portal)
    await run_batches(portal)
    assert (await portal.view_case(case_ids[0])).case.status == "working"
    assert await count_mails(portal) - mails_before == (2 if answer == "1" else 0)
    page = await anna.get("/handlaggare/2026-000003")
    assert ("Sökanden fick inget mejl om det." in page.text) is (answer == "0")


async def count_mails(portal: Portal) -> int:
    """Mails to applicants that wait to be sent."""
    destinations = await portal.database.read(
        lambda tx: tx.conn.execute(select(DeliveryRow.destination)).scalars().all()
    )
    return sum(one.startswith("mail") for one in destinations)


async def test_of_a_long_list_all_cases_are_added_after_the_press(
    portal: Portal, anna: Browser, case_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_service, "MAX_ADDED_AT_REQUEST", 1)
    every = await anna.send((await anna.get("/handlaggare?lista=all")).form("/val").fill(do="alla:"))
    form = await anna.send(every.form("/val").fill(do="gor:farg"))
    waiting = await anna.send(form.form("/farg").fill(colour="red"))
    assert "Färgmarkera (Röd): förbereds." in waiting.text and waiting.tree.xpath("//progress/@data-seconds")
    (address,) = waiting.tree.xpath("//a[. = 'Uppdatera']/@href")
    assert (await anna.get(address)).url == waiting.url
    assert await portal.deps.batches.prepare_next()
    confirm = await anna.get(waiting.url)
    await anna.send(confirm.form("/bekrafta"))
    await run_batches(portal)
    assert await colours(portal, case_ids) == ["red", "red", "red"]
