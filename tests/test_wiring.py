"""What must be joined is joined: a forgotten row is found here, not by an officer."""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import bot.app  # the whole program, with all its errors
from bot.cli.command_errors import errors_in_own_words
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery import Clients
from bot.delivery.destinations import build_destinations
from bot.domain.case import Case
from bot.domain.declarations import command_kinds, event_kinds
from bot.domain.log_sentences import Sentence
from bot.domain.rules import Audience, Event, Refused
from bot.domain.submission import CaseSubmitted, FileRef, Person
from bot.handlers import Dependencies
from bot.setting_faults import EXAMPLES, setting_example
from bot.settings import Settings
from bot.store.cases.texts import WRITERS, submission_texts
from bot.store.cases.unqueried_fields import REST
from bot.store.engine.keys import Keys
from bot.store.engine.migrate import DatabaseNewer
from bot.store.engine.sole_use import DatabaseInUse
from bot.store.tables import Base
from bot.store.tables.cases import NOT_COLUMNS, STATE_COLUMNS
from bot.store_opening import DatabaseEmpty, DatabaseOutdated
from bot.text import LANGUAGES, Words, words
from bot.text.worded_errors import WordedError
from tests.handlers.recorded_requests import registered_listeners

ROOT = Path(bot.__file__).parent.parent


EVENTS = sorted(event_kinds().values(), key=lambda kind: kind.__name__)
COMMANDS = sorted(command_kinds().values(), key=lambda kind: kind.__name__)


def _place(kind: type) -> str:
    """`CaseTaken in bot/domain/assignment.py`"""
    return f"{kind.__name__} in {kind.__module__.replace('.', '/')}.py"


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_says_who_is_told(kind: type[Event]) -> None:
    declared = hasattr(kind, "notices") or kind.decide_notices is not Event.decide_notices
    assert declared, (
        f"{_place(kind)} does not say who is told of it: give it `notices = (CardUpdate(),)`, `()` for nobody, or a "
        "`decide_notices` where that depends on the case"
    )


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_has_its_sentence_in_the_log(kind: type[Event]) -> None:
    assert hasattr(kind, "log"), (
        f'{_place(kind)} has no sentence in the log: give it `log = (Sentence("history.…"),)`, and word that key in '
        "bot/text/locale/{sv,en}/common.po"
    )
    for sentence in (*kind.log, *kind.log_details, *kind.thread):
        _check_sentence(kind, sentence)
    for alternatives in (kind.log, kind.thread or kind.log):
        last = alternatives[-1]
        assert not (last.only_with or last.only_of_officers), (
            f"the last sentence of {_place(kind)} has to fit always: put one without conditions after {last.key}"
        )


def _check_sentence(kind: type[Event], sentence: Sentence) -> None:
    names = {field.name for field in fields(kind)}
    for field_name in (*(fact.field for fact in sentence.facts.values()), sentence.only_with):
        assert not field_name or field_name in names, (
            f"{sentence.key} of {_place(kind)} is about `{field_name}`, and the event has no such field"
        )
    for language in LANGUAGES:
        assert words(language).has(sentence.key), (
            f"{_place(kind)} reads as {sentence.key}: word it in bot/text/locale/{language}/common.po"
        )
        missing = _facts_of(words(language), sentence.key) - {"name", *sentence.facts}
        assert not missing, (
            f"{sentence.key} in bot/text/locale/{language}/common.po asks for {missing}: say in {_place(kind)} which "
            "of the event's fields that is, as `Sentence(key, {name: Fact(kind, field)})`"
        )


