"""What an applicant is called in the dialogs of a case."""

from __future__ import annotations

import pytest

from bot.catalog.base import Text
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, SlackHarness


@pytest.mark.parametrize("typed", ["meddela 1", "status 1", "tilldela 1", "notera 1", "visa 1"])
async def test_each_dialog_says_what_the_e_service_calls_its_applicants(
    harness: SlackHarness, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, word = harness.catalog.services["bygglov"], Text(sv="anmälare", en="reporter")
    renamed = service.model_copy(update={"applicant_word": word})
    monkeypatch.setitem(harness.catalog.services, "bygglov", renamed)
    await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", typed)
    await harness.wait_until_idle()
    shown = str(anna.view).lower()
    assert anna.view is not None and "sökande" not in shown
    assert "anmälare" in shown or typed.startswith("notera")
