"""Officers at work, so that the municipality is alive when somebody comes: real presses on the real bot."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.demo.applicant import answer
from sandbox.demo.browser import NotAsOnThePage
from sandbox.demo.folder import Progress
from sandbox.demo.samples import today
from sandbox.inputs import Unfit
from sandbox.limits.rules import elements_of
from sandbox.payload_schema import Json
from sandbox.person import Person
from sandbox.shared_state import SharedState

NUMBER = re.compile(r"\b\d{4}-\d{6}\b")
CARD_SECONDS = 30.0
VIEW_SECONDS = 30.0


class NotDone(Exception):
    """A step met something else than it looked for."""


class Officer:
    """A person of the workspace in one channel."""

    def __init__(self, shared: SharedState, email: str, channel: str) -> None:
        users, channels = shared.workspace.users.values(), shared.workspace.channels.values()
        self.person = Person(
            shared, next(user.id for user in users if user.email == f"{email}@lindsjo.example")
        )
        self.channel = next(one.id for one in channels if one.name == channel)

    async def card(self, action: str, *, free: bool = False, of: str = "") -> Json:
        """The first card with that button, once there is one; `free` when nobody has the case, `of` whom it names."""
        try:
            cards: list[Json] = await self.person.wait_until(
                lambda: [one for one in self._cards(action, free) if of in one["text"]], CARD_SECONDS
            )
        except TimeoutError:
            raise NotDone(f"no card with {action}") from None
        return cards[0]

    def _cards(self, action: str, free: bool) -> list[Json]:
        cards = [message for message in self.person.sees(self.channel) if button_of(message, action)]
        return [one for one in cards if not free or _is_primary(button_of(one, "case:take"))]

    async def press(self, card: Json, action: str, value: Any = None) -> None:
        _must_be_ok(await self.person.press(self.channel, card["ts"], action, value), action)

    async def take(self) -> Json:
        """Takes the first card that nobody has, and sees it drawn as taken, lest it be picked again as free."""
        card = await self.card("case:take", free=True)
        await self.press(card, "case:take")
        try:
            await self.person.wait_until(
                lambda: card["ts"] not in [one["ts"] for one in self._cards("case:take", free=True)],
                CARD_SECONDS,
            )
        except TimeoutError:
            raise NotDone("the card was not drawn as taken") from None
        return card

    async def choose_in_menu(self, card: Json, word: str) -> None:
        """The choice of the card's menu whose value has the word among its parts."""
        menu = button_of(card, "case:more") or {"options": []}
        chosen = next((one["value"] for one in menu["options"] if word in one["value"].split("/")), None)
        await self.press(card, "case:more", chosen)

    async def open_tool(self, card: Json, action: str) -> None:
        """Presses a button of the case's Verktyg, which the card's menu leads to."""
        await self.choose_in_menu(card, "tools")
        try:
            await self.person.wait_until(lambda: button_of(self.person.view or {}, action), VIEW_SECONDS)
        except TimeoutError:
            raise NotDone(f"no tool {action}") from None
        _must_be_ok(await self.person.press_in_view(action), f"press {action}")

    async def offered(self, query: str) -> list[str]:
        """Types in the dialog's external select, and is offered these values."""
        blocks = (self.person.view or {})["blocks"]
        block = next(one for one in blocks if "external" in one.get("element", {}).get("type", ""))
        options = await self.person.suggest(block["element"]["action_id"], query, block["block_id"])
        return [option["value"] for option in options]

    async def view(self, callback: str) -> None:
        """Waits until the dialog on top is that one, with all that is in it."""
        try:
            await self.person.wait_until(lambda: self._has_open(callback), VIEW_SECONDS)
        except TimeoutError:
            raise NotDone(f"no dialog {callback}") from None

    def _has_open(self, callback: str) -> bool:
        view = self.person.view
        return bool(view and view["callback_id"] == callback and view["submit"])

    async def submit(self, values: Json) -> None:
        data = await self.person.fill_and_submit(values)
        _must_be_ok(data, "submit")
        if data["errors"]:
            raise NotDone(f"the dialog said {data['errors']}")

    async def close(self) -> None:
        if self.person.view:
            await self.person.close(all=True)


def button_of(message: Json, action: str) -> Json | None:
    """The button or menu of that action, where the message has one."""
    found = (element for block in message.get("blocks", []) for _, element in elements_of(block))
    return next((element for element in found if element.get("action_id") == action), None)


def _is_primary(button: Json | None) -> bool:
    return bool(button and button.get("style") == "primary")


def _must_be_ok(data: Json, what: str) -> None:
    if not data["ok"]:
        raise NotDone(f"{what}: {data['error']}")


@dataclass(frozen=True)
class Office:
    """Where people are: Slack's stand-in, and the address of the bot's own pages."""

    shared: SharedState
    web: str


