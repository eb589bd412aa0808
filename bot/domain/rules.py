"""What every rule is made of: commands, events, refusals and the context they are judged in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Protocol, Self

from bot.catalog.base import Text as Named
from bot.catalog.models import Catalog
from bot.catalog.municipality import Contact
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.actors import Actor, Applicant, Machine, Officer, officer_name
from bot.domain.case import Case
from bot.domain.log_sentences import Sentence
from bot.domain.notices import Notice
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
    is_repeated: ClassVar[bool] = False
    """Whether it is the first time's answer, told again to the same request."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__)
        self.facts: Mapping[str, Any] = facts

    def to_json(self) -> dict[str, Any]:
        """The refusal as a receipt keeps it: its sentence in every language."""
        return {
            "rule": type(self).__name__,
            "said": {language: self.in_words(words(language)) for language in LANGUAGES},
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Refused:
        """The refusal that a receipt kept."""
        return _RepeatedRefusal(stored["said"])

    def in_words(self, words: Words) -> str:
        """The plain sentence for the person who pressed."""
        return words(self.key, **{name: _format_fact(fact, words) for name, fact in self.facts.items()})


class _RepeatedRefusal(Refused):
    """A refusal told once more, in the words of the first time."""

    is_repeated = True

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self._texts = texts

    def in_words(self, words: Words) -> str:
        return self._texts[words.language]


def _format_fact(fact: Any, words: Words) -> str | int:
    if isinstance(fact, datetime):
        return words.moment(fact)
    if isinstance(fact, Named):
        return fact.in_(words.language)
    if isinstance(fact, Contact):
        name = fact.name.in_(words.language)
        return f"{name} ({fact.email})" if fact.email else name
    if isinstance(fact, list | tuple):
        return words.list([str(_format_fact(part, words)) for part in fact])
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


class EmptyText(Refused):
    """Nothing was written."""

    key = "no.empty"


class TextTooLong(Refused):
    """The text is `n` characters over what a message or note may hold."""

    key = "no.toolong"


class ApplicantDoesNotFollow(Refused):
    """The e-service's applicants do not follow their cases, so nothing can be written to them."""

    key = "no.nofollow"


class NotAllowedHere(Refused):
    """The record is in another system, or the e-service does not allow the act."""

    key = "no.nothere"


def erasable_field(**options: Any) -> Any:
    """A field with personal data that only the log keeps: it goes to the event's erasable content."""
    return field(metadata={"stored_in": "content"}, **options)


def row_field(**options: Any) -> Any:
    """A field whose text lives in one row of its own; the log keeps a salted digest of it."""
    return field(metadata={"stored_in": "row"}, **options)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a case: `at` aware UTC, `by` an actor reference.

    Beside its fields each kind declares how it reads and who is told of it; `tests/test_wiring.py` says what is
    missing.
    """

    at: datetime
    by: str

    log: ClassVar[tuple[Sentence, ...]]
    """How it reads in the log: the first sentence that fits."""
    log_details: ClassVar[tuple[Sentence, ...]] = ()
    """What the log says besides: each that fits."""
    thread: ClassVar[tuple[Sentence, ...]] = ()
    """How it reads in the card's thread, where that is otherwise than in the log."""
    notices: ClassVar[tuple[Notice, ...]]
    """Who is told of it, where that is always the same."""

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Who is told of the event; `case` is the case after it."""
        return list(self.notices)

    def apply(self, case: Case | None) -> Case:
        """The case after the event."""
        assert case is not None
        return replace(self.change(case), seq=case.seq + 1)

    def change(self, case: Case) -> Case:
        """The case with what the event changes in it, besides its version."""
        return case

    @classmethod
    def stored_fields(cls, place: str) -> tuple[str, ...]:
        """Names of the fields kept `place`: `meta`, `content` or `row`."""
        return tuple(
            field_.name for field_ in fields(cls) if field_.metadata.get("stored_in", "meta") == place
        )


Audience = Literal["works", "reassigns", "applicant", "machine", "opens"]
"""Whom a command is for: officers who work with the case; of them those who may reassign; its applicant; no person at
all, but the program itself; and anyone, for an e-service is open to all."""


class Command(Protocol):
    """A wish to change a case. `case_id` is None only for the one that opens it."""

    @property
    def case_id(self) -> str | None: ...

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        """The events that follow, or Refused."""
        ...


@dataclass(frozen=True, kw_only=True)
class CaseCommand:
    """A wish to change a case that is there.

    Beside its fields each kind declares whom it is for, which `decide` has to hold, and a sample that tests try by
    everyone; `tests/test_wiring.py` says what is missing.
    """

    case_id: str

    audience: ClassVar[Audience]
    one_click: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Actions that need no form: the action's name, and the fields of the command besides its case."""

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        """The events that follow, or Refused."""
        raise NotImplementedError

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """Such a command, which something follows of for those it is for; and the case, made ready for it."""
        return case, cls(case_id=case.id)


MAX_TEXT_LENGTH = 20_000
"""Characters in a message or note. Slack's own inputs stop at 3,000; the pages take more."""


def validate_text(text: str, *, allow_empty: bool = False) -> str:
    """The text without surrounding space, or Empty, or TooLong. What comes with files may be without words."""
    text = text.strip()
    if not text and not allow_empty:
        raise EmptyText
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong(n=len(text) - MAX_TEXT_LENGTH)
    return text


def require_officer(case: Case | None, ctx: Context) -> tuple[Case, Officer]:
    """The case and the officer who may work with it, or UnknownCase, or NoAccess."""
    if case is None:
        raise UnknownCase(number="")
    actor = ctx.actor
    if not isinstance(actor, Officer) or not may_work(actor, case):
        if case.protected:
            raise protected_case_refusal(case, ctx.service, ctx.catalog)
        raise NoAccess(service=ctx.service.name, contact=ctx.catalog.municipality.support)
    return case, actor


def may_work(officer: Officer, case: Case) -> bool:
    """Full access gives all of the e-service's cases, restricted those assigned to the officer or their group.

    Of cases marked as protected that holds only for the officers whom the e-service names, coordinators or not.
    """
    return _grants_access(officer.access.get(case.service), case, officer.key, officer.groups)


def may_work_by_key(catalog: Catalog, key: str, case: Case, day: date) -> bool:
    """`may_work` of someone who is only named, as the catalog has them on that day."""
    groups = frozenset(group.key for group in catalog.groups_of_officer(key))
    return _grants_access(catalog.access(key, case.service, day), case, key, groups)


def _grants_access(access: Access | None, case: Case, key: str, groups: frozenset[str]) -> bool:
    if access is None or (case.protected and not access.protected):
        return False
    return access.level == "full" or key in case.officers or bool(groups.intersection(case.groups))


def protected_case_refusal(case: Case, service: EService, catalog: Catalog) -> ProtectedCase:
    """The refusal that says whom to ask: those whom the e-service names, or support where it names nobody."""
    names = [officer_name(f"officer:{key}", catalog) for key in service.protected_officers]
    return ProtectedCase(number=case.number, names=names or [catalog.municipality.support])


def require_applicant(case: Case | None, ctx: Context) -> tuple[Case, str]:
    """The case and the id by which the applicant is part of it, or UnknownCase."""
    if case is None or not isinstance(ctx.actor, Applicant):
        raise UnknownCase(number="")
    own_ids = [applicant_id for applicant_id in case.applicants if applicant_id in ctx.actor.ids]
    if not own_ids or not ctx.service.applicant_follows:
        raise UnknownCase(number="")
    return case, own_ids[0]


def require_machine(case: Case | None, ctx: Context) -> Case:
    """The case, for what only the program itself says of it; UnknownCase for any person."""
    if case is None or not isinstance(ctx.actor, Machine):
        raise UnknownCase(number="")
    return case


def require_reachable(case: Case, ctx: Context) -> None:
    """NoFollowing where there is nobody who could read a message."""
    if not ctx.service.applicant_follows or not case.applicants:
        raise ApplicantDoesNotFollow
