"""The mail's link, the code, and who gets in."""

from __future__ import annotations

import asyncio
import statistics
import time

import pytest
from sqlalchemy import event, update

from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UNDO_PERIOD
from bot.store.authentication import codes
from bot.store.tables import ApplicantRow
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal


async def asks(browser: Browser, address: str = "eva@ek.example") -> Page:
    form = (await browser.get("/mina-sidor")).form()
    return await browser.send(form.fill(address=address))


async def signs_in(portal: Portal, browser: Browser, address: str = "eva@ek.example") -> Page:
    page = await asks(browser, address)
    return await browser.send(page.form().fill(code=await portal.last_code()))


async def test_the_code_opens_my_pages(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await signs_in(portal, eva)
    assert page.url.endswith("/mina-sidor") and "Bygga altan" in page.text and "2026-000001" in page.text


async def test_the_code_may_be_typed_with_its_space(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await asks(eva)
    code = await portal.last_code()
    page = await eva.send(page.form().fill(code=f" {code[:3]} {code[3:]} "))
    assert page.url.endswith("/mina-sidor")


async def test_the_code_may_be_typed_in_the_figures_of_ones_keyboard(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    page = await asks(eva)
    code = (await portal.last_code()).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    page = await eva.send(page.form().fill(code=f"{code[:3]}\u00a0{code[3:]}"))
    assert page.url.endswith("/mina-sidor")


async def test_an_address_pasted_with_a_comma_and_spaces_is_the_same_mailbox(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    assert "2026-000001" in (await signs_in(portal, eva, "\u200b\u00a0eva@ek.example, ")).text


async def test_the_code_field_is_one_that_phones_fill_in(eva: Browser, case_id: str) -> None:
    (field,) = (await asks(eva)).tree.xpath("//input[@id='code']")
    assert (field.get("autocomplete"), field.get("inputmode")) == ("one-time-code", "numeric")


async def test_an_address_in_other_case_is_the_same_mailbox(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    assert "2026-000001" in (await signs_in(portal, eva, "EVA@EK.example")).text


async def test_the_mails_link_leads_to_exactly_the_message(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    sent = await portal.service.perform(SendMessage(case_id=case_id, text="Hej Eva!"), portal.officer("anna"))
    portal.clock.advance(seconds=UNDO_PERIOD.total_seconds())
    (person,) = await portal.people(case_id)
    message = sent.ids["message_id"]
    page = await eva.get(f"/m/{person.id}/{message}")
    assert "eva@ek.example" not in page.text and "Hej Eva!" not in page.text and "altan" not in page.text
    page = await eva.send(page.form())
    answer = await eva.send(page.form().fill(code=await portal.last_code()), follow=False)
    place = answer.answer.headers["location"]
    assert place == f"/mina-sidor/arende/{case_id}?ny={message}#m-{message}"
    (shown,) = (await eva.get(place)).tree.xpath(f"//*[@id='m-{message}']")
    assert "is-new" in shown.get("class") and "Hej Eva!" in shown.text_content()


async def test_the_link_says_what_it_opens(portal: Portal, eva: Browser, case_id: str) -> None:
    (person,) = await portal.people(case_id)
    case, message = await eva.get(f"/m/{person.id}"), await eva.get(f"/m/{person.id}/{'0' * 32}")
    assert "Öppna ditt ärende" in case.text and "Öppna ditt meddelande" in message.text


async def test_looking_at_the_link_sends_no_code(portal: Portal, eva: Browser, case_id: str) -> None:
    (person,) = await portal.people(case_id)
    await eva.get(f"/m/{person.id}")
    assert ("code", "waiting") not in await portal.count_deliveries()


async def test_who_is_signed_in_goes_straight_to_the_message(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await signs_in(portal, eva)
    (person,) = await portal.people(case_id)
    assert (await eva.get(f"/m/{person.id}")).url.endswith(f"/mina-sidor/arende/{case_id}")


async def test_a_link_to_nobody_gets_the_same_answers(portal: Portal, eva: Browser, case_id: str) -> None:
    (person,) = await portal.people(case_id)
    known, unknown = await eva.get(f"/m/{person.id}"), await eva.get(f"/m/{'0' * 32}")
    assert known.text == unknown.text and known.status == unknown.status
    assert (await eva.send(known.form())).text == (await portal.browser().send(unknown.form())).text


async def test_an_unknown_address_gets_the_same_answer_and_the_same_rows(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    before = await portal.count_deliveries()
    known = await asks(eva)
    between = await portal.count_deliveries()
    unknown = await asks(portal.browser(), "ingen@annan.example")
    after = await portal.count_deliveries()
    assert (known.status, known.text) == (unknown.status, unknown.text)
    count = ("code", "waiting")
    assert (before.get(count, 0), between[count], after[count]) == (0, 1, 2)


async def test_an_unknown_address_takes_the_same_time(portal: Portal, eva: Browser, case_id: str) -> None:
    times: dict[str, list[float]] = {"eva@ek.example": [], "ingen@annan.example": []}
    for n in range(4):
        for address, taken in times.items():
            browser = portal.browser(f"192.0.2.{n}")
            form = (await browser.get("/mina-sidor")).form().fill(address=address)
            start = time.perf_counter()
            await browser.send(form, follow=False)
            taken.append(time.perf_counter() - start)
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert abs(known - unknown) < max(0.05, known)


async def test_a_wrong_code_says_how_many_tries_are_left(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await asks(eva)
    code = await portal.last_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    page = await eva.send(page.form().fill(code=wrong))
    assert page.status == 422 and "Du har 4 försök kvar" in page.text


async def test_five_wrong_codes_close_the_door_to_the_right_one(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    page = await asks(eva)
    code = await portal.last_code()
    form = page.form()
    for _ in range(5):
        page = await eva.send(form.fill(code=f"{(int(code) + 1) % 1_000_000:06d}"))
    assert "Koden gäller inte längre" in page.text
    page = await eva.send(form.fill(code=code))
    assert page.status == 422 and "/logga-in" in (await eva.get("/mina-sidor")).url


@pytest.mark.parametrize("path", ["/m/%00", f"/m/{'a' * 32}/%00", "/m/x%00"])
async def test_a_link_with_a_sign_that_no_database_takes_is_one_to_nobody(
    portal_on_both: Portal, path: str
) -> None:
    browser = portal_on_both.browser()
    assert (await browser.get(path)).status < 500
    assert (await browser.client.post(path)).status_code < 500


async def test_many_guesses_at_once_are_five_all_the_same(portal_on_both: Portal) -> None:
    portal = portal_on_both
    browser = portal.browser()
    await browser.submit(await filled(browser))
    form = (await asks(browser)).form()
    code = await portal.last_code()
    wrong = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 9)]
    pages = await asyncio.gather(
        *(browser.send(form.__class__(form.action, [("code", one)])) for one in wrong)
    )
    assert sum("försök kvar" in page.text for page in pages) == 4


async def test_tries_are_counted_one_by_one_however_many_come_at_once(portal_on_both: Portal) -> None:
    portal = portal_on_both
    await asks(portal.browser())
    sign_in = await portal.last_sign_in()
    left = await asyncio.gather(
        *(portal.database.write(lambda tx: codes.spend_attempt(tx, sign_in)) for _ in range(8))
    )
    assert sorted(left) == [-1, -1, -1, 0, 1, 2, 3, 4]


async def test_a_code_is_valid_for_ten_minutes(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await asks(eva)
    code = await portal.last_code()
    portal.clock.advance(minutes=10)
    page = await eva.send(page.form().fill(code=code))
    assert page.status == 422 and "Koden gäller inte längre" in page.text


async def test_a_code_works_once(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await asks(eva)
    code, form = await portal.last_code(), page.form()
    thief = portal.browser()
    thief.client.cookies.update(eva.client.cookies)
    assert (await eva.send(form.fill(code=code))).url.endswith("/mina-sidor")
    assert (await thief.send(form.fill(code=code))).status == 422


async def test_a_code_opens_only_for_the_browser_that_asked(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    form = (await asks(eva)).form()
    assert (await portal.browser().send(form.fill(code=await portal.last_code()))).status == 422


async def test_who_asks_again_and_again_is_led_to_the_latest_code_and_told_so(
    portal: Portal, case_id: str
) -> None:
    portal.clock.advance(hours=1)  # the code of her application counts as well
    for _ in range(5):
        portal.clock.advance(seconds=1)
        assert "Vi skickade ingen ny" not in (await asks(portal.browser())).text
    code = await portal.last_code()
    portal.clock.advance(minutes=2)
    browser = portal.browser()
    page = await asks(browser)
    assert page.status == 200 and "Vi skickade ingen ny kod" in page.text
    assert ("code", "waiting") not in await portal.count_deliveries()
    for mistyped in ("12", "000000"):
        page = await browser.send(page.form().fill(code=mistyped))
        assert page.status == 422 and "Vi skickade ingen ny kod" in page.text
    page = await browser.send(page.form().fill(code=code))
    assert page.url.endswith("/mina-sidor") and "2026-000001" in page.text


async def test_who_has_used_up_or_outlived_the_latest_code_gets_another(portal: Portal, case_id: str) -> None:
    for _ in range(6):
        await asks(portal.browser())
    portal.clock.advance(minutes=10)
    await portal.last_code()
    assert "Vi skickade ingen ny" not in (await asks(portal.browser())).text
    assert (await portal.count_deliveries())[("code", "waiting")] == 1


async def test_nobody_shuts_another_out_by_asking_for_their_codes(portal: Portal, case_id: str) -> None:
    for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        for _ in range(8):
            await asks(portal.browser(ip))
    await portal.last_code()
    owner = portal.browser("203.0.113.9")
    page = await asks(owner)
    assert "Vi skickade ingen ny" not in page.text
    assert "2026-000001" in (await owner.send(page.form().fill(code=await portal.last_code()))).text


async def test_a_mail_scanner_that_presses_the_links_button_shuts_nobody_out(
    portal: Portal, case_id: str
) -> None:
    (person,) = await portal.people(case_id)
    for _ in range(9):
        scanner = portal.browser("198.51.100.7")
        await scanner.send((await scanner.get(f"/m/{person.id}")).form())
    await portal.last_code()
    owner = portal.browser("203.0.113.9")
    page = await owner.send((await owner.get(f"/m/{person.id}")).form())
    page = await owner.send(page.form().fill(code=await portal.last_code()))
    assert page.url.endswith(f"/mina-sidor/arende/{case_id}")


async def test_a_mailbox_is_not_flooded_from_however_many_places(portal: Portal, case_id: str) -> None:
    portal.clock.advance(hours=1)  # the code of her application counts as well
    pages = [await asks(portal.browser(f"192.0.2.{n}")) for n in range(1, 32)]
    assert [page.status for page in pages] == [200] * 30 + [429]
    assert (await portal.count_deliveries())[("code", "waiting")] == 30
    portal.clock.advance(minutes=61)
    assert (await asks(portal.browser("192.0.2.99"))).status == 200


async def test_a_code_that_two_browsers_were_led_to_is_guessed_at_five_times_between_them(
    portal: Portal, case_id: str
) -> None:
    for _ in range(5):
        portal.clock.advance(seconds=1)
        await asks(first := portal.browser())
    page = await asks(second := portal.browser())
    code = await portal.last_code()
    wrong = page.form().fill(code=f"{(int(code) + 1) % 1_000_000:06d}")
    left = [await browser.send(wrong) for browser in (first, second, first, second, first, second)]
    assert ["försök kvar" in page.text for page in left] == [True] * 4 + [False] * 2
    assert (await second.send(page.form().fill(code=code))).status == 422


async def test_a_hundred_people_behind_one_address_sign_in_within_ten_minutes(portal_on_both: Portal) -> None:
    portal, now = portal_on_both, portal_on_both.clock()
    asked = [codes.SignIn(f"{n:032d}", f"{n:064d}", now) for n in range(100)]
    for one in asked:
        sent = await portal.database.write(lambda tx, one=one: codes.request_code(tx, one, "town hall"))  # type: ignore[misc]
        assert sent == one


async def test_an_address_that_only_looks_like_anothers_is_told_of_and_gets_no_code(
    portal: Portal, eva: Browser
) -> None:
    page = await asks(eva, "haſſe@ek.example")
    assert page.status == 422 and "har tecknet ſ, som bara liknar en vanlig bokstav" in page.text
    assert ("code", "waiting") not in await portal.count_deliveries()


async def test_nobody_opens_a_case_under_an_address_that_only_looks_like_anothers(
    portal: Portal, eva: Browser
) -> None:
    page = await eva.submit((await filled(eva)).fill(om_p0_email="haſſe@ek.example"))
    assert page.status == 422 and "har tecknet ſ, som bara liknar en vanlig bokstav" in page.text
    assert await portal.list_cases() == []


@pytest.mark.parametrize("stored", ["haſſe@ek.example", "hasse@straße.example"])
async def test_a_case_of_before_under_a_look_alike_is_not_listed_with_ones_own(
    portal: Portal, eva: Browser, stored: str
) -> None:
    await eva.submit((await filled(eva)).fill(om_p0_email="eva@ek.example"))
    (case,) = await portal.list_cases()
    await portal.database.write(
        lambda tx: tx.conn.execute(
            update(ApplicantRow).values(email=stored, mailbox=portal.deps.keys.hash_mailbox(stored))
        )
    )
    typed = stored.replace("ſ", "s").replace("ß", "ss")
    assert case.number not in (await signs_in(portal, eva, typed)).text


async def test_a_domain_with_letters_is_one_however_it_is_written(portal: Portal, eva: Browser) -> None:
    await eva.submit((await filled(eva)).fill(om_p0_email="eva@ekström.example"))
    assert "2026-000001" in (await signs_in(portal, eva, "EVA@xn--ekstrm-0xa.example")).text


async def test_what_is_no_address_is_told_and_kept(eva: Browser) -> None:
    page = await asks(eva, "eva.ek")
    assert page.status == 422 and page.form().value("address") == "eva.ek"


async def test_after_signing_out_the_pages_are_closed(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await signs_in(portal, eva)
    await eva.send(page.form("/logga-ut"))
    assert "logga-in" in (await eva.get("/mina-sidor")).url


async def test_after_half_an_hour_idle_the_pages_are_closed(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await signs_in(portal, eva)
    portal.clock.advance(minutes=29)
    assert (await eva.get("/mina-sidor")).url.endswith("/mina-sidor")
    portal.clock.advance(minutes=31)
    assert "logga-in" in (await eva.get("/mina-sidor")).url


async def test_after_twelve_hours_the_pages_are_closed_however_much_they_are_used(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await signs_in(portal, eva)
    for _ in range(12 * 3 - 1):
        portal.clock.advance(minutes=20)
        assert (await eva.get("/mina-sidor")).url.endswith("/mina-sidor")
    portal.clock.advance(minutes=20)
    assert "logga-in" in (await eva.get("/mina-sidor")).url


async def test_pages_that_are_only_read_commit_at_most_once_a_minute(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await signs_in(portal, eva)
    commits: list[object] = []
    event.listen(portal.database.migration_engine(), "commit", commits.append)
    counts = []
    for seconds in (0, 59, 1, 1, 1):
        portal.clock.advance(seconds=seconds)
        await eva.get("/mina-sidor")
        counts.append(len(commits))
    assert counts == [0, 0, 1, 1, 1]


async def test_signing_in_leads_to_no_other_site(portal: Portal, eva: Browser, case_id: str) -> None:
    form = (await eva.get("/mina-sidor/logga-in?till=https://ond.example/")).form()
    assert form.value("then") == "/mina-sidor"
    for path in (
        "/mina-sidor/../internt",
        "/mina-sidor/logga-ut",
        "/mina-sidor@ond.example",
        "/mina-sidor%0Ax",
    ):
        assert (await eva.get(f"/mina-sidor/logga-in?till={path}")).form().value("then") == "/mina-sidor"
    page = await eva.send(form.fill(address="eva@ek.example", then="//ond.example/mina-sidor"))
    answer = await eva.send(page.form().fill(code=await portal.last_code()), follow=False)
    assert answer.answer.headers["location"] == "/mina-sidor"


async def test_someone_elses_cases_are_not_listed(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await signs_in(portal, eva, "karl@annan.example")
    assert "Du har inga ärenden här" in page.text and "2026-000001" not in page.text


@pytest.mark.parametrize(
    "below", ["pdf", "fil/0123456789abcdef0123456789abcdef", "kvittera", "begar-avgorande"]
)
async def test_who_signs_in_anew_while_in_a_case_comes_back_to_it(
    portal: Portal, eva: Browser, case_id: str, below: str
) -> None:
    case_path = f"/mina-sidor/arende/{case_id}"
    page = await eva.get(f"/mina-sidor/logga-in?till={case_path}/{below}")
    page = await eva.send(page.form().fill(address="eva@ek.example"))
    page = await eva.send(page.form().fill(code=await portal.last_code()))
    assert page.status == 200 and page.url.endswith(case_path) and "2026-000001" in page.text
