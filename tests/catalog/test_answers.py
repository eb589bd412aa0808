"""Answers judged: what people type, and what machines send."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog import (
    Address,
    FileRef,
    Text,
    ValidationResult,
    from_stored,
    may_pass_through_slack,
    to_stored,
    validate_answers,
)
from bot.catalog.answers.parsing import ADDRESS_PARTS
from bot.catalog.fields import Field
from bot.domain.answer_problems import problem_text
from bot.text import words
from tests.catalog.definitions import EVERY_KIND, create_definition, definition_of_every_kind
from tests.signs import ALL_DASHES, ALL_SPACES, ALL_UNSEEN

FORM = definition_of_every_kind()
SJOGATAN = Address("Sjögatan 1", "123 45", "Lindsjö")
FILE = {"id": "f1", "name": "ritning.pdf", "size": 120, "kind": "application/pdf"}
TODAY = date(2026, 11, 22)
FIELDS = st.sampled_from([str(field["key"]) for field in EVERY_KIND])


def parse_one(field: str, raw: object) -> object:
    checked = validate_answers(FORM, {field: raw}, "sv", today=TODAY)
    assert not checked.problems
    return checked.by_field().get(field)


def refusal_of(field: str, raw: object) -> str:
    checked = validate_answers(FORM, {field: raw}, "sv", today=TODAY)
    assert not checked.answers
    return checked.problems[0].key


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("rubrik", "  Altan  mot\nsöder ", "Altan mot söder"),
        ("beskrivning", "En rad\n\nEn till", "En rad\n\nEn till"),
        ("kod", "ABC", "ABC"),
        ("antal", "1 204,50", Decimal("1204.5")),
        ("antal", "1\u00a0204.5", Decimal("1204.5")),
        ("antal", "1.204,50", Decimal("1204.5")),
        ("antal", "1,204.50", Decimal("1204.5")),
        ("antal", "1\u2019204", Decimal(1204)),
        ("antal", "0,125", Decimal("0.125")),
        ("antal", "1204.125", Decimal("1204.125")),
        ("platser", "1.200", Decimal(1200)),
        ("platser", "1,200", Decimal(1200)),
        ("platser", "-1.200.000", Decimal(-1200000)),
        ("platser", "12,0", Decimal(12)),
        ("platser", 12.0, Decimal(12)),
        ("antal", 12, Decimal(12)),
        ("antal", 0.5, Decimal("0.5")),
        ("antal", "-0", Decimal(0)),
        ("antal", Decimal("1E+3"), Decimal(1000)),
        ("omrade", "norr", "norr"),
        ("dagar", ["tis", "man", "tis"], ("man", "tis")),
        ("dagar", "tis", ("tis",)),
        ("ombud", "nej", False),
        ("ombud", "Ja", True),
        ("ombud", False, False),
        ("epost", "Anna.Berg@LINDSJO.example", "Anna.Berg@lindsjo.example"),
        ("telefon", "070-174 06 05", "+46701740605"),
        ("telefon", "+47 22 12 34 56", "+4722123456"),
        ("telefon", "tel:+46 (0)70-174 06 05", "+46701740605"),
        ("org", "556036-0793", "5560360793"),
        ("org", "165560360793", "5560360793"),
        ("org", "SE556036079301", "5560360793"),
        ("org", "se 556036-0793 01", "5560360793"),
        ("org", "19850314-4563", "198503144563"),
        ("org", "198503144563", "198503144563"),
        ("org", "850314-4563", "198503144563"),
        ("org", "850314+4563", "188503144563"),
        ("org", "850314-4563.", "198503144563"),
        ("org", "18850314-4563", "188503144563"),
        ("org", "19150088-2392", "191500882392"),
        ("org", "19150088+2392", "191500882392"),
        ("adress", {"street": "Sjögatan 1", "postcode": "12345", "city": "Lindsjö"}, None),
        ("adress", "Sjögatan 1, 123 45 Lindsjö", None),
        ("adress", "Sjögatan 1\nSE-123 45 Lindsjö", None),
        ("fastighet", "Björken 4:12", "Björken 4:12"),
    ],
)
def test_what_people_write_becomes_one_value(field: str, raw: object, value: object) -> None:
    expected = SJOGATAN if field == "adress" else value
    assert parse_one(field, raw) == expected


@pytest.mark.parametrize(
    "written",
    ["2026-12-04", "20261204", "4/12 2026", "4.12.2026", "04-12-2026", "4 december 2026", "den 4 dec. 2026",
     "4 Dec 2026", "2026/12/04", date(2026, 12, 4), "4:e december 2026", "4th December, 2026",
     "December 4, 2026", "Dec. 4 2026", "fredag 4 december 2026", "Fre. 4/12 2026", "Friday, December 4, 2026",
     "fredag den 4 december 2026.", "4 december 2026."],
)  # fmt: skip
def test_a_date_may_be_written_in_many_ways(written: object) -> None:
    assert parse_one("start", written) == date(2026, 12, 4)


@pytest.mark.parametrize(
    ("field", "raw", "key"),
    [
        ("rubrik", "x" * 41, "answer.too_long"),
        ("rubrik", ["x"], "answer.not_text"),
        ("kod", "abc", "answer.pattern"),
        ("antal", "tolv", "answer.not_a_number"),
        ("start", "torsdag 4 december 2026", "answer.other_weekday"),
        ("antal", "1.204.50", "answer.not_a_number"),
        ("antal", "1.204 500", "answer.not_a_number"),
        ("antal", ",5", "answer.not_a_number"),
        ("antal", "; 5", "answer.not_a_number"),
        ("antal", "1.200", "answer.unclear_number"),
        ("antal", "1,200", "answer.unclear_number"),
        ("antal", "12.345", "answer.unclear_number"),
        ("platser", "1,5", "answer.not_whole"),
        ("platser", "1.2000", "answer.not_whole"),
        ("platser", 1.5, "answer.not_whole"),
        ("platser", "24 st", "answer.not_whole"),
        ("antal", 0.1234567, "answer.not_a_number"),
        ("antal", float("nan"), "answer.not_a_number"),
        ("antal", 10**400, "answer.too_large"),
        ("antal", "9" * 20, "answer.too_large"),
        ("antal", "9" * 400, "answer.too_large"),
        ("antal", "1 000 000 000 000 000 000", "answer.too_large"),
        ("antal", "-" + "9" * 20 + ",5", "answer.too_small"),
        ("antal", True, "answer.not_a_number"),
        ("antal", "-1", "answer.too_small"),
        ("antal", "5001", "answer.too_large"),
        ("start", "2026-02-30", "answer.no_such_day"),
        ("start", "31 april 2027", "answer.no_such_day"),
        ("start", "2027-13-01", "answer.no_such_day"),
        ("start", "9999-12-31", "answer.no_such_day"),
        ("start", "04122026", "answer.no_such_day"),
        ("start", "4 brumaire 2026", "answer.not_a_date"),
        ("start", "4 marmelad 2026", "answer.not_a_date"),
        ("start", "0026-12-04", "answer.no_such_day"),
        ("start", "4/12 0026", "answer.no_such_day"),
        ("start", "2026124", "answer.not_a_date"),
        ("start", "202612", "answer.not_a_date"),
        ("start", "2026 124", "answer.not_a_date"),
        ("start", "2019-12-31", "answer.too_early"),
        ("start", "2031-01-01", "answer.too_late"),
        (
            "adress",
            {"street": "Sjögatan 1", "postcode": "123 45", "city": "Lindsjö", "co": "Ek"},
            "answer.unknown",
        ),
        ("omrade", "ost", "answer.not_a_choice"),
        ("dagar", ["man", "lor"], "answer.not_a_choice"),
        ("dagar", 7, "answer.not_a_choice"),
        ("ombud", "kanske", "answer.not_yes_no"),
        ("epost", "anna@", "answer.not_an_email"),
        ("epost", "haſſe@ek.example", "answer.lookalike_email"),
        ("epost", "ｅva@ek.example", "answer.lookalike_email"),
        ("telefon", "12", "answer.not_a_phone"),
        ("telefon", "070-BYGGLOV", "answer.not_a_phone"),
        ("telefon", "08-508 00 000 ext. 12", "answer.not_a_phone"),
        ("telefon", "08-508 00 000;ext=12", "answer.not_a_phone"),
        ("telefon", "Eva 070-174 06 05", "answer.not_a_phone"),
        ("org", "SE556036079401", "answer.wrong_check_digit"),
        ("org", "556036-0794", "answer.wrong_check_digit"),
        ("org", "19556036-0793", "answer.not_an_organisation_number"),
        ("org", "0000000000", "answer.not_an_organisation_number"),
        ("org", "16000000-0000", "answer.not_an_organisation_number"),
        ("org", "850230-4560", "answer.not_an_organisation_number"),
        ("org", "99850314-4563", "answer.not_an_organisation_number"),
        ("adress", {"street": "Sjögatan 1"}, "answer.not_an_address"),
        ("adress", {"street": "Sjögatan 1", "postcode": "1234", "city": "X"}, "answer.not_a_postcode"),
        ("fastighet", "Björken", "answer.not_a_property"),
        ("bilagor", [FILE, FILE, FILE], "answer.too_many_files"),
        ("bilagor", [{"id": "f1"}], "answer.not_a_file"),
        ("bilagor", "ritning.pdf", "answer.not_a_file"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_its_reason(field: str, raw: object, key: str) -> None:
    assert refusal_of(field, raw) == key


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("19811228-9874", "198112289874"),
        ("811228-9874", "198112289874"),
        ("1981-12-28-9874", "198112289874"),
        ("81-12-28 - 9874", "198112289874"),
        ("8112289874", "198112289874"),
        ("811228+9874", "188112289874"),
        ("811228-9874.", "198112289874"),
    ],
)
def test_a_personnummer_is_stored_in_twelve_digits(written: str, stored: str) -> None:
    assert parse_one("person", written) == stored


def test_a_samordningsnummer_is_a_personnummer_with_sixty_added_to_the_day() -> None:
    assert parse_one("person", "19701063-2391") == "197010632391"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1915 00 88-2392", "191500882392"),
        ("150088+2392", "191500882392"),
        ("191500722390", "191500722390"),
        ("19700060-2396", "197000602396"),
        ("701060-2394", "197010602394"),
    ],
)
def test_a_samordningsnummer_without_month_or_day_of_birth_is_taken(written: str, stored: str) -> None:
    assert parse_one("person", written) == stored


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("19811228-9875", "wrong_check_digit"),
        ("20990101-2386", "in_the_future"),
        ("19811328-9873", "not_a_personnummer"),
        ("19810230-9872", "not_a_personnummer"),
        ("19700002-2399", "wrong_check_digit"),
        ("19701000-2397", "not_a_personnummer"),
        ("19701392-2399", "wrong_check_digit"),
        ("hej", "not_a_personnummer"),
        ("19811228+9874", "not_a_personnummer"),  # who is not a hundred has no plus
    ],
)
def test_a_number_that_is_nobodys_is_refused_with_its_reason(written: str, why: str) -> None:
    assert refusal_of("person", written) == f"answer.{why}"


ERRORS = {
    "empty": "Skriv ditt nummer.",
    "wrong_form": "Numret har tolv siffror.",
    "check_digit": {"sv": "Sista siffran är fel.", "en": "The last digit is wrong."},
    "in_the_future": "Du är inte född än.",
}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "empty"),
        ("hej", "wrong_form"),
        ("19811228-9875", "check_digit"),
        ("20990101-2386", "in_the_future"),
    ],
)
def test_a_field_may_have_its_own_words_for_each_way_to_fail(written: str, told: str) -> None:
    asked = create_definition(
        {"key": "p", "kind": "personnummer", "label": "Nummer", "required": True, "errors": ERRORS}
    )
    for language in ("sv", "en"):
        (problem,) = validate_answers(asked, {"p": written}, language, today=TODAY).problems
        own = ERRORS[told]
        expected = own[language] if isinstance(own, dict) else own
        assert words(language)(problem.key, **problem.facts) == expected


def test_where_a_field_has_no_own_words_the_default_is_told() -> None:
    asked = create_definition(
        {"key": "n", "kind": "number", "label": "Antal", "max": 5, "errors": {"wrong_form": "Bara siffror."}}
    )
    told = [
        words("sv")(one.key, **one.facts)
        for typed in ("hej", "6")
        for one in validate_answers(asked, {"n": typed}, "sv").problems
    ]
    assert told == ["Bara siffror.", "Antal kan inte vara mer än 5."]


def test_ten_digits_give_no_century_without_a_date() -> None:
    checked = validate_answers(FORM, {"person": "811228-9874"}, "sv")
    assert [problem.key for problem in checked.problems] == ["answer.not_a_personnummer"]


EXTENT = {"key": "yta", "kind": "number", "label": "Yta"}
DASH = st.sampled_from(ALL_DASHES)
SPACE = st.sampled_from(ALL_SPACES)
UNSEEN = st.sampled_from(["", *ALL_UNSEEN])


@given(DASH, SPACE, UNSEEN)
def test_any_dash_and_any_space_is_taken_in_every_kind_of_field(dash: str, space: str, unseen: str) -> None:
    def written(plain: str) -> str:
        signs = plain.replace("-", dash).replace(" ", space)
        return f"{unseen}{space}{signs[:3]}{unseen}{signs[3:]}{space}{unseen}"

    assert parse_one("person", written("19811228-9874")) == "198112289874"
    assert parse_one("person", written("811228 - 9874")) == "198112289874"
    assert parse_one("org", written("556036-0793")) == "5560360793"
    assert parse_one("telefon", written("070-174 06 05")) == "+46701740605"
    assert parse_one("start", written("2026-04-03")) == date(2026, 4, 3)
    assert parse_one("start", written("3 april 2026")) == date(2026, 4, 3)
    assert parse_one("antal", written("1 204,5")) == Decimal("1204.5")
    assert parse_one("adress", written("Sjögatan 1, SE-123 45 Lindsjö")) == SJOGATAN
    parts = {"street": "Sjögatan 1", "postcode": "123 45", "city": "Lindsjö"}
    assert parse_one("adress", {part: written(one) for part, one in parts.items()}) == SJOGATAN
    assert parse_one("fastighet", written("Norr-Björken 4:12")) == "Norr-Björken 4:12"
    assert parse_one("epost", written("anna-k@lindsjo.example")) == "anna-k@lindsjo.example"
    assert parse_one("ombud", written("ja")) is True
    assert parse_one("omrade", written("norr")) == "norr"
    assert parse_one("dagar", [written("man"), written("tis")]) == ("man", "tis")


@given(DASH)
def test_a_pattern_takes_any_dash(dash: str) -> None:
    one = create_definition(
        {"key": "dnr", "kind": "text", "label": "Diarienummer", "pattern": "[A-Z]{2}-[0-9]+"}
    )
    assert validate_answers(one, {"dnr": f"BN{dash}12"}, "sv").by_field() == {"dnr": "BN-12"}


@given(st.text(st.sampled_from([*ALL_UNSEEN, *ALL_SPACES]), max_size=9), FIELDS)
def test_what_nobody_sees_is_no_answer(nothing: str, field: str) -> None:
    assert validate_answers(FORM, {field: nothing}, "sv") == ValidationResult((), ())


def test_a_text_keeps_its_dashes_and_joiners_but_not_what_came_along_at_its_ends() -> None:
    assert (
        parse_one("rubrik", "\u200bAltan – mot\u00a0söder 👩\u200d🔧\u2060") == "Altan – mot söder 👩\u200d🔧"
    )
    assert parse_one("beskrivning", "Kl. 9–12\n\u200c") == "Kl. 9–12\n\u200c"


@pytest.mark.parametrize(
    "field", ["epost", "telefon", "person", "org", "adress", "start", "fastighet", "antal"]
)
def test_a_comma_that_came_along_is_not_part_of_the_answer(field: str) -> None:
    plain = {
        "epost": "eva@exempel.se", "telefon": "070-174 06 05", "person": "19811228-9874", "org": "556036-0793",
        "adress": "Sjögatan 1, 123 45 Lindsjö", "start": "2026-04-03", "fastighet": "Björken 4:12", "antal": "12",
    }[field]  # fmt: skip
    assert parse_one(field, f"{plain},") == parse_one(field, f"{plain} ;") == parse_one(field, plain)


@pytest.mark.parametrize(
    "pasted",
    ["Eva Ek <eva@exempel.se>", "Ek, Eva <eva@exempel.se>,", '"Eva Ek" <eva@exempel.se>', "<eva@exempel.se>",
     "mailto:eva@exempel.se", "Eva <mailto:eva@exempel.se>", "eva@exempel.se <eva@exempel.se>", "eva@exempel.se.",
     "”eva@exempel.se”", "\u200beva@\u200bexempel.se\u00a0"],
)  # fmt: skip
def test_a_mail_address_is_read_out_of_what_was_pasted(pasted: str) -> None:
    assert parse_one("epost", pasted) == "eva@exempel.se"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("eva @exempel.se", "answer.spaced_email"),
        ("Eva Ek eva@exempel.se", "answer.spaced_email"),
        ("eva@exempel.se, bo@exempel.se", "answer.several_emails"),
        ("bo@exempel.se, Eva <eva@exempel.se>", "answer.several_emails"),
        ("Bo <bo@exempel.se>; Eva <eva@exempel.se>", "answer.several_emails"),
        ("Eva Ek", "answer.not_an_email"),
    ],
)
def test_what_is_to_be_taken_out_of_a_mail_address_is_told(typed: str, key: str) -> None:
    assert refusal_of("epost", typed) == key


OSLO = Address("Karl Johans gate 1", "0154", "Oslo", "Norge")
HELSINKI = Address("Alexandersgatan 1", "FI-00100", "Helsingfors")


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ({"street": "Karl Johans gate 1", "postcode": "0154", "city": "Oslo", "country": "Norge"}, OSLO),
        ("Karl Johans gate 1, 0154 Oslo, Norge", OSLO),
        ("Karl Johans gate 1\n0154 Oslo\nNorge", OSLO),
        ({"street": "Alexandersgatan 1", "postcode": "FI-00100", "city": "Helsingfors"}, HELSINKI),
        ({"street": "Alexandersgatan 1", "postcode": "fi\u201300100,", "city": "Helsingfors"}, HELSINKI),
        ("Alexandersgatan 1, FI-00100 Helsingfors", HELSINKI),
        (
            {"street": "Alexandersgatan 1", "postcode": "00100", "city": "Helsingfors", "country": "Finland"},
            Address("Alexandersgatan 1", "00100", "Helsingfors", "Finland"),
        ),
        (
            {"street": "10 Downing Street", "postcode": "SW1A 2AA", "city": "London", "country": "UK"},
            Address("10 Downing Street", "SW1A 2AA", "London", "UK"),
        ),
        (
            {"street": "PO Box 1", "postcode": "", "city": "Doha", "country": "Qatar"},
            Address("PO Box 1", "", "Doha", "Qatar"),
        ),
        (
            {"street": "Sjögatan 1", "postcode": "SE-12345", "city": "Lindsjö", "country": " sverige"},
            SJOGATAN,
        ),
        ("Sjögatan 1, 123 45 Lindsjö, Sverige", SJOGATAN),
        (
            "c/o Bo, 2 tr, Sjögatan 1, 123 45 Lindsjö",
            Address("c/o Bo, 2 tr, Sjögatan 1", "123 45", "Lindsjö"),
        ),
    ],
)
def test_an_address_may_be_abroad(raw: object, address: Address) -> None:
    assert parse_one("adress", raw) == address


@pytest.mark.parametrize(
    ("postcode", "country", "key"),
    [
        ("0154", "", "answer.not_a_postcode"),
        ("SE-0154", "", "answer.not_a_postcode"),
        ("1234", "Sverige", "answer.not_a_postcode"),
        ("", "", "answer.not_an_address"),
        ("", "Sverige", "answer.not_a_postcode"),
        ("0154?", "Norge", "answer.not_a_postcode_abroad"),
    ],
)
def test_what_an_address_lacks_is_told(postcode: str, country: str, key: str) -> None:
    raw = {"street": "Sjögatan 1", "postcode": postcode, "city": "Oslo", "country": country}
    assert refusal_of("adress", raw) == key


def test_an_address_in_sweden_is_stored_as_before() -> None:
    assert to_stored(SJOGATAN) == {"street": "Sjögatan 1", "postcode": "123 45", "city": "Lindsjö"}
    assert from_stored("address", to_stored(OSLO)) == OSLO


@pytest.mark.parametrize(
    ("language", "typed", "text"),
    [
        ("sv", "1.200", "Menar du 1\xa0200 eller 1,2 i Yta?"),
        ("sv", "1,234", "Menar du 1\xa0234 eller 1,2340 i Yta?"),
        ("en", "1,200", "Do you mean 1,200 or 1.2"),
    ],
)
def test_the_two_numbers_are_written_as_in_the_readers_language(language: str, typed: str, text: str) -> None:
    definition = create_definition(EXTENT)
    (problem,) = validate_answers(definition, {"yta": typed}, language).problems
    assert problem_text(problem, definition, words(language)).startswith(text)


def test_without_a_limit_of_the_catalogs_a_number_has_fifteen_digits() -> None:
    definition = create_definition(EXTENT)
    assert validate_answers(definition, {"yta": "9" * 15}, "sv").is_valid
    (problem,) = validate_answers(definition, {"yta": "1" + "0" * 15}, "sv").problems
    assert (problem.key, problem.facts["max"]) == ("answer.too_large", 10**15 - 1)


@given(st.integers(1, 10**12), st.sampled_from([".", ",", "'", "\u2019", *ALL_SPACES]))
def test_thousands_are_never_taken_for_decimals(number: int, mark: str) -> None:
    typed = f"{number:,}".replace(",", mark)
    assert parse_one("platser", typed) == number
    checked = validate_answers(create_definition(EXTENT), {"yta": typed}, "sv")
    asked_about = typed.count(mark) == 1 and mark in ".,"
    assert [one.key for one in checked.problems] == (["answer.unclear_number"] if asked_about else [])
    assert checked.by_field().get("yta") == (None if asked_about else number)


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"))
def test_both_numbers_that_are_asked_about_can_be_written(whole: int, decimals: int, mark: str) -> None:
    definition = create_definition(EXTENT)
    (asked,) = validate_answers(definition, {"yta": f"{whole}{mark}{decimals:03}"}, "sv").problems
    many, few = words("sv").number(asked.facts["many"]), asked.facts["few"]  # type: ignore[arg-type]
    answers = [
        validate_answers(definition, {"yta": typed}, "sv").by_field().get("yta") for typed in (many, few)
    ]
    assert answers == [whole * 1000 + decimals, whole + Decimal(decimals) / 1000]


def test_files_are_references_to_what_is_in_the_store() -> None:
    assert parse_one("bilagor", [FILE]) == (FileRef("f1", "ritning.pdf", 120, "application/pdf"),)


def test_an_empty_answer_is_no_answer() -> None:
    nothing: dict[str, object] = {"rubrik": "  ", "dagar": [], "antal": None, "adress": {"street": ""}}
    assert validate_answers(FORM, nothing, "sv") == ValidationResult((), ())


def test_a_required_field_must_be_answered() -> None:
    one = create_definition(
        {"key": "namn", "kind": "text", "label": {"sv": "Namn", "en": "Name"}, "required": True}
    )
    problem = validate_answers(one, {}, "en").problems[0]
    assert (problem.field, problem.key, problem.facts) == ("namn", "answer.required", {"label": "Name"})


def test_a_pattern_explains_itself_in_the_readers_language() -> None:
    kod = EVERY_KIND[1] | {"pattern_help": {"sv": "Tre bokstäver.", "en": "Three letters."}}
    assert (
        validate_answers(create_definition(kod), {"kod": "x"}, "en").problems[0].facts["help"]
        == "Three letters."
    )


OMBUD = {"key": "ombud", "kind": "yes_no", "label": "Ombud"}
NAMN = {"key": "namn", "kind": "text", "label": "Namn", "required": True,
        "shown_if": {"field": "ombud", "is": True}}  # fmt: skip


def test_a_hidden_field_needs_no_answer_and_keeps_none() -> None:
    assert validate_answers(
        create_definition(OMBUD, NAMN), {"ombud": "nej", "namn": "Karl"}, "sv"
    ).by_field() == {"ombud": False}
    assert not validate_answers(create_definition(OMBUD, NAMN), {"ombud": "ja"}, "sv").is_valid


def test_a_field_that_hangs_on_a_hidden_field_is_hidden_too() -> None:
    val = {"key": "val", "kind": "choice", "label": "Val", "choices": [{"key": "a", "label": "A"}],
           "shown_if": {"field": "ombud", "is": True}}  # fmt: skip
    sist = {"key": "sist", "kind": "text", "label": "Sist", "shown_if": {"field": "val", "is": ["a", "b"]}}
    asked = create_definition(OMBUD, val, sist)
    assert validate_answers(asked, {"ombud": "nej", "val": "a", "sist": "x"}, "sv").by_field() == {
        "ombud": False
    }
    assert validate_answers(asked, {"ombud": "ja", "val": "a", "sist": "x"}, "sv").by_field()["sist"] == "x"
    assert [field.key for field in asked.visible_fields({"ombud": False, "val": "a"})] == ["ombud"]


def test_several_choices_show_a_field_when_any_of_them_does() -> None:
    sist = {"key": "sist", "kind": "text", "label": "Sist", "shown_if": {"field": "dagar", "is": "tis"}}
    asked = create_definition(EVERY_KIND[6], sist)
    assert validate_answers(asked, {"dagar": ["man", "tis"], "sist": "x"}, "sv").by_field()["sist"] == "x"
    assert "sist" not in validate_answers(asked, {"dagar": ["man"], "sist": "x"}, "sv").by_field()


def test_what_was_never_asked_is_told_and_not_dropped_in_silence() -> None:
    problem = validate_answers(FORM, {"skostorlek": "43"}, "sv").problems[0]
    assert (problem.field, problem.key) == ("skostorlek", "answer.unknown")


def test_a_sole_traders_organisation_number_stays_out_of_slack() -> None:
    field = create_definition(
        {"key": "org", "kind": "organisation_number", "label": "Org", "in_slack": True}
    ).fields[0]
    assert may_pass_through_slack(field, "5560360793")
    assert not may_pass_through_slack(field, "8112289874")


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", "En altan", True),
        ("text", "Ring Eva Ek, 070-123 45 67", False),
        ("text", "eva ek", False),
        ("long_text", "Nås på eva@ek.example", False),
        ("property", "Björken 4:12", True),
        ("property", "Ekgatan 1", False),
        ("number", "12", True),
        ("number", "198112289874", False),
        ("email", "x", False),
        ("phone", "x", False),
        ("address", {"street": "x", "postcode": "123 45", "city": "y"}, False),
        ("yes_no", True, True),
        ("date", "2026-11-30", True),
    ],
)
def test_an_answer_that_tells_of_a_person_is_kept_out_of_slack_whatever_the_catalog_says(
    kind: str, value: object, shown: bool
) -> None:
    field = Field.model_validate({"key": "a", "kind": kind, "label": "A", "in_slack": True})
    assert may_pass_through_slack(field, value, ["Eva Ek"]) is shown


def test_a_choice_is_told_by_its_label_and_a_removed_one_by_its_key() -> None:
    field = FORM.field("omrade")
    assert field and (field.choice_label("norr", "sv"), field.choice_label("ost", "sv")) == ("Norr", "ost")


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.dates() | st.datetimes()
    | st.binary() | st.text() | st.text("0123456789-+ .,/@:()"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["street", "id"]), inner)
    | st.fixed_dictionaries(dict.fromkeys(ADDRESS_PARTS, st.text() | st.sampled_from(["0154", "FI-00100", "123 45"]))),
    max_leaves=5,
)  # fmt: skip


@given(st.dictionaries(FIELDS | st.text(), anything, max_size=4))
def test_no_input_raises_and_what_is_taken_is_taken_again(raw: dict[str, object]) -> None:
    checked = validate_answers(FORM, raw, "sv", today=TODAY)
    assert validate_answers(FORM, checked.by_field(), "sv", today=TODAY) == ValidationResult(
        checked.answers, ()
    )
    for answer in checked.answers:
        field = FORM.field(answer.field)
        assert field and from_stored(field.kind, to_stored(answer.value)) == answer.value


@given(FIELDS, st.text(st.characters(codec=None)) | st.from_regex(r"[0-9]{6,12}[-+]?[0-9]{4}"))
def test_no_text_raises_in_any_kind_of_field(field: str, typed: str) -> None:
    validate_answers(FORM, {field: typed}, "sv", today=TODAY)


def test_a_definition_comes_back_from_its_json_with_the_same_digest() -> None:
    back = type(FORM).from_json(FORM.to_json())
    assert back == FORM
    assert back.digest == FORM.digest


def test_another_word_in_a_question_gives_another_digest() -> None:
    assert (
        create_definition(OMBUD).digest
        != create_definition(OMBUD | {"label": Text(sv="Ombud?", en="Agent?")}).digest
    )


def test_the_digest_of_a_stored_definition_never_changes() -> None:
    # Cases point at definitions by digest: another way to write the same JSON would orphan them.
    asked = create_definition(OMBUD | {"shown_if": {"field": "a", "is": ["x", True]}, "in_slack": True})
    assert asked.to_json() == (
        '{"fields":[{"in_slack":true,"key":"ombud","kind":"yes_no","label":{"en":"Ombud","sv":"Ombud"},'
        '"shown_if":{"field":"a","is":["x",true]}}],"name":{"en":"Prov","sv":"Prov"},"service":"prov"}'
    )


def rule_problems(
    rules: dict[str, Any], raw: dict[str, object], *, anonymous: bool = False
) -> list[tuple[str, str]]:
    """Where it is told and what is said, of a form that asks OMBUD, with these rules, and for a text."""
    asked = create_definition(OMBUD | rules, {"key": "namn", "kind": "text", "label": "Ombudets namn"})
    checked = validate_answers(asked, raw, "sv", anonymous=anonymous)
    return [(one.field, words("sv")(one.key, **one.facts)) for one in checked.problems]


def test_an_answer_may_forbid_that_one_is_anonymous() -> None:
    rule = {"when": True, "field": "anonymous", "is": True, "text": "Ombud är inte anonyma."}
    told = [("ombud", "Ombud är inte anonyma.")]
    assert rule_problems({"forbids": [rule]}, {"ombud": "ja"}, anonymous=True) == told
    assert rule_problems({"forbids": [rule]}, {"ombud": "ja"}) == []
    assert rule_problems({"forbids": [rule]}, {"ombud": "nej"}, anonymous=True) == []


def test_an_answer_may_require_another_and_it_is_told_where_that_is_given() -> None:
    rules = {"requires": [{"when": True, "field": "namn"}]}
    told = [("namn", "Svara också på Ombudets namn. Det behövs efter ditt svar på Ombud.")]
    assert rule_problems(rules, {"ombud": "ja"}) == told
    assert (
        rule_problems(rules, {"ombud": "ja", "namn": "Eva"}) == rule_problems(rules, {"ombud": "nej"}) == []
    )


def test_answers_that_do_not_go_together_are_told_by_their_questions() -> None:
    choice = {"key": "val", "kind": "choice", "label": "Val", "choices": [{"key": "a", "label": "A"}]}
    asked = create_definition(OMBUD, choice | {"forbids": [{"when": "a", "field": "ombud", "is": True}]})
    checked = validate_answers(asked, {"ombud": "ja", "val": "a"}, "sv")
    assert [(one.field, one.key) for one in checked.problems] == [("val", "answer.forbidden")]
    assert validate_answers(asked, {"ombud": "nej", "val": "a"}, "sv").is_valid
    assert [one.key for one in validate_answers(asked, {"ombud": "kanske", "val": "a"}, "sv").problems] == [
        "answer.not_yes_no"
    ]
