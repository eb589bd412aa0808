"""The questions of an e-service's form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema, model_validator
from pydantic import Field as Given

from bot.catalog.base import Key, Model, Text
from bot.catalog.faults import Fault, FaultError, fault, raise_any

FieldKind = Literal[
    "text",
    "long_text",
    "number",
    "date",
    "choice",
    "choices",
    "yes_no",
    "email",
    "phone",
    "personnummer",
    "organisation_number",
    "address",
    "property",
    "file",
    "info",
]

# Kinds whose answers a card in a channel may show.
ON_CARD_KINDS = frozenset({"choice", "yes_no", "number", "date"})
NEVER_IN_SLACK_KINDS = frozenset({"personnummer", "file"})
PERSONAL_KINDS = frozenset({"personnummer", "email", "phone", "address", "file"})
"""Kinds that identify or reach a person: their answers are never shown in Slack."""
CARD_LABEL_KINDS = frozenset({"yes_no", "number", "date"})
"""Kinds whose answers say nothing on a card without a label."""
MAX_CARD_LABEL = 40
"""The most characters of a label on a card."""
TYPED_KINDS = frozenset({"text", "long_text", "number", "property"})
"""Kinds whose answers are in the sender's own words, and may hold anything."""
CHOICE_KINDS = frozenset({"choice", "choices"})
OWN_KINDS = frozenset({"address", "email", "phone"})
LIMITED_KINDS = frozenset({"number", "date"})
PATTERN_KINDS = frozenset({"text", "long_text", "property"})

# Field keys become names in forms and Slack's block ids, where a hyphen is a nuisance.
FIELD_KEY_PATTERN = r"^[a-z][a-z0-9_]*$"
FieldKey = Annotated[str, StringConstraints(pattern=FIELD_KEY_PATTERN, max_length=60)]


_NUMBER_PATTERN = r"^-?\d+(\.\d+)?$"


def _limit(value: object) -> object:
    """A limit, which is a number or a date; pydantic by itself would read 5 as a date in 1970."""
    if isinstance(value, bool):
        raise FaultError(fault("fault.not_limit"))
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str) and re.fullmatch(_NUMBER_PATTERN, value):
        return Decimal(value)
    return value


# By itself pydantic says that a number may be any text, so that an editor would let 12,5 pass.
_Number = Annotated[
    Decimal, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": _NUMBER_PATTERN}]})
]
Limit = Annotated[date | _Number, BeforeValidator(_limit)]


class Choice(Model):
    """One of the answers that can be chosen."""

    key: Key
    """What is stored. Never change it once it has been chosen."""
    label: Text
    """What people read."""


Answers = bool | str | tuple[bool | str, ...]


def as_tuple(answers: Answers) -> tuple[bool | str, ...]:
    return answers if isinstance(answers, tuple) else (answers,)


class Condition(Model):
    """Holds when the answer to `field` is `is`, or one of them; for several choices, when any of them is."""

    field: FieldKey
    """The key of the question, which comes before."""
    is_: Answers = Given(alias="is")
    """The answer, or the answers of which one is given."""

    @property
    def values(self) -> tuple[bool | str, ...]:
        return as_tuple(self.is_)

    def holds(self, answers: Mapping[str, object]) -> bool:
        answer = answers.get(self.field)
        answered = answer if isinstance(answer, tuple) else (answer,)
        return any(
            given == expected and type(given) is type(expected)
            for given in answered
            for expected in self.values
        )


ANONYMOUS = "anonymous"
"""The key in rules for the applicant's choice to be anonymous, which is like a yes/no field."""


class AnswerRule(Model):
    """What an answer to the field that has it, `when` it is given, means for another field's answer.

    Of `forbids`, that may not be `is`; of `requires`, it must be, or, without `is`, be there at all. `text` is what
    one who broke the rule is told, in place of a default that names the two questions.
    """

    when: Answers
    """The answer to the field that has the rule, for which it applies."""
    field: FieldKey
    """The key of the other field, or `anonymous` for the choice to give no name."""
    is_: Answers | None = Given(default=None, alias="is")
    """The other field's answer that is forbidden or required."""
    text: Text | None = None
    """What one who broke the rule is told, in place of a default that names the two questions."""

    def applies(self, key: str, answers: Mapping[str, object]) -> bool:
        """Whether the answer to the rule's own field, `key`, makes the rule apply."""
        return Condition(field=key, is_=self.when).holds(answers)

    def holds(self, answers: Mapping[str, object]) -> bool:
        """Whether the answer to the other field agrees with the rule."""
        if self.is_ is None:
            return answers.get(self.field) is not None
        return Condition(field=self.field, is_=self.is_).holds(answers)

    @model_validator(mode="after")
    def _check_text(self) -> Self:
        if self.field == ANONYMOUS and self.text is None:
            raise FaultError(fault("fault.anonymous_text"))
        return self


