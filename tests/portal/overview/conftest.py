"""Three cases, and an officer who sees them."""

from __future__ import annotations

import pytest

from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters


@pytest.fixture
@filled_once
async def case_ids(portal: Portal, eva: Browser) -> list[str]:
    """Three cases, the newest first."""
    for _ in range(3):
        await eva.submit(await filled(eva))
        portal.clock.advance(days=1)
    return [str(row.id) for row in await portal.list_cases()]


@pytest.fixture
async def anna(portal: Portal, case_ids: list[str]) -> Browser:
    browser, _ = await enters(portal, case_ids[0])
    return browser
