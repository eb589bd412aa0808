"""Listeners for Bolt: they identify the person, run a handler, and turn its failures into sentences."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element
from bot.blocks.forms.cases import retained_note
from bot.blocks.private import case_button
from bot.blocks.values import InvalidValue
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack import User
from bot.domain.assignment import (
    AlreadyTaken,
    AlreadyYours,
    CaseIsClosed,
    MayNotReassign,
    NoAccessToService,
    NotYours,
    SameAssignees,
    TooManyAssignees,
)
from bot.domain.messages.undoing import TooLateToUndo
from bot.domain.protection import AlreadyProtected, OpeningReasonRequired
from bot.domain.rules import ChangedMeanwhile, NotAllowedHere, Refused, TextTooLong, UnknownCase
from bot.domain.status import StatusNotAllowed
from bot.handlers.request.context import SlackContext
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.found_case import CasePageOnly
from bot.handlers.request.payload import Payload
from bot.handlers.request.performer import Work
from bot.handlers.request.responder import ModalResponder, Responder
from bot.handlers.request.slack_request import request_of
from bot.handlers.request.workspace import (
    Account,
    NotAnOfficer,
    OfficerAccounts,
    Workspace,
    WorkspaceIdentity,
)
from bot.service import safe_traceback
from bot.store import DatabaseBusy
from bot.web.request_trace import Outcome, continue_trace

log = structlog.get_logger()

Handler = Callable[[SlackContext], Coroutine[Any, Any, None]]
MemberHandler = Callable[[SlackContext, User], Coroutine[Any, Any, None]]
OptionsHandler = Callable[[SlackContext], Awaitable[list[dict[str, Any]]]]
Listener = Callable[..., Awaitable[None]]

NEXT_STEP_BUTTONS: dict[type[Refused], str] = {
    AlreadyYours: "btn.release",
    AlreadyTaken: "btn.show",
    NotYours: "btn.show",
    CaseIsClosed: "btn.show",
    TooLateToUndo: "btn.show",
    TextTooLong: "btn.page",
    NotAllowedHere: "btn.page",
    OpeningReasonRequired: "btn.page",
    CasePageOnly: "btn.page",
    AlreadyProtected: "btn.page",
}
"""The key of the button for the next step after a refusal."""

REFUSED_CHANGES = (
    ChangedMeanwhile,
    StatusNotAllowed,
    CaseIsClosed,
    MayNotReassign,
    SameAssignees,
    NoAccessToService,
    TooManyAssignees,
)
"""Refusals of a change whose text can be kept as a note without it."""


class Listeners:
    """Creates listeners from handlers: the person is identified, and every failure is reported to them.

    Bolt passes each listener the parsed payload as `payload_model`.
    """

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps
        self.workspace = Workspace(deps.slack)
        self._officer_accounts = OfficerAccounts(deps.service, deps.slack)

    def for_change(
        self,
        handler: Handler,
        *,
        responder_class: type[Responder] = Responder,
        for_others: MemberHandler | None = None,
    ) -> Listener:
        """For changes: acknowledged after the commit, or after `ack_timeout` with a notice that it takes longer.

        A private message with the button gives place to the answer, so that it is not pressed again; not where
        its other buttons are to be pressed too.

        `for_others` handles the request of a full member of the workspace who is no officer.
        """

        def work(context: SlackContext) -> Work:
            return self._identify_and_handle(handler, context, for_others)

        return self._acknowledged_after(work, responder_class)

    def for_member_change(self, handler: MemberHandler) -> Listener:
        """For changes that every full member of the workspace may make, officer or not."""
        return self._acknowledged_after(lambda context: self._identify_member(handler, context), Responder)

    def _acknowledged_after(
        self, work: Callable[[SlackContext], Work], responder_class: type[Responder]
    ) -> Listener:
        async def listener(ack: AsyncAck, payload_model: Payload) -> None:
            context = self._make_context(payload_model, ack, responder_class)
            context.responder.answers_in_place = not context.request.keeps_question
            task = self.deps.tasks.start(self.run_and_report(context, work(context)))
            done, _ = await asyncio.wait({task}, timeout=self.deps.ack_timeout)
            if not done:
                await context.responder.respond_in_progress()
            if ack.response is None:
                await ack()

        return listener

    def for_display(
        self,
        handler: Handler,
        *,
        responder_class: type[Responder] = Responder,
        context_class: type[SlackContext] = SlackContext,
        for_others: MemberHandler | None = None,
    ) -> Listener:
        """For reading: acknowledged at once, and rendered afterwards. `for_others` is as in `for_change`."""

        async def listener(ack: AsyncAck, payload_model: Payload) -> None:
            await ack()
            context = self._make_context(payload_model, ack, responder_class, context_class)
            work = self._identify_and_handle(handler, context, for_others)
            self.deps.tasks.start(self.run_and_report(context, work))

        return listener

    def for_modal(self, handler: Handler, *, responder_class: type[Responder] = Responder) -> Listener:
        """For opening a modal: as `for_display`, with a placeholder where the contents are slow."""

        async def listener(ack: AsyncAck, payload_model: Payload) -> None:
            await ack()
            context = self._make_context(payload_model, ack, responder_class)
            work = context.responder.run_with_placeholder(self._identify_and_handle(handler, context))
            self.deps.tasks.start(self.run_and_report(context, work))

        return listener

    def for_member(self, handler: MemberHandler) -> Listener:
        """For a modal that every full member of the workspace may open, officer or not."""

        async def listener(ack: AsyncAck, payload_model: Payload) -> None:
            await ack()
            context = self._make_context(payload_model, ack, ModalResponder)
            work = context.responder.run_with_placeholder(self._identify_member(handler, context))
            self.deps.tasks.start(self.run_and_report(context, work))

        return listener

    async def _identify_member(self, handler: MemberHandler, context: SlackContext) -> None:
        """Run the handler with the member, in an officer's own language or the municipality's."""
        identity = await self.workspace.identity()
        member = await self._officer_accounts.find_member(_account(context, identity))
        context.workspace = identity
        catalog = self.deps.service.catalog
        officer = catalog.officer_by_email(member.email) if member.email else None
        if officer is not None:
            context.responder.words = await self.deps.service.languages.words_of(officer.key)
        await handler(context, member)

    def for_options(self, handler: OptionsHandler) -> Listener:
        """For suggestions while typing: none where something fails."""

        async def listener(ack: AsyncAck, payload_model: Payload) -> None:
            context = self._make_context(payload_model, ack)
            context.responder.is_silent = True
            options: list[dict[str, Any]] = []

            async def load_options() -> None:
                await self.identify(context)
                options.extend(await handler(context))

            await self.run_and_report(context, load_options())
            await (ack(option_groups=options) if options else ack(options=[]))

        return listener

    def _make_context(
        self,
        payload: Payload,
        ack: AsyncAck,
        responder_class: type[Responder] = Responder,
        context_class: type[SlackContext] = SlackContext,
    ) -> SlackContext:
        request = request_of(payload)
        return context_class(
            self.deps, request, responder_class(self.deps, request, ack), self.run_and_report
        )

    async def _identify_and_handle(
        self, handler: Handler, context: SlackContext, for_others: MemberHandler | None = None
    ) -> None:
        try:
            await self.identify(context)
        except NotAnOfficer:
            if for_others is None:
                raise
            await self._identify_member(for_others, context)
        else:
            await handler(context)

    async def run_and_report(self, context: SlackContext, work: Work) -> None:
        """Run the work, and report its failures to the person. The request ends with it."""
        with continue_trace("event", "message") as trace:
            trace.end(await self._run_and_report(context, work, trace.ref))

    async def _run_and_report(self, context: SlackContext, work: Work, ref: str) -> Outcome:
        try:
            await work
        except Refused as refused:
            await _respond_or_log(
                context, describe_refusal(refused, context), *_next_step_buttons(refused, context)
            )
            return "refused"
        except InvalidValue:
            await _respond_or_log(context, context.words("no.leftover"))
            return "refused"
        except DatabaseBusy:
            log.warning("busy", user=context.request.user_id)
            await _respond_failed(
                context, context.words("ok.saved" if context.performer.has_committed else "no.busy")
            )
            return "failed"
        except (TemporaryFailure, PermanentFailure) as failed:
            log.warning("slack_failed", trouble=failed.trouble, user=context.request.user_id)
            await _respond_failed(context, context.words(_slack_failure_key(failed, context)))
            return "failed"
        except Exception as error:  # noqa: BLE001  (one of three places that may: who pressed is to be told)
            await _respond_failed(context, self._log_bug(error, context, ref))
            return "bug"
        return "done"

    async def identify(self, context: SlackContext) -> None:
        """Set the context's officer, workspace and language. Raises NotAMember or NotAnOfficer."""
        identity = await self.workspace.identity()
        account = _account(context, identity)
        context.performer.officer = await self._officer_accounts.find_officer(account)
        context.workspace = identity
        context.responder.words = await self.deps.service.languages.words_of(context.officer.key)

    def _log_bug(self, error: Exception, context: SlackContext, ref: str) -> str:
        """Log the error without its text, which may quote a person. Returns what the person is told, with `ref`."""
        log.error(
            "bug",
            ref=ref,
            error=type(error).__name__,
            where=safe_traceback(error),
            user=context.request.user_id,
        )
        contact = self.deps.service.catalog.municipality.support
        refusal = BugAfterChange if context.performer.has_committed else BugBeforeChange
        return refusal(ref=ref, contact=contact).in_words(context.words)


