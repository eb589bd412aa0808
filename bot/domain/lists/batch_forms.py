"""The forms of actions on many cases: the fields of each, and what a filled-in form means, in Slack and on the web."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal, get_args

from bot.catalog.models import Catalog
from bot.catalog.statuses import Status
from bot.catalog.templates import MessageKind, Template, translate_tags
from bot.domain.actors import Officer
from bot.domain.assignment import assignee_labels
from bot.domain.colour import COLOURS, parse_colour
from bot.domain.delay import MAILING_KINDS, RefusedInEachCase, without_refusals
from bot.domain.flags import MAX_NOTE_LENGTH
from bot.domain.lists.batches import (
    MAX_CASE_FILES,
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
from bot.domain.lists.case_query import NOBODY, CaseQuery
from bot.domain.lists.case_search import MAX_LISTED
from bot.domain.lists.query_wording import describe_query
from bot.domain.messages.scheduled_messages import read_send_time
from bot.domain.messages.template_filling import append_text
from bot.domain.messages.template_gaps import describe_answer_day, describe_unknown_tags
from bot.domain.name_search import is_assignable
from bot.domain.office_hours import Opening
from bot.domain.rules import MAX_REASON_LENGTH, MAX_TEXT_LENGTH
from bot.domain.submission import FileRef
from bot.domain.summary import DEFAULT_PARTS, SUMMARY_PARTS, SummaryPart
from bot.text import LANGUAGES, Words
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

FieldKind = Literal["text", "radio", "menu", "check", "day", "time", "assignees", "template", "files"]


@dataclass(frozen=True, slots=True)
class FieldOption:
    """A value that can be chosen; `help` says more about it, `mark` names its colour."""

    value: str
    label: str
    help: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form. `max_length` is in characters, 0 where nothing is typed; a check has the value "1".

    `initial` is the option that is chosen, or the text that is in it, at first; None where one must choose.
    """

    name: str
    kind: FieldKind
    label: str
    help: str = ""
    is_required: bool = False
    max_length: int = 0
    options: tuple[FieldOption, ...] = ()
    initial: str | None = None
    is_free_text: bool = False
    """Whether an officer may write anything in it, and so about the people in a case."""

    @property
    def can_be_left_out(self) -> bool:
        """Whether it is called optional: what always has a choice, as a menu with one preset, is not left out."""
        return not self.is_required and self.kind not in ("menu", "radio")


@dataclass(frozen=True, slots=True)
class ChosenCases:
    """What forms need to know of the chosen cases.

    How many they are, the statuses that may be set in all of them, the query that found them, their e-services, and the
    templates for mailings that all of those have. `is_cut`: they are only the newest of those with the query's text.
    `has_closed`: some of them are closed, or may be. `is_all`: they are all that the query found. `gone` is how many
    ticked cases are none that the officer may see now.
    """

    number: int
    targets: tuple[Status, ...]
    query: CaseQuery
    services: tuple[str, ...]
    templates: tuple[Template, ...] = ()
    is_cut: bool = False
    has_closed: bool = True
    is_all: bool = True
    gone: int = 0

    @property
    def single_service(self) -> str:
        """The e-service whose answers can be columns; empty where the cases are of several."""
        return self.services[0] if len(self.services) == 1 else ""

    def has_strict(self, catalog: Catalog) -> bool:
        """Whether texts about some of them may be written on their pages only."""
        found = [catalog.service(key) for key in self.services]
        return any(service is None or service.strict for service in found)


@dataclass(frozen=True, slots=True)
class FormContext:
    """What a form is drawn and read with."""

    catalog: Catalog
    words: Words
    now: datetime
    chosen: ChosenCases


def describe_chosen(chosen: ChosenCases, words: Words) -> tuple[str, ...]:
    """How many cases are chosen; how many ticked ones are gone; and where the list has not all with its text, that
    these are the newest."""
    lines = [words("page.bulk.chosen", n=chosen.number)]
    if chosen.gone:
        lines.append(words("page.bulk.gone", n=chosen.gone))
    if chosen.is_cut:
        lines.append(words("page.list.cut", n=words.number(MAX_LISTED)))
    return tuple(lines)


def allowed_targets(
    officer: Officer, catalog: Catalog, cases: Iterable[tuple[str, str]]
) -> tuple[Status, ...]:
    """The statuses that may follow in every one of the cases, whose (e-service, status) are given, by key."""
    common: dict[str, Status] | None = None
    for service_key, status in cases:
        service, access = catalog.service(service_key), officer.access.get(service_key)
        targets = service.targets_from(status) if service is not None and access is not None else ()
        allowed = {one.key: one for one in targets if access is not None and access.may_set(one)}
        common = allowed if common is None else {key: one for key, one in common.items() if key in allowed}
    return tuple((common or {}).values())


