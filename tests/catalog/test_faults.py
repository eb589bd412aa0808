"""Whatever is wrong in a catalog is said in the language of the one who wrote it, with what to write instead."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.catalog import CatalogError, Problem, load
from bot.catalog.files.parsing import parse_model
from bot.catalog.files.yaml_file import read_yaml
from bot.catalog.services import EService
from bot.text import words
from tests.catalog.catalog_files import MUNICIPALITY, SERVICE, load_catalog, service_yaml, write_catalog
from tests.conftest import SAMPLE

LONG = "m" * 41
SOURCE = f"sources: [{{key: b, name: B, token_sha256: {'a' * 64}, services: [bygglov]}}]\n"
PLATFORM = "open_eplatform: {platform: b, families: [1]}\nrecord: open_eplatform"
STATUSES = "{key: a, name: A, kind: submitted}, {key: b, name: B, kind: in_progress}, {key: c, name: C, kind: closed}"
MANY = ", ".join(f"{{key: s{n}, name: S, kind: in_progress}}" for n in range(100))


def field(written: str) -> str:
    return f"fields: [{{key: a, label: A, {written}}}, {{key: b, label: B, kind: yes_no}}]"


def statuses(*more: str) -> str:
    return f"statuses: [{', '.join((STATUSES, *more))}]"


def template(written: str) -> str:
    return f"templates: [{{key: hej, name: Hej, {written}}}]"


SERVICES = {
    "missing": "name: {sv: X}",
    "unknown_key": "nam: X",
    "unknown_text": "unit: {sv: Bygg, och mark, en: B}",
    "misplaced": "email: x",
    "literal": "privacy: hemlig",
    "key_form": "key: Bygg Lov",
    "field_key_form": field("kind: text").replace("key: a", "key: a-b"),
    "not_text": "unit: {sv: [a], en: A}",
    "empty": "unit: ''",
    "long": f"classification: {{code: {LONG}, scheme: X}}",
    "not_mapping": "notices: X",
    "not_texts": "unit: [a]",
    "not_list": "officers: X",
    "not_bool": "anonymous: kanske",
    "not_date": "officers: [{officer: anna, until: snart}]",
    "no_day": "officers: [{officer: anna, until: 2026-13-01}]",
    "key_of_person": "officers: [{officer: Anna Berg}]",
    "not_whole": "working_days: många",
    "not_limit": field("kind: number, min: många"),
    "not_answer": field("kind: text").replace("kind: yes_no", "kind: yes_no, shown_if: {field: a, is: {}}"),
    "small": "working_days: 0",
    "large": "working_days: 1001",
    "few": "open_eplatform: {families: []}\nrecord: open_eplatform",
    "channel_name": "channel: Bygg lov",
    "retention_kind": "retention: {basis: x}",
    "retention_basis": "retention: {months: 24}",
    "either_grantee": "officers: [{access: full}]",
    "choose_of_group": "assign: [{officer: anna, choose: round_robin}]",
    "replaces_new": "assign: [{officer: anna, replaces: true}]",
    "from_after_until": "officers: [{officer: anna, from: 2027-01-01, until: 2026-01-01}]",
    "coordinator_access": "officers: [{officer: anna, access: restricted, coordinator: true}]",
    "anonymous_text": field("kind: yes_no, forbids: [{when: true, field: anonymous, is: true}]"),
    "on_card_kind": field("kind: text, on_card: true"),
    "on_card_sensitive": field("kind: number, sensitive: true, on_card: true"),
    "in_slack_kind": field("kind: file, in_slack: true"),
    "in_slack_sensitive": field("kind: text, sensitive: true, in_slack: true"),
    "own_kind": field("kind: text, own: true"),
    "card_label_off": field("kind: number, card_label: Yta"),
    "card_label_braces": field("kind: number, on_card: true, card_label: '{svar} m²'"),
    "card_label_long": field(f"kind: number, on_card: true, card_label: {LONG}"),
    "choice_twice": field("kind: choice, choices: [{key: x, label: X}, {key: x, label: Y}]"),
    "no_choices": field("kind: choice"),
    "choices_kind": field("kind: text, choices: [{key: x, label: X}]"),
    "info_required": field("kind: info, required: true"),
    "limits_kind": field("kind: text, max: 5"),
    "limits_date": field("kind: date, min: 5"),
    "limits_number": field("kind: number, min: 2026-01-01"),
    "min_after_max": field("kind: number, min: 5, max: 1"),
    "whole_kind": field("kind: text, whole: true"),
    "pattern_kind": field("kind: number, pattern: a"),
    "regex": field("kind: text, pattern: '['"),
    "yaml.alias": "unit: &a X\nname: *a",
    "yaml.deep": "unit: " + "[" * 30,
    "yaml.twice": "notices: {morning: true, morning: true}",
    "yaml.twice_in_item": "officers: [{officer: anna, coordinator: true, officer: bo}]",
    "yaml.tag": "unit: !!binary aGVq",
    "yaml.bracket": "unit: [a",
    "yaml.colon": "unit: Bygg: mark",
    "yaml.sign": "unit: %a",
    "yaml.tab": "unit:\n\tsv: a",
    "yaml.space": "unit:\n  sv: a\n\u00a0 en: b",
    "yaml.curly": "unit: ”a”",
    "yaml.comment": "channel: #bygglov",
    "yaml.no_colon": "unit: X\nname X\nlogin: none",
    "yaml.indent": "unit: X\n- a",
    "yaml.quote": "unit: 'X",
    "yaml.key": "? [a, b]\n: c",
    "unknown.officer": "assign: [{officer: ana}]",
    "unknown.group": "assign: [{group: byggare}]",
    "unknown.field": field("kind: text, shown_if: {field: c, is: true}"),
    "unknown.status": "assign: [{officer: anna, status: borta}]",
    "unknown.choice": field("kind: choice, choices: [{key: x, label: X}], forbids: [{when: y, field: b}]"),
    "unknown.template": "presets: {decision: {template: hej}}",
    "twice.officer": "officers: [{officer: anna}]\nprotected_officers: [anna, anna]",
    "twice.field": field("kind: text").replace("key: b", "key: a"),
    "twice.status": statuses("{key: c, name: C, kind: closed}"),
    "twice.template": f"templates: [{', '.join(['{key: a, name: A, for: note, text: A}'] * 2)}]",
    "strict_on_card": f"privacy: strict\n{field('kind: number, on_card: true')}",
    "strict_in_slack": f"privacy: strict\n{field('kind: text, in_slack: true')}",
    "in_slack_personal": field("kind: email, in_slack: true"),
    "label_sentence": field("kind: text, required: true").replace("label: A", "label: Skriv här."),
    "label_card": field("kind: number, on_card: true").replace("label: A", "label: Hur många?"),
    "condition_order": field("kind: text, shown_if: {field: b, is: true}"),
    "condition_kind": field("kind: text, forbids: [{when: x, field: b}]"),
    "yes_no_value": field("kind: yes_no, forbids: [{when: ja, field: b}]"),
    "field_anonymous": field("kind: text").replace("key: a", "key: anonymous"),
    "nobody_anonymous": field("kind: yes_no, forbids: [{when: true, field: anonymous, text: X}]"),
    "statuses_many": statuses(MANY),
    "status_kind_none": "statuses: [{key: a, name: A, kind: submitted}]",
    "set_by_applicant_many": statuses(
        *(f"{{key: {key}, name: X, kind: submitted, set_by: applicant}}" for key in ("d", "e"))
    ),
    "submitted_by_applicant": statuses().replace("kind: submitted", "kind: submitted, set_by: applicant"),
    "message_to_nobody": "applicant_follows: false\n"
    + statuses("{key: d, name: D, kind: closed, requires: message}"),
    "duplicates_many": statuses().replace("submitted", "closed, for_duplicates: true").replace(
        "in_progress", "closed, for_duplicates: true"
    ),
    "duplicates_kind": statuses("{key: d, name: D, kind: in_progress, for_duplicates: true}"),
    "duplicates_message": statuses("{key: d, name: D, kind: closed, requires: message, for_duplicates: true}"),
    "set_by_applicant": statuses("{key: d, name: D, kind: closed, set_by: applicant, for_duplicates: true}"),
    "note_kind": template("for: note, kind: decision, text: A"),
    "tag_messages": template("for: note, text: 'Senast {answer.by}'"),
    "tag_unknown": template("for: note, text: '{aplicant.name}'"),
    "tag_form": template("for: note, text: '{två ord}'"),
    "tag_brace": template("for: note, text: '{today'"),
    "gap_tag": template("for: note, text: '{today}', gaps: [today]"),
    "gap_unused": template("for: note, text: A, gaps: [x]"),
    "preset_nobody": "applicant_follows: false\npresets: {completion: {working_days: 5}}",
    "preset_status_kind": "presets: {decision: {status: waiting}}",
    "preset_status_note": statuses("{key: d, name: D, kind: closed, requires: note}")
    + "\npresets: {decision: {status: d}}",
    "preset_unfilled": template("for: message, kind: decision, text: A, statuses: [waiting]")
    + "\npresets: {decision: {template: hej}}",
    "assign_closed": "assign: [{officer: anna, status: closed}]",
    "protected_no_access": "protected_officers: [anna]",
    "strict_notes": "privacy: strict\nthread_notes: true",
    "strict_name": "privacy: strict\nname_in_mail: true",
    "login_follow": "login: none",
    "record_platform": "record: open_eplatform",
}  # fmt: skip
"""What an e-service's file has in place of its own, by the fault it has."""

