"""Files that officers attach in Slack's dialogs."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalog import Catalog
from bot.domain.protection import SetProtection
from bot.service import Done
from bot.store import Database
from bot.store.files import slack_copies, unattached
from bot.store.officers import drafts
from sandbox.outbound import payloads
from sandbox.person import Person as Colleague
from sandbox.transport.parcels import Parcel
from tests.conftest import Clock
from tests.handlers.cases.attached import (
    MAP,
    PDF,
    PLAN,
    PROGRAM,
    content,
    fetched,
    in_slack,
    is_whole,
    may_delete,
    names,
    on_disk,
    shows,
)
from tests.handlers.cases.test_messages import texts, writing
from tests.handlers.office import ANNA, ELIN, SOCIAL, Office, Wait, open_office

HINT = "Filerna går via Slack. Lägg känsliga eller större filer på ärendesidan."


def top(office: Office, user: str) -> tuple[Any, Any]:
    """The person and the view they have before them."""
    workspace = office.sandbox.stage.workspace
    return workspace.users[user], workspace.stacks[user][-1]


async def noting(office: Office, case: Done) -> Colleague:
    anna = office.person(ANNA)
    card = await office.card(case)
    menu = next(
        one
        for block in anna.sees(card[0])[-1]["blocks"]
        for one in block.get("elements", ())
        if one.get("action_id") == "case:more"
    )
    value = next(one["value"] for one in menu["options"] if one["value"].startswith("note"))
    await anna.press(*card, "case:more", value)
    await anna.wait_until(lambda: shows(anna.view, "Bifoga filer"))
    return anna


async def test_files_go_with_the_message_and_are_named_before_it_is_sent(any_office: Office) -> None:
    office, case = any_office, await any_office.submits()
    anna = await writing(office, case)
    assert shows(anna.view, "Bifoga filer", HINT)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN, MAP], "options": ["receipt"]})
    assert shows(anna.view, "2 filer: situationsplan.pdf, karta.pdf · Kvittens begärs")
    assert texts(await office.all_of(case)) == []
    await anna.submit()
    await office.settled()
    (message,) = (await office.all_of(case)).messages
    assert names(message.files) == ["karta.pdf", "situationsplan.pdf"]
    assert sorted(content(office, one) for one in message.files) == sorted([PDF, PDF + b" karta"])
    assert await is_whole(office)


async def test_what_the_app_may_not_delete_in_slack_the_officer_is_told_of(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await anna.submit()
    await office.settled()
    assert shows(anna.view, "Meddelandet är skickat.", "1 fil ligger kvar bland dina filer i Slack.")
    assert in_slack(office) == ["situationsplan.pdf"]


async def test_where_slack_lets_the_app_the_files_are_gone_there_once_they_are_sent(
    slow: tuple[Office, Wait],
) -> None:
    office, wait = slow
    may_delete(office)
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await anna.submit()
    assert in_slack(office) == ["situationsplan.pdf"]
    office.clock.pass_(seconds=21)
    wait.over.set()
    await office.settled()
    assert in_slack(office) == []
    assert "ligger kvar" not in str(anna.view)
    assert await office.read(lambda tx: slack_copies.due(tx, office.clock(), 9)) == []


async def test_a_file_that_is_not_what_it_says_is_told_at_the_field_and_nothing_typed_is_lost(
    office: Office,
) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN, PROGRAM]})
    assert anna.errors["files"].startswith("plan.pdf kan inte tas emot: innehållet")
    assert shows(anna.view, "Se planen")
    assert anna.view is not None
    good = anna.view["state"]["values"]["files"]["files"]["files"][0]
    await anna.fill_and_submit({"files": [{"id": good["id"]}]})
    assert shows(anna.view, "1 fil: situationsplan.pdf")
    assert fetched(office) == 2  # the good one is not fetched again
    assert on_disk(office) == 1


async def test_while_slack_does_not_give_the_file_that_is_told_at_the_field(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    office.sandbox.inject("files.download", "status", times=3)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    assert anna.errors["files"].startswith("Filerna kunde inte hämtas från Slack just nu.")
    assert on_disk(office) == 0
    await anna.submit()
    assert shows(anna.view, "1 fil: situationsplan.pdf")


@pytest.mark.parametrize("kind", ["cut_after", "error", "redirect"])
async def test_a_hiccup_of_slacks_is_not_noticed(office: Office, kind: str) -> None:
    anna = await writing(office, await office.submits())
    office.sandbox.inject("files.download", kind, times=2)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    assert shows(anna.view, "1 fil: situationsplan.pdf")
    assert on_disk(office) == 1


async def test_the_page_to_sign_in_on_is_not_taken_for_the_file(office: Office) -> None:
    anna = await writing(office, await office.submits())
    office.sandbox.inject("files.download", "error", times=3)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    said = "situationsplan.pdf kunde inte hämtas från Slack. Lägg till den på ärendesidan."
    assert anna.errors == {"files": said}
    assert on_disk(office) == 0


async def test_slow_files_do_not_keep_the_acknowledgement_waiting(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock, limit=0.05) as office:
        case = await office.submits()
        anna = await writing(office, case)
        office.sandbox.inject("files.download", "slow", seconds=0.2)
        told = await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
        assert told["ok"]
        assert shows(anna.view, "Det tar lite längre tid än vanligt.", "Se planen")
        await anna.wait_until(lambda: shows(anna.view, "1 fil: situationsplan.pdf"))
        await anna.submit()
        await anna.wait_until(lambda: shows(anna.view, "Meddelandet är skickat."))
        (message,) = (await office.all_of(case)).messages
        assert names(message.files) == ["situationsplan.pdf"]


async def test_a_message_that_was_undone_is_sent_anew_with_its_files(slow: tuple[Office, Wait]) -> None:
    office, _ = slow
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "För tidigt", "files": [PLAN]})
    await anna.submit()
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: shows(anna.view, "Meddelandet är ångrat"))
    assert (await office.all_of(case)).file_lines == ()
    await anna.close()
    await anna.fill_and_submit({"text": "Nu är det rätt"})
    await anna.submit()
    view = await office.all_of(case)
    assert [names(one.files) for one in view.messages] == [["situationsplan.pdf"]]
    assert len(view.file_lines) == 1
    assert await is_whole(office)


async def test_what_was_undone_can_be_taken_up_later_with_its_files(slow: tuple[Office, Wait]) -> None:
    """Slack's own field is empty then: the files stand beside it, ticked."""
    office, _ = slow
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "För tidigt", "files": [PLAN, MAP]})
    await anna.submit()
    await anna.press_in_view("case:message:undo")
    await anna.wait_until(lambda: shows(anna.view, "Meddelandet är ångrat"))
    await anna.close(all=True)
    anna = await writing(office, case)
    assert shows(anna.view, "Bifogat sedan tidigare", "situationsplan.pdf", "karta.pdf")
    await anna.submit()
    await anna.submit()
    (message,) = (await office.all_of(case)).messages
    assert names(message.files) == ["karta.pdf", "situationsplan.pdf"]
    assert fetched(office) == 2
    assert await is_whole(office)


