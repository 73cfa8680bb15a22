"""The code of all functions is unpacked once per deployment instead of once per worker.

Upstream (ministack 1.5.33): `core/lambda_runtime.py`, `Worker._spawn` writes the zip to a new temporary folder and
unpacks it there for every worker: three thousand files each, twenty times for a burst of twenty requests.
Here all workers see one folder, which stays for the next start; as on AWS, functions do not write there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import types
import zipfile
from pathlib import Path

_unpacking = threading.Lock()


class _SharedZip(zipfile.ZipFile):
    def extractall(self, path=None, members=None, pwd=None) -> None:  # type: ignore[no-untyped-def]
        if path is None or Path(path).name != "code":
            super().extractall(path, members, pwd)
            return
        archive = str(self.filename)
        os.rmdir(path)
        os.symlink(self._unpacked(archive), path, target_is_directory=True)
        os.unlink(archive)

    def _unpacked(self, archive: str) -> Path:
        with open(archive, "rb") as content:
            folder = _folder() / hashlib.file_digest(content, "sha256").hexdigest()[:16]
        with _unpacking:
            if not folder.exists():
                _forget_older_code(folder.parent)
                unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix="unfinished-"))
                super().extractall(unfinished)
                unfinished.rename(folder)
        return folder


def apply() -> None:
    from ministack.core import lambda_runtime

    lambda_runtime.zipfile = types.SimpleNamespace(
        ZipFile=_SharedZip, BadZipFile=zipfile.BadZipFile, LargeZipFile=zipfile.LargeZipFile
    )


def _folder() -> Path:
    """Beside MiniStack's saved state."""
    state = os.environ.get("STATE_DIR") or tempfile.gettempdir()
    folder = Path(state).parent / "code"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget_older_code(folder: Path) -> None:
    for older in folder.iterdir():
        shutil.rmtree(older, ignore_errors=True)
