"""An example case of an e-service, as card, modal and mails."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.blocks.cases.card import card
from bot.blocks.cases.case_modal import CaseModalState, case_modal
from bot.catalog import Catalog, EService
from bot.catalog.answers.validation import validate_answers
from bot.catalog.answers.values import to_stored
from bot.catalog.definition import create_definition
from bot.domain.actors import Machine
from bot.domain.submission import Answers, SubmitCase
from bot.letters.facts import LetterFacts, LetterKind
from bot.letters.letter import Letter, compose_letter
from bot.preview.example import example_answers, example_person
from bot.service import Service
from bot.service.officers import load_officer
from bot.store.cases import officer_queries, system_queries
from bot.text import LANGUAGES, words
from bot.text.working_days import local_day

MAILS: tuple[LetterKind, ...] = ("received", "message", "completion", "status", "closed")
"""The mails that applicants get of a case."""

_PUBLIC_URL = "https://arenden.exempel.se"


@dataclass(frozen=True, slots=True)
class Drawing:
    """The e-service in one language: the blocks of its card and modal, and its mails.

    `title` is the modal's. There are no `modal_blocks` where no officer has access to the e-service.
    """

    language: str
    card_blocks: list[dict[str, Any]]
    title: str
    modal_blocks: list[dict[str, Any]]
    mails: list[Letter]


async def draw(service: EService, deps: Service) -> list[Drawing]:
    """Open an example case, and draw it in each language. To be used with a store of its own."""
    catalog, now = deps.catalog, deps.clock()
    case_id = await _open_case(service, deps)
    return [await _draw_in(language, case_id, deps, (service, catalog, now)) for language in LANGUAGES]


async def _open_case(service: EService, deps: Service) -> str:
    definition, today = create_definition(service), local_day(deps.clock())
    given = example_answers(service, "sv", today)
    values = {
        key: to_stored(value)
        for key, value in validate_answers(definition, given, "sv", today=today).by_field().items()
    }
    platform = service.open_eplatform
    command = SubmitCase(
        service=service.key,
        answers=Answers(definition=definition.digest, values=values),
        people=(example_person("sv"),),
        origin="web" if service.is_published else "open_eplatform",
        external="" if platform is None else f"{platform.platform}:{uuid.uuid4().hex}",
    )
    return (await deps.open_case(command, Machine("form"), definition)).case_id


async def _draw_in(
    language: str, case_id: str, deps: Service, about: tuple[EService, Catalog, datetime]
) -> Drawing:
    service, catalog, now = about
    say, today = words(language), local_day(now)
    view = await deps.database.read(lambda tx: system_queries.load_card(tx, case_id))
    assert view is not None  # it has just been opened
    title, modal_blocks = "", []
    officers = catalog.coordinators_of(service.key, today) or catalog.officers_with_access(service.key, today)
    if officers:
        key = officers[0].key
        actor = await deps.database.read(lambda tx: load_officer(tx, catalog, key, today))
        assert actor is not None  # the catalog has them
        shown = await deps.reveal(actor, case_id, officer_queries.ALL_PARTS, opening="preview")
        state = CaseModalState(shown, actor, catalog, today)
        title, modal_blocks = shown.case.number, case_modal(state, say)["blocks"]
    return Drawing(
        language,
        card(view, catalog, say, today).blocks,
        title,
        modal_blocks,
        _mails(service, catalog, language),
    )


def _mails(service: EService, catalog: Catalog, language: str) -> list[Letter]:
    facts = LetterFacts(
        municipality=catalog.municipality.name.in_(language),
        public_url=_PUBLIC_URL,
        number="2026-000001",
        link=f"{_PUBLIC_URL}/m/",
        service=service.name.in_(language) if service.name_in_mail and not service.strict else "",
        is_strict=service.strict,
        may_follow=service.applicant_follows and service.login != "none",
    )
    kinds = MAILS if facts.may_follow else MAILS[:1]
    return [compose_letter(kind, facts, words(language)) for kind in kinds]
