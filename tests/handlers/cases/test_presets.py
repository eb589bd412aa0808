"""Begär komplettering and Avsluta med beslut: messages that open filled in."""

from __future__ import annotations

from typing import Any

from bot.blocks.values import MenuChoice, decode, encode
from bot.domain.actors import Machine
from bot.domain.decision_request import RequestDecision
from bot.domain.messages.correspondence import SendMessage, SetStatusOfMessage
from bot.domain.status import SetStatus
from bot.service import CommandResult
from sandbox.person import Person as Colleague
from tests.handlers.cases.test_mentions import pending_notices
from tests.handlers.cases.test_messages import message_texts, open_message_form
from tests.handlers.slack_harness import ANNA, ControlledSleep, SlackHarness

STEPS_TO_DECISION = ("granskning", "komplett", "beslut")


async def move_to(harness: SlackHarness, case: CommandResult, *statuses: str) -> None:
    """An officer sets these statuses, one after the other, on the case page."""
    for status in statuses:
        now = (await harness.load_case(case)).status
        await harness.perform("bjorn-ek", SetStatus(case_id=case.case_id, status=status, expected=now))


def offered_actions(message_or_view: Any) -> list[str]:
    """The actions of the menu on a card or in the case's modal."""
    (menu,) = (
        one
        for block in message_or_view["blocks"]
        for one in block.get("elements", ())
        if one.get("action_id") == "case:more"
    )
    return [decode(one["value"], MenuChoice).action for one in menu["options"]]


async def open_preset(harness: SlackHarness, case: CommandResult, action: str) -> Colleague:
    """The message's form, opened from the card's menu and filled in."""
    anna, seq = harness.person(ANNA), (await harness.load_case(case)).seq
    card = await harness.post_card(case)
    await anna.press(*card, "case:more", encode(MenuChoice(action, case.case_id, seq)))
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    return anna


async def test_a_request_for_completion_opens_with_text_day_and_status(any_harness: SlackHarness) -> None:
    harness, case = any_harness, await any_harness.submit()
    anna = await open_preset(harness, case, "completion")
    assert "Tack för din ansökan." in str(anna.view) and f"ärende {case.number} behöver vi" in str(anna.view)
    text = text_of(anna).replace("{det_som_saknas}", "Situationsplanen.")
    await anna.fill_and_submit({"text": text})
    assert anna.view is not None and anna.view["title"]["text"] == "Förhandsgranska"
    assert (
        "Begäran om komplettering · Svara senast 14 dec. 2026 · "
        "Status blir Väntar på komplettering när meddelandet har skickats" in str(anna.view)
    )
    await anna.submit()
    (pending,) = (await harness.load_case(case)).pending
    (message,) = (await harness.load_full_case(case)).messages
    assert (message.kind, pending.status_after) == ("completion", "vantar")
    assert "senast 14 dec. 2026" in str(message.text)


async def test_what_is_missing_is_asked_for_in_a_field_and_stands_in_the_texts_place(
    any_harness: SlackHarness,
) -> None:
    harness, case = any_harness, await any_harness.submit()
    anna = await open_preset(harness, case, "completion")
    assert "Det som saknas" in str(anna.view)
    await anna.fill_and_submit({})
    assert anna.errors == {"gap:det_som_saknas": "Fyll i eller ta bort {det_som_saknas}."}
    await anna.fill_and_submit({"gap:det_som_saknas": "Situationsplanen i skala 1:500."})
    assert "Situationsplanen i skala 1:500." in str(anna.view)
    await anna.submit()
    (message,) = (await harness.load_full_case(case)).messages
    assert "Situationsplanen i skala 1:500." in str(message.text) and "{" not in str(message.text)


async def test_a_gap_typed_in_a_gap_does_not_go_out_either(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"gap:det_som_saknas": "Planen av den {datum}."})
    assert anna.errors == {"gap:det_som_saknas": "Fyll i eller ta bort {datum}."}


async def test_what_was_typed_for_a_gap_that_the_text_no_longer_has_is_not_dropped(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"text": "Ritningen saknas.", "gap:det_som_saknas": "Situationsplanen."})
    assert list(anna.errors) == ["gap:det_som_saknas"]
    assert "Texten har inte längre {det_som_saknas}" in str(anna.errors)


