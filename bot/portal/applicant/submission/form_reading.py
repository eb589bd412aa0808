"""Reading of an e-service's form: its persons, answers and files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.definition import create_definition
from bot.catalog.services import EService
from bot.portal.applicant.submission import contacts
from bot.portal.applicant.submission.filled_form import ANSWER_PREFIX, Form
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import collect_files, infected_texts, refusal_texts
from bot.portal.page_context import PageContext
from bot.text.typed_values import parse_count
from bot.text.working_days import local_day


@dataclass(frozen=True)
class Problems:
    """The problems in each part of the form."""

    contact: Sequence[FieldProblem] = ()
    service: Sequence[FieldProblem] = ()

    @property
    def has_any(self) -> bool:
        return bool(self.contact or self.service)


NO_PROBLEMS = Problems()


async def read_filled_form(page: PageContext, service: EService, posted: PostedForm, nonce: str) -> Form:
    """The form as posted, with its files; `nonce` is that of its key, and empty for one that is not valid."""
    definition = create_definition(service)
    retained = {
        field.key: await collect_files(page, posted, ANSWER_PREFIX + field.key, nonce)
        for field in definition.fields
        if field.kind == "file" and nonce
    }
    persons = min(max(1, parse_count(posted.get("persons"), 1)), contacts.MAX_PERSONS)
    return Form(
        service,
        definition,
        posted,
        posted.get("key"),
        nonce,
        persons if service.several_applicants else 1,
        retained,
    )


def apply_button(form: Form, action: str) -> Form:
    """The form after a button within it: a person added or removed."""
    if action == "add_person" and form.service.several_applicants:
        return replace(form, persons=min(form.persons + 1, contacts.MAX_PERSONS))
    person = parse_count(action.removeprefix("remove_person:"), 0)
    if 0 < person < form.persons:
        return replace(
            form, persons=form.persons - 1, posted=_without_person(form.posted, person, form.persons)
        )
    return form


def _without_person(posted: PostedForm, removed: int, count: int) -> PostedForm:
    """The posted form without one person; later ones move up."""
    names = {f"{contacts.PREFIX}p{n}_": f"{contacts.PREFIX}p{n - 1}_" for n in range(removed + 1, count)}
    fields = []
    for name, value in posted.fields:
        start, sign, end = name.partition("_")
        if start + sign == f"{contacts.PREFIX}p{removed}_":
            continue
        fields.append((names.get(start + sign, start + sign) + end, value))
    return PostedForm(fields=fields, uploads=posted.uploads)


def validate_form(page: PageContext, form: Form) -> tuple[ValidationResult, ValidationResult]:
    """The results for the questions about the applicants, and for the e-service's own."""
    today = local_day(page.now)
    contact_result = validate_answers(
        form.contact_section.definition, form.contact_section.raw_answers(), page.language, today=today
    )
    return contact_result, validate_answers(
        form.definition,
        form.service_section.raw_answers(),
        page.language,
        today=today,
        anonymous=contacts.is_anonymous(contact_result.by_field()),
    )


def refused_files(page: PageContext, form: Form) -> list[FieldProblem]:
    """A problem for each file that was refused, or that the virus scanner has found to be harmful."""
    return [
        FieldProblem(field.key, "page.plain", {"text": text})
        for field in form.definition.fields
        if field.kind == "file"
        for text in [
            *refusal_texts(page, form.posted.refused_files(ANSWER_PREFIX + field.key)),
            *infected_texts(page, form.retained.get(field.key, ())),
        ]
    ]


def require_published(page: PageContext, name: str) -> EService:
    """The e-service by its slug, or by its key, which addresses of before hold. Raises HTTPException 404."""
    service = page.catalog.service(name) or next(
        (service for service in page.catalog.services.values() if service.slug == name), None
    )
    if service is None or not service.is_published:
        raise HTTPException(404)
    return service
