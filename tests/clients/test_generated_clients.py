"""Clients that are generated from the document create, list and get a lead over HTTP, and understand a refusal."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import openapi
from tests.api.client import Client
from tests.desk import Desk
from tests.faults.world import API_KEY
from tests.serving import served

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / ".build"
#: What a generator may leave out: the body of a form as plain text, which only scripts on web pages send.
MAY_BE_MISSING = {"Unsupported content type text/plain"}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(openapi.document()), encoding="utf-8")
    return path


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command printed; fails with everything it said."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env={**os.environ, "NO_PROXY": "127.0.0.1", **environment},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-8_000:]}\n{done.stderr[-8_000:]}"
    return done.stdout + done.stderr


def used(desk: Desk, *program: str | Path, cwd: Path, **environment: str) -> dict[str, Any]:
    """What the program printed that used the client against a server."""
    with served(Client(desk.app, watch=desk.contract)) as address:
        return dict(json.loads(run(*program, address, API_KEY, cwd=cwd, **environment)))


def gone_and_changed(desk: Desk) -> dict[str, Any]:
    """A lead that is gone, before one that is as it was made; derived data is up to date."""
    gone = desk.created(name="Änne")
    desk.created(name="Jörg")
    desk.client.delete(f"/v1/leads/{gone['id']}")
    desk.world.catch_up()
    return gone


def check(desk: Desk, printed: dict[str, Any]) -> None:
    lead = desk.leads()[-1]

    assert printed == {
        "created": [lead["id"], "created", "Änne Öztürk"],
        "listed": [each["id"] for each in desk.get("/v1/leads")["data"]],
        "got": [lead["id"], 1, "+4917604069012", "aenne@example.de", {"amount": "12500.00", "currency": "EUR"}, "Köln"],
        "refused": ["validation_failed", "/email"],
    }


def test_a_python_client_creates_lists_and_gets_a_lead(desk: Desk, tmp_path: Path, document: Path) -> None:
    tools = Path(sys.executable).parent
    said = run(
        tools / "openapi-python-client", "generate", "--path", document, "--meta", "none",
        "--output-path", tmp_path / "leadger_client", cwd=tmp_path, PATH=f"{tools}:{os.environ['PATH']}",
    )  # fmt: skip
    missing = set(re.findall(r"^WARNING.*\n\n(.*)$", said, re.MULTILINE))

    gone = gone_and_changed(desk)

    printed = used(desk, sys.executable, HERE / "create_list_get.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))

    assert missing == MAY_BE_MISSING
    assert printed.pop("changed") == ["Jörg"]
    assert printed.pop("gone") == [[gone["id"], True]]
    check(desk, printed)


@pytest.mark.long
def test_a_typescript_client_creates_lists_and_gets_a_lead(desk: Desk, tmp_path: Path, document: Path) -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("the TypeScript client was NOT tried: there is no node and npm here (apt install nodejs npm)")
    (tmp_path / "node_modules").symlink_to(node_modules())
    for name in ("package.json", "create_list_get.ts"):
        shutil.copy(HERE / name, tmp_path)
    bin = tmp_path / "node_modules" / ".bin"

    run(bin / "openapi-typescript", document, "-o", "leadger.d.ts", cwd=tmp_path)
    run(bin / "tsc", "--strict", "--target", "es2022", "--module", "nodenext", "create_list_get.ts", cwd=tmp_path)

    check(desk, used(desk, "node", "create_list_get.js", cwd=tmp_path))


def node_modules() -> Path:
    """The pinned packages, installed once for each change of the pins."""
    pins = HERE / "package.json"
    folder = BUILD / f"typescript-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    if not (folder / "node_modules" / ".bin" / "tsc").exists():
        fresh = folder.with_suffix(f".{os.getpid()}")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        shutil.copy(pins, fresh)
        run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", cwd=fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    return folder / "node_modules"