async def test_what_was_typed_for_a_gap_is_there_when_the_message_is_gone_on_with(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"gap:det_som_saknas": "Situationsplanen."})
    await anna.close(all=True)
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({})
    assert "Situationsplanen." in str(anna.view) and not anna.errors


async def test_a_message_from_the_status_dialog_is_filled_in_as_by_the_preset_of_its_status(
    any_harness: SlackHarness,
) -> None:
    harness, case = any_harness, await any_harness.submit()
    anna = harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:status")
    await anna.wait_until(lambda: anna.view)
    await anna.press_in_view("status", "vantar")
    await anna.wait_until(lambda: "kräver ett meddelande" in str(anna.view))
    await anna.submit()
    await anna.wait_until(lambda: "Status när meddelandet har skickats" in str(anna.view))
    assert f"ärende {case.number} behöver vi" in text_of(anna)
    await anna.fill_and_submit({"gap:det_som_saknas": "Situationsplanen."})
    assert "Begäran om komplettering · Svara senast 14 dec. 2026 · Status blir Väntar" in str(anna.view)


async def test_a_status_without_a_preset_leads_to_an_empty_message(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:status")
    await anna.wait_until(lambda: anna.view)
    await anna.press_in_view("status", "granskning")
    await anna.wait_until(lambda: "Sökanden får läsa" in str(anna.view))
    await anna.press_in_view("case:status:message")
    await anna.wait_until(lambda: "Status när" in str(anna.view))
    assert text_of(anna) == ""


def text_of(person: Colleague) -> str:
    """The text in the form."""
    assert person.view is not None
    (element,) = (
        block["element"]
        for block in person.view["blocks"]
        if str(block.get("block_id")).partition("#")[0] == "text"
    )
    return str(element.get("initial_value", ""))


async def test_a_decision_names_who_decided_when_and_how_to_appeal_and_closes_the_case(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    harness, _ = slow_harness
    case = await harness.submit()
    await move_to(harness, case, *STEPS_TO_DECISION)
    anna = await open_preset(harness, case, "decision")
    text = text_of(anna)
    assert "Beslutsdatum: 23 nov. 2026\nBeslutat av: Anna Berg, Bygglovsenheten" in text
    assert "Så överklagar du" in text and "{" not in text
    await anna.submit()
    assert "Ingen fil är bifogad · Beslut · Status blir Avslutat med beslut" in str(anna.view)
    await anna.submit()
    (pending,) = (await harness.load_case(case)).pending
    harness.clock.advance(seconds=20)
    follow = SetStatusOfMessage(case_id=case.case_id, message_id=pending.id)
    await harness.service.perform(follow, Machine("message"))
    closed = await harness.load_case(case)
    assert (closed.status, closed.closed_at) == ("avslutat", harness.clock())


async def test_the_cards_menu_offers_only_what_may_follow(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    offered = []
    for statuses in ((), STEPS_TO_DECISION):
        await move_to(harness, case, *statuses)
        channel, _ = await harness.post_card(case)
        offered.append(offered_actions(anna.sees(channel)[-1]))
    assert offered == [["completion", "flag", "tools"], ["completion", "decision", "flag", "tools"]]


async def test_an_old_card_says_why_the_case_cannot_be_closed_with_a_decision(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.person(ANNA).press(*await harness.post_menu(case, "decision"))
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == (
        "Från Inskickat går det inte att välja Avslutat med beslut. "
        "Du kan välja Första granskning, Väntar på komplettering, Återkallat och Dubblett."
    )
    await move_to(harness, case, *STEPS_TO_DECISION[:1])
    await harness.perform(
        "bjorn-ek",
        SetStatus(case_id=case.case_id, status="aterkallat", expected="granskning", note="Återtog"),
    )
    await harness.person(ANNA).press(*await harness.post_menu(case, "completion"))
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Ärendet är avslutat. Återöppna det först."


async def test_a_request_that_a_colleague_has_refused_is_not_refused_again_from_slack(
    harness: SlackHarness,
) -> None:
    """Neither by a dialog that was open, nor by a button of a message that was drawn before."""
    case = await harness.submit()
    harness.clock.advance(days=200)
    await harness.service.perform(RequestDecision(case_id=case.case_id), await harness.applicant(case))
    anna = harness.person(ANNA)
    channel, ts = await harness.post_button(case, "case:refusal")
    await anna.press(channel, ts, "case:refusal")
    await anna.wait_until(lambda: "plain_text_input" in str(anna.view))
    refusal = SendMessage(case_id=case.case_id, text="Vi väntar på remissen.", kind="refusal")
    await harness.perform("bjorn-ek", refusal)
    await anna.fill_and_submit({"text": "Vi väntar fortfarande."})
    await anna.submit()
    assert "Ingen väntar på svar på en begäran om avgörande i ärendet." in str(anna.view)
    await anna.close(all=True)
    await anna.press(channel, ts, "case:refusal")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Ingen väntar på svar på en begäran om avgörande i ärendet."
    messages = (await harness.load_full_case(case)).messages
    assert [one.text for one in messages if one.kind == "refusal"] == ["Vi väntar på remissen."]


async def test_what_was_begun_stays_above_the_template(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_message_form(harness, case)
    await anna.fill_and_submit({"text": "Tack för samtalet."})
    await anna.close(all=True)
    anna = await open_preset(harness, case, "completion")
    assert text_of(anna).startswith("Tack för samtalet.\n\nHej Eva Ek!")


async def test_a_request_that_was_begun_is_gone_on_with(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"text": "Ritningen saknas. Svara senast {answer.by}."})
    await anna.close(all=True)
    anna = await open_preset(harness, case, "completion")
    assert text_of(anna) == "Ritningen saknas. Svara senast {answer.by}."


async def test_more_can_be_asked_for_while_the_case_waits(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"text": "Ritningen saknas."})
    await anna.submit()
    (pending,) = (await harness.load_case(case)).pending
    harness.clock.advance(seconds=20)
    await harness.service.perform(
        SetStatusOfMessage(case_id=case.case_id, message_id=pending.id), Machine("message")
    )
    await harness.wait_until_idle()
    await anna.close(all=True)
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"text": "Fasadritningen också."})
    assert "Status blir" not in str(anna.view)
    await anna.submit()
    assert sorted(map(str, message_texts(await harness.load_full_case(case)))) == [
        "Fasadritningen också.", "Ritningen saknas.",
    ]  # fmt: skip


async def test_a_status_that_cannot_follow_any_more_is_told_and_the_message_can_be_sent(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await move_to(harness, case, *STEPS_TO_DECISION)
    anna = await open_preset(harness, case, "decision")
    await anna.submit()
    await harness.perform("bjorn-ek", SetStatus(case_id=case.case_id, status="granskning", expected="beslut"))
    await anna.submit()
    assert "Björn Ek ändrade ärendet" in str(anna.view)
    assert "Status blir inte Avslutat med beslut, eftersom ärendet nu har status Första granskning." in str(
        anna.view
    )
    assert message_texts(await harness.load_full_case(case)) == []
    await anna.submit()
    assert len(message_texts(await harness.load_full_case(case))) == 1
    assert (await harness.load_case(case)).pending[0].status_after == ""


async def test_the_writer_is_told_in_the_dialog_and_privately_that_the_status_did_not_follow(
    slow_harness: tuple[SlackHarness, ControlledSleep],
) -> None:
    harness, wait = slow_harness
    case = await harness.submit()
    anna = await open_preset(harness, case, "completion")
    await anna.fill_and_submit({"text": "Ritningen saknas."})
    await anna.submit()
    (pending,) = (await harness.load_case(case)).pending
    await move_to(harness, case, "granskning")
    harness.clock.advance(seconds=20)
    follow = SetStatusOfMessage(case_id=case.case_id, message_id=pending.id)
    await harness.service.perform(follow, Machine("message"))
    wait.released.set()
    await anna.wait_until(lambda: "Status ändrades inte till Väntar på komplettering" in str(anna.view))
    assert "Meddelandet är skickat." in str(anna.view) and "Nu gäller: Första granskning." in str(anna.view)
    notices = [one for one in await pending_notices(harness) if "notset" in one]
    assert len(notices) == 1 and "anna-berg" in notices[0]
