"""Other systems number their cases each for itself: no number leads to a case that is not the one it names."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text

from bot.catalog.models import Catalog
from bot.intake.open_eplatform import UnknownPlatform, failed_list, run
from bot.store import Tx
from bot.text import words
from tests.intake.conftest import Hall, intake_town
from tests.intake.documents import BO, FAMILY, case, file, question, value
from tests.intake.test_api import api, fields_of, post, sent

__all__ = ["api"]

PDF = b"%PDF-1.7 hej"


def two_platforms(first: str = "externa", second: str = "interna") -> Catalog:
    """The town, where `bygglov` is an e-service of one platform and `garage` of the other, with the same family."""
    data = intake_town().model_dump(by_alias=True, exclude_unset=True)
    bygglov = data["services"]["bygglov"]
    garage = {**bygglov, "key": "garage"}
    bygglov["open_eplatform"] = {"platform": first, "families": [FAMILY]}
    garage["open_eplatform"] = {"platform": second, "families": [FAMILY]}
    data["services"]["garage"] = garage
    return Catalog.model_validate(data)


@pytest.fixture
def both(hall_with: Callable[[Catalog], Hall]) -> Hall:
    return hall_with(two_platforms())


async def test_the_same_number_on_two_platforms_is_two_cases(both: Hall) -> None:
    document = both.lay(case(question(1, "Vad?", value("En altan"))))
    outcomes = [await run(both, [document], platform=name) for name in ("externa", "interna", "externa")]
    assert [(one.opened, one.known, one.failed) for one in outcomes] == [(1, 0, ()), (1, 0, ()), (0, 1, ())]
    assert [view.case.service for view in both.cases()] == ["bygglov", "garage"]


@pytest.mark.parametrize("name", [None, "okänd"])
async def test_of_several_platforms_one_must_be_named(both: Hall, name: str | None) -> None:
    with pytest.raises(UnknownPlatform) as told:
        await run(both, [both.lay(case())], platform=name)
    assert told.value.names == ("externa", "interna")
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
    hall: Hall, other: str, at_once: bool
) -> None:
    paths = [hall.lay(case(FIRST), "a.xml"), hall.lay(other, "b.xml"), hall.lay(case(id=7), "c.xml")]
    summaries = [await run(hall, paths)] if at_once else [await run(hall, [path]) for path in paths]
    assert sum(one.opened for one in summaries) == 2
    assert sum(one.known for one in summaries) == 0
    told = [failure for one in summaries for failure in one.failed]
    number = hall.cases()[0].case.number
    assert [one.place for one in told] == [one.place for one in await failed_list(hall)] == [str(paths[1])]
    said = told[0].said(words("sv"))
    assert number in said and "1001" in said and "Eva" not in said and "altan" not in said
    assert hall.cases()[0].answers == {"q1": "En altan"}
    assert hall.stored() == []


async def test_the_status_and_later_times_of_a_case_do_not_make_it_another(hall: Hall) -> None:
    first = hall.lay(case(FIRST), "a.xml")
    later = (
        case(FIRST).replace("Klart", "Arkiverat").replace("<LastSubmitted>2026-10", "<LastSubmitted>2027-01")
    )
    summary = await run(hall, [first, hall.lay(later, "b.xml")])
    assert (summary.opened, summary.known, summary.failed) == (1, 1, ())


def forget_contents(tx: Tx) -> None:
    """As the receipts were before they kept what a case was made of."""
    done = tx.conn.execute(text("SELECT key, outcome FROM receipt")).all()
    for key, outcome in done:
        before = outcome.replace('"content":', '"":')
        tx.conn.execute(text("UPDATE receipt SET outcome = :to WHERE key = :of"), {"to": before, "of": key})


@pytest.mark.parametrize("of_before", [True, False])
async def test_cases_of_before_platforms_had_names_are_known_again_and_no_others(
    hall_with: Callable[[Catalog], Hall], of_before: bool
) -> None:
    before = hall_with(intake_town())
    assert (await run(before, [before.lay(case(FIRST))])).opened == 1
    if of_before:
        before.service.database.write_now(forget_contents)
    after = hall_with(two_platforms())
    same = await run(after, [after.lay(case(FIRST))], platform="externa")
    other = await run(after, [after.lay(case(submitted="2026-11-01T10:00:00"))], platform="interna")
    assert (same.opened, same.known, other.opened, other.known) == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("other", "known"), [(case(family=123), 1), (case(submitted="2026-10-08T13:04:14"), 0)]
)
async def test_a_case_whose_content_was_not_kept_is_known_by_its_e_service_and_day(
    hall: Hall, other: str, known: int
) -> None:
    await run(hall, [hall.lay(case())])
    hall.service.database.write_now(forget_contents)
    summary = await run(hall, [hall.lay(other)])
    assert (summary.opened, summary.known, len(summary.failed)) == (0, known, 1 - known)


@pytest.mark.parametrize("odd", ["x\u202e1", "x1\u200f", "x1 ", "x1\n", "x\x001", "a\u030a1", "\ufeffx1"])
@pytest.mark.parametrize("where", ["case", "person"])
async def test_an_id_is_taken_whole_or_refused(
    api: httpx.AsyncClient, hall: Hall, odd: str, where: str
) -> None:
    for plain in ("x1", "\u00e51"):
        assert (await post(api, sent(external_id=plain))).status_code == 201
    person = {"name": "Eva Ek", "email": "eva@ek.example"}
    body = sent(external_id=odd) if where == "case" else sent(people=[{**person, "external_id": odd}])
    answer = await post(api, body)
    assert answer.status_code == 422
    assert fields_of(answer) == ["external_id" if where == "case" else "people[0].external_id"]
    assert len(hall.cases()) == 2


async def test_a_requests_key_is_never_taken_for_a_cases_id(api: httpx.AsyncClient, hall: Hall) -> None:
    named = await post(api, sent(external_id="key:b", answers={"vad": "En altan", "typ": "ny"}))
    body = sent(external_id=None, answers={"vad": "Ett garage", "typ": "ny"})
    keyed = await post(api, body, **{"Idempotency-Key": "b"})
    assert (named.status_code, keyed.status_code) == (201, 201)
    assert len(hall.cases()) == 2


@pytest.mark.parametrize(
    "twice", ['"external_id": "x1", "external_id": "x2"', '"external_id": "x1", "external_id\u202e": "x2"']
)
async def test_of_two_values_of_one_name_none_is_chosen(
    api: httpx.AsyncClient, hall: Hall, twice: str
) -> None:
    body = '{"service": "bygglov", "people": [{"name": "Eva"}], "answers": {"vad": "x"}, ' + twice + "}"
    headers = {"Content-Type": "application/json"}
    answer = await api.post("/api/v1/cases", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert hall.cases() == []
