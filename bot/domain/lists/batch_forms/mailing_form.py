"""The form of a mailing: one message to the applicants of many cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import get_args

from bot.catalog.templates import MessageKind, translate_tags
from bot.domain.lists.batch_forms.form_fields import FieldOption, FormField, free_text
from bot.domain.lists.batch_forms.form_reading import FormContext, FormReading
from bot.domain.lists.batches import BatchAction, SendMailing
from bot.domain.messages.message_kinds import MAILING_KINDS, RefusedInEachCase
from bot.domain.messages.scheduled_messages import describe_send_time, read_send_time
from bot.domain.messages.template_filling import append_text
from bot.domain.messages.template_gaps import describe_answer_day, describe_unknown_tags
from bot.domain.office_hours import Opening
from bot.domain.rules import MAX_TEXT_LENGTH
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day


def mailing_fields(context: FormContext) -> tuple[FormField, ...]:
    """The fields; a template and a status only where the cases have one in common."""
    w = context.words
    text = free_text("text", w("page.bulk.text"), MAX_TEXT_LENGTH, w("page.bulk.text.help"))
    kinds = tuple(FieldOption(kind, w(f"message.kind.{kind}")) for kind in MAILING_KINDS)
    statuses = tuple(FieldOption(one.key, one.name.in_(w.language)) for one in context.chosen.targets)
    same = FieldOption("", w("page.bulk.samestatus"))
    status = FormField("status", "menu", w("page.bulk.status"), options=(same, *statuses), initial="")
    templates = tuple(FieldOption(one.key, one.name.in_(w.language)) for one in context.chosen.templates)
    template = FormField("template", "template", w("message.template"), options=templates)
    return (
        *((template,) if templates else ()),
        replace(text, is_required=True),
        FormField(
            "kind", "menu", w("page.bulk.kind"), is_required=True, options=kinds, initial="information"
        ),
        FormField("answer_by", "day", w("page.bulk.answerby")),
        FormField("files", "files", w("page.answer.files")),
        FormField("receipt", "check", w("page.bulk.receipt")),
        *((status,) if statuses else ()),
        FormField("send_day", "day", w("page.bulk.sendday")),
        FormField("send_time", "time", w("page.bulk.sendtime")),
    )


def read_mailing(reading: FormReading) -> BatchAction:
    """The action; a problem where the text has unknown tags, or a day or the kind does not fit."""
    context = reading.context
    text, answer_by = reading.text("text", MAX_TEXT_LENGTH), reading.day("answer_by")
    if not text:
        reading.add_problem("text", "no.empty")
    elif gaps := describe_unknown_tags(text, context.words):
        reading.problems["text"] = gaps
    if problem := describe_answer_day(text, answer_by, local_day(context.now), context.words):
        reading.problems["answer_by"] = problem
    if reading["kind"] in get_args(MessageKind) and reading["kind"] not in MAILING_KINDS:
        reading.add_problem("kind", RefusedInEachCase.key)
    return SendMailing(
        text=text,
        message_kind=next((one for one in MAILING_KINDS if one == reading["kind"]), "information"),
        answer_by=answer_by,
        receipt=reading["receipt"] == "1",
        status=next((one.key for one in context.chosen.targets if one.key == reading["status"]), ""),
        send_at=_read_time(reading, answer_by),
        files=reading.files,
    )


def mailing_values(action: SendMailing) -> dict[str, str]:
    """What the form was filled in with, but for files; times as local ones."""
    at = action.send_at.astimezone(STOCKHOLM) if action.send_at is not None else None
    return {
        "text": action.text,
        "kind": action.message_kind,
        "answer_by": action.answer_by.isoformat() if action.answer_by is not None else "",
        "receipt": "1" if action.receipt else "",
        "status": action.status,
        "send_day": at.date().isoformat() if at is not None else "",
        "send_time": f"{at:%H:%M}" if at is not None else "",
    }


def insert_template(context: FormContext, key: str, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a mailing's form with the template of that key put below its text, its tags as they are.

    Each case fills them in for itself. Nothing changes where there is no such template.
    """
    chosen = next((one for one in context.chosen.templates if one.key == key), None)
    if chosen is None:
        return dict(values)
    template_text = chosen.text.in_(context.catalog.municipality.language).strip()
    text = append_text(values.get("text", ""), translate_tags(template_text, context.words.language))
    return {**values, "text": text, **({"kind": chosen.kind} if chosen.kind else {})}


def _read_time(reading: FormReading, answer_by: date | None) -> datetime | None:
    """When the mailing is to be sent, aware UTC; None for at once. The rules are those of a single message."""
    day, context = reading.day("send_day"), reading.context
    typed, opening = reading["send_time"], Opening.from_catalog(context.catalog)
    problems = describe_send_time(day, typed, answer_by, (context.now, opening), context.words)
    reading.problems |= problems | {name: text for name, text in reading.problems.items() if name in problems}
    return read_send_time(day, typed, opening) if not problems else None
