"""Mentioning colleagues in a note on the case page."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.store.tables import DeliveryRow
from tests.portal.browser import Browser, Form, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

NOTE = "/handlaggare/2026-000001/notering"


@pytest.fixture
async def anna(portal: Portal, eva: Browser) -> Browser:
    """Anna at the page of the only case."""
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    return (await enters(portal, case.id))[0]


async def form(anna: Browser) -> Form:
    return (await anna.get(NOTE)).form()


async def told(portal: Portal) -> str:
    """Private notices under way."""
    rows: Any = await portal.database.read(
        lambda tx: (
            tx.conn.execute(select(DeliveryRow.ids).where(DeliveryRow.kind == "notice")).scalars().all()
        )
    )
    return str(rows)


async def test_a_colleague_is_mentioned_and_told_and_the_log_says_so(portal: Portal, anna: Browser) -> None:
    page = await anna.send((await form(anna)).fill(text="Titta på ritningen", mention="bo"))
    assert "Anna Berg skrev en intern notering. Omnämnda: Bo Ek." in page.text
    assert "mentioned" in await told(portal) and "'bo'" in (await told(portal)).replace('"', "'")


async def test_those_who_may_work_with_the_case_can_be_mentioned_and_nobody_else(anna: Browser) -> None:
    page = await anna.get(NOTE)
    assert page.tree.xpath("//input[@name='mention']/@value") == ["bo"]


async def test_who_has_no_part_in_the_case_is_refused_and_what_was_typed_is_kept(
    portal: Portal, anna: Browser
) -> None:
    page = await anna.send((await form(anna)).fill(text="Titta", mention=["bo", "ute"]))
    assert page.status == 422 and "Ute Fors" in page.text
    assert page.form().value("text").strip() == "Titta"
    assert page.tree.xpath("//input[@name='mention' and @checked]/@value") == ["bo", "ute"]
    assert await told(portal) == "[]"


async def test_ticks_outlive_a_template_and_a_search(anna: Browser) -> None:
    page = await anna.send((await form(anna)).fill(mention="bo", template="samtal"), "template")
    page = await anna.send(page.form().fill(searched="xyzzy"), "search")
    assert page.tree.xpath("//input[@name='mention' and @checked]/@value") == ["bo"]
    assert page.form().value("text").strip() == "Samtal i 2026-000001."
