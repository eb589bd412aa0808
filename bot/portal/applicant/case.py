"""Mina sidor: the list of the applicant's cases, and the page of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.municipality import Contact
from bot.domain.actors import officer_name
from bot.domain.messages.correspondence import may_add_information, may_write
from bot.domain.six_month_rule import is_request_waiting, may_request_decision
from bot.domain.submission import STOPPED, FileRef
from bot.domain.views import ApplicantCaseView, HistoryLine, ListedCase, MessageLine
from bot.portal.applicant.applicant_context import (
    ApplicantCase,
    ApplicantContext,
    SignedInApplicant,
    load_case,
    may_follow,
)
from bot.portal.applicant.submission.receipt import answer_rows
from bot.portal.applicant.timeline import create_steps, current_step, is_hidden
from bot.portal.applicant.unconfirmed import find_unconfirmed
from bot.portal.download import download
from bot.portal.flash import NOTHING, Flash, clear_flash, read_flash
from bot.portal.forms.retained_uploads import RetainedFile
from bot.portal.signing import create_form_key
from bot.store import Tx
from bot.store.cases import applicant_queries
from bot.store.files import attachments
from bot.store.lists.queries import case_lists
from bot.text.working_days import local_day

router = APIRouter()


@dataclass(frozen=True)
class AnswerForm:
    """The answer form as it was filled in when it was refused."""

    text: str = ""
    kind: str = "add"
    problems: Sequence[str] = ()
    retained: Sequence[RetainedFile] = ()
    key: str = ""
    file_problems: Sequence[str] = ()

    @property
    def field_problems(self) -> list[tuple[str, str]]:
        """Each problem with the id of its field."""
        return [("text", problem) for problem in self.problems] + [
            ("files", problem) for problem in self.file_problems
        ]


@dataclass(frozen=True, slots=True)
class ListItem:
    """A case in the list."""

    row: ListedCase
    name: str
    status: str
    description: str


@router.get("/mina-sidor")
async def on_opened_my_pages(context: SignedInApplicant) -> Response:
    page = context.page
    rows, steps = await page.deps.service.database.read(lambda tx: _load_list(tx, context))
    items = [_list_item(row, steps.get(row.id, ()), context) for row in rows]
    return page.render(
        "my_cases.html",
        unconfirmed=len({one.case_id for one in await find_unconfirmed(context)}),
        open=[item for item in items if item and item.row.closed_at is None],
        closed=[item for item in items if item and item.row.closed_at is not None],
    )


@router.get("/mina-sidor/arende/{case_id}")
async def on_opened_case(context: SignedInApplicant, case_id: str, ny: str = "") -> Response:
    flash = read_flash(context, case_id)
    response = case_page(context, await load_case(context, case_id), AnswerForm(), new=ny, flash=flash)
    clear_flash(context, response, flash)
    return response


@router.get("/mina-sidor/arende/{case_id}/fil/{file_id}")
async def on_opened_file(context: SignedInApplicant, case_id: str, file_id: str) -> Response:
    page = context.page
    await load_case(context, case_id)
    file = await page.deps.service.database.read(
        lambda tx: attachments.find_file(tx, context.applicant, case_id, file_id, page.now)
    )
    if file is None:
        raise HTTPException(404)
    return await download(page, file.file)


def case_page(
    context: ApplicantContext,
    applicant_case: ApplicantCase,
    typed: AnswerForm,
    *,
    new: str = "",
    flash: Flash = NOTHING,
) -> Response:
    """The page: status, conversation, submission, and a form to answer.

    `new` is the id of the message that a letter led to, `flash` what was just done, about a message or the case.
    """
    page, view, service = context.page, applicant_case.view, applicant_case.service
    steps = create_steps(applicant_case.status_steps, service, page.words)
    return page.render(
        "case.html",
        422 if typed.field_problems else 200,
        page_path=f"/mina-sidor/arende/{view.case.id}",
        case=view.case,
        name=view.definition.name.in_(page.language),
        steps=steps,
        messages=[_message_item(context, message) for message in view.messages],
        representations=view.representations,
        typed=typed,
        key=typed.key or create_form_key(page.deps.keys, answer_key_binding(context, view.case.id), page.now),
        new=new,
        ok=page.words(f"page.ok.{flash.done}") if flash.done else "",
        ok_at=flash.about if flash.about in {message.id for message in view.messages} else "",
        contact=_contact(context),
        limits=page.catalog.municipality.files,
        discreet=service is None or service.strict,
        answered_by=view.case.decide_by if is_request_waiting(view.case) else None,
        **_submission_facts(context, view),
        **_offered_actions(context, applicant_case),
    )


def _submission_facts(context: ApplicantContext, view: ApplicantCaseView) -> dict[str, Any]:
    """What the page says of the submission: the answers now and as they were submitted, and the files."""
    w = context.page.words
    return {
        "rows": answer_rows(view.definition, view.answers, w),
        "submitted_rows": answer_rows(view.definition, view.submitted or {}, w),
        "files": view.files,
        "stopped": _stopped_files(view),
    }


def _offered_actions(context: ApplicantContext, applicant_case: ApplicantCase) -> dict[str, Any]:
    """What the applicant may do on the page: write, add information that is asked for, ask for a decision."""
    page, view, service = context.page, applicant_case.view, applicant_case.service
    may_ask = service is not None and may_write(view.case, service, page.now)
    is_information_requested = service is not None and may_add_information(view.case, service)
    return {
        "may_ask": may_ask,
        "asked": is_information_requested,
        "writes": may_ask or is_information_requested,
        "answer_by": _answer_by(view.messages) if is_information_requested else None,
        "may_request_decision": service is not None
        and may_request_decision(view.case, service, local_day(page.now)),
    }


def answer_key_binding(context: ApplicantContext, case_id: str) -> list[str]:
    """What the answer form's key is bound to: the case and the mailbox, so that it is valid in a new session too."""
    return ["answer", case_id, context.subject]


