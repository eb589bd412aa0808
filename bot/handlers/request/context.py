"""The argument of handlers: the request, the responder and the performer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from bot.catalog.services import EService, words_for, words_for_all
from bot.domain.actors import Officer, officer_services
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.performer import Performer, Work
from bot.handlers.request.responder import Responder
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.request.workspace import WorkspaceIdentity
from bot.store.lists.queries.worklists import ListContext
from bot.text import Words


class SlackContext:
    """One request being handled. `officer` and `workspace` are set once the person is identified.

    `case_id` is set to the case that it is about, which the button after a refusal leads to, and `service` to that
    case's e-service.
    """

    workspace: WorkspaceIdentity

    def __init__(
        self, deps: Dependencies, request: SlackRequest, responder: Responder, run_and_report: RunAndReport
    ) -> None:
        self.deps = deps
        self.request = request
        self.responder = responder
        self.performer = Performer(deps, request.idempotency_key, lambda work: run_and_report(self, work))
        self.case_id = request.case_id
        self.service: EService | None = None

    @property
    def officer(self) -> Officer:
        return self.performer.officer

    @property
    def words(self) -> Words:
        """The texts in the person's language.

        They call an applicant as the case's e-service does, or, where they are about no case, as the officer's all do.
        """
        officer: Officer | None = getattr(self.performer, "officer", None)
        if self.service is not None or officer is None:
            return words_for(self.service, self.responder.words)
        return words_for_all(officer_services(officer, self.deps.service.catalog), self.responder.words)

    @property
    def list_context(self) -> ListContext:
        """The context of the officer's lists."""
        service = self.deps.service
        return ListContext(self.officer, service.clock(), service.catalog)


RunAndReport = Callable[[SlackContext, Work], Coroutine[Any, Any, None]]
"""Runs the work, and reports its failures to the person."""
