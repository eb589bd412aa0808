"""Nytt meddelande: writing, preview, sending, and undoing within a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, get_args

from bot.blocks.block_kit.elements import actions, button, context, fields_section, option, rich_text, section
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.blocks.forms.template_choice import NO_TEMPLATE, template_block
from bot.catalog.municipality import FileLimits
from bot.catalog.people import Officer
from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.catalog.templates import MessageKind, Template
from bot.domain.case import Case
from bot.domain.confirmation import unconfirmed_warning
from bot.domain.messages.correspondence import SendMessage, fill_answer_day
from bot.domain.messages.message_kinds import offered_kinds
from bot.domain.messages.presets import MessagePreset
from bot.domain.messages.scheduled_messages import read_send_time
from bot.domain.messages.template_gaps import fill_gaps, gap_label, gaps_with_fields
from bot.domain.office_hours import Opening
from bot.domain.status import current_status_name
from bot.domain.submission import FileRef, Person
from bot.text import Words

ID = "case:message:preview"
PREVIEW_ID = "case:message:submit"
SENT_ID = "case:message:sent"
TEMPLATE_FIELD = "template"

EARLIER_FILES_FIELD = "kept"
"""The field for files that were uploaded earlier, which Slack cannot show in its file field."""

GAP_PREFIX = "gap:"
"""What the name of a gap's field begins with."""

STATUS_FIELD, SAME_STATUS = "status_after", "-"


@dataclass(frozen=True, slots=True)
class MessageValues:
    """The values filled in.

    `said` is the final text for the applicant, once it has been previewed; `files` are ids of fetched files.
    """

    text: str = ""
    kind: MessageKind = "information"
    answer_by: str = ""
    options: tuple[str, ...] = ()
    said: str = ""
    files: tuple[str, ...] = ()
    status: str = ""
    """The status that is to follow, empty for none."""
    gaps: Mapping[str, str] = field(default_factory=dict)
    """What was typed in the fields of the text's gaps, by gap."""
    send_day: str = ""
    send_time: str = ""
    """When it is to leave, where that is not at once; without a time of day when the office opens next."""

    def send_at(self, opening: Opening) -> datetime | None:
        """When it is to leave, aware UTC; None for at once."""
        day = date.fromisoformat(self.send_day) if self.send_day else None
        return read_send_time(day, self.send_time, opening)

    def to_draft(self) -> dict[str, Any]:
        """The values as stored in a draft."""
        return asdict(self)

    def with_final_text(self, language: str) -> MessageValues:
        """The values with the final text in that language."""
        day = date.fromisoformat(self.answer_by) if self.answer_by else None
        return replace(self, said=fill_answer_day(fill_gaps(self.text, self.gaps), day, language))

    def command(
        self, case_id: str, expected: str, files: Sequence[FileRef], send_at: datetime | None
    ) -> SendMessage:
        return SendMessage(
            case_id=case_id,
            text=self.said or self.text,
            kind=self.kind,
            answer_by=date.fromisoformat(self.answer_by) if self.answer_by else None,
            receipt="receipt" in self.options,
            files=tuple(files),
            status=self.status,
            expected=expected,
            send_at=send_at,
        )


def values_from_draft(stored: Mapping[str, Any]) -> MessageValues:
    """The values of a draft."""
    # Older drafts had the status that waits for completion among the options.
    options = tuple(one for one in stored.get("options", ()) if one != "wait")
    return MessageValues(**{**stored, "options": options, "files": tuple(stored.get("files", ()))})


@dataclass(frozen=True, slots=True)
class MessageForm:
    """The dialog's state: the case, the writer and the readers, and the values filled in.

    `statuses` are those that may follow the message. `metadata` holds the draft's id, and counts how often the bot has
    inserted a text. `limits` are for files, and `files` are those of the draft.
    """

    case: Case
    service: EService
    sender: Officer
    people: Sequence[Person]
    templates: Sequence[Template]
    statuses: Sequence[Status]
    limits: FileLimits
    metadata: Mapping[str, Any]
    files: Sequence[FileRef] = ()
    values: MessageValues = field(default_factory=MessageValues)
    template: str = NO_TEMPLATE
    alert: str = ""
    opening: Opening = field(default_factory=Opening)
    """When the office opens."""

    @property
    def status_after(self) -> Status | None:
        """The status that is to follow, where it still may."""
        return next((one for one in self.statuses if one.key == self.values.status), None)

    @property
    def is_reachable(self) -> bool:
        """Whether any applicant can be notified by mail."""
        return any(person.email for person in self.people)

    def with_template(self, text: str, template: Template) -> MessageForm:
        """The form with the template's text and kind; its fields get new block_ids, so that Slack shows them."""
        metadata = {**self.metadata, "n": self.metadata.get("n", 0) + 1}
        values = replace(self.values, text=text, kind=template.kind or self.values.kind)
        return replace(self, values=values, template=template.key, metadata=metadata)

    def has_preset(self, preset: MessagePreset) -> bool:
        """Whether the preset's message was begun earlier."""
        begun = self.values
        return bool(begun.text.strip()) and (begun.kind, begun.status) == (preset.kind, preset.status)

    def with_preset(self, text: str, preset: MessagePreset) -> MessageForm:
        """The form with the text and what the preset fills in; a day that was chosen earlier stays."""
        day = preset.answer_by.isoformat() if preset.answer_by is not None else ""
        values = replace(
            self.values,
            text=text,
            kind=preset.kind,
            status=preset.status,
            answer_by=self.values.answer_by or day,
        )
        return replace(
            self, values=values, template=preset.template.key if preset.template else self.template
        )


