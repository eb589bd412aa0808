"""Assignment of cases: by rule, by taking and releasing, or by a colleague."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self

from bot.catalog.base import Text
from bot.catalog.models import Catalog
from bot.domain.access import require_officer
from bot.domain.actors import Officer, officer_name
from bot.domain.case import Assignee, Case, with_changes
from bot.domain.log_sentences import REASON, Fact, Sentence
from bot.domain.notice_recipients import notify_group
from bot.domain.notices import CARD_AND_THREAD, Notice, OfficerNotice
from bot.domain.rules import (
    MAX_REASON_LENGTH,
    CaseCommand,
    ChangedMeanwhile,
    Context,
    Event,
    ReasonTooLong,
    Refused,
    erasable_field,
)
from bot.text import Words
from bot.text.working_days import local_day


class AlreadyTaken(Refused):
    """Another officer has the case: `name` since `time`."""

    key = "no.taken"
    several_key = "no.taken.several"


class AlreadyYours(Refused):
    """The officer has the case already."""

    key = "no.yours"


class NotYours(Refused):
    """The officer cannot release a case that they do not have."""

    key = "no.notyours"


class CaseIsClosed(Refused):
    """A closed case can be neither taken nor released."""

    key = "no.closed"


class SameAssignees(Refused):
    """The case already has these assignees, and there is no change that the reason could belong to."""

    key = "no.sameofficers"


class MayNotReassign(Refused):
    """The officer may take and release cases, but not decide who else has them."""

    key = "no.reassign"


class NoAccessToService(Refused):
    """The named officers or groups may not work with the e-service's cases today."""

    key = "no.nopart"


class TooManyAssignees(Refused):
    """More than `n` officers and groups would have the case."""

    key = "no.toomany"


class AssigneesChangedMeanwhile(ChangedMeanwhile):
    """The assignees are no longer those that the person saw; `state` names the current ones."""

    key = "no.othershaveit"


MAX_ASSIGNEES = 50


@dataclass(frozen=True, kw_only=True)
class CaseAssigned(Event):
    """A rule of the catalog assigned the case to an officer or a group; `silent` notifies nobody.

    Where the rule chose a member of a `group`, `choice` says how; `absent` is the officer whom it names, and for whom
    the one who got the case stands in. `status` is the one that the case got, empty for a new case, and `removed` are
    references to those who no longer have it. Older events have none of these.
    """

    kind: Literal["officer", "group"]
    key: str
    silent: bool = False
    group: str = ""
    choice: str = ""
    absent: str = ""
    status: str = ""
    removed: tuple[str, ...] = ()

    log = (
        Sentence(
            "history.assigned.chosen",
            {
                "name": Fact("assignee", "key"),
                "group": Fact("group", "group"),
                "choice": Fact("choice", "choice"),
            },
            only_with="choice",
        ),
        Sentence(
            "history.assigned.substitute",
            {"name": Fact("assignee", "key"), "absent": Fact("officer", "absent")},
            only_with="absent",
        ),
        Sentence("history.assigned", {"name": Fact("assignee", "key")}),
    )
    log_details = (
        Sentence("history.assigned.removed", {"names": Fact("assignees", "removed")}, only_with="removed"),
    )

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Notify the officer, or the group's members, and those who no longer have the case."""
        if self.silent:
            return []
        notices: list[Notice] = [*CARD_AND_THREAD] if self.status else []
        if self.kind == "officer" and any(one.since == self.at for one in case.assignees):
            notices.append(OfficerNotice(self.key, "assigned"))
        elif self.kind == "group":
            notices += notify_group(self.key, self.by, ctx)
        removed = (ref.removeprefix("officer:") for ref in self.removed if ref.startswith("officer:"))
        return [*notices, *(OfficerNotice(key, "removed") for key in removed)]

    def change(self, case: Case) -> Case:
        """Those who have the case and keep it have it since they got it."""
        remaining = tuple(one for one in case.assignees if one.ref not in self.removed)
        given = Assignee(kind=self.kind, key=self.key, since=self.at, by=self.by)
        is_new = given.ref not in (one.ref for one in remaining)
        return with_changes(case, assignees=(*remaining, given) if is_new else remaining)


def may_be_assigned(ctx: Context, kind: str, key: str, *, protected: bool) -> bool:
    """Whether the officer or the group has access to the e-service's cases today; to protected ones if `protected`."""
    cases = ServiceCases(ctx.service.key, is_protected=protected)
    return has_access(f"{kind}:{key}", cases, ctx.catalog, local_day(ctx.now))


@dataclass(frozen=True, slots=True)
class ServiceCases:
    """Cases of an e-service, by its key: the protected ones, or the others."""

    service: str
    is_protected: bool = False


