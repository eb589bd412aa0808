"""Verification of the figures: whether they are what the log says.

A million cases have more figures than fit in memory, so sums are compared: each figure's count times a number that
only its key gives.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import groupby
from operator import attrgetter

from pydantic import ValidationError
from sqlalchemy import select

from bot.domain.case_figures import FigureKey
from bot.store.engine.database import Tx
from bot.store.figures import counting
from bot.store.log.history import event_place
from bot.store.tables import FigureRow, HistoryRow
from bot.store.verification.case_proof import CaseRange
from bot.store.verification.findings import Findings
from bot.store.verification.parts import PartRunner

Sums = Counter[str]
"""By e-service: the sum over its figures."""


def check(run: PartRunner, ranges: Iterable[CaseRange], findings: Findings) -> None:
    """Compare the figures, as far as they have been counted, with the events of all cases in the ranges.

    Nothing is compared where they are being counted from the beginning, or will be.
    """
    stored = run.read(_sum_stored)
    if stored is None:
        return
    event, sums = stored
    expected = Sums()
    for _, part in run.map(partial(_sum_expected, upto=event), ranges):
        expected.update(part)
    for service in sorted(sums.keys() | expected.keys()):
        if sums[service] != expected[service]:
            findings.add("", "proof.figures", service=service)


def _sum_stored(tx: Tx) -> tuple[int, Sums] | None:
    """The place of the event that was counted last, and the sums of the stored figures."""
    state = counting.load_state(tx)
    if state is None or not state.is_complete or not counting.is_in_place(tx, state):
        return None
    sums = Sums()
    rows = tx.conn.execute(select(FigureRow.__table__).execution_options(yield_per=1_000))
    for service, kind, day, minutes, count in rows:
        sums[service] += count * _key_number(FigureKey(service, kind, day, minutes))
    return state.event, sums


def _sum_expected(tx: Tx, cases: CaseRange, upto: int) -> Sums:
    query = select(HistoryRow.case_id, HistoryRow.meta).where(
        cases.holds(HistoryRow.case_id), event_place <= upto
    )
    rows = tx.conn.execute(query.order_by(HistoryRow.case_id, HistoryRow.seq))
    sums = Sums()
    for _, events in groupby(rows, attrgetter("case_id")):
        try:
            counted = counting.count_case(list(events))
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, ValidationError):
            continue  # its log has been changed, which is a finding already
        for key, count in counted.items():
            sums[key.service] += count * _key_number(key)
    return sums


def _key_number(key: FigureKey) -> int:
    name = json.dumps([key.service, key.kind, key.day.isoformat(), key.minutes])
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest())
