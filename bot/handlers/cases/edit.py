"""Editing of a case's answers in Slack: a step at a time, then the changes with their reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.forms.answer_fields import block_id, read_answers
from bot.blocks.forms.cases import edit
from bot.blocks.forms.cases.edit import EditReview, EditStep
from bot.catalog.answers.validation import ValidationResult
from bot.catalog.answers.values import to_stored
from bot.domain.answer_problems import problem_text
from bot.domain.editing import EditCase, EditedMeanwhile, NothingEdited, find_changes, require_editable
from bot.domain.stepwise_editing import MAX_FIELDS, NeedsCasePage, NothingForSlack, StepwiseEdit
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin, stored_form_origin
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from bot.text.working_days import local_day

DRAFT = "edit"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:edit")(listeners.for_modal(on_edit))
    app.view(edit.STEP_ID)(listeners.for_change(on_step))
    app.view(edit.ID)(listeners.for_change(on_submitted))


@dataclass(frozen=True, slots=True)
class _Draft:
    """What has been typed so far, by field.

    `version` is that of the answers that it replaces, and `requested` are the fields of past steps.
    """

    id: str
    version: int
    typed: Mapping[str, Any]
    requested: tuple[str, ...]


async def on_edit(context: SlackContext) -> None:
    found = await find_case(context, context.request.target.case_id)
    await _open_form(context, found, form_origin(context))


async def open_from_command(context: SlackContext, found: FoundCase, _: str) -> None:
    await _open_form(context, found, {})


async def _open_form(context: SlackContext, found: FoundCase, origin: Mapping[str, Any]) -> None:
    """Open the first step, after checking the rule."""
    found.require_in_slack().require_action("edit")
    draft = _Draft(uuid.uuid4().hex, found.case.answers_version, {}, ())
    under_way = await _load(context, found, draft)
    step_fields = under_way.next_fields(())
    if not step_fields:
        raise NothingForSlack
    await _save_draft(context, found, draft)
    metadata = {**origin, "draft": draft.id}
    await context.responder.open_view(_step_view(context, found, under_way, draft, metadata))


async def _load(context: SlackContext, found: FoundCase, draft: _Draft) -> StepwiseEdit:
    """The edit under way, on the case's current answers. The reading of them is recorded first."""
    service = context.deps.service
    view = await service.reveal(context.officer, found.case.id, {"answers"}, opening=draft.id)
    return StepwiseEdit(
        view.definition,
        view.answers,
        draft.typed,
        view.person_names,
        local_day(service.clock()),
        is_anonymous=not view.case.applicants,
    )


def _step_view(
    context: SlackContext,
    found: FoundCase,
    under_way: StepwiseEdit,
    draft: _Draft,
    metadata: Mapping[str, Any],
) -> View:
    remaining = [one for one in under_way.editable_fields() if one.key not in draft.requested]
    number = ceil(len(draft.requested) / MAX_FIELDS) + 1
    step = EditStep(
        number,
        number - 1 + ceil(len(remaining) / MAX_FIELDS),
        under_way.next_fields(draft.requested),
        {**under_way.current, **draft.typed},
    )
    return edit.step_form(found.case, found.service, step, metadata, context.words)


async def on_step(context: SlackContext) -> None:
    """Validate and store what was typed, and show the next step, or the changes."""
    found, draft, under_way = await _continue(context)
    typed = read_answers(context.request.form)
    under_way = replace(under_way, typed={**draft.typed, **typed})
    result = under_way.validate(context.words.language)
    if errors := _errors(context, under_way, result, typed):
        await context.responder.show_field_errors(errors)
        return
    under_way = replace(under_way, typed=under_way.changed(result))
    draft = _Draft(draft.id, draft.version, under_way.typed, (*draft.requested, *typed))
    metadata = {**stored_form_origin(context), "draft": draft.id}
    if under_way.next_fields(draft.requested):
        view = _step_view(context, found, under_way, draft, metadata)
    else:
        view = _review_view(context, found, under_way, metadata)
    await _save_draft(context, found, draft)
    await context.responder.replace_view(view)


