"""Working days counted as a Swedish town hall counts them."""

from datetime import date

import pytest

from bot.text import add_working_days, is_working_day


def test_a_weekend_is_not_counted() -> None:
    assert add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)


def test_christmas_is_not_counted_nor_its_eve() -> None:
    assert add_working_days(date(2026, 12, 23), 1) == date(2026, 12, 28)


@pytest.mark.parametrize("eve", [date(2026, 6, 19), date(2026, 12, 24), date(2026, 12, 31)])
def test_the_eves_when_offices_are_closed_are_not_working_days(eve: date) -> None:
    assert not is_working_day(eve)


def test_the_municipalitys_own_closed_days_are_not_counted() -> None:
    assert add_working_days(date(2026, 5, 13), 1, frozenset({date(2026, 5, 15)})) == date(2026, 5, 18)


def test_no_days_is_the_day_itself_or_the_next_working_day() -> None:
    assert add_working_days(date(2026, 11, 20), 0) == date(2026, 11, 20)
    assert add_working_days(date(2026, 11, 21), 0) == date(2026, 11, 23)


def test_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2026, 11, 20), -1)
