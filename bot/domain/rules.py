"""The base classes of all rules: commands, events and refusals, and the context in which they are decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, Self

from bot.catalog.base import Text as Named
from bot.catalog.models import Catalog
from bot.catalog.municipality import Contact
from bot.catalog.services import EService
from bot.domain.actors import Actor
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Sentence
from bot.domain.notices import Notice
from bot.domain.staffing import NO_STAFFING, Staffing
from bot.text import LANGUAGES, Words, words


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule needs and must not fetch: the time, the actor, the current catalog, and how officers are staffed."""

    now: datetime
    actor: Actor
    catalog: Catalog
    service: EService
    new_id: Callable[[], str]
    staffing: Staffing = NO_STAFFING


class Refused(Exception):
    """A rule forbids the command. `key` names the sentence, `facts` fill it; they hold no applicant's personal data."""

    key: str = "no.refused"
    several_key: ClassVar[str] = ""
    """The sentence about several cases whose facts differ; empty where the sentence fits them all."""
    is_repeated: bool = False
    """Whether it is the stored refusal of an earlier request with the same key."""
    stored_texts: Mapping[str, str] = {}
    """Of a stored refusal, its sentence by language, as it was the first time."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__)
        self.facts: Mapping[str, Any] = facts

    def to_json(self, words_in: Callable[[str], Words] = words) -> dict[str, Any]:
        """The refusal as stored under an idempotency key: its sentence in every language, and its parts.

        `words_in` are the words of a language that are used for its case.
        """
        return {**self._to_json(words_in), "parts": [one._to_json(words_in) for one in self.parts]}

    def _to_json(self, words_in: Callable[[str], Words]) -> dict[str, Any]:
        return {
            "rule": type(self).__name__,
            "said": {language: self.in_words(words_in(language)) for language in LANGUAGES},
            "facts": {name: fact for name, fact in self.facts.items() if isinstance(fact, str | int)},
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Refused:
        """The stored refusal, as a repeated one: of its class, so that it is shown where the first one was.

        One that was stored before its parts were, or by a rule that is no more, is of no particular class. Its facts
        are the texts and numbers among those of the first.
        """
        parts = [_restore(one) for one in stored.get("parts", ())]
        if len(parts) > 1:
            several = SeveralRefusals(parts)
            several.is_repeated = True
            return several
        return parts[0] if parts else _repeat(Refused, stored)

    def in_words(self, words: Words) -> str:
        """The sentence for the person."""
        if self.stored_texts:
            return self.stored_texts[words.language]
        return words(self.key, **{name: _format_fact(fact, words) for name, fact in self.facts.items()})

    @property
    def parts(self) -> tuple[Refused, ...]:
        """The refusals that it stands for: itself, where it is not several."""
        return (self,)


class SeveralRefusals(Refused):
    """What was filled in is refused for several reasons, each about a field of its own."""

    def __init__(self, refusals: Sequence[Refused]) -> None:
        super().__init__()
        self._refusals = tuple(refusals)

    def in_words(self, words: Words) -> str:
        return " ".join(one.in_words(words) for one in self._refusals)

    @property
    def parts(self) -> tuple[Refused, ...]:
        return self._refusals


def raise_refusals(refusals: Sequence[Refused]) -> None:
    """Raise what was refused, if anything was: one refusal as it is, several together."""
    if refusals:
        raise refusals[0] if len(refusals) == 1 else SeveralRefusals(refusals)


class RefusedInSeveral(Refused):
    """The same rule forbids it in several cases, whose facts differ."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__()
        self.key = refusal.several_key or refusal.key


def _restore(stored: Mapping[str, Any]) -> Refused:
    name = stored["rule"]
    return _repeat(next((one for one in _subclasses(Refused) if one.__name__ == name), Refused), stored)


def _repeat(rule: type[Refused], stored: Mapping[str, Any]) -> Refused:
    """A refusal of the class, without its constructor: that takes what was not stored."""
    refusal = rule.__new__(rule)
    Refused.__init__(refusal, **stored.get("facts", {}))
    refusal.stored_texts, refusal.is_repeated = stored["said"], True
    return refusal


def _subclasses(rule: type[Refused]) -> Iterator[type[Refused]]:
    for one in rule.__subclasses__():
        yield one
        yield from _subclasses(one)


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
    if isinstance(fact, date):
        return words.day(fact)
    # A number stays a number: it decides between singular and plural.
    return fact if isinstance(fact, int) else str(fact)


class NoAccess(Refused):
    """The officer has no access to the e-service, or not to this case."""

    key = "no.access"


class ProtectedCase(NoAccess):
    """The case is protected, and the officer is none of those who may see such cases, who are in `names`."""

    key = "no.protected"
    several_key = "no.protected.several"


class UnknownCase(Refused):
    """There is no such case, or the person may not know that there is: the same refusal for both."""

    key = "no.unknown"


class ServiceGone(Refused):
    """The case's e-service is no longer in the catalog, which has its rules."""

    key = "no.batch.service"


