"""Copies of a prototype's rows for another case: its own ids, number, days, assignee and applicant, sealed anew."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

from bench.million.prototypes import BEGUN, Prototype
from bot.domain.submission import Person
from bot.store import Keys
from bot.store.cases.texts import person_digest_input
from bot.store.log import hash_chain, readings

UNCHANGED = frozenset({"body", "content", "salt", "content_hash"})
"""Columns that are not changed, since the log holds their salted hash."""

_DAY = r"\d{4}-\d\d-\d\d"
_SALT = "00" * 16


@dataclass(frozen=True, slots=True)
class Copy:
    """The values of one copy: its index from 0, its case number, its day and its assignee."""

    n: int
    number: str
    day: date
    assignee: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class _Column:
    """A column whose value is formatted for each copy."""

    place: int
    pattern: str
    filled: Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class Row:
    """A row of the prototype: its values, and the columns that change."""

    table: str
    columns: tuple[str, ...]
    values: list[Any]
    changing: list[_Column]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each column is."""
        return {name: place for place, name in enumerate(self.columns)}

    def fill_in(self, slots: Sequence[str]) -> list[Any]:
        row = self.values.copy()
        for one in self.changing:
            row[one.place] = one.pattern % one.filled(slots)
        return row


class Template:
    """A prototype, ready to be copied. Rows come as (table, values in the order of `columns`)."""

    def __init__(self, prototype: Prototype, keys: Keys) -> None:
        self.prototype = prototype
        self._sealing = keys.derive("history")
        self._reading = keys.derive("reading")
        self._keys = keys
        (case,) = prototype.rows["case"]
        found = {
            one["id"] for rows in prototype.rows.values() for one in rows if isinstance(one.get("id"), str)
        }
        self._ids = [case["id"], *sorted(found - {case["id"]})]
        self._person = prototype.rows["applicant"][0]
        self._digest = _person_digest(prototype)
        self._own = [
            *self._ids,
            case["number"],
            *([prototype.assignee] if prototype.assignee else []),
            self._digest,
        ]
        texts = self._days_in(prototype)
        self._days = sorted(texts)
        self._slots = {text: place for place, text in enumerate([*self._own, *self._days])}
        self._finds = re.compile("|".join([*map(re.escape, self._own), _DAY]))
        self._offsets = [date.fromisoformat(one) - BEGUN.date() for one in self._days]
        self.rows = [self._row(table, row) for table, rows in prototype.rows.items() for row in rows]

    def _days_in(self, prototype: Prototype) -> set[str]:
        """The days that the prototype's rows name."""
        texts = (
            _written(value) for rows in prototype.rows.values() for row in rows for value in row.values()
        )
        return {day for text in texts if isinstance(text, str) for day in re.findall(_DAY, text)}

    def _row(self, table: str, row: dict[str, Any]) -> Row:
        columns = tuple(name for name in row if not (name == "id" and isinstance(row[name], int)))
        values = [_written(row[name]) for name in columns]
        changing = [
            self._column(place, values[place])
            for place, name in enumerate(columns)
            if name not in UNCHANGED and isinstance(values[place], str) and self._finds.search(values[place])
        ]
        return Row(table, columns, values, changing)

    def _column(self, place: int, text: str) -> _Column:
        pattern = "%s".join(one.replace("%", "%%") for one in self._finds.split(text))
        slots = [self._slots[found] for found in self._finds.findall(text)]
        return _Column(place, pattern, itemgetter(*slots))

    def copied(self, copy: Copy) -> list[tuple[Row, list[Any]]]:
        """The rows of the copy: what each is a copy of, and its values in the order of the columns."""
        ids = [
            hashlib.blake2b(f"{copy.n}:{n}".encode(), digest_size=16).hexdigest()
            for n in range(len(self._ids))
        ]
        person = Person(id="", name=copy.name, email=copy.email, role=self._person["role"])
        digest = hash_chain.salted_digest(_SALT, person_digest_input(person))
        days = [(copy.day + offset).isoformat() for offset in self._offsets]
        assignee = [copy.assignee] if self.prototype.assignee else []
        slots = [*ids, copy.number, *assignee, digest, *days]
        rows = [(row, row.fill_in(slots)) for row in self.rows]
        self._seal(rows)
        for row, values in rows:
            if row.table == "reading":
                self._read(row, values)
            elif row.table == "applicant":
                self._named(row, values, copy)
        return rows

    def _seal(self, rows: list[tuple[Row, list[Any]]]) -> None:
        """Chain the log's events, and set the case's head to the last one."""
        head = hash_chain.START_HASH
        for row, values in rows:
            if row.table == "history":
                prev, seal = row.places["prev"], row.places["hash"]
                values[prev] = head
                data = [values[row.places[name]] for name in hash_chain._HASHED_COLUMNS]
                values[seal] = head = hash_chain._chain_hash(self._sealing, data)
        for row, values in rows:
            if row.table == "case":
                values[row.places["head"]] = head

    def _read(self, row: Row, values: list[Any]) -> None:
        data = dict(zip(row.columns, values, strict=True))
        data["at"] = datetime.fromisoformat(data["at"]).replace(tzinfo=UTC)
        values[row.places["hash"]] = readings.reading_hash(self._reading, data)

    def _named(self, row: Row, values: list[Any], copy: Copy) -> None:
        data = {
            "name": copy.name,
            "email": copy.email,
            "salt": _SALT,
            "mailbox": self._keys.hash_mailbox(copy.email),
        }
        for name, value in data.items():
            values[row.places[name]] = value


def _person_digest(prototype: Prototype) -> str:
    first = json.loads(prototype.rows["history"][0]["meta"])
    (digest,) = first["digests"]["people"].values()
    return str(digest)


def _written(value: Any) -> Any:
    """Times, in UTC, and days as both databases read them; all else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
