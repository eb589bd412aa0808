"""The two languages say the same things."""

import re
import string
from pathlib import Path

from bot.text.translations import Forms, read_translations
from tests.text.key_use import missing_keys, unused_keys

SWEDISH = read_translations("sv")
ENGLISH = read_translations("en")


def test_every_text_is_in_both_languages() -> None:
    assert sorted(SWEDISH.keys() ^ ENGLISH.keys()) == []


def test_both_languages_use_the_same_facts() -> None:
    both = sorted(SWEDISH.keys() & ENGLISH.keys())
    assert [key for key in both if _facts(SWEDISH[key]) != _facts(ENGLISH[key])] == []
    assert [key for key in both if isinstance(SWEDISH[key], str) != isinstance(ENGLISH[key], str)] == [], (
        "plural forms in one language only"
    )


def test_a_text_asks_for_facts_by_plain_names() -> None:
    facts = {key: _facts(SWEDISH[key]) for key in sorted(SWEDISH)}
    assert {key: names for key, names in facts.items() if not all(one.isidentifier() for one in names)} == {}


# Dotted words of other kinds: columns, tags of templates, Slack's methods and hosts, and files.
OTHER_WORDS = re.compile(
    r"(case|note)\.id|history\.rowid|case\.(number|service)|file\.name|answer\.by|files\.\w+(\.com)?|\w+\.html"
)


def test_no_text_is_kept_that_nobody_uses() -> None:
    unused = sorted(unused_keys(SWEDISH))
    assert not unused, f"no code asks for these texts, take them away: {unused}"


def test_every_text_that_is_asked_for_is_worded() -> None:
    missing = sorted(key for key in missing_keys(SWEDISH) if not OTHER_WORDS.fullmatch(key))
    assert not missing, f"word these texts in bot/text/locale/sv and en: {missing}"


def test_a_text_that_no_code_names_is_found(tmp_path: Path) -> None:
    (tmp_path / "card.py").write_text('w("btn.take"); w(f"status.{kind}")', encoding="utf-8")
    keys = ["btn.take", "status.closed", "btn.fly", "statuses.all"]
    assert unused_keys(keys, tmp_path) == {"btn.fly", "statuses.all"}


def test_a_text_that_code_names_and_nobody_has_worded_is_found(tmp_path: Path) -> None:
    (tmp_path / "card.py").write_text('w("btn.take"); w("btn.fly"); f("letter.code")', encoding="utf-8")
    assert missing_keys(["btn.take", "letter.code.subject"], tmp_path) == {"btn.fly"}


def _facts(forms: Forms) -> set[str]:
    sentences = (forms,) if isinstance(forms, str) else forms
    return {name for sentence in sentences for _, name, _, _ in string.Formatter().parse(sentence) if name}
