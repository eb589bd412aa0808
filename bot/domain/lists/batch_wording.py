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
    ExportCaseFiles,
    ExportCases,
    FileAction,
    FlagCases,
    RefusedCases,
    SendMailing,
    SetStatuses,
)
from bot.domain.lists.list_columns import column_title
from bot.domain.lists.query_wording import status_name
from bot.text import Words

MAX_NAMED = 5
"""Assignees that are named; of more, how many there are."""


@dataclass(frozen=True, slots=True)
class ActionFact:
    """A part of an action: what it is, and its value; `is_long` for a text that an officer wrote."""

    title: str
    value: str
    is_long: bool = False


def action_title(action: BatchAction, catalog: Catalog, words: Words) -> str:
    """The action with what the cases get: "Ändra status (Avslutat)". It has no text of an officer's."""
    name = words(f"batches.{action.kind}")
    if isinstance(action, SendMailing):
        what = words(f"message.kind.{action.message_kind}")
    elif isinstance(action, ColourCases):
        what = words(f"colour.{action.colour or 'none'}")
    else:
        what = _object_of(action, catalog, words)
    return words("batches.named", action=name, what=what) if what else name


def describe_action(
    action: BatchAction, catalog: Catalog, words: Words, *, is_confirmed: bool = True
) -> list[ActionFact]:
    """All that the officer chose and wrote, for their own eyes on the web: texts may be about people.

    Until it is confirmed, nothing of what is asked then.
    """
    match action:
        case SetStatuses():
            found = _status_facts(action, catalog, words)
            found = found if is_confirmed else found[:-1]
        case AssignCases():
            found = _assign_facts(action, catalog, words)
        case ColourCases():
            found = [ActionFact(words("column.colour"), words(f"colour.{action.colour or 'none'}"))]
        case FlagCases():
            found = [ActionFact(words("page.bulk.flagnote"), action.note, is_long=True)]
        case SendMailing():
            found = _mailing_facts(action, catalog, words)
        case ExportCases():
            found = _export_facts(action, catalog, words)
        case ExportCaseFiles():
            found = _case_file_facts(action, words)
        case _:
            found = []
    return [one for one in found if one.value]


def _status_facts(action: SetStatuses, catalog: Catalog, words: Words) -> list[ActionFact]:
    return [
        ActionFact(words("status.new"), status_name(action.status, catalog, words)),
        ActionFact(words("status.note"), action.note, is_long=True),
        ActionFact(words("page.bulk.reason"), action.reason, is_long=True),
        ActionFact(words("batches.fact.mail"), words("value.yes" if action.notifies else "value.no")),
    ]


def _assign_facts(action: AssignCases, catalog: Catalog, words: Words) -> list[ActionFact]:
    (name,) = assignee_labels([action.handed_over], catalog, words) if action.handed_over else ("",)
    how = words(f"page.bulk.{_how_assigned(action)}", name=name)
    names = words.list(assignee_labels(action.assignees, catalog, words))
    return [
        ActionFact(words("page.bulk.assignees"), names),
        ActionFact(words("page.bulk.how"), how),
        ActionFact(words("page.bulk.reason"), action.reason, is_long=True),
    ]


def _mailing_facts(action: SendMailing, catalog: Catalog, words: Words) -> list[ActionFact]:
    status = status_name(action.status, catalog, words) if action.status else ""
    return [
        ActionFact(words("page.bulk.text"), action.text, is_long=True),
        ActionFact(words("page.bulk.kind"), words(f"message.kind.{action.message_kind}")),
        ActionFact(words("page.bulk.answerby"), words.day(action.answer_by) if action.answer_by else ""),
        ActionFact(words("page.bulk.receipt"), words("value.yes") if action.receipt else ""),
        ActionFact(words("page.bulk.status"), status),
        ActionFact(words("page.answer.files"), ", ".join(one.name for one in action.files)),
        ActionFact(words("batches.fact.send"), words.moment(action.send_at) if action.send_at else ""),
    ]


def _export_facts(action: ExportCases, catalog: Catalog, words: Words) -> list[ActionFact]:
    service = catalog.service(action.answers_of)
    return [
        ActionFact(words("page.export.format"), words(f"page.export.{action.file_format}")),
        ActionFact(words("export.about.query"), action.query),
        ActionFact(words("page.list.columns"), ", ".join(column_title(one, words) for one in action.columns)),
        ActionFact(words("export.about.answers"), service.name.in_(words.language) if service else ""),
    ]


