"""The reasons for private notices to officers, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

NoticeReason = Literal[
    "message",
    "added",
    "undelivered",
    "notset",
    "unsent",
    "assigned",
    "group",
    "removed",
    "reminder",
    "mentioned",
    "overdue",
    "delay",
    "sixmonths",
    "requested",
    "requestsoon",
    "status",
    "unread",
]

NoticeKind = Literal["assigned", "message", "added", "mentioned", "overdue", "status", "reminder"]
NOTICE_KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
"""The kinds of private notices of which an officer says where they go, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """The keys of the reason's texts, in Slack and as a mail's subject, and when it is given.

    `kind` is that of which the officer says where it goes; without one it cannot be turned off. `leads_to` is the
    button of the notice.
    `only_for` limits it to assignees, or to others than assignees. While the officer is absent it goes to their
    substitute if it `is_for_substitute`. What `reaches_anyone` is so also to one who may no longer work with the case,
    and of a case that was deleted.
    """

    text_key: str
    subject_key: str
    kind: NoticeKind | None
    leads_to: Literal["messages", "note", "case", "nothing"]
    only_for: Literal["everyone", "assignees", "others"] = "everyone"
    is_for_substitute: bool = True
    reaches_anyone: bool = False


NOTICE_REASONS: Mapping[NoticeReason, ReasonRow] = {
    "message": ReasonRow("notice.message", "letter.officer.message.subject", "message", "messages"),
    "added": ReasonRow("notice.added", "letter.officer.added.subject", "added", "messages"),
    "undelivered": ReasonRow("notice.undelivered", "letter.officer.undelivered.subject", None, "messages"),
    "notset": ReasonRow("notice.notset", "letter.officer.notset.subject", None, "case"),
    "unsent": ReasonRow("notice.unsent", "letter.officer.unsent.subject", None, "case", reaches_anyone=True),
    "assigned": ReasonRow(
        "notice.assigned", "letter.officer.assigned.subject", "assigned", "case", only_for="assignees"
    ),
    # The others of the group are told too.
    "group": ReasonRow(
        "notice.group", "letter.officer.group.subject", "assigned", "case", is_for_substitute=False
    ),
    "removed": ReasonRow(
        "notice.removed",
        "letter.officer.removed.subject",
        "assigned",
        "nothing",
        only_for="others",
        is_for_substitute=False,
    ),
    # Flags and their notes are the officer's own.
    "reminder": ReasonRow(
        "notice.reminder", "letter.officer.reminder.subject", "reminder", "case", is_for_substitute=False
    ),
    "mentioned": ReasonRow("notice.mentioned", "letter.officer.mentioned.subject", "mentioned", "note"),
    "overdue": ReasonRow("notice.overdue", "letter.officer.overdue.subject", "overdue", "case"),
    # At five months and at six, which ask for different things.
    "delay": ReasonRow("notice.delay", "letter.officer.delay.subject", "overdue", "case"),
    "sixmonths": ReasonRow("notice.sixmonths", "letter.officer.sixmonths.subject", "overdue", "case"),
    # The law's four weeks: an officer cannot turn it off.
    "requested": ReasonRow("notice.requested", "letter.officer.requested.subject", None, "messages"),
    "requestsoon": ReasonRow("notice.requestsoon", "letter.officer.requestsoon.subject", None, "case"),
    "unread": ReasonRow("notice.unread", "letter.officer.unread.subject", "message", "messages"),
    "status": ReasonRow(
        "notice.status", "letter.officer.status.subject", "status", "case", only_for="assignees"
    ),
}
