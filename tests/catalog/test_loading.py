"""A folder of files becomes a catalog, or a list of all that is wrong with it."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from bot.catalog import CatalogError, load
from bot.catalog.files import yaml_file
from bot.text import words
from tests.catalog.catalog_files import (
    MUNICIPALITY,
    SERVICE,
    load_catalog,
    load_errors,
    service_yaml,
    write_catalog,
)
from tests.conftest import SAMPLE

TEN_ERRORS = """\
    key: bygglov
    nam: {sv: Bygglov, en: Building permit}
    unit: {sv: Bygg}
    channel: "#Bygg lov"
    privacy: secret
    fields:
      - {key: typ, kind: chioce, label: Typ}
      - {key: namn, kind: text, label: Namn, on_card: true}
      - {key: val, kind: text, label: Val, shown_if: {field: vla, is: ja}}
    officers:
      - {officer: ana}
    templates:
      - {key: hej, name: Hej, for: message, text: "Hej {aplicant.name}"}
    """


def test_all_errors_of_a_catalog_are_told_at_once_with_file_line_and_key(tmp_path: Path) -> None:
    assert load_errors(tmp_path, TEN_ERRORS) == [
        "services/0.yaml:1  name: name is required",
        "services/0.yaml:1  retention: retention is required",
        "services/0.yaml:2  nam: nam is not a word the catalog knows; did you mean name?",
        "services/0.yaml:3  unit.en: en is required",
        "services/0.yaml:4  channel: is not a channel name: small letters, digits, - and _, at most 80",
        "services/0.yaml:5  privacy: must be one of standard or strict",
        "services/0.yaml:7  fields.typ.kind: must be one of text, long_text, number, date, choice, choices, "
        "yes_no, email, phone, personnummer, organisation_number, address, property, file or info",
        "services/0.yaml:8  fields.namn: on_card is only for choice, date, number and yes_no, not for text",
        "services/0.yaml:9  fields.val.shown_if.field: there is no field vla; did you mean val?",
        "services/0.yaml:11  officers.0.officer: there is no officer ana in municipality.yaml; did you mean anna?",
        "services/0.yaml:13  templates.hej.text: {aplicant.name} is no tag ("
        "a gap for the officer is declared in gaps); did you mean {applicant.name}?",
    ]


def test_what_only_a_message_has_is_told_of_in_a_note(tmp_path: Path) -> None:
    note = "{key: hej, name: Hej, for: note, kind: decision, text: 'Senast {answer.by}'}"
    assert load_errors(tmp_path, service_yaml(f"templates: [{note}]")) == [
        "services/0.yaml:7  templates.hej.kind: a note has no kind: that is for messages",
        "services/0.yaml:7  templates.hej.text: {answer.by} is filled in in messages only, "
        "where the officer chooses the day",
    ]


def test_an_hour_written_as_a_number_is_told(tmp_path: Path) -> None:
    municipality = MUNICIPALITY + "hours: {opens: 08:00, closes: 990}\n"
    assert load_errors(tmp_path, municipality=municipality) == [
        "municipality.yaml:10  hours.closes: should be a time such as 08:00"
    ]


def test_the_error_reads_as_a_list(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path, service_yaml("privacy: secret\nlogin: bankid"))
    assert str(caught.value) == (
        "Tjänstekatalogen har 2 fel:\n"
        "  services/0.yaml:6  privacy: måste vara standard eller strict\n"
        "  services/0.yaml:7  login: måste vara email_code, eid eller none"
    )


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("officers: [{group: malarna}]", "officers.0.group: there is no group malarna in municipality.yaml"),
        ("assign: [{officer: cissi}]", "assign.0.officer: there is no officer cissi in municipality.yaml"),
        ("assign: [{officer: anna, status: borta}]", "assign.0.status: there is no status borta"),
        ("assign: [{officer: anna, status: closed}]",
         "assign.0.status: closed closes the case, and a closed case is assigned to nobody"),
        ("assign: [{officer: anna, choose: round_robin}]",
         "assign.0: a member is chosen of a group; name it instead of the officer"),
        ("assign: [{officer: anna, replaces: true}]",
         "assign.0: nobody has a new case: replaces is for rules with a status"),
        ("protected_officers: [cissi]", "protected_officers.0: there is no officer cissi in municipality.yaml"),
        (
            "protected_officers: [anna]",
            "protected_officers.0: anna has no access to the e-service; name them in officers too",
        ),
        ("officers: [{officer: anna, group: byggarna}]", "officers.0: needs either an officer or a group"),
        ("officers: [{officer: anna, from: 2027-01-01, until: 2026-01-01}]",
         "officers.0: from 2027-01-01 is after until 2026-01-01"),
        ("officers: [{officer: anna, access: restricted, coordinator: true}]",
         "officers.0: a coordinator has full access"),
        ("officers: [{officer: anna, until: 2026-13-01}]",
         "officers.0.until: there is no day 2026-13-01"),
        ("retention: {months: 24}",
         "retention: needs its basis: the paragraph of the dokumenthanteringsplan"),
        ("working_days: 0", "working_days: must be at least 1"),
        ("retention: {basis: x}", "retention: must be keep, or a number of months"),
        ("login: none", "applicant_follows: nobody can follow a case without signing in: login is none"),
        ("record: open_eplatform", "record: belongs together with the part open_eplatform"),
        ("privacy: strict\nthread_notes: true", "thread_notes: a strict e-service keeps no notes of threads"),
        ("privacy: strict\nname_in_mail: true", "name_in_mail: a strict e-service's name is in no mail"),
    ],
)  # fmt: skip
def test_what_an_e_service_cannot_be_is_told(tmp_path: Path, more: str, problem: str) -> None:
    assert [line.split("  ", 1)[1] for line in load_errors(tmp_path, service_yaml(more))] == [problem]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("kind: file, in_slack: true", "fields.a: a file can never be in_slack"),
        ("kind: personnummer, in_slack: true", "fields.a: a personnummer can never be in_slack"),
        ("kind: text, sensitive: true, in_slack: true", "fields.a: a sensitive answer can never be in_slack"),
        ("kind: number, sensitive: true, on_card: true", "fields.a: a sensitive answer cannot be on_card"),
        ('kind: number, card_label: "{answer} m²"', "fields.a: card_label is only for a field that is on_card"),
        ('kind: number, on_card: true, card_label: "{svar} m²"',
         "fields.a: card_label '{svar} m²' can have only {answer} in braces, once"),
        (f"kind: number, on_card: true, card_label: {'m' * 41}",
         f"fields.a: card_label '{'m' * 41}' is longer than 40 characters"),
        ("kind: choice", "fields.a: a choice field needs choices"),
        ("kind: text, choices: [{key: x, label: X}]",
         "fields.a: choices are only for choice and choices, not for text"),
        ("kind: choice, choices: [{key: x, label: X}, {key: x, label: Y}]",
         "fields.a: the choice x is there twice"),
        ("kind: number, min: 5, max: 1", "fields.a: min 5 is after max 1"),
        ("kind: date, min: 5", "fields.a: min and max of a date must be dates"),
        ("kind: text, whole: true", "fields.a: whole is only for number, not for text"),
        ("kind: text, max: 5", "fields.a: min and max are only for date and number, not for text"),
        ('kind: text, pattern: "["',
         "fields.a: pattern is not a regular expression: what stands at character 1 cannot be read"),
        ("kind: info, required: true", "fields.a: an info text has no answer, so it cannot be required"),
        ("kind: text, shown_if: {field: b, is: true}",
         "fields.a.shown_if.field: b does not come before this field, so it cannot decide it"),
        ("kind: text, shown_if: {field: a, is: true}",
         "fields.a.shown_if.field: a does not come before this field, so it cannot decide it"),
        ("kind: yes_no, forbids: [{when: ja, field: b, is: true}]",
         "fields.a.forbids.0.when: a is answered yes or no: write true or false, not ja"),
        ("kind: yes_no, requires: [{when: true, field: qqqqq}]",
         "fields.a.requires.0.field: there is no field qqqqq"),
        ("kind: yes_no, forbids: [{when: true, field: b, is: ja}]",
         "fields.a.forbids.0.is: b is answered yes or no: write true or false, not ja"),
        ("kind: text, forbids: [{when: x, field: b}]",
         "fields.a.forbids.0: a is a text; only a choice or a yes/no can decide"),
        ("kind: yes_no, forbids: [{when: true, field: anonymous, is: true, text: X}]",
         "fields.a.forbids.0.field: nobody can be anonymous here"),
        ("kind: yes_no, forbids: [{when: true, field: anonymous, is: true}]",
         "fields.a.forbids.0: a rule about being anonymous needs its text"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_be_is_told(tmp_path: Path, field: str, problem: str) -> None:
    more = f"fields:\n  - {{key: a, label: A, {field}}}\n  - {{key: b, label: B, kind: yes_no}}"
    assert [line.split("  ", 1)[1] for line in load_errors(tmp_path, service_yaml(more))] == [problem]


@pytest.mark.parametrize(
    ("label", "refused"),
    [
        ("Beskriv vad du vill göra", True),
        ("{sv: Namn, en: Enter your name}", True),
        ("Skriv här.", True),
        ("Vad vill du göra?", False),
        ("Beskrivning", False),
        ("Ditt namn", False),
    ],
)
def test_a_label_that_no_default_can_tell_of_needs_words_of_its_own(
    tmp_path: Path, label: str, refused: bool
) -> None:
    bare = f"fields:\n  - {{key: a, kind: text, required: true, label: {label}}}"
    if refused:
        (told,) = load_errors(tmp_path, service_yaml(bare))
        assert "fields.a.label" in told and "needs errors.empty" in told
    else:
        load_catalog(tmp_path, service_yaml(bare))
    own = bare.replace("required: true", "required: true, errors: {empty: Skriv något.}")
    load_catalog(tmp_path, service_yaml(own))


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("{field: b, is: ja}", "c.shown_if.is: b is answered yes or no: write true or false, not ja"),
        ("{field: v, is: y}", "c.shown_if.is: there is no choice in v called y"),
        ("{field: t, is: y}", "c.shown_if.field: t is a text; only a choice or a yes/no can decide"),
    ],
)
def test_a_condition_that_can_never_hold_is_told(tmp_path: Path, condition: str, problem: str) -> None:
    more = f"""\
