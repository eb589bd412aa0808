"""Cases as a table: the columns of lists, and the answers of one e-service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.catalog.models import Catalog
from bot.domain.answer_formatting import format_answer
from bot.domain.lists.batches import ExportCases
from bot.domain.lists.case_query import ListColumn
from bot.domain.lists.list_columns import column_title, column_value, column_width
from bot.domain.submission import has_arrival_time
from bot.domain.views import ListedCase
from bot.export.csv_file import CsvWriter
from bot.export.table import Column, TableWriter, Value
from bot.export.workbook import WorkbookWriter
from bot.text import Words
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

_ANSWER_WIDTHS = {"number": 12, "yes_no": 8, "date": 12, "long_text": 50, "address": 34, "text": 28}
NUMBER: ListColumn = "number"

MAX_TITLE_WIDTH = 40
OUTCOME_WIDTH = 18
REASON_WIDTH = 60


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """A case to be exported; without answers, an outcome and why it was skipped, where none are asked for."""

    case: ListedCase
    definition: Definition | None = None
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    outcome: str = ""
    reason: str = ""


class CaseTable:
    """The columns and rows of an export.

    `definitions` are the forms that its cases were submitted through: questions that only some of them have are columns
    too.
    """

    def __init__(
        self, action: ExportCases, catalog: Catalog, words: Words, definitions: Iterable[Definition] = ()
    ) -> None:
        self._action = action
        # A row without its number would lead to no case.
        self._columns = (NUMBER, *(one for one in action.columns if one != NUMBER))
        self._catalog = catalog
        self._words = words
        self._fields = _merge_fields(action.answers_of, catalog, definitions)

    def columns(self) -> list[Column]:
        words = self._words
        listed = [Column(column_title(one, words), column_width(one)) for one in self._columns]
        if self._action.outcomes_of:
            listed.append(Column(words("export.outcome"), OUTCOME_WIDTH))
            listed.append(Column(words("page.bulk.why"), REASON_WIDTH))
        return [*listed, *(_answer_column(one, words) for one in self._fields.values())]

    def _listed_value(self, case: ListedCase, column: ListColumn) -> Value:
        if column == "received" and not has_arrival_time(case.origin, case.received_at):
            return local_day(case.received_at)
        return _local(column_value(case, column, self._catalog, self._words))

    def row(self, exported: ExportedCase) -> list[Value]:
        """The case's values, in the order of the columns."""
        listed = [self._listed_value(exported.case, one) for one in self._columns]
        if self._action.outcomes_of:
            listed += [exported.outcome, exported.reason]
        return [*listed, *(self._answer(key, exported) for key in self._fields)]

    def _answer(self, key: str, exported: ExportedCase) -> Value:
        """The answer, in the words of the form that it was given in."""
        question = exported.definition.field(key) if exported.definition is not None else None
        return _answer_value(question or self._fields[key], exported.answers.get(key), self._words)

    def open_writer(self, folder: Path) -> TableWriter:
        """A writer of the chosen format, whose unfinished files are in `folder`."""
        if self._action.file_format == "csv":
            return CsvWriter(folder, self.columns(), (self._words("value.yes"), self._words("value.no")))
        return WorkbookWriter(folder, self.columns(), self._words("export.sheet"))


def _merge_fields(service_key: str, catalog: Catalog, definitions: Iterable[Definition]) -> dict[str, Field]:
    """The questions of the e-service as it is today, then those of earlier forms; texts between them have no answer."""
    service = catalog.service(service_key)
    today: Sequence[Field] = service.fields if service is not None else ()
    fields = {one.key: one for one in today} if service_key else {}
    for definition in definitions:
        for one in definition.fields:
            fields.setdefault(one.key, one)
    return {key: one for key, one in fields.items() if one.kind != "info"}


def _answer_column(one: Field, words: Words) -> Column:
    title = one.label.in_(words.language)
    width = max(_ANSWER_WIDTHS.get(one.kind, 24), min(len(title) + 2, MAX_TITLE_WIDTH))
    return Column(title, width)


def _answer_value(question: Field, stored: Any, words: Words) -> Value:
    """The answer as a cell's value: a number, a day, a truth, or text; one that is not of its kind is text."""
    if stored is None or stored in ("", []):
        return None
    try:
        read = _VALUES.get(question.kind)
        return read(question, stored, words) if read is not None else format_answer(question, stored, words)
    except (ValueError, TypeError, KeyError, InvalidOperation):
        return str(stored)


def _truth(_: Field, stored: Any, _words: Words) -> Value:
    return stored if isinstance(stored, bool) else str(stored)


def _choices(question: Field, stored: Any, words: Words) -> Value:
    keys = [stored] if isinstance(stored, str) else stored
    return ", ".join(question.choice_label(str(key), words.language) for key in keys)


def _file_names(_: Field, stored: Any, _words: Words) -> Value:
    return ", ".join(str(one["name"]) for one in stored)


_VALUES: Mapping[str, Callable[[Field, Any, Words], Value]] = {
    "number": lambda _field, stored, _words: Decimal(str(stored)),
    "date": lambda _field, stored, _words: date.fromisoformat(stored),
    "yes_no": _truth,
    "choices": _choices,
    "file": _file_names,
}
"""Reads the kinds of answers that are more than text in a cell, or shorter than on a page."""


def _local(value: str | bool | date | datetime | None) -> Value:
    """The value with local times to the minute: spreadsheets have no time zones."""
    if isinstance(value, datetime):
        return value.astimezone(STOCKHOLM).replace(tzinfo=None, second=0, microsecond=0)
    return value
