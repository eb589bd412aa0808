"""Nytt meddelande: written, previewed, sent, and for a while undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, get_args

from bot.blocks.block_kit.elements import (
    Element,
    actions,
    button,
    context,
    facts,
    option,
    plain,
    section,
    written,
)
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.forms import fields
from bot.catalog.municipality import FileLimits
from bot.catalog.people import Officer
from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.catalog.templates import ANSWER_BY, MessageKind, Template, tags_in
from bot.domain.case import Case
from bot.domain.correspondence import SendMessage, dated
from bot.domain.intake import FileRef, Person
from bot.text import Words

ID = "case:message:preview"
PREVIEW_ID = "case:message:submit"
SENT_ID = "case:message:sent"
TEMPLATE, NO_TEMPLATE = "template", "-"

KEPT = "kept"
"""The field for files of an earlier time, which Slack cannot show in its own."""

Option = Literal["receipt", "wait"]


@dataclass(frozen=True, slots=True)
class Written:
    """What has been filled in.

    `said` is the text as the applicant will read it, once it has been previewed, and `files` the ids of those that have
    been fetched.
    """

    text: str = ""
    kind: MessageKind = "information"
    answer_by: str = ""
    options: tuple[str, ...] = ()
    said: str = ""
    files: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As a draft keeps it."""
        return asdict(self)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Tags that nobody has filled in; the day to answer by has a field of its own."""
        return tuple(tag for tag in tags_in(self.text) if tag != ANSWER_BY)

    @property
    def lacks_day(self) -> bool:
        """Whether the text names the day to answer by, and none is chosen."""
        return not self.answer_by and ANSWER_BY in tags_in(self.text)

    def as_said(self, language: str) -> Written:
        """The same with the text as it will be read in that language."""
        day = date.fromisoformat(self.answer_by) if self.answer_by else None
        return replace(self, said=dated(self.text, day, language))

    def command(self, case_id: str, was: str, files: Sequence[FileRef]) -> SendMessage:
        return SendMessage(
            case_id=case_id,
            text=self.said or self.text,
            kind=self.kind,
            answer_by=date.fromisoformat(self.answer_by) if self.answer_by else None,
            receipt="receipt" in self.options,
            files=tuple(files),
            wait="wait" in self.options,
            was=was,
        )


def from_draft(kept: Mapping[str, Any]) -> Written:
    """What a draft kept."""
    listed = {name: tuple(kept.get(name, ())) for name in ("options", "files")}
    return Written(**{**kept, **listed})


@dataclass(frozen=True, slots=True)
class Letter:
    """The dialog's state: the case, those who write and read, and what has been filled in.

    `waiting` is the status that asks for completion, where the officer may set it now. `ids` names the draft, and
    counts how often the bot has put in a text of its own. `limits` hold for files, and `files` are those of the draft.
    """

    case: Case
    service: EService
    sender: Officer
    people: Sequence[Person]
    templates: Sequence[Template]
    waiting: Status | None
    limits: FileLimits
    ids: Mapping[str, Any]
    files: Sequence[FileRef] = ()
    written: Written = field(default_factory=Written)
    template: str = NO_TEMPLATE
    alert: str = ""

    @property
    def reachable(self) -> bool:
        """Whether anyone gets a mail."""
        return any(person.email for person in self.people)

    def with_template(self, text: str, template: Template) -> Letter:
        """The same with a text put in by the bot, which makes the fields new ones, and with the template's kind."""
        ids = {**self.ids, "n": self.ids.get("n", 0) + 1}
        written = replace(self.written, text=text, kind=template.kind or self.written.kind)
        return replace(self, written=written, template=template.key, ids=ids)


def message_form(letter: Letter, words: Words) -> View:
    """View A: to be filled in."""
    w, given = words, letter.written
    text = fields.long_text(given.text)
    n = letter.ids.get("n", 0)
    kinds = [option(w(f"message.kind.{kind}"), kind) for kind in get_args(MessageKind)]
    blocks = [
        *(alerts(letter.alert) if letter.alert else []),
        _parties(letter, words),
        context(case_title(letter.case, letter.service, words), w("message.about")),
        *_templates(letter, words),
        fields.field(f"text#{n}", w("message.text"), text, hint=w("message.text.hint")),
        fields.field(f"kind#{n}", w("message.kind"), fields.select(kinds, given.kind)),
        fields.field("answer_by", w("label.answerby"), fields.day(given.answer_by), optional=True),
        *_files(letter, words),
        fields.field(
            "options",
            w("message.options"),
            fields.ticks(_options(letter, words), given.options),
            optional=True,
        ),
    ]
    return modal(
        ID,
        w("message.title"),
        blocks,
        letter.ids,
        submit=w("btn.preview"),
        close=w("btn.cancel"),
    )


def _parties(letter: Letter, words: Words) -> Block:
    role = letter.service.applicant_word.in_(words.language)
    called = words.list([person.name or role for person in letter.people])
    sender = f"{letter.sender.name}, {letter.sender.unit.in_(words.language)}"
    to = words("message.to.role", names=called, role=role)
    return facts([(words("message.to"), to), (words("message.from"), sender)])


