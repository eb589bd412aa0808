"""Validation of answers, for the web form, the API and the officer's editing alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.catalog.answers.parsing import parse_answer
from bot.catalog.answers.values import Address, FileRef, InvalidAnswer, Value
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import ANONYMOUS, AnswerRule, Field
from bot.text.typed_values import fold_typed


@dataclass(frozen=True)
class Answer:
    """The answer to one field, by the field's key."""

    field: str
    value: Value


@dataclass(frozen=True)
class FieldProblem:
    """Why an answer is not accepted; `words(lang)(key, **facts)` is the sentence."""

    field: str
    key: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class ValidationResult:
    """The valid answers, and what is wrong with the others."""

    answers: tuple[Answer, ...]
    problems: tuple[FieldProblem, ...]

    @property
    def is_valid(self) -> bool:
        return not self.problems

    def by_field(self) -> dict[str, Value]:
        return {answer.field: answer.value for answer in self.answers}


def validate_answers(
    definition: Definition,
    raw: Mapping[str, object],
    lang: str,
    *,
    today: date | None = None,
    anonymous: bool = False,
) -> ValidationResult:
    """Check the given answers against the form; the value of an earlier answer is accepted as it is.

    Texts in `raw` have passed `bot.text.clean` where they were received. Answers to fields that are not shown are
    dropped; a key that is no field is a problem, so that nothing a machine sends is silently lost. `today` gives the
    century of a personnummer in ten digits, and rules out a birth in the future. `anonymous` is what rules are told of
    who answers.
    """
    answers: dict[str, Value] = {}
    problems = [
        FieldProblem(key, "answer.unknown", {"label": key[:60]})
        for key in raw
        if definition.field(key) is None
    ]
    for field in definition.fields:
        if field.kind == "info" or not (field.shown_if is None or field.shown_if.holds(answers)):
            continue
        try:
            value = _parse_value(field, raw.get(field.key), today)
        except InvalidAnswer as error:
            problems.append(_problem(field, error, lang))
            continue
        if value is not None:
            answers[field.key] = value
    problems += _broken_rules(definition, answers | {ANONYMOUS: anonymous}, problems, lang)
    return ValidationResult(tuple(Answer(key, value) for key, value in answers.items()), tuple(problems))


def _broken_rules(
    definition: Definition, answers: Mapping[str, object], problems: Sequence[FieldProblem], lang: str
) -> Iterator[FieldProblem]:
    """Problems of answers that contradict each other, once for each; not where one of them is invalid by itself."""
    wrong = {problem.field for problem in problems}
    for field in definition.fields:
        for rule, is_broken_when in [
            *((one, True) for one in field.forbids),
            *((one, False) for one in field.requires),
        ]:
            if field.key in wrong or rule.field in wrong or not rule.applies(field.key, answers):
                continue
            if rule.holds(answers) is is_broken_when:
                yield _broken_rule(definition, field, rule, forbidden=is_broken_when, lang=lang)


def _broken_rule(
    definition: Definition, field: Field, rule: AnswerRule, *, forbidden: bool, lang: str
) -> FieldProblem:
    """The problem of a broken rule: at the field with the rule where it forbids, at the required field otherwise."""
    other = definition.field(rule.field)
    at = field if forbidden or other is None else other
    if rule.text is not None or other is None:
        return FieldProblem(at.key, "answer.own_text", {"text": rule.text.in_(lang) if rule.text else ""})
    labels = field.label.in_(lang), other.label.in_(lang)
    label, named = labels if forbidden else reversed(labels)
    return FieldProblem(
        at.key, "answer.forbidden" if forbidden else "answer.needed", {"label": label, "other": named}
    )


def _parse_value(field: Field, raw: object, today: date | None) -> Value | None:
    value = None if _is_empty(raw) else parse_answer(field, raw, today)
    if value is not None and value != ():
        return value
    if field.required:
        raise InvalidAnswer("answer.required")
    return None


def _is_empty(raw: object) -> bool:
    if isinstance(raw, str):
        return not fold_typed(raw).strip()
    if isinstance(raw, Mapping):
        return all(_is_empty(part) for part in raw.values())
    if isinstance(raw, list | tuple):
        return all(_is_empty(item) for item in raw)
    return raw is None


def _problem(field: Field, error: InvalidAnswer, lang: str) -> FieldProblem:
    """The problem with the field's own text, where the catalog has one for it."""
    if own := field.errors.text_for(error.key):
        return FieldProblem(field.key, "answer.own_text", {"text": own.in_(lang)})
    return FieldProblem(field.key, error.key, _facts(field, error, lang))


def _facts(field: Field, error: InvalidAnswer, lang: str) -> dict[str, object]:
    facts: dict[str, object] = {"label": field.label.in_(lang)}
    for name, fact in error.facts.items():
        facts[name] = fact.in_(lang) if isinstance(fact, Text) else fact
    return facts


__all__ = ["Address", "Answer", "FieldProblem", "FileRef", "ValidationResult", "Value", "validate_answers"]
