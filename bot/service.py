"""The one way for a case to change, and the one way to be shown personal data."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from bot.catalog.definition import Definition
from bot.catalog.models import Catalog
from bot.domain.actors import Actor, Officer
from bot.domain.assignment import CaseAssigned, rule_for
from bot.domain.case import Case
from bot.domain.intake import KeyReused, SubmitCase
from bot.domain.notices import CardChanged, notices_for
from bot.domain.protection import ReasonNeeded, checked_reason
from bot.domain.rules import Command, Context, Event, Refused, UnknownCase
from bot.domain.views import CaseView
from bot.store import (
    Busy,
    Database,
    LostRace,
    Tx,
    cases,
    facts,
    outbox,
    queries,
    readings,
    receipts,
)
from bot.store.languages import Languages
from bot.store.readings import Reading
from bot.text.working_days import local_day

T = TypeVar("T")

log = structlog.get_logger()

TRIES = 3
"""How often a lost race between load and save is run again."""


class Clock(Protocol):
    """What tells the time: aware UTC."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command: the case it was about, and how many events it made.

    `repeated` is True for the outcome of an earlier request with the same `once`; such a one changes nothing.
    """

    case_id: str
    number: str
    seq: int
    events: tuple[str, ...]
    ids: dict[str, str]
    repeated: bool = False

    def as_kept(self) -> dict[str, Any]:
        """The outcome as a receipt keeps it."""
        return {"done": [self.case_id, self.number, self.seq, self.events, self.ids]}

    @staticmethod
    def kept(receipt: dict[str, Any]) -> Done:
        """The outcome that a receipt kept."""
        case_id, number, seq, events, ids = receipt["done"]
        return Done(case_id, number, seq, tuple(events), ids, repeated=True)


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to be opened: the command, the form it answers, and the key of the request.

    `content` is a keyed hash of what was asked for, where the same key with another content is to be refused.
    """

    command: SubmitCase
    definition: Definition
    once: str | None = None
    content: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of its receipts: of the request, and of the case in the system it comes from."""
        external = f"external:{self.command.external}" if self.command.external else None
        return tuple(dict.fromkeys(name for name in (self.once, external) if name))

    def outcome(self, receipt: dict[str, Any]) -> Done:
        """The outcome of an earlier request, or KeyReused when that one was for something else."""
        if self.content and receipt.get("content", self.content) != self.content:
            raise KeyReused
        return Done.kept(receipt)


class Service:
    """Performs commands. `wake` is called after each commit that left something to deliver."""

    def __init__(
        self, database: Database, catalog: Callable[[], Catalog], *, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self.database = database
        self._catalog = catalog
        self.clock = clock
        self._wake = wake
        self.languages = Languages(database, catalog, clock)

    def wake(self) -> None:
        """Say that there is something to deliver that no command left: a code asked for."""
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
        once: str | None = None,
        beside: Callable[[Tx], None] | None = None,
    ) -> Done:
        """Decide, save, log, and enqueue what must be told, in one transaction.

        `once` names the request; its repeat gets the first outcome. What `beside` stores stands or falls with the act.
        Raises Refused with the rule that said no, Busy when the database is locked, KeyError when the command's
        e-service is not in the catalog.
        """
        assert command.case_id is not None

        def work(tx: Tx) -> Done | Refused:
            outcome = self._perform(tx, command, actor, once)
            if beside is not None and isinstance(outcome, Done):
                beside(tx)
            return outcome

        return await self._run(work)

    def perform_within(self, tx: Tx, command: Command, actor: Actor) -> Done | Refused:
        """`perform` as a part of what the caller is storing, for the clock and the delivery. Busy for a lost race."""
        try:
            return self._perform(tx, command, actor, None)
        except LostRace:
            raise Busy from None

    async def perform_all(self, commands: Sequence[Command], actor: Actor) -> list[Done | Refused]:
        """Perform many commands, 25 in each transaction, with an outcome for each."""
        outcomes: list[Done | Refused] = []
        for start in range(0, len(commands), 25):
            outcomes += await self._run(partial(self._perform_batch, commands[start : start + 25], actor))
        return outcomes

    async def open_case(
        self, command: SubmitCase, actor: Actor, definition: Definition, *, once: str | None = None
    ) -> Done:
        """Open a case, once for each `once` and for each external name, and give it its number."""
        return await self._run(lambda tx: self._open(tx, Opening(command, definition, once), actor))

    async def open_all(self, openings: Sequence[Opening], actor: Actor) -> list[Done]:
        """Open many cases in one transaction: all of them or none. At most 25, so that a press need not wait."""
        return await self._run(lambda tx: [self._open(tx, one, actor) for one in openings])

    def _open(self, tx: Tx, opening: Opening, actor: Actor) -> Done:
        for name in opening.names:
            if (kept := receipts.find(tx, name)) is not None:
                return opening.outcome(kept)
        command = opening.command
        if command.external and (known := cases.find_external(tx, command.external)) is not None:
            return Done(known, facts.numbers_of(tx, [known])[known], 1, (), {}, repeated=True)
        now = self.clock()
        cases.keep_definition(tx, opening.definition)
        numbered = command.numbered(cases.next_number(tx, local_day(now).year), uuid.uuid4().hex)
        done = self._settle(tx, None, numbered, actor, None)
        self._log_unassigned(numbered, actor, done)
        outcome = done.as_kept() | ({"content": opening.content} if opening.content else {})
        for name in opening.names:
            receipts.keep(tx, name, outcome, now)
        return done

    def _log_unassigned(self, command: SubmitCase, actor: Actor, done: Done) -> None:
        """A rule that names someone without access today is for the catalog's owner to mend."""
        rule = rule_for(self._context(command.service, actor), command.answers.values)
        if rule is not None and CaseAssigned.__name__ not in done.events:
            log.warning("not_assigned", case=done.number, officer=rule.officer, group=rule.group)
        service = self.catalog.service(command.service)
        if command.protected and service is not None and not service.protected_officers:
            log.warning("nobody_named_for_protected", case=done.number, service=command.service)

    async def reveal(
        self,
        actor: Officer,
        case_id: str,
        parts: Collection[queries.Part],
        *,
        opening: str,
        session: str = "",
    ) -> CaseView:
        """Record that the officer is shown these parts of the case, then return them.

        `opening` names one opening of a modal or page: within it each part is recorded once. UnknownCase for a case
        the officer may not see; ReasonNeeded for a protected one where they have not said in the `session` why they
        open it (`give_reason`). What the applicant sent counts as read when an officer of the case opens it.
        """

        def work(tx: Tx) -> CaseView | Refused | None:
            view = queries.case_view(tx, actor, case_id, parts)
            if view is None:
                return None
            reason = None
            if view.case.protected:
                reason = readings.reason_given(tx, actor.ref, case_id, session)
                if reason is None:
                    return ReasonNeeded(number=view.case.number)
            now = self.clock()
            for part in sorted(parts):
                readings.record(tx, Reading(actor.ref, case_id, part, opening, reason), now)
            own = actor.key in view.case.officers or actor.groups.intersection(view.case.groups)
            if "messages" in parts and own and cases.mark_read(tx, case_id, now):
                outbox.enqueue(tx, view.case, [(view.case.seq, CardChanged())], now)
            return view

        view = await self._run(work)
        if view is None:
            raise UnknownCase(number="")
        return view

    async def give_reason(self, actor: Officer, case_id: str, reason: str, *, session: str) -> None:
        """Record why the officer opens a protected case; it holds for the session.

        UnknownCase for a case the officer may not see, Empty or ReasonTooLong for what is no reason.
        """
        why = checked_reason(reason)

        def work(tx: Tx) -> bool:
            if queries.case_view(tx, actor, case_id, ()) is None:
                return False
            opened = Reading(actor.ref, case_id, readings.OPENED, session, why)
            readings.record(tx, opened, self.clock())
            return True

        if not await self._run(work):
            raise UnknownCase(number="")

    async def _run(self, work: Callable[[Tx], T | Refused]) -> T:
        for tried in range(TRIES):
            try:
                outcome = await self.database.write(work)
                break
            except LostRace:
                if tried == TRIES - 1:
                    raise Busy from None
        self._wake()
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    def _perform(self, tx: Tx, command: Command, actor: Actor, once: str | None) -> Done | Refused:
        """A refusal is returned, not raised, for its receipt is to be committed."""
        if once is not None and (kept := receipts.find(tx, once)) is not None:
            return Refused.restored(kept["refused"]) if "refused" in kept else Done.kept(kept)
        loaded = cases.load(tx, command.case_id or "")
        if loaded is None:
            return UnknownCase(number="")
        try:
            return self._settle(tx, loaded, command, actor, once)
        except Refused as refused:
            return self._refused(tx, refused, loaded[0], actor, once)

    def _perform_batch(self, commands: Sequence[Command], actor: Actor, tx: Tx) -> list[Done | Refused]:
        return [self._perform(tx, command, actor, None) for command in commands]

    def _refused(self, tx: Tx, refused: Refused, case: Case, actor: Actor, once: str | None) -> Refused:
        now = self.clock()
        log.info("refused", rule=type(refused).__name__, case=case.number, by=actor.ref)
        if once is not None:
            receipts.keep(tx, once, {"refused": refused.kept()}, now)
        return refused

    def _settle(
        self, tx: Tx, loaded: tuple[Case, str] | None, command: Command, actor: Actor, once: str | None
    ) -> Done:
        before = loaded[0] if loaded else None
        ctx = self._context(before.service if before else command.service, actor)  # type: ignore[attr-defined]
        events = command.decide(before, ctx)
        after, notices = before, []
        for event in events:
            after = event.apply(after)
            notices += [(after.seq, notice) for notice in notices_for(event, after, ctx)]
        assert after is not None
        if events:
            cases.save(tx, loaded, after, events)
            outbox.enqueue(tx, after, notices, ctx.now)
            _log_events(events, after)
        done = Done(after.id, after.number, after.seq, tuple(type(e).__name__ for e in events), _ids(events))
        if once is not None:
            receipts.keep(tx, once, done.as_kept(), ctx.now)
        return done

    def _context(self, service: str, actor: Actor) -> Context:
        catalog = self.catalog
        found = catalog.service(service)
        if found is None:
            raise KeyError(f"no e-service {service} in the catalog")
        return Context(
            now=self.clock(), actor=actor, catalog=catalog, service=found, new_id=lambda: uuid.uuid4().hex
        )


def _ids(events: list[Event]) -> dict[str, str]:
    """What the events made, by kind, for those who go on with it (undo, a link)."""
    names = ("message_id", "note_id")
    return {name: value for event in events for name in names if (value := getattr(event, name, ""))}


def _log_events(events: list[Event], case: Case) -> None:
    for event in events:
        log.info("event", name=type(event).__name__, case=case.number, by=event.by)


def where(error: BaseException) -> list[str]:
    """Where an exception came from, for the log: no message, no source line, no value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