MUNICIPALITIES = {
    "email": MUNICIPALITY.replace("bo.ek@storbyn.example", "bo.ek"),
    "email_sign": MUNICIPALITY.replace("bo.ek@", "bo.eⓚ@"),
    "token_form": MUNICIPALITY + SOURCE.replace("a" * 64, "hemlig"),
    "not_time": MUNICIPALITY + "hours: {opens: åtta}\n",
    "time_zone": MUNICIPALITY + "hours: {closes: 990}\n",
    "web_address": MUNICIPALITY + "leave_to: smhi.se\n",
    "opens_closes": MUNICIPALITY + "hours: {opens: 17:00}\n",
    "unknown.service": MUNICIPALITY + SOURCE.replace("[bygglov]", "[bygg]"),
    "twice.address": MUNICIPALITY.replace("bo.ek@", "anna.berg@"),
    "twice.group": MUNICIPALITY + "  - {key: byggarna, name: B, members: []}\n",
    "twice.member": MUNICIPALITY.replace("[anna]", "[anna, anna]"),
    "twice.source": MUNICIPALITY + SOURCE.replace("}]", f"}}, {SOURCE[SOURCE.index('{') :].strip()}"),
    "yaml.top": "- a",
}

FILES = {
    "yaml.bytes": ("services/0.yaml", b"key: \xe5"),
    "yaml.large": ("services/0.yaml", b"# " + b"x" * 1_000_000),
    "file.ending": ("services/b.yml", SERVICE.encode()),
    "file.deeper": ("services/bygg/b.yaml", SERVICE.encode()),
    "file.elsewhere": ("b.yaml", SERVICE.encode()),
}

