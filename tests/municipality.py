"""A small town for tests: who works there, what may be applied for, and ways to act in it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from bot.catalog.definition import Definition, create_definition
from bot.catalog.models import Catalog
from bot.domain import actors
from bot.domain.messages.correspondence import SendMessage, SetStatusOfMessage
from bot.domain.messages.undoing import UNDO_PERIOD
from bot.domain.rules import Command
from bot.domain.submission import Answers, FileRef, Person, SubmitCase
from bot.service import CommandResult, Service
from bot.store.cases import contents, officer_queries
from bot.store.files import unattached

TODAY = date(2026, 11, 23)

STATUSES: list[dict[str, Any]] = [
    {
        "key": "submitted",
        "name": "Inskickat",
        "kind": "submitted",
        "told": "Vi har tagit emot ditt ärende.",
        "may_delete": True,
    },
    {"key": "completed", "name": "Kompletterat", "kind": "submitted", "set_by": "applicant"},
    {
        "key": "working",
        "name": "Under behandling",
        "kind": "in_progress",
        "told": "Vi arbetar med ditt ärende.",
    },
    {
        "key": "waiting",
        "name": "Väntar på komplettering",
        "kind": "waiting_for_completion",
        "told": "Vi behöver mer från dig.",
        "requires": "message",
        "accepted_from": ["submitted", "working", "completed"],
    },
    {
        "key": "closed",
        "name": "Avslutat",
        "kind": "closed",
        "told": "Ärendet är avslutat.",
        "requires": "note",
    },
]

FIELDS: list[dict[str, Any]] = [
    {
        "key": "vad",
        "kind": "text",
        "label": "Vad gäller det?",
        "required": True,
        "in_slack": True,
        "searchable": True,
    },
    {
        "key": "typ",
        "kind": "choice",
        "label": "Typ",
        "on_card": True,
        "in_slack": True,
        "searchable": True,
        "choices": [{"key": "ny", "label": "Nybyggnad"}, {"key": "till", "label": "Tillbyggnad"}],
    },
    {"key": "pnr", "kind": "personnummer", "label": "Personnummer"},
    {"key": "ritning", "kind": "file", "label": "Ritning"},
]


def small_catalog(officers: int = 3) -> Catalog:
    """A catalog with `officers` officers (anna, bo and carl first) and a standard and a strict e-service."""
    keys = ["anna", "bo", "carl", *(f"officer{n}" for n in range(4, officers + 1))][:officers]
    people = [
        {"key": key, "name": f"{key.title()} Berg", "email": f"{key}@staden.example", "unit": "Bygg"}
        for key in keys
    ]
    everyone = [{"officer": key} for key in keys]
    common = {
        "unit": "Bygg",
        "retention": {"months": 24, "basis": "Planens 3 §"},
        "statuses": STATUSES,
    }
    return Catalog.model_validate(
        {
            "municipality": {
                "name": "Stadens kommun",
                "short_name": "Staden",
                "contact": {"name": "Kontaktcenter", "email": "kontakt@staden.example"},
                "support": {"name": "It-stöd", "email": "it@staden.example"},
                "officers": [
                    *people,
                    {"key": "rut", "name": "Rut Snäv", "email": "rut@staden.example", "unit": "Bygg"},
                    {"key": "ute", "name": "Ute Fors", "email": "ute@staden.example", "unit": "Skola"},
                ],
                "groups": [
                    {"key": "gruppen", "name": "Gruppen", "members": ["carl"] if officers > 2 else []}
                ],
            },
            "services": {
                "bygglov": {
                    "key": "bygglov",
                    "name": "Bygglov",
                    "channel": "bygglov",
                    "privacy": "standard",
                    "fields": FIELDS,
                    "working_days": 10,
                    "officers": [*everyone, {"officer": "rut", "access": "restricted"}],
                    "protected_officers": ["anna", "rut"],
                    **common,
                },
                "oro": {
                    "key": "oro",
                    "name": "Orosanmälan",
                    "channel": "oro",
                    "privacy": "strict",
                    "login": "none",
                    "applicant_follows": False,
                    "officers": everyone,
                    **common,
                    "retention": {"months": 60, "basis": "Planens 4 §"},
                },
            },
        }
    )


def officer(catalog: Catalog, key: str) -> actors.Officer:
    found = actors.find_officer(catalog, key, TODAY)
    assert found is not None
    return found


def person(**given: str) -> Person:
    return Person(
        id=uuid.uuid4().hex, **{"name": "Eva Ek", "email": "eva@ek.example", "address_state": "code"} | given
    )  # type: ignore[arg-type]


async def send_until_left(service: Service, command: SendMessage, sender: actors.Officer) -> CommandResult:
    """The message is written, its undo period passes, and the outbox sets the status that follows it."""
    done = await service.perform(command, sender)
    cast(Any, service.clock).advance(seconds=UNDO_PERIOD.total_seconds())
    follow = SetStatusOfMessage(case_id=done.case_id, message_id=done.ids["message_id"])
    await service.perform(follow, actors.Machine("message"))
    return done


@dataclass
class MunicipalityDriver:
    """A service with its catalog, and short words for what people do in it."""

    service: Service
    catalog: Catalog

    def officer(self, key: str) -> actors.Officer:
        return officer(self.catalog, key)

    async def submit(
        self, *people: Person, idempotency_key: str | None = None, **given: Any
    ) -> CommandResult:
        """Someone submits a case of `bygglov`, or of the e-service given."""
        return await self.service.open_case(
            self.application(*people, **given),
            actors.Machine("form"),
            self.definition(**given),
            idempotency_key=idempotency_key,
        )

    def definition(self, **given: Any) -> Definition:
        service = self.catalog.service(given.get("service", "bygglov"))
        assert service is not None
        return create_definition(service)

    def application(
        self,
        *people: Person,
        service: str = "bygglov",
        values: dict[str, Any] | None = None,
        files: tuple[FileRef, ...] = (),
        **given: Any,
    ) -> SubmitCase:
        answers = Answers(
            definition=self.definition(service=service).digest,
            values=values if values is not None else {"vad": "En altan", "typ": "till"},
        )
        return SubmitCase(
            service=service, answers=answers, people=people or (person(),), files=files, **given
        )

    async def perform(
        self, officer_key: str, command: Command, idempotency_key: str | None = None
    ) -> CommandResult:
        """An officer performs a command."""
        return await self.service.perform(command, self.officer(officer_key), idempotency_key=idempotency_key)

    async def applicant(self, case: CommandResult) -> actors.Applicant:
        """The applicant of a case, as one who has shown that they read the mailbox."""
        people = await self.service.database.read(lambda tx: contents.load_people(tx, case.case_id))
        return actors.Applicant(ids=frozenset(one.id for one in people), mailbox="")

    async def add_file(self, name: str = "plan.pdf") -> FileRef:
        """A file that has come and belongs to nothing yet."""
        found = FileRef(
            id=uuid.uuid4().hex, name=name, size=3, kind="application/pdf", sha256=uuid.uuid4().hex * 2
        )
        await self.service.database.write(lambda tx: unattached.save(tx, found, self.service.clock()))
        return found

    async def view_case(self, officer_key: str, case: CommandResult) -> Any:
        """The case as an officer sees it."""
        return await self.service.database.read(
            lambda tx: officer_queries.load_case_view(tx, self.officer(officer_key), case.case_id)
        )
