"""What an officer has typed when the case is no longer theirs to work with: it is given back, on every form."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot import portal as portal_package
from bot.catalog.services import EService
from bot.domain.assignment import ChangeAssignees
from bot.domain.deletion import DeleteCase
from bot.domain.protection import SetProtection
from bot.portal.forms.unsaved_texts import NOT_TYPED, NOT_TYPED_PREFIXES
from tests.portal.browser import Browser, Form
from tests.portal.conftest import Portal
from tests.portal.officer.test_editing import use_altan
from tests.portal.officer.test_officers_page import enters
from tests.portal.overview.test_many_at_once import choose

PAGE = "/handlaggare/2026-000001"
TEXT = "Det tog en timme att skriva."


def _without(*keys: str) -> Callable[[EService], EService]:
    """The e-service without these officers' access, where Bo coordinates."""

    def change(altan: EService) -> EService:
        kept = (one for one in altan.officers if one.officer not in keys)
        officers = tuple(one.model_copy(update={"coordinator": one.access == "full"}) for one in kept)
        return altan.model_copy(update={"officers": officers, "protected_officers": ("bo",)})

    return change


@pytest.fixture
def portal(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """Anna and Bo coordinate the e-service; only Bo sees protected cases."""
    use_altan(portal, monkeypatch, _without())
    return portal


FORMS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "message": (f"{PAGE}/meddelande", "/meddelande", {"text": TEXT}, "preview"),
    "message to send": (f"{PAGE}/meddelande", "/meddelande", {"text": TEXT}, "send"),
    "template": (f"{PAGE}/meddelande", "/meddelande", {"text": TEXT, "template": "besok"}, "template"),
    "note": (f"{PAGE}/notering", "/notering", {"text": TEXT}, ""),
    "note's template": (f"{PAGE}/notering", "/notering", {"text": TEXT, "template": "samtal"}, "template"),
    "edit": (f"{PAGE}/andra", "/andra", {"svar_mer": TEXT}, ""),
    "delete": (f"{PAGE}/ta-bort", "/ta-bort", {"reason": TEXT, "ground": "other"}, ""),
    "status": (f"{PAGE}/status", "/status", {"note": TEXT, "status": "working"}, ""),
    "status' note": (f"{PAGE}/status", "/status", {"note": TEXT, "status": "working"}, "note"),
    "officers": (f"{PAGE}/handlaggare", "/handlaggare", {"reason": TEXT}, ""),
    "flag": (f"{PAGE}/flagga", "/flagga", {"note": TEXT}, ""),
    "hold": (f"{PAGE}/gallringsstopp", "/gallringsstopp", {"reason": TEXT, "hold": "appeal"}, ""),
    "protection": (f"{PAGE}/skydd", "/skydd", {"reason": TEXT}, ""),
    "contact": (f"{PAGE}/kontakt/1", "/kontakt/1", {"reason": TEXT}, ""),
    "representative": (f"{PAGE}/ombud", "/ombud", {"reason": TEXT, "om_name": "Ola Ombud"}, ""),
}
"""Each form that takes a text: its page, its action, what is typed in it, and the button that sends it."""


