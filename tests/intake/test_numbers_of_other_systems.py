"""Other systems number their cases each for itself: no number leads to a case that is not the one it names."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text

from bot.catalog.models import Catalog
from bot.domain.event_wording import EventWording
from bot.intake.open_eplatform import UnknownPlatform, import_documents, list_failed
from bot.store import Tx
from bot.text import words
from tests.intake.conftest import IntakeHarness, intake_catalog
from tests.intake.documents import BO, FAMILY, case, file, question, value
from tests.intake.test_api import api, case_body, error_fields, post

__all__ = ["api"]

PDF = b"%PDF-1.7 hej"


def two_platforms(first: str = "externa", second: str = "interna") -> Catalog:
    """The town, where `bygglov` is an e-service of one platform and `garage` of the other, with the same family."""
    data = intake_catalog().model_dump(by_alias=True, exclude_unset=True)
    bygglov = data["services"]["bygglov"]
    garage = {**bygglov, "key": "garage"}
    bygglov["open_eplatform"] = {"platform": first, "families": [FAMILY]}
    garage["open_eplatform"] = {"platform": second, "families": [FAMILY]}
    data["services"]["garage"] = garage
    return Catalog.model_validate(data)


@pytest.fixture
def both(create_harness: Callable[[Catalog], IntakeHarness]) -> IntakeHarness:
    return create_harness(two_platforms())


async def test_the_same_number_on_two_platforms_is_two_cases(both: IntakeHarness) -> None:
    document = both.write_document(case(question(1, "Vad?", value("En altan"))))
    outcomes = [
        await import_documents(both, [document], platform=name) for name in ("externa", "interna", "externa")
    ]
    assert [(one.opened, one.known, one.failed) for one in outcomes] == [(1, 0, ()), (1, 0, ()), (0, 1, ())]
    assert [view.case.service for view in both.cases()] == ["bygglov", "garage"]


@pytest.mark.parametrize("name", [None, "okänd"])
async def test_of_several_platforms_one_must_be_named(both: IntakeHarness, name: str | None) -> None:
    with pytest.raises(UnknownPlatform) as result:
        await import_documents(both, [both.write_document(case())], platform=name)
    assert result.value.names == ("externa", "interna")
    assert both.cases() == []


FIRST = question(1, "Vad?", value("En altan"))
OTHERS = {
    "another family": case(FIRST, family=123),
    "another answer": case(question(1, "Vad?", value("Ett garage"))),
    "another question": case(question(2, "Vad?", value("En altan"))),
    "another applicant": case(FIRST, people=f"<Owner>{BO}</Owner>"),
    "another day": case(FIRST, submitted="2026-10-08T13:04:14"),
    "another file": case(FIRST, question(9, "Bilaga", file("a.pdf", PDF))),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_number_that_is_another_cases_is_told_and_nothing_is_opened_or_changed(
    harness: IntakeHarness, other: str, at_once: bool
) -> None:
    paths = [
        harness.write_document(case(FIRST), "a.xml"),
        harness.write_document(other, "b.xml"),
        harness.write_document(case(id=7), "c.xml"),
    ]
    summaries = (
        [await import_documents(harness, paths)]
        if at_once
        else [await import_documents(harness, [path]) for path in paths]
    )
    assert sum(one.opened for one in summaries) == 2
    assert sum(one.known for one in summaries) == 0
    result = [failure for one in summaries for failure in one.failed]
    number = harness.cases()[0].case.number
    assert (
        [one.place for one in result] == [one.place for one in await list_failed(harness)] == [str(paths[1])]
    )
    wording = result[0].in_words(words("sv"))
    assert "andra svar" in wording and "tidpunkt" not in wording
    assert number in wording and "1001" in wording and "Eva" not in wording and "altan" not in wording
    assert harness.cases()[0].answers == {"q1": "En altan"}
    assert harness.list_stored() == []
    assert [line.event for line in harness.cases()[0].history][1:] == ["OtherDocumentReceived"]
    assert [line.event for line in harness.cases()[1].history][1:] == []


async def test_the_case_says_once_that_another_document_came_with_its_number_however_often_it_is_imported(
    harness: IntakeHarness,
) -> None:
    await import_documents(harness, [harness.write_document(case(FIRST), "a.xml")])
    other = harness.write_document(OTHERS["another answer"], "b.xml")
    third = harness.write_document(OTHERS["another family"], "c.xml")
    for _ in range(3):
        await import_documents(harness, [other])
    assert await told_in_case(harness) == [
        "Ett annat dokument kom in med ärendets nummer i open_eplatform, 1001. Ingenting i ärendet är ändrat."
    ]
    await import_documents(harness, [third])
    assert len(await told_in_case(harness)) == 2


async def told_in_case(harness: IntakeHarness) -> list[str]:
    """What the history of the first case says since it was opened."""
    catalog = harness.service.catalog
    wording = EventWording(catalog, catalog.service("bygglov"), words("sv"))
    return [wording.log_line(entry) for entry in harness.cases()[0].history[1:]]


async def test_the_status_and_later_times_of_a_case_do_not_make_it_another(harness: IntakeHarness) -> None:
    first = harness.write_document(case(FIRST), "a.xml")
    later = (
        case(FIRST).replace("Klart", "Arkiverat").replace("<LastSubmitted>2026-10", "<LastSubmitted>2027-01")
    )
    summary = await import_documents(harness, [first, harness.write_document(later, "b.xml")])
    assert (summary.opened, summary.known, summary.failed) == (1, 1, ())


def forget_contents(tx: Tx) -> None:
    """As the receipts were before they kept what a case was made of."""
    done = tx.conn.execute(text("SELECT key, outcome FROM receipt")).all()
    for key, outcome in done:
        before = outcome.replace('"content":', '"":')
        tx.conn.execute(text("UPDATE receipt SET outcome = :to WHERE key = :of"), {"to": before, "of": key})


@pytest.mark.parametrize("of_before", [True, False])
async def test_cases_of_before_platforms_had_names_are_known_again_and_no_others(
    create_harness: Callable[[Catalog], IntakeHarness], of_before: bool
) -> None:
    before = create_harness(intake_catalog())
    assert (await import_documents(before, [before.write_document(case(FIRST))])).opened == 1
    if of_before:
        before.service.database.write_sync(forget_contents)
    after = create_harness(two_platforms())
    same = await import_documents(after, [after.write_document(case(FIRST))], platform="externa")
    other = await import_documents(
        after, [after.write_document(case(submitted="2026-11-01T10:00:00"))], platform="interna"
    )
    assert (same.opened, same.known, other.opened, other.known) == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("other", "known"), [(case(family=123), 1), (case(submitted="2026-10-08T13:04:14"), 0)]
)
async def test_a_case_whose_content_was_not_kept_is_known_by_its_e_service_and_day(
    harness: IntakeHarness, other: str, known: int
) -> None:
    await import_documents(harness, [harness.write_document(case())])
    harness.service.database.write_sync(forget_contents)
    summary = await import_documents(harness, [harness.write_document(other)])
    assert (summary.opened, summary.known, len(summary.failed)) == (0, known, 1 - known)
    assert summary.uncompared == known
    sentences = [one.in_words(words("sv")) for one in summary.failed]
    assert all("vid en annan tidpunkt" in one and "andra svar" not in one for one in sentences)
    again = await import_documents(harness, [harness.write_document(case(id=2), "new.xml")] * 2)
    assert (again.opened, again.known, again.uncompared) == (1, 1, 0)


@pytest.mark.parametrize(
    ("odd", "sign"),
    [("x\u202e1", "U+202E"), ("x\u200b1", "U+200B"), (" x1", "U+0020"), ("a\u030a1", "U+030A")],
)
@pytest.mark.parametrize("where", ["case", "person"])
async def test_an_id_is_taken_whole_or_refused(
    api: httpx.AsyncClient, harness: IntakeHarness, odd: str, sign: str, where: str
) -> None:
    for plain in ("x1", "\u00e51"):
        assert (await post(api, case_body(external_id=plain))).status_code == 201
    person = {"name": "Eva Ek", "email": "eva@ek.example"}
    body = (
        case_body(external_id=odd) if where == "case" else case_body(people=[{**person, "external_id": odd}])
    )
    answer = await post(api, body)
    assert answer.status_code == 422
    assert error_fields(answer) == ["external_id" if where == "case" else "people[0].external_id"]
    assert sign in answer.json()["errors"][0]["message"]
    assert len(harness.cases()) == 2


async def test_the_refusal_of_an_id_says_where_the_sign_stands(api: httpx.AsyncClient) -> None:
    answer = await post(api, case_body(external_id="KC\u200b-1"), **{"Accept-Language": "en"})
    assert "U+200B" in answer.json()["errors"][0]["message"]
    assert "position 3" in answer.json()["errors"][0]["message"]


async def test_a_requests_key_is_never_taken_for_a_cases_id(
    api: httpx.AsyncClient, harness: IntakeHarness
) -> None:
    named = await post(api, case_body(external_id="key:b", answers={"vad": "En altan", "typ": "ny"}))
    body = case_body(external_id=None, answers={"vad": "Ett garage", "typ": "ny"})
    keyed = await post(api, body, **{"Idempotency-Key": "b"})
    assert (named.status_code, keyed.status_code) == (201, 201)
    assert len(harness.cases()) == 2


@pytest.mark.parametrize(
    "twice", ['"external_id": "x1", "external_id": "x2"', '"external_id": "x1", "external_id\u202e": "x2"']
)
async def test_of_two_values_of_one_name_none_is_chosen(
    api: httpx.AsyncClient, harness: IntakeHarness, twice: str
) -> None:
    body = '{"service": "bygglov", "people": [{"name": "Eva"}], "answers": {"vad": "x"}, ' + twice + "}"
    headers = {"Content-Type": "application/json"}
    answer = await api.post("/api/v1/cases", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert harness.cases() == []
