"""The form of a small internal e-service, as an employee fills it in in Slack, and its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import actions, button, context, section, titled_section
from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.forms.answer_fields import answer_input
from bot.catalog.fields import Field
from bot.catalog.services import EService
from bot.text import Words

ID = "internal:submit"
OPEN_FORM = "internal:open:form"
OPEN_CASE = "internal:open:filed"

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class InternalForm:
    """The form: its questions that are shown, what is answered so far by field, and the id of its opening.

    `url` is that of the same form on the web.
    """

    service: EService
    questions: Sequence[Field]
    answers: Mapping[str, Any]
    opening: str
    url: str


def internal_form(form: InternalForm, words: Words) -> View:
    """The dialog. A choice that decides what else is asked is told of at once."""
    service, language = form.service, words.language
    deciding = {one.shown_if.field for one in service.fields if one.shown_if is not None}
    return modal(
        ID,
        words("internal.form.title"),
        [
            titled_section(shorten(service.name.in_(language), MAX_NAME)),
            *(
                answer_input(one, form.answers.get(one.key), words, decides=one.key in deciding)
                for one in form.questions
            ),
            context(words("internal.form.web")),
            actions([button(words("internal.open.web"), OPEN_FORM, url=form.url)]),
        ],
        {"service": service.key, "form": form.opening},
        submit=words("internal.form.send"),
        close=words("btn.cancel"),
    )


def receipt(number: str, url: str, words: Words) -> View:
    """What follows when the case is opened; `url` is its page among one's own."""
    blocks = [
        section(words("internal.sent", number=number)),
        context(words("internal.sent.next")),
        actions([button(words("btn.show"), OPEN_CASE, url=url)]),
    ]
    return modal("internal:sent", words("internal.form.title"), blocks, {}, close=words("btn.close"))


def service_of(view: Mapping[str, Any]) -> str:
    """The key of the form's e-service."""
    return str(metadata_of(view)["service"])


def opening_of(view: Mapping[str, Any]) -> str:
    """The id of the form's opening: what is sent in it twice is one case."""
    return str(metadata_of(view)["form"])
