"""Applicants' addresses that are confusingly alike, reported to the operator by case numbers only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Row, Select, select

from bot.store.engine.database import Tx
from bot.store.tables import ApplicantRow, CaseRow
from bot.text.mail_addresses import mailbox_of

_AT_A_TIME = 500

Found = set[tuple[str, str]]
"""(address, case number)"""


@dataclass(frozen=True, slots=True)
class Group:
    """Addresses that are alike: the case numbers of each. `joined` where they are one mailbox, spelt differently."""

    numbers: tuple[tuple[str, ...], ...]
    joined: bool


def groups(tx: Tx) -> list[Group]:
    """Groups of addresses that only case folding makes equal, then of those that differ in the domain's spelling."""
    found = _concerned(tx)
    parted = [Group(numbers, joined=False) for numbers in _together(found, _folded, mailbox_of)]
    joined = [Group(numbers, joined=True) for numbers in _together(found, mailbox_of, _folded)]
    return parted + joined


def _folded(address: str) -> str:
    """How earlier versions compared addresses: ſ as s, and ß as ss, although they lead to different mailboxes."""
    return address.strip().casefold()


def _concerned(tx: Tx) -> Found:
    """The addresses with non-ASCII letters, and the ASCII ones that one of them folds to, or is sent to.

    Two ASCII addresses are compared alike either way.
    """
    rows = tx.conn.execute(_addresses().execution_options(yield_per=_AT_A_TIME))
    found = {_case_and_address(row) for row in rows if not row.email.isascii()}
    alike = {form(address) for address, _ in found for form in (_folded, mailbox_of)}
    keys = [tx.keys.hash_mailbox(address) for address in alike]
    for start in range(0, len(keys), _AT_A_TIME):
        some = ApplicantRow.mailbox.in_(keys[start : start + _AT_A_TIME])
        found |= {_case_and_address(row) for row in tx.conn.execute(_addresses().where(some))}
    return found


def _addresses() -> Select[str, str]:
    query = select(ApplicantRow.email, CaseRow.number).join(CaseRow, CaseRow.id == ApplicantRow.case_id)
    return query.where(ApplicantRow.mailbox.is_not(None))


def _case_and_address(row: Row[str, str]) -> tuple[str, str]:
    return row.email, row.number


def _together(
    found: Found, outer: Callable[[str], str], inner: Callable[[str], str]
) -> Iterator[tuple[tuple[str, ...], ...]]:
    """For addresses equal under `outer` but not under `inner`: their case numbers, grouped by `inner`."""
    for alike in _by(found, outer):
        parts = [tuple(sorted({number for _, number in part})) for part in _by(alike, inner)]
        if len(parts) > 1:
            yield tuple(sorted(parts))


def _by(found: Iterable[tuple[str, str]], form: Callable[[str], str]) -> list[Found]:
    parts: dict[str, Found] = {}
    for address, number in found:
        parts.setdefault(form(address), set()).add((address, number))
    return list(parts.values())
