"""Opening of cases within a transaction, many at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.catalog.models import Catalog
from bot.domain.actors import Actor
from bot.domain.assignment import CaseAssigned
from bot.domain.automatic_assignment import find_new_case_rule
from bot.domain.submission import KeyReused, SubmitCase
from bot.service.decision import Decision, create_context, decide
from bot.service.performer import Clock
from bot.service.results import CommandResult, OpenCaseRequest
from bot.store import Tx
from bot.store.cases import case_numbers, case_state, indexing
from bot.store.cases.case_state import NewCase
from bot.store.engine import idempotency
from bot.store.officers.staffing import StoredStaffing
from bot.store.outbox import deliveries
from bot.text.working_days import local_day

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PreparedOpening:
    """A case to be opened, with the words that it is found by."""

    request: OpenCaseRequest
    words: tuple[str, ...]


def prepare_openings(requests: Iterable[OpenCaseRequest]) -> list[PreparedOpening]:
    """Make the search words: before the transaction, which others wait for."""
    return [
        PreparedOpening(request, indexing.submission_words(request.command, request.definition))
        for request in requests
    ]


class CaseOpener:
    """Opens cases, each once for every idempotency key and external id, within the given transaction."""

    def __init__(self, catalog: Callable[[], Catalog], clock: Clock) -> None:
        self._catalog = catalog
        self._clock = clock

    def open_cases(
        self, tx: Tx, openings: Sequence[PreparedOpening], actor: Actor
    ) -> list[CommandResult | KeyReused]:
        """Open the cases, or find those that earlier requests with the same keys have opened; in their order.

        KeyReused is returned, not raised: nothing is written for it, and the other cases in the transaction are to be
        committed. Raises Refused.
        """
        results = _find_earlier(tx, [opening.request for opening in openings])
        new: list[int] = []
        repeats: list[int] = []
        keys_of_new: set[str] = set()
        for place in (place for place, earlier in enumerate(results) if earlier is None):
            keys = openings[place].request.idempotency_keys
            (new if keys_of_new.isdisjoint(keys) else repeats).append(place)
            keys_of_new.update(keys)
        if new:
            opened = self._open_new(tx, [openings[place] for place in new], actor)
            for place, result in zip(new, opened, strict=True):
                results[place] = result
        if repeats:  # of others among them, which are open by now
            again = self.open_cases(tx, [openings[place] for place in repeats], actor)
            for place, outcome in zip(repeats, again, strict=True):
                results[place] = outcome
        return [result for result in results if result is not None]

    def _open_new(self, tx: Tx, openings: Sequence[PreparedOpening], actor: Actor) -> list[CommandResult]:
        now = self._clock()
        for opening in openings:
            case_state.save_definition(tx, opening.request.definition)
        numbers = case_numbers.allocate_numbers(tx, local_day(now).year, len(openings))
        staffing = StoredStaffing(tx, now)
        decisions = [
            self._decide(opening.request.command.with_number(number, uuid.uuid4().hex), actor, staffing)
            for opening, number in zip(openings, numbers, strict=True)
        ]
        pairs = list(zip(openings, decisions, strict=True))
        case_state.insert_cases(tx, [NewCase(one.case, one.events, opening.words) for opening, one in pairs])
        deliveries.enqueue_of_new(tx, ((one.case, one.notices) for one in decisions), now)
        idempotency.save_all(
            tx, {key: outcome for opening, one in pairs for key, outcome in _outcomes(opening, one)}, now
        )
        tx.after_commit.extend(decision.log_events for decision in decisions)
        return [decision.result() for decision in decisions]

    def _decide(self, command: SubmitCase, actor: Actor, staffing: StoredStaffing) -> Decision:
        """Decide, and log where an assignment rule names someone without access, or nobody may see a protected case."""
        ctx = create_context(self._catalog(), staffing.now, command.service, actor, staffing)
        decision = decide(command, None, ctx)
        staffing.record(None, decision.case, decision.events)
        rule = find_new_case_rule(ctx, command.answers.values)
        if rule is not None and not any(isinstance(event, CaseAssigned) for event in decision.events):
            log.warning("not_assigned", case=command.number, officer=rule.officer, group=rule.group)
        if command.protected and not ctx.service.protected_officers:
            log.warning("nobody_named_for_protected", case=command.number, service=command.service)
        return decision


def _outcomes(opening: PreparedOpening, decision: Decision) -> Iterable[tuple[str, dict[str, Any]]]:
    """The outcome to be stored, under each key of the request."""
    content_hash = opening.request.content_hash
    outcome = decision.result().to_json() | ({"content": content_hash} if content_hash else {})
    return ((key, outcome) for key in opening.request.idempotency_keys)


def _find_earlier(tx: Tx, requests: Sequence[OpenCaseRequest]) -> list[CommandResult | KeyReused | None]:
    """The results of earlier requests with the same keys, by the stored outcomes and the cases' external ids.

    Where they hold no content hash, the case itself is compared.
    """
    names = [name for one in requests for name in (*one.idempotency_keys, one.former_name)]
    outcomes = idempotency.find_outcomes(tx, names)
    unknown = [one for one in requests if not any(key in outcomes for key in one.idempotency_keys)]
    by_external_id = case_state.find_by_external_ids(
        tx, [one.command.external for one in unknown if one.command.external]
    )
    return [
        request.restore_result(outcomes) or _compare_case(tx, request, outcomes, by_external_id)
        for request in requests
    ]


def _compare_case(
    tx: Tx,
    request: OpenCaseRequest,
    outcomes: Mapping[str, dict[str, Any]],
    by_external_id: Mapping[str, tuple[str, str]],
) -> CommandResult | KeyReused | None:
    own = next(
        (CommandResult.from_json(outcomes[name]) for name in request.idempotency_keys if name in outcomes),
        None,
    )
    if own is None and request.command.external in by_external_id:
        case_id, number = by_external_id[request.command.external]
        own = CommandResult(case_id, number, 1, (), {}, is_repeated=True)
    if own is not None:
        own = _uncompared(own)
        return own if _is_same_case(tx, own, request.command) else own.key_reused()
    former = outcomes.get(request.former_name)
    if former is None or "content" in former:
        return None
    done = CommandResult.from_json(former)
    return _uncompared(done) if _is_same_case(tx, done, request.command) else None


def _uncompared(done: CommandResult) -> CommandResult:
    return replace(done, is_compared=False)


def _is_same_case(tx: Tx, done: CommandResult, command: SubmitCase) -> bool:
    """Whether the opened case may be the one of the command: same e-service, received at the same moment."""
    service, received_at = case_state.opened_as(tx, done.case_id)
    return service == command.service and command.received_at in (None, received_at)
