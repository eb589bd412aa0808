"""Verktyg, files and earlier versions in the case's modal."""

from __future__ import annotations

import uuid

from bot.blocks.values import MenuChoice, encode
from bot.domain.assignment import TakeCase
from bot.domain.submission import FileRef
from bot.service import CommandResult
from bot.store.files import unattached
from sandbox.person import Person as Colleague
from tests.handlers.screens.test_case_modal import open_case_modal
from tests.handlers.screens.test_home import open_app_home
from tests.handlers.slack_harness import ANNA, ANSWERS, BJORN, SlackHarness

# The sample names anna-berg for protected building permits, not bjorn-ek.


async def open_tools(
    harness: SlackHarness, user: str = ANNA, take: bool = False
) -> tuple[Colleague, CommandResult]:
    """The tools are opened from the card's menu."""
    case = await harness.submit()
    if take:
        await harness.perform("anna-berg" if user == ANNA else "bjorn-ek", TakeCase(case_id=case.case_id))
    person = harness.person(user)
    seq = (await harness.load_case(case)).seq
    await person.press(
        *await harness.post_card(case), "case:more", encode(MenuChoice("tools", case.case_id, seq))
    )
    await person.wait_until(lambda: "Tillbaka till ärendet" in str(person.view))
    return person, case


async def test_the_tools_open_from_the_card_and_lead_to_the_case(any_harness: SlackHarness) -> None:
    anna, case = await open_tools(any_harness)
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []
    await anna.press_in_view("case:tab:case")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    assert len(anna.views) == 1
    await anna.press_in_view("case:more", encode(MenuChoice("tools", case.case_id, case.seq)))
    await anna.wait_until(lambda: "Tillbaka till ärendet" in str(anna.view))
    assert len(anna.views) == 1


async def test_the_tools_show_nothing_personal_and_record_none(harness: SlackHarness) -> None:
    anna, case = await open_tools(harness)
    assert "Eva Ek" not in str(anna.view)
    assert "Tillbyggnad" not in str(anna.view)
    assert await harness.readings(case) == []


async def test_a_case_is_handed_over_to_who_is_chosen(harness: SlackHarness) -> None:
    anna, _ = await open_tools(harness, take=True)
    await anna.press_in_view("case:handover")
    await anna.wait_until(lambda: len(anna.views) == 2)
    assert anna.view is not None
    assert anna.view["title"]["text"] == "Lämna över"
    assert "Tas bort: Anna Berg" in str(anna.view)
    await anna.submit()
    assert anna.errors, "somebody is to be chosen"
    offered = [one["value"] for one in await anna.suggest("holders", "")]
    assert "officer:bjorn-ek" in offered and "officer:anna-berg" not in offered
    await anna.fill_and_submit({"holders": ["officer:bjorn-ek"], "reason": "Semester"})
    # The tools beneath are drawn anew: it is no longer hers to hand over.
    await anna.wait_until(lambda: "Du är inte handläggare i ärendet, så" in str(anna.view))
    assert len(anna.views) == 1
    await anna.press_in_view("case:tab:case")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.press_in_view("case:tab:history")
    await anna.wait_until(
        lambda: "Björn Ek lades till, Anna Berg togs bort. Anledning: Semester" in str(anna.view)
    )


async def test_an_officer_who_is_named_marks_a_case_and_goes_on_on_its_page(harness: SlackHarness) -> None:
    anna, case = await open_tools(harness)
    await anna.press_in_view("case:protect")
    await anna.wait_until(lambda: len(anna.views) == 2)
    assert "Du är inte en av dem." not in str(anna.view)
    await anna.fill_and_submit({"reason": "Skyddad folkbokföring"})
    await anna.wait_until(lambda: "finns på ärendesidan" in str(anna.view))
    assert len(anna.views) == 1
    assert "bygglov" not in str(anna.view)
    assert (await harness.load_case(case)).protected


async def test_an_officer_who_is_not_named_is_told_before_and_sees_it_no_more(harness: SlackHarness) -> None:
    bjorn, case = await open_tools(harness, BJORN)
    await bjorn.press_in_view("case:protect")
    await bjorn.wait_until(lambda: "Du är inte en av dem." in str(bjorn.view))
    await bjorn.fill_and_submit({"reason": "Hotbild"})
    await bjorn.wait_until(lambda: "Nu kan bara Anna Berg öppna ärendet." in str(bjorn.view))
    assert len(bjorn.views) == 1
    assert (await harness.load_case(case)).protected


async def test_files_are_listed_and_only_that_is_recorded_as_shown(harness: SlackHarness) -> None:
    file = {"id": uuid.uuid4().hex, "name": "situationsplan.pdf", "size": 2048, "kind": "application/pdf"}
    fields = harness.catalog.service("bygglov").fields  # type: ignore[union-attr]
    key = next(field.key for field in fields if field.kind == "file")
    ref = FileRef(**file, sha256="0" * 64, field=key)
    now = harness.clock()
    await harness.service.database.write(lambda tx: unattached.save(tx, ref, now))
    case = await harness.submit(values={**ANSWERS, key: [file]}, files=(ref,))
    anna = await open_case_modal(harness, case)
    assert "Filer (1)" in str(anna.view) and "situationsplan" not in str(anna.view)
    await anna.press_in_view("case:tab:files")
    await anna.wait_until(lambda: "situationsplan.pdf" in str(anna.view))
    assert "2 kB · Från sökanden · 23 nov. 2026 10:00" in str(anna.view).replace("\u202f", " ").replace(
        "\xa0", " "
    )
    assert (await harness.readings(case))[-1] == ("officer:anna-berg", "files")


async def test_what_a_note_said_before_is_shown_and_one_comes_back(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    anna = harness.person(ANNA)
    ts = await anna.say(channel, "Fyra meter", thread)
    await harness.wait_for_events()
    await anna.edit(channel, ts, "Fem meter")
    await harness.wait_for_events()
    await anna.press(channel, thread, "case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Fem meter" in str(anna.view))
    assert "Fyra meter" not in str(anna.view)
    await anna.press_in_view("note:versions")
    await anna.wait_until(lambda: "Fyra meter" in str(anna.view))
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Fyra meter" not in str(anna.view) and "Fem meter" in str(anna.view))


async def test_a_reply_that_was_not_kept_waits_among_the_notes(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    anna = harness.person(ANNA)
    await anna.say(channel, "Ring 19811218-9876", thread)
    await harness.wait_for_events()
    await anna.press(channel, thread, "case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Du har ett utkast från 23 nov. 2026 10:00." in str(anna.view))
    await anna.press_in_view("note:draft")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await anna.submit()
    await anna.wait_until(lambda: len(anna.views) == 1 and "utkast" not in str(anna.view))
    assert [note.text for note in (await harness.load_full_case(case)).notes] == ["Ring 19811218-9876"]


async def test_a_case_marked_as_unread_is_new_to_the_officer_alone(harness: SlackHarness) -> None:
    anna, case = await open_tools(harness, take=True)
    await anna.press_in_view("case:unread")
    await anna.wait_until(lambda: "Ärendet står som nytt för dig" in str(anna.view))
    is_new = []
    for user in (ANNA, BJORN):
        person = await open_app_home(harness, user)
        await person.press_at_home("home:tab:all")
        await person.wait_until(lambda person=person: case.number in str(person.home))
        is_new.append("Nytt för dig" in str(person.home))
    assert is_new == [True, False]
