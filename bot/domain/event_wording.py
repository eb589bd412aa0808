"""Sentences about events, the same in Slack and on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.catalog.definition import Definition
from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for
from bot.domain.actors import actor_name, officer_name
from bot.domain.answer_formatting import format_answer
from bot.domain.assignment import assignee_labels
from bot.domain.declarations import event_kinds
from bot.domain.log_sentences import FactKind, Sentence
from bot.domain.status import status_name
from bot.domain.views import HistoryLine
from bot.text import Words


@dataclass(frozen=True, slots=True)
class EventWording:
    """Writes events in the language of `words`, with the current names of the catalog.

    `service` is the case's e-service; None where the catalog no longer has it. `definition` is the case's form, for the
    sentences about its answers, which are on the case page only. `numbers` are those of linked cases, by id, that the
    reader may see.
    """

    catalog: Catalog
    service: EService | None
    words: Words
    definition: Definition | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", words_for(self.service, self.words))

    def log_line(self, entry: HistoryLine, *, is_on_page: bool = False) -> str:
        """Anna Berg ändrade status från Inskickat till Under behandling.

        During an upgrade a newer version may write events of kinds that this one can only name as such.
        """
        if not is_known(entry):
            return self.words("history.newer", name=actor_name(entry.by, self.catalog, self.words))
        kind = event_kinds()[entry.event]
        details = [
            one for one in kind.log_details if _fits(one, entry) and (is_on_page or not one.only_on_page)
        ]
        return " ".join(self._fill(one, entry) for one in (_first_fitting(kind.log, entry), *details))

    def thread_line(self, entry: HistoryLine) -> str:
        """The sentence for the thread: shorter, and without what people wrote. KeyError unless `is_known`."""
        kind = event_kinds()[entry.event]
        return self._fill(_first_fitting(kind.thread or kind.log, entry), entry)

    def _fill(self, sentence: Sentence, entry: HistoryLine) -> str:
        facts = {
            name: _WORDINGS[fact.kind](self, entry.facts | entry.content, fact.field)
            for name, fact in sentence.facts.items()
        }
        return self.words(sentence.key, **{"name": actor_name(entry.by, self.catalog, self.words)} | facts)

    def officers(self, keys: Sequence[str]) -> str:
        return self.words.list(officer_name(f"officer:{key}", self.catalog) for key in keys)

    def assignees(self, refs: Sequence[str]) -> str:
        return self.words.list(assignee_labels(refs, self.catalog, self.words))

    def assignee_changes(self, facts: dict[str, Any]) -> str:
        """Björn Ek lades till, Anna Berg togs bort"""
        return ", ".join(
            self.words(f"officers.{change}", names=self.assignees(refs))
            for change in ("added", "removed")
            if (refs := facts.get(change, ()))
        )

    def answer_changes(self, changes: Sequence[dict[str, Any]]) -> str:
        """”Yta” ändrades från ”24” till ”30”. ”Färg” fick svaret ”Röd”."""
        return " ".join(self._answer_change(one["field"], one["before"], one["after"]) for one in changes)

    def contact_changes(self, changes: Sequence[dict[str, Any]]) -> str:
        """”E-postadress” ändrades från ”eva@ek.example” till ”eva@ek2.example”. ”Telefonnummer” togs bort: ”070”."""
        return " ".join(self._contact_change(one["field"], one["before"], one["after"]) for one in changes)

    def _contact_change(self, field: str, before: str, after: str) -> str:
        label = self.words(f"page.person.{field}")
        if before and after:
            return self.words("change.changed", question=label, before=before, after=after)
        if after:
            return self.words("contact.added", detail=label, after=after)
        return self.words("contact.removed", detail=label, before=before)

    def _answer_change(self, key: str, before: Any, after: Any) -> str:
        field = self.definition.field(key) if self.definition is not None else None
        texts = {
            name: ", ".join(format_answer(field, value, self.words).split("\n"))
            if field is not None
            else value
            for name, value in (("before", before), ("after", after))
        }
        kind = "changed" if texts["before"] and texts["after"] else "added" if texts["after"] else "removed"
        label = field.label.in_(self.words.language) if field is not None else key
        return self.words(f"change.{kind}", question=label, **texts)


def is_known(entry: HistoryLine) -> bool:
    """Whether the event is of a kind that this version has sentences for."""
    return entry.event in event_kinds()


def _fits(sentence: Sentence, entry: HistoryLine) -> bool:
    if sentence.only_of_officers and not entry.by.startswith("officer:"):
        return False
    return not sentence.only_with or bool((entry.facts | entry.content).get(sentence.only_with))


def _first_fitting(sentences: Sequence[Sentence], entry: HistoryLine) -> Sentence:
    return next(one for one in sentences if _fits(one, entry))


_WORDINGS: dict[FactKind, Callable[[EventWording, dict[str, Any], str], str]] = {
    "officer": lambda wording, facts, field: wording.officers([facts[field]]),
    "officers": lambda wording, facts, field: wording.officers(facts[field]),
    "assignee": lambda wording, facts, field: wording.assignees([f"{facts['kind']}:{facts[field]}"]),
    "assignees": lambda wording, facts, field: wording.assignees(facts[field]),
    "group": lambda wording, facts, field: wording.assignees([f"group:{facts[field]}"]),
    "choice": lambda wording, facts, field: wording.words(f"choice.{facts[field]}"),
    "assignee_changes": lambda wording, facts, field: wording.assignee_changes(facts),
    "status": lambda wording, facts, field: status_name(
        wording.service, facts[field], wording.words, facts[f"{field}_name"]
    ),
    "day": lambda wording, facts, field: wording.words.day(facts[field]),
    "moment": lambda wording, facts, field: wording.words.moment(facts[field]),
    "stop": lambda wording, facts, field: wording.words(f"stopped.{facts[field]}"),
    "colour": lambda wording, facts, field: wording.words(f"colour.{facts[field]}"),
    "deletion_ground": lambda wording, facts, field: wording.words(f"ground.{facts[field]}"),
    "hold": lambda wording, facts, field: wording.words(f"hold.{facts[field]}"),
    "text": lambda wording, facts, field: str(facts[field]),
    "origin": lambda wording, facts, field: wording.words(f"came.{facts[field]}"),
    "link": lambda wording, facts, field: wording.words(f"link.{facts[field]}"),
    "linked_case": lambda wording, facts, field: (
        wording.numbers.get(facts[field]) or wording.words("link.hidden")
    ),
    "changes": lambda wording, facts, field: wording.answer_changes(facts[field]),
    "contact_changes": lambda wording, facts, field: wording.contact_changes(facts[field]),
}
