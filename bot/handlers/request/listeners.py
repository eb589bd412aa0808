"""Where a failure becomes words."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element
from bot.blocks.private import case_button
from bot.clients.errors import Permanent, Temporary
from bot.domain.assignment import AlreadyTaken, AlreadyYours, CaseIsClosed, NotYours
from bot.domain.correspondence import TooLateToUndo
from bot.domain.protection import ReasonNeeded
from bot.domain.rules import NotHere, Refused, TooLong, UnknownCase
from bot.handlers.request.dependencies import Kit
from bot.handlers.request.found_case import OnPageOnly
from bot.handlers.request.press import Press, Work
from bot.handlers.request.workspace import Account, House, People
from bot.service import where
from bot.store import Busy

log = structlog.get_logger()

Handler = Callable[[Press], Coroutine[Any, Any, None]]
Suggester = Callable[[Press], Awaitable[list[dict[str, Any]]]]
Listener = Callable[..., Awaitable[None]]

NEXT: dict[type[Refused], str] = {
    AlreadyYours: "btn.release",
    AlreadyTaken: "btn.show",
    NotYours: "btn.show",
    CaseIsClosed: "btn.show",
    TooLateToUndo: "btn.show",
    TooLong: "btn.page",
    NotHere: "btn.page",
    ReasonNeeded: "btn.page",
    OnPageOnly: "btn.page",
}
"""The next step that a refusal leads to."""


class Listening:
    """Makes listeners of handlers: who pressed is known, and every failure is told."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.house = House(kit.slack)
        self._people = People(kit.service, kit.slack)

    def acting(self, handler: Handler) -> Listener:
        """For what changes: the acknowledgement follows the commit, or says that it takes longer."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            press = self._press(body, ack)
            task = self.kit.tasks.start(self.guarded(press, self._handled(handler, press)))
            done, _ = await asyncio.wait({task}, timeout=self.kit.limit)
            if not done:
                await press.working()
            if ack.response is None:
                await ack()

        return listener

    def showing(self, handler: Handler, kind: type[Press] = Press) -> Listener:
        """For what is only shown: acknowledged at once, drawn afterwards."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            press = self._press(body, ack, kind)
            self.kit.tasks.start(self.guarded(press, self._handled(handler, press)))

        return listener

    def opening(self, handler: Handler, kind: type[Press] = Press) -> Listener:
        """For what opens a modal: as `showing`, and the modal opens in time whatever the store and Slack do."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            press = self._press(body, ack, kind)
            opening = press.ahead(self._handled(handler, press))
            self.kit.tasks.start(self.guarded(press, opening))

        return listener

    def suggesting(self, handler: Suggester) -> Listener:
        """For what is offered while one types: nothing is, where something fails, and the form stays as it is."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            press = self._press(body, ack)
            press.muted = True
            found: list[dict[str, Any]] = []

            async def look() -> None:
                await self.recognise(press)
                found.extend(await handler(press))

            await self.guarded(press, look())
            await (ack(option_groups=found) if found else ack(options=[]))

        return listener

    def _press(self, body: dict[str, Any], ack: AsyncAck, kind: type[Press] = Press) -> Press:
        press = kind(self.kit, body, ack)
        press.guard = self.guarded
        return press

    async def _handled(self, handler: Handler, press: Press) -> None:
        await self.recognise(press)
        await handler(press)

    async def guarded(self, press: Press, work: Work) -> None:
        """Do the work; whatever fails in it is told."""
        try:
            await work
        except Refused as refused:
            await _told(press, sentence(refused, press), *_next(refused, press))
        except Busy:
            log.warning("busy", user=press.user)
            await _told(press, press.words("ok.saved" if press.changed else "no.busy"))
        except (Temporary, Permanent) as failed:
            log.warning("slack_failed", trouble=failed.trouble, user=press.user)
            await _told(press, press.words(_of_slack(failed, press)))
        except Exception as error:  # noqa: BLE001
            await _told(press, self._bug(error, press))

    async def recognise(self, press: Press) -> None:
        """Give the press its officer, our workspace, and the officer's language. Outsider or UnknownPerson."""
        home = await self.house.home()
        account = Account(press.team, press.user, home.team, home.enterprise)
        press.officer = await self._people.officer(account)
        press.home = home
        press.words = await self.kit.service.languages.words_of(press.officer.key)

    def _bug(self, error: Exception, press: Press) -> str:
        """Written down without what the error says, for it may quote a person; the reference leads to it."""
        ref = secrets.token_hex(4)
        log.error("bug", ref=ref, error=type(error).__name__, where=where(error), user=press.user)
        contact = self.kit.service.catalog.municipality.support
        kind = DoneUnshown if press.changed else NothingDone
        return kind(ref=ref, contact=contact).said(press.words)


class NothingDone(Refused):
    """A bug before anything was changed."""

    key = "no.bug"


class DoneUnshown(Refused):
    """A bug after the change was saved."""

    key = "no.saved"


async def _told(press: Press, text: str, *buttons: Element) -> None:
    try:
        await press.tell(text, *buttons)
    except (Temporary, Permanent) as failed:
        log.warning("not_told", trouble=failed.trouble, user=press.user)


def sentence(refused: Refused, press: Press) -> str:
    """The refusal in the person's words."""
    if isinstance(refused, UnknownCase) and not refused.facts.get("number"):
        return press.words("no.unknowncase")
    return refused.said(press.words)


def _of_slack(failed: Temporary | Permanent, press: Press) -> str:
    if press.changed:
        return "ok.later" if isinstance(failed, Temporary) else "ok.saved"
    return "no.slackdown" if isinstance(failed, Temporary) else "no.again"


def _next(refused: Refused, press: Press) -> list[Element]:
    key = NEXT.get(type(refused))
    return [case_button(key, press.case_id, press.words)] if key and press.case_id else []