def has_closed_status(catalog: Catalog, cases: Iterable[tuple[str, str]]) -> bool:
    """Whether any of the cases, given as (e-service, status), is closed, or in a status that the catalog has lost."""
    services = ((catalog.service(service_key), status) for service_key, status in cases)
    found = (service.status(status) if service is not None else None for service, status in services)
    return any(status is None or status.kind == "closed" for status in found)


def common_templates(catalog: Catalog, cases: Iterable[tuple[str, str]]) -> tuple[Template, ...]:
    """The templates for mailings that are offered in every one of the cases, given as (e-service, status)."""
    common: tuple[Template, ...] | None = None
    for service_key, status in cases:
        service = catalog.service(service_key)
        offered = without_refusals(service.templates_for("mailing", status)) if service is not None else ()
        common = offered if common is None else tuple(one for one in common if one in offered)
    return common or ()


@dataclass
class FormReading:
    """The values and files of a filled-in form while it is read, and what is wrong with it by field."""

    context: FormContext
    values: Mapping[str, str]
    files: tuple[FileRef, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def add_problem(self, name: str, key: str, **facts: object) -> None:
        self.problems[name] = self.context.words(key, **facts)

    def text(self, name: str, most: int) -> str:
        """The text of a field; a problem where it is longer than `most`."""
        typed = self[name]
        if len(typed) > most:
            self.add_problem(name, "page.toolong", n=len(typed) - most)
        return typed

    def day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self[name]) if self[name] else None
        except ValueError:
            self.add_problem(name, "page.list.badvalue")
            return None


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


def _no_fields(context: FormContext) -> tuple[FormField, ...]:
    return ()


# --- status ---


def _status_fields(context: FormContext) -> tuple[FormField, ...]:
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
        _free_text("note", w("status.note"), MAX_TEXT_LENGTH, _note_help(context)),
        *(
            (_free_text("reason", w("status.reason"), MAX_REASON_LENGTH),)
            if context.chosen.has_closed
            else ()
        ),
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


def _free_text(name: str, label: str, most: int, help: str = "") -> FormField:
    return FormField(name, "text", label, help, max_length=most, is_free_text=True)


def _read_status(reading: FormReading) -> BatchAction:
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


# --- assignees ---


def _assignee_fields(context: FormContext) -> tuple[FormField, ...]:
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
        _free_text("reason", w("page.bulk.reason"), MAX_REASON_LENGTH),
    )


_REMOVES = "remove"
"""The value of the choice that takes the cases from the chosen ones. Others are the empty one, which adds; "1", which
replaces; and the reference of who hands over."""


def _single_assignee(query: CaseQuery) -> str:
    """Whose cases the query lists, as a reference; empty where they are not those of one officer or group."""
    refs = query.filter.assignees
    return refs[0] if len(refs) == 1 and refs[0] != NOBODY else ""


def _read_assignees(reading: FormReading) -> BatchAction:
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


# --- colour and flag ---


def _colour_fields(context: FormContext) -> tuple[FormField, ...]:
    w = context.words
    options = tuple(
        FieldOption(colour, w(f"colour.{colour or 'none'}"), mark=colour or "none") for colour in COLOURS
    )
    return (FormField("colour", "radio", w("column.colour"), is_required=True, options=options, initial=""),)


def _flag_fields(context: FormContext) -> tuple[FormField, ...]:
    return (_free_text("note", context.words("page.bulk.flagnote"), MAX_NOTE_LENGTH),)


# --- mailing ---


def _mailing_fields(context: FormContext) -> tuple[FormField, ...]:
    w = context.words
    text = _free_text("text", w("page.bulk.text"), MAX_TEXT_LENGTH, w("page.bulk.text.help"))
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


def _read_mailing(reading: FormReading) -> BatchAction:
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
        send_at=_read_time(reading),
        files=reading.files,
    )


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


def _read_time(reading: FormReading) -> datetime | None:
    """When the mailing is to be sent, aware UTC; None for at once. Without a time, when the office opens next."""
    day, context = reading.day("send_day"), reading.context
    if day is None:
        return None
    try:
        moment = read_send_time(day, reading["send_time"], Opening.from_catalog(context.catalog))
    except ValueError:
        reading.add_problem("send_time", "page.list.badvalue")
        return None
    if moment is not None and moment < context.now:
        reading.add_problem("send_day", "no.daypassed")
    return moment


# --- export ---


