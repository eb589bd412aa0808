"""The places of cards and threads in Slack."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, true, update

from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_case
from bot.store.outbox.deliveries import card_lane
from bot.store.tables import CardRow, CaseRow, DeliveryRow, NoteRow, RemainingReplyRow, ThreadRow


def save(tx: Tx, case_id: str, place: tuple[str, str], at: datetime) -> None:
    """Save that the case's card is now at that place (channel, ts)."""
    lock_case(tx, case_id)  # whether a delivery that is enqueued meanwhile is a redraw depends on the place
    channel, ts = place
    tx.conn.execute(delete(CardRow).where(CardRow.case_id == case_id))
    tx.conn.execute(insert(CardRow).values(case_id=case_id, channel=channel, ts=ts, thread_opened=False))
    if not touch_thread(tx, channel, ts, at):
        tx.conn.execute(insert(ThreadRow).values(channel=channel, ts=ts, case_id=case_id, touched_at=at))
    _set_redraw(tx, case_id, True)


def touch_thread(tx: Tx, channel: str, ts: str, at: datetime) -> bool:
    """Save when the thread was last used. False where it is no card's."""
    is_thread = ThreadRow.channel == channel, ThreadRow.ts == ts
    return tx.conn.execute(update(ThreadRow).where(*is_thread).values(touched_at=at)).rowcount == 1


def remove(tx: Tx, case_id: str) -> None:
    """Forget the place of a card whose message is gone from Slack."""
    lock_case(tx, case_id)
    tx.conn.execute(delete(CardRow).where(CardRow.case_id == case_id))
    _set_redraw(tx, case_id, False)


def _set_redraw(tx: Tx, case_id: str, redraw: bool) -> None:
    """Set whether the card's waiting delivery is a redraw or a post."""
    is_waiting = DeliveryRow.case_id == case_id, DeliveryRow.lane == card_lane(case_id)
    tx.conn.execute(update(DeliveryRow).where(*is_waiting).values(redraw=redraw))


@dataclass(frozen=True, slots=True)
class StoredOpening:
    """The first line in a card's thread: its ts, empty where an older version posted it, and the use it tells of."""

    ts: str
    use: str


def save_opening(tx: Tx, case_id: str, opening: StoredOpening) -> None:
    """Save that the card's thread has its first line."""
    values = {"thread_opened": True, "opening_ts": opening.ts, "opening_use": opening.use}
    tx.conn.execute(update(CardRow).where(CardRow.case_id == case_id).values(**values))


def find_opening(tx: Tx, case_id: str) -> StoredOpening | None:
    """The first line in the card's thread; None where there is none yet."""
    is_opened = CardRow.case_id == case_id, CardRow.thread_opened == true()
    row = tx.conn.execute(select(CardRow.opening_ts, CardRow.opening_use).where(*is_opened)).first()
    return StoredOpening(row.opening_ts, row.opening_use) if row is not None else None


def find(tx: Tx, case_id: str) -> tuple[str, str, bool] | None:
    """The card's place: (channel id, ts, whether its thread has the opening line); None where it has none."""
    row = tx.conn.execute(select(CardRow.__table__).where(CardRow.case_id == case_id)).first()
    return (row.channel, row.ts, row.thread_opened) if row else None


def list_threads(tx: Tx, case_id: str) -> list[tuple[str, str]]:
    """The threads (channel, ts) of the case's current and earlier cards, the oldest first."""
    query = select(ThreadRow.channel, ThreadRow.ts).where(ThreadRow.case_id == case_id).order_by(ThreadRow.ts)
    return [(row.channel, row.ts) for row in tx.conn.execute(query)]


@dataclass(frozen=True, slots=True)
class RemainingReply:
    """A colleague's reply that is still in the thread of a disposed case."""

    number: str
    channel: str
    ts: str
    thread_ts: str

    @property
    def link(self) -> str:
        """The address that opens it in Slack."""
        place = f"{self.channel}/p{self.ts.replace('.', '')}"
        return f"https://slack.com/archives/{place}?thread_ts={self.thread_ts}&cid={self.channel}"


