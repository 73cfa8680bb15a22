"""Everything goes to the log file, warnings and errors also to the terminal."""

from __future__ import annotations

import logging
import logging.handlers
import sys

from localcloud.settings import Settings

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LARGEST_FILE = 20_000_000


def set_up(settings: Settings) -> None:
    """Take over the root logger; called before MiniStack is imported, whose own set-up then changes nothing."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    file = logging.handlers.RotatingFileHandler(
        settings.log_file, maxBytes=_LARGEST_FILE, backupCount=1, encoding="utf-8", errors="backslashreplace"
    )
    file.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(file)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    terminal.addFilter(_concerns_people)
    terminal.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root.addHandler(terminal)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("mail.log").setLevel(logging.WARNING)


def _concerns_people(record: logging.LogRecord) -> bool:
    """MiniStack's and libraries' warnings are about themselves; their errors and all of ours are shown."""
    return record.name.startswith("leadger") or record.levelno >= logging.ERROR
