"""The forms of actions on many cases: the fields of each, and what a filled-in form means, in Slack and on the web."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.colour import COLOURS, parse_colour
from bot.domain.flags import MAX_NOTE_LENGTH
from bot.domain.lists.batch_forms.assignee_form import assignee_fields, assignee_values, read_assignees
from bot.domain.lists.batch_forms.export_forms import (
    case_file_fields,
    case_file_values,
    export_fields,
    export_values,
    read_case_files,
    read_export,
)
from bot.domain.lists.batch_forms.form_fields import FieldOption, FormField, free_text
from bot.domain.lists.batch_forms.form_reading import FormContext, FormReading
from bot.domain.lists.batch_forms.mailing_form import mailing_fields, mailing_values, read_mailing
from bot.domain.lists.batch_forms.status_form import read_status, status_fields, status_values
from bot.domain.lists.batches import (
    ActionKind,
    AssignCases,
    BatchAction,
    ColourCases,
    ExportCaseFiles,
    ExportCases,
    FlagCases,
    ReleaseCases,
    SendMailing,
    SetStatuses,
    TakeCases,
)
from bot.domain.submission import FileRef


@dataclass(frozen=True, slots=True)
class ActionForm:
    """The form of one action: its fields, and its reader."""

    fields: Callable[[FormContext], tuple[FormField, ...]]
    read: Callable[[FormReading], BatchAction]


def form_fields(kind: ActionKind, context: FormContext) -> tuple[FormField, ...]:
    """The fields of the action's form; none for an action that needs no form."""
    return ACTION_FORMS[kind].fields(context)


def read_action(
    kind: ActionKind, context: FormContext, values: Mapping[str, str], files: Sequence[FileRef] = ()
) -> tuple[BatchAction | None, dict[str, str]]:
    """The action that the form describes; or None and what is wrong, by field."""
    reading = FormReading(context, values, tuple(files))
    action = ACTION_FORMS[kind].read(reading)
    return (action, {}) if not reading.problems else (None, reading.problems)


def form_values(action: BatchAction) -> dict[str, str]:
    """What the action's form was filled in with, but for files: what its reader would read the action from."""
    match action:
        case SetStatuses():
            values = status_values(action)
        case AssignCases():
            values = assignee_values(action)
        case ColourCases():
            values = {"colour": action.colour}
        case FlagCases():
            values = {"note": action.note}
        case SendMailing():
            values = mailing_values(action)
        case ExportCases():
            values = export_values(action)
        case ExportCaseFiles():
            values = case_file_values(action)
        case _:
            values = {}
    return values


def _no_fields(context: FormContext) -> tuple[FormField, ...]:
    return ()


def _colour_fields(context: FormContext) -> tuple[FormField, ...]:
    w = context.words
    options = tuple(
        FieldOption(colour, w(f"colour.{colour or 'none'}"), mark=colour or "none") for colour in COLOURS
    )
    return (FormField("colour", "radio", w("column.colour"), is_required=True, options=options, initial=""),)


def _flag_fields(context: FormContext) -> tuple[FormField, ...]:
    return (free_text("note", context.words("page.bulk.flagnote"), MAX_NOTE_LENGTH),)


ACTION_FORMS: Mapping[ActionKind, ActionForm] = {
    "take": ActionForm(_no_fields, lambda _: TakeCases()),
    "assign": ActionForm(assignee_fields, read_assignees),
    "status": ActionForm(status_fields, read_status),
    "mailing": ActionForm(mailing_fields, read_mailing),
    "export": ActionForm(export_fields, read_export),
    "colour": ActionForm(_colour_fields, lambda form: ColourCases(colour=parse_colour(form["colour"]))),
    "flag": ActionForm(_flag_fields, lambda form: FlagCases(note=form.text("note", MAX_NOTE_LENGTH))),
    "release": ActionForm(_no_fields, lambda _: ReleaseCases()),
    "casefiles": ActionForm(case_file_fields, read_case_files),
}
"""The forms, in the order in which the actions are offered: what officers do most comes first."""

FIRST_ACTIONS = 5
"""How many of them are offered at once where there is little room."""
