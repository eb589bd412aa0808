"""Cases brought from Open ePlatform's documents."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.catalog.models import Catalog
from bot.intake.open_eplatform import forget_failed, import_documents, list_failed
from bot.store.cases import failed_imports
from bot.store.cases.failed_imports import FailedImport
from bot.store.files import unattached
from bot.store.outbox import delivery_counts
from bot.text import words
from tests.conftest import Clock
from tests.intake.conftest import IntakeHarness, intake_catalog
from tests.intake.documents import BO, EVA, NS, case, encoded, file, question, value

REAL = Path(__file__).parents[3] / "shared" / "openeplatform"
PDF = b"%PDF-1.7 " + bytes(range(256)) * 40


async def import_one(harness: IntakeHarness, document: str | bytes) -> None:
    """Import one document that must become a case."""
    summary = await import_documents(harness, [harness.write_document(document)])
    assert summary.opened == 1, summary


async def test_a_document_becomes_a_case_with_its_number_and_answers(harness: IntakeHarness) -> None:
    await import_one(harness, case(question(5, "Vad gäller det?", value("En altan"))))
    view = harness.cases()[0]
    assert (view.case.service, view.case.origin, view.case.status) == (
        "bygglov",
        "open_eplatform",
        "submitted",
    )
    assert [(field.key, field.label.sv) for field in view.definition.fields] == [("q5", "Vad gäller det?")]
    assert view.answers == {"q5": "En altan"}


async def test_the_case_is_received_when_it_was_submitted_there(harness: IntakeHarness) -> None:
    await import_one(harness, case(submitted="2026-07-01T09:30:00"))
    assert harness.cases()[0].case.received_at == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)


async def test_a_case_is_opened_once_however_often_it_is_imported(harness: IntakeHarness) -> None:
    path = harness.write_document(case())
    copy = harness.write_document(case(), "again.xml")
    outcomes = [
        await import_documents(harness, [path, copy]),
        await import_documents(harness, [harness.folder]),
    ]
    assert [(one.opened, one.known) for one in outcomes] == [(1, 1), (0, 2)]
    assert len(harness.cases()) == 1


async def test_two_imports_at_once_open_the_case_once(harness: IntakeHarness) -> None:
    for n in range(30):
        harness.write_document(case(question(1, "Bilaga", file("a.pdf", PDF)), id=n), f"{n}.xml")
    both = await asyncio.gather(
        import_documents(harness, [harness.folder]), import_documents(harness, [harness.folder])
    )
    assert sum(one.opened for one in both) == 30
    assert len(harness.cases()) == len(harness.list_stored()) == 30


async def test_the_owners_are_the_applicants(harness: IntakeHarness) -> None:
    await import_one(harness, case(people=f"<Poster>{EVA}</Poster><Owner>{BO}</Owner><Owner>{EVA}</Owner>"))
    people = harness.cases()[0].people
    assert [(one.name, one.email, one.external_id) for one in people] == [
        ("Bo Ås", "", "8"),
        ("Eva Ek", "eva@ek.example", "7"),
    ]


async def test_who_posted_it_is_the_applicant_where_nobody_owns_it(harness: IntakeHarness) -> None:
    await import_one(harness, case(people=f"<Poster>{BO}</Poster>"))
    assert [one.name for one in harness.cases()[0].people] == ["Bo Ås"]


async def test_an_anonymous_case_has_no_applicant(harness: IntakeHarness) -> None:
    await import_one(harness, case(people=""))
    assert harness.cases()[0].people == ()


@pytest.mark.parametrize("written", ["ingen", "haſſe@ek.example"])
async def test_an_address_no_mail_could_reach_or_that_only_looks_like_anothers_is_left_out(
    harness: IntakeHarness, written: str
) -> None:
    people = f"<Owner><Firstname>Bo</Firstname><Email>{written}</Email></Owner>"
    await import_one(harness, encoded(case(people=people), "UTF-8"))
    assert harness.cases()[0].people[0].email == ""


async def test_an_address_that_was_pasted_with_its_name_is_read_out_of_it(harness: IntakeHarness) -> None:
    people = "<Owner><Firstname>Bo</Firstname><Email>Bo Ås &lt;bo@ek.example&gt;, </Email></Owner>"
    await import_one(harness, case(people=people))
    assert harness.cases()[0].people[0].email == "bo@ek.example"


async def test_a_file_is_stored_as_it_was(harness: IntakeHarness) -> None:
    await import_one(harness, case(question(9, "Ritning", file("ritning.pdf", PDF))))
    view = harness.cases()[0]
    stored = view.files[0]
    assert (stored.name, stored.size, stored.kind, stored.field) == (
        "ritning.pdf",
        len(PDF),
        "application/pdf",
        "q9",
    )
    assert b"".join(harness.files.read(stored.id)) == PDF
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()
    assert view.answers["q9"][0]["id"] == stored.id


async def test_a_file_left_out_of_the_document_is_told_by_name_and_size(harness: IntakeHarness) -> None:
    await import_one(harness, case(question(9, "Ritning", file("stor.pdf", None, size=3 * 1024**2))))
    assert harness.cases()[0].answers == {"q9_left": "stor.pdf (3 MB), finns kvar i Open ePlatform"}


async def test_a_file_of_a_kind_the_town_does_not_take_stays_where_it_is(harness: IntakeHarness) -> None:
    await import_one(harness, case(question(9, "Bilaga", file("a.exe", PDF), file("b.pdf", PDF))))
    view = harness.cases()[0]
    assert [one.name for one in view.files] == ["b.pdf"]
    assert view.answers["q9_left"].startswith("a.exe (")


async def test_a_file_that_is_not_what_its_name_says_stays_where_it_is(harness: IntakeHarness) -> None:
    await import_one(harness, case(question(9, "Bilaga", file("plan.pdf", b"MZ\x90\x00\x03"))))
    assert harness.cases()[0].answers == {"q9_left": "plan.pdf (5 B), finns kvar i Open ePlatform"}
    assert harness.list_stored() == []


SPOILT = {
    "a letter that is not base64's": file("a.pdf", PDF).replace("<EncodedData>", "<EncodedData>QUJ%"),
    "more after its end": file("a.pdf", PDF).replace("</EncodedData>", "QQ==QQ==</EncodedData>"),
    "no end": file("a.pdf", b"abc").replace("</EncodedData>", "Q</EncodedData>"),
    "not even letters": file("a.pdf", b"").replace("<EncodedData>", "<EncodedData>åäö"),
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
async def test_a_file_that_cannot_be_read_stops_neither_its_case_nor_the_other_files(
    harness: IntakeHarness, spoilt: str
) -> None:
    asked = question(9, "Ritning", file("b.pdf", PDF), spoilt), question(8, "Vad?", value("En altan"))
    summary = await import_documents(harness, [harness.write_document(case(*asked))])
    view = harness.cases()[0]
    assert (summary.opened, summary.failed) == (1, ())
    assert view.answers["q8"] == "En altan"
    assert [one.name for one in view.files] == ["b.pdf"]
    assert view.answers["q9_left"] == "a.pdf, gick inte att läsa ur dokumentet. Hämta filen i Open ePlatform"


async def test_a_file_that_was_not_taken_is_listed_until_it_is_taken_off_the_list(
    harness: IntakeHarness,
) -> None:
    files = [file("Eva Ek.exe", PDF), *SPOILT.values()]
    path = harness.write_document(case(question(9, "Bilaga", *files)))
    summary = await import_documents(harness, [path])
    again = await import_documents(harness, [path])
    assert [one.place for one in summary.incomplete] == [str(path)]
    assert (again.known, again.incomplete) == (1, ())
    (listed,) = await list_failed(harness)
    said = listed.in_words(words("sv"))
    assert harness.cases()[0].case.number in said and "5 av dess filer" in said and "Eva" not in said
    assert [await forget_failed(harness, [path]) for _ in range(2)] == [1, 0]
    assert await list_failed(harness) == []


async def test_a_file_that_the_platform_left_out_is_nothing_to_mend(harness: IntakeHarness) -> None:
    path = harness.write_document(case(question(9, "Ritning", file("a.pdf", None, size=9))))
    summary = await import_documents(harness, [path])
    assert (summary.incomplete, await list_failed(harness)) == ((), [])


async def test_a_reason_of_an_earlier_version_is_still_told(harness: IntakeHarness, clock: Clock) -> None:
    before = FailedImport(place="a.xml", key="import.reason.of_before", facts={}, at=clock())
    harness.service.database.write_sync(lambda tx: failed_imports.save(tx, before))
    assert [one.in_words(words("sv")) for one in await list_failed(harness)] == [
        "Kunde inte öppnas av en tidigare version av programmet. Importera dokumentet igen."
    ]


async def test_what_a_folder_holds_besides_documents_is_counted(harness: IntakeHarness) -> None:
    for name in ("a.xml", "b.XML", "under/c.xml.txt", "d.pdf"):
        harness.write_document(case(id=ord(name[0])), name)
    summary = await import_documents(harness, [harness.folder])
    assert (summary.opened, summary.skipped) == (2, 2)


async def test_a_file_above_the_limit_stays_where_it_is(
    create_harness: Callable[[Catalog], IntakeHarness],
) -> None:
    data = intake_catalog().model_dump(by_alias=True, exclude_unset=True)
    data["municipality"]["files"] = {"max_mb": 1}
    harness = create_harness(Catalog.model_validate(data))
    await import_one(harness, case(question(9, "Bilaga", file("a.pdf", bytes(1024**2 + 1)))))
    assert harness.cases()[0].answers == {"q9_left": "a.pdf (1 MB), finns kvar i Open ePlatform"}
    assert harness.list_stored() == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "import.reason.xml"),
        (b"\x00\x01\x02", "import.reason.xml"),
        ("<FlowInstances><FlowInstance/></FlowInstances>", "import.reason.notcase"),
        ("<FlowInstance/>", "import.reason.lacks"),
        (case().replace(NS, "http://annat.example/1"), "import.reason.namespace"),
        (case()[:-20], "import.reason.xml"),
        (case(family=999), "import.reason.nofamily"),
        (case(family="x"), "import.reason.lacks"),
        (case(id=""), "import.reason.lacks"),
        (case(submitted="i går"), "import.reason.lacks"),
        (case(submitted="0001-01-01T00:00:00"), "import.reason.lacks"),
    ],
)  # fmt: skip
async def test_what_is_no_case_is_listed_with_its_reason(
    harness: IntakeHarness, document: str | bytes, reason: str
) -> None:
    path = harness.write_document(document)
    summary = await import_documents(harness, [path])
    assert [(one.place, one.key) for one in summary.failed] == [(str(path), reason)]
    assert summary.failed[0].in_words(words("sv"))
    assert [one.key for one in await list_failed(harness)] == [reason]
    assert harness.cases() == []


@pytest.mark.parametrize(
    ("submitted", "opened"),
    [
        ("1899-12-31T12:00:00", 0),
        ("1900-01-02T12:00:00", 1),
        ("2026-11-23T10:04:59", 1),  # the clock says 10:00 in Sweden
        ("2026-11-23T10:05:01", 0),
        ("2099-01-01T00:00:00", 0),
    ],
)
async def test_a_case_was_sent_neither_long_ago_nor_in_the_future(
    harness: IntakeHarness, submitted: str, opened: int
) -> None:
    summary = await import_documents(harness, [harness.write_document(case(submitted=submitted))])
    assert summary.opened == opened
    assert [(failure.key, failure.facts) for failure in summary.failed] == [
        ("import.reason.received", {"day": submitted[:10]})
    ] * (1 - opened)


@pytest.mark.parametrize(
    "namespace", ["", ' xmlns="http://www.oeplatform.org/version/1.0/schemas/flowinstance"']
)
async def test_documents_of_other_versions_are_read_as_well(harness: IntakeHarness, namespace: str) -> None:
    document = case(question(1, "Vad?", value("En altan"))).replace(f' xmlns="{NS}"', namespace)
    await import_one(harness, document)
    assert harness.cases()[0].answers == {"q1": "En altan"}


async def test_a_path_that_leads_nowhere_is_listed(harness: IntakeHarness) -> None:
    await import_documents(harness, [harness.folder / "nowhere.xml"])
    assert [one.key for one in await list_failed(harness)] == ["import.reason.missing"]


async def test_a_bad_document_undoes_none_of_the_others(harness: IntakeHarness) -> None:
    harness.write_document(case(id=1), "a.xml")
    harness.write_document(case(question(1, "Bilaga", file("a.pdf", PDF)), id=2)[:-30], "b.xml")
    harness.write_document(case(id=3), "under/c.XML")
    summary = await import_documents(harness, [harness.folder])
    assert (summary.opened, len(summary.failed)) == (2, 1)
    assert harness.list_stored() == []


async def test_a_mended_document_comes_off_the_list(harness: IntakeHarness) -> None:
    await import_documents(harness, [harness.write_document(case()[:-20])])
    await import_documents(harness, [harness.write_document(case())])
    assert await list_failed(harness) == []


async def test_an_import_that_cannot_be_saved_leaves_no_file_behind(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        """The program is stopped between the files and the cases."""

    def cut(*_: object) -> None:
        raise Cut

    monkeypatch.setattr(harness.service, "open_cases", cut)
    with pytest.raises(Cut):
        await import_documents(
            harness, [harness.write_document(case(question(1, "Bilaga", file("a.pdf", PDF))))]
        )
    assert harness.list_stored() == []
    assert (
        harness.service.database.read_sync(lambda tx: unattached.sweep(tx, datetime.max.replace(tzinfo=UTC)))
        == []
    )


async def test_a_silent_import_tells_nobody(harness: IntakeHarness) -> None:
    await import_documents(harness, [harness.write_document(case(id=1), "a.xml")], silent=True)
    assert count_waiting(harness) == 0
    await import_documents(harness, [harness.write_document(case(id=2), "b.xml")])
    assert count_waiting(harness) > 0


def count_waiting(harness: IntakeHarness) -> int:
    return harness.service.database.read_sync(
        lambda tx: sum(delivery_counts.count_by_kind_and_state(tx).values())
    )


@pytest.mark.skipif(not REAL.exists(), reason="the platform's own documents are not at hand")
async def test_the_platforms_own_documents_are_imported(harness: IntakeHarness) -> None:
    summary = await import_documents(harness, sorted(REAL.glob("flow-instance.*.xml")))
    assert (summary.opened, summary.failed) == (2, ())
    external, internal = harness.cases()
    assert external.people[0].name == "Kalle Anka"
    assert "Förnamn: Kajsa" in external.answers["q63540"]
    assert "q63542" not in external.answers
    assert internal.answers["q17031"] == "1JAN16LAN - Janne Långben"


@pytest.mark.skipif(not REAL.exists(), reason="the platform's own documents are not at hand")
async def test_the_platforms_other_documents_are_no_cases(harness: IntakeHarness) -> None:
    others = [path for path in sorted(REAL.glob("*.xml")) if not path.name.startswith("flow-instance.")]
    summary = await import_documents(harness, others)
    assert {one.key for one in summary.failed} == {"import.reason.notcase"}
    assert len(summary.failed) == len(others)


async def test_a_question_is_shown_in_slack_only_when_the_catalog_names_it(
    create_harness: Callable[[Catalog], IntakeHarness],
) -> None:
    harness = create_harness(intake_catalog(("Typ", "Kontakt", "Vem?", "Bilaga", "Vilka?", "Barnet")))
    await import_one(
        harness,
        encoded(
            case(
                question(1, "Typ", value("Nybyggnad")),
                question(2, "Annat", value("Hemligt")),
                question(
                    3,
                    "Kontakt",
                    "<Firstname>Eva</Firstname>",
                    "<SocialSecurityNumber>1</SocialSecurityNumber>",
                ),
                question(4, "Vem?", value("Jag, 19811228-9874, bor här")),
                question(5, "Bilaga", file("a.pdf", PDF)),
                question(6, "Vilka?", value("Jag, 19811228\u20119874, och Bo")),
                question(7, "Barnet", value("19811228\u00a0\u2013\u00a09874")),
            ),
            "UTF-8",
        ),
    )
    assert [field.key for field in harness.cases()[0].definition.fields if field.in_slack] == ["q1"]


async def test_it_is_read_whatever_its_encoding(harness: IntakeHarness) -> None:
    document = case(question(1, "Är det så?", value("Åäö – “ja” €")))
    for n, (encoding, version) in enumerate([("UTF-8", "1.1"), ("UTF-8", "1.0"), ("windows-1252", "1.0"),
                                             ("UTF-16", "1.0")]):  # fmt: skip
        await import_one(harness, encoded(document.replace(">1001<", f">{n}<"), encoding, version))
    assert {view.answers["q1"] for view in harness.cases()} == {"Åäö – “ja” €"}


@pytest.mark.parametrize(("confirmed", "state"), [(True, "source"), (False, "unconfirmed")])
async def test_an_address_from_a_platform_is_confirmed_where_the_catalog_says_so(
    create_harness: Callable[[Catalog], IntakeHarness], confirmed: bool, state: str
) -> None:
    catalog = intake_catalog()
    service = catalog.services["bygglov"]
    assert service.open_eplatform is not None
    platform = service.open_eplatform.model_copy(update={"confirmed_addresses": confirmed})
    changed = {**catalog.services, "bygglov": service.model_copy(update={"open_eplatform": platform})}
    harness = create_harness(catalog.model_copy(update={"services": changed}))
    await import_one(harness, case())
    (view,) = harness.cases()
    assert {one.address_state for one in view.people} == {state}
