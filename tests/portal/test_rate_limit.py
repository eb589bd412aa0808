"""How often forms may be sent from one address."""

from __future__ import annotations

import pytest

from bot.portal.dependencies import FORM_RATE
from bot.web.rate_limit import MAX_CLIENTS, RateLimiter
from tests.conftest import Clock
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal

INTERVAL, BURST, READ_LIMIT = FORM_RATE
WAIT = "Många formulär har kommit härifrån på kort tid."


def sent_before(portal: Portal, times: int, ip: str = "192.0.2.1") -> None:
    """So many forms have come from the address just now."""
    for _ in range(times):
        portal.deps.form_limiter.acquire(portal.deps.keys.hash_token(f"ip {ip}"), portal.clock())


async def test_a_workplace_full_of_people_may_send_at_once(portal: Portal, eva: Browser) -> None:
    form = await filled(eva)
    sent_before(portal, BURST - 3)  # looked through, sent, and confirmed
    assert (await eva.submit(form)).status == 200
    assert len(await portal.list_cases()) == 1


async def test_one_too_many_is_not_sent_and_comes_back_filled_in(portal: Portal, eva: Browser) -> None:
    form = await filled(eva)
    sent_before(portal, BURST)
    page = await eva.submit(form)
    assert (page.status, page.answer.headers["retry-after"]) == (429, "60")
    assert WAIT in page.text and "Vänta 1 min" in page.text
    assert page.form().value("svar_vad") == "En altan" and await portal.list_cases() == []
    portal.clock.advance(seconds=60)
    assert (await eva.submit(page.form())).status == 200
    assert len(await portal.list_cases()) == 1


async def test_far_too_many_are_not_even_read(portal: Portal, eva: Browser) -> None:
    form = await filled(eva)
    sent_before(portal, READ_LIMIT)
    page = await eva.submit(form.attach("svar_ritning", "stor.pdf", b"%PDF-1.7" + b"0" * 10_000))
    assert page.status == 429 and "Vänta en stund" in page.text and WAIT not in page.text
    assert int(page.answer.headers["retry-after"]) >= 60
    assert not [one for one in portal.deps.files.root.rglob("*") if one.is_file()]


async def test_a_message_too_soon_is_given_back(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    await signs_in(portal, eva)
    page = await eva.get(f"/mina-sidor/arende/{case.id}")
    portal.deps.button_limiter.burst = 0
    form = page.form(case.id).fill(text="Det tog en timme att skriva.")
    page = await eva.send(form)
    assert page.status == 429 and "Inget har sparats" in page.text and "Vänta 1 min" in page.text
    assert [one.text.strip() for one in page.tree.xpath("//main//textarea")] == [
        "Det tog en timme att skriva."
    ]


async def test_one_address_does_not_keep_others_waiting(portal: Portal, eva: Browser) -> None:
    sent_before(portal, READ_LIMIT * 2, "198.51.100.66")
    assert (await eva.submit(await filled(eva))).status == 200


@pytest.mark.parametrize("times", [READ_LIMIT, READ_LIMIT * 50])
def test_however_often_one_tried_the_wait_is_over_in_time(clock: Clock, times: int) -> None:
    rate_limit = RateLimiter(*FORM_RATE)
    for _ in range(times):
        rate_limit.acquire("x", clock())
    clock.advance(seconds=(INTERVAL * (READ_LIMIT - BURST + 1)).total_seconds())
    assert rate_limit.acquire("x", clock()).is_allowed


def test_no_more_addresses_are_remembered_than_there_is_room_for(clock: Clock) -> None:
    rate_limit = RateLimiter(*FORM_RATE)
    for n in range(MAX_CLIENTS + 50):
        rate_limit.acquire(f"address {n}", clock())
    assert len(rate_limit._busy_until) == MAX_CLIENTS
