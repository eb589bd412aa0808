"""The idempotency keys of requests from Slack: the same when Slack or the person sends it again."""

from __future__ import annotations

from bot.handlers.request.payload import Interaction, SlashCommand, ViewSubmission


def make_idempotency_key(payload: SlashCommand | Interaction) -> str:
    """The key: for a form the hash of the displayed view, for all else its trigger; empty where there is neither."""
    if isinstance(payload, ViewSubmission):
        return f"slack:{payload.view.id}:{payload.view.hash}"
    return f"slack:{payload.trigger_id}" if payload.trigger_id else ""


def make_reply_key(place: str, edited_ts: str = "") -> str:
    """The key of a thread reply at `place`, or of its edited text, which is another request."""
    return f"slack:reply:{place}:{edited_ts}"


def make_reply_notice_key(place: str, edited_ts: str = "") -> str:
    """The key of telling the writer of a thread reply, once, what came of it."""
    return f"{make_reply_key(place, edited_ts)}:told"


def make_removed_reply_key(place: str) -> str:
    """The key of marking the note from a thread reply as removed."""
    return f"{make_reply_key(place)}:removed"


def make_internal_form_key(opening: str) -> str:
    """The key of opening a case by an internal form, one for each time that the form is opened."""
    return f"slack:internal:{opening}"
