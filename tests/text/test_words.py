"""Sentences, dates and numbers in both languages."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.text import LANGUAGES, words
from bot.text.sentences import join_sentences
from bot.text.translations import read_translations

NOVEMBER = datetime(2026, 11, 22, 13, 3, 20, tzinfo=UTC)
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def test_a_sentence_is_said_in_the_readers_language() -> None:
    assert words("sv")("btn.take") == "Ta ärendet"
    assert words("en")("btn.take") == "Take case"


def test_facts_are_put_where_the_sentence_wants_them() -> None:
    assert words("sv")("no.taken", name="Anna", time="14:03").startswith(
        "Anna hann före. Ärendet togs 14:03."
    )


def test_a_key_that_nobody_has_worded_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match=r"btn\.fly"):
        words("sv")("btn.fly")
    assert not words("sv").has("btn.fly")
    assert words("sv").has("btn.take")


def test_a_forgotten_fact_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match=r"no\.taken needs the fact time"):
        words("sv")("no.taken", name="Anna")


def test_there_is_one_form_for_one_and_one_for_many() -> None:
    assert words("sv").plural("files.count", 1) == "1 fil"
    assert words("sv").plural("files.count", 1204) == "1\u00a0204 filer"
    assert words("en")("files.count", n=0) == "0 files"


def test_a_sentence_with_plural_forms_cannot_be_said_without_a_number() -> None:
    with pytest.raises(KeyError, match=r"files\.count needs the number n"):
        words("sv")("files.count")


def test_a_language_the_program_does_not_speak_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown language 'no'"):
        words("no")


def test_dates_are_written_as_in_the_design_in_swedish_time() -> None:
    w = words("sv")
    assert w.moment(NOVEMBER) == "22 nov. 2026 14:03"
    assert w.clock(NOVEMBER) == "14:03:20"
    assert w.hour(NOVEMBER) == "14:03"
    assert w.day(date(2026, 12, 4)) == "4 dec. 2026"
    assert w.day_short(date(2026, 12, 4)) == "4 dec."
    assert words("en").moment(NOVEMBER) == "22 Nov 2026 14:03"


def test_a_moment_late_in_the_evening_utc_is_the_next_day_in_sweden() -> None:
    assert words("sv").day(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == "1 juli 2026"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22, 14, 3)  # noqa: DTZ001 - the point of the test
    for write in (words("sv").moment, words("sv").clock, words("sv").hour, words("sv").day):
        with pytest.raises(ValueError, match="without a zone"):
            write(naive)


def test_numbers_sizes_and_lists_are_written_as_people_write_them() -> None:
    w = words("sv")
    assert w.number(1204) == "1\u00a0204"
    assert w.size(1_258_291) == "1,2 MB"
    assert w.size(10 * 1024 * 1024) == "10 MB"
    assert w.size(1024 * 1024 - 1) == "1 MB"
    assert w.size(12) == "12 B"
    assert w.list(["a", "b", "c"]) == "a, b och c"
    assert words("en").list(["a", "b", "c"]) == "a, b and c"
    assert w.list([]) == ""


def test_the_words_of_a_language_are_read_once() -> None:
    assert words("sv") is words("sv")


def test_a_key_in_two_files_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path, "slack.po", 'msgid "btn.take"\nmsgstr "Ta"\n')
    _write(tmp_path, "portal.po", 'msgid "btn.take"\nmsgstr "Tag"\n')
    with pytest.raises(ValueError, match=r"btn\.take is already in another file"):
        read_translations("sv", tmp_path)


def test_a_key_twice_in_one_file_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path, "slack.po", 'msgid "btn.take"\nmsgstr "Ta"\n\nmsgid "btn.take"\nmsgstr "Tag"\n')
    with pytest.raises(ValueError, match=r"slack\.po \(sv\): btn\.take is there twice"):
        read_translations("sv", tmp_path)


def test_a_key_without_a_sentence_is_not_worded(tmp_path: Path) -> None:
    _write(tmp_path, "slack.po", 'msgid "btn.take"\nmsgstr ""\n')
    assert read_translations("sv", tmp_path) == {}


def test_every_language_has_its_files() -> None:
    assert all(words(language).keys() for language in LANGUAGES)


def _write(folder: Path, name: str, entries: str) -> None:
    (folder / "sv").mkdir(exist_ok=True)
    (folder / "sv" / name).write_text(HEADER + entries, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AB Ek & Co.", "Du är ersättare för AB Ek & Co."),
        ("Anna Berg", "Du är ersättare för Anna Berg."),
    ],
)
def test_a_sentence_that_ends_in_a_word_with_a_stop_has_no_second_one(name: str, said: str) -> None:
    assert words("sv")("home.substitute", n=1, names=name) == said


AWKWARD = ("AB Ek & Co.", "*4 dec.*", "Vad ska du bygga?", "Hjälp!", "och så vidare…", "x")
TAG = re.compile(r"\{(\w+)\}")
TWO_STOPS = re.compile(r"[.?!…][*_~]?[.](?!\w)|\?[*_~]?\?|[!?][*_~]?!")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", AWKWARD)
def test_each_sentence_has_one_stop_and_each_question_its_mark_whatever_is_filled_in(
    language: str, value: str
) -> None:
    w, wrong = words(language), []
    for key, forms in read_translations(language).items():
        for n, form in enumerate((forms,) if isinstance(forms, str) else forms, start=1):
            facts: dict[str, Any] = dict.fromkeys(TAG.findall(form), value)
            said = w(key, **facts) if isinstance(forms, str) else w.plural(key, n, **facts)
            if TWO_STOPS.search(said) and not TWO_STOPS.search(form):
                wrong.append(f"{key}: {said}")
            if form.endswith("?") and not said.endswith("?"):
                wrong.append(f"{key}: {said}")
    assert not wrong, "\n".join(wrong)


def test_a_question_keeps_its_mark_after_an_abbreviation(monkeypatch: pytest.MonkeyPatch) -> None:
    sv = words("sv")
    monkeypatch.setitem(sv._sentences, "example", "Menar du {day}? Eller {other}{more}?")
    said = sv("example", day="4 dec.", other="Vad?", more="")
    assert said == "Menar du 4 dec.? Eller Vad?"


def test_sentences_stand_after_each_other_with_one_stop_between() -> None:
    assert join_sentences(["Nytt från sökanden", "Ser du det?", "Till AB Ek & Co.", "Slut"]) == (
        "Nytt från sökanden. Ser du det? Till AB Ek & Co. Slut"
    )
    assert join_sentences([]) == ""


def test_a_stop_within_an_address_is_no_end_of_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    sv = words("sv")
    monkeypatch.setitem(sv._sentences, "example", "Öppna {name}.pdf den {day}. Spara {name}.")
    assert sv("example", name="a.", day=date(2026, 12, 4)) == "Öppna a..pdf den 4 dec. 2026. Spara a."
