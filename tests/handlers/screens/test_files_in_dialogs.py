"""Files that officers attach in Slack's dialogs."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalog import Catalog
from bot.domain.protection import SetProtection
from bot.service import CommandResult
from bot.store import Database
from bot.store.files import slack_copies, unattached
from bot.store.officers import drafts
from sandbox.outbound import payloads
from sandbox.person import Person as Colleague
from sandbox.transport.app_requests import AppRequest
from tests.conftest import Clock
from tests.handlers.cases.file_helpers import (
    EXECUTABLE,
    MAP,
    PDF,
    PLAN,
    allow_deletion,
    contains_all,
    count_downloads,
    count_stored_files,
    file_names,
    is_log_intact,
    names_in_slack,
    read_content,
)
from tests.handlers.cases.test_messages import message_texts, open_message_form
from tests.handlers.slack_harness import (
    ANNA,
    ELIN,
    SOCIAL_CHANNEL,
    ControlledSleep,
    SlackHarness,
    open_harness,
)

HINT = "Filerna går via Slack. Lägg känsliga eller större filer på ärendesidan."


def top_view(harness: SlackHarness, user: str) -> tuple[Any, Any]:
    """The person and the view they have before them."""
    workspace = harness.sandbox.shared.workspace
    return workspace.users[user], workspace.stacks[user][-1]


async def open_note_form(harness: SlackHarness, case: CommandResult) -> Colleague:
    anna = harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:note")
    await anna.wait_until(lambda: contains_all(anna.view, "Bifoga filer"))
    return anna


async def test_files_go_with_the_message_and_are_named_before_it_is_sent(any_harness: SlackHarness) -> None:
    harness, case = any_harness, await any_harness.submit()
    anna = await open_message_form(harness, case)
    assert contains_all(anna.view, "Bifoga filer", HINT)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN, MAP], "options": ["receipt"]})
    assert contains_all(anna.view, "2 filer: situationsplan.pdf, karta.pdf · Kvittens begärs")
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.submit()
    await harness.wait_until_idle()
    (message,) = (await harness.load_full_case(case)).messages
    assert file_names(message.files) == ["karta.pdf", "situationsplan.pdf"]
    assert sorted(read_content(harness, one) for one in message.files) == sorted([PDF, PDF + b" karta"])
    assert await is_log_intact(harness)


async def test_what_the_app_may_not_delete_in_slack_the_officer_is_told_of(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await anna.submit()
    await harness.wait_until_idle()
    assert contains_all(anna.view, "Meddelandet är skickat.", "1 fil ligger kvar bland dina filer i Slack.")
    assert names_in_slack(harness) == ["situationsplan.pdf"]


async def test_where_slack_lets_the_app_the_files_are_gone_there_once_they_are_sent(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    harness, wait = slow_harness
    allow_deletion(harness)
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await anna.submit()
    assert names_in_slack(harness) == ["situationsplan.pdf"]
    harness.clock.advance(seconds=21)
    wait.released.set()
    await harness.wait_until_idle()
    assert names_in_slack(harness) == []
    assert "ligger kvar" not in str(anna.view)
    assert await harness.read(lambda tx: slack_copies.find_due(tx, harness.clock(), 9)) == []


async def test_a_file_that_is_not_what_it_says_is_told_at_the_field_and_nothing_typed_is_lost(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN, EXECUTABLE]})
    assert anna.errors["files"].startswith("plan.pdf kan inte tas emot: innehållet")
    assert contains_all(anna.view, "Se planen")
    assert anna.view is not None
    good = anna.view["state"]["values"]["files"]["files"]["files"][0]
    await anna.fill_and_submit({"files": [{"id": good["id"]}]})
    assert contains_all(anna.view, "1 fil: situationsplan.pdf")
    assert count_downloads(harness) == 2  # the good one is not fetched again
    assert count_stored_files(harness) == 1


async def test_while_slack_does_not_give_the_file_that_is_told_at_the_field(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    harness.sandbox.inject("files.download", "status", times=3)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    assert anna.errors["files"].startswith("Filerna kunde inte hämtas från Slack just nu.")
    assert count_stored_files(harness) == 0
    await anna.submit()
    assert contains_all(anna.view, "1 fil: situationsplan.pdf")


@pytest.mark.parametrize("kind", ["cut_after", "error", "redirect"])
async def test_a_hiccup_of_slacks_is_not_noticed(harness: SlackHarness, kind: str) -> None:
    anna = await open_message_form(harness, await harness.submit())
    harness.sandbox.inject("files.download", kind, times=2)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    assert contains_all(anna.view, "1 fil: situationsplan.pdf")
    assert count_stored_files(harness) == 1


async def test_the_page_to_sign_in_on_is_not_taken_for_the_file(harness: SlackHarness) -> None:
    anna = await open_message_form(harness, await harness.submit())
    harness.sandbox.inject("files.download", "error", times=3)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    wording = "situationsplan.pdf kunde inte hämtas från Slack. Lägg till den på ärendesidan."
    assert anna.errors == {"files": wording}
    assert count_stored_files(harness) == 0


async def test_slow_files_do_not_keep_the_acknowledgement_waiting(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock, ack_timeout=0.05) as harness:
        case = await harness.submit()
        anna = await open_message_form(harness, case)
        harness.sandbox.inject("files.download", "slow", seconds=0.2)
        result = await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
        assert result["ok"]
        assert contains_all(anna.view, "Det tar lite längre tid än vanligt.", "Se planen")
        await anna.wait_until(lambda: contains_all(anna.view, "1 fil: situationsplan.pdf"))
        await anna.submit()
        await anna.wait_until(lambda: contains_all(anna.view, "Meddelandet är skickat."))
        (message,) = (await harness.load_full_case(case)).messages
        assert file_names(message.files) == ["situationsplan.pdf"]


async def test_a_message_that_was_undone_is_sent_anew_with_its_files(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    harness, _ = slow_harness
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "För tidigt", "files": [PLAN]})
    await anna.submit()
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: contains_all(anna.view, "Meddelandet är ångrat"))
    assert (await harness.load_full_case(case)).file_lines == ()
    await anna.close()
    await anna.fill_and_submit({"text": "Nu är det rätt"})
    await anna.submit()
    view = await harness.load_full_case(case)
    assert [file_names(one.files) for one in view.messages] == [["situationsplan.pdf"]]
    assert len(view.file_lines) == 1
    assert await is_log_intact(harness)


async def test_what_was_undone_can_be_taken_up_later_with_its_files(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    """Slack's own field is empty then: the files stand beside it, ticked."""
    harness, _ = slow_harness
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "För tidigt", "files": [PLAN, MAP]})
    await anna.submit()
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: contains_all(anna.view, "Meddelandet är ångrat"))
    await anna.close(all=True)
    anna = await open_message_form(harness, case)
    assert contains_all(anna.view, "Bifogat sedan tidigare", "situationsplan.pdf", "karta.pdf")
    await anna.submit()
    await anna.submit()
    (message,) = (await harness.load_full_case(case)).messages
    assert file_names(message.files) == ["karta.pdf", "situationsplan.pdf"]
    assert count_downloads(harness) == 2
    assert await is_log_intact(harness)


