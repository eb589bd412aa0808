"""Editing of answers in steps, in Slack: only those that may pass through it, a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.catalog.answers.validation import ValidationResult, validate_answers
from bot.catalog.answers.values import from_stored, may_pass_through_slack, to_stored
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.domain.rules import Refused

MAX_FIELDS = 8
"""Fields in one step."""

MAX_TYPED = 3_000
"""Characters that Slack's text field accepts; longer answers are edited on the case page."""

MAX_CHOICES = 99
"""Choices of a field in Slack's menu, which has room for one more: that for no answer."""

KINDS = frozenset(
    {
        "text",
        "long_text",
        "number",
        "date",
        "choice",
        "choices",
        "yes_no",
        "organisation_number",
        "property",
    }
)
"""Kinds that Slack has an input for, and that are not personal whatever the answer is."""


class NothingForSlack(Refused):
    """No answer of the case may be edited in Slack."""

    key = "no.edit.slack"


class NeedsCasePage(Refused):
    """With the new answers the one to `question`, which is edited on the case page only, is missing or not valid."""

    key = "no.edit.page"


@dataclass(frozen=True, slots=True)
class StepwiseEdit:
    """An edit under way: `current` are the stored answers of the case, `typed` the new values as typed, by field.

    `names` are those of the case's people, which never pass through Slack.
    """

    definition: Definition
    current: Mapping[str, Any]
    typed: Mapping[str, Any]
    names: tuple[str, ...]
    today: date
    is_anonymous: bool

    def validate(self, language: str) -> ValidationResult:
        """The answers with the typed ones in place of the current, by the form's own rules."""
        current = {
            one.key: from_stored(one.kind, self.current[one.key])
            for one in self.definition.fields
            if one.kind != "info" and self.current.get(one.key) is not None
        }
        raw = {**current, **self.typed}
        return validate_answers(self.definition, raw, language, today=self.today, anonymous=self.is_anonymous)

    def changed(self, result: ValidationResult) -> dict[str, Any]:
        """Those of the typed values whose answers differ from the current: a colleague's newer ones hold for others."""
        answers = {key: to_stored(value) for key, value in result.by_field().items()}
        return {key: raw for key, raw in self.typed.items() if answers.get(key) != self.current.get(key)}

    def editable_fields(self) -> list[Field]:
        """The fields that are shown, given the answers so far, and that Slack may ask for, in the form's order."""
        answers = self.validate("sv").by_field()
        return [one for one in self.definition.visible_fields(answers) if self._is_for_slack(one)]

    def next_fields(self, requested: Collection[str]) -> list[Field]:
        """The fields of the next step: those that have not been requested for, or are shown since."""
        return [one for one in self.editable_fields() if one.key not in requested][:MAX_FIELDS]

    def is_personal(self, field: Field, value: Any) -> bool:
        """Whether the valid answer must not have been typed in Slack."""
        return not may_pass_through_slack(field, to_stored(value), self.names)

    def _is_for_slack(self, field: Field) -> bool:
        stored = self.current.get(field.key)
        return (
            field.kind in KINDS
            and len(field.choices) <= MAX_CHOICES
            and len(str(stored or "")) <= MAX_TYPED
            and may_pass_through_slack(field, stored if stored is not None else "", self.names)
        )
