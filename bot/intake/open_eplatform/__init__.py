"""Open ePlatform's case documents."""

from bot.intake.open_eplatform.importing import (
    Summary,
    UnknownPlatform,
    forget_failed,
    import_documents,
    list_failed,
)

__all__ = ["Summary", "UnknownPlatform", "forget_failed", "import_documents", "list_failed"]