async def test_a_file_of_the_draft_that_is_unticked_does_not_go_with_the_message(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Halvfärdigt", "files": [PLAN, MAP]})
    await anna.close(all=True)
    anna = await writing(office, case)
    assert anna.view is not None
    block = next(one for one in anna.view["blocks"] if one["block_id"] == "kept")
    plan = next(one for one in block["element"]["options"] if "plan" in one["text"]["text"])
    await anna.fill_and_submit({"kept": [plan["value"]]})
    assert shows(anna.view, "1 fil: situationsplan.pdf")
    await anna.submit()
    await office.settled()
    (message,) = (await office.all_of(case)).messages
    assert names(message.files) == ["situationsplan.pdf"]


async def test_a_message_does_not_go_out_without_a_file_that_it_was_to_have(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await office.service.database.write(
        lambda tx: unattached.forget(
            tx, drafts.of_case(tx, "anna-berg", case.case_id, "message").values["files"]
        )  # type: ignore[union-attr]
    )
    await anna.submit()
    assert shows(anna.view, "En bifogad fil finns inte kvar. Bifoga den igen.", "Se planen")
    assert texts(await office.all_of(case)) == []
    await anna.close(all=True)
    anna = await writing(office, case)
    assert shows(anna.view, "En bifogad fil finns inte kvar. Bifoga den igen.", "Se planen")


async def test_a_draft_that_is_thrown_away_takes_its_files_with_it(office: Office) -> None:
    may_delete(office)
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "Halvfärdigt", "files": [PLAN]})
    await anna.close(all=True)
    assert (on_disk(office), in_slack(office)) == (1, ["situationsplan.pdf"])
    await anna.press(*await office.card(case), "case:show")
    await anna.wait_until(lambda: shows(anna.view, "case:tab:messages"))
    await anna.press_in_view("case:tab:messages")
    await anna.wait_until(lambda: shows(anna.view, "case:draft:drop"))
    await anna.press_in_view("case:draft:drop")
    await office.settled()
    assert (on_disk(office), in_slack(office)) == (0, [])


