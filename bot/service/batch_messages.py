"""What officers are told of batches: their own, and the cases that others' gave them or took from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from bot.domain.lists.batches import ROLE_ASSIGNED, ROLE_OWNER, ROLE_REMOVED, AssignCases, BatchProgress
from bot.store import Tx
from bot.store.officers import batches
from bot.store.outbox import officer_notices


def enqueue_messages(
    tx: Tx, progress: BatchProgress, moved: Mapping[tuple[str, str], int], now: datetime
) -> None:
    """Enqueue the message to the batch's officer, and one to each in `moved`, by (officer, role)."""
    owner = {"batch": progress.id, "role": ROLE_OWNER}
    officer_notices.enqueue_batch_message(tx, progress.officer, owner, now)
    for (officer, role), count in moved.items():
        ids = {"batch": progress.id, "role": role, "count": count}
        officer_notices.enqueue_batch_message(tx, officer, ids, now)


def count_moved(tx: Tx, progress: BatchProgress) -> dict[tuple[str, str], int]:
    """How many cases the batch gave to, or took from, each officer but its own, by (officer, role)."""
    action = progress.action
    if not isinstance(action, AssignCases):
        return {}
    counts = Counter[tuple[str, str]]()
    for seen in batches.iterate_done(tx, progress.id):
        after = action.assignees_after(seen)
        given, taken = set(after).difference(seen.assignees), set(seen.assignees).difference(after)
        for refs, role in ((given, ROLE_ASSIGNED), (taken, ROLE_REMOVED)):
            counts.update((ref.removeprefix("officer:"), role) for ref in refs if ref.startswith("officer:"))
    return {key: count for key, count in counts.items() if key[0] != progress.officer}
