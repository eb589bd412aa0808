"""What officers choose for themselves is kept, each one's own."""

from __future__ import annotations

from bot.catalog.models import Catalog
from bot.domain.preferences import Preferences
from bot.store import Database
from bot.store.officers import preferences
from bot.store.officers.preferences import HomePosition
from tests.municipality import small_catalog

CHOSEN = Preferences("en", {"message": "nowhere", "reminder": "mail"}, "mine", wants_day=True)


def test_an_officers_choices_are_kept_and_nobody_elses_change(database: Database) -> None:
    for chosen in (Preferences("sv"), CHOSEN):
        database.write_sync(lambda tx, chosen=chosen: preferences.save(tx, "anna", chosen))  # type: ignore[misc]
    assert database.read_sync(lambda tx: preferences.load(tx, "anna")) == CHOSEN
    assert database.read_sync(lambda tx: preferences.load(tx, "bo")) == Preferences()


def test_where_one_was_in_home_is_remembered(database: Database) -> None:
    assert database.read_sync(lambda tx: preferences.find_home_position(tx, "anna")) is None
    for spot in (HomePosition("mine", 2), HomePosition("unassigned")):
        database.write_sync(lambda tx, spot=spot: preferences.save_home_position(tx, "anna", spot))  # type: ignore[misc]
    assert database.read_sync(lambda tx: preferences.find_home_position(tx, "anna")) == HomePosition(
        "unassigned"
    )


def test_one_is_spoken_to_in_the_language_one_chose_or_else_the_catalogs(sqlite_database: Database) -> None:
    catalog = catalog_with_english_bo()

    def language(key: str) -> str:
        return sqlite_database.read_sync(lambda tx: preferences.find_language(tx, catalog, key))

    assert [language(key) for key in ("anna", "bo", "nobody")] == ["sv", "en", "sv"]
    for key, chosen in (("anna", "en"), ("bo", "sv"), ("carl", "xx")):
        sqlite_database.write_sync(
            lambda tx, key=key, chosen=chosen: preferences.save(tx, key, Preferences(chosen))  # type: ignore[misc]
        )
    assert [language(key) for key in ("anna", "bo", "carl")] == ["en", "sv", "sv"]


def catalog_with_english_bo() -> Catalog:
    """The town, where the catalog says that Bo is spoken to in English."""
    catalog = small_catalog()
    people = tuple(
        one.model_copy(update={"language": "en"}) if one.key == "bo" else one
        for one in catalog.municipality.officers
    )
    return catalog.model_copy(
        update={"municipality": catalog.municipality.model_copy(update={"officers": people})}
    )


def test_losing_a_case_is_told_to_who_is_told_of_being_given_one() -> None:
    assert Preferences().wants("removed") and CHOSEN.wants("removed")
    assert not Preferences(places={"assigned": "nowhere"}).wants("removed")
    assert CHOSEN.wants("undelivered") and not CHOSEN.wants("message")