async def test_a_file_of_the_draft_that_is_unticked_does_not_go_with_the_message(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Halvfärdigt", "files": [PLAN, MAP]})
    await anna.close(all=True)
    anna = await open_message_form(harness, case)
    assert anna.view is not None
    block = next(one for one in anna.view["blocks"] if one["block_id"] == "kept")
    plan = next(one for one in block["element"]["options"] if "plan" in one["text"]["text"])
    await anna.fill_and_submit({"kept": [plan["value"]]})
    assert contains_all(anna.view, "1 fil: situationsplan.pdf")
    await anna.submit()
    await harness.wait_until_idle()
    (message,) = (await harness.load_full_case(case)).messages
    assert file_names(message.files) == ["situationsplan.pdf"]


async def test_a_message_does_not_go_out_without_a_file_that_it_was_to_have(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await harness.service.database.write(
        lambda tx: unattached.remove(
            tx, drafts.find_for_case(tx, "anna-berg", case.case_id, "message").values["files"]
        )  # type: ignore[union-attr]
    )
    await anna.submit()
    assert contains_all(anna.view, "En bifogad fil finns inte kvar. Bifoga den igen.", "Se planen")
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.close(all=True)
    anna = await open_message_form(harness, case)
    assert contains_all(anna.view, "En bifogad fil finns inte kvar. Bifoga den igen.", "Se planen")


async def test_a_draft_that_is_thrown_away_takes_its_files_with_it(harness: SlackHarness) -> None:
    allow_deletion(harness)
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Halvfärdigt", "files": [PLAN]})
    await anna.close(all=True)
    assert (count_stored_files(harness), names_in_slack(harness)) == (1, ["situationsplan.pdf"])
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: contains_all(anna.view, "case:tab:messages"))
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: contains_all(anna.view, "case:draft:drop"))
    await anna.press_in_view("case:draft:drop")
    await harness.wait_until_idle()
    assert (count_stored_files(harness), names_in_slack(harness)) == (0, [])