async def anna_takes_one(office: Office) -> None:
    anna = Officer(office.shared, "anna.berg", "bygglov")
    await anna.take()


async def bjorn_begins_to_review(office: Office) -> None:
    await _take_and_set(Officer(office.shared, "bjorn.ek", "bygglov"), "granskning")


async def anna_marks_one(office: Office) -> None:
    anna = Officer(office.shared, "anna.berg", "bygglov")
    await anna.open_tool(await anna.card("case:more"), "case:colour")
    await anna.view("case:colour:submit")
    await anna.submit({"colour": "yellow"})
    await anna.close()


async def bjorn_gives_anna_one(office: Office) -> None:
    bjorn = Officer(office.shared, "bjorn.ek", "bygglov")
    await bjorn.open_tool(await bjorn.card("case:more", free=True), "case:officers")
    await bjorn.view("case:officers:submit")
    await bjorn.submit({"holders": await bjorn.offered("Anna")})
    await bjorn.close()


async def jose_plans_the_work(office: Office) -> None:
    await _take_and_set(Officer(office.shared, "jose.fernandez", "gata-park"), "planerat")


async def _take_and_set(officer: Officer, status: str) -> None:
    card = await officer.take()
    await officer.press(card, "case:status")
    await officer.view("case:status:submit")
    await officer.submit({"status": status})


async def asa_makes_a_note(office: Office) -> None:
    asa = Officer(office.shared, "asa.nordstrom", "gata-park")
    await asa.press(await asa.card("case:note"), "case:note")
    await asa.view("case:note:submit")
    await asa.submit({"text": "Ringde entreprenören. De åker ut i morgon förmiddag."})
    await asa.close()


async def zeynep_writes_to_the_applicant(office: Office) -> None:
    zeynep = Officer(office.shared, "zeynep.yildirim", "forskola")
    card = await zeynep.take()
    await zeynep.press(card, "case:message")
    await zeynep.view("case:message:preview")
    await zeynep.submit(
        {
            "text": "Hej!\n\nTack för er ansökan. Vi har en plats som kan passa. Vill ni komma och hälsa på först?"
        }
    )
    await zeynep.view("case:message:submit")
    await zeynep.submit({})
    await zeynep.close()


async def bjorn_mentions_anna(office: Office) -> None:
    bjorn = Officer(office.shared, "bjorn.ek", "bygglov")
    await bjorn.press(await bjorn.card("case:note", of="Björn Ek"), "case:note")
    await bjorn.view("case:note:submit")
    anna = await bjorn.offered("Anna")
    await bjorn.submit({"text": "Stämmer måtten i ritningen, tycker du?", "mentions": anna})
    await bjorn.close()


async def anna_wants_to_be_reminded(office: Office) -> None:
    anna = Officer(office.shared, "anna.berg", "bygglov")
    await anna.choose_in_menu(await anna.card("case:more", of="Björn Ek"), "flag")
    await anna.view("case:flag:submit")
    await anna.submit({"note": "Ring Björn om besöket", "remind_on": today().isoformat()})
    await anna.close()


async def an_applicant_writes_to_anna(office: Office) -> None:
    card = await Officer(office.shared, "anna.berg", "bygglov").card("case:more", of="Anna Berg")
    number = NUMBER.search(card["text"])
    assert number is not None
    await answer(
        office.shared,
        office.web,
        (number[0], "Hej! Ritningen är klar i morgon. Räcker det om jag lägger till den då?"),
    )


Step = Callable[[Office], Awaitable[None]]
STEPS: dict[str, Step] = {
    "Anna tar ett ärende": anna_takes_one,
    "Anna färgmarkerar ett ärende": anna_marks_one,
    "Björn börjar granska": bjorn_begins_to_review,
    "Björn ger Anna ett ärende": bjorn_gives_anna_one,
    "José planerar arbetet": jose_plans_the_work,
    "Åsa antecknar": asa_makes_a_note,
    "Zeynep skriver till en sökande": zeynep_writes_to_the_applicant,
    "En sökande skriver till Anna": an_applicant_writes_to_anna,
    "Anna vill bli påmind": anna_wants_to_be_reminded,
    "Björn nämner Anna": bjorn_mentions_anna,
}


async def work(office: Office, progress: Progress, pause: float, failed: Callable[[str, str], None]) -> None:
    """Every step that was not done in an earlier run, one after the other."""
    for name, step in STEPS.items():
        if name in progress.done:
            continue
        try:
            await step(office)
        except (NotDone, Unfit, NotAsOnThePage, TimeoutError, aiohttp.ClientError) as why:
            failed(name, str(why))
        progress.did(name)
        await asyncio.sleep(pause)
