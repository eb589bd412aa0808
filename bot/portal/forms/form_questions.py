"""Questions for rendering: the field, what was typed, and the problems with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Any

from bot.catalog.answers.parsing import ADDRESS_PARTS
from bot.catalog.answers.validation import FieldProblem
from bot.catalog.answers.values import FileRef as FileAnswer
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.domain.answer_formatting import typed_answer
from bot.domain.answer_problems import problem_text
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import RetainedFile
from bot.text import Words

MAX_RADIOS = 7
"""Up to so many choices are radio buttons; more are a menu."""

# Fields that browsers may fill in automatically: those of the first person only.
AUTOCOMPLETE = {"om-p0_name": "name", "om-p0_email": "email", "om-p0_phone": "tel"}
OWN_AUTOCOMPLETE = {"address": "street-address", "email": "email", "phone": "tel"}
INPUT_MODES = {"number": "decimal", "personnummer": "numeric", "organisation_number": "numeric"}
WIDGETS = {"yes_no": "radios", "choices": "checks", "long_text": "textarea", "address": "address"}
WIDGETS |= {"file": "file", "info": "info"}
INPUT_TYPES = {"email": "email", "phone": "tel"}
SHORT_KINDS = frozenset({*INPUT_MODES, "date"})


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `widget` names the macro that renders it, `value` is what was typed."""

    name: str
    widget: str
    label: str
    help: str = ""
    required: bool = False
    value: str = ""
    parts: Mapping[str, str]
    options: tuple[Option, ...] = ()
    files: tuple[RetainedFile, ...] = ()
    problems: tuple[str, ...] = ()
    input_type: str = "text"
    input_mode: str = ""
    is_short: bool = False
    autocomplete: str = ""
    max_length: int | None = None
    condition: str = ""
    newer_answer: str = ""
    """The sentence that a colleague has answered otherwise meanwhile, in a form that is filled in again."""

    @property
    def focus_id(self) -> str:
        """The element that the error summary links to: the question's first input."""
        if self.widget == "address":
            return f"{self.name}.{next(iter(self.invalid_parts), 'street')}"
        return f"{self.name}-{self.options[0].key}" if self.widget in ("radios", "checks") else self.name

    @property
    def invalid_parts(self) -> tuple[str, ...]:
        """The invalid parts of an address: those that are missing, or else the postcode."""
        if self.widget != "address" or not self.problems:
            return ()
        return tuple(part for part in ADDRESS_PARTS[:3] if not self.parts.get(part)) or ("postcode",)

    @property
    def described_by(self) -> str:
        ids = [
            f"{self.name}-{part}"
            for part, text in (("help", self.help), ("newer", self.newer_answer))
            if text
        ]
        return " ".join([*ids, f"{self.name}-error"] if self.problems else ids)


@dataclass(frozen=True, slots=True)
class FormSection:
    """A section of a form by a definition. Its posted fields begin with `prefix`; `retained` are its files by field.

    `newer_answers` are sentences about answers that were changed meanwhile, by field. `is_own`: those who fill it in
    answer for themselves, so that browsers may help.
    """

    definition: Definition
    prefix: str
    posted: PostedForm
    retained: Mapping[str, Sequence[RetainedFile]]
    newer_answers: Mapping[str, str] = dataclass_field(default_factory=dict)
    is_own: bool = True

    def raw_answers(self) -> dict[str, object]:
        """What was typed, for `validate_answers`."""
        return {
            field.key: self._raw_answer(field) for field in self.definition.fields if field.kind != "info"
        }

    def _raw_answer(self, field: Field) -> object:
        name = self.prefix + field.key
        match field.kind:
            case "choices":
                return self.posted.get_all(name)
            case "address":
                return {part: self.posted.get(f"{name}.{part}") for part in ADDRESS_PARTS}
            case "file":
                return [
                    FileAnswer(one.file.id, one.file.name, one.file.size, one.file.kind)
                    for one in self.retained.get(field.key, ())
                ]
            case _:
                return self.posted.get(name)

    def questions(self, problems: Sequence[FieldProblem], w: Words, today: date) -> list[Question]:
        """The questions as filled in, each with its problems in words; `today` is an example of a date."""
        texts_by_field: dict[str, list[str]] = {}
        for problem in problems:
            texts_by_field.setdefault(problem.field, []).append(problem_text(problem, self.definition, w))
        raw = self.raw_answers()
        return [
            self._question(field, raw.get(field.key), texts_by_field.get(field.key, []), w, today)
            for field in self.definition.fields
        ]

    def _question(self, field: Field, raw: Any, problems: list[str], w: Words, today: date) -> Question:
        chosen = raw if isinstance(raw, list) else [raw]
        return Question(
            name=self.prefix + field.key,
            widget=_widget(field),
            label=field.label.in_(w.language),
            help=_help_text(field, w, today),
            required=field.required,
            value=raw if isinstance(raw, str) else "",
            parts=raw if isinstance(raw, dict) else {},
            options=_options(field, chosen, w),
            files=tuple(self.retained.get(field.key, ())),
            problems=tuple(problems),
            input_type=INPUT_TYPES.get(field.kind, "text"),
            is_short=field.kind in SHORT_KINDS,
            input_mode="numeric" if field.whole else INPUT_MODES.get(field.kind, ""),
            autocomplete=self._autocomplete(field),
            max_length=field.max_length,
            condition=condition_text(self.definition, field, w),
            newer_answer=self.newer_answers.get(field.key, ""),
        )

    def _autocomplete(self, field: Field) -> str:
        """A browser's word for what it may fill in: `off` for what an officer types and for other persons.

        Other answers have none: what was typed in a field that is off is gone when one goes back to the form.
        """
        name = self.prefix + field.key
        if not self.is_own or (name.startswith("om-") and name not in AUTOCOMPLETE):
            return "off"
        return AUTOCOMPLETE.get(name) or _own_autocomplete(field)


