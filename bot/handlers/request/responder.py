"""Responses to a request: shown where the person looks, at most once, also after a delay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element
from bot.blocks.block_kit.form_errors import view_with_alert
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.view import View, gives_place, loading_modal, modal, with_metadata
from bot.blocks.private import private_message
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.rules import Refused
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.performer import Work
from bot.handlers.request.slack_request import SlackRequest
from bot.text import words

log = structlog.get_logger()


class Responder:
    """Responds to one request. `words` are in the person's language once it is known; before, the municipality's.

    `opened_view_id` is the view that was opened for the request, if any. Where it `is_silent`, nothing is shown.
    Where it `answers_in_place`, the private message that was pressed in gives place to the first response.
    """

    def __init__(self, deps: Dependencies, request: SlackRequest, ack: AsyncAck) -> None:
        self.deps = deps
        self.slack = deps.slack
        self.request = request
        self._ack = ack
        self._form_metadata: dict[str, Any] = {}
        self._open_lock = asyncio.Lock()
        self._answer_lock = asyncio.Lock()
        self.words = words(deps.service.catalog.municipality.language).isolating()
        self.opened_view_id = ""
        self.is_late = False
        self.is_silent = False
        self.answers_in_place = False

    # --- in words ---

    async def respond(self, text: str, *buttons: Element) -> None:
        """Show the text where the person looks: in the form, in the open view, or below what they pressed."""
        if self.is_silent:
            return
        if self.opened_view_id:
            await self.update_opened_view(self._text_view(text, buttons))
        elif self.request.is_submission:
            await self.replace_view(self._form_with_alert(text, buttons))
        elif self.request.is_in_app_home:
            await self.open_view(self._text_view(text, buttons))
        elif self.request.is_in_view:
            form = self._form_with_alert(text, buttons)
            self.start_answer(self.update_view_by_id(self.request.view.id, form))
        else:
            await self.respond_privately(private_message(text, *buttons))

    async def respond_privately(self, message: Message) -> None:
        """Show an ephemeral message below what was pressed; at most once, and never before the acknowledgement.

        Where a placeholder modal is open, the message is shown in it instead.
        """
        if self.opened_view_id:
            await self.update_opened_view(self.message_view(message))
        elif self.answers_in_place and self.request.is_in_private_message:
            self.answers_in_place = False  # what is said after that stands below it
            self.replace_message(message)
        elif url := self.request.response_url:
            thread = self.request.thread_ts
            self.start_answer(self.slack.respond(url, message.text, message.blocks, thread))

    def replace_message(self, message: Message) -> None:
        """Replace the message that was pressed in; at most once, and never before the acknowledgement."""
        if url := self.request.response_url:
            self.start_answer(self.slack.replace_message(url, message.text, message.blocks))

    async def respond_in_progress(self) -> None:
        """Say that it takes longer, and that the outcome follows."""
        log.warning("takes_longer", user=self.request.user_id)
        if self.request.is_submission:
            await self._ack(response_action="update", view=self._form_with_alert(self.words("ok.working")))
        else:
            answers_in_place = self.answers_in_place
            await self.respond(self.words("ok.working"))
            self.answers_in_place = answers_in_place
        self.is_late = True

    def start_answer(self, work: Work) -> None:
        """Send a response, at most once, after those started before. A failure to send it is logged only."""
        self.deps.tasks.start(self._log_failed_answer(work))

    async def _log_failed_answer(self, work: Work) -> None:
        try:
            async with self._answer_lock:
                await work
        except (TemporaryFailure, PermanentFailure) as failed:
            log.warning("not_told", trouble=failed.trouble, user=self.request.user_id)

    # --- in the form that was submitted ---

    async def replace_view(self, view: View) -> None:
        """Replace the form by the view."""
        if self.is_late:
            await self.update_view_by_id(self.request.view.id, view)
        else:
            await self._ack(response_action="update", view=view)

    async def push_view(self, view: View) -> None:
        """Push the view on top of the form."""
        if self.is_late:
            await self.update_view_by_id(self.request.view.id, view)
        else:
            await self._ack(response_action="push", view=view)

    async def show_field_errors(self, errors: Mapping[str, str]) -> None:
        """Show errors below their fields; the keys are block_ids."""
        if self.is_late:
            form = self._form_with_alert(" ".join(errors.values()))
            await self.update_view_by_id(self.request.view.id, form)
        else:
            await self._ack(response_action="errors", errors=dict(errors))

    async def show_refusals(self, refusals: Sequence[Refused], fields: Mapping[type[Refused], str]) -> None:
        """Show each refusal below the field that it is about, by `fields`.

        They are found before the command is performed: what is refused then is stored for the view as it is, and Slack
        leaves a view with errors as it is.
        """
        await self.show_field_errors({fields[type(one)]: one.in_words(self.words) for one in refusals})

    async def close_form(self, text: str) -> None:
        """Close the form; after the acknowledgement, show the text in it instead."""
        if self.is_late:
            await self.update_view_by_id(self.request.view.id, self._text_view(text, ()))

    def renew_form_metadata(self, **metadata: Any) -> None:
        """Set metadata that the form gets if it is shown again with an alert."""
        self._form_metadata |= metadata

    def _form_with_alert(self, text: str, buttons: Sequence[Element] = ()) -> View:
        form = self.request.view.as_sent
        if self._form_metadata:
            form = with_metadata(form, **self._form_metadata)
        return view_with_alert(form, text, buttons)

    # --- in views ---

    async def run_with_placeholder(self, work: Work) -> None:
        """Run work that opens a modal. Where it is slow, a placeholder opens first: the trigger expires after 3 s."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=self.deps.placeholder_after)
        await asyncio.gather(task, *(() if done else (self._open_placeholder(task),)))

    async def _open_placeholder(self, task: asyncio.Future[None]) -> None:
        """Open the placeholder, unless the work has opened its own view or ended while that was waited for."""
        async with self._open_lock:
            if not (task.done() or self.opened_view_id):
                await self._show_view(loading_modal("told", "Ärendebot", {}, self.words))

    async def open_view(self, view: View) -> str:
        """Open the view, or push it on the one that was pressed in. Returns its id.

        It replaces a placeholder that is open, and a view whose metadata say that it is to be replaced.
        """
        # A trigger can open only one view.
        async with self._open_lock:
            await self._show_view(view)
        return self.opened_view_id

    async def _show_view(self, view: View) -> None:
        """As `open_view`, for whoever holds the lock."""
        request = self.request
        if not self.opened_view_id and gives_place(request.metadata):
            self.opened_view_id = request.view.id
        if self.opened_view_id:
            await self.update_opened_view(view)
        else:
            is_within_modal = request.is_in_view and not request.is_in_app_home
            show_view = self.slack.push_view if is_within_modal else self.slack.open_view
            self.opened_view_id = await show_view(request.trigger_id, view)

    async def update_view(self, view: View) -> None:
        """Replace the view that was pressed in, unless another request has changed it since."""
        pressed = self.request.view
        try:
            await self.slack.update_view(pressed.id, view, "" if self.is_late else pressed.hash or "")
        except PermanentFailure as failed:
            if failed.trouble not in ("hash_conflict", "not_found"):
                raise

    async def update_opened_view(self, view: View) -> None:
        """Replace the view that was opened for this request."""
        await self.update_view_by_id(self.opened_view_id, view)

    async def update_view_by_id(self, view_id: str, view: View) -> bool:
        """Replace another view. False where it is no longer open."""
        try:
            await self.slack.update_view(view_id, view)
        except PermanentFailure as failed:
            # The person has closed it.
            if failed.trouble != "not_found":
                raise
            return False
        return True

    def _text_view(self, text: str, buttons: Sequence[Element]) -> View:
        return self.message_view(private_message(text, *buttons))

    def message_view(self, message: Message) -> View:
        """The message in a modal."""
        return modal("told", "Ärendebot", message.blocks, {}, close=self.words("btn.close"))


class ModalResponder(Responder):
    """Responds in modals: global shortcuts have no channel, and shortcuts cannot reply in a thread."""

    async def respond(self, text: str, *buttons: Element) -> None:
        await self.respond_privately(private_message(text, *buttons))

    async def respond_privately(self, message: Message) -> None:
        await self.open_view(self.message_view(message))
