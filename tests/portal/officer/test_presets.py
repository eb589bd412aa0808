"""Begär komplettering and Avsluta med beslut on the case page, and how many presses an officer's day takes there."""

from __future__ import annotations

from bot.domain.status import SetStatus
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Form, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import case_id, enters

__all__ = ["case_id"]

PAGE = "/handlaggare/2026-000001"


class Presses:
    """Anna on the case page, who counts what she presses: links, buttons and chosen files; typing is none."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self.count = 0
        self.page = page
        self._browser = browser

    async def follow(self, text: str) -> None:
        """Press the link with this text."""
        self.count += 1
        (link,) = {str(one.get("href")) for one in self.page.tree.xpath("//aside//a") if one.text == text}
        self.page = await self._browser.get(link)

    async def send(self, form: Form, do: str = "") -> None:
        self.count += 1 + len([one for one in form.uploads if one[1][0]])
        self.page = await self._browser.send(form, do)


async def come_in(portal: Portal, case_id: str) -> Presses:
    return Presses(*await enters(portal, case_id))


async def begin_work(portal: Portal, case_id: str) -> None:
    command = SetStatus(case_id=case_id, status="working", expected="submitted")
    await portal.service.perform(command, portal.officer("bo"))


async def test_a_request_for_completion_is_filled_in_and_takes_three_presses(
    portal: Portal, case_id: str
) -> None:
    anna = await come_in(portal, case_id)
    await anna.follow("Begär komplettering")
    form = anna.page.form("/meddelande")
    assert [form.value(key).strip() for key in ("text", "kind", "answer_by", "status_after")] == [
        "Svara senast {svara.senast}.", "completion", "2026-12-14", "waiting",
    ]  # fmt: skip
    await anna.send(form, "preview")
    assert "Svara senast 14 dec. 2026." in anna.page.text
    await anna.send(anna.page.form("/meddelande"), "send")
    (pending,) = (await portal.view_case(case_id)).case.pending
    assert pending.status_after == "waiting"
    assert anna.count <= 4


async def test_a_decision_with_its_file_takes_four_presses(portal: Portal, case_id: str) -> None:
    await begin_work(portal, case_id)
    anna = await come_in(portal, case_id)
    await anna.follow("Avsluta med beslut")
    form = anna.page.form("/meddelande")
    assert (
        form.value("text")
        .strip()
        .startswith("Beslutsdatum 23 nov. 2026. Beslutat av Anna Berg, Byggenheten.")
    )
    await anna.send(form.attach("files", "beslut.pdf", PDF), "preview")
    assert "beslut.pdf" in anna.page.text and "Avslutat med beslut" in anna.page.text
    assert "Ingen fil är bifogad" not in anna.page.text
    await anna.send(anna.page.form("/meddelande"), "send")
    (pending,) = (await portal.view_case(case_id)).case.pending
    assert pending.status_after == "decided"
    assert anna.count <= 5


async def test_that_a_decision_has_no_file_is_said_before_it_leaves(portal: Portal, case_id: str) -> None:
    await begin_work(portal, case_id)
    anna = await come_in(portal, case_id)
    await anna.follow("Avsluta med beslut")
    await anna.send(anna.page.form("/meddelande"), "preview")
    assert "Ingen fil är bifogad" in anna.page.text and "Avslutat med beslut" in anna.page.text


async def test_a_case_is_taken_by_one_press_and_a_note_by_two(portal: Portal, case_id: str) -> None:
    anna = await come_in(portal, case_id)
    await anna.send(anna.page.form("/ta"))
    assert (await portal.view_case(case_id)).case.officers == ("anna",)
    assert anna.count == 1
    await anna.follow("Ny intern notering")
    await anna.send(anna.page.form("/notering").fill(text="Ringde."), "save")
    assert "Noteringen är sparad." in anna.page.text
    assert anna.count == 3


async def test_only_what_may_follow_is_offered_and_another_address_says_why_not(
    portal: Portal, case_id: str
) -> None:
    anna, page = await enters(portal, case_id)
    assert "Begär komplettering" in page.text and "Avsluta med beslut" not in page.text
    page = await anna.get(f"{PAGE}/meddelande?preset=decision")
    assert "Från Inskickat går det inte att välja Avslutat med beslut." in page.text
    assert page.form("/meddelande").value("text").strip() == ""
    page = await anna.get(f"{PAGE}/meddelande?preset=nonsense")
    assert page.status == 200 and page.form("/meddelande").value("text").strip() == ""


async def test_a_message_from_the_status_page_is_filled_in_as_by_the_preset_of_its_status(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PAGE}/status")
    page = await anna.send(page.form("/status").fill(status="waiting"), "message")
    form = page.form("/meddelande")
    assert [form.value(key).strip() for key in ("text", "kind", "answer_by", "status_after")] == [
        "Svara senast {svara.senast}.", "completion", "2026-12-14", "waiting",
    ]  # fmt: skip


async def test_each_gap_of_a_text_has_a_field_and_is_filled_in_where_it_stands(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/meddelande")).form("/meddelande")
    page = await anna.send(form.fill(text="Vi saknar {det_som_saknas}."), "preview")
    assert page.status == 422 and "Det som saknas" in page.text
    page = await anna.send(page.form("/meddelande"), "preview")
    assert page.status == 422 and "Fyll i eller ta bort {det_som_saknas}." in page.text
    page = await anna.send(page.form("/meddelande").fill(gap_det_som_saknas="planen"), "preview")
    assert page.status == 200 and "Vi saknar planen." in page.text
    await anna.send(page.form("/meddelande"), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert message.text == "Vi saknar planen."


async def test_what_was_typed_for_a_gap_that_the_text_no_longer_has_is_not_dropped(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(f"{PAGE}/meddelande")).form("/meddelande")
    page = await anna.send(form.fill(text="Vi saknar {x}."), "preview")
    page = await anna.send(page.form("/meddelande").fill(text="Vi saknar något.", gap_x="planen"), "preview")
    assert page.status == 422 and "Texten har inte längre {x}" in page.text
    assert page.form("/meddelande").value("gap_x").strip() == "planen"
