"""The code of all functions is unpacked once per deployment instead of once per worker.

Upstream (ministack 1.5.33): `core/lambda_runtime.py`, `Worker._spawn` writes the zip to a new temporary folder and
unpacks it there for every worker: more than a second of two cores each, twenty times for a burst of twenty requests.
The folder is read only in effect, as on AWS.
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

_lock = threading.Lock()
_folder_by_digest: dict[str, Path] = {}


class _SharedZip(zipfile.ZipFile):
    def extractall(self, path: str | os.PathLike[str] | None = None, members=None, pwd=None) -> None:  # type: ignore[no-untyped-def]
        if path is None or Path(path).name != "code":
            super().extractall(path, members, pwd)
            return
        os.rmdir(path)
        os.symlink(self._unpacked(), path, target_is_directory=True)
        os.unlink(str(self.filename))

    def _unpacked(self) -> Path:
        with _lock:
            with open(str(self.filename), "rb") as archive:
                digest = hashlib.file_digest(archive, "sha256").hexdigest()
            if digest not in _folder_by_digest:
                folder = Path(tempfile.mkdtemp(prefix="leadger-code-"))
                super().extractall(folder)
                _folder_by_digest[digest] = folder
            return _folder_by_digest[digest]


def apply() -> None:
    from ministack.core import lambda_runtime

    lambda_runtime.zipfile = types.SimpleNamespace(  # type: ignore[assignment]
        ZipFile=_SharedZip, BadZipFile=zipfile.BadZipFile, LargeZipFile=zipfile.LargeZipFile
    )


def forget() -> None:
    """Remove what was unpacked; called at the stop."""
    with _lock:
        for folder in _folder_by_digest.values():
            shutil.rmtree(folder, ignore_errors=True)
        _folder_by_digest.clear()
