"""Why an officer is told of a case privately: one row a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

NoticeReason = Literal["message", "added", "undelivered", "assigned", "removed", "reminder", "mentioned"]

MuteSetting = Literal["assigned", "message", "added", "mentioned", "reminder"]
MUTE_SETTINGS: tuple[MuteSetting, ...] = get_args(MuteSetting)
"""What an officer may choose not to be told of privately, in the order it is offered."""


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """The keys of the reason's words, in Slack and as a mail's subject, and when it is told.

    `muted_by` is the setting that turns it off; what has none is always told. `leads_to` is the button of the notice.
    `only_for`: whether it is true only of those who have the case, or only of those who do not.
    """

    text_key: str
    subject_key: str
    muted_by: MuteSetting | None
    leads_to: Literal["messages", "note", "case", "nothing"]
    only_for: Literal["everyone", "assignees", "others"] = "everyone"


NOTICE_REASONS: Mapping[NoticeReason, ReasonRow] = {
    "message": ReasonRow("notice.message", "letter.officer.message.subject", "message", "messages"),
    "added": ReasonRow("notice.added", "letter.officer.added.subject", "added", "messages"),
    "undelivered": ReasonRow("notice.undelivered", "letter.officer.undelivered.subject", None, "messages"),
    "assigned": ReasonRow(
        "notice.assigned", "letter.officer.assigned.subject", "assigned", "case", only_for="assignees"
    ),
    "removed": ReasonRow(
        "notice.removed", "letter.officer.removed.subject", "assigned", "nothing", only_for="others"
    ),
    "reminder": ReasonRow("notice.reminder", "letter.officer.reminder.subject", "reminder", "case"),
    "mentioned": ReasonRow("notice.mentioned", "letter.officer.mentioned.subject", "mentioned", "note"),
}
