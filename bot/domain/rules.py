"""What every rule is made of: commands, events, refusals and the context they are judged in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, ClassVar, Protocol

from bot.catalog.base import Text as Named
from bot.catalog.models import Catalog
from bot.catalog.municipality import Contact
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.actors import Actor, Applicant, Machine, Officer, name_of
from bot.domain.case import Case
from bot.text import LANGUAGES, Words, words


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule needs and must not fetch: the time, the actor, and the catalog as it is now."""

    now: datetime
    actor: Actor
    catalog: Catalog
    service: EService
    new_id: Callable[[], str]


class Refused(Exception):
    """A rule said no. `key` names the sentence, `facts` fill it; neither holds personal data of applicants."""

    key: ClassVar[str] = "no.refused"
    repeated: ClassVar[bool] = False
    """Whether it is the first time's answer, told again to the same request."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__)
        self.facts: Mapping[str, Any] = facts

    def kept(self) -> dict[str, Any]:
        """The refusal as a receipt keeps it: its sentence in every language."""
        return {
            "rule": type(self).__name__,
            "said": {language: self.said(words(language)) for language in LANGUAGES},
        }

    @staticmethod
    def restored(kept: Mapping[str, Any]) -> Refused:
        """The refusal that a receipt kept."""
        return _Repeated(kept["said"])

    def said(self, words: Words) -> str:
        """The plain sentence for the person who pressed."""
        return words(self.key, **{name: _spoken(fact, words) for name, fact in self.facts.items()})


class _Repeated(Refused):
    """A refusal told once more, in the words of the first time."""

    repeated = True

    def __init__(self, said: Mapping[str, str]) -> None:
        super().__init__()
        self._said = said

    def said(self, words: Words) -> str:
        return self._said[words.language]


def _spoken(fact: Any, words: Words) -> str | int:
    if isinstance(fact, datetime):
        return words.moment(fact)
    if isinstance(fact, Named):
        return fact.in_(words.language)
    if isinstance(fact, Contact):
        name = fact.name.in_(words.language)
        return f"{name} ({fact.email})" if fact.email else name
    if isinstance(fact, list | tuple):
        return words.list([str(_spoken(part, words)) for part in fact])
    # A number decides between the forms for one and for many.
    return fact if isinstance(fact, int) else str(fact)


class NoAccess(Refused):
    """The officer has no part in the e-service, or none in this case."""

    key = "no.access"


class ProtectedCase(NoAccess):
    """The case is marked as protected, and the officer is not one of those named for such: `names` are."""

    key = "no.protected"


class UnknownCase(Refused):
    """No such case, or none that this person may know of: one answer for both."""

    key = "no.unknown"


class ChangedMeanwhile(Refused):
    """The value to be replaced is another by now than the one the person saw."""

    key = "no.changed"


class Empty(Refused):
    """Nothing was written."""

    key = "no.empty"


class TooLong(Refused):
    """The text is `n` characters over what a message or note may hold."""

    key = "no.toolong"


class NoFollowing(Refused):
    """The e-service's applicants do not follow their cases, so nothing can be written to them."""

    key = "no.nofollow"


class NotHere(Refused):
    """The record is in another system, or the e-service does not allow the act."""

    key = "no.nothere"


def private(**kw: Any) -> Any:
    """A field with personal data that only the log keeps: it goes to the event's erasable content."""
    return field(metadata={"kept": "content"}, **kw)


def body(**kw: Any) -> Any:
    """A field whose text lives in one row of its own; the log keeps a salted digest of it."""
    return field(metadata={"kept": "row"}, **kw)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a case: `at` aware UTC, `by` an actor reference."""

    at: datetime
    by: str

    def apply(self, case: Case | None) -> Case:
        """The case after the event."""
        raise NotImplementedError

    @classmethod
    def kept(cls, where: str) -> tuple[str, ...]:
        """Names of the fields kept `where`: `meta`, `content` or `row`."""
        return tuple(f.name for f in fields(cls) if f.metadata.get("kept", "meta") == where)


class Command(Protocol):
    """A wish to change a case. `case_id` is None only for the one that opens it."""

    @property
    def case_id(self) -> str | None: ...

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        """The events that follow, or Refused."""
        ...


TEXT_LIMIT = 20_000
"""Characters in a message or note. Slack's own inputs stop at 3,000; the pages take more."""


def checked_text(text: str, *, with_files: bool = False) -> str:
    """The text without surrounding space, or Empty, or TooLong. What comes with files may be without words."""
    text = text.strip()
    if not text and not with_files:
        raise Empty
    if len(text) > TEXT_LIMIT:
        raise TooLong(n=len(text) - TEXT_LIMIT)
    return text


def officer_on(case: Case | None, ctx: Context) -> tuple[Case, Officer]:
    """The case and the officer who may work with it, or UnknownCase, or NoAccess."""
    if case is None:
        raise UnknownCase(number="")
    actor = ctx.actor
    if not isinstance(actor, Officer) or not may_work(actor, case):
        if case.protected:
            raise protected_from(case, ctx.service, ctx.catalog)
        raise NoAccess(service=ctx.service.name, contact=ctx.catalog.municipality.support)
    return case, actor


def may_work(officer: Officer, case: Case) -> bool:
    """Full access gives all of the e-service's cases, restricted those assigned to the officer or their group.

    Of cases marked as protected that holds only for the officers whom the e-service names, coordinators or not.
    """
    return _opens(officer.access.get(case.service), case, officer.key, officer.groups)


def named_may_work(catalog: Catalog, key: str, case: Case, on: date) -> bool:
    """`may_work` of someone who is only named, as the catalog has them on that day."""
    groups = frozenset(group.key for group in catalog.groups_of(key))
    return _opens(catalog.access(key, case.service, on), case, key, groups)


def _opens(access: Access | None, case: Case, key: str, groups: frozenset[str]) -> bool:
    if access is None or (case.protected and not access.protected):
        return False
    return access.level == "full" or key in case.officers or bool(groups.intersection(case.groups))


def protected_from(case: Case, service: EService, catalog: Catalog) -> ProtectedCase:
    """The refusal that says whom to ask: those whom the e-service names, or support where it names nobody."""
    named = [name_of(f"officer:{key}", catalog) for key in service.protected_officers]
    return ProtectedCase(number=case.number, names=named or [catalog.municipality.support])


def applicant_on(case: Case | None, ctx: Context) -> tuple[Case, str]:
    """The case and the id by which the applicant is part of it, or UnknownCase."""
    if case is None or not isinstance(ctx.actor, Applicant):
        raise UnknownCase(number="")
    own = [one for one in case.applicants if one in ctx.actor.ids]
    if not own or not ctx.service.applicant_follows:
        raise UnknownCase(number="")
    return case, own[0]


def machine_on(case: Case | None, ctx: Context) -> Case:
    """The case, for what only the program itself says of it; UnknownCase for any person."""
    if case is None or not isinstance(ctx.actor, Machine):
        raise UnknownCase(number="")
    return case


def refuse_unreachable(case: Case, ctx: Context) -> None:
    """NoFollowing where there is nobody who could read a message."""
    if not ctx.service.applicant_follows or not case.applicants:
        raise NoFollowing