class FieldErrors(Model):
    """Texts that replace the default sentences about an invalid answer, by kind of problem."""

    empty: Text | None = None
    """Nothing was answered."""
    wrong_form: Text | None = None
    """It does not look like what was asked for."""
    check_digit: Text | None = None
    """The last digit of a number does not agree with the others."""
    in_the_future: Text | None = None
    """A day that has not been."""
    not_whole: Text | None = None
    """A number with decimals where a whole one was asked for."""
    too_small: Text | None = None
    """A number below `min`."""
    too_large: Text | None = None
    """A number above `max`."""
    too_early: Text | None = None
    """A day before `min`."""
    too_late: Text | None = None
    """A day after `max`."""
    too_long: Text | None = None
    """More characters than `max_length`."""
    too_many_files: Text | None = None
    """More files than `max_files`."""

    def text_for(self, key: str) -> Text | None:
        """The field's own text for a default sentence's key, such as `answer.required`."""
        way = _WAYS.get(key, key.removeprefix("answer."))
        found: Text | None = getattr(self, way if way in FieldErrors.model_fields else "wrong_form")
        return found


_WAYS = {"answer.required": "empty", "answer.wrong_check_digit": "check_digit"}

# A question or a noun can stand in a sentence; what begins so is one of its own.
_IMPERATIVES = frozenset(
    {
        "ange",
        "berätta",
        "beskriv",
        "bifoga",
        "fyll",
        "förklara",
        "kryssa",
        "ladda",
        "lista",
        "lämna",
        "markera",
    }
    | {
        "motivera",
        "redogör",
        "skriv",
        "svara",
        "uppge",
        "välj",
        "attach",
        "choose",
        "describe",
        "enter",
        "explain",
    }
    | {"fill", "give", "list", "select", "specify", "state", "tell", "upload", "write"}
)


def is_sentence(label: str) -> bool:
    """Whether a label is a sentence of its own, so that the defaults, such as "Fyll i …", cannot be said of it."""
    words = label.split()
    return bool(words) and (label.rstrip().endswith((".", "!", ":")) or words[0].lower() in _IMPERATIVES)