def message_form(form: MessageForm, words: Words) -> View:
    """View A: the form."""
    w, values = words, form.values
    text_element = fields.multiline_input(values.text)
    revision = form.metadata.get("n", 0)
    offered = offered_kinds(form.case)
    kinds = [option(w(f"message.kind.{kind}"), kind) for kind in offered]
    kind = values.kind if values.kind in offered else "information"
    blocks = [
        *(alerts(form.alert) if form.alert else []),
        *_unconfirmed_line(form, words),
        _parties(form, words),
        context(case_title(form.case, form.service, words), w("message.about")),
        *template_block(TEMPLATE_FIELD, form.templates, form.template, words),
        *_gap_blocks(values, words),
        fields.input_block(f"text#{revision}", w("message.text"), text_element, hint=w("message.text.hint")),
        fields.input_block(f"kind#{revision}", w("message.kind"), fields.static_select(kinds, kind)),
        fields.input_block(
            "answer_by", w("label.answerby"), fields.datepicker(values.answer_by), optional=True
        ),
        *_file_blocks(form, words),
        *_status_block(form, words),
        *_time_blocks(values, words),
        fields.input_block(
            "options",
            w("message.options"),
            fields.checkboxes([option(w("label.receipt"), "receipt")], values.options),
            optional=True,
        ),
    ]
    return modal(
        ID,
        w("message.title"),
        blocks,
        form.metadata,
        submit=w("btn.preview"),
        close=w("btn.cancel"),
    )


def _gap_blocks(values: MessageValues, words: Words) -> list[Block]:
    """A field for each gap of the text; optional, since the gap may be filled in where it stands, or removed."""
    return [
        fields.input_block(
            f"{GAP_PREFIX}{gap}",
            gap_label(gap),
            fields.multiline_input(values.gaps.get(gap, "")),
            optional=True,
            hint=words("message.gap.hint", gap=f"{{{gap}}}"),
        )
        for gap in gaps_with_fields(values.text)
    ]


def _parties(form: MessageForm, words: Words) -> Block:
    role = form.service.applicant_word.in_(words.language)
    names = words.list([person.name or role for person in form.people])
    sender = f"{form.sender.name}, {form.sender.unit.in_(words.language)}"
    to = words("message.to.role", names=names, role=role)
    return fields_section([(words("message.to"), to), (words("message.from"), sender)])


def _file_blocks(form: MessageForm, words: Words) -> list[Block]:
    """The file field, and the draft's files as ticked boxes: Slack's field shows new uploads only."""
    attach = fields.file_input_block(form.limits, words)
    if not form.files:
        return [attach]
    options = [option(_file_label(file, words), file.id) for file in form.files]
    earlier_files = fields.checkboxes(options, [file.id for file in form.files])
    return [
        fields.input_block(EARLIER_FILES_FIELD, words("attach.kept"), earlier_files, optional=True),
        attach,
    ]


def _file_label(file: FileRef, words: Words) -> str:
    return file.name if file.is_offered else f"{file.name} ({words(f'file.scan.{file.scan}')})"


def _status_block(form: MessageForm, words: Words) -> list[Block]:
    """The choice of the status that is to follow, where there is any."""
    if not form.statuses:
        return []
    unchanged = words("message.status.same", status=current_status_name(form.service, form.case, words))
    options = [
        option(unchanged, SAME_STATUS),
        *(option(one.name.in_(words.language), one.key) for one in form.statuses),
    ]
    chosen = form.status_after.key if form.status_after is not None else SAME_STATUS
    choice = fields.static_select(options, chosen)
    return [
        fields.input_block(f"{STATUS_FIELD}#{form.case.seq}", words("message.status"), choice, optional=True)
    ]