def _templates(letter: Letter, words: Words) -> list[Block]:
    if not letter.templates:
        return []
    options = [option(words("message.template.none"), NO_TEMPLATE), *_named(letter.templates, words)]
    few = len(options) <= fields.MOST_OPTIONS
    choice = fields.select(options, letter.template) if few else _found_by_typing(options, letter, words)
    return [fields.field(TEMPLATE, words("message.template"), choice, optional=True, dispatch=True)]


def _named(templates: Sequence[Template], words: Words) -> list[Element]:
    return [option(one.name.in_(words.language), one.key) for one in templates]


def _found_by_typing(options: Sequence[Element], letter: Letter, words: Words) -> Element:
    """More than Slack takes in a list: it asks for those that fit while one types."""
    chosen = [one for one in options if one["value"] == letter.template]
    return {
        "type": "external_select",
        "placeholder": plain(words("message.template.search"), 150),
        "min_query_length": 0,
        **({"initial_option": chosen[0]} if chosen else {}),
    }


def suggestions(templates: Sequence[Template], words: Words) -> list[Element]:
    """The answer to what was typed: the templates under their heading, at most a hundred."""
    options = _named(templates[: fields.MOST_OPTIONS], words)
    return [{"label": plain(words("message.template"), 75), "options": options}] if options else []


def _files(letter: Letter, words: Words) -> list[Block]:
    """Slack shows nothing in its field that it was not just given; what the draft has stands ticked beside it."""
    attach = fields.attach(letter.limits, words)
    if not letter.files:
        return [attach]
    named = [option(file.name, file.id) for file in letter.files]
    ticks = fields.ticks(named, [file.id for file in letter.files])
    return [fields.field(KEPT, words("attach.kept"), ticks, optional=True), attach]


def _options(letter: Letter, words: Words) -> list[dict[str, Any]]:
    options = [option(words("label.receipt"), "receipt")]
    if letter.waiting is not None:
        name = letter.waiting.name.in_(words.language)
        options.append(option(words("message.wait", status=name), "wait"))
    return options


def read(view: Mapping[str, Any]) -> Written:
    """What was filled in in view A; of the files those of an earlier time."""
    given = fields.values(view)
    kinds: tuple[MessageKind, ...] = get_args(MessageKind)
    return Written(
        text=given.get("text", ""),
        kind=next((kind for kind in kinds if kind == given.get("kind")), "information"),
        answer_by=given.get("answer_by", ""),
        options=tuple(given.get("options", ())),
        files=tuple(given.get(KEPT, ())),
    )


def preview(letter: Letter, words: Words) -> View:
    """View B: as the applicant will read it."""
    told = letter.alert or ("" if letter.reachable else words("message.nomail"))
    blocks = [
        *(alerts(told) if told else []),
        _parties(letter, words),
        *written(letter.written.said or letter.written.text),
        *_consequences(letter, words),
    ]
    return modal(
        PREVIEW_ID,
        words("message.preview"),
        blocks,
        {**letter.ids, "was": letter.case.status},
        submit=words("btn.send"),
        close=words("btn.back"),
    )


def _consequences(letter: Letter, words: Words) -> list[Block]:
    given, told = letter.written, []
    if letter.files:
        told.append(
            words("attach.named", n=len(letter.files), names=", ".join(one.name for one in letter.files))
        )
    if given.kind != "information":
        told.append(words(f"message.kind.{given.kind}"))
    if "receipt" in given.options:
        told.append(words("message.will.receipt"))
    if given.answer_by:
        told.append(words("label.answerby.day", date=words.day(date.fromisoformat(given.answer_by))))
    if "wait" in given.options and letter.waiting is not None:
        told.append(words("message.will.status", status=letter.waiting.name.in_(words.language)))
    return [context(*told)] if told else []


def sending(ids: Mapping[str, Any], until: datetime, words: Words) -> View:
    """View C while the message can be undone. Closing it closes the form beneath as well."""
    blocks = [
        context(words("message.sending.until", time=words.clock(until))),
        actions([button(words("btn.undo"), "case:message:undo", str(ids["case"]))]),
    ]
    return _last(words("message.sending"), blocks, ids, words)


def sent(ids: Mapping[str, Any], said: Sequence[str], words: Words) -> View:
    """View C when the message is with the applicant."""
    return _last(words("message.title"), [section(one) for one in said], ids, words)


def _last(title: str, blocks: Sequence[Block], ids: Mapping[str, Any], words: Words) -> View:
    view = modal(SENT_ID, title, blocks, ids, close=words("btn.close"))
    return {**view, "clear_on_close": True}


def undone(ids: Mapping[str, Any], words: Words) -> View:
    """The message is taken back; closing this leads to the form, where the text still stands."""
    blocks = [section(words("message.undone.said"))]
    return modal("told", words("message.undone"), blocks, ids, close=words("btn.back"))