class Field(Model):
    """A question of a form, or a text between questions."""

    key: FieldKey
    """The name by which the answer is stored. Never change it once there are cases."""
    kind: FieldKind
    """What kind of answer it takes: `text` (one line), `long_text`, `number`, `date`, `choice` (one of `choices`),
    `choices` (several of them), `yes_no`, `email`, `phone`, `personnummer` (samordningsnummer too),
    `organisation_number`, `address` (street, postcode and town), `property` (fastighetsbeteckning) or `file`. An `info`
    is a text between questions, in lines as they are written; it has no tables.
    """
    label: Text
    """The question."""
    help: Text | None = None
    """A sentence below it."""
    required: bool = False
    """Whether it must be answered."""
    errors: FieldErrors = FieldErrors()
    """Own texts about an invalid answer, by what is wrong with it."""
    pattern: str | None = None
    """A regular expression that the whole of a text must match."""
    pattern_help: Text | None = None
    """What the pattern asks for, in words."""
    shown_if: Condition | None = None
    """The question is only asked after that answer to an earlier one."""
    forbids: tuple[AnswerRule, ...] = ()
    """Answers to other questions that an answer to this one rules out."""
    requires: tuple[AnswerRule, ...] = ()
    """Answers to other questions that an answer to this one requires."""
    in_slack: bool = False
    """Whether the answer may be shown in Slack's dialogs. What tells of a person never is, whatever is written here."""
    on_card: bool = False
    """Whether the card in the channel shows the answer: only of a `choice`, `yes_no`, `number` or `date`."""
    card_label: Text | None = None
    """How a card says the answer: a short name, or a sentence with {answer} in it, such as "{answer} m²". Needed where
    a `yes_no`, `number` or `date` is `on_card` and its label is a question (ends with "?"), a sentence or longer than
    40 characters.
    """
    searchable: bool = False
    """Whether officers find the case by the answer's words."""
    registered: bool = Given(default=True, examples=[False])
    """Of a file: whether what is attached is registered (diarieförs), as case files say it."""
    own: bool = Given(default=False, examples=[True])
    """The answer is about the applicant themselves, such as their own address: browsers may fill it in."""
    sensitive: bool = False
    """The answer is shown on the case page only, and never in Slack or on a card."""
    choices: tuple[Choice, ...] = ()
    """What can be chosen, in order."""
    min: Limit | None = None
    """The least number, or the first day: a date, never counted from the day of the application."""
    max: Limit | None = None
    """The largest number, or the last day: a date, as for `min`."""
    whole: bool = False
    """Of a number: only whole numbers are answers."""
    max_length: int | None = Given(default=None, ge=1, le=100_000)
    """Characters of a text."""
    max_files: int | None = Given(default=None, ge=1, le=50)
    """Files of one answer."""

    def choice(self, key: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.key == key), None)

    def choice_label(self, key: str, language: str) -> str:
        """The label of a choice, or its key where the field no longer has it."""
        choice = self.choice(key)
        return choice.label.in_(language) if choice else key

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        raise_any([*self._privacy_errors(), *self._choice_errors(), *self._limit_errors()])
        return self

    def _privacy_errors(self) -> list[Fault]:
        wrong = []
        if self.on_card and self.kind not in ON_CARD_KINDS:
            wrong.append(_only_for("fault.on_card_kind", ON_CARD_KINDS, self.kind))
        if self.on_card and self.sensitive:
            wrong.append(fault("fault.on_card_sensitive"))
        wrong += self._card_label_errors()
        if self.in_slack and self.kind in NEVER_IN_SLACK_KINDS:
            wrong.append(fault("fault.in_slack_kind", kind=self.kind))
        if self.in_slack and self.sensitive:
            wrong.append(fault("fault.in_slack_sensitive"))
        if self.own and self.kind not in OWN_KINDS:
            wrong.append(_only_for("fault.own_kind", OWN_KINDS, self.kind))
        return wrong

    def _card_label_errors(self) -> list[Fault]:
        if self.card_label is None:
            return []
        wrong = [] if self.on_card else [fault("fault.card_label_off")]
        for text in dict.fromkeys((self.card_label.sv, self.card_label.en)):
            without = text.replace("{answer}", "", 1)
            if re.search("[{}]", without):
                wrong.append(fault("fault.card_label_braces", label=text))
            if len(without) > MAX_CARD_LABEL:
                wrong.append(fault("fault.card_label_long", label=text, most=MAX_CARD_LABEL))
        return wrong

    def _choice_errors(self) -> list[Fault]:
        keys = [choice.key for choice in self.choices]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        wrong = [fault("fault.choice_twice", key=key) for key in twice]
        if self.kind in CHOICE_KINDS and not keys:
            wrong.append(fault("fault.no_choices", kind=self.kind))
        if self.kind not in CHOICE_KINDS and keys:
            wrong.append(_only_for("fault.choices_kind", CHOICE_KINDS, self.kind))
        if self.kind == "info" and self.required:
            wrong.append(fault("fault.info_required"))
        return wrong

    def _limit_errors(self) -> list[Fault]:
        wrong = []
        limits = [limit for limit in (self.min, self.max) if limit is not None]
        if limits and self.kind not in LIMITED_KINDS:
            wrong.append(_only_for("fault.limits_kind", LIMITED_KINDS, self.kind))
        elif any(isinstance(limit, date) != (self.kind == "date") for limit in limits):
            wrong.append(fault("fault.limits_date" if self.kind == "date" else "fault.limits_number"))
        elif len(limits) == 2 and limits[0] > limits[1]:  # type: ignore[operator]
            wrong.append(fault("fault.min_after_max", least=f"{self.min}", most=f"{self.max}"))
        if self.whole and self.kind != "number":
            wrong.append(fault("fault.whole_kind", kind=self.kind))
        if self.pattern is not None:
            wrong += _pattern_errors(self.kind, self.pattern)
        return wrong


def _pattern_errors(kind: str, pattern: str) -> list[Fault]:
    if kind not in PATTERN_KINDS:
        return [_only_for("fault.pattern_kind", PATTERN_KINDS, kind)]
    try:
        re.compile(pattern)
    except re.error as wrong:
        return [fault("fault.regex", position=(wrong.pos or 0) + 1)]
    return []


def _only_for(key: str, kinds: frozenset[str], kind: str) -> Fault:
    """That a key is for some kinds of fields, and not for this one."""
    return fault(key, kinds=tuple(sorted(kinds)), kind=kind)
