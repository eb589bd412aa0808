"""Interna e-tjänster: what an employee may order or apply for, and the cases that they have filed themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.block_kit.elements import actions, button, context, divider, header, section, titled_section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.block_kit.view import View, modal
from bot.blocks.cases.case_words import number_and_service
from bot.blocks.lists.home import HOME_ID
from bot.blocks.view_ids import encode_view_ids
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.internal_forms import fits_slack
from bot.domain.status import current_status_name
from bot.domain.views import ListedCase
from bot.text import Words

ID = "internal"
OPEN = "internal:open"
"""The buttons' action: they are links, and Slack only needs the acknowledgement."""

FILL = "internal:fill"
"""The buttons' action, followed by the key of the e-service whose form opens in Slack."""

MAX_SERVICES = 40
MAX_CASES = 20

MAX_NAME, MAX_DESCRIPTION = 100, 100
"""Characters: with so many e-services the view stays within Slack's bytes, whatever the characters are."""


@dataclass(frozen=True, slots=True)
class InternalServices:
    """The published internal e-services, and the employee's own cases in them, newest first.

    `public_url` is where the pages are. `has_address`: Slack has a confirmed address, by which cases are theirs.
    """

    services: Sequence[EService]
    cases: Sequence[ListedCase]
    public_url: str
    has_address: bool


def internal_services(shown: InternalServices, catalog: Catalog, words: Words) -> View:
    """The list, with each e-service's form, which opens in Slack where it may, and a link to each case."""
    return modal(ID, words("internal.title"), _blocks(shown, catalog, words), {}, close=words("btn.close"))


def internal_home(shown: InternalServices, catalog: Catalog, refusal: str, words: Words) -> View:
    """The same as App Home of an employee who is no officer; `refusal` says so."""
    refresh = button(words("btn.refresh"), "home:refresh")
    title = header(words("internal.title"))
    blocks = [title, *_blocks(shown, catalog, words), context(refusal), actions([refresh])]
    return {"type": "home", "callback_id": HOME_ID, "blocks": blocks, "private_metadata": encode_view_ids({})}


def _blocks(shown: InternalServices, catalog: Catalog, words: Words) -> list[Block]:
    services = shown.services[:MAX_SERVICES]
    return [
        *(_service(n, one, shown, words) for n, one in enumerate(services)),
        *([] if services else [section(words("internal.none"))]),
        *([context(words("internal.more"))] if len(shown.services) > MAX_SERVICES else []),
        divider(),
        header(words("internal.mine")),
        *(_case(n, one, shown, (catalog, words)) for n, one in enumerate(shown.cases[:MAX_CASES])),
        *([] if shown.cases else [section(words("internal.mine.none"))]),
        context(words("internal.mine.where" if shown.has_address else "internal.address")),
    ]


def _service(n: int, service: EService, shown: InternalServices, words: Words) -> Block:
    language = words.language
    description = service.description.in_(language) if service.description else service.unit.in_(language)
    url = f"{shown.public_url}/e-tjanster/{service.slug}"
    label = words("internal.open.label", name=service.name.in_(language))
    if shown.has_address and fits_slack(service):
        apply = button(words("internal.fill"), f"{FILL}:{service.key}", label=label)
    else:
        apply = button(words("internal.open"), f"{OPEN}:service:{n}", url=url, label=label)
    name = shorten(service.name.in_(language), MAX_NAME)
    return titled_section(name, shorten(description, MAX_DESCRIPTION), apply)


def _case(n: int, case: ListedCase, shown: InternalServices, named: tuple[Catalog, Words]) -> Block:
    """The case's number, and of one that is not strict its e-service and status too."""
    catalog, words = named
    service = catalog.service(case.service)
    is_discreet = service is None or service.strict or case.protected
    title = shorten(number_and_service(case.number, None if is_discreet else service, words), MAX_NAME)
    status = shorten(current_status_name(service, case, words), MAX_NAME)
    text = (
        words.day_short(case.received_at)
        if is_discreet
        else f"{status} · {words.day_short(case.received_at)}"
    )
    label = words("btn.about", button=words("btn.show"), number=case.number)
    url = f"{shown.public_url}/mina-sidor/arende/{case.id}"
    return titled_section(title, text, button(words("btn.show"), f"{OPEN}:case:{n}", url=url, label=label))
