"""The forms of actions on many cases: which there are, and what they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from bot.catalog.statuses import Status
from bot.domain.actors import Officer
from bot.domain.batches import (
    AssignCases,
    BatchAction,
    ColourCases,
    ExportCases,
    FlagCases,
    ReleaseCases,
    SendMailing,
    SetStatuses,
    TakeCases,
)
from bot.domain.case_query import CaseQuery
from bot.domain.colour import parse_colour
from bot.domain.flags import MAX_NOTE_LENGTH
from bot.domain.query_wording import describe_query
from bot.domain.rules import MAX_REASON_LENGTH, MAX_TEXT_LENGTH
from bot.domain.template_gaps import describe_answer_day
from bot.portal.overview.filter_form import find_assignee
from bot.portal.page_context import PageContext
from bot.portal.uploads import FieldValues, PostedForm
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

MESSAGE_KINDS = ("information", "completion", "communication", "decision")


@dataclass
class ActionForm:
    """A filled-in form of an action, and what is wrong with it by field."""

    values: FieldValues = field(default_factory=FieldValues)
    problems: dict[str, str] = field(default_factory=dict)
    alert: str = ""


@dataclass(frozen=True, slots=True)
class ChosenCases:
    """What forms need to know of the chosen cases.

    The statuses that may be set in all of them, the query that found them, and their e-services.
    """

    targets: tuple[Status, ...]
    query: CaseQuery
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormReader:
    """Reads one form."""

    page: PageContext
    form: ActionForm
    chosen: ChosenCases

    def problem(self, name: str, key: str, **facts: object) -> None:
        self.form.problems[name] = self.page.words(key, **facts)

    def text(self, name: str, most: int) -> str:
        """The text of a field; a problem where it is longer than `most`."""
        typed = self.form.values[name].strip()
        if len(typed) > most:
            self.problem(name, "page.toolong", n=len(typed) - most)
        return typed

    def day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.form.values[name]) if self.form.values[name] else None
        except ValueError:
            self.problem(name, "page.list.badvalue")
            return None


def read_action(path: str, page: PageContext, form: ActionForm, chosen: ChosenCases) -> BatchAction | None:
    """The action that the form describes; None where something is wrong with it, which is then in `problems`."""
    action = ACTIONS[path](FormReader(page, form, chosen))
    return action if not form.problems else None


def values_of(posted: PostedForm) -> FieldValues:
    return posted.first_values()


def allowed_targets(
    officer: Officer, page: PageContext, statuses: Mapping[tuple[str, str], int]
) -> tuple[Status, ...]:
    """The statuses that may follow in every one of the cases, whose (e-service, status) are given, by key."""
    common: dict[str, Status] | None = None
    for service_key, status in statuses:
        service, access = page.catalog.service(service_key), officer.access.get(service_key)
        targets = service.targets_from(status) if service is not None and access is not None else ()
        allowed = {one.key: one for one in targets if access is not None and access.may_set(one)}
        common = allowed if common is None else {key: one for key, one in common.items() if key in allowed}
    return tuple((common or {}).values())


def _read_status(reader: FormReader) -> BatchAction:
    chosen = next((one for one in reader.chosen.targets if one.key == reader.form.values["status"]), None)
    note = reader.text("note", MAX_TEXT_LENGTH)
    if chosen is None or chosen.requires == "message":
        reader.problem("status", "page.status.choose")
    elif chosen.requires == "note" and not note:
        reader.problem("note", "no.needsnote", status=chosen.name.in_(reader.page.language))
    return SetStatuses(
        status=chosen.key if chosen else "", note=note, reason=reader.text("reason", MAX_REASON_LENGTH)
    )


def _read_assignees(reader: FormReader) -> BatchAction:
    names = [name.strip() for name in reader.form.values["assignees"].split(",") if name.strip()]
    found = {name: find_assignee(name, reader.page.catalog, reader.page.words) for name in names}
    unknown = [name for name, ref in found.items() if ref is None or ":" not in ref]
    if unknown or not names:
        key = "page.bulk.unknown" if unknown else "page.bulk.nobody"
        reader.problem("assignees", key, names=reader.page.words.list(unknown))
    return AssignCases(
        assignees=tuple(ref for ref in found.values() if ref),
        replaces=reader.form.values["replaces"] == "1",
        reason=reader.text("reason", MAX_REASON_LENGTH),
    )


def _read_mailing(reader: FormReader) -> BatchAction:
    page, values = reader.page, reader.form.values
    text, answer_by = reader.text("text", MAX_TEXT_LENGTH), reader.day("answer_by")
    if not text:
        reader.problem("text", "no.empty")
    if problem := describe_answer_day(text, answer_by, local_day(page.now), page.words):
        reader.form.problems["answer_by"] = problem
    status = values["status"] if any(one.key == values["status"] for one in reader.chosen.targets) else ""
    kind = next((one for one in MESSAGE_KINDS if one == values["kind"]), "information")
    return SendMailing(
        text=text,
        message_kind=kind,
        answer_by=answer_by,
        receipt=values["receipt"] == "1",
        status=status,
        send_at=_read_time(reader),
    )


def _read_time(reader: FormReader) -> datetime | None:
    """When the mailing is to be sent, aware UTC; None for at once. Without a time, when the office opens."""
    day = reader.day("send_day")
    if day is None:
        return None
    typed = reader.form.values["send_time"]
    try:
        at = time.fromisoformat(typed) if typed else reader.page.catalog.municipality.hours.opens
    except ValueError:
        reader.problem("send_time", "page.list.badvalue")
        return None
    moment = datetime.combine(day, at.replace(tzinfo=None), STOCKHOLM).astimezone(UTC)
    if moment < reader.page.now:
        reader.problem("send_day", "no.daypassed")
    return moment


def _read_export(reader: FormReader) -> BatchAction:
    page, query = reader.page, reader.chosen.query
    return ExportCases(
        file_format="csv" if reader.form.values["format"] == "csv" else "xlsx",
        columns=query.columns,
        answers_of=answers_of(reader.chosen) if reader.form.values["answers"] == "1" else "",
        query=describe_query(query, page.catalog, page.words),
        language=page.language,
    )


def answers_of(chosen: ChosenCases) -> str:
    """The e-service whose answers can be columns; empty where the cases are of several."""
    return chosen.services[0] if len(chosen.services) == 1 else ""


ACTIONS: Mapping[str, Callable[[FormReader], BatchAction]] = {
    "ta": lambda _: TakeCases(),
    "lamna": lambda _: ReleaseCases(),
    "status": _read_status,
    "handlaggare": _read_assignees,
    "farg": lambda reader: ColourCases(colour=parse_colour(reader.form.values["colour"])),
    "flagga": lambda reader: FlagCases(note=reader.text("note", MAX_NOTE_LENGTH)),
    "utskick": _read_mailing,
    "exportera": _read_export,
}
"""The reader of each action's form, by the last part of its address."""

KIND_OF_PATH = {
    "ta": "take",
    "lamna": "release",
    "status": "status",
    "handlaggare": "assign",
    "farg": "colour",
    "flagga": "flag",
    "utskick": "mailing",
    "exportera": "export",
}
"""The kind of action, as it is named in texts, by the last part of its address."""