def _case_file_facts(action: ExportCaseFiles, words: Words) -> list[ActionFact]:
    parts = words.list([words(f"summary.part.{part}") for part in action.parts])
    return [
        ActionFact(words("casefiles.content"), words(f"casefiles.{action.content}")),
        ActionFact(words("casefiles.about.parts"), parts),
        ActionFact(words("casefiles.language"), words(f"language.{action.language}")),
        ActionFact(words("export.about.query"), action.query),
    ]


def batch_sentence(batch: BatchProgress, catalog: Catalog, words: Words) -> str:
    """The batch's state: "Färgmarkera (Röd): 200 av 500 ärenden är klara."."""
    has_begun = batch.state in ("running", "done", "cancelled")
    facts = {
        "what": action_title(batch.action, catalog, words),
        "n": batch.done if has_begun else batch.total,
        "all": words.number(batch.total),
        "count": _count(batch.done, batch.total, words),
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


def cancel_label(action: BatchAction, words: Words) -> str:
    """What the button says that cancels the batch, which by itself could be taken to leave the page."""
    return words(f"batches.cancel.{_effect(action)}")


def describe_times(batch: BatchProgress, words: Words) -> list[str]:
    """When the batch was made, and when it ended."""
    times = [words("batches.begun", time=words.moment(batch.created_at))]
    if batch.finished_at is not None and batch.is_finished:
        times.append(words(f"batches.ended.{batch.state}", time=words.moment(batch.finished_at)))
    return times


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a prepared batch would do: `text`, and `details` below it; `button` is what the button says that begins it.

    `refusals` are the reasons for cases that would be skipped. `notice_question` asks whether the applicants are
    notified, and `notice_help` says what by; empty where nobody would be.
    """

    text: str
    details: tuple[str, ...]
    refusals: tuple[RefusedCases, ...]
    button: str
    is_possible: bool
    notice_question: str = ""
    notice_help: str = ""


def summarize(batch: BatchProgress, preview: BatchPreview, catalog: Catalog, words: Words) -> BatchSummary:
    """The summary: "12 av 14 ärenden får status Avslutat."."""
    facts = {"n": preview.changed, "count": _count(preview.changed, preview.looked_at, words)}
    details = []
    if preview.is_partial:
        looked_at, total = words.number(preview.looked_at), words.number(preview.total)
        details.append(words("batches.partial", looked=looked_at, all=total))
    if isinstance(batch.action, SendMailing) and batch.action.send_at is not None:
        details.append(words("page.bulk.later", time=words.moment(batch.action.send_at)))
    if isinstance(batch.action, SendMailing) and preview.changed:
        details += _mail_sentences(batch.action, catalog, words)
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
        notice_help=words("batches.mail.status") if preview.notified else "",
    )


def _mail_sentences(action: SendMailing, catalog: Catalog, words: Words) -> list[str]:
    """What each applicant of a mailing gets by mail, and what of it their case's page has only."""
    if not action.status:
        return [words("batches.mail.message")]
    status = status_name(action.status, catalog, words)
    return [words("batches.mail.message"), words("batches.mail.both", status=status)]


def describe_more(refused: RefusedCases, words: Words) -> str:
    """How many cases are skipped for the reason besides those that are named; empty for none."""
    more = refused.count - len(refused.numbers)
    return words("batches.andmore", n=more) if more > 0 and refused.numbers else ""


def _count(some: int, total: int, words: Words) -> str:
    """Of how many cases something is said: "12 av 14 ärenden"; where it is of all of them "14 ärenden"."""
    if some == total:
        return words("batches.count", n=total)
    return words("batches.count.some", some=words.number(some), n=total)


def _effect(action: BatchAction) -> str:
    """What happens to the cases, as the texts of buttons name it."""
    if isinstance(action, FileAction):
        return "export"
    return "message" if isinstance(action, SendMailing) else "change"


def _will_key(action: BatchAction) -> str:
    if isinstance(action, AssignCases) and (how := _how_assigned(action)) != "adds":
        return {
            "handover": "batches.will.handover",
            "replaces": "batches.will.replace",
            "removes": "batches.will.remove",
        }[how]
    if isinstance(action, ColourCases) and not action.colour:
        return "batches.will.nocolour"
    return f"batches.will.{action.kind}"


def _how_assigned(action: AssignCases) -> str:
    """Whether it adds, replaces or removes assignees, or hands over the cases of one, as texts name it."""
    if action.handed_over:
        return "handover"
    return "removes" if action.removes else "replaces" if action.replaces else "adds"


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
