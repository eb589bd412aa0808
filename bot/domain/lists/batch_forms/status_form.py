"""The form that sets a status in many cases."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalog.statuses import Status
from bot.domain.lists.batch_forms.form_fields import FieldOption, FormField, free_text
from bot.domain.lists.batch_forms.form_reading import FormContext, FormReading
from bot.domain.lists.batches import (
    BatchAction,
    SetStatuses,
)
from bot.domain.rules import MAX_REASON_LENGTH, MAX_TEXT_LENGTH
from bot.text import Words


def status_fields(context: FormContext) -> tuple[FormField, ...]:
    """The fields; of the statuses only those that no message has to be sent with."""
    w = context.words
    options = tuple(
        FieldOption(
            one.key,
            one.name.in_(w.language),
            " ".join(_status_help(one, w)),
        )
        for one in context.chosen.targets
        if one.requires != "message"
    )
    return (
        FormField(
            "status", "radio", w("status.new"), _elsewhere_help(context), is_required=True, options=options
        ),
        free_text("note", w("status.note"), MAX_TEXT_LENGTH, _note_help(context)),
        *((free_text("reason", w("status.reason"), MAX_REASON_LENGTH),) if context.chosen.has_closed else ()),
    )


def _status_help(status: Status, words: Words) -> Iterator[str]:
    """What follows from the status, and what it asks for."""
    if status.told:
        yield words("status.told", told=status.told.in_(words.language))
    if status.requires == "note":
        yield words("page.status.requires.note")


def _note_help(context: FormContext) -> str:
    """Which of the statuses ask for the note, and that it is internal."""
    names = _names_of_requiring("note", context)
    required = context.words("page.bulk.note.required", statuses=names) if names else ""
    return f"{required} {context.words('page.note.help')}".strip()


def _elsewhere_help(context: FormContext) -> str:
    """Which statuses are set with a mailing only, since they ask for a message; empty where none is."""
    names = _names_of_requiring("message", context)
    return context.words("page.bulk.status.message", statuses=names) if names else ""


def _names_of_requiring(what: str, context: FormContext) -> str:
    language = context.words.language
    return context.words.list(
        one.name.in_(language) for one in context.chosen.targets if one.requires == what
    )


def read_status(reading: FormReading) -> BatchAction:
    """The action; a problem where the status is none of those offered, or its note is missing."""
    context = reading.context
    chosen = next((one for one in context.chosen.targets if one.key == reading["status"]), None)
    note = reading.text("note", MAX_TEXT_LENGTH)
    if chosen is None or chosen.requires == "message":
        reading.add_problem("status", "page.status.choose")
    elif chosen.requires == "note" and not note:
        reading.add_problem("note", "no.needsnote", status=chosen.name.in_(context.words.language))
    return SetStatuses(
        status=chosen.key if chosen else "", note=note, reason=reading.text("reason", MAX_REASON_LENGTH)
    )


def status_values(action: SetStatuses) -> dict[str, str]:
    """What the form was filled in with."""
    return {"status": action.status, "note": action.note, "reason": action.reason}
