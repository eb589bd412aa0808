"""A form that is submitted again after its case was opened, as after the browser's Back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers.values import to_stored
from bot.domain.submission import Person
from bot.domain.views import CaseView
from bot.portal.applicant.submission import contacts, saved_form
from bot.portal.applicant.submission.filled_form import Form, form_path
from bot.portal.applicant.submission.form_reading import validate_form
from bot.portal.applicant.submission.receipt import load_submission, receipt_address, redirect_to_receipt
from bot.portal.applicant.submission.review import ReviewRow, review_rows
from bot.portal.applicant.submission.saved_form import Step
from bot.portal.forms.idempotency_keys import make_submission_key
from bot.portal.page_context import PageContext
from bot.service import CommandResult
from bot.store.engine import idempotency


async def find_opened_case(page: PageContext, nonce: str) -> str | None:
    """The id of the case that the form with that nonce has opened; None where it has not."""
    key = make_submission_key(nonce)
    stored = await page.deps.service.database.read(lambda tx: idempotency.find(tx, key))
    return CommandResult.from_json(stored).case_id if stored and "done" in stored else None


async def receive_resubmission(page: PageContext, form: Form, case_id: str) -> Response:
    """What comes of a form whose case is opened: the receipt, or the page that it is sent in already.

    Answers that were changed are kept for a while, and shown there.
    """
    action = form.posted.get("do")
    if action == "discard" or not form.posted.fields:
        return await _lead_to_page(page, form, case_id)
    view = await _load(page, case_id)
    if any(_changes(page, form, view)):
        return await saved_form.show(page, form, Step(), partial(_draw, page, case_id))
    if action in ("", "check", "send", "confirm", "unconfirmed"):
        return redirect_to_receipt(page, case_id, "before")
    return await _lead_to_page(page, form, case_id)


async def already_sent_page(page: PageContext, form: Form | None, case_id: str) -> Response:
    """That the case is sent in already, with its number; and what was changed since, where that can be sent."""
    view = await _load(page, case_id)
    changes = list(_changes(page, form, view)) if form is not None else []
    service = page.catalog.service(view.case.service)
    is_strict = service is None or service.strict
    follows = (
        service is not None and contacts.requires_mail(service) and any(one.email for one in view.people)
    )
    return page.render(
        "already_sent.html",
        409 if changes else 200,
        case=view.case,
        rows=changes,
        follows=follows,
        discreet=is_strict,
        contact=page.catalog.municipality.contact,
        receipt=receipt_address(page, case_id),
        form_path=form_path(service) if service is not None and service.is_published else "",
    )


async def _lead_to_page(page: PageContext, form: Form, case_id: str) -> Response:
    if form.place is not None:
        return page.redirect(form.place.address)
    return await already_sent_page(page, None, case_id)


async def _draw(page: PageContext, case_id: str, form: Form, _: Step) -> Response:
    return await already_sent_page(page, form, case_id)


async def _load(page: PageContext, case_id: str) -> CaseView:
    view = await load_submission(page, case_id)
    if view is None:
        raise HTTPException(404)
    return view


def _changes(page: PageContext, form: Form, view: CaseView) -> Iterator[tuple[str, str]]:
    """(question, answer) for answers that differ from the submission."""
    contact_result, service_result = validate_form(page, form)
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
            retained = [one.file for one in form.retained.get(field.key, ())]
            new = [file.name for file in retained if file.sha256 not in sent_files]
            if new:
                yield row.label, page.words.list(new)
        elif field.key in wrong or answers.get(field.key) != view.answers.get(field.key):
            yield row.label, _typed(form, row) or page.words("page.check.empty")


def _facts(people: tuple[Person, ...]) -> list[tuple[str, ...]]:
    return sorted((person.name, person.email, person.phone, person.role) for person in people)


def _typed(form: Form, row: ReviewRow) -> str:
    """The answer in words; where it is invalid, what was typed."""
    return row.answer or form.posted.get(row.name)
