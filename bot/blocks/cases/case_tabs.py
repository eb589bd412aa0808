"""The contents of the case modal's tabs, each as items to be paginated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import SEPARATOR, actions, button, context, divider, rich_text, section
from bot.blocks.block_kit.message import Block
from bot.blocks.values import NoteAsSeen, NoteRef, encode
from bot.catalog.answers.values import from_stored, may_pass_through_slack
from bot.catalog.fields import Field
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import actor_name
from bot.domain.answer_formatting import format_answer
from bot.domain.case import Case, ScheduledMessage
from bot.domain.event_wording import EventWording
from bot.domain.messages.scheduled_messages import scheduled_lines
from bot.domain.notes import may_become_official
from bot.domain.submission import FileRef
from bot.domain.views import CaseView, FileLine, MessageLine, NoteLine, NoteVersion, ScheduledText
from bot.text import Words

Items = list[list[Block]]

MAX_NUMBERED = 10
"""Files whose numbers stand below a message or note."""


def answers(view: CaseView, words: Words) -> Items:
    """The applicants, and the answers that Slack may show."""
    items: Items = []
    if view.person_names:
        items.append(rich_text("\n".join(view.person_names), words("label.applicant")))
    if view.case.unconfirmed:
        items.append([context(words("address.unconfirmed"))])
    for field in _answered_fields(view):
        if not _is_hidden(field, view):
            text = format_answer(field, view.answers[field.key], words)
            items.append(rich_text(text, field.label.in_(words.language)))
    return items


def hidden_questions(view: CaseView, words: Words) -> list[str]:
    """The questions whose answers are shown on the case page only."""
    return [field.label.in_(words.language) for field in _answered_fields(view) if _is_hidden(field, view)]


def _is_hidden(field: Field, view: CaseView) -> bool:
    return not may_pass_through_slack(field, view.answers[field.key], view.person_names)


def _answered_fields(view: CaseView) -> list[Field]:
    values = {
        field.key: _typed_value(field, view.answers[field.key])
        for field in view.definition.fields
        if field.key in view.answers
    }
    return [
        field
        for field in view.definition.visible_fields(values)
        if field.kind != "info" and view.answers.get(field.key) not in (None, "", [])
    ]


def _typed_value(field: Field, stored: Any) -> Any:
    try:
        return from_stored(field.kind, stored)
    except (ValueError, TypeError, ArithmeticError):
        return stored


def _with_dividers(items: Items) -> Items:
    """A line between one item and the next."""
    return [[divider(), *item] if place else item for place, item in enumerate(items)]


def messages(view: CaseView, catalog: Catalog, words: Words) -> Items:
    """Those that are to leave later, and then those that have left and come, newest first."""
    numbers = view.document_numbers
    waiting = [
        _scheduled(one, view.scheduled_texts[one.id], catalog, words)
        for one in sorted(view.case.scheduled, key=lambda one: one.send_at)
        if one.id in view.scheduled_texts
    ]
    sent = [_message(one, numbers, catalog, words) for one in reversed(view.messages)]
    return _with_dividers([*waiting, *sent])


def _scheduled(
    message: ScheduledMessage, waiting: ScheduledText, catalog: Catalog, words: Words
) -> list[Block]:
    header = scheduled_lines([message], catalog, words)[0]
    return [context(header), *_text(waiting.text, words), *_files_line(waiting.files, {}, words)]


def _message(message: MessageLine, numbers: Mapping[str, str], catalog: Catalog, words: Words) -> list[Block]:
    return [
        context(*_message_header(message, catalog, words), numbers.get(message.id, "")),
        *_text(message.text, words),
        *_files_line(message.files, numbers, words),
    ]


def _files_line(files: Sequence[FileRef], numbers: Mapping[str, str], words: Words) -> list[Block]:
    """How many files there are, and the numbers of the first."""
    known = [numbers[one.id] for one in files[:MAX_NUMBERED] if one.id in numbers]
    return [context(words("files.count", n=len(files)), ", ".join(known))] if files else []


def _message_header(message: MessageLine, catalog: Catalog, words: Words) -> list[str]:
    kind = words(f"message.kind.{message.kind}") if message.kind != "information" else ""
    if message.from_applicant:
        new = words("label.new") if message.unread else ""
        return [words("label.from"), words.moment(message.at), kind, new]
    lines = [words("label.to"), actor_name(message.by, catalog, words), words.moment(message.at), kind]
    if message.unread:
        lines.append(words("label.new"))
    if message.answer_by is not None:
        lines.append(words("label.answerby.day", date=words.day(message.answer_by)))
    if message.receipted_at is not None:
        lines.append(words("label.receipted", date=words.moment(message.receipted_at)))
    elif message.receipt:
        lines.append(words("label.receipt.wanted"))
    return lines


def notes(view: CaseView, catalog: Catalog, words: Words) -> Items:
    """Newest first."""
    return _with_dividers([_note(note, view, catalog, words) for note in reversed(view.notes)])


def _note(note: NoteLine, view: CaseView, catalog: Catalog, words: Words) -> list[Block]:
    by, kind = actor_name(note.by, catalog, words), words(f"note.kind.{note.kind}")
    numbers, case = view.document_numbers, view.case
    new = words("label.new") if note.unread else ""
    return [
        context(by, words.moment(note.at), kind, numbers.get(note.id, ""), new),
        *(_text(note.text, words) if note.text != "" else []),
        *_files_line(note.files, numbers, words),
        *_edits_line(note, words),
        *_note_buttons(note, case, words),
    ]


def _edits_line(note: NoteLine, words: Words) -> list[Block]:
    lines = []
    if note.edited_at is not None:
        lines.append(words("note.edited", time=words.moment(note.edited_at)))
    if note.removed_at is not None:
        lines.append(words("note.unthreaded", time=words.moment(note.removed_at)))
    return [context(*lines)] if lines else []


def _note_buttons(note: NoteLine, case: Case, words: Words) -> list[Block]:
    buttons = []
    if may_become_official(case, note.id):
        value = encode(NoteAsSeen(note.id, case.seq))
        buttons.append(button(words("btn.official"), "note:official", value))
    if note.earlier:
        buttons.append(button(words("btn.versions"), "note:versions", encode(NoteRef(note.id))))
    return [actions(buttons)] if buttons else []


def versions(view: CaseView, note_id: str, catalog: Catalog, words: Words) -> Items:
    """The versions of a note, newest first."""
    note = next((entry for entry in view.notes if entry.id == note_id), None)
    if note is None:
        return []
    now = NoteVersion(note.edited_at or note.at, note.by, note.text)
    return _with_dividers([_version(entry, catalog, words) for entry in reversed((*note.earlier, now))])


def _version(version: NoteVersion, catalog: Catalog, words: Words) -> list[Block]:
    by = actor_name(version.by, catalog, words)
    return [context(by, words.moment(version.at)), *_text(version.text, words)]


def files(view: CaseView, catalog: Catalog, words: Words) -> Items:
    """Newest first. They are opened on the case page, since Slack would have to get a copy to show one."""
    return [[_file(line, view, catalog, words)] for line in view.file_lines]


def _file(line: FileLine, view: CaseView, catalog: Catalog, words: Words) -> Block:
    field = next((entry for entry in view.definition.fields if entry.key == line.file.field), None)
    where = field.label.in_(words.language) if field is not None else words(f"file.in.{line.part}")
    name = words("label.hidden") if field is not None and field.sensitive else line.file.name
    by = words("label.from") if line.by == "applicant" else actor_name(line.by, catalog, words)
    number = view.document_numbers.get(line.file.id)
    facts = [*([number] if number else []), words.size(line.file.size), by, words.moment(line.at), where]
    if not line.file.is_offered:
        facts.append(words(f"file.scan.{line.file.scan}"))
    return section(f"{name}\n{SEPARATOR.join(facts)}")


def history(view: CaseView, catalog: Catalog, service: EService | None, words: Words) -> Items:
    """Newest first, one line for each event."""
    wording = EventWording(catalog, service, words, numbers=view.linked_numbers)
    lines = [
        words("history.line", time=words.moment(entry.at), said=wording.log_line(entry))
        for entry in reversed(view.history)
    ]
    return [rich_text("\n".join(part)) for part in _chunks_of_ten(lines)]


def _chunks_of_ten(lines: Sequence[str]) -> list[Sequence[str]]:
    return [lines[start : start + 10] for start in range(0, len(lines), 10)]


def _text(text: str | None, words: Words) -> list[Block]:
    return [context(words("label.gone"))] if text is None else rich_text(text)