def list_remaining(tx: Tx, services: Collection[str], limit: int) -> list[RemainingReply]:
    """At most so many of those replies, in cases of those e-services."""
    query = (
        select(RemainingReplyRow.__table__, CaseRow.number)
        .join(CaseRow, CaseRow.id == RemainingReplyRow.case_id)
        .where(CaseRow.service.in_(list(services)))
        .order_by(CaseRow.number, RemainingReplyRow.ts)
        .limit(limit)
    )
    return [RemainingReply(row.number, row.channel, row.ts, row.thread_ts) for row in tx.conn.execute(query)]


def list_cases_with_remaining(tx: Tx, found_before: datetime, limit: int) -> list[str]:
    """At most so many cases, by id, in whose threads such replies were found before that time."""
    query = select(RemainingReplyRow.case_id).where(RemainingReplyRow.found_at < found_before)
    return list(tx.conn.execute(query.distinct().limit(limit)).scalars())


def save_remaining(tx: Tx, case_id: str, replies: Iterable[tuple[str, str, str]], at: datetime) -> None:
    """Save the places (channel, ts, ts of the thread) of replies that are still in a disposed case's threads.

    Those that are known and not among them are gone.
    """
    tx.conn.execute(delete(RemainingReplyRow).where(RemainingReplyRow.case_id == case_id))
    rows = [
        {"channel": channel, "ts": ts, "thread_ts": thread_ts, "case_id": case_id, "found_at": at}
        for channel, ts, thread_ts in replies
    ]
    if rows:
        tx.conn.execute(insert(RemainingReplyRow), rows)


def find_case_of_thread(tx: Tx, channel: str, ts: str) -> str | None:
    """The id of the case whose current or earlier card the thread is under."""
    return tx.conn.execute(
        select(ThreadRow.case_id).where(ThreadRow.channel == channel, ThreadRow.ts == ts)
    ).scalar()


def find_case_of_reply(tx: Tx, place: str) -> str | None:
    """The id of the case that has a note from the reply at that place (channel:ts)."""
    return tx.conn.execute(select(NoteRow.case_id).where(NoteRow.source == place)).scalar()


def list_touched_threads(tx: Tx, since: datetime, limit: int) -> list[tuple[str, str]]:
    """At most `limit` threads (channel, ts) that were used since then, the latest first."""
    found = tx.conn.execute(
        select(ThreadRow.channel, ThreadRow.ts)
        .where(ThreadRow.touched_at >= since)
        .order_by(ThreadRow.touched_at.desc())
        .limit(limit)
    )
    return [(row.channel, row.ts) for row in found]


def list_noted_replies(tx: Tx, thread: tuple[str, str], since: datetime) -> set[str]:
    """Places (channel:ts) of the thread's replies since then that are notes and are not known to be deleted.

    Empty where the case has had several cards in the channel: a note does not say in which thread it was written.
    """
    channel, ts = thread
    case_id = (
        select(ThreadRow.case_id).where(ThreadRow.channel == channel, ThreadRow.ts == ts).scalar_subquery()
    )
    threads = select(func.count()).where(ThreadRow.channel == channel, ThreadRow.case_id == case_id)
    if tx.conn.execute(threads).scalar() != 1:
        return set()
    query = select(NoteRow.source).where(
        NoteRow.case_id == case_id,
        NoteRow.removed_at.is_(None),
        NoteRow.source.startswith(f"{channel}:", autoescape=True),
    )
    # Compared as numbers: the order of texts depends on the database's collation.
    oldest = since.timestamp()
    return {
        place
        for place in tx.conn.execute(query).scalars()
        if place and float(place.rpartition(":")[2]) >= oldest
    }