async def _access_ends(portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Anna's access to the e-service lasts until yesterday."""
    use_altan(portal, monkeypatch, _without("anna"))
    return 404


async def _others_get_it(portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Anna sees only what she has, and Bo gets the case."""

    def restricted(altan: EService) -> EService:
        officers = (
            one.model_copy(update={"access": "restricted", "coordinator": False})
            if one.officer == "anna"
            else one
            for one in _without()(altan).officers
        )
        return altan.model_copy(update={"officers": tuple(officers)})

    change = ChangeAssignees(case_id=case_id, expected=(), assignees=("officer:bo",))
    await portal.service.perform(change, portal.officer("bo"))
    use_altan(portal, monkeypatch, restricted)
    return 404


async def _it_is_deleted(portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    seq = (await portal.view_case(case_id)).case.seq
    command = DeleteCase(case_id=case_id, typed_number="2026-000001", ground="mistake", expected=seq)
    await portal.service.perform(command, portal.officer("bo"))
    return 410


async def _it_is_protected(portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    command = SetProtection(case_id=case_id, protected=True, reason="Skyddad adress")
    await portal.service.perform(command, portal.officer("bo"))
    return 403


async def _session_ends(portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    portal.clock.advance(minutes=31)
    return 401


async def _too_many_forms(portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Each form is one too many, though it may be read."""
    monkeypatch.setattr(portal.deps.button_limiter, "burst", 0)
    return 429


MEANWHILE = [_too_many_forms, _session_ends, _access_ends, _others_get_it, _it_is_deleted, _it_is_protected]


async def _opens(anna: Browser, name: str) -> tuple[Form, str]:
    path, action, typed, do = FORMS[name]
    page = await anna.get(path)
    if name == "message to send":
        page = await anna.send(page.form(action).fill(**typed), "preview")
        return page.form(action), do
    return page.form(action).fill(**typed), do


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("name", FORMS)
async def test_what_was_typed_is_given_back_when_the_case_is_no_longer_ones_own(
    portal: Portal,
    case_id: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    meanwhile: Callable[[Portal, str, pytest.MonkeyPatch], Awaitable[int]],
) -> None:
    anna, _ = await enters(portal, case_id)
    form, do = await _opens(anna, name)
    status = await meanwhile(portal, case_id, monkeypatch)
    page = await anna.send(form, do)
    assert page.status == status and "Inget har sparats" in page.text
    given_back = [one.text.strip() for one in page.tree.xpath("//main//textarea")]
    assert any(TEXT in one for one in given_back)
    technical = [value for key, value in form.values if key in ("key", "do", "version", "was") and value]
    assert not set(technical) & set(given_back)
    if status == 404:
        assert "Du har inte längre tillgång till sidan" in page.text
        assert "Din behörighet har upphört" in page.text
        assert name == "contact" or "Eva" not in page.text


async def test_what_was_typed_in_a_registration_is_given_back_when_access_ends(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/registrera/altan")).form("/registrera/altan")
    form.fill(reg_way="phone", om_p0_name="Eva Ek", svar_vad="En altan", svar_mer=TEXT)
    use_altan(portal, monkeypatch, _without("anna"))
    page = await anna.send(form, "check")
    assert page.status == 409 and "behörighet" in page.text
    (typed,) = page.tree.xpath("//textarea[@readonly]")
    assert typed.text.strip().split("\n") == [
        "Dagen då ärendet kom in: 2026-11-23",
        "Ärendet kom genom: Telefon",
        "Namn: Eva Ek",
        "Vad vill du bygga? En altan",
        f"Berätta mer: {TEXT}",
    ]


async def test_a_text_to_many_is_given_back_when_the_list_is_gone(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await choose(anna, [case_id], "utskick")).form("/utskick").fill(text=TEXT)
    list_id = form.action.split("/")[-2]
    form.action = form.action.replace(list_id, "0" * len(list_id))
    page = await anna.send(form)
    assert page.status == 404 and page.tree.xpath("//textarea[@readonly]")[0].text.strip() == TEXT


async def test_files_of_an_unsaved_form_are_named(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/notering")).form("/notering").fill(text=TEXT)
    form.attach("files", "plan.pdf", b"%PDF-1.4\n")
    use_altan(portal, monkeypatch, _without("anna"))
    page = await anna.send(form)
    assert "De här filerna sparades inte: plan.pdf." in page.text


async def test_an_address_that_was_never_a_form_says_nothing_of_ended_access(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get("/handlaggare/2026-009999/notering")
    assert page.status == 404 and "Sidan finns inte" in page.text


def test_nothing_that_a_page_fills_in_itself_is_taken_for_what_was_typed() -> None:
    folder = Path(portal_package.__file__ or "").parent / "templates"
    pages = [*folder.glob("officer/*.html"), *folder.glob("*.html")]
    hidden = {
        name
        for page in pages
        for name in re.findall(r'<input type="hidden" name="([^"]*)"', page.read_text(encoding="utf-8"))
    }
    # What stands in a variable is typed in an earlier step of the form, as is the reason.
    filled_in = {name for name in hidden if not name.startswith("{{")} - {"reason"}
    assert {one for one in filled_in if not one.startswith(NOT_TYPED_PREFIXES)} - NOT_TYPED == set()