def typed_fields(definition: Definition, answers: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    """Stored answers as the form posts them, (name, value); without files, which are retained by references."""
    return [
        (f"{prefix}{one.key}{part}", typed)
        for one in definition.fields
        if one.kind not in ("file", "info") and answers.get(one.key) is not None
        for part, typed in _typed_parts(one, answers[one.key])
    ]


def _typed_parts(field: Field, stored: Any) -> list[tuple[str, str]]:
    """(suffix of the name, value) of each input; a value that does not fit the field's kind is left as it is."""
    if isinstance(stored, Mapping):
        return [(f".{part}", str(stored.get(part, ""))) for part in ADDRESS_PARTS]
    if isinstance(stored, list):
        return [("", str(one)) for one in stored]
    if isinstance(stored, bool):
        return [("", "true" if stored else "false")]
    return [("", typed_answer(field, str(stored)))]


def _own_autocomplete(field: Field) -> str:
    """The autocomplete value, for fields that are the applicant's own according to the catalog."""
    return OWN_AUTOCOMPLETE.get(field.kind, "") if field.own else ""


def _widget(field: Field) -> str:
    if field.kind == "choice":
        return "radios" if len(field.choices) <= MAX_RADIOS else "select"
    return WIDGETS.get(field.kind, "input")


def _options(field: Field, chosen: Sequence[Any], w: Words) -> tuple[Option, ...]:
    if field.kind == "yes_no":
        labels = {"true": w("value.yes"), "false": w("value.no")}
    else:
        labels = {choice.key: choice.label.in_(w.language) for choice in field.choices}
    return tuple(Option(key, label, key in chosen) for key, label in labels.items())


def _help_text(field: Field, w: Words, today: date) -> str:
    """The catalog's help text; else, and always for a date, what is to be typed."""
    own = field.help.in_(w.language) if field.help else ""
    if field.kind == "date":
        # No date input: browsers send nothing for an incomplete date, so it could not be reported.
        return f"{own} {w('page.help.date', day=_example_day(field, today).isoformat())}".strip()
    return own or _default_help(field, w)


def _example_day(field: Field, today: date) -> date:
    """The day on which the form is shown, which most dates may be, or the nearest one that is an answer."""
    day = max(today, field.min) if isinstance(field.min, date) else today
    return min(day, field.max) if isinstance(field.max, date) else day


def _default_help(field: Field, w: Words) -> str:
    match field.kind:
        case "personnummer":
            return w("page.help.personnummer")
        case "organisation_number":
            return w("page.help.organisation_number")
        case "property":
            return w("page.help.property")
        case _:
            return ""


def condition_text(definition: Definition, field: Field, w: Words) -> str:
    """When the question applies, for browsers that cannot hide it: Fyll i om du svarat Nej på …"""
    if field.shown_if is None or (other := definition.field(field.shown_if.field)) is None:
        return ""
    answers = [_value_text(other, value, w) for value in field.shown_if.values]
    label = other.label.in_(w.language).rstrip("?")
    return w("page.form.condition", answer=w.list(answers), question=label)


def _value_text(field: Field, value: bool | str, w: Words) -> str:
    if isinstance(value, bool):
        return w("value.yes") if value else w("value.no")
    return field.choice_label(value, w.language)


def visibility_css(definition: Definition, prefix: str) -> str:
    """A style sheet that shows a question only when the answer it depends on is chosen, without scripts."""
    rules = []
    for field in definition.fields:
        if condition := _selector(definition, field, prefix):
            name = prefix + field.key
            rules.append(f'form .question[data-for="{name}"] {{ display: none }}')
            rules += [f'form{one} .question[data-for="{name}"] {{ display: block }}' for one in condition]
    return "\n".join(["@supports selector(:has(a)) {", *rules, "}"]) if rules else ""


def _selector(definition: Definition, field: Field, prefix: str) -> list[str]:
    """Selectors for the form's state in which the field is shown; empty where CSS cannot express it."""
    condition = field.shown_if
    other = definition.field(condition.field) if condition else None
    if condition is None or other is None or other.kind not in ("choice", "choices", "yes_no"):
        return []
    outer = _selector(definition, other, prefix) if other.shown_if else [""]
    own_selectors = [_chosen_selector(prefix + other.key, value) for value in condition.values]
    return [f"{outer_selector}{own_selector}" for outer_selector in outer for own_selector in own_selectors]


def _chosen_selector(name: str, value: bool | str) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value
    return f':has([name="{name}"][value="{shown}"]:checked, [name="{name}"] > [value="{shown}"]:checked)'
