"""Ändra status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.blocks.block_kit.elements import Element, actions, button, context, option, section
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title, is_case_page_only
from bot.blocks.forms import fields
from bot.blocks.forms.cases import retained_note
from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.domain.case import Case
from bot.domain.status import SetStatus, applicant_notice, current_status_name
from bot.text import Words

ID = "case:status:submit"
STATUS_FIELD = "status"
MESSAGE_ACTION = "case:status:message"


@dataclass(frozen=True, slots=True)
class StatusForm:
    """The dialog's state: the current case, the statuses that may be chosen, and the values filled in."""

    case: Case
    service: EService
    targets: Sequence[Status]
    values: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)
    alert: str = ""

    @property
    def chosen(self) -> Status | None:
        return next((one for one in self.offered if one.key == self.values.get("status")), None)

    @property
    def is_case_page_only(self) -> bool:
        """Whether texts can be written on the case page only."""
        return is_case_page_only(self.case, self.service)

    @property
    def offered(self) -> list[Status]:
        """The statuses that can be chosen here: where no texts can be written, none that require one."""
        return [one for one in self.targets if not (self.is_case_page_only and one.requires)]


def status_form(form: StatusForm, words: Words) -> View:
    """The dialog. The menu gets a new block_id when the case has changed, so that Slack shows the current choices."""
    now = current_status_name(form.service, form.case, words)
    blocks = [
        *(alerts(form.alert, _keep_buttons(form, words)) if form.alert else []),
        context(case_title(form.case, form.service, words), words("status.now", status=now)),
        *(_form_blocks(form, words) if form.offered else [section(words("no.notargets", status=now))]),
    ]
    return modal(
        ID,
        words("status.title"),
        blocks,
        {**form.origin, "case": form.case.id, "was": form.case.status},
        submit=words("btn.status") if form.offered else "",
        close=words("btn.cancel"),
    )


def _keep_buttons(form: StatusForm, words: Words) -> list[Element]:
    """What was written need not go with a status."""
    text = "" if form.is_case_page_only else retained_note.typed_text(form.values)
    return retained_note.keep_buttons(text, words)


def _form_blocks(form: StatusForm, words: Words) -> list[Block]:
    options = [option(one.name.in_(words.language), one.key) for one in form.offered]
    chosen = form.chosen
    choice = fields.static_select(options, chosen.key if chosen else "", words("status.choose"))
    return [
        fields.input_block(f"{STATUS_FIELD}#{form.case.seq}", words("status.new"), choice, dispatch=True),
        *_applicant_notice(form, words),
        *_message_button(form, words),
        *_text_fields(form, words),
    ]


def _applicant_notice(form: StatusForm, words: Words) -> list[Block]:
    if form.chosen is None:
        return []
    applicant_text = applicant_notice(form.chosen, form.case, form.service)
    if applicant_text is None:
        return [section(words("status.silent"))]
    return [section(words("status.told", told=applicant_text.in_(words.language)))]


def _message_button(form: StatusForm, words: Words) -> list[Block]:
    """What leads to the message that the status is to follow: there it is previewed, and can be undone."""
    is_possible = form.service.applicant_follows and form.case.applicants and not form.is_case_page_only
    if not is_possible or form.case.closed_at is not None:
        return []
    needs_message = form.chosen is not None and form.chosen.requires == "message"
    line = [section(words("status.needsmessage"))] if needs_message else []
    return [
        *line,
        actions([button(words("status.write"), MESSAGE_ACTION, style="primary" if needs_message else None)]),
    ]


def _text_fields(form: StatusForm, words: Words) -> list[Block]:
    if form.is_case_page_only:
        return [context(words("status.onpage"))]
    values, required_text = form.values, form.chosen.requires if form.chosen else None
    blocks = []
    if form.case.closed_at is not None:
        reason = fields.multiline_input(values.get("reason", ""))
        blocks.append(fields.input_block("reason", words("status.reason"), reason))
    note = fields.multiline_input(values.get("note", ""))
    return [*blocks, fields.input_block("note", words("status.note"), note, optional=required_text != "note")]


def read(view: Mapping[str, Any]) -> SetStatus:
    """The command that was filled in."""
    metadata, values = metadata_of(view), fields.read_values(view)
    return SetStatus(
        case_id=metadata["case"],
        status=values.get("status", ""),
        expected=metadata["was"],
        note=values.get("note", ""),
        reason=values.get("reason", ""),
    )
