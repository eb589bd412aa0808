"""The form that gives many cases to officers or groups, or takes them from them."""

from __future__ import annotations

from bot.domain.assignment import assignee_labels
from bot.domain.lists.batch_forms.form_fields import FieldOption, FormField, free_text
from bot.domain.lists.batch_forms.form_reading import FormContext, FormReading
from bot.domain.lists.batches import (
    AssignCases,
    BatchAction,
)
from bot.domain.lists.case_query import NOBODY, CaseQuery
from bot.domain.name_search import is_assignable
from bot.domain.rules import MAX_REASON_LENGTH

_REMOVES = "remove"
"""The value of the choice that takes the cases from the chosen ones. Others are the empty one, which adds; "1", which
replaces; and the reference of who hands over."""


def assignee_fields(context: FormContext) -> tuple[FormField, ...]:
    """The fields; handing over is offered in a list of one officer's or group's cases."""
    w = context.words
    how = [
        FieldOption("", w("page.bulk.adds")),
        FieldOption("1", w("page.bulk.replaces")),
        FieldOption(_REMOVES, w("page.bulk.removes")),
    ]
    if ref := _single_assignee(context.chosen.query):
        (name,) = assignee_labels([ref], context.catalog, w)
        how.append(FieldOption(ref, w("page.bulk.handover", name=name)))
    return (
        FormField("assignees", "assignees", w("page.bulk.assignees"), is_required=True),
        FormField("replaces", "radio", w("page.bulk.how"), is_required=True, options=tuple(how), initial=""),
        free_text("reason", w("page.bulk.reason"), MAX_REASON_LENGTH),
    )


def read_assignees(reading: FormReading) -> BatchAction:
    """References, with commas between them."""
    context = reading.context
    refs = [ref.strip() for ref in reading["assignees"].split(",") if ref.strip()]
    found = [ref for ref in refs if is_assignable(context.catalog, ref)]
    if not refs:
        reading.add_problem("assignees", "page.bulk.nobody")
    elif len(found) < len(refs):
        reading.add_problem("assignees", "page.bulk.unknown")
    return AssignCases(
        assignees=tuple(found),
        replaces=reading["replaces"] == "1",
        removes=reading["replaces"] == _REMOVES,
        handed_over=ref if reading["replaces"] == (ref := _single_assignee(context.chosen.query)) else "",
        reason=reading.text("reason", MAX_REASON_LENGTH),
    )


def assignee_values(action: AssignCases) -> dict[str, str]:
    """What the form was filled in with."""
    how = _REMOVES if action.removes else "1" if action.replaces else action.handed_over
    return {"assignees": ",".join(action.assignees), "replaces": how, "reason": action.reason}


def _single_assignee(query: CaseQuery) -> str:
    """Whose cases the query lists, as a reference; empty where they are not those of one officer or group."""
    refs = query.filter.assignees
    return refs[0] if len(refs) == 1 and refs[0] != NOBODY else ""
