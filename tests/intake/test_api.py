"""Cases opened by other systems over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.catalog.fields import Field
from bot.catalog.models import Catalog
from bot.catalog.municipality import FileLimits
from bot.catalog.services import EService
from bot.intake.api import router, routes
from bot.intake.api.description import describe_service
from bot.intake.api.limits import TOKEN_RATE
from bot.intake.api.models import FieldShown, cleaned
from bot.intake.api.requests import parse_json
from bot.store.engine.keys import canonical_json
from tests.conftest import Clock
from tests.intake.conftest import TOKEN, IntakeHarness, intake_catalog
from tests.municipality import small_catalog

BEARER = {"Authorization": f"Bearer {TOKEN}"}
PDF = b"%PDF-1.7 hej"

Post = Callable[..., Any]


def case_body(**given: Any) -> dict[str, Any]:
    return {
        "service": "bygglov",
        "external_id": "KC-1",
        "people": [{"name": "Eva Ek", "email": "eva@ek.example"}],
        "answers": {"vad": "En altan", "typ": "ny"},
    } | given


def file_body(
    name: str = "ritning.pdf", content: bytes | str = PDF, field: str = "ritning"
) -> dict[str, str]:
    text = content if isinstance(content, str) else base64.b64encode(content).decode()
    return {"field": field, "name": name, "content": text}


@pytest.fixture
async def api(harness: IntakeHarness) -> AsyncIterator[httpx.AsyncClient]:
    web = FastAPI(openapi_url=None)
    web.include_router(router(harness))
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://hall", headers=BEARER) as client:
        yield client


async def post(api: httpx.AsyncClient, body: Any = None, **headers: str) -> httpx.Response:
    return await api.post("/api/v1/cases", json=case_body() if body is None else body, headers=headers)


def error_fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


async def test_an_applicant_whose_name_nobody_can_see_has_none(api: httpx.AsyncClient) -> None:
    answer = await post(api, case_body(people=[{"name": "\u200b \u00a0"}]))
    assert (answer.status_code, error_fields(answer)) == (422, ["people[0]"])


async def test_a_case_sent_by_a_source_is_opened(api: httpx.AsyncClient, harness: IntakeHarness) -> None:
    answer = await post(
        api, case_body(language="en", received_at="2026-11-22T13:04:00+01:00", protected=True)
    )
    assert answer.status_code == 201
    view = harness.cases()[0]
    assert answer.json() == {"id": view.case.id, "number": view.case.number}
    assert view.answers == {"vad": "En altan", "typ": "ny"}
    assert (view.case.origin, view.case.protected) == ("api", True)
    assert view.case.received_at == datetime(2026, 11, 22, 12, 4, tzinfo=UTC)
    assert [(one.name, one.language) for one in view.people] == [("Eva Ek", "en")]


async def test_a_file_sent_in_base64_is_stored(api: httpx.AsyncClient, harness: IntakeHarness) -> None:
    await post(api, case_body(files=[file_body()]))
    view = harness.cases()[0]
    stored = view.files[0]
    assert (stored.name, stored.kind, stored.field) == ("ritning.pdf", "application/pdf", "ritning")
    assert b"".join(harness.files.read(stored.id)) == PDF
    assert view.answers["ritning"][0]["id"] == stored.id


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "a"}])
async def test_a_repeat_opens_nothing_and_hears_the_same(
    api: httpx.AsyncClient, harness: IntakeHarness, key: dict[str, str]
) -> None:
    body = case_body(files=[file_body()], **({"external_id": None} if key else {}))
    first, again = await post(api, body, **key), await post(api, body, **key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(harness.cases()) == len(harness.list_stored()) == 1


async def test_repeats_at_the_same_moment_open_one_case(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    answers = await asyncio.gather(*(post(api, case_body(files=[file_body()])) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]
    assert len(harness.cases()) == len(harness.list_stored()) == 1


@pytest.mark.parametrize("other", [{"Idempotency-Key": "a"}, {"Idempotency-Key": "b"}, {}])
async def test_a_name_used_before_for_something_else_is_refused(
    api: httpx.AsyncClient, harness: IntakeHarness, other: dict[str, str]
) -> None:
    await post(api, **{"Idempotency-Key": "a"})
    answer = await post(api, case_body(answers={"vad": "Ett garage"}), **other)
    assert answer.status_code == 409
    assert len(harness.cases()) == 1


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer fel", f"Basic {TOKEN}", f"Bearer {TOKEN} x"])
async def test_nobody_without_a_sources_token_opens_anything(api: httpx.AsyncClient, token: str) -> None:
    answer = await post(api, Authorization=token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_source_opens_only_the_e_services_it_was_given(api: httpx.AsyncClient) -> None:
    assert (await post(api, case_body(service="oro"))).status_code == 403
    assert (await api.get("/api/v1/services/oro")).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service": "finns-inte"}, "service"),
        ({"service": None}, "service"),
        ({"external_id": None}, "external_id"),
        ({"vem": 1}, "vem"),
        ({"language": "fi"}, "language"),
        ({"answers": {"typ": "ny"}}, "answers.vad"),
        ({"answers": {"vad": "x", "typ": "annan"}}, "answers.typ"),
        ({"answers": {"vad": "x", "pnr": "1"}}, "answers.pnr"),
        ({"answers": {"vad": "x", "skor": 43}}, "answers.skor"),
        ({"answers": {"vad": "x", "ritning": [{"id": "a", "name": "b", "size": 1, "kind": "c"}]}},
         "answers.ritning"),
        ({"people": []}, "people"),
        ({"people": [{"email": "a@b.example"}, {"name": "Bo"}]}, "people"),
        ({"people": [{"email": "ingen"}]}, "people[0].email"),
        ({"people": [{"email": "haſſe@b.example"}]}, "people[0].email"),
        ({"people": [{"name": "Bo", "phone": "12"}]}, "people[0].phone"),
        ({"people": [{"phone": "070-174 06 05"}]}, "people[0]"),
        ({"received_at": "2026-11-22T13:04:00"}, "received_at"),
        ({"received_at": "2027-01-01T00:00:00Z"}, "received_at"),
        ({"received_at": 20261122}, "received_at"),
        ({"received_at": "20261122"}, "received_at"),
        ({"received_at": 1764500000.5}, "received_at"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        ({"files": [file_body(field="vad")]}, "files[0].field"),
        ({"files": [file_body("virus.exe")]}, "files[0].name"),
        ({"files": [file_body(content="###")]}, "files[0].content"),
        ({"files": [file_body(content=b"")]}, "files[0].content"),
        ({"files": [file_body()] * 21}, "files"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named_by_its_field(
    api: httpx.AsyncClient, harness: IntakeHarness, change: dict[str, Any], field: str
) -> None:
    answer = await post(api, case_body(**change))
    assert (answer.status_code, error_fields(answer)) == (422, [field])
    assert harness.cases() == []
    assert harness.list_stored() == []


@pytest.mark.parametrize(
    ("vad", "message"),
    [
        ("", "Svara på ”Vad gäller det?”."),
        ("x" * 501, "”Vad gäller det?” är 1 tecken för lång. Högst 500 tecken får plats."),
    ],
)
async def test_an_answer_is_refused_in_the_words_of_the_form(
    api: httpx.AsyncClient, vad: str, message: str
) -> None:
    answer = await post(api, case_body(answers={"vad": vad}))
    assert [error["message"] for error in answer.json()["errors"]] == [message]


async def test_a_file_that_is_not_what_its_name_says_is_refused_in_the_words_of_the_form(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    answer = await post(api, case_body(files=[file_body("plan.pdf", b"MZ\x90\x00\x03")]))
    assert error_fields(answer) == ["files[0].content"]
    wording = answer.json()["errors"][0]["message"]
    assert wording.startswith(
        "plan.pdf kan inte tas emot: innehållet är inte av en sort som vi tar emot. Tillåtna:"
    )
    assert harness.list_stored() == []


async def test_a_file_whose_name_says_another_kind_gets_the_right_ending(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    await post(api, case_body(files=[file_body("C:\\ritningar\\plan.docx")]))
    stored = harness.cases()[0].files[0]
    assert (stored.name, stored.kind) == ("plan.pdf", "application/pdf")


async def test_all_that_is_wrong_is_told_at_once(api: httpx.AsyncClient) -> None:
    answer = await post(api, case_body(answers={}, people=[], files=[file_body("a.exe")]))
    assert error_fields(answer) == ["people", "files[0].name", "answers.vad"]


async def test_a_source_is_answered_in_the_language_it_asks_for(api: httpx.AsyncClient) -> None:
    wording = [
        (await post(api, case_body(answers={}), **{"Accept-Language": one})).json()
        for one in ("sv", "en-GB,sv")
    ]
    assert [one["errors"][0]["message"] for one in wording] == [
        "Svara på ”Vad gäller det?”.",
        "Answer “Vad gäller det?”.",
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1", b"\xff", b"[" * 100_000, b'{"a": NaN}', b'{"a": ' + b"9" * 5000 + b"}", b"{}" * 2],
)
async def test_what_is_no_json_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await api.post("/api/v1/cases", content=body, headers=headers)).status_code == 400


async def test_json_may_begin_with_a_byte_order_mark(api: httpx.AsyncClient) -> None:
    body = json.dumps(case_body()).encode("utf-8-sig")
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert (await api.post("/api/v1/cases", content=body, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    "null",
    ["external_id", "language", "files", "received_at", "protected", "answers.typ"]
    + [f"people.{name}" for name in ("email", "phone", "role", "language", "external_id")],
)
async def test_null_is_what_was_not_given(api: httpx.AsyncClient, harness: IntakeHarness, null: str) -> None:
    body = case_body(people=[{"name": "Eva Ek"}])
    place, _, name = null.rpartition(".")
    inner = {"": body, "answers": body["answers"], "people": body["people"][0]}[place]
    inner[name] = None
    answer = await post(api, body, **{"Idempotency-Key": "a"})
    assert (answer.status_code, len(harness.cases())) == (201, 1)


async def test_what_must_be_given_may_not_be_null_and_what_need_not_be_is_described_so(
    api: httpx.AsyncClient,
) -> None:
    assert error_fields(await post(api, case_body(service=None))) == ["service"]
    assert error_fields(await post(api, case_body(vem=None))) == ["vem"]
    schemas = (await api.get("/api/v1/openapi.json")).json()["components"]["schemas"]
    for model in ("SentCase", "SentPerson", "SentFile"):
        required = schemas[model].get("required", [])
        for name, described in schemas[model]["properties"].items():
            assert ({"type": "null"} in described.get("anyOf", [])) == (name not in required)


async def test_another_media_type_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/cases", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


async def test_a_body_that_is_too_large_is_refused_while_it_comes(api: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 500 * 1024**2:
            read += 1024**2
            yield b" " * 1024**2

    headers = {"Content-Type": "application/json"}
    answer = await api.post("/api/v1/cases", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert read < 100 * 1024**2


LARGE = PDF + bytes(range(256)) * 2_000
"""A file whose content is set aside before the JSON around it is parsed."""


async def test_a_large_file_is_stored_as_it_was_once_and_another_under_the_same_id_is_refused(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    for status in (201, 200):
        assert (await post(api, case_body(files=[file_body(content=LARGE)]))).status_code == status
    assert [path.read_bytes() for path in harness.list_stored()] == [LARGE]
    assert (await post(api, case_body(files=[file_body(content=LARGE + b"x")]))).status_code == 409


@pytest.mark.parametrize("end", ["QQ==" + "A" * 300_000, "QQ=", "*"])
async def test_a_large_file_that_is_not_base64_is_refused(api: httpx.AsyncClient, end: str) -> None:
    content = base64.b64encode(LARGE[: 3 * 160_000]).decode() + end
    answer = await post(api, case_body(files=[file_body(content=content)]))
    assert answer.status_code == 422
    assert error_fields(answer) == ["files[0].content"]


def test_a_request_is_known_again_by_all_that_was_in_it_wherever_it_was_parsed() -> None:
    strings = [
        "",
        "a",
        "Q" * 20_000,
        "Q" * 600_000,
        "é" * 20_000,
        "\\" * 20_000,
        '"' * 500,
        "Q" * 20_000 + "\\",
    ]
    body = json.dumps({"b": strings, "Q" * 20_000: [{"a": text} for text in strings]}, indent=1).encode()
    parsed = parse_json(body)
    assert len(parsed.contents) == 4
    again = b"".join(bytes(piece) for piece in parsed.pieces(canonical_json(cleaned(parsed.json))))
    assert again.decode() == canonical_json(cleaned(json.loads(body)))


@pytest.mark.parametrize(
    "answers",
    [
        {"vad": [[]] * 200_000},
        {f"k{n}": n for n in range(50_000)},
        {"vad": "é" * 3_000_000},
        {"vad": "x" * 5_000_000 + " "},
    ],
    ids=["lists", "names", "letters", "a word"],
)
async def test_more_values_or_text_than_any_case_has_is_refused(
    api: httpx.AsyncClient, harness: IntakeHarness, answers: dict[str, Any]
) -> None:
    body = json.dumps(case_body(answers=answers), ensure_ascii=False).encode()
    answer = await api.post("/api/v1/cases", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "för mycket text eller för många värden" in answer.json()["detail"]
    assert harness.cases() == []


async def test_no_request_is_parsed_or_examined_where_others_would_wait_for_it(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def do(*given: Any) -> Any:
            threads.append(threading.current_thread() is threading.main_thread())
            return work(*given)

        return do

    for name in ("parse_json", "validate_case", "_parse_case", "_content_hash"):
        monkeypatch.setattr(routes, name, noted(getattr(routes, name)))
    assert (await post(api)).status_code == 201
    assert threads == [False] * 4


async def test_text_is_stored_without_what_may_not_be_stored(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    await post(api, case_body(answers={"vad": "e\u0301n\x00 \u202ealtan"}))
    assert harness.cases()[0].answers["vad"] == "én altan"


async def test_who_sends_can_ask_for_the_form(api: httpx.AsyncClient) -> None:
    shown = (await api.get("/api/v1/services/bygglov")).json()
    assert [field["key"] for field in shown["fields"]] == ["vad", "typ", "pnr", "ritning"]
    assert shown["fields"][1]["choices"][0] == {"key": "ny", "label": {"sv": "Nybyggnad", "en": "Nybyggnad"}}
    assert (await api.get("/api/v1/services/finns-inte")).status_code == 404


def test_who_sends_is_told_of_all_that_decides_whether_an_answer_is_taken() -> None:
    only_for_officers = {"in_slack", "on_card", "card_label", "searchable", "sensitive", "registered"}
    only_for_browsers = {"own"}
    assert set(FieldShown.model_fields) == set(Field.model_fields) - only_for_officers - only_for_browsers


def test_who_sends_is_told_which_answers_exclude_or_require_others_and_in_what_words_they_are_refused() -> (
    None
):
    text = {"sv": "Ange också vem du företräder.", "en": "State whom you represent as well."}
    definition = small_catalog().services["bygglov"].model_dump(by_alias=True, exclude_unset=True)
    definition["fields"] = [
        {
            "key": "ombud",
            "kind": "yes_no",
            "label": "Är du ombud?",
            "forbids": [{"when": True, "field": "typ", "is": ["ny", "annat"]}],
            "requires": [{"when": True, "field": "vad", "text": text}],
            "errors": {"empty": text},
        },
        *definition["fields"],
    ]
    shown = describe_service(EService.model_validate(definition), FileLimits()).model_dump(mode="json")
    ombud = shown["fields"][0]
    assert ombud["forbids"] == [{"when": [True], "field": "typ", "any_of": ["ny", "annat"], "text": None}]
    assert ombud["requires"] == [{"when": [True], "field": "vad", "any_of": None, "text": text}]
    assert ombud["errors"] == {"empty": text}


async def test_a_source_whose_clock_goes_a_little_fast_is_let_in(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    soon = harness.service.clock() + timedelta(minutes=2)
    assert (await post(api, case_body(received_at=soon.isoformat()))).status_code == 201


async def test_where_the_disk_is_nearly_full_a_case_with_files_is_to_be_sent_later(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    harness.files.reserved_bytes = 2**62
    answer = await post(api, case_body(files=[file_body()]))
    assert (answer.status_code, answer.headers["retry-after"]) == (507, "600")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "filer" in answer.json()["detail"]
    assert harness.cases() == harness.list_stored() == []
    assert (await post(api)).status_code == 201
    harness.files.reserved_bytes = 0
    assert (await post(api, case_body(external_id="KC-2", files=[file_body()]))).status_code == 201


async def test_who_tries_many_wrong_tokens_is_told_to_wait_and_a_source_beside_them_is_not(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    wrong = [(await post(api, Authorization=f"Bearer {n}")).status_code for n in range(100)]
    assert wrong == [401] * TOKEN_RATE[1] + [429] * (100 - TOKEN_RATE[1])
    asked = await api.get("/api/v1/services/bygglov", headers={"Authorization": "Bearer x"})
    assert (asked.status_code, asked.headers["retry-after"]) == (429, "60")
    assert (await post(api)).status_code == 201
    clock.advance(seconds=60)
    assert (await post(api, Authorization="Bearer x")).status_code == 401


@pytest.mark.parametrize(("confirmed", "state"), [(True, "source"), (False, "unconfirmed")])
async def test_an_address_from_a_source_is_confirmed_where_the_catalog_says_so(
    create_harness: Callable[[Catalog], IntakeHarness], confirmed: bool, state: str
) -> None:
    catalog = intake_catalog()
    sources = tuple(
        one.model_copy(update={"confirmed_addresses": confirmed}) for one in catalog.municipality.sources
    )
    municipality = catalog.municipality.model_copy(update={"sources": sources})
    harness = create_harness(catalog.model_copy(update={"municipality": municipality}))
    web = FastAPI(openapi_url=None)
    web.include_router(router(harness))
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://hall", headers=BEARER) as client:
        assert (await post(client)).status_code == 201
    (case,) = harness.cases()
    assert [one.address_state for one in case.people] == [state]
