"""Who has the case: given to someone by rule, taken, given back, or decided by a colleague."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

from bot.catalog.base import Text
from bot.catalog.models import Catalog
from bot.catalog.services import AssignmentRule
from bot.domain.actors import Machine, Officer, officer_name
from bot.domain.case import Assignee, Case
from bot.domain.log_sentences import REASON, Fact, Sentence
from bot.domain.notices import CARD_AND_THREAD, Notice, OfficerNotice
from bot.domain.rules import (
    CaseCommand,
    ChangedMeanwhile,
    Context,
    Event,
    Refused,
    erasable_field,
    require_officer,
)
from bot.text import Words
from bot.text.working_days import local_day

ASSIGNED_BY_RULE = Machine("assignment").ref
"""Who assigns a case that the catalog's own rule gives to someone."""


class AlreadyTaken(Refused):
    """Another officer has the case: `name` since `time`."""

    key = "no.taken"


class AlreadyYours(Refused):
    """The officer has the case already."""

    key = "no.yours"


class NotYours(Refused):
    """The officer cannot give back what they do not have."""

    key = "no.notyours"


class CaseIsClosed(Refused):
    """A closed case is neither taken nor given back."""

    key = "no.closed"


class MayNotReassign(Refused):
    """The officer takes and gives back cases, but does not decide who else has them."""

    key = "no.reassign"


class NoAccessToService(Refused):
    """Those named may not work with the e-service's cases today."""

    key = "no.nopart"


class TooManyAssignees(Refused):
    """More than `n` officers and groups on one case."""

    key = "no.toomany"


class AssigneesChangedMeanwhile(ChangedMeanwhile):
    """Others have the case by now than those the person saw: `state`."""

    key = "no.othershaveit"


MAX_ASSIGNEES = 50
MAX_REASON_LENGTH = 500


