"""The demo municipality: complete, and as careful as a real one should be."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

import bot.catalog
from bot.catalog import (
    TAGS,
    Catalog,
    EService,
    Template,
    create_definition,
    find_tags,
    load,
    validate_answers,
)

SAMPLE = load(Path(bot.catalog.__file__).parent / "sample")
SERVICES = list(SAMPLE.services.values())
TEMPLATES = [(service, template) for service in SERVICES for template in service.templates]
TODAY = date(2026, 11, 22)

FACTS = {
    "case.number": "2026-000123",
    "case.service": "Bygglov",
    "officer.name": "Anna Berg",
    "officer.title": "Bygglovshandläggare",
    "officer.unit": "Bygglovsenheten",
    "municipality.name": "Lindsjö kommun",
    "applicant.name": "Eva Ek",
    "today": "23 nov. 2026",
    "answer.by": "6 dec. 2026",
}


def test_there_are_eight_e_services_each_with_its_channel() -> None:
    assert {service.key: SAMPLE.channel_of(service) for service in SERVICES} == {
        "bestallning-it": "it-bestallning",
        "bygglov": "bygglov",
        "felanmalan-gata-park": "gata-park",
        "forskola": "forskola",
        "kundfakturaunderlag": "ekonomi",
        "orosanmalan-barn": "oro-barn",
        "parkeringstillstand": "parkering",
        "serveringstillstand": "servering",
    }


def test_every_fact_of_a_template_is_given() -> None:
    assert set(FACTS) == set(TAGS)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(("service", "template"), TEMPLATES, ids=[f"{s.key}-{t.key}" for s, t in TEMPLATES])
def test_every_template_fills_but_for_its_gaps(service: EService, template: Template, language: str) -> None:
    filled = bot.catalog.fill_tags(template.text.in_(language), FACTS)
    assert set(find_tags(filled)) <= set(template.gaps)
    whole = bot.catalog.fill_tags(filled, dict.fromkeys(template.gaps, "…"))
    assert "{" not in whole and len(whole) < 3000


@pytest.mark.parametrize("template", [template for _, template in TEMPLATES], ids=lambda one: one.key)
def test_both_languages_leave_as_many_gaps(template: Template) -> None:
    swedish, english = ([tag for tag in find_tags(text) if tag in template.gaps] for text in
                        (template.text.sv, template.text.en))  # fmt: skip
    assert len(swedish) == len(english)


def test_a_name_that_looks_like_a_tag_is_not_filled_in_again() -> None:
    filled = bot.catalog.fill_tags(
        "Hej {applicant.name}", {"applicant.name": "{case.number}", "case.number": "1"}
    )
    assert filled == "Hej {case.number}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.key)
def test_every_e_service_says_how_long_it_keeps_its_cases_and_why(service: EService) -> None:
    assert "Dokumenthanteringsplan" in service.retention.basis


def test_everything_people_read_is_in_two_languages() -> None:
    texts = [text for service in SERVICES for text in (service.name, service.unit, *_labels(service))]
    same = {text.sv for text in texts if text.sv == text.en}
    # Names of preschools, and words that the languages share.
    assert same == {"Björken", "Sjöbrisen", "Tallkotten"}


def _labels(service: EService) -> list[bot.catalog.Text]:
    labels = [field.label for field in service.fields]
    labels += [choice.label for field in service.fields for choice in field.choices]
    return labels + [status.name for status in service.statuses]


def test_the_concern_for_a_child_is_strict_and_followed_by_nobody() -> None:
    concern = SAMPLE.services["orosanmalan-barn"]
    assert concern.strict and concern.login == "none"
    assert not concern.applicant_follows and not concern.thread_notes


def test_the_invoices_are_open_eplatforms() -> None:
    invoices = SAMPLE.find_service_by_family("open_eplatform", 358)
    assert invoices and invoices is SAMPLE.find_service_by_family("open_eplatform", 123)
    assert invoices.record == "open_eplatform" and not invoices.is_published
    assert SAMPLE.find_service_by_family("open_eplatform", 1) is None


def test_there_are_fourteen_officers_of_every_kind() -> None:
    officers = SAMPLE.municipality.officers
    assert len(officers) == 14
    services = {officer.key: len(SAMPLE.services_for(officer.key, TODAY)) for officer in officers}
    assert min(services.values()) == 1
    assert _with(SAMPLE, coordinator=True) == {"marta-lindqvist", "elin-sara-blind"}
    assert _with(SAMPLE, level="restricted") == {"per-olov-angstrom"}


def _with(catalog: Catalog, **rights: object) -> set[str]:
    return {
        officer.key
        for officer in catalog.municipality.officers
        for service in catalog.services_for(officer.key, TODAY)
        if (access := catalog.access(officer.key, service.key, TODAY))
        and all(getattr(access, name) == value for name, value in rights.items())
    }


def test_one_grant_has_ended() -> None:
    assert SAMPLE.access("jose-fernandez", "parkeringstillstand", date(2026, 6, 30))
    assert SAMPLE.access("jose-fernandez", "parkeringstillstand", TODAY) is None


def test_the_demos_token_opens_cases_in_two_e_services() -> None:
    by_token = {source.token_sha256: source for source in SAMPLE.municipality.sources}
    source = by_token[sha256(b"demo-token-lindsjo").hexdigest()]
    assert source.services == ("felanmalan-gata-park", "bestallning-it")


def test_a_new_case_goes_to_whom_the_rules_say() -> None:
    faults = SAMPLE.services["felanmalan-gata-park"]
    lamp, tree, other = (faults.find_assignment_rule({"typ": typ}) for typ in ("belysning", "trad", "annat"))
    assert lamp and lamp.group == "gata-parkgruppen"
    assert tree and tree.officer == "asa-nordstrom"
    assert other is None


def test_a_template_is_offered_where_it_fits() -> None:
    permits = SAMPLE.services["bygglov"]
    assert "platsbesok" in {template.key for template in permits.templates_for("message", "granskning")}
    assert "platsbesok" not in {template.key for template in permits.templates_for("message", "vantar")}
    assert [template.key for template in permits.templates_for("note", "vantar")] == ["anteckning_besok"]


def test_who_reports_concern_for_a_child_as_part_of_their_work_cannot_be_anonymous() -> None:
    service = SAMPLE.services["orosanmalan-barn"]
    raw = {
        "i_tjansten": "ja",
        "arbetsplats": "Skolan",
        "barnets_namn": "Love",
        "oro": "Kommer inte till skolan.",
    }
    asked = create_definition(service)
    told = validate_answers(asked, raw, "sv", anonymous=True).problems
    assert [(one.field, one.key) for one in told] == [("i_tjansten", "answer.own_text")]
    assert "kan inte vara anonym" in str(told[0].facts["text"])
    assert validate_answers(asked, raw, "sv").is_valid
    assert validate_answers(asked, raw | {"i_tjansten": "nej"}, "sv", anonymous=True).is_valid
