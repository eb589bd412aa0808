"""One request of a person's: who they are, what they pressed, and how they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element
from bot.blocks.block_kit.form_errors import view_with_alert
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.view import View, loading_modal, metadata_of, modal
from bot.blocks.forms import search
from bot.blocks.lists.home import HOME_MODAL_ID
from bot.blocks.private import private_message
from bot.blocks.values import CaseInList, CaseRef, MenuChoice, decode_case
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.actors import Officer
from bot.domain.rules import Command
from bot.domain.views import ListPosition
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.idempotency import make_idempotency_key
from bot.handlers.request.workspace import WorkspaceIdentity
from bot.service import CommandResult
from bot.store import Tx
from bot.store.engine import idempotency
from bot.store.lists.worklists import ListContext
from bot.text import Words, words

log = structlog.get_logger()


REPLACED_MODALS = frozenset({HOME_MODAL_ID, search.ID})
"""Modals that give their place to what is opened from them: a case, its form and that one's preview are three, and
Slack stacks no more."""


Work = Coroutine[Any, Any, Any]


class SlackRequest:
    """A button, a command or a form. `officer`, `workspace` and `words` are known once the person is.

    `run_and_report` is set by whoever listens, and turns the failures of work into words.
    """

    officer: Officer
    workspace: WorkspaceIdentity
    run_and_report: Callable[[SlackRequest, Work], Coroutine[Any, Any, None]]

    def __init__(self, deps: Dependencies, body: Mapping[str, Any], ack: AsyncAck) -> None:
        self.deps = deps
        self.body = body
        self._ack = ack
        self.words: Words = words(deps.service.catalog.municipality.language)
        self.case_id = ""
        self.has_committed = False
        self.is_late = False
        self.opened_view_id = ""
        self.is_silent = False
        self._open_lock = asyncio.Lock()

    # --- what was asked ---

    @property
    def user_id(self) -> str:
        return str(self.body.get("user_id") or self.body["user"]["id"])

    @property
    def team_id(self) -> str:
        """The workspace the person belongs to, as the request says."""
        user = self.body.get("user") or {}
        return str(user.get("team_id") or self.body.get("team_id") or self.body["team"]["id"])

    @property
    def trigger_id(self) -> str:
        return str(self.body["trigger_id"])

    @property
    def view(self) -> Mapping[str, Any]:
        return self.body.get("view") or {}

    @property
    def metadata(self) -> dict[str, Any]:
        """The ids the view was drawn with."""
        return metadata_of(self.view)

    @property
    def action(self) -> Mapping[str, Any]:
        return self.body["actions"][0]  # type: ignore[no-any-return]

    @property
    def value(self) -> str:
        """The value of the button, or of the option that was chosen."""
        option = self.action.get("selected_option") or {}
        return str(option.get("value") or self.action.get("value") or "")

    @property
    def target(self) -> CaseRef | CaseInList | MenuChoice:
        """The case the button is about."""
        target = decode_case(self.value)
        self.case_id = target.case_id
        return target

    @property
    def list_position(self) -> ListPosition | None:
        """Where in which list the case stands whose button was pressed."""
        target = decode_case(self.value)
        return target.position if isinstance(target, CaseInList) else None

    @property
    def list_context(self) -> ListContext:
        """The officer, asking for lists now."""
        service = self.deps.service
        return ListContext(self.officer, service.clock(), service.catalog)

    @property
    def is_in_app_home(self) -> bool:
        """Whether it was pressed in App Home, above which modals open but into which nothing else is drawn."""
        return self.view.get("type") == "home"

    @property
    def is_from_app_home(self) -> bool:
        """Whether it was pressed in App Home, or in a modal that was opened from there."""
        return self.is_in_app_home or bool(self.metadata.get("home"))

    @property
    def is_submission(self) -> bool:
        return self.body.get("type") == "view_submission"

    # --- what is done ---

    async def perform(
        self, command: Command, idempotency_key: str = "", in_transaction: Callable[[Tx], None] | None = None
    ) -> CommandResult:
        """Perform the command once for this request, or for all with the same `idempotency_key`.

        `in_transaction` is done in the same transaction.
        """
        self.case_id = command.case_id or ""
        key = idempotency_key or make_idempotency_key(self.body)
        done = await self.deps.service.perform(
            command, self.officer, idempotency_key=key, in_transaction=in_transaction
        )
        self.has_committed = True
        return done

    async def is_already_performed(self) -> bool:
        """Whether this very request has been performed already: it is told of twice, or was pressed twice."""
        key = make_idempotency_key(self.body)
        stored = await self.deps.service.database.read(lambda tx: idempotency.find(tx, key))
        return stored is not None and "done" in stored

    def run_after_ack(self, work: Work) -> None:
        """Go on after the acknowledgement; a failure there is told as any other."""
        self.deps.tasks.start(self.run_and_report(self, work))

    async def run_with_placeholder(self, work: Work) -> None:
        """Do work that opens a modal. Where it is slow, the modal opens before it: Slack's leave ends in 3 s."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=self.deps.placeholder_after)
        placeholder = loading_modal("told", "Ärendebot", {}, self.words)
        await asyncio.gather(task, *(() if done or self.opened_view_id else (self.open_view(placeholder),)))

    def _start_answer(self, work: Work) -> None:
        """Send an answer, at most once: a failure to tell is written down, and not told in its turn."""
        self.deps.tasks.start(self._log_failed_answer(work))

    async def _log_failed_answer(self, work: Work) -> None:
        try:
            await work
        except (TemporaryFailure, PermanentFailure) as failed:
            log.warning("not_told", trouble=failed.trouble, user=self.user_id)

    # --- how it is answered ---

    async def respond(self, text: str, *buttons: Element) -> None:
        """Tell the person where they look: in the form, in the open view, or beneath what they pressed."""
        if self.is_silent:
            return
        if self.opened_view_id:
            await self.update_view_by_id(self.opened_view_id, self._text_view(text, buttons))
        elif self.is_submission:
            await self.replace_view(view_with_alert(self.view, text, buttons))
        elif self.is_in_app_home:
            await self.open_view(self._text_view(text, buttons))
        elif self.view:
            view_id = str(self.view["id"])
            self._start_answer(self.update_view_by_id(view_id, view_with_alert(self.view, text, buttons)))
        else:
            await self.respond_privately(private_message(text, *buttons))

    async def respond_privately(self, message: Message) -> None:
        """Answer privately beneath what was pressed; at most once, and never before the acknowledgement.

        Where a modal has been opened ahead of the answer, it stands there.
        """
        if self.opened_view_id:
            await self.update_view_by_id(self.opened_view_id, self._message_view(message))
        elif url := self.body.get("response_url"):
            thread = str((self.body.get("container") or {}).get("thread_ts") or "")
            self._start_answer(self.deps.slack.respond(url, message.text, message.blocks, thread))

    async def replace_view(self, view: View) -> None:
        """Put the view in place of the form that was submitted."""
        if self.is_late:
            await self.update_view_by_id(str(self.view["id"]), view)
        else:
            await self._ack(response_action="update", view=view)

    async def push_view(self, view: View) -> None:
        """Lay the view on top of the form that was submitted."""
        if self.is_late:
            await self.update_view_by_id(str(self.view["id"]), view)
        else:
            await self._ack(response_action="push", view=view)

    async def show_field_errors(self, errors: Mapping[str, str]) -> None:
        """Say beneath its field what is wrong; the keys are block_ids."""
        if self.is_late:
            await self.update_view_by_id(
                str(self.view["id"]), view_with_alert(self.view, " ".join(errors.values()))
            )
        else:
            await self._ack(response_action="errors", errors=dict(errors))

    async def close_form(self, text: str) -> None:
        """Close the form; where it is too late for that, it says what came of it."""
        if self.is_late:
            await self.update_view_by_id(str(self.view["id"]), self._text_view(text, ()))

    async def respond_in_progress(self) -> None:
        """Say honestly that it takes longer; the outcome follows."""
        log.warning("takes_longer", user=self.user_id)
        if self.is_submission:
            await self._ack(
                response_action="update",
                view=view_with_alert(self.view, self.words("ok.working")),
            )
        else:
            await self.respond(self.words("ok.working"))
        self.is_late = True

    async def open_view(self, view: View) -> str:
        """Open the view, or lay it on the one that was pressed in; or put it where one was opened ahead of it, or in
        place of a list. Returns its id.
        """
        # A trigger opens one view.
        async with self._open_lock:
            if not self.opened_view_id and self.view.get("callback_id") in REPLACED_MODALS:
                self.opened_view_id = str(self.view["id"])
            if self.opened_view_id:
                await self.update_view_by_id(self.opened_view_id, view)
            else:
                is_within_modal = self.view and not self.is_in_app_home
                show_view = self.deps.slack.push_view if is_within_modal else self.deps.slack.open_view
                self.opened_view_id = await show_view(self.trigger_id, view)
        return self.opened_view_id

    async def update_view(self, view: View) -> None:
        """Draw the view that was pressed in anew, unless it has changed since by another press."""
        view_hash = "" if self.is_late else str(self.view["hash"])
        try:
            await self.deps.slack.update_view(str(self.view["id"]), view, view_hash)
        except PermanentFailure as failed:
            if failed.trouble not in ("hash_conflict", "not_found"):
                raise

    async def update_opened_view(self, view: View) -> None:
        """Fill in the view that was opened."""
        await self.update_view_by_id(self.opened_view_id, view)

    async def update_view_by_id(self, view_id: str, view: View) -> None:
        """Put a view in place of another, if that is still open."""
        try:
            await self.deps.slack.update_view(view_id, view)
        except PermanentFailure as failed:
            # Closed before it was filled.
            if failed.trouble != "not_found":
                raise

    def _text_view(self, text: str, buttons: Sequence[Element]) -> View:
        return self._message_view(private_message(text, *buttons))

    def _message_view(self, message: Message) -> View:
        return modal("told", "Ärendebot", message.blocks, {}, close=self.words("btn.close"))
