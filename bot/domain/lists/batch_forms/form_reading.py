"""Reading a filled-in form of an action on many cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.catalog.answers.parsing import typed_day
from bot.catalog.models import Catalog
from bot.domain.lists.batch_forms.chosen_cases import ChosenCases
from bot.domain.submission import FileRef
from bot.text import Words


@dataclass(frozen=True, slots=True)
class FormContext:
    """What a form is drawn and read with."""

    catalog: Catalog
    words: Words
    now: datetime
    chosen: ChosenCases


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
        day = typed_day(self[name])
        if self[name] and day is None:
            self.add_problem(name, "page.message.day")
        return day
