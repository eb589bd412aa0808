"""The key that signs what browsers hold is replaced while people are at their browsers."""

from __future__ import annotations

import pytest

from bot.store import Keys
from bot.store.log import key_check
from tests.portal.applicant.test_signing_in import asks, signs_in
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal

NEW = b"new-" * 10


@pytest.fixture
def old(portal: Portal) -> Keys:
    """The keys of an installation that has one secret for all."""
    return portal.database.keys


def replace_keys(portal: Portal, keys: Keys) -> Portal:
    """The program started again with other keys, over the same database."""
    portal.database.keys = keys
    deps = portal.deps.__class__(
        portal.service, portal.deps.files, keys, portal.deps.public_url, portal.deps.batches
    )
    portal.app.router.routes[-1].app.app.app.app.app.state.deps = deps  # type: ignore[attr-defined]
    portal.deps = deps
    return portal


async def test_a_new_web_key_signs_nobody_out_and_loses_no_open_form(
    portal: Portal, eva: Browser, old: Keys
) -> None:
    await eva.submit(await filled(eva))
    await signs_in(portal, eva)
    form = await filled(eva)
    replace_keys(portal, Keys(old.secret, (NEW, old.secret)))
    assert "2026-000001" in (await eva.get("/mina-sidor")).text
    assert "/kvitto/" in (await eva.submit(form)).url


async def test_a_code_that_was_mailed_before_is_taken_after(portal: Portal, eva: Browser, old: Keys) -> None:
    await eva.submit(await filled(eva))
    page, code = await asks(eva), await portal.last_code()
    replace_keys(portal, Keys(old.secret, (NEW, old.secret)))
    assert "2026-000001" in (await eva.send(page.form().fill(code=code))).text


async def test_after_a_leak_nothing_that_the_old_key_signed_is_taken(
    portal: Portal, eva: Browser, old: Keys
) -> None:
    receipt = await eva.submit(await filled(eva))
    await signs_in(portal, eva)
    form = await filled(eva)
    replace_keys(portal, Keys(old.secret, (NEW,)))
    assert "/logga-in" in (await eva.get("/mina-sidor")).url
    assert (await eva.get(receipt.url)).status == 404
    assert "/kvitto/" not in (await eva.send(form)).url


async def test_the_log_and_the_mailboxes_do_not_hang_on_the_web_key(
    portal: Portal, eva: Browser, old: Keys
) -> None:
    await eva.submit(await filled(eva))
    replace_keys(portal, Keys(old.secret, (NEW,)))
    assert portal.database.read_sync(key_check.matches_key)
    assert "2026-000001" in (await signs_in(portal, eva)).text