@dataclass(frozen=True, kw_only=True)
class CaseAssigned(Event):
    """A rule of the catalog gave the new case to an officer or a group; `silent` tells nobody."""

    kind: Literal["officer", "group"]
    key: str
    silent: bool = False

    log = (Sentence("history.assigned", {"name": Fact("assignee", "key")}),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """The officer is told; a group's members are not, for nobody of them has the case yet."""
        return [OfficerNotice(self.key, "assigned")] if self.kind == "officer" and not self.silent else []

    def change(self, case: Case) -> Case:
        given = Assignee(kind=self.kind, key=self.key, since=self.at, by=self.by)
        return replace(case, assignees=(*case.assignees, given))


def find_assignment_rule(ctx: Context, values: Mapping[str, Any]) -> AssignmentRule | None:
    """The e-service's first rule that holds for a new case; `values` are its answers as they are stored."""
    return ctx.service.find_assignment_rule(
        {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    )


def assign_by_rule(
    ctx: Context, values: Mapping[str, Any], *, silent: bool = False, protected: bool = False
) -> list[Event]:
    """The new case given to whom its rule names, or to nobody where they may not work with it today."""
    rule = find_assignment_rule(ctx, values)
    if rule is None:
        return []
    kind: Literal["officer", "group"] = "officer" if rule.officer else "group"
    key = rule.officer or rule.group or ""
    if not _may_be_assigned(ctx, kind, key, protected=protected):
        return []
    return [CaseAssigned(at=ctx.now, by=ASSIGNED_BY_RULE, kind=kind, key=key, silent=silent)]


def _may_be_assigned(ctx: Context, kind: str, key: str, *, protected: bool) -> bool:
    """Whether the catalog lets the officer or the group work with the e-service's cases today, or such a one's."""
    today = local_day(ctx.now)
    if kind == "officer":
        access = ctx.catalog.access(key, ctx.service.key, today)
        return access is not None and (access.protected or not protected)
    return any(group.key == key for group in ctx.catalog.groups_with_access(ctx.service.key, today))


@dataclass(frozen=True, kw_only=True)
class CaseTaken(Event):
    """An officer took the case; `replaced` are the officers it was taken over from."""

    officer: str
    replaced: tuple[str, ...] = ()

    log = (
        Sentence(
            "history.takenover",
            {"name": Fact("officer", "officer"), "names": Fact("officers", "replaced")},
            only_with="replaced",
        ),
        Sentence("history.taken", {"name": Fact("officer", "officer")}),
    )

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Those it was taken over from are told."""
        return [*CARD_AND_THREAD, *(OfficerNotice(key, "removed") for key in self.replaced)]

    def change(self, case: Case) -> Case:
        remaining = tuple(a for a in case.assignees if not (a.kind == "officer" and a.key in self.replaced))
        own = Assignee(kind="officer", key=self.officer, since=self.at, by=self.by)
        return replace(case, assignees=(*remaining, own))


@dataclass(frozen=True, kw_only=True)
class CaseReleased(Event):
    """An officer gave the case back."""

    officer: str

    log = (Sentence("history.released", {"name": Fact("officer", "officer")}),)
    notices = CARD_AND_THREAD

    def change(self, case: Case) -> Case:
        remaining = tuple(a for a in case.assignees if not (a.kind == "officer" and a.key == self.officer))
        return replace(case, assignees=remaining)


@dataclass(frozen=True, kw_only=True)
class TakeCase(CaseCommand):
    """Take the case.

    `mode` says what to do with those who have it: `alone` refuses, `together` joins them, `over` replaces them.
    The latter two carry in `expected` the officers the person saw.
    """

    mode: Literal["alone", "together", "over"] = "alone"
    expected: tuple[str, ...] = ()

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if officer.key in case.officers:
            raise AlreadyYours
        if case.closed_at is not None:
            raise CaseIsClosed
        if self._has_changed(case):
            first = next(a for a in case.assignees if a.kind == "officer")
            raise AlreadyTaken(name=officer_name(f"officer:{first.key}", ctx.catalog), time=first.since)
        replaced = case.officers if self.mode == "over" else ()
        return [CaseTaken(at=ctx.now, by=officer.ref, officer=officer.key, replaced=replaced)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, mode="over", expected=case.officers)

    def _has_changed(self, case: Case) -> bool:
        if self.mode == "alone":
            return bool(case.officers)
        return bool(case.officers) and set(case.officers) != set(self.expected)


@dataclass(frozen=True, kw_only=True)
class ReleaseCase(CaseCommand):
    """Give the case back."""

    audience = "works"
    one_click = {"release": {}}  # noqa: RUF012

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if officer.key not in case.officers:
            raise NotYours
        if case.closed_at is not None:
            raise CaseIsClosed
        return [CaseReleased(at=ctx.now, by=officer.ref, officer=officer.key)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        if isinstance(ctx.actor, Officer) and ctx.actor.key not in case.officers:
            own = Assignee(kind="officer", key=ctx.actor.key, since=ctx.now, by=ctx.actor.ref)
            case = replace(case, assignees=(*case.assignees, own))
        return case, cls(case_id=case.id)


@dataclass(frozen=True, kw_only=True)
class AssigneesChanged(Event):
    """An officer decided who has the case. `added` and `removed` are references to officers and groups."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reason: str = erasable_field(default="")

    log = (Sentence("history.officers", {"changes": Fact("assignee_changes")}),)
    log_details = (REASON,)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Officers are told that they have the case or no longer have it, but not by themselves; groups are not."""
        changes: list[tuple[str, Literal["assigned", "removed"]]] = [
            *((ref, "assigned") for ref in self.added),
            *((ref, "removed") for ref in self.removed),
        ]
        return [
            *CARD_AND_THREAD,
            *(
                OfficerNotice(ref.removeprefix("officer:"), reason)
                for ref, reason in changes
                if ref.startswith("officer:") and ref != self.by
            ),
        ]

    def change(self, case: Case) -> Case:
        remaining = tuple(a for a in case.assignees if a.ref not in self.removed)
        new = (_parse_assignee(ref, self.at, self.by) for ref in self.added)
        return replace(case, assignees=(*remaining, *new))


def _parse_assignee(ref: str, since: datetime, by: str) -> Assignee:
    kind, _, key = ref.partition(":")
    return Assignee(kind="group" if kind == "group" else "officer", key=key, since=since, by=by)


@dataclass(frozen=True, kw_only=True)
class ChangeAssignees(CaseCommand):
    """Decide who has the case: just those in `assignees`, in place of those in `expected`, whom the person saw.

    Both are references to officers and groups. Someone who is added must have access today; who has the case already
    may keep it.
    """

    assignees: tuple[str, ...]
    expected: tuple[str, ...]
    reason: str = ""

    audience = "reassigns"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        access = officer.access.get(case.service)
        if access is None or not access.may_reassign:
            raise MayNotReassign
        if case.closed_at is not None:
            raise CaseIsClosed
        if set(self.expected) != set(case.assignee_refs):
            raise AssigneesChangedMeanwhile(
                state=assignee_names(case.assignee_refs, ctx.catalog) or Text(sv="ingen", en="nobody")
            )
        added = tuple(ref for ref in dict.fromkeys(self.assignees) if ref not in case.assignee_refs)
        removed = tuple(ref for ref in case.assignee_refs if ref not in self.assignees)
        self._require_access(added, case, ctx)
        if len(case.assignee_refs) + len(added) - len(removed) > MAX_ASSIGNEES:
            raise TooManyAssignees(n=MAX_ASSIGNEES)
        if not added and not removed:
            return []
        reason = self.reason.strip()
        return [AssigneesChanged(at=ctx.now, by=officer.ref, added=added, removed=removed, reason=reason)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """In place of those who have the case one who may have it and has it not."""
        candidates = (
            f"officer:{one.key}"
            for one in ctx.catalog.officers_with_access(case.service, local_day(ctx.now))
            if _may_be_assigned(ctx, "officer", one.key, protected=case.protected)
        )
        new = next((ref for ref in candidates if ref not in case.assignee_refs), None)
        return case, cls(case_id=case.id, assignees=(new,) if new else (), expected=case.assignee_refs)

    def _require_access(self, added: tuple[str, ...], case: Case, ctx: Context) -> None:
        without_access = [
            ref for ref in added if not _may_be_assigned(ctx, *_split_ref(ref), protected=case.protected)
        ]
        if without_access:
            raise NoAccessToService(names=assignee_names(without_access, ctx.catalog))


def rebase_assignees(seen: Sequence[str], chosen: Sequence[str], current: Sequence[str]) -> list[str]:
    """Those who have the case now, with what a person added to and took from those they saw; all by reference."""
    removed = set(seen).difference(chosen)
    added = [ref for ref in chosen if ref not in seen and ref not in current]
    return [*(ref for ref in current if ref not in removed), *added]


def _split_ref(ref: str) -> tuple[str, str]:
    kind, _, key = ref.partition(":")
    return kind, key


def assignee_names(refs: Iterable[str], catalog: Catalog) -> list[str | Text]:
    """The names of officers and groups by reference; one no longer in the catalog keeps its key."""
    return [assignee_name(ref, catalog) for ref in refs]


def assignee_name(ref: str, catalog: Catalog) -> str | Text:
    """An officer's name, or a group's in both languages."""
    kind, key = _split_ref(ref)
    if kind == "officer":
        return officer_name(ref, catalog)
    group = catalog.group(key)
    return group.name if group is not None else key


def assignee_labels(refs: Iterable[str], catalog: Catalog, words: Words) -> list[str]:
    """The names of officers and groups by reference, in the language of `words`."""
    names = assignee_names(refs, catalog)
    return [name if isinstance(name, str) else name.in_(words.language) for name in names]