IN_OTHER_TESTS = {"heading", "hint", "pattern", "other", "yaml.other"}
"""The list's heading, a part of others, and what is said where a fault is of no known kind."""


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(CatalogError) as caught:
        load(folder)
    return caught.value.problems


def faulty_catalogs(folder: Path) -> dict[str, tuple[Problem, ...]]:
    """What is found in a catalog with each fault, by the fault's name."""
    found = {}
    for name, more in SERVICES.items():
        found[name] = problems(write_catalog(folder, service_yaml(more)))
    for name, municipality in MUNICIPALITIES.items():
        found[name] = problems(write_catalog(folder, municipality=municipality))
    found["no_channel"] = problems(write_catalog(folder, SERVICE.replace('channel: "#bygglov"\n', "")))
    of_platform = service_yaml(PLATFORM)
    found["platform_source"] = problems(
        write_catalog(folder, of_platform, municipality=MUNICIPALITY + SOURCE)
    )
    twice = (of_platform, of_platform.replace("bygglov", "bygglov2"))
    found["family_twice"] = problems(write_catalog(folder, *twice))
    found["service_twice"] = problems(write_catalog(folder, SERVICE, SERVICE))
    (folder / "services" / "1.yaml").unlink()
    for name, (place, content) in FILES.items():
        path = write_catalog(folder) / place
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        found[name] = problems(folder)
        path.unlink()
    (folder / "services" / "mapp.yaml").mkdir()
    found["yaml.unreadable"] = problems(folder)
    (folder / "none").mkdir()
    found["file.none"] = found["file.no_service"] = problems(folder / "none")
    return found


def test_every_fault_is_said_in_both_languages_where_it_is(tmp_path: Path) -> None:
    found = faulty_catalogs(tmp_path)
    sv, en = words("sv"), words("en")
    for name, told in found.items():
        (problem, *_) = [one for one in told if one.fault.key == f"fault.{name}"] or [None]
        assert problem is not None, (name, told)
        swedish, english = problem.in_words(sv), problem.in_words(en)
        assert swedish.startswith(problem.place) and english.startswith(problem.place)
        assert swedish != english, name
    named = {key.removeprefix("fault.") for key in sv.keys() if key.startswith("fault.")}  # noqa: SIM118
    assert named - IN_OTHER_TESTS == set(found)


def test_a_wrong_catalog_is_told_of_in_the_municipalitys_language(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"Tjänstekatalogen har ett fel:\n.* privacy: måste vara"):
        load_catalog(tmp_path, service_yaml("privacy: x"))
    with pytest.raises(CatalogError, match=r"The catalog has 1 problem:\n.* privacy: must be one of"):
        load_catalog(tmp_path, service_yaml("privacy: x"), municipality=MUNICIPALITY + "language: en\n")


WRONG: tuple[Any, ...] = (
    [],
    {},
    ["x"],
    {"x": "y"},
    "",
    "x" * 200_000,
    "x",
    3,
    -1,
    10**9,
    0.5,
    True,
    None,
    "2026-01-01",
)


def test_no_wrong_value_anywhere_is_told_of_without_saying_what_to_write(tmp_path: Path) -> None:
    """Each key of a whole catalog's files, with values of each other type."""
    service = (SAMPLE / "services" / "bygglov.yaml").read_text()
    (tmp_path / "a.yaml").write_text(service)
    file = read_yaml(tmp_path / "a.yaml", "a.yaml")
    whole = json.dumps(file.data)
    untold = set()
    for path in _paths(file.data):
        for wrong in WRONG:
            file.data = json.loads(whole)
            part = file.data
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = wrong
            told = parse_model(EService, file).problems
            untold |= {
                (path, str(wrong)[:20]) for one in told if one.fault.key in ("fault.other", "fault.pattern")
            }
    assert untold == set()


def _paths(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Each key of the data, of lists in their first item only."""
    steps = part.items() if isinstance(part, dict) else enumerate(part[:1]) if isinstance(part, list) else ()
    return [place for step, inner in steps for place in ((*path, step), *_paths(inner, (*path, step)))]
