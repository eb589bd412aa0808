"""Paging: of what has been read of a list a page is sliced, with the keys from which the pages beside it go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.lists.case_query import CaseKey
from bot.domain.views import ListedCase


@dataclass(frozen=True, slots=True)
class PlacedCase:
    """A case of a page, and its key in the order of the query."""

    case: ListedCase
    key: CaseKey


@dataclass(frozen=True, slots=True)
class CasePage:
    """Cases in the order of the query, and the keys from which the pages before and after go on; None at the ends.

    `is_partial`: so many cases were looked at that the page may be shorter than asked for; the next one goes on.
    `is_cut`: so many cases have the text that only the newest `MAX_LISTED` of them are in the list, on any page.
    `is_behind`: older cases are not indexed yet, and so may be missing from a list of those with a text.
    """

    rows: tuple[PlacedCase, ...] = ()
    previous_key: CaseKey | None = None
    next_key: CaseKey | None = None
    is_partial: bool = False
    is_cut: bool = False
    is_behind: bool = False

    @property
    def cases(self) -> list[ListedCase]:
        return [row.case for row in self.rows]


Found = tuple[CaseKey, str]
"""A case's key and id."""


@dataclass(frozen=True, slots=True)
class FoundCases:
    """What has been read for a page, one case more than it may have if there are as many.

    `stopped_at` is the key to go on from where reading stopped early.
    """

    found: Sequence[Found]
    stopped_at: CaseKey | None


@dataclass(frozen=True, slots=True)
class PageSlice:
    """The cases of a page in the order of the query, and the keys of the pages before and after; None at the ends."""

    found: Sequence[Found]
    previous_key: CaseKey | None
    next_key: CaseKey | None


def slice_after(read: FoundCases, limit: int, after: CaseKey | None) -> PageSlice:
    """The page of at most `limit` cases that were read after a key, or from the beginning."""
    found = read.found[:limit]
    first = found[0][0] if found else after
    return PageSlice(found, first if after is not None else None, _beyond(read, found))


def slice_before(read: FoundCases, limit: int, before: CaseKey) -> PageSlice:
    """The page of at most `limit` cases that were read backwards from a key."""
    found = read.found[:limit]
    return PageSlice(found[::-1], _beyond(read, found), found[0][0] if found else before)


def slice_numbered(read: FoundCases, limit: int, page: int) -> PageSlice:
    """The page with that number, from 0, of all that was read from the beginning."""
    found = read.found[limit * page : limit * (page + 1)]
    is_last = len(read.found) <= limit * (page + 1)
    next_key = read.stopped_at or (found[-1][0] if not is_last else None)
    return PageSlice(found, found[0][0] if found and page > 0 else None, next_key)


def _beyond(read: FoundCases, found: Sequence[Found]) -> CaseKey | None:
    """The key from which reading goes on in the direction in which the page was read."""
    return read.stopped_at or (found[-1][0] if len(read.found) > len(found) else None)
