"""Open ePlatform's case documents."""

from bot.intake.open_eplatform.importing import Summary, UnknownPlatform, failed_list, run

__all__ = ["Summary", "UnknownPlatform", "failed_list", "run"]