def _time_blocks(values: MessageValues, words: Words) -> list[Block]:
    """The day and the time at which the message is to leave."""
    day, hour = fields.datepicker(values.send_day), fields.timepicker(values.send_time)
    return [
        fields.input_block(
            "send_day", words("page.bulk.sendday"), day, optional=True, hint=words("message.later.hint")
        ),
        fields.input_block("send_time", words("page.bulk.sendtime"), hour, optional=True),
    ]


def read(view: Mapping[str, Any]) -> MessageValues:
    """The values of view A; `files` are those that were uploaded earlier."""
    values = fields.read_values(view)
    kinds: tuple[MessageKind, ...] = get_args(MessageKind)
    status = values.get(STATUS_FIELD, "")
    return MessageValues(
        text=values.get("text", ""),
        kind=next((kind for kind in kinds if kind == values.get("kind")), "information"),
        answer_by=values.get("answer_by", ""),
        options=tuple(values.get("options", ())),
        files=tuple(values.get(EARLIER_FILES_FIELD, ())),
        status="" if status == SAME_STATUS else status,
        send_day=values.get("send_day", ""),
        send_time=values.get("send_time", ""),
        gaps={
            name.removeprefix(GAP_PREFIX): value
            for name, value in values.items()
            if name.startswith(GAP_PREFIX)
        },
    )


def preview(form: MessageForm, words: Words) -> View:
    """View B: the message as the applicant will read it."""
    alert = form.alert or ("" if form.is_reachable else words("message.nomail"))
    blocks = [
        *(alerts(alert) if alert else []),
        *_unconfirmed_line(form, words),
        _parties(form, words),
        *rich_text(form.values.said or form.values.text),
        *_consequences(form, words),
    ]
    return modal(
        PREVIEW_ID,
        words("message.preview"),
        blocks,
        {**form.metadata, "was": form.case.status},
        submit=words("btn.sendlater" if form.values.send_day else "btn.send"),
        close=words("btn.back"),
    )


def _unconfirmed_line(form: MessageForm, words: Words) -> list[Block]:
    warning = unconfirmed_warning(form.case, words)
    return [section(warning)] if warning else []


def _consequences(form: MessageForm, words: Words) -> list[Block]:
    input, lines = form.values, []
    if form.files:
        lines.append(
            words("attach.named", n=len(form.files), names=", ".join(one.name for one in form.files))
        )
    elif input.kind == "decision":
        lines.append(words("message.nofile"))
    if input.kind != "information":
        lines.append(words(f"message.kind.{input.kind}"))
    if "receipt" in input.options:
        lines.append(words("message.will.receipt"))
    if input.answer_by:
        lines.append(words("label.answerby.day", date=words.day(date.fromisoformat(input.answer_by))))
    if form.status_after is not None:
        lines.append(words("message.will.status", status=form.status_after.name.in_(words.language)))
    if (send_at := input.send_at(form.opening)) is not None:
        lines.append(words("page.bulk.later", time=words.moment(send_at)))
    return [context(*lines)] if lines else []


def scheduled(metadata: Mapping[str, Any], send_at: datetime, words: Words) -> View:
    """View C for a message that is to leave later."""
    blocks = [
        section(words("page.bulk.later", time=words.moment(send_at))),
        actions([button(words("btn.undo"), "case:message:undo")]),
    ]
    return _result_view(words("message.scheduled"), blocks, metadata, words)


def sending(metadata: Mapping[str, Any], undo_until: datetime, words: Words) -> View:
    """View C while the message can be undone. Closing it closes the form below it too."""
    blocks = [
        context(words("message.sending.until", time=words.clock(undo_until))),
        actions([button(words("btn.undo"), "case:message:undo")]),
    ]
    return _result_view(words("message.sending"), blocks, metadata, words)


def sent(metadata: Mapping[str, Any], lines: Sequence[str], words: Words) -> View:
    """View C when the applicant can see the message."""
    return _result_view(words("message.title"), [section(one) for one in lines], metadata, words)


def _result_view(title: str, blocks: Sequence[Block], metadata: Mapping[str, Any], words: Words) -> View:
    view = modal(SENT_ID, title, blocks, metadata, close=words("btn.close"))
    return {**view, "clear_on_close": True}


def undone(metadata: Mapping[str, Any], words: Words) -> View:
    """The view after undoing; closing it leads to the form, which still has the text."""
    blocks = [section(words("message.undone.said"))]
    return modal("told", words("message.undone"), blocks, metadata, close=words("btn.back"))