class DisposedOf(Refused):
    """The case's contents were erased by its rule of retention at `at`: nothing can be done with it."""

    key = "no.disposed"
    several_key = "no.disposed.several"


class DeletedCase(Refused):
    """The case `number` was deleted by `name` at `time`; a coordinator can restore it until the day `until`."""

    key = "no.gone"


class DisposedAfterDeletion(DeletedCase):
    """The case was deleted, and its contents erased at `at`, when it could no longer be restored."""

    key = "no.disposed"


class SentBefore(Refused):
    """A form was sent again, after its content was changed: what was sent first is saved, and this is not."""

    key = "no.sentbefore"


class ChangedMeanwhile(Refused):
    """The value to be replaced is no longer the one that the person saw."""

    key = "no.changed"


class ChangedByYourself(ChangedMeanwhile):
    """The person has changed the value themselves: in another window, or by a button beside the form."""

    key = "no.changed.you"


class EmptyText(Refused):
    """The text is empty."""

    key = "no.empty"


class TextTooLong(Refused):
    """The text is `n` characters too long for a message or note."""

    key = "no.toolong"


MAX_REASON_LENGTH = 500
"""Characters of a reason: for opening or marking a protected case, for changed officers."""


class ReasonTooLong(Refused):
    """The reason is `n` characters too long."""

    key = "no.longreason"


class ApplicantDoesNotFollow(Refused):
    """The e-service's applicants do not follow their cases, so nothing can be written to them."""

    key = "no.nofollow"


class NotAllowedHere(Refused):
    """The case is managed in another system, or the e-service does not allow the action."""

    key = "no.nothere"


def erasable_field(**options: Any) -> Any:
    """A field with personal data that only the log stores: it is part of the event's erasable content."""
    return field(metadata={"stored_in": "content"}, **options)


def row_field(**options: Any) -> Any:
    """A field whose text is stored in a row of its own; the log stores a salted digest of it."""
    return field(metadata={"stored_in": "row"}, **options)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a case: `at` aware UTC, `by` an actor reference.

    Each class also declares its sentences and its notices; `tests/test_wiring.py` fails where one is missing.
    """

    at: datetime
    by: str

    log: ClassVar[tuple[Sentence, ...]]
    """Its sentence in the log: the first of these that applies."""
    log_details: ClassVar[tuple[Sentence, ...]] = ()
    """Further sentences in the log: all that apply."""
    thread: ClassVar[tuple[Sentence, ...]] = ()
    """Its sentence in the card's thread, where it differs from that in the log."""
    notices: ClassVar[tuple[Notice, ...]]
    """Its notices, where they are always the same."""

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """The event's notices; `case` is the case after the event."""
        return list(self.notices)

    def apply(self, case: Case | None) -> Case:
        """The case after the event."""
        assert case is not None
        return with_changes(self.change(case), seq=case.seq + 1)

    def change(self, case: Case) -> Case:
        """The case with the event's changes, apart from its version."""
        return case

    @classmethod
    @cache
    def stored_fields(cls, place: str) -> tuple[str, ...]:
        """Names of the fields that are stored in `place`: `meta`, `content` or `row`."""
        return tuple(
            field_.name for field_ in fields(cls) if field_.metadata.get("stored_in", "meta") == place
        )


Audience = Literal["works", "reassigns", "coordinates", "applicant", "machine", "opens"]
"""Who may use a command: officers who work with the case; those of them who may reassign; its e-service's coordinators;
its applicant; only the program itself; and, for opening a case, anyone."""


class Command(Protocol):
    """A request to change a case. `case_id` is None only where it opens one."""

    @property
    def case_id(self) -> str | None: ...

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        """The events that follow. Raises Refused."""
        ...


@dataclass(frozen=True, kw_only=True)
class CaseCommand:
    """A request to change an existing case.

    Each class also declares its audience, which `decide` must enforce, and a sample that tests try as every kind of
    person; `tests/test_wiring.py` fails where one is missing.
    """

    case_id: str

    audience: ClassVar[Audience]
    one_click: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Actions that need no form: by the action's name, the fields of the command other than its case."""

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        """The events that follow. Raises Refused."""
        raise NotImplementedError

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """A case prepared for such a command, and the command, which has an event when its audience performs it.

        By default the command is that of its first one-click action.
        """
        return case, cls(case_id=case.id, **next(iter(cls.one_click.values()), {}))


MAX_TEXT_LENGTH = 20_000
"""Characters in a message or note. Slack's inputs allow 3,000; the pages allow this."""


def validate_text(text: str, *, allow_empty: bool = False) -> str:
    """The text without surrounding space. Raises EmptyText unless `allow_empty` (as with files), and TextTooLong."""
    text = text.strip()
    if not text and not allow_empty:
        raise EmptyText
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong(n=len(text) - MAX_TEXT_LENGTH)
    return text


def require_reachable(case: Case, ctx: Context) -> None:
    """Raise ApplicantDoesNotFollow where nobody could read a message."""
    if not ctx.service.applicant_follows or not case.applicants:
        raise ApplicantDoesNotFollow
