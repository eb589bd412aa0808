"""How a command ends that cannot do what it was asked for: its exit code, and what stopped it, in words."""

from __future__ import annotations

import sys
from typing import NoReturn

from bot.text import Words, words
from bot.text.worded_errors import WordedError

EXIT_PROBLEMS, EXIT_NOT_STARTED = 1, 2
"""Exit codes: something was found wrong, and the program could not be started as asked."""


def stop(text: str, code: int) -> NoReturn:
    """Print the text as an error, and end with the code."""
    print(text, file=sys.stderr)
    sys.exit(code)


# What follows imports what may have raised an error, only where one has: the settings and the store take half a second.


def mendable_errors() -> tuple[type[Exception], ...]:
    """The errors that the operator can mend, and that `explain` puts into words."""
    from bot.setting_faults import InvalidSettings  # noqa: PLC0415
    from bot.store import DatabaseBusy, DatabaseUnreachable  # noqa: PLC0415

    of_store = PermissionError, DatabaseUnreachable, DatabaseBusy
    return *errors_in_own_words(), InvalidSettings, WordedError, *of_store


def errors_in_own_words() -> tuple[type[Exception], ...]:
    """The errors whose own text is in the municipality's language already."""
    from bot.catalog import CatalogError  # noqa: PLC0415
    from bot.installation import AlreadyInstalled  # noqa: PLC0415

    return AlreadyInstalled, CatalogError


def explain(error: Exception) -> str:
    """What stopped the command, one of `mendable_errors`, and what to do about it, in the municipality's language."""
    from bot.setting_faults import InvalidSettings  # noqa: PLC0415
    from bot.settings import find_language  # noqa: PLC0415

    if isinstance(error, errors_in_own_words()):
        return str(error)
    say = words(find_language())
    return (
        error.in_words(say)
        if isinstance(error, InvalidSettings | WordedError)
        else _explain_store(error, say)
    )


def _explain_store(error: Exception, say: Words) -> str:
    from bot.store import DatabaseUnreachable, DiskFull  # noqa: PLC0415
    from bot.store.files.file_store import FilesUnavailable  # noqa: PLC0415

    match error:
        case PermissionError():
            return say("cli.stop.permission", path=error.filename)
        case DatabaseUnreachable():
            return say("cli.stop.unreachable", why=error)
        case DiskFull():
            return say("cli.stop.full")
        case FilesUnavailable():
            return say("cli.stop.files", trouble=error.trouble)
    return say("cli.stop.busy")