fields:
  - {{key: b, label: B, kind: yes_no}}
  - {{key: t, label: T, kind: text}}
  - {{key: v, label: V, kind: choice, choices: [{{key: x, label: X}}]}}
  - {{key: c, label: C, kind: text, shown_if: {condition}}}
"""
    assert [line.split("  fields.", 1)[1] for line in load_errors(tmp_path, service_yaml(more))] == [problem]


@pytest.mark.parametrize("label", ["Hur många kvadratmeter?", "Ange antalet platser", "m" * 41])
@pytest.mark.parametrize("kind", ["number", "date", "yes_no"])
def test_a_question_is_no_label_for_a_card(tmp_path: Path, label: str, kind: str) -> None:
    more = f'fields: [{{key: a, label: "{label}", kind: {kind}, on_card: true}}]'
    assert load_errors(tmp_path, service_yaml(more)) == [
        f"services/0.yaml:7  fields.a.label: {label!r} is no label for a card: "
        "write a card_label, such as '{answer} m²'",
    ]
    fitting = more.replace("on_card: true", "on_card: true, card_label: Yta")
    assert load_catalog(tmp_path, service_yaml(fitting)).services


@pytest.mark.parametrize("kind", ["email", "phone", "address"])
def test_what_reaches_a_person_is_refused_for_slack_and_said_so(tmp_path: Path, kind: str) -> None:
    more = f"fields: [{{key: a, label: A, kind: {kind}, in_slack: true}}]"
    assert load_errors(tmp_path, service_yaml(more)) == [
        f"services/0.yaml:7  fields.a.in_slack: a {kind} is a person's: it can never be in_slack",
    ]


def test_a_strict_e_service_shows_nothing_of_an_answer_in_slack(tmp_path: Path) -> None:
    more = "privacy: strict\nfields: [{key: a, label: A, kind: number, on_card: true, in_slack: true}]"
    assert load_errors(tmp_path, service_yaml(more)) == [
        "services/0.yaml:7  fields.a.in_slack: a strict e-service shows no answers in Slack",
        "services/0.yaml:7  fields.a.on_card: a strict e-service shows no answers on its card",
    ]


def test_statuses_of_the_three_needed_kinds_must_be_there(tmp_path: Path) -> None:
    more = "statuses: [{key: a, name: A, kind: submitted, accepted_from: [b]}]"
    assert load_errors(tmp_path, service_yaml(more)) == [
        "services/0.yaml:7  statuses: there must be a status of kind closed",
        "services/0.yaml:7  statuses: there must be a status of kind in_progress",
        "services/0.yaml:7  statuses.a.accepted_from.0: there is no status b",
    ]


def test_the_status_of_duplicates_is_one_closed_one_that_needs_no_message(tmp_path: Path) -> None:
    more = """statuses:
  - {key: a, name: A, kind: submitted, for_duplicates: true}
  - {key: b, name: B, kind: in_progress}
  - {key: c, name: C, kind: closed, requires: message, for_duplicates: true}"""
    assert load_errors(tmp_path, service_yaml(more)) == [
        "services/0.yaml:7  statuses: only one status can be for_duplicates, not a and c",
        "services/0.yaml:8  statuses.a.for_duplicates: a duplicate is closed, and a is of kind submitted",
        "services/0.yaml:10  statuses.c.for_duplicates: "
        "a duplicate is closed without a message, which the status requires",
    ]


def test_more_statuses_than_slack_can_list_are_told(tmp_path: Path) -> None:
    kinds = ["submitted", "waiting_for_completion", "closed", *["in_progress"] * 98]
    many = "".join(f"\n  - {{key: s{n}, name: S{n}, kind: {kind}}}" for n, kind in enumerate(kinds))
    (problem,) = load_errors(tmp_path, service_yaml(f"statuses:{many}"))
    assert problem.endswith("statuses: there are 101; Slack lists 100 to choose among")


def of_platform(key: str, platform: str, families: str) -> str:
    theirs = f"open_eplatform: {{platform: {platform}, families: [{families}]}}"
    return service_yaml(f"key: {key}\nrecord: open_eplatform\n{theirs}")


def test_a_family_is_one_e_services_within_its_platform(tmp_path: Path) -> None:
    apart = load_catalog(tmp_path, of_platform("a", "externa", "1, 2"), of_platform("b", "interna", "2"))
    assert apart.platforms == ("externa", "interna")
    found = [apart.find_service_by_family(name, 2) for name in ("externa", "interna", "annan")]
    assert [one.key if one else None for one in found] == ["a", "b", None]
    assert load_errors(tmp_path, of_platform("a", "externa", "1, 2"), of_platform("b", "externa", "2")) == [
        "services/1.yaml:8  open_eplatform.families: the family 2 of externa belongs to another e-service too"
    ]


def test_a_platform_is_not_called_as_a_source(tmp_path: Path) -> None:
    source = f"sources:\n  - {{key: externa, name: X, token_sha256: {'a' * 64}, services: [a]}}\n"
    (problem,) = load_errors(tmp_path, of_platform("a", "externa", "1"), municipality=MUNICIPALITY + source)
    assert "open_eplatform.platform: the platform externa is called as a source" in problem


def test_an_address_that_only_looks_like_anothers_is_told(tmp_path: Path) -> None:
    (problem,) = load_errors(tmp_path, municipality=MUNICIPALITY.replace("bo.ek@", "bo.eⓚ@"))
    assert problem.startswith("municipality.yaml:7  officers.bo.email: is not an e-mail address: ⓚ")


def test_a_key_that_is_there_twice_is_told(tmp_path: Path) -> None:
    municipality = MUNICIPALITY + "  - {key: byggarna, name: B, members: [bo, bo]}\n"
    assert load_errors(
        tmp_path, SERVICE, SERVICE, municipality=municipality.replace("key: bo,", "key: anna,")
    ) == [
        "municipality.yaml:7  officers.anna: the officer anna is there twice",
        "municipality.yaml:10  groups.byggarna: the group byggarna is there twice",
        "municipality.yaml:10  groups.byggarna.members.0: there is no officer bo in municipality.yaml",
        "municipality.yaml:10  groups.byggarna.members.1: the member bo is there twice",
        "municipality.yaml:10  groups.byggarna.members.1: there is no officer bo in municipality.yaml",
        "services/1.yaml:1  key: the e-service bygglov is in services/0.yaml too: give one of them another key",
    ]


def test_a_wrong_address_is_told(tmp_path: Path) -> None:
    problem = load_errors(tmp_path, municipality=MUNICIPALITY.replace("bo.ek@storbyn.example", "bo.ek"))[0]
    assert problem.startswith("municipality.yaml:7  officers.bo.email: is not an e-mail address:")


def test_an_error_in_an_officer_is_told_once_and_not_wherever_they_are_named(tmp_path: Path) -> None:
    municipality = MUNICIPALITY.replace("bo.ek@storbyn.example", "bo.ek")
    assert (
        len(load_errors(tmp_path, service_yaml("officers: [{officer: bo}]"), municipality=municipality)) == 1
    )


def test_an_e_service_without_channel_needs_one_for_all(tmp_path: Path) -> None:
    nowhere = SERVICE.replace('channel: "#bygglov"\n', "")
    assert "channel is required" in load_errors(tmp_path, nowhere)[0]
    catalog = load_catalog(tmp_path, nowhere, municipality=MUNICIPALITY + "channel: arenden\n")
    assert catalog.channel_of(catalog.services["bygglov"]) == "arenden"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("key: [a", "services/0.yaml:2  is not YAML:"),
        ("- a", "services/0.yaml:1  must be a mapping of words to values"),
        ("", "services/0.yaml:1  must be a mapping of words to values"),
        ("key: !!python/object/apply:os.system [ls]", "services/0.yaml:1  "),
        ("key: !!binary aGVq", "services/0.yaml:1  the tag binary is not allowed"),
        ("a: &x [1]\nb: *x", "services/0.yaml:2  aliases (*) are not allowed"),
        ("a: " + "[" * 30, "services/0.yaml:1  is nested more than 20 deep"),
        ("a: b\nb:\t- c\n\tc", "services/0.yaml:"),
        ("a: \x00", "services/0.yaml:1  is not YAML"),
        ("key: a\nkey: b", "services/0.yaml:2  key: key is there twice"),
        ("? [a, b]\n: c", "services/0.yaml:1  a key must be a word"),
    ],
)
def test_a_file_that_is_not_yaml_is_told_by_its_line(tmp_path: Path, written: str, problem: str) -> None:
    assert any(line.startswith(problem) for line in load_errors(tmp_path, written))


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    (tmp_path / "services" / "0.yaml").write_bytes(b"key: \xe5")
    with pytest.raises(CatalogError, match="inte är text i UTF-8"):
        load(tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (write_catalog(tmp_path) / "services" / "mapp.yaml").mkdir()
    with pytest.raises(CatalogError, match=r"mapp\.yaml  går inte att läsa: det måste vara en fil"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("services/b.yml", "services/b.yml  must end in .yaml, in small letters, to be read"),
        ("services/b.YAML", "services/b.YAML  must end in .yaml, in small letters, to be read"),
        ("services/b.yaml.txt", "services/b.yaml.txt  must end in .yaml, in small letters, to be read"),
        ("services/b", "services/b  must end in .yaml, in small letters, to be read"),
        ("services/bygg/b.yaml", "services/bygg/b.yaml  must lie in services itself to be read"),
        ("b.yaml", "b.yaml  must lie in services to be read, as e-services do"),
        ("Services/b.yaml", "Services/b.yaml  must lie in services to be read, as e-services do"),
    ],
)
def test_a_file_that_nobody_reads_is_not_left_out_in_silence(tmp_path: Path, name: str, problem: str) -> None:
    path = write_catalog(tmp_path) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(SERVICE, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load(tmp_path)
    assert [one.in_words(words("en")) for one in caught.value.problems] == [problem]


@pytest.mark.parametrize(
    "name",
    ["README.md", ".git/config.yaml", "services/.b.yaml.swp", "services/0.yaml~", "services/0.yaml.bak",
     "services/.#bygglov.yaml", "services/._bygglov.yaml"],
)  # fmt: skip
def test_what_says_itself_that_it_is_no_e_service_may_lie_there(tmp_path: Path, name: str) -> None:
    path = write_catalog(tmp_path) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x", encoding="utf-8")
    assert set(load(tmp_path).services) == {"bygglov"}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    assert "larger than 1000 kB" in load_errors(tmp_path, "# " + "x" * 1_000_000)[0]


def test_a_folder_that_holds_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        load(tmp_path)
    assert [problem.file for problem in caught.value.problems] == ["municipality.yaml", "services"]


def test_words_mean_themselves_and_not_what_yaml_makes_of_them(tmp_path: Path) -> None:
    more = """\
