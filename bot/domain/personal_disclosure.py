"""What an officer's account has had of people's data, and what is stored about one person: how it is worded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.catalog.models import Catalog
from bot.domain.case import Case
from bot.domain.retention import due_day, is_held
from bot.text import Words

Way = Literal["shown", "exported", "mailed"]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """That parts of a case were shown to, exported or mailed by an officer, and when first and last.

    `count` is how many openings of the case, exports or messages that was, however many parts each had.
    `people` are the names of its applicants; empty where they are disposed of, or gave none.
    """

    number: str
    service: str
    way: Way
    parts: tuple[str, ...]
    count: int
    first_at: datetime
    last_at: datetime
    people: tuple[str, ...]


DISCLOSURE_COLUMNS = ("number", "service", "people", "way", "parts", "count", "first", "last")


def disclosure_table(
    found: Iterable[Disclosure], catalog: Catalog, words: Words
) -> Iterator[tuple[str, ...]]:
    """The disclosures in words, with headings."""
    yield tuple(words(f"disclosure.column.{column}") for column in DISCLOSURE_COLUMNS)
    for one in found:
        service = catalog.service(one.service)
        yield (
            one.number,
            service.name.in_(words.language) if service is not None else one.service,
            ", ".join(one.people),
            words(f"disclosure.way.{one.way}"),
            ", ".join(words(f"disclosure.part.{part}") for part in one.parts),
            str(one.count),
            words.moment(one.first_at),
            words.moment(one.last_at),
        )


def erasure_text(case: Case, catalog: Catalog, today: date, words: Words) -> str:
    """Whether the rules allow that the case is disposed of now, or from when, or why not."""
    if case.disposed_at is not None:
        return words("disposed.line", date=words.day(case.disposed_at))
    if is_held(case, today) and case.hold_until is not None:
        return words("hold.line", kind=words(f"hold.{case.hold}"), date=words.day(case.hold_until))
    service = catalog.service(case.service)
    if service is None or service.retention.keep:
        return words("person.keep")
    due = due_day(service.retention, case.closed_at)
    if due is None:
        return words("person.open")
    return words("person.due", date=words.day(due)) if due > today else words("person.now")
