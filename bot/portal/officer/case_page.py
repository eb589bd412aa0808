"""The case page: all contents of a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers.values import may_pass_through_slack
from bot.catalog.presets import PresetName
from bot.domain.actors import actor_name, officer_name, writer_lines
from bot.domain.answer_formatting import format_answer
from bot.domain.case import Case
from bot.domain.case_actions import allowed_actions
from bot.domain.document_list import DOCUMENT_HEADINGS, describe_documents
from bot.domain.documents import find_unregistered, list_documents
from bot.domain.due_days import DUE_LABELS, due_days, due_line
from bot.domain.editing import find_changes
from bot.domain.event_wording import EventWording
from bot.domain.flags import Flag
from bot.domain.link_wording import describe_links
from bot.domain.messages.scheduled_messages import scheduled_lines
from bot.domain.retention_plan import disposal_line, retention_lines
from bot.domain.six_month_rule import delay_lines
from bot.domain.status import current_status_name
from bot.domain.submission import FileRef, arrival_text
from bot.domain.views import CaseView
from bot.portal.download import download, show
from bot.portal.flash import Flash, clear_flash, read_flash
from bot.portal.officer.last_list import find_place
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import PageContext
from bot.store.cases.officer_queries import ALL_PARTS
from bot.store.files import attachments
from bot.store.officers import drafts, flags
from bot.text.working_days import local_day

router = APIRouter()

PRESET_NAMES: tuple[PresetName, ...] = get_args(PresetName)
MESSAGE_KINDS = ("information", "completion", "communication", "decision", "delay", "refusal", "added")
OK_KEYS = (
    "official",
    "sent",
    "scheduled",
    "unscheduled",
    "undone",
    "noted",
    "status",
    "taken",
    "released",
    "protected",
    "unprotected",
    "held",
    "unheld",
    "officers",
    "edited",
    "corrected",
    "represented",
    "unrepresented",
    "linked",
    "unlinked",
    "registered",
    "registered_unmailed",
    "discarded",
    "restored",
    "coloured",
    "unchanged",
    "flagged",
    "unflagged",
)


@router.get("/handlaggare/{ref}")
async def on_opened_case(context: SignedInOfficer, ref: str) -> Response:
    view = await context.reveal(ref, ALL_PARTS)
    flash = read_flash(context, view.case.id)
    response = _case_page(context, view, flash, await _find_own(context, view.case.id))
    clear_flash(context, response, flash)
    return response


@router.get("/handlaggare/{ref}/fil/{file_id}")
async def on_downloaded_file(context: SignedInOfficer, ref: str, file_id: str) -> Response:
    return await download(context.page, await _reveal_file(context, ref, file_id))


@router.get("/handlaggare/{ref}/fil/{file_id}/visa")
async def on_shown_file(context: SignedInOfficer, ref: str, file_id: str) -> Response:
    """A picture or a PDF, shown by the browser. The case page's small pictures come from here too."""
    return await show(context.page, await _reveal_file(context, ref, file_id, opening="files"))


async def _reveal_file(context: OfficerContext, ref: str, file_id: str, *, opening: str = "") -> FileRef:
    """The file, after recording the reading; with an `opening` once in the session. Raises HTTPException 404."""
    case_id = await context.find_case_id(ref)
    found = await context.page.deps.service.database.read(
        lambda tx: attachments.find_file(tx, context.officer, case_id, file_id, context.page.now)
    )
    await context.reveal(case_id, {found.line.part if found is not None else "answers"}, opening=opening)
    if found is None:
        raise HTTPException(404)
    return found.file


async def _find_own(context: OfficerContext, case_id: str) -> dict[str, Any]:
    """What of the page is the officer's own: the flag, and the case's place in the list that they came from."""
    key = context.officer.key
    writers, draft = await context.page.deps.service.database.read(
        lambda tx: (
            drafts.find_writers(tx, case_id, other_than=key, now=context.page.now),
            drafts.find_for_case(tx, key, case_id, drafts.MESSAGE_FORM),
        )
    )
    return {
        "draft": draft,
        "flag": await find_flag(context, case_id),
        "place": await find_place(context, case_id),
        "writers": writer_lines(writers, context.page.catalog, context.page.words),
    }


async def find_flag(context: OfficerContext, case_id: str) -> Flag | None:
    """The officer's own flag on the case."""
    return await context.page.deps.service.database.read(
        lambda tx: flags.find_for_case(tx, context.officer.key, case_id)
    )


def _case_page(context: OfficerContext, view: CaseView, flash: Flash, own: Mapping[str, Any]) -> Response:
    """The page, with a message about what was just done, or why it was refused."""
    page, case = context.page, view.case
    service = context.find_service(view)
    w = page.words
    wording = EventWording(page.catalog, service, w, view.definition, view.linked_numbers)
    documents = list_documents(view.history)
    return page.render(
        "officer/case.html",
        **case_header(context, view),
        desk=context,
        documents=describe_documents(documents, view, find_unregistered(documents, view, service), w),
        document_headings=[w(key) for key in DOCUMENT_HEADINGS],
        view=view,
        disposal=disposal_line(view, w),
        people_by_id={person.id: person for person in (*view.people, *view.ended_people)},
        history=[(line.at, wording.log_line(line, is_on_page=True)) for line in reversed(view.history)],
        done=flash.done,
        ok=w(f"page.officer.ok.{flash.done}") if flash.done in OK_KEYS else "",
        alert=flash.alert,
        **own,
        **_answer_facts(context, view),
        **_message_facts(context, view),
        **_form_keys(context, case.id),
        alerts=[
            *delay_lines(case, context.find_service(view), w),
            *retention_lines(case, local_day(page.now), w),
        ],
        links=describe_links(view, page.catalog, w),
    )


