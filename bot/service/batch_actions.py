"""A batch's action on one case, and what it would do to many."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.flags import create_flag
from bot.domain.lists.batches import (
    BatchAction,
    BatchPreview,
    BatchProgress,
    CaseAction,
    FileAction,
    FlagCases,
    MailingExample,
    RefusedCases,
    SeenCase,
    SendMailing,
    SetStatuses,
)
from bot.domain.lists.exporting import export_refusal
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.template_filling import TemplateFacts
from bot.domain.notices import ApplicantNotice
from bot.domain.rules import CaseCommand, Refused, RefusedInSeveral, ServiceGone, UnknownCase
from bot.domain.submission import FileRef
from bot.service.mailing_files import (
    CopyIds,
    MailingFiles,
    complete_copies,
    load_mailing_files,
)
from bot.service.performer import Clock, CommandPerformer
from bot.service.results import CommandResult
from bot.store import Database, Tx
from bot.store.cases.contents import load_people
from bot.store.cases.officer_queries import load_case_view
from bot.store.engine.locking import lock_cases
from bot.store.lists.queries.case_lists import load_listed_cases
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.officers import batch_claims, flags
from bot.text.working_days import local_day

T = TypeVar("T")

MAX_EXAMPLES = 3
"""Messages of a mailing that its preview shows."""

CASES_READ_AT_ONCE = 500

MAX_NAMED_CASES = 10
"""Skipped cases that a preview names, of each reason."""

MAX_LOOKED_AT = 1_000
"""Cases that a preview looks at while the officer waits; that takes about a millisecond for each."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action would do to one case: whether it changes it, and whether applicants are notified of the status."""

    is_change: bool
    notifies: bool = False


class BatchActions:
    """Performs the actions of batches, and says what they would do."""

    def __init__(self, catalog: Callable[[], Catalog], clock: Clock) -> None:
        self._catalog = catalog
        self._clock = clock
        self._performer = CommandPerformer(catalog, clock, is_bulk=True)

    def perform(
        self,
        tx: Tx,
        action: BatchAction,
        officer: Officer,
        cases: Sequence[SeenCase],
        copies: Mapping[str, CopyIds],
    ) -> list[bool | Refused]:
        """Perform the action on the cases. Returns for each whether it was changed, or why it was skipped.

        `copies` are those of a mailing's files, by case; the ones of skipped cases remain unattached.
        """
        assert not isinstance(action, FileAction), "exports are performed by CaseExporter"
        if isinstance(action, FlagCases | SendMailing):  # others are locked when they are loaded
            lock_cases(tx, (seen.id for seen in cases))
        if isinstance(action, FlagCases):
            return [_or_refusal(partial(self._flag, tx, action, officer, seen)) for seen in cases]
        stored = load_mailing_files(tx, action)

        def create_command(seen: SeenCase) -> CaseCommand:
            return self._command_for(tx, action, officer, seen, MailingFiles(stored, copies.get(seen.id)))

        commands = [_or_refusal(partial(create_command, seen)) for seen in cases]
        possible = [command for command in commands if not isinstance(command, Refused)]
        for command in possible:
            if isinstance(command, SendMessage):
                complete_copies(tx, command.files)
        outcomes = iter(self._performer.perform_all(tx, possible, officer))
        return [
            command if isinstance(command, Refused) else _is_changed(next(outcomes)) for command in commands
        ]

    def _command_for(
        self,
        tx: Tx,
        action: CaseAction | SendMailing,
        officer: Officer,
        seen: SeenCase,
        files: MailingFiles,
    ) -> CaseCommand:
        if isinstance(action, SendMailing):
            attached = files.for_case(action.files)
            return action.command_for(seen, self._load_facts(tx, officer, seen), attached)
        return action.command_for(seen)

    def _load_facts(self, tx: Tx, officer: Officer, seen: SeenCase) -> TemplateFacts:
        """What a message about the case can say. UnknownCase for a case that the officer may not see."""
        view = load_case_view(tx, officer, seen.id, ())
        catalog = self._catalog()
        sender = catalog.officer(officer.key)
        if view is None or sender is None:
            raise UnknownCase(number="")
        return TemplateFacts(
            number=view.case.number,
            service=catalog.services[view.case.service].name,
            municipality=catalog.municipality.name,
            sender=sender,
            people=load_people(tx, seen.id),
            today=local_day(self._clock()),
        )

    def _flag(self, tx: Tx, action: FlagCases, officer: Officer, seen: SeenCase) -> bool:
        if flags.find_for_case(tx, officer.key, seen.id) is not None:
            return False
        now, hours = self._clock(), self._catalog().municipality.hours
        if not flags.save(tx, officer, create_flag(seen.id, action.note, None, now, hours.opens), now):
            raise UnknownCase(number="")
        return True

    def record_readings(self, tx: Tx, officer: Officer, examples: Sequence[MailingExample]) -> None:
        """Record that the officer is shown the examples."""
        opening, now = uuid.uuid4().hex, self._clock()
        for example in examples:
            readings.record(tx, Reading(officer.ref, example.case_id, "answers", opening, None), now)

    def predict(
        self,
        tx: Tx,
        action: BatchAction,
        officer: Officer,
        seen: SeenCase,
        files: Mapping[str, FileRef],
    ) -> Effect:
        """What the action would do now; `files` are a mailing's as stored, by id. Raises Refused and KeyError."""
        assert not isinstance(action, FileAction), "see find_export_refusals"
        if isinstance(action, FlagCases):
            return Effect(flags.find_for_case(tx, officer.key, seen.id) is None)
        command = self._command_for(tx, action, officer, seen, MailingFiles(files))
        decision = self._performer.decide(tx, command, officer)
        notifies = any(isinstance(notice, ApplicantNotice) for _, notice in decision.notices)
        return Effect(bool(decision.events), notifies and isinstance(action, SetStatuses))

    def find_export_refusals(
        self, tx: Tx, officer: Officer, cases: Sequence[SeenCase]
    ) -> list[Refused | None]:
        """Why each of the cases would be left out of a file; None for those that would be in it."""
        listed = {one.id: one for one in load_listed_cases(tx, officer, [seen.id for seen in cases])}
        catalog = self._catalog()
        return [
            export_refusal(case.service, officer, catalog, protected=case.protected)
            if (case := listed.get(seen.id)) is not None
            else UnknownCase(number="")
            for seen in cases
        ]

    def create_example(
        self, tx: Tx, action: SendMailing, officer: Officer, seen: SeenCase
    ) -> MailingExample | None:
        """What the applicants would read, whose reading is to be recorded; None of a protected case."""
        view = load_case_view(tx, officer, seen.id, ())
        if view is None or view.case.protected:
            return None
        facts = self._load_facts(tx, officer, seen)
        names = tuple(one.name or one.email for one in facts.people)
        return MailingExample(seen.id, facts.number, names, action.command_for(seen, facts).text)