async def test_sent_twice_it_is_one_message_with_its_file(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    harness, _ = slow_harness
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "En gång", "files": [PLAN]})
    shared = harness.sandbox.shared
    body = payloads.submitted(shared, *top_view(harness, ANNA))
    request = AppRequest("interactive", body, accepts_answer=True)
    answers = [await shared.http.send(shared.request_url, request, 3.0) for _ in range(2)]
    assert all("Meddelandet skickas" in str(answer.body) for answer in answers), answers
    assert [file_names(one.files) for one in (await harness.load_full_case(case)).messages] == [
        ["situationsplan.pdf"]
    ]


async def test_of_a_case_protected_meanwhile_no_file_is_fetched(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await harness.perform("anna-berg", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await harness.wait_until_idle()
    assert (count_downloads(harness), count_stored_files(harness)) == (0, 0)
    assert message_texts(await harness.load_full_case(case)) == []


async def test_about_a_strict_case_there_is_no_dialog_to_put_files_in(harness: SlackHarness) -> None:
    await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "notera 1")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ELIN) == "Det här gör du på ärendesidan."


async def test_a_note_has_its_files_and_the_case_counts_them(any_harness: SlackHarness) -> None:
    harness, case = any_harness, await any_harness.submit()
    anna = await open_note_form(harness, case)
    assert contains_all(anna.view, HINT)
    await anna.fill_and_submit({"text": "Från grannen", "files": [PLAN, MAP]})
    await harness.wait_until_idle()
    assert contains_all(anna.view, "Noteringen är sparad.", "2 filer ligger kvar bland dina filer i Slack.")
    (note,) = (await harness.load_full_case(case)).notes
    assert (note.text, file_names(note.files)) == ("Från grannen", ["karta.pdf", "situationsplan.pdf"])
    await anna.close(all=True)
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: contains_all(anna.view, "case:tab:notes"))
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: contains_all(anna.view, "Från grannen", "2 filer"))
    assert await is_log_intact(harness)


async def test_a_note_submitted_again_while_its_files_are_fetched_is_one_note(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock, ack_timeout=0.05) as harness:
        case = await harness.submit()
        anna = await open_note_form(harness, case)
        harness.sandbox.inject("files.download", "slow", seconds=0.2, times=2)
        await anna.fill_and_submit({"text": "Från grannen", "files": [PLAN]})
        assert contains_all(anna.view, "Det tar lite längre tid än vanligt.")
        await anna.submit()
        await anna.wait_until(lambda: contains_all(anna.view, "Noteringen är sparad."))
        await harness.wait_until_idle()
        assert [file_names(one.files) for one in (await harness.load_full_case(case)).notes] == [
            ["situationsplan.pdf"]
        ]


async def test_a_notes_file_that_is_refused_leaves_the_form_as_it_was(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_note_form(harness, case)
    await anna.fill_and_submit({"text": "Från grannen", "files": [EXECUTABLE]})
    assert anna.errors["files"].startswith("plan.pdf kan inte tas emot")
    assert (await harness.load_full_case(case)).notes == ()
    await anna.fill_and_submit({"files": []})
    await harness.wait_until_idle()
    assert [one.text for one in (await harness.load_full_case(case)).notes] == ["Från grannen"]


async def test_where_the_disk_is_nearly_full_the_officer_is_told_at_the_file_and_the_text_stays(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    harness.deps.files.reserved_bytes = 2**62
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await anna.wait_until(lambda: contains_all(anna.view, "inte ta emot filer just nu"))
    assert count_stored_files(harness) == 0
