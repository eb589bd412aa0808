"""Every type of question Open ePlatform has, as an officer reads its answer."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.municipality import FileLimits
from bot.intake.open_eplatform.document import parse_document, to_utc
from bot.intake.open_eplatform.frozen_form import FrozenForm, freeze_form
from bot.intake.open_eplatform.xml_tree import parse_xml
from tests.intake.conftest import intake_catalog
from tests.intake.documents import case, encoded, question, value

SERVICE = intake_catalog().services["bygglov"]


def read_case(*questions: str) -> FrozenForm:
    root = parse_xml([encoded(case(*questions), "UTF-8")], max_file=1000)
    return freeze_form(parse_document(root), SERVICE, FileLimits())


def cell(name: str, *values: str, element: str = "Column") -> str:
    inner = "".join(value(one) for one in values)
    return f"<{element}><ID>9</ID><Name>{name}</Name>{inner}</{element}>"


def row(*cells: str, element: str = "Row") -> str:
    return f"<{element}><ID>40</ID>{''.join(cells)}</{element}>"


ELEMENTS = st.text(string.ascii_letters + "åäö", min_size=1, max_size=12).filter(
    lambda name: (
        name.casefold() not in ("queryid", "name", "value", "id", "encodeddata", "size", "textalternative")
    )
)
"""What an e-service may call its fields: anything."""

OF_A_PERSON = ("Eva Ek", "eva@ek.example", "070-123 45 67", "19811228-9874", "Ekgatan 1", "123 45 Sandköping")
"""A name, and all that a person is reached by."""


def is_in_slack(*children: str) -> bool:
    catalog = intake_catalog(("Fråga",))
    root = parse_xml([encoded(case(question(1, "Fråga", *children)), "UTF-8")], max_file=1000)
    form = freeze_form(parse_document(root), catalog.services["bygglov"], FileLimits())
    return form.definition.fields[0].in_slack


def element(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>"


@given(st.lists(ELEMENTS, min_size=3, max_size=3, unique_by=str.casefold), st.sampled_from(OF_A_PERSON))
def test_what_a_person_is_known_by_stays_out_of_slack_whatever_it_is_called(
    names: list[str], of_a_person: str
) -> None:
    first, second, third = names
    assert not is_in_slack(element(first, of_a_person))
    assert not is_in_slack(element(first, "12"), element(second, f"gäller {of_a_person}, i år"))
    assert not is_in_slack(element(first, "Eva"), element(second, "3"), element(third, "Ek"))
    assert not is_in_slack(element(first, "123 45"), element(second, "Sandköping"))
    assert not is_in_slack(element(first, element(second, of_a_person)))
    assert not is_in_slack(row(cell(first, "12"), cell(second, of_a_person)))


@pytest.mark.parametrize(
    "name",
    (
        "firstname",
        "LASTNAME",
        "email",
        "E-post",
        "phone",
        "Mobilnummer",
        "kontaktperson",
        "adress",
        "personNummer",
    ),
)
def test_an_answer_that_says_it_is_a_contacts_stays_out_of_slack_whatever_it_is(name: str) -> None:
    assert not is_in_slack(element(name, "x"))
    assert not is_in_slack(element("antal", "1"), row(cell(name, "x")))


def test_an_answer_about_nobody_is_shown_in_slack_where_the_catalog_names_it() -> None:
    assert is_in_slack(value("Nybyggnad"))
    assert is_in_slack(value("Norr"), value("Söder"))
    assert is_in_slack(element("Antal", "3"), element("APris", "567.89"))


def answer(*children: str, element: str = "Fraga") -> str:
    return str(read_case(question(1, "Fråga", *children, element=element)).values["q1"])


@pytest.mark.parametrize(
    ("children", "wording"),
    [
        # text area, radio, drop-down
        (value("Ja"), "Ja"),
        (value("   1JAN16LAN - Janne Långben        "), "1JAN16LAN - Janne Långben"),
        (value("en rad\n\nen till"), "en rad\n\nen till"),
        ("<Value><![CDATA[5 < 6 & 7]]></Value>", "5 < 6 & 7"),
        # checkboxes, with and without the platform's numbers, and with free text
        (value("Norr") + value("Söder"), "Norr\nSöder"),
        ("<Alternative><ID>4</ID><Value>Norr</Value></Alternative>"
         "<Alternative><ID>5</ID><Value>Söder</Value></Alternative>", "Norr\nSöder"),
        (value("Annat") + "<TextAlternative>En båt</TextAlternative>", "Annat\nEn båt"),
        ("<Val><ID>4</ID><Value>Norr</Value></Val>", "Norr"),
        # records joined by pipes
        (value("Anna Berg|19 | Norr "), "Anna Berg\n19\nNorr"),
        # text fields: one, several, and as numbered rows
        ("<TotSummering>15000,00 SEK</TotSummering>", "15000,00 SEK"),
        ("<Antal>3</Antal><APris>567.89</APris>", "Antal: 3\nA pris: 567.89"),
        ("<Namn1>Eva</Namn1><Alder1>7</Alder1><Namn2>Bo</Namn2><Alder2>9</Alder2>",
         "Namn (1): Eva\nAlder (1): 7\nNamn (2): Bo\nAlder (2): 9"),
        ("<Antal>1</Antal><Name>Kalle</Name>", "Antal: 1\nName: Kalle"),
        ("<FakturatextExtern1>Pengavalv</FakturatextExtern1><Tomt/>", "Pengavalv"),
        # contact and organisation
        ("<Firstname>Eva</Firstname><Lastname>Ek</Lastname><CareOf>Bo Ås</CareOf><Address>Ekgatan 1</Address>"
         "<ZipCode>123 45</ZipCode><PostalAddress>Sandköping</PostalAddress><Phone>1</Phone>"
         "<Email>e@ek.example</Email><MobilePhone>2</MobilePhone>"
         "<SocialSecurityNumber>198112289874</SocialSecurityNumber><ContactBySMS>true</ContactBySMS>",
         "Förnamn: Eva\nEfternamn: Ek\nc/o: Bo Ås\nAdress: Ekgatan 1\nPostnummer: 123 45\nOrt: Sandköping\n"
         "Telefon: 1\nE-post: e@ek.example\nMobiltelefon: 2\nPersonnummer: 198112289874\n"
         "Vill bli kontaktad med sms: true"),
        ("<OrganizationName>Ek AB</OrganizationName><OrganizationNumber>556036-0793</OrganizationNumber>",
         "Organisation: Ek AB\nOrganisationsnummer: 556036-0793"),
        # property, and whatever else there is
        ("<PropertyUnitDesignation>Björken 4:12</PropertyUnitDesignation><PropertyUnitNumber>9</PropertyUnitNumber>"
         "<CoordinateX>6.9</CoordinateX>",
         "Fastighetsbeteckning: Björken 4:12\nFastighetsnummer: 9\nCoordinate X: 6.9"),
        ("<StartDate>2026-10-09</StartDate><EndDate>2026-10-11</EndDate>",
         "Start date: 2026-10-09\nEnd date: 2026-10-11"),
        ("<username>evek</username>", "evek"),
        ("<Rad><Antal>3</Antal><Pris>4,5</Pris></Rad>", "Rad, Antal: 3\nRad, Pris: 4,5"),
        # tables, row by row, whatever their elements are called
        (row(cell("Namn", "Eva Ek"), cell("E-post", "e@ek.example")) + row(cell("Namn", "Bo Ås"), cell("E-post"))
         + row(cell("Namn"), cell("E-post")),
         "Namn: Eva Ek, E-post: e@ek.example\nNamn: Bo Ås"),
        (row(cell("Namn", "Eva", element="C"), cell("Mat", "Fisk", "Ägg", element="C"), element="R"),
         "Namn: Eva, Mat: Fisk; Ägg"),
        ("<Table>" + row(cell("Text", "en\nrad")) + row(cell("Text", "a|b")) + "</Table>",
         "Text: en rad\nText: a|b"),
        (row(cell("Namn", "Eva")), "Namn: Eva"),
        (row(cell("Namn", "Eva"), "<Comment>kommer sent</Comment>"), "Namn: Eva, Comment: kommer sent"),
        (row(cell("Namn", "Eva"), element="Barn") + row(cell("Namn", "Bo"), element="Vuxna"),
         "Barn – Namn: Eva\nVuxna – Namn: Bo"),
        (row(cell("Namn", "Eva")) + "<Antal>1</Antal>", "Namn: Eva\nAntal: 1"),
        # a name beside a value is not always a table's, and no answer is lost
        (cell("Antal", "3") + cell("Pris", "4,5"), "Antal: 3\nPris: 4,5"),
        ("<Handler><ID>7</ID><Name>Eva</Name></Handler>", "Handler, ID: 7\nHandler, Name: Eva"),
    ],
)  # fmt: skip
def test_an_answer_is_rendered_from_its_children(children: str, wording: str) -> None:
    assert answer(children) == wording


def test_the_name_of_a_questions_element_says_nothing() -> None:
    assert answer(value("Ja"), element="File") == answer(value("Ja"), element="Owner") == "Ja"


def test_a_question_without_a_value_is_asked_and_unanswered() -> None:
    read_one = read_case(question(63542, "Motpart privatperson 860"))
    assert [field.key for field in read_one.definition.fields] == ["q63542"]
    assert read_one.values == {}


def test_an_empty_value_is_no_answer() -> None:
    assert read_case(question(1, "Vad?", value("   "))).values == {}


def test_questions_keep_the_order_of_the_form() -> None:
    form = read_case(*(question(n, f"Fråga {n}", value("x")) for n in (7, 3, 5))).definition
    assert [field.label.sv for field in form.fields] == ["Fråga 7", "Fråga 3", "Fråga 5"]


def test_a_question_that_comes_twice_keeps_both_answers() -> None:
    read_twice = read_case(question(7, "Rad", value("a")), question(7, "Rad", value("b")))
    assert read_twice.values == {"q7": "a", "q7_2": "b"}


def test_a_question_without_a_number_or_a_name_still_has_its_answer() -> None:
    form = read_case("<Ovrigt><Value>Hej</Value></Ovrigt>")
    assert (form.values, form.definition.fields[0].label.sv) == ({"q_1": "Hej"}, "Ovrigt")


def test_letters_that_windows_calls_latin_1_are_read_as_they_were_meant() -> None:
    document = (
        case(question(1, "Fråga", value("X"))).encode("latin-1").replace(b"X", b"\x93ja\x94 \x96 5 \x80")
    )
    root = parse_xml([b'<?xml version="1.0" encoding="ISO-8859-1"?>', document], max_file=1)
    assert freeze_form(parse_document(root), SERVICE, FileLimits()).values["q1"] == "“ja” – 5 €"


def test_control_characters_of_xml_1_1_do_not_stop_a_case() -> None:
    document = case(question(1, "Fråga", "<Value>a&#1;b&#x1F;c&#10;d</Value>"))
    whole = encoded(document, "UTF-8", "1.1")
    for size in (1, 7, len(whole)):
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        pieces = (
            pieces if size > 40 else [whole[:60], *(whole[n : n + size] for n in range(60, len(whole), size))]
        )
        root = parse_xml(pieces, max_file=1)
        assert freeze_form(parse_document(root), SERVICE, FileLimits()).values["q1"] == "abc\nd"


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-01-15T12:00:00", "2026-01-15T11:00:00+00:00"),
        ("2026-07-15T12:00:00", "2026-07-15T10:00:00+00:00"),
        ("2026-07-15 12:00", "2026-07-15T10:00:00+00:00"),
        ("2026-07-15T12:00:00.123", "2026-07-15T10:00:00.123000+00:00"),
        # 02:30 comes twice this night, and is taken the first time
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00+00:00"),
        # 02:30 never comes this night
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),
        ("2026-07-15T12:00:00Z", "2026-07-15T12:00:00+00:00"),
    ],
)
def test_swedish_time_becomes_utc(local: str, utc: str) -> None:
    assert to_utc(local).isoformat() == utc
