"""Open ePlatform's case documents."""

from bot.intake.open_eplatform.importing import Summary, failed_list, run

__all__ = ["Summary", "failed_list", "run"]
