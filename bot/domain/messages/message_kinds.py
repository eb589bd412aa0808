"""Which kinds of messages, and which templates, are offered in a case, and in a mailing to many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from bot.catalog.services import EService
from bot.catalog.templates import MessageKind, Template
from bot.domain.case import Case
from bot.domain.rules import Refused
from bot.domain.six_month_rule import is_request_waiting

MAILING_KINDS: tuple[MessageKind, ...] = tuple(one for one in get_args(MessageKind) if one != "refusal")
"""The kinds of messages that may go to the applicants of many cases; a request is refused in its own case."""


class NoRequestWaiting(Refused):
    """A request for a decision can be refused only where the applicant waits for an answer to one."""

    key = "no.request.waiting"


class RefusedInEachCase(Refused):
    """Requests for decisions are refused in their own cases, not in a mailing."""

    key = "no.request.many"


def offered_kinds(case: Case) -> tuple[MessageKind, ...]:
    """The kinds of messages that can be written in the case: the refusal of a request only where one waits."""
    return get_args(MessageKind) if is_request_waiting(case) else MAILING_KINDS


def without_refusals(templates: Iterable[Template]) -> tuple[Template, ...]:
    """The templates but for refusals of requests: for mailings, and for cases where no request waits."""
    return tuple(one for one in templates if one.kind != "refusal")


def offered_templates(case: Case, service: EService) -> tuple[Template, ...]:
    """The e-service's templates of messages that can be written in the case."""
    templates = service.templates_for("message", case.status)
    return templates if is_request_waiting(case) else without_refusals(templates)


def require_offered_kind(case: Case, kind: MessageKind) -> None:
    """Raise NoRequestWaiting for the refusal of a request where none waits."""
    if kind not in offered_kinds(case):
        raise NoRequestWaiting
