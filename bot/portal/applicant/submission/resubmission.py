"""A form that is submitted again after its case was opened, as after the browser's Back."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers.validation import ValidationResult
from bot.catalog.answers.values import to_stored
from bot.domain.submission import Person
from bot.domain.views import CaseView
from bot.portal.applicant.submission import contacts
from bot.portal.applicant.submission.filled_form import Form
from bot.portal.applicant.submission.receipt import load_submission, redirect_to_receipt
from bot.portal.applicant.submission.review import ReviewRow, review_rows
from bot.portal.page_context import PageContext
from bot.service import CommandResult
from bot.store.engine import idempotency


def idempotency_key(nonce: str) -> str:
    """The idempotency key of opening a case by the form with that nonce."""
    return f"form:{nonce}"


async def find_opened_case(page: PageContext, nonce: str) -> str | None:
    """The id of the case that the form with that nonce has opened; None where it has not."""
    key = idempotency_key(nonce)
    stored = await page.deps.service.database.read(lambda tx: idempotency.find(tx, key))
    return CommandResult.from_json(stored).case_id if stored and "done" in stored else None


async def resubmission_page(
    page: PageContext,
    form: Form,
    case_id: str,
    contact_result: ValidationResult,
    service_result: ValidationResult,
) -> Response:
    """The receipt; or, where answers were changed, a page that they are not saved and where they can be sent."""
    view = await load_submission(page, case_id)
    if view is None:
        raise HTTPException(404)
    changes = list(_changes(page, form, view, contact_result, service_result))
    if not changes:
        return redirect_to_receipt(page, case_id, "before")
    follows = contacts.requires_mail(form.service) and any(person.email for person in view.people)
    return page.render(
        "already_sent.html",
        409,
        case=view.case,
        rows=changes,
        follows=follows,
        discreet=form.service.strict,
        contact=page.catalog.municipality.contact,
    )


def _changes(
    page: PageContext,
    form: Form,
    view: CaseView,
    contact_result: ValidationResult,
    service_result: ValidationResult,
) -> Iterator[tuple[str, str]]:
    """(question, answer) for answers that differ from the submission."""
    people = contacts.parse_people(contact_result.by_field(), page.language)
    if contact_result.problems or _facts(people) != _facts(view.people):
        rows = review_rows(form.contact_section, contact_result, page)
        yield from ((row.label, _typed(form, row)) for row in rows if _typed(form, row))
    sent_files = {file.sha256 for file in view.files}
    wrong = {problem.field for problem in service_result.problems}
    answers = {key: to_stored(value) for key, value in service_result.by_field().items()}
    for row in review_rows(form.service_section, service_result, page):
        field = form.definition.field(row.name.removeprefix(form.service_section.prefix))
        if field is None:
            continue
        if field.kind == "file":
            new = [
                file.name for file in form.posted.accepted_files(row.name) if file.sha256 not in sent_files
            ]
            if new:
                yield row.label, page.words.list(new)
        elif field.key in wrong or answers.get(field.key) != view.answers.get(field.key):
            yield row.label, _typed(form, row) or page.words("page.check.empty")


def _facts(people: tuple[Person, ...]) -> list[tuple[str, ...]]:
    return sorted((person.name, person.email, person.phone, person.role) for person in people)


def _typed(form: Form, row: ReviewRow) -> str:
    """The answer in words; where it is invalid, what was typed."""
    return row.answer or form.posted.get(row.name)
