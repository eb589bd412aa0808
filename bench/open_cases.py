"""A store with many cases of one e-service, opened by the program itself."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

from bot.catalog.definition import create_definition
from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.submission import Answers, Person, SubmitCase
from bot.service import OpenCaseRequest, Service

SERVICE = "felanmalan-gata-park"
AT_ONCE = 25


async def open_cases(service: Service, e_service: EService, count: int) -> AsyncIterator[list[str]]:
    """Open so many cases, each with an applicant. The ids of each `AT_ONCE` that were opened together."""
    form = create_definition(e_service)
    for first in range(0, count, AT_ONCE):
        requests = []
        for number in range(first, min(first + AT_ONCE, count)):
            person = Person(id=uuid.uuid4().hex, name=f"Eva Ek {number}", email=f"eva{number}@ek.example")
            answers = Answers(definition=form.digest, values={})
            command = SubmitCase(service=e_service.key, answers=answers, people=(person,))
            requests.append(OpenCaseRequest(command, form))
        opened = await service.open_cases(requests, Machine("form"))
        yield [one.case_id for one in opened]  # type: ignore[union-attr]