def _or_refusal(work: Callable[[], T]) -> T | Refused:
    """What the function returns, or the refusal that it raises: ServiceGone where the catalog lacks the e-service."""
    try:
        return work()
    except Refused as refused:
        return refused
    except KeyError:
        return ServiceGone()


def _is_changed(outcome: CommandResult | Refused) -> bool | Refused:
    return outcome if isinstance(outcome, Refused) else bool(outcome.events)


async def preview(
    actions: BatchActions, database: Database, officer: Officer, batch: BatchProgress
) -> BatchPreview:
    """What the batch would do now to the first of its cases as its officer saw them.

    The examples' readings are recorded.
    """
    tally, looked_at = _Tally(), min(batch.total, MAX_LOOKED_AT)

    def read_some(tx: Tx, first: int) -> None:
        most = min(CASES_READ_AT_ONCE, looked_at - first)
        cases = [seen for _, seen in batch_claims.next_cases(tx, batch.id, first, most)]
        if isinstance(batch.action, FileAction):
            for seen, refusal in zip(cases, actions.find_export_refusals(tx, officer, cases), strict=True):
                tally.add(Effect(True)) if refusal is None else tally.add_refused(refusal, seen.id)
            return
        files = load_mailing_files(tx, batch.action)
        for seen in cases:
            try:
                tally.add(actions.predict(tx, batch.action, officer, seen, files))
                if isinstance(batch.action, SendMailing) and tally.wants_example:
                    tally.add_example(actions.create_example(tx, batch.action, officer, seen))
            except Refused as refused:
                tally.add_refused(refused, seen.id)
            except KeyError:
                tally.add_refused(ServiceGone(), seen.id)

    for first in range(0, looked_at, CASES_READ_AT_ONCE):
        await database.read(partial(read_some, first=first))
    if tally.examples:
        await database.write(lambda tx: actions.record_readings(tx, officer, tally.examples))
    named = await database.read(lambda tx: load_listed_cases(tx, officer, tally.named_ids))
    return tally.result(batch.total, {one.id: one.number for one in named})


@dataclass
class _RefusalTally:
    """A rule's refusal, how many cases it is of, and the ids of the first of them."""

    refusal: Refused
    count: int = 0
    named_ids: list[str] = field(default_factory=list)


class _Tally:
    """The outcomes of a preview while it is counted."""

    def __init__(self) -> None:
        self.examples: list[MailingExample] = []
        self._changed = self._unchanged = self._notified = 0
        self._refusals: dict[str, _RefusalTally] = {}

    @property
    def wants_example(self) -> bool:
        return len(self.examples) < MAX_EXAMPLES

    def add_example(self, example: MailingExample | None) -> None:
        if example is not None:
            self.examples.append(example)

    def add(self, effect: Effect) -> None:
        self._changed += effect.is_change
        self._unchanged += not effect.is_change
        self._notified += effect.notifies

    def add_refused(self, refused: Refused, case_id: str) -> None:
        """Count the refusal with those of the same rule. Where their facts differ, the sentence names none of them."""
        found = self._refusals.setdefault(refused.key, _RefusalTally(refused))
        if refused.several_key and found.refusal.facts != refused.facts:
            found.refusal = RefusedInSeveral(refused)
        found.count += 1
        if len(found.named_ids) < MAX_NAMED_CASES:
            found.named_ids.append(case_id)

    @property
    def named_ids(self) -> list[str]:
        """The ids of the skipped cases that are named, of all reasons."""
        return [case_id for one in self._refusals.values() for case_id in one.named_ids]

    def result(self, total: int, numbers: Mapping[str, str]) -> BatchPreview:
        """`numbers` are those of the named cases that the officer may see, by id."""
        refusals = [
            RefusedCases(one.refusal, one.count, tuple(numbers[id] for id in one.named_ids if id in numbers))
            for one in sorted(self._refusals.values(), key=lambda one: -one.count)
        ]
        skipped = sum(one.count for one in refusals)
        return BatchPreview(
            total=total,
            looked_at=self._changed + self._unchanged + skipped,
            changed=self._changed,
            unchanged=self._unchanged,
            notified=self._notified,
            refusals=tuple(refusals),
            examples=tuple(self.examples),
        )