def _account(context: SlackContext, identity: WorkspaceIdentity) -> Account:
    request = context.request
    return Account(request.team_id, request.user_id, identity.team_id, identity.enterprise_id)


class BugBeforeChange(Refused):
    """An unexpected error before anything was changed."""

    key = "no.bug"


class BugAfterChange(Refused):
    """An unexpected error after the change was saved."""

    key = "no.saved"


async def _respond_failed(context: SlackContext, text: str) -> None:
    """Say that it failed. A question remains to be answered again, unless its answer has been saved."""
    if not (context.performer.has_committed or context.responder.is_late):
        context.responder.answers_in_place = False
    await _respond_or_log(context, text)


async def _respond_or_log(context: SlackContext, text: str, *buttons: Element) -> None:
    try:
        await context.responder.respond(text, *buttons)
    except (TemporaryFailure, PermanentFailure) as failed:
        log.warning("not_told", trouble=failed.trouble, user=context.request.user_id)


def describe_refusal(refused: Refused, context: SlackContext) -> str:
    """The refusal in the person's language."""
    if isinstance(refused, UnknownCase) and not refused.facts.get("number"):
        return context.words("no.unknowncase")
    return refused.in_words(context.words)


def _slack_failure_key(failed: TemporaryFailure | PermanentFailure, context: SlackContext) -> str:
    if context.performer.has_committed:
        return "ok.later" if isinstance(failed, TemporaryFailure) else "ok.saved"
    return "no.slackdown" if isinstance(failed, TemporaryFailure) else "no.again"


def _next_step_buttons(refused: Refused, context: SlackContext) -> list[Element]:
    """What can be done instead; where a form's text was to go with the change, it can be kept."""
    key = NEXT_STEP_BUTTONS.get(type(refused))
    step = [case_button(key, context.case_id, context.words)] if key and context.case_id else []
    if not (context.request.is_submission and isinstance(refused, REFUSED_CHANGES)):
        return step
    return [
        *retained_note.keep_buttons(retained_note.typed_text_of(context.request.form), context.words),
        *step,
    ]