async def test_sent_twice_it_is_one_message_with_its_file(slow: tuple[Office, Wait]) -> None:
    office, _ = slow
    case = await office.submits()
    anna = await writing(office, case)
    await anna.fill_and_submit({"text": "En gång", "files": [PLAN]})
    stage = office.sandbox.stage
    body = payloads.submitted(stage, *top(office, ANNA))
    parcel = Parcel("interactive", body, accepts_answer=True)
    answers = [await stage.http.send(stage.request_url, parcel, 3.0) for _ in range(2)]
    assert all("Meddelandet skickas" in str(answer.body) for answer in answers), answers
    assert [names(one.files) for one in (await office.all_of(case)).messages] == [["situationsplan.pdf"]]


async def test_of_a_case_protected_meanwhile_no_file_is_fetched(office: Office) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    await office.does("anna-berg", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await office.settled()
    assert (fetched(office), on_disk(office)) == (0, 0)
    assert texts(await office.all_of(case)) == []


async def test_about_a_strict_case_there_is_no_dialog_to_put_files_in(office: Office) -> None:
    await office.submits("orosanmalan-barn")
    elin = office.person(ELIN)
    await elin.slash(SOCIAL, "/arende", "notera 1")
    await office.settled()
    assert office.ephemeral(ELIN) == "Det här gör du på ärendesidan."


async def test_a_note_has_its_files_and_the_case_counts_them(any_office: Office) -> None:
    office, case = any_office, await any_office.submits()
    anna = await noting(office, case)
    assert shows(anna.view, HINT)
    await anna.fill_and_submit({"text": "Från grannen", "files": [PLAN, MAP]})
    await office.settled()
    assert shows(anna.view, "Noteringen är sparad.", "2 filer ligger kvar bland dina filer i Slack.")
    (note,) = (await office.all_of(case)).notes
    assert (note.text, names(note.files)) == ("Från grannen", ["karta.pdf", "situationsplan.pdf"])
    await anna.close(all=True)
    await anna.press(*await office.card(case), "case:show")
    await anna.wait_until(lambda: shows(anna.view, "case:tab:notes"))
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: shows(anna.view, "Från grannen", "2 filer"))
    assert await is_whole(office)


async def test_a_note_submitted_again_while_its_files_are_fetched_is_one_note(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock, limit=0.05) as office:
        case = await office.submits()
        anna = await noting(office, case)
        office.sandbox.inject("files.download", "slow", seconds=0.2, times=2)
        await anna.fill_and_submit({"text": "Från grannen", "files": [PLAN]})
        assert shows(anna.view, "Det tar lite längre tid än vanligt.")
        await anna.submit()
        await anna.wait_until(lambda: shows(anna.view, "Noteringen är sparad."))
        await office.settled()
        assert [names(one.files) for one in (await office.all_of(case)).notes] == [["situationsplan.pdf"]]


async def test_a_notes_file_that_is_refused_leaves_the_form_as_it_was(office: Office) -> None:
    case = await office.submits()
    anna = await noting(office, case)
    await anna.fill_and_submit({"text": "Från grannen", "files": [PROGRAM]})
    assert anna.errors["files"].startswith("plan.pdf kan inte tas emot")
    assert (await office.all_of(case)).notes == ()
    await anna.fill_and_submit({"files": []})
    await office.settled()
    assert [one.text for one in (await office.all_of(case)).notes] == ["Från grannen"]


async def test_where_the_disk_is_nearly_full_the_officer_is_told_at_the_file_and_the_text_stays(
    office: Office,
) -> None:
    case = await office.submits()
    anna = await writing(office, case)
    office.kit.files.kept_free = 2**62
    await anna.fill_and_submit({"text": "Se planen", "files": [PLAN]})
    await anna.wait_until(lambda: shows(anna.view, "inte ta emot filer just nu"))
    assert on_disk(office) == 0