fields:
  - key: svar
    kind: choice
    label: no
    choices: [{key: yes, label: on}]
  - {key: yta, kind: number, label: Yta, min: 0.5, max: 10}
  - {key: dag, kind: date, label: Dag, min: 2026-01-01}
"""
    municipality = MUNICIPALITY + "hours: {opens: 08:15, closes: 16:30}\nclosed_days: [2026-05-15]\n"
    catalog = load_catalog(tmp_path, service_yaml(more), municipality=municipality)
    svar, yta, dag = catalog.services["bygglov"].fields
    assert (svar.label.sv, svar.choices[0].key) == ("no", "yes")
    assert (yta.min, yta.max, dag.min) == (Decimal("0.5"), Decimal(10), date(2026, 1, 1))
    assert catalog.municipality.hours.closes == time(16, 30)
    assert catalog.closed_days == {date(2026, 5, 15)}


def test_a_plain_text_is_the_same_in_both_languages(tmp_path: Path) -> None:
    unit = load_catalog(tmp_path).services["bygglov"].unit
    assert unit.in_("sv") == unit.in_("en") == "Bygg"


def test_a_status_that_asks_for_a_message_to_nobody_is_told_of(tmp_path: Path) -> None:
    statuses = "[{key: in, name: In, kind: submitted}, {key: mitt, name: Mitt, kind: in_progress}, "
    statuses += "{key: ut, name: Ut, kind: closed, requires: message}]"
    assert load_errors(tmp_path, service_yaml(f"applicant_follows: false\nstatuses: {statuses}")) == [
        "services/0.yaml:8  statuses.ut.requires: nobody can set it: there is no applicant to write a message to"
    ]


def test_the_catalog_reads_the_same_where_yaml_is_read_without_its_library_in_c(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = load(SAMPLE)
    label = "{sv: Vad behöver du? Eller?, en: What?}"
    flow = service_yaml(f"fields: [{{key: a, label: {label}, kind: text}}]")
    here = load_catalog(tmp_path, flow)
    assert here.services["bygglov"].fields[0].label.sv == "Vad behöver du? Eller?"
    monkeypatch.setattr(yaml_file, "_LOADER", yaml.SafeLoader)
    assert load(SAMPLE) == expected
    assert load_catalog(tmp_path, flow) == here
