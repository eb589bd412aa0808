"""Batches in words: what one would do, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.models import Catalog
from bot.domain.assignment import assignee_labels
from bot.domain.lists.batches import (
    AssignCases,
    BatchAction,
    BatchPreview,
    BatchProgress,
    ColourCases,
    ExportCases,
    RefusedCases,
    SendMailing,
    SetStatuses,
)
from bot.domain.lists.query_wording import status_name
from bot.text import Words

MAX_NAMED = 5
"""Assignees that are named; of more, how many there are."""


def batch_sentence(batch: BatchProgress, words: Words) -> str:
    """The batch's state: "Färgmarkera: 200 av 500 ärenden är klara."."""
    has_begun = batch.state in ("running", "done", "cancelled")
    facts = {
        "what": words(f"batches.{batch.action.kind}"),
        "n": batch.done if has_begun else batch.total,
        "all": words.number(batch.total),
    }
    sentence = "batches.exported" if batch.has_file else f"batches.is.{batch.state}"
    if batch.scheduled_at is not None:
        sentence, facts["time"] = "batches.is.scheduled", words.moment(batch.scheduled_at)
    elif batch.state == "waiting" and isinstance(batch.action, SendMailing):
        sentence = "batches.is.undoable"
    sentences = [words(sentence, **facts)]
    if batch.skipped:
        sentences.append(words("batches.skipped", n=batch.skipped))
    return " ".join(sentences)


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a prepared batch would do: `text`, and `details` below it; `button` is what the button says that begins it.

    `refusals` are the reasons for cases that would be skipped. `notice_question` asks whether the applicants are
    notified; empty where nobody would be.
    """

    text: str
    details: tuple[str, ...]
    refusals: tuple[RefusedCases, ...]
    button: str
    is_possible: bool
    notice_question: str = ""


def summarize(batch: BatchProgress, preview: BatchPreview, catalog: Catalog, words: Words) -> BatchSummary:
    """The summary: "12 av 14 ärenden får status Avslutat."."""
    facts = {"n": preview.changed, "all": words.number(preview.looked_at)}
    details = []
    if preview.is_partial:
        looked_at, total = words.number(preview.looked_at), words.number(preview.total)
        details.append(words("batches.partial", looked=looked_at, all=total))
    if isinstance(batch.action, SendMailing) and batch.action.send_at is not None:
        details.append(words("page.bulk.later", time=words.moment(batch.action.send_at)))
    if isinstance(batch.action, SendMailing) and (files := batch.action.files):
        details.append(words("attach.named", n=len(files), names=", ".join(one.name for one in files)))
    if preview.unchanged:
        details.append(words("page.bulk.unchanged", n=preview.unchanged))
    if preview.skipped:
        details.append(words("batches.will.skip", n=preview.skipped))
    button = "batches.do.many" if preview.is_partial else f"page.bulk.do.{_effect(batch.action)}"
    return BatchSummary(
        text=words(_will_key(batch.action), what=_object_of(batch.action, catalog, words), **facts),
        details=tuple(details),
        refusals=preview.refusals,
        button=words(button, n=preview.changed),
        is_possible=preview.changed > 0,
        notice_question=words("batches.notice.question", n=preview.notified) if preview.notified else "",
    )


def describe_more(refused: RefusedCases, words: Words) -> str:
    """How many cases are skipped for the reason besides those that are named; empty for none."""
    more = refused.count - len(refused.numbers)
    return words("batches.andmore", n=more) if more > 0 and refused.numbers else ""


def _effect(action: BatchAction) -> str:
    """What happens to the cases, as the texts of buttons name it."""
    if isinstance(action, ExportCases):
        return "export"
    return "message" if isinstance(action, SendMailing) else "change"


def _will_key(action: BatchAction) -> str:
    if isinstance(action, AssignCases) and (action.replaces or action.handed_over):
        return "batches.will.handover" if action.handed_over else "batches.will.replace"
    if isinstance(action, ColourCases) and not action.colour:
        return "batches.will.nocolour"
    return f"batches.will.{action.kind}"


def _object_of(action: BatchAction, catalog: Catalog, words: Words) -> str:
    """The status, colour or assignees that the cases get."""
    match action:
        case SetStatuses():
            return status_name(action.status, catalog, words)
        case ColourCases() if action.colour:
            return words(f"colour.{action.colour}")
        case AssignCases():
            names = assignee_labels(action.assignees[:MAX_NAMED], catalog, words)
            more = len(action.assignees) - MAX_NAMED
            return words.list([*names, words("batches.andmore", n=more)] if more > 0 else names)
        case _:
            return ""
