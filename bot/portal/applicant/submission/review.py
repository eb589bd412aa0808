"""The review of the answers before they are submitted, each with a link back to its question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from bot.catalog.answers.validation import ValidationResult
from bot.catalog.answers.values import Value
from bot.domain.answer_formatting import format_answer
from bot.portal.applicant.submission import contacts
from bot.portal.applicant.submission.filled_form import Form, group_by_person
from bot.portal.forms.form_questions import FormSection
from bot.portal.page_context import PageContext
from bot.text.working_days import local_day


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A visible question and its answer in words; empty where it is unanswered."""

    name: str
    focus_id: str
    label: str
    answer: str


def review_page(
    page: PageContext,
    form: Form,
    results: tuple[ValidationResult, ValidationResult],
    *,
    alert: str = "",
) -> Response:
    """The page. Only its button submits the form."""
    contact_result, service_result = results
    contact_rows = [row for row in review_rows(form.contact_section, contact_result, page) if row.answer]
    return page.render(
        "check.html",
        service=form.service,
        discreet=form.service.strict,
        about=group_by_person(contact_rows),
        mailboxes=[row for row in contact_rows if row.name.endswith("_email")],
        matter=review_rows(form.service_section, service_result, page),
        hidden=list(hidden_fields(form)),
        form=form,
        alert=alert,
        follows=contacts.requires_mail(form.service),
    )


def review_rows(section: FormSection, result: ValidationResult, page: PageContext) -> list[ReviewRow]:
    """The visible questions, given the answers, in the form's order."""
    answers: Mapping[str, Value] = result.by_field()
    w = page.words
    questions = section.questions((), w, local_day(page.now))
    visible = {field.key for field in section.definition.visible_fields(answers) if field.kind != "info"}
    return [
        ReviewRow(
            question.name, question.focus_id, question.label, format_answer(field, answers.get(field.key), w)
        )
        for field, question in zip(section.definition.fields, questions, strict=True)
        if field.key in visible
    ]


_CONTROL_FIELDS = ("do", "key", "persons", "mark", "step", "code", "confirm")


def is_control(name: str) -> bool:
    """Whether a field of that name is no answer."""
    return name in _CONTROL_FIELDS or name.startswith(("kept_", "version-"))


def hidden_fields(form: Form) -> Iterator[tuple[str, str]]:
    """(name, value) of hidden fields with what was posted, and references to its files."""
    for name, value in form.posted.fields:
        if value and not is_control(name):
            yield name, value
    for section in (form.contact_section, form.service_section):
        for field, files in section.retained.items():
            yield from ((f"kept_{section.prefix}{field}", one.token) for one in files)
