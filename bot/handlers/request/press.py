"""One request of a person's: who they are, what they pressed, and how they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element
from bot.blocks.block_kit.form_errors import returned
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.view import View, ids_of, loading, modal
from bot.blocks.forms import search
from bot.blocks.lists.case_list import place_in
from bot.blocks.lists.home import IN_MODAL
from bot.blocks.private import private
from bot.clients.errors import Permanent, Temporary
from bot.domain.actors import Officer
from bot.domain.rules import Command
from bot.domain.views import InList
from bot.handlers.request.dependencies import Kit
from bot.handlers.request.idempotency import once_key
from bot.handlers.request.workspace import Home
from bot.service import Done
from bot.store import Tx
from bot.store.engine import idempotency
from bot.store.lists.worklists import Asker
from bot.text import Words, words

log = structlog.get_logger()


GIVE_PLACE = frozenset({IN_MODAL, search.ID})
"""Modals that give their place to what is opened from them: a case, its form and that one's preview are three, and
Slack stacks no more."""


class Target(NamedTuple):
    """What a button carries: a case, and the version it was drawn from (0 where none is known)."""

    case_id: str
    seq: int


Work = Coroutine[Any, Any, Any]


class Press:
    """A button, a command or a form. `officer`, `home` and `words` are known once the person is.

    `guard` is set by whoever listens, and turns the failures of work into words.
    """

    officer: Officer
    home: Home
    guard: Callable[[Press, Work], Coroutine[Any, Any, None]]

    def __init__(self, kit: Kit, body: Mapping[str, Any], ack: AsyncAck) -> None:
        self.kit = kit
        self.body = body
        self._ack = ack
        self.words: Words = words(kit.service.catalog.municipality.language)
        self.case_id = ""
        self.changed = False
        self.late = False
        self.opened = ""
        self.muted = False
        self._opening = asyncio.Lock()

    # --- what was asked ---

    @property
    def user(self) -> str:
        return str(self.body.get("user_id") or self.body["user"]["id"])

    @property
    def team(self) -> str:
        """The workspace the person belongs to, as the request says."""
        user = self.body.get("user") or {}
        return str(user.get("team_id") or self.body.get("team_id") or self.body["team"]["id"])

    @property
    def trigger(self) -> str:
        return str(self.body["trigger_id"])

    @property
    def view(self) -> Mapping[str, Any]:
        return self.body.get("view") or {}

    @property
    def ids(self) -> dict[str, Any]:
        """The ids the view was drawn with."""
        return ids_of(self.view)

    @property
    def action(self) -> Mapping[str, Any]:
        return self.body["actions"][0]  # type: ignore[no-any-return]

    @property
    def value(self) -> str:
        """The value of the button, or of the option that was chosen."""
        chosen = self.action.get("selected_option") or {}
        return str(chosen.get("value") or self.action.get("value") or "")

    @property
    def target(self) -> Target:
        """The case the button is about."""
        about = self.value.partition("@")[0]
        # An option of a menu says what is to be done before the case.
        about = about.partition(":")[2] if about.count(":") == 2 else about
        case_id, _, seq = about.partition(":")
        self.case_id = case_id
        return Target(case_id, int(seq) if seq.isdecimal() else 0)

    @property
    def in_list(self) -> InList | None:
        """Where in which list the case stands whose button was pressed."""
        return place_in(self.value)

    @property
    def asker(self) -> Asker:
        """The officer, asking for lists now."""
        service = self.kit.service
        return Asker(self.officer, service.clock(), service.catalog)

    @property
    def at_home(self) -> bool:
        """Whether it was pressed in App Home, above which modals open but into which nothing else is drawn."""
        return self.view.get("type") == "home"

    @property
    def from_home(self) -> bool:
        """Whether it was pressed in App Home, or in a modal that was opened from there."""
        return self.at_home or bool(self.ids.get("home"))

    @property
    def is_submission(self) -> bool:
        return self.body.get("type") == "view_submission"

    # --- what is done ---

    async def perform(
        self, command: Command, once: str = "", beside: Callable[[Tx], None] | None = None
    ) -> Done:
        """Perform the command once for this request, or for all that bear the name `once`, and `beside` with it."""
        self.case_id = command.case_id or ""
        key = once or once_key(self.body)
        done = await self.kit.service.perform(command, self.officer, once=key, beside=beside)
        self.changed = True
        return done

    async def done_before(self) -> bool:
        """Whether this very request has been performed already: it is told of twice, or was pressed twice."""
        key = once_key(self.body)
        kept = await self.kit.service.database.read(lambda tx: idempotency.find(tx, key))
        return kept is not None and "done" in kept

    def later(self, work: Work) -> None:
        """Go on after the acknowledgement; a failure there is told as any other."""
        self.kit.tasks.start(self.guard(self, work))

    async def ahead(self, work: Work) -> None:
        """Do work that opens a modal. Where it is slow, the modal opens before it: Slack's leave ends in 3 s."""
        doing = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({doing}, timeout=self.kit.opens_within)
        waiting = loading("told", "Ärendebot", {}, self.words)
        await asyncio.gather(doing, *(() if done or self.opened else (self.open(waiting),)))

    def _send(self, work: Work) -> None:
        """Send an answer, at most once: a failure to tell is written down, and not told in its turn."""
        self.kit.tasks.start(self._sent(work))

    async def _sent(self, work: Work) -> None:
        try:
            await work
        except (Temporary, Permanent) as failed:
            log.warning("not_told", trouble=failed.trouble, user=self.user)

    # --- how it is answered ---

    async def tell(self, text: str, *buttons: Element) -> None:
        """Tell the person where they look: in the form, in the open view, or beneath what they pressed."""
        if self.muted:
            return
        if self.opened:
            await self.put(self.opened, self._alone(text, buttons))
        elif self.is_submission:
            await self.show(returned(self.view, text, buttons))
        elif self.at_home:
            await self.open(self._alone(text, buttons))
        elif self.view:
            view_id = str(self.view["id"])
            self._send(self.put(view_id, returned(self.view, text, buttons)))
        else:
            await self.say(private(text, *buttons))

    async def say(self, message: Message) -> None:
        """Answer privately beneath what was pressed; at most once, and never before the acknowledgement.

        Where a modal has been opened ahead of the answer, it stands there.
        """
        if self.opened:
            await self.put(self.opened, self._told(message))
        elif url := self.body.get("response_url"):
            thread = str((self.body.get("container") or {}).get("thread_ts") or "")
            self._send(self.kit.slack.answer(url, message.text, message.blocks, thread))

    async def show(self, view: View) -> None:
        """Put the view in place of the form that was submitted."""
        if self.late:
            await self.put(str(self.view["id"]), view)
        else:
            await self._ack(response_action="update", view=view)

    async def lay(self, view: View) -> None:
        """Lay the view on top of the form that was submitted."""
        if self.late:
            await self.put(str(self.view["id"]), view)
        else:
            await self._ack(response_action="push", view=view)

    async def fault(self, faults: Mapping[str, str]) -> None:
        """Say beneath its field what is wrong; the keys are block_ids."""
        if self.late:
            await self.put(str(self.view["id"]), returned(self.view, " ".join(faults.values())))
        else:
            await self._ack(response_action="errors", errors=dict(faults))

    async def close(self, said: str) -> None:
        """Close the form; where it is too late for that, it says what came of it."""
        if self.late:
            await self.put(str(self.view["id"]), self._alone(said, ()))

    async def working(self) -> None:
        """Say honestly that it takes longer; the outcome follows."""
        log.warning("takes_longer", user=self.user)
        if self.is_submission:
            await self._ack(
                response_action="update",
                view=returned(self.view, self.words("ok.working")),
            )
        else:
            await self.tell(self.words("ok.working"))
        self.late = True

    async def open(self, view: View) -> str:
        """Open the view, or lay it on the one that was pressed in; or put it where one was opened ahead of it, or in
        place of a list. Returns its id.
        """
        # A trigger opens one view.
        async with self._opening:
            if not self.opened and self.view.get("callback_id") in GIVE_PLACE:
                self.opened = str(self.view["id"])
            if self.opened:
                await self.put(self.opened, view)
            else:
                within_modal = self.view and not self.at_home
                put = self.kit.slack.push_view if within_modal else self.kit.slack.open_view
                self.opened = await put(self.trigger, view)
        return self.opened

    async def redraw(self, view: View) -> None:
        """Draw the view that was pressed in anew, unless it has changed since by another press."""
        seen = "" if self.late else str(self.view["hash"])
        try:
            await self.kit.slack.update_view(str(self.view["id"]), view, seen)
        except Permanent as failed:
            if failed.trouble not in ("hash_conflict", "not_found"):
                raise

    async def fill(self, view: View) -> None:
        """Fill in the view that was opened."""
        await self.put(self.opened, view)

    async def put(self, view_id: str, view: View) -> None:
        """Put a view in place of another, if that is still open."""
        try:
            await self.kit.slack.update_view(view_id, view)
        except Permanent as failed:
            # Closed before it was filled.
            if failed.trouble != "not_found":
                raise

    def _alone(self, text: str, buttons: Sequence[Element]) -> View:
        return self._told(private(text, *buttons))

    def _told(self, message: Message) -> View:
        return modal("told", "Ärendebot", message.blocks, {}, close=self.words("btn.close"))