def _export_fields(context: FormContext) -> tuple[FormField, ...]:
    w, service = context.words, context.catalog.service(context.chosen.single_service)
    formats = (FieldOption("xlsx", w("page.export.xlsx")), FieldOption("csv", w("page.export.csv")))
    file_format = FormField(
        "format", "radio", w("page.export.format"), is_required=True, options=formats, initial="xlsx"
    )
    if service is None:
        return (file_format,)
    help = w("page.export.answers.help", service=service.name.in_(w.language))
    return file_format, FormField("answers", "check", w("page.export.answers"), help)


def _read_export(reading: FormReading) -> BatchAction:
    context, query = reading.context, reading.context.chosen.query
    return ExportCases(
        file_format="csv" if reading["format"] == "csv" else "xlsx",
        columns=query.columns,
        answers_of=context.chosen.single_service if reading["answers"] == "1" else "",
        query=_describe_chosen_query(context),
        language=context.words.language,
    )


def form_values(action: BatchAction) -> dict[str, str]:
    """What the action's form was filled in with, but for files: what its reader would read the action from."""
    match action:
        case SetStatuses():
            values = {"status": action.status, "note": action.note, "reason": action.reason}
        case AssignCases():
            how = _REMOVES if action.removes else "1" if action.replaces else action.handed_over
            values = {"assignees": ",".join(action.assignees), "replaces": how, "reason": action.reason}
        case ColourCases():
            values = {"colour": action.colour}
        case FlagCases():
            values = {"note": action.note}
        case SendMailing():
            values = _mailing_values(action)
        case ExportCases():
            values = {"format": action.file_format, "answers": "1" if action.answers_of else ""}
        case ExportCaseFiles():
            values = {"content": action.content, "language": action.language}
            values |= {f"part_{part}": "1" for part in action.parts}
        case _:
            values = {}
    return values


def _mailing_values(action: SendMailing) -> dict[str, str]:
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


def _describe_chosen_query(context: FormContext) -> str:
    """What the list was limited to, and how many of its cases were chosen where not all, for the file made of them."""
    chosen, w = context.chosen, context.words
    described = describe_query(chosen.query, context.catalog, w)
    if chosen.is_all:
        return described or w("list.all")
    number = " ".join(describe_chosen(chosen, w))
    return w("export.chosen.of", chosen=number, query=described) if described else number


# --- summaries and case files ---


def _case_file_fields(context: FormContext) -> tuple[FormField, ...]:
    w = context.words
    contents = (
        FieldOption("summary", w("casefiles.summary")),
        FieldOption("case_file", w("casefiles.case_file"), w("casefiles.case_file.help")),
    )
    languages = tuple(FieldOption(one, w(f"language.{one}")) for one in LANGUAGES)
    return (
        FormField(
            "content", "radio", w("casefiles.content"), is_required=True, options=contents, initial="summary"
        ),
        *(_part_field(part, w) for part in SUMMARY_PARTS),
        FormField(
            "language",
            "menu",
            w("casefiles.language"),
            is_required=True,
            options=languages,
            initial=context.words.language,
        ),
    )


def _part_field(part: SummaryPart, w: Words) -> FormField:
    label = w("casefiles.part", part=w(f"summary.part.{part}"))
    return FormField(f"part_{part}", "check", label, initial="1" if part in DEFAULT_PARTS else None)


def _read_case_files(reading: FormReading) -> BatchAction:
    context = reading.context
    if context.chosen.number > MAX_CASE_FILES:
        reading.add_problem("content", "casefiles.toomany", n=MAX_CASE_FILES)
    parts = tuple(part for part in SUMMARY_PARTS if reading[f"part_{part}"] == "1")
    if not parts:
        reading.add_problem("part_answers", "casefiles.nothing")
    return ExportCaseFiles(
        content="case_file" if reading["content"] == "case_file" else "summary",
        parts=parts,
        query=_describe_chosen_query(context),
        language="en" if reading["language"] == "en" else "sv",
    )


ACTION_FORMS: Mapping[ActionKind, ActionForm] = {
    "take": ActionForm(_no_fields, lambda _: TakeCases()),
    "release": ActionForm(_no_fields, lambda _: ReleaseCases()),
    "status": ActionForm(_status_fields, _read_status),
    "assign": ActionForm(_assignee_fields, _read_assignees),
    "colour": ActionForm(_colour_fields, lambda form: ColourCases(colour=parse_colour(form["colour"]))),
    "flag": ActionForm(_flag_fields, lambda form: FlagCases(note=form.text("note", MAX_NOTE_LENGTH))),
    "mailing": ActionForm(_mailing_fields, _read_mailing),
    "export": ActionForm(_export_fields, _read_export),
    "casefiles": ActionForm(_case_file_fields, _read_case_files),
}
"""The forms, in the order in which the actions are offered."""
