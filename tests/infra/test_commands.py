"""The commands say what they are, and what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from infra import package


def run(*command: str, folder: Path = package.ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """As in a new terminal: a make inside a make would say where it is."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        command, cwd=folder, env={**clean, **environment}, capture_output=True, text=True, check=False
    )


def a_python(folder: Path, name: str, body: str) -> str:
    """A program that poses as a Python."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def a_checkout(folder: Path) -> Path:
    (folder / "infra").mkdir()
    for name in ("requirements.txt", "requirements-dev.txt", "infra/setup.sh"):
        shutil.copy(package.ROOT / name, folder / name)
    return folder


def test_make_help_lists_every_target():
    targets = set(re.findall(r"^([a-z-]+):", (package.ROOT / "Makefile").read_text(), re.MULTILINE))

    listed = {line.split()[0] for line in run("make", "help").stdout.splitlines() if line.startswith("  ")}

    assert listed == targets


def test_make_alone_is_make_help():
    assert run("make").stdout == run("make", "help").stdout


def test_a_python_that_is_too_old_is_answered_with_a_sentence(tmp_path):
    old = a_python(tmp_path, "python3", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')

    result = run("sh", "infra/setup.sh", ".venv", folder=a_checkout(tmp_path), PYTHON=old)

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "Leadger needs Python 3.11, 3.12, 3.13 or 3.14; found: Python 3.9.2",
        "Install one of them, or name it: make run PYTHON=/path/to/python3.12",
    ]
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_venv_is_answered_with_a_sentence(tmp_path):
    bare = a_python(tmp_path, "python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"')

    result = run("sh", "infra/setup.sh", ".venv", folder=a_checkout(tmp_path), PYTHON=bare)

    assert result.returncode == 1
    assert "has no venv module; on Debian and Ubuntu: apt install python3-venv" in result.stderr


def test_a_set_up_that_is_done_is_not_done_again():
    before = (package.ROOT / ".venv/requirements.sha256").stat().st_mtime_ns

    result = run("make", "setup")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (package.ROOT / ".venv/requirements.sha256").stat().st_mtime_ns == before


def test_the_command_line_runs_from_any_folder_whatever_lies_there(tmp_path):
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "__main__.py").write_text("print('not ours')")
    link = tmp_path / "leads"
    link.symlink_to(package.ROOT / ".venv/bin/leads")

    result = run(str(link), "--help", folder=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: leads [OPTIONS] COMMAND")