def _answer_facts(context: OfficerContext, view: CaseView) -> dict[str, Any]:
    """What the page says of the answers: as they are, as they were submitted, and which have been edited."""
    return {
        "rows": _answer_rows(view, context, view.answers),
        "submitted_rows": _answer_rows(view, context, view.submitted) if view.submitted is not None else [],
        "edited_fields": _edited_labels(view, context),
        "files_by_field": _file_field_labels(view, context),
    }


def _message_facts(context: OfficerContext, view: CaseView) -> dict[str, Any]:
    """The messages, newest first, what is said of each, and which can be undone; replies under work, by their note."""
    page, w = context.page, context.page.words
    undoable = [
        message
        for message in view.case.pending
        if message.visible_at > page.now and message.by == context.officer.ref
    ]
    return {
        "undo": undoable,
        "messages": list(reversed(view.messages)),
        "sender": lambda ref: _sender_name(ref, context),
        "kinds": {kind: w(f"message.kind.{kind}") for kind in MESSAGE_KINDS},
        "scheduled_line": lambda one: scheduled_lines([one], page.catalog, w)[0],
        "working_replies": {one.note: one for one in view.case.replies if one.kind == "working"},
    }


def _form_keys(context: OfficerContext, case_id: str) -> dict[str, Any]:
    """The keys of the page's forms, by their names in the template."""
    return {
        "key": context.create_form_key("act", case_id),
        "message_key": context.create_form_key("message", case_id),
        "link_key": context.create_form_key("link", case_id),
    }


def case_header(context: OfficerContext, view: CaseView) -> dict[str, Any]:
    """The facts for the header and the sidebar of all pages of the case."""
    page, case = context.page, view.case
    service = context.find_service(view)
    language = page.language
    status = service.status(case.status) if service else None
    groups = [page.catalog.group(key) for key in case.groups]
    return {
        "case": case,
        "service": service,
        "name": view.definition.name.in_(language),
        "status_name": current_status_name(service, case, page.words),
        "status_kind": status.kind if status else "in_progress",
        "officers": [officer_name(f"officer:{key}", page.catalog) for key in case.officers],
        "groups": [group.name.in_(language) for group in groups if group],
        "received": arrival_text(case, page.words),
        "due_days": _due_days(case, page),
        "mine": context.officer.key in case.officers,
        "strict": bool(service and service.strict),
        "me": context.officer.name,
        "idle_seconds": 30 * 60,
        "may": allowed_actions(context.actions(view)),
        "presets": PRESET_NAMES,
        "reachable": is_reachable(context, view),
    }


def _due_days(case: Case, page: PageContext) -> list[tuple[str, date, str]]:
    """(label, day, sentence where it has passed) of each due day."""
    w, today = page.words, local_day(page.now)
    return [
        (w(DUE_LABELS[kind]), day, due_line(kind, day, today, w) if day < today else "")
        for kind, day in due_days(case).items()
    ]


def is_reachable(context: OfficerContext, view: CaseView) -> bool:
    """Whether any applicant could read a message."""
    service = context.find_service(view)
    return bool(service and service.applicant_follows and view.case.applicants)


def _sender_name(ref: str, context: OfficerContext) -> str:
    """The sender's name, for use outside a sentence."""
    name = actor_name(ref, context.page.catalog, context.page.words)
    return name[:1].upper() + name[1:]


def _answer_rows(
    view: CaseView, context: OfficerContext, answers: dict[str, Any]
) -> list[tuple[str, str, bool]]:
    """(question, answer, whether Slack hides it); files are in a list of their own."""
    w = context.page.words
    visible = view.definition.visible_fields(answers)
    return [
        (
            field.label.in_(w.language),
            format_answer(field, answers.get(field.key), w),
            not may_pass_through_slack(field, answers.get(field.key), view.person_names),
        )
        for field in visible
        if field.kind not in ("info", "file")
    ]


def _edited_labels(view: CaseView, context: OfficerContext) -> set[str]:
    """The labels of the questions whose answers are no longer those that were submitted."""
    if view.submitted is None:
        return set()
    fields = {field.key: field.label.in_(context.page.language) for field in view.definition.fields}
    changes = find_changes(view.definition, view.submitted, view.answers)
    return {fields[one.field] for one in changes if one.field in fields}


def _file_field_labels(view: CaseView, context: OfficerContext) -> dict[str, str]:
    """The labels of file fields, by key."""
    return {field.key: field.label.in_(context.page.language) for field in view.definition.fields}
