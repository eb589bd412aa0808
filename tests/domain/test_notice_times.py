"""When private notices come: in office hours, in the morning, or whenever the officer has asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.notice_times import notice_time
from bot.domain.preferences import Preferences
from tests.municipality import small_catalog

CATALOG = small_catalog()
QUIET = Preferences()
MONDAY_8, TUESDAY_8 = datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (datetime(2026, 11, 23, 6, 59, tzinfo=UTC), MONDAY_8),
        (datetime(2026, 11, 23, 16, tzinfo=UTC), TUESDAY_8),  # five o'clock
        (datetime(2026, 11, 21, 11, tzinfo=UTC), MONDAY_8),  # a Saturday
        (datetime(2026, 12, 23, 20, tzinfo=UTC), datetime(2026, 12, 28, 7, tzinfo=UTC)),  # over Christmas
        (
            datetime(2027, 3, 27, 20, tzinfo=UTC),
            datetime(2027, 3, 30, 6, tzinfo=UTC),
        ),  # Easter, and summer time
    ],
)
def test_notices_wait_for_eight_o_clock_on_a_working_day(now: datetime, sent: datetime) -> None:
    assert notice_time(QUIET, ["message"], now, now, CATALOG) == sent


def test_who_wants_no_quiet_is_told_on_a_sunday_night() -> None:
    now = datetime(2026, 11, 22, 22, tzinfo=UTC)
    assert notice_time(Preferences(is_quiet=False), ["message"], now, now, CATALOG) == now


def test_a_reminder_comes_when_it_was_asked_for() -> None:
    now = datetime(2026, 11, 22, 22, tzinfo=UTC)
    assert notice_time(QUIET, ["reminder"], now, now, CATALOG) == now


def test_who_wants_them_in_the_morning_gets_them_with_the_municipalitys_day() -> None:
    chosen = Preferences(places={"message": "morning"})
    at, morning = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    assert notice_time(chosen, ["message"], at, at, CATALOG) == morning
    assert notice_time(chosen, ["message"], at, morning, CATALOG) == morning, "and then they are sent"


def test_what_went_wrong_with_ones_own_message_is_for_anyone_asked() -> None:
    silent = Preferences(places={"message": "nowhere"})
    assert not silent.wants("message") and silent.wants("undelivered")
    mailed = Preferences(places={"message": "mail"})
    assert mailed.place_of("undelivered") == "mail", "as messages are"


def test_what_is_told_together_comes_where_the_most_urgent_goes() -> None:
    chosen = Preferences(places={"message": "morning", "mentioned": "mail", "reminder": "morning"})
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert chosen.place_of_all(["message"]) == "morning"
    assert chosen.place_of_all(["message", "mentioned"]) == "mail"
    assert chosen.place_of_all(["message", "mentioned", "assigned"]) == "slack"
    assert notice_time(chosen, ["message", "mentioned"], at, at, CATALOG) == at
    assert notice_time(chosen, ["reminder"], at, at, CATALOG) > at, "in the morning, as was chosen"
