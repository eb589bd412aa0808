"""Performing commands and revealing cases, each in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

from bot.catalog.definition import Definition
from bot.catalog.models import Catalog
from bot.domain.access import is_assigned
from bot.domain.actors import Actor, Officer
from bot.domain.notices import CardUpdate
from bot.domain.protection import OpeningReasonRequired, validate_reason
from bot.domain.rules import Command, Refused, UnknownCase
from bot.domain.submission import KeyReused, SubmitCase
from bot.domain.views import CaseView, ListedCase
from bot.service.officers import load_officer
from bot.service.opener import CaseOpener, prepare_openings
from bot.service.performer import Clock, CommandPerformer
from bot.service.results import CommandResult, IdempotencyKey, OpenCaseRequest
from bot.store import Database, DatabaseBusy, LostRace, Tx
from bot.store.cases import case_state, officer_queries
from bot.store.lists.queries import case_lists
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.officers.languages import OfficerLanguages
from bot.store.outbox import deliveries
from bot.text.working_days import local_day

T = TypeVar("T")

MAX_ATTEMPTS = 3
"""How often a command is attempted when it loses the race between load and save."""


class Service:
    """Performs commands. `wake` is called after each commit that left something to deliver."""

    def __init__(
        self, database: Database, catalog: Callable[[], Catalog], *, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self.database = database
        self._catalog = catalog
        self.clock = clock
        self._wake = wake
        self._performer = CommandPerformer(lambda: self.catalog, clock)
        self._opener = CaseOpener(lambda: self.catalog, clock)
        self.languages = OfficerLanguages(database, catalog, clock)

    def wake(self) -> None:
        """Wake the delivery worker for something that no command enqueued, such as a sign-in code."""
        self._wake()

    @property
    def catalog(self) -> Catalog:
        """The catalog as it is now."""
        return self._catalog()

    async def perform(
        self,
        command: Command,
        actor: Actor,
        *,
        idempotency_key: str | IdempotencyKey | None = None,
        in_transaction: Callable[[Tx], None] | None = None,
    ) -> CommandResult:
        """Decide, save, log and enqueue notices, in one transaction.

        `idempotency_key` names the request; its repeat gets the first result, and SentBefore where an
        `IdempotencyKey` says that its content is another. What `in_transaction` stores is committed only with the
        command, and not again for a repeat. Raises Refused with the rule that forbids it, DatabaseBusy when the
        database is locked, and KeyError when the command's e-service is not in the catalog.
        """
        assert command.case_id is not None
        request = _with_content(idempotency_key)

        def work(tx: Tx) -> CommandResult | Refused:
            outcome = self._performer.perform(tx, command, actor, request)
            is_new = isinstance(outcome, CommandResult) and not outcome.is_repeated
            if in_transaction is not None and is_new:
                in_transaction(tx)
            return outcome

        return await self._run(work)

    async def perform_both(
        self,
        commands: tuple[Command, Command],
        actor: Actor,
        *,
        idempotency_key: str | IdempotencyKey | None = None,
    ) -> CommandResult:
        """Perform two commands on two cases in one transaction, both or neither. Returns the first's result.

        Raises Refused with the first refusal of either.
        """
        first, second = commands
        request = _with_content(idempotency_key)

        def work(tx: Tx) -> CommandResult | Refused:
            # Locked in the order of their ids, so that two such pairs cannot deadlock.
            case_state.load_all(tx, [one.case_id or "" for one in commands])
            outcome = self._performer.perform(tx, first, actor, request)
            if isinstance(outcome, Refused) or outcome.is_repeated:
                return outcome
            other = self._performer.perform(tx, second, actor, None)
            if isinstance(other, Refused):
                raise other  # and nothing of the first is saved
            return outcome

        return await self._run(work)

    def perform_in_transaction(self, tx: Tx, command: Command, actor: Actor) -> CommandResult | Refused:
        """`perform` within the caller's transaction, for jobs and deliveries. Raises DatabaseBusy for a lost race."""
        try:
            return self._performer.perform(tx, command, actor, None)
        except LostRace:
            raise DatabaseBusy from None

    def perform_all_in_transaction(
        self, tx: Tx, commands: Sequence[Command], actor: Actor
    ) -> list[CommandResult | Refused]:
        """Perform the commands within the caller's transaction. Returns an outcome for each, in their order.

        Raises DatabaseBusy for a lost race.
        """
        try:
            return self._performer.perform_all(tx, commands, actor)
        except LostRace:
            raise DatabaseBusy from None

    async def perform_all(self, commands: Sequence[Command], actor: Actor) -> list[CommandResult | Refused]:
        """Perform many commands, 25 in each transaction. Returns an outcome for each, in their order."""
        outcomes: list[CommandResult | Refused] = []
        for start in range(0, len(commands), 25):
            some = commands[start : start + 25]
            outcomes += await self._run(partial(self._performer.perform_all, commands=some, actor=actor))
        return outcomes

    async def open_case(
        self, command: SubmitCase, actor: Actor, definition: Definition, *, idempotency_key: str | None = None
    ) -> CommandResult:
        """Open a case and give it a number, once for each `idempotency_key` and external id. Raises Refused."""
        (outcome,) = await self.open_cases([OpenCaseRequest(command, definition, idempotency_key)], actor)
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    async def open_cases(
        self, requests: Sequence[OpenCaseRequest], actor: Actor
    ) -> list[CommandResult | KeyReused]:
        """Open at most 25 cases in one transaction; more would make others' requests wait.

        All or none are saved, apart from those whose key is another case's, for which KeyReused is returned.
        """
        openings = await asyncio.to_thread(prepare_openings, requests)
        return await self._run(lambda tx: self._opener.open_cases(tx, openings, actor))

    async def reveal(
        self,
        actor: Officer,
        case_id: str,
        parts: Collection[officer_queries.CasePart],
        *,
        opening: str,
        session: str = "",
    ) -> CaseView:
        """Record that the officer is shown these parts of the case, then return them.

        `opening` names one opening of a modal or page: within it each part is recorded once. UnknownCase for a case
        the officer may not see; OpeningReasonRequired for a protected one where they have given no reason in the
        `session` (`record_reason`). What the applicant sent is marked as read when an assignee opens the case.
        """

        def work(tx: Tx) -> CaseView | Refused | None:
            view = officer_queries.load_case_view(tx, actor, case_id, parts)
            if view is None:
                return None
            reason = None
            if view.case.protected:
                reason = readings.find_reason(tx, actor.ref, case_id, session)
                if reason is None:
                    return OpeningReasonRequired(number=view.case.number)
            now = self.clock()
            for part in sorted(parts):
                readings.record(tx, Reading(actor.ref, case_id, part, opening, reason), now)
            if (
                "messages" in parts
                and is_assigned(view.case, actor)
                and case_state.mark_read(tx, case_id, now)
            ):
                deliveries.enqueue(tx, view.case, [(view.case.seq, CardUpdate())], now)
            return view

        view = await self._run(work)
        if view is None:
            raise UnknownCase(number="")
        return view

    async def reveal_applicants(
        self, actor: Officer, cases: Sequence[ListedCase], *, opening: str
    ) -> list[ListedCase]:
        """Record that the officer is shown in a list who the applicants are, then return the cases with their names.

        Each case is recorded once in the `opening`. Protected cases have no names, and nothing is recorded of them.
        """

        def work(tx: Tx) -> list[ListedCase]:
            named = case_lists.with_applicants(tx, actor, cases)
            ids = [one.id for one in named if one.applicants]
            readings.record_for_cases(
                tx, Reading(actor.ref, "", readings.LISTED_PART, opening), ids, self.clock()
            )
            return named

        return await self.write_again(work)

    async def record_reason(self, actor: Officer, case_id: str, reason: str, *, session: str) -> None:
        """Record why the officer opens a protected case; it holds for the session.

        Raises UnknownCase for a case the officer may not see, EmptyText or ReasonTooLong for an invalid reason.
        """
        checked = validate_reason(reason)

        def work(tx: Tx) -> bool:
            if officer_queries.load_case_view(tx, actor, case_id, ()) is None:
                return False
            reading = Reading(actor.ref, case_id, readings.OPENED_PART, session, checked)
            readings.record(tx, reading, self.clock())
            return True

        if not await self._run(work):
            raise UnknownCase(number="")

    async def load_officer(self, key: str) -> Officer | None:
        """The officer with their access today, and those for whom they stand in; None where the catalog has none."""
        catalog, today = self.catalog, local_day(self.clock())
        return await self.database.read(lambda tx: load_officer(tx, catalog, key, today))

    async def write_again(self, work: Callable[[Tx], T]) -> T:
        """`Database.write`, again where a case has changed since the work loaded it. Raises DatabaseBusy."""
        for _ in range(MAX_ATTEMPTS):
            try:
                return await self.database.write(work)
            except LostRace:
                continue
        raise DatabaseBusy

    async def _run(self, work: Callable[[Tx], T | Refused]) -> T:
        outcome = await self.write_again(work)
        self._wake()
        if isinstance(outcome, Refused):
            raise outcome
        return outcome


def _with_content(given: str | IdempotencyKey | None) -> IdempotencyKey | None:
    return IdempotencyKey(given) if isinstance(given, str) else given