def has_access(ref: str, cases: ServiceCases, catalog: Catalog, day: date) -> bool:
    """Whether the officer or the group may have such cases on the day."""
    kind, key = _split_ref(ref)
    if kind == "officer":
        access = catalog.access(key, cases.service, day)
        return access is not None and (access.protected or not cases.is_protected)
    return any(group.key == key for group in catalog.groups_with_access(cases.service, day))


@dataclass(frozen=True, kw_only=True)
class CaseTaken(Event):
    """An officer took the case; `replaced` are the officers whom they took it over from."""

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
        """Notify the officers whom it was taken over from."""
        return [*CARD_AND_THREAD, *(OfficerNotice(key, "removed") for key in self.replaced)]

    def change(self, case: Case) -> Case:
        remaining = tuple(a for a in case.assignees if not (a.kind == "officer" and a.key in self.replaced))
        own = Assignee(kind="officer", key=self.officer, since=self.at, by=self.by)
        return with_changes(case, assignees=(*remaining, own))


@dataclass(frozen=True, kw_only=True)
class CaseReleased(Event):
    """An officer released the case."""

    officer: str

    log = (Sentence("history.released", {"name": Fact("officer", "officer")}),)
    notices = CARD_AND_THREAD

    def change(self, case: Case) -> Case:
        remaining = tuple(a for a in case.assignees if not (a.kind == "officer" and a.key == self.officer))
        return with_changes(case, assignees=remaining)


@dataclass(frozen=True, kw_only=True)
class TakeCase(CaseCommand):
    """Take the case.

    `mode` says what happens where others have it: `alone` is refused, `together` joins them, `over` replaces them.
    The latter two hold in `expected` the officers that the person saw.
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
    """Release the case."""

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
            case = with_changes(case, assignees=(*case.assignees, own))
        return case, cls(case_id=case.id)


@dataclass(frozen=True, kw_only=True)
class AssigneesChanged(Event):
    """An officer changed the assignees. `added` and `removed` are references to officers and groups."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reason: str = erasable_field(default="")

    log = (Sentence("history.officers", {"changes": Fact("assignee_changes")}),)
    log_details = (REASON,)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Notify the added and removed officers, and the members of added groups, apart from the one who acted."""
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
            *(
                notice
                for ref in self.added
                if ref.startswith("group:")
                for notice in notify_group(ref.removeprefix("group:"), self.by, ctx)
            ),
        ]

    def change(self, case: Case) -> Case:
        remaining = tuple(a for a in case.assignees if a.ref not in self.removed)
        new = (_parse_assignee(ref, self.at, self.by) for ref in self.added)
        return with_changes(case, assignees=(*remaining, *new))


def _parse_assignee(ref: str, since: datetime, by: str) -> Assignee:
    kind, _, key = ref.partition(":")
    return Assignee(kind="group" if kind == "group" else "officer", key=key, since=since, by=by)


@dataclass(frozen=True, kw_only=True)
class ChangeAssignees(CaseCommand):
    """Replace the assignees: `expected`, whom the person saw, by `assignees`.

    Both are references to officers and groups. Added ones must have access today; present ones need not.
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
            if self.reason.strip():
                raise SameAssignees
            return []
        reason = self.reason.strip()
        if len(reason) > MAX_REASON_LENGTH:
            raise ReasonTooLong(n=len(reason) - MAX_REASON_LENGTH)
        return [AssigneesChanged(at=ctx.now, by=officer.ref, added=added, removed=removed, reason=reason)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """Replace the assignees by one who has access and is none of them."""
        candidates = (
            f"officer:{one.key}"
            for one in ctx.catalog.officers_with_access(case.service, local_day(ctx.now))
            if may_be_assigned(ctx, "officer", one.key, protected=case.protected)
        )
        new = next((ref for ref in candidates if ref not in case.assignee_refs), None)
        return case, cls(case_id=case.id, assignees=(new,) if new else (), expected=case.assignee_refs)

    def _require_access(self, added: tuple[str, ...], case: Case, ctx: Context) -> None:
        without_access = [
            ref for ref in added if not may_be_assigned(ctx, *_split_ref(ref), protected=case.protected)
        ]
        if without_access:
            raise NoAccessToService(names=assignee_names(without_access, ctx.catalog))


def rebase_assignees(seen: Sequence[str], chosen: Sequence[str], current: Sequence[str]) -> list[str]:
    """The current assignees with a person's changes (from `seen` to `chosen`) applied; all are references."""
    removed = set(seen).difference(chosen)
    added = [ref for ref in chosen if ref not in seen and ref not in current]
    return [*(ref for ref in current if ref not in removed), *added]


def _split_ref(ref: str) -> tuple[str, str]:
    kind, _, key = ref.partition(":")
    return kind, key


def assignee_names(refs: Iterable[str], catalog: Catalog) -> list[str | Text]:
    """The names of officers and groups by reference; the key of one that is no longer in the catalog."""
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