@dataclass(frozen=True, slots=True)
class MessageItem:
    """A message and its sender, as shown to the applicant."""

    line: MessageLine
    sender: str
    kind: str


def _message_item(context: ApplicantContext, message: MessageLine) -> MessageItem:
    page = context.page
    w = page.words
    if message.from_applicant:
        sender = w("page.case.you") if message.applicant in context.applicant.ids else w("page.case.other")
        return MessageItem(message, sender, w("message.kind.added") if message.kind == "added" else "")
    officer = page.catalog.officer(message.by.partition(":")[2])
    unit = officer.unit.in_(page.language) if officer else page.catalog.municipality.name.in_(page.language)
    name = officer_name(message.by, page.catalog) if officer else ""
    kind = "" if message.kind == "information" else w(f"message.kind.{message.kind}")
    return MessageItem(message, f"{name}, {unit}" if name else unit, kind)


def _answer_by(messages: Sequence[MessageLine]) -> date | None:
    """The day to answer by of the latest message that has one."""
    return next((message.answer_by for message in reversed(messages) if message.answer_by), None)


def _stopped_files(view: ApplicantCaseView) -> list[FileRef]:
    """The applicants' files that the virus scanner has stopped, until they have sent others since."""
    stopped = [file for file in view.files if file.scan in STOPPED]
    for message in view.messages:
        if message.from_applicant and message.files:
            in_message = [file for file in message.files if file.scan in STOPPED]
            stopped = [*stopped, *in_message] if in_message else []
    return stopped


def _contact(context: ApplicantContext) -> Contact:
    return context.page.catalog.municipality.contact


def _load_list(
    tx: Tx, context: ApplicantContext
) -> tuple[Sequence[ListedCase], Mapping[str, Sequence[HistoryLine]]]:
    """The applicant's cases, and how those came to their status of which the applicant is not told."""
    page, applicant = context.page, context.applicant
    rows = case_lists.list_applicant_cases(tx, applicant, page.now)
    hidden = [row for row in rows if is_hidden(row.status, page.catalog.service(row.service))]
    return rows, {
        row.id: applicant_queries.load_status_steps(tx, applicant, row.id, page.now) for row in hidden
    }


def _list_item(row: ListedCase, lines: Sequence[HistoryLine], context: ApplicantContext) -> ListItem | None:
    service, w = context.page.catalog.service(row.service), context.page.words
    if not may_follow(service):
        return None
    if service is None:
        return ListItem(row, row.number, "", "")
    step = current_step(row, lines, service, w)
    description = step.description if step.description != step.name else ""
    return ListItem(row, service.name.in_(w.language), step.name, description)
