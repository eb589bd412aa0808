"""The API attacked by what its own description allows, and by what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from bot.intake.api import router
from bot.service import Service
from bot.store import Database
from bot.store.files.file_store import FileStore
from tests.conftest import Clock
from tests.generated.strategies import examples
from tests.intake.conftest import TOKEN, IntakeHarness, intake_catalog
from tests.scope import sample

BOUNDED = hypothesis.settings(
    examples(50),
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture
def described(sqlite_database: Database, tmp_path: Path) -> Iterator[schemathesis.BaseSchema]:
    catalog = intake_catalog()
    service = Service(sqlite_database, lambda: catalog, clock=Clock(), wake=lambda: None)
    web = FastAPI(openapi_url=None)
    web.include_router(router(IntakeHarness(service, FileStore(tmp_path / "files"), tmp_path)))
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", web)


@pytest.mark.parametrize("mode", sample(list(schemathesis.GenerationMode), 1))
def test_no_request_makes_the_api_fail_or_answer_otherwise_than_described(
    described: schemathesis.BaseSchema, mode: schemathesis.GenerationMode
) -> None:
    checks = [
        schemathesis.checks.not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    for operation in described.get_all_operations():
        requests = operation.ok().as_strategy(generation_mode=mode)

        @BOUNDED
        @hypothesis.given(case=requests)
        def tried(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=checks)

        tried()


def test_the_descriptions_own_example_opens_a_case(described: schemathesis.BaseSchema) -> None:
    example = described.raw_schema["components"]["schemas"]["SentCase"]["example"]
    client = TestClient(described.app)
    answer = client.post("/api/v1/cases", json=example, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 201