def _facts_of(language: Words, key: str) -> set[str]:
    """The names in a text's braces."""
    asked: set[str] = set()
    while True:
        try:
            language(key, **dict.fromkeys(asked, "x"))
        except KeyError as error:
            (name,) = re.findall(r"needs the fact (\w+)", str(error))
            asked.add(name)
        else:
            return asked


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_says_whom_it_is_for(kind: type) -> None:
    assert getattr(kind, "audience", None) in get_args(Audience), (
        f'{_place(kind)} does not say whom it is for: let it be a CaseCommand, and give it `audience = "works"`, or '
        f"another of {', '.join(get_args(Audience))}"
    )


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_has_a_sample_for_the_tests(kind: type) -> None:
    known = {"case_id", *itertools.chain(*getattr(kind, "one_click", {}).values())}
    needed = [field.name for field in fields(kind) if _is_required(field) and field.name not in known]  # type: ignore[arg-type]
    own = "sample" in vars(kind)
    assert own or not needed, (
        f"{_place(kind)} cannot be tried by the tests, which do not know what to put in {', '.join(needed)}: give it a "
        "`sample` that returns a case ready for it, and such a command"
    )


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_single_press_fills_every_field_of_its_command(kind: type) -> None:
    for action, values in getattr(kind, "one_click", {}).items():
        command = kind(case_id="x", **values)
        assert command.case_id == "x", action


def test_nothing_is_listened_for_twice() -> None:
    registered = registered_listeners(
        Dependencies(service=None, batches=None, slack=None, files=None, page_link=None)
    )  # type: ignore[arg-type]
    twice = [f"{kind} {identifier}" for (kind, identifier), count in Counter(registered).items() if count > 1]
    assert not twice, (
        f"{', '.join(twice)} has two listeners, of which Bolt runs one: give the action another name, where it is "
        "`one_click` of a command or in `register` of a module of bot/handlers"
    )


def test_every_text_of_an_event_has_a_row_to_live_in() -> None:
    for kind in EVENTS:
        if not kind.stored_fields("row"):
            continue
        if kind is CaseSubmitted:  # its texts are inserted with the case, many at a time
            assert {*kind.stored_fields("row")} == ROWS_OF_SUBMISSION, (
                f"{_place(kind)} has other texts: say in submission_texts of bot/store/cases/texts.py in which rows "
                "they live, and in ROWS_OF_SUBMISSION here"
            )
            continue
        assert kind in WRITERS, (
            f"{_place(kind)} has texts: say in WRITERS of bot/store/cases/texts.py in which rows they live"
        )


ROWS_OF_SUBMISSION = {"people", "answers", "files"}


def test_every_text_of_a_submission_is_inserted_with_its_case() -> None:
    eva = Person(id="p", name="Eva Ek", email="eva@ek.example")
    plan = FileRef(id="f", name="plan.pdf", size=1, kind="application/pdf", sha256="0" * 64)
    given = {"people": (eva,), "answers": {"vad": "En altan"}, "files": (plan,)}
    assert set(given) == ROWS_OF_SUBMISSION
    unsaid = {one.name: "" for one in fields(CaseSubmitted)}
    event = CaseSubmitted(**{**unsaid, **given})
    inserted = submission_texts(Keys(b"k" * 32), event)
    assert "En altan" in inserted.answers["body"]
    assert [row["name"] for row in inserted.people] == ["Eva Ek"]
    assert [row["wanted"] for row in inserted.attachments] == ["f"]
    assert {"answers", "people", "files"} <= set(inserted.digests)


def test_no_event_keeps_a_text_in_the_log() -> None:
    """What people wrote is in fields kept in rows or in erasable content, never in meta."""
    suspects = {"text", "note", "message", "reason", "name", "email", "answers", "people", "files"}
    for kind in EVENTS:
        assert not suspects.intersection(kind.stored_fields("meta")), kind.__name__


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_sentence(language: str) -> None:
    for kind in _refusals(Refused):
        assert words(language).has(kind.key), (
            f"{_place(kind)} is told by {kind.key}: word it in bot/text/locale/{language}/refusals.po"
        )


def _refusals(kind: type[Refused]) -> set[type[Refused]]:
    below = set(kind.__subclasses__())
    return {one for one in below.union(*map(_refusals, below)) if not one.__name__.startswith("_")}


def test_every_kind_of_delivery_is_listed_by_a_name_when_it_is_parked() -> None:
    nowhere = SlackClient("xoxb-nobody", "http://127.0.0.1:9/")
    clients = Clients(nowhere, MailClient("smtp://127.0.0.1:9", "a@b.example"), None, None)  # type: ignore[arg-type]
    unnamed = {
        kind
        for kind in build_destinations(clients, "")
        if not all(words(language).has(f"cli.kind.{kind}") for language in LANGUAGES)
    }
    assert not unnamed, "word them in bot/text/locale/*/cli.po"


