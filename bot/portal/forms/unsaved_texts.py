"""What an officer typed in a form that cannot be saved any more, to be shown for copying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException

from bot.catalog.fields import Field
from bot.catalog.services import EService
from bot.portal.errors import NOTHING_UNSAVED, UnsavedTexts
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.page_context import PageContext
from bot.store import DatabaseBusy
from bot.text import Words

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

NOT_TYPED = frozenset(
    {
        *("key", "do", "was", "version", "draft", "place", "case", "message", "person", "persons", "shown"),
        *("chosen", "assignees", "holder", "mention", "searched", "template", "kind", "status", "mode"),
        *("status_after", "closing_status", "colour", "hold", "ground", "protected", "typed_number"),
        *("receipt", "notify", "notifies", "files_from", "until", "remind_on", "answer_by", "send_day"),
        *("send_time", "confirm", "count", "digest", "asked", "lista", "sida", "fran", "till", "column"),
        *("lamna", "mark", "then", "step", "reviewed", "order", "vem"),
    }
)
"""Fields of officers' forms that are chosen, or filled in by the page: all others are texts, and given back."""

NOT_TYPED_PREFIXES = ("kept_", "version-")
ANSWER_PREFIX, PERSON_PREFIX, ARRIVAL_PREFIX = "svar-", "om-", "reg-"
SHORT_PREFIXES = (ANSWER_PREFIX, PERSON_PREFIX, ARRIVAL_PREFIX)
"""What the names of answers, contact details and an arrival begin with: they are given back below each other."""

PERSON_FIELDS = ("name", "email", "phone")


async def read_unsaved_texts(page: PageContext) -> UnsavedTexts:
    """What was typed in the request's form; nothing where it has none, or one that cannot be read."""
    request = page.request
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(FORM_TYPES):
        return NOTHING_UNSAVED
    posted: Any = getattr(request.state, "posted", None)
    # Without its route's limits, or half read, a form is not to be read.
    is_unread = hasattr(request.state, "limits") and not hasattr(request.state, "is_form_begun")
    if posted is None and is_unread:
        try:
            posted = await read_form(page)
        except (HTTPException, DatabaseBusy):
            return NOTHING_UNSAVED
    return find_unsaved_texts(page, posted) if posted is not None else NOTHING_UNSAVED


def find_unsaved_texts(page: PageContext, posted: PostedForm) -> UnsavedTexts:
    """What was typed in the form, answers with their questions, and which files came with it."""
    typed = [(name, value.strip()) for name, value in posted.fields if value.strip() and _is_typed(name)]
    texts = [value for name, value in typed if not name.startswith(SHORT_PREFIXES)]
    services = _possible_services(page)
    lines = [
        _line(name, value, services, page.words) for name, value in typed if name.startswith(SHORT_PREFIXES)
    ]
    short = "\n".join(line for line in lines if line)
    return UnsavedTexts((*([short] if short else []), *texts), tuple(one.name for one in posted.uploads))


def _possible_services(page: PageContext) -> Sequence[EService]:
    """The e-service that the address names, or all: that of a case is not looked up for who may not see it."""
    every = list(page.catalog.services.values())
    return [one for one in every if one.slug == page.request.path_params.get("key")] or every


def _line(name: str, value: str, services: Sequence[EService], words: Words) -> str:
    """The answer after its question, or alone where that is not known; empty for what is only chosen about a person."""
    if name.startswith(PERSON_PREFIX):
        key = name.rpartition("_")[2].removeprefix(PERSON_PREFIX)
        return f"{words(f'page.person.{key}')}: {value}" if key in PERSON_FIELDS else ""
    if name == f"{ARRIVAL_PREFIX}way":
        return f"{words('register.way')}: {words(f'origin.{value}')}"
    if name.startswith(ARRIVAL_PREFIX):
        return f"{words('register.arrived')}: {value}"
    key, _, part = name.removeprefix(ANSWER_PREFIX).partition(".")
    field = _find_field(services, key)
    if field is None:
        return value
    label = field.label.in_(words.language)
    if part:
        label += f", {words(f'page.address.{part}')}"
    return f"{label}{'' if label.endswith('?') else ':'} {_choice(field, value, words)}"


def _choice(field: Field, value: str, words: Words) -> str:
    """What was chosen as it stands on the page, or what was typed."""
    if field.kind == "yes_no":
        return words("value.yes" if value == "true" else "value.no")
    return field.choice_label(value, words.language)


def _find_field(services: Sequence[EService], key: str) -> Field | None:
    """The question of that key; None where the e-services have several."""
    found = {field.label: field for service in services for field in service.fields if field.key == key}
    return next(iter(found.values())) if len(found) == 1 else None


def _is_typed(name: str) -> bool:
    return name not in NOT_TYPED and not name.startswith(NOT_TYPED_PREFIXES)
