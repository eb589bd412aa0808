"""What an applicant is called in the dialogs of a case."""

from __future__ import annotations

import pytest

from bot.catalog.base import Text
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, ELIN, SlackHarness


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


WORD = Text(sv="anmälare", en="reporter")


def rename_all(harness: SlackHarness, monkeypatch: pytest.MonkeyPatch, *, but: str = "") -> None:
    """All e-services call their applicants so, but one."""
    for key, service in list(harness.catalog.services.items()):
        if key != but:
            renamed = service.model_copy(update={"applicant_word": WORD})
            monkeypatch.setitem(harness.catalog.services, key, renamed)


@pytest.mark.parametrize("typed", ["hjälp", "inställningar"])
async def test_what_is_about_no_case_says_what_all_the_officers_e_services_do(
    harness: SlackHarness, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename_all(harness, monkeypatch)
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", typed)
    await anna.wait_until(lambda: "nmälare" in str(anna.view) + str(anna.ephemerals()))
    assert "sökande" not in (str(anna.view) + str(anna.ephemerals())).lower()


async def test_where_they_differ_it_says_the_usual_word(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename_all(harness, monkeypatch, but="forskola")
    officer = harness.person(ELIN)
    await officer.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
    await officer.wait_until(lambda: "skriv till sökanden" in str(officer.ephemerals()))
