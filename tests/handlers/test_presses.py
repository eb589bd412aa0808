"""How many presses an officer's day takes in Slack. Opening a menu is one, typing is none, each file is one."""

from __future__ import annotations

from typing import Any

from bot.blocks.values import MenuChoice, decode
from bot.service import CommandResult
from tests.handlers.cases.file_helpers import PLAN
from tests.handlers.cases.test_presets import STEPS_TO_DECISION, move_to
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, SlackHarness


class Presses:
    """Anna at a card, who counts what she presses."""

    def __init__(self, harness: SlackHarness, card: tuple[str, ...]) -> None:
        self.count = 0
        self.anna = harness.person(ANNA)
        self._harness, self._card = harness, card

    async def press(self, action: str) -> None:
        self.count += 1
        result = await self.anna.press(*self._card, action)
        assert result["ok"], result["error"]
        await self._harness.wait_until_idle()

    async def choose(self, action: str) -> None:
        """Open the card's menu, and choose in it."""
        self.count += 2
        channel, _ = self._card
        (menu,) = (
            one
            for block in self.anna.sees(channel)[-1]["blocks"]
            for one in block.get("elements", ())
            if one.get("action_id") == "case:more"
        )
        values = {decode(one["value"], MenuChoice).action: one["value"] for one in menu["options"]}
        await self.anna.press(*self._card, "case:more", values[action])
        await self._harness.wait_until_idle()

    async def submit(self, **typed: Any) -> None:
        """Type, choose files, and press the form's button."""
        self.count += 1 + len(typed.get("files", ()))
        result = await self.anna.fill_and_submit(typed)
        assert result["ok"] and not result["errors"], result
        await self._harness.wait_until_idle()


async def at_card(harness: SlackHarness, *statuses: str) -> tuple[Presses, CommandResult]:
    case = await harness.submit()
    await move_to(harness, case, *statuses)
    return Presses(harness, await harness.post_card(case)), case


async def test_a_case_is_taken_by_one(harness: SlackHarness) -> None:
    presses, case = await at_card(harness)
    await presses.press("case:take")
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    assert presses.count == 1


async def test_more_information_is_asked_for_by_four(harness: SlackHarness) -> None:
    presses, case = await at_card(harness)
    await presses.choose("completion")
    await presses.submit(**{"gap:det_som_saknas": "Situationsplanen."})
    await presses.submit()
    (message,) = (await harness.load_full_case(case)).messages
    (pending,) = (await harness.load_case(case)).pending
    assert (message.kind, message.answer_by is not None, pending.status_after) == (
        "completion", True, "vantar",
    )  # fmt: skip
    assert presses.count <= 4


async def test_a_case_is_closed_with_a_decision_and_its_file_by_five(harness: SlackHarness) -> None:
    presses, case = await at_card(harness, *STEPS_TO_DECISION)
    await presses.choose("decision")
    await presses.submit(files=[PLAN])
    await presses.submit()
    (message,) = (await harness.load_full_case(case)).messages
    (pending,) = (await harness.load_case(case)).pending
    assert (message.kind, [file.name for file in message.files], pending.status_after) == (
        "decision", ["situationsplan.pdf"], "avslutat",
    )  # fmt: skip
    assert presses.count <= 5


async def test_a_note_is_written_by_two(harness: SlackHarness) -> None:
    presses, case = await at_card(harness)
    await presses.press("case:note")
    await presses.submit(text="Ringde grannen.")
    assert [note.text for note in (await harness.load_full_case(case)).notes] == ["Ringde grannen."]
    assert presses.count <= 2


async def test_a_case_is_found_by_enter_after_a_command(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "sök Björken")
    await harness.wait_until_idle()
    (found,) = anna.ephemerals()
    assert case.number in str(found)


async def test_a_case_is_found_by_one_press_after_typing_in_the_search(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.shortcut("shortcut:search")
    await harness.wait_until_idle()
    await anna.fill({"text": "Björken"})
    await anna.submit()
    await harness.wait_until_idle()
    assert case.number in str(anna.view)
