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
from bot.blocks.values import InvalidValue
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.domain.assignment import AlreadyTaken, AlreadyYours, CaseIsClosed, NotYours
from bot.domain.correspondence import TooLateToUndo
from bot.domain.protection import ReasonRequired
from bot.domain.rules import NotAllowedHere, Refused, TextTooLong, UnknownCase
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.found_case import CasePageOnly
from bot.handlers.request.slack_request import SlackRequest, Work
from bot.handlers.request.workspace import Account, OfficerAccounts, Workspace
from bot.service import safe_traceback
from bot.store import DatabaseBusy

log = structlog.get_logger()

Handler = Callable[[SlackRequest], Coroutine[Any, Any, None]]
OptionsHandler = Callable[[SlackRequest], Awaitable[list[dict[str, Any]]]]
Listener = Callable[..., Awaitable[None]]

NEXT_STEP_BUTTONS: dict[type[Refused], str] = {
    AlreadyYours: "btn.release",
    AlreadyTaken: "btn.show",
    NotYours: "btn.show",
    CaseIsClosed: "btn.show",
    TooLateToUndo: "btn.show",
    TextTooLong: "btn.page",
    NotAllowedHere: "btn.page",
    ReasonRequired: "btn.page",
    CasePageOnly: "btn.page",
}
"""The next step that a refusal leads to."""


class Listeners:
    """Makes listeners of handlers: who pressed is known, and every failure is told."""

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps
        self.workspace = Workspace(deps.slack)
        self._officer_accounts = OfficerAccounts(deps.service, deps.slack)

    def for_change(self, handler: Handler) -> Listener:
        """For what changes: the acknowledgement follows the commit, or says that it takes longer."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            request = self._make_request(body, ack)
            task = self.deps.tasks.start(
                self.run_and_report(request, self._identify_and_handle(handler, request))
            )
            done, _ = await asyncio.wait({task}, timeout=self.deps.ack_timeout)
            if not done:
                await request.respond_in_progress()
            if ack.response is None:
                await ack()

        return listener

    def for_display(self, handler: Handler, kind: type[SlackRequest] = SlackRequest) -> Listener:
        """For what is only shown: acknowledged at once, drawn afterwards."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            request = self._make_request(body, ack, kind)
            self.deps.tasks.start(self.run_and_report(request, self._identify_and_handle(handler, request)))

        return listener

    def for_modal(self, handler: Handler, kind: type[SlackRequest] = SlackRequest) -> Listener:
        """For what opens a modal: as `for_display`, and the modal opens in time whatever the store and Slack do."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            request = self._make_request(body, ack, kind)
            work = request.run_with_placeholder(self._identify_and_handle(handler, request))
            self.deps.tasks.start(self.run_and_report(request, work))

        return listener

    def for_options(self, handler: OptionsHandler) -> Listener:
        """For what is offered while one types: nothing is, where something fails, and the form stays as it is."""

        async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
            request = self._make_request(body, ack)
            request.is_silent = True
            options: list[dict[str, Any]] = []

            async def load_options() -> None:
                await self.identify(request)
                options.extend(await handler(request))

            await self.run_and_report(request, load_options())
            await (ack(option_groups=options) if options else ack(options=[]))

        return listener

    def _make_request(
        self, body: dict[str, Any], ack: AsyncAck, kind: type[SlackRequest] = SlackRequest
    ) -> SlackRequest:
        request = kind(self.deps, body, ack)
        request.run_and_report = self.run_and_report
        return request

    async def _identify_and_handle(self, handler: Handler, request: SlackRequest) -> None:
        await self.identify(request)
        await handler(request)

    async def run_and_report(self, request: SlackRequest, work: Work) -> None:
        """Do the work; whatever fails in it is told."""
        try:
            await work
        except Refused as refused:
            await _respond_or_log(
                request, describe_refusal(refused, request), *_next_step_button(refused, request)
            )
        except InvalidValue:
            await _respond_or_log(request, request.words("no.leftover"))
        except DatabaseBusy:
            log.warning("busy", user=request.user_id)
            await _respond_or_log(request, request.words("ok.saved" if request.has_committed else "no.busy"))
        except (TemporaryFailure, PermanentFailure) as failed:
            log.warning("slack_failed", trouble=failed.trouble, user=request.user_id)
            await _respond_or_log(request, request.words(_slack_failure_key(failed, request)))
        except Exception as error:  # noqa: BLE001
            await _respond_or_log(request, self._log_bug(error, request))

    async def identify(self, request: SlackRequest) -> None:
        """Give the press its officer, our workspace, and the officer's language. NotAMember or NotAnOfficer."""
        identity = await self.workspace.identity()
        account = Account(request.team_id, request.user_id, identity.team_id, identity.enterprise_id)
        request.officer = await self._officer_accounts.find_officer(account)
        request.workspace = identity
        request.words = await self.deps.service.languages.words_of(request.officer.key)

    def _log_bug(self, error: Exception, request: SlackRequest) -> str:
        """Written down without what the error says, for it may quote a person; the reference leads to it."""
        ref = secrets.token_hex(4)
        log.error(
            "bug", ref=ref, error=type(error).__name__, where=safe_traceback(error), user=request.user_id
        )
        contact = self.deps.service.catalog.municipality.support
        refusal = BugAfterChange if request.has_committed else BugBeforeChange
        return refusal(ref=ref, contact=contact).in_words(request.words)


class BugBeforeChange(Refused):
    """A bug before anything was changed."""

    key = "no.bug"


class BugAfterChange(Refused):
    """A bug after the change was saved."""

    key = "no.saved"


async def _respond_or_log(request: SlackRequest, text: str, *buttons: Element) -> None:
    try:
        await request.respond(text, *buttons)
    except (TemporaryFailure, PermanentFailure) as failed:
        log.warning("not_told", trouble=failed.trouble, user=request.user_id)


def describe_refusal(refused: Refused, request: SlackRequest) -> str:
    """The refusal in the person's words."""
    if isinstance(refused, UnknownCase) and not refused.facts.get("number"):
        return request.words("no.unknowncase")
    return refused.in_words(request.words)


def _slack_failure_key(failed: TemporaryFailure | PermanentFailure, request: SlackRequest) -> str:
    if request.has_committed:
        return "ok.later" if isinstance(failed, TemporaryFailure) else "ok.saved"
    return "no.slackdown" if isinstance(failed, TemporaryFailure) else "no.again"


def _next_step_button(refused: Refused, request: SlackRequest) -> list[Element]:
    key = NEXT_STEP_BUTTONS.get(type(refused))
    return [case_button(key, request.case_id, request.words)] if key and request.case_id else []