async def _continue(context: SlackContext) -> tuple[FoundCase, _Draft, StepwiseEdit]:
    """The edit that the submitted form belongs to. Raises as opening it would."""
    found = (await find_case(context, edit.case_of(context.request.form))).require_in_slack()
    require_editable(found.case, found.service)
    officer, draft_id = context.officer.key, context.request.metadata["draft"]
    stored = await context.deps.service.database.read(lambda tx: drafts.find(tx, officer, draft_id))
    values = stored.values if stored is not None else {}
    draft = _Draft(
        draft_id,
        values.get("version", found.case.answers_version),
        values.get("typed", {}),
        tuple(values.get("requested", ())),
    )
    return found, draft, await _load(context, found, draft)


def _errors(
    context: SlackContext, under_way: StepwiseEdit, result: ValidationResult, typed: Mapping[str, Any]
) -> dict[str, str]:
    """The errors of the step's fields, by block_id; also of answers that should not have been typed in Slack."""
    errors = {
        block_id(one.field): problem_text(one, under_way.definition, context.words)
        for one in result.problems
        if one.field in typed
    }
    for key, value in result.by_field().items():
        field = under_way.definition.field(key)
        if key in typed and field is not None and under_way.is_personal(field, value):
            errors[block_id(key)] = context.words("no.edit.personal")
    return errors


def _command(found: FoundCase, under_way: StepwiseEdit, version: int, result: ValidationResult) -> EditCase:
    """The command, yet without its reason. Raises NeedsCasePage where another answer does not fit the new ones."""
    if result.problems:
        field = under_way.definition.field(result.problems[0].field)
        raise NeedsCasePage(question=field.label if field is not None else "")
    answers = {key: to_stored(value) for key, value in result.by_field().items()}
    changes = find_changes(under_way.definition, under_way.current, answers)
    if not changes:
        raise NothingEdited
    return EditCase(case_id=found.case.id, expected=version, answers=answers, changes=changes, reason="")


def _review_view(
    context: SlackContext, found: FoundCase, under_way: StepwiseEdit, metadata: Mapping[str, Any]
) -> View:
    """The view of the changes; an answer to a question that no longer applies is among them."""
    command = _command(found, under_way, 0, under_way.validate(context.words.language))
    review = EditReview(under_way.definition, command.changes, _is_reachable(found))
    return edit.review_form(found.case, found.service, review, metadata, context.words)


def _is_reachable(found: FoundCase) -> bool:
    return found.service.applicant_follows and bool(found.case.applicants)


async def on_submitted(context: SlackContext) -> None:
    """Save the changes. On a colleague's newer answers they are shown anew, to be saved again."""
    found, draft, under_way = await _continue(context)
    reason, is_notified = edit.read_review(context.request.form)
    command = _command(found, under_way, draft.version, under_way.validate(context.words.language))
    try:
        await context.performer.perform(replace(command, reason=reason, is_notified=is_notified))
    except EditedMeanwhile as refusal:
        rebased = _Draft(draft.id, found.case.answers_version, draft.typed, draft.requested)
        await _save_draft(context, found, rebased)
        metadata = {**stored_form_origin(context), "draft": draft.id}
        view = _review_view(context, found, under_way, metadata)
        text = f"{refusal.in_words(context.words)} {context.words('form.kept')}"
        await context.responder.replace_view(edit.with_alert(view, text, reason))
        return
    officer = context.officer.key
    await context.deps.service.database.write(lambda tx: drafts.remove(tx, officer, draft.id))
    await refresh.after_change(context)


async def _save_draft(context: SlackContext, found: FoundCase, draft: _Draft) -> None:
    values = {"version": draft.version, "typed": dict(draft.typed), "requested": list(draft.requested)}
    stored = Draft(draft.id, found.case.id, DRAFT, values, context.deps.service.clock())
    officer = context.officer.key
    await context.deps.service.database.write(lambda tx: drafts.save(tx, officer, stored))