def test_every_setting_says_what_it_looks_like() -> None:
    assert set(EXAMPLES) < set(Settings.model_fields)
    assert all(
        setting_example(name, words(language)) for name in Settings.model_fields for language in LANGUAGES
    )


def test_every_error_that_ends_a_command_is_told_in_both_languages() -> None:
    texts = [path.read_text("utf-8") for path in Path(bot.__file__).parent.rglob("*.py")]
    calls = [node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    own_texts = {one.__name__ for one in WordedError.__subclasses__() if "__init__" not in vars(one)}
    raised = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in own_texts]
    assert {"BackupRefused", "CopyRefused", "PortUnavailable"} <= own_texts
    for call in raised:
        key = ast.literal_eval(call.args[0])
        facts = {str(keyword.arg): "7" for keyword in call.keywords}
        swedish, english = (WordedError(key, **facts).in_words(words(language)) for language in LANGUAGES)
        assert swedish != english and swedish.count("7") == english.count("7") >= len(facts), key
    told = [DatabaseNewer(), DatabaseOutdated(), DatabaseEmpty(), DatabaseInUse(Path("case.db"), "7")]
    assert all(error.in_words(words("sv")) != str(error) for error in told)
    assert {error.__name__ for error in errors_in_own_words()} == {"AlreadyInstalled", "CatalogError"}, (
        "what is printed as it is has to be in the municipality's language: make it a WordedError"
    )


def test_every_field_of_a_case_is_stored_somewhere() -> None:
    """What is no column of its own is in the column `rest`, or in the table of who has the case."""
    hints = get_type_hints(Case)
    for name in STATE_COLUMNS:
        kinds = set(get_args(hints[name]) or (hints[name],)) - {type(None)}
        assert kinds <= {str, bool, int, date, datetime} or get_origin(hints[name]) is Literal, (
            f"Case.{name} is a {hints[name]}, which no column holds: name it in NOT_COLUMNS of "
            "bot/store/tables/cases.py, and say in REST of bot/store/cases/unqueried_fields.py how it is read and "
            "written"
        )
    assert set(REST) == NOT_COLUMNS - {"assignees"}, (
        "REST of bot/store/cases/unqueried_fields.py says of other fields than NOT_COLUMNS of "
        "bot/store/tables/cases.py how they are read and written"
    )


def test_no_table_has_a_column_nobody_filled() -> None:
    """Every table is written by some module of the store beside the one that defines it."""
    written = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "bot/store").rglob("*.py"))
    for mapper in Base.registry.mappers:
        assert mapper.class_.__name__ in written, mapper.class_.__name__


def test_dataclass_fields_of_events_are_all_kept_somewhere() -> None:
    for kind in EVENTS:
        stored = {*kind.stored_fields("meta"), *kind.stored_fields("content"), *kind.stored_fields("row")}
        assert stored == {field.name for field in fields(kind)}, kind.__name__


def test_any_exception_is_caught_in_three_places_only() -> None:
    """Why: docs/decisions/any-exception-is-caught-in-three-places.md"""
    places = [
        str(file.relative_to(ROOT / "bot"))
        for file in (ROOT / "bot").rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*except( \(?Exception\b.*)?:", line)
    ]
    assert sorted(places) == [
        "handlers/request/listeners.py",
        "service/failures.py",
        "store/cases/indexing.py",
    ]


def test_a_folder_holds_few_enough_modules_to_find_ones_way() -> None:
    """Sixteen at most, but where all are of one kind: a topic of the rules each, or a migration."""
    files = [file for room in ("bot", "tests") for file in (ROOT / room).rglob("*.py")]
    sizes = Counter(str(one.parent.relative_to(ROOT)) for one in files if one.name != "__init__.py")
    of_one_kind = {"bot/domain", "bot/store/migrations/versions", "tests/domain"}
    assert [name for name, size in sizes.items() if size > 16 and name not in of_one_kind] == [], (
        "give what changes together a package of its own: CONTRIBUTING.md, Where things are"
    )
