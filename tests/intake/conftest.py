"""What the intakes' tests lean on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.catalog.models import Catalog
from bot.domain.views import CaseView
from bot.service import Service
from bot.store import Database
from bot.store.cases import officer_queries
from bot.store.files.file_store import FileStore
from tests.case_lists import list_cases
from tests.conftest import Clock
from tests.intake.documents import FAMILY, encoded
from tests.municipality import officer, small_catalog

TOKEN = "tok_for_tests"
REAL_FAMILIES = (123, 358)


@dataclass(frozen=True)
class IntakeHarness:
    """The town hall's program, as far as an intake sees it."""

    service: Service
    files: FileStore
    folder: Path

    def write_document(self, document: str | bytes, name: str = "case.xml") -> Path:
        """Put a document in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document if isinstance(document, bytes) else encoded(document))
        return path

    def cases(self) -> list[CaseView]:
        """Every case of the e-service, as its officer sees them, the first opened first."""
        anna = officer(self.service.catalog, "anna")

        def work(tx):  # type: ignore[no-untyped-def]
            rows = sorted(list_cases(tx, anna, "all", limit=1000), key=lambda row: row.number)
            return [officer_queries.load_case_view(tx, anna, row.id) for row in rows]

        return [view for view in self.service.database.read_sync(work) if view is not None]

    def list_stored(self) -> list[Path]:
        """The files on the disk."""
        return [path for path in self.files.root.rglob("*") if path.is_file()]


def intake_catalog(questions_in_slack: tuple[str, ...] = ()) -> Catalog:
    """The town, where `bygglov` takes cases from Open ePlatform and from a source with a token."""
    data = small_catalog().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"]["open_eplatform"] = {
        "families": (FAMILY, *REAL_FAMILIES),
        "questions_in_slack": questions_in_slack,
    }
    data["municipality"]["sources"] = [
        {
            "key": "kontaktcenter",
            "name": "Kontaktcenter",
            "token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
            "services": ["bygglov"],
        }
    ]
    return Catalog.model_validate(data)


@pytest.fixture
def create_harness(database: Database, clock: Clock, tmp_path: Path) -> Callable[[Catalog], IntakeHarness]:
    def made(catalog: Catalog) -> IntakeHarness:
        service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
        inbox = tmp_path / "inbox"
        inbox.mkdir(exist_ok=True)
        (tmp_path / "files").mkdir(exist_ok=True)
        return IntakeHarness(service, FileStore(tmp_path / "files"), inbox)

    return made


@pytest.fixture
def harness(create_harness: Callable[[Catalog], IntakeHarness]) -> IntakeHarness:
    return create_harness(intake_catalog())
